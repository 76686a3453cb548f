namespace Aim.Tests.Setup;

/// <summary>A clock that stands still until it is moved on by hand; timers run as usual.</summary>
internal sealed class HandClock(DateTimeOffset start) : TimeProvider
{
    private long passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => start.AddTicks(Interlocked.Read(ref passed));

    public override long GetTimestamp() => Interlocked.Read(ref passed);

    public void Pass(TimeSpan time) => Interlocked.Add(ref passed, time.Ticks);
}
