using Aim.Records;
using Aim.Rules;

namespace Aim.Federal;

/// <summary>A student as one file counts it: at one school of one district, on the count day.</summary>
public sealed record CountedSubject(
    StateId Id, string District, string School, FrozenRow<Enrollment> Enrollment, FrozenRow<Student>? Demographics, DateOnly Date)
{
    public FrozenRow<SpecialEducation>? SpecialEducation { get; init; }
    public FrozenRow<EnglishLearner>? EnglishLearner { get; init; }

    public int? Age => Demographics?.Record.BirthDate is { } birth ? Ages.On(birth, Date) : null;

    public string? Grade => CodeSets.Grade.FederalOf(Enrollment.Record.Grade);
}

/// <summary>
/// The value each category has for a counted student, the same in every file: null leaves the student out of the category's sets, MISSING
/// says that it isn't known.
/// </summary>
public static class CategoryValues
{
    private static readonly Dictionary<string, Func<CountedSubject, string?>> Values = new()
    {
        ["SEX"] = subject => CodeSets.Gender.FederalOf(subject.Demographics?.Record.Gender) ?? FederalCategory.MissingValue,
        ["RACEETHNIC"] = subject => subject.Demographics is { Record: var student } ? RaceOrEthnicity(student) : FederalCategory.MissingValue,
        ["GRADELVMEM"] = subject => subject.Grade ?? FederalCategory.MissingValue,
        ["GRADELVBASICW13"] = subject => subject.Grade is "PK" or "AE" ? null : subject.Grade ?? FederalCategory.MissingValue,
        ["LANGHOME"] = subject => CodeSets.Language.FederalOf(subject.Demographics?.Record.HomeLanguage) ?? FederalCategory.MissingValue,
        ["DISABSTATUS"] = subject => subject.SpecialEducation is null ? null : "WDIS",
        ["LEPBOTH"] = subject => subject.EnglishLearner is null ? "NLEP" : "LEP",
        ["DISABCATIDEA"] = subject => CodeSets.Disability.FederalOf(subject.SpecialEducation?.Record.PrimaryDisability) ?? FederalCategory.MissingValue,
        ["EDENVIRIDEASA"] = subject => CodeSets.Environment.FederalOf(subject.SpecialEducation?.Record.Environment) ?? FederalCategory.MissingValue,
        ["AGESA"] = subject => subject.Age switch { null => FederalCategory.MissingValue, 5 => "AGE05K", var age => $"{age}" },
    };

    /// <summary>
    /// A value the category does not permit is reported MISSING too: a child of six in an early-childhood environment has been told to the
    /// district as an error, and is still counted.
    /// </summary>
    /// <exception cref="KeyNotFoundException">No value is defined for the category.</exception>
    public static Func<CountedSubject, string?> Of(string category)
    {
        var valueOf = Values[category];
        var permitted = FederalSpecs.Categories[category].Values.ToHashSet();
        return subject => valueOf(subject) is not { } value ? null : permitted.Contains(value) ? value : FederalCategory.MissingValue;
    }

    /// <summary>Hispanic of any race is HI7; more than one race is MU7 (OMB 1997 standard, as EDFacts reports it).</summary>
    internal static string RaceOrEthnicity(Student student)
    {
        if (student.HispanicLatino == true) return "HI7";
        ReadOnlySpan<(bool? Is, string Code)> races =
            [(student.AmericanIndian, "AM7"), (student.Asian, "AS7"), (student.Black, "BL7"), (student.PacificIslander, "PI7"), (student.White, "WH7")];
        string? one = null;
        foreach (var (isRace, code) in races)
        {
            if (isRace != true) continue;
            if (one is not null) return "MU7";
            one = code;
        }
        return one ?? FederalCategory.MissingValue;
    }
}

/// <summary>
/// Where a student's values stand among the permitted values of a file's categories, MISSING last. The levels of a file ask one after
/// another for the same student, so the last answer is kept.
/// </summary>
internal sealed class CategoryPositions(FederalSpec spec)
{
    public const int LeftOut = -1;

    private readonly List<string> names = [.. spec.Tables.SelectMany(table => table.Sets).SelectMany(set => set.Categories).Distinct()];
    private readonly List<(Func<CountedSubject, string?> ValueOf, Dictionary<string, int> Positions)> categories =
        [.. spec.Tables.SelectMany(table => table.Sets).SelectMany(set => set.Categories).Distinct().Select(name => (CategoryValues.Of(name), PositionsOf(FederalSpecs.Categories[name])))];
    private CountedSubject? last;
    private int[] positions = [];

    public int IndexOf(string category) => names.IndexOf(category);

    /// <summary>By the index of the category.</summary>
    public ReadOnlySpan<int> Of(CountedSubject subject)
    {
        if (ReferenceEquals(subject, last)) return positions;
        last = subject;
        return positions = [.. categories.Select(category => category.ValueOf(subject) is { } value ? category.Positions[value] : LeftOut)];
    }

    private static Dictionary<string, int> PositionsOf(FederalCategory category) =>
        category.Values.Append(FederalCategory.MissingValue).Index().ToDictionary(value => value.Item, value => value.Index);
}
