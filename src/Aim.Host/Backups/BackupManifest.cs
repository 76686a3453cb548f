using System.Text.Json;
using Aim.Workflows;

namespace Aim.Host.Backups;

/// <summary>One file of a backup.</summary>
/// <param name="Path">Within the data folder, with <c>/</c>.</param>
/// <param name="Written">When the file was last written; a blob's ETag is made of it, so it is put back with the file.</param>
internal sealed record BackupFile(string Path, long Bytes, string Sha256, DateTimeOffset Written);

/// <summary>What a backup holds: written last, so that a folder without one is no backup.</summary>
/// <param name="Format">Of the backup itself.</param>
/// <param name="Moment">The cut: everything committed before it is in the backup, and nothing after it.</param>
/// <param name="DataSchema">Schema version of <c>aim.db</c>.</param>
/// <param name="JournalSchema">Schema version of <c>workflows.db</c>.</param>
/// <param name="UnderWay">Workflows that had not ended; they go on when the restored folder is served.</param>
/// <param name="LeftOut">Files that were gone between the cut and the copying: working files and results of uploads under way, which whoever needs them makes anew, and notes of undos that were refused.</param>
internal sealed record BackupManifest(int Format, DateTimeOffset Moment, long DataSchema, long JournalSchema, int UnderWay, IReadOnlyList<BackupFile> Files, IReadOnlyList<string> LeftOut)
{
    public const int Newest = 1;
    public const string FileName = "manifest.json";

    /// <summary>Beside the manifest: the data folder's files. They lie one level down so that nobody serves a backup by mistake.</summary>
    public const string DataName = "data";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    public long Bytes => Files.Sum(file => file.Bytes);

    public async Task WriteAsync(string folder, CancellationToken cancellation)
    {
        await using var file = new FileStream(Path.Combine(folder, FileName), FileMode.CreateNew);
        await JsonSerializer.SerializeAsync(file, this, Json, cancellation);
        file.Flush(flushToDisk: true);
    }

    /// <exception cref="FaultException">There is none, it can't be read, or it is newer than this program.</exception>
    public static async Task<BackupManifest> ReadAsync(string folder, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw Unusable($"{folder} is no backup: it has no {FileName}. Give a folder that 'aim backup' wrote to its end.");
        try
        {
            await using var file = File.OpenRead(path);
            var manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(file, Json, cancellation) ?? throw new JsonException();
            return manifest.Format <= Newest ? manifest : throw Unusable($"{folder} was written by a newer version of this program (backup format {manifest.Format} instead of {Newest}). Use that version.");
        }
        catch (JsonException)
        {
            throw Unusable($"The backup {folder} is damaged: its {FileName} can't be read. Use another backup.");
        }
    }

    internal static FaultException Unusable(string sentence) => new(sentence) { IsPermanent = true };
}
