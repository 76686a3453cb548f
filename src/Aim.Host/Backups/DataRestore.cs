using System.Collections.Concurrent;
using Aim.Host.Embedded;
using Aim.Workflows;

namespace Aim.Host.Backups;

/// <summary>
/// Makes a data folder of a backup. Every file is checked before anything is written. What was under way at the cut goes on when the folder is served, as after a crash at that moment.
/// </summary>
internal sealed class DataRestore(string backup, BackupProgress progress)
{
    private const int MostNamed = 3;

    private readonly string source = Path.Combine(Path.GetFullPath(backup), BackupManifest.DataName);

    /// <exception cref="FaultException">The backup is damaged or newer than this program, or the target is in use.</exception>
    public async Task<BackupManifest> RunAsync(string folder, CancellationToken cancellation)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        MustBeFree(target);
        var manifest = await BackupManifest.ReadAsync(Path.GetFullPath(backup), cancellation);
        MustBeReadable(manifest);
        await CheckAsync(manifest, cancellation);
        return await WholeFolder.WriteAsync(target, async partial =>
        {
            await CopyAsync(manifest, partial, cancellation);
            MustBeFree(target);
            return manifest;
        });
    }

    /// <summary>A folder that is served, or was, has files in it.</summary>
    private static void MustBeFree(string target)
    {
        if (DataFolder.Exists(target)) throw BackupManifest.Unusable($"{target} is a data folder, perhaps one in use. Stop what serves it and move it away, or restore to a new folder with --data.");
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()) throw BackupManifest.Unusable($"{target} is not empty. Restore to a new folder with --data.");
    }

    private void MustBeReadable(BackupManifest manifest)
    {
        if (manifest.DataSchema > DataSchema.Version || manifest.JournalSchema > WorkflowJournal.SchemaVersion)
            throw BackupManifest.Unusable($"{backup} was written by a newer version of this program (schemas {manifest.DataSchema} and {manifest.JournalSchema} instead of {DataSchema.Version} and {WorkflowJournal.SchemaVersion}). Use that version.");
        var names = manifest.Files.Select(file => file.Path).ToHashSet();
        var isWhole = names.Count == manifest.Files.Count && names.Contains(DataFolder.DataFile) && names.Contains(DataFolder.JournalFile);
        if (!isWhole || manifest.Files.Any(file => !Path.GetFullPath(Path.Combine(source, file.Path)).StartsWith(source + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            throw BackupManifest.Unusable($"The backup {backup} is damaged: its {BackupManifest.FileName} doesn't list a data folder's files. Use another backup.");
    }

    private async Task CheckAsync(BackupManifest manifest, CancellationToken cancellation)
    {
        var (missing, damaged) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());
        await EachAsync(manifest, "Check", async (file, token) =>
        {
            if (!File.Exists(Path.Combine(source, file.Path))) missing.Add(file.Path);
            else if (!IsSame(await FileCopy.DescribeAsync(source, file.Path, token), file)) damaged.Add(file.Path);
        }, cancellation);
        if (missing.IsEmpty && damaged.IsEmpty) return;
        throw BackupManifest.Unusable($"The backup {backup} is damaged: {string.Join("; ", new[] { Name(missing, "missing"), Name(damaged, "changed since it was written") }.OfType<string>())}. Nothing was restored; use another backup, or bring these files back.");
    }

    private static string? Name(ConcurrentBag<string> files, string what) => files.IsEmpty ? null
        : $"{string.Join(", ", files.Order(StringComparer.Ordinal).Take(MostNamed))}{(files.Count > MostNamed ? $" and {files.Count - MostNamed} more" : "")} {what}";

    private static bool IsSame(BackupFile found, BackupFile listed) => found.Bytes == listed.Bytes && found.Sha256 == listed.Sha256;

    private async Task CopyAsync(BackupManifest manifest, string folder, CancellationToken cancellation)
    {
        await EachAsync(manifest, "Copy", async (file, token) =>
        {
            await using var from = File.OpenRead(Path.Combine(source, file.Path));
            var copied = await FileCopy.CopyAsync(from, folder, file.Path, file.Written, token);
            if (!IsSame(copied, file)) throw BackupManifest.Unusable($"The backup {backup} changed while it was being restored ({file.Path}). Nothing was restored; see who writes to it.");
        }, cancellation);
    }

    private async Task EachAsync(BackupManifest manifest, string stage, Func<BackupFile, CancellationToken, Task> work, CancellationToken cancellation)
    {
        var (total, done) = (Math.Max(1, manifest.Bytes), 0L);
        await Parallel.ForEachAsync(manifest.Files, new ParallelOptions { MaxDegreeOfParallelism = FileCopy.AtOnce, CancellationToken = cancellation }, async (file, token) =>
        {
            await work(file, token);
            progress(stage, Interlocked.Add(ref done, file.Bytes) / (double)total);
        });
    }
}
