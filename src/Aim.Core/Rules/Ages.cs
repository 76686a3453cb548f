using Aim.Records;

namespace Aim.Rules;

/// <summary>Ages and days that the law counts by.</summary>
public static class Ages
{
    /// <summary>Whole years lived on that day.</summary>
    public static int On(DateOnly birth, DateOnly day)
    {
        var years = day.Year - birth.Year;
        return day < birth.AddYears(years) ? years - 1 : years;
    }

    /// <summary>The usual age in kindergarten; in each grade after it a year more.</summary>
    public const int Kindergarten = 5;

    /// <summary>September 10: a child must be five by then to enter kindergarten (MCA 20-7-117).</summary>
    public static DateOnly SchoolEntryDay(SchoolYear year) => new(year.EndYear - 1, 9, 10);

    /// <summary>The first Monday of October: fall count (MCA 20-9-311) and special-education child count.</summary>
    public static DateOnly FallCountDay(SchoolYear year) => FirstMonday(year.EndYear - 1, 10);

    /// <summary>The first Monday of February: spring count (MCA 20-9-311).</summary>
    public static DateOnly SpringCountDay(SchoolYear year) => FirstMonday(year.EndYear, 2);

    /// <summary>The state's count day for a type of count; null for any other type.</summary>
    public static DateOnly? CountDayOf(RecordType type, SchoolYear year) =>
        type == RecordTypes.FallCount ? FallCountDay(year) : type == RecordTypes.SpringCount ? SpringCountDay(year) : null;

    private static DateOnly FirstMonday(int year, int month)
    {
        var first = new DateOnly(year, month, 1);
        return first.AddDays(((int)DayOfWeek.Monday - (int)first.DayOfWeek + 7) % 7);
    }
}
