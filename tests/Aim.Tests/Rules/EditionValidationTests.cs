using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Aim.Editions;
using Aim.Host.Commands;
using Aim.Organizations;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Commands;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Rules;

/// <summary>What is stored is judged on demand, by every rule that is in force.</summary>
[TestClass]
public sealed class EditionValidationTests
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);

    public static IEnumerable<object[]> Names => EditionFixtures.All.Select(fixture => new object[] { fixture.Name });

    private static HandClock On(int year, int month, int day) => new(new DateTimeOffset(year, month, day, 18, 0, 0, TimeSpan.Zero));

    private static Task<UploadResult> LoadAsync(Workbench bench, FixtureFile file, UploadScope scope = UploadScope.Update) => bench.UploadAsync(file.Type, file.Content, scope: scope, year: file.Year);

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task An_edition_that_breaks_a_rule_is_told_the_school_or_district_and_a_corrected_one_is_not(string name)
    {
        var fixture = EditionFixtures.All.Single(item => item.Name == name);

        Assert.AreEqual(fixture.At, await CausesAsync(fixture, fixture.Fails, fixture.FailsAfter));
        Assert.AreEqual("", await CausesAsync(fixture, fixture.Passes, fixture.PassesAfter));
    }

    public static IEnumerable<object[]> NamesOfStaged => EditionFixtures.All.DistinctBy(fixture => fixture.Rule).Select(fixture => new object[] { fixture.Name });

    [TestMethod]
    [DynamicData(nameof(NamesOfStaged))]
    public async Task A_rule_about_editions_that_the_state_has_put_back_to_observe_asks_for_nothing_before_certification(string name)
    {
        var fixture = EditionFixtures.All.Single(item => item.Name == name);

        Assert.AreEqual(fixture.At, await CausesAsync(fixture, fixture.Fails, fixture.FailsAfter, RuleStage.Observe));
    }

    private static async Task<string> CausesAsync(EditionFixture fixture, FixtureFile[] files, Func<EditionNotes, EditionKey, Task>? after, RuleStage stage = RuleStage.Enforce)
    {
        await using var bench = await Workbench.OpenAsync(clock: On(2026, 6, 5), reference: Sample.ReferenceWith([], (fixture.Rule, stage)));
        if (fixture.Before.Length > 0) await bench.Platform.References.PublishAsync(Sample.Reference(Sample.Year.Previous), CancellationToken.None);
        foreach (var file in fixture.Before.Concat(files)) Assert.AreEqual(0, (await LoadAsync(bench, file)).Counts.Rejected);
        if (after is not null) await after(bench.Platform.Notes, Edition);

        var findings = new FindingList();
        await bench.Platform.Validation.RunAsync(Edition, null, fixture.Collection, findings, null, CancellationToken.None);
        var found = findings.Where(finding => finding.Rule == fixture.Rule).ToList();
        foreach (var finding in found)
        {
            Assert.AreEqual((stage == RuleStage.Observe ? Severity.Info : RuleCatalog.Get(fixture.Rule).Severity, finding.School), (finding.Severity, finding.Cause));
            Assert.DoesNotContain("{", finding.Message + finding.HowToFix);
        }
        return string.Join(" ", found.Select(finding => finding.Cause ?? "-").Distinct());
    }

    [TestMethod]
    public async Task A_threshold_that_the_state_sets_holds_for_the_year_it_is_set_for()
    {
        var fixture = EditionFixtures.All.First(item => item.Rule == "CRT-003");
        await using var bench = await Workbench.OpenAsync(clock: On(2026, 6, 5));
        await bench.Platform.References.PublishAsync(Sample.Reference(Sample.Year.Previous), CancellationToken.None);
        foreach (var file in fixture.Before.Concat(fixture.Fails)) await LoadAsync(bench, file);

        Assert.AreEqual("CRT-003", await FoundAsync());
        await SetAsync(Sample.Year.Previous, 21);
        Assert.AreEqual("CRT-003", await FoundAsync(), "last year's says nothing of this year");
        await SetAsync(Sample.Year, 21);
        Assert.AreEqual("", await FoundAsync());

        Task<string> SetAsync(SchoolYear year, int fewest)
        {
            var sample = Sample.Reference(year);
            var set = new Dictionary<string, int> { [Thresholds.FewestChanged.Name] = fewest };
            return bench.Platform.References.PublishAsync(new ReferenceData(year, sample.Agency, sample.Districts, sample.Schools, sample.Calendars, set), CancellationToken.None);
        }

        async Task<string> FoundAsync()
        {
            var report = await bench.Platform.Validation.ReportAsync(Edition, null, fixture.Collection, CancellationToken.None);
            return string.Join(" ", report.Rules.Keys.Where(rule => rule == fixture.Rule));
        }
    }

    [TestMethod]
    public async Task An_upload_and_a_validation_go_by_the_same_threshold()
    {
        var sample = Sample.Reference();
        var set = new ReferenceData(sample.Year, sample.Agency, sample.Districts, sample.Schools, sample.Calendars, new Dictionary<string, int> { [Thresholds.YearsOffGrade.Name] = 12 });
        var files = new[] { FixtureFile.Of("SD", Sample.Student("1001", ("BirthDate", "02/01/2008"))), FixtureFile.Of("EN", Sample.Enrollment("1001")) };

        Assert.AreEqual("IDN-002 IDN-002", await FoundAsync(null));
        Assert.AreEqual(" ", await FoundAsync(set));

        async Task<string> FoundAsync(ReferenceData? reference)
        {
            await using var bench = await Workbench.OpenAsync(clock: On(2026, 6, 5), reference: reference);
            await LoadAsync(bench, files[0]);
            var upload = await LoadAsync(bench, files[1]);
            return $"{string.Join(',', upload.Findings.Select(finding => finding.Rule).Where(rule => rule == "IDN-002"))} {await RulesAsync(bench)}";
        }
    }

    [TestMethod]
    public async Task What_an_upload_could_not_know_yet_is_found_or_forgotten_when_the_stored_rows_are_judged()
    {
        await using var bench = await Workbench.OpenAsync(clock: On(2026, 6, 5));
        await LoadAsync(bench, FixtureFile.Of("SD", Sample.Student("1001")));
        await LoadAsync(bench, FixtureFile.Of("EN", Sample.Enrollment("1001")));
        var early = await LoadAsync(bench, FixtureFile.Of("RU", Sample.Roster("1001")));
        Assert.AreEqual("REF-010", early.Findings.Single().Rule, "its section comes later");
        await LoadAsync(bench, FixtureFile.Of("CO", Sample.Course("MATH5")));
        await LoadAsync(bench, FixtureFile.Of("ST", Sample.Staff("T1")));
        await LoadAsync(bench, FixtureFile.Of("SU", Sample.Class("5A")));

        Assert.AreEqual("", await RulesAsync(bench));

        // The section is gone, and nobody has sent the roster again.
        await LoadAsync(bench, FixtureFile.Of("SU", Sample.Class("5B")), UploadScope.Replace);
        Assert.AreEqual("REF-010", await RulesAsync(bench));
    }

    private static async Task<string> RulesAsync(Workbench bench, string? school = null)
    {
        var report = await bench.Platform.Validation.ReportAsync(Edition, school, null, CancellationToken.None);
        return string.Join(" ", report.Rules.Keys);
    }

    [TestMethod]
    public async Task An_open_enrollment_is_an_error_from_the_day_after_the_calendars_end()
    {
        var clock = On(2026, 6, 5);
        await using var bench = await Workbench.OpenAsync(clock: clock);
        await LoadAsync(bench, FixtureFile.Of("SD", Sample.Student("1001")));
        await LoadAsync(bench, FixtureFile.Of("EN", Sample.Enrollment("1001")));

        Assert.AreEqual("", await RulesAsync(bench));
        clock.Pass(TimeSpan.FromHours(11));
        Assert.AreEqual("", await RulesAsync(bench), "it is still the fifth in the state's time");
        clock.Pass(TimeSpan.FromHours(2));
        Assert.AreEqual("ENR-014", await RulesAsync(bench));
    }

    [TestMethod]
    public async Task One_school_is_judged_by_its_own_students_alone()
    {
        await using var bench = await Workbench.OpenAsync(clock: On(2026, 6, 5));
        await LoadAsync(bench, FixtureFile.Of("SD", Sample.Student("1001", ("Gender", "")), Sample.Student("1002", ("BirthDate", "02/01/2008"))));
        await LoadAsync(bench, FixtureFile.Of("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002", ("SchoolNumber", Sample.HighSchool), ("Grade", "12"), ("StartStatus", "60"))));

        Assert.AreEqual("ENR-010 IDN-001", await RulesAsync(bench));
        Assert.AreEqual("IDN-001", await RulesAsync(bench, Sample.Elementary));
        Assert.AreEqual("ENR-010", await RulesAsync(bench, Sample.HighSchool));
    }

    [TestMethod]
    public async Task A_district_of_two_thousand_students_is_judged_in_one_call()
    {
        await using var bench = await Workbench.OpenAsync(clock: On(2026, 6, 5));
        var ids = Enumerable.Range(10_000, 2000).Select(number => $"{number}").ToList();
        await LoadAsync(bench, FixtureFile.Of("SD", [.. ids.Select(id => Sample.Student(id))]));
        await LoadAsync(bench, FixtureFile.Of("EN", [.. ids.Select(id => Sample.Enrollment(id))]));
        await LoadAsync(bench, FixtureFile.Of("AF", [.. ids.Select(id => Sample.FallCount(id))]));
        await LoadAsync(bench, FixtureFile.Of("AA", [.. ids.Select(id => Sample.Attendance(id))]));
        await LoadAsync(bench, FixtureFile.Of("DA", [.. ids.Select(id => Sample.Daily(id))]));

        var report = await bench.Platform.Validation.ReportAsync(Edition, null, null, CancellationToken.None);

        Assert.AreEqual((2000L, 10_000L, 0), (report.Students, report.Rows, report.Groups.Count));
    }

    [TestMethod]
    public async Task Over_HTTP_a_district_sees_groups_or_every_finding_and_confirms_what_rules_ask_for()
    {
        await using var host = await RunningHost.StartAsync();
        var clerk = await host.AsAsync("clerk-0123");
        foreach (var (type, rows) in new[] { ("SD", new[] { Sample.Student("1001", ("Gender", "")), Sample.Student("1002", ("Gender", "")) }), ("EN", [Sample.Enrollment("1001", Ended), Sample.Enrollment("1002", Ended)]) })
            await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, type, Sample.Tsv(type, "06/06/2026", rows)));

        using var answer = await clerk.GetAsync("/api/v1/districts/0123/editions/2026/validation?collection=end-of-year");
        var report = await RunningHost.ReadAsync(answer);
        Assert.AreEqual(2, report.GetProperty("rules").GetProperty("IDN-001").GetInt32());
        Assert.AreEqual(1, report.GetProperty("rules").GetProperty("BEH-001").GetInt32());
        Assert.AreEqual("0001", Group(report, "BEH-001").GetProperty("cause").GetString());
        Assert.AreEqual(2, Group(report, "IDN-001").GetProperty("count").GetInt32());

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/districts/0123/editions/2026/validation?collection=end-of-year");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/x-ndjson"));
        using var lines = await clerk.SendAsync(request);
        var findings = (await lines.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("rule").GetString()).ToList();
        Assert.AreEqual(report.GetProperty("rules").EnumerateObject().Sum(rule => rule.Value.GetInt32()), findings.Count);
        Assert.AreEqual(2, findings.Count(rule => rule == "IDN-001"));

        Assert.AreEqual(HttpStatusCode.NotFound, (await clerk.PutAsync("/api/v1/districts/0123/editions/2026/schools/0007/zero-incidents", null)).StatusCode);
        Assert.AreEqual(HttpStatusCode.NoContent, (await clerk.PutAsync("/api/v1/districts/0123/editions/2026/schools/0001/zero-incidents", null)).StatusCode);
        using var funding = new StringContent("""{"students":7}""", Encoding.UTF8, "application/json");
        Assert.AreEqual(HttpStatusCode.NoContent, (await (await host.AsAsync("operator")).PutAsync("/api/v1/districts/0123/editions/2026/funding-counts/fall-count", funding)).StatusCode);
        var later = await RunningHost.ReadAsync(await clerk.GetAsync("/api/v1/districts/0123/editions/2026/validation?collection=end-of-year"));
        Assert.IsFalse(later.GetProperty("rules").TryGetProperty("BEH-001", out _));
        Assert.IsTrue(later.GetProperty("rules").TryGetProperty("CNT-008", out _));

        using var unknown = await clerk.GetAsync("/api/v1/districts/0123/editions/2026/validation?collection=summer");
        Assert.AreEqual(HttpStatusCode.BadRequest, unknown.StatusCode);
        StringAssert.Contains(await unknown.Content.ReadAsStringAsync(), "the collections are fall-count");

        var reviewer = await host.AsAsync("reviewer");
        Assert.AreEqual(JsonValueKind.Null, (await RunningHost.ReadAsync(await reviewer.GetAsync("/api/v1/rules/hits?year=2026"))).GetProperty("countedFrom").ValueKind, "there was no night yet");
        Assert.AreEqual(0, (await AimProgram.RunAsync("rules", "hits", "--year", "2026", "--data", host.Folder)).Code);
        var hits = await RunningHost.ReadAsync(await reviewer.GetAsync("/api/v1/rules/hits?year=2026"));
        Assert.AreEqual(hits.GetProperty("countedTo").GetDateTimeOffset(), hits.GetProperty("countedFrom").GetDateTimeOffset());
        var identity = hits.GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "IDN-001");
        Assert.AreEqual((2, 2, 1.0, 1), (identity.GetProperty("judged").GetInt32(), identity.GetProperty("hits").GetInt32(), identity.GetProperty("rate").GetDouble(), identity.GetProperty("districts").GetInt32()));
    }

    private static readonly (string, string)[] Ended = [("EndDate", "06/05/2026"), ("EndStatus", "190")];

    private static JsonElement Group(JsonElement report, string rule) => report.GetProperty("groups").EnumerateArray().Single(group => group.GetProperty("rule").GetString() == rule);

    [TestMethod]
    public async Task A_rule_finds_the_same_in_a_snapshot_at_every_stage_so_that_its_effect_is_known_before_it_has_one()
    {
        await using var bench = await Workbench.OpenAsync();
        await LoadAsync(bench, FixtureFile.Of("SD", Sample.Student("1001"), Sample.Student("1002")));
        await LoadAsync(bench, FixtureFile.Of("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002")));
        await LoadAsync(bench, FixtureFile.Of("AF", Sample.FallCount("1001", ("AggregateHours", "100")), Sample.FallCount("1002")));
        await bench.SyncAsync();
        await SnapshotCommand.TakeAsync(bench.Data, "fall", Sample.Year, new DateOnly(2025, 10, 6), CancellationToken.None);
        var rule = RuleCatalog.Get("CNT-003");

        foreach (var stage in new[] { RuleStage.Observe, RuleStage.Warn, RuleStage.Enforce })
        {
            // A rule to come: its years have not begun either.
            var trial = await bench.Platform.RuleTrials.RunAsync("fall", [rule with { Stage = stage, FirstYear = 2030 }], CancellationToken.None);

            var hits = trial.Rules.Single();
            Assert.AreEqual((stage, 2L, 1L, 0.5), (hits.Stage, hits.Judged, hits.Hits, hits.Rate));
            Assert.AreEqual(new PlaceHits(Sample.District, Sample.Elementary, 1), hits.MostSchools.Single());
            Assert.AreEqual(trial.PresentRules, trial.SnapshotRules);
        }
    }

    [TestMethod]
    public async Task A_trial_says_what_it_could_not_ask_a_snapshot()
    {
        await using var bench = await Workbench.OpenAsync();
        await LoadAsync(bench, FixtureFile.Of("SD", Sample.Student("1001")));
        await bench.SyncAsync();
        await SnapshotCommand.TakeAsync(bench.Data, "fall", Sample.Year, new DateOnly(2025, 10, 6), CancellationToken.None);

        var trial = await bench.Platform.RuleTrials.RunAsync("fall", [.. new[] { "IDN-001", "REF-010", "ENR-013", "FMT-003", "CRT-003", "REF-003", "REF-009", "REF-013" }.Select(RuleCatalog.Get)], CancellationToken.None);

        Assert.AreEqual("IDN-001", trial.Rules.Single().Rule);
        Assert.AreEqual("CRT-003 ENR-013 FMT-003 REF-003 REF-009 REF-010 REF-013", string.Join(" ", trial.NotRun));
        await Assert.ThrowsExactlyAsync<Aim.Workflows.FaultException>(() => bench.Platform.RuleTrials.RunAsync("spring", [RuleCatalog.Get("IDN-001")], CancellationToken.None));
    }

    [TestMethod]
    public async Task Lines_of_one_rule_are_told_apart_by_their_record_types()
    {
        string folder;
        await using (var bench = await Workbench.OpenAsync())
        {
            folder = bench.Data.Path;
            await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("9999")));
            await bench.UploadAsync("PP", Sample.Tsv("PP", Sample.Program("9999")));
        }

        var run = await AimProgram.RunAsync("rules", "run", "0123", "--year", "2026", "--data", folder);

        var lines = run.Output.Split('\n').Where(line => line.Contains("REF-008")).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]).Order();
        Assert.AreEqual("EN PP", string.Join(' ', lines), run.Output + run.Error);
    }
}
