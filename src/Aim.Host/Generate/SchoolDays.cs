using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>The days on which the schools of the sample state teach: weekdays without holidays and breaks, some 180 a year.</summary>
internal sealed class SchoolDays(SchoolYear year)
{
    private readonly Dictionary<(DateOnly, DateOnly), IReadOnlyList<DateOnly>> known = [];

    private readonly (DateOnly First, DateOnly Last)[] free =
    [
        Single(Nth(year.EndYear - 1, 9, DayOfWeek.Monday, 1)), // Labor Day
        TwoDaysFrom(Nth(year.EndYear - 1, 10, DayOfWeek.Thursday, 3)), // educators' days
        (Nth(year.EndYear - 1, 11, DayOfWeek.Thursday, 4).AddDays(-1), Nth(year.EndYear - 1, 11, DayOfWeek.Thursday, 4).AddDays(1)), // Thanksgiving
        (new DateOnly(year.EndYear - 1, 12, 22), new DateOnly(year.EndYear, 1, 2)), // winter break
        Single(Nth(year.EndYear, 1, DayOfWeek.Monday, 3)), // Martin Luther King Day
        Single(Nth(year.EndYear, 2, DayOfWeek.Monday, 3)), // Presidents' Day
        (Nth(year.EndYear, 3, DayOfWeek.Monday, 4), Nth(year.EndYear, 3, DayOfWeek.Monday, 4).AddDays(4)), // spring break
        TwoDaysFrom(Nth(year.EndYear, 4, DayOfWeek.Thursday, 3)), // spring holiday
        Single(Nth(year.EndYear, 6, DayOfWeek.Monday, 1).AddDays(-7)), // Memorial Day
    ];

    public bool IsInSession(DateOnly day) =>
        day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && !Array.Exists(free, period => day >= period.First && day <= period.Last);

    /// <summary>The school days from one day to another, both included.</summary>
    public IReadOnlyList<DateOnly> Between(DateOnly first, DateOnly last)
    {
        if (known.TryGetValue((first, last), out var days)) return days;
        var inSession = new List<DateOnly>();
        for (var day = first; day <= last; day = day.AddDays(1)) if (IsInSession(day)) inSession.Add(day);
        return known[(first, last)] = inSession;
    }

    /// <summary>The first day of school from a day on.</summary>
    public DateOnly From(DateOnly day)
    {
        while (!IsInSession(day)) day = day.AddDays(1);
        return day;
    }

    /// <summary>The first Monday of March, around which the test window lies.</summary>
    public static DateOnly TestWindow(SchoolYear year) => Nth(year.EndYear, 3, DayOfWeek.Monday, 1);

    private static (DateOnly, DateOnly) Single(DateOnly day) => (day, day);

    private static (DateOnly, DateOnly) TwoDaysFrom(DateOnly day) => (day, day.AddDays(1));

    private static DateOnly Nth(int year, int month, DayOfWeek weekday, int which)
    {
        var first = new DateOnly(year, month, 1);
        return first.AddDays(((int)weekday - (int)first.DayOfWeek + 7) % 7 + 7 * (which - 1));
    }
}
