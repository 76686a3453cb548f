using Aim.Functions.Durable;
using Aim.Snapshots;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Aim.Functions;

/// <summary>Snapshots: those of the collection calendar, and every snapshot's steps.</summary>
public sealed class SnapshotFunctions(CollectionSchedule schedule, DurableWorkflows workflows, DurableWorkflowClient client, TimeProvider clock, TimeZoneInfo stateZone)
{
    /// <summary>Ticks every hour in UTC; a collection whose window has closed by the state's calendar is frozen once.</summary>
    [Function(nameof(StartSnapshots))]
    public async Task StartSnapshots([TimerTrigger("0 30 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken cancellation)
    {
        client.Use(durable);
        await schedule.StartDueAsync(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), stateZone).DateTime), cancellation);
    }

    [Function(nameof(SnapshotWorkflow))]
    public Task<string> SnapshotWorkflow([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(nameof(SnapshotWorkflow), context);

    [Function(nameof(PlanSnapshot))]
    public Task<StepOutcome> PlanSnapshot([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(PlanSnapshot), call, cancellation);

    [Function(nameof(FreezeRange))]
    public Task<StepOutcome> FreezeRange([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(FreezeRange), call, cancellation);

    [Function(nameof(SealSnapshot))]
    public Task<StepOutcome> SealSnapshot([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(SealSnapshot), call, cancellation);

    [Function(nameof(WriteFederalFiles))]
    public Task<StepOutcome> WriteFederalFiles([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(WriteFederalFiles), call, cancellation);
}
