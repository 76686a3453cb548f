using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Tests.Commands;
using Aim.Tests.Setup;

namespace Aim.Tests.Entry;

/// <summary>Fields that the state holds, over HTTP.</summary>
[TestClass]
public sealed class StateEditTests
{
    private EntryHost entry = null!;
    private HttpClient reviewer = null!;
    private string student = "";

    [TestInitialize]
    public async Task Start()
    {
        entry = await EntryHost.StartAsync();
        reviewer = await entry.Host.AsAsync("reviewer");
        await LoadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));
        await LoadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001")));
        student = $"/api/v1/students/{(await entry.StateRecordsAsync()).Single().GetProperty("stateId").GetString()}/2026";
    }

    [TestCleanup]
    public async Task Stop() => await entry.DisposeAsync();

    private async Task LoadAsync(string type, string text, object? options = null) => await entry.Host.WhenEndedAsync(entry.Clerk, await entry.Host.UploadAsync(entry.Clerk, type, text, options ?? new { confirm = "Never" }));

    private static JsonObject Grade(string? value, string reason = "Decided in review") =>
        new() { ["district"] = "0123", ["localId"] = "1001", ["recordType"] = "EN", ["key"] = "0001|001|P|20250825", ["field"] = "grade", ["value"] = value, ["reason"] = reason };

    private async Task<(HttpStatusCode Status, JsonElement Body, string? ETag)> HoldAsync(JsonObject hold, string? etag = null) =>
        await entry.SendAsync(HttpMethod.Put, $"{student}/edits", hold, ifMatch: etag ?? (await entry.SendAsync(HttpMethod.Get, student, client: reviewer)).ETag, client: reviewer);

    private async Task<JsonElement> EditAsync() => (await entry.SendAsync(HttpMethod.Get, student)).Body.GetProperty("edits").EnumerateArray().Single();

    private async Task<string?> GradeInStateAsync() => (await entry.SendAsync(HttpMethod.Get, student, client: reviewer)).Body.GetProperty("districts")[0].GetProperty("records").EnumerateArray()
        .Single(record => record.GetProperty("recordType").GetString() == "EN").GetProperty("fields").GetProperty("grade").GetString();

    [TestMethod]
    public async Task A_held_field_survives_the_next_load_and_is_what_is_frozen_and_counted()
    {
        var (status, body, _) = await HoldAsync(Grade("04"));
        Assert.AreEqual((HttpStatusCode.OK, "04", "05", "Held"), (status, body.GetProperty("value").GetString(), body.GetProperty("districtValue").GetString(), body.GetProperty("standing").GetString()), $"{body}");

        await LoadAsync("EN", Sample.Tsv("EN", "10/08/2025", Sample.Enrollment("1001", ("StateExclude", ""))));

        Assert.AreEqual("04", await GradeInStateAsync());
        Assert.AreEqual("05", (await entry.GetAsync($"records/EN/1001/{EntryHost.EnrollmentKey}")).Body.GetProperty("record").GetProperty("grade").GetString(), "the district's own record is its own");
        var reporter = await entry.Host.AsAsync("reporter");
        await entry.SendAsync(HttpMethod.Post, "/api/v1/snapshots", new JsonObject { ["name"] = "fall", ["year"] = 2026 }, client: reporter);
        await RunningHost.UntilAsync(reporter, "/api/v1/snapshots/fall", snapshot => snapshot.GetProperty("status").GetString() is "Sealed");
        var counted = await RunningHost.ReadAsync(await reporter.GetAsync("/api/v1/snapshots/fall/federal/FS052/SCH/students?district=0123&school=0001&value=04&value=WH7&value=F"));
        Assert.AreEqual(1, counted.GetArrayLength(), "counted in the grade that the state holds");
        Assert.AreEqual(0, (await RunningHost.ReadAsync(await reporter.GetAsync("/api/v1/snapshots/fall/federal/FS052/SCH/students?district=0123&school=0001&value=05&value=WH7&value=F"))).GetArrayLength());
    }

    [TestMethod]
    public async Task The_district_sees_what_is_held_and_why_and_that_it_is_no_longer_needed_once_it_says_the_same()
    {
        await HoldAsync(Grade("04"));
        var held = await EditAsync();
        Assert.AreEqual(("grade", "04", "05", "Decided in review", "reviewer"), (held.GetProperty("field").GetString(), held.GetProperty("value").GetString(), held.GetProperty("districtValue").GetString(), held.GetProperty("reason").GetString(), held.GetProperty("by").GetString()));

        await LoadAsync("EN", Sample.Tsv("EN", "10/08/2025", Sample.Enrollment("1001", ("Grade", "04"))));

        Assert.AreEqual("NoLongerNeeded", (await EditAsync()).GetProperty("standing").GetString());
        var stranger = await entry.Host.AsAsync("clerk-0456");
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.SendAsync(HttpMethod.Get, $"{student}/edits", client: stranger)).Status);
        Assert.AreEqual(HttpStatusCode.Forbidden, (await entry.SendAsync(HttpMethod.Put, $"{student}/edits", Grade("06"), ifMatch: "\"1\"")).Status, "a clerk holds nothing");
    }

    [TestMethod]
    public async Task An_edit_whose_record_goes_away_is_kept_without_effect_and_works_again_when_the_record_comes_back()
    {
        await HoldAsync(Grade("04"));
        await LoadAsync("EN", Sample.Tsv("EN", "10/08/2025", Sample.Enrollment("1001", ("StartDate", "08/26/2025"))), new { scope = "Replace", confirm = "Never" });
        Assert.AreEqual(("WithoutEffect", JsonValueKind.Null), ((await EditAsync()).GetProperty("standing").GetString(), (await EditAsync()).GetProperty("districtValue").ValueKind));
        Assert.AreEqual("05", await GradeInStateAsync());

        await LoadAsync("EN", Sample.Tsv("EN", "10/09/2025", Sample.Enrollment("1001")), new { scope = "Replace", confirm = "Never" });

        Assert.AreEqual(("Held", "04"), ((await EditAsync()).GetProperty("standing").GetString(), await GradeInStateAsync()));
    }

    [TestMethod]
    public async Task A_field_is_let_go_by_its_id_and_the_districts_value_counts_again()
    {
        var (_, body, etag) = await HoldAsync(Grade("04"));

        var (status, _, _) = await entry.SendAsync(HttpMethod.Delete, $"{student}/edits/{body.GetProperty("id").GetString()}", ifMatch: etag, client: reviewer);

        Assert.AreEqual((HttpStatusCode.OK, "05"), (status, await GradeInStateAsync()));
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.SendAsync(HttpMethod.Delete, $"{student}/edits/{body.GetProperty("id").GetString()}", ifMatch: etag, client: reviewer)).Status);
    }

    [TestMethod]
    public async Task A_field_is_held_and_let_go_when_the_version_is_among_those_that_were_named_or_any_will_do()
    {
        var etag = (await entry.SendAsync(HttpMethod.Get, student, client: reviewer)).ETag;

        var (held, body, _) = await HoldAsync(Grade("04"), $"\"999\", \"none\", {etag}");
        Assert.AreEqual((HttpStatusCode.OK, HttpStatusCode.PreconditionFailed), (held, (await HoldAsync(Grade("04"), "\"999\", \"none\"")).Status), $"{body}");
        var (freed, _, _) = await entry.SendAsync(HttpMethod.Delete, $"{student}/edits/{body.GetProperty("id").GetString()}", ifMatch: "*", client: reviewer);

        Assert.AreEqual((HttpStatusCode.OK, "05"), (freed, await GradeInStateAsync()));
    }

    [TestMethod]
    public async Task A_field_is_held_against_the_version_that_was_read_with_a_reason_and_a_value_that_can_stand_there()
    {
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await HoldAsync(Grade("04"), "\"999\"")).Status);
        Assert.AreEqual((HttpStatusCode)428, (await entry.SendAsync(HttpMethod.Put, $"{student}/edits", Grade("04"), client: reviewer)).Status);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await HoldAsync(Grade("04", " "))).Status);
        var (status, body, _) = await HoldAsync(Grade("99"));
        Assert.AreEqual((HttpStatusCode.UnprocessableEntity, "REF-005"), (status, string.Join(' ', EntryHost.RulesOf(body))));
        Assert.AreEqual("grade", body.GetProperty("findings")[0].GetProperty("property").GetString());
        var unknown = Grade("04");
        unknown["field"] = "grad";
        Assert.AreEqual(HttpStatusCode.NotFound, (await HoldAsync(unknown)).Status);
        Assert.AreEqual("05", await GradeInStateAsync());
    }

    private static JsonObject Enrolled(string field, string? value)
    {
        var hold = Grade(value);
        hold["field"] = field;
        return hold;
    }

    [TestMethod]
    public async Task A_value_that_a_save_by_hand_may_not_have_is_not_held_and_the_findings_say_why()
    {
        var (early, backwards, _) = await HoldAsync(Enrolled("endDate", "05/01/2020"));
        Assert.AreEqual((HttpStatusCode.UnprocessableEntity, true), (early, EntryHost.RulesOf(backwards).Contains("ENR-001")), $"{backwards}");
        Assert.AreEqual("endDate", backwards.GetProperty("findings").EnumerateArray().First(finding => finding.GetProperty("rule").GetString() == "ENR-001").GetProperty("property").GetString());
        var birth = new JsonObject { ["district"] = "0123", ["localId"] = "1001", ["recordType"] = "SD", ["field"] = "birthDate", ["value"] = "01/01/2035", ["reason"] = "Decided in review" };
        var (unborn, body, _) = await HoldAsync(birth);
        Assert.AreEqual((HttpStatusCode.UnprocessableEntity, true), (unborn, EntryHost.RulesOf(body).Contains("IDN-006")), $"{body}");

        Assert.AreEqual(0, (await entry.SendAsync(HttpMethod.Get, student)).Body.GetProperty("edits").GetArrayLength());
    }

    [TestMethod]
    public async Task A_held_day_that_makes_two_enrollments_of_the_student_overlap_is_refused()
    {
        await LoadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("EndDate", "12/01/2025"), ("EndStatus", "110")), Sample.Enrollment("1001", ("StartDate", "01/12/2026"))));

        var (status, body, _) = await HoldAsync(Enrolled("endDate", "02/01/2026"));

        Assert.AreEqual((HttpStatusCode.UnprocessableEntity, "ENR-003"), (status, string.Join(' ', EntryHost.RulesOf(body))), $"{body}");
    }

    [TestMethod]
    public async Task A_field_of_the_key_is_not_held_and_the_answer_says_what_to_do_instead()
    {
        var (status, body, _) = await HoldAsync(Enrolled("startDate", "05/01/2026"));

        Assert.AreEqual(HttpStatusCode.UnprocessableEntity, status);
        StringAssert.Contains(body.GetProperty("detail").GetString(), "part of the record's key");
        StringAssert.Contains(body.GetProperty("detail").GetString(), "ask the district to correct the record itself");
    }

    [TestMethod]
    public async Task A_value_with_an_error_is_held_and_the_error_is_listed_with_the_field_for_as_long_as_it_is_there()
    {
        var (status, body, _) = await HoldAsync(Enrolled("endDate", "06/01/2026"));
        Assert.AreEqual((HttpStatusCode.OK, "Held", "ENR-005"), (status, body.GetProperty("standing").GetString(), string.Join(' ', EntryHost.RulesOf(body))), $"{body}");
        async Task<string> ListedAsync() => string.Join(' ', (await entry.SendAsync(HttpMethod.Get, $"{student}/edits")).Body.EnumerateArray().SelectMany(EntryHost.RulesOf));
        Assert.AreEqual("ENR-005", await ListedAsync());
        Assert.AreEqual("endStatus", (await entry.SendAsync(HttpMethod.Get, $"{student}/edits")).Body[0].GetProperty("findings")[0].GetProperty("property").GetString());

        await LoadAsync("EN", Sample.Tsv("EN", "10/08/2025", Sample.Enrollment("1001", ("EndStatus", "190"), ("EndDate", "05/29/2026"))));

        Assert.AreEqual("", await ListedAsync());
    }

    [TestMethod]
    public async Task A_held_day_in_a_class_is_judged_by_the_class_that_the_record_names()
    {
        foreach (var (type, row) in new[] { ("CO", Sample.Course("MATH5")), ("ST", Sample.Staff("T1")), ("SU", Sample.Class("5A")), ("RU", Sample.Roster("1001")) }) await LoadAsync(type, Sample.Tsv(type, row));
        var hold = new JsonObject { ["district"] = "0123", ["localId"] = "1001", ["recordType"] = "RU", ["key"] = "5A|20250825", ["field"] = "endDate", ["value"] = "06/12/2026", ["reason"] = "Decided in review" };

        var (status, body, _) = await HoldAsync(hold);

        Assert.AreEqual((HttpStatusCode.OK, "CLS-002"), (status, string.Join(' ', EntryHost.RulesOf(body))), $"{body}");
    }

    private async Task<JsonElement> ValidatedAsync(string query = "") => (await entry.SendAsync(HttpMethod.Get, $"{EntryHost.Edition}/validation{query}")).Body;

    private static string HeldOf(JsonElement report) => string.Join(' ', report.GetProperty("held").EnumerateArray().Select(finding => finding.GetProperty("rule").GetString()));

    [TestMethod]
    public async Task Validation_of_the_district_tells_apart_what_is_found_only_because_of_what_the_state_holds()
    {
        var before = await ValidatedAsync();
        await HoldAsync(Enrolled("endDate", "06/01/2026"));

        var report = await ValidatedAsync();

        Assert.AreEqual(("ENR-005", before.GetProperty("errors").GetInt32(), false), (HeldOf(report), report.GetProperty("errors").GetInt32(), report.GetProperty("rules").TryGetProperty("ENR-005", out _)), $"{report}");
        var finding = report.GetProperty("held")[0];
        Assert.AreEqual((true, "1001"), (finding.GetProperty("held").GetBoolean(), finding.GetProperty("localId").GetString()));
        StringAssert.Contains(finding.GetProperty("howToFix").GetString(), "the district has nothing to correct");
        Assert.AreEqual(("ENR-005", ""), (HeldOf(await ValidatedAsync("?school=0001")), HeldOf(await ValidatedAsync("?school=0002"))), "the student is at school 0001");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{EntryHost.Edition}/validation") { Headers = { Accept = { new("application/x-ndjson") } } };
        using var lines = await entry.Clerk.SendAsync(request);
        Assert.IsTrue((await lines.Content.ReadAsStringAsync()).Split('\n').Single(line => line.Contains("ENR-005", StringComparison.Ordinal)).Contains("\"held\":true", StringComparison.Ordinal));
        var (code, output, _) = await AimProgram.RunAsync("rules", "run", "0123", "--data", entry.Host.Folder);
        Assert.AreEqual(1, code);
        StringAssert.Contains(output, "1 finding more only because of fields that the state holds");

        await LoadAsync("EN", Sample.Tsv("EN", "10/08/2025", Sample.Enrollment("1001", ("EndStatus", "190"), ("EndDate", "05/29/2026"))));

        Assert.AreEqual("", HeldOf(await ValidatedAsync()), "with what the district says by now, the held day is a right one");
    }

    [TestMethod]
    public async Task What_the_district_has_to_correct_is_still_told_when_the_state_holds_it_right()
    {
        await LoadAsync("EN", Sample.Tsv("EN", "10/08/2025", Sample.Enrollment("1001", ("EndDate", "05/29/2026"))));
        await HoldAsync(Enrolled("endStatus", "190"));

        var report = await ValidatedAsync();

        Assert.AreEqual((1, ""), (report.GetProperty("rules").GetProperty("ENR-005").GetInt32(), HeldOf(report)), $"{report}");
    }

    [TestMethod]
    public async Task What_is_found_because_of_a_held_field_is_told_after_a_merge_too_and_no_more_once_the_field_is_let_go()
    {
        var (retired, survivor) = (student.Split('/')[^2], await SecondStudentAsync());
        var (_, held, _) = await HoldAsync(Enrolled("endDate", "06/01/2026"));
        await MergeAsync(retired, survivor);
        StringAssert.Contains(HeldOf(await ValidatedAsync()), "ENR-005");

        var (freed, body, _) = await entry.SendAsync(HttpMethod.Delete, $"/api/v1/students/{survivor}/2026/edits/{held.GetProperty("id").GetString()}", ifMatch: "*", client: reviewer);

        Assert.AreEqual((HttpStatusCode.OK, ""), (freed, HeldOf(await ValidatedAsync())), $"{body}");
    }

    /// <summary>A second child of the district, and what merges and unmerges the two.</summary>
    private async Task<string> SecondStudentAsync()
    {
        var first = student.Split('/')[^2];
        await LoadAsync("SD", Sample.Tsv("SD", Sample.Student("2002", ("LastName", "Stone"), ("FirstName", "Otto"), ("BirthDate", "03/02/2014"), ("Gender", "M"))));
        return (await entry.StateRecordsAsync()).Select(record => record.GetProperty("stateId").GetString()!).Single(id => id != first);
    }

    private async Task MergeAsync(string retired, string survivor) => Assert.AreEqual(HttpStatusCode.OK,
        (await entry.SendAsync(HttpMethod.Post, "/api/v1/identity/merges", new JsonObject { ["retired"] = retired, ["survivor"] = survivor, ["reason"] = "One child" }, client: reviewer)).Status);

    private async Task<string> HeldAsync(string id) => string.Join(' ', (await entry.SendAsync(HttpMethod.Get, $"/api/v1/students/{id}/2026/edits", client: reviewer)).Body.EnumerateArray()
        .Select(edit => $"{edit.GetProperty("field").GetString()}:{edit.GetProperty("standing").GetString()}").Order());

    [TestMethod]
    public async Task What_is_held_goes_with_the_rows_when_two_State_IDs_are_merged_and_when_that_is_undone()
    {
        var (retired, survivor) = (student.Split('/')[^2], await SecondStudentAsync());
        await HoldAsync(Grade("04"));

        await MergeAsync(retired, survivor);

        Assert.AreEqual(("", "grade:Held"), (await HeldAsync(retired), await HeldAsync(survivor)));
        student = $"/api/v1/students/{survivor}/2026";
        Assert.AreEqual("04", await GradeInStateAsync());
        Assert.AreEqual(HttpStatusCode.OK, (await HoldAsync(Enrolled("endStatus", "110"))).Status, "a further one, while they are one");

        await entry.SendAsync(HttpMethod.Post, $"/api/v1/identity/merges/{retired}/undo", new JsonObject { ["reason"] = "Two children" }, client: reviewer);

        Assert.AreEqual(("endStatus:Held grade:Held", ""), (await HeldAsync(retired), await HeldAsync(survivor)));
        student = $"/api/v1/students/{retired}/2026";
        Assert.AreEqual("04", await GradeInStateAsync());
    }

    [TestMethod]
    public async Task A_retired_State_ID_is_answered_with_the_one_it_leads_to()
    {
        var (retired, survivor) = (student.Split('/')[^2], await SecondStudentAsync());
        Assert.IsFalse((await entry.SendAsync(HttpMethod.Get, student, client: reviewer)).Body.TryGetProperty("mergedInto", out var none) && none.ValueKind != JsonValueKind.Null);

        await MergeAsync(retired, survivor);

        var (status, body, _) = await entry.SendAsync(HttpMethod.Get, student, client: reviewer);
        Assert.AreEqual((HttpStatusCode.OK, 0, survivor), (status, body.GetProperty("districts").GetArrayLength(), body.GetProperty("mergedInto").GetString()));
        var (unknown, problem, _) = await entry.SendAsync(HttpMethod.Get, $"/api/v1/students/{retired}/2025", client: reviewer);
        Assert.AreEqual(HttpStatusCode.NotFound, unknown);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), $"was merged into {survivor}: ask for that one");
        var (own, told, _) = await entry.SendAsync(HttpMethod.Get, student);
        Assert.AreEqual(HttpStatusCode.NotFound, own);
        StringAssert.Contains(told.GetProperty("detail").GetString(), survivor, "the clerk's district has rows of the student");
        var (strange, nothing, _) = await entry.SendAsync(HttpMethod.Get, student, client: await entry.Host.AsAsync("clerk-0456"));
        Assert.AreEqual(HttpStatusCode.NotFound, strange);
        Assert.DoesNotContain(survivor, nothing.GetProperty("detail").GetString()!, "a stranger learns nothing by trying ids");
    }
}
