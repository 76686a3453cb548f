using Aim.Editions;
using Aim.StateSync;
using Aim.Uploads;
using Aim.Workflows;

namespace Aim.OneRoster;

/// <summary>The steps of a roster that are its own.</summary>
public static class RosterSteps
{
    public static readonly Step<UploadInput, RosterPlan> Open = new("OpenRoster");
    public static readonly Step<RosterEnding, UploadStatus> Report = new("ReportRoster");
}

/// <summary>One OneRoster archive: taken apart, its parts loaded one after another, then synced.</summary>
public sealed class RosterWorkflow : Workflow<UploadInput, UploadStatus>
{
    public override async Task<UploadStatus> RunAsync(IWorkflowContext context, UploadInput input)
    {
        RosterPlan? plan = null;
        try
        {
            context.SetStatus("Open");
            plan = await context.CallAsync(RosterSteps.Open, input);
            await LoadAsync(context, plan.Parts);
            var isSynced = plan.IsTest || plan.Refusal is not null || await IsSyncedAsync(context, plan);
            return await EndAsync(context, new(plan, input, null) { IsSyncPending = !isSynced });
        }
        catch (StepFailedException failure)
        {
            return await EndAsync(context, new(plan, input, failure.Reason));
        }
    }

    /// <summary>Loads the parts in order, up to one that is not loaded, as what comes later refers to it.</summary>
    private static async Task LoadAsync(IWorkflowContext context, IReadOnlyList<UploadInput> parts)
    {
        foreach (var part in parts)
        {
            context.SetStatus("Load");
            var status = await context.CallChildAsync<UploadWorkflow, UploadInput, UploadStatus>(UploadIntake.InstanceOf(part.Id), part);
            if (status is UploadStatus.Declined or UploadStatus.Refused or UploadStatus.Failed) return;
        }
    }

    /// <summary>Brings to the state whatever was loaded, also when not all was.</summary>
    private static async Task<bool> IsSyncedAsync(IWorkflowContext context, RosterPlan plan)
    {
        context.SetStatus("Sync");
        return await SyncEdition.TryToEndAsync(context, new EditionKey(plan.District, plan.Year));
    }

    private static Task<UploadStatus> EndAsync(IWorkflowContext context, RosterEnding ending) => context.CallAsync(RosterSteps.Report, ending);
}
