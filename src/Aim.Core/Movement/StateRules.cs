using System.Globalization;
using Aim.Records;
using Aim.Rules;
using static Aim.Rules.Severity;

namespace Aim.Movement;

/// <summary>What a state rule found in one student's history, and for how long it is so.</summary>
/// <param name="Year">The year of the enrollment that has to be corrected.</param>
/// <param name="Sides">The districts that have to do something about it, by number.</param>
public sealed record StateFinding(Rule Rule, SchoolYear Year, DateOnly From, DateOnly To, IReadOnlyList<FindingSide> Sides);

/// <summary>
/// The finding as one district sees it: about its own row. Of another district it says the number and dates, and nothing else (34 CFR 99.34
/// lets schools of a transfer know of one another, not read each other's records).
/// </summary>
public sealed record FindingSide(DistrictId District, string LocalId, string? School, DateOnly Start, DateOnly? End, Finding Finding);

/// <summary>A rule over one student's enrollments in all districts. It judges as of a day: what may still happen is not missing yet.</summary>
/// <param name="Revision">Goes up with every change to what the rule finds, so that all students are judged anew.</param>
public sealed record StateRule(Rule Rule, int Revision, Func<Rule, EnrollmentHistory, DateOnly, IEnumerable<StateFinding>> Judge)
{
    /// <summary>The record types it judges.</summary>
    public IReadOnlyList<RecordType> Reads { get; init; } = [RecordTypes.Enrollment];
}

/// <summary>The rules that need what all districts say of a student.</summary>
public static class StateRules
{
    private const int DaysToArrive = 30;

    /// <summary>Two stretches of one overlap may be some days apart, as when a district closes an enrollment for a new grade.</summary>
    internal const int DaysApart = 7;

    /// <summary>The one rule that puts a case to several districts, and not because two of them have the student.</summary>
    internal const string CountRule = "CNT-006";

    private const string Start = nameof(Enrollment.StartDate);
    private const string EndStatus = nameof(Enrollment.EndStatus);

    public static IReadOnlyList<StateRule> All { get; } =
    [
        new(new("ENR-003B", Error, RuleScope.State, Start, "Overlapping primary enrollments under two local ids of the district",
                "The primary enrollment from {StartDate} to {EndDate} overlaps one that the district has of the same State ID under local id {OtherLocalId}, from {OtherStart} to {OtherEnd}.",
                "If the two are one student, send all rows under one local id and remove those of the other; if not, correct the State ID of the one who has another child's.")
                { Basis = "CALPADS SENR0027" }, 1, OverlapsInDistrict),

        new(new("ENR-004", Error, RuleScope.State, Start, "Overlapping primary enrollments in two districts",
                "The primary enrollment from {StartDate} to {EndDate} overlaps one in district {OtherDistrict} from {OtherStart} to {OtherEnd}.",
                "End the enrollment on the student's last day, or answer the case that was opened for both districts; one of them may have another child's State ID.")
                { Basis = "CALPADS SENR0028 and CCE" }, 2, Overlaps),

        new(new("ENR-007", Warning, RuleScope.State, EndStatus, "Transfer within the state, and nobody has the student",
                "The enrollment ended on {EndDate} with status {EndStatus}, a transfer within the state, but no enrollment followed by {Deadline}.",
                "Find out where the student is and correct the end status; if the student did go to a public school of the state, that district has to enroll the student.")
                { Basis = "CALPADS ERD" }, 1, NotArrived),

        new(new("ENR-008", Warning, RuleScope.State, EndStatus, "Dropout who is enrolled elsewhere",
                "The enrollment ended on {EndDate} with status {EndStatus}, dropped out, but the student is enrolled in district {OtherDistrict} from {OtherStart}.",
                "Correct the end status to a transfer within the state, or answer the case with the reason it stands.") { Basis = "CALPADS ERD" }, 1, DropoutElsewhere),

        new(new("ENR-015", Warning, RuleScope.State, EndStatus, "Exit contradicted by a later entry elsewhere",
                "The enrollment ended on {EndDate} with status {EndStatus}, but the student is enrolled in district {OtherDistrict} from {OtherStart}.",
                "Correct the end status; if it is right, answer the case with the reason: the other district may have another child's State ID.") { Basis = "CALPADS ERD" }, 2, Contradicted),

        new(new(CountRule, Error, RuleScope.State, nameof(CountDay.AggregateHours), "Counted as more than one student in the state",
                "On {CountDate} the student counts as {Share} of a student here; together with what is counted in {Districts}, that comes to more than one.",
                "Correct the aggregate hours to those of the student's schedule in this district, or answer the case that was opened for the districts; one of them may have another child's State ID.")
                { Basis = "MCA 20-9-311" }, 1, CountedTwice) { Reads = [RecordTypes.FallCount, RecordTypes.SpringCount] },
    ];

    /// <summary>The record types of which any rule reads something, by code.</summary>
    internal static IReadOnlySet<string> Reads { get; } = All.SelectMany(rule => rule.Reads).Select(type => type.Code).ToHashSet();

    /// <summary>Whether they can find something else once such a record has changed. Without demographics, a student's other records are nobody's.</summary>
    internal static bool Concern(RecordType type) => type == RecordTypes.Student || Reads.Contains(type.Code);

    /// <summary>Changes with a rule's revision, severity, stage or wording.</summary>
    public static string Version { get; } = ContentHash.OfText(string.Join('\n', All.Select(rule => $"{rule.Revision} {rule.Rule}"))).ToString("x32", CultureInfo.InvariantCulture)[..12];

    /// <summary>Everything the rules find as of a day.</summary>
    public static IReadOnlyList<StateFinding> Check(EnrollmentHistory history, DateOnly asOf) =>
        history.Primary.Count + history.Counts.Count == 0 ? [] : [.. All.SelectMany(rule => rule.Judge(rule.Rule, history, asOf)).Where(finding => finding.Rule.IsInForce(finding.Year))];

    /// <summary>The first days on which a rule that waits now would say something new, if nothing changes until then.</summary>
    public static IEnumerable<DateOnly> Waits(EnrollmentHistory history, DateOnly asOf) =>
        Missing(history).Select(entry => Deadline(entry).AddDays(1)).Where(day => day > asOf).Distinct();

    /// <summary>
    /// The last day for an arrival after an exit: 30 days later. A time that ends in the summer, when there is no school to enroll in, ends on
    /// September 30.
    /// </summary>
    internal static DateOnly Deadline(HistoryEntry exit)
    {
        var day = exit.End!.Value.AddDays(DaysToArrive);
        return day.Month is >= 6 and <= 9 ? new DateOnly(day.Year, 9, 30) : day;
    }

    /// <summary>Exits that say transfer within the state, and nothing follows.</summary>
    internal static IEnumerable<HistoryEntry> Missing(EnrollmentHistory history) =>
        history.Primary.Where(exit => exit is { EndClass: CodeClass.TransferInState, End: not null } && !history.Attended.Any(other => Move.Follows(other, exit)));

    private static IEnumerable<StateFinding> NotArrived(Rule rule, EnrollmentHistory history, DateOnly asOf) =>
        from exit in Missing(history)
        let deadline = Deadline(exit)
        where asOf > deadline
        select new StateFinding(rule, exit.Year, exit.End!.Value, deadline, [Side(rule, exit, null, ("Deadline", Format(deadline)))]);

    // Whoever is back by September 30 is no dropout of the year (EDFacts FS032); who comes later did drop out.
    private static IEnumerable<StateFinding> DropoutElsewhere(Rule rule, EnrollmentHistory history, DateOnly asOf) =>
        Contradictions(rule, history, (exit, entry) => exit.EndClass == CodeClass.Dropout && entry.Start <= new DateOnly(exit.Year.EndYear, 9, 30));

    private static IEnumerable<StateFinding> Contradicted(Rule rule, EnrollmentHistory history, DateOnly asOf) => Contradictions(rule, history, Contradicts);

    /// <summary>The exits that an enrollment in another district speaks against, each with the first such enrollment.</summary>
    private static IEnumerable<StateFinding> Contradictions(Rule rule, EnrollmentHistory history, Func<HistoryEntry, HistoryEntry, bool> contradict)
    {
        foreach (var exit in history.Primary)
        {
            if (exit.End is not { } end) continue;
            if (history.Primary.FirstOrDefault(other => other.District != exit.District && Move.Follows(other, exit) && contradict(exit, other)) is { } entry)
                yield return new StateFinding(rule, exit.Year, end, Later(entry.Start, end), [Side(rule, exit, entry)]);
        }
    }

    private static bool Contradicts(HistoryEntry exit, HistoryEntry entry) => exit.EndClass switch
    {
        CodeClass.Deceased or CodeClass.Graduate => true,
        // Children do come back, and then the entry says from where.
        CodeClass.TransferOutOfState or CodeClass.TransferOutOfCountry or CodeClass.PrivateOrHome or CodeClass.StateFunded =>
            entry.Start <= exit.End!.Value.AddDays(DaysToArrive) && entry.StartClass is not (CodeClass.OutOfState or CodeClass.OutOfCountry or CodeClass.PrivateOrHome or CodeClass.StateFunded),
        _ => false,
    };

    /// <summary>
    /// One finding for each district and stretch of time, however many local ids and enrollments make it up; it is about the enrollment that began later. Those of one local id are ENR-003's.
    /// </summary>
    private static IEnumerable<StateFinding> OverlapsInDistrict(Rule rule, EnrollmentHistory history, DateOnly asOf)
    {
        var counted = Counted(history);
        return
            from later in Enumerable.Range(0, counted.Count)
            from earlier in Enumerable.Range(0, later)
            let pair = (First: counted[earlier], Second: counted[later])
            where pair.First.Year == pair.Second.Year && pair.First.District == pair.Second.District && pair.First.LocalId != pair.Second.LocalId && Overlap(pair.First, pair.Second)
            group pair by (pair.Second.Year, pair.Second.District) into pairs
            from stretch in Stretches(pairs)
            select new StateFinding(rule, pairs.Key.Year, stretch.From, stretch.To, [Side(rule, stretch.Second, stretch.First, ("OtherLocalId", stretch.First.LocalId))]);
    }

    /// <summary>One finding for each pair of districts and stretch of time, however many enrollments make it up.</summary>
    private static IEnumerable<StateFinding> Overlaps(Rule rule, EnrollmentHistory history, DateOnly asOf)
    {
        var counted = Counted(history);
        return
            from first in counted
            from second in counted
            where first.Year == second.Year && string.CompareOrdinal(first.District.Value, second.District.Value) < 0 && Overlap(first, second)
            group (First: first, Second: second) by (first.Year, First: first.District, Second: second.District) into pairs
            from stretch in Stretches(pairs)
            select new StateFinding(rule, pairs.Key.Year, stretch.From, stretch.To, [Side(rule, stretch.First, stretch.Second), Side(rule, stretch.Second, stretch.First)]);
    }

    /// <summary>What is kept out of state counts overlaps nothing.</summary>
    private static List<HistoryEntry> Counted(EnrollmentHistory history) => [.. history.Primary.Where(entry => entry.Enrollment.StateExclude != true)];

    /// <summary>A transfer within one day, with end and start on the same day, is no overlap.</summary>
    private static bool Overlap(HistoryEntry one, HistoryEntry other) => one.Start < other.Last && other.Start < one.Last;

    /// <summary>Overlaps that follow one another within days are one; it shows the newest pair of enrollments.</summary>
    private static IEnumerable<(DateOnly From, DateOnly To, HistoryEntry First, HistoryEntry Second)> Stretches(IEnumerable<(HistoryEntry First, HistoryEntry Second)> pairs)
    {
        (DateOnly From, DateOnly To, HistoryEntry First, HistoryEntry Second)? open = null;
        foreach (var (first, second) in pairs.OrderBy(pair => Later(pair.First.Start, pair.Second.Start)))
        {
            var (from, to) = (Later(first.Start, second.Start), first.Last < second.Last ? first.Last : second.Last);
            if (open is { } stretch && from <= stretch.To.AddDays(DaysApart))
            {
                open = (stretch.From, Later(to, stretch.To), first, second);
                continue;
            }
            if (open is { } finished) yield return finished;
            open = (from, to, first, second);
        }
        if (open is { } last) yield return last;
    }

    /// <summary>One finding for each count in which the shares of the student come to more than one.</summary>
    private static IEnumerable<StateFinding> CountedTwice(Rule rule, EnrollmentHistory history, DateOnly asOf) =>
        from count in history.Counts
        where AnbShare.Of(count.Count) > 0 && count.Count.CountDate is not null
        group count by (count.Year, count.Type) into counts
        where counts.Sum(count => AnbShare.Of(count.Count)) > 1
        let days = counts.Select(count => count.Count.CountDate!.Value)
        let districts = string.Join(", ", counts.Select(count => count.District.Value).Distinct())
        select new StateFinding(rule, counts.Key.Year, days.Min(), days.Max(), [.. counts.GroupBy(count => count.District).Select(district => Side(rule, [.. district], districts))]);

    /// <summary>What a district counts, at the row of the most hours.</summary>
    private static FindingSide Side(Rule rule, IReadOnlyList<HistoryCount> own, string districts)
    {
        var most = own.MaxBy(count => count.Count.AggregateHours)!;
        return new(most.District, most.LocalId, most.Count.SchoolNumber, most.Count.CountDate!.Value, most.Count.CountDate, Findings.OfRecord(rule, most.Count, new RowPlace(most.Type, most.Line, most.LocalId, most.Upload),
            ("Share", own.Sum(count => AnbShare.Of(count.Count)).ToString("0.##", CultureInfo.InvariantCulture)), ("Districts", districts)));
    }

    private static DateOnly Later(DateOnly one, DateOnly other) => one > other ? one : other;

    private static FindingSide Side(Rule rule, HistoryEntry own, HistoryEntry? other, params ReadOnlySpan<(string, string?)> more) => new(own.District, own.LocalId, own.Enrollment.SchoolNumber, own.Start, own.End,
        Findings.OfRecord(rule, own.Enrollment, new RowPlace(RecordTypes.Enrollment, own.Line, own.LocalId, own.Upload),
            [("OtherDistrict", other?.District.Value), ("OtherStart", Format(other?.Start)), ("OtherEnd", Format(other?.End)), .. more]));

    private static string? Format(DateOnly? date) => date?.ToString("MM/dd/yyyy", CultureInfo.InvariantCulture);
}
