using Aim.StateSync;

namespace Aim.Tests.Workflows;

[TestClass]
public sealed class NightClockTests
{
    private static readonly TimeZoneInfo Denver = TimeZoneInfo.FindSystemTimeZoneById("America/Denver");

    private static DateOnly? DateAt(string utc) => NightClock.DateOf(DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture), Denver);

    [TestMethod]
    [DataRow("2026-01-15T06:59Z", "2026-01-14", DisplayName = "the evening before, by the state's clock")]
    [DataRow("2026-01-15T07:00Z", null, DisplayName = "midnight")]
    [DataRow("2026-01-15T07:59Z", null, DisplayName = "a minute to one")]
    [DataRow("2026-01-15T08:00Z", "2026-01-15", DisplayName = "one o'clock")]
    [DataRow("2026-07-15T06:59Z", null, DisplayName = "a minute to one in summer")]
    [DataRow("2026-07-15T07:00Z", "2026-07-15", DisplayName = "one o'clock in summer")]
    [DataRow("2026-03-08T08:00Z", "2026-03-08", DisplayName = "one o'clock of the night without a two")]
    [DataRow("2026-03-08T09:00Z", "2026-03-08", DisplayName = "three o'clock of that night")]
    [DataRow("2026-11-01T06:59Z", null, DisplayName = "a minute to the first one o'clock in November")]
    [DataRow("2026-11-01T07:00Z", "2026-11-01", DisplayName = "the first one o'clock")]
    [DataRow("2026-11-01T08:00Z", "2026-11-01", DisplayName = "the second one o'clock is the same night")]
    public void A_night_begins_at_one_by_the_states_clock(string utc, string? date) =>
        Assert.AreEqual(date is null ? null : DateOnly.Parse(date, System.Globalization.CultureInfo.InvariantCulture), DateAt(utc));

    [TestMethod]
    [DataRow("America/Denver")]
    [DataRow("America/New_York")]
    [DataRow("America/Phoenix")]
    [DataRow("Pacific/Honolulu")]
    public void A_tick_each_hour_finds_every_night_of_three_years_at_one_oclock(string zone)
    {
        var state = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var found = new Dictionary<DateOnly, DateTimeOffset>();
        var end = new DateTimeOffset(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var tick = new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero); tick < end; tick = tick.AddHours(1))
        {
            if (NightClock.DateOf(tick, state) is { } date) found.TryAdd(date, TimeZoneInfo.ConvertTime(tick, state));
        }

        for (var date = new DateOnly(2025, 1, 1); date < new DateOnly(2027, 12, 31); date = date.AddDays(1))
        {
            Assert.AreEqual((date, 1), (DateOnly.FromDateTime(found[date].DateTime), found[date].Hour), $"the first tick that is of the night of {date:O}");
        }
    }
}
