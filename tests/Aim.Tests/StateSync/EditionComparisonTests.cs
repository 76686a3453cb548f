using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using Aim.Editions;
using Aim.Identity;
using Aim.Records;
using Aim.State;
using Aim.StateSync;
using Aim.Tests.Commands;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.StateSync;

/// <summary>The Verification Summary names what differs between an edition and the state, and tells what only waits.</summary>
[TestClass]
public sealed class EditionComparisonTests
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);

    private static readonly string EnrollmentKey = Stored.Enrollment("05").Key;

    private static async Task<(VerificationSummary Summary, List<RowDifference> Differences)> CompareAsync(Workbench bench, EditionKey? edition = null)
    {
        var counts = new VerificationCounts();
        var differences = await bench.Platform.Comparison.CompareAsync(edition ?? Edition, counts, CancellationToken.None).ToListAsync();
        CollectionAssert.AreEqual(differences.Select(difference => difference.Place).Order().ToList(), differences.Select(difference => difference.Place).ToList(), "pages need an order");
        return (counts.Summary(), differences);
    }

    private static string Describe(IEnumerable<RowDifference> differences) => string.Join('\n', differences.Select(difference =>
        $"{difference.RecordType} {difference.LocalId} {difference.Key} {difference.Kind}{string.Concat(difference.Fields.Select(field => $" {field.Field}: {field.Edition}|{field.State}"))}{(difference.Waiting is { } reason ? $" {reason}" : "")}{(difference.Parked is { } parked ? $" {parked}" : "")}"));

    private static string Counts(VerificationSummary summary, string type)
    {
        var counts = summary.RecordTypes.Single(item => item.RecordType == type);
        return $"{counts.Edition} {counts.State} {counts.Equal} {counts.Different} {counts.OnlyInEdition} {counts.OnlyInState} {counts.Waiting}";
    }

    /// <summary>Students 1001 to 1003 with an enrollment each, loaded and synced.</summary>
    private static async Task<Workbench> LoadedAsync()
    {
        var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002"), Sample.Student("1003")));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002"), Sample.Enrollment("1003")));
        return bench;
    }

    [TestMethod]
    public async Task Courses_and_staff_stay_with_the_district_and_are_no_difference()
    {
        await using var bench = await LoadedAsync();
        await bench.UploadAsync("CO", Sample.Tsv("CO", Sample.Course("MATH5")));
        await bench.UploadAsync("ST", Sample.Tsv("ST", Sample.Staff("T1")));

        var (summary, differences) = await CompareAsync(bench);

        Assert.AreEqual((true, true, 0L, ""), (summary.Agrees, summary.EditionAgrees, summary.WithoutDemographics, Describe(differences)));
        Assert.AreEqual("SD EN", string.Join(' ', summary.RecordTypes.Select(item => item.RecordType)));
    }

    /// <summary>Changes what the state has of a student, behind the edition's back.</summary>
    private static async Task PlantAsync(Workbench bench, StateId student, Func<StudentRecord, StudentRecord> change)
    {
        var before = (await bench.Ports.State.FindAsync([student], Sample.Year, CancellationToken.None)).GetValueOrDefault(student) ?? StudentRecord.Empty(student, Sample.Year);
        Assert.AreEqual(CommitStatus.Committed, (await bench.Ports.State.CommitAsync([new StudentCommit(before, change(before), Stored.Cause)], CancellationToken.None)).Single());
    }

    private static async Task PlantAsync(Workbench bench, string localId, Func<IReadOnlyList<Section>, IEnumerable<Section>> change) =>
        await PlantAsync(bench, (await bench.StateIdOfAsync(localId))!.Value, record =>
        {
            var contribution = record.Find(Sample.District, localId)!;
            return record.With(contribution with { Sections = [.. change(contribution.Sections)] });
        });

    private static Section SectionOf(EditionRow row) => new(row.Type, row.Key, row.Content, row.Upload, row.Line);

    [TestMethod]
    public async Task An_edition_that_was_synced_agrees_with_the_state_row_by_row()
    {
        await using var bench = await LoadedAsync();

        var (summary, differences) = await CompareAsync(bench);

        Assert.AreEqual("", Describe(differences));
        Assert.AreEqual(("3 3 3 0 0 0 0", "3 3 3 0 0 0 0"), (Counts(summary, "SD"), Counts(summary, "EN")));
        Assert.AreEqual((true, true, 2L, 2L), (summary.Agrees, summary.EditionAgrees, summary.Version, summary.SyncedVersion));
        var (nothing, _) = await CompareAsync(bench, new EditionKey(Sample.OtherDistrict, Sample.Year));
        Assert.IsTrue(nothing is { Agrees: true, RecordTypes.Count: 0, Version: 0 });
    }

    [TestMethod]
    public async Task Each_kind_of_difference_is_named_down_to_the_field()
    {
        await using var bench = await LoadedAsync();
        await PlantAsync(bench, "1001", sections => [sections[0], sections[1] with { Content = Stored.Enrollment("07").Content }]);
        await PlantAsync(bench, "1002", sections => [sections[0]]);
        await PlantAsync(bench, "1003", sections => [.. sections, SectionOf(Stored.Enrollment("05", "0002"))]);
        var (stranger, known) = (new StateId(100_200_301), (await bench.StateIdOfAsync("1003"))!.Value);
        await PlantAsync(bench, stranger, record => record.With(Stored.Contribution("1001", Stored.Student("Ana"))));
        await PlantAsync(bench, known, record => record.With(Stored.Contribution("4004", Stored.Student("Ben"))).With(Stored.Contribution(Sample.OtherDistrict, "1", Stored.Student("Cat"))));

        var (summary, differences) = await CompareAsync(bench);

        var lines = Describe(differences).Split('\n');
        StringAssert.StartsWith(lines[0], $"EN 1001 {EnrollmentKey} Different Grade: 05|07 StartStatus: 01|");
        Assert.AreEqual($"EN 1002 {EnrollmentKey} OnlyInEdition", lines[1]);
        Assert.AreEqual($"EN 1003 {Stored.Enrollment("05", "0002").Key} OnlyInState", lines[2]);
        CollectionAssert.AreEquivalent(new[] { "SD 1001  OnlyInState", "SD 4004  OnlyInState" }, lines[3..]);
        Assert.AreEqual(stranger, differences.Single(difference => difference is { LocalId: "1001", RecordType: "SD" }).StateId);
        Assert.AreEqual(("3 5 3 0 0 2 0", "3 3 1 1 1 1 0"), (Counts(summary, "SD"), Counts(summary, "EN")));
        Assert.AreEqual((false, 5L, true), (summary.Agrees, summary.Disagreeing, summary.EditionAgrees));
        Assert.IsNotEmpty((await bench.SyncAsync()).Disagreed, "the night finds it by its digests too");
        Assert.AreEqual("", Describe((await CompareAsync(bench)).Differences), "and repairs it");
    }

    [TestMethod]
    public async Task What_waits_for_a_sync_or_a_decision_is_no_disagreement()
    {
        await using var bench = await LoadedAsync();
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("9999")));
        // Nearly the name of 1001, and the same birth date: nobody can tell whether it is the same child.
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("2001", ("FirstName", "Anna1001"))));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1002", ("Grade", "06")), Sample.Enrollment("2001")), deferSync: true);

        var (summary, differences) = await CompareAsync(bench);

        Assert.AreEqual($"EN 1002 {EnrollmentKey} Different Grade: 06|05 NotSynced\nSD 2001  OnlyInEdition Parked NearMatch\nEN 2001 {EnrollmentKey} OnlyInEdition Parked NearMatch\nEN 9999 {EnrollmentKey} OnlyInEdition NoDemographics", Describe(differences));
        Assert.AreEqual(("4 3 3 0 1 0 1", "5 3 2 1 2 0 3"), (Counts(summary, "SD"), Counts(summary, "EN")));
        Assert.AreEqual((true, 1L, 1L, new ParkedRows(ParkReason.NearMatch, 1, 2)), (summary.Agrees, summary.NotSynced, summary.WithoutDemographics, summary.Parked.Single()));

        await bench.SyncAsync();
        var (later, _) = await CompareAsync(bench);
        Assert.AreEqual((true, 0L, 1L), (later.Agrees, later.NotSynced, later.WithoutDemographics));
        await PlantAsync(bench, "1002", sections => [sections[0]]);
        Assert.AreEqual((false, 1L), ((await CompareAsync(bench)).Summary.Agrees, (await CompareAsync(bench)).Summary.Disagreeing), "one real disagreement among those that wait");
    }

    [TestMethod]
    public async Task Rows_removed_since_the_last_sync_wait_for_it()
    {
        await using var bench = await LoadedAsync();
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001")), scope: UploadScope.Replace, deferSync: true);

        var (summary, differences) = await CompareAsync(bench);

        Assert.AreEqual($"EN 1002 {EnrollmentKey} OnlyInState NotSynced\nEN 1003 {EnrollmentKey} OnlyInState NotSynced", Describe(differences));
        Assert.IsTrue(summary.Agrees);
    }

    [TestMethod]
    public async Task Loads_and_syncs_that_go_on_meanwhile_are_never_taken_for_disagreements()
    {
        await using var bench = await Workbench.OpenAsync();
        var ids = Enumerable.Range(1000, 800).Select(number => $"{number}").ToList();
        await bench.UploadAsync("SD", Sample.Tsv("SD", [.. ids.Select(id => Sample.Student(id))]));
        using var stop = new CancellationTokenSource();
        var loading = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await bench.UploadAsync("EN", Sample.Tsv("EN", [.. ids.Where((_, n) => n % 3 != i % 3).Select(id => Sample.Enrollment(id, ("Grade", i % 2 == 0 ? "05" : "06")))]), scope: UploadScope.Replace);
        });

        for (var i = 0; i < 20; i++)
        {
            var (summary, differences) = await CompareAsync(bench);
            Assert.IsTrue(summary.Agrees, Describe(differences.Where(difference => difference.Waiting is null)));
        }

        await stop.CancelAsync();
        await loading;
        Assert.AreEqual("", Describe((await CompareAsync(bench)).Differences));
    }

    [TestMethod]
    public async Task Verify_ends_with_0_or_1_and_lists_what_differs()
    {
        string folder;
        await using (var bench = await LoadedAsync())
        {
            folder = bench.Data.Path;
            var good = await AimProgram.RunAsync("verify", "0123", "--data", folder);
            Assert.AreEqual((0, ""), (good.Code, good.Error));
            StringAssert.Contains(good.Output, "Edition and state agree.");
            await PlantAsync(bench, "1001", sections => [sections[0], sections[1] with { Content = Stored.Enrollment("07").Content }]);
            await PlantAsync(bench, "1002", sections => [sections[0]]);
        }

        var text = await AimProgram.RunAsync("verify", "0123", "--year", "2026", "--data", folder);
        var json = await AimProgram.RunAsync("verify", "0123", "--data", folder, "--json", "--limit", "1");

        Assert.AreEqual((1, 1), (text.Code, json.Code), text.Error + json.Error);
        StringAssert.Contains(text.Output, "Edition and state disagree on 2 rows.");
        StringAssert.Contains(text.Output, "OnlyInEdition");
        Assert.AreEqual((1, 1L, 2L), (json.Json.GetProperty("differences").GetArrayLength(), json.Json.GetProperty("notListed").GetInt64(), json.Json.GetProperty("summary").GetProperty("disagreeing").GetInt64()));
        Assert.AreEqual("Grade 05 07", string.Join(' ', json.Json.GetProperty("differences")[0].GetProperty("fields")[0].EnumerateObject().Select(field => field.Value.GetString())));
    }

    [TestMethod]
    public async Task The_API_gives_counts_pages_and_lines_and_notes_who_looked()
    {
        await using (var bench = await LoadedAsync())
        {
            foreach (var localId in new[] { "1001", "1002", "1003" }) await PlantAsync(bench, localId, sections => [sections[0]]);
            await PlantAsync(bench, (await bench.StateIdOfAsync("1002"))!.Value, record => record.With(Stored.Contribution("4004", Stored.Student("Ben"))));
            await using var host = await RunningHost.StartAsync(bench.Data.Path);
            var (clerk, reviewer) = (await host.AsAsync("clerk-0123"), await host.AsAsync("reviewer"));
            const string path = "/api/v1/districts/0123/editions/2026/verification";

            var listed = new List<string>();
            string? next = null;
            do
            {
                var page = await RunningHost.ReadAsync(await clerk.GetAsync($"{path}?limit=2{(next is null ? "" : $"&cursor={next}")}"));
                Assert.AreEqual(4, page.GetProperty("summary").GetProperty("disagreeing").GetInt64(), "the counts are of everything on every page");
                listed.AddRange(page.GetProperty("differences").EnumerateArray().Select(difference => $"{difference.GetProperty("recordType")} {difference.GetProperty("localId")} {difference.GetProperty("kind")} {difference.GetProperty("stateId").ValueKind}"));
                next = page.GetProperty("next").GetString();
                var inside = next is null ? "" : Encoding.UTF8.GetString(Base64Url.DecodeFromChars(next));
                foreach (var hidden in new[] { (await bench.StateIdOfAsync("1002")).ToString()!, "LocalId", "1001" }) Assert.DoesNotContain(hidden, inside, "a cursor tells no more than the page");
            }
            while (next is not null);

            CollectionAssert.AreEqual(new[] { "EN 1001 OnlyInEdition Null", "EN 1002 OnlyInEdition Null", "EN 1003 OnlyInEdition Null", "SD 4004 OnlyInState Null" }, listed);
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "application/x-ndjson" } } };
            var lines = (await (await reviewer.SendAsync(request)).Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.HasCount(4, lines);
            Assert.AreEqual("OnlyInState", JsonSerializer.Deserialize<JsonElement>(lines[3]).GetProperty("kind").GetString());
            Assert.AreEqual((await bench.StateIdOfAsync("1002")).ToString(), JsonSerializer.Deserialize<JsonElement>(lines[3]).GetProperty("stateId").GetString());
            Assert.AreEqual(HttpStatusCode.BadRequest, (await clerk.GetAsync($"{path}?cursor=bm90aGluZw")).StatusCode);
            Assert.AreEqual(HttpStatusCode.BadRequest, (await clerk.GetAsync($"{path}?limit=0")).StatusCode);
            Assert.AreEqual(3, await bench.Ports.Ledger.ListAsync("exports", "disclosure", null, CancellationToken.None).CountAsync(entry => entry.Json.Contains("differences between the edition of district 0123", StringComparison.Ordinal)));
        }
    }
}
