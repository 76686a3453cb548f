using System.Text.Json;
using Aim.Host.Commands;
using Aim.Tests.Setup;

namespace Aim.Tests.Generate;

[TestClass]
public sealed class GenerateCommandTests
{
    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (await CommandLine.RunAsync(args, output, error, CancellationToken.None), output.ToString(), error.ToString());
    }

    [TestMethod]
    [DataRow("--students", "0", "--students is a number from 1 to 10000000.")]
    [DataRow("--students", "10000001", "--students is a number from 1 to 10000000.")]
    [DataRow("--districts", "0", "--districts is a number from 1 to 9000.")]
    [DataRow("--districts", "9001", "--districts is a number from 1 to 9000.")]
    [DataRow("--error-rate", "1.01", "--error-rate is a number from 0 to 1.")]
    [DataRow("--error-rate", "-0.1", "--error-rate is a number from 0 to 1.")]
    [DataRow("--error-rate", "NaN", "--error-rate is a number from 0 to 1.")]
    [DataRow("--years", "0", "--years is a number from 1 to 10.")]
    [DataRow("--years", "11", "--years is a number from 1 to 10.")]
    [DataRow("--year", "2019", "There are no file layouts of 2018-2019. Give a later --year or fewer --years.")]
    [DataRow("--year", "26", "'26' is not a school year. Give the year in which it ends, such as 2026.")]
    [DataRow("--students", "many", "many")]
    public async Task An_impossible_option_is_refused_in_a_sentence_and_nothing_is_written(string option, string value, string sentence)
    {
        var folder = Path.Combine(AssemblySetup.NewFolder("generate"), "out");

        var (code, _, error) = await RunAsync("generate", "--out", folder, option, value);

        Assert.AreEqual(ExitCode.Unusable, code);
        StringAssert.Contains(error, sentence);
        Assert.IsFalse(Directory.Exists(folder));
    }

    [TestMethod]
    public async Task A_state_without_a_folder_is_refused()
    {
        var (code, _, error) = await RunAsync("generate");

        Assert.AreEqual(ExitCode.Unusable, code);
        StringAssert.Contains(error, "--out");
    }

    [TestMethod]
    public async Task The_report_says_what_was_written()
    {
        var folder = Path.Combine(AssemblySetup.NewFolder("generate"), "out");

        var (code, output, _) = await RunAsync("generate", "--out", folder, "--students", "200", "--districts", "7", "--seed", "3", "--year", "2027", "--error-rate", "0.5", "--json");

        Assert.AreEqual(ExitCode.Done, code);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.AreEqual(7, report.GetProperty("districts").GetInt32());
        var rows = report.GetProperty("rows").GetProperty("SD").GetInt32();
        Assert.AreEqual(rows, Directory.EnumerateFiles(folder, "SD.tsv", SearchOption.AllDirectories).Sum(file => File.ReadLines(file).Count() - 1));
        Assert.AreEqual(File.ReadLines(Path.Combine(folder, "truth", "planted.csv")).Count() - 1, report.GetProperty("planted").EnumerateObject().Sum(rule => rule.Value.GetInt32()));
        StringAssert.StartsWith(File.ReadLines(Path.Combine(folder, "reference", "agency.csv")).Skip(1).First(), "2027,");
    }

    [TestMethod]
    public async Task Several_years_are_folders_of_their_own_with_the_same_districts()
    {
        var folder = Path.Combine(AssemblySetup.NewFolder("generate"), "out");

        var (code, output, _) = await RunAsync("generate", "--out", folder, "--students", "200", "--years", "3", "--error-rate", "0.5", "--json");

        Assert.AreEqual(ExitCode.Done, code);
        CollectionAssert.AreEqual(new[] { "2024", "2025", "2026" }, Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray());
        foreach (var file in new[] { "districts.csv", "schools.csv" })
            Assert.AreEqual(1, Directory.GetFiles(folder, file, SearchOption.AllDirectories).Select(File.ReadAllText).Distinct().Count());
        var report = JsonDocument.Parse(output).RootElement;
        Assert.AreEqual((2, 2), (report.GetProperty("earlier").GetArrayLength(), report.GetProperty("earlier").EnumerateArray().Count(year => !year.GetProperty("planted").EnumerateObject().Any())));
        Assert.IsTrue(report.GetProperty("planted").EnumerateObject().Any(), "mistakes are in the last year");
    }
}
