using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Editions;
using Aim.Entry;
using Aim.Tests.Setup;
using Aim.Tests.StateSync;
using Aim.Uploads;
using static Aim.Tests.Entry.ChangeFixtures;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>A wrong field of a record's key, corrected in one save or one change of a push.</summary>
[TestClass]
public sealed class KeyCorrectionTests
{
    private const string OldKey = "0001|001|P|20250825";
    private const string NewKey = "0001%7C001%7CP%7C20250826";

    private EntryHost entry = null!;
    private string etag = "";

    [TestInitialize]
    public async Task Start()
    {
        entry = await StartAsync();
        await entry.PutAsync("records/SD/1001", Student(), onlyNew: true);
        etag = (await entry.PutAsync("records/EN/1001", Enrollment(), onlyNew: true)).ETag!;
    }

    [TestCleanup]
    public async Task Stop() => await entry.DisposeAsync();

    private async Task<(HttpStatusCode Status, JsonElement Body, string? ETag)> CorrectAsync(string? ifMatch, string start = "2025-08-26", string? idempotencyKey = null) =>
        await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Starting(start), ifMatch: ifMatch, idempotencyKey: idempotencyKey);

    private async Task<string> KeysAsync() => string.Join(' ', (await entry.GetAsync("subjects/1001")).Body.EnumerateArray()
        .Where(record => record.GetProperty("recordType").GetString() == "EN").Select(record => record.GetProperty("key").GetString()![^8..]));

    private async Task<long> VersionAsync() => (await entry.GetAsync(Edition)).Body.GetProperty("version").GetInt64();

    private int Saves => Directory.GetFiles(Path.Combine(entry.Host.Folder, "blobs", "saves"), "*.json", SearchOption.AllDirectories).Length;

    [TestMethod]
    public async Task A_wrong_start_date_is_corrected_in_one_save()
    {
        var (status, body, corrected) = await CorrectAsync(etag);

        Assert.AreEqual((HttpStatusCode.OK, "0001|001|P|20250826", 3L, true), (status, body.GetProperty("key").GetString(), body.GetProperty("version").GetInt64(), body.GetProperty("isSynced").GetBoolean()), $"{body}");
        Assert.AreEqual(("20250826", 3), (await KeysAsync(), Saves), "one version, kept as one save");
        Assert.AreEqual((HttpStatusCode.NotFound, corrected), ((await entry.GetAsync($"records/EN/1001/{EnrollmentKey}")).Status, (await entry.GetAsync($"records/EN/1001/{NewKey}")).ETag));
        var records = (await entry.StateRecordsAsync()).Single().GetProperty("districts")[0].GetProperty("records").EnumerateArray().Where(record => record.GetProperty("recordType").GetString() == "EN");
        Assert.AreEqual("2025-08-26", records.Single().GetProperty("fields").GetProperty("startDate").GetString());

        await entry.SendAsync(HttpMethod.Post, "undo", new JsonObject { ["version"] = 3 });
        Assert.AreEqual(("20250825", etag), (await KeysAsync(), (await entry.GetAsync($"records/EN/1001/{EnrollmentKey}")).ETag), "taken back, the old record is there again");
    }

    [TestMethod]
    public async Task It_asks_for_the_tag_of_the_record_that_is_replaced()
    {
        Assert.AreEqual((HttpStatusCode)428, (await CorrectAsync(null)).Status);
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await CorrectAsync("\"0123456789abcdef\"")).Status);
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Starting("2025-08-26"), onlyNew: true)).Status);
        Assert.AreEqual(("20250825", 2L, 2), (await KeysAsync(), await VersionAsync(), Saves));

        Assert.AreEqual(HttpStatusCode.OK, (await CorrectAsync(etag)).Status);
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await CorrectAsync(etag)).Status, "the record it knew is gone");
    }

    [TestMethod]
    public async Task A_key_that_another_record_has_is_not_taken()
    {
        await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Ending("2026-01-15"), ifMatch: etag);
        etag = (await entry.GetAsync($"records/EN/1001/{EnrollmentKey}")).ETag!;
        var (created, _, _) = await entry.PutAsync("records/EN/1001", Starting("2026-01-16"), onlyNew: true);
        Assert.AreEqual(HttpStatusCode.Created, created);

        var (status, body, _) = await CorrectAsync(etag, "2026-01-16");

        Assert.AreEqual(HttpStatusCode.Conflict, status, $"{body}");
        StringAssert.Contains(body.GetProperty("detail").GetString(), "already");
        Assert.AreEqual("20250825 20260116", await KeysAsync());
    }

    [TestMethod]
    public async Task A_record_of_which_the_state_holds_a_field_keeps_its_key_until_the_state_lets_it_go()
    {
        await entry.HoldAsync("grade", "04");

        var (status, body, _) = await CorrectAsync(etag);

        Assert.AreEqual((HttpStatusCode.UnprocessableEntity, "FMT-015"), (status, string.Join(' ', RulesOf(body))), $"{body}");
        StringAssert.Contains(body.GetProperty("findings")[0].GetProperty("message").GetString(), "grade");
        Assert.AreEqual("20250825", await KeysAsync());
        Assert.AreEqual(HttpStatusCode.OK, (await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Enrollment("06"), ifMatch: etag)).Status, "its other fields are changed as ever");
    }

    [TestMethod]
    public async Task A_correction_that_breaks_a_rule_leaves_the_old_record_as_it_is()
    {
        await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Ending("2026-01-15"), ifMatch: etag);
        etag = (await entry.GetAsync($"records/EN/1001/{EnrollmentKey}")).ETag!;
        await entry.PutAsync("records/EN/1001", Starting("2026-01-16"), onlyNew: true);

        var (status, body, _) = await CorrectAsync(etag);

        Assert.AreEqual((HttpStatusCode.UnprocessableEntity, "ENR-003"), (status, string.Join(' ', RulesOf(body))), $"{body}");
        Assert.AreEqual(("20250825 20260116", etag), (await KeysAsync(), (await entry.GetAsync($"records/EN/1001/{EnrollmentKey}")).ETag));
    }

    [TestMethod]
    public async Task A_correction_with_an_idempotency_key_is_made_once_and_answered_the_same()
    {
        var (_, first, _) = await CorrectAsync(etag, idempotencyKey: "move-1");
        var (status, again, tag) = await CorrectAsync(etag, idempotencyKey: "move-1");

        Assert.AreEqual((HttpStatusCode.OK, first.ToString(), first.GetProperty("etag").GetString()), (status, again.ToString(), tag));
        Assert.AreEqual(3L, await VersionAsync());
    }

    [TestMethod]
    public async Task A_correction_that_comes_second_of_two_with_one_key_is_answered_with_the_first()
    {
        await entry.Host.App.StopAsync();
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder);
        var edition = new EditionKey(Sample.District, Sample.Year);
        var change = new RecordChange(ChangeOperation.Upsert, "EN", "1001", OldKey, JsonSerializer.SerializeToElement(Starting("2025-08-26")));
        Task<SaveOutcome> SaveAsync() => bench.Platform.Entry.SaveAsync(edition, change, new SaveCondition([etag.Trim('"')]), "k", "clerk", isRepeat: false, CancellationToken.None);
        var first = await SaveAsync();

        var second = await SaveAsync();

        Assert.AreEqual((SaveStatus.Changed, first.Key, first.Tag, first.Version, 0), (second.Status, second.Key, second.Tag, second.Version, second.Findings.Count));
    }

    [TestMethod]
    public async Task A_push_corrects_a_key_too_and_later_changes_see_it_done()
    {
        var (_, body, _) = await entry.PushAsync(1, Upsert("EN", OldKey, Starting("2025-08-26")), Delete("EN", OldKey));

        Assert.AreEqual((1, 1), (body.GetProperty("counts").GetProperty("changed").GetInt32(), body.GetProperty("counts").GetProperty("notThere").GetInt32()), $"{body}");
        Assert.AreEqual("2 FMT-013", string.Join(", ", body.GetProperty("reports").EnumerateArray().Select(report => $"{report.GetProperty("change")} {string.Join(' ', RulesOf(report))}")), $"{body}");
        Assert.AreEqual("20250826", await KeysAsync());
    }

    [TestMethod]
    public async Task A_pushed_correction_whose_outcome_could_not_be_noted_at_first_is_told_as_it_was_made()
    {
        await entry.Host.App.StopAsync();
        var isNoted = false;
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder, replace: ports => ports with { Ledger = new WatchedLedger(ports.Ledger, _ => { }, kind =>
        {
            if (kind != "outcome" || isNoted) return Task.CompletedTask;
            isNoted = true;
            throw new CrashException();
        }) });
        var (edition, push) = (new EditionKey(Sample.District, Sample.Year), new JsonObject { ["sequence"] = 1, ["changes"] = new JsonArray(Upsert("EN", OldKey, Starting("2025-08-26"))) });
        await bench.Platform.Pushed.ReceiveAsync(edition, 1, Encoding.UTF8.GetBytes(push.ToJsonString()), CancellationToken.None);
        await Assert.ThrowsExactlyAsync<CrashException>(() => bench.Platform.Pushed.DrainAsync(edition, CancellationToken.None));

        await bench.Platform.Pushed.DrainAsync(edition, CancellationToken.None);

        var number = await bench.Platform.Pushed.FindNumberAsync(edition, 1, CancellationToken.None);
        Assert.AreEqual((PushState.Applied, 3L, 1, 0), (number.State, number.Push!.Version, number.Push.Changes, number.Push.LeftOut), number.Sentence);
        Assert.AreEqual(1, (await bench.Platform.Pushed.FindOutcomeAsync(number.Push, CancellationToken.None))!.Changed);
    }
}
