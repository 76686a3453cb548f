using Aim.Workflows;
using Microsoft.DurableTask;

namespace Aim.Functions.Durable;

/// <summary>What a step is called with: the instance it works for, and its input as JSON.</summary>
public sealed record StepCall(string InstanceId, string Input);

/// <summary>
/// How a step ended. A failure that trying again can't mend is a result and not an exception, because the kind of an exception doesn't survive
/// the way through the host.
/// </summary>
/// <param name="Output">The result as JSON; null when it failed.</param>
/// <param name="Failure">Why it failed for good.</param>
public sealed record StepOutcome(string? Output, string? Failure);

/// <summary>Runs the workflows and steps of the catalogue inside orchestrations and activities.</summary>
public sealed class DurableWorkflows(WorkflowCatalog catalog)
{
    /// <summary>An orchestration's body. No <c>ConfigureAwait(false)</c> here: the body stays on the orchestration's own scheduler.</summary>
    public async Task<string> RunAsync(string workflow, TaskOrchestrationContext context)
    {
        try
        {
            return await catalog.RunWorkflowAsync(workflow, new DurableWorkflowContext(context), context.GetInput<string>()!);
        }
        catch (Exception failure) when (failure is not FaultException)
        {
            throw new FaultException(FaultException.Describe(failure));
        }
    }

    /// <summary>
    /// An activity's body. What it throws is written into the orchestration's history, so only the sentence of a fault or the kind of a failure
    /// leaves here.
    /// </summary>
    public async Task<StepOutcome> RunStepAsync(string step, StepCall call, CancellationToken cancellation)
    {
        try
        {
            return new StepOutcome(await catalog.RunStepAsync(step, call.InstanceId, call.Input, cancellation), null);
        }
        catch (FaultException fault) when (fault.IsPermanent)
        {
            return new StepOutcome(null, fault.Message);
        }
        catch (Exception failure)
        {
            throw new FaultException(FaultException.Describe(failure));
        }
    }
}
