using Aim.Editions;
using Aim.StateSync;
using Aim.Uploads;
using Aim.Workflows;

namespace Aim.OneRoster;

/// <summary>The steps of a roster that are its own.</summary>
public static class RosterSteps
{
    public static readonly Step<UploadInput, RosterPlan> Open = new("OpenRoster");
    public static readonly Step<RosterPlan, RosterPlan> Remove = new("RemoveFromRoster");
    public static readonly Step<RosterEnding, UploadStatus> Report = new("ReportRoster");
}

/// <summary>One OneRoster archive: taken apart, its parts loaded one after another, what it removes removed, then synced.</summary>
public sealed class RosterWorkflow : Workflow<UploadInput, UploadStatus>
{
    public override async Task<UploadStatus> RunAsync(IWorkflowContext context, UploadInput input)
    {
        RosterPlan? plan = null;
        try
        {
            context.SetStatus("Open");
            plan = await context.CallAsync(RosterSteps.Open, input);
            foreach (var part in plan.Parts)
            {
                context.SetStatus("Load");
                var status = await context.CallChildAsync<UploadWorkflow, UploadInput, UploadStatus>(UploadIntake.InstanceOf(part.Id), part);
                // What comes later refers to what was to be loaded here.
                if (status is UploadStatus.Declined or UploadStatus.Refused or UploadStatus.Failed) return await EndAsync(context, new(plan, input, null));
            }
            if (plan is { IsTest: false, Refusal: null })
            {
                context.SetStatus("Sync");
                if (plan.Removals is not null) await context.CallAsync(RosterSteps.Remove, plan);
                await SyncEdition.ToEndAsync(context, new EditionKey(plan.District, plan.Year));
            }
            return await EndAsync(context, new(plan, input, null));
        }
        catch (StepFailedException failure)
        {
            return await EndAsync(context, new(plan, input, failure.Reason));
        }
    }

    private static Task<UploadStatus> EndAsync(IWorkflowContext context, RosterEnding ending) => context.CallAsync(RosterSteps.Report, ending);
}
