using System.Text.Json;
using Aim.Host.Commands;
using Aim.Identity;
using Aim.Rules;
using Aim.Tests.Generate;
using Aim.Tests.Setup;

namespace Aim.Tests.Rules;

/// <summary><c>aim check</c> before the upload says what the upload will say.</summary>
[TestClass]
public sealed class OfflineCheckTests
{
    private static readonly string Reference = SampleFolder.WriteReference();

    public static IEnumerable<object[]> Names => RuleFixtures.All.Where(fixture => fixture.IsDecidableOffline).Select(fixture => new object[] { fixture.Name });

    /// <summary>Rules about an edition that ask for more than its files.</summary>
    private static readonly string[] OfEditions = ["BEH-001", "BEH-001B", "CNT-007", "CNT-008", "CRT-001", "CRT-002", "CRT-003", "CRT-004", "CRT-005", "CRT-006", "CRT-007", "CRT-008", "CRT-009"];

    private sealed record CheckResult(int Code, JsonElement? Json, string Error)
    {
        public IReadOnlyList<Hit> Hits => Json is not { } json ? [] :
        [
            .. json.GetProperty("findings").EnumerateArray().Select(item => new Hit(
                item.GetProperty("finding").GetProperty("rule").GetString()!, item.GetProperty("file").GetString()!, item.GetProperty("finding").GetProperty("line").GetInt64())),
        ];

        public IReadOnlyList<string> NotRun => [.. Json!.Value.GetProperty("rulesNotRun").EnumerateArray().Select(rule => rule.GetString()!)];
    }

    private static async Task<CheckResult> CheckAsync(IEnumerable<string> files, string? reference, params string[] more)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] args = ["check", .. files, .. reference is null ? [] : new[] { "--reference", reference }, .. more, "--json"];
        var code = await CommandLine.RunAsync(args, output, error, CancellationToken.None);
        return new CheckResult(code, output.ToString() is { Length: > 0 } json ? JsonDocument.Parse(json).RootElement : null, error.ToString());
    }

    private static Task<CheckResult> CheckAsync(IEnumerable<FixtureFile> files, string? reference, params string[] more)
    {
        var folder = AssemblySetup.NewFolder("checked");
        var paths = new List<string>();
        foreach (var file in files)
        {
            var path = Path.Combine(folder, file.Type == "OR" ? $"OR{paths.Count}.zip" : $"{file.Type}.tsv");
            File.WriteAllBytes(path, file.Content);
            paths.Add(path);
        }
        return CheckAsync(paths, reference, more);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task The_check_finds_what_the_upload_finds(string name)
    {
        var fixture = RuleFixtures.All.Single(item => item.Name == name);

        var failing = await CheckAsync(fixture.Fails, Reference);
        if (fixture.Rule == "FMT-001")
        {
            Assert.AreEqual(ExitCode.Unusable, failing.Code);
            StringAssert.StartsWith(failing.Error, $"{fixture.Fails[0].Type}.tsv: ");
        }
        else
        {
            Assert.AreEqual(ExitCode.DataHasProblems, failing.Code, failing.Error);
            Assert.AreEqual(Hit.Text(fixture.Expected.Select(hit => hit with { File = $"{hit.File}.tsv" })), Hit.Text(failing.Hits));
        }

        var passing = await CheckAsync(fixture.Passes, Reference);
        Assert.AreEqual("", Hit.Text(passing.Hits));
        Assert.AreEqual(ExitCode.Done, passing.Code, passing.Error);
    }

    [TestMethod]
    public async Task Without_the_states_data_it_says_which_rules_were_not_run_and_runs_the_others()
    {
        var files = new[] { FixtureFile.Of("SD", Sample.Student("1001", ("Gender", "X"))), FixtureFile.Of("EN", Sample.Enrollment("1002", ("SchoolNumber", "0007"))) };

        var without = await CheckAsync(files, reference: null);

        CollectionAssert.AreEquivalent(new[] { "REF-001", "REF-002", "REF-003", "REF-004", "REF-007", "IDN-003", "IDN-004", "IDN-005", "CNT-006", "ENR-002", "ENR-003B", "ENR-004", "ENR-007", "ENR-008", "ENR-009", "ENR-009B", "ENR-012", "ENR-013", "ENR-014", "ENR-015", "ASM-004" }.Concat(OfEditions).ToArray(), without.NotRun.ToArray());
        Assert.AreEqual("REF-005 SD.tsv:2, REF-008 EN.tsv:2", Hit.Text(without.Hits));

        var with = await CheckAsync(files, Reference);
        CollectionAssert.AreEquivalent(new[] { "REF-003", "REF-004", "REF-007", "IDN-003", "IDN-004", "IDN-005", "CNT-006", "ENR-003B", "ENR-004", "ENR-007", "ENR-008", "ENR-009", "ENR-009B", "ENR-013", "ENR-015" }.Concat(OfEditions).ToArray(), with.NotRun.ToArray(), "the folder has no list of State IDs");
        Assert.AreEqual("REF-001 EN.tsv:2, REF-005 SD.tsv:2", Hit.Text(with.Hits));
    }

    [TestMethod]
    public async Task A_State_ID_is_held_against_that_of_the_students_demographics()
    {
        FixtureFile[] Files(string stated) => [FixtureFile.Of("SD", Sample.Student("1001", ("StudentStateId", "100200301")), Sample.Student("1002")), FixtureFile.Of("EN", Sample.Enrollment("1001", ("StudentStateId", stated)), Sample.Enrollment("1002", ("StudentStateId", stated)))];

        Assert.AreEqual("REF-013 EN.tsv:2", Hit.Text((await CheckAsync(Files("100200302"), Reference)).Hits), "of the other one there is nothing to hold it against");
        Assert.AreEqual("", Hit.Text((await CheckAsync(Files("100200301"), Reference)).Hits));
    }

    [TestMethod]
    [DataRow("100200301", "100200302", "Ana1001", "REF-004 EN.tsv:2", DisplayName = "on an enrollment beside the survivor's demographics")]
    [DataRow("100200302", "100200301", "Ana1001", "REF-004 SD.tsv:2", DisplayName = "on the demographics, beside the survivor's enrollment")]
    [DataRow("100200301", "100200302", "Otto", "REF-004 EN.tsv:2", DisplayName = "on an enrollment, once another child's")]
    [DataRow("100200301", "100200303", "Ana1001", "REF-004 EN.tsv:2", DisplayName = "merged over another one")]
    [DataRow("", "100200302", "Ana1001", "REF-004 EN.tsv:2", DisplayName = "beside demographics without a State ID")]
    public async Task A_retired_State_ID_beside_its_survivors_data_is_told_as_retired_by_the_check_as_by_the_upload(string demographics, string enrollment, string firstName, string expected)
    {
        Person survivor = new() { StateId = new(100200301), LastName = "Rivers", FirstName = "Ana1001", BirthDate = new(2015, 6, 1), Gender = "F" };
        var retired = survivor with { StateId = new(100200302), FirstName = firstName, MergedInto = survivor.StateId };
        Person[] people = [survivor, retired, retired with { StateId = new(100200303), MergedInto = retired.StateId }];
        var folder = SampleFolder.WriteReference();
        await File.WriteAllLinesAsync(Path.Combine(folder, "identities.csv"), people.Select(person => $"{person.StateId},{person.LastName},{person.FirstName},,,{person.BirthDate:yyyy-MM-dd},{person.Gender},{person.MergedInto}").Prepend("StateId,LastName,FirstName,MiddleName,Suffix,BirthDate,Gender,MergedInto"));
        FixtureFile[] files = [FixtureFile.Of("SD", Sample.Student("1001", ("StudentStateId", demographics))), FixtureFile.Of("EN", Sample.Enrollment("1001", ("StudentStateId", enrollment)))];
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(people);
        var uploaded = new List<string>();
        foreach (var file in files) uploaded.AddRange((await bench.UploadAsync(file.Type, file.Content)).Findings.Select(finding => $"{finding.Rule} {file.Type}.tsv:{finding.Line}"));

        Assert.AreEqual(expected, Hit.Text((await CheckAsync(files, folder)).Hits));
        Assert.AreEqual(expected, string.Join(", ", uploaded.Order(StringComparer.Ordinal)));
    }

    [TestMethod]
    public async Task Rules_that_were_not_run_find_nothing_and_all_others_do()
    {
        foreach (var fixture in RuleFixtures.All.Where(fixture => fixture.IsDecidableOffline && fixture.Rule != "FMT-001"))
        {
            var check = await CheckAsync(fixture.Fails, reference: null);
            Assert.AreEqual(check.NotRun.Contains(fixture.Rule) || fixture.NeedsReference ? "" : Hit.Text(fixture.Expected.Select(hit => hit with { File = $"{hit.File}.tsv" })), Hit.Text(check.Hits), fixture.Name);
        }
    }

    [TestMethod]
    public async Task A_districts_generated_files_are_found_to_have_the_planted_mistakes()
    {
        var state = new GeneratedState(400, seed: 9, errorRate: 0.3, districts: 3);
        Assert.IsNotEmpty(state.Planted);

        foreach (var district in Directory.EnumerateDirectories(Path.Combine(state.Folder, "uploads")))
        {
            var prefix = $"uploads/{Path.GetFileName(district)}/";
            // A file that is none is refused before anything is checked.
            var unreadable = state.Planted.Where(hit => hit.Rule == "FMT-001").Select(hit => Path.Combine(state.Folder, hit.File));
            var check = await CheckAsync(Directory.EnumerateFiles(district).Except(unreadable).Order(StringComparer.Ordinal), Path.Combine(state.Folder, "reference"));
            var ofSchools = state.Truth("editions.csv").Where(cells => cells[0] is "ATT-002" or "CNT-008" && cells[1] == Path.GetFileName(district)).Select(cells => new Hit(cells[0], $"{prefix}{(cells[0] == "ATT-002" ? "AA" : "AF")}.tsv", 0));
            Assert.AreEqual(Hit.Text(state.Planted.Where(hit => hit.Rule != "FMT-001" && hit.File.StartsWith(prefix, StringComparison.Ordinal)).Concat(ofSchools)), Hit.Text(check.Hits.Select(hit => hit with { File = prefix + hit.File })));
        }
    }

    private static FixtureFile[] Students => [FixtureFile.Of("SD", Sample.Student("1001"), Sample.Student("1002")), FixtureFile.Of("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002"))];

    private static FixtureFile Archive(RosterZip zip) => new("OR", zip.Bytes());

    public static IEnumerable<object[]> RosterNames => RuleFixtures.All.Where(fixture => fixture.Rule.StartsWith("ROS-", StringComparison.Ordinal)).Select(fixture => new object[] { fixture.Name });

    [TestMethod]
    [DynamicData(nameof(RosterNames))]
    public async Task Of_archives_that_build_on_one_another_the_check_finds_what_their_uploads_find(string name)
    {
        var fixture = RuleFixtures.All.Single(item => item.Name == name);

        var failing = await CheckAsync(fixture.Fails, Reference);

        Assert.AreEqual($"{fixture.Rule} OR3.zip/enrollments.csv:2", Hit.Text(failing.Hits), failing.Error);
        Assert.AreEqual(("", ExitCode.Done), (Hit.Text((await CheckAsync(fixture.Passes, Reference)).Hits), (await CheckAsync(fixture.Passes, Reference)).Code));
    }

    [TestMethod]
    public async Task What_an_archive_says_is_judged_as_its_upload_is_and_told_of_the_archives_own_lines()
    {
        var roster = RosterZip.Sample()
            .With("courses", "sourcedId,title,courseCode,orgSourcedId,subjectCodes", "c-1,\"Mathematics,\ngrade 5\",M5,org-d,02035", "c-2,,,org-d,99999")
            .With("classes", "sourcedId,title,courseSourcedId,classCode,classType,schoolSourcedId,termSourcedIds,periods", "k-2,Math 5B,c-1,5B,scheduled,org-1,year,3", "k-1,Math 5A,c-1,5A,scheduled,,year,2")
            .With("enrollments", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate", "e-1,k-2,org-1,u-1,student,,2025-09-02,2025-09-01", "e-2,k-2,org-1,u-2,student,,2025-08-01,", "e-9,k-1,org-1,u-9,teacher,true,,");
        await using var bench = await Workbench.OpenAsync();
        foreach (var file in Students) await bench.UploadAsync(file.Type, file.Content);
        var uploaded = await bench.UploadAsync("OR", roster.Bytes());

        var check = await CheckAsync([.. Students, Archive(roster)], Reference);

        Assert.AreEqual("CLS-001 OR2.zip/enrollments.csv:2, CLS-002 OR2.zip/enrollments.csv:3, FMT-009 OR2.zip/classes.csv:3, FMT-009 OR2.zip/classes.csv:3, FMT-009 OR2.zip/courses.csv:4", Hit.Text(check.Hits));
        Assert.AreEqual(Hit.Text(check.Hits), string.Join(", ", uploaded.Findings.Select(finding => $"{finding.Rule} OR2.zip/{finding.File}:{finding.Line}").Order(StringComparer.Ordinal)), "the upload finds the same");
    }

    [TestMethod]
    public async Task Changes_without_the_archive_before_them_are_judged_as_far_as_they_go_and_the_check_says_so()
    {
        var changes = RosterZip.Delta()
            .With("orgs", "sourcedId,status,name,type,identifier", "org-7,active,Nowhere School,school,")
            .With("enrollments", "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate", "e-7,active,k-1,org-1,u-1,student,,2025-10-01,", "e-8,active,k-1,org-1,u-2,student,,2025-99-99,", "e-9,tobedeleted,,,,,,,");

        var alone = await CheckAsync([.. Students, Archive(changes)], Reference);

        Assert.AreEqual("ROS-001 OR2.zip/orgs.csv:2, ROS-003 OR2.zip/enrollments.csv:3", Hit.Text(alone.Hits));
        StringAssert.Contains(alone.Error, "OR2.zip: It builds on an archive that was sent before, without which only its form, its schools, and its dates and words can be judged.");
        Assert.AreEqual(1, alone.Json!.Value.GetProperty("notJudged").GetArrayLength());

        var after = await CheckAsync([.. Students, Archive(RosterZip.Sample()), Archive(changes)], Reference);

        Assert.AreEqual("ROS-001 OR3.zip/orgs.csv:2, ROS-003 OR3.zip/enrollments.csv:3", Hit.Text(after.Hits));
        StringAssert.DoesNotMatch(after.Error, new System.Text.RegularExpressions.Regex("builds on"));
    }

    [TestMethod]
    public async Task What_is_planted_in_a_districts_archives_is_found_in_them()
    {
        var state = new GeneratedState(1500, seed: 3, errorRate: 0.3, districts: 8);
        CollectionAssert.AreEquivalent(new[] { "ROS-001", "ROS-002", "ROS-003" }, state.Planted.Where(hit => state.WithRosters.Any(district => hit.File.StartsWith($"uploads/{district}/OR", StringComparison.Ordinal))).Select(hit => hit.Rule).Distinct().ToArray());
        foreach (var district in state.WithRosters)
        {
            var prefix = $"uploads/{district}/";
            var check = await CheckAsync(Directory.EnumerateFiles(Path.Combine(state.Folder, "uploads", district)).Where(file => !state.Planted.Any(hit => hit.Rule == "FMT-001" && file.EndsWith(hit.File, StringComparison.Ordinal))).Order(StringComparer.Ordinal), Path.Combine(state.Folder, "reference"));

            Assert.AreEqual(Hit.Text(state.Planted.Where(hit => hit.File.StartsWith($"{prefix}OR", StringComparison.Ordinal))), Hit.Text(check.Hits.Where(hit => hit.File.StartsWith("OR", StringComparison.Ordinal)).Select(hit => hit with { File = prefix + hit.File.Split('/')[0] })), check.Error);
        }
    }

    [TestMethod]
    public async Task Before_a_collection_is_certified_the_files_are_asked_as_a_whole()
    {
        FixtureFile[] files =
        [
            FixtureFile.Of("SD", Sample.Student("1001", ("White", "N")), Sample.Student("1002")), FixtureFile.Of("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002")),
            FixtureFile.Of("AA", Sample.Attendance("1001", ("DaysPresent", "80"), ("EssaDaysAbsent", "")), Sample.Attendance("1002", ("DaysPresent", "80"), ("EssaDaysAbsent", ""))),
        ];

        Assert.AreEqual("ATT-002 AA.tsv:0, IDN-001 SD.tsv:2", Hit.Text((await CheckAsync(files, Reference)).Hits));

        var fall = await CheckAsync(files, Reference, "--collection", CollectionName.FallCount);
        Assert.AreEqual("ATT-002 AA.tsv:0, CRT-001 EN.tsv:0, CRT-002 SD.tsv:0, IDN-001 SD.tsv:2", Hit.Text(fall.Hits), "nobody is in the high school");
        CollectionAssert.Contains(fall.NotRun.ToList(), "BEH-001");
        CollectionAssert.Contains(fall.NotRun.ToList(), "CRT-009");

        var end = await CheckAsync(files, Reference, "--collection", CollectionName.EndOfYear);
        StringAssert.StartsWith(Hit.Text(end.Hits), "ATT-002 AA.tsv:0, BEH-001 SD.tsv:0, CRT-001");
        var confirmed = await CheckAsync(files, Reference, "--collection", CollectionName.EndOfYear, "--zero-incidents", Sample.Elementary);
        Assert.AreEqual(Hit.Text(fall.Hits), Hit.Text(confirmed.Hits));

        var unknown = await CheckAsync(files, Reference, "--collection", "summer");
        Assert.AreEqual(ExitCode.Unusable, unknown.Code);
        StringAssert.Contains(unknown.Error, "'summer' is no collection. Give one of fall-count");
    }

    [TestMethod]
    public async Task Counts_are_held_against_those_of_the_funding_system_when_the_reference_folder_has_them()
    {
        FixtureFile[] files = [FixtureFile.Of("SD", Sample.Student("1001")), FixtureFile.Of("EN", Sample.Enrollment("1001")), FixtureFile.Of("AF", Sample.FallCount("1001"))];
        var funded = SampleFolder.WriteReference();
        CollectionAssert.Contains((await CheckAsync(files, funded)).NotRun.ToList(), "CNT-008");

        // Of the spring there is no file yet, so that there is nothing to compare.
        await File.WriteAllTextAsync(Path.Combine(funded, "funding-counts.csv"), "DistrictNumber,Collection,Count\n0123,fall-count,2\n0123,spring-count,2\n0456,fall-count,9\n");
        var other = await CheckAsync(files, funded);
        Assert.AreEqual("CNT-008 AF.tsv:0", Hit.Text(other.Hits));
        Assert.DoesNotContain("CNT-008", other.NotRun);

        await File.WriteAllTextAsync(Path.Combine(funded, "funding-counts.csv"), "DistrictNumber,Collection,Count\n0123,fall-count,1\n");
        Assert.AreEqual("", Hit.Text((await CheckAsync(files, funded)).Hits));
    }

    [TestMethod]
    public async Task A_count_is_told_of_the_file_that_it_is_the_count_of_in_whichever_order_files_are_given()
    {
        FixtureFile[] files =
        [
            FixtureFile.Of("AS", Sample.SpringCount("1001")), FixtureFile.Of("AF", Sample.FallCount("1001")), FixtureFile.Of("EN", Sample.Enrollment("1001")), FixtureFile.Of("SD", Sample.Student("1001")),
        ];
        var funded = SampleFolder.WriteReference();
        await File.WriteAllTextAsync(Path.Combine(funded, "funding-counts.csv"), "DistrictNumber,Collection,Count\n0123,fall-count,2\n0123,spring-count,2\n");

        foreach (var given in new[] { files, [.. files.Reverse()] })
            Assert.AreEqual("CNT-008 AF.tsv:0, CNT-008 AS.tsv:0", Hit.Text((await CheckAsync(given, funded)).Hits.Where(hit => hit.Rule == "CNT-008")));
    }

    [TestMethod]
    public async Task A_check_in_words_tells_lines_and_what_to_do()
    {
        var folder = AssemblySetup.NewFolder("checked");
        var path = Path.Combine(folder, "SD.tsv");
        await File.WriteAllTextAsync(path, Sample.Tsv("SD", Sample.Student("1001", ("Gender", "X"))));
        using var output = new StringWriter();

        Assert.AreEqual(ExitCode.DataHasProblems, await CommandLine.RunAsync(["check", path], output, TextWriter.Null, CancellationToken.None));

        var lines = output.ToString().Split(Environment.NewLine);
        Assert.AreEqual("Checked 1 row: 1 fatal, 0 errors, 0 warnings.", lines[0]);
        Assert.AreEqual("REF-005 Fatal: Code not in the list (X): 1 in SD.tsv, line 2", lines[1]);
        Assert.AreEqual("    Gender is 'X', which is not in the list 'Gender'. Use a code of the list; the page about the file in the clerk's guide has it.", lines[2]);
        StringAssert.StartsWith(lines[3], "Not checked, for lack of the state's data: ");
    }

    [TestMethod]
    public async Task What_cannot_be_checked_together_or_at_all_is_told_in_a_sentence()
    {
        FixtureFile[] files = [FixtureFile.Of("SD", Sample.Student("1001")), FixtureFile.Of("EN", Sample.Enrollment("1001", ("DistrictNumber", Sample.OtherDistrict.Value)))];
        await RefusedAsync(CheckAsync(files, Reference), "SD.tsv is of district 0123, and EN.tsv of district 0456. Check the files of one district at a time.");
        await RefusedAsync(CheckAsync([FixtureFile.Of("SD", Sample.Student("1001")), FixtureFile.Of("EN", Sample.Enrollment("1001", ("EndYear", "2025")))], reference: null), "Check the files of one school year at a time.");
        await RefusedAsync(CheckAsync([FixtureFile.Of("SD", Sample.Student("1001"))], Reference, "--zero-incidents", "9999"), "'9999' is no school of district 0123.");

        var folder = AssemblySetup.NewFolder("checked");
        var students = Path.Combine(folder, "SD.tsv");
        await File.WriteAllTextAsync(students, Sample.Tsv("SD", Sample.Student("1001")));
        await RefusedAsync(CheckAsync([students, Path.Combine(folder, ".", "SD.tsv")], Reference), "SD.tsv is named twice. Name each file once.");

        var empty = Path.Combine(folder, "EN.tsv");
        await File.WriteAllTextAsync(empty, "");
        await RefusedAsync(CheckAsync([empty], reference: null), "EN.tsv: The file is empty (0 bytes).");

        var roster = Path.Combine(folder, "roster.zip");
        await File.WriteAllBytesAsync(roster, RosterZip.Sample().Bytes());
        await RefusedAsync(CheckAsync([roster], Reference), "roster.zip: a OneRoster archive doesn't say of which district it is. Give --district.");
        await RefusedAsync(CheckAsync([roster, students], reference: null), "roster.zip: a OneRoster archive names schools and terms as the state knows them. Give the state's reference folder with --reference.");
        await RefusedAsync(CheckAsync([roster], Reference, "--district", "9999"), "roster.zip: District 9999 is unknown in 2025-2026.");
        await RefusedAsync(CheckAsync([students], Reference, "--district", "0456"), "SD.tsv is of district 0123, not of 0456. Check the files of one district at a time.");

        static async Task RefusedAsync(Task<CheckResult> checking, string sentence)
        {
            var check = await checking;
            Assert.AreEqual(ExitCode.Unusable, check.Code, sentence);
            StringAssert.Contains(check.Error, sentence);
        }
    }

    [TestMethod]
    public async Task A_file_of_a_day_that_has_not_come_is_refused_as_its_upload_would_be()
    {
        var check = await CheckAsync([FixtureFile.Text("SD", Sample.Tsv("SD", "12/31/2098", Sample.Student("1001", ("BirthDate", "12/30/2098"))))], Reference);

        Assert.AreEqual(ExitCode.Unusable, check.Code);
        StringAssert.Contains(check.Error, "SD.tsv: The first line says that the file was written on 12/31/2098");
    }

    [TestMethod]
    public async Task Files_that_name_no_district_or_year_are_refused_in_a_sentence()
    {
        var nobody = await CheckAsync([FixtureFile.Of("SD", Sample.Student("1001", ("DistrictNumber", "")))], Reference);
        Assert.AreEqual(ExitCode.Unusable, nobody.Code);
        StringAssert.Contains(nobody.Error, "fill in DistrictNumber");

        var timeless = await CheckAsync([FixtureFile.Of("SD", Sample.Student("1001", ("EndYear", "")))], reference: null);
        Assert.AreEqual(ExitCode.Unusable, timeless.Code);
        StringAssert.Contains(timeless.Error, "Fill in EndYear");
    }
}
