using System.Net;
using System.Net.Http.Json;
using Aim.Identity;
using Aim.Records;
using Aim.Tests.Setup;
using static Aim.Tests.StateSync.IdentityBench;

namespace Aim.Tests.StateSync;

/// <summary>The nightly scan, its cases, and what people answer to them.</summary>
[TestClass]
public sealed class IdentityScanTests
{
    [TestMethod]
    public async Task A_state_without_people_has_a_night_too()
    {
        await using var bench = await Workbench.OpenAsync();

        Assert.IsEmpty((await bench.SyncAsync()).Unresolved);
    }

    [TestMethod]
    public async Task Twins_with_State_IDs_of_their_own_are_no_case()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1001") with { FirstName = "Mia", MiddleName = "Lee" });

        await bench.SyncAsync();

        Assert.IsEmpty(await bench.Platform.IdentityCases.ListAsync(null, CancellationToken.None).ToListAsync());
    }

    [TestMethod]
    public async Task The_scan_finds_two_State_IDs_of_one_child_and_a_case_known_to_be_two_children_is_never_opened_again()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1001") with { MiddleName = "Rose" }, Stone(new StateId(100_200_303)));

        Assert.AreEqual(new IdentityScanned(1, 0, 1), await ScanAsync());
        Assert.AreEqual(new IdentityScanned(0, 0, 1), await ScanAsync());
        var found = await bench.Platform.IdentityCases.ListAsync(null, CancellationToken.None).SingleAsync();
        Assert.AreEqual(("IDN-004", $"{Known} {Other}"), (found.Rule, string.Join(' ', found.Students)));

        await bench.Platform.IdentityCases.DeclareDifferentAsync(found.Id, "Cousins.", "reviewer", CancellationToken.None);
        Assert.AreEqual(new IdentityScanned(0, 0, 0), await ScanAsync());

        Task<IdentityScanned> ScanAsync() => bench.Platform.IdentityScan.RunAsync(CancellationToken.None);
    }

    [TestMethod]
    public async Task A_correction_of_one_child_is_seen_by_the_next_scan_and_so_is_taking_it_back()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"), Stone(Other));
        Assert.AreEqual(new IdentityScanned(0, 0, 0), await ScanAsync());

        await bench.RegisterAsync(Child(Other, "1001"));
        Assert.AreEqual(new IdentityScanned(1, 0, 1), await ScanAsync());
        Assert.AreEqual(new IdentityScanned(0, 0, 1), await ScanAsync());

        await bench.RegisterAsync(Stone(Other));
        Assert.AreEqual(new IdentityScanned(0, 1, 0), await ScanAsync());
        Assert.AreEqual(new IdentityScanned(0, 0, 0), await ScanAsync());

        Task<IdentityScanned> ScanAsync() => bench.Platform.IdentityScan.RunAsync(CancellationToken.None);
    }

    [TestMethod]
    public async Task A_scan_that_another_build_made_is_made_anew()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1001"));
        await bench.Platform.IdentityScan.RunAsync(CancellationToken.None);
        var mark = (await bench.Ports.Ledger.FindAsync("identity/cases", "compared", "newest", CancellationToken.None))!;
        Assert.IsTrue(await bench.Ports.Ledger.PutAsync(mark with { Json = mark.Json.Replace("\"fingerprint\":\"", "\"fingerprint\":\"0", StringComparison.Ordinal) }, CancellationToken.None));
        var open = await bench.Platform.IdentityCases.ListAsync(null, CancellationToken.None).SingleAsync();
        // Its rules found nothing there.
        var entry = (await bench.Ports.Ledger.FindAsync("identity/cases", "case", open.Id, CancellationToken.None))!;
        await bench.Ports.Ledger.PutAsync(entry with { Json = entry.Json.Replace("\"Open\"", "\"Cleared\"", StringComparison.Ordinal) }, CancellationToken.None);

        Assert.AreEqual(new IdentityScanned(1, 0, 1), await bench.Platform.IdentityScan.RunAsync(CancellationToken.None));
    }

    [TestMethod]
    public async Task A_night_opens_cases_and_a_merge_clears_them()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1001"));
        var night = await bench.NightAsync(new DateOnly(2026, 1, 15));
        Assert.AreEqual((1, 1), (night.IdentityCasesOpened, night.IdentityCasesOpen));

        await MergeAsync(bench, Other, Known);

        Assert.AreEqual(0, (await bench.NightAsync(new DateOnly(2026, 1, 16))).IdentityCasesOpen);
        Assert.AreEqual(IdentityCaseStatus.Cleared, (await bench.Platform.IdentityCases.ListAsync(null, CancellationToken.None).SingleAsync()).Status);
    }

    [TestMethod]
    public async Task One_State_ID_on_two_children_is_found_by_the_scan()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("StudentStateId", Known.ToString())));
        // Decided wrongly: two children under one State ID.
        await bench.UploadAsync("SD", Sample.Tsv("SD", StoneRow("7", ("StudentStateId", Known.ToString())).With(("DistrictNumber", "0456"))), district: Sample.OtherDistrict);
        await bench.Platform.NearMatches.DecideAsync(Edition with { District = Sample.OtherDistrict }, "7", Known, "Wrong.", "reviewer", CancellationToken.None);

        await bench.Platform.IdentityScan.RunAsync(CancellationToken.None);

        var found = await bench.Platform.IdentityCases.ListAsync(null, CancellationToken.None).SingleAsync();
        Assert.AreEqual(("IDN-005", Known, "0123/1001 0456/7"), (found.Rule, found.Students.Single(), string.Join(' ', found.LocalIds)));
    }

    /// <summary>A child whom two districts have as two children, both in one record.</summary>
    private static async Task<IdentityCase> TwoSidesAsync(Workbench bench)
    {
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("StudentStateId", Known.ToString())));
        await JoinAsync(bench, StoneRow("7"));
        await bench.Platform.IdentityScan.RunAsync(CancellationToken.None);
        return (await CasesAsync(bench)).Single(item => item.Status == IdentityCaseStatus.Open);
    }

    /// <summary>Another district's row is put into the child's record by a decision.</summary>
    private static async Task JoinAsync(Workbench bench, Sample.Row row)
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", row.With(("StudentStateId", Known.ToString()), ("DistrictNumber", "0456"))), district: Sample.OtherDistrict);
        foreach (var waiting in await bench.Platform.NearMatches.ListAsync(null, CancellationToken.None).ToListAsync())
            await bench.Platform.NearMatches.DecideAsync(Edition with { District = Sample.OtherDistrict }, waiting.Parked.LocalId, Known, "Decided.", "reviewer", CancellationToken.None);
    }

    private static ValueTask<List<IdentityCase>> CasesAsync(Workbench bench) => bench.Platform.IdentityCases.ListAsync(null, CancellationToken.None).ToListAsync();

    private static Task<IdentityScanned> ScanAsync(Workbench bench) => bench.Platform.IdentityScan.RunAsync(CancellationToken.None);

    [TestMethod]
    public async Task One_State_ID_on_two_children_can_not_be_declared_to_be_two_children()
    {
        await using var bench = await Workbench.OpenAsync();
        var found = await TwoSidesAsync(bench);

        var (answered, refusal) = await bench.Platform.IdentityCases.DeclareDifferentAsync(found.Id, "Two.", "reviewer", CancellationToken.None);

        Assert.IsNull(answered);
        StringAssert.Contains(refusal, "Have the State ID corrected");
        Assert.AreEqual(new IdentityScanned(0, 0, 1), await ScanAsync(bench), "the case stays open");
    }

    [TestMethod]
    public async Task One_State_ID_declared_to_be_one_child_is_asked_about_again_only_when_one_side_says_something_else()
    {
        await using var bench = await Workbench.OpenAsync();
        var found = await TwoSidesAsync(bench);

        var (answered, _) = await bench.Platform.IdentityCases.DeclareSameAsync(found.Id, "Adopted, and a new name.", "reviewer", CancellationToken.None);
        Assert.AreEqual((IdentityCaseStatus.KnownSame, "reviewer"), (answered!.Status, answered.By));
        Assert.AreEqual(new IdentityScanned(0, 0, 0), await ScanAsync(bench));
        await LoadAsync(bench, Sample.Student("1001", ("StudentStateId", Known.ToString()), ("City", "Alder")));
        Assert.AreEqual(new IdentityScanned(0, 0, 0), await ScanAsync(bench), "where a child lives says nothing of who it is");

        await LoadAsync(bench, Sample.Student("1001", ("StudentStateId", Known.ToString()), ("MiddleName", "Rose")));
        Assert.AreEqual(new IdentityScanned(1, 0, 1), await ScanAsync(bench));
        Assert.AreEqual((found.Id, IdentityCaseStatus.Open, (string?)null), (await CasesAsync(bench)).Select(item => (item.Id, item.Status, item.Reason)).Single());
    }

    [TestMethod]
    public async Task A_reviewer_is_told_what_to_do_about_one_State_ID_on_two_children_and_may_answer_that_they_are_one()
    {
        var folder = AssemblySetup.NewFolder("host");
        IdentityCase found;
        await using (var bench = await Workbench.OpenAsync(folder)) found = await TwoSidesAsync(bench);
        await using var host = await RunningHost.StartAsync(folder);
        var reviewer = await host.AsAsync("reviewer");

        using var different = await reviewer.PostAsync($"/api/v1/identity/cases/{found.Id}/different", JsonContent.Create(new { reason = "Two." }));
        Assert.AreEqual(HttpStatusCode.Conflict, different.StatusCode);
        StringAssert.Contains((await RunningHost.ReadAsync(different)).GetProperty("detail").GetString(), "Have the State ID corrected");

        using var same = await reviewer.PostAsync($"/api/v1/identity/cases/{found.Id}/same", JsonContent.Create(new { reason = "One." }));
        Assert.AreEqual((HttpStatusCode.OK, "KnownSame"), (same.StatusCode, (await RunningHost.ReadAsync(same)).GetProperty("status").GetString()));
    }

    [TestMethod]
    public async Task Another_mix_up_of_a_State_ID_is_a_case_of_its_own()
    {
        await using var bench = await Workbench.OpenAsync();
        var found = await TwoSidesAsync(bench);
        await bench.Platform.IdentityCases.DeclareSameAsync(found.Id, "One child.", "reviewer", CancellationToken.None);

        await JoinAsync(bench, StoneRow("8", ("FirstName", "Bea"), ("Gender", "F"), ("BirthDate", "02/17/2009")));

        Assert.AreEqual(2, (await ScanAsync(bench)).Opened);
        CollectionAssert.AreEquivalent(new[] { "KnownSame 0123/1001 0456/7", "Open 0123/1001 0456/8", "Open 0456/7 0456/8" },
            (await CasesAsync(bench)).Select(item => $"{item.Status} {string.Join(' ', item.LocalIds)}").ToList());
    }

    [TestMethod]
    public async Task A_side_that_waits_is_decided_and_not_declared_to_be_the_same_child()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("StudentStateId", Known.ToString())));
        await bench.UploadAsync("SD", Sample.Tsv("SD", StoneRow("7", ("StudentStateId", Known.ToString())).With(("DistrictNumber", "0456"))), district: Sample.OtherDistrict);
        await ScanAsync(bench);
        var found = (await CasesAsync(bench)).Single();
        StringAssert.Contains((await bench.Platform.IdentityCases.DeclareSameAsync(found.Id, "One.", "reviewer", CancellationToken.None)).Refusal, "decide whose they are");

        await bench.Platform.NearMatches.DecideAsync(Edition with { District = Sample.OtherDistrict }, "7", Known, "One.", "reviewer", CancellationToken.None);
        Assert.AreEqual(new IdentityScanned(0, 0, 1), await ScanAsync(bench), "it is the same case, now of one record");

        Assert.AreEqual(IdentityCaseStatus.KnownSame, (await bench.Platform.IdentityCases.DeclareSameAsync(found.Id, "One.", "reviewer", CancellationToken.None)).Case!.Status);
        Assert.AreEqual(new IdentityScanned(0, 0, 0), await ScanAsync(bench));
    }

    [TestMethod]
    public async Task Two_State_IDs_of_one_child_are_merged_and_not_declared_to_be_one()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1001"));
        await ScanAsync(bench);

        StringAssert.Contains((await bench.Platform.IdentityCases.DeclareSameAsync((await CasesAsync(bench)).Single().Id, "One.", "reviewer", CancellationToken.None)).Refusal, "merge them");
    }

    [TestMethod]
    public async Task An_answer_that_is_given_while_a_scan_writes_stands()
    {
        Func<Task>? meanwhile = null;
        await using var bench = await Workbench.OpenAsync(replace: ports => ports with
        {
            Ledger = new WatchedLedger(ports.Ledger, _ => { }, async kind =>
            {
                if (kind == "case" && Interlocked.Exchange(ref meanwhile, null) is { } answer) await answer();
            }),
        });
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1001"));
        await ScanAsync(bench);
        var found = (await CasesAsync(bench)).Single();
        // The scan is about to clear the case.
        await bench.RegisterAsync(Stone(Other));
        meanwhile = async () => Assert.IsNotNull((await bench.Platform.IdentityCases.DeclareDifferentAsync(found.Id, "Cousins.", "reviewer", CancellationToken.None)).Case);

        Assert.AreEqual(new IdentityScanned(0, 0, 0), await ScanAsync(bench));

        Assert.AreEqual((IdentityCaseStatus.KnownDifferent, "Cousins."), (await CasesAsync(bench)).Select(item => (item.Status, item.Reason)).Single());
    }
}
