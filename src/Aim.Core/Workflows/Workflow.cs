namespace Aim.Workflows;

/// <summary>How often and how patiently a failing step is tried again.</summary>
public sealed record RetryPolicy(int MostAttempts, TimeSpan FirstDelay, double Backoff, TimeSpan LongestDelay)
{
    /// <summary>For steps whose failure is an outage of a store: about a quarter of an hour in all.</summary>
    public static RetryPolicy Outage { get; } = new(10, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(5));

    /// <summary>The wait after that many failed attempts, the first being 1.</summary>
    public TimeSpan DelayAfter(int attempt)
    {
        var delay = FirstDelay.TotalSeconds * Math.Pow(Backoff, attempt - 1);
        return TimeSpan.FromSeconds(Math.Min(delay, LongestDelay.TotalSeconds));
    }
}

/// <summary>
/// A unit of work that a workflow calls. Its name, once shipped, never changes: running instances have it in their history. It takes ids
/// and blob references, never student data, and doing it twice comes to the same as doing it once.
/// </summary>
public sealed record Step<TIn, TOut>(string Name)
{
    public RetryPolicy Retry { get; init; } = RetryPolicy.Outage;
}

/// <summary>A message that a running workflow can wait for.</summary>
public sealed record Signal<T>(string Name);

/// <summary>
/// A durable process. It is created without arguments, keeps no fields, awaits nothing but its context, and takes time and chance from
/// nowhere else; so it can be replayed from its history after a crash. A changed order of steps ships as a new workflow beside this one.
/// </summary>
public abstract class Workflow<TIn, TOut>
{
    public abstract Task<TOut> RunAsync(IWorkflowContext context, TIn input);
}

/// <summary>
/// What a workflow may do. The rules are those of Durable Task, of which this is a strict subset: <c>Task.WhenAll</c> and
/// <c>Task.WhenAny</c> over these tasks only, no <c>ConfigureAwait(false)</c>.
/// </summary>
public interface IWorkflowContext
{
    string InstanceId { get; }

    /// <summary>The time, the same in every replay.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Calls a step, trying again by its policy.</summary>
    /// <exception cref="StepFailedException">The last attempt failed too.</exception>
    Task<TOut> CallAsync<TIn, TOut>(Step<TIn, TOut> step, TIn input);

    /// <summary>Runs another workflow under an id of its own and waits for its result.</summary>
    /// <exception cref="StepFailedException">The child failed.</exception>
    Task<TOut> CallChildAsync<TWorkflow, TIn, TOut>(string instanceId, TIn input) where TWorkflow : Workflow<TIn, TOut>;

    /// <summary>The payload of the next signal of that name, or null when the time has passed without one.</summary>
    Task<T?> WaitForSignalAsync<T>(Signal<T> signal, TimeSpan timeout) where T : class;

    /// <summary>Returns at the moment, or at once when it has passed.</summary>
    Task SleepUntilAsync(DateTimeOffset moment);

    /// <summary>Makes a short text of progress visible to who asks for the instance. Ids and counts only.</summary>
    void SetStatus(string status);
}

/// <summary>
/// A step or child workflow failed for good. The message is free of student data: it is that of a <see cref="FaultException"/>, or the
/// failure's type alone.
/// </summary>
public sealed class StepFailedException(string step, string reason) : Exception($"{step} failed: {reason}")
{
    public string Step { get; } = step;

    /// <summary>What went wrong, as a sentence or the name of an exception.</summary>
    public string Reason { get; } = reason;
}

/// <summary>A failure whose message is a sentence for people and holds no student data, so it may be stored and shown.</summary>
public class FaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when trying again can't help.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>What may be told of a failure: the sentence of a <see cref="FaultException"/>, else only its kind.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        FaultException fault => fault.Message,
        StepFailedException step => step.Reason,
        _ => failure.GetType().Name,
    };
}

/// <summary>The storage has no room left.</summary>
public sealed class StorageFullException(Exception? inner = null)
    : FaultException("The storage is full. Nothing was lost: free some space, and the work goes on where it stopped.", inner);

public enum WorkflowStatus { Pending = 1, Running = 2, Completed = 3, Failed = 4, Terminated = 5 }

/// <summary>What is known of an instance.</summary>
/// <param name="Progress">The text of <see cref="IWorkflowContext.SetStatus"/>.</param>
/// <param name="Output">The result as JSON, once completed.</param>
/// <param name="Failure">Why it failed.</param>
public sealed record WorkflowState(
    string InstanceId, string Workflow, WorkflowStatus Status, string? Progress, string? Output, string? Failure, DateTimeOffset Created, DateTimeOffset Updated)
{
    public bool IsFinished => Status is WorkflowStatus.Completed or WorkflowStatus.Failed or WorkflowStatus.Terminated;
}

/// <summary>Starts, signals and finds workflows.</summary>
public interface IWorkflowClient
{
    /// <summary>Starts an instance; false when there is one of that id already, running or finished. Returns once it is stored.</summary>
    Task<bool> StartAsync<TWorkflow, TIn, TOut>(string instanceId, TIn input, CancellationToken cancellation) where TWorkflow : Workflow<TIn, TOut>;

    /// <summary>Sends a signal, which is kept until the workflow waits for it; false when no such instance is running.</summary>
    Task<bool> SignalAsync<T>(string instanceId, Signal<T> signal, T payload, CancellationToken cancellation) where T : class;

    /// <summary>Null when there is no such instance.</summary>
    Task<WorkflowState?> FindAsync(string instanceId, CancellationToken cancellation);
}
