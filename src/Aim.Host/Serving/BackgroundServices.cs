using Aim.Host.Embedded;
using Aim.Ports;
using Aim.StateSync;
using Aim.Uploads;
using Cronos;

namespace Aim.Host.Serving;

/// <summary>Work that goes on while the host serves: it is done in rounds, and a round that fails is done again.</summary>
internal abstract class RoundService(TimeProvider clock, ILogger logger) : BackgroundService
{
    protected TimeProvider Clock => clock;

    protected ILogger Logger => logger;

    /// <summary>When the next round is due.</summary>
    protected abstract TimeSpan UntilNext();

    protected abstract Task RoundAsync(CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(UntilNext(), clock, stoppingToken);
                await RoundAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                ServeLog.ServiceFailed(logger, GetType().Name, failure.GetType().Name);
            }
        }
    }
}

/// <summary>A round at each moment of a schedule, in UTC.</summary>
internal abstract class ScheduledService(string schedule, TimeProvider clock, ILogger logger) : RoundService(clock, logger)
{
    private readonly CronExpression moments = CronExpression.Parse(schedule);

    protected override TimeSpan UntilNext()
    {
        var now = Clock.GetUtcNow();
        return moments.GetNextOccurrence(now, TimeZoneInfo.Utc)!.Value - now;
    }
}

/// <summary>
/// Starts the night: every hour on the hour it looks whether the state's clock has passed one. The night's id is its date, so that a
/// second start does nothing.
/// </summary>
internal sealed class NightSchedule(DataFolder data, TimeProvider clock, ILogger<NightSchedule> logger) : ScheduledService("0 * * * *", clock, logger)
{
    protected override async Task RoundAsync(CancellationToken cancellation)
    {
        if (NightClock.DateOf(Clock.GetUtcNow(), await data.Platform.Calendar.ZoneAsync(cancellation)) is not { } date) return;
        var instance = NightlySyncWorkflow.InstanceOf(date);
        if (await data.Platform.Workflows.StartAsync<NightlySyncWorkflow, NightInput, NightReport>(instance, new NightInput(date, VerifyAll: false), cancellation)) ServeLog.NightStarted(Logger, instance);
    }
}

/// <summary>Takes the snapshots of the collection calendar: every hour it looks which windows have closed by the state's calendar.</summary>
internal sealed class CollectionRounds(DataFolder data, TimeProvider clock, ILogger<CollectionRounds> logger) : ScheduledService("30 * * * *", clock, logger)
{
    protected override async Task RoundAsync(CancellationToken cancellation)
    {
        foreach (var collection in await data.Platform.Collections.StartDueAsync(await data.Platform.Calendar.TodayAsync(cancellation), cancellation)) ServeLog.SnapshotStarted(Logger, collection.Name);
    }
}

/// <summary>
/// Takes up files that are put into the folder by hand or by file transfer, at <c>blobs/uploads/{district}/{year}/{TYPE}/{key}/{file}</c>,
/// once they have stopped growing; and those whose process died before it could start their upload.
/// </summary>
internal sealed class UploadWatcher(DataFolder data, TimeProvider clock, ILogger<UploadWatcher> logger) : RoundService(clock, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly HashSet<BlobRef> known = [];
    private readonly HashSet<BlobRef> told = [];

    protected override TimeSpan UntilNext() => Interval;

    protected override async Task RoundAsync(CancellationToken cancellation)
    {
        var taken = 0;
        await foreach (var blob in data.Ports.Blobs.ListAsync(UploadPath.Root, cancellation))
        {
            if (known.Contains(blob.Ref) || Clock.GetUtcNow() - blob.Written < Quiet) continue;
            try
            {
                if (await data.Platform.Intake.AcceptIfMissedAsync(blob, cancellation)) taken++;
                known.Add(blob.Ref);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
            {
                // Those that come after it must not wait for it. It is tried in every round and told once; without its name, which may be a student's.
                if (told.Add(blob.Ref) && UploadPath.Parse(blob.Path) is { } path) ServeLog.FileNotTaken(Logger, path.District, path.Year, path.Type, path.Key, failure.GetType().Name);
            }
        }
        if (taken > 0) ServeLog.FilesTaken(Logger, taken);
    }
}

/// <summary>Applies pushed sets of changes that nobody's request has: those whose process died, and those that came while their turn had not.</summary>
internal sealed class PushRounds(DataFolder data, TimeProvider clock, ILogger<PushRounds> logger) : RoundService(clock, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    protected override TimeSpan UntilNext() => Interval;

    protected override Task RoundAsync(CancellationToken cancellation) => data.Platform.Pushed.DrainAllAsync(cancellation);
}
