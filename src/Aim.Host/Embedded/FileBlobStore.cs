using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Aim.Ports;
using Aim.Workflows;

namespace Aim.Host.Embedded;

/// <summary>
/// Blobs as files. A blob is written beside its place and moved there when it is whole; what must survive a power failure is flushed to
/// disk first. What a running upload keeps for its later steps needn't: it would be made again.
/// </summary>
internal sealed class FileBlobStore(string root, UploadUrls urls) : IBlobStore
{
    private const string Partial = ".partial";

    private static readonly TimeSpan LongestWrite = TimeSpan.FromDays(1);

    private static long lastMoment;

    private readonly string root = Path.GetFullPath(root);

    private string PartialFolder => Path.Combine(root, Partial);

    /// <summary>Removes what processes that died in the middle of a write have left.</summary>
    public void RemoveAbandoned(DateTimeOffset now)
    {
        if (!Directory.Exists(PartialFolder)) return;
        foreach (var file in Directory.EnumerateFiles(PartialFolder).Where(file => File.GetLastWriteTimeUtc(file) < now.UtcDateTime - LongestWrite)) File.Delete(file);
    }

    public Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation)
    {
        var file = new FileInfo(PathOf(path));
        return Task.FromResult(file.Exists ? Describe(path, file) : null);
    }

    public Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation)
    {
        try
        {
            var file = new FileInfo(PathOf(blob.Path));
            var stream = new FileStream(file.FullName, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read | FileShare.Delete, BufferSize = 1 });
            file.Refresh();
            if (file.Exists && Describe(blob.Path, file).ETag == blob.ETag) return Task.FromResult<Stream?>(stream);
            stream.Dispose();
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public async Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        var target = PathOf(path);
        if (File.Exists(target)) return BlobWrite.AlreadyExists;
        var partial = Path.Combine(PartialFolder, Guid.NewGuid().ToString("N"));
        try
        {
            await using (var stream = Create(partial))
            {
                await write(stream, cancellation);
                await stream.FlushAsync(cancellation);
                File.SetLastWriteTimeUtc(stream.SafeFileHandle, UniqueMoment(File.GetLastWriteTimeUtc(stream.SafeFileHandle)));
                if (MustSurvivePowerFailure(path)) stream.Flush(flushToDisk: true);
            }
            if (!TryPlace(partial, target)) return BlobWrite.AlreadyExists;
            if (MustSurvivePowerFailure(path)) NewFile.FlushNames(Path.GetDirectoryName(target)!);
            return BlobWrite.Written;
        }
        catch (IOException failure) when (IsFull(failure))
        {
            throw new StorageFullException(failure);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>
    /// The moment, or a little later: file systems count time in steps of milliseconds, and a blob that is deleted and written anew within
    /// one must not have the same ETag.
    /// </summary>
    private static DateTime UniqueMoment(DateTime written)
    {
        while (true)
        {
            var last = Interlocked.Read(ref lastMoment);
            var next = Math.Max(written.Ticks, last + 1);
            if (Interlocked.CompareExchange(ref lastMoment, next, last) == last) return new DateTime(next, DateTimeKind.Utc);
        }
    }

    /// <summary>No space left, or none left to this user; Windows has its own two numbers for it.</summary>
    public static bool IsFull(Exception failure) => failure is IOException && (failure.HResult & 0xFFFF) is var code && (OperatingSystem.IsWindows() ? code is 39 or 112 : code is 28 or 122);

    private static FileStream Create(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 14 });
    }

    private static bool TryPlace(string from, string to)
    {
        while (true)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            try
            {
                return NewFile.TryPlace(from, to);
            }
            catch (DirectoryNotFoundException)
            {
                // The folder was empty for a moment and has been removed; make it again.
            }
        }
    }

    /// <summary>Everything that a page of the ledger points to for good; staged rows and lists of changes end in a mark that tells whether they are whole.</summary>
    private static bool MustSurvivePowerFailure(string path) =>
        !path.StartsWith("work/", StringComparison.Ordinal) && !(path.StartsWith("results/", StringComparison.Ordinal) && path.Contains("/changes-v", StringComparison.Ordinal));

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => List(prefix).ToAsyncEnumerable();

    private IEnumerable<BlobInfo> List(string prefix)
    {
        var folder = Path.Combine(root, prefix[..(prefix.LastIndexOf('/') + 1)]);
        string[] files;
        try
        {
            files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        return files
            .Where(file => !file.StartsWith(PartialFolder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .Select(file => (File: file, Path: Path.GetRelativePath(root, file).Replace('\\', '/')))
            .Where(item => item.Path.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(item => item.Path, StringComparer.Ordinal)
            .Select(item => (item.Path, File: new FileInfo(item.File)))
            // What was deleted since the folder was read is passed over.
            .Where(item => item.File.Exists)
            .Select(item => Describe(item.Path, item.File));
    }

    public Task DeleteAsync(string path, CancellationToken cancellation)
    {
        var file = PathOf(path);
        try
        {
            if (!File.Exists(file)) return Task.CompletedTask;
            File.Delete(file);
            RemoveIfEmpty(Path.GetDirectoryName(file)!);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else has deleted it meanwhile, and its folder with it.
        }
        return Task.CompletedTask;
    }

    private static void RemoveIfEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // It holds something; or somebody was faster.
        }
    }

    public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => Task.FromResult(urls.Create(path, expires));

    private static BlobInfo Describe(string path, FileInfo file) =>
        new(path, string.Create(CultureInfo.InvariantCulture, $"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}"), file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));

    /// <exception cref="ArgumentException">The path leaves the store.</exception>
    private string PathOf(string path)
    {
        var full = Path.GetFullPath(Path.Combine(root, path));
        return full.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !full.StartsWith(PartialFolder, StringComparison.Ordinal)
            ? full
            : throw new ArgumentException("A blob path stays inside the store.", nameof(path));
    }
}

/// <summary>
/// Signed upload URLs of the local host, in the manner of a shared access signature: one blob, create only, until a moment.
/// </summary>
internal sealed class UploadUrls(byte[] key, Uri address, TimeProvider clock)
{
    public const string Route = "/blobs/";

    public Uri Create(string path, DateTimeOffset expires)
    {
        var until = expires.ToUnixTimeSeconds();
        return new Uri(address, FormattableString.Invariant($"{Route}{path}?se={until}&sp=c&sig={Sign(path, until)}"));
    }

    public bool IsValid(string path, string? until, string? signature) =>
        long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && signature is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(path, seconds)), Encoding.ASCII.GetBytes(signature))
        && clock.GetUtcNow() < DateTimeOffset.FromUnixTimeSeconds(seconds);

    private string Sign(string path, long until) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(FormattableString.Invariant($"{path}\n{until}\nc"))));
}
