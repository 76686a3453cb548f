using Aim.Functions.Durable;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Aim.Functions;

/// <summary>An uploaded file: its arrival, its workflow, and one activity for each step.</summary>
public sealed class UploadFunctions(AimPlatform platform, DurableWorkflows workflows, DurableWorkflowClient client)
{
    /// <summary>Event Grid tells of blobs at least once and in any order; intake makes the same blob one upload, and a blob that is gone none.</summary>
    [Function(nameof(StartUpload))]
    public async Task StartUpload(
        [BlobTrigger("uploads/{name}", Source = BlobTriggerSource.EventGrid, Connection = "Uploads")] BlobClient blob, [DurableClient] DurableTaskClient durable, CancellationToken cancellation)
    {
        client.Use(durable);
        if (await platform.Ports.Blobs.FindAsync($"{blob.BlobContainerName}/{blob.Name}", cancellation) is { } arrived) await platform.Intake.AcceptAsync(arrived, cancellation);
    }

    [Function(nameof(UploadWorkflow))]
    public Task<string> UploadWorkflow([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(nameof(UploadWorkflow), context);

    [Function(nameof(IdentifyUpload))]
    public Task<StepOutcome> IdentifyUpload([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(IdentifyUpload), call, cancellation);

    [Function(nameof(StageUpload))]
    public Task<StepOutcome> StageUpload([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(StageUpload), call, cancellation);

    [Function(nameof(CompareUpload))]
    public Task<StepOutcome> CompareUpload([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(CompareUpload), call, cancellation);

    [Function(nameof(AskForConfirmation))]
    public Task<StepOutcome> AskForConfirmation([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(AskForConfirmation), call, cancellation);

    [Function(nameof(ApplyUpload))]
    public Task<StepOutcome> ApplyUpload([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(ApplyUpload), call, cancellation);

    [Function(nameof(ReportUpload))]
    public Task<StepOutcome> ReportUpload([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(ReportUpload), call, cancellation);

    [Function(nameof(RosterWorkflow))]
    public Task<string> RosterWorkflow([OrchestrationTrigger] TaskOrchestrationContext context) => workflows.RunAsync(nameof(RosterWorkflow), context);

    [Function(nameof(OpenRoster))]
    public Task<StepOutcome> OpenRoster([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(OpenRoster), call, cancellation);

    [Function(nameof(ReportRoster))]
    public Task<StepOutcome> ReportRoster([ActivityTrigger] StepCall call, CancellationToken cancellation) => workflows.RunStepAsync(nameof(ReportRoster), call, cancellation);
}
