using Aim.Federal;
using Aim.Host.Commands;
using Aim.Tests.Setup;
using static Aim.Federal.FederalLevel;
using static Aim.Tests.Federal.HandmadeState;
using static Aim.Tests.Setup.Sample;

namespace Aim.Tests.Federal;

[TestClass]
public sealed class HandmadeCountTests
{
    private const string Alder = "0123";
    private const string AlderElementary = $"0123 {Elementary}";
    private const string AlderHigh = $"0123 {HighSchool}";

    private static Workbench bench = null!;
    private static IReadOnlyList<FederalCsv> files = [];

    [ClassInitialize]
    public static async Task Open(TestContext _)
    {
        bench = await OpenAsync();
        files = await FederalCsv.WriteAsync(bench, Snapshot);
    }

    [ClassCleanup]
    public static async Task Close() => await bench.DisposeAsync();

    private static FederalCsv File(string file, FederalLevel level) => files.Single(item => item.File.File == file && item.File.Level == level);

    private static Task<string> In(string file, FederalLevel level, string organisation, params string[] values) => StudentsAsync(bench, file, level, organisation, values);

    [TestMethod]
    [DataRow(FederalFormat.Csv)]
    [DataRow(FederalFormat.Tab)]
    [DataRow(FederalFormat.Txt)]
    public async Task Every_file_at_every_level_is_as_approved(FederalFormat format)
    {
        var written = await bench.Platform.Federal.WriteAsync(new FederalInput(Snapshot, null, format), CancellationToken.None);

        Assert.HasCount(14, written);
        var texts = await Task.WhenAll(written.Select(async file => ($"{file.File}-{file.Level}", await bench.ReadTextAsync(file.Path))));
        Approved.VerifyAll(texts, $"{format}".ToLowerInvariant());
    }

    [TestMethod]
    public async Task Membership_counts_who_is_enrolled_on_the_day_with_the_school_as_the_primary_one()
    {
        Assert.AreEqual("1001 1002 1003 1004 1005 1009 1011 1012 1013 1015 1101 1102 1105 1107 1108 1109 1110 1115 1201 1202 1203 1204", await In("FS052", SCH, AlderElementary));
        Assert.AreEqual("1012 1103 1104", await In("FS052", SCH, AlderHigh));
        Assert.AreEqual("2001 2013", await In("FS052", SCH, $"0456 {OtherSchool}"));
    }

    [TestMethod]
    [DataRow("1006", "never came")]
    [DataRow("1007", "is excluded by the state")]
    [DataRow("1008", "left before the day")]
    [DataRow("1010", "entered after the day")]
    [DataRow("1014", "has only a secondary enrollment")]
    [DataRow("1106", "has only special-education services")]
    [DataRow("1016", "is in a school that had closed")]
    [DataRow("1018", "is in a school that is not reported")]
    [DataRow("1020", "is in a grade the school does not offer")]
    [DataRow("1022", "is in a school that nobody knows")]
    [DataRow("3001", "is in a district that is not reported")]
    [DataRow("4001", "is in a district that had closed")]
    public async Task Membership_leaves_out_a_student_who(string localId, string why) =>
        Assert.DoesNotContain(localId, (await In("FS052", SEA, "")).Split(' '), why);

    [TestMethod]
    [DataRow("1009", "entered on the day")]
    [DataRow("1011", "left on the day")]
    [DataRow("1017", "is in a school that closes in March")]
    [DataRow("1019", "is in a reportable program")]
    public async Task Membership_of_the_state_has_a_student_who(string localId, string why) => Assert.Contains(localId, (await In("FS052", SEA, "")).Split(' '), why);

    [TestMethod]
    public async Task A_student_with_two_primary_schools_counts_at_both_and_once_in_the_district_by_the_later_one()
    {
        Assert.AreEqual("1012", await In("FS052", LEA, Alder, "09"));
        Assert.DoesNotContain("1012", await In("FS052", LEA, Alder, "05"));
        Assert.Contains("1012", await In("FS052", SCH, AlderElementary, "05"));
    }

    [TestMethod]
    public async Task A_student_with_two_primary_districts_counts_in_both_and_once_in_the_state_by_the_later_one()
    {
        Assert.Contains("1013", await In("FS052", LEA, Alder));
        Assert.Contains("2013", await In("FS052", LEA, "0456"));
        var state = await In("FS052", SEA, "");
        Assert.Contains("2013", state);
        Assert.DoesNotContain("1013", state);
    }

    [TestMethod]
    public async Task A_reportable_program_is_left_out_of_school_files_only()
    {
        Assert.Contains("1019", await In("FS052", LEA, Alder, "05"));
        Assert.IsFalse(File("FS052", SCH).Counts.Any(row => row.Organisation.EndsWith(ReportableProgram, StringComparison.Ordinal)));
        var refused = await Assert.ThrowsExactlyAsync<Aim.Workflows.FaultException>(() => In("FS052", SCH, $"0123 {ReportableProgram}"));
        StringAssert.Contains(refused.Message, "reportable program");
    }

    [TestMethod]
    [DataRow("HI7", "M", "1002", "Hispanic, of whatever race")]
    [DataRow("MU7", "F", "1003", "of two races")]
    [DataRow("AM7", "MISSING", "1004", "neither female nor male in federal terms")]
    [DataRow("MISSING", "F", "1005", "of no known race")]
    public async Task Race_and_sex_of_a_student_who_is(string race, string sex, string localId, string why) =>
        Assert.AreEqual(localId, await In("FS052", SCH, AlderElementary, "05", race, sex), why);

    [TestMethod]
    public void Left_out_enrollments_are_told_by_file_and_reason()
    {
        CollectionAssert.AreEquivalent(
            new Dictionary<string, int> { ["GradeNotOffered"] = 1, ["SchoolNotReported"] = 4, ["SchoolUnknown"] = 1 }, File("FS052", LEA).File.Excluded.ToDictionary());
        Assert.IsEmpty(File("FS002", SEA).File.Excluded, "none of those has an IEP, but for the one in another grade, who counts there");
    }

    [TestMethod]
    public async Task The_child_count_has_children_with_a_locked_IEP_of_school_age()
    {
        Assert.AreEqual("1020 1101 1103 1105 1106 1109 1110 1115", await In("FS002", LEA, Alder));
        Assert.AreEqual("1101", await In("FS002", LEA, Alder, "AGE05K"));
        Assert.AreEqual("1103", await In("FS002", LEA, Alder, "21"));
        Assert.AreEqual("1115", await In("FS002", LEA, Alder, "AUT"), "the later of two IEPs holds, the other isn't locked");
    }

    [TestMethod]
    [DataRow("1102", "five in prekindergarten")]
    [DataRow("1104", "twenty-two on the day")]
    [DataRow("1107", "served by an IEP that is not locked")]
    [DataRow("1108", "no longer served on the day")]
    public async Task The_child_count_leaves_out_a_child_who_is(string localId, string why) => Assert.DoesNotContain(localId, await In("FS002", SEA, ""), why);

    [TestMethod]
    public async Task Homebound_and_parentally_placed_children_are_not_in_the_child_count_of_schools()
    {
        Assert.AreEqual("1105", await In("FS002", LEA, Alder, "HH"));
        Assert.AreEqual("1106", await In("FS002", SEA, "", "PPPS"));
        Assert.AreEqual("1020 1101 1109 1110 1115", await In("FS002", SCH, AlderElementary));
        Assert.AreEqual("1103", await In("FS002", SCH, AlderHigh));
    }

    [TestMethod]
    public void An_environment_that_the_age_does_not_have_is_reported_missing() =>
        Assert.AreEqual(1, File("FS002", SEA).Counts.Single(row => row.Cell == "MISSING" && row.Set == "EdEnvironmentID").Amount);

    [TestMethod]
    public async Task English_learners_are_those_between_identification_and_exit_from_kindergarten_on()
    {
        Assert.AreEqual("1110 1203 1204", await In("FS141", SCH, AlderElementary), "not 1201 in prekindergarten, nor 1202 who left before the day; 1203 left after it");
        Assert.AreEqual("1110", await In("FS141", SEA, "", "WDIS"));
        Assert.AreEqual("1203", await In("FS141", LEA, Alder, "ger"));
        Assert.AreEqual(1, File("FS141", LEA).Counts.Single(row => row.Organisation == Alder && row.Set == "HomeLanguageID" && row.Cell == "MISSING").Amount);
        Assert.AreEqual("1110", await In("FS002", SEA, "", "LEP"));
    }

    [TestMethod]
    public void A_closed_school_or_district_offers_no_grades_and_one_that_closes_later_still_does()
    {
        Assert.AreEqual("NOGRADES", Grades(SCH, $"0123 {ClosedSchool}"));
        Assert.AreEqual("01", Grades(SCH, $"0123 {ClosingLater}"));
        Assert.AreEqual("NOGRADES", Grades(LEA, ClosedDistrict.Value));
        Assert.AreEqual("PK KG 01 05 09 12", Grades(LEA, Alder));
        Assert.AreEqual("", Grades(LEA, NotReportedDistrict.Value));

        static string Grades(FederalLevel level, string organisation) => string.Join(' ', File("FS039", level).Records
            .Where(record => $"{record["StateLEAIDNumber"]} {record.GetValueOrDefault("StateSchoolIDNumber")}".Trim() == organisation).Select(record => record["GradeLevelID"]));
    }

    [TestMethod]
    [DataRow("FS052", SEA, "GradeLevelID GenderID", 13, "six grades the state offers, two sexes, and one of unknown sex")]
    [DataRow("FS052", SCH, "GradeLevelID GenderID", 19, "nine grades of four schools, two sexes, and one of unknown sex")]
    [DataRow("FS002", SEA, "AgeID", 17, "every age")]
    [DataRow("FS002", LEA, "AgeID", 5, "ages that are there")]
    [DataRow("FS002", LEA, "", 2, "the total of each district")]
    [DataRow("FS002", SCH, "", 4, "the total of each school")]
    [DataRow("FS141", SEA, "RaceEthnicityID", 1, "races that are there")]
    [DataRow("FS141", SCH, "", 4, "the total of each school")]
    public void Rows_of_zero_are_written_where_the_policy_says_so(string file, FederalLevel level, string set, int rows, string which) =>
        Assert.AreEqual(rows, File(file, level).Counts.Count(row => row.Set == set), which);

    [TestMethod]
    public async Task Values_that_could_be_of_several_sets_need_the_set()
    {
        var unclear = await Assert.ThrowsExactlyAsync<Aim.Workflows.FaultException>(() => In("FS052", LEA, Alder, "05", "MISSING"));
        StringAssert.Contains(unclear.Message, "ST1 (GRADELVMEM x RACEETHNIC), ST2 (GRADELVMEM x SEX)");

        var cell = new FederalCell("FS052", LEA, Alder, null, ["05", "MISSING"], "ST2");
        Assert.AreEqual("1004", (await bench.Platform.Federal.ExplainAsync(Snapshot, cell, CancellationToken.None)).Single().LocalId);
    }

    [TestMethod]
    public async Task The_command_line_says_what_each_file_leaves_out()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(["federal", Snapshot, "--data", bench.Data.Path, "--out", AssemblySetup.NewFolder("federal")], output, error, CancellationToken.None);

        Assert.AreEqual(ExitCode.Done, code, error.ToString());
        StringAssert.Contains(output.ToString(), "FS052 leaves out 4 enrollments (SchoolNotReported).");
        Assert.DoesNotContain("FS002 leaves out", output.ToString());
    }
}
