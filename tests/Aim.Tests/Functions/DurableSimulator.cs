using System.Collections.Concurrent;
using System.Text.Json;
using Aim.Functions.Durable;
using Aim.Tests.Setup;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Aim.Tests.Functions;

/// <summary>
/// Runs orchestrations as Durable Task does, in memory: the body is started anew for every event and replayed from its history, inputs and results pass
/// through JSON, activities are retried by their policy, a failed task tells only its details.
/// </summary>
internal sealed class DurableSimulator(DurableWorkflows workflows, TimeProvider clock) : DurableTaskClient
{
    private readonly ConcurrentDictionary<string, Instance> instances = new();

    /// <summary>Names of the activities as they were called, retries included.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Everything that is written into histories.</summary>
    public ConcurrentQueue<string> History { get; } = new();

    private enum Kind { Activity, Child, Timer, Event }

    private sealed record Completion(int Call, string? Json, TaskFailureDetails? Failure, bool Cancelled = false)
    {
        /// <summary>When the body heard of it, in the first run and in every replay.</summary>
        public DateTime Time { get; init; }
    }

    private sealed class Instance(string name, string id, string input, DateTime started)
    {
        public string Name => name;
        public string Id => id;
        public string Input => input;
        public List<Completion> Completions { get; } = [];
        public ConcurrentQueue<(string Name, string Json)> Events { get; } = new();
        public DateTime Started => started;
        public OrchestrationRuntimeStatus Status { get; set; } = OrchestrationRuntimeStatus.Pending;
        public string? CustomStatus { get; set; }
        public string? Output { get; set; }
        public TaskFailureDetails? Failure { get; set; }
        public TaskCompletionSource Finished { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        var id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        var instance = new Instance(orchestratorName, id, JsonSerializer.Serialize(input), clock.GetUtcNow().UtcDateTime);
        while (!instances.TryAdd(id, instance))
        {
            // As the service does: a status that isn't named is no hindrance, and the instance is replaced.
            if (instances.TryGetValue(id, out var present) && options?.DedupeStatuses?.Contains(present.Status.ToString()) == true) throw new InvalidOperationException($"An instance {id} exists.");
            instances.TryRemove(id, out _);
        }
        _ = Task.Run(() => RunAsync(instance), CancellationToken.None);
        return Task.FromResult(id);
    }

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        instances[instanceId].Events.Enqueue((eventName, JsonSerializer.Serialize(eventPayload)));
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Task.FromResult(instances.TryGetValue(instanceId, out var instance)
            ? new OrchestrationMetadata(instance.Name, instance.Id)
            {
                RuntimeStatus = instance.Status, FailureDetails = instance.Failure, SerializedCustomStatus = instance.CustomStatus, SerializedOutput = getInputsAndOutputs ? instance.Output : null,
                CreatedAt = clock.GetUtcNow(), LastUpdatedAt = clock.GetUtcNow(),
            }
            : null);

    public Task WhenFinishedAsync(string instanceId) => instances[instanceId].Finished.Task;

    private async Task RunAsync(Instance instance)
    {
        instance.Status = OrchestrationRuntimeStatus.Running;
        while (true)
        {
            var episode = new Episode(instance);
            var body = episode.Start(context => workflows.RunAsync(instance.Name, context));
            if (body.IsCompleted)
            {
                Finish(instance, body);
                return;
            }
            instance.Completions.Add(await CarryAsync(instance, episode.Open) with { Time = clock.GetUtcNow().UtcDateTime });
        }
    }

    private void Finish(Instance instance, Task<string> body)
    {
        if (body.IsCompletedSuccessfully)
        {
            instance.Output = JsonSerializer.Serialize(body.Result);
            History.Enqueue(instance.Output);
        }
        else
        {
            instance.Failure = DetailsOf(body.Exception!.InnerException!);
        }
        instance.Status = body.IsCompletedSuccessfully ? OrchestrationRuntimeStatus.Completed : OrchestrationRuntimeStatus.Failed;
        instance.Finished.SetResult();
    }

    private TaskFailureDetails DetailsOf(Exception failure)
    {
        History.Enqueue($"{failure.Message} {failure.InnerException?.Message}");
        // The kind of an exception does not survive; only its text does.
        return new TaskFailureDetails("(unknown)", failure.Message, null, null, null);
    }

    private readonly ConcurrentDictionary<(string Instance, int Call), Task<Completion>> running = new();

    /// <summary>Carries the open calls out, and gives the first that is done.</summary>
    private async Task<Completion> CarryAsync(Instance instance, IReadOnlyList<OpenCall> open)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (true)
        {
            foreach (var call in open)
            {
                if (call.Cancelled) return new Completion(call.Index, null, null, Cancelled: true);
                if (call.Kind == Kind.Timer && clock.GetUtcNow().UtcDateTime >= call.FireAt) return new Completion(call.Index, null, null);
                if (call.Kind == Kind.Event && TakeEvent(instance, call.Name) is { } json) return new Completion(call.Index, json, null);
                if (call.Kind is Kind.Activity or Kind.Child && running.GetOrAdd((instance.Id, call.Index), _ => Task.Run(() => call.Kind == Kind.Activity ? RunActivityAsync(call) : RunChildAsync(call))) is { IsCompleted: true } done)
                    return await done;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        }
    }

    private static string? TakeEvent(Instance instance, string name)
    {
        var kept = new List<(string Name, string Json)>();
        string? found = null;
        while (instance.Events.TryDequeue(out var raised))
        {
            if (found is null && raised.Name == name) found = raised.Json;
            else kept.Add(raised);
        }
        foreach (var raised in kept) instance.Events.Enqueue(raised);
        return found;
    }

    private async Task<Completion> RunActivityAsync(OpenCall call)
    {
        var policy = call.Options?.Retry?.Policy ?? new RetryPolicy(1, TimeSpan.Zero);
        var step = JsonSerializer.Deserialize<StepCall>(call.Json)!;
        History.Enqueue(call.Json);
        for (var (attempt, delay) = (1, policy.FirstRetryInterval); ; attempt++, delay *= policy.BackoffCoefficient)
        {
            Calls.Enqueue(call.Name);
            try
            {
                var outcome = JsonSerializer.Serialize(await workflows.RunStepAsync(call.Name, step, CancellationToken.None));
                History.Enqueue(outcome);
                return new Completion(call.Index, outcome, null);
            }
            catch (Exception failure)
            {
                var details = DetailsOf(failure);
                if (attempt >= policy.MaxNumberOfAttempts) return new Completion(call.Index, null, details);
                await Task.Delay(delay < policy.MaxRetryInterval ? delay : policy.MaxRetryInterval, clock);
            }
        }
    }

    private async Task<Completion> RunChildAsync(OpenCall call)
    {
        var id = ((SubOrchestrationOptions)call.Options!).InstanceId!;
        await ScheduleNewOrchestrationInstanceAsync(call.Name, JsonSerializer.Deserialize<string>(call.Json), new StartOrchestrationOptions(id));
        await WhenFinishedAsync(id);
        return new Completion(call.Index, instances[id].Output, instances[id].Failure);
    }

    private sealed class OpenCall(int index, Kind kind, string name, string json, TaskOptions? options, DateTime fireAt, Action<Completion> complete)
    {
        public int Index => index;
        public Kind Kind => kind;
        public string Name => name;
        public string Json => json;
        public TaskOptions? Options => options;
        public DateTime FireAt => fireAt;
        public bool Cancelled { get; set; }
        public Action<Completion> Complete => complete;
    }

    /// <summary>One run of the body from its beginning through all that is known.</summary>
    private sealed class Episode(Instance instance) : TaskOrchestrationContext
    {
        private readonly Dictionary<int, OpenCall> calls = [];
        private int next;
        private DateTime time = instance.Started;

        public IReadOnlyList<OpenCall> Open => [.. calls.Values.OrderBy(call => call.Index)];

        public Task<string> Start(Func<TaskOrchestrationContext, Task<string>> run)
        {
            var body = run(this);
            foreach (var completion in instance.Completions)
            {
                if (!calls.Remove(completion.Call, out var call)) throw new InvalidOperationException("The body took another way than its history.");
                time = completion.Time;
                call.Complete(completion);
            }
            return body;
        }

        public override string InstanceId => instance.Id;

        public override DateTime CurrentUtcDateTime => time;

        public override T? GetInput<T>() where T : default => JsonSerializer.Deserialize<T>(instance.Input);

        public override void SetCustomStatus(object? customStatus) => instance.CustomStatus = JsonSerializer.Serialize(customStatus);

        public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null) => Add<TResult>(Kind.Activity, name, input, options);

        public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) => Add<TResult>(Kind.Child, orchestratorName, input, options);

        public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) => Add<object?>(Kind.Timer, "timer", null, null, fireAt, cancellationToken);

        public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) => Add<T>(Kind.Event, eventName, null, null, default, cancellationToken);

        private Task<T> Add<T>(Kind kind, string name, object? input, TaskOptions? options, DateTime fireAt = default, CancellationToken cancellationToken = default)
        {
            var source = new TaskCompletionSource<T>();
            var call = new OpenCall(next++, kind, name, JsonSerializer.Serialize(input), options, fireAt, completion =>
            {
                if (completion.Cancelled) source.TrySetCanceled(CancellationToken.None);
                else if (completion.Failure is { } failure) source.TrySetException(new TaskFailedException(name, 0, failure));
                else source.TrySetResult(completion.Json is null ? default! : JsonSerializer.Deserialize<T>(completion.Json)!);
            });
            calls.Add(call.Index, call);
            cancellationToken.Register(() =>
            {
                calls.Remove(call.Index);
                source.TrySetCanceled(CancellationToken.None);
            });
            return source.Task;
        }
    }
}
