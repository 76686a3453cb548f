namespace Aim.Tests.Setup;

/// <summary>A clock that always says the same, for outputs that carry the time; timers run as usual.</summary>
internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
