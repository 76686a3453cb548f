using System.Net;
using System.Text.Json;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>
/// State records in Cosmos DB. A student is a partition: the present version of each year, the earlier ones and the events are items of it, so that a commit
/// is one transaction and a transfer between districts too. A commit replaces the present version on the condition that it is the one it was made
/// from; <see cref="CommitClock"/> tells how stamps make a moment one cut.
/// </summary>
internal sealed class CosmosStateStore(CosmosAccount account, CommitClock stamps) : IStateStore, IDisposable
{
    private const int AtOnce = 32;

    /// <summary>The sub-status by which the SDK tells that a position is none.</summary>
    private const int MalformedPosition = 20007;

    private readonly CosmosTable table = account.Table(CosmosContainers.Students);

    public CosmosStateStore(CosmosAccount account, TimeProvider clock) : this(account, new CommitClock(account.Table(CosmosContainers.Students), clock))
    {
    }

    public async Task<IReadOnlyDictionary<StateId, StudentRecord>> FindAsync(IReadOnlyCollection<StateId> students, SchoolYear year, CancellationToken cancellation) =>
        (await table.FindManyAsync<VersionItem>("find records", [.. students.Select(id => (VersionItem.PresentId(year), id.ToString()))], cancellation))
            .Select(item => item.ToRecord()).ToDictionary(record => record.StateId);

    public async Task<IReadOnlyList<StudentRecord>> FindYearsAsync(StateId student, CancellationToken cancellation)
    {
        static QueryDefinition After(string record) => new QueryDefinition("SELECT * FROM c WHERE c.record > @after ORDER BY c.record").WithParameter("@after", record);
        var years = await table.QueryAsync<VersionItem>("find years", student.ToString(), "", After, item => item.Record!, cancellation).ToListAsync(cancellation);
        return [.. years.Select(item => item.ToRecord()).Reverse()];
    }

    public async Task<IReadOnlyList<CommitStatus>> CommitAsync(IReadOnlyList<StudentCommit> commits, CancellationToken cancellation)
    {
        var statuses = Enumerable.Repeat(CommitStatus.Unchanged, commits.Count).ToArray();
        var changed = Enumerable.Range(0, commits.Count).Select(i => (Index: i, Commit: new PreparedCommit(commits[i]))).Where(item => !item.Commit.IsUnchanged).ToList();
        if (changed.Count == 0) return statuses;
        var held = await stamps.JoinAsync(cancellation);
        try
        {
            await Parallel.ForEachAsync(changed, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
                async (item, token) => statuses[item.Index] = await CommitAsync(item.Commit, token));
        }
        finally
        {
            await stamps.LeaveAsync(held);
        }
        return statuses;
    }

    private async Task<CommitStatus> CommitAsync(PreparedCommit commit, CancellationToken cancellation)
    {
        while (true)
        {
            var window = await stamps.JoinAsync(cancellation);
            try
            {
                using var sendable = new CancellationTokenSource(stamps.SendableUnder(window), TimeProvider.System);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(sendable.Token, cancellation);
                var after = commit.StampedAt(window.Stamp);
                var written = await table.TransactAsync("commit student", commit.Key, batch => commit.Fill(batch, after), either.Token);
                return written == CosmosWrite.Written || await WasCommittedAsync(commit, after, cancellation) ? CommitStatus.Committed : CommitStatus.Stale;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The window ran out on it; with the next one it is found out whether it was done.
            }
            finally
            {
                await stamps.LeaveAsync(window);
            }
        }
    }

    /// <summary>A conflict may be with an earlier attempt of the same commit whose answer was lost.</summary>
    private async Task<bool> WasCommittedAsync(PreparedCommit commit, StudentRecord after, CancellationToken cancellation) =>
        await table.FindAsync<EventItem>("find event", commit.Key, EventItem.IdOf(after.Year, after.Version), cancellation) is { } stored && stored.Item.CommitId == commit.Id;

    private sealed class PreparedCommit
    {
        private readonly StudentCommit commit;
        private readonly IReadOnlyList<DistrictId> districts;
        private readonly IReadOnlyList<string> sections;

        public PreparedCommit(StudentCommit commit)
        {
            this.commit = commit;
            (districts, sections) = StateChange.Compare(commit.Before, commit.After);
        }

        public bool IsUnchanged => districts.Count == 0;

        public string Key => commit.StateId.ToString();

        public string Id { get; } = Guid.NewGuid().ToString("N");

        public StudentRecord StampedAt(DateTimeOffset stamp) =>
            commit.After with { StateId = commit.Before.StateId, Year = commit.Before.Year, Version = commit.Before.Version + 1, Stamp = stamp, Cause = commit.Cause };

        public void Fill(TransactionalBatch batch, StudentRecord after)
        {
            var present = VersionItem.Present(after);
            var content = CosmosTable.Serialize(present);
            if (commit.Before.Version == 0)
            {
                batch.CreateItemStream(new MemoryStream(content), Quiet);
            }
            else
            {
                batch.PatchItem(present.Id,
                [
                    PatchOperation.Set("/owners", present.Owners), PatchOperation.Set("/version", present.Version), PatchOperation.Set("/stamp", present.Stamp), PatchOperation.Set("/actor", present.Actor),
                    PatchOperation.Set("/reason", present.Reason), PatchOperation.Set("/content", present.Content),
                ], new TransactionalBatchPatchItemRequestOptions { EnableContentResponseOnWrite = false, FilterPredicate = FormattableString.Invariant($"FROM c WHERE c.version = {commit.Before.Version}") });
                batch.CreateItemStream(new MemoryStream(CosmosTable.Serialize(VersionItem.Earlier(commit.Before))), Quiet);
            }
            batch.CreateItemStream(new MemoryStream(CosmosTable.Serialize(EventItem.Of(after, districts, sections, Id))), Quiet);
        }

        private static readonly TransactionalBatchItemRequestOptions Quiet = new() { EnableContentResponseOnWrite = false };
    }

    public async Task<IReadOnlyList<StudentRecord>> HistoryAsync(StateId student, SchoolYear year, CancellationToken cancellation)
    {
        var present = await table.FindAsync<VersionItem>("find record", student.ToString(), VersionItem.PresentId(year), cancellation);
        if (present is null) return [];
        var earlier = await EarlierAsync(student, year, cancellation).ToListAsync(cancellation);
        // A commit between the two reads would show its predecessor twice.
        return [present.Value.Item.ToRecord(), .. earlier.Where(item => item.Version < present.Value.Item.Version).Reverse().Select(item => item.ToRecord())];
    }

    private IAsyncEnumerable<VersionItem> EarlierAsync(StateId student, SchoolYear year, CancellationToken cancellation)
    {
        var (above, below) = ItemId.Under(year.ToString(), "v");
        QueryDefinition After(string id) => new QueryDefinition("SELECT * FROM c WHERE c.id > @above AND c.id < @below ORDER BY c.id").WithParameter("@above", id).WithParameter("@below", below);
        return table.QueryAsync<VersionItem>("read history", student.ToString(), above, After, item => item.Id, cancellation);
    }

    public async IAsyncEnumerable<StudentRecord> ReadAsync(
        SchoolYear year, StateIdRange range, DateTimeOffset? asOf, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var cut = asOf is { } moment ? await stamps.CutAsync(moment, cancellation) : null;
        var (above, below) = Bounds(year, range);
        QueryDefinition After(string record) => new QueryDefinition("SELECT * FROM c WHERE c.record > @above AND c.record < @below ORDER BY c.record").WithParameter("@above", record).WithParameter("@below", below);
        await foreach (var item in table.QueryAsync<VersionItem>("read year", null, above, After, item => item.Record!, cancellation))
        {
            if (cut is null || await IsInAsync(cut, item, cancellation))
            {
                yield return item.ToRecord();
            }
            else if (await EarlierAsync(StateId.Parse(item.StateId), year, cancellation).Where((earlier, token) => IsInAsync(cut, earlier, token)).LastOrDefaultAsync(cancellation) is { } then)
            {
                yield return then.ToRecord();
            }
        }
    }

    private ValueTask<bool> IsInAsync(MomentCut cut, VersionItem version, CancellationToken cancellation) => cut.HoldsAsync(version.Stamp, () => LandedAtAsync(version, cancellation));

    /// <summary>
    /// When the version was committed, by the service's time. The version itself does not tell: a commit on top of it copies it to an earlier one. Its event was
    /// written with it and never again. An event that has expired is of a version older than any moment that is still being read.
    /// </summary>
    private async ValueTask<long> LandedAtAsync(VersionItem version, CancellationToken cancellation) =>
        await table.FindAsync<EventItem>("find event", version.StateId, EventItem.IdOf(version.Year, version.Version), cancellation) is { } stored ? stored.Item.WrittenAt!.Value : 0;

    private static (string Above, string Below) Bounds(SchoolYear year, StateIdRange range)
    {
        var (above, below) = ItemId.Under(year.ToString());
        return (range.From <= 0 ? above : VersionItem.RecordOrder(year, new StateId(range.From - 1)), range.To > StateId.Highest ? below : VersionItem.RecordOrder(year, new StateId(range.To)));
    }

    public IAsyncEnumerable<StateId> StudentsOfAsync(DistrictId district, SchoolYear year, CancellationToken cancellation)
    {
        var (above, below) = Bounds(year, StateIdRange.All);
        QueryDefinition After(string record) => new QueryDefinition("SELECT c.stateId, c.record FROM c WHERE c.record > @above AND c.record < @below AND ARRAY_CONTAINS(c.owners, @owner) ORDER BY c.record")
            .WithParameter("@above", record).WithParameter("@below", below).WithParameter("@owner", VersionItem.Owner(year, district));
        return table.QueryAsync<OwnedItem>("students of district", null, above, After, item => item.Record, cancellation).Select(item => item.StateId);
    }

    private sealed record OwnedItem(StateId StateId, string Record);

    public Task<DateTimeOffset> FixMomentAsync(CancellationToken cancellation) => stamps.FixAsync(cancellation);

    public async Task<StateChanges> ReadChangesAsync(string? cursor, int most, CancellationToken cancellation)
    {
        var position = cursor is null ? null : FeedCursor.Unpack(cursor);
        while (true)
        {
            var page = await CosmosRetry.RunAsync("read changes", () => ReadFeedAsync(position, most, cancellation), _ => default, cancellation);
            CosmosMetrics.Charged(table.Container.Id, "read changes", page.RequestCharge);
            position = page.ContinuationToken;
            if (page.StatusCode == HttpStatusCode.NotModified) return new StateChanges([], FeedCursor.Pack(position), HasMore: false);
            // Records and earlier versions are in the feed too.
            var changes = page.Select(CosmosOutbox.Read).OfType<StateChange>().ToList();
            if (changes.Count > 0) return new StateChanges(changes, FeedCursor.Pack(position), HasMore: true);
        }
    }

    private async Task<FeedResponse<JsonElement>> ReadFeedAsync(string? position, int most, CancellationToken cancellation)
    {
        var start = position is null ? ChangeFeedStartFrom.Beginning() : ChangeFeedStartFrom.ContinuationToken(position);
        using var iterator = table.Container.GetChangeFeedIterator<JsonElement>(start, ChangeFeedMode.LatestVersion, new ChangeFeedRequestOptions { PageSizeHint = most });
        try
        {
            return await iterator.ReadNextAsync(cancellation);
        }
        catch (CosmosException malformed) when (malformed is { StatusCode: HttpStatusCode.BadRequest, SubStatusCode: MalformedPosition })
        {
            throw new InvalidCursorException(malformed);
        }
    }

    public void Dispose() => stamps.Dispose();
}
