using Aim.Functions.Durable;
using Aim.Functions.Messaging;
using Aim.StateSync;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Night = Aim.StateSync.NightlySyncWorkflow;

namespace Aim.Functions;

/// <summary>From editions to the state: changes that are pushed, and the nightly sync with its steps.</summary>
public sealed class SyncFunctions(AimPlatform platform, DurableWorkflows workflows, DurableWorkflowClient client, PushSettlement pushes, TimeProvider clock, TimeZoneInfo stateZone)
{
    /// <summary>Ticks every hour in UTC; the first tick at or after one o'clock of the state starts the night, whose id is its date.</summary>
    [Function(nameof(StartNight))]
    public async Task StartNight([TimerTrigger("0 0 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken cancellation)
    {
        client.Use(durable);
        if (NightClock.DateOf(clock.GetUtcNow(), stateZone) is not { } date) return;
        await platform.Workflows.StartAsync<Night, NightInput, NightReport>(Night.InstanceOf(date), new NightInput(date, VerifyAll: false), cancellation);
    }

    /// <summary>Changes pushed by a district's own system. The session is the district, so that one message of a district is at work at a time.</summary>
    [Function(nameof(ApplyPushedChanges))]
    public async Task ApplyPushedChanges(
        [ServiceBusTrigger("edition-changes", Connection = "ServiceBus", IsSessionsEnabled = true, AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, [DurableClient] DurableTaskClient durable, CancellationToken cancellation)
    {
        client.Use(durable);
        await pushes.SettleAsync(message, actions, cancellation);
    }

    /// <summary>Applies pushed sets of changes whose request ended before it could; most of the time there are none.</summary>
    [Function(nameof(DrainPushedChanges))]
    public async Task DrainPushedChanges([TimerTrigger("0 */10 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient durable, CancellationToken cancellation)
    {
        client.Use(durable);
        await platform.Pushed.DrainAllAsync(cancellation);
    }

    [Function(nameof(NightlySyncWorkflow))]
    public Task<string> NightlySyncWorkflow([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(nameof(NightlySyncWorkflow), context);

    /// <summary>Starts uploads, and so is lent a client.</summary>
    [Function(nameof(StartMissedUploads))]
    public async Task<StepOutcome> StartMissedUploads([ActivityTrigger] StepCall call, [DurableClient] DurableTaskClient durable, CancellationToken cancellation)
    {
        client.Use(durable);
        return await workflows.RunStepAsync(nameof(StartMissedUploads), call, cancellation);
    }

    [Function(nameof(PlanNight))]
    public Task<StepOutcome> PlanNight([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(PlanNight), call, cancellation);

    [Function(nameof(SyncEdition))]
    public Task<StepOutcome> SyncEdition([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(SyncEdition), call, cancellation);

    [Function(nameof(VerifyEdition))]
    public Task<StepOutcome> VerifyEdition([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(VerifyEdition), call, cancellation);

    [Function(nameof(JudgeMovement))]
    public Task<StepOutcome> JudgeMovement([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(JudgeMovement), call, cancellation);

    [Function(nameof(ScanIdentities))]
    public Task<StepOutcome> ScanIdentities([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(ScanIdentities), call, cancellation);

    [Function(nameof(CountRuleHits))]
    public Task<StepOutcome> CountRuleHits([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(CountRuleHits), call, cancellation);

    [Function(nameof(ResetSync))]
    public Task<StepOutcome> ResetSync([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(ResetSync), call, cancellation);

    /// <summary>Asks which uploads have ended, and so is lent a client.</summary>
    [Function(nameof(RemoveLeftovers))]
    public async Task<StepOutcome> RemoveLeftovers([ActivityTrigger] StepCall call, [DurableClient] DurableTaskClient durable, CancellationToken cancellation)
    {
        client.Use(durable);
        return await workflows.RunStepAsync(nameof(RemoveLeftovers), call, cancellation);
    }

    [Function(nameof(ReportNight))]
    public Task<StepOutcome> ReportNight([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(ReportNight), call, cancellation);
}
