using System.Globalization;
using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about the fall and spring counts, which schools are funded by, and the test window.</summary>
internal static class CountRules
{
    /// <summary>The most hours a count file can state of a student.</summary>
    private const int MostHours = 1200;

    /// <summary>A student with fewer hours a year counts for nothing (MCA 20-9-311).</summary>
    private const int FewestHours = 180;

    /// <summary>Whoever is absent on the eleventh school day in a row is not counted (ARM 10.20.102).</summary>
    private const int AbsencesThatExclude = 11;

    private const string Day = nameof(CountDay.CountDate);
    private const string Hours = nameof(CountDay.AggregateHours);
    private const string Exclude = nameof(CountDay.ExcludeTenDay);

    private static readonly RowRule<CountDay>[] Any =
    [
        .. SchoolRules.For<CountDay>((count, facts) => count.CountDate ?? facts.AsOf),

        new(new("CNT-001", Fatal, RuleScope.Row, Day, "Count file made before the day after count day",
                "The file is of {AsOf}, and the count date is {CountDate}; a count can't be made before the day is over.",
                "Make and upload the file on the day after the count date or later.") { Basis = "Collection calendar: no count before the day after count day" },
            (c, f) => f.AsOf <= c.CountDate),
    ];

    public static readonly RowRule<CountDay>[] FallRow = Of(RecordTypes.FallCount);

    public static readonly RowRule<CountDay>[] SpringRow = Of(RecordTypes.SpringCount);

    private static RowRule<CountDay>[] Of(RecordType<CountDay> type) =>
    [
        .. Any,

        new(new("CNT-002", Error, RuleScope.Row, Hours, "Aggregate hours missing", "The aggregate hours are empty; without them the student counts for nothing.",
                "Give the hours of instruction a year that the student's schedule adds up to.") { Basis = "MCA 20-9-311" },
            (c, _) => c.AggregateHours is null),

        new(new("CNT-004", Error, RuleScope.Row, Exclude, "Absent for eleven days, and counted",
                "The student was absent on {ConsecutiveAbsences} school days in a row up to count day, but is not excluded.",
                "Put Y in Exclude10Day, or correct ConsecutiveAbsences.") { Basis = "ARM 10.20.102" },
            (c, _) => c.ConsecutiveAbsences >= AbsencesThatExclude && c.ExcludeTenDay != true),

        new(new("CNT-004B", Warning, RuleScope.Row, Exclude, "Excluded without eleven days of absence",
                "The student is excluded from the count, but the number of school days in a row of absence is only {ConsecutiveAbsences}.",
                "Put N in Exclude10Day, or correct ConsecutiveAbsences; if the student is excluded for another reason of the rule, acknowledge the finding.") { Basis = "ARM 10.20.102" },
            (c, _) => c.ConsecutiveAbsences < AbsencesThatExclude && c.ExcludeTenDay == true),

        new(new("CNT-009", Error, RuleScope.Row, Day, "Not the state's count day", "The count date is {CountDate}; count day is {CountDay}.",
                "Make the count for the state's count day, or for the next school day where that is none.") { Basis = "MCA 20-9-311: first Monday of October and of February" },
            (c, f) => DaysAfterCountDay(c, type, f.Year) is { } days && (days < 0 || days >= Thresholds.DaysToNextSchoolDay.In(f.Reference))),

        new(new("CNT-009B", Warning, RuleScope.Row, Day, "A few days after the state's count day", "The count date is {CountDate}; count day is {CountDay}.",
                "Correct the count date; if count day was no school day in the district, acknowledge the finding.") { Basis = "MCA 20-9-311: the next school day, where the Monday is none" },
            (c, f) => DaysAfterCountDay(c, type, f.Year) is > 0 and var days && days < Thresholds.DaysToNextSchoolDay.In(f.Reference)),
    ];

    public static readonly RowRule<CountDay>[] TestWindowRow =
    [
        .. Any,

        new(new("CNT-011", Warning, RuleScope.Row, Day, "Test window not in March", "The date is {CountDate}; the test window is in March.",
                "Correct the date; if the district tests at another time, acknowledge the finding.") { Basis = "Collection calendar" },
            (c, f) => c.CountDate is { } day && (day.Month != 3 || day.Year != f.Year.EndYear)),
    ];

    public static readonly StudentRule[] Student =
    [
        new(new("CNT-003", Warning, RuleScope.Student, Hours, "Unlikely aggregate hours",
                "The aggregate hours are {AggregateHours}; expected are at most 1200, and at least 180 for a student with a primary enrollment in kindergarten to grade 12.",
                "Correct the hours or the service type of the enrollment; if they are right, acknowledge the finding.") { Basis = "MCA 20-9-311" },
            (view, _) => Counts(view).Where(count => count.Record.AggregateHours > MostHours || count.Record.AggregateHours < FewestHours && IsFullTime(EnrollmentOf(view, count.Record))),
            RecordTypes.FallCount, RecordTypes.SpringCount, RecordTypes.Enrollment),

        new(new("CNT-005", Error, RuleScope.Student, Day, "Kindergarten child under five, without the board's approval",
                "The child is in kindergarten and counted, but was not five by September 10, and the comment of the enrollment holds no date of the board's approval.",
                "Write the day of the board's approval (MM/DD/YYYY) in the enrollment's comment, or exclude the child from the count.") { Basis = "MCA 20-7-117" },
            (view, facts) => view.Student is { Record.BirthDate: { } birth } && Ages.On(birth, Ages.SchoolEntryDay(facts.Year)) < 5
                ? Counts(view).Where(count => count.Record.ExcludeTenDay != true && EnrollmentOf(view, count.Record) is { } enrollment &&
                    CodeSets.Grade.Find(enrollment.Grade)?.Order == 0 && !HoldsDate(enrollment.Comment))
                : [],
            RecordTypes.FallCount, RecordTypes.SpringCount, RecordTypes.Enrollment, RecordTypes.Student),

        new(new("CNT-010", Error, RuleScope.Student, Day, "Counted, but not enrolled on count day",
                "The student has no enrollment in school {SchoolNumber} and calendar {CalendarNumber} that spans {CountDate}.",
                "Send the enrollment, or correct school, calendar, start date and service type of the count row.") { Basis = "AIM count-date attendance: any enrollment that spans the count date" },
            (view, _) => Counts(view).Concat(view.Of(RecordTypes.TestWindow)).Where(count => EnrollmentOf(view, count.Record) is null),
            RecordTypes.FallCount, RecordTypes.SpringCount, RecordTypes.TestWindow, RecordTypes.Enrollment),
    ];

    /// <summary>
    /// The enrollment a count row is about: in its school and calendar, spanning the count date, of the service type and start date if the row gives
    /// them; of several the latest primary one, else the latest of any service type.
    /// </summary>
    internal static Enrollment? EnrollmentOf(StudentView view, CountDay count)
    {
        Enrollment? found = null;
        foreach (var (enrollment, _, _, _, _) in view.Enrollments)
        {
            if (enrollment.NoShow == true || enrollment.SchoolNumber != count.SchoolNumber || enrollment.CalendarNumber != count.CalendarNumber) continue;
            if (!(enrollment.StartDate <= count.CountDate) || enrollment.EndDate < count.CountDate) continue;
            if (count.ServiceType is { } type && type != enrollment.ServiceType || count.EnrollmentStartDate is { } start && start != enrollment.StartDate) continue;
            if (found is null || enrollment.IsPrimary || !found.IsPrimary) found = enrollment;
        }
        return found;
    }

    private static int? DaysAfterCountDay(CountDay count, RecordType type, SchoolYear year) => count.CountDate?.DayNumber - Ages.CountDayOf(type, year)?.DayNumber;

    private static IEnumerable<Entry<CountDay>> Counts(StudentView view) => view.Of(RecordTypes.FallCount).Concat(view.Of(RecordTypes.SpringCount));

    private static bool IsFullTime(Enrollment? enrollment) => enrollment is { IsPrimary: true } && CodeSets.Grade.Find(enrollment.Grade)?.Order is >= 0 and <= 12;

    private static bool HoldsDate(string? comment)
    {
        for (var i = 0; i + 10 <= comment?.Length; i++) if (DateOnly.TryParseExact(comment.AsSpan(i, 10), "MM/dd/yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)) return true;
        return false;
    }
}
