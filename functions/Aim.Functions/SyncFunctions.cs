using Aim.StateSync;
using Microsoft.Azure.Functions.Worker;

namespace Aim.Functions;

/// <summary>Triggers of the nightly sync.</summary>
public sealed class SyncFunctions(AimPlatform platform, TimeProvider clock, TimeZoneInfo stateZone)
{
    /// <summary>Ticks every hour in UTC; the first tick at or after one o'clock of the state starts the night, whose id is its date.</summary>
    [Function(nameof(StartNight))]
    public async Task StartNight([TimerTrigger("0 0 * * * *")] TimerInfo timer, CancellationToken cancellation)
    {
        if (NightClock.DateOf(clock.GetUtcNow(), stateZone) is not { } date) return;
        await platform.Workflows.StartAsync<NightlySyncWorkflow, NightInput, NightReport>(NightlySyncWorkflow.InstanceOf(date), new NightInput(date, VerifyAll: false), cancellation);
    }
}
