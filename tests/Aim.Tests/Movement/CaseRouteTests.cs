using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aim.Movement;
using Aim.Records;
using Aim.Tests.Setup;
using static Aim.Tests.Movement.Stay;

namespace Aim.Tests.Movement;

/// <summary>Two districts that have one child, over HTTP.</summary>
[TestClass]
public sealed class CaseRouteTests
{
    private RunningHost host = null!;
    private HttpClient here = null!;
    private HttpClient there = null!;
    private HttpClient reviewer = null!;

    private string folder = "";

    [TestInitialize]
    public async Task StartAsync()
    {
        folder = AssemblySetup.NewFolder("cases");
        await using (var bench = await TwoDistricts.OpenAsync(folder: folder))
        {
            await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));
        }
        await ServeAsync();
    }

    private async Task ServeAsync()
    {
        host = await RunningHost.StartAsync(folder);
        (here, there, reviewer) = (await host.AsAsync("clerk-0123"), await host.AsAsync("clerk-0456"), await host.AsAsync("reviewer"));
    }

    [TestCleanup]
    public async Task StopAsync() => await host.DisposeAsync();

    private static async Task<JsonElement> ListAsync(HttpClient client, string query) => await RunningHost.ReadAsync(await client.GetAsync($"/api/v1/cases?year=2026{query}"));

    private async Task<string> IdAsync() => (await ListAsync(here, "&district=0123")).GetProperty("cases")[0].GetProperty("id").GetString()!;

    private static async Task<JsonElement> DoAsync(HttpClient client, string path, object body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await client.PostAsJsonAsync($"/api/v1/cases/{path}", body);
        Assert.AreEqual(expected, response.StatusCode, await response.Content.ReadAsStringAsync());
        return await RunningHost.ReadAsync(response);
    }

    [TestMethod]
    public async Task Both_districts_find_the_case_and_read_their_own_side_of_it()
    {
        var id = await IdAsync();
        Assert.AreEqual(id, (await ListAsync(there, "&district=0456")).GetProperty("cases")[0].GetProperty("id").GetString());
        Assert.AreEqual(id, (await ListAsync(reviewer, "")).GetProperty("cases")[0].GetProperty("id").GetString());

        var text = await here.GetStringAsync($"/api/v1/cases/{id}");
        var sides = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("districts");

        Assert.AreEqual(("0123", "0456"), (sides[0].GetProperty("district").GetString(), sides[1].GetProperty("district").GetString()));
        Assert.AreEqual((TwoDistricts.LocalId, Sample.Elementary), (sides[0].GetProperty("finding").GetProperty("localId").GetString(), sides[0].GetProperty("school").GetString()));
        Assert.AreEqual("2025-10-01", sides[1].GetProperty("start").GetString());
        Assert.AreEqual((JsonValueKind.Null, JsonValueKind.Null), (sides[1].GetProperty("finding").ValueKind, sides[1].GetProperty("school").ValueKind));
        foreach (var secret in new[] { TwoDistricts.OtherLocalId, Sample.OtherSchool }) Assert.DoesNotContain(secret, text);
        Assert.AreEqual(HttpStatusCode.Forbidden, (await here.GetAsync("/api/v1/cases?year=2026&district=0456")).StatusCode);
        using var ofAll = await here.GetAsync("/api/v1/cases?year=2026");
        Assert.AreEqual(HttpStatusCode.Forbidden, ofAll.StatusCode);
        StringAssert.StartsWith((await RunningHost.ReadAsync(ofAll)).GetProperty("detail").GetString(), "Name your district, as in ?district=0123");
    }

    [TestMethod]
    public async Task A_case_has_the_severity_of_its_rule_at_the_stage_to_which_the_state_has_put_it()
    {
        var id = await IdAsync();
        Assert.AreEqual("Error Error Error", await SeveritiesAsync());

        await SampleFolder.PublishAsync(host, "ENR-004,Warn");

        Assert.AreEqual("Warning Warning Warning", await SeveritiesAsync());

        async Task<string> SeveritiesAsync()
        {
            var (listed, read) = ((await ListAsync(here, "&district=0123")).GetProperty("cases")[0], await RunningHost.ReadAsync(await here.GetAsync($"/api/v1/cases/{id}")));
            return $"{listed.GetProperty("severity")} {read.GetProperty("severity")} {read.GetProperty("districts")[0].GetProperty("finding").GetProperty("severity")}";
        }
    }

    [TestMethod]
    public async Task The_districts_answer_the_state_decides_with_a_reason_and_both_read_it()
    {
        var id = await IdAsync();
        await DoAsync(here, $"{id}/answers", new { district = "0123", answer = "Keep", comment = "She was here this morning." });
        await DoAsync(here, $"{id}/answers", new { district = "0456", answer = "Keep", comment = "For the others." }, HttpStatusCode.Forbidden);
        await DoAsync(reviewer, $"{id}/decision", new { district = "0456", from = "2025-10-01", reason = "Too early." }, HttpStatusCode.Conflict);
        await DoAsync(there, $"{id}/answers", new { district = "0456", answer = "Keep", comment = "She is here." });
        await DoAsync(here, $"{id}/decision", new { district = "0123", from = "2025-10-01", reason = "Ours." }, HttpStatusCode.Forbidden);

        await DoAsync(reviewer, $"{id}/decision", new { district = "0456", from = "2025-10-01", reason = "The lease says so." });

        foreach (var clerk in new[] { here, there })
        {
            var read = await RunningHost.ReadAsync(await clerk.GetAsync($"/api/v1/cases/{id}"));
            Assert.AreEqual(("DecidedByState", "0456", "The lease says so."),
                (read.GetProperty("status").GetString(), read.GetProperty("decision").GetProperty("district").GetString(), read.GetProperty("decision").GetProperty("reason").GetString()));
            Assert.AreEqual("She was here this morning.|She is here.|The lease says so.", string.Join('|', read.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("text").GetString())));
        }
        var seenThere = (await RunningHost.ReadAsync(await there.GetAsync($"/api/v1/cases/{id}"))).GetProperty("lines");
        Assert.AreEqual((JsonValueKind.Null, JsonValueKind.String, JsonValueKind.Null), (seenThere[0].GetProperty("by").ValueKind, seenThere[1].GetProperty("by").ValueKind, seenThere[2].GetProperty("by").ValueKind));
        Assert.AreEqual(2, (await ListAsync(reviewer, "&status=DecidedByState")).GetProperty("cases").GetArrayLength() + (await ListAsync(there, "&district=0456&status=DecidedByState")).GetProperty("cases").GetArrayLength());
        Assert.AreEqual(0, (await ListAsync(reviewer, "&status=Open")).GetProperty("cases").GetArrayLength());

        // The same overlap sent again, from another day on, stays decided; nothing is opened beside it.
        var key = await host.UploadAsync(there, "EN", Sample.Tsv("EN", "10/08/2025", Sample.Enrollment(TwoDistricts.OtherLocalId, ("DistrictNumber", "0456"), ("StudentStateId", $"{TwoDistricts.Child}"), ("FirstName", "Ana"),
            ("SchoolNumber", Sample.OtherSchool), ("StartDate", "10/02/2025"))), new { scope = "Replace", confirm = "Never" }, "0456");
        Assert.AreEqual("Accepted", (await host.WhenEndedAsync(there, key)).GetProperty("status").GetString());
        var after = await ListAsync(reviewer, "");
        Assert.AreEqual((1, "DecidedByState", "2025-10-02"), (after.GetProperty("cases").GetArrayLength(), after.GetProperty("cases")[0].GetProperty("status").GetString(), after.GetProperty("cases")[0].GetProperty("from").GetString()));
    }

    [TestMethod]
    public async Task Evidence_of_one_district_is_read_by_the_other_and_by_the_state_as_a_file_to_save()
    {
        var id = await IdAsync();
        var place = await DoAsync(here, $"{id}/evidence", new { district = "0123", fileName = "../exit form.pdf", comment = "Signed by the mother." }, HttpStatusCode.Created);
        var address = $"/api/v1/cases/{id}/evidence/{place.GetProperty("key").GetString()}";
        Assert.AreEqual(HttpStatusCode.NotFound, (await there.GetAsync(address)).StatusCode, "nothing was put yet");
        Assert.DoesNotContain("exit", place.GetProperty("url").GetString()!, "a file's name is often a child's");
        Assert.AreEqual(HttpStatusCode.Created, (await host.PutAsync(place.GetProperty("url").GetString()!, [1, 2, 3])).StatusCode);

        foreach (var client in new[] { here, there, reviewer })
        {
            using var file = await client.GetAsync(address);
            CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, await file.Content.ReadAsByteArrayAsync());
            Assert.AreEqual(("application/octet-stream", "attachment", "exit_form.pdf"), (file.Content.Headers.ContentType!.MediaType, file.Content.Headers.ContentDisposition!.DispositionType, file.Content.Headers.ContentDisposition.FileName));
        }
        Assert.AreEqual(0, (await RunningHost.ReadAsync(await here.GetAsync("/api/v1/uploads?district=0123&year=2026"))).GetProperty("uploads").EnumerateArray().Count(upload => upload.GetProperty("fileName").GetString()!.Contains("pdf", StringComparison.Ordinal)));
        var log = await RunningHost.ReadAsync(await reviewer.GetAsync($"/api/v1/students/{TwoDistricts.Child}/disclosures"));
        Assert.AreEqual(3, log.EnumerateArray().Count(entry => entry.GetProperty("what").GetString()!.StartsWith("evidence", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Answers_at_once_are_both_kept_and_one_to_a_case_that_changed_meanwhile_is_refused()
    {
        var id = await IdAsync();
        var etag = (await reviewer.GetAsync($"/api/v1/cases/{id}")).Headers.ETag!;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => DoAsync(i % 2 == 0 ? here : there, $"{id}/comments", new { district = i % 2 == 0 ? "0123" : "0456", comment = $"{i}" })));
        var read = await RunningHost.ReadAsync(await reviewer.GetAsync($"/api/v1/cases/{id}"));
        Assert.AreEqual("0 1 2 3 4 5 6 7", string.Join(' ', read.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("text").GetString()).Order(StringComparer.Ordinal)));

        using var late = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/cases/{id}/withdrawal") { Content = JsonContent.Create(new { reason = "Nothing is wrong." }), Headers = { IfMatch = { etag } } };
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await reviewer.SendAsync(late)).StatusCode);
        Assert.AreEqual("Withdrawn", (await DoAsync(reviewer, $"{id}/withdrawal", new { reason = "Nothing is wrong." })).GetProperty("status").GetString());
        await DoAsync(reviewer, $"{id}/withdrawal", new { reason = "Again." }, HttpStatusCode.Conflict);
    }

    [TestMethod]
    [DynamicData(nameof(IfMatch.Forms), typeof(IfMatch))]
    public async Task If_Match_is_read_as_the_web_writes_it(string header, HttpStatusCode expected)
    {
        var id = await IdAsync();
        var etag = (await here.GetAsync($"/api/v1/cases/{id}")).Headers.ETag!;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/cases/{id}/comments") { Content = JsonContent.Create(new { district = "0123", comment = "Hello." }) };
        request.Headers.TryAddWithoutValidation("If-Match", IfMatch.With(header, etag));
        Assert.AreEqual(expected, (await here.SendAsync(request)).StatusCode);
    }

    [TestMethod]
    public async Task Who_answers_a_case_is_shown_it_and_is_in_the_disclosure_log()
    {
        var id = await IdAsync();
        await DoAsync(here, $"{id}/answers", new { district = "0123", answer = "Keep", comment = "She is here." });
        var log = await RunningHost.ReadAsync(await reviewer.GetAsync($"/api/v1/students/{TwoDistricts.Child}/disclosures"));
        Assert.AreEqual(1, log.EnumerateArray().Count(entry => entry.GetProperty("what").GetString() == $"case {id}"));
    }

    [TestMethod]
    public async Task Cases_of_a_rare_kind_are_looked_for_in_several_requests()
    {
        await host.DisposeAsync();
        await using (var bench = await TwoDistricts.OpenAsync(folder: host.Folder))
        {
            var first = (await TwoDistricts.CasesAsync(bench)).Single();
            // Closed ones, all before the open one.
            for (var i = 0; i < 2000; i++) await bench.Platform.Cases.AddAsync(first with { Id = $"2026-20250901-{i:D4}", Status = Aim.Movement.CaseStatus.Withdrawn, Gone = first.Opened }, CancellationToken.None);
        }
        host = await RunningHost.StartAsync(host.Folder);
        reviewer = await host.AsAsync("reviewer");

        var page = await ListAsync(reviewer, "&status=Open");
        Assert.AreEqual(0, page.GetProperty("cases").GetArrayLength());
        var next = await ListAsync(reviewer, $"&status=Open&cursor={page.GetProperty("next").GetString()}");
        Assert.AreEqual((1, JsonValueKind.Null), (next.GetProperty("cases").GetArrayLength(), next.GetProperty("next").ValueKind));
    }

    [TestMethod]
    public async Task Whether_a_child_comes_back_after_an_exit_elsewhere_is_not_shown()
    {
        await host.DisposeAsync();
        await using (var bench = await TwoDistricts.OpenAsync(folder: host.Folder)) await TwoDistricts.SendAsync(bench, Here("08/25/2025", "09/05/2025", "300"));
        host = await RunningHost.StartAsync(host.Folder);
        async Task<string> Moves(string who) => string.Join(' ', (await RunningHost.ReadAsync(await (await host.AsAsync(who)).GetAsync($"/api/v1/students/{TwoDistricts.Child}/movement")))
            .GetProperty("moves").EnumerateArray().Select(move => move.GetProperty("kind").GetString()));

        Assert.AreEqual("TransferBetweenDistricts", await Moves("clerk-0456"));
        Assert.AreEqual("Entry DroppedOut ReEntry", await Moves("clerk-0123"));
    }

    [TestMethod]
    public async Task A_way_through_the_state_shows_a_district_its_own_enrollments_and_of_the_next_one_number_and_dates()
    {
        var text = await here.GetStringAsync($"/api/v1/students/{TwoDistricts.Child}/movement");
        var seen = JsonSerializer.Deserialize<JsonElement>(text);

        Assert.AreEqual("0123 0456", string.Join(' ', seen.GetProperty("enrollments").EnumerateArray().Select(stay => stay.GetProperty("district").GetString())));
        Assert.AreEqual("Entry TransferBetweenDistricts", string.Join(' ', seen.GetProperty("moves").EnumerateArray().Select(move => move.GetProperty("kind").GetString())));
        Assert.AreEqual(("05", JsonValueKind.Null), (seen.GetProperty("enrollments")[0].GetProperty("grade").GetString(), seen.GetProperty("enrollments")[1].GetProperty("grade").ValueKind));
        Assert.DoesNotContain(Sample.OtherSchool, text);
        StringAssert.Contains(await reviewer.GetStringAsync($"/api/v1/students/{TwoDistricts.Child}/movement"), Sample.OtherSchool);
    }

    [TestMethod]
    public async Task An_operator_sets_how_long_districts_have_to_answer()
    {
        var operators = await host.AsAsync("operator");
        Assert.AreEqual(14, (await RunningHost.ReadAsync(await here.GetAsync("/api/v1/cases/terms"))).GetProperty("daysToAnswer").GetInt32());
        Assert.AreEqual(HttpStatusCode.Forbidden, (await reviewer.PutAsJsonAsync("/api/v1/cases/terms", new { daysToAnswer = 5 })).StatusCode);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await operators.PutAsJsonAsync("/api/v1/cases/terms", new { daysToAnswer = 0 })).StatusCode);
        Assert.AreEqual(HttpStatusCode.OK, (await operators.PutAsJsonAsync("/api/v1/cases/terms", new { daysToAnswer = 5 })).StatusCode);

        foreach (var (end, status) in new[] { ("09/30/2025", "120"), ("", "") })
        {
            var key = await host.UploadAsync(here, "EN", Sample.Tsv("EN", Sample.Enrollment(TwoDistricts.LocalId, ("StudentStateId", $"{TwoDistricts.Child}"), ("FirstName", "Ana"), ("EndDate", end), ("EndStatus", status))), new { confirm = "Never" });
            await host.WhenEndedAsync(here, key);
        }

        var cases = (await ListAsync(reviewer, "")).GetProperty("cases").EnumerateArray().ToDictionary(item => item.GetProperty("status").GetString()!);
        Assert.AreEqual("Open Resolved", string.Join(' ', cases.Keys.Order(StringComparer.Ordinal)));
        var opened = cases["Open"];
        Assert.AreEqual(5, DateOnly.Parse(opened.GetProperty("due").GetString()!, null).DayNumber - DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(opened.GetProperty("opened").GetDateTimeOffset(), TimeZoneInfo.FindSystemTimeZoneById("America/Denver")).DateTime).DayNumber);
        Assert.AreEqual("1 1", $"{(await ListAsync(reviewer, "&limit=1")).GetProperty("cases").GetArrayLength()} {(await ListAsync(reviewer, $"&limit=1&cursor={(await ListAsync(reviewer, "&limit=1")).GetProperty("next").GetString()}")).GetProperty("cases").GetArrayLength()}");
        Assert.AreEqual(0, (await ListAsync(reviewer, "&overdue=true")).GetProperty("cases").GetArrayLength());
    }

    [TestMethod]
    public async Task A_decision_that_contradicts_another_cases_of_the_student_is_refused_with_its_number()
    {
        await host.DisposeAsync();
        const string third = "2026-20251001-0000000000000001";
        await using (var bench = await TwoDistricts.OpenAsync(folder: folder))
        {
            var present = (await bench.Platform.Cases.OfStudentAsync(TwoDistricts.Child, CancellationToken.None)).Single();
            var (district, side) = (new DistrictId("0789"), present.Sides.Single(side => side.District == Sample.OtherDistrict));
            await bench.Platform.Cases.AddAsync(present with
            {
                Id = third, Sides = [side, side with { District = district }], Status = CaseStatus.DecidedByState, Decision = new CaseDecision(district, side.Start, "The child sits there.", "reviewer", present.Opened),
            }, CancellationToken.None);
        }
        await ServeAsync();
        var id = (await ListAsync(here, "&district=0123")).GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("id").GetString()!).Single(item => item != third);
        await DoAsync(here, $"{id}/answers", new { district = "0123", answer = "Keep", comment = "She is here." });
        await DoAsync(there, $"{id}/answers", new { district = "0456", answer = "Keep", comment = "She is here." });

        var refused = await DoAsync(reviewer, $"{id}/decision", new { district = "0456", from = "2025-10-01", reason = "The lease says so." }, HttpStatusCode.Conflict);

        StringAssert.Contains(refused.GetProperty("detail").GetString(), $"In case {third} it was decided that district 0789 has the student from 2025-10-01");
        await DoAsync(reviewer, $"{id}/decision", new { district = "0123", from = "2025-10-20", reason = "She came back." });
    }
}
