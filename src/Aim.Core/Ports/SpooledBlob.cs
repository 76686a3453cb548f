using System.Buffers;
using System.IO.Pipelines;

namespace Aim.Ports;

/// <summary>
/// A blob that is written piece by piece beside other work. What is small stays in memory and is written at once in the end; what grows
/// is streamed. Nothing written means no blob, and a spool that isn't completed leaves none.
/// </summary>
public sealed class SpooledBlob(IBlobStore blobs, string path) : IAsyncDisposable
{
    private const int InMemory = 1 << 17;

    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private Pipe? pipe;
    private Task<BlobWrite>? writing;

    /// <summary>Where to put the next bytes; call <see cref="FlushAsync"/> now and then.</summary>
    public IBufferWriter<byte> Buffer => buffer;

    /// <summary>Moves what has gathered on, once it is worth it.</summary>
    public ValueTask FlushAsync(CancellationToken cancellation) => buffer.WrittenCount < InMemory ? default : StreamAsync(cancellation);

    private async ValueTask StreamAsync(CancellationToken cancellation)
    {
        if (pipe is null)
        {
            pipe = new Pipe();
            var reader = pipe.Reader;
            writing = blobs.WriteAsync(path, (file, token) => reader.CopyToAsync(file, token), cancellation);
            // A blob that was there before is not asked for its content; the writer must not wait for a reader then.
            _ = writing.ContinueWith(_ => reader.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        await pipe.Writer.WriteAsync(buffer.WrittenMemory, cancellation);
        buffer.ResetWrittenCount();
        if (writing!.IsFaulted) await writing;
    }

    /// <summary>Finishes the blob and gives its path; null when nothing was written.</summary>
    public async Task<string?> CompleteAsync(CancellationToken cancellation)
    {
        if (pipe is null)
        {
            if (buffer.WrittenCount == 0) return null;
            await blobs.WriteAsync(path, (file, token) => file.WriteAsync(buffer.WrittenMemory, token).AsTask(), cancellation);
            return path;
        }
        await StreamAsync(cancellation);
        await pipe.Writer.CompleteAsync();
        pipe = null;
        await writing!;
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        if (pipe is null) return;
        await pipe.Writer.CompleteAsync(new OperationCanceledException("The blob was given up."));
        try
        {
            await writing!;
        }
        catch (Exception)
        {
            // What made the writer give up is on its way to the caller already.
        }
    }
}
