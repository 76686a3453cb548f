using System.Globalization;
using Aim.Records;

namespace Aim.Rules;

/// <summary>Every rule there is, in the order of its documentation; docs/rules.md is written from it.</summary>
public static class RuleCatalog
{
    public static IReadOnlyList<RowRule<Enrollment>> EnrollmentRow => EnrollmentRules.Row;
    public static IReadOnlyList<RowRule<ProgramParticipation>> ProgramRow => ProgramRules.ProgramRow;
    public static IReadOnlyList<RowRule<EnglishLearner>> EnglishLearnerRow => ProgramRules.EnglishLearnerRow;
    public static IReadOnlyList<RowRule<SpecialEducation>> SpecialEducationRow => ProgramRules.SpecialEducationRow;

    public static IReadOnlyList<StudentRule> StudentRules { get; } = [.. StudentDemographicRules.Student, .. EnrollmentRules.Student, .. ProgramRules.Student];

    public static IReadOnlyList<Rule> All { get; } = Collect();

    /// <summary>Changes whenever a rule changes its meaning, severity, stage or wording; every freeze records it.</summary>
    public static string Version { get; } = ContentHash.OfText(string.Join('\n', All)).ToString("x32", CultureInfo.InvariantCulture)[..12];

    private static readonly Dictionary<string, Rule> ById = All.ToDictionary(rule => rule.Id);

    /// <exception cref="KeyNotFoundException">No rule has that id.</exception>
    public static Rule Get(string id) => ById[id];

    /// <summary>Whether the rule asks the state's schools and calendars.</summary>
    public static bool NeedsReference(string id) => ReferenceRules.Contains(id);

    /// <summary>Whether the rule asks the district's edition of the year before.</summary>
    public static bool NeedsPriorYear(string id) => StudentRules.Any(rule => rule.Rule.Id == id && rule.NeedsPriorYear);

    private static readonly HashSet<string> ReferenceRules =
    [
        .. EnrollmentRow.Where(rule => rule.NeedsReference).Select(rule => rule.Rule.Id), .. ProgramRow.Where(rule => rule.NeedsReference).Select(rule => rule.Rule.Id),
        .. EnglishLearnerRow.Where(rule => rule.NeedsReference).Select(rule => rule.Rule.Id), .. SpecialEducationRow.Where(rule => rule.NeedsReference).Select(rule => rule.Rule.Id),
    ];

    private static List<Rule> Collect()
    {
        var rules = FileRules.All.Concat(SchoolRules.All).Concat(IdentityRules.All).ToList();
        rules.AddRange(Of(RecordTypes.Enrollment, EnrollmentRow));
        rules.AddRange(Of(RecordTypes.ProgramParticipation, ProgramRow));
        rules.AddRange(Of(RecordTypes.EnglishLearner, EnglishLearnerRow));
        rules.AddRange(Of(RecordTypes.SpecialEducation, SpecialEducationRow));
        rules.AddRange(StudentRules.Select(rule => rule.Rule with { Records = rule.Reads }));
        return [.. rules.DistinctBy(rule => rule.Id).OrderBy(rule => rule.Id, StringComparer.Ordinal)];

        static IEnumerable<Rule> Of<T>(RecordType<T> type, IReadOnlyList<RowRule<T>> rules) where T : IRecord<T> =>
            rules.Select(rule => rule.Rule.Id.StartsWith("REF", StringComparison.Ordinal) ? rule.Rule : rule.Rule with { Records = [type] });
    }
}
