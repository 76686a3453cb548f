using Aim.Federal;
using Aim.Workflows;

namespace Aim.Snapshots;

/// <summary>Freezes the state as it is at one moment, and writes the federal files from the freeze.</summary>
public sealed class SnapshotWorkflow : Workflow<SnapshotInput, SnapshotManifest>
{
    public static string InstanceOf(string name) => $"snapshot-{name}";

    private const int AtOnce = 16;

    public override async Task<SnapshotManifest> RunAsync(IWorkflowContext context, SnapshotInput input)
    {
        context.SetStatus("Fix the moment");
        var plan = await context.CallAsync(SnapshotSteps.Plan, input);

        context.SetStatus("Freeze");
        var ranges = new List<FrozenRange>();
        foreach (var parts in Enumerable.Range(0, plan.Parts).Chunk(AtOnce))
            ranges.AddRange(await Task.WhenAll(parts.Select(part => context.CallAsync(SnapshotSteps.Freeze, new FreezeInput(plan, part)))));

        context.SetStatus("Seal");
        var manifest = await context.CallAsync(SnapshotSteps.Seal, new SnapshotSteps.SealInput(plan, ranges));

        context.SetStatus("Federal files");
        await context.CallAsync(FederalFiles.Write, new FederalInput(input.Name, null, FederalFormat.Csv));
        return manifest;
    }
}
