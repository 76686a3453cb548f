using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// How many students each class of the state is to have: the same in every year, so that whoever finishes a grade finds a place in the one above, and what a school
/// counts changes little. High schools have places too for the children of the districts that end with grade 8.
/// </summary>
internal sealed class ClassSizes
{
    private const string Prekindergarten = "PK";

    /// <summary>Prekindergarten is for few.</summary>
    private const double PrekindergartenShare = 0.25;

    private static readonly string[] HighSchoolGrades = ["09", "10", "11", "12"];

    private readonly Dictionary<(string School, string Grade), double> sizes = [];
    private readonly Dictionary<DistrictId, SampleDistrict> highSchools = [];

    public ClassSizes(IReadOnlyList<SampleDistrict> districts)
    {
        var high = districts.Where(Offers(HighSchoolGrades[0])).ToList();
        var guests = high.ToDictionary(district => district.District.Number, _ => 0.0);
        foreach (var district in districts.Except(high).OrderByDescending(district => district.Students).ThenBy(district => district.District.Number.Value, StringComparer.Ordinal))
        {
            var leaving = SetSizes(district, 0);
            if (high.Count == 0) continue;
            var host = high.MinBy(one => (guests[one.District.Number] + leaving) / one.Students)!;
            guests[host.District.Number] += leaving;
            highSchools[district.District.Number] = host;
        }
        foreach (var district in high) SetSizes(district, guests[district.District.Number]);
    }

    public double Of(School school, string grade) => sizes[(school.Number, grade)];

    /// <summary>The district whose high school takes the children of one that has none; null when it has one, or nobody has.</summary>
    public SampleDistrict? HighSchoolOf(SampleDistrict district) => highSchools.GetValueOrDefault(district.District.Number);

    /// <summary>Shares a district's students out to its classes, and gives how many a grade below high school has.</summary>
    /// <param name="guests">How many come from other districts to each grade of high school.</param>
    private double SetSizes(SampleDistrict district, double guests)
    {
        var grades = Families.GradeOrder.Where(grade => Offers(grade)(district)).ToList();
        var all = grades.Sum(ShareOf);
        var size = Math.Max(0, district.Students - guests * grades.Count(IsHigh)) / all;
        foreach (var grade in grades)
        {
            var schools = district.Schools.Where(school => school.Grades.Contains(grade)).ToList();
            foreach (var school in schools) sizes[(school.Number, grade)] = (size * ShareOf(grade) + (IsHigh(grade) ? guests : 0)) / schools.Count;
        }
        return size;
    }

    private static Func<SampleDistrict, bool> Offers(string grade) => district => district.Schools.Any(school => school.Grades.Contains(grade));

    private static double ShareOf(string grade) => grade == Prekindergarten ? PrekindergartenShare : 1;

    private static bool IsHigh(string grade) => HighSchoolGrades.Contains(grade);
}

/// <summary>The places that are free in a district's classes.</summary>
internal sealed class FreePlaces
{
    private readonly SampleDistrict district;
    private readonly Dictionary<(string School, string Grade), double> free;

    public FreePlaces(SampleDistrict district, ClassSizes sizes)
    {
        this.district = district;
        free = district.Schools.SelectMany(school => school.Grades.Select(grade => (school, grade))).ToDictionary(item => (item.school.Number, item.grade), item => sizes.Of(item.school, item.grade));
    }

    public int Taken { get; private set; }

    public bool IsFull => Taken >= district.Students;

    /// <summary>A grade with free places; the more it has, the likelier it is.</summary>
    public string GradeWithPlaces(SampleRandom random)
    {
        var classes = free.Where(item => item.Value > 0).ToList();
        var share = random.Share() * classes.Sum(item => item.Value);
        foreach (var (room, places) in classes) if ((share -= places) < 0) return room.Grade;
        return classes[^1].Key.Grade;
    }

    public bool HasPlaces(string grade) => district.Schools.Any(school => free.GetValueOrDefault((school.Number, grade)) > 0);

    /// <summary>The school that teaches a grade: the family's, or the one with the most places.</summary>
    public School SchoolFor(string grade, School? ofFamily) =>
        ofFamily?.Grades.Contains(grade) == true ? ofFamily : district.Schools.Where(school => school.Grades.Contains(grade)).MaxBy(school => free[(school.Number, grade)])!;

    public void Take(School school, string grade)
    {
        free[(school.Number, grade)]--;
        Taken++;
    }
}
