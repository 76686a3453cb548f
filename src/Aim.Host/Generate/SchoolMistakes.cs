using System.Globalization;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>A school, or with no school the district, of which the edition as a whole says something that can't be seen in any row.</summary>
internal sealed record SampleEditionMistake(string Rule, DistrictId District, string? School)
{
    public static SampleEditionMistake Of(string rule, School school) => new(rule, school.District, school.Number);
}

/// <summary>
/// Plants mistakes that show only when a district's edition is looked at as a whole: in one school of a district, everybody was present every
/// day or hardly anybody; no incident at all; no dropout in a large high school; or the school is open and has no student. Where there is a year before, what differs from it too.
/// </summary>
/// <param name="hasCollections">Whether there are attendance totals and incidents at all.</param>
internal sealed class SchoolMistakes(SampleRandom random, double rate, bool hasCollections)
{
    private const int FewStudents = 10;
    private const int LargeHighSchool = 100;

    private readonly HashSet<School> present = [];
    private readonly HashSet<School> absent = [];
    private readonly HashSet<School> withoutIncidents = [];
    private readonly CohortMistakes cohorts = new(random, rate, hasCollections);
    private readonly List<SampleEditionMistake> planted = [];

    /// <summary>Schools whose incidents are left out, and that don't confirm that there were none.</summary>
    public IReadOnlySet<School> WithoutIncidents => withoutIncidents;

    public IEnumerable<SampleEditionMistake> Planted => planted.Concat(cohorts.Planted);

    /// <summary>Schools that are open and that nobody goes to.</summary>
    public List<School> Empty { get; } = [];

    /// <summary>Chooses the schools, and changes what has to be changed before any row is made.</summary>
    /// <param name="lastYear">The students of the year before; null in the first.</param>
    public void Plant(IReadOnlyList<SampleDistrict> districts, List<SampleStudent> students, IReadOnlyList<SampleStudent>? lastYear)
    {
        if (rate == 0) return;
        var bySchool = students.ToLookup(student => student.Enrollments[^1].School);
        foreach (var district in districts)
        {
            var (rule, school) = Choices(district, bySchool).MinBy(choice => planted.Count(mistake => mistake.Rule == choice.Rule));
            // Where a rule has a chance at all, it is planted once at least.
            if (!random.Chance(rate) && planted.Exists(mistake => mistake.Rule == rule)) continue;
            planted.Add(SampleEditionMistake.Of(rule, school));
            switch (rule)
            {
                case "ATT-002": (planted.Count % 2 == 0 ? present : absent).Add(school); break;
                case "BEH-001": withoutIncidents.Add(school); break;
                case "CRT-001": Empty.Add(school); break;
                case "CRT-008": Retain(students, school); break;
            }
        }
        if (lastYear is not null) cohorts.Plant(districts, students, lastYear);
    }

    private IEnumerable<(string Rule, School School)> Choices(SampleDistrict district, ILookup<School, SampleStudent> bySchool)
    {
        if (district.Schools.FirstOrDefault(school => HasOnlyOwnDropouts([.. bySchool[school].Where(student => student.IsInHighSchool)])) is { } high) yield return ("CRT-008", high);
        if (hasCollections && district.Schools.FirstOrDefault(school => bySchool[school].Count() >= 2 * FewStudents) is { } some) yield return ("ATT-002", some);
        if (hasCollections) yield return ("BEH-001", district.Schools[0]);
        var last = district.Schools[^1];
        yield return ("CRT-001", last with { Number = (9000 + Empty.Count).ToString(CultureInfo.InvariantCulture), Name = $"{district.District.Location.City} Annex" });
    }

    /// <summary>Dropouts whom another district has are a case of their own.</summary>
    private static bool HasOnlyOwnDropouts(IReadOnlyList<SampleStudent> students) =>
        students.Count >= LargeHighSchool && !students.Any(student => student.IsShared && student.Enrollments[^1].EndStatus == "300");

    private static void Retain(List<SampleStudent> students, School school)
    {
        for (var i = 0; i < students.Count; i++)
        {
            if (students[i].Enrollments is not [.., { EndStatus: "300" } last] || last.School != school) continue;
            students[i] = students[i] with { Enrollments = [.. students[i].Enrollments.SkipLast(1), last with { EndStatus = "130" }] };
        }
    }

    /// <summary>Changes the rows of a student of such a school.</summary>
    public void Spoil(SampleStudent student, List<SampleRow> rows)
    {
        cohorts.Spoil(rows);
        foreach (var school in student.Enrollments.Select(enrollment => enrollment.School).Distinct())
        {
            if (withoutIncidents.Contains(school)) rows.RemoveAll(row => row.Layout.Type == RecordTypes.BehaviorIncident.Code && row["SchoolNumber"] == school.Number);
            if (!present.Contains(school) && !absent.Contains(school)) continue;
            foreach (var row in rows.Where(row => row.Layout.Type == RecordTypes.AttendanceTotals.Code && row["SchoolNumber"] == school.Number))
            {
                var days = int.Parse(row["DaysEnrolled"], CultureInfo.InvariantCulture);
                var attended = present.Contains(school) ? days : days / 3;
                (row["DaysPresent"], row["EssaDaysAbsent"]) = (attended.ToString(CultureInfo.InvariantCulture), (days - attended).ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>A student without race is one that the school's edition is told of too.</summary>
    public void WithoutRace(SampleStudent student)
    {
        var mistake = SampleEditionMistake.Of("CRT-002", student.Enrollments[0].School);
        if (!planted.Contains(mistake)) planted.Add(mistake);
    }
}
