using System.Collections.Concurrent;
using System.Text.Json;
using Aim.Editions;
using Aim.Entry;
using Aim.Identity;
using Aim.Records;
using Aim.StateSync;
using Aim.Tests.Setup;
using Aim.Uploads;
using static Aim.Tests.StateSync.IdentityBench;

namespace Aim.Tests.StateSync;

/// <summary>Near matches and decisions, from an upload to the records they end in.</summary>
[TestClass]
public sealed class IdentityQueueTests
{
    [TestMethod]
    public async Task What_was_decided_in_a_district_is_read_once_a_run_however_many_students_it_goes_through()
    {
        var reads = 0;
        await using var bench = await Workbench.OpenAsync(replace: ports => ports with { Ledger = new WatchedLedger(ports.Ledger, kind => reads += kind == "decision" ? 1 : 0) });
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip)));
        await DecideAsync(bench, "1001", Known);

        async Task<int> ReadsAsync(Func<Task> run)
        {
            reads = 0;
            await run();
            return reads;
        }

        // As little alike as so many can be, for the sake of the test's time.
        var others = Enumerable.Range(2001, 2500).Select(number => Sample.Student($"{number}", ("LastName", $"{(char)('A' + number % 26)}{number}"), ("FirstName", $"{(char)('A' + number / 26 % 26)}{number}"), ("BirthDate", $"{1 + number % 12:00}/{1 + number % 28:00}/{2008 + number % 9}")));
        Assert.AreEqual(2, await ReadsAsync(() => LoadAsync(bench, [Sample.Student("1001", ("BirthDate", Slip), ("MiddleName", "Rose")), .. others])), "the comparison with the edition, and the sync");
        Assert.AreEqual("1001", await RecordAsync(bench, Known), "the decision was heeded");
        Assert.AreEqual(1, await ReadsAsync(() => bench.Platform.Validation.ReportAsync(Edition, null, null, CancellationToken.None)));
        Assert.AreEqual(1, await ReadsAsync(() => bench.Platform.Comparison.CompareAsync(Edition, new VerificationCounts(), CancellationToken.None).CountAsync().AsTask()));
    }

    [TestMethod]
    public async Task A_save_of_one_student_reads_no_decisions_but_those_about_it()
    {
        var read = new ConcurrentQueue<string>();
        await using var bench = await Workbench.OpenAsync(replace: ports => ports with { Ledger = new WatchedLedger(ports.Ledger, _ => { }, read: entry => { if (entry.Kind == "decision") read.Enqueue(entry.Id); }) });
        await bench.RegisterAsync(Child(Known, "1001"), Stone(Other));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip)), StoneRow("1002", ("BirthDate", "11/27/2013")));
        Assert.AreEqual("1001:NearMatch 1002:NearMatch", await WaitingAsync(bench));
        await DecideAsync(bench, "1001", Known);
        await DecideAsync(bench, "1002", Other);
        var stored = (await bench.Platform.Entry.FindAsync(Edition, RecordTypes.Student, "1002", "", CancellationToken.None))!;
        var record = JsonSerializer.SerializeToElement(new { lastName = "Stone", firstName = "Carl", birthDate = "2013-11-27", gender = "M", middleName = "Lee", state = "MT", homeLanguage = "eng", hispanicLatino = false, americanIndian = false, asian = false, black = false, pacificIslander = false, white = true });
        read.Clear();

        var saved = await bench.Platform.Entry.SaveAsync(Edition, new RecordChange(ChangeOperation.Upsert, "SD", "1002", null, record), new SaveCondition([HandEntry.TagOf(stored)]), "k", "clerk", isRepeat: false, CancellationToken.None);

        Assert.AreEqual((SaveStatus.Changed, true), (saved.Status, saved.IsSynced));
        Assert.AreEqual("1002", string.Join(' ', read.Select(id => id.Split('|')[0]).Distinct()));
        Assert.AreEqual(("1002", ""), (await RecordAsync(bench, Other), await WaitingAsync(bench)), "the decision was heeded");
    }

    [TestMethod]
    public async Task A_child_the_state_knows_is_linked_by_machine_and_the_weights_are_kept()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));

        await LoadAsync(bench, Sample.Student("1001"));

        Assert.AreEqual((Known, "1001", ""), (await bench.StateIdOfAsync("1001"), await RecordAsync(bench, Known), await WaitingAsync(bench)));
        var decision = (await bench.Platform.IdentityDecisions.FindAsync(Sample.District, "1001", CancellationToken.None))!;
        Assert.AreEqual((DecidedBy.Machine, Known), (decision.Kind, decision.StateId));
        Assert.IsTrue(decision.Candidates.Single().Fields.Count >= 4 && decision.Candidates.Single().Probability >= 0.99);
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task A_near_match_waits_and_is_explained_and_the_decision_takes_effect_at_once_and_for_later_loads()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip)));
        Assert.AreEqual("1001:NearMatch", await WaitingAsync(bench));
        var compared = (await bench.Platform.NearMatches.CompareAsync(Edition, "1001", CancellationToken.None))!;
        Assert.AreEqual((Known, ParkReason.NearMatch), (compared.Candidates.Single().Person.StateId, compared.Reason!.Value));
        Assert.IsGreaterThan(3, compared.Candidates.Single().Weighed.Fields.Count);

        Assert.AreEqual((DecideStatus.Decided, Known), await DecideAsync(bench, "1001", Known) is var decided ? (decided.Status, decided.StateId!.Value) : default);

        Assert.AreEqual(("1001", ""), (await RecordAsync(bench, Known), await WaitingAsync(bench)));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip), ("MiddleName", "Rose")));
        Assert.AreEqual(("1001", ""), (await RecordAsync(bench, Known), await WaitingAsync(bench)));
        Assert.AreEqual(DecidedBy.Person, (await bench.Platform.IdentityDecisions.FindAsync(Sample.District, "1001", CancellationToken.None))!.Kind);
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task A_night_tells_editions_that_are_behind_from_those_whose_students_wait()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip)));

        var night = await bench.SyncAsync();
        Assert.AreEqual((0, 1, 1), (night.EditionsBehind, night.EditionsWaiting, night.Parked));

        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1002")), deferSync: true);
        night = await bench.SyncAsync();
        Assert.AreEqual((1, 0, 1), (night.EditionsBehind, night.EditionsWaiting, night.Parked));
    }

    [TestMethod]
    public async Task A_near_match_that_is_a_new_child_gets_a_State_ID_of_its_own()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip)));

        var (status, id) = await DecideAsync(bench, "1001", null);

        Assert.AreEqual(DecideStatus.Decided, status);
        Assert.AreNotEqual(Known, id);
        Assert.AreEqual(("1001", "none", id), (await RecordAsync(bench, id!.Value), await RecordAsync(bench, Known), await bench.StateIdOfAsync("1001")));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task What_can_not_be_decided_is_said_and_changes_nothing()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip)), Sample.Student("1002"));

        Assert.AreEqual(DecideStatus.NoSuchStudent, (await DecideAsync(bench, "9999", Known)).Status);
        Assert.AreEqual(DecideStatus.NoSuchStateId, (await DecideAsync(bench, "1001", Other)).Status);
        Assert.AreEqual(DecideStatus.NotWaiting, (await DecideAsync(bench, "1002", Known)).Status);
        Assert.AreEqual("1001:NearMatch", await WaitingAsync(bench));
    }

    [TestMethod]
    public async Task Two_State_IDs_swapped_between_two_children_wait_and_each_decision_sends_the_rows_home()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"), Stone(Other));

        await LoadAsync(bench, Sample.Student("1001", ("StudentStateId", Other.ToString())), StoneRow("1002", ("StudentStateId", Known.ToString())));
        Assert.AreEqual("1001:OtherIdentity 1002:OtherIdentity", await WaitingAsync(bench));
        await DecideAsync(bench, "1001", Known);
        await DecideAsync(bench, "1002", Other);

        Assert.AreEqual(("1001", "1002", ""), (await RecordAsync(bench, Known), await RecordAsync(bench, Other), await WaitingAsync(bench)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task Two_local_ids_sent_together_for_one_child_wait_also_over_later_nights()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("FirstName", "Ana1001"))));

        for (var night = 0; night < 2; night++)
        {
            var parked = (await bench.Platform.Parked.ListAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).Values.Single();
            Assert.AreEqual(("1002", ParkReason.NearMatch), (parked.LocalId, parked.Reason));
            Assert.IsNull(await bench.StateIdOfAsync("1002"));
            await bench.SyncAsync();
        }
    }

    /// <summary>Two children whom the district sends without State IDs, in an upload that leaves nobody else in its edition.</summary>
    private static Task<UploadResult> SendAsync(Workbench bench, UploadScope scope, string ana, string carl, SchoolYear? year = null) =>
        bench.UploadAsync("SD", Sample.Tsv("SD", new[] { Sample.Student(ana, ("FirstName", "Ana1001")), StoneRow(carl) }.Select(row => row.With(("EndYear", $"{year ?? Sample.Year}"))).ToArray()), scope: scope, year: year);

    [TestMethod]
    public async Task A_child_entered_once_more_under_another_local_id_waits_until_somebody_decides()
    {
        await using var bench = await Workbench.OpenAsync();
        await SendAsync(bench, UploadScope.Update, "1001", "1002");
        var id = (await bench.StateIdOfAsync("1001"))!.Value;

        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("2001", ("FirstName", "Ana1001"))));

        Assert.AreEqual("2001:OtherLocalId", await WaitingAsync(bench));
        StringAssert.Contains(result.Findings.Single(finding => finding.Rule == "IDN-003").Message, "under another local id");
        Assert.AreEqual((null, "1001"), (await bench.StateIdOfAsync("2001"), await RecordAsync(bench, id)));
        await AgreesAsync(bench);
        Assert.AreEqual("2001:OtherLocalId", await WaitingAsync(bench), "a night doesn't decide it");
        await DecideAsync(bench, "2001", id);
        Assert.AreEqual(("", "1001 2001"), (await WaitingAsync(bench), await RecordAsync(bench, id)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task A_child_under_another_local_id_who_states_the_State_ID_is_believed()
    {
        await using var bench = await Workbench.OpenAsync();
        await SendAsync(bench, UploadScope.Update, "1001", "1002");
        var id = (await bench.StateIdOfAsync("1001"))!.Value;

        await LoadAsync(bench, Sample.Student("2001", ("FirstName", "Ana1001"), ("StudentStateId", id.ToString())));

        Assert.AreEqual(("", "1001 2001"), (await WaitingAsync(bench), await RecordAsync(bench, id)));
    }

    [TestMethod]
    public async Task A_district_that_numbers_its_students_anew_in_one_file_keeps_them_all()
    {
        await using var bench = await Workbench.OpenAsync();
        await SendAsync(bench, UploadScope.Update, "1001", "1002");
        // Rows of other types still have the old local ids, until their files come.
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001")));
        var (ana, carl) = (await bench.StateIdOfAsync("1001"), await bench.StateIdOfAsync("1002"));

        await SendAsync(bench, UploadScope.Replace, "2001", "0002");

        Assert.AreEqual(("", ana, carl), (await WaitingAsync(bench), await bench.StateIdOfAsync("2001"), await bench.StateIdOfAsync("0002")));
        Assert.AreEqual(("2001", "0002"), (await RecordAsync(bench, ana!.Value), await RecordAsync(bench, carl!.Value)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task New_local_ids_that_come_beside_the_old_ones_wait_for_as_long_as_those_are_there()
    {
        await using var bench = await Workbench.OpenAsync();
        await SendAsync(bench, UploadScope.Update, "1001", "1002");
        var (ana, carl) = (await bench.StateIdOfAsync("1001"), await bench.StateIdOfAsync("1002"));

        await SendAsync(bench, UploadScope.Update, "2001", "0002");
        Assert.AreEqual("0002:OtherLocalId 2001:OtherLocalId", await WaitingAsync(bench));

        await SendAsync(bench, UploadScope.Replace, "2001", "0002");
        Assert.AreEqual(("", ana, carl), (await WaitingAsync(bench), await bench.StateIdOfAsync("2001"), await bench.StateIdOfAsync("0002")));
        Assert.AreEqual(("2001", "0002"), (await RecordAsync(bench, ana!.Value), await RecordAsync(bench, carl!.Value)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task Local_ids_of_the_year_before_are_no_obstacle_unless_the_new_year_has_them_too()
    {
        await using var bench = await Workbench.OpenAsync();
        var next = new SchoolYear(Sample.Year.EndYear + 1);
        await bench.Platform.References.PublishAsync(Sample.Reference(next), CancellationToken.None);
        await SendAsync(bench, UploadScope.Update, "1001", "1002");
        var ana = await bench.StateIdOfAsync("1001");

        await SendAsync(bench, UploadScope.Update, "2001", "1002", next);

        Assert.AreEqual(("", ana), (await WaitingAsync(bench), await bench.StateIdOfAsync("2001")));
        await SendAsync(bench, UploadScope.Update, "3001", "0002", next);
        Assert.AreEqual("0002:OtherLocalId 3001:OtherLocalId", await WaitingAsync(bench));
    }

    [TestMethod]
    public async Task The_other_local_id_may_come_much_later_in_the_first_file_of_a_new_year()
    {
        await using var bench = await Workbench.OpenAsync();
        var next = new SchoolYear(Sample.Year.EndYear + 1);
        await bench.Platform.References.PublishAsync(Sample.Reference(next), CancellationToken.None);
        await LoadAsync(bench, StoneRow("9"));
        // More than a sync takes at once.
        var between = Enumerable.Range(0, 2000).Select(i => Sample.Student($"1{i:D4}", ("LastName", $"{(char)('A' + i % 26)}o{(char)('a' + i / 26 % 26)}sen"), ("BirthDate", $"{1 + i % 12:D2}/{1 + i % 28:D2}/{2008 + i % 9}")));

        await bench.UploadAsync("SD", Sample.Tsv("SD", new[] { StoneRow("0") }.Concat(between).Append(StoneRow("9")).Select(row => row.With(("EndYear", $"{next}"))).ToArray()), year: next);

        Assert.AreEqual("0:OtherLocalId", string.Join(' ', (await WaitingAsync(bench)).Split(' ').Where(item => item[0] is '0' or '9')));
    }

    [TestMethod]
    public async Task A_decision_does_not_hold_for_another_child_who_gets_the_local_id()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("BirthDate", Slip)));
        await DecideAsync(bench, "1001", Known);

        await LoadAsync(bench, StoneRow("1001"));

        Assert.AreEqual("1001:OtherIdentity", await WaitingAsync(bench));
    }

    [TestMethod]
    public async Task The_locator_finds_a_student_by_nickname_and_by_a_retired_State_ID()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Child(Known, "") with { FirstName = "Katherine" }, Stone(Other) with { MergedInto = Known });

        var found = await bench.Platform.Locator.FindAsync(new LocatorQuery("RIVERS", "Kate", new DateOnly(2015, 6, 1), null, null), CancellationToken.None);
        Assert.AreEqual(Known, found.Single().StateId);
        Assert.AreEqual(Known, (await bench.Platform.Locator.FindAsync(Other, CancellationToken.None))!.StateId);
        Assert.IsNull(await bench.Platform.Locator.FindAsync(new StateId(5), CancellationToken.None));
    }
}
