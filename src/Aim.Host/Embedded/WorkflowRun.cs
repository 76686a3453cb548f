using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Aim.Workflows;

namespace Aim.Host.Embedded;

/// <summary>A workflow was replayed against a history that another order of calls had written.</summary>
internal sealed class NonDeterministicWorkflowException(string message) : FaultException(message);

/// <summary>Another process has taken the instance over; this run ends without a trace.</summary>
internal sealed class LostInstanceException : Exception;

/// <summary>
/// One instance being run. The body runs in turns on a single logical thread: each entry of the history completes one call, in the order
/// in which it first happened, and the body goes on until it waits again. So a replay takes the same way as the first run did. When the
/// history is used up, open calls are carried out, and what they come to is written down before the body hears of it.
/// </summary>
internal sealed class WorkflowRun : IWorkflowContext, IDisposable
{
    private const string AwaitsSomethingElse = "it awaits something else than its context";

    private readonly WorkflowEngine engine;
    private readonly StoredInstance instance;
    private readonly Channel<Outcome> outcomes = Channel.CreateUnbounded<Outcome>();
    private readonly Dictionary<int, Call> calls = [];
    private readonly Dictionary<int, DateTimeOffset> knownNow = [];
    private readonly HashSet<long> usedSignals = [];
    private readonly TurnContext turns;
    private readonly CancellationTokenSource ending;
    private int position;
    private long sequence;
    private bool isReplaying = true;
    private string? progress;
    private ExceptionDispatchInfo? interruption;

    public WorkflowRun(WorkflowEngine engine, StoredInstance instance, CancellationToken stopping)
    {
        this.engine = engine;
        this.instance = instance;
        turns = new TurnContext(StopTaking);
        ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    public string InstanceId => instance.Id;

    /// <summary>What carrying out a call came to.</summary>
    private sealed record Outcome(int Position, EventKind Kind, string Name, string? Payload, long? Signal = null);

    /// <summary>A call of the body that waits for its outcome.</summary>
    private abstract class Call(int position, string name)
    {
        public int Position => position;
        public string Name => name;

        /// <summary>Does what was called for; a failed attempt leads to another call of it.</summary>
        public required Func<Call, Task<Outcome>> CarryAsync { get; init; }

        public int FailedAttempts { get; set; }
        public DateTimeOffset NotBefore { get; set; }

        public abstract void Complete(string? payload);
        public abstract void Fail(string reason);
    }

    private sealed class Call<T>(int position, string name, Func<string?, T> read) : Call(position, name)
    {
        public TaskCompletionSource<T> Source { get; } = new();

        public override void Complete(string? payload) => Source.SetResult(read(payload));

        public override void Fail(string reason) => Source.SetException(new StepFailedException(Name, reason));
    }

    /// <summary>Runs to the end and writes down how it ended.</summary>
    /// <exception cref="LostInstanceException">Another process runs the instance now.</exception>
    public async Task RunAsync()
    {
        try
        {
            var history = engine.Journal.Read(instance.Id);
            sequence = history.Count == 0 ? 0 : history[^1].Sequence;
            foreach (var entry in history.Where(entry => entry.Kind == EventKind.Now)) knownNow[entry.Position] = ParseMoment(entry.Payload!);

            Task<string> body = null!;
            turns.Run(() => body = engine.Catalog.RunWorkflowAsync(instance.Workflow, this, instance.Input));
            _ = body.ContinueWith(_ => StopTaking(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            foreach (var entry in history) Replay(entry, body);
            isReplaying = false;
            foreach (var call in calls.Values) Start(call);

            while (!body.IsCompleted) await TakeOutcomeAsync();
            await FinishAsync(body);
        }
        catch (NonDeterministicWorkflowException broken)
        {
            await engine.FinishAsync(instance, WorkflowStatus.Failed, null, broken.Message, ending.Token);
        }
        finally
        {
            // Calls still under way (the losers of a WhenAny) have nobody to report to.
            await ending.CancelAsync();
        }
    }

    private void Replay(HistoryEvent entry, Task body)
    {
        if (entry.Kind == EventKind.Now && !calls.ContainsKey(entry.Position)) return;
        if (!calls.TryGetValue(entry.Position, out var call))
            throw Broken($"the history has '{entry.Name}' at position {entry.Position}, where the workflow {(body.IsCompleted ? "has ended already" : "calls nothing")}");
        if (call.Name != entry.Name) throw Broken($"the history has '{entry.Name}' at position {entry.Position}, where the workflow calls '{call.Name}'");
        Apply(entry.Kind, entry.Payload, call);
    }

    private void Apply(EventKind kind, string? payload, Call call)
    {
        if (kind == EventKind.AttemptFailed)
        {
            var parts = payload!.Split(' ');
            call.FailedAttempts = int.Parse(parts[0], CultureInfo.InvariantCulture);
            call.NotBefore = ParseMoment(parts[1]);
            return;
        }
        calls.Remove(call.Position);
        turns.Run(() =>
        {
            if (kind == EventKind.Failed) call.Fail(payload!);
            else call.Complete(payload);
        });
    }

    private async Task TakeOutcomeAsync()
    {
        ThrowIfBroken();
        // A body that waits though it has called for nothing waits for something that no replay could give it.
        if (calls.Count == 0) throw Broken(AwaitsSomethingElse);
        if (!outcomes.Reader.TryPeek(out _)) await ShowProgressAsync();
        if (!await outcomes.Reader.WaitToReadAsync(ending.Token) || !outcomes.Reader.TryRead(out var outcome)) throw Broken(AwaitsSomethingElse);
        var call = calls[outcome.Position];
        if (outcome.Signal is { } signal && !usedSignals.Add(signal))
        {
            // Two waits have found the same signal: it was for the other one.
            Start(call);
            return;
        }
        await AppendAsync(outcome);
        Apply(outcome.Kind, outcome.Payload, call);
        if (outcome.Kind == EventKind.AttemptFailed) Start(call);
    }

    private void StopTaking() => outcomes.Writer.TryComplete();

    private async Task ShowProgressAsync()
    {
        if (progress is not { } text) return;
        if (!await engine.Journal.ShowAsync(engine.Owner, instance.Id, text, ending.Token)) throw new LostInstanceException();
        progress = null;
    }

    private async Task AppendAsync(Outcome outcome)
    {
        var entry = new HistoryEvent(++sequence, outcome.Position, outcome.Kind, outcome.Name, outcome.Payload);
        if (!await engine.Journal.AppendAsync(engine.Owner, instance.Id, entry, outcome.Signal, progress, ending.Token)) throw new LostInstanceException();
        progress = null;
    }

    private async Task FinishAsync(Task<string> body)
    {
        ThrowIfBroken();
        try
        {
            var output = await body;
            await engine.FinishAsync(instance, WorkflowStatus.Completed, output, null, ending.Token);
        }
        catch (Exception failure) when (!body.IsCompletedSuccessfully)
        {
            await engine.FinishAsync(instance, WorkflowStatus.Failed, null, FaultException.Describe(failure), ending.Token);
        }
    }

    private void ThrowIfBroken()
    {
        interruption?.Throw();
        if (turns.WasEnteredFromOutside) throw Broken(AwaitsSomethingElse);
    }

    private NonDeterministicWorkflowException Broken(string how) =>
        new($"The workflow {instance.Workflow} can't be replayed for {instance.Id}: {how}. A changed order of steps ships as a new workflow.") { IsPermanent = true };

    private Task<T> Register<T>(Call<T> call)
    {
        RequireTurn();
        calls.Add(call.Position, call);
        if (!isReplaying) Start(call);
        return call.Source.Task;
    }

    /// <summary>A body that called from another thread would be called a second time at the same position by a replay.</summary>
    private void RequireTurn()
    {
        if (turns.IsHere) return;
        turns.NoteEntry();
        throw Broken(AwaitsSomethingElse);
    }

    private void Start(Call call) => _ = Task.Run(async () =>
    {
        try
        {
            outcomes.Writer.TryWrite(await call.CarryAsync(call));
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The run is ending; if it was stopped, whoever takes the instance up next carries the call out.
        }
        catch (Exception failure)
        {
            // The journal failed, not the call: the run ends here and is taken up again.
            outcomes.Writer.TryComplete(failure);
        }
    });

    public DateTimeOffset Now
    {
        get
        {
            RequireTurn();
            var at = ++position;
            if (knownNow.TryGetValue(at, out var known)) return known;
            var now = engine.Clock.GetUtcNow();
            // Written before the body sees it. A turn can't await, so it waits for another thread to write.
            try
            {
                Task.Run(() => AppendAsync(new Outcome(at, EventKind.Now, nameof(Now), FormatMoment(now)))).GetAwaiter().GetResult();
            }
            catch (Exception failure)
            {
                // Not a failure of the workflow: the run ends here, and the instance is taken up again from what is written.
                interruption = ExceptionDispatchInfo.Capture(failure);
                throw;
            }
            return now;
        }
    }

    public Task<TOut> CallAsync<TIn, TOut>(Step<TIn, TOut> step, TIn input)
    {
        var json = WorkflowCatalog.Serialize(input);
        return Register(new Call<TOut>(++position, step.Name, payload => WorkflowCatalog.Deserialize<TOut>(payload!)) { CarryAsync = call => CarryStepAsync(call, step.Retry, json) });
    }

    private async Task<Outcome> CarryStepAsync(Call call, RetryPolicy retry, string input)
    {
        await WaitUntilAsync(call.NotBefore);
        try
        {
            return new Outcome(call.Position, EventKind.Completed, call.Name, await engine.RunStepAsync(call.Name, instance.Id, input, ending.Token));
        }
        catch (Exception failure) when (!ending.IsCancellationRequested)
        {
            var attempts = call.FailedAttempts + 1;
            // However long a disk stays full, work that waits for room is not given up.
            var isLast = failure is not StorageFullException && (attempts >= retry.MostAttempts || failure is FaultException { IsPermanent: true });
            engine.Report(instance, call.Name, attempts, isLast, failure);
            if (isLast) return new Outcome(call.Position, EventKind.Failed, call.Name, FaultException.Describe(failure));
            var next = engine.Clock.GetUtcNow() + retry.DelayAfter(attempts);
            return new Outcome(call.Position, EventKind.AttemptFailed, call.Name, FormattableString.Invariant($"{attempts} {FormatMoment(next)}"));
        }
    }

    public Task<TOut> CallChildAsync<TWorkflow, TIn, TOut>(string instanceId, TIn input) where TWorkflow : Workflow<TIn, TOut>
    {
        var (name, json) = (WorkflowCatalog.NameOf<TWorkflow>(), WorkflowCatalog.Serialize(input));
        return Register(new Call<TOut>(++position, name, payload => WorkflowCatalog.Deserialize<TOut>(payload!)) { CarryAsync = call => CarryChildAsync(call, instanceId, json) });
    }

    private async Task<Outcome> CarryChildAsync(Call call, string id, string input)
    {
        await engine.CreateAsync(id, call.Name, input, ending.Token);
        var state = await engine.WhenFinishedAsync(id, ending.Token);
        return state.Status == WorkflowStatus.Completed
            ? new Outcome(call.Position, EventKind.Completed, call.Name, state.Output)
            : new Outcome(call.Position, EventKind.Failed, call.Name, state.Failure ?? state.Status.ToString());
    }

    public Task<T?> WaitForSignalAsync<T>(Signal<T> signal, TimeSpan timeout) where T : class
    {
        var due = Now + timeout;
        return Register(new Call<T?>(++position, signal.Name, payload => payload is null ? null : WorkflowCatalog.Deserialize<T>(payload)) { CarryAsync = call => CarryWaitAsync(call, due) });
    }

    private async Task<Outcome> CarryWaitAsync(Call call, DateTimeOffset due)
    {
        while (true)
        {
            var signaled = engine.WhenSignaledAsync(instance.Id, ending.Token);
            if (engine.Journal.FindSignal(instance.Id, call.Name) is { } signal) return new Outcome(call.Position, EventKind.Signaled, call.Name, signal.Payload, signal.Id);
            if (engine.Clock.GetUtcNow() >= due) return new Outcome(call.Position, EventKind.TimedOut, call.Name, null);
            await Task.WhenAny(signaled, WaitUntilAsync(due));
            ending.Token.ThrowIfCancellationRequested();
        }
    }

    public Task SleepUntilAsync(DateTimeOffset moment) => Register(new Call<bool>(++position, "Sleep", _ => true)
    {
        CarryAsync = async call =>
        {
            await WaitUntilAsync(moment);
            return new Outcome(call.Position, EventKind.TimerFired, call.Name, null);
        },
    });

    public void SetStatus(string status) => progress = status;

    private async Task WaitUntilAsync(DateTimeOffset moment)
    {
        // In stretches: a timer can't be set for longer than about seven weeks.
        for (var left = moment - engine.Clock.GetUtcNow(); left > TimeSpan.Zero; left = moment - engine.Clock.GetUtcNow())
            await Task.Delay(left < TimeSpan.FromDays(1) ? left : TimeSpan.FromDays(1), engine.Clock, ending.Token);
    }

    private static string FormatMoment(DateTimeOffset moment) => moment.UtcTicks.ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset ParseMoment(string ticks) => new(long.Parse(ticks, CultureInfo.InvariantCulture), TimeSpan.Zero);

    public void Dispose() => ending.Dispose();
}
