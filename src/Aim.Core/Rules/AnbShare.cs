using Aim.Records;

namespace Aim.Rules;

/// <summary>The part of a student that is counted for average number belonging (ANB), which schools are funded by.</summary>
public static class AnbShare
{
    private const int QuarterHours = 180;
    private const int WholeQuarters = 4;

    /// <summary>
    /// Nothing below 180 hours of instruction a year, then a quarter more for each 180, and a whole student from 720 hours on (MCA 20-9-311). Whoever is
    /// excluded for absence on ten days counts for nothing (ARM 10.20.102).
    /// </summary>
    public static decimal Of(int? aggregateHours, bool isExcluded) =>
        isExcluded || aggregateHours is not > 0 ? 0 : Math.Min(aggregateHours.Value / QuarterHours, WholeQuarters) / (decimal)WholeQuarters;

    public static decimal Of(CountDay count) => Of(count.AggregateHours, count.ExcludeTenDay == true);
}
