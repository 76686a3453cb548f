using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about the school and calendar a row names; the same for every record that names them.</summary>
internal static class SchoolRules
{
    private static readonly Rule School = new("REF-001", Fatal, RuleScope.Row, nameof(Enrollment.SchoolNumber), "School unknown, of another district, or closed",
        "School {SchoolNumber} is not an open school of district {District}.",
        "Correct the school number, or ask the state office to add or reopen the school.") { Basis = "CALPADS SENR0002" };

    private static readonly Rule Calendar = new("REF-002", Fatal, RuleScope.Row, nameof(Enrollment.CalendarNumber), "Calendar unknown",
        "School {SchoolNumber} has no calendar {CalendarNumber} in this school year.",
        "Correct the calendar number, or add the calendar: each school has at least one a year.") { Basis = "AIM calendars, due August 30" };

    public static IEnumerable<Rule> All => [School, Calendar];

    /// <param name="day">The day on which the school must be open for the row to make sense.</param>
    public static RowRule<T>[] For<T>(Func<T, RowFacts, DateOnly> day) where T : IRecord<T>, ISchoolRecord =>
    [
        new(School, (record, facts) => facts.School is null || facts.School.IsClosedOn(day(record, facts)), NeedsReference: true, record => record.SchoolNumber)
            { IsViolatedAnyway = (record, facts) => record.SchoolNumber is not null && facts.School is null },
        new(Calendar, (record, facts) => facts.School is not null && facts.Calendar is null, NeedsReference: true, record => $"{record.SchoolNumber} {record.CalendarNumber}")
            { IsViolatedAnyway = (record, facts) => record.CalendarNumber is not null && facts.School is not null && facts.Calendar is null },
    ];

    /// <summary>For what goes on from one day to another: its last day, or the day of the file while it goes on.</summary>
    public static RowRule<T>[] ForPeriod<T>(Func<T, DateOnly?> end) where T : IRecord<T>, ISchoolRecord => For<T>((record, facts) => end(record) is { } last && last < DayOf(facts) ? last : DayOf(facts));

    /// <summary>For what is about the year as a whole: the first day of the calendar.</summary>
    public static RowRule<T>[] ForYear<T>() where T : IRecord<T>, ISchoolRecord => For<T>((_, facts) => facts.Calendar?.Start ?? facts.AsOf);

    /// <summary>The day of the file. One made before or after the calendar is about its first or last day: rows are still sent and corrected when a school has closed for good, or is yet to open.</summary>
    private static DateOnly DayOf(RowFacts facts) => facts.Calendar switch
    {
        { Start: var start } when facts.AsOf < start => start,
        { End: var end } when facts.AsOf > end => end,
        _ => facts.AsOf,
    };
}
