using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Editions;
using Aim.Entry;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>Records entered by hand, over HTTP.</summary>
[TestClass]
public sealed class HandEntryTests
{
    private EntryHost entry = null!;

    [TestInitialize]
    public async Task Start() => entry = await StartAsync();

    [TestCleanup]
    public async Task Stop() => await entry.DisposeAsync();

    private async Task<string> CreateStudentAsync(string localId = "1001", string firstName = "Ana")
    {
        var (status, body, etag) = await entry.PutAsync($"records/SD/{localId}", Student(firstName), onlyNew: true);
        Assert.AreEqual(HttpStatusCode.Created, status, $"{body}");
        return etag!;
    }

    [TestMethod]
    public async Task A_student_and_an_enrollment_entered_by_hand_are_in_the_state_record_when_the_answer_comes()
    {
        await CreateStudentAsync();

        var (status, body, etag) = await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Enrollment(), onlyNew: true);

        Assert.AreEqual(HttpStatusCode.Created, status, $"{body}");
        Assert.AreEqual((2L, true), (body.GetProperty("version").GetInt64(), body.GetProperty("isSynced").GetBoolean()));
        Assert.AreEqual(etag, body.GetProperty("etag").GetString());
        var record = (await entry.StateRecordsAsync()).Single();
        var records = record.GetProperty("districts")[0].GetProperty("records");
        Assert.AreEqual("SD EN", string.Join(' ', records.EnumerateArray().Select(item => item.GetProperty("recordType").GetString())));
        Assert.AreEqual("2025-08-25", records[1].GetProperty("fields").GetProperty("startDate").GetString());
        StringAssert.StartsWith(record.GetProperty("actor").GetString(), "save-", "the history says which save it was");
    }

    private static (bool IsSynced, string? Waiting) Reached(JsonElement body) => (body.GetProperty("isSynced").GetBoolean(), body.TryGetProperty("waiting", out var waiting) ? waiting.GetString() : null);

    [TestMethod]
    public async Task A_save_says_what_it_waits_for_while_the_state_record_has_not_got_it()
    {
        var (_, enrollment, _) = await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Enrollment(), onlyNew: true);
        Assert.AreEqual((false, "NoDemographics"), Reached(enrollment));
        StringAssert.Contains(enrollment.GetProperty("sentence").GetString(), "demographics (SD)");
        Assert.AreEqual((true, (string?)null), Reached((await entry.PutAsync("records/SD/1001", Student(), onlyNew: true)).Body), "with them, all is there");

        var (_, alike, _) = await entry.PutAsync("records/SD/2001", Student("Anna"), onlyNew: true);

        Assert.AreEqual((false, "Parked"), Reached(alike), "nobody can tell whether it is the same child");
        StringAssert.Contains(alike.GetProperty("sentence").GetString(), "once it is decided whose it is");
        Assert.AreEqual((true, (string?)null), Reached((await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", Enrollment("06"), ifMatch: "*")).Body), "who waits holds up nobody else");
    }

    [TestMethod]
    public async Task What_is_read_can_be_changed_and_sent_back()
    {
        await CreateStudentAsync();
        await entry.PutAsync("records/EN/1001", Enrollment(), onlyNew: true);
        var (_, read, etag) = await entry.GetAsync($"records/EN/1001/{EnrollmentKey}");
        var record = JsonSerializer.SerializeToNode(read.GetProperty("record"))!.AsObject();
        (record["endDate"], record["endStatus"]) = ("2026-01-16", "190");

        var (status, body, changed) = await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", record, ifMatch: etag);

        Assert.AreEqual(HttpStatusCode.OK, status, $"{body}");
        Assert.AreNotEqual(etag, changed);
        var (_, again, now) = await entry.GetAsync($"records/EN/1001/{EnrollmentKey}");
        Assert.AreEqual(("2026-01-16", changed), (again.GetProperty("record").GetProperty("endDate").GetString(), now));
        var (same, unchanged, _) = await entry.PutAsync($"records/EN/1001/{EnrollmentKey}", record, ifMatch: now);
        Assert.AreEqual((HttpStatusCode.OK, JsonValueKind.Null), (same, unchanged.GetProperty("version").ValueKind), "the same again makes no version");
    }

    [TestMethod]
    public async Task A_save_against_a_version_that_somebody_has_changed_is_refused()
    {
        var first = await CreateStudentAsync();
        var (_, _, second) = await entry.PutAsync("records/SD/1001", Student("Anna"), ifMatch: first);

        var (status, body, _) = await entry.PutAsync("records/SD/1001", Student("Anja"), ifMatch: first);

        Assert.AreEqual(HttpStatusCode.PreconditionFailed, status);
        StringAssert.Contains(body.GetProperty("detail").GetString(), "Read it again");
        Assert.AreEqual(second, (await entry.GetAsync("records/SD/1001")).ETag, "nothing was written");
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await entry.SendAsync(HttpMethod.Delete, "records/SD/1001", ifMatch: first)).Status);
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await entry.PutAsync("records/SD/1001", Student("Anja"), onlyNew: true)).Status, "it is not new");
        Assert.AreEqual(HttpStatusCode.PreconditionFailed, (await entry.PutAsync("records/SD/1002", Student(), ifMatch: first)).Status, "it is not there");
    }

    [TestMethod]
    public async Task A_change_or_delete_that_does_not_say_which_version_it_knows_is_refused()
    {
        await CreateStudentAsync();

        var (status, body, _) = await entry.PutAsync("records/SD/1001", Student("Anna"));

        Assert.AreEqual((HttpStatusCode)428, status);
        StringAssert.Contains(body.GetProperty("detail").GetString(), "If-Match");
        Assert.AreEqual((HttpStatusCode)428, (await entry.SendAsync(HttpMethod.Delete, "records/SD/1001")).Status);
    }

    [TestMethod]
    [DynamicData(nameof(IfMatch.Forms), typeof(IfMatch))]
    public async Task If_Match_is_read_as_that_of_cases(string header, HttpStatusCode expected)
    {
        var etag = await CreateStudentAsync();

        var (status, body, _) = await entry.PutAsync("records/SD/1001", Student("Anna"), ifMatch: IfMatch.With(header, etag));

        Assert.AreEqual(expected, status, $"{body}");
    }

    [TestMethod]
    public async Task A_fatal_finding_refuses_the_save_and_says_what_an_upload_of_the_same_row_says()
    {
        await CreateStudentAsync();
        var record = Enrollment("99");
        record["startDate"] = "25.08.2025";

        var (status, body, _) = await entry.PutAsync("records/EN/1001", record, onlyNew: true);

        Assert.AreEqual(HttpStatusCode.UnprocessableEntity, status, $"{body}");
        Assert.AreEqual("FMT-004 REF-005", string.Join(' ', RulesOf(body).Order()));
        var date = body.GetProperty("findings").EnumerateArray().Single(finding => finding.GetProperty("rule").GetString() == "FMT-004");
        Assert.AreEqual((0, "StartDate", "1001"), (date.GetProperty("line").GetInt32(), date.GetProperty("field").GetString(), date.GetProperty("localId").GetString()));
        Assert.AreEqual(1, (await entry.GetAsync(Edition)).Body.GetProperty("version").GetInt64());
        Assert.AreEqual(1, Directory.GetFiles(Path.Combine(entry.Host.Folder, "blobs", "saves"), "*.json", SearchOption.AllDirectories).Length, "only the save that was made is kept");
    }

    [TestMethod]
    public async Task A_finding_names_the_property_of_the_record_also_where_the_column_of_a_file_has_another_name()
    {
        await CreateStudentAsync();
        var record = Enrollment("99");
        (record["digitalAcademy"], record["comment"]) = ("perhaps", new string('x', 201));
        var shown = "Grade grade, MTDA digitalAcademy, EnrollmentComment comment";

        var (_, saved, _) = await entry.PutAsync("records/EN/1001", record, onlyNew: true);
        var (_, pushed, _) = await entry.PushAsync(1, new System.Text.Json.Nodes.JsonObject { ["op"] = "upsert", ["recordType"] = "EN", ["localId"] = "1001", ["record"] = record.DeepClone() });

        Assert.AreEqual(shown, Shown(saved));
        Assert.AreEqual(shown, Shown(pushed.GetProperty("reports")[0]));

        static string Shown(System.Text.Json.JsonElement body) => string.Join(", ", body.GetProperty("findings").EnumerateArray().Select(finding => $"{finding.GetProperty("field").GetString()} {finding.GetProperty("property").GetString()}"));
    }

    [TestMethod]
    public async Task A_save_for_a_year_without_schools_is_told_to_be_sent_again()
    {
        var (status, body, _) = await entry.PutAsync("/api/v1/districts/0123/editions/2031/records/SD/1001", Student(), onlyNew: true);

        Assert.AreEqual(HttpStatusCode.Conflict, status);
        StringAssert.Contains(body.GetProperty("detail").GetString(), "no schools and calendars for 2030-2031 yet. Send it again when they are there.");
    }

    [TestMethod]
    public async Task An_unknown_school_or_state_id_refuses_the_save()
    {
        await CreateStudentAsync();
        var record = Enrollment();
        record["schoolNumber"] = "7777";
        Assert.AreEqual("REF-001", string.Join(' ', RulesOf((await entry.PutAsync("records/EN/1001", record, onlyNew: true)).Body)));
        var stated = Student();
        stated["studentStateId"] = "999999990";
        Assert.AreEqual("REF-003", string.Join(' ', RulesOf((await entry.PutAsync("records/SD/1002", stated, onlyNew: true)).Body)));
    }

    [TestMethod]
    public async Task An_error_is_saved_and_listed()
    {
        var record = Student();
        record["birthDate"] = "1990-01-01";
        await entry.PutAsync("records/SD/1001", record, onlyNew: true);

        var (status, body, _) = await entry.PutAsync("records/EN/1001", Enrollment(), onlyNew: true);

        Assert.AreEqual(HttpStatusCode.Created, status, $"{body}");
        Assert.IsNotEmpty(RulesOf(body), $"{body}");
        StringAssert.Contains(body.GetProperty("sentence").GetString(), "findings");
    }

    [TestMethod]
    [DataRow("""{"lastNme":"Rivers"}""", "no property 'lastNme'")]
    [DataRow("""{"lastName":"Rivers","lastName":"Birch"}""", "twice")]
    [DataRow("""{"lastName":["Rivers"]}""", "text")]
    [DataRow("""{"lastName":true}""", "text")]
    [DataRow("""[]""", "JSON object")]
    [DataRow("""{"localId":"1001"}""", "no property 'localId'")]
    public async Task A_body_that_is_no_record_is_refused_with_a_sentence(string body, string sentence)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await entry.Clerk.PutAsync($"{Edition}/records/SD/1001", content);

        Assert.AreEqual(HttpStatusCode.BadRequest, response.StatusCode);
        StringAssert.Contains((await RunningHost.ReadAsync(response)).GetProperty("detail").GetString(), sentence);
    }

    [TestMethod]
    public async Task A_record_sent_under_the_key_of_another_is_refused()
    {
        await CreateStudentAsync();
        var (status, body, _) = await entry.PutAsync("records/EN/1001/0001%7C001%7CP%7C20250826", Enrollment(), onlyNew: true);
        Assert.AreEqual((HttpStatusCode.UnprocessableEntity, "FMT-014"), (status, string.Join(' ', RulesOf(body))));
    }

    [TestMethod]
    public async Task A_deleted_record_is_gone_from_the_edition_and_from_the_state()
    {
        await CreateStudentAsync();
        var (_, _, etag) = await entry.PutAsync("records/EN/1001", Enrollment(), onlyNew: true);

        var (status, body, _) = await entry.SendAsync(HttpMethod.Delete, $"records/EN/1001/{EnrollmentKey}", ifMatch: etag);

        Assert.AreEqual((HttpStatusCode.OK, true), (status, body.GetProperty("isSynced").GetBoolean()), $"{body}");
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync($"records/EN/1001/{EnrollmentKey}")).Status);
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.SendAsync(HttpMethod.Delete, $"records/EN/1001/{EnrollmentKey}", ifMatch: etag)).Status);
        Assert.AreEqual(1, (await entry.StateRecordsAsync()).Single().GetProperty("districts")[0].GetProperty("records").GetArrayLength());
    }

    [TestMethod]
    public async Task The_same_idempotency_key_is_answered_the_same_and_saves_once()
    {
        var (status, first, _) = await entry.PutAsync("records/SD/1001", Student(), onlyNew: true, idempotencyKey: "save-1");
        var (again, second, etag) = await entry.PutAsync("records/SD/1001", Student(), onlyNew: true, idempotencyKey: "save-1");

        Assert.AreEqual((HttpStatusCode.Created, HttpStatusCode.Created), (status, again));
        Assert.AreEqual(first.ToString(), second.ToString());
        Assert.AreEqual(first.GetProperty("etag").GetString(), etag);
        Assert.AreEqual(1, (await entry.GetAsync(Edition)).Body.GetProperty("version").GetInt64());
        Assert.AreEqual(HttpStatusCode.UnprocessableEntity, (await entry.PutAsync("records/SD/1001", Student("Other"), onlyNew: true, idempotencyKey: "save-1")).Status, "another request");
    }

    [TestMethod]
    public async Task Many_saves_at_once_are_each_made_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 12).Select(i => entry.PutAsync($"records/SD/{2000 + i}", Student($"Child{i}"), onlyNew: true)));

        foreach (var (status, body, _) in answers) Assert.AreEqual(HttpStatusCode.Created, status, $"{body}");
        var edition = (await entry.GetAsync(Edition)).Body;
        Assert.AreEqual((12L, 12L), (edition.GetProperty("version").GetInt64(), edition.GetProperty("rows").GetInt64()));
        Assert.IsTrue(edition.GetProperty("isSynced").GetBoolean());
        var (first, second) = (await entry.GetAsync("records/SD/2001"), await entry.GetAsync("records/SD/2001"));
        var race = await Task.WhenAll(Enumerable.Range(1, 6).Select(i => entry.PutAsync("records/SD/2001", Student($"Other{i}"), ifMatch: first.ETag)));
        Assert.AreEqual(first.ETag, second.ETag);
        Assert.AreEqual(1, race.Count(answer => answer.Status == HttpStatusCode.OK), "one writer wins, the others are told");
        Assert.AreEqual(5, race.Count(answer => answer.Status == HttpStatusCode.PreconditionFailed));
    }

    [TestMethod]
    public async Task The_newest_save_can_be_taken_back_once()
    {
        var etag = await CreateStudentAsync();
        await entry.PutAsync("records/SD/1001", Student("Anna"), ifMatch: etag);

        Assert.AreEqual(HttpStatusCode.Conflict, (await entry.SendAsync(HttpMethod.Post, "undo", new JsonObject { ["version"] = 1 })).Status, "it is not the newest");
        var (status, body, _) = await entry.SendAsync(HttpMethod.Post, "undo", new JsonObject { ["version"] = 2 });

        Assert.AreEqual((HttpStatusCode.OK, true), (status, body.GetProperty("isSynced").GetBoolean()), $"{body}");
        Assert.AreEqual(etag, (await entry.GetAsync("records/SD/1001")).ETag);
        Assert.AreEqual("Ana", (await entry.StateRecordsAsync()).Single().GetProperty("districts")[0].GetProperty("records")[0].GetProperty("fields").GetProperty("firstName").GetString());
        var (again, problem, _) = await entry.SendAsync(HttpMethod.Post, "undo", new JsonObject { ["version"] = 3 });
        Assert.AreEqual(HttpStatusCode.Conflict, again);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), "can't be taken back");
    }

    [TestMethod]
    public async Task Courses_and_staff_are_entered_by_their_plain_numbers_and_never_taken_for_students()
    {
        await CreateStudentAsync("77");
        var (status, body, _) = await entry.PutAsync("records/CO/77", new JsonObject { ["title"] = "Mathematics 5", ["subjectArea"] = "02", ["credits"] = 0.5 }, onlyNew: true);
        Assert.AreEqual(HttpStatusCode.Created, status, $"{body}");
        Assert.AreEqual("77", body.GetProperty("localId").GetString());

        Assert.AreEqual(0.5m, (await entry.GetAsync("records/CO/77")).Body.GetProperty("record").GetProperty("credits").GetDecimal());
        var students = (await entry.GetAsync("subjects")).Body.GetProperty("subjects");
        Assert.AreEqual(("77", "Rivers, Ana"), (students[0].GetProperty("localId").GetString(), students[0].GetProperty("name").GetString()));
        Assert.AreEqual(1, students.GetArrayLength());
        var courses = (await entry.GetAsync("subjects?recordType=CO")).Body.GetProperty("subjects");
        Assert.AreEqual(("77", "Mathematics 5"), (courses[0].GetProperty("localId").GetString(), courses[0].GetProperty("name").GetString()));
        Assert.AreEqual(HttpStatusCode.UnprocessableEntity, (await entry.PutAsync("records/SD/course%2F77", Student(), onlyNew: true)).Status);
        Assert.HasCount(1, await entry.StateRecordsAsync());
    }

    [TestMethod]
    [DataRow("%20PAD", "PAD")]
    [DataRow("PAD%0A", "PAD")]
    [DataRow("P%07AD", "PAD")]
    [DataRow("O%E2%80%99D", "O'D")]
    public async Task A_local_id_is_saved_read_answered_and_deleted_under_its_stored_form_however_it_was_typed(string typed, string stored)
    {
        var path = $"/api/v1/districts/0123/editions/2026/records/SD/{Uri.EscapeDataString(stored)}";
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Edition}/records/SD/{typed}") { Content = new StringContent(Student().ToJsonString(), System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("If-None-Match", "*");
        using var response = await entry.Clerk.SendAsync(request);
        var created = await RunningHost.ReadAsync(response);
        Assert.AreEqual((HttpStatusCode.Created, path, stored), (response.StatusCode, response.Headers.Location!.ToString(), created.GetProperty("localId").GetString()), $"{created}");

        foreach (var address in new[] { path, $"records/SD/{typed}" })
        {
            var (status, read, etag) = await entry.GetAsync(address);
            Assert.AreEqual((HttpStatusCode.OK, stored), (status, read.GetProperty("localId").GetString()), $"{address} {read}");
            Assert.AreEqual(response.Headers.ETag!.ToString(), etag);
        }
        Assert.AreEqual(stored, (await entry.GetAsync($"subjects/{typed}")).Body[0].GetProperty("localId").GetString());
        Assert.AreEqual(stored, (await entry.GetAsync("subjects")).Body.GetProperty("subjects")[0].GetProperty("localId").GetString());

        var (deleted, answer, _) = await entry.SendAsync(HttpMethod.Delete, $"records/SD/{typed}", ifMatch: response.Headers.ETag!.ToString());
        Assert.AreEqual((HttpStatusCode.OK, stored), (deleted, answer.GetProperty("localId").GetString()), $"{answer}");
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync(path)).Status);
    }

    [TestMethod]
    public async Task What_a_save_waits_for_is_told_under_the_stored_form_of_its_local_id()
    {
        var (_, saved, etag) = await entry.PutAsync("records/EN/%20PAD", Enrollment(), onlyNew: true, idempotencyKey: "typed");
        var (_, repeated, _) = await entry.PutAsync("records/EN/%20PAD", Enrollment(), onlyNew: true, idempotencyKey: "typed");
        var (_, again, _) = await entry.PutAsync("records/EN/PAD", Enrollment(), ifMatch: etag);

        foreach (var body in new[] { saved, repeated, again })
            Assert.AreEqual((false, "NoDemographics", "PAD"), (body.GetProperty("isSynced").GetBoolean(), body.GetProperty("waiting").GetString(), body.GetProperty("localId").GetString()), $"{body}");
    }

    [TestMethod]
    public async Task Pushed_changes_are_made_under_the_stored_form_of_their_local_ids()
    {
        var (_, pushed, _) = await entry.PushAsync(1, new JsonObject { ["op"] = "upsert", ["recordType"] = "EN", ["localId"] = " PAD ", ["record"] = Enrollment() });
        Assert.AreEqual(("Applied", "NoDemographics"), (pushed.GetProperty("state").GetString(), pushed.GetProperty("waiting").GetString()), $"{pushed}");
        Assert.AreEqual("PAD", (await entry.GetAsync($"records/EN/PAD/{EnrollmentKey}")).Body.GetProperty("localId").GetString());

        var (_, removed, _) = await entry.PushAsync(2, new JsonObject { ["op"] = "delete", ["recordType"] = "EN", ["localId"] = "PAD\n", ["key"] = "0001|001|P|20250825" });
        Assert.AreEqual(1, removed.GetProperty("counts").GetProperty("removed").GetInt32(), $"{removed}");
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync($"records/EN/PAD/{EnrollmentKey}")).Status);
    }

    [TestMethod]
    public async Task Subjects_come_in_pages_with_their_schools_and_counts()
    {
        foreach (var id in new[] { "1", "2", "3", "a/b" }) await CreateStudentAsync(Uri.EscapeDataString(id), $"Child{id[0]}");
        await entry.PutAsync("records/EN/2", Enrollment(), onlyNew: true);

        var first = (await entry.GetAsync("subjects?limit=3")).Body;
        Assert.AreEqual("3", first.GetProperty("next").GetString());
        var second = first.GetProperty("subjects")[1];
        Assert.AreEqual((Sample.Elementary, 1), (second.GetProperty("schools")[0].GetString(), second.GetProperty("records").GetProperty("EN").GetInt32()));
        var last = (await entry.GetAsync("subjects?limit=3&cursor=3")).Body;
        Assert.AreEqual(("a/b", JsonValueKind.Null), (last.GetProperty("subjects")[0].GetProperty("localId").GetString(), last.GetProperty("next").ValueKind));
        Assert.AreEqual(2, (await entry.GetAsync("subjects/2")).Body.GetArrayLength());
        Assert.AreEqual(1, (await entry.GetAsync("subjects/a%2Fb")).Body.GetArrayLength());
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync("subjects/9")).Status);
    }

    [TestMethod]
    public async Task A_reviewer_looks_at_a_waiting_child_whose_local_id_has_a_slash_and_at_what_was_decided()
    {
        var reviewer = await entry.Host.AsAsync("reviewer");
        await CreateStudentAsync();
        await CreateStudentAsync("T%2F3");

        var (waits, child, _) = await entry.SendAsync(HttpMethod.Get, "/api/v1/identity/queue/0123/2026/T%2F3", client: reviewer);
        Assert.AreEqual((HttpStatusCode.OK, "T/3"), (waits, child.GetProperty("localId").GetString()));
        var decision = new JsonObject { ["district"] = "0123", ["year"] = 2026, ["localId"] = "T/3", ["reason"] = "Another child of that name." };
        Assert.AreEqual(HttpStatusCode.OK, (await entry.SendAsync(HttpMethod.Post, "/api/v1/identity/decisions", decision, client: reviewer)).Status);
        var (decided, explained, _) = await entry.SendAsync(HttpMethod.Get, "/api/v1/identity/decisions/0123/T%2F3", client: reviewer);
        Assert.AreEqual((HttpStatusCode.OK, "T/3"), (decided, explained.GetProperty("localId").GetString()));
    }

    [TestMethod]
    public async Task A_save_is_kept_as_a_file_that_the_record_leads_to_and_reads_are_logged()
    {
        await CreateStudentAsync();

        var (_, read, _) = await entry.GetAsync("records/SD/1001");
        var uploadId = UploadId.Parse(read.GetProperty("uploadId").GetString()!);
        await entry.Host.App.StopAsync();
        await using var bench = await Workbench.OpenAsync(entry.Host.Folder);
        var path = await bench.Platform.Uploads.FindFileAsync(uploadId, CancellationToken.None);

        StringAssert.StartsWith(path, "saves/0123/2026/");
        var kept = JsonSerializer.Deserialize<JsonElement>(await bench.ReadTextAsync(path!));
        Assert.AreEqual(("clerk-0123", "1001"), (kept.GetProperty("by").GetString(), kept.GetProperty("change").GetProperty("localId").GetString()));
        var state = (await bench.StateIdOfAsync("1001"))!.Value;
        Assert.IsNotEmpty(await bench.Platform.Disclosures.OfStudentAsync(state, CancellationToken.None));
        foreach (var line in entry.Host.Logs.Lines) Assert.IsFalse(line.Contains("Rivers", StringComparison.Ordinal) || line.Contains("/1001", StringComparison.Ordinal), line);
    }

    [TestMethod]
    public async Task A_save_for_a_year_without_schools_says_so()
    {
        var (status, body, _) = await entry.PutAsync("/api/v1/districts/0123/editions/2031/records/SD/1001", Student(), onlyNew: true);
        Assert.AreEqual(HttpStatusCode.Conflict, status, $"{body}");
        StringAssert.Contains(body.GetProperty("detail").GetString(), "no schools and calendars");
    }

    [TestMethod]
    public async Task A_record_by_hand_and_the_same_row_in_a_file_are_one_and_the_same()
    {
        await CreateStudentAsync("1001", "Ana1001");
        await entry.PutAsync("records/EN/1001", Enrollment(), onlyNew: true);

        var key = await entry.Host.UploadAsync(entry.Clerk, "SD", Sample.Tsv("SD", Sample.Student("1001")));
        var upload = await entry.Host.WhenEndedAsync(entry.Clerk, key);

        Assert.AreEqual(1, upload.GetProperty("counts").GetProperty("unchanged").GetInt32(), $"{upload}");
        var enrollments = await entry.Host.WhenEndedAsync(entry.Clerk, await entry.Host.UploadAsync(entry.Clerk, "EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("EndDate", "06/05/2026"), ("EndStatus", "190")))));
        Assert.AreEqual(1, enrollments.GetProperty("counts").GetProperty("unchanged").GetInt32(), $"{enrollments}");
    }

    [TestMethod]
    public async Task A_file_that_was_written_before_saves_by_hand_asks_before_it_overwrites_them()
    {
        await entry.Host.WhenEndedAsync(entry.Clerk, await entry.Host.UploadAsync(entry.Clerk, "SD", Sample.Tsv("SD", "10/01/2025", Sample.Student("1001"), Sample.Student("1002"), Sample.Student("1003"))));
        foreach (var localId in new[] { "1001", "1002" })
        {
            var record = Student($"Ana{localId}");
            record["city"] = "Birch";
            Assert.AreEqual(HttpStatusCode.OK, (await entry.PutAsync($"records/SD/{localId}", record, ifMatch: (await entry.GetAsync($"records/SD/{localId}")).ETag)).Status);
        }

        var key = await entry.Host.UploadAsync(entry.Clerk, "SD", Sample.Tsv("SD", "10/07/2025", Sample.Student("1001", ("City", "Alder")), Sample.Student("1003", ("City", "Alder"))));
        var asked = await entry.Host.WhenEndedAsync(entry.Clerk, key);

        Assert.AreEqual(("AwaitingConfirmation", "The file was written on 10/07/2025 08:30:00, before 1 save by hand that it would overwrite; loading it would put old data over new. Confirm to load it, or decline; nothing of it has been written."),
            (asked.GetProperty("status").GetString(), asked.GetProperty("sentence").GetString()));
        Assert.AreEqual("Birch", (await entry.GetAsync("records/SD/1001")).Body.GetProperty("record").GetProperty("city").GetString());
    }

    [TestMethod]
    public async Task A_file_that_was_written_before_pushes_asks_before_it_overwrites_what_they_brought()
    {
        await entry.Host.WhenEndedAsync(entry.Clerk, await entry.Host.UploadAsync(entry.Clerk, "SD", Sample.Tsv("SD", "10/01/2025", Sample.Student("1001"), Sample.Student("1002"), Sample.Student("1003"))));
        foreach (var (sequence, localId) in new[] { (1, "1001"), (2, "1002") })
        {
            var record = Student($"Ana{localId}");
            record["city"] = "Birch";
            var (_, pushed, _) = await entry.PushAsync(sequence, new JsonObject { ["op"] = "upsert", ["recordType"] = "SD", ["localId"] = localId, ["record"] = record });
            Assert.AreEqual("Applied", pushed.GetProperty("state").GetString(), $"{pushed}");
        }
        var saved = Student("Ana1003");
        saved["city"] = "Birch";
        await entry.PutAsync("records/SD/1003", saved, ifMatch: (await entry.GetAsync("records/SD/1003")).ETag);

        var key = await entry.Host.UploadAsync(entry.Clerk, "SD", Sample.Tsv("SD", "10/07/2025", Sample.Student("1001", ("City", "Alder")), Sample.Student("1002", ("City", "Alder")), Sample.Student("1003", ("City", "Alder"))));
        var asked = await entry.Host.WhenEndedAsync(entry.Clerk, key);

        Assert.AreEqual(("AwaitingConfirmation", "The file was written on 10/07/2025 08:30:00, before 1 save by hand and 2 pushes that it would overwrite; loading it would put old data over new. Confirm to load it, or decline; nothing of it has been written."),
            (asked.GetProperty("status").GetString(), asked.GetProperty("sentence").GetString()));
    }

    [TestMethod]
    public async Task A_file_that_leaves_what_was_pushed_as_it_is_loads_without_asking_however_old_it_is()
    {
        var (_, pushed, _) = await entry.PushAsync(1, new JsonObject { ["op"] = "upsert", ["recordType"] = "SD", ["localId"] = "1001", ["record"] = Student() });
        Assert.AreEqual("Applied", pushed.GetProperty("state").GetString(), $"{pushed}");

        var loaded = await entry.Host.WhenEndedAsync(entry.Clerk, await entry.Host.UploadAsync(entry.Clerk, "SD", Sample.Tsv("SD", "10/07/2025", Sample.Student("1002"))));

        Assert.AreEqual((1, 2), (loaded.GetProperty("counts").GetProperty("added").GetInt32(), loaded.GetProperty("editionVersion").GetInt32()), $"{loaded}");
    }

    [TestMethod]
    public async Task A_file_that_was_written_after_a_push_loads_without_asking()
    {
        // Seven in the morning in the state; the file is of half past eight.
        await using var bench = await Workbench.OpenAsync(clock: new FixedClock(new DateTimeOffset(2025, 10, 7, 13, 0, 0, TimeSpan.Zero)));
        var edition = new EditionKey(Sample.District, Sample.Year);
        var push = new JsonObject { ["sequence"] = 1, ["changes"] = new JsonArray(new JsonObject { ["op"] = "upsert", ["recordType"] = "SD", ["localId"] = "1001", ["record"] = Student() }) };
        await bench.Platform.Pushed.ReceiveAsync(edition, 1, System.Text.Encoding.UTF8.GetBytes(push.ToJsonString()), CancellationToken.None);
        Assert.AreEqual(new PushPosition(1, null), await bench.Platform.Pushed.DrainAsync(edition, CancellationToken.None));

        var loaded = await bench.UploadAsync("SD", System.Text.Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Ana"), ("City", "Alder")))), confirm: ConfirmPolicy.WhenRisky);

        Assert.AreEqual((UploadStatus.Accepted, 1L), (loaded.Status, loaded.Counts.Changed), loaded.Report.Sentence);
    }

    [TestMethod]
    public async Task A_file_that_was_written_after_a_save_by_hand_loads_without_asking()
    {
        // Seven in the morning in the state; the file is of half past eight.
        await using var bench = await Workbench.OpenAsync(clock: new FixedClock(new DateTimeOffset(2025, 10, 7, 13, 0, 0, TimeSpan.Zero)));
        var change = new RecordChange(ChangeOperation.Upsert, "SD", "1001", null, JsonSerializer.SerializeToElement(Student()));
        Assert.AreEqual(SaveStatus.Created, (await bench.Platform.Entry.SaveAsync(new EditionKey(Sample.District, Sample.Year), change, new SaveCondition(OnlyNew: true), "k", "clerk", isRepeat: false, CancellationToken.None)).Status);

        var loaded = await bench.UploadAsync("SD", System.Text.Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Ana"), ("City", "Alder")))), confirm: ConfirmPolicy.WhenRisky);

        Assert.AreEqual((UploadStatus.Accepted, 1L), (loaded.Status, loaded.Counts.Changed), loaded.Report.Sentence);
    }
}
