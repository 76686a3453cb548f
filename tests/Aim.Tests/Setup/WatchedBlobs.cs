using System.Runtime.CompilerServices;
using Aim.Ports;

namespace Aim.Tests.Setup;

/// <summary>A blob store in which something may happen just before a call, as if somebody else had been quicker.</summary>
/// <param name="reading">Happens before a blob is looked for or opened, or blobs are listed, with the path or prefix.</param>
/// <param name="writing">Happens before a blob is written.</param>
internal sealed class WatchedBlobs(IBlobStore blobs, Func<string, Task>? reading = null, Func<string, Task>? writing = null) : IBlobStore
{
    public async Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation)
    {
        await (reading?.Invoke(path) ?? Task.CompletedTask);
        return await blobs.FindAsync(path, cancellation);
    }

    public async Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation)
    {
        await (reading?.Invoke(blob.Path) ?? Task.CompletedTask);
        return await blobs.OpenReadAsync(blob, cancellation);
    }

    public async Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        await (writing?.Invoke(path) ?? Task.CompletedTask);
        return await blobs.WriteAsync(path, write, cancellation);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await (reading?.Invoke(prefix) ?? Task.CompletedTask);
        await foreach (var blob in blobs.ListAsync(prefix, cancellation)) yield return blob;
    }

    public Task DeleteAsync(string path, CancellationToken cancellation) => blobs.DeleteAsync(path, cancellation);

    public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => blobs.CreateUploadUrlAsync(path, expires, cancellation);
}
