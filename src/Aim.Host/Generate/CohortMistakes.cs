using Aim.Organizations;

namespace Aim.Host.Generate;

/// <summary>
/// Plants mistakes that show only beside the year before, each in a school of its own: students flagged as kept out of state counts, a class that was not promoted, an ethnicity
/// miscoded, special education left out, seniors without diploma, a school that is missing in the fall count. Each changes one figure of the school by far more than its rule takes for
/// usual, and the others by less.
/// </summary>
/// <param name="hasCollections">Whether there are counts at all.</param>
internal sealed class CohortMistakes(SampleRandom random, double rate, bool hasCollections)
{
    /// <summary>Rules ask from 20 students on; some may be spoiled otherwise.</summary>
    private const int Changed = 25;

    private const int LargeSchool = 160;
    private const double KeptIn = 0.85;
    private const int FewestSeniors = 12;
    private const int FewestCounted = 15;
    private const double CountedShare = 0.08;

    private readonly HashSet<School> used = [];
    private readonly HashSet<School> withoutCount = [];

    public List<SampleEditionMistake> Planted { get; } = [];

    /// <summary>Chooses the schools, and changes their students before any row is made.</summary>
    public void Plant(IReadOnlyList<SampleDistrict> districts, List<SampleStudent> students, IReadOnlyList<SampleStudent> lastYear)
    {
        if (rate == 0) return;
        var (now, before) = (BySchool(students), BySchool(lastYear));
        foreach (var kind in Kinds(students, lastYear))
        {
            // A rule gets the smallest school that shows it, so that there are large ones for those that need them.
            var suitable = districts.SelectMany(district => district.Schools.Select(school => new Cohort(district, school, [.. now[school.Number]], [.. before[school.Number]])))
                .Where(cohort => !used.Contains(cohort.School)).OrderBy(cohort => cohort.Now.Count).Select(cohort => (Cohort: cohort, Change: kind.Find(cohort))).Where(item => item.Change is not null);
            var isFirst = true;
            foreach (var (cohort, change) in suitable.ToList())
            {
                if (!isFirst && !random.Chance(rate / 2)) continue;
                isFirst = false;
                used.Add(cohort.School);
                Planted.Add(new SampleEditionMistake(kind.Rule, cohort.District.District.Number, kind.IsOfDistrict ? null : cohort.School.Number));
                change!();
            }
        }
    }

    /// <summary>Changes the rows of a student of such a school.</summary>
    public void Spoil(List<SampleRow> rows) => rows.RemoveAll(row => row.Layout.Type == "AF" && withoutCount.Any(school => school.Number == row["SchoolNumber"] && school.District.Value == row["DistrictNumber"]));

    /// <summary>A school's students in both years, by their places in the lists of all.</summary>
    private sealed record Cohort(SampleDistrict District, School School, IReadOnlyList<int> Now, IReadOnlyList<int> Before);

    /// <param name="Find">What to do to a school to plant it; null where it would not show, or more than it would.</param>
    private sealed record Kind(string Rule, Func<Cohort, Action?> Find, bool IsOfDistrict = false);

    private IEnumerable<Kind> Kinds(List<SampleStudent> students, IReadOnlyList<SampleStudent> lastYear)
    {
        yield return new Kind("CRT-006", cohort =>
        {
            var special = Own(cohort, students).Where(i => students[i].IsInSpecialEducation).ToList();
            var left = cohort.Now.Count(i => students[i].IsInSpecialEducation) - special.Count;
            var before = cohort.Before.Count(i => lastYear[i].IsInSpecialEducation);
            return before - left < Changed ? null : () => Change(students, special, student => student with { IsInSpecialEducation = false });
        });
        yield return new Kind("CRT-003", cohort =>
        {
            // Seniors are left alone, or the share of graduates would change too.
            var stay = Own(cohort, students).Where(i => students[i].Enrollments[0].EndStatus == "190").OrderBy(i => students[i].Person.Grade, StringComparer.Ordinal).ToList();
            var count = cohort.Now.Count - (int)(KeptIn * cohort.Before.Count);
            if (cohort.Before.Count < LargeSchool || cohort.School.Grades.Contains("12") || count <= 0 || count > stay.Count) return null;
            return () => Change(students, Enumerable.Range(0, count).Select(i => stay[i * stay.Count / count]), student => student with { IsKeptOut = true });
        });
        yield return new Kind("CRT-004", cohort => cohort.School.Grades.Intersect(FromSecondGradeOn).Select(grade => (Grade: grade, Students: Promoted(cohort, students, grade))).FirstOrDefault(item => item.Students.Count >= Changed) is { Students: { } promoted }
            ? () => Change(students, promoted, student => student with { Person = student.Person with { Grade = student.PriorGrade! } }) : null);
        yield return new Kind("CNT-007", cohort =>
        {
            var ofDistrict = cohort.District.Students;
            if (!hasCollections || cohort.Now.Count < FewestCounted || cohort.Now.Count < CountedShare * ofDistrict || cohort.Now.Count > ofDistrict / 2) return null;
            return used.Any(school => school.District == cohort.School.District) ? null : () => withoutCount.Add(cohort.School);
        }, IsOfDistrict: true);
        yield return new Kind("CRT-007", cohort =>
        {
            var seniors = cohort.Now.Where(i => students[i].Person.Grade == "12" && students[i].Enrollments[^1].School == cohort.School).ToList();
            return seniors.Count < FewestSeniors ? null : () => Change(students, seniors.Where(i => students[i].Enrollments[^1].IsGraduation), student =>
                student with { Enrollments = [.. student.Enrollments.SkipLast(1), student.Enrollments[^1] with { End = student.Enrollments[^1].Calendar.End, EndStatus = "190" }] });
        });
        yield return new Kind("CRT-005", cohort =>
        {
            var others = Own(cohort, students).Where(i => !students[i].Person.Ethnicity[0]).Take(Changed + cohort.Now.Count / 50).ToList();
            return others.Count < Changed ? null : () => Change(students, others, student => student with { Person = student.Person with { Ethnicity = [true, .. student.Person.Ethnicity[1..]] } });
        });
    }

    private static readonly string[] FromSecondGradeOn = ["02", "03", "04", "05", "06", "07", "08"];

    /// <summary>Who came from the grade below of the same school's.</summary>
    private static List<int> Promoted(Cohort cohort, List<SampleStudent> students, string grade)
    {
        var below = Families.GradeOrder[Array.IndexOf(Families.GradeOrder, grade) - 1];
        return cohort.School.Grades.Contains(below) ? [.. Own(cohort, students).Where(i => students[i].Person.Grade == grade && students[i].PriorGrade == below)] : [];
    }

    /// <summary>Students who are in this school only, all the time that they are in any.</summary>
    private static IEnumerable<int> Own(Cohort cohort, List<SampleStudent> students) => cohort.Now.Where(i => students[i] is { IsShared: false, Enrollments.Count: 1 });

    private static void Change(List<SampleStudent> students, IEnumerable<int> which, Func<SampleStudent, SampleStudent> change)
    {
        foreach (var i in which.ToList()) students[i] = change(students[i]);
    }

    private static ILookup<string, int> BySchool(IReadOnlyList<SampleStudent> students) =>
        Enumerable.Range(0, students.Count).SelectMany(i => students[i].Enrollments.Select(enrollment => enrollment.School.Number).Distinct().Select(school => (School: school, Student: i))).ToLookup(item => item.School, item => item.Student);
}
