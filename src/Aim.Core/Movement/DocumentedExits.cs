using System.Globalization;
using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;

namespace Aim.Movement;

/// <summary>
/// A district's note that an exit which takes a student out of a cohort is documented in writing, for instance by the new school's request. It is good for
/// that exit and no other.
/// </summary>
/// <param name="Student">Under the State ID by which it was noted, also when that leads to another one by now.</param>
/// <param name="LastDay">The exit's.</param>
/// <param name="WithdrawnBy">Who took the note back; null while it stands.</param>
public sealed record ExitDocumentation(StateId Student, DateOnly LastDay, string Note, string By, DateTimeOffset At, string? WithdrawnBy = null, DateTimeOffset? WithdrawnAt = null);

/// <summary>What became of an attempt to note that an exit is documented.</summary>
public enum DocumentOutcome
{
    /// <summary>The note stands, by this attempt or by an earlier one that said the very same.</summary>
    Noted = 1,

    /// <summary>The district's cohort has no such member whose exit leaves it.</summary>
    NoSuchMember = 2,

    /// <summary>Another note on that exit stands; it has to be taken back first.</summary>
    OtherStands = 3,
}

/// <summary>
/// The notes of districts that exits are documented. They are the evidence which an audit of a graduation rate asks for: each stays on record, is taken back but never written over, and is found
/// under every State ID that leads to the student.
/// </summary>
public sealed class DocumentedExits(IStateStore state, IIdentityIndex identities, ILedger ledger, StateCalendar calendar, TimeProvider clock)
{
    private const string Kind = "documentation";

    private sealed record Entry(LedgerEntry Stored, ExitDocumentation Note)
    {
        public bool Stands => Note.WithdrawnAt is null;
    }

    /// <summary>Notes that a member's exit is documented.</summary>
    public async Task<DocumentOutcome> NoteAsync(DistrictId district, SchoolYear cohort, StateId member, string note, Caller caller, CancellationToken cancellation)
    {
        var student = (await identities.FindWithSurvivorsAsync([member], cancellation)).SurvivorOf(member);
        var history = EnrollmentHistory.Of(student, await state.FindYearsAsync(student, cancellation));
        // As if nothing had been noted yet: what has is looked at below.
        if (CohortMember.Of(history, cohort, await calendar.TodayAsync(cancellation), documented: []) is not { NeedsDocumentation: true, LastDayOfExit: var lastDay } found || found.District != district) return DocumentOutcome.NoSuchMember;
        while (true)
        {
            var earlier = (await OfStudentAsync(district, cohort, student, cancellation)).FindAll(entry => entry.Note.LastDay == lastDay);
            if (earlier.Find(entry => entry.Stands) is { } standing) return standing.Note.Note == note ? DocumentOutcome.Noted : DocumentOutcome.OtherStands;
            var id = string.Create(CultureInfo.InvariantCulture, $"{student}/{lastDay:yyyy-MM-dd}/{earlier.Count(entry => entry.Note.Student == student):D4}");
            var added = new ExitDocumentation(student, lastDay, note, caller.Id, clock.GetUtcNow());
            if (await ledger.AddAsync(new(OfCohort(district, cohort), Kind, id, JsonSerializer.Serialize(added, CaseBook.Json)), cancellation)) return DocumentOutcome.Noted;
        }
    }

    /// <summary>What the district has noted of a student's exits, as it was noted one after the other; what was withdrawn too.</summary>
    public async Task<IReadOnlyList<ExitDocumentation>> ListAsync(DistrictId district, SchoolYear cohort, StateId student, CancellationToken cancellation) =>
        [.. (await OfStudentAsync(district, cohort, student, cancellation)).Select(entry => entry.Note)];

    /// <summary>Takes back the newest note of a student that stands; false when none does.</summary>
    public async Task<bool> WithdrawAsync(DistrictId district, SchoolYear cohort, StateId student, Caller caller, CancellationToken cancellation)
    {
        while ((await OfStudentAsync(district, cohort, student, cancellation)).FindLast(entry => entry.Stands) is { } newest)
        {
            var withdrawn = newest.Note with { WithdrawnBy = caller.Id, WithdrawnAt = clock.GetUtcNow() };
            if (await ledger.PutAsync(newest.Stored with { Json = JsonSerializer.Serialize(withdrawn, CaseBook.Json) }, cancellation)) return true;
        }
        return false;
    }

    /// <summary>Which of some exits the district has notes on that stand.</summary>
    internal async Task<HashSet<(StateId Student, DateOnly LastDay)>> OfAsync(DistrictId district, SchoolYear cohort, IReadOnlyCollection<(StateId Student, DateOnly LastDay)> exits, CancellationToken cancellation)
    {
        var standing = (await AllAsync(district, cohort, cancellation)).Where(entry => entry.Stands).Select(entry => entry.Note).ToList();
        if (standing.Count == 0) return [];
        var people = await identities.FindWithSurvivorsAsync([.. standing.Select(note => note.Student).Concat(exits.Select(exit => exit.Student)).Distinct()], cancellation);
        var documented = standing.Select(note => (people.SurvivorOf(note.Student), note.LastDay)).ToHashSet();
        return [.. exits.Where(exit => documented.Contains((people.SurvivorOf(exit.Student), exit.LastDay)))];
    }

    private async Task<List<Entry>> OfStudentAsync(DistrictId district, SchoolYear cohort, StateId student, CancellationToken cancellation)
    {
        var all = await AllAsync(district, cohort, cancellation);
        var people = await identities.FindWithSurvivorsAsync([.. all.Select(entry => entry.Note.Student).Append(student).Distinct()], cancellation);
        return [.. all.Where(entry => people.SurvivorOf(entry.Note.Student) == people.SurvivorOf(student)).OrderBy(entry => entry.Note.At)];
    }

    private async Task<List<Entry>> AllAsync(DistrictId district, SchoolYear cohort, CancellationToken cancellation) =>
        await ledger.ListAsync(OfCohort(district, cohort), Kind, null, cancellation).Select(entry => new Entry(entry, JsonSerializer.Deserialize<ExitDocumentation>(entry.Json, CaseBook.Json)!)).ToListAsync(cancellation);

    private static string OfCohort(DistrictId district, SchoolYear cohort) => $"cohort/{cohort}/{district}";
}
