using Aim.Organizations;
using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about a district's edition when a collection is to be certified.</summary>
internal static class CertificationRules
{
    private const string Check = "Check that every row is there, and once; if the change is real, acknowledge the finding.";

    public static readonly EditionRule[] All =
    [
        new(new("CRT-001", Error, RuleScope.Certification, "School", "Open school without enrollment", "School {School} is open, and no student is enrolled in it.",
                "Upload the school's enrollments, or ask the state office to close the school.") { Basis = "CALPADS CERT001" },
            facts => facts.OpenSchools().Where(school => facts.Figures.Of(school.Number).Students == 0).Select(school => new EditionOffence(school.Number)), RecordTypes.Enrollment) { NeedsReference = true },

        new(new("CRT-002", Error, RuleScope.Certification, "School", "Students without race", "The number of students of school {School} with neither race nor ethnicity is {Students}.",
                "Put Y for at least one race or for Hispanic into the SD rows that rule IDN-001 names.") { Basis = "CALPADS CERT004" },
            facts => facts.Figures.Schools.Where(school => school.Value.WithoutRace > 0).Select(school => new EditionOffence(school.Key, ("Students", school.Value.WithoutRace))), RecordTypes.Student),

        new(new("CRT-003", Warning, RuleScope.Certification, "School", "Enrollment changed significantly", "The number of students of school {School} is {Students}, after {Before} last year.", Check) { Basis = "CALPADS CERT006" },
            facts => Changes(facts, Thresholds.SignificantTotal, figures => [("", figures.Students)]), RecordTypes.Enrollment) { NeedsPriorYear = true, Collections = [CollectionName.FallCount, CollectionName.EndOfYear] },

        new(new("CRT-004", Warning, RuleScope.Certification, "School", "A grade changed significantly", "The number of students of school {School} in grade {Part} is {Students}, after {Before} last year.", Check) { Basis = "CALPADS CERT007" },
            facts => Changes(facts, Thresholds.SignificantPart, figures => figures.ByGrade.Select(grade => (grade.Key, grade.Value))), RecordTypes.Enrollment) { NeedsPriorYear = true, Collections = [CollectionName.FallCount, CollectionName.EndOfYear] },

        new(new("CRT-005", Warning, RuleScope.Certification, "School", "A race or ethnicity changed significantly", "The number of students of school {School} of race or ethnicity {Part} is {Students}, after {Before} last year.", Check) { Basis = "CALPADS CERT008" },
            facts => Changes(facts, Thresholds.SignificantPart, figures => figures.ByRace.Select(race => (race.Key, race.Value))), RecordTypes.Student) { NeedsPriorYear = true, Collections = [CollectionName.FallCount, CollectionName.EndOfYear] },

        new(new("CRT-006", Warning, RuleScope.Certification, "School", "Special education changed significantly", "The number of students of school {School} in special education is {Students}, after {Before} last year.", Check) { Basis = "CALPADS CERT009" },
            facts => Changes(facts, Thresholds.SignificantPart, figures => [("", figures.SpecialEducation)]), RecordTypes.SpecialEducation) { NeedsPriorYear = true, Collections = [CollectionName.ChildCount, CollectionName.EndOfYear] },

        new(new("CRT-007", Warning, RuleScope.Certification, "School", "Unlikely number of graduates",
                "The numbers of graduates and of students in grade 12 of school {School} are {Graduates} and {Grade12}, after {GraduatesBefore} and {Grade12Before} last year.",
                "Check the end statuses of the seniors; if they are right, acknowledge the finding.") { Basis = "CALPADS CERT014 to CERT016" },
            facts => facts.Figures.Schools.Where(school => IsUnlikely(school.Value, facts.LastYear!.Of(school.Key), facts.Reference)).Select(school => new EditionOffence(school.Key, ("Graduates", school.Value.Graduates),
                ("Grade12", school.Value.Grade12), ("GraduatesBefore", facts.LastYear!.Of(school.Key).Graduates), ("Grade12Before", facts.LastYear!.Of(school.Key).Grade12))),
            RecordTypes.Enrollment) { NeedsPriorYear = true, Collections = [CollectionName.Graduates] },

        new(new("CRT-008", Warning, RuleScope.Certification, "School", "Large high school without dropouts", "School {School} has {Students} students in grades 9 to 12, and none dropped out.",
                "Check the end statuses; if nobody dropped out, acknowledge the finding.") { Basis = "CALPADS CERT018" },
            facts => facts.Figures.Schools.Where(school => school.Value.HighSchool >= Thresholds.LargeHighSchool.In(facts.Reference) && school.Value.Dropouts == 0).Select(school => new EditionOffence(school.Key, ("Students", school.Value.HighSchool))),
            RecordTypes.Enrollment) { Collections = [CollectionName.Graduates] },

        new(new("CRT-009", Error, RuleScope.Certification, "District", "An earlier collection is not certified", "District {District} has not certified {Earlier}, which comes before {Collection}.",
                "Certify the earlier collection first.") { Basis = "MOSIS: an earlier collection must be certified" },
            facts => CollectionName.All.TakeWhile(name => name != facts.Collection).Where(name => !facts.Noted!.Certified.Contains(name))
                .Select(name => new EditionOffence(null, ("Earlier", name), ("Collection", facts.Collection))), RecordTypes.Enrollment) { NeedsNotes = true, IsOfDistrict = true },
    ];

    /// <summary>The parts of each school's figures that changed by more than a share, and by more than a few students.</summary>
    private static IEnumerable<EditionOffence> Changes(EditionFacts facts, Threshold significant, Func<SchoolFigures, IEnumerable<(string Part, int Students)>> partsOf)
    {
        var (fewest, share) = (Thresholds.FewestChanged.In(facts.Reference), significant.ShareIn(facts.Reference));
        foreach (var school in facts.Figures.Schools.Keys.Union(facts.LastYear!.Schools.Keys).Order(StringComparer.Ordinal))
        {
            if (facts.School is { } only && only != school) continue;
            var now = partsOf(facts.Figures.Of(school)).ToDictionary(part => part.Part, part => part.Students);
            var before = partsOf(facts.LastYear.Of(school)).ToDictionary(part => part.Part, part => part.Students);
            foreach (var part in now.Keys.Union(before.Keys).Order(StringComparer.Ordinal))
            {
                var (students, earlier) = (now.GetValueOrDefault(part), before.GetValueOrDefault(part));
                var change = Math.Abs(students - earlier);
                if (change >= fewest && change > earlier * share) yield return new EditionOffence(school, ("Part", part), ("Students", students), ("Before", earlier));
            }
        }
    }

    private static bool IsUnlikely(SchoolFigures now, SchoolFigures before, ReferenceData? reference)
    {
        var fewest = Thresholds.FewestSeniors.In(reference);
        if (before.Grade12 >= fewest && now.Graduates > before.Grade12 * Thresholds.MostGraduates.ShareIn(reference)) return true;
        if (now.Grade12 < fewest) return false;
        if (now.Graduates == 0) return true;
        return before.Grade12 >= fewest && before.Graduates > 0 && Math.Abs((decimal)now.Graduates / now.Grade12 - (decimal)before.Graduates / before.Grade12) > Thresholds.ShareMoved.ShareIn(reference);
    }
}
