using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// Fills districts with families: siblings and twins under one roof, hyphenated and shared surnames, moves during the year, programs.
/// No two people of the state share name, birth date and gender.
/// </summary>
internal sealed class Population(SampleRandom random, SchoolYear year, IReadOnlyList<SampleDistrict> districts, IReadOnlyDictionary<(DistrictId, string), SchoolCalendar> calendars)
{
    private const double TwinShare = 0.03;
    private const double MoverShare = 0.045;
    private const double NewcomerShare = 0.05;

    // Foster care, adoption, marriage of a parent.
    private const double FormerNameShare = 0.01;

    private static readonly string[] GradeOrder = ["PK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"];
    private static readonly (string, double)[] Languages = [("eng", 0.955), ("spa", 0.02), ("chy", 0.006), ("bla", 0.005), ("ger", 0.006), ("rus", 0.003), ("chi", 0.003), ("hmn", 0.002)];

    private readonly HashSet<(string, string, DateOnly, string)> identities = [];
    private readonly HashSet<int> stateIds = [];
    private readonly Dictionary<DistrictId, HashSet<string>> localIds = [];
    private int household;
    private int people;

    /// <summary>Every student of every district; one who moves between districts is in both.</summary>
    public IEnumerable<SampleStudent> Students() => districts.SelectMany(StudentsOf);

    /// <summary>A State ID nobody else has.</summary>
    public StateId NewStateId()
    {
        int id;
        do id = random.Between(100_000_000, 999_999_999);
        while (!stateIds.Add(id));
        return new StateId(id);
    }

    public string NewLocalId(DistrictId district)
    {
        if (!localIds.TryGetValue(district, out var used)) localIds[district] = used = [];
        while (true)
        {
            var id = random.Digits(6);
            if (used.Add(id)) return id;
        }
    }

    private IEnumerable<SampleStudent> StudentsOf(SampleDistrict district)
    {
        var count = 0;
        while (count < district.Students)
        {
            foreach (var person in Family(district))
            {
                if (++count > district.Students) yield break;
                foreach (var student in Enroll(district, person)) yield return student;
            }
        }
    }

    private List<SamplePerson> Family(SampleDistrict district)
    {
        household++;
        var surname = Surname(district);
        var (street, city, zip) = ($"{random.Between(1, 9999)} {random.Pick(WordLists.Places)} {random.Pick(Streets)}", district.District.Location.City!, district.District.Location.Zip!);
        var guardian = $"{random.Pick(random.Chance(0.6) ? WordLists.Girls : WordLists.Boys)} {surname.Split('-')[0]}";
        var ethnicity = Ethnicity();
        var language = ethnicity[0] && random.Chance(0.25) ? "spa" : random.Weighted<string>(Languages);
        var military = random.Chance(0.02) ? random.Pick(MilitaryCodes) : null;
        var family = new List<SamplePerson>();
        foreach (var grade in Grades(district))
        {
            var twins = random.Chance(TwinShare) ? 2 : 1;
            var birth = BirthDate(grade);
            int? first = null;
            for (var i = 0; i < twins; i++)
            {
                var isGirl = random.Chance(0.487);
                var name = random.Pick(isGirl ? WordLists.Girls : WordLists.Boys);
                var gender = random.Chance(0.002) ? "N" : isGirl ? "F" : "M";
                if (!identities.Add((Key(surname), Key(name), birth, gender))) continue;
                var number = ++people;
                var isNew = grade is "PK" or "KG" || random.Chance(NewcomerShare);
                family.Add(new SamplePerson
                {
                    Number = number, TwinOf = first, FormerLastName = !isNew && random.Chance(FormerNameShare) ? Surname(district) : null,
                    LastName = surname, FirstName = name, MiddleName = random.Chance(0.8) ? random.Pick(isGirl ? WordLists.Girls : WordLists.Boys) : null,
                    Suffix = !isGirl && random.Chance(0.01) ? random.Pick(Suffixes) : null, Gender = gender, BirthDate = birth, Grade = grade, Ethnicity = ethnicity, Language = language,
                    EnteredUs = language != "eng" && random.Chance(0.15) ? random.Day(new DateOnly(year.EndYear - 3, 9, 1), new DateOnly(year.EndYear - 1, 8, 1)) : null,
                    Military = military, Street = street, City = city, Zip = zip, Guardian = guardian, IsNewcomer = isNew, IsHalfDay = random.Chance(0.15),
                    // Twins are never told apart by machine: a school that has twins asks for their State IDs beforehand.
                    StateId = isNew && twins == 1 ? null : NewStateId(),
                });
                first ??= number;
            }
        }
        return family;
    }

    private static readonly string[] Streets = ["Street", "Avenue", "Road", "Lane", "Drive"];
    private static readonly string[] MilitaryCodes = ["A", "G", "R"];
    private static readonly string[] Suffixes = ["JR", "III"];

    private static string Key(string name) => Rules.Names.Normalize(name);

    private string Surname(SampleDistrict district)
    {
        if (district.IsColony) return random.Pick(WordLists.CommunitySurnames);
        if (random.Chance(0.02)) return random.Pick(WordLists.TwoWordSurnames);
        var surname = random.Pick(WordLists.Surnames);
        return random.Chance(0.06) ? $"{surname}-{random.Pick(WordLists.Surnames)}" : surname;
    }

    /// <summary>The grades of a family's children, each one taught in the district.</summary>
    private List<string> Grades(SampleDistrict district)
    {
        var children = random.Weighted<int>([(1, 0.45), (2, 0.36), (3, 0.14), (4, 0.05)]);
        var grades = new List<string>();
        var grade = random.Next(GradeOrder.Length);
        for (var i = 0; i < children && grade < GradeOrder.Length; i++, grade += random.Between(1, 4))
        {
            // Prekindergarten is for few.
            if (grade == 0 && !random.Chance(0.25)) continue;
            if (district.SchoolFor(GradeOrder[grade], household) is not null) grades.Add(GradeOrder[grade]);
        }
        return grades;
    }

    /// <summary>Old enough for the grade on September 10; a few are a year older.</summary>
    private DateOnly BirthDate(string grade)
    {
        var age = Array.IndexOf(GradeOrder, grade) + 4 + (grade != "PK" && random.Chance(0.04) ? 1 : 0);
        var last = new DateOnly(year.EndYear - 1 - age, 9, 10);
        return random.Day(last.AddYears(-1).AddDays(1), last);
    }

    private bool[] Ethnicity()
    {
        var hispanic = random.Chance(0.05);
        var races = new bool[5];
        races[random.Weighted<int>([(0, 0.11), (1, 0.01), (2, 0.012), (3, 0.003), (4, 0.865)])] = true;
        if (random.Chance(0.045)) races[random.Next(5)] = true;
        return [hispanic, .. races];
    }

    private IEnumerable<SampleStudent> Enroll(SampleDistrict district, SamplePerson person)
    {
        var school = district.SchoolFor(person.Grade, household)!;
        var calendar = calendars[(district.District.Number, school.Number)];
        var startStatus = !person.IsNewcomer ? "02" : person.Grade is "PK" or "KG" ? "01" : StatusOfNewcomer(person);
        var start = startStatus is "01" or "02" || random.Chance(0.6) ? calendar.Start : random.SchoolDay(calendar.Start, calendar.End.AddDays(-60));
        if (random.Chance(MoverShare) && calendar.End.DayNumber - start.DayNumber > 120)
        {
            foreach (var student in Move(district, person, school, calendar, start, startStatus)) yield return student;
            yield break;
        }
        yield return With(new SampleStudent(district, NewLocalId(district.District.Number), person, [ToYearEnd(person, school, calendar, start, startStatus)]));
    }

    private string StatusOfNewcomer(SamplePerson person) =>
        person.EnteredUs is not null ? "07" : person.Military is not null ? random.Pick(MilitaryStarts) : random.Weighted<string>([("06", 0.6), ("08", 0.15), ("09", 0.25)]);

    private static readonly string[] MilitaryStarts = ["60", "80"];

    private SampleEnrollment ToYearEnd(SamplePerson person, School school, SchoolCalendar calendar, DateOnly start, string startStatus)
    {
        var isGraduate = person.Grade == "12" && random.Chance(0.86);
        var isEarly = isGraduate && random.Chance(0.03) && calendar.Start.AddDays(150) > start.AddDays(30);
        return new SampleEnrollment(school, calendar, start, startStatus, isEarly ? random.SchoolDay(calendar.Start.AddDays(145), calendar.Start.AddDays(155)) : calendar.End, isGraduate ? "400" : "190");
    }

    /// <summary>Leaves during the year: to another school or district of the state, out of it, or out of school.</summary>
    private IEnumerable<SampleStudent> Move(SampleDistrict district, SamplePerson person, School school, SchoolCalendar calendar, DateOnly start, string startStatus)
    {
        var leaves = random.SchoolDay(start.AddDays(40), calendar.End.AddDays(-40));
        var first = new SampleEnrollment(school, calendar, start, startStatus, leaves, "");
        var localId = NewLocalId(district.District.Number);
        var elsewhere = random.Pick(districts);
        var destination = elsewhere.SchoolFor(person.Grade, household + 1);
        // Only children whom the state knows: a newcomer who moves before getting a State ID would be two people to it.
        if (random.Chance(0.55) && person.StateId is not null && destination is not null && elsewhere != district)
        {
            var there = calendars[(elsewhere.District.Number, destination.Number)];
            var arrives = random.SchoolDay(leaves.AddDays(1), leaves.AddDays(14));
            if (arrives < there.End.AddDays(-10) && arrives >= there.Start)
            {
                yield return With(new SampleStudent(district, localId, person, [first with { EndStatus = "120" }]) { IsShared = true });
                yield return With(new SampleStudent(elsewhere, NewLocalId(elsewhere.District.Number), person,
                    [ToYearEnd(person, destination, there, arrives, person.Military is null ? "04" : "40")]) { IsShared = true });
                yield break;
            }
        }
        if (random.Chance(0.4) && district.Schools.FirstOrDefault(other => other != school && other.Grades.Contains(person.Grade)) is { } sibling)
        {
            var next = random.SchoolDay(leaves.AddDays(1), leaves.AddDays(7));
            yield return With(new SampleStudent(district, localId, person,
                [first with { EndStatus = "110" }, ToYearEnd(person, sibling, calendars[(district.District.Number, sibling.Number)], next, "04")]));
            yield break;
        }
        var isTeenager = Array.IndexOf(GradeOrder, person.Grade) >= Array.IndexOf(GradeOrder, "09");
        var endStatus = isTeenager ? random.Weighted<string>([("130", 0.5), ("300", 0.3), ("160", 0.1), ("420", 0.1)]) : random.Weighted<string>([("130", 0.7), ("160", 0.2), ("150", 0.1)]);
        yield return With(new SampleStudent(district, localId, person, [first with { EndStatus = endStatus }]));
    }

    private SampleStudent With(SampleStudent student)
    {
        var person = student.Person;
        var isSpecial = random.Chance(0.12) && Age(person) is >= 6 and <= 21;
        var isInFosterCare = random.Chance(0.01);
        return student with
        {
            IsEnglishLearner = person.Language != "eng" && random.Chance(0.38) && person.Grade != "PK",
            IsHomeless = !isInFosterCare && random.Chance(0.02),
            IsGifted = random.Chance(0.04) && person.Grade != "PK",
            IsTitleOne = Array.IndexOf(GradeOrder, person.Grade) is > 0 and < 9 && random.Chance(0.3),
            IsInSpecialEducation = isSpecial,
            HasPlan504 = !isSpecial && random.Chance(0.034),
            IsInFosterCare = isInFosterCare,
            IsMigratory = random.Chance(0.004),
            AggregateHours = HoursOf(person),
        };
    }

    /// <summary>The law asks for 720 hours up to grade 3 and 1,080 from grade 4 on; a few of the oldest attend part of the day.</summary>
    private int HoursOf(SamplePerson person) => Array.IndexOf(GradeOrder, person.Grade) switch
    {
        0 => 540,
        1 when person.IsHalfDay => 540,
        <= 4 => 1040,
        >= 12 when random.Chance(0.03) => random.Pick(PartOfTheDay),
        _ => 1080,
    };

    private static readonly int[] PartOfTheDay = [270, 540, 700];

    private int Age(SamplePerson person) => Rules.Ages.On(person.BirthDate, Rules.Ages.FallCountDay(year));
}
