using System.Globalization;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>A district of the sample state, with its schools and how many students it is to have.</summary>
internal sealed record SampleDistrict(District District, IReadOnlyList<School> Schools, int Students, bool IsColony)
{
    private const int LargestHosted = 60;

    /// <summary>Hosted by the state ("Value Added"), with classes, marks and daily attendance too: the small districts, which teach up to grade 8.</summary>
    public bool IsHosted => Students <= LargestHosted;

    /// <summary>Whose system exports its classes as OneRoster archives: a quarter of the hosted districts.</summary>
    public bool SendsRosters => IsHosted && Kind == 0;

    /// <summary>Whose system pushes meal eligibility record by record: a quarter of all districts.</summary>
    public bool PushesMeals => Kind == 2;

    private int Kind => int.Parse(District.Number.Value, CultureInfo.InvariantCulture) % 4;

    /// <summary>The school that teaches a grade; of several, the one a household is nearest to.</summary>
    public School? SchoolFor(string federalGrade, int household)
    {
        var offering = Schools.Where(school => school.Grades.Contains(federalGrade)).ToList();
        return offering.Count == 0 ? null : offering[household % offering.Count];
    }
}

/// <summary>
/// Makes districts of very unequal size, as in a rural state: a few with thousands of students, most with some dozens, many with a
/// single one-room school.
/// </summary>
internal sealed class Geography(SampleRandom random, SchoolYear year)
{
    private const int OneRoom = 18;
    private const int OneSchool = 60;
    private const int OneBuilding = 250;
    private const int ElementarySize = 420;
    private const int MiddleSize = 620;
    private const int HighSize = 1100;

    // Sizes fall with the rank as in Montana: the largest of 405 districts has a tenth of the students, every sixth is a one-room school.
    private const double SizeExponent = 1.8;
    private const double RankShift = 0.02;

    private static readonly string[] AllGrades = ["PK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"];

    private readonly SchoolDays days = new(year);
    private readonly HashSet<string> usedNames = [];
    private int nextSchool = 100;

    public static Agency Agency { get; } = new()
    {
        Name = "Montana Office of Public Instruction", Fips = "30", Abbreviation = "MT", AgencyNumber = "01", TimeZone = "America/Denver", Phone = "4065550100", Web = "https://opi.example.org",
        Mailing = new("PO Box 1000", null, "Helena", "MT", "59620", "1000"), Location = new("100 Capitol Way", null, "Helena", "MT", "59601", null),
    };

    public List<SampleDistrict> Districts(int count, int students)
    {
        var weights = Enumerable.Range(1, count).Select(rank => 1 / Math.Pow(rank + count * RankShift, SizeExponent)).ToArray();
        var total = weights.Sum();
        var sizes = weights.Select(weight => Math.Max(3, (int)Math.Round(students * weight / total))).ToArray();
        // The many minimum sizes and the rounding are made up by the largest district.
        sizes[0] = Math.Max(3, sizes[0] + students - sizes.Sum());
        return [.. sizes.Select((size, i) => District(i + 1, size))];
    }

    public IEnumerable<SchoolCalendar> Calendars(SampleDistrict district)
    {
        // A district's schools keep one calendar; districts differ by some days.
        var start = new DateOnly(year.EndYear - 1, 8, 20).AddDays(random.Next(8));
        while (!days.IsInSession(start)) start = start.AddDays(1);
        var end = new DateOnly(year.EndYear, 5, 28).AddDays(random.Next(9));
        while (!days.IsInSession(end)) end = end.AddDays(1);
        return [.. district.Schools.Select(school => new SchoolCalendar
        {
            District = district.District.Number, School = school.Number, Number = "001", Start = start, End = end, InstructionalDays = days.Between(start, end).Count,
        })];
    }

    private SampleDistrict District(int rank, int size)
    {
        // Numbers with leading zeros, which spreadsheets like to lose, and without order.
        var number = (rank * 7919 % 9973).ToString("D4", CultureInfo.InvariantCulture);
        var place = Place();
        var address = Address(place);
        var isColony = size <= OneRoom && random.Chance(0.12);
        var district = new District
        {
            Number = new DistrictId(number), Name = $"{place} {(size <= OneSchool ? "Elementary" : "Public Schools")}", NcesId = $"30{random.Digits(5)}", LeaType = 1,
            Status = OperationalStatus.Open, CharterStatus = "NOTCHR", Phone = Phone(), Web = null, Mailing = address, Location = address,
        };
        return new SampleDistrict(district, [.. Schools(district, place, size)], size, isColony);
    }

    private IEnumerable<School> Schools(District district, string place, int size)
    {
        if (size <= OneRoom) return [School(district, $"{place} School", "KG", "08")];
        if (size <= OneSchool) return [School(district, $"{place} School", "PK", "08")];
        if (size <= OneBuilding) return [School(district, $"{place} Elementary", "PK", "06"), School(district, $"{place} 7-8", "07", "08"), School(district, $"{place} High School", "09", "12")];
        var grades = AllGrades.Length;
        return Many(district, "Elementary", size * 7 / grades, ElementarySize, "PK", "05")
            .Concat(Many(district, "Middle School", size * 3 / grades, MiddleSize, "06", "08"))
            .Concat(Many(district, "High School", size * 4 / grades, HighSize, "09", "12"));
    }

    private IEnumerable<School> Many(District district, string kind, int students, int size, string first, string last) =>
        [.. Enumerable.Range(0, Math.Max(1, students / size)).Select(_ => School(district, $"{Place()} {kind}", first, last))];

    private School School(District district, string name, string first, string last)
    {
        var address = district.Location with { Line1 = $"{random.Between(1, 999)} School Road" };
        return new School
        {
            District = district.Number, Number = (nextSchool++).ToString("D4", CultureInfo.InvariantCulture), Name = name, NcesId = random.Digits(5), SchoolType = 1, Status = OperationalStatus.Open,
            Grades = AllGrades[Array.IndexOf(AllGrades, first)..(Array.IndexOf(AllGrades, last) + 1)], Phone = Phone(), Mailing = address, Location = address,
        };
    }

    private string Place()
    {
        while (true)
        {
            var name = $"{random.Pick(WordLists.Places)} {random.Pick(WordLists.Features)}";
            if (usedNames.Count > 2000) name += $" {random.Between(1, 99)}";
            if (usedNames.Add(name)) return name;
        }
    }

    private Address Address(string place) => new($"{random.Between(1, 999)} Main Street", null, place, "MT", $"59{random.Digits(3)}", null);

    private string Phone() => $"406555{random.Digits(4)}";
}
