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

    /// <summary>Where the student is served under IDEA, as an EDFacts value.</summary>
    public string? Environment => CodeSets.Environment.FederalOf(SpecialEducation?.Record.Environment);

    /// <summary>As an EDFacts value.</summary>
    public string? Grade => CodeSets.Grade.FederalOf(Enrollment.Record.Grade);
}

/// <summary>
/// The value each category has for a counted student, the same in every file: null leaves the student out of the category's sets, MISSING
/// says that it isn't known.
/// </summary>
public static class CategoryValues
{
    private static readonly FederalCategory Race = FederalSpecs.Categories["RACEETHNIC"];

    private static readonly Dictionary<string, Func<FederalCategory, CountedSubject, string?>> Values = new()
    {
        ["SEX"] = (_, subject) => CodeSets.Gender.FederalOf(subject.Demographics?.Record.Gender) ?? FederalCategory.MissingValue,
        ["RACEETHNIC"] = (_, subject) => subject.Demographics is { Record: var student } ? RaceOrEthnicity(student) : FederalCategory.MissingValue,
        ["GRADELVMEM"] = GradeOf,
        ["GRADELVBASICW13"] = GradeOf,
        ["LANGHOME"] = (_, subject) => CodeSets.Language.FederalOf(subject.Demographics?.Record.HomeLanguage) ?? FederalCategory.MissingValue,
        ["DISABSTATUS"] = (category, subject) => subject.SpecialEducation is null ? null : category.Means["IDEA"],
        ["LEPBOTH"] = (category, subject) => category.Means[subject.EnglishLearner is null ? "NoLearner" : "Learner"],
        ["DISABCATIDEA"] = (_, subject) => CodeSets.Disability.FederalOf(subject.SpecialEducation?.Record.PrimaryDisability) ?? FederalCategory.MissingValue,
        ["EDENVIRIDEASA"] = (_, subject) => subject.Environment ?? FederalCategory.MissingValue,
        ["AGESA"] = (category, subject) => subject.Age is not { } age ? FederalCategory.MissingValue : category.Means.GetValueOrDefault($"{age}") ?? $"{age}",
    };

    /// <summary>
    /// A value the category does not permit is reported MISSING too: a child of six in an early-childhood environment has been told to the
    /// district as an error, and is still counted.
    /// </summary>
    /// <exception cref="KeyNotFoundException">No value is defined for the category.</exception>
    public static Func<CountedSubject, string?> Of(string category)
    {
        var (valueOf, found) = (Values[category], FederalSpecs.Categories[category]);
        var permitted = found.Values.ToHashSet();
        return subject => valueOf(found, subject) is not { } value ? null : permitted.Contains(value) ? value : FederalCategory.MissingValue;
    }

    private static string? GradeOf(FederalCategory category, CountedSubject subject) => subject.Grade is not { } grade ? FederalCategory.MissingValue : category.LeftOut.Contains(grade) ? null : grade;

    /// <summary>Hispanic counts before any race, and more than one race is a value of its own (OMB 1997 standard, as EDFacts reports it).</summary>
    internal static string RaceOrEthnicity(Student student)
    {
        if (student.HispanicLatino == true) return Race.Means[nameof(Student.HispanicLatino)];
        ReadOnlySpan<(bool? Is, string Race)> races =
        [
            (student.AmericanIndian, nameof(Student.AmericanIndian)), (student.Asian, nameof(Student.Asian)), (student.Black, nameof(Student.Black)),
            (student.PacificIslander, nameof(Student.PacificIslander)), (student.White, nameof(Student.White)),
        ];
        string? one = null;
        foreach (var (isRace, race) in races)
        {
            if (isRace != true) continue;
            if (one is not null) return Race.Means["Several"];
            one = race;
        }
        return one is null ? FederalCategory.MissingValue : Race.Means[one];
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
