using Aim.Organizations;
using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about a district's edition as a whole, asked whenever it is validated.</summary>
internal static class EditionRules
{
    /// <summary>An unanticipated increase is one of more than 4 % or more than 40 students (ARM 10.20.105).</summary>
    private const double UnusualShare = 0.04;

    /// <inheritdoc cref="UnusualShare" />
    private const int UnusualChange = 40;

    public static readonly EditionRule[] All =
    [
        new(new("ATT-002", Warning, RuleScope.Edition, "School", "Unlikely attendance of a school", "The students of school {School} were present on {Present} of {Enrolled} days ({Percent} %).",
                "Check the attendance totals (AA) of the school; if they are right, acknowledge the finding.") { Basis = "AIM end-of-year attendance totals" },
            facts => from school in facts.Figures.Schools
                     let figures = school.Value
                     where figures.DaysEnrolled > 0 && IsUnlikely(figures, facts.Reference)
                     select new EditionOffence(school.Key, ("Present", figures.DaysPresent), ("Enrolled", figures.DaysEnrolled), ("Percent", decimal.Round(100 * figures.DaysPresent / figures.DaysEnrolled, 1))),
            RecordTypes.AttendanceTotals),

        new(new("BEH-001", Error, RuleScope.Edition, "School", "No incidents, and not confirmed that there were none",
                "School {School} has students and no behavior incident this year, and nobody has confirmed that there was none.",
                "Upload the incidents (BH), or confirm that the school had none.") { Basis = "AIM end of year: zero incidents must be certified" },
            facts => facts.OpenSchools().Where(school => facts.Figures.Of(school.Number) is { Students: > 0, Incidents: 0 } && !facts.Noted!.ZeroIncidents.Contains(school.Number)).Select(school => new EditionOffence(school.Number)),
            RecordTypes.BehaviorIncident) { NeedsReference = true, NeedsNotes = true, AssumesNothingNoted = true, Collections = [CollectionName.EndOfYear] },

        new(new("BEH-001B", Warning, RuleScope.Edition, "School", "Incidents, though it was confirmed that there were none", "It was confirmed that school {School} had no behavior incident this year, but there are {Incidents}.",
                "Remove the incidents that are not the school's; otherwise nothing has to be done, as the incidents count.") { Basis = "AIM end of year: zero incidents must be certified" },
            facts => facts.Figures.Schools.Where(school => school.Value.Incidents > 0 && facts.Noted!.ZeroIncidents.Contains(school.Key)).Select(school => new EditionOffence(school.Key, ("Incidents", school.Value.Incidents))),
            RecordTypes.BehaviorIncident) { NeedsNotes = true },

        new(new("CNT-007", Warning, RuleScope.Edition, "District", "Count changed unusually from last year", "The {Count} count of district {District} is {Students}, after {Before} last year.",
                "Check that every school's count is there, and once; if the change is real, acknowledge the finding.") { Basis = "ARM 10.20.105: more than 4 % or more than 40 students" },
            facts => Counts(facts.Figures, facts.LastYear!).Where(count => count.Students > 0 && count.Before > 0 && IsUnusual(count.Students, count.Before, Thresholds.FewestInCount.In(facts.Reference)))
                .Select(count => new EditionOffence(null, ("Count", count.Name), ("Students", count.Students), ("Before", count.Before))),
            RecordTypes.FallCount, RecordTypes.SpringCount) { NeedsPriorYear = true, IsOfDistrict = true },

        new(new("CNT-008", Error, RuleScope.Edition, "District", "Count is not that of the funding system", "The {Count} count of district {District} is {Students}; the funding system has {Funding}.",
                "Correct whichever is wrong: both must be the same before the count is certified.") { Basis = "AIM pre-count checklist: SIS, AIM and MAEFAIRS agree" },
            facts => from count in Counts(facts.Figures, facts.Figures)
                     where facts.Noted!.FundingCounts.TryGetValue(count.Collection, out var funding) && funding != count.Students
                     select new EditionOffence(null, ("Count", count.Name), ("Students", count.Students), ("Funding", facts.Noted!.FundingCounts[count.Collection])) { Type = count.Collection == CollectionName.FallCount ? RecordTypes.FallCount : RecordTypes.SpringCount },
            RecordTypes.FallCount, RecordTypes.SpringCount) { NeedsNotes = true, NeedsFunding = true, IsOfDistrict = true },
    ];

    private static IEnumerable<(string Collection, string Name, int Students, int Before)> Counts(EditionFigures now, EditionFigures before) =>
        [(CollectionName.FallCount, "fall", now.District.FallCount, before.District.FallCount), (CollectionName.SpringCount, "spring", now.District.SpringCount, before.District.SpringCount)];

    private static bool IsUnusual(int students, int before, int fewest) => Math.Abs(students - before) is var change && (change > UnusualChange || change >= fewest && change > before * UnusualShare);

    private static bool IsUnlikely(SchoolFigures figures, ReferenceData? reference) => figures.DaysPresent == figures.DaysEnrolled
        ? figures.Students >= Thresholds.AllPresent.In(reference)
        : figures.DaysPresent < figures.DaysEnrolled * Thresholds.LowestAttendance.ShareIn(reference);
}
