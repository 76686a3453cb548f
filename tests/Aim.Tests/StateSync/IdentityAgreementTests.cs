using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Commands;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.StateSync;

/// <summary>How far a row must agree with what is known of the child whose State ID it states, or whose its local id is.</summary>
[TestClass]
public sealed class IdentityAgreementTests
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);
    private static readonly StateId Ada = new(100_200_301);
    private static readonly StateId Kyle = new(100_200_302);

    private static Person Twin(StateId id, string first, string gender, string? middle = null) =>
        new() { StateId = id, LastName = "Rivers", FirstName = first, MiddleName = middle, BirthDate = new DateOnly(2015, 6, 1), Gender = gender };

    private static Sample.Row Row(string localId, Person person, params (string, string)[] values) => Sample.Student(localId, ("FirstName", person.FirstName!), ("MiddleName", person.MiddleName ?? ""), ("Gender", person.Gender!)).With(values);

    private static Sample.Row Stating(string localId, Person person, StateId id, params (string, string)[] values) => Row(localId, person, [("StudentStateId", id.ToString()), .. values]);

    private static async Task<string> LoadAsync(Workbench bench, params Sample.Row[] rows) =>
        string.Join(' ', (await bench.UploadAsync("SD", Sample.Tsv("SD", rows))).Findings.Select(finding => $"{finding.Rule}:{finding.LocalId}").Order());

    private static async Task<string> WaitingAsync(Workbench bench) => string.Join(' ', await bench.Platform.NearMatches.ListAsync(null, CancellationToken.None).Select(item => $"{item.Parked.LocalId}:{item.Parked.Reason}").ToListAsync());

    private static async Task<string> RecordAsync(Workbench bench, StateId id) =>
        (await bench.Ports.State.FindAsync([id], Sample.Year, CancellationToken.None)).TryGetValue(id, out var record) ? string.Join(' ', record.Contributions.Where(item => item.Sections.Count > 0).Select(item => item.LocalId)) : "none";

    public static IEnumerable<object?[]> Swapped =>
    [
        [Twin(Ada, "Ada", "F", "Rose"), Twin(Kyle, "Kyle", "M", "James")],
        [Twin(Ada, "Ada", "F"), Twin(Kyle, "Mona", "F")],
        [Twin(Ada, "Kayla", "F"), Twin(Kyle, "Kyla", "F")],
    ];

    [TestMethod]
    [DynamicData(nameof(Swapped))]
    public async Task State_IDs_swapped_between_twins_are_found_and_both_wait_though_the_district_has_them_for_long(Person one, Person other)
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(one, other);
        Assert.AreEqual("", await LoadAsync(bench, Stating("1001", one, Ada), Stating("1002", other, Kyle)));

        var findings = await LoadAsync(bench, Stating("1001", one, Kyle), Stating("1002", other, Ada));

        Assert.AreEqual(("REF-007:1001 REF-007:1002", "1001:OtherIdentity 1002:OtherIdentity"), (findings, await WaitingAsync(bench)));
        Assert.AreEqual(("1001", "1002"), (await RecordAsync(bench, Ada), await RecordAsync(bench, Kyle)), "until it is decided, the rows stay where they were");
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);

        Assert.AreEqual("", await LoadAsync(bench, Stating("1001", one, Ada), Stating("1002", other, Kyle)));
        Assert.AreEqual("", await WaitingAsync(bench), "corrected, nobody waits");
    }

    [TestMethod]
    [DynamicData(nameof(Swapped))]
    public async Task State_IDs_swapped_between_twins_are_found_in_the_first_file_of_a_district_too(Person one, Person other)
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(one, other);

        var findings = await LoadAsync(bench, Stating("1001", one, Kyle), Stating("1002", other, Ada));

        Assert.AreEqual(("REF-007:1001 REF-007:1002", "1001:OtherIdentity 1002:OtherIdentity"), (findings, await WaitingAsync(bench)));
    }

    [TestMethod]
    [DynamicData(nameof(Swapped))]
    public async Task Twins_who_change_places_under_their_local_ids_wait_too(Person one, Person other)
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(one, other);
        await LoadAsync(bench, Stating("1001", one, Ada), Stating("1002", other, Kyle));

        var findings = await LoadAsync(bench, Row("1001", other), Row("1002", one));

        Assert.AreEqual(("REF-007:1001 REF-007:1002", "1001:OtherIdentity 1002:OtherIdentity"), (findings, await WaitingAsync(bench)));
    }

    [TestMethod]
    public async Task A_State_ID_of_another_local_id_waits_unless_the_row_says_just_that_child()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Kayla", "F"), Twin(Kyle, "Kyla", "F"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Kayla", "F"), Ada), Stating("1002", Twin(Kyle, "Kyla", "F"), Kyle));

        // Misspelt as well, so that nobody is just as the rows say.
        Assert.AreEqual("REF-007:1001 REF-007:1002", await LoadAsync(bench, Stating("1001", Twin(Ada, "Kaylaa", "F"), Kyle), Stating("1002", Twin(Kyle, "Kylaa", "F"), Ada)));

        Assert.AreEqual("1001:OtherIdentity 1002:OtherIdentity", await WaitingAsync(bench));
    }

    [TestMethod]
    [DataRow("REF-007", "1001:OtherIdentity", "LastName", "Totally", "FirstName", "Different")]
    [DataRow("REF-007", "1001:OtherIdentity", "FirstName", "Kyle", "Gender", "M")]
    [DataRow("REF-007", "1001:OtherIdentity", "FirstName", "Mona", "MiddleName", "James")]
    [DataRow("REF-007", "1001:OtherIdentity", "FirstName", "Mona", "BirthDate", "11/28/2013")]
    [DataRow("REF-007", "1001:OtherIdentity", "LastName", "Stone", "BirthDate", "11/28/2013")]
    [DataRow("REF-007", "", "BirthDate", "11/15/2013", "City", "Helena")]
    [DataRow("REF-007", "1001:OtherIdentity", "FirstName", "Mona", "City", "Helena")]
    [DataRow("REF-007", "", "Gender", "M", "City", "Helena")]
    [DataRow("", "", "LastName", "Stone", "City", "Helena")]
    [DataRow("", "", "BirthDate", "06/02/2015", "FirstName", "Adah")]
    [DataRow("", "", "BirthDate", "01/06/2015", "LastName", "Riverss")]
    [DataRow("", "", "MiddleName", "R", "City", "Helena")]
    public async Task A_stranger_who_states_a_State_ID_is_warned_of_one_difference_and_waits_with_more_or_with_another_first_name(string found, string waiting, string one, string first, string other, string second)
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F", "Rose"));

        var findings = await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F", "Rose"), Ada, (one, first), (other, second)));

        Assert.AreEqual((found == "" ? "" : "REF-007:1001", waiting), (findings, await WaitingAsync(bench)));
        Assert.AreEqual(waiting == "" ? "1001" : "none", await RecordAsync(bench, Ada));
    }

    [TestMethod]
    [DataRow("REF-007", "", "BirthDate", "11/15/2013", "LastName", "Stone")]
    [DataRow("REF-007", "", "FirstName", "Mona", "LastName", "Stone")]
    [DataRow("REF-007", "", "Gender", "M", "LastName", "Stone")]
    [DataRow("", "", "MiddleName", "James", "LastName", "Stone")]
    [DataRow("REF-007", "1001:OtherIdentity", "FirstName", "Kyle", "Gender", "M")]
    [DataRow("REF-007", "1001:OtherIdentity", "FirstName", "Mona", "MiddleName", "James")]
    [DataRow("REF-007", "1001:OtherIdentity", "FirstName", "Mona", "BirthDate", "11/28/2013")]
    public async Task A_district_that_has_the_child_corrects_one_thing_and_a_surname_along_with_it(string found, string waiting, string one, string first, string other, string second)
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F", "Rose"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F", "Rose"), Ada));

        var findings = await LoadAsync(bench, Row("1001", Twin(Ada, "Ada", "F", "Rose"), (one, first), (other, second)));

        Assert.AreEqual((found == "" ? "" : "REF-007:1001", waiting), (findings, await WaitingAsync(bench)));
    }

    [TestMethod]
    public async Task A_correction_is_what_is_known_from_then_on()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));

        Assert.AreEqual("REF-007:1001", await LoadAsync(bench, Row("1001", Twin(Ada, "Ada", "F"), ("BirthDate", "11/15/2013"))));
        Assert.AreEqual("", await LoadAsync(bench, Row("1001", Twin(Ada, "Ada", "F"), ("BirthDate", "11/15/2013"), ("City", "Helena"))));
        Assert.AreEqual("REF-007:1001", await LoadAsync(bench, Row("1001", Twin(Ada, "Mona", "F"), ("BirthDate", "11/15/2013"))));

        Assert.AreEqual((new DateOnly(2013, 11, 15), "Mona"), (await bench.Ports.Identities.FindAsync([Ada], CancellationToken.None))[Ada] is var known ? (known.BirthDate!.Value, known.FirstName) : default);
    }

    [TestMethod]
    public async Task Rows_of_an_earlier_year_stay_whose_they_are_when_more_has_been_corrected_since()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.Platform.References.PublishAsync(Sample.Reference(Sample.Year.Previous), CancellationToken.None);
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
        await bench.UploadAsync("SD", Sample.Tsv("SD", Stating("1001", Twin(Ada, "Ada", "F"), Ada, ("EndYear", $"{Sample.Year.Previous}"))), year: Sample.Year.Previous);
        await LoadAsync(bench, Row("1001", Twin(Ada, "Ada", "F"), ("BirthDate", "11/15/2013")));
        await LoadAsync(bench, Row("1001", Twin(Ada, "Mona", "F"), ("BirthDate", "11/15/2013")));

        await bench.Ports.Editions.ResetSyncAsync(Edition with { Year = Sample.Year.Previous }, CancellationToken.None);
        var report = await bench.SyncAsync();

        Assert.AreEqual((0, ""), (report.Disagreed.Count, await WaitingAsync(bench)));
        Assert.IsTrue((await bench.Ports.State.FindAsync([Ada], Sample.Year.Previous, CancellationToken.None))[Ada].Contributions.Any(item => item.Sections.Count > 0));
    }

    [TestMethod]
    public async Task What_a_person_has_decided_raises_no_finding_any_more()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
        var row = Stating("1001", Twin(Ada, "Kyle", "M"), Ada);
        Assert.AreEqual("REF-007:1001", await LoadAsync(bench, row));

        await bench.Platform.NearMatches.DecideAsync(Edition, "1001", Ada, "It was entered wrongly.", "reviewer", CancellationToken.None);

        Assert.AreEqual(("", ""), (await LoadAsync(bench, row.With(("City", "Helena"))), await WaitingAsync(bench)));
    }

    [TestMethod]
    public async Task Another_first_name_under_a_State_ID_is_a_correction_of_the_district_that_has_the_child_and_a_twin_from_any_other()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));

        await bench.UploadAsync("SD", Sample.Tsv("SD", Stating("7", Twin(Ada, "Wilhelmina", "F"), Ada).With(("DistrictNumber", Sample.OtherDistrict.Value))), district: Sample.OtherDistrict);
        Assert.AreEqual(("7:OtherIdentity", "1001"), (await WaitingAsync(bench), await RecordAsync(bench, Ada)));
        Assert.AreEqual("Ada", (await bench.Ports.Identities.FindAsync([Ada], CancellationToken.None))[Ada].FirstName, "it doesn't rename the child");

        Assert.AreEqual("REF-007:1001", await LoadAsync(bench, Stating("1001", Twin(Ada, "Emily", "F"), Ada)));
        Assert.AreEqual("Emily", (await bench.Ports.Identities.FindAsync([Ada], CancellationToken.None))[Ada].FirstName);
    }

    [TestMethod]
    public async Task A_list_of_State_IDs_that_comes_again_takes_back_neither_corrections_nor_decisions()
    {
        await using var bench = await Workbench.OpenAsync();
        Person[] list = [Twin(Ada, "Ada", "F"), Twin(Kyle, "Kyle", "M") with { MergedInto = Ada }];
        Assert.AreEqual(2, await bench.Ports.Identities.AddAllAsync(list, CancellationToken.None));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Adeline", "F"), Ada));
        Assert.AreEqual(MergeStatus.Done, await bench.Platform.IdentityMerges.UndoAsync(Kyle, "Two children.", "reviewer", CancellationToken.None));

        Assert.AreEqual(3, await bench.Ports.Identities.AddAllAsync([.. list, Twin(new StateId(100_200_303), "Cora", "F")], CancellationToken.None));

        var people = await bench.Ports.Identities.ListAsync(CancellationToken.None).Select(person => $"{person.FirstName} {person.MergedInto}".Trim()).ToListAsync();
        CollectionAssert.AreEqual(new[] { "Adeline", "Kyle", "Cora" }, people);
    }

    [TestMethod]
    public async Task The_finding_says_what_differs_and_what_becomes_of_the_row()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"), Twin(Kyle, "Kyle", "M"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada), Stating("1002", Twin(Kyle, "Kyle", "M"), Kyle));

        var findings = (await bench.UploadAsync("SD", Sample.Tsv("SD",
            Stating("1001", Twin(Ada, "Ada", "M"), Ada), Stating("1002", Twin(Ada, "Ada", "F"), Kyle), Stating("1003", Twin(Ada, "Otto", "M"), Ada)))).Findings;

        Assert.AreEqual("""
            The row differs in gender from the student with State ID 100200301; it counts as a correction.
            The row differs in first name and gender from the student with State ID 100200302; the student's rows are kept aside until a person has decided.
            The row differs in first name and gender from the student with State ID 100200301; the student's rows are kept aside until a person has decided.
            """, string.Join('\n', findings.OrderBy(finding => finding.Line).Select(finding => finding.Message)));
    }

    [TestMethod]
    public async Task The_night_opens_a_case_for_a_State_ID_that_two_districts_have_for_two_children()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));
        await bench.UploadAsync("SD", Sample.Tsv("SD", Stating("7", Twin(Kyle, "Kyle", "M"), Ada, ("DistrictNumber", "0456"))), district: Sample.OtherDistrict);

        await bench.Platform.IdentityScan.RunAsync(CancellationToken.None);

        var found = await bench.Platform.IdentityCases.ListAsync(null, CancellationToken.None).SingleAsync();
        Assert.AreEqual(("IDN-005", Ada, "0123/1001 0456/7"), (found.Rule, found.Students.Single(), string.Join(' ', found.LocalIds)));
    }

    /// <summary>What is found of other rows than demographics, in a file and once it is stored.</summary>
    private static async Task<(string File, string Stored)> EnrollAsync(Workbench bench, StateId stated)
    {
        var file = await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("StudentStateId", stated.ToString()), ("FirstName", ""), ("LastName", ""))));
        return (Of(file.Findings), await StoredAsync(bench));
    }

    private static async Task<string> StoredAsync(Workbench bench)
    {
        var findings = new FindingList();
        await bench.Platform.Validation.RunAsync(Edition, null, null, findings, null, CancellationToken.None);
        return Of(findings);
    }

    private static string Of(IEnumerable<Finding> findings) =>
        string.Join(' ', findings.Where(finding => finding.Rule is "REF-004" or "REF-013").Select(finding => $"{finding.Rule} {finding.Record}:{finding.LocalId} {finding.Value}").Order(StringComparer.Ordinal));

    [TestMethod]
    public async Task A_row_with_another_childs_State_ID_than_its_local_id_was_given_is_told_in_its_file_and_by_re_validation()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Kyle, "Kyle", "M"));
        await LoadAsync(bench, Row("1001", Twin(Ada, "Ada", "F")));
        var given = (await bench.StateIdOfAsync("1001"))!.Value;

        Assert.AreEqual(("", ""), await EnrollAsync(bench, given));
        Assert.AreEqual(($"REF-013 EN:1001 {Kyle}", $"REF-013 EN:1001 {Kyle}"), await EnrollAsync(bench, Kyle));
    }

    [TestMethod]
    public async Task A_retired_State_ID_of_the_same_child_is_no_other_childs_in_whichever_row_it_is()
    {
        await using var bench = await Workbench.OpenAsync();
        var retired = new StateId(100_200_309);
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"), Twin(retired, "Ada", "F") with { MergedInto = Ada });

        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));
        Assert.AreEqual(($"REF-004 EN:1001 {retired}", $"REF-004 EN:1001 {retired}"), await EnrollAsync(bench, retired));

        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), retired));
        Assert.AreEqual(("", $"REF-004 SD:1001 {retired}"), await EnrollAsync(bench, Ada));
    }

    [TestMethod]
    public async Task Rows_that_are_left_with_another_State_ID_when_the_demographics_change_theirs_are_told_with_those()
    {
        await using var bench = await Workbench.OpenAsync();
        var retired = new StateId(100_200_309);
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"), Twin(Kyle, "Kyle", "M"), Twin(retired, "Ada", "F") with { MergedInto = Ada });
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));
        await EnrollAsync(bench, retired);

        var corrected = await bench.UploadAsync("SD", Sample.Tsv("SD", Stating("1001", Twin(Ada, "Ada", "F"), Ada, ("City", "Helena"))));
        var changed = await bench.UploadAsync("SD", Sample.Tsv("SD", Stating("1001", Twin(Kyle, "Kyle", "M"), Kyle)));

        Assert.AreEqual(("", $"REF-013 EN:1001 {retired}"), (Of(corrected.Findings), Of(changed.Findings)));
        Assert.AreEqual($"REF-004 EN:1001 {retired} REF-013 EN:1001 {retired}", await StoredAsync(bench));
    }

    [TestMethod]
    public async Task A_row_with_the_State_ID_that_a_person_has_decided_on_is_in_order_whatever_the_demographics_state()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"), Twin(Kyle, "Kyle", "M"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Kyle));
        Assert.AreEqual(($"REF-013 EN:1001 {Ada}", $"REF-013 EN:1001 {Ada}"), await EnrollAsync(bench, Ada));

        await bench.Platform.NearMatches.DecideAsync(Edition, "1001", Ada, "Asked the school.", "reviewer", CancellationToken.None);

        Assert.AreEqual(("", ""), await EnrollAsync(bench, Ada));
    }

    [TestMethod]
    public async Task Re_validation_tells_who_waits_and_for_what()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Kyle", "M"), Ada), Row("1003", Twin(Ada, "Ada", "F"), ("BirthDate", "06/02/2015")));
        Assert.AreEqual("1001:OtherIdentity 1003:NearMatch", await WaitingAsync(bench));

        var findings = new FindingList();
        var tally = await bench.Platform.Validation.RunAsync(Edition, null, null, findings, null, CancellationToken.None);

        var found = findings.Where(finding => finding.Rule is "REF-007" or "IDN-003").ToList();
        Assert.AreEqual("REF-007:1001 IDN-003:1003", string.Join(' ', found.OrderBy(finding => finding.LocalId).Select(finding => $"{finding.Rule}:{finding.LocalId}")));
        Assert.IsTrue(found.TrueForAll(finding => finding is { Upload: not null, Line: > 1 }));
        Assert.AreEqual(1, tally.Of([RuleCatalog.Get("REF-007")]).Single().Hits);
    }

    [TestMethod]
    public async Task Who_has_the_stated_State_ID_is_compared_however_little_the_two_are_alike()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"), Twin(Kyle, "Kyle", "M") with { LastName = "Stone", BirthDate = new DateOnly(2013, 11, 28) });
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));

        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Kyle));

        var compared = (await bench.Platform.NearMatches.CompareAsync(Edition, "1001", CancellationToken.None))!;
        Assert.AreEqual((Kyle, $"{Ada} {Kyle}"), (compared.Child.StateId, string.Join(' ', compared.Candidates.Select(item => item.Person.StateId))));
        Assert.IsTrue(compared.Candidates[^1].Weighed.Fields.Any(field => field.Weight < 0), "it says what speaks against it");
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("  ")]
    public async Task A_decision_on_the_command_line_needs_a_reason_and_keeps_who_made_it(string blank)
    {
        var folder = AssemblySetup.NewFolder("decided");
        await using (var bench = await Workbench.OpenAsync(folder))
        {
            await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
            await LoadAsync(bench, Stating("1001", Twin(Ada, "Kyle", "M"), Ada));
        }
        string[] decide = ["identity", "decide", $"{Sample.District}", $"{Sample.Year}", "1001", "--is", $"{Ada}", "--data", folder, "--reason"];

        var refused = await AimProgram.RunAsync([.. decide, blank]);
        var decided = await AimProgram.RunAsync([.. decide, "Asked the school."]);

        Assert.AreEqual((2, 0), (refused.Code, decided.Code), refused.Error + decided.Error);
        StringAssert.Contains(refused.Error, "Give a reason");
        await using var after = await Workbench.OpenAsync(folder);
        Assert.AreEqual($"command line, {Environment.UserName}", (await after.Platform.IdentityDecisions.FindAsync(Sample.District, "1001", CancellationToken.None))!.By);
    }

    [TestMethod]
    public async Task A_child_who_may_be_back_is_no_final_dropout()
    {
        var next = new SchoolYear(Sample.Year.EndYear + 1);
        await using var bench = await Workbench.OpenAsync();
        await bench.Platform.References.PublishAsync(Sample.Reference(next), CancellationToken.None);
        await bench.RegisterAsync(Twin(Ada, "Ada", "F"));
        await LoadAsync(bench, Stating("1001", Twin(Ada, "Ada", "F"), Ada));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("Grade", "09"), ("EndDate", "06/05/2026"), ("EndStatus", "190"))));
        Assert.IsFalse(await IsFinalAsync(), "nothing of the next year has come");

        await LoadNextAsync(Row("1001", Twin(Kyle, "Kyle", "M")));
        Assert.AreEqual(("1001:OtherIdentity", false), (await WaitingAsync(bench), await IsFinalAsync()));

        await LoadNextAsync(Row("1002", Twin(Kyle, "Kyle", "M"), ("BirthDate", "11/28/2013")));
        Assert.AreEqual(("", true), (await WaitingAsync(bench), await IsFinalAsync()));

        Task LoadNextAsync(Sample.Row row) => bench.UploadAsync("SD", Sample.Tsv("SD", row.With(("EndYear", $"{next}"))), scope: UploadScope.Replace, year: next);

        async Task<bool> IsFinalAsync() => (await bench.Platform.Leavers.DropoutsAsync(Sample.District, Sample.Year, new DateOnly(2026, 10, 15), anew: true, CancellationToken.None)).Items.Single().IsFinal;
    }
}
