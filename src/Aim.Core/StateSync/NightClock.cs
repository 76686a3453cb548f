namespace Aim.StateSync;

/// <summary>Decides by the state's own clock whether it is time for a night's sync.</summary>
public static class NightClock
{
    /// <summary>
    /// One o'clock exists on every day: clocks jump from two to three in March. A tick each hour finds it whatever the offset is.
    /// </summary>
    private const int Hour = 1;

    /// <summary>The date whose night is due or has been; null between midnight and one, while it is still the night before.</summary>
    public static DateOnly? DateOf(DateTimeOffset now, TimeZoneInfo state)
    {
        var local = TimeZoneInfo.ConvertTime(now, state);
        return local.Hour >= Hour ? DateOnly.FromDateTime(local.DateTime) : null;
    }
}
