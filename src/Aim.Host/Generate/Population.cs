using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// Enrolls children in districts: those who come back after the summer, and families until a district is full; with moves during the year,
/// and programs.
/// </summary>
internal sealed class Population(SampleRandom random, SchoolYear year, SampleRegister register, IReadOnlyList<SampleDistrict> districts, ClassSizes sizes, IReadOnlyDictionary<(DistrictId, string), SchoolCalendar> calendars)
{
    private const double MoverShare = 0.045;
    private const int LargeHighSchool = 80;
    private const int AgeOfSpecialEducation = 6;

    private readonly Families families = new(random, year, register);
    private readonly EvenRandom moves = new(random, 2);
    private readonly EvenRandom special = new(random, 3);
    private readonly EvenRandom graduations = new(random, 5);

    /// <summary>Every student of every district; one who moves between districts is in both, next to each other.</summary>
    /// <param name="lastYear">The students of the year before; null for the first year, whose families were there before.</param>
    public IEnumerable<SampleStudent> Students(IReadOnlyList<SampleStudent>? lastYear)
    {
        var returning = lastYear is null ? null : new Promotion(random, sizes).Of(lastYear).ToLookup(student => student.District.District.Number);
        return districts.SelectMany(district => WithDropouts(StudentsOf(district, returning).ToList()));
    }

    /// <summary>A large high school without any dropout is a mistake to the state, so somebody leaves each.</summary>
    private List<SampleStudent> WithDropouts(List<SampleStudent> students)
    {
        foreach (var school in students.Where(student => student.IsInHighSchool).GroupBy(student => student.Enrollments[^1].School).Where(school => school.Count() >= LargeHighSchool).ToList())
        {
            if (school.Any(student => student.Enrollments[^1].EndStatus == "300")) continue;
            if (school.FirstOrDefault(student => !student.IsShared && student.Enrollments is [{ EndStatus: "190" } only] && only.Start == only.Calendar.Start) is not { } leaver) continue;
            var enrollment = leaver.Enrollments[0];
            var end = random.SchoolDay(enrollment.Start.AddDays(60), enrollment.Calendar.End.AddDays(-60));
            students[students.IndexOf(leaver)] = leaver with { Enrollments = [enrollment with { End = end, EndStatus = "300" }] };
        }
        return students;
    }

    private IEnumerable<SampleStudent> StudentsOf(SampleDistrict district, ILookup<DistrictId, ReturningStudent>? returning)
    {
        var places = new FreePlaces(district, sizes);
        foreach (var back in returning?[district.District.Number] ?? [])
            foreach (var student in Enroll(back, places)) yield return student;
        while (!places.IsFull)
        {
            School? school = null;
            foreach (var person in families.Of(district, places, isNew: returning is not null))
            {
                if (places.IsFull) yield break;
                school = places.SchoolFor(person.Grade, school);
                places.Take(school, person.Grade);
                foreach (var student in Enroll(district, person, school)) yield return student;
            }
        }
    }

    private IEnumerable<SampleStudent> Enroll(ReturningStudent back, FreePlaces places)
    {
        var (person, last) = (back.Person, back.Before.Enrollments[^1].School);
        var stays = back.District == back.Before.District;
        var school = places.SchoolFor(person.Grade, stays ? last : null);
        places.Take(school, person.Grade);
        var calendar = calendars[(back.District.District.Number, school.Number)];
        var start = new SampleStart(back.District, stays ? back.Before.LocalId : register.NewLocalId(back.District.District.Number), person, school, calendar, calendar.Start, school == last ? "02" : TransferOf(person));
        return Enroll(start).Select(student => Continued(student, back.Before));
    }

    /// <summary>Special education, language and gifts don't end with the summer.</summary>
    private SampleStudent Continued(SampleStudent student, SampleStudent before)
    {
        var isFound = student.IsInSpecialEducation && (Age(student.Person) == AgeOfSpecialEducation || random.Chance(0.1));
        var isSpecial = before.IsInSpecialEducation ? random.Chance(0.93) : isFound;
        return student with
        {
            PriorGrade = student.District == before.District ? before.Person.Grade : null,
            IsInSpecialEducation = isSpecial,
            HasPlan504 = !isSpecial && (before.HasPlan504 || student.HasPlan504 && random.Chance(0.2)),
            IsEnglishLearner = before.IsEnglishLearner && random.Chance(0.9),
            IsGifted = before.IsGifted || student.IsGifted && random.Chance(0.1),
        };
    }

    private static string TransferOf(SamplePerson person) => person.Military is null ? "04" : "40";

    private IEnumerable<SampleStudent> Enroll(SampleDistrict district, SamplePerson person, School school)
    {
        var calendar = calendars[(district.District.Number, school.Number)];
        var startStatus = !person.IsNewcomer ? "02" : person.Grade is "PK" or "KG" ? "01" : StatusOfNewcomer(person);
        var start = startStatus is "01" or "02" || random.Chance(0.6) ? calendar.Start : random.SchoolDay(calendar.Start, calendar.End.AddDays(-60));
        return Enroll(new SampleStart(district, register.NewLocalId(district.District.Number), person, school, calendar, start, startStatus));
    }

    /// <summary>How a student begins the year in a district.</summary>
    private sealed record SampleStart(SampleDistrict District, string LocalId, SamplePerson Person, School School, SchoolCalendar Calendar, DateOnly Start, string Status);

    private IEnumerable<SampleStudent> Enroll(SampleStart start) =>
        moves.Chance(start.School.Number + start.Person.Grade, MoverShare) && start.Calendar.End.DayNumber - start.Start.DayNumber > 120
            ? Move(start)
            : [With(new SampleStudent(start.District, start.LocalId, start.Person, [ToYearEnd(start.Person, start.School, start.Calendar, start.Start, start.Status)]))];

    private string StatusOfNewcomer(SamplePerson person) =>
        person.EnteredUs is not null ? "07" : person.Military is not null ? random.Pick(MilitaryStarts) : random.Weighted<string>([("06", 0.6), ("08", 0.15), ("09", 0.25)]);

    private static readonly string[] MilitaryStarts = ["60", "80"];

    private SampleEnrollment ToYearEnd(SamplePerson person, School school, SchoolCalendar calendar, DateOnly start, string startStatus)
    {
        var isGraduate = person.Grade == "12" && graduations.Chance(school.Number, 0.86);
        var isEarly = isGraduate && random.Chance(0.03) && calendar.Start.AddDays(150) > start.AddDays(30);
        return new SampleEnrollment(school, calendar, start, startStatus, isEarly ? random.SchoolDay(calendar.Start.AddDays(145), calendar.Start.AddDays(155)) : calendar.End, isGraduate ? "400" : "190");
    }

    /// <summary>Leaves during the year: to another school or district of the state, out of it, or out of school.</summary>
    private IEnumerable<SampleStudent> Move(SampleStart start)
    {
        var (district, localId, person, school, calendar, began, startStatus) = start;
        var leaves = random.SchoolDay(began.AddDays(40), calendar.End.AddDays(-40));
        var first = new SampleEnrollment(school, calendar, began, startStatus, leaves, "");
        var elsewhere = random.Pick(districts);
        var destination = elsewhere.SchoolFor(person.Grade, register.Households + 1);
        // Only children whom the state knows: a newcomer who moves before getting a State ID would be two people to it.
        if (random.Chance(0.55) && person.StateId is not null && destination is not null && elsewhere != district)
        {
            var there = calendars[(elsewhere.District.Number, destination.Number)];
            var arrives = random.SchoolDay(leaves.AddDays(1), leaves.AddDays(14));
            if (arrives < there.End.AddDays(-10) && arrives >= there.Start)
            {
                yield return With(new SampleStudent(district, localId, person, [first with { EndStatus = "120" }]) { IsShared = true });
                yield return With(new SampleStudent(elsewhere, register.NewLocalId(elsewhere.District.Number), person,
                    [ToYearEnd(person, destination, there, arrives, TransferOf(person))]) { IsShared = true });
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
        var isTeenager = Array.IndexOf(Families.GradeOrder, person.Grade) >= Array.IndexOf(Families.GradeOrder, "09");
        var endStatus = isTeenager ? random.Weighted<string>([("130", 0.5), ("300", 0.3), ("160", 0.1), ("420", 0.1)]) : random.Weighted<string>([("130", 0.7), ("160", 0.2), ("150", 0.1)]);
        yield return With(new SampleStudent(district, localId, person, [first with { EndStatus = endStatus }]));
    }

    private SampleStudent With(SampleStudent student)
    {
        var person = student.Person;
        var isSpecial = Age(person) is >= AgeOfSpecialEducation and <= 21 && special.Chance(student.Enrollments[0].School.Number, 0.12);
        var isInFosterCare = random.Chance(0.01);
        return student with
        {
            IsEnglishLearner = person.Language != "eng" && random.Chance(0.38) && person.Grade != "PK",
            IsHomeless = !isInFosterCare && random.Chance(0.02),
            IsGifted = random.Chance(0.04) && person.Grade != "PK",
            IsTitleOne = Array.IndexOf(Families.GradeOrder, person.Grade) is > 0 and < 9 && random.Chance(0.3),
            IsInSpecialEducation = isSpecial,
            HasPlan504 = !isSpecial && random.Chance(0.034),
            IsInFosterCare = isInFosterCare,
            IsMigratory = random.Chance(0.004),
            AggregateHours = HoursOf(person),
        };
    }

    /// <summary>The law asks for 720 hours up to grade 3 and 1,080 from grade 4 on; a few of the oldest attend part of the day.</summary>
    private int HoursOf(SamplePerson person) => Array.IndexOf(Families.GradeOrder, person.Grade) switch
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
