using Aim.Organizations;
using Aim.Records;

namespace Aim.Rules;

/// <summary>What a row rule may know besides the row: the organisations of the year and the day as of which the file was made.</summary>
public sealed class RowFacts
{
    public required DistrictId District { get; init; }
    public required SchoolYear Year { get; init; }

    /// <summary>Null when a file is checked without the state's reference data; rules that need it are then not run.</summary>
    public ReferenceData? Reference { get; init; }

    /// <summary>The day the file was extracted (its header) or received.</summary>
    public required DateOnly AsOf { get; init; }

    /// <summary>The school the present row names, if it exists in the district.</summary>
    public School? School { get; private set; }

    /// <summary>The calendar the present row names, if the school has it.</summary>
    public SchoolCalendar? Calendar { get; private set; }

    /// <summary>What rows named so far: a file names few schools, and each of them in thousands of rows.</summary>
    private readonly Dictionary<string, KnownSchool> named = [];

    internal void Resolve(ISchoolRecord record)
    {
        (School, Calendar) = (null, null);
        if (Reference is null || record.SchoolNumber is not { } number) return;
        if (!named.TryGetValue(number, out var known))
        {
            // Numbers that no school has are not kept: there may be as many as rows.
            if (Reference.FindSchool(District, number) is not { } school) return;
            named.Add(number, known = new KnownSchool(school));
        }
        School = known.School;
        if (record.CalendarNumber is not { } calendar) return;
        if (known.Calendars.TryGetValue(calendar, out var present)) Calendar = present;
        else if (Reference.FindCalendar(District, number, calendar) is { } found) known.Calendars.Add(calendar, Calendar = found);
    }

    private sealed record KnownSchool(School School)
    {
        public Dictionary<string, SchoolCalendar> Calendars { get; } = [];
    }
}

/// <summary>A rule decidable from one row: a line of a table.</summary>
/// <param name="NeedsReference">It looks something up in the state's reference data.</param>
public sealed record RowRule<T>(Rule Rule, Func<T, RowFacts, bool> IsViolated, bool NeedsReference = false, Func<T, string?>? Cause = null)
{
    /// <summary>Which field of a row is wrong, where that isn't always the rule's own.</summary>
    public Func<T, RowFacts, string>? Field { get; init; }

    /// <summary>Whether a row some of whose fields can't be read is wrong whatever they should have been; null when that can't be told. A field that can't be read is empty.</summary>
    public Func<T, RowFacts, bool>? IsViolatedAnyway { get; init; }
}

/// <summary>Runs the row rules of one record type; made once per file, so that rules out of force cost nothing, and neither do their stages.</summary>
/// <param name="reference">The year's; without it, rules that need it are not run.</param>
/// <param name="isChosen">Which rules to run; those in force in the year unless given.</param>
public sealed class RowRuleSet<T>(IEnumerable<RowRule<T>> rules, SchoolYear year, ReferenceData? reference, Func<Rule, bool>? isChosen = null) where T : IRecord<T>
{
    private readonly RowRule<T>[] rules =
    [
        .. rules.Where(rule => (isChosen?.Invoke(rule.Rule) ?? rule.Rule.IsInForce(year)) && (reference is not null || !rule.NeedsReference)).Select(rule => rule with { Rule = rule.Rule.In(reference) }),
    ];

    /// <summary>Reports each violated rule and says whether one of them rejects the row.</summary>
    public bool Check(T record, RowFacts facts, IRowOrigin origin, IFindingSink findings)
    {
        var rejected = false;
        foreach (var rule in rules)
        {
            if (!rule.IsViolated(record, facts)) continue;
            Report(rule, record, facts, origin, findings);
            rejected |= rule.Rule.EffectiveSeverity == Severity.Fatal;
        }
        return rejected;
    }

    /// <summary>Reports what else is wrong with a row that is rejected for fields that can't be read, so that its sender is told all of it at once and nothing that only follows from them.</summary>
    public void CheckRest(T record, RowFacts facts, IRowOrigin origin, IFindingSink findings)
    {
        foreach (var rule in rules)
            if (rule.IsViolatedAnyway?.Invoke(record, facts) == true) Report(rule, record, facts, origin, findings);
    }

    private static void Report(RowRule<T> rule, T record, RowFacts facts, IRowOrigin origin, IFindingSink findings)
    {
        var about = rule.Field is { } field ? rule.Rule with { Field = field(record, facts) } : rule.Rule;
        findings.Add(Findings.Of(about, record, origin.Place, rule.Cause?.Invoke(record), facts));
    }
}

/// <summary>Tells where the present row stands; asked only when there is something to report.</summary>
public interface IRowOrigin
{
    RowPlace Place { get; }
}

/// <summary>Where a row stands and whose it is.</summary>
/// <param name="AsJson">What is found is told to somebody who sends records as JSON: with dates as they are written there.</param>
public readonly record struct RowPlace(RecordType Type, long Line, string? LocalId, UploadId? Upload = null, bool AsJson = false);
