using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Telemetry;
using Aim.Workflows;
using Microsoft.Extensions.Logging;

namespace Aim.StateSync;

/// <summary>Where a sync stands; a long one goes on in a further step.</summary>
/// <param name="Owner">Who has the right to sync the edition.</param>
/// <param name="Lease">The version being brought over; null at the start.</param>
/// <param name="AfterLocalId">The last local id that is done.</param>
public sealed record SyncProgress(
    EditionKey Edition, string Owner, SyncLease? Lease, string? AfterLocalId, long Students, long Committed, int Parked, bool IsDone);

/// <summary>
/// Brings a district's changes to the state record: the students touched since the last sync, each merged into the record of the child
/// they belong to. Repeating it changes nothing.
/// </summary>
public sealed class SyncEdition(
    IEditionStore editions, IStateStore state, IIdentityIndex identities, IdentityResolver resolver, StudentLinks links, KnownPeople people, ParkedStudents parking, TimeProvider clock, ILogger logger)
{
    public static readonly Step<SyncProgress, SyncProgress> Step = new("SyncEdition");

    private const int BatchSize = 2000;
    private const int StudentsAStep = 20_000;
    private const int BringAttempts = 10;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(10);

    /// <summary>For who does it in one call and may die without taking it up again.</summary>
    private static readonly TimeSpan ShortLeaseTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BringWait = TimeSpan.FromMilliseconds(25);

    /// <summary>Calls the step until the edition is synced, or another sync has taken it over.</summary>
    public static async Task<SyncProgress> ToEndAsync(IWorkflowContext context, EditionKey edition)
    {
        var progress = new SyncProgress(edition, context.InstanceId, null, null, 0, 0, 0, false);
        while (!progress.IsDone) progress = await context.CallAsync(Step, progress);
        return progress;
    }

    /// <summary>The same for who has loaded something: the load stands, and a sync that fails (false) is made up for by the night.</summary>
    public static async Task<bool> TryToEndAsync(IWorkflowContext context, EditionKey edition)
    {
        try
        {
            await ToEndAsync(context, edition);
            return true;
        }
        catch (StepFailedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Brings a version that was just made to the state, within the call; false when it doesn't get there now: another sync that has the right
    /// takes it along, and if this one fails, the next sync or the night does. The version stands in any case. Those who wait for a decision
    /// are tried again when the version touched them; the others are left to the night.
    /// </summary>
    /// <param name="owner">Of this call alone.</param>
    public async Task<bool> BringAsync(EditionKey edition, long version, string owner, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var progress = new SyncProgress(edition, owner, null, null, 0, 0, 0, false);
                while (!progress.IsDone) progress = await RunAsync(progress, ShortLeaseTime, retriesParked: false, cancellation);
                if ((await editions.GetHeadAsync(edition, cancellation)).SyncedVersion >= version) return true;
            }
            catch (Exception failure)
            {
                await ReleaseAsync(edition, owner);
                if (failure is OperationCanceledException && cancellation.IsCancellationRequested) throw;
                // Told to the caller as "not yet": the save stands, whatever has failed here.
                AimLog.BringFailed(logger, edition, version, failure.GetType().Name);
                return false;
            }
            if (attempt == BringAttempts) return false;
            await Task.Delay(BringWait, clock, cancellation);
        }
    }

    /// <summary>Lets the next one sync at once: the right is renewed until now. When that fails too, it runs out by itself.</summary>
    private async Task ReleaseAsync(EditionKey edition, string owner)
    {
        try
        {
            await editions.BeginSyncAsync(edition, owner, clock.GetUtcNow(), CancellationToken.None);
        }
        catch (Exception failure)
        {
            AimLog.ReleaseFailed(logger, edition, failure.GetType().Name);
        }
    }

    public Task<SyncProgress> RunAsync(SyncProgress progress, CancellationToken cancellation) => RunAsync(progress, LeaseTime, retriesParked: true, cancellation);

    private async Task<SyncProgress> RunAsync(SyncProgress progress, TimeSpan leaseTime, bool retriesParked, CancellationToken cancellation)
    {
        // Renewed at every step; who gets it in between has the newest version in view, so this sync may stop.
        if (await editions.BeginSyncAsync(progress.Edition, progress.Owner, clock.GetUtcNow() + leaseTime, cancellation) is not { } fresh) return progress with { IsDone = true };
        var lease = progress.Lease ?? fresh;
        // When the state had nobody of the district and year, all it has by the end is what was brought: but only if this is the first attempt, and the last step too.
        var beganEmpty = progress.Lease is null && lease.IsOfEverything && !await state.StudentsOfAsync(progress.Edition.District, progress.Edition.Year, cancellation).AnyAsync(cancellation);
        var parked = await parking.ListAsync(progress.Edition, cancellation);
        var batch = new Batch(resolver.Begin(progress.Edition), lease, parked);
        var last = progress.AfterLocalId;
        var count = 0;
        await foreach (var students in StudentsAsync(lease, progress.AfterLocalId, retriesParked ? parked.Keys : [], cancellation).Chunk(BatchSize).WithCancellation(cancellation))
        {
            await SyncAsync(batch, students, cancellation);
            last = students[^1].LocalId;
            count += students.Length;
            if (count >= StudentsAStep) break;
        }
        progress = progress with { Lease = lease, Students = progress.Students + count, Committed = progress.Committed + batch.Committed, Parked = batch.ParkedNow };
        if (count >= StudentsAStep) return progress with { AfterLocalId = last };
        if (lease.IsOfEverything && !beganEmpty) await TakeBackOrphansAsync(batch, cancellation);
        return await editions.CompleteSyncAsync(lease, batch.ParkedNow, cancellation) switch
        {
            SyncCompletion.Behind => progress with { Lease = null, AfterLocalId = null },
            _ => progress with { IsDone = true },
        };
    }

    /// <summary>Those changed since the last sync and those that wait for a decision, each once, in the order of local ids.</summary>
    private async IAsyncEnumerable<EditionStudent> StudentsAsync(
        SyncLease lease, string? after, IEnumerable<string> parked, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var waiting = parked.Where(id => after is null || Utf8Order.Compare(id, after) > 0).Order(Utf8Order.Comparer).ToList();
        await using var kept = (waiting.Count == 0 ? AsyncEnumerable.Empty<EditionStudent>() : editions.ReadAsync(lease.Edition, new EditionSelection(waiting), cancellation)).GetAsyncEnumerator(cancellation);
        var hasKept = await kept.MoveNextAsync();
        if (lease.Version > lease.SyncedVersion)
        {
            await foreach (var student in editions.ReadAsync(lease.Edition, new EditionSelection(ChangedAfter: lease.SyncedVersion, AfterLocalId: after), cancellation))
            {
                for (; hasKept && Utf8Order.Compare(kept.Current.LocalId, student.LocalId) is var order and <= 0; hasKept = await kept.MoveNextAsync())
                {
                    if (order < 0) yield return kept.Current;
                }
                yield return student;
            }
        }
        for (; hasKept; hasKept = await kept.MoveNextAsync()) yield return kept.Current;
    }

    private sealed class Batch(IdentityRun run, SyncLease lease, IReadOnlyDictionary<string, ParkedStudent> parkedBefore)
    {
        public IdentityRun Run => run;
        public EditionKey Edition => run.Edition;
        public SyncLease Lease => lease;
        public IReadOnlyDictionary<string, ParkedStudent> ParkedBefore => parkedBefore;
        public Cause Cause { get; } = new(lease.Owner, "sync");

        /// <summary>What the identity index knows of the students at hand.</summary>
        public Dictionary<StateId, Person> Known { get; } = [];

        /// <summary>Those at hand of whom it is decided whose they are.</summary>
        public List<(UnresolvedStudent Student, Resolution Resolution)> Resolved { get; } = [];

        /// <summary>Those at hand who wait no longer.</summary>
        public List<ParkedStudent> Settled { get; } = [];

        public long Committed { get; set; }
        public int ParkedNow { get; set; } = parkedBefore.Count;
    }

    private async Task SyncAsync(Batch batch, EditionStudent[] students, CancellationToken cancellation)
    {
        batch.Known.Clear();
        batch.Resolved.Clear();
        batch.Settled.Clear();
        var contributions = await ResolveAsync(batch, students, cancellation);
        await BringHoldsAsync(batch, [.. batch.Resolved.Where(item => item.Resolution.Previous is not null).Select(item => new Move(item.Student.LocalId, item.Resolution.Previous!.Value, item.Resolution.StateId!.Value))], cancellation);
        await CommitAsync(batch, contributions, cancellation);
        // Only now: before it, a crash would leave rows in the old record, or a student who is neither parked nor synced, and nobody would know.
        await links.MakeAsync(batch.Edition, batch.Resolved, cancellation);
        foreach (var student in batch.Settled) await parking.SettleAsync(batch.Edition, student, cancellation);
        batch.ParkedNow -= batch.Settled.Count;
    }

    /// <summary>What a record is to have of the district under a local id.</summary>
    /// <param name="HasMoved">The rows are another student's by now, and what the state holds of them with them.</param>
    private sealed record Part(StateId StateId, Contribution Contribution, bool HasMoved = false);

    /// <summary>Rows under a local id that go from one student's record to another's.</summary>
    private sealed record Move(string LocalId, StateId From, StateId To);

    /// <summary>
    /// Puts what the state holds of rows into the record that the rows go to. It is taken from the old one later, with the rows: a crash in between may leave it in both, and never in neither.
    /// </summary>
    private async Task BringHoldsAsync(Batch batch, IReadOnlyList<Move> moves, CancellationToken cancellation)
    {
        if (moves.Count == 0) return;
        var left = await state.FindAsync([.. moves.Select(move => move.From).Distinct()], batch.Edition.Year, cancellation);
        var holds = moves.Where(move => left.ContainsKey(move.From)).SelectMany(move => left[move.From].Edits.Where(edit => IsOf(batch.Edition.District, move.LocalId, edit)).Select(edit => (move.To, Edit: edit))).ToLookup(item => item.To, item => item.Edit);
        for (var ids = holds.Select(group => group.Key).ToList(); ids.Count > 0;)
        {
            var records = await state.FindAsync(ids, batch.Edition.Year, cancellation);
            var commits = ids.Select(id => records.GetValueOrDefault(id) ?? StudentRecord.Empty(id, batch.Edition.Year))
                .Select(before => (Before: before, After: holds[before.StateId].Where(edit => !before.Edits.Any(other => other.Id == edit.Id && other.At >= edit.At)).Aggregate(before, (record, edit) => record.With(edit))))
                .Where(pair => pair.After != pair.Before).Select(pair => new StudentCommit(pair.Before, pair.After, batch.Cause)).ToList();
            var outcomes = commits.Count == 0 ? [] : await state.CommitAsync(commits, cancellation);
            ids = [.. commits.Where((_, i) => outcomes[i] == CommitStatus.Stale).Select(commit => commit.StateId)];
        }
    }

    private static bool IsOf(DistrictId district, string localId, StateEdit edit) => edit.District == district && edit.LocalId == localId;

    private async Task CommitAsync(Batch batch, IReadOnlyList<Part> contributions, CancellationToken cancellation)
    {
        var pending = contributions.ToLookup(item => item.StateId);
        for (var ids = pending.Select(group => group.Key).ToList(); ids.Count > 0;)
        {
            var records = await state.FindAsync(ids, batch.Edition.Year, cancellation);
            var (commits, unchanged) = (new List<StudentCommit>(), new List<StudentRecord>());
            foreach (var id in ids)
            {
                var before = records.GetValueOrDefault(id) ?? StudentRecord.Empty(id, batch.Edition.Year);
                var after = pending[id].Aggregate(before, Merge);
                if (after != before) commits.Add(new StudentCommit(before, after, batch.Cause));
                else unchanged.Add(after);
            }
            var outcomes = commits.Count == 0 ? [] : await state.CommitAsync(commits, cancellation);
            batch.Committed += outcomes.Count(outcome => outcome == CommitStatus.Committed);
            // Another district committed in between: read those students again and merge anew.
            ids = [.. commits.Where((_, i) => outcomes[i] == CommitStatus.Stale).Select(commit => commit.StateId)];
            // Unchanged ones too: a sync that died may have committed them and no more.
            await people.RefreshAsync([.. unchanged, .. commits.Where((_, i) => outcomes[i] == CommitStatus.Committed).Select(commit => commit.After)], batch.Known, cancellation);
        }
    }

    private static StudentRecord Merge(StudentRecord record, Part part)
    {
        var contribution = part.Contribution;
        if (part.HasMoved) record = record.Edits.Where(edit => IsOf(contribution.District, contribution.LocalId, edit)).Aggregate(record, (kept, edit) => kept.Without(edit));
        var present = record.Find(contribution.District, contribution.LocalId);
        if (present is null && contribution.Sections.Count == 0 || present is not null && present.SaysTheSameAs(contribution)) return record;
        return record.With(contribution);
    }

    /// <summary>Whose the students are, and what is to be put into whose record.</summary>
    private async Task<List<Part>> ResolveAsync(Batch batch, EditionStudent[] students, CancellationToken cancellation)
    {
        var known = students.Where(student => student.Demographics is not null).ToList();
        var unresolved = known.Select(student => UnresolvedStudent.Of(student)! with { Waits = batch.ParkedBefore.GetValueOrDefault(student.LocalId)?.Reason == ParkReason.NearMatch }).ToList();
        var resolutions = await resolver.ResolveAsync(batch.Run, unresolved, cancellation);
        var contributions = new List<Part>();
        for (var i = 0; i < known.Count; i++)
        {
            var (student, resolution) = (known[i], resolutions[i]);
            if (resolution.Parked is { } reason)
            {
                await ParkAsync(batch, student.LocalId, reason, resolution.Candidates, cancellation);
                continue;
            }
            Settle(batch, student.LocalId);
            batch.Resolved.Add((unresolved[i], resolution));
            if (resolution.Known is { } person) batch.Known[person.StateId] = person;
            contributions.Add(new Part(resolution.StateId!.Value, ContributionOf(batch, student)));
            if (resolution.Previous is { } previous) contributions.Add(new Part(previous, Nothing(batch, student.LocalId), HasMoved: true));
        }
        await TakeBackAsync(batch, [.. students.Where(student => student.Demographics is null)], contributions, cancellation);
        return contributions;
    }

    /// <summary>A student without demographics has no place in the state: rows that were there are taken back.</summary>
    private async Task TakeBackAsync(Batch batch, EditionStudent[] unknown, List<Part> contributions, CancellationToken cancellation)
    {
        if (unknown.Length == 0) return;
        var owners = await identities.FindLinksAsync(batch.Edition.District, [.. unknown.Select(student => student.LocalId)], cancellation);
        foreach (var student in unknown)
        {
            Settle(batch, student.LocalId);
            if (owners.TryGetValue(student.LocalId, out var id)) contributions.Add(new Part(id, Nothing(batch, student.LocalId)));
        }
    }

    /// <summary>
    /// After a sync of everything: what the state has of the district under local ids that the edition hasn't, or in the record of a student
    /// whose they aren't, is taken back too.
    /// </summary>
    private async Task TakeBackOrphansAsync(Batch batch, CancellationToken cancellation)
    {
        var edition = batch.Edition;
        // Whoever waits is nobody's until it has been decided; until then the rows stay where they were.
        var waiting = await parking.ListAsync(edition, cancellation);
        await foreach (var ids in state.StudentsOfAsync(edition.District, edition.Year, cancellation).Chunk(BatchSize).WithCancellation(cancellation))
        {
            var owned = (await state.FindAsync(ids, edition.Year, cancellation)).Values
                .SelectMany(record => record.Contributions.Where(item => item.District == edition.District).Select(item => item.LocalId)
                    .Union(record.Edits.Where(edit => edit.District == edition.District).Select(edit => edit.LocalId)).Select(localId => (record.StateId, LocalId: localId))).ToList();
            var stored = new Dictionary<string, EditionStudent>();
            await foreach (var student in editions.ReadAsync(edition, new EditionSelection([.. owned.Select(item => item.LocalId).Distinct().Order(Utf8Order.Comparer)]), cancellation)) stored[student.LocalId] = student;
            var linked = await identities.FindLinksAsync(edition.District, stored.Keys, cancellation);
            var suspects = owned.Where(item => stored.ContainsKey(item.LocalId) && !waiting.ContainsKey(item.LocalId) && linked.GetValueOrDefault(item.LocalId) != item.StateId).Select(item => item.LocalId).Distinct();
            var owners = await resolver.FindOwnersAsync(batch.Run, [.. suspects.Select(localId => UnresolvedStudent.Of(stored[localId])).OfType<UnresolvedStudent>()], cancellation);
            var moves = owned.Where(item => owners.TryGetValue(item.LocalId, out var owner) && owner != item.StateId).Select(item => new Move(item.LocalId, item.StateId, owners[item.LocalId])).ToList();
            await BringHoldsAsync(batch, moves, cancellation);
            await CommitAsync(batch, [.. owned.Where(item => !stored.ContainsKey(item.LocalId)).Select(item => new Part(item.StateId, Nothing(batch, item.LocalId))),
                .. moves.Select(move => new Part(move.From, Nothing(batch, move.LocalId), HasMoved: true))], cancellation);
        }
    }

    private async Task ParkAsync(Batch batch, string localId, ParkReason reason, IReadOnlyList<StateId> candidates, CancellationToken cancellation)
    {
        if (batch.ParkedBefore.TryGetValue(localId, out var before))
        {
            if (before.Reason == reason && before.Candidates.SequenceEqual(candidates)) return;
        }
        else
        {
            batch.ParkedNow++;
        }
        await parking.ParkAsync(batch.Edition, localId, reason, candidates, cancellation);
    }

    private static void Settle(Batch batch, string localId)
    {
        if (batch.ParkedBefore.TryGetValue(localId, out var before)) batch.Settled.Add(before);
    }

    private static Contribution ContributionOf(Batch batch, EditionStudent student) => new(batch.Edition.District, student.LocalId, batch.Lease.Version,
        [.. student.Rows.Select(row => new Section(row.Type, row.Key, row.Content, row.Upload, row.Line))]);

    private static Contribution Nothing(Batch batch, string localId) => new(batch.Edition.District, localId, batch.Lease.Version, []);
}
