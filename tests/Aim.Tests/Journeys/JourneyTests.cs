using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aim.Tests.Setup;

namespace Aim.Tests.Journeys;

/// <summary>What people and systems do with the hub from beginning to end, over HTTP only; and nothing of it may show in the logs.</summary>
[TestClass]
public sealed class JourneyTests
{
    /// <summary>Of a form that no count, port or time has.</summary>
    private static readonly string[] LocalIds = ["L7300001", "L7300002", "L7300003"];

    private RunningHost host = null!;

    [TestInitialize]
    public async Task StartAsync() => host = await RunningHost.StartAsync();

    [TestCleanup]
    public async Task StopAsync()
    {
        var stateIds = (await ChangesAsync()).Select(change => change.GetProperty("stateId").GetString()!).Distinct().ToList();
        await host.DisposeAsync();
        Assert.IsNotEmpty(host.Logs.Lines, "nothing was logged, so this shows nothing");
        foreach (var line in host.Logs.Lines)
        {
            foreach (var secret in stateIds.Concat(LocalIds).Concat(["Rivers", "Ana", "06/01/2015", "2015-06-01"]))
                Assert.IsFalse(line.Contains(secret, StringComparison.OrdinalIgnoreCase), $"'{secret}' was logged: {line}");
        }
    }

    private static string Students(params (string Column, string Value)[] changes) =>
        Sample.Tsv("SD", [.. LocalIds.Select(id => id == LocalIds[1] ? Sample.Student(id, changes) : Sample.Student(id))]);

    private static string Enrollments() => Sample.Tsv("EN", [.. LocalIds.Select(id => Sample.Enrollment(id))]);

    private async Task<IReadOnlyList<JsonElement>> ChangesAsync(string? cursor = null) =>
        [.. (await RunningHost.ReadAsync(await (await host.AsAsync("warehouse")).GetAsync($"/api/v1/changes{(cursor is null ? "" : $"?cursor={cursor}")}"))).GetProperty("changes").EnumerateArray()];

    private static async Task<List<JsonElement>> LinesAsync(HttpClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Accept = { new("application/x-ndjson") } } };
        using var response = await client.SendAsync(request);
        Assert.AreEqual(("application/x-ndjson", HttpStatusCode.OK), (response.Content.Headers.ContentType?.MediaType, response.StatusCode));
        return [.. (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }

    private static string? Status(JsonElement upload) => upload.GetProperty("status").GetString();

    [TestMethod]
    public async Task A_clerk_tests_a_file_loads_it_corrects_what_was_rejected_and_confirms_what_is_risky()
    {
        var clerk = await host.AsAsync("clerk-0123");

        // Validate and Test: the difference is shown, and nothing is written.
        var tested = await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students(("Gender", "X")), new { mode = "Test" }));
        Assert.AreEqual("Tested", Status(tested));
        var diff = await LinesAsync(clerk, $"/api/v1/uploads/{tested.GetProperty("key")}/diff");
        CollectionAssert.AreEqual(new[] { LocalIds[0], LocalIds[2] }, diff.Select(row => row.GetProperty("localId").GetString()).ToArray());
        Assert.IsTrue(diff.All(row => row.GetProperty("kind").GetString() == "Added" && row.GetProperty("fields").EnumerateArray().Any(field => field.GetProperty("after").GetString() == "Rivers")));
        Assert.IsEmpty(await ChangesAsync());

        // Loaded: one row is rejected, with a finding that says which and why.
        var loaded = await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students(("Gender", "X"))));
        Assert.AreEqual("AcceptedWithRejects", Status(loaded));
        var path = $"/api/v1/uploads/{loaded.GetProperty("key")}";
        var group = (await RunningHost.ReadAsync(await clerk.GetAsync($"{path}/findings"))).EnumerateArray().Single();
        Assert.AreEqual(("REF-005", "Fatal", 1), (group.GetProperty("rule").GetString(), group.GetProperty("severity").GetString(), group.GetProperty("count").GetInt32()));
        var finding = (await LinesAsync(clerk, $"{path}/findings")).Single();
        Assert.AreEqual((3, LocalIds[1]), (finding.GetProperty("line").GetInt32(), finding.GetProperty("localId").GetString()));
        Assert.IsFalse(string.IsNullOrEmpty(finding.GetProperty("howToFix").GetString()));

        // The rejects file, corrected, is a file to upload.
        var rejects = await clerk.GetStringAsync($"{path}/rejects");
        var corrected = await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", rejects.Replace("\tX\t", "\tF\t", StringComparison.Ordinal)));
        Assert.AreEqual(("Accepted", 1), (Status(corrected), corrected.GetProperty("counts").GetProperty("added").GetInt32()));
        Assert.AreEqual(HttpStatusCode.NotFound, (await clerk.GetAsync($"/api/v1/uploads/{corrected.GetProperty("key")}/rejects")).StatusCode);

        // A load that would remove most rows asks; declined it does nothing, confirmed it does.
        var one = Sample.Tsv("SD", Sample.Student(LocalIds[0]));
        foreach (var load in new[] { false, true })
        {
            var key = await host.UploadAsync(clerk, "SD", one, new { scope = "Replace" });
            Assert.AreEqual("AwaitingConfirmation", Status(await host.WhenEndedAsync(clerk, key)));
            Assert.HasCount(2, await LinesAsync(clerk, $"/api/v1/uploads/{key}/diff"));
            Assert.AreEqual(HttpStatusCode.NotFound, (await (await host.AsAsync("clerk-0456")).PostAsJsonAsync($"/api/v1/uploads/{key}/answer", new { load })).StatusCode);
            Assert.AreEqual(HttpStatusCode.Accepted, (await clerk.PostAsJsonAsync($"/api/v1/uploads/{key}/answer", new { load })).StatusCode);
            var ended = await RunningHost.UntilAsync(clerk, $"/api/v1/uploads/{key}", upload => Status(upload) is not ("AwaitingConfirmation" or "Processing"));
            Assert.AreEqual(load ? "Accepted" : "Declined", Status(ended));
            var edition = await RunningHost.ReadAsync(await clerk.GetAsync("/api/v1/districts/0123/editions/2026"));
            Assert.AreEqual(load ? 1 : 3, edition.GetProperty("rows").GetInt32());
        }
    }

    [TestMethod]
    public async Task A_reviewer_finds_a_student_with_its_history_and_every_look_is_noted()
    {
        var clerk = await host.AsAsync("sis-0123");
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students()));
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students(("City", "Birch"))));
        var stateId = (await ChangesAsync()).Single(change => change.GetProperty("version").GetInt64() == 2).GetProperty("stateId").GetString();

        var reviewer = await host.AsAsync("reviewer");
        var record = (await RunningHost.ReadAsync(await reviewer.GetAsync($"/api/v1/students/{stateId}"))).EnumerateArray().Single();
        var section = record.GetProperty("districts").EnumerateArray().Single().GetProperty("records").EnumerateArray().Single();
        Assert.AreEqual(("SD", 3, "Birch"), (section.GetProperty("recordType").GetString(), section.GetProperty("line").GetInt32(), section.GetProperty("fields").GetProperty("city").GetString()));
        var history = (await RunningHost.ReadAsync(await reviewer.GetAsync($"/api/v1/students/{stateId}/2026/history"))).EnumerateArray().Select(version => version.GetProperty("version").GetInt64());
        CollectionAssert.AreEqual(new[] { 2L, 1L }, history.ToArray());

        // Unchanged is answered without the record, by its ETag.
        using var first = await reviewer.GetAsync($"/api/v1/students/{stateId}/2026");
        using var again = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/students/{stateId}/2026") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        Assert.AreEqual(HttpStatusCode.NotModified, (await reviewer.SendAsync(again)).StatusCode);

        // Systems read too, but only people's reads are disclosures.
        Assert.AreEqual(HttpStatusCode.OK, (await (await host.AsAsync("warehouse")).GetAsync($"/api/v1/students/{stateId}")).StatusCode);
        Assert.AreEqual(HttpStatusCode.OK, (await (await host.AsAsync("clerk-0123")).GetAsync($"/api/v1/students/{stateId}")).StatusCode);
        var disclosures = (await RunningHost.ReadAsync(await reviewer.GetAsync($"/api/v1/students/{stateId}/disclosures"))).EnumerateArray().Select(entry => $"{entry.GetProperty("caller")}: {entry.GetProperty("what")}");
        CollectionAssert.AreEqual(new[] { "reviewer: record", "reviewer: history of 2026", "reviewer: record of 2026", "clerk-0123: record" }, disclosures.ToArray());
    }

    [TestMethod]
    public async Task A_reporter_takes_a_snapshot_and_follows_a_count_to_the_line_it_came_from()
    {
        var clerk = await host.AsAsync("clerk-0123");
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students()));
        var enrollments = await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "EN", Enrollments()));
        Assert.AreEqual("Accepted", Status(enrollments), enrollments.ToString());

        var reporter = await host.AsAsync("reporter");
        using var taken = await reporter.PostAsJsonAsync("/api/v1/snapshots", new { name = "fall", year = 2026, date = "2025-10-06" });
        Assert.AreEqual((HttpStatusCode.Accepted, "/api/v1/snapshots/fall"), (taken.StatusCode, taken.Headers.Location?.ToString()));
        var snapshot = await RunningHost.UntilAsync(reporter, "/api/v1/snapshots/fall", item => Status(item) != "Running");
        Assert.AreEqual("Sealed", Status(snapshot), snapshot.ToString());

        using var file = await reporter.GetAsync("/api/v1/snapshots/fall/federal/FS052/SCH");
        var bytes = await file.Content.ReadAsByteArrayAsync();
        Assert.AreEqual(("text/csv", "MTSCHMEMBERv000001.csv"), (file.Content.Headers.ContentType?.MediaType, file.Content.Headers.ContentDisposition?.FileName));
        Assert.AreEqual($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\"", file.Headers.ETag?.Tag);
        var row = Encoding.ASCII.GetString(bytes).Split("\r\n").Single(line => line.Contains(",0123,0001,", StringComparison.Ordinal) && line.Contains(",05,WH7,F,", StringComparison.Ordinal));
        StringAssert.EndsWith(row, ",3");

        var students = (await RunningHost.ReadAsync(await reporter.GetAsync("/api/v1/snapshots/fall/federal/FS052/SCH/students?district=0123&school=0001&value=05&value=WH7&value=F"))).EnumerateArray().ToList();
        Assert.HasCount(3, students);
        foreach (var student in students)
        {
            var origin = student.GetProperty("rows").EnumerateArray().Single(item => item.GetProperty("recordType").GetString() == "EN");
            Assert.AreEqual(enrollments.GetProperty("uploadId").GetString(), origin.GetProperty("upload").GetString());
            StringAssert.Contains(Enrollments().Split('\n')[origin.GetProperty("line").GetInt32() - 1], student.GetProperty("localId").GetString());
        }
    }

    [TestMethod]
    public async Task A_data_warehouse_reads_changes_by_cursor_to_the_end_and_then_on()
    {
        var clerk = await host.AsAsync("sis-0123");
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students()));
        var warehouse = await host.AsAsync("warehouse");
        var (ids, cursor) = (new List<string>(), "");
        JsonElement page;
        do
        {
            page = await RunningHost.ReadAsync(await warehouse.GetAsync($"/api/v1/changes?limit=2{(cursor.Length == 0 ? "" : $"&cursor={cursor}")}"));
            ids.AddRange(page.GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("id").GetString()!));
            cursor = page.GetProperty("cursor").GetString()!;
        }
        while (page.GetProperty("hasMore").GetBoolean());
        Assert.HasCount(3, ids.Distinct());
        Assert.IsEmpty(await ChangesAsync(cursor));

        // An unchanged file makes no change; a changed row makes one, after the cursor.
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students()));
        Assert.IsEmpty(await ChangesAsync(cursor));
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students(("City", "Birch"))));
        Assert.AreEqual(2, (await ChangesAsync(cursor)).Single().GetProperty("version").GetInt64());
    }

    [TestMethod]
    public async Task A_webhook_receives_signed_events_in_order_and_again_after_it_failed()
    {
        const string secret = "a secret of enough characters";
        using var receiver = new HttpListener();
        var address = $"http://localhost:{RunningHost.FreePort()}/";
        receiver.Prefixes.Add(address);
        receiver.Start();
        using var subscribed = await (await host.AsAsync("operator")).PostAsJsonAsync("/api/v1/subscriptions", new { id = "warehouse", url = address, secret });
        Assert.AreEqual(HttpStatusCode.NoContent, subscribed.StatusCode);
        var clerk = await host.AsAsync("sis-0123");
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students()));
        await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, "SD", Students(("City", "Birch"))));

        var failed = await ReceiveAsync(receiver, secret, HttpStatusCode.ServiceUnavailable);
        var events = new List<JsonElement>();
        while (events.Count < 4) events.AddRange(await ReceiveAsync(receiver, secret, HttpStatusCode.OK));

        Assert.AreEqual(failed[0].GetProperty("id").GetString(), events[0].GetProperty("id").GetString(), "what was not taken over comes again");
        CollectionAssert.AreEqual((await ChangesAsync()).Select(change => change.GetProperty("id").GetString()).ToArray(), events.Select(item => item.GetProperty("id").GetString()).ToArray());
    }

    private static async Task<List<JsonElement>> ReceiveAsync(HttpListener receiver, string secret, HttpStatusCode answer)
    {
        var context = await receiver.GetContextAsync().WaitAsync(AssemblySetup.Patience, TimeProvider.System);
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body);
        var signature = $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body.ToArray()))}";
        Assert.AreEqual(signature, context.Request.Headers["X-Aim-Signature"]);
        context.Response.StatusCode = (int)answer;
        context.Response.Close();
        return [.. JsonSerializer.Deserialize<JsonElement>(body.ToArray()).EnumerateArray()];
    }
}
