using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Editions;
using Aim.Entry;
using Aim.Ports;
using Aim.Tests.Setup;
using static Aim.Tests.Entry.ChangeFixtures;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>Sets of changes that a district's own system pushes over HTTP.</summary>
[TestClass]
public sealed class PushedSetsTests
{
    private EntryHost entry = null!;

    [TestInitialize]
    public async Task Start() => entry = await StartAsync();

    [TestCleanup]
    public async Task Stop() => await entry.DisposeAsync();

    private static JsonObject Child(int number, string? name = null) => Upsert("SD", null, Student(name ?? $"Child{number}"), $"{number}");

    private async Task<JsonElement> StatusAsync(long sequence)
    {
        var (status, body, _) = await entry.SendAsync(HttpMethod.Get, $"{Changes}/{sequence}");
        Assert.AreEqual(HttpStatusCode.OK, status, $"{body}");
        return body;
    }

    private async Task<(long Version, long Rows, bool IsSynced)> EditionAsync()
    {
        var edition = (await entry.GetAsync(Edition)).Body;
        return (edition.GetProperty("version").GetInt64(), edition.GetProperty("rows").GetInt64(), edition.GetProperty("isSynced").GetBoolean());
    }

    private static string State(JsonElement body) => body.GetProperty("state").GetString()!;

    [TestMethod]
    public async Task A_push_is_one_version_of_the_edition_and_reaches_the_state()
    {
        var (status, body, _) = await entry.PushAsync(1, Upsert("SD", null, Student()), Upsert("EN", "0001|001|P|20250825", Enrollment()));

        Assert.AreEqual((HttpStatusCode.Accepted, "Applied"), (status, State(body)), $"{body}");
        Assert.AreEqual((1L, true, 2), (body.GetProperty("version").GetInt64(), body.GetProperty("isSynced").GetBoolean(), body.GetProperty("counts").GetProperty("added").GetInt32()));
        Assert.AreEqual((1L, 2L, true), await EditionAsync());
        Assert.AreEqual(2, (await entry.StateRecordsAsync()).Single().GetProperty("districts")[0].GetProperty("records").GetArrayLength());
        Assert.AreEqual("Applied", State(await StatusAsync(1)));
    }

    [TestMethod]
    public async Task A_push_that_comes_before_the_one_before_it_waits_and_both_are_applied_in_order()
    {
        var (status, waiting, _) = await entry.PushAsync(2, Child(1001, "Second"));
        Assert.AreEqual((HttpStatusCode.Accepted, "Waiting", 1L), (status, State(waiting), waiting.GetProperty("missing").GetInt64()), $"{waiting}");
        StringAssert.Contains(waiting.GetProperty("sentence").GetString(), "number 1");
        Assert.AreEqual(0L, (await EditionAsync()).Rows);

        await entry.PushAsync(1, Child(1001, "First"));

        Assert.AreEqual("Applied", State(await StatusAsync(2)));
        Assert.AreEqual(("Second", 2L), ((await entry.GetAsync("records/SD/1001")).Body.GetProperty("record").GetProperty("firstName").GetString(), (await EditionAsync()).Version));
    }

    [TestMethod]
    public async Task The_same_number_with_the_same_changes_is_a_repeat_and_with_others_a_conflict()
    {
        await entry.PushAsync(1, Child(1001));

        var (status, again, _) = await entry.PushAsync(1, Child(1001));
        Assert.AreEqual((HttpStatusCode.Accepted, true, 1), (status, again.GetProperty("isRepeated").GetBoolean(), again.GetProperty("counts").GetProperty("added").GetInt32()), $"{again}");
        var (conflict, problem, _) = await entry.PushAsync(1, Child(1002));

        Assert.AreEqual(HttpStatusCode.Conflict, conflict);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), "next number");
        Assert.AreEqual((1L, 1L, true), await EditionAsync());
    }

    private async Task<(HttpStatusCode Status, string? Detail)> WithdrawAsync(long sequence)
    {
        var (status, body, _) = await entry.SendAsync(HttpMethod.Delete, $"{Changes}/{sequence}", client: await entry.Host.AsAsync("sis-0123"));
        return (status, status == HttpStatusCode.NoContent ? null : body.GetProperty("detail").GetString());
    }

    private async Task<string> PositionAsync()
    {
        var position = (await entry.GetAsync("pushes")).Body;
        return $"at {position.GetProperty("applied").GetInt64()}, missing {position.GetProperty("missing")}";
    }

    private async Task<string> NameAsync(string localId) => (await entry.GetAsync($"records/SD/{localId}")).Body.GetProperty("record").GetProperty("firstName").GetString()!;

    [TestMethod]
    [DataRow(10_002L)]
    [DataRow(1_770_000_000_000L)]
    [DataRow(long.MaxValue)]
    public async Task A_number_that_is_far_ahead_of_the_position_is_refused_and_not_kept(long sequence)
    {
        await entry.PushAsync(1, Child(1001));

        var (status, body, _) = await entry.PushAsync(sequence, Child(1001, "Stale"));

        Assert.AreEqual((HttpStatusCode.Conflict, $"Number {sequence} is too far ahead: the district is at number 1, and at most 10000 numbers can wait. Nothing was taken. Send it under the number after the last one you used."),
            (status, body.GetProperty("detail").GetString()));
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.SendAsync(HttpMethod.Get, $"{Changes}/{sequence}")).Status);
        Assert.AreEqual("at 1, missing ", await PositionAsync());
        Assert.AreEqual("Waiting", State((await entry.PushAsync(10_001, Child(1001, "Later"))).Body), "as far as that it may wait");
    }

    [TestMethod]
    public async Task A_number_that_waits_is_withdrawn_and_used_anew()
    {
        await entry.PushAsync(1, Child(1001, "First"));
        await entry.PushAsync(3, Child(1001, "Mistaken"));
        Assert.AreEqual("at 1, missing 2", await PositionAsync());

        Assert.AreEqual(HttpStatusCode.NoContent, (await WithdrawAsync(3)).Status);

        Assert.AreEqual("at 1, missing ", await PositionAsync(), "nothing waits any more");
        var (again, sentence) = await WithdrawAsync(3);
        Assert.AreEqual(HttpStatusCode.NotFound, again);
        StringAssert.StartsWith(sentence, "It was withdrawn by sis-0123 on ");
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.SendAsync(HttpMethod.Get, $"{Changes}/3")).Status);
        Assert.AreEqual("Applied", State((await entry.PushAsync(2, Child(1001, "Second"))).Body));
        Assert.AreEqual(("at 2, missing ", "Second"), (await PositionAsync(), await NameAsync("1001")), "what was withdrawn was not applied");
        Assert.AreEqual(("Applied", false), (await entry.PushAsync(3, Child(1001, "Third"))).Body is var third ? (State(third), third.GetProperty("isRepeated").GetBoolean()) : default);
        Assert.AreEqual("Third", await NameAsync("1001"));
    }

    [TestMethod]
    public async Task What_was_withdrawn_by_mistake_is_sent_again_as_it_was()
    {
        await entry.PushAsync(2, Child(1001, "Second"));
        await WithdrawAsync(2);

        Assert.AreEqual("Waiting", State((await entry.PushAsync(2, Child(1001, "Second"))).Body));
        await entry.PushAsync(1, Child(1001, "First"));

        Assert.AreEqual(("at 2, missing ", "Second"), (await PositionAsync(), await NameAsync("1001")));
    }

    [TestMethod]
    public async Task The_numbers_after_one_that_was_withdrawn_wait_for_it()
    {
        await entry.PushAsync(2, Child(1002));
        await entry.PushAsync(3, Child(1003));
        await WithdrawAsync(2);

        await entry.PushAsync(1, Child(1001));

        Assert.AreEqual("at 1, missing 2", await PositionAsync());
        Assert.AreEqual("sis-0123", (await entry.GetAsync("pushes")).Body.GetProperty("withdrawn").GetProperty("by").GetString());
        Assert.AreEqual(2L, (await StatusAsync(3)).GetProperty("missing").GetInt64());
        await entry.PushAsync(2, Child(1002, "Other"));
        Assert.AreEqual("at 3, missing ", await PositionAsync());
    }

    [TestMethod]
    public async Task A_number_that_was_used_anew_tells_who_withdrew_what_had_come_under_it()
    {
        var before = TimeProvider.System.GetUtcNow();
        await entry.PushAsync(2, Child(1002));
        await WithdrawAsync(2);
        await entry.PushAsync(2, Child(1003));
        Assert.AreEqual(HttpStatusCode.NoContent, (await entry.SendAsync(HttpMethod.Delete, $"{Changes}/2")).Status);
        await entry.PushAsync(2, Child(1002, "Other"));
        await entry.PushAsync(1, Child(1001));

        var withdrawn = (await StatusAsync(2)).GetProperty("withdrawn").EnumerateArray().ToList();

        Assert.AreEqual("sis-0123 clerk-0123", string.Join(' ', withdrawn.Select(item => item.GetProperty("by").GetString())));
        Assert.IsTrue(withdrawn[0].GetProperty("at").GetDateTimeOffset() >= before && withdrawn[1].GetProperty("at").GetDateTimeOffset() > withdrawn[0].GetProperty("at").GetDateTimeOffset());
        Assert.AreEqual(0, (await StatusAsync(1)).GetProperty("withdrawn").GetArrayLength());
    }

    [TestMethod]
    public async Task A_number_whose_turn_has_come_is_not_withdrawn()
    {
        await entry.PushAsync(1, Child(1001));

        Assert.AreEqual((HttpStatusCode.Conflict, "Number 1 can't be withdrawn any more: its turn has come. It was applied."), await WithdrawAsync(1));

        Assert.AreEqual("Applied", State(await StatusAsync(1)));
        Assert.AreEqual((HttpStatusCode.NotFound, "Nothing has come under this number."), await WithdrawAsync(2));
    }

    [TestMethod]
    public async Task A_change_with_a_fatal_finding_is_left_out_and_listed_and_the_others_are_made()
    {
        var bad = Student("Bad");
        bad["gender"] = "X";

        var (_, body, _) = await entry.PushAsync(1, Child(1001), Upsert("SD", null, bad, "1002"), Child(1003));

        Assert.AreEqual(("Applied", 2, 1), (State(body), body.GetProperty("counts").GetProperty("added").GetInt32(), body.GetProperty("counts").GetProperty("leftOut").GetInt32()), $"{body}");
        var report = body.GetProperty("reports")[0];
        Assert.AreEqual((2, "LeftOut", "REF-005", 2), (report.GetProperty("change").GetInt32(), report.GetProperty("result").GetString(), string.Join(' ', RulesOf(report)), report.GetProperty("findings")[0].GetProperty("line").GetInt32()));
        Assert.AreEqual((1L, 2L, true), await EditionAsync());
    }

    [TestMethod]
    public async Task A_push_with_a_student_who_waits_for_a_decision_is_not_synced_and_says_so_also_when_it_is_asked_for_later()
    {
        await entry.PushAsync(1, Child(1001, "Ana"));

        var (_, body, _) = await entry.PushAsync(2, Child(2001, "Anna"));

        foreach (var view in new[] { body, await StatusAsync(2) })
        {
            Assert.AreEqual((false, "Parked"), (view.GetProperty("isSynced").GetBoolean(), view.GetProperty("waiting").GetString()), $"{view}");
            StringAssert.Contains(view.GetProperty("sentence").GetString(), "once it is decided whose it is");
        }
        Assert.IsTrue((await StatusAsync(1)).GetProperty("isSynced").GetBoolean());
    }

    [TestMethod]
    public async Task A_push_of_which_no_change_is_accepted_stands_as_rejected_and_the_next_one_goes_on()
    {
        var bad = Student("Bad");
        bad["gender"] = "X";

        var (_, body, _) = await entry.PushAsync(1, Upsert("SD", null, bad, "1002"), Upsert("SD", null, bad, "1003"));

        Assert.AreEqual(("Rejected", "None of the 2 changes was accepted; the reports say why. Correct them and push them under the next number.", 2), (State(body), body.GetProperty("sentence").GetString(), body.GetProperty("reports").GetArrayLength()), $"{body}");
        Assert.AreEqual("Rejected", State(await StatusAsync(1)));
        Assert.AreEqual("Applied", State((await entry.PushAsync(2, Child(1001))).Body));
    }

    [TestMethod]
    public async Task A_delete_of_a_record_that_was_never_sent_is_a_finding_and_no_error()
    {
        var (_, body, _) = await entry.PushAsync(1, Child(1001), Delete("EN", "0001|001|P|20250825"), Child(1002));

        Assert.AreEqual(("Applied", 1, 2), (State(body), body.GetProperty("counts").GetProperty("notThere").GetInt32(), body.GetProperty("counts").GetProperty("added").GetInt32()), $"{body}");
        Assert.AreEqual("FMT-013", string.Join(' ', RulesOfPush(body)));
    }

    [TestMethod]
    public async Task Changes_are_made_in_their_order_and_only_what_they_come_to_is_written()
    {
        await entry.PushAsync(1, Child(1001), Upsert("EN", null, Enrollment()));

        var (_, body, _) = await entry.PushAsync(2, Child(1001, "Other"), Delete("EN", "0001|001|P|20250825"), Child(1001), Upsert("EN", null, Enrollment()));

        Assert.AreEqual(("Applied", 0), (State(body), body.GetProperty("reports").GetArrayLength()), $"{body}");
        Assert.AreEqual((1L, 2L, true), await EditionAsync(), "in the end nothing is another");
    }

    [TestMethod]
    [DataRow("{", "can't be read")]
    [DataRow("null", "empty")]
    [DataRow("""{"sequence":0,"changes":[{"op":"delete","recordType":"SD","localId":"1"}]}""", "1 or more")]
    [DataRow("""{"sequence":1,"changes":[]}""", "1 to 5000 changes")]
    [DataRow("""{"sequence":1,"changes":[],"more":1}""", "can't be read")]
    [DataRow("""{"sequence":1,"changes":[null]}""", "Change 1 can't be used: It is null")]
    [DataRow("""{"sequence":1,"changes":[{"op":"move","recordType":"SD","localId":"1"}]}""", "can't be read at $.changes[0].op")]
    [DataRow("""{"sequence":1,"changes":[{"op":"delete","recordType":"ZZ","localId":"1"}]}""", "Change 1")]
    [DataRow("""{"sequence":1,"changes":[{"op":"delete","recordType":"SD","localId":" "}]}""", "localId")]
    [DataRow("""{"sequence":1,"changes":[{"op":"upsert","recordType":"SD","localId":"1"}]}""", "whole record")]
    [DataRow("""{"sequence":1,"changes":[{"op":"delete","recordType":"SD","localId":"1","record":{}}]}""", "has no record")]
    [DataRow("""{"sequence":1,"changes":[{"op":"upsert","recordType":"SD","localId":"1","record":{"name":"x"}}]}""", "no property 'name'")]
    public async Task A_push_that_cannot_be_understood_is_refused_as_a_whole_and_takes_no_number(string json, string sentence)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await entry.Clerk.PutAsync(Changes, content);

        Assert.AreEqual(HttpStatusCode.BadRequest, response.StatusCode);
        StringAssert.Contains((await RunningHost.ReadAsync(response)).GetProperty("detail").GetString(), sentence);
        Assert.AreEqual("Applied", State((await entry.PushAsync(1, Child(1001))).Body), "the number is still free");
    }

    [TestMethod]
    public async Task A_push_may_be_larger_than_other_requests_and_has_a_bound_of_its_own()
    {
        var many = Enumerable.Range(1, 1500).Select(i => Child(10_000 + i)).ToArray();
        var (status, body, _) = await entry.PushAsync(1, many);
        Assert.AreEqual((HttpStatusCode.Accepted, "Applied", 1500), (status, State(body), body.GetProperty("counts").GetProperty("added").GetInt32()));

        using var huge = new StringContent($$"""{"sequence":2,"changes":[{"op":"delete","recordType":"SD","localId":"{{new string('1', ChangeSet.MostBytes)}}"}]}""", Encoding.UTF8, "application/json");
        using var response = await entry.Clerk.PutAsync(Changes, huge);
        Assert.AreEqual(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        StringAssert.Contains((await RunningHost.ReadAsync(response)).GetProperty("detail").GetString(), "in parts");
    }

    [TestMethod]
    public async Task Pushes_at_once_in_any_order_are_each_applied_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Reverse().SelectMany(i => new[] { entry.PushAsync(i, Child(1000 + i)), entry.PushAsync(i, Child(1000 + i)) }));

        foreach (var (status, body, _) in answers) Assert.AreEqual(HttpStatusCode.Accepted, status, $"{body}");
        for (var i = 1; i <= 8; i++)
        {
            var status = await StatusAsync(i);
            Assert.AreEqual(("Applied", 1), (State(status), status.GetProperty("counts").GetProperty("added").GetInt32()), $"{status}");
        }
        Assert.AreEqual((8L, 8L, true), await EditionAsync());
        Assert.HasCount(8, await entry.StateRecordsAsync());
    }

    [TestMethod]
    public async Task A_push_that_was_noted_by_a_process_that_died_is_applied_in_the_background_rounds()
    {
        await entry.Host.App.StopAsync();
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder);
        var edition = new EditionKey(Sample.District, Sample.Year);
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["sequence"] = 1, ["changes"] = new JsonArray(Child(1001)) }.ToJsonString());
        await bench.Platform.Pushed.ReceiveAsync(edition, 1, body, CancellationToken.None);

        Assert.AreEqual(1, await bench.Platform.Pushed.DrainAllAsync(CancellationToken.None));
        Assert.AreEqual(0, await bench.Platform.Pushed.DrainAllAsync(CancellationToken.None), "there is nothing more");
        Assert.IsNotNull(await bench.StateIdOfAsync("1001"));
    }

    [TestMethod]
    public async Task Messages_and_pushes_share_one_row_of_numbers()
    {
        await entry.Host.App.StopAsync();
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder);
        var edition = new EditionKey(Sample.District, Sample.Year);
        const string path = "pushed/0123/2026/SD/k/changes.tsv";
        ReadOnlyMemory<byte> file = Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001")));
        await bench.Ports.Blobs.WriteAsync(path, file, CancellationToken.None);
        var message = new Aim.Uploads.PushMessage(1, Sample.District, Sample.Year, 1, "SD", path, (await bench.Ports.Blobs.FindAsync(path, CancellationToken.None))!.ETag);
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["sequence"] = 2, ["changes"] = new JsonArray(Child(1001, "Later")) }.ToJsonString());
        await bench.Platform.Pushed.ReceiveAsync(edition, 2, body, CancellationToken.None);
        await bench.Platform.Pushed.ReceiveAsync("0123", JsonSerializer.SerializeToUtf8Bytes(message, JsonSerializerOptions.Web), CancellationToken.None);

        Assert.AreEqual(new Aim.Uploads.PushPosition(2, null), await bench.Platform.Pushed.DrainAsync(edition, CancellationToken.None));

        var id = (await bench.StateIdOfAsync("1001"))!.Value;
        Assert.AreEqual("Later", (await bench.Ports.Identities.FindAsync([id], CancellationToken.None))[id].FirstName);
        StringAssert.Contains((await bench.Platform.Pushed.FindNumberAsync(edition, 1, CancellationToken.None)).Sentence, "file");
    }

    [TestMethod]
    public async Task A_mass_resync_shows_its_difference_first_and_makes_the_edition_what_the_files_say()
    {
        await entry.PushAsync(1, Child(1001), Child(1002), Upsert("EN", null, Enrollment()));
        var system = await entry.Host.AsAsync("sis-0123");

        var key = await entry.Host.UploadAsync(system, "SD", Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Child1001")), Sample.Student("1003")), new { scope = "Replace", confirm = "Always" });
        Assert.AreEqual("AwaitingConfirmation", (await entry.Host.WhenEndedAsync(system, key)).GetProperty("status").GetString());
        var diff = (await system.GetStringAsync($"/api/v1/uploads/{key}/diff")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        Assert.AreEqual("Removed 1002, Added 1003", string.Join(", ", diff.Select(change => $"{change.GetProperty("kind")} {change.GetProperty("localId")}")));
        Assert.AreEqual(1L, (await EditionAsync()).Version, "nothing is written before the answer");
        using var answer = await system.PostAsync($"/api/v1/uploads/{key}/answer", new StringContent("""{"load":true}""", Encoding.UTF8, "application/json"));
        Assert.AreEqual(HttpStatusCode.Accepted, answer.StatusCode);
        await RunningHost.UntilAsync(system, $"/api/v1/uploads/{key}", upload => upload.GetProperty("status").GetString() is "Accepted" or "AcceptedWithFindings");

        Assert.AreEqual((2L, 3L, true), await EditionAsync());
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync("records/SD/1002")).Status);
    }
}
