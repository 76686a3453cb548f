using Aim.Entry;
using Aim.Host.Embedded;
using Aim.OneRoster;
using Aim.Ports;
using Aim.Uploads;
using Aim.Workflows;
using Microsoft.Data.Sqlite;

namespace Aim.Host.Backups;

/// <summary>
/// A data folder at one moment. The write locks of both databases are held while a read transaction is begun on each and the blobs are listed, so data and
/// journal match; then writers go on, and the transactions still see the moment. Whatever an open upload or roster may sweep or write anew is held open.
/// </summary>
internal sealed class BackupCut : IAsyncDisposable
{
    private const int Busy = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Stream> held = [];
    private HashSet<string> open = [];

    private BackupCut(DateTimeOffset moment, SqliteSession data, SqliteSession journal) => (Moment, Data, Journal) = (moment, data, journal);

    public DateTimeOffset Moment { get; }

    /// <summary>Read transaction on <c>aim.db</c>.</summary>
    public SqliteSession Data { get; }

    /// <summary>Read transaction on <c>workflows.db</c>.</summary>
    public SqliteSession Journal { get; }

    public IReadOnlyList<BlobInfo> Blobs { get; private set; } = [];

    /// <summary>Workflows that had not ended.</summary>
    public int UnderWay { get; private set; }

    public static async Task<BackupCut> TakeAsync(DataFolder folder, TimeProvider clock, CancellationToken cancellation)
    {
        var (data, journal) = (Path.Combine(folder.Path, DataFolder.DataFile), Path.Combine(folder.Path, DataFolder.JournalFile));
        using var dataLock = Lock(data, clock, cancellation);
        using var journalLock = Lock(journal, clock, cancellation);
        var cut = new BackupCut(clock.GetUtcNow(), Read(data), Read(journal));
        try
        {
            await cut.ListAsync(folder.Ports.Blobs, cancellation);
            return cut;
        }
        catch
        {
            await cut.DisposeAsync();
            throw;
        }
    }

    /// <summary>A session that keeps all others from writing until it is disposed.</summary>
    private static SqliteSession Lock(string path, TimeProvider clock, CancellationToken cancellation)
    {
        var session = new SqliteSession(path);
        // Looked for often: under load the lock is free for a moment only, between two commits.
        session.Execute("PRAGMA busy_timeout = 3");
        for (var started = clock.GetTimestamp(); ;)
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                session.Execute("BEGIN IMMEDIATE");
                return session;
            }
            catch (SqliteException failure) when (failure.SqliteErrorCode == Busy && clock.GetElapsedTime(started) < Patience)
            {
                // Somebody is writing.
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
    }

    private static SqliteSession Read(string path)
    {
        var session = new SqliteSession(path);
        session.Execute("PRAGMA busy_timeout = 60000");
        session.Execute("BEGIN");
        // Only the first read fixes what the transaction sees.
        session.Scalar("SELECT COUNT(*) FROM sqlite_schema");
        return session;
    }

    private async Task ListAsync(IBlobStore blobs, CancellationToken cancellation)
    {
        var underWay = WorkflowJournal.ListOpen(Journal);
        UnderWay = underWay.Count;
        Blobs = await blobs.ListAsync("", cancellation).ToListAsync(cancellation);
        var uploads = underWay.Where(instance => instance.Workflow is nameof(UploadWorkflow) or nameof(RosterWorkflow)).Select(instance => WorkflowCatalog.Deserialize<UploadInput>(instance.Input));
        open = uploads.SelectMany(upload => new[] { upload.WorkPrefix, upload.ResultsPrefix }).ToHashSet();
        foreach (var blob in Blobs.Where(IsOfOpenUpload))
        {
            if (await blobs.OpenReadAsync(blob.Ref, cancellation) is { } stream) held[blob.Path] = stream;
        }
    }

    private bool IsOfOpenUpload(BlobInfo blob) => blob.Path.Split('/') is { Length: > 2 } parts && open.Contains($"{parts[0]}/{parts[1]}/");

    /// <summary>
    /// Whether a blob of the cut may be gone by now, without harm: what is swept, what a step of an upload under way deletes and makes anew, and the note of an undo that was
    /// refused, which is written before the undo is tried.
    /// </summary>
    public bool MayBeGone(BlobInfo blob) =>
        blob.Path.StartsWith(UploadLeftovers.Work, StringComparison.Ordinal) || blob.Path.StartsWith(UploadLeftovers.Parts, StringComparison.Ordinal)
        || IsOfOpenUpload(blob) || HandEntry.IsNoteOfUndo(blob.Path);

    /// <summary>Opens a blob of the cut; null when it is gone.</summary>
    public async Task<Stream?> OpenAsync(IBlobStore blobs, BlobInfo blob, CancellationToken cancellation) =>
        held.TryGetValue(blob.Path, out var stream) ? stream : await blobs.OpenReadAsync(blob.Ref, cancellation);

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in held.Values) await stream.DisposeAsync();
        Data.Dispose();
        Journal.Dispose();
    }
}
