using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Aim.Tests.Setup;
using Microsoft.Data.Sqlite;

namespace Aim.Tests.Commands;

[TestClass]
public sealed class CommandLineTests
{
    private const int Students = 60;

    /// <summary>A generated state with mistakes, loaded, with the snapshot <c>fall</c>.</summary>
    private static string state = "";

    private static string data = "";

    [ClassInitialize]
    public static async Task PrepareAsync(TestContext _)
    {
        var folder = AssemblySetup.NewFolder("commands");
        (state, data) = (Path.Combine(folder, "state"), Path.Combine(folder, "data"));
        Assert.AreEqual(0, (await AimProgram.RunAsync("generate", "--out", state, "--students", $"{Students}", "--error-rate", "0.1")).Code);
        Assert.AreEqual(1, (await AimProgram.RunAsync("load", state, "--data", data)).Code);
        Assert.AreEqual(0, (await AimProgram.RunAsync("snapshot", "fall", "--year", "2026", "--data", data)).Code);
    }

    private static string NewPath(string name) => Path.Combine(AssemblySetup.NewFolder("command"), name);

    private static string FirstUpload => Directory.EnumerateFiles(Path.Combine(state, "uploads"), "SD.tsv", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();

    [TestMethod]
    public void Numbers_of_a_table_stand_at_the_right_of_their_column_and_codes_that_look_like_numbers_at_the_left()
    {
        using var output = new StringWriter();

        new Host.Commands.Terminal(output, TextWriter.Null, json: false).Table(["Record", Host.Commands.Column.Number("Count"), "Local id", "Title"], [["504", "7", "9", "One"], ["EN", "1200", "1001", "Two"]]);

        Assert.AreEqual("  Record  Count  Local id  Title\n  504         7  9         One\n  EN       1200  1001      Two\n", output.ToString().ReplaceLineEndings("\n"));
    }

    [TestMethod]
    public async Task The_help_of_every_verb_is_as_approved()
    {
        var text = new StringBuilder();
        foreach (var verb in new[] { "", "serve", "generate", "load", "check", "sync", "verify", "snapshot", "federal", "explain", "backup", "restore", "identity", "identity find", "identity queue", "identity explain", "identity decide", "identity merge", "identity unmerge", "identity scan", "identity evaluate", "rules", "rules list", "rules run", "rules hits", "rules try" })
        {
            var help = await AimProgram.RunAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
            Assert.AreEqual((0, ""), (help.Code, help.Error), verb);
            text.Append(CultureInfo.InvariantCulture, $"> aim {verb}{(verb.Length == 0 ? "" : " ")}--help\n{help.Output.ReplaceLineEndings("\n")}");
        }
        // The parser names the program after the process, which here is that of the tests.
        Approved.Verify(text.ToString().Replace($"  {RootCommand.ExecutableName} ", "  aim ", StringComparison.Ordinal), "help", "txt");
    }

    public static IEnumerable<object[]> Unusable =>
    [
        ["bogus", "Unrecognized command or argument 'bogus'. See 'aim --help'."],
        ["load", "Required argument 'DIR' missing"],
        ["load NOWHERE --data NEW", "does not exist. Give a folder with reference/ and uploads/"],
        ["load EMPTY --data NOWHERE", "does not exist. Give a folder with reference/ and uploads/"],
        ["load FILE --data NEW", "is a file. Give a folder."],
        ["load STATE --data FILE", "is a file. Give a folder."],
        ["serve --data NOWHERE", "is no data folder. Make one with 'aim load"],
        ["serve --data DATA --urls ftp://here", "is not a URL to listen on"],
        ["sync --data EMPTY", "is no data folder"],
        ["sync --data BROKEN", "damaged, or are not of this program"],
        ["sync --data NEWER", "newer version of this program"],
        ["snapshot Fall! --year 2026 --data DATA", "lower-case letters, digits and dashes"],
        ["snapshot fall --year 2026 --data DATA", "snapshots are never changed"],
        ["snapshot other --year 26 --data DATA", "is not a school year"],
        ["snapshot other --year 2026 --date tomorrow --data DATA", "is not a date. Give it as YYYY-MM-DD."],
        ["snapshot other --year 2031 --data DATA", "no reference data of 2030-2031 here. Give a year that there is data of: 2026."],
        ["rules hits --year 2031 --data DATA", "no reference data of 2030-2031 here"],
        ["rules try", "See 'aim rules try --help'."],
        ["identity explain", "See 'aim identity explain --help'."],
        ["identity find", "See 'aim identity find --help'."],
        ["identity find Johnston --birth 2012-01-01 --data DATA", "can't be found by a last name alone. Give the first name after it"],
        ["identity find Johnston Ann --birth 02/03/2009 --data DATA", "'02/03/2009' is not a date. Give it as YYYY-MM-DD."],
        ["identity find Johnston Ann --gender X --data DATA", "'X' is no gender of the code list. Give one of"],
        ["federal nothing --data DATA --out NEW", "no snapshot named 'nothing'"],
        ["federal fall --data DATA", "Option '--out' is required"],
        ["federal fall --data DATA --out FILE", "is a file. Give a folder."],
        ["federal fall --data DATA --out NEW --file FS999", "FS002"],
        ["federal fall --data DATA --out NEW --format xls", "'xls' is no format; use csv, tab, txt."],
        ["explain fall FS052 CITY --data DATA", "'CITY' is no level; use SEA, LEA, SCH."],
        ["explain fall FS052 SCH --data DATA", "needs the district and the school first"],
        ["explain fall FS052 SEA KG NOTHING --data DATA", "no category set with these values"],
        ["generate --out FILE", "is a file. Give a folder."],
        ["generate --out NEW --students 0", "a number from 1 to"],
        ["generate --out NEW --students many", "give a number"],
        ["generate --out NEW --records foo", "'foo' is no choice of records; use core, all."],
        ["generate --out NEW --error-rate 2", "a number from 0 to 1"],
        ["check NOWHERE", "does not exist"],
        ["check EMPTY", "is a folder. Name the files in it."],
        ["check FILE", "FILE"],
        ["check UPLOAD --reference NOWHERE", "does not exist"],
    ];

    [TestMethod]
    [DynamicData(nameof(Unusable))]
    public async Task What_can_not_be_used_is_told_in_one_sentence_with_exit_code_2(string line, string says)
    {
        var nowhere = NewPath("nowhere");
        var paths = new Dictionary<string, Func<string>>
        {
            ["NOWHERE"] = () => nowhere,
            ["EMPTY"] = () => AssemblySetup.NewFolder("empty"),
            ["NEW"] = () => NewPath("new"),
            ["FILE"] = () => { var file = NewPath("FILE"); File.WriteAllText(file, "nothing of use"); return file; },
            ["STATE"] = () => state,
            ["DATA"] = () => data,
            ["UPLOAD"] = () => FirstUpload,
            ["BROKEN"] = () => { var folder = AssemblySetup.NewFolder("broken"); File.WriteAllText(Path.Combine(folder, "aim.db"), new string('x', 8192)); return folder; },
            ["NEWER"] = NewerFolder,
        };

        var result = await AimProgram.RunAsync([.. line.Split(' ').Select(word => paths.TryGetValue(word, out var make) ? make() : word)]);

        Assert.AreEqual((2, ""), (result.Code, result.Output), result.Error);
        StringAssert.Contains(result.Error, says);
        Assert.HasCount(1, result.Error.TrimEnd().Split('\n'), result.Error);
        Assert.IsFalse(result.Error.Contains("Exception", StringComparison.Ordinal) || result.Error.Contains("System.", StringComparison.Ordinal), result.Error);
        Assert.IsFalse(Directory.Exists(nowhere), "a mistaken path must leave nothing behind");
    }

    private static string NewerFolder()
    {
        var folder = AssemblySetup.NewFolder("newer");
        using var database = new SqliteConnection($"Data Source={Path.Combine(folder, "aim.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "PRAGMA user_version = 1000";
        command.ExecuteNonQuery();
        return folder;
    }

    [TestMethod]
    public async Task A_data_folder_and_a_backup_of_it_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Folders have no such mode there.");
            return;
        }
        var backup = NewPath("backup");

        Assert.AreEqual(0, (await AimProgram.RunAsync("backup", backup, "--data", data)).Code);

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.AreEqual((owner, owner), (File.GetUnixFileMode(data), File.GetUnixFileMode(backup)));
    }

    [TestMethod]
    public async Task Load_twice_changes_nothing_and_says_so()
    {
        var again = await AimProgram.RunAsync("load", state, "--data", data, "--json");

        Assert.AreEqual((1, ""), (again.Code, again.Error), "the mistakes are still in the files");
        var totals = again.Json.GetProperty("totals");
        Assert.AreEqual((0L, 0L, 0L, 0L), (Count("added"), Count("changed"), Count("removed"), again.Json.GetProperty("recordsCommitted").GetInt64()));
        Assert.IsGreaterThan(0, Count("unchanged"));

        long Count(string name) => totals.GetProperty(name).GetInt64();
    }

    [TestMethod]
    public async Task Pushes_of_a_folder_are_loaded_in_the_order_of_their_numbers_and_one_that_cannot_be_read_is_told()
    {
        var (generated, loaded) = (NewPath("state"), NewPath("data"));
        await AimProgram.RunAsync("generate", "--out", generated, "--students", "20", "--districts", "1");
        var pushes = Directory.CreateDirectory(Path.Combine(generated, "pushes", Path.GetFileName(Directory.EnumerateDirectories(Path.Combine(generated, "uploads")).Single()))).FullName;
        foreach (var number in new[] { 2, 1 })
            await File.WriteAllTextAsync(Path.Combine(pushes, $"{number}.json"), $$"""{"sequence": {{number}}, "changes": [{"op": "delete", "recordType": "MG", "localId": "nobody", "key": "0001|20250101"}]}""");
        await File.WriteAllTextAsync(Path.Combine(pushes, "10.json"), "The export failed.");

        var load = await JsonAsync(1, "load", generated, "--data", loaded);

        CollectionAssert.AreEqual(new[] { "1 applied 1 1", "2 applied 1 1", "10 unknown 0 0" }, load.GetProperty("pushes").EnumerateArray()
            .Select(push => $"{push.GetProperty("sequence")} {push.GetProperty("state").GetString()} {push.GetProperty("notThere")} {push.GetProperty("warnings")}").ToArray());
        StringAssert.Contains(load.GetProperty("pushes")[2].GetProperty("sentence").GetString(), "The changes can't be read at their start");

        await File.WriteAllTextAsync(Path.Combine(pushes, "last.json"), "{}");
        var named = await AimProgram.RunAsync("load", generated, "--data", loaded);
        Assert.AreEqual(2, named.Code);
        StringAssert.Contains(named.Error, "last.json is not named by the number of its push. Rename or remove it.");
    }

    [TestMethod]
    public async Task Every_report_for_machines_is_one_document_with_ids_counts_and_seconds()
    {
        var (generated, loaded) = (NewPath("state"), NewPath("data"));
        var generate = await JsonAsync(0, "generate", "--out", generated, "--students", "20");
        Assert.AreEqual((20, true), (generate.GetProperty("students").GetInt32(), generate.GetProperty("rows").GetProperty("EN").GetInt32() >= 20));

        var load = await JsonAsync(0, "load", generated, "--data", loaded);
        Assert.IsTrue(load.GetProperty("files").EnumerateArray().All(file => file.GetProperty("uploadKey").GetString()!.Length == 32 && file.GetProperty("counts").GetProperty("rows").GetInt32() > 0));
        CollectionAssert.AreEquivalent(new[] { "reference", "uploads", "pushes", "sync" }, load.GetProperty("seconds").EnumerateObject().Select(stage => stage.Name).ToArray());

        var sync = await JsonAsync(0, "sync", "--verify-all", "--data", loaded);
        Assert.AreEqual((0, load.GetProperty("districts").GetInt32()), (sync.GetProperty("night").GetProperty("disagreed").GetArrayLength(), sync.GetProperty("night").GetProperty("verified").GetInt32()));

        var snapshot = await JsonAsync(0, "snapshot", "fall", "--year", "2026", "--data", loaded);
        Assert.AreEqual(("fall", 20), (snapshot.GetProperty("manifest").GetProperty("name").GetString(), snapshot.GetProperty("manifest").GetProperty("students").GetInt32()));

        var folder = NewPath("federal");
        var federal = await JsonAsync(0, "federal", "fall", "--data", loaded, "--out", folder);
        foreach (var file in federal.GetProperty("files").EnumerateArray())
            Assert.AreEqual(file.GetProperty("bytes").GetInt64(), new FileInfo(Path.Combine(folder, file.GetProperty("fileName").GetString()!)).Length);

        var explain = await JsonAsync(0, "explain", "fall", "FS052", "SEA", "--data", loaded);
        Assert.AreEqual(explain.GetProperty("count").GetInt32(), explain.GetProperty("students").GetArrayLength());
        Assert.IsGreaterThan(0, explain.GetProperty("count").GetInt32());

        var check = await JsonAsync(0, "check", Directory.EnumerateFiles(Path.Combine(generated, "uploads"), "SD.tsv", SearchOption.AllDirectories).First(), "--reference", Path.Combine(generated, "reference"));
        Assert.AreEqual((0, true), (check.GetProperty("findings").GetArrayLength(), check.GetProperty("rows").GetInt32() > 0));
    }

    private static async Task<JsonElement> JsonAsync(int code, params string[] arguments)
    {
        var result = await AimProgram.RunAsync([.. arguments, "--json"]);
        Assert.AreEqual((code, ""), (result.Code, result.Error), arguments[0]);
        var seconds = result.Json.GetProperty("seconds").EnumerateObject().ToList();
        Assert.IsNotEmpty(seconds, arguments[0]);
        Assert.IsTrue(seconds.All(stage => stage.Value.GetDouble() >= 0), arguments[0]);
        return result.Json;
    }

    [TestMethod]
    public async Task Check_ends_with_1_on_findings_and_names_rule_line_and_remedy()
    {
        var file = Path.Combine(AssemblySetup.NewFolder("check"), "SD.tsv");
        await File.WriteAllTextAsync(file, Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("Gender", "X"))));

        var result = await AimProgram.RunAsync("check", file);

        Assert.AreEqual((1, ""), (result.Code, result.Error));
        StringAssert.Contains(result.Output, "REF-005 Fatal");
        StringAssert.Contains(result.Output, "in SD.tsv, line 3");
        StringAssert.Contains(result.Output, "Not checked, for lack of the state's data");
    }

    [TestMethod]
    public async Task A_port_that_is_taken_is_told_in_a_sentence()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        var result = await AimProgram.EndAsync(AimProgram.Start(AssemblySetup.NewFolder("port"), "serve", "--data", data, "--urls", url));

        Assert.AreEqual((2, ""), (result.Code, result.Output), result.Error);
        StringAssert.StartsWith(result.Error, $"{url} is in use by another program.");
        Assert.HasCount(1, result.Error.TrimEnd().Split('\n'), result.Error);
    }

    [TestMethod]
    public async Task The_first_run_makes_a_sample_state_serves_it_and_ends_with_a_sentence()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no way to send Ctrl+C to one program there.");
        var (folder, port) = (AssemblySetup.NewFolder("first"), RunningHost.FreePort());
        using var program = AimProgram.Start(folder, "--urls", $"http://localhost:{port}");
        try
        {
            var lines = new List<string>();
            using var patience = new CancellationTokenSource(AssemblySetup.Patience);
            while (await program.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                lines.Add(line);
                if (line.StartsWith("Serving ", StringComparison.Ordinal)) break;
            }
            Assert.Contains("First run: making a sample state.", lines);
            using var client = new HttpClient();
            StringAssert.Contains(await client.GetStringAsync($"http://localhost:{port}/", patience.Token), "Snapshots: first");
            Assert.IsNotEmpty(Directory.EnumerateFiles(Path.Combine(folder, "aim-data", "federal")));

            Interrupt(program.Id);
            var rest = await AimProgram.EndAsync(program);

            Assert.AreEqual((0, ""), (rest.Code, rest.Error.Trim()));
            StringAssert.StartsWith(rest.Output, "Stopped.");
        }
        finally
        {
            if (!program.HasExited) program.Kill(entireProcessTree: true);
        }
    }

    [TestMethod]
    public async Task Ctrl_C_in_the_middle_of_a_load_ends_with_a_sentence_and_the_next_load_completes_it()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no way to send Ctrl+C to one program there.");
        var (folder, large) = (NewPath("data"), NewPath("state"));
        await AimProgram.RunAsync("generate", "--out", large, "--students", "4000", "--records", "core");
        using var program = AimProgram.Start(AssemblySetup.NewFolder("interrupted"), "load", large, "--data", folder);
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (!File.Exists(Path.Combine(folder, "workflows.db")) && !program.HasExited) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);

        Interrupt(program.Id);
        var result = await AimProgram.EndAsync(program);

        Assert.AreEqual((3, "", "Stopped. Nothing is lost: run the command again to go on."), (result.Code, result.Output, result.Error.Trim()));
        var again = await AimProgram.RunAsync("load", large, "--data", folder, "--json");
        Assert.AreEqual((0, 0), (again.Code, again.Json.GetProperty("totals").GetProperty("fatal").GetInt32()), again.Error);
    }

    private static void Interrupt(int process)
    {
        const int interrupt = 2;
        Assert.AreEqual(0, Kill(process, interrupt));
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
