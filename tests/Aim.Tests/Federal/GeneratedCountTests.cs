using System.Text.Json;
using Aim.Federal;
using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Tests.Setup;
using Microsoft.Extensions.Logging;

namespace Aim.Tests.Federal;

/// <summary>What has to hold between the files of any state, tried on a generated one of 2,000 students with mistakes in it.</summary>
[TestClass]
public sealed class GeneratedCountTests
{
    private const string Snapshot = "fall";

    private static readonly string State = AssemblySetup.NewFolder("generated");
    private static readonly string Data = Path.Combine(State, "data");
    private static readonly Dictionary<(string File, FederalLevel Level), FederalCsv> Files = [];

    [ClassInitialize]
    public static async Task Load(TestContext _)
    {
        await RunAsync(ExitCode.Done, "generate", "--out", State, "--students", "2000", "--error-rate", "0.02");
        await RunAsync(ExitCode.DataHasProblems, "load", State, "--data", Data, "--yes");
        await RunAsync(ExitCode.Done, "snapshot", Snapshot, "--year", "2026", "--data", Data);
        var json = await RunAsync(ExitCode.Done, "federal", Snapshot, "--data", Data, "--out", Path.Combine(State, "federal"), "--json");
        foreach (var file in JsonDocument.Parse(json).RootElement.GetProperty("files").Deserialize<List<FederalFile>>(Terminal.Json)!)
            Files[(file.File, file.Level)] = new FederalCsv(file, await File.ReadAllTextAsync(Path.Combine(State, "federal", file.FileName)));
    }

    private static async Task<string> RunAsync(int expected, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.AreEqual(expected, await CommandLine.RunAsync(args, output, error, CancellationToken.None), error.ToString());
        return output.ToString();
    }

    private static IEnumerable<FederalCsv> CountFiles => Files.Values.Where(file => FederalSpecs.Find(file.File.File)!.Counted is not null);

    private static Dictionary<(string Set, string Cell), int> Cells(string file, FederalLevel level, string? district = null) => Files[(file, level)].Counts
        .Where(row => district is null || row.Organisation.Split(' ')[0] == district).GroupBy(row => (row.Set, row.Cell)).ToDictionary(group => group.Key, group => group.Sum(row => row.Amount));

    [TestMethod]
    public void The_header_counts_the_records_and_records_are_numbered()
    {
        foreach (var file in Files.Values)
        {
            Assert.AreEqual($"{file.Records.Count}", file.Header[1], file.File.FileName);
            Assert.AreEqual(file.File.FileName, file.Header[2]);
            CollectionAssert.AreEqual(Enumerable.Range(1, file.Records.Count).Select(i => $"{i}").ToList(), file.Records.Select(record => record["FileRecordNumber"]).ToList());
        }
    }

    [TestMethod]
    public void No_two_rows_have_the_same_key()
    {
        foreach (var file in CountFiles) Assert.HasCount(file.Counts.Count, file.Counts.Select(row => row.Key).ToHashSet(), file.File.FileName);
        foreach (var level in new[] { FederalLevel.LEA, FederalLevel.SCH })
        {
            var grades = Files[("FS039", level)].Records;
            Assert.HasCount(grades.Count, grades.Select(record => (record["StateLEAIDNumber"], record.GetValueOrDefault("StateSchoolIDNumber"), record["GradeLevelID"])).ToHashSet());
        }
    }

    [TestMethod]
    public void Every_row_has_the_total_indicator_of_its_set_also_at_zero()
    {
        Assert.IsTrue(CountFiles.SelectMany(file => file.Counts).Any(row => row.Amount == 0));
        foreach (var file in CountFiles)
        {
            var spec = FederalSpecs.Find(file.File.File)!;
            var layout = spec.Levels[file.File.Level];
            var expected = spec.Tables.SelectMany(table => table.Sets).ToDictionary(
                set => string.Join(' ', set.Categories.Select(name => FederalSpecs.Categories[name].Field).OrderBy(layout.IndexOf)), set => set.Code.StartsWith("CS", StringComparison.Ordinal) ? "N" : "Y");
            foreach (var row in file.Counts) Assert.AreEqual(expected[row.Set], row.TotalIndicator, $"{file.File.FileName} {row.Key}");
        }
    }

    [TestMethod]
    [DataRow("FS052", true)]
    [DataRow("FS141", true)]
    [DataRow("FS002", false)]
    public void A_school_counts_no_more_than_its_district_and_a_district_no_more_than_the_state(string file, bool hasAllAtSchool)
    {
        var state = Cells(file, FederalLevel.SEA);
        foreach (var row in Files[(file, FederalLevel.LEA)].Counts) Assert.IsLessThanOrEqualTo(state[(row.Set, row.Cell)], row.Amount, $"{row.Key}");
        var districts = Files[(file, FederalLevel.LEA)].Counts.ToDictionary(row => row.Key, row => row.Amount);
        foreach (var row in Files[(file, FederalLevel.SCH)].Counts.Where(row => row.Amount > 0))
            Assert.IsLessThanOrEqualTo(districts[(row.Organisation.Split(' ')[0], row.Set, row.Cell)], row.Amount, $"{row.Key}");
        var atSchools = Cells(file, FederalLevel.SCH)[("", "")];
        Assert.IsTrue(hasAllAtSchool ? atSchools >= state[("", "")] : atSchools < state[("", "")], "only the child count keeps some out of school files");
    }

    [TestMethod]
    [DataRow("FS052", "GradeLevelID RaceEthnicityID GenderID", "GradeLevelID RaceEthnicityID;GradeLevelID GenderID;RaceEthnicityID GenderID;GradeLevelID;")]
    [DataRow("FS002", "RaceEthnicityID GenderID DisabilityCategoryID", "GenderID;DisabilityCategoryID;RaceEthnicityID;")]
    [DataRow("FS002", "DisabilityCategoryID AgeID EdEnvironmentID", "AgeID;EdEnvironmentID;DisabilityCategoryID;AgeID EdEnvironmentID;")]
    [DataRow("FS002", "GenderID DisabilityCategoryID EdEnvironmentID LEPStatusID", "LEPStatusID;GenderID DisabilityCategoryID EdEnvironmentID;")]
    [DataRow("FS141", "GradeLevelID", "")]
    [DataRow("FS141", "RaceEthnicityID", "")]
    [DataRow("FS141", "HomeLanguageID", "")]
    public void Subtotals_and_totals_are_the_sums_of_the_detail(string file, string detail, string subtotals)
    {
        foreach (var level in Enum.GetValues<FederalLevel>())
        {
            foreach (var organisation in Files[(file, level)].Counts.GroupBy(row => row.Organisation))
            {
                foreach (var set in subtotals.Split(';'))
                {
                    var kept = set.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => Array.IndexOf(detail.Split(' '), name)).ToArray();
                    var sums = organisation.Where(row => row.Set == detail).GroupBy(row => string.Join(' ', kept.Select(i => row.Cell.Split(' ')[i]))).ToDictionary(group => group.Key, group => group.Sum(row => row.Amount));
                    foreach (var row in organisation.Where(row => row.Set == set)) Assert.AreEqual(sums.GetValueOrDefault(row.Cell), row.Amount, $"{file} {level} {row.Key}");
                }
            }
        }
    }

    [TestMethod]
    public void English_learners_are_among_the_members_grade_by_grade()
    {
        foreach (var level in Enum.GetValues<FederalLevel>())
        {
            var members = Files[("FS052", level)].Counts.Where(row => row.Set is "GradeLevelID" or "RaceEthnicityID" or "").ToDictionary(row => row.Key, row => row.Amount);
            foreach (var row in Files[("FS141", level)].Counts.Where(row => row.Set is "GradeLevelID" or "")) Assert.IsLessThanOrEqualTo(members[row.Key], row.Amount, $"{level} {row.Key}");
        }
        Assert.IsGreaterThan(0, Cells("FS141", FederalLevel.SEA)[("", "")], "there are English learners at all");
    }

    [TestMethod]
    public void Children_with_disabilities_are_no_more_than_the_members_and_those_who_are_only_served()
    {
        var served = Directory.GetFiles(Path.Combine(State, "uploads"), "EN.tsv", SearchOption.AllDirectories).SelectMany(File.ReadLines).Count(line => line.Split('\t') is { Length: > 9 } cells && cells[9] is "N" or "S");
        var (children, members) = (Cells("FS002", FederalLevel.SEA), Cells("FS052", FederalLevel.SEA));
        Assert.IsGreaterThan(0, children[("", "")]);
        Assert.IsLessThanOrEqualTo(members[("", "")] + served, children[("", "")]);
    }

    [TestMethod]
    public void Every_organisation_in_a_count_file_is_in_the_directory_and_open()
    {
        string[] open = ["1", "3", "4", "5", "8"];
        var districts = Files[("FS029", FederalLevel.LEA)].Records.Where(record => open.Contains(record["LEASysOpStatus"])).Select(record => record["StateLEAIDNumber"]).ToHashSet();
        var schools = Files[("FS029", FederalLevel.SCH)].Records.Where(record => open.Contains(record["SchoolSysOpStatus"])).Select(record => $"{record["StateLEAIDNumber"]} {record["StateSchoolIDNumber"]}").ToHashSet();
        foreach (var file in CountFiles.Where(file => file.File.Level != FederalLevel.SEA))
            Assert.IsEmpty(file.Counts.Select(row => row.Organisation).Except(file.File.Level == FederalLevel.LEA ? districts : schools), file.File.FileName);
    }

    [TestMethod]
    public void Membership_is_of_grades_offered()
    {
        foreach (var level in new[] { FederalLevel.LEA, FederalLevel.SCH })
        {
            var offered = Files[("FS039", level)].Records.Select(record => ($"{record["StateLEAIDNumber"]} {record.GetValueOrDefault("StateSchoolIDNumber")}".Trim(), record["GradeLevelID"])).ToHashSet();
            Assert.IsEmpty(Files[("FS052", level)].Counts.Where(row => row.Set == "GradeLevelID").Select(row => (row.Organisation, row.Cell)).Except(offered), $"{level}");
        }
    }

    [TestMethod]
    public async Task The_uploaded_lines_of_the_students_behind_a_school_add_up_to_every_one_of_its_counts()
    {
        await using var data = DataFolder.Open(Data, new Uri("http://localhost:5080"), TimeProvider.System, LoggerFactory.Create(_ => { }));
        var lines = new Dictionary<string, string[]>();
        foreach (var school in Files[("FS052", FederalLevel.SCH)].Counts.GroupBy(row => row.Organisation))
        {
            var cell = new FederalCell("FS052", FederalLevel.SCH, school.Key.Split(' ')[0], school.Key.Split(' ')[1], []);
            var recount = new Dictionary<(string, string), int>();
            foreach (var student in await data.Platform.Federal.ExplainAsync(Snapshot, cell, CancellationToken.None))
            {
                var (enrollment, person) = (await ReadAsync(student, "EN"), await ReadAsync(student, "SD"));
                var (grade, race, sex) = (GradeOf(enrollment["Grade"]), RaceOf(person), person["Gender"] is "F" or "M" ? person["Gender"] : "MISSING");
                foreach (var key in new[]
                {
                    ("GradeLevelID RaceEthnicityID GenderID", $"{grade} {race} {sex}"), ("GradeLevelID RaceEthnicityID", $"{grade} {race}"), ("GradeLevelID GenderID", $"{grade} {sex}"),
                    ("RaceEthnicityID GenderID", $"{race} {sex}"), ("GradeLevelID", grade), ("", ""),
                }) recount[key] = recount.GetValueOrDefault(key) + 1;
            }
            CollectionAssert.AreEquivalent(recount, school.Where(row => row.Amount > 0).ToDictionary(row => (row.Set, row.Cell), row => row.Amount), school.Key);
        }

        async Task<Dictionary<string, string>> ReadAsync(CountedStudent student, string type)
        {
            var row = student.Rows.Single(row => row.RecordType == type);
            if (!lines.TryGetValue(row.File!, out var file)) lines[row.File!] = file = await File.ReadAllLinesAsync(Path.Combine(Data, "blobs", row.File!));
            return Columns(type, file[row.Line - 1]);
        }
    }

    private static Dictionary<string, string> Columns(string type, string line) => Sample.Layout(type).Columns.Select(column => column.Name).Zip(line.Split('\t')).ToDictionary();

    private static string GradeOf(string grade) => grade is "KH" or "KF" ? "KG" : grade;

    private static string RaceOf(Dictionary<string, string> student)
    {
        if (student["HispanicLatino"] == "Y") return "HI7";
        var races = new[] { ("AmericanIndian", "AM7"), ("Asian", "AS7"), ("Black", "BL7"), ("PacificIslander", "PI7"), ("White", "WH7") }.Where(race => student[race.Item1] == "Y").ToList();
        return races.Count switch { 0 => "MISSING", 1 => races[0].Item2, _ => "MU7" };
    }

    [TestMethod]
    public async Task A_count_is_traced_to_the_lines_of_the_stored_uploads_through_the_command_line()
    {
        var row = Files[("FS052", FederalLevel.SCH)].Counts.Where(row => row.Set == "GradeLevelID" && row.Amount > 0).MaxBy(row => row.Amount)!;
        string[] cell = [.. row.Organisation.Split(' '), row.Cell];

        var students = JsonSerializer.Deserialize<JsonElement>(await RunAsync(ExitCode.Done, ["explain", Snapshot, "FS052", "SCH", .. cell, "--data", Data, "--json"])).GetProperty("students").EnumerateArray().ToList();

        Assert.HasCount(row.Amount, students);
        foreach (var student in students)
        {
            foreach (var origin in student.GetProperty("rows").EnumerateArray())
            {
                var lines = await File.ReadAllLinesAsync(Path.Combine(Data, "blobs", origin.GetProperty("file").GetString()!));
                var type = origin.GetProperty("recordType").GetString()!;
                var columns = Columns(type, lines[origin.GetProperty("line").GetInt32() - 1]);
                Assert.AreEqual(student.GetProperty("localId").GetString(), columns["StudentLocalId"]);
                Assert.AreEqual(student.GetProperty("district").GetString(), columns["DistrictNumber"]);
                if (type == "EN") Assert.AreEqual((cell[1], cell[2]), (columns["SchoolNumber"].PadLeft(4, '0'), GradeOf(columns["Grade"])));
            }
        }
    }

    [TestMethod]
    public async Task A_count_that_is_not_there_is_refused_with_a_sentence()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        Assert.AreEqual(ExitCode.Unusable, await CommandLine.RunAsync(["explain", Snapshot, "FS052", "LEA", "9999", "05", "--data", Data], output, error, CancellationToken.None));
        StringAssert.StartsWith(error.ToString(), "FS052 has no counts of 9999");
    }
}
