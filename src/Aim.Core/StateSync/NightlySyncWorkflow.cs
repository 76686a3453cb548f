using System.Globalization;
using Aim.Editions;
using Aim.Identity;
using Aim.Movement;
using Aim.Workflows;

namespace Aim.StateSync;

/// <summary>Which night it is.</summary>
/// <param name="VerifyAll">Recount every edition instead of a thirtieth of them.</param>
/// <param name="CountsHits">Count how often rules are broken, too: no student's record depends on it.</param>
public sealed record NightInput(DateOnly Date, bool VerifyAll, bool CountsHits = true);

/// <summary>What a night did.</summary>
public sealed record NightReport(
    DateOnly Date, int UploadsStarted, int EditionsBehind, long Students, long Committed, int Parked, int Verified, IReadOnlyList<EditionKey> Disagreed)
{
    /// <summary>Editions that were not behind, but have students who waited and were tried again.</summary>
    public int EditionsWaiting { get; init; }

    /// <summary>Editions that still disagreed after they were synced anew: somebody has to look.</summary>
    public IReadOnlyList<EditionKey> Unresolved { get; init; } = [];

    /// <summary>Cases of overlaps and contradicted exits that the night opened and closed.</summary>
    public long CasesOpened { get; init; }

    /// <inheritdoc cref="CasesOpened" />
    public long CasesClosed { get; init; }

    /// <summary>Cases of two State IDs that look like one child, or of one State ID on two children, that the night opened.</summary>
    public int IdentityCasesOpened { get; init; }

    /// <summary>All of these that wait for a person.</summary>
    public int IdentityCasesOpen { get; init; }

    /// <inheritdoc cref="IdentityScanned.BlocksSkipped" />
    public int IdentityBlocksSkipped { get; init; }

    /// <inheritdoc cref="IdentityScanned.PeopleInSkipped" />
    public int IdentityPeopleInSkipped { get; init; }
}

/// <summary>Brings every edition and the state into agreement, and proves it for a part of them by a full count.</summary>
public sealed class NightlySyncWorkflow : Workflow<NightInput, NightReport>
{
    private const int AtOnce = 16;

    public static string InstanceOf(DateOnly date) => $"nightly-{date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";

    public override async Task<NightReport> RunAsync(IWorkflowContext context, NightInput input)
    {
        context.SetStatus("Start missed uploads");
        var started = await context.CallAsync(NightlySteps.StartMissedUploads, input);

        context.SetStatus("Sync");
        var plan = await context.CallAsync(NightlySteps.PlanNight, input);
        var synced = await EachAsync(plan.Behind, edition => SyncEdition.ToEndAsync(context, edition));

        context.SetStatus("Verify");
        var verified = await EachAsync(plan.ToVerify, edition => context.CallAsync(VerifyEdition.Step, edition));
        var disagreed = verified.Where(result => !result.Agrees).Select(result => result.Edition).ToList();
        var unresolved = await ResyncAsync(context, disagreed);

        // What they read is as it will be, and none reads what another writes.
        context.SetStatus("Judge movement, scan identities, count rule hits");
        var (judging, scanning) = (JudgeMovement.ToEndAsync(context, input.Date), context.CallAsync(ScanIdentities.Step, input));
        var counting = EachAsync(plan.ToCount, edition => context.CallAsync(RuleHitCounts.Step, edition));
        await Task.WhenAll(judging, scanning, counting);
        var (judged, scanned) = (await judging, await scanning);

        context.SetStatus("Sweep");
        await context.CallAsync(NightlySteps.RemoveLeftovers, input);

        var report = new NightReport(input.Date, started, plan.Behind.Count - plan.OnlyWaiting, synced.Sum(result => result.Students), synced.Sum(result => result.Committed),
            synced.Sum(result => result.Parked), verified.Count, disagreed)
        {
            EditionsWaiting = plan.OnlyWaiting, Unresolved = unresolved, CasesOpened = judged.Opened, CasesClosed = judged.Closed, IdentityCasesOpened = scanned.Opened, IdentityCasesOpen = scanned.Open,
            IdentityBlocksSkipped = scanned.BlocksSkipped, IdentityPeopleInSkipped = scanned.PeopleInSkipped,
        };
        return await context.CallAsync(NightlySteps.ReportNight, report);
    }

    private static async Task<IReadOnlyList<EditionKey>> ResyncAsync(IWorkflowContext context, IReadOnlyList<EditionKey> editions)
    {
        if (editions.Count == 0) return [];
        context.SetStatus("Resync");
        await EachAsync(editions, edition => context.CallAsync(NightlySteps.ResetSync, edition));
        await EachAsync(editions, edition => SyncEdition.ToEndAsync(context, edition));
        var again = await EachAsync(editions, edition => context.CallAsync(VerifyEdition.Step, edition));
        return [.. again.Where(result => !result.Agrees).Select(result => result.Edition)];
    }

    /// <summary>A few at a time, so that a night over thousands of editions stays an even load.</summary>
    private static async Task<List<TOut>> EachAsync<TOut>(IReadOnlyList<EditionKey> editions, Func<EditionKey, Task<TOut>> call)
    {
        var (results, underWay) = (new List<TOut>(), new List<Task<TOut>>());
        foreach (var edition in editions)
        {
            if (underWay.Count == AtOnce) await TakeOneAsync();
            underWay.Add(call(edition));
        }
        while (underWay.Count > 0) await TakeOneAsync();
        return results;

        async Task TakeOneAsync()
        {
            var done = await Task.WhenAny(underWay);
            underWay.Remove(done);
            results.Add(await done);
        }
    }
}
