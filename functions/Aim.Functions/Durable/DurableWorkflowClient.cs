using Aim.Workflows;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Aim.Functions.Durable;

/// <summary>
/// Starts, signals and finds orchestrations. Each function that may do so is handed a client by its binding and lends it to the code it calls
/// with <see cref="Use"/>.
/// </summary>
public sealed class DurableWorkflowClient : IWorkflowClient
{
    private static readonly OrchestrationRuntimeStatus[] EveryStatus =
    [
        OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended,
        OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated,
    ];

    private readonly AsyncLocal<DurableTaskClient?> current = new();

    private DurableTaskClient Client => current.Value ?? throw new InvalidOperationException("The function has no Durable client binding; add [DurableClient] and lend it.");

    /// <summary>Lends a client to everything that the present function calls.</summary>
    public void Use(DurableTaskClient client) => current.Value = client;

    public async Task<bool> StartAsync<TWorkflow, TIn, TOut>(string instanceId, TIn input, CancellationToken cancellation) where TWorkflow : Workflow<TIn, TOut>
    {
        if (await Client.GetInstanceAsync(instanceId, false, cancellation) is not null) return false;
        try
        {
            // Said explicitly: by default a finished instance would be started over under its old id.
            var options = new StartOrchestrationOptions(instanceId).WithDedupeStatuses(EveryStatus);
            await Client.ScheduleNewOrchestrationInstanceAsync(WorkflowCatalog.NameOf<TWorkflow>(), WorkflowCatalog.Serialize(input), options, cancellation);
            return true;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // Somebody was faster. Which exception says so differs between back ends; that the instance is there doesn't.
            if (await Client.GetInstanceAsync(instanceId, false, cancellation) is null) throw;
            return false;
        }
    }

    public async Task<bool> SignalAsync<T>(string instanceId, Signal<T> signal, T payload, CancellationToken cancellation) where T : class
    {
        if (await Client.GetInstanceAsync(instanceId, false, cancellation) is not { IsCompleted: false }) return false;
        await Client.RaiseEventAsync(instanceId, signal.Name, WorkflowCatalog.Serialize(payload), cancellation);
        return true;
    }

    public async Task<WorkflowState?> FindAsync(string instanceId, CancellationToken cancellation) =>
        await Client.GetInstanceAsync(instanceId, true, cancellation) is { } instance ? StateOf(instance) : null;

    private static WorkflowState StateOf(OrchestrationMetadata instance)
    {
        var status = StatusOf(instance.RuntimeStatus);
        return new WorkflowState(
            instance.InstanceId, instance.Name, status, status is WorkflowStatus.Pending or WorkflowStatus.Running ? instance.ReadCustomStatusAs<string>() : null,
            status == WorkflowStatus.Completed ? instance.ReadOutputAs<string>() : null, instance.FailureDetails?.ErrorMessage, instance.CreatedAt, instance.LastUpdatedAt);
    }

    private static WorkflowStatus StatusOf(OrchestrationRuntimeStatus status) => status switch
    {
        OrchestrationRuntimeStatus.Pending => WorkflowStatus.Pending,
        OrchestrationRuntimeStatus.Completed => WorkflowStatus.Completed,
        OrchestrationRuntimeStatus.Failed => WorkflowStatus.Failed,
        OrchestrationRuntimeStatus.Terminated => WorkflowStatus.Terminated,
        _ => WorkflowStatus.Running,
    };
}
