using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Host.Commands;
using Aim.Tests.Entry;
using Aim.Tests.Setup;
using static Aim.Tests.Entry.ChangeFixtures;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Rules;

/// <summary>A state puts a rule back in the middle of a window, and forward again, over HTTP: everybody who judges the year goes by it.</summary>
[TestClass]
public sealed class StagesOfTheYearTests
{
    private const string Rule = "ENR-001";
    private const string Key = "0001%7C001%7CP%7C20250910";

    private EntryHost entry = null!;

    [TestInitialize]
    public async Task StartAsync() => entry = await EntryHost.StartAsync();

    [TestCleanup]
    public async Task StopAsync() => await entry.DisposeAsync();

    /// <summary>It ends the day before it starts.</summary>
    private static JsonObject Backwards()
    {
        var record = Enrollment();
        (record["startDate"], record["endDate"]) = ("2025-09-10", "2025-09-09");
        return record;
    }

    private static string SeverityIn(JsonElement findings) => string.Join(' ', findings.EnumerateArray().Where(finding => finding.GetProperty("rule").GetString() == Rule).Select(finding => finding.GetProperty("severity").GetString()));

    private async Task<string> SaveAsync(string localId)
    {
        await entry.PutAsync($"records/SD/{localId}/-", Student($"Ana{localId}"));
        var (status, body, _) = await entry.PutAsync($"records/EN/{localId}/{Key}", Backwards());
        return $"{status} {SeverityIn(body.GetProperty("findings"))}";
    }

    private async Task<string> PushAsync(long sequence, string localId)
    {
        var (_, body, _) = await entry.PushAsync(sequence, Upsert("SD", null, Student($"Ana{localId}"), localId), Upsert("EN", null, Backwards(), localId));
        return $"{body.GetProperty("counts").GetProperty("leftOut")} {string.Join(' ', body.GetProperty("reports").EnumerateArray().Select(report => SeverityIn(report.GetProperty("findings"))).Where(text => text.Length > 0))}";
    }

    private async Task<string> ValidateAsync()
    {
        var (_, report, _) = await entry.GetAsync("validation");
        return string.Join(' ', report.GetProperty("groups").EnumerateArray().Where(group => group.GetProperty("rule").GetString() == Rule).Select(group => $"{group.GetProperty("severity")} {group.GetProperty("count")}"));
    }

    private async Task<string> ListedAsync(string path)
    {
        using var response = await (await entry.Host.AsAsync("reviewer")).GetAsync($"/api/v1/rules{path}");
        var body = await RunningHost.ReadAsync(response);
        var rules = body.ValueKind == JsonValueKind.Array ? body : body.GetProperty("rules");
        return rules.EnumerateArray().Single(rule => (rule.TryGetProperty("id", out var id) ? id : rule.GetProperty("rule")).GetString() == Rule).GetProperty("stage").GetString()!;
    }

    [TestMethod]
    public async Task A_rule_that_is_put_back_lets_rows_in_with_a_warning_and_keeps_them_out_once_it_is_enforced_again()
    {
        Assert.AreEqual("UnprocessableEntity Fatal", await SaveAsync("1001"));
        Assert.AreEqual("1 Fatal", await PushAsync(1, "1002"));

        await SampleFolder.PublishAsync(entry.Host, $"{Rule},Warn");

        Assert.AreEqual("Created Warning", await SaveAsync("1001"));
        Assert.AreEqual("0 Warning", await PushAsync(2, "1002"));
        Assert.AreEqual("Warning 2", await ValidateAsync());

        await SampleFolder.PublishAsync(entry.Host);

        Assert.AreEqual("Fatal 2", await ValidateAsync(), "what was let in stays, and is found");
        Assert.AreEqual("UnprocessableEntity Fatal", await SaveAsync("1003"));
        Assert.AreEqual("1 Fatal", await PushAsync(3, "1004"));
    }

    [TestMethod]
    public async Task The_catalogue_of_a_year_and_the_hit_rates_show_the_stage_of_the_year_and_the_catalogue_its_own()
    {
        await SampleFolder.PublishAsync(entry.Host, $"{Rule},Observe");

        Assert.AreEqual("Observe Observe Enforce Enforce", $"{await ListedAsync("?year=2026")} {await ListedAsync("/hits?year=2026")} {await ListedAsync("")} {await ListedAsync("?year=2025")}");
        Assert.AreEqual("observe enforce", $"{await CommandAsync("--data", entry.Host.Folder)} {await CommandAsync()}");

        static async Task<string> CommandAsync(params string[] more)
        {
            using var output = new StringWriter();
            Assert.AreEqual(ExitCode.Done, await CommandLine.RunAsync(["rules", "list", .. more, "--json"], output, TextWriter.Null, CancellationToken.None));
            using var listed = JsonDocument.Parse(output.ToString());
            return listed.RootElement.EnumerateArray().Single(rule => rule.GetProperty("id").GetString() == Rule).GetProperty("stage").GetString()!;
        }
    }

    [TestMethod]
    public async Task A_year_without_a_data_folder_is_refused_with_what_to_do()
    {
        using var error = new StringWriter();

        Assert.AreEqual(ExitCode.Unusable, await CommandLine.RunAsync(["rules", "list", "--year", "2026"], TextWriter.Null, error, CancellationToken.None));
        Assert.AreEqual("The state's stages of a year are in a data folder. Name it with --data DIR.", error.ToString().Trim());
    }

    [TestMethod]
    public async Task The_check_before_the_upload_goes_by_the_stages_of_the_reference_folder()
    {
        var (folder, reference) = (AssemblySetup.NewFolder("staged"), SampleFolder.WriteReference());
        FixtureFile[] files = [FixtureFile.Of("SD", Sample.Student("1001")), FixtureFile.Of("EN", Sample.Enrollment("1001", ("StartDate", "09/10/2025"), ("EndDate", "09/09/2025"), ("EndStatus", "190")))];
        foreach (var file in files) await File.WriteAllBytesAsync(Path.Combine(folder, $"{file.Type}.tsv"), file.Content);
        Assert.AreEqual("fatal", await CheckAsync());

        await File.WriteAllLinesAsync(Path.Combine(reference, "rules.csv"), ["Rule,Stage", $"{Rule},Observe"]);

        Assert.AreEqual("info", await CheckAsync());

        async Task<string> CheckAsync()
        {
            using var output = new StringWriter();
            await CommandLine.RunAsync(["check", .. files.Select(file => Path.Combine(folder, $"{file.Type}.tsv")), "--reference", reference, "--json"], output, TextWriter.Null, CancellationToken.None);
            using var checkedFiles = JsonDocument.Parse(output.ToString());
            return string.Join(' ', checkedFiles.RootElement.GetProperty("findings").EnumerateArray().Select(item => item.GetProperty("finding")).Where(finding => finding.GetProperty("rule").GetString() == Rule).Select(finding => finding.GetProperty("severity").GetString()));
        }
    }
}
