using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Aim.Workflows;

namespace Aim.Host.Embedded;

/// <summary>How the engine shares the machine and its instances.</summary>
internal sealed record EngineOptions
{
    /// <summary>How long an instance stays with a process that doesn't renew it; then another one takes it up.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often to look for instances and signals of other processes.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>More than there are cores: most steps wait for the disk now and then.</summary>
    public int StepsAtOnce { get; init; } = 16;

    public int MostRuns { get; init; } = 1000;
}

/// <summary>
/// Runs workflows from their journal: takes up instances that nobody runs, keeps them by a lease, and starts over from the history
/// after a crash. Two processes may share a journal.
/// </summary>
internal sealed class WorkflowEngine : IWorkflowClient, IAsyncDisposable
{
    private readonly EngineOptions options;
    private readonly ILogger logger;
    private readonly SemaphoreSlim steps;
    private readonly SemaphoreSlim nudge = new(0);
    private readonly ConcurrentDictionary<string, Task> runs = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> signals = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> finishes = new();
    private readonly CancellationTokenSource stopping = new();
    private Task pumping = Task.CompletedTask;

    public WorkflowEngine(WorkflowJournal journal, WorkflowCatalog catalog, TimeProvider clock, ILogger<WorkflowEngine> logger, EngineOptions? options = null)
    {
        Journal = journal;
        Catalog = catalog;
        Clock = clock;
        this.logger = logger;
        this.options = options ?? new EngineOptions();
        steps = new SemaphoreSlim(this.options.StepsAtOnce);
        Owner = $"{Environment.ProcessId}-{Guid.NewGuid():N}";
    }

    internal WorkflowJournal Journal { get; }
    internal WorkflowCatalog Catalog { get; }
    internal TimeProvider Clock { get; }
    internal string Owner { get; }

    /// <summary>The instances for which somebody waits for a signal, for tests.</summary>
    internal ICollection<string> Awaited => signals.Keys;

    /// <summary>Starts taking up instances; before that, starts and signals are only stored.</summary>
    public void Start() => pumping = Task.Run(PumpAsync);

    public async Task<bool> StartAsync<TWorkflow, TIn, TOut>(string instanceId, TIn input, CancellationToken cancellation) where TWorkflow : Workflow<TIn, TOut> =>
        await CreateAsync(instanceId, WorkflowCatalog.NameOf<TWorkflow>(), WorkflowCatalog.Serialize(input), cancellation);

    internal async Task<bool> CreateAsync(string id, string workflow, string input, CancellationToken cancellation)
    {
        var created = await Journal.CreateAsync(id, workflow, input, cancellation);
        if (created) nudge.Release();
        return created;
    }

    public async Task<bool> SignalAsync<T>(string instanceId, Signal<T> signal, T payload, CancellationToken cancellation) where T : class
    {
        var sent = await Journal.SignalAsync(instanceId, signal.Name, WorkflowCatalog.Serialize(payload), cancellation);
        if (signals.TryRemove(instanceId, out var waiting)) waiting.TrySetResult();
        return sent;
    }

    public Task<WorkflowState?> FindAsync(string instanceId, CancellationToken cancellation) => Task.FromResult(Journal.Find(instanceId));

    /// <summary>Waits for an instance to end, in whichever process.</summary>
    public async Task<WorkflowState> WhenFinishedAsync(string instanceId, CancellationToken cancellation)
    {
        while (true)
        {
            var finish = finishes.GetOrAdd(instanceId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (Journal.Find(instanceId) is { IsFinished: true } state)
            {
                finishes.TryRemove(instanceId, out _);
                return state;
            }
            await Task.WhenAny(finish.Task, Task.Delay(options.Poll, Clock, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Ends when a signal for the instance may have come.</summary>
    internal async Task WhenSignaledAsync(string instanceId, CancellationToken cancellation)
    {
        var waiting = signals.GetOrAdd(instanceId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await Task.WhenAny(waiting.Task, Task.Delay(options.Poll, Clock, cancellation));
        // A wait that was begun when its run had ended: nobody else would remove it.
        if (cancellation.IsCancellationRequested) signals.TryRemove(KeyValuePair.Create(instanceId, waiting));
    }

    internal async Task<string> RunStepAsync(string name, string instanceId, string input, CancellationToken cancellation)
    {
        await steps.WaitAsync(cancellation);
        try
        {
            return await Catalog.RunStepAsync(name, instanceId, input, cancellation);
        }
        finally
        {
            steps.Release();
        }
    }

    internal async Task FinishAsync(StoredInstance instance, WorkflowStatus status, string? output, string? failure, CancellationToken cancellation)
    {
        if (!await Journal.FinishAsync(Owner, instance.Id, status, output, failure, cancellation)) throw new LostInstanceException();
        if (status == WorkflowStatus.Failed) EngineLog.InstanceFailed(logger, instance.Workflow, instance.Id, failure ?? "");
        if (finishes.TryRemove(instance.Id, out var waiting)) waiting.TrySetResult();
    }

    internal void Report(StoredInstance instance, string step, int attempt, bool isLast, Exception failure)
    {
        // The kind of a failure only: a message might quote a row.
        if (isLast) EngineLog.StepGivenUp(logger, step, instance.Id, attempt, FaultException.Describe(failure));
        else EngineLog.StepFailed(logger, step, instance.Id, attempt, failure.GetType().Name);
    }

    private async Task PumpAsync()
    {
        var renewAt = Clock.GetUtcNow() + options.Lease / 3;
        var isFirst = true;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (isFirst) await Journal.ReleaseEndedAsync(HasEnded, stopping.Token);
                isFirst = false;
                await TakeUpAsync();
                if (Clock.GetUtcNow() >= renewAt)
                {
                    await Journal.RenewAsync(Owner, options.Lease, [.. runs.Keys], stopping.Token);
                    renewAt = Clock.GetUtcNow() + options.Lease / 3;
                }
                using var woken = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
                await Task.WhenAny(nudge.WaitAsync(woken.Token), Task.Delay(options.Poll, Clock, woken.Token));
                await woken.CancelAsync();
                while (nudge.Wait(0, CancellationToken.None)) { }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                EngineLog.PumpFailed(logger, FaultException.Describe(failure));
                await Task.Delay(options.Poll, Clock, stopping.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    /// <summary>
    /// Whether an owner was a process that is no more: its instances need not wait for their lease to run out. If it should be alive
    /// after all, unseen from here, it finds its instances taken and leaves them.
    /// </summary>
    private static bool HasEnded(string owner)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse(owner.AsSpan(0, owner.IndexOf('-')), CultureInfo.InvariantCulture));
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private async Task TakeUpAsync()
    {
        var room = options.MostRuns - runs.Count;
        if (room <= 0) return;
        foreach (var instance in await Journal.AcquireAsync(Owner, options.Lease, room, [.. runs.Keys], stopping.Token))
        {
            var run = new TaskCompletionSource();
            if (!runs.TryAdd(instance.Id, run.Task)) continue;
            _ = Task.Run(() => RunAsync(instance, run));
        }
    }

    private async Task RunAsync(StoredInstance instance, TaskCompletionSource done)
    {
        try
        {
            using var run = new WorkflowRun(this, instance, stopping.Token);
            await run.RunAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped in the middle: the next process goes on from the journal.
        }
        catch (LostInstanceException)
        {
            EngineLog.InstanceLost(logger, instance.Id);
        }
        catch (Exception failure)
        {
            // The journal could not be written. The lease runs out, and the instance is taken up again from what is written.
            EngineLog.RunInterrupted(logger, instance.Id, FaultException.Describe(failure));
        }
        finally
        {
            // Its wait may have ended by its timeout, or by a signal from another process.
            signals.TryRemove(instance.Id, out _);
            runs.TryRemove(instance.Id, out _);
            done.SetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await pumping;
        await Task.WhenAll(runs.Values);
        await Journal.ReleaseAsync(Owner, CancellationToken.None);
        stopping.Dispose();
        steps.Dispose();
        nudge.Dispose();
    }
}

internal static partial class EngineLog
{
    [LoggerMessage(1, LogLevel.Warning, "Step {Step} of {Instance} failed at attempt {Attempt} ({Kind}); it will be tried again")]
    public static partial void StepFailed(ILogger logger, string step, string instance, int attempt, string kind);

    [LoggerMessage(2, LogLevel.Error, "Step {Step} of {Instance} failed for good at attempt {Attempt}: {Reason}")]
    public static partial void StepGivenUp(ILogger logger, string step, string instance, int attempt, string reason);

    [LoggerMessage(3, LogLevel.Error, "Workflow {Workflow} {Instance} failed: {Reason}")]
    public static partial void InstanceFailed(ILogger logger, string workflow, string instance, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Another process runs {Instance} now")]
    public static partial void InstanceLost(ILogger logger, string instance);

    [LoggerMessage(5, LogLevel.Warning, "The run of {Instance} was interrupted ({Reason}); it will be taken up again")]
    public static partial void RunInterrupted(ILogger logger, string instance, string reason);

    [LoggerMessage(6, LogLevel.Warning, "The journal could not be read or written ({Reason})")]
    public static partial void PumpFailed(ILogger logger, string reason);
}
