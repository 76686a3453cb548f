using System.Text.Json;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;

namespace Aim.Identity;

/// <summary>Rows that were a student's when it was merged into another.</summary>
public sealed record MergedRows(DistrictId District, SchoolYear Year, string LocalId);

/// <summary>Two State IDs of one child, one of which goes on as an alias of the other.</summary>
/// <param name="UndoneAt">Null while the merge stands.</param>
public sealed record IdentityMerge(
    StateId Retired, StateId Survivor, string Reason, string By, DateTimeOffset At, IReadOnlyList<MergedRows> Rows, string? UndoneBy = null, string? UndoneReason = null, DateTimeOffset? UndoneAt = null);

public enum MergeStatus
{
    Done = 1,
    NoSuchStateId = 2,

    /// <summary>Both are one already, or the one to be retired is what the survivor was merged into.</summary>
    AreOne = 3,

    /// <summary>The one to be retired was merged into another before; undo that first.</summary>
    IsRetired = 4,

    /// <summary>There is no merge to undo.</summary>
    NotMerged = 5,

    /// <summary>Another merge is being decided at this moment.</summary>
    UnderWay = 6,
}

/// <summary>
/// Merges State IDs and undoes merges. A merge is an alias: the retired id is never given out again and leads to the survivor, over any number of merges, and rows move to the survivor's record.
/// Undone, every row that had been the retired student's goes back, also after further loads. Each step can be done again after a crash.
/// </summary>
public sealed class IdentityMerges(IEditionStore editions, IStateStore state, IIdentityIndex index, ILedger ledger, IdentityDecisions decisions, EditionSyncs syncs, TimeProvider clock)
{
    private const string Subject = "identity", Kind = "merge";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly MergeTurn turn = new(ledger, clock);

    /// <summary>What was decided, and the rows to be moved for it.</summary>
    private sealed record Decided(MergeStatus Status, IdentityMerge? Merge = null);

    /// <summary>What to tell somebody whose merge, or undoing of one, was not done.</summary>
    public static string Sentence(MergeStatus status) => status switch
    {
        MergeStatus.NoSuchStateId => "One of the two State IDs doesn't exist.",
        MergeStatus.AreOne => "The two State IDs are one already.",
        MergeStatus.IsRetired => "The State ID was merged into another one before; undo that first.",
        MergeStatus.UnderWay => "Another merge is being made at this moment; look at its outcome, then try again.",
        MergeStatus.NotMerged => "The State ID wasn't merged into another one.",
        _ => "Done.",
    };

    /// <summary>The latest merge of a State ID; null when there was none.</summary>
    public async Task<IdentityMerge?> FindAsync(StateId retired, CancellationToken cancellation) =>
        await ledger.FindAsync(Subject, Kind, retired.ToString(), cancellation) is { } entry ? JsonSerializer.Deserialize<IdentityMerge>(entry.Json, Json) : null;

    public async Task<MergeStatus> MergeAsync(StateId retired, StateId survivor, string reason, string by, CancellationToken cancellation)
    {
        var decided = await turn.RunAsync(() => DecideAsync(retired, survivor, reason, by, cancellation), cancellation);
        if (decided?.Merge is { } merge) await ResyncAsync(merge.Rows.Select(row => new EditionKey(row.District, row.Year)), cancellation);
        return decided?.Status ?? MergeStatus.UnderWay;
    }

    private async Task<Decided> DecideAsync(StateId retired, StateId survivor, string reason, string by, CancellationToken cancellation)
    {
        var people = await index.FindWithSurvivorsAsync([retired, survivor], cancellation);
        if (!people.TryGetValue(retired, out var person) || !people.ContainsKey(survivor)) return new(MergeStatus.NoSuchStateId);
        if (retired == survivor || people.SurvivorOf(survivor) == retired) return new(MergeStatus.AreOne);
        if (person.MergedInto is { } earlier && earlier != survivor) return new(people.SurvivorOf(retired) == people.SurvivorOf(survivor) ? MergeStatus.AreOne : MergeStatus.IsRetired);
        // Noted first: who finds the rows gone must be able to tell whose they were.
        if (await FindAsync(retired, cancellation) is not { UndoneAt: null } known || known.Survivor != survivor)
        {
            var rows = (await state.FindYearsAsync(retired, cancellation)).SelectMany(record => record.Contributions.Select(item => new MergedRows(item.District, record.Year, item.LocalId))).ToList();
            known = new IdentityMerge(retired, survivor, reason, by, clock.GetUtcNow(), rows);
            await PutAsync(known, cancellation);
        }
        foreach (var district in known.Rows.GroupBy(row => row.District)) await HoldAsync(known, district.Key, [.. district], cancellation);
        await index.SetSurvivorAsync(retired, survivor, cancellation);
        return new(MergeStatus.Done, known);
    }

    public async Task<MergeStatus> UndoAsync(StateId retired, string reason, string by, CancellationToken cancellation)
    {
        var decided = await turn.RunAsync(() => DecideUndoAsync(retired, cancellation), cancellation);
        if (decided?.Merge is not { } merge) return decided?.Status ?? MergeStatus.UnderWay;
        var moved = merge.Rows.Select(row => new EditionKey(row.District, row.Year)).Concat(await EditionsOfAsync(merge.Survivor, cancellation));
        await ResyncAsync(moved, cancellation);
        // Last: an undoing that dies before is done again. If it was merged anew meanwhile, that merge's page stays.
        if (await FindAsync(retired, cancellation) is not { } page || page.At == merge.At) await PutAsync(merge with { UndoneBy = by, UndoneReason = reason, UndoneAt = clock.GetUtcNow() }, cancellation);
        return MergeStatus.Done;
    }

    private async Task<Decided> DecideUndoAsync(StateId retired, CancellationToken cancellation)
    {
        if (await FindAsync(retired, cancellation) is not { UndoneAt: null } merge)
        {
            // A merge that came with the state's list of identities has no page; its rows were never another's.
            if ((await index.FindAsync([retired], cancellation)).GetValueOrDefault(retired)?.MergedInto is not { } survivor) return new(MergeStatus.NotMerged);
            merge = new IdentityMerge(retired, survivor, "", "", clock.GetUtcNow(), []);
        }
        await index.SetSurvivorAsync(retired, null, cancellation);
        return new(MergeStatus.Done, merge);
    }

    /// <summary>Those that a student has rows of, or whoever it leads to: rows that came after a merge, under the retired State ID, are among them.</summary>
    private async Task<IEnumerable<EditionKey>> EditionsOfAsync(StateId survivor, CancellationToken cancellation)
    {
        var people = await index.FindWithSurvivorsAsync([survivor], cancellation);
        return (await state.FindYearsAsync(people.SurvivorOf(survivor), cancellation)).SelectMany(record => record.Districts.Select(district => new EditionKey(district, record.Year)));
    }

    /// <summary>
    /// Decides that the rows are the retired student's, which leads to the survivor while the merge stands, whatever they state later. Rows that an earlier merge or a person gave to somebody who leads
    /// there are left as they are.
    /// </summary>
    private async Task HoldAsync(IdentityMerge merge, DistrictId district, IReadOnlyList<MergedRows> rows, CancellationToken cancellation)
    {
        var decided = await decisions.OfDistrictAsync(district, cancellation);
        var people = await index.FindWithSurvivorsAsync([.. decided.SelectMany(decisions => decisions).Select(decision => decision.StateId).Distinct()], cancellation);
        foreach (var year in rows.GroupBy(row => row.Year).OrderBy(year => year.Key))
        {
            await foreach (var student in editions.ReadAsync(new EditionKey(district, year.Key), new EditionSelection([.. year.Select(row => row.LocalId).Order(Utf8Order.Comparer)]), cancellation))
            {
                if (UnresolvedStudent.Of(student) is not { } known) continue;
                if (decided[known.LocalId].FirstOrDefault(decision => decision.IsAbout(known.Student)) is { } held && people.SurvivorOf(held.StateId) == merge.Retired) continue;
                await decisions.PutAsync(district,
                    new IdentityDecision(known.LocalId, merge.Retired, false, DecidedBy.Merge, merge.Reason, merge.By, merge.At, Person.Of(merge.Retired, known.Student), "", []), cancellation);
            }
        }
    }

    private async Task ResyncAsync(IEnumerable<EditionKey> moved, CancellationToken cancellation)
    {
        foreach (var edition in moved.Distinct().ToList())
        {
            await editions.ResetSyncAsync(edition, cancellation);
            await syncs.RunAsync(edition, cancellation);
        }
    }

    private Task PutAsync(IdentityMerge merge, CancellationToken cancellation) => ledger.PutAsync(new(Subject, Kind, merge.Retired.ToString(), JsonSerializer.Serialize(merge, Json)), cancellation);
}
