using System.Net;
using System.Text.Json;
using Aim.Azure.Cosmos;
using Aim.CosmosGateway;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Azure;

/// <summary>Where the service refuses, the gateway refuses: else the adapters would be tested against something more lenient.</summary>
[TestClass]
public sealed class GatewayTests : IAsyncDisposable
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));
    private Gateway gateway = null!;
    private CosmosAccount account = null!;
    private Container students = null!;
    private Container ledger = null!;

    [TestInitialize]
    public async Task Open()
    {
        gateway = await Gateway.StartAsync(clock: clock);
        account = CosmosAccount.Connect($"AccountEndpoint={gateway.Address};AccountKey={Convert.ToBase64String(new byte[64])};", "aim", options =>
        {
            options.ConnectionMode = ConnectionMode.Gateway;
            options.LimitToEndpoint = true;
            options.MaxRetryAttemptsOnRateLimitedRequests = 0;
        });
        await account.CreateContainersAsync(CancellationToken.None);
        students = account.Table(CosmosContainers.Students).Container;
        ledger = account.Table(CosmosContainers.Ledger).Container;
    }

    public async ValueTask DisposeAsync()
    {
        account.Dispose();
        await gateway.DisposeAsync();
    }

    private sealed record Doc(string Id, string StateId, string? Record = null, string? Text = null, int? Ttl = null);

    private static PartitionKey Key(string key) => new(key);

    private static async Task<CosmosException> RefusedAsync(Func<Task> request, HttpStatusCode status)
    {
        var refused = await Assert.ThrowsAsync<CosmosException>(request);
        Assert.AreEqual(status, refused.StatusCode, refused.Message);
        return refused;
    }

    private Task CreateAsync(string id, string key, string? record = null) => students.CreateItemAsync(new Doc(id, key, record), Key(key));

    [TestMethod]
    public async Task An_item_is_found_only_under_its_own_partition_key()
    {
        await CreateAsync("1", "a");

        Assert.AreEqual("1", (await students.ReadItemAsync<Doc>("1", Key("a"))).Resource.Id);
        await RefusedAsync(() => students.ReadItemAsync<Doc>("1", Key("b")), HttpStatusCode.NotFound);
        await RefusedAsync(() => students.DeleteItemAsync<Doc>("1", Key("b")), HttpStatusCode.NotFound);
    }

    [TestMethod]
    public async Task An_item_whose_key_is_not_the_one_of_the_request_is_refused()
    {
        var refused = await RefusedAsync(() => students.CreateItemAsync(new Doc("1", "a"), Key("b")), HttpStatusCode.BadRequest);

        Assert.AreEqual(1001, refused.SubStatusCode);
    }

    [TestMethod]
    public async Task Conditions_of_writes_are_held()
    {
        await CreateAsync("1", "a");
        var etag = (await students.ReadItemAsync<Doc>("1", Key("a"))).ETag;

        await RefusedAsync(() => CreateAsync("1", "a"), HttpStatusCode.Conflict);
        await students.ReplaceItemAsync(new Doc("1", "a", Text: "new"), "1", Key("a"), new ItemRequestOptions { IfMatchEtag = etag });
        await RefusedAsync(() => students.ReplaceItemAsync(new Doc("1", "a", Text: "newer"), "1", Key("a"), new ItemRequestOptions { IfMatchEtag = etag }), HttpStatusCode.PreconditionFailed);
        await RefusedAsync(() => students.ReplaceItemAsync(new Doc("2", "a"), "2", Key("a")), HttpStatusCode.NotFound);
        Assert.AreEqual("new", (await students.ReadItemAsync<Doc>("1", Key("a"))).Resource.Text);
    }

    [TestMethod]
    public async Task An_item_of_more_than_two_megabytes_is_too_large()
    {
        await RefusedAsync(() => students.CreateItemAsync(new Doc("1", "a", Text: new string('x', 2 * 1024 * 1024)), Key("a")), HttpStatusCode.RequestEntityTooLarge);
    }

    [TestMethod]
    [DataRow("a/b")]
    [DataRow("a?b")]
    [DataRow("a#b")]
    public async Task An_id_with_a_character_that_the_service_refuses_is_refused(string id) => await RefusedAsync(() => CreateAsync(id, "a"), HttpStatusCode.BadRequest);

    [TestMethod]
    public async Task A_number_that_the_service_would_round_is_refused_loudly()
    {
        await RefusedAsync(() => students.CreateItemAsync(new { id = "1", stateId = "a", ticks = 638_000_000_000_000_001 }, Key("a")), HttpStatusCode.NotImplemented);
    }

    [TestMethod]
    public async Task A_transaction_is_all_or_nothing()
    {
        await CreateAsync("2", "a");

        using var failed = await students.CreateTransactionalBatch(Key("a")).UpsertItem(new Doc("2", "a", Text: "over")).CreateItem(new Doc("1", "a")).CreateItem(new Doc("2", "a")).ExecuteAsync();

        Assert.AreEqual(HttpStatusCode.Conflict, failed.StatusCode);
        CollectionAssert.AreEqual(new[] { 424, 424, 409 }, failed.Select(result => (int)result.StatusCode).ToList());
        await RefusedAsync(() => students.ReadItemAsync<Doc>("1", Key("a")), HttpStatusCode.NotFound);
        Assert.IsNull((await students.ReadItemAsync<Doc>("2", Key("a"))).Resource.Text, "what was written over is back");
    }

    [TestMethod]
    public async Task A_transaction_takes_a_hundred_operations_and_no_more()
    {
        async Task<HttpStatusCode> SendAsync(int count)
        {
            var batch = students.CreateTransactionalBatch(Key("a"));
            for (var i = 0; i < count; i++) batch.UpsertItem(new Doc($"{i}", "a"));
            using var response = await batch.ExecuteAsync();
            return response.StatusCode;
        }

        Assert.AreEqual(HttpStatusCode.OK, await SendAsync(100));
        Assert.AreEqual(HttpStatusCode.BadRequest, await SendAsync(101));
    }

    private async Task<List<string>> QueryAsync(string sql, string? key = null, int page = 2)
    {
        var found = new List<string>();
        using var iterator = students.GetItemQueryIterator<Doc>(sql, requestOptions: new QueryRequestOptions { MaxItemCount = page, PartitionKey = key is null ? null : Key(key) });
        while (iterator.HasMoreResults) found.AddRange((await iterator.ReadNextAsync()).Select(doc => $"{doc.StateId}{doc.Id}"));
        return found;
    }

    [TestMethod]
    public async Task A_query_of_one_partition_sees_only_that_one_and_one_across_sees_all_in_order()
    {
        string[] keys = ["k", "b", "x", "a", "m"];
        foreach (var key in keys) for (var i = 0; i < 3; i++) await CreateAsync($"{i}", key, $"{key}{i}");

        CollectionAssert.AreEqual(new[] { "b0", "b1", "b2" }, await QueryAsync("SELECT * FROM c WHERE c.record >= \"\" ORDER BY c.record", "b"));
        CollectionAssert.AreEqual(keys.SelectMany(key => Enumerable.Range(0, 3).Select(i => $"{key}{i}")).Order(StringComparer.Ordinal).ToList(), await QueryAsync("SELECT * FROM c WHERE c.record >= \"\" ORDER BY c.record"));
    }

    [TestMethod]
    public async Task A_query_by_what_is_not_indexed_is_refused()
    {
        await CreateAsync("1", "a");

        var refused = await RefusedAsync(() => QueryAsync("SELECT * FROM c WHERE c.text = \"x\"", "a"), HttpStatusCode.BadRequest);

        StringAssert.Contains(refused.Message, "students has no index on /text");
    }

    [TestMethod]
    [DataRow("SELECT TOP 1 * FROM c")]
    [DataRow("SELECT COUNT(1) FROM c")]
    [DataRow("SELECT * FROM c JOIN d IN c.list")]
    [DataRow("SELECT * FROM c WHERE STARTSWITH(c.record, 'a')")]
    [DataRow("SELECT * FROM c WHERE NOT c.record = 'a'")]
    public async Task Query_language_that_is_not_spoken_is_refused_loudly(string sql)
    {
        await RefusedAsync(() => QueryAsync(sql, "a"), HttpStatusCode.NotImplemented);

        Assert.IsNotNull(gateway.Unsupported);
    }

    [TestMethod]
    public async Task A_header_that_is_not_spoken_is_refused_loudly()
    {
        await CreateAsync("1", "a");

        await RefusedAsync(() => students.ReadItemAsync<Doc>("1", Key("a"), new ItemRequestOptions { AddRequestHeaders = headers => headers.Add("x-ms-cosmos-priority-level", "Low") }), HttpStatusCode.NotImplemented);

        StringAssert.Contains(gateway.Unsupported, "x-ms-cosmos-priority-level");
    }

    [TestMethod]
    public async Task An_item_is_gone_when_its_time_has_run_out_where_its_container_lets_it()
    {
        await students.CreateItemAsync(new Doc("1", "a", Ttl: 60), Key("a"));
        await CreateAsync("2", "a");
        await ledger.CreateItemAsync(new { id = "1", subject = "a", ttl = 60 }, Key("a"));

        clock.Advance(TimeSpan.FromSeconds(61));

        await RefusedAsync(() => students.ReadItemAsync<Doc>("1", Key("a")), HttpStatusCode.NotFound);
        Assert.AreEqual("2", (await students.ReadItemAsync<Doc>("2", Key("a"))).Resource.Id);
        Assert.AreEqual(HttpStatusCode.OK, (await ledger.ReadItemAsync<JsonElement>("1", Key("a"))).StatusCode, "a container without a time to live keeps all");
    }

    [TestMethod]
    public async Task The_change_feed_tells_of_each_item_once_as_it_is_now_in_the_order_of_writes()
    {
        await CreateAsync("1", "a");
        await CreateAsync("2", "a");
        await students.UpsertItemAsync(new Doc("1", "a", Text: "again"), Key("a"));

        var told = new List<string>();
        using var feed = students.GetChangeFeedIterator<Doc>(ChangeFeedStartFrom.Beginning(), ChangeFeedMode.LatestVersion, new ChangeFeedRequestOptions { PageSizeHint = 1 });
        while (true)
        {
            var page = await feed.ReadNextAsync();
            if (page.StatusCode == HttpStatusCode.NotModified) break;
            told.AddRange(page.Select(doc => doc.Id + doc.Text));
        }

        CollectionAssert.AreEqual(new[] { "2", "1again" }, told);
    }

    [TestMethod]
    [DataRow(Fault.Throttled, 429)]
    [DataRow(Fault.Unavailable, 503)]
    [DataRow(Fault.PartitionMoving, 410)]
    [DataRow(Fault.TimedOut, 408)]
    public async Task A_fault_without_work_leaves_nothing_behind(Fault fault, int status)
    {
        // As often as the SDK itself may try again.
        gateway.Faults.InjectNext([.. Enumerable.Repeat(fault, 30)]);

        var refused = await Assert.ThrowsAsync<CosmosException>(() => CreateAsync("1", "a"));

        Assert.AreEqual(status, (int)refused.StatusCode);
        gateway.Faults.Stop();
        await RefusedAsync(() => students.ReadItemAsync<Doc>("1", Key("a")), HttpStatusCode.NotFound);
    }

    [TestMethod]
    public async Task What_is_to_be_tried_again_is_tried_again_by_the_SDK()
    {
        gateway.Faults.InjectNext(Fault.RetryWith);

        await CreateAsync("1", "a");

        Assert.AreEqual(1, gateway.Faults.Injected[Fault.RetryWith]);
    }

    [TestMethod]
    public async Task A_fault_after_the_work_leaves_it_done()
    {
        gateway.Faults.InjectNext(Fault.TimedOutDone);

        await Assert.ThrowsAsync<CosmosException>(() => CreateAsync("1", "a"));

        Assert.AreEqual("1", (await students.ReadItemAsync<Doc>("1", Key("a"))).Resource.Id);
    }
}
