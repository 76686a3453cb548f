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

    public static RowRule<T>[] For<T>(Func<T, DateOnly?> day) where T : IRecord<T>, ISchoolRecord => Of<T>(record => record, day);

    /// <summary>For a type without rules of its own; none when it names no school.</summary>
    public static RowRule<T>[] ForType<T>() where T : IRecord<T> => typeof(ISchoolRecord).IsAssignableFrom(typeof(T)) ? Of<T>(record => (ISchoolRecord)(object)record, _ => null) : [];

    private static RowRule<T>[] Of<T>(Func<T, ISchoolRecord> school, Func<T, DateOnly?> day) where T : IRecord<T> =>
    [
        new(School, (record, facts) => facts.School is null || facts.School.IsClosedOn(day(record) ?? facts.AsOf), NeedsReference: true, record => school(record).SchoolNumber),
        new(Calendar, (record, facts) => facts.School is not null && facts.Calendar is null, NeedsReference: true, record => $"{school(record).SchoolNumber} {school(record).CalendarNumber}"),
    ];
}
