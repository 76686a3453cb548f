using Aim.Organizations;

namespace Aim.Rules;

/// <summary>
/// A number that rules go by and that no law gives, so that it is the state office's to set: in <c>thresholds.csv</c> of a school year's reference data, and for that year. Whoever
/// judges the year goes by it: an upload, a validation, a check before the upload and a trial on a freeze, which keeps the year's reference data.
/// </summary>
/// <param name="Default">What holds where the state has set nothing.</param>
/// <param name="Least">What can be set, both ends included.</param>
/// <param name="Unit">What it counts: percent, points of a percentage, students, days or years.</param>
/// <param name="About">What it decides.</param>
/// <param name="Rules">Ids of the rules that go by it.</param>
public sealed record Threshold(string Name, int Default, int Least, int Most, string Unit, string About, params IReadOnlyList<string> Rules)
{
    public int In(ReferenceData? reference) => reference?.Thresholds?.TryGetValue(Name, out var set) == true ? set : Default;

    /// <summary>The same as a share of one; for those in percent.</summary>
    public decimal ShareIn(ReferenceData? reference) => In(reference) / 100m;
}

/// <summary>Every number that the state office sets for rules.</summary>
public static class Thresholds
{
    private const string Percent = "percent", Points = "points", Students = "students", Days = "days", Years = "years";

    private const int MostStudents = 100_000;

    public static readonly Threshold YoungestStudent = new(nameof(YoungestStudent), 3, 0, 10, Years, "A student who is younger on September 10 has another birth date.", "IDN-002");

    public static readonly Threshold OldestStudent = new(nameof(OldestStudent), 21, 15, 99, Years, "A student who is older on September 10 has another birth date.", "IDN-002");

    public static readonly Threshold YearsOffGrade = new(nameof(YearsOffGrade), 3, 0, 20, Years, "A student is at most this much younger or older than usual in the grade: five in kindergarten, a year more in each grade.", "IDN-002");

    public static readonly Threshold LowestAttendance = new(nameof(LowestAttendance), 50, 0, 100, Percent,
        "A school at which a smaller share of the days was attended has a mistake in its files rather than such students.", "ATT-002");

    public static readonly Threshold AllPresent = new(nameof(AllPresent), 10, 1, MostStudents, Students, "A handful of students can have been present every day; this many are unlikely to.", "ATT-002");

    public static readonly Threshold DaysToNextSchoolDay = new(nameof(DaysToNextSchoolDay), 7, 1, 31, Days,
        "Where count day is no school day, the next school day takes its place: one that is fewer than this many days later.", "CNT-009", "CNT-009B");

    public static readonly Threshold FewestInCount = new(nameof(FewestInCount), 10, 0, MostStudents, Students,
        "In a small district one family that moves is more than 4 %: a change of fewer students than these is none, or every one-room school would be warned every year.", "CNT-007");

    public static readonly Threshold SignificantTotal = new(nameof(SignificantTotal), 10, 0, 1000, Percent, "A school's enrollment changed significantly when it changed by more than this.", "CRT-003");

    public static readonly Threshold SignificantPart = new(nameof(SignificantPart), 20, 0, 1000, Percent,
        "A part of it (a grade, a race, special education) changed significantly when it changed by more than this.", "CRT-004", "CRT-005", "CRT-006");

    public static readonly Threshold FewestChanged = new(nameof(FewestChanged), 20, 0, MostStudents, Students,
        "A change of fewer students than these, about a classroom, is never significant: in a small school one cohort after another differs by that much.", "CRT-003", "CRT-004", "CRT-005", "CRT-006");

    public static readonly Threshold FewestSeniors = new(nameof(FewestSeniors), 10, 1, MostStudents, Students, "Of fewer students of grade 12 no share says anything.", "CRT-007");

    public static readonly Threshold MostGraduates = new(nameof(MostGraduates), 120, 100, 1000, Percent, "More graduates than this share of last year's students of grade 12 are unlikely.", "CRT-007");

    public static readonly Threshold ShareMoved = new(nameof(ShareMoved), 25, 1, 100, Points, "A share of graduates among grade 12 that moved by more than this is unlikely.", "CRT-007");

    public static readonly Threshold LargeHighSchool = new(nameof(LargeHighSchool), 100, 1, MostStudents, Students, "A school with this many students in grades 9 to 12 has dropouts.", "CRT-008");

    public static IReadOnlyList<Threshold> All { get; } =
        [YoungestStudent, OldestStudent, YearsOffGrade, LowestAttendance, AllPresent, DaysToNextSchoolDay, FewestInCount, SignificantTotal, SignificantPart, FewestChanged, FewestSeniors, MostGraduates, ShareMoved, LargeHighSchool];

    /// <summary>Null when none has that name, in whatever case it is written.</summary>
    public static Threshold? Find(string name) => All.FirstOrDefault(threshold => threshold.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>What a rule goes by.</summary>
    public static IEnumerable<Threshold> Of(Rule rule) => All.Where(threshold => threshold.Rules.Contains(rule.Id));
}
