using System.Collections.Concurrent;
using Aim.Host.Embedded;
using Aim.Workflows;

namespace Aim.Host.Backups;

/// <summary>How far a backup or a restore is.</summary>
/// <param name="stage">Its name.</param>
/// <param name="done">Share from 0 to 1.</param>
internal delegate void BackupProgress(string stage, double done);

/// <summary>Copies a data folder while others work in it.</summary>
internal sealed class DataBackup(DataFolder data, TimeProvider clock, BackupProgress progress)
{
    /// <exception cref="FaultException">The folder exists, or can't be written to.</exception>
    public async Task<BackupManifest> WriteAsync(string folder, CancellationToken cancellation)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(target)) throw BackupManifest.Unusable($"{target} exists already. Give a new folder: a backup is never written over.");
        if (target.StartsWith(data.Path + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw BackupManifest.Unusable($"{target} is inside the data folder, and would be lost with it. Give a folder elsewhere, best on another disk.");
        return await WholeFolder.WriteAsync(target, async partial =>
        {
            var content = Directory.CreateDirectory(Path.Combine(partial, BackupManifest.DataName)).FullName;
            var manifest = await CopyAsync(content, cancellation);
            await manifest.WriteAsync(partial, cancellation);
            return manifest;
        });
    }

    private async Task<BackupManifest> CopyAsync(string folder, CancellationToken cancellation)
    {
        await using var cut = await BackupCut.TakeAsync(data, clock, cancellation);
        var files = new List<BackupFile>
        {
            await CopyAsync(cut.Data, folder, DataFolder.DataFile, done => progress("Databases", done / 2), cancellation),
            await CopyAsync(cut.Journal, folder, DataFolder.JournalFile, done => progress("Databases", (1 + done) / 2), cancellation),
        };
        foreach (var key in DataFolder.KeyFiles.Where(key => File.Exists(Path.Combine(data.Path, key))))
        {
            await using var file = File.OpenRead(Path.Combine(data.Path, key));
            files.Add(await FileCopy.CopyAsync(file, folder, key, File.GetLastWriteTimeUtc(file.Name), cancellation));
        }
        var (blobs, leftOut) = await CopyBlobsAsync(cut, folder, cancellation);
        return new BackupManifest(BackupManifest.Newest, cut.Moment, cut.Data.Scalar("PRAGMA user_version") ?? 0, cut.Journal.Scalar("PRAGMA user_version") ?? 0, cut.UnderWay, [.. files, .. blobs], leftOut);
    }

    private static async Task<BackupFile> CopyAsync(SqliteSession source, string folder, string name, Action<double> done, CancellationToken cancellation)
    {
        using (var target = new SqliteSession(Path.Combine(folder, name)))
        {
            source.CopyTo(target, done, cancellation);
            // A copy of a file that is broken already is no help to anybody.
            if (target.Single("PRAGMA quick_check(1)", row => row.Text(0)) != "ok") throw BackupManifest.Unusable($"{name} of the data folder is damaged, so it can't be backed up. Restore an earlier backup.");
        }
        return await FileCopy.DescribeAsync(folder, name, cancellation);
    }

    private async Task<(IReadOnlyList<BackupFile> Files, IReadOnlyList<string> LeftOut)> CopyBlobsAsync(BackupCut cut, string folder, CancellationToken cancellation)
    {
        var (copied, leftOut) = (new ConcurrentBag<BackupFile>(), new ConcurrentBag<string>());
        var (total, done) = (Math.Max(1, cut.Blobs.Sum(blob => blob.Length)), 0L);
        await Parallel.ForEachAsync(cut.Blobs, new ParallelOptions { MaxDegreeOfParallelism = FileCopy.AtOnce, CancellationToken = cancellation }, async (blob, token) =>
        {
            await using var source = await cut.OpenAsync(data.Ports.Blobs, blob, token);
            if (source is not null) copied.Add(await FileCopy.CopyAsync(source, folder, $"{DataFolder.BlobFolder}/{blob.Path}", blob.Written, token));
            else if (cut.MayBeGone(blob)) leftOut.Add(blob.Path);
            else throw BackupManifest.Unusable($"{blob.Path} vanished while it was being backed up, though it is kept for good. See who removes files from {data.Path}.");
            progress("Files", Interlocked.Add(ref done, blob.Length) / (double)total);
        });
        return ([.. copied.OrderBy(file => file.Path, StringComparer.Ordinal)], [.. leftOut.Order(StringComparer.Ordinal)]);
    }
}
