using System.Globalization;
using System.Text.Json;
using Aim.Ports;
using Aim.Records;
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
public sealed class JudgeMovement(IStateStore state, ILedger ledger, CaseBook cases, TimeProvider clock)
{
    public static readonly Step<MovementProgress, MovementProgress> Step = new("JudgeMovement");

    private const string Subject = "movement";
    private const string Waiting = "waiting";
    private const int ChangesAPage = 1000;
    private const int PagesAStep = 20;
    private const int AtOnce = 8;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(10);

    /// <summary>Where judging stands.</summary>
    /// <param name="Changes">Cursor of the changes judged.</param>
    /// <param name="AsOf">The day as of which it is judged: the last night's.</param>
    /// <param name="Waited">The last wait that has ended and was judged.</param>
    /// <param name="Asked">Counts those who came while somebody else was at it; he goes on until nobody has come.</param>
    /// <param name="Rules">The rules it was judged by: with others, every change that is kept is judged anew.</param>
    private sealed record Position(string? Changes, DateOnly AsOf, string? Waited, string? Owner, DateTimeOffset Until, long Asked, string? Rules);

    /// <summary>Calls the step until everything is judged, or another one has it in hand.</summary>
    public static async Task<MovementProgress> ToEndAsync(IWorkflowContext context, DateOnly? night)
    {
        var progress = new MovementProgress(context.InstanceId, night, false, 0, 0, 0);
        while (!progress.IsDone) progress = await context.CallAsync(Step, progress);
        return progress;
    }

    public async Task<MovementProgress> RunAsync(MovementProgress progress, CancellationToken cancellation)
    {
        var position = await ChangeAsync(present => IsTaken(present, progress.Owner)
            ? present with { Asked = present.Asked + 1, AsOf = Later(present.AsOf, progress.Night) }
            : present with
            {
                Owner = progress.Owner, Until = clock.GetUtcNow() + LeaseTime, AsOf = Later(present.AsOf, progress.Night),
                Changes = present.Rules == StateRules.Version ? present.Changes : null, Rules = StateRules.Version,
            }, cancellation);
        if (position.Owner != progress.Owner) return progress with { IsDone = true };
        var terms = await cases.TermsAsync(cancellation);
        for (var page = 0; page < PagesAStep; page++)
        {
            var (next, students) = await NextAsync(position, cancellation);
            progress = await JudgeAsync(students, next.AsOf, terms, progress, cancellation);
            // Only now: who dies before has the same students again.
            position = await ChangeAsync(present => present.Owner != progress.Owner ? present : present with { Changes = next.Changes, Waited = next.Waited }, cancellation);
            if (position.Owner != progress.Owner) return progress with { IsDone = true };
            if (students.Count > 0) continue;
            var asked = position.Asked;
            position = await ChangeAsync(present => present.Owner == progress.Owner && present.Asked == asked ? present with { Owner = null } : present, cancellation);
            if (position.Owner != progress.Owner) return progress with { IsDone = true };
        }
        return progress;
    }

    private bool IsTaken(Position position, string owner) => position.Owner is { } other && other != owner && position.Until > clock.GetUtcNow();

    private static DateOnly Later(DateOnly present, DateOnly? night) => night > present ? night.Value : present;

    /// <summary>The next students to judge, and where that leaves the position; none when there is nothing left.</summary>
    private async Task<(Position Next, IReadOnlyCollection<StateId> Students)> NextAsync(Position position, CancellationToken cancellation)
    {
        while (true)
        {
            var page = await ReadChangesAsync(position.Changes, cancellation);
            position = position with { Changes = page.Cursor };
            var changed = page.Changes.Where(change => change.Sections.Contains(RecordTypes.Enrollment.Code)).Select(change => change.StateId).ToHashSet();
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

    private async Task<MovementProgress> JudgeAsync(IReadOnlyCollection<StateId> students, DateOnly asOf, CaseTerms terms, MovementProgress progress, CancellationToken cancellation)
    {
        long opened = 0, closed = 0;
        await Parallel.ForEachAsync(students, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (student, token) =>
        {
            var records = await state.FindYearsAsync(student, token);
            var history = EnrollmentHistory.Of(student, records);
            foreach (var day in StateRules.Waits(history, asOf)) await ledger.AddAsync(new(Subject, Waiting, WaitOf(day, student), "{}"), token);
            var findings = StateRules.Check(history, asOf);
            // A student whose only record is its first version, with nothing wrong, can't have a case yet: most of a first load.
            if (findings.Count == 0 && records.All(record => record.Version == 1) && records.Count < 2) return;
            var (more, fewer) = await ReconcileAsync(student, findings, terms, token);
            Interlocked.Add(ref opened, more);
            Interlocked.Add(ref closed, fewer);
        });
        return progress with { Judged = progress.Judged + students.Count, Opened = progress.Opened + opened, Closed = progress.Closed + closed };
    }

    /// <summary>Brings a student's cases into agreement with what the rules find.</summary>
    private async Task<(int Opened, int Closed)> ReconcileAsync(StateId student, IReadOnlyList<StateFinding> findings, CaseTerms terms, CancellationToken cancellation)
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
            var fresh = Open(student, finding, present.Count(item => item.Rule == finding.Rule.Id && item.From == finding.From && item.HasSidesOf(finding)), terms);
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

    private MovementCase Open(StateId student, StateFinding finding, int before, CaseTerms terms)
    {
        var now = clock.GetUtcNow();
        return new MovementCase
        {
            Id = CaseBook.IdOf(finding, student, before), Rule = finding.Rule.Id, Severity = finding.Rule.EffectiveSeverity, Student = student, Year = finding.Year, From = finding.From, To = finding.To,
            Sides = finding.Sides, Opened = now, Due = DateOnly.FromDateTime(now.UtcDateTime).AddDays(terms.DaysToAnswer),
        };
    }

    private static string WaitOf(DateOnly day, StateId? student) => string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}/{student}");

    /// <summary>Changes the position as it is now, again if another change comes in between.</summary>
    private async Task<Position> ChangeAsync(Func<Position, Position> change, CancellationToken cancellation)
    {
        while (true)
        {
            var entry = await ledger.FindAsync(Subject, "position", "-", cancellation);
            var present = entry is null ? new Position(null, DateOnly.MinValue, null, null, default, 0, null) : JsonSerializer.Deserialize<Position>(entry.Json, CaseBook.Json)!;
            var changed = change(present);
            if (changed == present) return present;
            var written = new LedgerEntry(Subject, "position", "-", JsonSerializer.Serialize(changed, CaseBook.Json), entry?.ETag);
            if (entry is null ? await ledger.AddAsync(written, cancellation) : await ledger.PutAsync(written, cancellation)) return changed;
        }
    }
}
