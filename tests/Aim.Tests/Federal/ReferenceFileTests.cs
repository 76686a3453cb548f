using Aim.Federal;
using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Organizations;
using Aim.Rules;
using Aim.Snapshots;
using Aim.Tests.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Federal;

/// <summary>What federal files need and can't take is found when reference data comes in, where somebody can correct it.</summary>
[TestClass]
public sealed class ReferenceFileTests
{
    private readonly string folder = Path.Combine(AssemblySetup.NewFolder("reference"), "state");

    private string Reference => Path.Combine(folder, "reference");

    [TestInitialize]
    public void Generate() => new StateGenerator(new GenerateOptions(folder, 20, 2, Seed: 1, Sample.Year, ErrorRate: 0)).Run();

    /// <summary>Puts a value into the first row of a file.</summary>
    private void Put(string file, params (string Column, string Value)[] values)
    {
        var path = Path.Combine(Reference, file);
        var lines = File.ReadAllLines(path);
        var (header, cells) = (lines[0].Split(','), lines[1].Split(','));
        foreach (var (column, value) in values) cells[Array.IndexOf(header, column)] = value;
        lines[1] = string.Join(',', cells);
        File.WriteAllLines(path, lines);
    }

    private string Problem()
    {
        var files = new ReferenceFiles(Reference);
        Assert.IsNull(files.Read());
        return files.Problems[0].ToString();
    }

    [TestMethod]
    [DataRow("districts.csv", "Name", "\"Alder, Birch\"", "without commas, tabs and quotes")]
    [DataRow("schools.csv", "Name", "\"The \"\"Old\"\" School\"", "without commas, tabs and quotes")]
    [DataRow("schools.csv", "MailingLine1", "\"1 Main Street\nUpstairs\"", "on one line")]
    [DataRow("districts.csv", "MailingCity", "A city with a name of more than thirty letters", "at most 30 characters")]
    [DataRow("schools.csv", "Web", "https://example.org/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789", "at most 80 characters")]
    [DataRow("districts.csv", "NcesId", "30012345", "at most 7 characters")]
    [DataRow("schools.csv", "MailingZip", "59001-1234", "a number of 5 digits")]
    [DataRow("schools.csv", "MailingState", "Montana", "at most 2 characters")]
    [DataRow("districts.csv", "Phone", "", "Phone is empty")]
    [DataRow("schools.csv", "MailingLine1", "", "MailingLine1 is empty")]
    [DataRow("districts.csv", "CharterStatus", "NO", "not one of NA, NOTCHR")]
    [DataRow("agency.csv", "Abbreviation", "Mont", "not 2 capital letters")]
    [DataRow("agency.csv", "Fips", "3", "not a number of 2 digits")]
    [DataRow("schools.csv", "UpdatedStatus", "2", "StatusDate is empty")]
    public void A_value_that_federal_files_could_not_take_is_refused_with_file_and_line(string file, string column, string value, string sentence)
    {
        Put(file, (column, value));

        var problem = Problem();
        StringAssert.StartsWith(problem, $"{file}, line 2: ");
        StringAssert.Contains(problem, sentence);
    }

    [TestMethod]
    public void An_organisation_that_is_not_reported_needs_no_address()
    {
        Put("schools.csv", ("ReportedFederally", "N"), ("MailingLine1", ""), ("Phone", ""));

        Assert.IsNotNull(new ReferenceFiles(Reference).Read());
    }

    [TestMethod]
    public async Task What_is_accepted_at_its_widest_can_be_written_in_every_format()
    {
        (string, string)[] address =
        [
            ("Name", new string('N', 60)), ("Phone", "4065550100"), ("Web", new string('W', 80)),
            .. new[] { "Mailing", "Location" }.SelectMany(kind => new[]
            {
                ($"{kind}Line1", new string('1', 60)), ($"{kind}Line2", new string('2', 60)), ($"{kind}City", new string('C', 30)), ($"{kind}State", "MT"), ($"{kind}Zip", "59001"), ($"{kind}Zip4", "1234"),
            }),
        ];
        (string, string)[] changed = [.. address, ("UpdatedStatus", "5"), ("StatusDate", "01/15/2026")];
        Put("agency.csv", address);
        Put("districts.csv", [.. changed, ("NcesId", "3001234"), ("SupervisoryUnion", "1234567"), ("CharterStatus", "CHRTIDEAESEA")]);
        Put("schools.csv", [.. changed, ("NcesId", "12345"), ("Charter", "Y")]);
        var reference = new ReferenceFiles(Reference).Read();
        Assert.IsNotNull(reference);

        await using var bench = await Workbench.OpenAsync(reference: reference);
        await SnapshotCommand.TakeAsync(bench.Data, "widest", Sample.Year, new DateOnly(2025, 10, 6), CancellationToken.None);
        foreach (var format in Enum.GetValues<FederalFormat>())
        {
            var files = await bench.Platform.Federal.WriteAsync(new FederalInput("widest", "FS029", format), CancellationToken.None);
            StringAssert.Contains(await bench.ReadTextAsync(files[2].Path), new string('W', 80));
        }
    }

    [TestMethod]
    [DataRow("9998,fall-count,20", "line 2: districts.csv does not have district 9998")]
    [DataRow("{0},summer,20", "line 2: Collection is 'summer', which is not one of fall-count, spring-count")]
    [DataRow("{0},fall-count,-1", "line 2: Count is '-1', which is not a number from 0")]
    [DataRow("{0},fall-count,20\n{0},fall-count,21", "fall-count is there twice")]
    public async Task Funding_counts_that_cannot_be_used_are_refused_before_anything_is_loaded(string rows, string sentence)
    {
        WriteFunding(rows);
        using var error = new StringWriter();

        Assert.AreEqual(ExitCode.Unusable, await CommandLine.RunAsync(["load", folder, "--data", AssemblySetup.NewFolder("refused")], TextWriter.Null, error, CancellationToken.None));
        StringAssert.Contains(error.ToString(), sentence);
    }

    [TestMethod]
    public async Task Funding_counts_of_the_folder_are_what_counts_are_held_against()
    {
        WriteFunding("{0},fall-count,20000");
        var data = AssemblySetup.NewFolder("funded");
        Assert.AreEqual(ExitCode.Done, await CommandLine.RunAsync(["load", folder, "--data", data], TextWriter.Null, TextWriter.Null, CancellationToken.None));

        using var output = new StringWriter();
        Assert.AreEqual(ExitCode.DataHasProblems, await CommandLine.RunAsync(["rules", "run", District, "--year", $"{Sample.Year}", "--data", data], output, TextWriter.Null, CancellationToken.None));
        StringAssert.Contains(output.ToString(), "CNT-008");
    }

    [TestMethod]
    [DataRow("SignificantTotals,12", "thresholds.csv, line 2: Name is 'SignificantTotals', which is no threshold; docs/rules.md lists them. Correct it.")]
    [DataRow("SignificantTotal,a tenth", "thresholds.csv, line 2: Value is 'a tenth', which is not a number from 0 to 1000. Correct it.")]
    [DataRow("MostGraduates,99", "thresholds.csv, line 2: Value is '99', which is not a number from 100 to 1000. Correct it.")]
    [DataRow("SignificantTotal,12\nsignificanttotal,13", "thresholds.csv: The threshold SignificantTotal is there twice. Delete one of the rows.")]
    public void Thresholds_that_cannot_be_used_are_refused_with_what_to_do(string rows, string sentence)
    {
        WriteThresholds(rows);
        var files = new ReferenceFiles(Reference);

        Assert.IsNull(files.Read());
        Assert.AreEqual(sentence, string.Join(" ", files.Problems));
    }

    [TestMethod]
    public void Thresholds_that_a_state_sets_go_into_the_years_reference_data_and_the_others_keep_their_default()
    {
        Assert.IsNull(new ReferenceFiles(Reference).Read()!.Thresholds);
        WriteThresholds("significanttotal,12");

        var reference = new ReferenceFiles(Reference).Read();

        Assert.AreEqual((12, 20), (Thresholds.SignificantTotal.In(reference), Thresholds.SignificantPart.In(reference)));
    }

    [TestMethod]
    [DataRow("ENR-999,Warn", "rules.csv, line 2: Rule is 'ENR-999', which is no rule; docs/rules.md lists them. Correct it.")]
    [DataRow("ENR-001,Off", "rules.csv, line 2: Stage is 'Off', which is not one of Observe, Warn, Enforce. Correct it.")]
    [DataRow("FMT-004,Observe", "rules.csv, line 2: Rule FMT-004 keeps out rows that can't be stored, so that it is always enforced. Delete the row.")]
    [DataRow("REF-003,Warn", "rules.csv, line 2: Rule REF-003 keeps out rows that can't be stored, so that it is always enforced. Delete the row.")]
    [DataRow("ENR-001,Warn\nenr-001,Observe", "rules.csv: The rule ENR-001 is there twice. Delete one of the rows.")]
    public void Stages_that_cannot_be_used_are_refused_with_what_to_do(string rows, string sentence)
    {
        WriteStages(rows);
        var files = new ReferenceFiles(Reference);

        Assert.IsNull(files.Read());
        Assert.AreEqual(sentence, string.Join(" ", files.Problems));
    }

    [TestMethod]
    public void Stages_that_a_state_sets_go_into_the_years_reference_data_and_the_other_rules_keep_theirs()
    {
        Assert.IsNull(new ReferenceFiles(Reference).Read()!.Stages);
        WriteStages("enr-001,Warn\nFMT-004,Enforce");

        var reference = new ReferenceFiles(Reference).Read();

        Assert.AreEqual("Warn Enforce Enforce", string.Join(' ', new[] { "ENR-001", "FMT-004", "ENR-002" }.Select(id => RuleCatalog.Get(id).In(reference).Stage)));
    }

    [TestMethod]
    [DataRow("summer,,08/01/2026", "collections.csv, line 2: Collection is 'summer', which is not one of fall-count, child-count, spring-count, test-window, end-of-year, graduates. Correct it.")]
    [DataRow("test-window,,04/17/2026", "collections.csv, line 2: Nothing is frozen at the end of test-window, so that its days can't be set; they can for fall-count, spring-count, end-of-year. Delete the row.")]
    [DataRow("fall-count,,10/22/2025\nspring-count,,02/14/2026\nfall-count,,10/24/2025", "collections.csv, line 4: The collection fall-count is in line 2 already. Delete one of the two rows.")]
    [DataRow("fall-count,,", "collections.csv, line 2: Closes is empty. Fill it in.")]
    [DataRow("fall-count,,in October", "collections.csv, line 2: Closes is 'in October', which is not a date (MM/DD/YYYY). Correct it.")]
    [DataRow("fall-count,10/07/2025,10/22/2025", "collections.csv, line 2: The count day of fall-count is the law's, 10/06/2025, and can't be set. Leave CountDay empty.")]
    [DataRow("spring-count,02/02/2026,02/14/2026", "collections.csv, line 2: The count day of spring-count is the law's, 02/02/2026, and can't be set. Leave CountDay empty.")]
    [DataRow("fall-count,,10/05/2025", "collections.csv, line 2: Closes is 10/05/2025, which is before the count day, 10/06/2025. Correct it.")]
    [DataRow("end-of-year,05/20/2026,05/19/2026", "collections.csv, line 2: Closes is 05/19/2026, which is before the count day, 05/20/2026. Correct it.")]
    [DataRow("end-of-year,07/01/2026,07/10/2026", "collections.csv, line 2: CountDay is 07/01/2026, which is not in the school year 2025-2026. Give a day from 07/01/2025 to 06/30/2026.")]
    [DataRow("end-of-year,06/30/2025,06/30/2026", "collections.csv, line 2: CountDay is 06/30/2025, which is not in the school year 2025-2026. Give a day from 07/01/2025 to 06/30/2026.")]
    [DataRow("fall-count,,10/22/2026", "collections.csv, line 2: Closes is 10/22/2026, and no window of the school year 2025-2026 can close after 09/30/2026. Correct it.")]
    public void Days_of_collections_that_cannot_be_used_are_refused_with_file_and_line(string rows, string sentence)
    {
        WriteCollections(rows);
        var files = new ReferenceFiles(Reference);

        Assert.IsNull(files.Read());
        Assert.AreEqual(sentence, string.Join(" ", files.Problems));
    }

    [TestMethod]
    public void Days_of_collections_that_a_state_sets_go_into_the_years_reference_data_and_the_others_keep_their_default()
    {
        WriteCollections("fall-count,,10/06/2025\nend-of-year,06/30/2026,09/30/2026");

        var reference = new ReferenceFiles(Reference).Read()!;

        Assert.AreEqual("10/06/2025-10/06/2025 02/02/2026-02/14/2026 06/30/2026-09/30/2026", Windows(reference));
    }

    [TestMethod]
    public void A_folder_without_days_of_collections_has_those_of_the_law_and_of_2025_and_the_generated_one_says_the_same()
    {
        var generated = new ReferenceFiles(Reference).Read()!;
        File.Delete(Path.Combine(Reference, "collections.csv"));
        var without = new ReferenceFiles(Reference).Read()!;

        Assert.IsNull(without.Collections);
        Assert.AreEqual("10/06/2025-10/22/2025 02/02/2026-02/14/2026 05/15/2026-06/30/2026", Windows(without));
        Assert.AreEqual((3, Windows(without)), (generated.Collections!.Count, Windows(generated)));
    }

    [TestMethod]
    public async Task Days_of_collections_come_with_a_folder_that_is_loaded()
    {
        WriteCollections("fall-count,,10/17/2025");
        var data = AssemblySetup.NewFolder("windows");
        Assert.AreEqual(ExitCode.Done, await CommandLine.RunAsync(["load", folder, "--data", data], TextWriter.Null, TextWriter.Null, CancellationToken.None));

        await using var opened = DataFolder.Open(data, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance);
        var reference = (await opened.Platform.References.FindAsync(Sample.Year, CancellationToken.None))!.Value.Data;

        Assert.AreEqual(new DateOnly(2025, 10, 17), reference.Collections![CollectionName.FallCount].Closes);
    }

    /// <summary>Count day and last day of each, in order.</summary>
    private static string Windows(ReferenceData reference) =>
        string.Join(' ', CollectionWindow.Of(reference).Select(window => FormattableString.Invariant($"{window.CountDay:MM/dd/yyyy}-{window.Closes:MM/dd/yyyy}")));

    private void WriteCollections(string rows) => File.WriteAllText(Path.Combine(Reference, "collections.csv"), $"Collection,CountDay,Closes\n{rows}\n");

    private void WriteStages(string rows) => File.WriteAllText(Path.Combine(Reference, "rules.csv"), $"Rule,Stage\n{rows}\n");

    private void WriteThresholds(string rows) => File.WriteAllText(Path.Combine(Reference, "thresholds.csv"), $"Name,Value\n{rows}\n");

    [TestMethod]
    public async Task What_districts_have_certified_and_confirmed_before_comes_with_the_folder()
    {
        var school = File.ReadLines(Path.Combine(Reference, "schools.csv")).ElementAt(1).Split(',')[1];
        File.WriteAllText(Path.Combine(Reference, "certifications.csv"), $"DistrictNumber,Collection\n{District},fall-count\n{District},spring-count\n");
        File.WriteAllText(Path.Combine(Reference, "zero-incidents.csv"), $"DistrictNumber,SchoolNumber\n{District},{school}\n");
        var data = AssemblySetup.NewFolder("noted");
        Assert.AreEqual(ExitCode.Done, await CommandLine.RunAsync(["load", folder, "--data", data], TextWriter.Null, TextWriter.Null, CancellationToken.None));

        using var output = new StringWriter();
        await CommandLine.RunAsync(["rules", "run", District, "--year", $"{Sample.Year}", "--collection", "test-window", "--data", data, "--json"], output, TextWriter.Null, CancellationToken.None);
        StringAssert.Contains(output.ToString(), $"District {District} has not certified child-count, which comes before test-window.");
        Assert.DoesNotContain("fall-count", output.ToString());
    }

    [TestMethod]
    public async Task A_confirmation_of_a_school_that_is_not_there_is_refused_with_what_to_do()
    {
        File.WriteAllText(Path.Combine(Reference, "zero-incidents.csv"), $"DistrictNumber,SchoolNumber\n{District},9876\n");
        using var error = new StringWriter();

        Assert.AreEqual(ExitCode.Unusable, await CommandLine.RunAsync(["load", folder, "--data", AssemblySetup.NewFolder("refused")], TextWriter.Null, error, CancellationToken.None));
        StringAssert.Contains(error.ToString(), $"schools.csv does not have school 9876 of district {District}.");
    }

    private string District => File.ReadLines(Path.Combine(Reference, "districts.csv")).ElementAt(1).Split(',')[0];

    private void WriteFunding(string rows) => File.WriteAllText(Path.Combine(Reference, "funding-counts.csv"), $"DistrictNumber,Collection,Count\n{string.Format(null, rows, District)}\n");

    private const string ItselfIsNoSurvivor = "identities.csv, line 3: MergedInto is the State ID of the row itself. Give the one that took its place, or leave it empty.";

    [TestMethod]
    [DataRow("100000001 100000002>100000002", ItselfIsNoSurvivor, DisplayName = "itself")]
    [DataRow("100000001>100000002 100000002>100000001", "identities.csv, line 2: MergedInto leads back to the State ID of the row, by way of line 3. Leave it empty in the row of the State ID that is in use.", DisplayName = "two")]
    [DataRow("100000009>100000002 100000003>100000001 100000001>100000002 100000002>100000003", "identities.csv, line 3: MergedInto leads back to the State ID of the row, by way of lines 4, 5. Leave it empty in the row of the State ID that is in use.", DisplayName = "three, and one who leads into them")]
    [DataRow("100000001 100000001", "identities.csv, line 3: The State ID is in line 2 already. Delete one of the two rows.", DisplayName = "one twice")]
    public async Task Retired_State_IDs_that_lead_to_nobody_in_use_are_refused_by_load_and_check_before_anything_is_written(string people, string sentence)
    {
        WriteIdentities(people);
        using var error = new StringWriter();

        var data = AssemblySetup.NewFolder("refused");
        Assert.AreEqual(ExitCode.Unusable, await CommandLine.RunAsync(["load", folder, "--data", data], TextWriter.Null, error, CancellationToken.None));
        Assert.AreEqual(sentence, error.ToString().Trim());
        Assert.AreEqual(0, Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Count(), "nothing is written");

        error.GetStringBuilder().Clear();
        Assert.AreEqual(ExitCode.Unusable, await CommandLine.RunAsync(["check", Directory.EnumerateFiles(Path.Combine(folder, "uploads"), "SD*", SearchOption.AllDirectories).First(), "--reference", Reference], TextWriter.Null, error, CancellationToken.None));
        Assert.AreEqual(sentence, error.ToString().Trim());
    }

    [TestMethod]
    public void Each_circle_is_told_once_and_merges_of_merges_are_none()
    {
        WriteIdentities("100000001>100000002 100000002>100000001 100000003>100000004 100000004>100000004 100000005>100000006 100000006>100000007 100000007 100000008>100000006 100000009>100000001");

        var files = new ReferenceFiles(Reference);
        files.ReadIdentities();

        CollectionAssert.AreEqual(new[] { 2L, 5L }, files.Problems.Select(problem => problem.Line).ToList());
    }

    /// <summary>Each by State ID, and by that of the one it was merged into.</summary>
    private void WriteIdentities(string people) => File.WriteAllLines(Path.Combine(Reference, "identities.csv"),
        ["StateId,LastName,FirstName,MiddleName,Suffix,BirthDate,Gender,MergedInto", .. people.Split(' ').Select(person => person.Split('>')).Select(ids => $"{ids[0]},Alder,Ann,,,02/03/2015,F,{ids.ElementAtOrDefault(1)}")]);

    [TestMethod]
    public async Task The_command_line_refuses_such_a_folder_before_it_loads_anything()
    {
        Put("schools.csv", ("Name", "\"Alder, old\""));
        using var output = new StringWriter();
        using var error = new StringWriter();

        var data = AssemblySetup.NewFolder("refused");
        Assert.AreEqual(ExitCode.Unusable, await CommandLine.RunAsync(["load", folder, "--data", data], output, error, CancellationToken.None));
        StringAssert.StartsWith(error.ToString(), "schools.csv, line 2: Name 'Alder, old' can't be written to federal files");
        Assert.IsFalse(Directory.Exists(Path.Combine(data, "blobs", "uploads")));
    }
}
