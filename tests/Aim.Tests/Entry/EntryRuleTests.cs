using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Editions;
using Aim.Entry;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Setup;
using static Aim.Tests.Entry.ChangeFixtures;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>What the rules say of records entered by hand and pushed: the same as of a file's rows, and once.</summary>
[TestClass]
public sealed class EntryRuleTests
{
    private static readonly JsonObject Course = new() { ["title"] = "Mathematics 5", ["subjectArea"] = "02" };

    private static readonly JsonObject Teacher = new() { ["lastName"] = "Birch", ["firstName"] = "Ellen", ["role"] = "TCH", ["schoolNumber"] = Sample.Elementary };

    private static JsonObject Class(string course = "MATH5", string teacher = "T1") => new()
    {
        ["schoolNumber"] = Sample.Elementary, ["calendarNumber"] = "001", ["courseNumber"] = course, ["term"] = "FY", ["teacherLocalId"] = teacher, ["startDate"] = "2025-08-25", ["endDate"] = "2026-06-05",
    };

    private static JsonObject Roster(string section = "5A", string start = "2025-08-25") =>
        new() { ["schoolNumber"] = Sample.Elementary, ["calendarNumber"] = "001", ["sectionNumber"] = section, ["startDate"] = start };

    private static JsonObject Mark(string section = "5A") =>
        new() { ["schoolNumber"] = Sample.Elementary, ["calendarNumber"] = "001", ["sectionNumber"] = section, ["term"] = "S1", ["markType"] = "T", ["value"] = "B+" };

    private static async Task<string> SavedAsync(EntryHost entry, string path, JsonObject record)
    {
        var (status, body, _) = await entry.PutAsync($"records/{path}", record, onlyNew: true);
        Assert.AreEqual(HttpStatusCode.Created, status, $"{path}: {body}");
        return string.Join(' ', RulesOf(body).Order());
    }

    [TestMethod]
    public async Task Sections_rosters_and_marks_by_hand_are_held_against_the_classes_that_are_there()
    {
        await using var entry = await StartAsync();
        foreach (var (path, record) in new[] { ("CO/MATH5", Course), ("ST/T1", Teacher), ("SD/1001", Student()), ("EN/1001", Enrollment()) }) await SavedAsync(entry, path, record);

        Assert.AreEqual("", await SavedAsync(entry, "SU/5A", Class()));
        Assert.AreEqual("REF-011 REF-012", await SavedAsync(entry, "SU/6A", Class("MATH6", "T9")));
        Assert.AreEqual("", await SavedAsync(entry, "RU/1001", Roster()));
        Assert.AreEqual("", await SavedAsync(entry, "MK/1001", Mark()));
        Assert.AreEqual("CLS-003", await SavedAsync(entry, "MK/1001", Mark("6A")));
        Assert.Contains("REF-010", await SavedAsync(entry, "RU/1001", Roster("5B")));
    }

    [TestMethod]
    public async Task Dates_in_findings_are_as_JSON_has_them_by_hand_and_in_a_push_and_as_a_file_has_them_in_a_file()
    {
        await using var entry = await StartAsync();
        await SavedAsync(entry, "SD/1001", Student());
        var (backwards, unreadable) = (Enrollment(), Enrollment());
        (backwards["startDate"], backwards["endDate"], unreadable["startDate"]) = ("2025-09-02", "2025-09-01", "02/30/2025");
        const string before = "ENR-001 2025-09-01: The end date 2025-09-01 is before the start date 2025-09-02.";
        const string bad = "FMT-004 02/30/2025: StartDate is '02/30/2025', which is not a date (YYYY-MM-DD). Give dates as YYYY-MM-DD (for example 2025-08-26) and numbers in digits only.";

        StringAssert.StartsWith(Told((await entry.PutAsync("records/EN/1001", backwards, onlyNew: true)).Body).Single(), before);
        Assert.AreEqual(bad, Told((await entry.PutAsync("records/EN/1001", unreadable, onlyNew: true)).Body).Single());
        var push = (await entry.PushAsync(1, Upsert("EN", null, backwards), Upsert("EN", null, unreadable))).Body.GetProperty("reports").EnumerateArray().SelectMany(Told).ToList();
        StringAssert.StartsWith(push[0], before);
        Assert.AreEqual((2, bad), (push.Count, push[1]));

        await using var bench = await Workbench.OpenAsync();
        var file = await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("StartDate", "09/02/2025"), ("EndDate", "2025-09-01"))));
        Assert.Contains("The end date 09/01/2025 is before the start date 09/02/2025.", file.Findings.Select(finding => finding.Message).ToList());

        static IEnumerable<string> Told(JsonElement body) => body.GetProperty("findings").EnumerateArray().Select(finding => $"{finding.GetProperty("rule").GetString()} {finding.GetProperty("value").GetString()}: {finding.GetProperty("message").GetString()} {finding.GetProperty("howToFix").GetString()}");
    }

    [TestMethod]
    public async Task A_record_with_another_childs_State_ID_is_told_by_hand_and_in_a_push()
    {
        await using var entry = await StartAsync();
        await SavedAsync(entry, "SD/1001", Student());
        await SavedAsync(entry, "SD/1002", Student("Otto"));
        var ids = (await entry.StateRecordsAsync()).ToDictionary(record => record.GetProperty("districts")[0].GetProperty("localId").GetString()!, record => record.GetProperty("stateId").GetString()!);
        var record = Enrollment();
        record["studentStateId"] = ids["1002"];

        Assert.AreEqual("REF-013", await SavedAsync(entry, "EN/1001", record));
        Assert.AreEqual("REF-013", string.Join(' ', RulesOfPush((await entry.PushAsync(1, Upsert("SD", null, Student()), Upsert("EN", null, record))).Body)));

        record["studentStateId"] = ids["1001"];
        Assert.AreEqual("", string.Join(' ', RulesOfPush((await entry.PushAsync(2, Upsert("EN", null, record))).Body)));
    }

    [TestMethod]
    public async Task Sections_rosters_and_marks_of_a_push_are_held_against_the_classes_it_brings()
    {
        await using var entry = await StartAsync();

        var (_, body, _) = await entry.PushAsync(1, Upsert("CO", null, Course, "MATH5"), Upsert("ST", null, Teacher, "T1"), Upsert("SU", null, Class(), "5A"), Upsert("SD", null, Student()),
            Upsert("EN", null, Enrollment()), Upsert("RU", null, Roster()), Upsert("MK", null, Mark()));
        Assert.AreEqual((7, ""), (body.GetProperty("counts").GetProperty("added").GetInt32(), string.Join(' ', RulesOfPush(body))), $"{body}");

        var (_, later, _) = await entry.PushAsync(2, Upsert("SU", null, Class("MATH6", "T9"), "6A"), Upsert("RU", null, Roster("6A", "2025-08-01")), Upsert("MK", null, Mark("6B")));
        Assert.AreEqual("CLS-002 REF-010 REF-011 REF-012", string.Join(' ', RulesOfPush(later).Where(rule => rule.StartsWith("CLS", StringComparison.Ordinal) || rule.StartsWith("REF", StringComparison.Ordinal)).Order()), $"{later}");
    }

    [TestMethod]
    public async Task What_a_record_refers_to_may_come_after_it_in_the_push()
    {
        await using var entry = await StartAsync();
        JsonObject[] changes = [Upsert("CO", null, Course, "MATH5"), Upsert("ST", null, Teacher, "T1"), Upsert("SU", null, Class(), "5A"), Upsert("SD", null, Student()), Upsert("EN", null, Enrollment()), Upsert("RU", null, Roster()), Upsert("MK", null, Mark())];
        var random = new Random(20260601);
        List<JsonObject[]> orders = [[.. changes.Reverse()], .. Enumerable.Range(0, 4).Select(_ => { var shuffled = changes.ToArray(); random.Shuffle(shuffled); return shuffled; })];

        for (var i = 0; i < orders.Count; i++)
        {
            var (_, body, _) = await entry.PushAsync(2 * i + 1, orders[i]);
            Assert.AreEqual((7, ""), (body.GetProperty("counts").GetProperty("added").GetInt32(), string.Join(' ', RulesOfPush(body))), $"{body}");
            await entry.PushAsync(2 * i + 2, Delete("CO", null, "MATH5"), Delete("ST", null, "T1"), Delete("SU", null, "5A"), Delete("SD", null), Delete("EN", "0001|001|P|20250825"), Delete("RU", "5A|20250825"), Delete("MK", "5A|S1|T"));
            Assert.AreEqual(0L, (await entry.GetAsync(Edition)).Body.GetProperty("rows").GetInt64());
        }
    }

    [TestMethod]
    public async Task A_section_that_is_refused_or_deleted_in_the_push_is_unknown_to_its_roster()
    {
        await using var entry = await StartAsync();
        await entry.PushAsync(1, Upsert("CO", null, Course, "MATH5"), Upsert("ST", null, Teacher, "T1"), Upsert("SD", null, Student()), Upsert("EN", null, Enrollment()));
        var refused = Class();
        refused["schoolNumber"] = "7777";

        var (_, body, _) = await entry.PushAsync(2, Upsert("RU", null, Roster()), Upsert("SU", null, refused, "5A"));
        Assert.AreEqual("REF-010 REF-001", string.Join(' ', RulesOfPush(body)), $"{body}");
        var (_, deleted, _) = await entry.PushAsync(3, Upsert("SU", null, Class(), "5B"), Upsert("RU", null, Roster("5B")), Delete("SU", null, "5B"));
        Assert.AreEqual((2, "REF-010"), (deleted.GetProperty("reports")[0].GetProperty("change").GetInt32(), string.Join(' ', RulesOfPush(deleted).Distinct())), $"{deleted}");

        await entry.PushAsync(4, Upsert("SU", null, Class(), "5C"));
        var (_, stored, _) = await entry.PushAsync(5, Delete("SU", null, "5C"), Upsert("RU", null, Roster("5C")));
        Assert.Contains("REF-010", RulesOfPush(stored), "also one that was there before");
        await entry.PushAsync(6, Upsert("SU", null, Class(), "5D"));
        var (_, kept, _) = await entry.PushAsync(7, Upsert("SU", null, refused, "5D"), Upsert("RU", null, Roster("5D")));
        Assert.DoesNotContain("5D", string.Join(' ', kept.GetProperty("reports").EnumerateArray().SelectMany(report => report.GetProperty("findings").EnumerateArray())
            .Where(finding => finding.GetProperty("rule").GetString() == "REF-010").Select(finding => finding.GetProperty("cause").GetString())), "a change that is refused leaves the section as it was");
    }

    [TestMethod]
    public async Task An_enrollment_whose_student_is_deleted_later_in_the_push_has_no_student()
    {
        await using var entry = await StartAsync();
        await entry.PushAsync(1, Upsert("SD", null, Student()));

        var (_, body, _) = await entry.PushAsync(2, Upsert("EN", null, Enrollment()), Delete("SD", null));

        Assert.AreEqual("REF-008", string.Join(' ', RulesOfPush(body)), $"{body}");
        Assert.AreEqual(1, body.GetProperty("reports")[0].GetProperty("change").GetInt32());
    }

    [TestMethod]
    public async Task An_enrollment_may_come_before_the_end_of_the_one_before_it()
    {
        await using var entry = await StartAsync();
        var (open, ended, later) = (Enrollment(), Enrollment(), Enrollment());
        (open["endDate"], open["endStatus"]) = (null, null);
        ended["endDate"] = "2026-01-15";
        (later["startDate"], later["startStatus"]) = ("2026-01-16", "02");
        await entry.PushAsync(1, Upsert("SD", null, Student()), Upsert("EN", null, open));

        var (_, body, _) = await entry.PushAsync(2, Upsert("EN", null, later), Upsert("EN", null, ended));

        Assert.AreEqual((1, 1, 0), (body.GetProperty("counts").GetProperty("added").GetInt32(), body.GetProperty("counts").GetProperty("changed").GetInt32(), body.GetProperty("counts").GetProperty("leftOut").GetInt32()), $"{body}");
    }

    [TestMethod]
    public async Task Where_one_of_several_changes_of_a_record_may_not_stand_the_one_before_it_does()
    {
        await using var entry = await StartAsync();
        var (first, second) = (Enrollment(), Enrollment());
        (first["endDate"], second["startDate"]) = ("2026-01-15", "2026-01-16");
        var overlapping = Enrollment();
        overlapping["startDate"] = "2026-02-02";
        await entry.PushAsync(1, Upsert("SD", null, Student()), Upsert("EN", null, second));

        var (_, body, _) = await entry.PushAsync(2, Upsert("EN", null, first), Upsert("EN", null, Enrollment()), Upsert("EN", null, overlapping));

        var reports = body.GetProperty("reports").EnumerateArray().ToList();
        Assert.AreEqual("2 LeftOut ENR-003, 3 LeftOut ENR-003", string.Join(", ", reports.Select(report => $"{report.GetProperty("change")} {report.GetProperty("result").GetString()} {string.Join(' ', RulesOf(report))}")), $"{body}");
        Assert.AreEqual("2026-01-15", (await entry.GetAsync($"records/EN/1001/{EnrollmentKey}")).Body.GetProperty("record").GetProperty("endDate").GetString());
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync("records/EN/1001/0001%7C001%7CP%7C20260202")).Status);
    }

    [TestMethod]
    public async Task As_many_changes_as_a_push_may_have_can_be_about_one_student()
    {
        await using var bench = await Workbench.OpenAsync();
        var edition = new EditionKey(Sample.District, Sample.Year);
        JsonObject[] changes = [Upsert("SD", null, Student()), .. Enumerable.Range(1, ChangeSet.MostChanges - 1).Select(i => Upsert("RU", null, Roster($"S{i % 4000}")))];
        var body = System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["sequence"] = 1, ["changes"] = new JsonArray([.. changes.Select(change => change.DeepClone())]) }.ToJsonString());
        await bench.Platform.Pushed.ReceiveAsync(edition, 1, body, CancellationToken.None);

        await bench.Platform.Pushed.DrainAsync(edition, CancellationToken.None);

        var push = (await bench.Platform.Pushed.FindNumberAsync(edition, 1, CancellationToken.None)).Push!;
        var outcome = (await bench.Platform.Pushed.FindOutcomeAsync(push, CancellationToken.None))!;
        Assert.AreEqual((4001, 999, 4000), (outcome.Added, outcome.Unchanged, outcome.Reports.Count));
        Assert.AreEqual(4001L, (await bench.Ports.Editions.GetHeadAsync(edition, CancellationToken.None)).RowCount);
    }

    [TestMethod]
    public void Rules_about_classes_are_not_run_without_them()
    {
        var rules = new StudentRuleSet(RuleCatalog.StudentRules, [RecordTypes.RosterEntry], Sample.Year, reference: null, hasPriorYear: false);

        Assert.ThrowsExactly<InvalidOperationException>(() => rules.CheckOthers(new StudentView(), new StudentFacts { Year = Sample.Year }, new FindingList()));
    }

    [TestMethod]
    public async Task A_finding_is_told_once_a_push_however_often_its_student_is_changed()
    {
        await using var entry = await StartAsync();
        var old = Student();
        old["birthDate"] = "1990-01-01";
        var other = Enrollment();
        other["endStatus"] = "195";
        await entry.PushAsync(1, Upsert("SD", null, old));

        var (_, body, _) = await entry.PushAsync(2, Upsert("EN", null, Enrollment()), Upsert("SD", null, old), Upsert("EN", null, other));

        var findings = body.GetProperty("reports").EnumerateArray().SelectMany(report => report.GetProperty("findings").EnumerateArray())
            .Select(finding => string.Join(' ', new[] { "rule", "record", "line", "field", "value", "message" }.Select(name => finding.TryGetProperty(name, out var value) ? $"{value}" : ""))).ToList();
        Assert.IsNotEmpty(findings);
        CollectionAssert.AllItemsAreUnique(findings);
    }

    [TestMethod]
    public async Task A_wrong_state_id_goes_when_the_record_is_sent_without_it()
    {
        await using var entry = await StartAsync();
        await entry.PutAsync("records/SD/1001", Student(), onlyNew: true);
        var id = (await entry.StateRecordsAsync()).Single().GetProperty("stateId").ToString();
        var stating = Student("Bo");
        stating["studentStateId"] = id;
        var (_, _, etag) = await entry.PutAsync("records/SD/1002", stating, onlyNew: true);
        Assert.AreEqual(id, (await entry.GetAsync("records/SD/1002")).Body.GetProperty("record").GetProperty("studentStateId").ToString());

        var (status, body, _) = await entry.PutAsync("records/SD/1002", Student("Bo"), ifMatch: etag);

        Assert.AreEqual((HttpStatusCode.OK, JsonValueKind.Number), (status, body.GetProperty("version").ValueKind), $"{body}");
        Assert.IsFalse((await entry.GetAsync("records/SD/1002")).Body.GetProperty("record").TryGetProperty("studentStateId", out _));
        await entry.PushAsync(1, Upsert("SD", null, stating, "1003"));
        await entry.PushAsync(2, Upsert("SD", null, Student("Bo"), "1003"));
        Assert.IsFalse((await entry.GetAsync("records/SD/1003")).Body.GetProperty("record").TryGetProperty("studentStateId", out _));
    }

    [TestMethod]
    public async Task A_count_is_refused_on_the_evening_of_count_day_in_the_state_though_it_is_the_next_day_elsewhere()
    {
        var clock = new HandClock(new DateTimeOffset(2025, 10, 7, 3, 0, 0, TimeSpan.Zero));
        await using var bench = await Workbench.OpenAsync(clock: clock);
        var record = JsonSerializer.SerializeToElement(new JsonObject { ["schoolNumber"] = Sample.Elementary, ["calendarNumber"] = "001", ["countDate"] = "2025-10-06", ["aggregateHours"] = 1080, ["absentOnCountDate"] = false });
        Task<SaveOutcome> SaveAsync(string key) => bench.Platform.Entry.SaveAsync(
            new EditionKey(Sample.District, Sample.Year), new RecordChange(ChangeOperation.Upsert, "AF", "1001", null, record), new SaveCondition(OnlyNew: true), key, "clerk", isRepeat: false, CancellationToken.None);

        var early = await SaveAsync("k");
        Assert.AreEqual((SaveStatus.Refused, "CNT-001"), (early.Status, string.Join(' ', early.Findings.Select(finding => finding.Rule))));
        Assert.Contains("CNT-001", (await bench.UploadAsync("AF", Sample.Csv("AF", Sample.FallCount("1001")))).Findings.Select(finding => finding.Rule));

        clock.Pass(TimeSpan.FromHours(4));
        Assert.AreEqual(SaveStatus.Created, (await SaveAsync("l")).Status);
        Assert.DoesNotContain("CNT-001", (await bench.UploadAsync("AF", Sample.Csv("AF", Sample.FallCount("1002")))).Findings.Select(finding => finding.Rule));
    }
}
