using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>
/// Editions in Cosmos DB: one partition each, with a head, its rows, and a note of every upload that was applied.
/// <para>
/// A load may be larger than any transaction. So it takes a number from the head, writes its rows under that number beside what they replace, and becomes
/// visible by one conditional write of the head, which names it as the newest load that is seen. Until then every reader takes the states
/// of loads it sees. A load that died is completed by its retry, which gets the same number; one that is overtaken can never be
/// seen, and its leftovers are dropped when their rows are next written.
/// </para>
/// </summary>
internal sealed class CosmosEditionStore(CosmosAccount account, TimeProvider clock) : IEditionStore
{
    private readonly CosmosTable table = account.Table(CosmosContainers.Editions);
    private readonly EditionReader reader = new(account.Table(CosmosContainers.Editions));
    private readonly EditionWriter writer = new(account.Table(CosmosContainers.Editions));

    public async Task<EditionHead> GetHeadAsync(EditionKey edition, CancellationToken cancellation) => (await FindAsync(edition, cancellation))?.Item.ToHead() ?? new EditionHead { Key = edition };

    private Task<Stored<HeadItem>?> FindAsync(EditionKey edition, CancellationToken cancellation) => table.FindAsync<HeadItem>("read head", edition.ToString(), HeadItem.HeadId, cancellation);

    public async IAsyncEnumerable<EditionHead> ListHeadsAsync(SchoolYear? year, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        // By the one property that every container has an index on; there are no more of them than districts and years.
        var heads = await table.AllAsync<HeadItem>("list heads", new QueryDefinition("SELECT * FROM c WHERE c.id = @head").WithParameter("@head", HeadItem.HeadId), cancellation);
        foreach (var head in heads.Where(head => head.WasWrittenTo && (year is null || head.Year == year)).OrderBy(head => head.District.Value, StringComparer.Ordinal).ThenBy(head => head.Year)) yield return head.ToHead();
    }

    public IAsyncEnumerable<EditionStudent> ReadAsync(EditionKey edition, EditionSelection selection, CancellationToken cancellation) => reader.ReadAsync(edition, selection, cancellation);

    public async Task<ApplyOutcome> ApplyAsync(
        EditionKey edition, long baseVersion, EditionLoad load, IAsyncEnumerable<EditionChange> changes, CancellationToken cancellation)
    {
        if (await FindLoadAsync(edition, load.Upload, cancellation) is { } applied) return applied;
        await using var source = changes.GetAsyncEnumerator(cancellation);
        if (!await source.MoveNextAsync()) return await NoteAsync(edition, baseVersion, load, cancellation);
        if (await BeginAsync(edition, load.Upload, baseVersion, cancellation) is not { } begun) return await StaleAsync(edition, load.Upload, cancellation);
        var totals = await writer.WriteAsync(edition, begun.Load, begun.Head.View, source, new EditionTotals(begun.Head.RowCount, begun.Head.Digest), cancellation);
        return await CompleteAsync(edition, begun.Load, head =>
        {
            var completed = head.Complete(begun.Load, totals.Rows, totals.Digest, new UndoPoint(head.Version + 1, begun.Load.Number, head.RowCount, head.Digest));
            return completed with { LastLoads = head.LastLoads.Made(load, completed.Version) };
        }, load.Upload, cancellation);
    }

    private async Task<ApplyOutcome?> FindLoadAsync(EditionKey edition, UploadId upload, CancellationToken cancellation) =>
        await table.FindAsync<LoadItem>("find load", edition.ToString(), LoadItem.IdOf(upload), cancellation) is { } stored ? new ApplyOutcome(ApplyStatus.AlreadyApplied, stored.Item.Version) : null;

    private async Task<ApplyOutcome> StaleAsync(EditionKey edition, UploadId? upload, CancellationToken cancellation)
    {
        if (upload is { } id && await FindLoadAsync(edition, id, cancellation) is { } applied) return applied;
        return new ApplyOutcome(ApplyStatus.Stale, (await GetHeadAsync(edition, cancellation)).Version);
    }

    /// <summary>A number for the load; null when the edition has moved on from the version it was made for.</summary>
    private async Task<(OpenLoad Load, HeadItem Head)?> BeginAsync(EditionKey edition, UploadId? upload, long baseVersion, CancellationToken cancellation)
    {
        while (true)
        {
            var stored = await FindAsync(edition, cancellation);
            var head = stored?.Item ?? HeadItem.Empty(edition);
            if (head.Version != baseVersion) return null;
            var begun = head.Begin(upload, out var load);
            if (ReferenceEquals(begun, head) || await WriteAsync(begun, stored?.ETag, cancellation)) return (load, begun);
        }
    }

    private async Task<bool> WriteAsync(HeadItem head, string? etag, CancellationToken cancellation) => CosmosWrite.Written == (etag is null
        ? await table.CreateAsync("write head", head.Edition, head, cancellation)
        : await table.ReplaceAsync("write head", head.Edition, HeadItem.HeadId, etag, head, cancellation));

    /// <summary>Makes a load visible, with the note that its upload was applied, in one transaction on the head it was made for.</summary>
    private async Task<ApplyOutcome> CompleteAsync(EditionKey edition, OpenLoad load, Func<HeadItem, HeadItem> complete, UploadId? upload, CancellationToken cancellation)
    {
        while (true)
        {
            var stored = (await FindAsync(edition, cancellation))!.Value;
            if (stored.Item.Open.All(open => open.Number != load.Number))
            {
                // Its own, when it was seen before the answer came.
                return stored.Item.NewestLoad == load.Number && upload is null ? new ApplyOutcome(ApplyStatus.Applied, stored.Item.Version) : await StaleAsync(edition, upload, cancellation);
            }
            var head = complete(stored.Item);
            if (await WriteAsync(edition, head, stored.ETag, upload, head.Version, cancellation)) return new ApplyOutcome(ApplyStatus.Applied, head.Version);
        }
    }

    private async Task<bool> WriteAsync(EditionKey edition, HeadItem head, string? etag, UploadId? upload, long version, CancellationToken cancellation) =>
        await table.TransactAsync("complete load", head.Edition, batch =>
        {
            var content = new MemoryStream(CosmosTable.Serialize(head));
            if (etag is null) batch.CreateItemStream(content);
            else batch.ReplaceItemStream(HeadItem.HeadId, content, new TransactionalBatchItemRequestOptions { IfMatchEtag = etag, EnableContentResponseOnWrite = false });
            if (upload is { } id) batch.CreateItemStream(new MemoryStream(CosmosTable.Serialize(LoadItem.Of(edition, id, version))));
        }, cancellation) == CosmosWrite.Written;

    /// <summary>A load without changes.</summary>
    private async Task<ApplyOutcome> NoteAsync(EditionKey edition, long baseVersion, EditionLoad load, CancellationToken cancellation)
    {
        while (true)
        {
            var stored = await FindAsync(edition, cancellation);
            var head = stored?.Item ?? HeadItem.Empty(edition);
            if (head.Version != baseVersion) return await StaleAsync(edition, load.Upload, cancellation);
            if (await WriteAsync(edition, head with { LastLoads = head.LastLoads.Noted(load) }, stored?.ETag, load.Upload, head.Version, cancellation)) return new ApplyOutcome(ApplyStatus.Applied, head.Version);
            if (await FindLoadAsync(edition, load.Upload, cancellation) is { } applied) return applied;
        }
    }

    public async Task<ApplyOutcome> UndoAsync(EditionKey edition, long version, CancellationToken cancellation)
    {
        if (await FindAsync(edition, cancellation) is not { Item.Undo: { } undo } || undo.Version != version || await BeginAsync(edition, null, version, cancellation) is not { } begun)
            return await StaleAsync(edition, null, cancellation);
        await writer.UndoAsync(edition, begun.Load, begun.Head.View, undo, cancellation);
        return await CompleteAsync(edition, begun.Load, head => head.Complete(begun.Load, undo.RowCount, undo.Digest, undo: null) with { LastLoads = head.LastLoads.TakenBack(version) }, null, cancellation);
    }

    public Task<SyncLease?> BeginSyncAsync(EditionKey edition, string owner, DateTimeOffset until, CancellationToken cancellation) => ChangeAsync<SyncLease?>(edition, head =>
        head.LeaseOwner is not null && head.LeaseOwner != owner && head.LeaseUntil > clock.GetUtcNow()
            ? (head, null)
            : (head with { LeaseOwner = owner, LeaseUntil = until }, new SyncLease(edition, owner, head.Version, head.Digest, head.SyncedVersion)), cancellation);

    public Task<SyncCompletion> CompleteSyncAsync(SyncLease lease, int parked, CancellationToken cancellation) => ChangeAsync(lease.Edition, head =>
    {
        if (head.LeaseOwner != lease.Owner) return (head, SyncCompletion.Lost);
        // What was forgotten meanwhile is to be gone over again.
        if (head.SyncedVersion != lease.SyncedVersion) return (head, SyncCompletion.Behind);
        var synced = head with { SyncedVersion = lease.Version, SyncedDigest = lease.Digest, Parked = parked };
        return head.Version != lease.Version ? (synced, SyncCompletion.Behind) : (synced with { LeaseOwner = null, LeaseUntil = null }, SyncCompletion.Completed);
    }, cancellation);

    public Task ResetSyncAsync(EditionKey edition, CancellationToken cancellation) => ChangeAsync(edition, 
        // One less each time, so that a sync of everything which is under way sees it too. An edition that nobody has written is nobody's to sync.
        head => (head.Version == 0 ? head : head with { SyncedVersion = Math.Min(head.SyncedVersion, 1) - 1 }, true), cancellation);

    /// <summary>Changes the head by itself, however many others do the same. The same head again writes nothing.</summary>
    private async Task<T> ChangeAsync<T>(EditionKey edition, Func<HeadItem, (HeadItem Head, T Result)> change, CancellationToken cancellation)
    {
        while (true)
        {
            var stored = await FindAsync(edition, cancellation);
            var before = stored?.Item ?? HeadItem.Empty(edition);
            var (after, result) = change(before);
            if (ReferenceEquals(after, before) || await WriteAsync(after, stored?.ETag, cancellation)) return result;
        }
    }
}
