using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// Makes families: siblings and twins under one roof, hyphenated and shared surnames. No two people of the state share name, birth date and
/// gender.
/// </summary>
internal sealed class Families(SampleRandom random, SchoolYear year, SampleRegister register)
{
    private const double TwinShare = 0.03;

    /// <summary>About as many as leave the state's schools in a year.</summary>
    private const double NewcomerShare = 0.06;

    // Foster care, adoption, marriage of a parent.
    private const double FormerNameShare = 0.01;

    public static readonly string[] GradeOrder = ["PK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"];

    private readonly EvenRandom hispanic = new(random, 2);
    private readonly EvenRandom race = new(random, 3);

    private static readonly (string, double)[] Languages = [("eng", 0.955), ("spa", 0.02), ("chy", 0.006), ("bla", 0.005), ("ger", 0.006), ("rus", 0.003), ("chi", 0.003), ("hmn", 0.002)];

    /// <summary>A family whose children take free places of a district.</summary>
    /// <param name="isNew">They have a first child in school, or have moved to the state; else they have been there for years, and most of their children are known.</param>
    public List<SamplePerson> Of(SampleDistrict district, FreePlaces places, bool isNew)
    {
        register.Households++;
        var surname = Surname(district);
        var (street, city, zip) = ($"{random.Between(1, 9999)} {random.Pick(WordLists.Places)} {random.Pick(Streets)}", district.District.Location.City!, district.District.Location.Zip!);
        var guardian = $"{random.Pick(random.Chance(0.6) ? WordLists.Girls : WordLists.Boys)} {surname.Split('-')[0]}";
        var grades = Grades(places);
        var ethnicity = Ethnicity(places.SchoolFor(grades[0], null).Number + grades[0]);
        var language = ethnicity[0] && random.Chance(0.25) ? "spa" : random.Weighted<string>(Languages);
        var military = random.Chance(0.02) ? random.Pick(MilitaryCodes) : null;
        var family = new List<SamplePerson>();
        foreach (var grade in grades)
        {
            var twins = random.Chance(TwinShare) ? 2 : 1;
            var birth = BirthDate(grade);
            int? first = null;
            for (var i = 0; i < twins; i++)
            {
                var isGirl = random.Chance(0.487);
                var name = random.Pick(isGirl ? WordLists.Girls : WordLists.Boys);
                var gender = random.Chance(0.002) ? "N" : isGirl ? "F" : "M";
                if (!register.Enter(surname, name, birth, gender)) continue;
                var number = ++register.People;
                var isNewcomer = isNew || grade is "PK" or "KG" || random.Chance(NewcomerShare);
                family.Add(new SamplePerson
                {
                    Number = number, TwinOf = first, FormerLastName = !isNewcomer && random.Chance(FormerNameShare) ? Surname(district) : null,
                    LastName = surname, FirstName = name, MiddleName = random.Chance(0.8) ? random.Pick(isGirl ? WordLists.Girls : WordLists.Boys) : null,
                    Suffix = !isGirl && random.Chance(0.01) ? random.Pick(Suffixes) : null, Gender = gender, BirthDate = birth, Grade = grade, Ethnicity = ethnicity, Language = language,
                    EnteredUs = language != "eng" && random.Chance(0.15) ? random.Day(new DateOnly(year.EndYear - 3, 9, 1), new DateOnly(year.EndYear - 1, 8, 1)) : null,
                    Military = military, Street = street, City = city, Zip = zip, Guardian = guardian, IsNewcomer = isNewcomer, IsHalfDay = random.Chance(0.15),
                    // Twins are never told apart by machine: a school that has twins asks for their State IDs beforehand.
                    StateId = isNewcomer && twins == 1 ? null : register.NewStateId(),
                });
                first ??= number;
            }
        }
        return family;
    }

    private static readonly string[] Streets = ["Street", "Avenue", "Road", "Lane", "Drive"];
    private static readonly string[] MilitaryCodes = ["A", "G", "R"];
    private static readonly string[] Suffixes = ["JR", "III"];

    private string Surname(SampleDistrict district)
    {
        if (district.IsColony) return random.Pick(WordLists.CommunitySurnames);
        if (random.Chance(0.02)) return random.Pick(WordLists.TwoWordSurnames);
        var surname = random.Pick(WordLists.Surnames);
        return random.Chance(0.06) ? $"{surname}-{random.Pick(WordLists.Surnames)}" : surname;
    }

    /// <summary>The grades of a family's children, each one with a free place.</summary>
    private List<string> Grades(FreePlaces places)
    {
        var grades = new List<string> { places.GradeWithPlaces(random) };
        var children = random.Weighted<int>([(1, 0.45), (2, 0.36), (3, 0.14), (4, 0.05)]);
        for (var grade = Array.IndexOf(GradeOrder, grades[0]) + random.Between(1, 4); grades.Count < children && grade < GradeOrder.Length && places.HasPlaces(GradeOrder[grade]); grade += random.Between(1, 4))
            grades.Add(GradeOrder[grade]);
        return grades;
    }

    /// <summary>Old enough for the grade on September 10; a few are a year older.</summary>
    private DateOnly BirthDate(string grade)
    {
        var age = Array.IndexOf(GradeOrder, grade) + 4 + (grade != "PK" && random.Chance(0.04) ? 1 : 0);
        var last = new DateOnly(year.EndYear - 1 - age, 9, 10);
        return random.Day(last.AddYears(-1).AddDays(1), last);
    }

    /// <param name="group">The class of the first child: every class is of about the same mix.</param>
    private bool[] Ethnicity(string group)
    {
        var races = new bool[5];
        races[SampleRandom.Weighted<int>(race.Share(group), [(0, 0.11), (1, 0.01), (2, 0.012), (3, 0.003), (4, 0.865)])] = true;
        if (random.Chance(0.045)) races[random.Next(5)] = true;
        return [hispanic.Chance(group, 0.05), .. races];
    }
}
