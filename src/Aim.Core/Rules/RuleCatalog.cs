using System.Globalization;
using Aim.Movement;
using Aim.Records;

namespace Aim.Rules;

/// <summary>Every rule there is, in the order of its documentation; docs/rules.md is written from it.</summary>
public static class RuleCatalog
{
    /// <summary>The rules of one record type that are decidable from a row, by type.</summary>
    private static readonly IReadOnlyDictionary<RecordType, object> RowRulesByType = new Dictionary<RecordType, object>
    {
        [RecordTypes.Student] = StudentDemographicRules.Row,
        [RecordTypes.Enrollment] = EnrollmentRules.Row,
        [RecordTypes.ProgramParticipation] = ProgramRules.ProgramRow,
        [RecordTypes.EnglishLearner] = ProgramRules.EnglishLearnerRow,
        [RecordTypes.SpecialEducation] = ProgramRules.SpecialEducationRow,
        [RecordTypes.Section504] = EligibilityRules.PlanRow,
        [RecordTypes.FallCount] = CountRules.FallRow,
        [RecordTypes.SpringCount] = CountRules.SpringRow,
        [RecordTypes.TestWindow] = CountRules.TestWindowRow,
        [RecordTypes.AttendanceTotals] = AttendanceRules.TotalsRow,
        [RecordTypes.DailyAttendance] = AttendanceRules.DailyRow,
        [RecordTypes.AssessmentResult] = AssessmentRules.Row,
        [RecordTypes.MealEligibility] = EligibilityRules.MealRow,
        [RecordTypes.BehaviorIncident] = BehaviorRules.Row,
        [RecordTypes.CourseSection] = ClassRules.SectionRow,
        [RecordTypes.RosterEntry] = ClassRules.RosterRow,
        [RecordTypes.Mark] = ClassRules.MarkRow,
        [RecordTypes.MigrantEligibility] = EligibilityRules.MigrantRow,
    };

    /// <summary>The rules of a record type that are decidable from one row.</summary>
    public static IReadOnlyList<RowRule<T>> RowRules<T>(RecordType<T> type) where T : IRecord<T> =>
        RowRulesByType.TryGetValue(type, out var rules) ? (IReadOnlyList<RowRule<T>>)rules : [];

    public static IReadOnlyList<StudentRule> StudentRules { get; } =
    [
        .. StudentDemographicRules.Student, .. EnrollmentRules.Student, .. ProgramRules.Student, .. EligibilityRules.Student, .. CountRules.Student, .. AttendanceRules.Student,
        .. AssessmentRules.Student, .. BehaviorRules.Student, .. ClassRules.Student,
    ];

    /// <summary>The rules about a district's edition as a whole, and those about it when a collection is certified.</summary>
    public static IReadOnlyList<EditionRule> EditionRules { get; } = [.. Rules.EditionRules.All, .. CertificationRules.All];

    public static IReadOnlyList<Rule> All { get; } = Collect();

    /// <summary>Changes whenever a rule changes its meaning, severity, stage or wording, or a threshold its default; every freeze records it.</summary>
    public static string Version { get; } = ContentHash.OfText(string.Join('\n', All.Select(rule => $"{rule}").Concat(Thresholds.All.Select(threshold => $"{threshold}")))).ToString("x32", CultureInfo.InvariantCulture)[..12];

    private static readonly Dictionary<string, Rule> ById = All.ToDictionary(rule => rule.Id);

    /// <summary>Null when no rule has that id, in whatever case it is written.</summary>
    public static Rule? Find(string id) => ById.GetValueOrDefault(id.ToUpperInvariant());

    /// <exception cref="KeyNotFoundException">No rule has that id.</exception>
    public static Rule Get(string id) => ById[id];

    /// <summary>Whether the rule asks the state's schools and calendars.</summary>
    public static bool NeedsReference(string id) => ReferenceRules.Contains(id);

    /// <summary>Whether the rule asks the district's edition of the year before.</summary>
    public static bool NeedsPriorYear(string id) => StudentRules.Any(rule => rule.Rule.Id == id && rule.NeedsPriorYear) || EditionRules.Any(rule => rule.Rule.Id == id && rule.NeedsPriorYear);

    /// <summary>Whether the rule asks the district's courses, sections and staff.</summary>
    public static bool NeedsClasses(string id) => StudentRules.Any(rule => rule.Rule.Id == id && rule.NeedsClasses);

    /// <summary>Whether the rule is decided by a record's content alone, so that it can be asked of stored rows too; what the reader of a file raises is not.</summary>
    public static bool IsDecidedByRecord(string id) => RecordRules.Contains(id);

    /// <summary>Whether the rule is asked when a stored edition is validated.</summary>
    public static bool IsAskedOfEditions(Rule rule) => rule.Scope switch
    {
        RuleScope.Row => IsDecidedByRecord(rule.Id),
        RuleScope.Student => StudentRules.Any(item => item.Rule.Id == rule.Id),
        RuleScope.Edition or RuleScope.Certification => true,
        _ => false,
    };

    /// <summary>
    /// Whether a row that breaks the rule can't be stored: it can't be read, or is another district's, or says of whom or what it is in a way that nobody can follow. Such a rule is
    /// never asked of stored rows, and can't be merely observed.
    /// </summary>
    public static bool KeepsOutWhatCannotBeStored(Rule rule) => rule.Severity == Severity.Fatal && !IsAskedOfEditions(rule);

    /// <summary>Whether an upload can find the rule broken.</summary>
    public static bool IsAskedOfUploads(Rule rule) => !rule.IsOfSaves && !OpensCases(rule) && rule.Scope is RuleScope.File or RuleScope.Row or RuleScope.Student or RuleScope.Identity;

    /// <summary>Whether it needs what several districts say, so that what it finds is a case.</summary>
    public static bool OpensCases(Rule rule) => rule.Scope == RuleScope.State || rule.Id == IdentityRules.TwoStateIds.Id || rule.Id == IdentityRules.TwoChildren.Id;

    /// <summary>The record type whose rows a rule about students finds fault with first; null for a rule that isn't about students.</summary>
    public static RecordType? JudgedBy(string id) => StudentRules.FirstOrDefault(rule => rule.Rule.Id == id)?.Reads[0];

    private static readonly HashSet<string> RecordRules = [.. RecordTypes.All.SelectMany(type => type.Accept(new RowRulesOf())).Select(rule => rule.Rule.Id)];

    private static readonly HashSet<string> ReferenceRules = [.. RecordTypes.All.SelectMany(type => type.Accept(new RowRulesOf())).Where(rule => rule.NeedsReference).Select(rule => rule.Rule.Id), .. EditionRules.Where(rule => rule.NeedsReference).Select(rule => rule.Rule.Id)];

    private static List<Rule> Collect()
    {
        var rules = FileRules.All.Concat(SchoolRules.All).Concat(IdentityRules.All).Concat(OneRoster.RosterRules.All).ToList();
        foreach (var type in RecordTypes.All) rules.AddRange(type.Accept(new RowRulesOf()).Select(rule => rule.Rule).Where(rule => !rule.Id.StartsWith("REF", StringComparison.Ordinal)).Select(rule => rule with { Records = [type] }));
        rules.AddRange(StudentRules.Select(rule => rule.Rule with { Records = rule.Reads }));
        rules.AddRange(StateRules.All.Select(rule => rule.Rule with { Records = rule.Reads }));
        rules.AddRange(EditionRules.Select(rule => rule.Rule with { Records = rule.Reads }));
        return [.. rules.GroupBy(rule => rule.Id).Select(Merge).OrderBy(rule => rule.Id, StringComparer.Ordinal)];
    }

    /// <summary>A rule that several record types share is about all of them.</summary>
    private static Rule Merge(IEnumerable<Rule> same) => same.First() with { Records = [.. same.SelectMany(rule => rule.Records).Distinct().OrderBy(type => type.Number)] };

    private sealed class RowRulesOf : IRecordTypeVisitor<IReadOnlyList<(Rule Rule, bool NeedsReference)>>
    {
        public IReadOnlyList<(Rule Rule, bool NeedsReference)> Visit<T>(RecordType<T> type) where T : IRecord<T> => [.. RowRules(type).Select(rule => (rule.Rule, rule.NeedsReference))];
    }
}
