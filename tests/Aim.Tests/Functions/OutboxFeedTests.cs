using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Azure.Cosmos;
using Aim.Functions.Messaging;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Functions;

[TestClass]
public sealed class OutboxFeedTests : IAsyncDisposable
{
    private readonly Topic topic = new();
    private Workbench bench = null!;
    private OutboxFeed feed = null!;

    [TestInitialize]
    public async Task Open()
    {
        bench = await Workbench.OpenAsync();
        feed = new OutboxFeed(topic, bench.Ports.Ledger, NullLogger<OutboxFeed>.Instance);
    }

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    private static CancellationToken None => CancellationToken.None;

    /// <summary>Takes as many events as it has room for and then fails, like a topic that goes away half way through a batch.</summary>
    private sealed class Topic : IEventPublisher
    {
        public int Room { get; set; } = int.MaxValue;

        public List<string> Told { get; } = [];

        public Task PublishAsync(IReadOnlyList<StateChange> changes, CancellationToken cancellation)
        {
            foreach (var change in changes)
            {
                if (Room-- == 0) throw new IOException("The topic is away.");
                Told.Add($"{change.StateId}:{change.Version}");
            }
            return Task.CompletedTask;
        }
    }

    private static StudentRecord Version(int student, int version) =>
        (StudentRecord.Empty(new StateId(student), Sample.Year) with { Version = version, Cause = Stored.Cause }).With(Stored.Contribution("1", Stored.Student("Ana")));

    /// <summary>An event as the change feed tells it.</summary>
    private static JsonObject Event(int student, int version) =>
        JsonNode.Parse(CosmosTable.Serialize(EventItem.Of(Version(student, version), [Sample.District], ["SD"], "1")))!.AsObject();

    private static JsonObject Without(JsonObject item, string property)
    {
        Assert.IsTrue(item["event"]!.AsObject().Remove(property), property);
        return item;
    }

    private static JsonObject With(JsonObject item, string property, JsonNode? value)
    {
        Assert.IsTrue(item["event"]!.AsObject().ContainsKey(property), property);
        item["event"]![property] = value;
        return item;
    }

    private static List<JsonElement> Items(params JsonObject[] items) => [.. items.Select(item => JsonSerializer.SerializeToElement(item))];

    private Task<List<LedgerEntry>> ParkedAsync() => bench.Ports.Ledger.ListAsync("events", "parked", null, None).ToListAsync().AsTask();

    [TestMethod]
    public async Task An_event_that_cannot_be_read_is_parked_once_and_the_others_are_told()
    {
        // All have the same id within their students.
        var items = Items(Event(1, 1), With(Event(2, 1), "year", "next"), With(Event(3, 1), "version", "one"), Event(4, 1));

        await feed.PublishAsync(items, None);
        await feed.PublishAsync(items, None);

        Assert.AreEqual("000000001:1 000000004:1 000000001:1 000000004:1", string.Join(' ', topic.Told));
        CollectionAssert.AreEquivalent(new[] { items[1].GetRawText(), items[2].GetRawText() }, (await ParkedAsync()).Select(entry => entry.Json).ToList());
    }

    [TestMethod]
    [DataRow("id")]
    [DataRow("stateId")]
    [DataRow("year")]
    [DataRow("version")]
    [DataRow("stamp")]
    [DataRow("districts")]
    [DataRow("sections")]
    public async Task An_event_that_lacks_a_part_is_parked_and_the_others_are_told(string property)
    {
        await feed.PublishAsync(Items(Event(1, 1), Without(Event(2, 1), property), With(Event(3, 1), property, null), Event(4, 1)), None);

        Assert.AreEqual("000000001:1 000000004:1", string.Join(' ', topic.Told));
        Assert.HasCount(2, await ParkedAsync());
    }

    [TestMethod]
    public async Task An_event_without_anything_in_it_is_parked()
    {
        await feed.PublishAsync(Items(new JsonObject { ["id"] = "1", ["event"] = null }, new JsonObject { ["event"] = "text" }), None);

        Assert.IsEmpty(topic.Told);
        Assert.HasCount(2, await ParkedAsync());
    }

    [TestMethod]
    public async Task A_batch_that_fails_half_way_is_told_again_as_a_whole()
    {
        var items = Items(Event(1, 1), Event(2, 1), Event(3, 1));
        topic.Room = 2;

        await Assert.ThrowsExactlyAsync<IOException>(() => feed.PublishAsync(items, None));
        topic.Room = int.MaxValue;
        await feed.PublishAsync(items, None);

        Assert.AreEqual("000000001:1 000000002:1 000000001:1 000000002:1 000000003:1", string.Join(' ', topic.Told));
        Assert.IsEmpty(await ParkedAsync());
    }

    [TestMethod]
    public async Task Records_and_earlier_versions_are_passed_over()
    {
        var present = JsonNode.Parse(CosmosTable.Serialize(VersionItem.Present(Version(1, 2))))!.AsObject();
        var earlier = JsonNode.Parse(CosmosTable.Serialize(VersionItem.Earlier(Version(1, 1))))!.AsObject();

        await feed.PublishAsync(Items(present, earlier, Event(1, 2)), None);
        await feed.PublishAsync(Items(present), None);

        Assert.AreEqual("000000001:2", string.Join(' ', topic.Told));
        Assert.IsEmpty(await ParkedAsync());
    }
}
