namespace Aim.Ports;

/// <summary>One version of one blob; the path uses <c>/</c>, never begins or ends with it, and is not the folder of another blob.</summary>
public readonly record struct BlobRef(string Path, string ETag);

/// <summary>A blob as listed. The ETag changes whenever the content does.</summary>
public sealed record BlobInfo(string Path, string ETag, long Length, DateTimeOffset Written)
{
    public BlobRef Ref => new(Path, ETag);
}

public enum BlobWrite
{
    Written = 1,

    /// <summary>A blob of that path was there before, and is unchanged.</summary>
    AlreadyExists = 2,
}

/// <summary>
/// Keeps files: uploads as they came, findings, snapshots, federal files. A blob appears whole or not at all, and is never changed once
/// written, so a step that is repeated can write its outputs again without harm.
/// </summary>
public interface IBlobStore
{
    /// <summary>Null when there is no such blob.</summary>
    Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation);

    /// <summary>Reads exactly that version; null when the blob is gone or has another ETag. The caller disposes the stream.</summary>
    Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation);

    /// <summary>
    /// Writes a blob once. <paramref name="write"/> is not called when the blob exists; when it throws, or the process dies, nothing
    /// appears. Of two writers at once one gets <see cref="BlobWrite.AlreadyExists"/>.
    /// </summary>
    Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation);

    /// <summary>
    /// The blobs whose path starts with the prefix, in ordinal order of their paths. Those that come or go meanwhile may or may not be listed.
    /// </summary>
    IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation);

    /// <summary>Deletes the blob; nothing happens when there is none.</summary>
    Task DeleteAsync(string path, CancellationToken cancellation);

    /// <summary>A URL that may create that one blob until the moment given, and do nothing else.</summary>
    Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation);
}

/// <summary>Short forms of what callers do most.</summary>
public static class BlobStoreExtensions
{
    /// <exception cref="FileNotFoundException">The blob is gone, or is another version.</exception>
    public static async Task<Stream> ReadAsync(this IBlobStore blobs, BlobRef blob, CancellationToken cancellation) =>
        await blobs.OpenReadAsync(blob, cancellation) ?? throw new FileNotFoundException($"The blob {blob.Path} is gone or was replaced.");

    /// <summary>Writes bytes that are at hand, once.</summary>
    public static Task<BlobWrite> WriteAsync(this IBlobStore blobs, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        blobs.WriteAsync(path, (file, token) => file.WriteAsync(content, token).AsTask(), cancellation);

    /// <summary>Deletes every blob under a prefix: the leftovers of a step that starts over.</summary>
    public static async Task ClearAsync(this IBlobStore blobs, string prefix, CancellationToken cancellation)
    {
        await foreach (var blob in blobs.ListAsync(prefix, cancellation)) await blobs.DeleteAsync(blob.Path, cancellation);
    }

    /// <summary>Opens the present version; null when there is no such blob.</summary>
    public static async Task<Stream?> OpenReadAsync(this IBlobStore blobs, string path, CancellationToken cancellation) =>
        await blobs.FindAsync(path, cancellation) is { } blob ? await blobs.OpenReadAsync(blob.Ref, cancellation) : null;
}
