using Aim.Workflows;
using Microsoft.DurableTask;
using DurableRetryPolicy = Microsoft.DurableTask.RetryPolicy;
using RetryPolicy = Aim.Workflows.RetryPolicy;

namespace Aim.Functions.Durable;

/// <summary>The workflow contract on a Durable Task orchestration: each member is one of the orchestration's own.</summary>
public sealed class DurableWorkflowContext(TaskOrchestrationContext context) : IWorkflowContext
{
    public string InstanceId => context.InstanceId;

    public DateTimeOffset Now => new(DateTime.SpecifyKind(context.CurrentUtcDateTime, DateTimeKind.Utc));

    public async Task<TOut> CallAsync<TIn, TOut>(Step<TIn, TOut> step, TIn input)
    {
        StepOutcome outcome;
        try
        {
            outcome = await context.CallActivityAsync<StepOutcome>(step.Name, new StepCall(InstanceId, WorkflowCatalog.Serialize(input)), OptionsOf(step.Retry));
        }
        catch (TaskFailedException failure)
        {
            throw new StepFailedException(step.Name, failure.FailureDetails.ErrorMessage);
        }
        return outcome.Failure is { } reason ? throw new StepFailedException(step.Name, reason) : WorkflowCatalog.Deserialize<TOut>(outcome.Output!);
    }

    public async Task<TOut> CallChildAsync<TWorkflow, TIn, TOut>(string instanceId, TIn input) where TWorkflow : Workflow<TIn, TOut>
    {
        var name = WorkflowCatalog.NameOf<TWorkflow>();
        try
        {
            return WorkflowCatalog.Deserialize<TOut>(await context.CallSubOrchestratorAsync<string>(name, WorkflowCatalog.Serialize(input), new SubOrchestrationOptions((TaskRetryOptions?)null, instanceId)));
        }
        catch (TaskFailedException failure)
        {
            throw new StepFailedException(name, failure.FailureDetails.ErrorMessage);
        }
    }

    public async Task<T?> WaitForSignalAsync<T>(Signal<T> signal, TimeSpan timeout) where T : class
    {
        try
        {
            return WorkflowCatalog.Deserialize<T>(await context.WaitForExternalEvent<string>(signal.Name, timeout));
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public Task SleepUntilAsync(DateTimeOffset moment) => moment <= Now ? Task.CompletedTask : context.CreateTimer(moment.UtcDateTime, CancellationToken.None);

    public void SetStatus(string status) => context.SetCustomStatus(status);

    private static TaskOptions OptionsOf(RetryPolicy retry) =>
        TaskOptions.FromRetryPolicy(new DurableRetryPolicy(retry.MostAttempts, retry.FirstDelay, retry.Backoff, retry.LongestDelay));
}
