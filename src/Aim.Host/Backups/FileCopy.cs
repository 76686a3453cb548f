using System.Buffers;
using System.Security.Cryptography;

namespace Aim.Host.Backups;

/// <summary>Copies files to disk, and tells what was copied.</summary>
internal static class FileCopy
{
    private const int BufferBytes = 1 << 17;

    /// <summary>Flushing one file to disk is mostly waiting, so several are copied at a time.</summary>
    public const int AtOnce = 8;

    /// <summary>Copies a file as it is listed, and flushes it to disk.</summary>
    public static async Task<BackupFile> CopyAsync(Stream from, string folder, string path, DateTimeOffset written, CancellationToken cancellation)
    {
        var target = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
        // The keys that tokens and upload URLs are signed with are nobody else's to read, at no moment.
        if (path.EndsWith(".key", StringComparison.Ordinal) && !path.Contains('/', StringComparison.Ordinal) && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(target, options);
        var (bytes, sha256) = await ReadAsync(from, file, cancellation);
        File.SetLastWriteTimeUtc(file.SafeFileHandle, written.UtcDateTime);
        file.Flush(flushToDisk: true);
        return new BackupFile(path, bytes, sha256, written);
    }

    /// <summary>Length and SHA-256 of a file that is there.</summary>
    public static async Task<BackupFile> DescribeAsync(string folder, string path, CancellationToken cancellation)
    {
        var full = Path.Combine(folder, path);
        await using var file = File.OpenRead(full);
        var (bytes, sha256) = await ReadAsync(file, Stream.Null, cancellation);
        return new BackupFile(path, bytes, sha256, File.GetLastWriteTimeUtc(full));
    }

    private static async Task<(long Bytes, string Sha256)> ReadAsync(Stream from, Stream to, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long bytes = 0;
            for (int read; (read = await from.ReadAsync(buffer, cancellation)) > 0; bytes += read)
            {
                hash.AppendData(buffer, 0, read);
                await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
            return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
