using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>A student who arrives without State ID, though the state knows the child.</summary>
/// <param name="How">What differs from what the state knows.</param>
internal sealed record NearMatch(SampleStudent Student, string How);

/// <summary>
/// Plants mistakes about who a child is: State IDs left out, of two children swapped, one given to two, two to one. Somebody has to decide
/// about each; the truth files say what is right.
/// </summary>
internal sealed class IdentityMistakes(SampleRandom random, SampleRegister register, IReadOnlyList<SampleStudent> students)
{
    private readonly Dictionary<string, int> ways = [];
    private readonly Dictionary<int, StateId> swaps = [];
    private readonly HashSet<int> spoiled = [];
    private readonly HashSet<int> reserved = [];
    private ILookup<string, SampleStudent>? bySurname;

    public List<NearMatch> NearMatches { get; } = [];
    public List<SampleCase> Cases { get; } = [];

    /// <summary>A second State ID of a child, as reference/identities.csv has it.</summary>
    public List<(StateId Second, SamplePerson Person)> Second { get; } = [];

    /// <summary>Whether another mistake counts on the student's rows as they are.</summary>
    public bool IsReserved(SampleStudent student) => reserved.Contains(student.Person.Number);

    public bool IsSpoiled(SampleStudent student) => spoiled.Contains(student.Person.Number);

    public void Spoiled(SampleStudent student) => spoiled.Add(student.Person.Number);

    /// <summary>The other half of a swap that was begun; false when there is none.</summary>
    public bool FinishSwap(SampleStudent student, List<SampleRow> rows)
    {
        if (!swaps.Remove(student.Person.Number, out var id)) return false;
        TakeId(rows, id.ToString());
        Demographics(rows).Planted.Add("REF-007");
        return true;
    }

    public static bool IsKnown(SampleStudent student) => student.Person.StateId is not null && student.Person.FormerLastName is null;

    /// <summary>Whether the state knows the child's birth date, and this one is no slip of the pen for it.</summary>
    public static bool KnowsBirth(SampleStudent student, DateOnly written) => (student.Person.StateId is not null || student.PriorGrade is not null) && AreTwoDates(student.Person.BirthDate, written);

    /// <summary>More differs than a digit, or two neighbors that changed places.</summary>
    private static bool AreTwoDates(DateOnly a, DateOnly b)
    {
        var (one, other) = ($"{a:yyyyMMdd}", $"{b:yyyyMMdd}");
        var differ = Enumerable.Range(0, one.Length).Where(i => one[i] != other[i]).ToList();
        return differ.Count > 2 || differ is [var first, var second] && (second != first + 1 || one[first] != other[second] || one[second] != other[first]);
    }

    public static bool CanSwap(SampleStudent student, SampleStudent? next) => next is { IsShared: false } && IsKnown(student) && IsKnown(next)
        && student.Person.BirthDate != next.Person.BirthDate && Rules.Names.DifferMaterially(student.Person.LastName, student.Person.FirstName, next.Person.LastName, next.Person.FirstName);

    /// <summary>Each of two children in a row has the other's State ID.</summary>
    public void Swap(SampleStudent student, SampleStudent next, List<SampleRow> rows)
    {
        TakeId(rows, next.Person.StateId!.Value.ToString());
        Demographics(rows).Planted.Add("REF-007");
        swaps[next.Person.Number] = student.Person.StateId!.Value;
        reserved.Add(next.Person.Number);
    }

    /// <summary>The State ID is left out, and the rows say something else than the state knows, as typed by another hand.</summary>
    public void LeaveOut(SampleStudent student, List<SampleRow> rows)
    {
        TakeId(rows, "");
        NearMatches.Add(new NearMatch(student, Misspell(student, rows)));
    }

    /// <summary>The state gave out a second State ID in an earlier year.</summary>
    public void GiveSecond(SampleStudent student)
    {
        var second = register.NewStateId();
        Second.Add((second, student.Person));
        Cases.Add(new SampleCase("IDN-004", student.Person.StateId!.Value, second, student.District.District.Number, null, null));
    }

    /// <summary>A child of the same surname elsewhere whose State ID this one gets; null when there is none.</summary>
    public SampleStudent? FindNamesake(SampleStudent student)
    {
        bySurname ??= students.Where(one => !one.IsShared && IsKnown(one) && IsThereAllYear(one)).ToLookup(one => one.Person.LastName);
        if (!IsKnown(student) || !IsThereAllYear(student)) return null;
        return bySurname[student.Person.LastName].FirstOrDefault(one => one.District != student.District && AreTwoDates(one.Person.BirthDate, student.Person.BirthDate)
            && !spoiled.Contains(one.Person.Number) && !reserved.Contains(one.Person.Number));
    }

    /// <summary>Somebody else whom the state knows; null when there is nobody.</summary>
    public SampleStudent? FindStranger(SampleStudent student) => students.FirstOrDefault(one => IsKnown(one) && one.Person.Number != student.Person.Number);

    /// <summary>Two children of one name, born on two days, have one State ID; as both are in school, it overlaps between their districts too.</summary>
    public void Share(SampleStudent student, SampleStudent namesake, List<SampleRow> rows)
    {
        reserved.Add(namesake.Person.Number);
        TakeId(rows, namesake.Person.StateId!.Value.ToString());
        Set(rows, "FirstName", namesake.Person.FirstName);
        var child = Demographics(rows);
        (child["MiddleName"], child["Gender"]) = (namesake.Person.MiddleName ?? "", namesake.Person.Gender);
        child.Planted.Add("REF-007");
        var districts = new[] { student.District.District.Number, namesake.District.District.Number }.OrderBy(district => district.Value, StringComparer.Ordinal).ToArray();
        var starts = new[] { student.Enrollments[0].Start, namesake.Enrollments[0].Start };
        Cases.Add(new SampleCase("IDN-005", namesake.Person.StateId!.Value, null, districts[0], districts[1], null));
        Cases.Add(new SampleCase("ENR-004", namesake.Person.StateId!.Value, null, districts[0], districts[1], starts.Max()));
    }

    /// <summary>Who is kept out of state counts overlaps with nobody.</summary>
    public static bool IsThereAllYear(SampleStudent student) => student is { IsKeptOut: false, Enrollments: [{ } only] } && only.Start == only.Calendar.Start && only.EndStatus == "190";

    /// <summary>Spoils the rows in the way that suits and came least often, and says how.</summary>
    private string Misspell(SampleStudent student, List<SampleRow> rows)
    {
        var (how, spoil) = Ways(student.Person).MinBy(way => ways.GetValueOrDefault(way.How));
        ways[how] = ways.GetValueOrDefault(how) + 1;
        spoil(rows);
        return how;
    }

    private IEnumerable<(string How, Action<List<SampleRow>> Spoil)> Ways(SamplePerson person)
    {
        var birth = person.BirthDate;
        yield return ("nothing", _ => { });
        if (person.MiddleName is not null) yield return ("middle name missing", rows => Demographics(rows)["MiddleName"] = "");
        if (person.LastName.Length > 3) yield return ("typing error in the surname", rows => Set(rows, "LastName", Transposed(person.LastName)));
        if (WordLists.Nicknames.TryGetValue(person.FirstName, out var nickname)) yield return ("nickname", rows => Set(rows, "FirstName", nickname));
        if (birth.Day <= 12 && birth.Day != birth.Month && person.Grade is not ("PK" or "KG"))
            yield return ("day and month swapped", rows => Demographics(rows)["BirthDate"] = FileDate.Of(new DateOnly(birth.Year, birth.Day, birth.Month)));
    }

    /// <summary>Two letters inside changed places; where they are the same, one of them is lost.</summary>
    private string Transposed(string name)
    {
        var at = random.Between(1, name.Length - 3);
        return name[at] == name[at + 1] ? name.Remove(at, 1) : $"{name[..at]}{name[at + 1]}{name[at]}{name[(at + 2)..]}";
    }

    private static void TakeId(List<SampleRow> rows, string id) => Set(rows, "StudentStateId", id);

    private static void Set(List<SampleRow> rows, string column, string value)
    {
        foreach (var row in rows) row[column] = value;
    }

    private static SampleRow Demographics(List<SampleRow> rows) => rows.First(row => row.Layout.Type == RecordTypes.Student.Code);
}
