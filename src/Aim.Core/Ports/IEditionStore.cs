using Aim.Editions;
using Aim.Records;

namespace Aim.Ports;

/// <summary>Which students of an edition to read.</summary>
/// <param name="LocalIds">These only, in <see cref="Utf8Order"/>; null for all.</param>
/// <param name="ChangedAfter">
/// Those only with a row that was written or removed by a later version than this, which is none before the last completed sync: what
/// that one brought over of removed rows is forgotten. Not together with local ids.
/// </param>
/// <param name="AfterLocalId">Those only that come after this local id, to continue a reading.</param>
public sealed record EditionSelection(IReadOnlyList<string>? LocalIds = null, long? ChangedAfter = null, string? AfterLocalId = null)
{
    public static EditionSelection All { get; } = new();
}

/// <summary>What a load says about itself.</summary>
/// <param name="RecordType">Code of the type it loads.</param>
/// <param name="WrittenAt">When the district's system wrote the file; null when the file doesn't say, which leaves what an earlier one said.</param>
public sealed record EditionLoad(UploadId Upload, string RecordType, DateTime? WrittenAt);

public enum ApplyStatus
{
    Applied = 1,

    /// <summary>This very load was applied before, however long ago and even if it was undone since; nothing was written.</summary>
    AlreadyApplied = 2,

    /// <summary>The edition has moved on from the version the changes were computed against; nothing was written.</summary>
    Stale = 3,
}

/// <summary>
/// How an <see cref="IEditionStore.ApplyAsync"/> ended, with the edition's version after it; of a load that was applied before, the
/// version that it made.
/// </summary>
public readonly record struct ApplyOutcome(ApplyStatus Status, long Version);

/// <summary>The right to sync an edition: the version to bring the state to, and the last one it is known to have.</summary>
/// <param name="Digest">Of <paramref name="Version"/>.</param>
/// <param name="SyncedVersion">Zero when it has none, and less for each time it was forgotten since.</param>
public sealed record SyncLease(EditionKey Edition, string Owner, long Version, EditionDigest Digest, long SyncedVersion)
{
    /// <summary>The sync goes over everything: nothing was synced before, or it was forgotten.</summary>
    public bool IsOfEverything => SyncedVersion <= 0;
}

public enum SyncCompletion
{
    /// <summary>The state has the edition's newest version; the right was given back.</summary>
    Completed = 1,

    /// <summary>
    /// The state has the lease's version, but there is a newer one by now, or the sync was reset meanwhile; the owner keeps the right and
    /// goes on with a fresh lease.
    /// </summary>
    Behind = 2,

    /// <summary>The owner has the right no longer: it was given back, or ran out and somebody else took it. Nothing was recorded.</summary>
    Lost = 3,
}

/// <summary>
/// Each district's record set, by school year. A load becomes visible as one new version, whole or not at all; rows are read in the
/// order of local ids (<see cref="Utf8Order"/>), record types and keys.
/// </summary>
public interface IEditionStore
{
    /// <summary>Never null: an edition nobody wrote to is empty and has version 0.</summary>
    Task<EditionHead> GetHeadAsync(EditionKey edition, CancellationToken cancellation);

    /// <summary>Heads of the editions that were ever written to, by district and year; a lease alone writes nothing.</summary>
    IAsyncEnumerable<EditionHead> ListHeadsAsync(SchoolYear? year, CancellationToken cancellation);

    /// <summary>
    /// The selected students, each with all of its rows of the present version. With <see cref="EditionSelection.ChangedAfter"/>, students
    /// who lost their last row come too, without rows. A load that lands meanwhile may or may not be seen by students not yet read.
    /// </summary>
    IAsyncEnumerable<EditionStudent> ReadAsync(EditionKey edition, EditionSelection selection, CancellationToken cancellation);

    /// <summary>
    /// Makes version <paramref name="baseVersion"/> + 1 of the changes. Atomic; repeating it with the same upload does nothing; two at
    /// once: one is applied, the other stale. A load without changes makes no version and only notes itself as the type's last load. The
    /// rows it replaces are kept for <see cref="UndoAsync"/> until the next load.
    /// </summary>
    Task<ApplyOutcome> ApplyAsync(EditionKey edition, long baseVersion, EditionLoad load, IAsyncEnumerable<EditionChange> changes, CancellationToken cancellation);

    /// <summary>
    /// Takes the newest load back, as a further version with the rows and the type's last load of the one before. Stale when <paramref name="version"/> is no
    /// longer the newest, or was itself an undo.
    /// </summary>
    Task<ApplyOutcome> UndoAsync(EditionKey edition, long version, CancellationToken cancellation);

    /// <summary>
    /// Takes the right to sync the edition until a moment; null while another owner has it. Taking it again under the same owner, also
    /// after a crash, renews it.
    /// </summary>
    Task<SyncLease?> BeginSyncAsync(EditionKey edition, string owner, DateTimeOffset until, CancellationToken cancellation);

    /// <summary>Records that every change up to the lease's version has reached the state.</summary>
    Task<SyncCompletion> CompleteSyncAsync(SyncLease lease, int parked, CancellationToken cancellation);

    /// <summary>
    /// Forgets how far the edition was synced, so that the next sync goes over all of it; one that is under way ends as
    /// <see cref="SyncCompletion.Behind"/>.
    /// </summary>
    Task ResetSyncAsync(EditionKey edition, CancellationToken cancellation);
}
