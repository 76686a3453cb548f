using Aim.Federal;
using Aim.Records;

namespace Aim.Rules;

/// <summary>What a school's, or a district's, students come to in one year. Students who never came or are kept out of state counts aren't in it.</summary>
public sealed class SchoolFigures
{
    public int Students { get; private set; }

    /// <summary>Students by the grade of their last enrollment, as EDFacts codes.</summary>
    public SortedDictionary<string, int> ByGrade { get; } = new(StringComparer.Ordinal);

    /// <summary>Students by race and ethnicity, as EDFacts codes.</summary>
    public SortedDictionary<string, int> ByRace { get; } = new(StringComparer.Ordinal);

    /// <summary>Whose demographics name neither race nor ethnicity; those without demographics aren't among them.</summary>
    public int WithoutRace { get; private set; }

    public int SpecialEducation { get; private set; }

    /// <summary>Students of grades 9 to 12.</summary>
    public int HighSchool { get; private set; }

    public int Grade12 { get; private set; }
    public int Graduates { get; private set; }
    public int Dropouts { get; private set; }

    internal void Add(Student? student, string? grade, bool isSpecial, bool isGraduate, bool isDropout)
    {
        Students++;
        var federal = CodeSets.Grade.FederalOf(grade) ?? FederalCategory.MissingValue;
        ByGrade[federal] = ByGrade.GetValueOrDefault(federal) + 1;
        var race = student is null ? FederalCategory.MissingValue : CategoryValues.RaceOrEthnicity(student);
        ByRace[race] = ByRace.GetValueOrDefault(race) + 1;
        if (student is not null && race == FederalCategory.MissingValue) WithoutRace++;
        if (isSpecial) SpecialEducation++;
        var order = CodeSets.Grade.Find(grade)?.Order;
        if (order is >= 9 and <= 12) HighSchool++;
        if (order == 12) Grade12++;
        if (isGraduate) Graduates++;
        if (isDropout) Dropouts++;
    }

    /// <summary>Days of attendance over the year.</summary>
    public decimal DaysEnrolled { get; internal set; }

    /// <inheritdoc cref="DaysEnrolled" />
    public decimal DaysPresent { get; internal set; }

    public int Incidents { get; internal set; }

    /// <summary>Students in the fall count and not excluded from it.</summary>
    public int FallCount { get; internal set; }

    /// <inheritdoc cref="FallCount" />
    public int SpringCount { get; internal set; }
}

/// <summary>The figures of an edition, gathered student by student: of the district, where each student is one, and of each school.</summary>
public sealed class EditionFigures(string? onlySchool = null)
{
    private readonly SortedDictionary<string, SchoolFigures> schools = new(StringComparer.Ordinal);

    public SchoolFigures District { get; } = new();

    public IReadOnlyDictionary<string, SchoolFigures> Schools => schools;

    /// <summary>The figures of a school; all nothing, when no row names it.</summary>
    public SchoolFigures Of(string school) => schools.GetValueOrDefault(school) ?? Nothing;

    private static readonly SchoolFigures Nothing = new();

    public void Add(StudentView view)
    {
        AddStudent(view);
        foreach (var totals in view.Of(RecordTypes.AttendanceTotals)) AddAttendance(totals.Record);
        foreach (var incident in view.Of(RecordTypes.BehaviorIncident))
        {
            if (At(incident.Record.SchoolNumber) is not { } school) continue;
            school.Incidents++;
            District.Incidents++;
        }
        if (view.Of(RecordTypes.FallCount) is { Count: > 0 } fall) AddCount(fall, figures => figures.FallCount++);
        if (view.Of(RecordTypes.SpringCount) is { Count: > 0 } spring) AddCount(spring, figures => figures.SpringCount++);
    }

    private void AddStudent(StudentView view)
    {
        var isSpecial = view.SpecialEducation.Count > 0;
        Enrollment? last = null;
        HashSet<string>? done = null;
        for (var i = view.Enrollments.Count - 1; i >= 0; i--)
        {
            var enrollment = view.Enrollments[i].Record;
            if (enrollment.NoShow == true || enrollment.StateExclude == true || At(enrollment.SchoolNumber) is not { } school) continue;
            if (last is not null && !(done ??= [last.SchoolNumber!]).Add(enrollment.SchoolNumber!)) continue;
            last ??= enrollment;
            school.Add(view.Student?.Record, enrollment.Grade, isSpecial, IsEnd(enrollment, CodeClass.Graduate), IsEnd(enrollment, CodeClass.Dropout));
        }
        if (last is not null) District.Add(view.Student?.Record, last.Grade, isSpecial, IsEnd(last, CodeClass.Graduate), IsEnd(last, CodeClass.Dropout));
    }

    private static bool IsEnd(Enrollment enrollment, string endClass) => CodeSets.EndStatus.ClassOf(enrollment.EndStatus) == endClass;

    private void AddAttendance(AttendanceTotals totals)
    {
        if (At(totals.SchoolNumber) is not { } school) return;
        foreach (var figures in new[] { school, District })
        {
            figures.DaysEnrolled += totals.DaysEnrolled ?? 0;
            figures.DaysPresent += totals.DaysPresent ?? 0;
        }
    }

    private void AddCount(List<Entry<CountDay>> counts, Action<SchoolFigures> add)
    {
        var counted = counts.Where(count => count.Record.ExcludeTenDay != true).Select(count => At(count.Record.SchoolNumber)).OfType<SchoolFigures>().Distinct().ToList();
        if (counted.Count == 0) return;
        foreach (var school in counted) add(school);
        add(District);
    }

    private SchoolFigures? At(string? school)
    {
        if (school is null || onlySchool is not null && onlySchool != school) return null;
        if (!schools.TryGetValue(school, out var figures)) schools[school] = figures = new SchoolFigures();
        return figures;
    }
}
