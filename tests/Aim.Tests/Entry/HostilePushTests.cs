using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Editions;
using Aim.Entry;
using Aim.Ports;
using Aim.Tests.Setup;
using Aim.Uploads;
using static Aim.Tests.Entry.ChangeFixtures;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>Pushes and saves as a careless, unlucky or hostile sender makes them.</summary>
[TestClass]
public sealed class HostilePushTests
{
    private static readonly EditionKey Key = new(Sample.District, Sample.Year);

    private EntryHost entry = null!;

    [TestInitialize]
    public async Task Start() => entry = await StartAsync();

    [TestCleanup]
    public async Task Stop() => await entry.DisposeAsync();

    private static JsonObject Child(int number, string? name = null) => Upsert("SD", null, Student(name ?? $"Child{number}"), $"{number}");

    private static byte[] Body(long sequence, params JsonObject[] changes) => Encoding.UTF8.GetBytes(new JsonObject { ["sequence"] = sequence, ["changes"] = new JsonArray([.. changes]) }.ToJsonString());

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(string path, byte[] body)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        using var response = await entry.Clerk.PutAsync(path, content);
        return (response.StatusCode, await RunningHost.ReadAsync(response));
    }

    private async Task<(long Version, long Rows)> EditionAsync()
    {
        var edition = (await entry.GetAsync(Edition)).Body;
        return (edition.GetProperty("version").GetInt64(), edition.GetProperty("rows").GetInt64());
    }

    [TestMethod]
    public async Task Of_different_pushes_under_one_number_at_once_one_is_taken_and_the_others_are_told()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => entry.PushAsync(1, Child(1000 + i))));

        Assert.AreEqual(1, answers.Count(answer => answer.Status == HttpStatusCode.Accepted));
        Assert.AreEqual(7, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
        Assert.AreEqual((1L, 1L), await EditionAsync());
    }

    [TestMethod]
    public async Task The_same_push_many_times_at_once_is_applied_once_and_answered_alike()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(_ => entry.PushAsync(1, Child(1001), Child(1002))));

        foreach (var (status, body, _) in answers)
            Assert.AreEqual((HttpStatusCode.Accepted, "Applied", 2), (status, body.GetProperty("state").GetString(), body.GetProperty("counts").GetProperty("added").GetInt32()), $"{body}");
        Assert.AreEqual(1, answers.Count(answer => !answer.Body.GetProperty("isRepeated").GetBoolean()));
        Assert.AreEqual((1L, 2L), await EditionAsync());
    }

    [TestMethod]
    public async Task A_number_that_is_withdrawn_while_the_one_before_it_comes_is_either_withdrawn_or_applied()
    {
        for (var i = 1; i <= 15; i += 2)
        {
            await entry.PushAsync(i + 1, Child(1000 + i));
            var withdrawing = entry.SendAsync(HttpMethod.Delete, $"{Changes}/{i + 1}");
            await entry.PushAsync(i, Child(1001, $"Name{i}"));
            var withdrawn = (await withdrawing).Status;

            var state = (await entry.SendAsync(HttpMethod.Get, $"{Changes}/{i + 1}")).Status;
            Assert.AreEqual(withdrawn == HttpStatusCode.NoContent ? HttpStatusCode.NotFound : HttpStatusCode.OK, state, $"{withdrawn}");
            Assert.AreEqual("Applied", (await entry.PushAsync(i + 1, Child(1000 + i))).Body.GetProperty("state").GetString());
        }
    }

    [TestMethod]
    public async Task A_number_that_is_applied_while_it_is_being_withdrawn_is_not_told_as_withdrawn()
    {
        await entry.Host.App.StopAsync();
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder);
        var pushed = bench.Platform.Pushed;
        await pushed.ReceiveAsync(Key, 2, Body(2, Child(1002)), CancellationToken.None);
        // Between the look at the position and the write, number 1 comes, and both are applied.
        await using var other = await Workbench.OpenAsync(entry.Host.Folder, replace: ports => ports with
        {
            Ledger = new MeddledLedger(ports.Ledger, async () =>
            {
                await pushed.ReceiveAsync(Key, 1, Body(1, Child(1001)), CancellationToken.None);
                await pushed.DrainAsync(Key, CancellationToken.None);
            }),
        });

        Assert.AreEqual(PushWithdrawal.TooLate, await other.Platform.Pushed.WithdrawAsync(Key, 2, "clerk", CancellationToken.None));

        Assert.AreEqual(PushState.Applied, (await pushed.FindNumberAsync(Key, 2, CancellationToken.None)).State);
        Assert.AreEqual(2L, (await bench.Ports.Editions.GetHeadAsync(Key, CancellationToken.None)).RowCount);
    }

    /// <summary>A ledger in which something is done before the note of a number is first written over.</summary>
    private sealed class MeddledLedger(ILedger ledger, Func<Task> meddle) : ILedger
    {
        private bool isDone;

        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) => ledger.FindAsync(subject, kind, id, cancellation);

        public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) => ledger.AddAsync(entry, cancellation);

        public async Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation)
        {
            if (!isDone && entry.Kind == "noted")
            {
                isDone = true;
                await meddle();
            }
            return await ledger.PutAsync(entry, cancellation);
        }

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) => ledger.ListAsync(subject, kind, afterId, cancellation);
    }

    [TestMethod]
    public async Task Numbers_that_come_all_at_once_are_applied_in_their_order()
    {
        await Task.WhenAll(Enumerable.Range(1, 8).Reverse().Select(i => entry.PushAsync(i, Child(1001, $"Name{i}"))));

        Assert.AreEqual("Name8", (await entry.GetAsync("records/SD/1001")).Body.GetProperty("record").GetProperty("firstName").GetString());
        Assert.AreEqual((8L, 1L), await EditionAsync());
    }

    [TestMethod]
    public async Task A_hundred_thousand_changes_are_refused_at_once_and_take_no_number()
    {
        var text = new StringBuilder("""{"sequence":1,"changes":[""");
        text.AppendJoin(',', Enumerable.Repeat("""{"op":"delete","recordType":"SD","localId":"1"}""", 100_000)).Append("]}");

        var (status, problem) = await SendAsync(Changes, Encoding.UTF8.GetBytes(text.ToString()));

        Assert.AreEqual(HttpStatusCode.BadRequest, status);
        Assert.Contains("1 to 5000 changes", problem.GetProperty("detail").GetString()!);
        Assert.AreEqual("Applied", (await entry.PushAsync(1, Child(1001))).Body.GetProperty("state").GetString());
    }

    public static IEnumerable<object[]> Unreadable =>
    [
        ["not JSON", "sequence=1"u8.ToArray()],
        ["nothing", Array.Empty<byte>()],
        ["too deep", Encoding.UTF8.GetBytes($$"""{"lastName":{{new string('[', 5000)}}{{new string(']', 5000)}}}""")],
        ["no UTF-8", Encoding.Latin1.GetBytes("""{"lastName":"Rivière"}""")],
        ["half a character", """{"lastName":"Riv\ud800"}"""u8.ToArray()],
        ["half a character in a name", """{"last\ud800":"Riv"}"""u8.ToArray()],
    ];

    [TestMethod]
    [DynamicData(nameof(Unreadable))]
    public async Task A_record_that_cannot_be_read_is_refused_by_hand_and_in_a_push_and_stops_nothing(string what, byte[] record)
    {
        var (status, problem) = await SendAsync($"{Edition}/records/SD/1001", record);
        Assert.AreEqual(HttpStatusCode.BadRequest, status, $"{what}: {problem}");
        Assert.Contains("read", problem.GetProperty("detail").GetString()!, what);

        var (pushed, refusal) = await SendAsync(Changes, [.. """{"sequence":1,"changes":[{"op":"upsert","recordType":"SD","localId":"1001","record":"""u8, .. record, .. "}]}"u8]);
        Assert.AreEqual(HttpStatusCode.BadRequest, pushed, $"{what}: {refusal}");
        Assert.AreEqual("Applied", (await entry.PushAsync(1, Child(1001))).Body.GetProperty("state").GetString(), what);
    }

    [TestMethod]
    public async Task A_local_id_with_half_a_character_is_refused()
    {
        var (status, problem) = await SendAsync(Changes, """{"sequence":1,"changes":[{"op":"delete","recordType":"SD","localId":"1\ud800"}]}"""u8.ToArray());

        Assert.AreEqual(HttpStatusCode.BadRequest, status, $"{problem}");
    }

    [TestMethod]
    public async Task A_body_that_is_too_long_is_refused_by_its_length()
    {
        var record = Student();
        record["lastName"] = new string('x', 300_000);
        var (status, problem) = await SendAsync($"{Edition}/records/SD/1001", Encoding.UTF8.GetBytes(record.ToJsonString()));
        Assert.AreEqual(HttpStatusCode.RequestEntityTooLarge, status, $"{problem}");

        var (pushed, refusal) = await SendAsync(Changes, new byte[ChangeSet.MostBytes + 1]);
        Assert.AreEqual(HttpStatusCode.RequestEntityTooLarge, pushed, $"{refusal}");
        Assert.Contains("in parts", refusal.GetProperty("detail").GetString()!);
    }

    [TestMethod]
    public async Task What_never_was_is_not_deleted_whatever_the_sender_says_it_knows()
    {
        foreach (var ifMatch in new[] { null, "*", "\"0123456789abcdef\"" })
            Assert.AreEqual(HttpStatusCode.NotFound, (await entry.SendAsync(HttpMethod.Delete, "records/SD/1001", ifMatch: ifMatch)).Status, ifMatch);
        Assert.AreEqual((0L, 0L), await EditionAsync());
    }

    [TestMethod]
    public async Task Saves_and_pushes_while_the_night_runs_all_reach_the_state()
    {
        await entry.Host.App.StopAsync();
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder);
        async Task SaveAsync(int number)
        {
            var saved = await bench.Platform.Entry.SaveAsync(Key, new RecordChange(ChangeOperation.Upsert, "SD", $"{number}", null, JsonSerializer.SerializeToElement(Distinct(number))), new SaveCondition(OnlyNew: true), $"k{number}", "clerk", isRepeat: false, CancellationToken.None);
            Assert.AreEqual(SaveStatus.Created, saved.Status);
        }

        async Task PushAsync(int number)
        {
            await bench.Platform.Pushed.ReceiveAsync(Key, number, Body(number, Upsert("SD", null, Distinct(2000 + number), $"{2000 + number}")), CancellationToken.None);
            await bench.Platform.Pushed.DrainAsync(Key, CancellationToken.None);
        }

        await SaveAsync(1000);
        await Task.WhenAll([bench.NightAsync(new DateOnly(2026, 3, 1)), bench.NightAsync(new DateOnly(2026, 3, 2)), .. Enumerable.Range(1001, 9).Select(SaveAsync), .. Enumerable.Range(1, 5).Select(PushAsync)]);
        await bench.NightAsync(new DateOnly(2026, 3, 3));

        var head = await bench.Ports.Editions.GetHeadAsync(Key, CancellationToken.None);
        Assert.AreEqual((15L, 15L, true, 0), (head.Version, head.RowCount, head.IsSynced, head.Parked));
        Assert.AreEqual(15, await bench.Ports.State.StudentsOfAsync(Sample.District, Sample.Year, CancellationToken.None).CountAsync());
    }

    /// <summary>A child who is like none of the others.</summary>
    private static JsonObject Distinct(int number)
    {
        var record = Student($"{(char)('A' + number % 26)}{(char)('a' + number / 26 % 26)}{(char)('k' + number % 7)}");
        (record["lastName"], record["birthDate"]) = ($"{(char)('B' + number % 20)}ox{(char)('a' + number % 23)}", new DateOnly(2012, 1, 1).AddDays(number * 37 % 1400).ToString("O"));
        return record;
    }

    [TestMethod]
    public async Task A_push_whose_sync_did_not_come_to_its_end_says_so_until_the_night_has_made_up_for_it()
    {
        await entry.Host.App.StopAsync();
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder);
        await bench.Ports.Editions.BeginSyncAsync(Key, "another", TimeProvider.System.GetUtcNow().AddMinutes(5), CancellationToken.None);
        await bench.Platform.Pushed.ReceiveAsync(Key, 1, Body(1, Child(1001)), CancellationToken.None);

        await bench.Platform.Pushed.DrainAsync(Key, CancellationToken.None);
        Assert.IsFalse((await bench.Platform.Pushed.FindNumberAsync(Key, 1, CancellationToken.None)).Push!.IsSynced);
        Assert.IsNull(await bench.StateIdOfAsync("1001"));

        await bench.Ports.Editions.BeginSyncAsync(Key, "another", TimeProvider.System.GetUtcNow(), CancellationToken.None);
        await bench.NightAsync(new DateOnly(2026, 3, 1));
        Assert.IsNotNull(await bench.StateIdOfAsync("1001"));
    }

    [TestMethod]
    public async Task A_push_whose_process_died_after_it_was_applied_is_told_as_it_went()
    {
        await entry.Host.App.StopAsync();
        var isOut = true;
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder, replace: ports => ports with { Ledger = new DyingLedger(ports.Ledger, () => isOut) });
        await bench.Platform.Pushed.ReceiveAsync(Key, 1, Body(1, Child(1001), Delete("EN", "none")), CancellationToken.None);
        await Assert.ThrowsAsync<IOException>(() => bench.Platform.Pushed.DrainAsync(Key, CancellationToken.None));
        Assert.AreEqual(1L, (await bench.Ports.Editions.GetHeadAsync(Key, CancellationToken.None)).Version, "it was applied, and nobody noted it");

        isOut = false;
        await bench.Platform.Pushed.DrainAsync(Key, CancellationToken.None);

        var push = (await bench.Platform.Pushed.FindNumberAsync(Key, 1, CancellationToken.None)).Push!;
        var outcome = (await bench.Platform.Pushed.FindOutcomeAsync(push, CancellationToken.None))!;
        Assert.AreEqual((1L, 1, 0, 1), (push.Version, outcome.Added, outcome.Unchanged, outcome.NotThere));
        Assert.AreEqual(1L, (await bench.Ports.Editions.GetHeadAsync(Key, CancellationToken.None)).Version);
    }

    /// <summary>A ledger that is out when the outcome of a push is noted.</summary>
    private sealed class DyingLedger(ILedger ledger, Func<bool> isOut) : ILedger
    {
        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) => ledger.FindAsync(subject, kind, id, cancellation);

        public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) => isOut() && entry.Kind == "outcome" ? throw new IOException("out") : ledger.AddAsync(entry, cancellation);

        public Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation) => ledger.PutAsync(entry, cancellation);

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) => ledger.ListAsync(subject, kind, afterId, cancellation);
    }
}
