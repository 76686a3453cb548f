using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about days of attendance, over the year and day by day.</summary>
internal static class AttendanceRules
{
    private const char NoSchool = '.';

    public static readonly RowRule<AttendanceTotals>[] TotalsRow =
    [
        .. SchoolRules.ForYear<AttendanceTotals>(),

        new(new("ATT-001", Error, RuleScope.Row, nameof(AttendanceTotals.DaysEnrolled), "More days than there were",
                "Days enrolled: {DaysEnrolled}, present: {DaysPresent}, absent: {DaysAbsent}, of instruction: {InstructionalDays}. Present and absent come to more than enrolled, even if half of each day of absence was present, or enrolled to more than there were.",
                "Correct the days. A day of which half or more was missed is a day of absence, and at most half a day of presence.") { Basis = "AIM end-of-year attendance totals" },
            (a, f) => a.DaysPresent + (a.DaysAbsent ?? 0) / 2 > a.DaysEnrolled || a.DaysAbsent > a.DaysEnrolled || a.DaysEnrolled > (a.InstructionalDays ?? f.Calendar?.InstructionalDays)),
    ];

    public static readonly RowRule<DailyAttendance>[] DailyRow =
    [
        .. SchoolRules.For<DailyAttendance>(FirstDay),

        new(new("ATT-003", Fatal, RuleScope.Row, nameof(DailyAttendance.Days), "Not one letter of the list for each day of the month",
                "The days of the month that begins on {Month} are '{Days}'; there must be one letter of the list Attendance for each day, from the first on.",
                "Give the first of the month in Month, and as many letters as the month has days; write a point where there is no school.") { Basis = "AIM Value Added attendance" },
            (d, _) => d is { Month: { } month, Days: { } days } && (month.Day != 1 || days.Length != DateTime.DaysInMonth(month.Year, month.Month) || HasUnknownLetter(days))),
    ];

    public static readonly StudentRule[] Student =
    [
        new(new("ATT-004", Warning, RuleScope.Student, nameof(DailyAttendance.Days), "Attendance on days without enrollment",
                "There is attendance in the month that begins on {Month} on days on which the student was not enrolled in school {SchoolNumber}.",
                "Write a point for those days, or correct the dates of the enrollment.") { Basis = "AIM Value Added attendance" },
            (view, _) => view.Of(RecordTypes.DailyAttendance).Where(daily => IsOutside(view, daily.Record)), RecordTypes.DailyAttendance, RecordTypes.Enrollment),
    ];

    /// <summary>The first day with school, as a school can open within the month; without one, the first of the month or of the calendar.</summary>
    private static DateOnly FirstDay(DailyAttendance daily, RowFacts facts) => daily.Month is not { } month ? facts.AsOf
        : daily.Days.AsSpan().IndexOfAnyExcept(NoSchool) is >= 0 and var first ? month.AddDays(first)
        : facts.Calendar is { Start: var start } && start > month ? start : month;

    private static bool HasUnknownLetter(string days)
    {
        for (var i = 0; i < days.Length; i++) if (CodeSets.Attendance.Find(days.AsSpan(i, 1)) is null) return true;
        return false;
    }

    private static bool IsOutside(StudentView view, DailyAttendance daily)
    {
        if (daily is not { Month: { } month, Days: { } days }) return false;
        var first = days.AsSpan().IndexOfAnyExcept(NoSchool);
        if (first < 0) return false;
        var last = days.AsSpan().LastIndexOfAnyExcept(NoSchool);
        foreach (var entry in view.Enrollments) if (IsIn(entry.Record, daily, month.AddDays(first)) && IsIn(entry.Record, daily, month.AddDays(last))) return false;
        for (var i = first; i <= last; i++)
        {
            if (days[i] != NoSchool && !view.Enrollments.Exists(entry => IsIn(entry.Record, daily, month.AddDays(i)))) return true;
        }
        return false;
    }

    private static bool IsIn(Enrollment enrollment, DailyAttendance daily, DateOnly day) =>
        enrollment.SchoolNumber == daily.SchoolNumber && enrollment.NoShow != true && enrollment.StartDate <= day && !(enrollment.EndDate < day);
}
