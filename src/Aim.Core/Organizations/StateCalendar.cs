namespace Aim.Organizations;

/// <summary>Which day it is in the state: due dates and waiting times end at its midnight. The zone is its agency's, from the newest reference data; UTC while there is none.</summary>
public sealed class StateCalendar(ReferenceLibrary references, TimeProvider clock)
{
    public async Task<TimeZoneInfo> ZoneAsync(CancellationToken cancellation)
    {
        var years = await references.ListYearsAsync(cancellation);
        var agency = years.Count == 0 ? null : (await references.FindAsync(years[^1], cancellation))?.Data.Agency;
        return agency is null ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(agency.TimeZone);
    }

    /// <summary>The day in the state at a moment.</summary>
    public async Task<DateOnly> DayOfAsync(DateTimeOffset moment, CancellationToken cancellation) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, await ZoneAsync(cancellation)).DateTime);

    public Task<DateOnly> TodayAsync(CancellationToken cancellation) => DayOfAsync(clock.GetUtcNow(), cancellation);
}
