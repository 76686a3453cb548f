using System.Globalization;
using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Workflows;

namespace Aim.Movement;

/// <summary>How far a judging of movement is; a long one goes on in a further step.</summary>
/// <param name="Owner">Who judges; two at once would do the same work twice.</param>
/// <param name="Night">The date of the night that asks for it, up to which waiting times have ended; null after a sync, when none ends.</param>
public sealed record MovementProgress(string Owner, DateOnly? Night, bool IsDone, long Judged, long Opened, long Closed);

/// <summary>
/// Runs the state rules over the students whose records changed since the last time, and over those whose waiting time is over, and opens,
/// updates and closes cases. What it costs follows what changed. Repeating it changes nothing.
/// </summary>
public sealed class JudgeMovement(IStateStore state, ILedger ledger, CaseBook cases, StateCalendar calendar, TimeProvider clock)
{
    public static readonly Step<MovementProgress, MovementProgress> Step = new("JudgeMovement");

    private const string Subject = "movement";
    private const string Waiting = "waiting";
    private const int ChangesAPage = 1000;
    private const int PagesAStep = 20;
    private const int AtOnce = 8;

    /// <summary>Whoever comes after a sync judges no more than about so many: a district's upload doesn't pay for the whole state.</summary>
    private const int MostAfterSync = 20_000;

    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(10);

    /// <summary>Where judging stands.</summary>
    /// <param name="Changes">Cursor of the changes judged.</param>
    /// <param name="AsOf">The day as of which it is judged: the last night's.</param>
    /// <param name="Waited">The last wait that has ended and was judged.</param>
    /// <param name="Asked">Counts those who came while somebody else was at it; he goes on until nobody has come.</param>
    /// <param name="Rules">The rules it was judged by: with others, the night judges every change that is kept anew.</param>
    /// <param name="IsAnew">That is not done yet: until it is, also students that nothing has happened to may have cases.</param>
    /// <param name="IsNight">The owner is a night, which judges to the end; others hand over to it.</param>
    private sealed record Position(string? Changes, DateOnly AsOf, string? Waited, string? Owner, DateTimeOffset Until, long Asked, string? Rules, bool IsAnew = false, bool IsNight = false);

    /// <summary>Calls the step until everything is judged, or another one has it in hand.</summary>
    public static async Task<MovementProgress> ToEndAsync(IWorkflowContext context, DateOnly? night)
    {
        var progress = new MovementProgress(context.InstanceId, night, false, 0, 0, 0);
        while (!progress.IsDone) progress = await context.CallAsync(Step, progress);
        return progress;
    }

    /// <summary>
    /// Judges some students at once, whoever has the cursor and wherever it is; it comes to their changes later, and finds nothing new. A student whose record changes
    /// meanwhile is judged again: what was judged last is what the record says.
    /// </summary>
    public async Task JudgeAsync(IReadOnlyCollection<StateId> students, CancellationToken cancellation)
    {
        if (students.Count == 0) return;
        var (position, _) = await FindAsync(cancellation);
        var due = await DueAsync(cancellation);
        await EachAsync(students, async (student, token) =>
        {
            var records = await state.FindYearsAsync(student, token);
            while (await JudgeAsync(student, records, position, due, token) is not null)
            {
                var now = await state.FindYearsAsync(student, token);
                if (now.Select(record => (record.Year, record.Version)).SequenceEqual(records.Select(record => (record.Year, record.Version)))) return;
                records = now;
            }
        }, cancellation);
    }

    /// <summary>Judges what has changed since the cursor, as after an upload.</summary>
    public async Task JudgeChangesAsync(string owner, CancellationToken cancellation)
    {
        var progress = new MovementProgress(owner, null, false, 0, 0, 0);
        while (!progress.IsDone) progress = await RunAsync(progress, cancellation);
    }

    public async Task<MovementProgress> RunAsync(MovementProgress progress, CancellationToken cancellation)
    {
        var position = await ChangeAsync(present => IsTaken(present, progress)
            ? present with { Asked = present.Asked + 1, AsOf = Later(present.AsOf, progress.Night) }
            : Taken(present, progress) with { Until = clock.GetUtcNow() + LeaseTime, AsOf = Later(present.AsOf, progress.Night) }, cancellation);
        if (position.Owner != progress.Owner) return progress with { IsDone = true };
        var due = await DueAsync(cancellation);
        for (var page = 0; page < PagesAStep; page++)
        {
            var (next, students) = await NextAsync(position, cancellation);
            progress = await JudgeAsync(students, next, due, progress, cancellation);
            // Only now: who dies before has the same students again.
            position = await ChangeAsync(present => present.Owner != progress.Owner ? present : present with { Changes = next.Changes, Waited = next.Waited }, cancellation);
            if (position.Owner != progress.Owner) return progress with { IsDone = true };
            var handsOver = progress.Night is null && progress.Judged >= MostAfterSync;
            if (students.Count > 0 && !handsOver) continue;
            var asked = position.Asked;
            position = await ChangeAsync(present => present.Owner == progress.Owner && (present.Asked == asked || handsOver)
                ? present with { Owner = null, IsAnew = present.IsAnew && students.Count > 0 } : present, cancellation);
            if (position.Owner != progress.Owner) return progress with { IsDone = true };
        }
        return progress;
    }

    /// <summary>Of cases that are opened now.</summary>
    private async Task<DateOnly> DueAsync(CancellationToken cancellation) => (await calendar.TodayAsync(cancellation)).AddDays((await cases.TermsAsync(cancellation)).DaysToAnswer);

    /// <summary>Another one is at it. A night waits for no upload, which would leave off before the end.</summary>
    private bool IsTaken(Position position, MovementProgress progress) =>
        position.Owner is { } other && other != progress.Owner && position.Until > clock.GetUtcNow() && (position.IsNight || progress.Night is null);

    /// <summary>The position in the hands of another. Other rules start over, at night only: the next upload goes on where the last one was.</summary>
    private static Position Taken(Position present, MovementProgress progress)
    {
        var taken = present with { Owner = progress.Owner, IsNight = progress.Night is not null };
        if (present.Changes is null) return taken with { Rules = StateRules.Version };
        return present.Rules == StateRules.Version || progress.Night is null ? taken : taken with { Changes = null, Rules = StateRules.Version, IsAnew = true };
    }

    private static DateOnly Later(DateOnly present, DateOnly? night) => night > present ? night.Value : present;

    /// <summary>The next students to judge, and where that leaves the position; none when there is nothing left.</summary>
    private async Task<(Position Next, IReadOnlyCollection<StateId> Students)> NextAsync(Position position, CancellationToken cancellation)
    {
        while (true)
        {
            var page = await ReadChangesAsync(position.Changes, cancellation);
            position = position with { Changes = page.Cursor };
            var changed = page.Changes.Where(change => change.Sections.Any(StateRules.Reads.Contains)).Select(change => change.StateId).ToHashSet();
            if (changed.Count > 0) return (position, changed);
            if (!page.HasMore) break;
        }
        var (ended, waited) = (new HashSet<StateId>(), position.Waited);
        await foreach (var entry in ledger.ListAsync(Subject, Waiting, waited, cancellation))
        {
            if (string.CompareOrdinal(entry.Id, WaitOf(position.AsOf.AddDays(1), null)) >= 0 || ended.Count == ChangesAPage) break;
            ended.Add(StateId.Parse(entry.Id[^9..]));
            waited = entry.Id;
        }
        return (position with { Waited = waited }, ended);
    }

    /// <summary>A cursor that the store doesn't know, as after a restore, starts over: judging anew changes nothing.</summary>
    private async Task<StateChanges> ReadChangesAsync(string? cursor, CancellationToken cancellation)
    {
        try
        {
            return await state.ReadChangesAsync(cursor, ChangesAPage, cancellation);
        }
        catch (InvalidCursorException) when (cursor is not null)
        {
            return await state.ReadChangesAsync(null, ChangesAPage, cancellation);
        }
    }

    private async Task<MovementProgress> JudgeAsync(IReadOnlyCollection<StateId> students, Position position, DateOnly due, MovementProgress progress, CancellationToken cancellation)
    {
        long opened = 0, closed = 0;
        await EachAsync(students, async (student, token) =>
        {
            var (more, fewer) = await JudgeAsync(student, await state.FindYearsAsync(student, token), position, due, token) ?? default;
            Interlocked.Add(ref opened, more);
            Interlocked.Add(ref closed, fewer);
        }, cancellation);
        return progress with { Judged = progress.Judged + students.Count, Opened = progress.Opened + opened, Closed = progress.Closed + closed };
    }

    private static Task EachAsync(IReadOnlyCollection<StateId> students, Func<StateId, CancellationToken, ValueTask> judge, CancellationToken cancellation) =>
        Parallel.ForEachAsync(students, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, judge);

    /// <summary>How many cases were opened and closed; null for a student who can't have one.</summary>
    private async Task<(int Opened, int Closed)?> JudgeAsync(StateId student, IReadOnlyList<StudentRecord> records, Position position, DateOnly due, CancellationToken cancellation)
    {
        var history = EnrollmentHistory.Of(student, records);
        foreach (var day in StateRules.Waits(history, position.AsOf)) await ledger.AddAsync(new(Subject, Waiting, WaitOf(day, student), "{}"), cancellation);
        var findings = StateRules.Check(history, position.AsOf);
        // A student whose only record is its first version, with nothing wrong, can't have a case yet, unless other rules opened it: most of a first load.
        if (!position.IsAnew && findings.Count == 0 && records.All(record => record.Version == 1) && records.Count < 2) return null;
        return await ReconcileAsync(student, findings, due, cancellation);
    }

    /// <summary>Brings a student's cases into agreement with what the rules find.</summary>
    private async Task<(int Opened, int Closed)> ReconcileAsync(StateId student, IReadOnlyList<StateFinding> findings, DateOnly due, CancellationToken cancellation)
    {
        var (opened, closed) = (0, 0);
        var present = await cases.OfStudentAsync(student, cancellation);
        var seen = new HashSet<string>();
        foreach (var finding in findings)
        {
            if (present.FirstOrDefault(item => item.IsAbout(finding) && !seen.Contains(item.Id)) is { } known)
            {
                seen.Add(known.Id);
                if (!SaysTheSame(known, finding)) await cases.ChangeAsync(known.Id, (item, _) => item.Seen(finding), cancellation);
                continue;
            }
            // A case may have begun on this day and have moved since: its id is taken all the same.
            var before = 0;
            while (present.Any(item => item.Id == CaseBook.IdOf(finding, student, before)) || seen.Contains(CaseBook.IdOf(finding, student, before))) before++;
            var fresh = Open(student, finding, before, due);
            seen.Add(fresh.Id);
            if (await cases.AddAsync(fresh, cancellation)) opened++;
        }
        foreach (var gone in present.Where(item => item.Gone is null && !seen.Contains(item.Id)))
        {
            await cases.ChangeAsync(gone.Id, (item, _) => item.Gone is null ? item.Ended(clock.GetUtcNow()) : item, cancellation);
            closed++;
        }
        return (opened, closed);
    }

    private static bool SaysTheSame(MovementCase known, StateFinding finding) => known.From == finding.From && known.To == finding.To && known.Sides.SequenceEqual(finding.Sides);

    private MovementCase Open(StateId student, StateFinding finding, int before, DateOnly due) => new()
    {
        Id = CaseBook.IdOf(finding, student, before), Rule = finding.Rule.Id, Student = student, Year = finding.Year, From = finding.From, To = finding.To,
        Sides = finding.Sides, Opened = clock.GetUtcNow(), Due = due,
    };

    private static string WaitOf(DateOnly day, StateId? student) => string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}/{student}");

    /// <summary>Changes the position as it is now, again if another change comes in between.</summary>
    private async Task<Position> ChangeAsync(Func<Position, Position> change, CancellationToken cancellation)
    {
        while (true)
        {
            var (present, entry) = await FindAsync(cancellation);
            var changed = change(present);
            if (changed == present) return present;
            var written = new LedgerEntry(Subject, "position", "-", JsonSerializer.Serialize(changed, CaseBook.Json), entry?.ETag);
            if (entry is null ? await ledger.AddAsync(written, cancellation) : await ledger.PutAsync(written, cancellation)) return changed;
        }
    }

    private async Task<(Position Position, LedgerEntry? Entry)> FindAsync(CancellationToken cancellation) =>
        await ledger.FindAsync(Subject, "position", "-", cancellation) is { } entry
            ? (JsonSerializer.Deserialize<Position>(entry.Json, CaseBook.Json)!, entry) : (new Position(null, DateOnly.MinValue, null, null, default, 0, null), null);
}
