using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Aim.Azure.Cosmos;
using Aim.CosmosGateway;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;
using Aim.Workflows;

namespace Aim.Tests.Azure;

/// <summary>What the Cosmos adapters promise beyond the ports: answers that get lost, writers that die, items that are too large, charges.</summary>
[TestClass]
public sealed class CosmosAdapterTests : IAsyncDisposable
{
    private static readonly StateId Ana = new(123_456_789);

    private CosmosBench bench = null!;
    private CosmosStateStore state = null!;

    [TestInitialize]
    public async Task Open()
    {
        bench = await CosmosBench.OpenGatewayAsync();
        state = new CosmosStateStore(bench.Account, TimeProvider.System);
    }

    public ValueTask DisposeAsync()
    {
        state.Dispose();
        return bench.DisposeAsync();
    }

    private static CancellationToken None => CancellationToken.None;

    private static StudentCommit Commit(StudentRecord before, string firstName) => new(before, before.With(Stored.Contribution("1", Stored.Student(firstName))), Stored.Cause);

    [TestMethod]
    public async Task A_commit_whose_answer_was_lost_counts_as_committed_once()
    {
        // Each request of the commit in turn: the clock's look and write, the transaction, the clock's closing.
        for (var lost = 0; lost < 5; lost++)
        {
            var id = new StateId(1000 + lost);
            bench.Gateway!.Faults.InjectAfter(lost, Fault.TimedOutDone);

            Assert.AreEqual(CommitStatus.Committed, (await state.CommitAsync([Commit(StudentRecord.Empty(id, Sample.Year), "Ana")], None)).Single(), $"answer {lost} was lost");

            Assert.AreEqual(1, (await state.FindAsync([id], Sample.Year, None))[id].Version);
            Assert.IsLessThan(await state.FixMomentAsync(None), (await state.FindAsync([id], Sample.Year, None))[id].Stamp);
        }
        var (events, page) = (0, (StateChanges?)null);
        do events += (page = await state.ReadChangesAsync(page?.Cursor, 100, None)).Changes.Count; while (page.HasMore);
        Assert.AreEqual(5, events);
    }

    [TestMethod]
    public async Task An_entry_whose_answer_was_lost_counts_as_added()
    {
        var ledger = new CosmosLedger(bench.Account);
        bench.Gateway!.Faults.InjectNext(Fault.TimedOutDone);
        Assert.IsTrue(await ledger.AddAsync(new LedgerEntry("upload/1", "report", "1", "{}"), None));

        var read = (await ledger.FindAsync("upload/1", "report", "1", None))!;
        bench.Gateway.Faults.InjectNext(Fault.TimedOutDone);
        Assert.IsTrue(await ledger.PutAsync(read with { Json = "[]" }, None));

        Assert.AreEqual("[]", (await ledger.FindAsync("upload/1", "report", "1", None))!.Json);
        Assert.IsFalse(await ledger.AddAsync(new LedgerEntry("upload/1", "report", "1", "{}"), None), "another one's entry is not taken for its own");
    }

    [TestMethod]
    public async Task A_moment_waits_for_commits_that_have_a_stamp_already()
    {
        using var clock = new CommitClock(bench.Account.Table(CosmosContainers.Students), TimeProvider.System);
        var window = await clock.JoinAsync(None);

        var moment = state.FixMomentAsync(None);
        var looks = bench.Gateway!.Answered.Count;
        while (bench.Gateway.Answered.Count < looks + 5) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        Assert.IsFalse(moment.IsCompleted, "it looks again and again while the window is open");
        await clock.LeaveAsync(window);

        Assert.IsGreaterThan(window.Stamp, await moment);
    }

    [TestMethod]
    public async Task Commits_at_once_in_one_process_share_a_window()
    {
        var ids = Enumerable.Range(1, 40).Select(i => new StateId(i)).ToList();

        await Task.WhenAll(ids.Select(id => state.CommitAsync([Commit(StudentRecord.Empty(id, Sample.Year), "Ana")], None)));

        var stamps = (await state.FindAsync(ids, Sample.Year, None)).Values.Select(record => record.Stamp).Distinct().Count();
        Assert.IsLessThan(40, stamps);
    }

    [TestMethod]
    [DataRow("{}")]
    [DataRow("1")]
    [DataRow("")]
    [DataRow("not JSON")]
    public async Task A_cursor_that_was_made_up_is_refused(string position) =>
        await Assert.ThrowsExactlyAsync<InvalidCursorException>(() => state.ReadChangesAsync(FeedCursor.Pack(position), 5, None));

    [TestMethod]
    public async Task A_cursor_that_unpacks_to_no_end_is_refused_before_it_does()
    {
        // A gigabyte would be a kilobyte of cursor; this is enough to tell.
        var bomb = FeedCursor.Pack($"\"{new string(' ', 32 * 1024 * 1024)}\"");
        Assert.IsLessThan(4096, bomb.Length);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.ThrowsExactly<InvalidCursorException>(() => FeedCursor.Unpack(bomb));

        Assert.IsLessThan(8 * 1024 * 1024, GC.GetAllocatedBytesForCurrentThread() - before);
        await Assert.ThrowsExactlyAsync<InvalidCursorException>(() => state.ReadChangesAsync(new string('A', 1024 * 1024), 5, None));
    }

    [TestMethod]
    public async Task What_is_too_large_for_an_item_is_refused_in_a_sentence()
    {
        var ledger = new CosmosLedger(bench.Account);

        var refused = await Assert.ThrowsExactlyAsync<FaultException>(() => ledger.AddAsync(new LedgerEntry("upload/1", "report", "1", new string('x', 2 * 1024 * 1024)), None));

        Assert.IsTrue(refused.IsPermanent);
        StringAssert.Contains(refused.Message, "too large to be stored: 2,097,152 is the most");
        Assert.IsNull(await ledger.FindAsync("upload/1", "report", "1", None));
    }

    [TestMethod]
    public async Task Every_request_is_measured_with_its_charge()
    {
        var charges = new List<(string Container, string Operation, double Units)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) => { if (instrument.Name == CosmosMetrics.RequestCharge) own.EnableMeasurementEvents(instrument); };
        listener.SetMeasurementEventCallback<double>((_, units, tags, _) => { lock (charges) charges.Add(((string)tags[0].Value!, (string)tags[1].Value!, units)); });
        listener.Start();
        var subject = $"upload/{Guid.NewGuid()}";

        await new CosmosLedger(bench.Account).AddAsync(new LedgerEntry(subject, "report", "1", "{}"), None);

        lock (charges) Assert.IsTrue(charges.Any(charge => charge is { Container: "ledger", Operation: "add entry", Units: >= 5 }));
    }

    [TestMethod]
    public async Task A_first_load_goes_in_bulk_and_gives_the_same_edition()
    {
        var editions = new CosmosEditionStore(bench.Account, TimeProvider.System);
        var edition = new EditionKey(Sample.District, Sample.Year);
        List<EditionChange> changes = [.. Enumerable.Range(0, 1200).Select(i => Stored.Added($"{i:D4}", Stored.Student($"Ana{i}")))];

        await editions.ApplyAsync(edition, 0, new EditionLoad(Stored.Upload(1), "SD", null), changes.ToAsyncEnumerable(), None);

        Assert.IsGreaterThan(0, bench.Gateway!.Answered.Count(request => request is { Container: "editions", Operation: "bulk" }));
        var head = await editions.GetHeadAsync(edition, None);
        Assert.AreEqual((1200L, Stored.Digest([.. changes.Select(change => (change.LocalId, change.After!))])), (head.RowCount, head.Digest));
        Assert.HasCount(1200, await editions.ReadAsync(edition, EditionSelection.All, None).ToListAsync());
    }

    [TestMethod]
    [DataRow("1", "10")]
    [DataRow("10", "1a")]
    [DataRow("a", "a ")]
    [DataRow("A", "a")]
    [DataRow("Z", "é")]
    [DataRow("\uFF5E", "🎓")]
    [DataRow(" ", "0")]
    [DataRow("9", "A")]
    [DataRow("9", ":")]
    [DataRow("Z", "_")]
    [DataRow("z", "~")]
    public void Ids_are_in_the_order_of_what_they_are_made_of(string lower, string higher)
    {
        Assert.IsLessThan(0, Utf8Order.Compare(lower, higher));
        Assert.IsLessThan(0, string.CompareOrdinal(ItemId.Of(lower, "z"), ItemId.Of(higher, "a")));
        Assert.IsFalse(ItemId.Of(lower, higher).AsSpan().ContainsAny("/\\?# "));
    }

    [TestMethod]
    public async Task The_outbox_lets_go_of_events_and_of_nothing_else()
    {
        await state.CommitAsync([Commit(StudentRecord.Empty(Ana, Sample.Year), "Ana")], None);

        var items = bench.Account.Table(CosmosContainers.Students);
        Assert.IsTrue((await items.FindAsync<JsonObject>("look", Ana.ToString(), EventItem.IdOf(Sample.Year, 1), None))!.Value.Item["ttl"]!.GetValue<int>() >= 90 * 24 * 3600);
        Assert.IsNull((await items.FindAsync<JsonObject>("look", Ana.ToString(), VersionItem.PresentId(Sample.Year), None))!.Value.Item["ttl"]);
        Assert.AreEqual(-1, CosmosContainers.All.Single(container => container.Name == CosmosContainers.Students).DefaultTtl);
    }
}
