using System.Collections.Concurrent;
using System.Net;
using Aim.Host.Serving;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Contracts;
using Aim.Tests.Setup;

namespace Aim.Tests.Serving;

[TestClass]
public sealed class OutboxRelayTests : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly ServingBench bench = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));
    private readonly WebhookReceiver receiver = new();

    public async ValueTask DisposeAsync()
    {
        await bench.DisposeAsync();
        receiver.Dispose();
    }

    private Task SubscribeAsync(string id) => OutboxRelay.SubscribeAsync(bench.Data.Ports.Ledger, new Subscription(id, new Uri($"https://receiver.example/{id}"), "a secret of the receiver"), CancellationToken.None);

    /// <summary>Changes that many students, each in one commit.</summary>
    private async Task ChangeAsync(int students, string firstName)
    {
        var state = bench.Data.Ports.State;
        var ids = Enumerable.Range(1, students).Select(i => new StateId(i)).ToList();
        var stored = await state.FindAsync(ids, Sample.Year, CancellationToken.None);
        var outcomes = await state.CommitAsync(
        [
            .. ids.Select(id => stored.GetValueOrDefault(id) ?? StudentRecord.Empty(id, Sample.Year))
                .Select(before => new StudentCommit(before, before.With(Stored.Contribution($"{before.StateId}", Stored.Student(firstName))), Stored.Cause)),
        ], CancellationToken.None);
        Assert.IsTrue(outcomes.All(outcome => outcome == CommitStatus.Committed));
    }

    private Task WhenHasAsync(string path, int events) => bench.WhenAsync(() => receiver.EventsOf(path).DistinctBy(change => change.Id).Count() == events, Tick);

    private void AssertInOrderForEachStudent(string path, int versions)
    {
        foreach (var own in receiver.EventsOf(path).DistinctBy(change => change.Id).GroupBy(change => change.StateId))
            CollectionAssert.AreEqual(Enumerable.Range(1, versions).Select(version => (long)version).ToList(), own.Select(change => change.Version).ToList());
    }

    [TestMethod]
    public async Task Every_subscription_gets_every_event_once_and_in_order_while_all_goes_well()
    {
        await SubscribeAsync("one");
        await SubscribeAsync("two");
        await ChangeAsync(150, "Ana");
        await bench.RelayAsync(receiver);
        await ChangeAsync(150, "Anna");

        foreach (var path in new[] { "/one", "/two" })
        {
            await WhenHasAsync(path, 300);
            Assert.HasCount(300, receiver.EventsOf(path));
            AssertInOrderForEachStudent(path, versions: 2);
        }
    }

    [TestMethod]
    public async Task A_receiver_that_fails_is_tried_again_later_and_later_and_misses_nothing()
    {
        var attempts = new ConcurrentQueue<DateTimeOffset>();
        receiver.Answer("/down", _ =>
        {
            attempts.Enqueue(bench.Clock.GetUtcNow());
            return Task.FromResult(attempts.Count <= 4 ? HttpStatusCode.InternalServerError : HttpStatusCode.OK);
        });
        await SubscribeAsync("down");
        await SubscribeAsync("up");
        await ChangeAsync(5, "Ana");
        await bench.RelayAsync(receiver);
        await WhenHasAsync("/up", 5);
        await ChangeAsync(5, "Anna");

        await WhenHasAsync("/up", 10);
        await WhenHasAsync("/down", 10);

        AssertInOrderForEachStudent("/down", versions: 2);
        Assert.HasCount(10, receiver.EventsOf("/up"), "who took them over is not told again because another did not");
        var waits = attempts.Zip(attempts.Skip(1), (earlier, later) => later - earlier).Take(4).ToList();
        foreach (var (wait, least) in waits.Zip([2, 4, 8, 16])) Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(least), wait);
    }

    [TestMethod]
    public async Task A_receiver_that_hangs_keeps_no_other_waiting()
    {
        receiver.Answer("/a-hangs", async cancellation => { await new TaskCompletionSource().Task.WaitAsync(cancellation); return HttpStatusCode.OK; });
        await SubscribeAsync("a-hangs");
        await SubscribeAsync("b");
        await ChangeAsync(3, "Ana");
        await bench.RelayAsync(receiver);

        await WhenHasAsync("/b", 3);
        await ChangeAsync(3, "Anna");
        await WhenHasAsync("/b", 6);

        Assert.IsEmpty(receiver.EventsOf("/a-hangs"));
    }

    [TestMethod]
    public async Task A_receiver_that_took_events_but_could_not_say_so_gets_them_again_under_the_same_ids()
    {
        var heard = new ConcurrentQueue<string>();
        receiver.Answer("/deaf", _ =>
        {
            heard.Enqueue("call");
            return heard.Count == 1 ? throw new HttpRequestException("The connection was reset.") : Task.FromResult(HttpStatusCode.OK);
        });
        await SubscribeAsync("deaf");
        await ChangeAsync(3, "Ana");
        await bench.RelayAsync(receiver);

        await WhenHasAsync("/deaf", 3);

        Assert.HasCount(2, heard);
        CollectionAssert.AreEquivalent(Enumerable.Range(1, 3).Select(i => StateChange.IdOf(new StateId(i), Sample.Year, 1)).ToList(), receiver.EventsOf("/deaf").Select(change => change.Id).ToList());
    }

    [TestMethod]
    public async Task A_relay_that_starts_anew_goes_on_from_where_the_last_one_stood()
    {
        await SubscribeAsync("one");
        await ChangeAsync(3, "Ana");
        var first = await bench.RelayAsync(receiver);
        await WhenHasAsync("/one", 3);
        await first.StopAsync(CancellationToken.None);
        await ChangeAsync(3, "Anna");

        await bench.RelayAsync(receiver);
        await WhenHasAsync("/one", 6);

        Assert.HasCount(6, receiver.EventsOf("/one"));
    }

    [TestMethod]
    [DataRow(false, DisplayName = "from the beginning")]
    [DataRow(true, DisplayName = "from a position")]
    public async Task Of_two_hosts_on_one_folder_the_slower_one_does_not_put_the_position_back(bool hasPosition)
    {
        Task<LedgerEntry?> PositionAsync() => bench.Data.Ports.Ledger.FindAsync("subscriptions", "position", "one", CancellationToken.None);
        await SubscribeAsync("one");
        await ChangeAsync(1, "Ana");
        if (hasPosition)
        {
            var earlier = await bench.RelayAsync(receiver);
            await bench.WhenAsync(async () => await PositionAsync() is not null, Tick);
            await earlier.StopAsync(CancellationToken.None);
            await ChangeAsync(1, "Anna");
        }
        var before = (await PositionAsync())?.Json;
        var (calls, proceed) = (0, new TaskCompletionSource());
        receiver.Answer("/one", async _ =>
        {
            if (Interlocked.Increment(ref calls) == 1) await proceed.Task;
            return HttpStatusCode.OK;
        });
        await bench.RelayAsync(receiver);
        await bench.WhenAsync(() => Volatile.Read(ref calls) == 1, Tick);
        await ChangeAsync(1, "Annie");
        var quicker = await bench.RelayAsync(receiver);
        await bench.WhenAsync(async () => (await PositionAsync())?.Json != before, Tick);
        await quicker.StopAsync(CancellationToken.None);

        proceed.SetResult();
        await ChangeAsync(1, "Anne");
        var newest = hasPosition ? 4 : 3;
        await bench.WhenAsync(() => receiver.EventsOf("/one").Any(change => change.Version == newest), Tick);

        Assert.AreEqual(hasPosition ? "1 2 3 2 4" : "1 2 1 3", string.Join(' ', receiver.EventsOf("/one").Select(change => change.Version)), "what the slower one was at is told again, and nothing after it");
    }
}
