using Aim.Editions;
using Aim.Movement;
using Aim.Ports;
using Aim.StateSync;
using Aim.Workflows;

namespace Aim.Uploads;

/// <summary>One uploaded file, from its blob to the state record.</summary>
public sealed class UploadWorkflow : Workflow<UploadInput, UploadStatus>
{
    private static readonly TimeSpan TimeToAnswer = TimeSpan.FromDays(14);

    public override async Task<UploadStatus> RunAsync(IWorkflowContext context, UploadInput input)
    {
        StagedUpload? staged = null;
        try
        {
            context.SetStatus("Identify");
            var plan = await context.CallAsync(UploadSteps.Identify, input);
            if (plan.Form.Refusal is { } unreadable) return await EndAsync(context, new(input, UploadStatus.Refused, unreadable, plan));

            context.SetStatus("Check");
            staged = await context.CallAsync(UploadSteps.Stage, plan);
            if (staged.Refusal is { } refusal) return await EndAsync(context, new(input, UploadStatus.Refused, refusal, plan, staged));

            return await LoadAsync(context, staged);
        }
        catch (StepFailedException failure)
        {
            return await EndAsync(context, new(input, UploadStatus.Failed, $"{failure.Reason} Nothing of the file is lost: upload it again, or ask the state office.", staged?.Plan, staged));
        }
    }

    private static async Task<UploadStatus> LoadAsync(IWorkflowContext context, StagedUpload staged)
    {
        var (upload, ticket) = (staged.Plan.Upload, staged.Plan.Ticket);
        while (true)
        {
            context.SetStatus("Compare");
            var compared = await context.CallAsync(UploadSteps.Compare, staged);
            if (ticket.Mode == UploadMode.Test) return await EndAsync(context, new(upload, UploadStatus.Tested, "", staged.Plan, staged, compared));
            if (compared.Question is not null && !await IsConfirmedAsync(context, compared))
                return await EndAsync(context, new(upload, UploadStatus.Declined, "The file was not loaded, as decided; nothing was written.", staged.Plan, staged, compared));

            context.SetStatus("Apply");
            var applied = await context.CallAsync(UploadSteps.Apply, compared);
            // Another load came in between: compare again with what the edition is now.
            if (applied.Status == ApplyStatus.Stale) continue;

            context.SetStatus("Sync");
            var isSynced = ticket.DeferSync || await IsSyncedAsync(context, new EditionKey(ticket.District, ticket.Year));
            return await EndAsync(context, new(upload, UploadStatus.Accepted, "", staged.Plan, staged, compared, applied.Version) { IsSyncPending = !isSynced });
        }
    }

    private static async Task<bool> IsSyncedAsync(IWorkflowContext context, EditionKey edition)
    {
        if (!await SyncEdition.TryToEndAsync(context, edition)) return false;
        await JudgeMovementAsync(context);
        return true;
    }

    /// <summary>What the districts' records say together; the night makes up for it too.</summary>
    private static async Task JudgeMovementAsync(IWorkflowContext context)
    {
        try
        {
            await JudgeMovement.ToEndAsync(context, night: null);
        }
        catch (StepFailedException)
        {
            // The rows are in the state's record all the same.
        }
    }

    private static async Task<bool> IsConfirmedAsync(IWorkflowContext context, ComparedUpload compared)
    {
        await context.CallAsync(UploadSteps.Ask, compared);
        context.SetStatus("Confirm");
        var due = context.Now + TimeToAnswer;
        while (await context.WaitForSignalAsync(UploadSteps.Confirmed, due - context.Now) is { } answer)
        {
            if (answer.Version == compared.BaseVersion) return answer.Load;
        }
        return false;
    }

    private static Task<UploadStatus> EndAsync(IWorkflowContext context, UploadEnding ending) => context.CallAsync(UploadSteps.Report, ending);
}
