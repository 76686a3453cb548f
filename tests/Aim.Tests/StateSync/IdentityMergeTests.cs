using Aim.Identity;
using Aim.Records;
using Aim.Tests.Setup;
using Microsoft.Extensions.Time.Testing;
using static Aim.Tests.StateSync.IdentityBench;

namespace Aim.Tests.StateSync;

/// <summary>Merges of State IDs, and undoing them.</summary>
[TestClass]
public sealed class IdentityMergeTests
{
    private static async Task<(StateId First, StateId Second)> TwoChildrenAsync(Workbench bench)
    {
        await LoadAsync(bench, Sample.Student("1001"), StoneRow("1002"));
        return ((await bench.StateIdOfAsync("1001"))!.Value, (await bench.StateIdOfAsync("1002"))!.Value);
    }

    private static Task<MergeStatus> UndoAsync(Workbench bench, StateId retired) => bench.Platform.IdentityMerges.UndoAsync(retired, "Two after all.", "reviewer", CancellationToken.None);

    [TestMethod]
    public async Task A_merge_is_undone_with_every_row_back()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);

        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, second, first));
        Assert.AreEqual(("1001 1002", ""), (await RecordAsync(bench, first), await RecordAsync(bench, second)));
        await AgreesAsync(bench);

        Assert.AreEqual(MergeStatus.Done, await UndoAsync(bench, second));
        Assert.AreEqual(("1001", "1002"), (await RecordAsync(bench, first), await RecordAsync(bench, second)));
        Assert.AreEqual("Two after all.", (await bench.Platform.IdentityMerges.FindAsync(second, CancellationToken.None))!.UndoneReason);
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task A_merge_that_proves_wrong_after_further_loads_is_undone_though_the_rows_state_the_survivor_by_now()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await MergeAsync(bench, second, first);
        await LoadAsync(bench, StoneRow("1002", ("StudentStateId", first.ToString()), ("MiddleName", "Lee")));

        await UndoAsync(bench, second);

        Assert.AreEqual(("1001", "1002"), (await RecordAsync(bench, first), await RecordAsync(bench, second)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task Merges_of_merges_lead_to_the_end_and_come_apart_one_by_one()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await bench.RegisterAsync(Child(Known, "1001"));
        await MergeAsync(bench, second, first);

        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, first, Known));
        Assert.AreEqual(("1001 1002", "", ""), (await RecordAsync(bench, Known), await RecordAsync(bench, first), await RecordAsync(bench, second)));
        Assert.AreEqual(MergeStatus.AreOne, await MergeAsync(bench, Known, second), "a circle");

        await UndoAsync(bench, first);
        Assert.AreEqual(("", "1001 1002", ""), (await RecordAsync(bench, Known), await RecordAsync(bench, first), await RecordAsync(bench, second)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task What_can_not_be_merged_or_undone_is_said()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await bench.RegisterAsync(Child(Known, "1001"));

        Assert.AreEqual(MergeStatus.NoSuchStateId, await MergeAsync(bench, first, Other));
        Assert.AreEqual(MergeStatus.AreOne, await MergeAsync(bench, first, first));
        Assert.AreEqual(MergeStatus.NotMerged, await UndoAsync(bench, first));
        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, second, first));
        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, second, first), "twice comes to the same");
        Assert.AreEqual(MergeStatus.IsRetired, await MergeAsync(bench, second, Known));
    }

    [TestMethod]
    public async Task Undoing_a_merge_takes_along_the_rows_that_came_after_it_under_the_retired_State_ID()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await MergeAsync(bench, second, first);
        await bench.UploadAsync("SD", Sample.Tsv("SD", StoneRow("7", ("StudentStateId", second.ToString())).With(("DistrictNumber", "0456"))), district: Sample.OtherDistrict);
        StringAssert.Contains(await RecordAsync(bench, first), "7", "they go to the survivor while the merge stands");

        Assert.AreEqual(MergeStatus.Done, await UndoAsync(bench, second));

        Assert.IsFalse((await RecordAsync(bench, first)).Split(' ').Contains("7"));
        Assert.IsTrue((await RecordAsync(bench, second)).Split(' ').Contains("7"));
    }

    [TestMethod]
    public async Task Two_merges_of_the_same_two_State_IDs_at_once_leave_one_of_them()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var bench = await Workbench.OpenAsync();
            await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1002"));

            var outcomes = await Task.WhenAll(Task.Run(() => MergeAsync(bench, Known, Other)), Task.Run(() => MergeAsync(bench, Other, Known)));

            Assert.AreEqual(1, outcomes.Count(outcome => outcome == MergeStatus.Done), string.Join(' ', outcomes));
            Assert.IsTrue(outcomes.All(outcome => outcome is MergeStatus.Done or MergeStatus.AreOne or MergeStatus.UnderWay), string.Join(' ', outcomes));
            Assert.AreEqual(1, (await bench.Ports.Identities.FindAsync([Known, Other], CancellationToken.None)).Values.Count(person => person.MergedInto is null));
        }
    }

    [TestMethod]
    public async Task A_merge_that_died_holds_up_others_for_two_minutes_only()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var bench = await Workbench.OpenAsync(clock: clock);
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1002"));
        await bench.Ports.Ledger.PutAsync(new("identity", "merge-turn", "state", $"\"{clock.GetUtcNow().AddMinutes(2):O}\""), CancellationToken.None);

        Assert.AreEqual(MergeStatus.UnderWay, await MergeAsync(bench, Known, Other));
        Assert.AreEqual(MergeStatus.UnderWay, await UndoAsync(bench, Known));
        clock.Advance(TimeSpan.FromMinutes(2.1));
        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, Known, Other));
        Assert.AreEqual(MergeStatus.Done, await UndoAsync(bench, Known));
    }
}
