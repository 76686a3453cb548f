using Aim.Rules;
using Aim.Tests.Entry;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Rules;

/// <summary>Every rule through real uploads: exactly that rule at exactly that line, and nothing once the mistake is corrected.</summary>
[TestClass]
public sealed class RuleFixtureTests
{
    public static IEnumerable<object[]> Names => RuleFixtures.All.Select(fixture => new object[] { fixture.Name });

    private static RuleFixture Find(string name) => RuleFixtures.All.Single(fixture => fixture.Name == name);

    /// <summary>Found by the nightly scan, not in an upload; failing and passing cases are in IdentityScanTests.</summary>
    private static readonly string[] FoundByScan = ["IDN-004", "IDN-005"];

    [TestMethod]
    public void Every_rule_of_the_catalogue_has_a_fixture() =>
        Assert.AreEqual("", string.Join(", ", RuleCatalog.All.Select(rule => rule.Id).Except(RuleFixtures.All.Select(fixture => fixture.Rule)).Except(StateFixtures.All.Select(fixture => fixture.Rule)).Except(ChangeFixtures.All.Select(fixture => fixture.Rule)).Except(EditionFixtures.All.Select(fixture => fixture.Rule)).Except(FoundByScan)), "rules without a failing and a passing fixture");

    [TestMethod]
    public void Every_fixture_is_about_a_rule_of_the_catalogue() =>
        Assert.AreEqual("", string.Join(", ", RuleFixtures.All.Select(fixture => fixture.Rule).Concat(StateFixtures.All.Select(fixture => fixture.Rule)).Concat(EditionFixtures.All.Select(fixture => fixture.Rule)).Except(RuleCatalog.All.Select(rule => rule.Id))));

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task A_mistake_is_found_as_its_rule_at_its_line(string name)
    {
        var fixture = Find(name);
        var (hits, results) = await UploadAsync(fixture, fixture.Fails);

        Assert.AreEqual(Hit.Text(fixture.Expected), Hit.Text(hits));
        var rule = RuleCatalog.Get(fixture.Rule);
        var last = results[^1];
        var rejected = rule.Severity == Severity.Fatal && last.Status != UploadStatus.Refused ? fixture.Expected.Count() : 0;
        Assert.AreEqual(rejected, last.Counts.Rejected, "a fatal finding keeps its row out, any other lets it in");
        // A roster archive is corrected where it was exported from; it has no rows of its own to send again.
        Assert.AreEqual(rejected > 0 && !rule.Id.StartsWith("ROS", StringComparison.Ordinal), last.Report.RejectsFile is not null);
        foreach (var finding in results.SelectMany(result => result.Findings))
        {
            Assert.AreEqual(rule.Severity, finding.Severity);
            Assert.DoesNotContain("{", finding.Message + finding.HowToFix);
        }
    }

    public static IEnumerable<object[]> NamesOfStaged =>
        RuleFixtures.All.Where(fixture => !RuleCatalog.KeepsOutWhatCannotBeStored(RuleCatalog.Get(fixture.Rule))).DistinctBy(fixture => fixture.Rule).Select(fixture => new object[] { fixture.Name });

    [TestMethod]
    [DynamicData(nameof(NamesOfStaged))]
    public async Task A_mistake_is_information_and_keeps_no_row_out_once_the_state_has_put_its_rule_back_to_observe(string name)
    {
        var fixture = Find(name);
        var (hits, results) = await UploadAsync(fixture, fixture.Fails, (fixture.Rule, RuleStage.Observe));

        Assert.AreEqual(Hit.Text(fixture.Expected), Hit.Text(hits.Where(hit => hit.Rule == fixture.Rule)));
        foreach (var finding in results.SelectMany(result => result.Findings).Where(finding => finding.Rule == fixture.Rule)) Assert.AreEqual(Severity.Info, finding.Severity);
        Assert.AreEqual(0, results[^1].Counts.Rejected);
    }

    [TestMethod]
    [DataRow("ENR-002: the day before the first day of school", "StartDate")]
    [DataRow("ENR-002: the day after the last day of school", "EndDate")]
    public async Task A_day_outside_the_calendar_is_told_with_the_field_that_has_it(string name, string field)
    {
        var (_, results) = await UploadAsync(Find(name), Find(name).Fails);

        Assert.AreEqual(field, results.SelectMany(result => result.Findings).Single(finding => finding.Rule == "ENR-002").Field);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Nothing_is_found_once_it_is_corrected(string name)
    {
        var fixture = Find(name);
        var (hits, results) = await UploadAsync(fixture, fixture.Passes);

        Assert.AreEqual("", Hit.Text(hits));
        foreach (var result in results) Assert.AreEqual((UploadStatus.Accepted, 0L), (result.Status, result.Counts.Rejected), result.Report.Sentence);
    }

    private static async Task<(IReadOnlyList<Hit> Hits, IReadOnlyList<UploadResult> Results)> UploadAsync(RuleFixture fixture, IReadOnlyList<FixtureFile> files, params (string, RuleStage)[] stages)
    {
        await using var bench = await Workbench.OpenAsync(reference: Sample.ReferenceWith(fixture.Schools, stages));
        await bench.RegisterAsync(fixture.Known);
        if (fixture.Before.Length > 0) await bench.Platform.References.PublishAsync(Sample.Reference(Sample.Year.Previous), CancellationToken.None);
        foreach (var file in fixture.Before) Assert.AreEqual(UploadStatus.Accepted, (await bench.UploadAsync(file.Type, file.Content, year: file.Year)).Status, "the year before is in order");

        var results = new List<UploadResult>();
        var labels = new List<string>();
        foreach (var file in files)
        {
            labels.Add($"{file.Type}{(labels.Contains(file.Type) ? "2" : "")}");
            results.Add(await bench.UploadAsync(file.Type, file.Content, year: file.Year));
        }
        // A finding can be about a row that an earlier upload brought.
        var hits = results.SelectMany((result, i) => result.Findings.Select(finding => new Hit(finding.Rule,
            labels[finding.Upload is { } upload ? results.FindIndex(other => other.Report.UploadId == upload) : i], finding.Line)));
        return ([.. hits], results);
    }
}
