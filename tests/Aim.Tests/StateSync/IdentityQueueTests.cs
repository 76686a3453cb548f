using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aim.Editions;
using Aim.Entry;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;
using Aim.Tests.Setup;
using Microsoft.Extensions.Time.Testing;
using Aim.Uploads;

namespace Aim.Tests.StateSync;

/// <summary>Near matches, decisions, merges and the scan, from an upload to the records they end in.</summary>
[TestClass]
public sealed class IdentityQueueTests
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);
    private static readonly StateId Known = new(100_200_301);
    private static readonly StateId Other = new(100_200_302);

    private const string Slip = "06/02/2015";

    private static Person Child(StateId id, string localId) =>
        new() { StateId = id, LastName = "Rivers", FirstName = $"Ana{localId}", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" };

    private static Person Stone(StateId id) => new() { StateId = id, LastName = "Stone", FirstName = "Carl", BirthDate = new DateOnly(2013, 11, 28), Gender = "M" };

    private static Sample.Row StoneRow(string localId, params (string, string)[] values) =>
        Sample.Student(localId, ("LastName", "Stone"), ("FirstName", "Carl"), ("BirthDate", "11/28/2013"), ("Gender", "M")).With(values);

    private static Task LoadAsync(Workbench bench, params Sample.Row[] students) => bench.UploadAsync("SD", Sample.Tsv("SD", students));

    private static async Task<string> RecordAsync(Workbench bench, StateId id)
    {
        var records = await bench.Ports.State.FindAsync([id], Sample.Year, CancellationToken.None);
        return records.TryGetValue(id, out var record) ? string.Join(' ', record.Contributions.Select(item => item.LocalId)) : "none";
    }

    private static async Task<string> WaitingAsync(Workbench bench) => string.Join(' ', await bench.Platform.NearMatches.ListAsync(null, CancellationToken.None).Select(item => $"{item.Parked.LocalId}:{item.Parked.Reason}").ToListAsync());

    private static Task<(DecideStatus Status, StateId? StateId)> DecideAsync(Workbench bench, string localId, StateId? student) =>
        bench.Platform.NearMatches.DecideAsync(Edition, localId, student, "Asked the school.", "reviewer", CancellationToken.None);

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

    /// <summary>A ledger that says which kinds of its entries are listed.</summary>
    /// <param name="listed">Is told the kind of each list that is asked for.</param>
    /// <param name="writing">Happens before a write of the kind.</param>
    /// <param name="read">Is told each entry that a list gives.</param>
    private sealed class WatchedLedger(ILedger ledger, Action<string> listed, Func<string, Task>? writing = null, Action<LedgerEntry>? read = null) : ILedger
    {
        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) => ledger.FindAsync(subject, kind, id, cancellation);

        public async Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation)
        {
            await (writing?.Invoke(entry.Kind) ?? Task.CompletedTask);
            return await ledger.AddAsync(entry, cancellation);
        }

        public async Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation)
        {
            await (writing?.Invoke(entry.Kind) ?? Task.CompletedTask);
            return await ledger.PutAsync(entry, cancellation);
        }

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation)
        {
            listed(kind);
            return ledger.ListAsync(subject, kind, afterId, cancellation).Select(entry =>
            {
                read?.Invoke(entry);
                return entry;
            });
        }
    }

    private static async Task AgreesAsync(Workbench bench) => Assert.IsEmpty((await bench.SyncAsync()).Disagreed);

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

    private static async Task<(StateId First, StateId Second)> TwoChildrenAsync(Workbench bench)
    {
        await LoadAsync(bench, Sample.Student("1001"), StoneRow("1002"));
        return ((await bench.StateIdOfAsync("1001"))!.Value, (await bench.StateIdOfAsync("1002"))!.Value);
    }

    private static Task<MergeStatus> MergeAsync(Workbench bench, StateId retired, StateId survivor) => bench.Platform.IdentityMerges.MergeAsync(retired, survivor, "One child.", "reviewer", CancellationToken.None);

    private static Task<MergeStatus> UndoAsync(Workbench bench, StateId retired) => bench.Platform.IdentityMerges.UndoAsync(retired, "Two after all.", "reviewer", CancellationToken.None);

    [TestMethod]
    public async Task A_merge_is_undone_with_every_row_back()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);

        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, second, first));
        Assert.AreEqual(("1001 1002", ""), (await RecordAsync(bench, first), await RecordAsync(bench, second)));
        await AgreesAsync(bench);

        Assert.AreEqual(MergeStatus.Done, await UndoAsync(bench, second));
        Assert.AreEqual(("1001", "1002"), (await RecordAsync(bench, first), await RecordAsync(bench, second)));
        Assert.AreEqual("Two after all.", (await bench.Platform.IdentityMerges.FindAsync(second, CancellationToken.None))!.UndoneReason);
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task A_merge_that_proves_wrong_after_further_loads_is_undone_though_the_rows_state_the_survivor_by_now()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await MergeAsync(bench, second, first);
        await LoadAsync(bench, StoneRow("1002", ("StudentStateId", first.ToString()), ("MiddleName", "Lee")));

        await UndoAsync(bench, second);

        Assert.AreEqual(("1001", "1002"), (await RecordAsync(bench, first), await RecordAsync(bench, second)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task Merges_of_merges_lead_to_the_end_and_come_apart_one_by_one()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await bench.RegisterAsync(Child(Known, "1001"));
        await MergeAsync(bench, second, first);

        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, first, Known));
        Assert.AreEqual(("1001 1002", "", ""), (await RecordAsync(bench, Known), await RecordAsync(bench, first), await RecordAsync(bench, second)));
        Assert.AreEqual(MergeStatus.AreOne, await MergeAsync(bench, Known, second), "a circle");

        await UndoAsync(bench, first);
        Assert.AreEqual(("", "1001 1002", ""), (await RecordAsync(bench, Known), await RecordAsync(bench, first), await RecordAsync(bench, second)));
        await AgreesAsync(bench);
    }

    [TestMethod]
    public async Task What_can_not_be_merged_or_undone_is_said()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await bench.RegisterAsync(Child(Known, "1001"));

        Assert.AreEqual(MergeStatus.NoSuchStateId, await MergeAsync(bench, first, Other));
        Assert.AreEqual(MergeStatus.AreOne, await MergeAsync(bench, first, first));
        Assert.AreEqual(MergeStatus.NotMerged, await UndoAsync(bench, first));
        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, second, first));
        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, second, first), "twice comes to the same");
        Assert.AreEqual(MergeStatus.IsRetired, await MergeAsync(bench, second, Known));
    }

    [TestMethod]
    public async Task Undoing_a_merge_takes_along_the_rows_that_came_after_it_under_the_retired_State_ID()
    {
        await using var bench = await Workbench.OpenAsync();
        var (first, second) = await TwoChildrenAsync(bench);
        await MergeAsync(bench, second, first);
        await bench.UploadAsync("SD", Sample.Tsv("SD", StoneRow("7", ("StudentStateId", second.ToString())).With(("DistrictNumber", "0456"))), district: Sample.OtherDistrict);
        StringAssert.Contains(await RecordAsync(bench, first), "7", "they go to the survivor while the merge stands");

        Assert.AreEqual(MergeStatus.Done, await UndoAsync(bench, second));

        Assert.IsFalse((await RecordAsync(bench, first)).Split(' ').Contains("7"));
        Assert.IsTrue((await RecordAsync(bench, second)).Split(' ').Contains("7"));
    }

    [TestMethod]
    public async Task Two_merges_of_the_same_two_State_IDs_at_once_leave_one_of_them()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var bench = await Workbench.OpenAsync();
            await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1002"));

            var outcomes = await Task.WhenAll(Task.Run(() => MergeAsync(bench, Known, Other)), Task.Run(() => MergeAsync(bench, Other, Known)));

            Assert.AreEqual(1, outcomes.Count(outcome => outcome == MergeStatus.Done), string.Join(' ', outcomes));
            Assert.IsTrue(outcomes.All(outcome => outcome is MergeStatus.Done or MergeStatus.AreOne or MergeStatus.UnderWay), string.Join(' ', outcomes));
            Assert.AreEqual(1, (await bench.Ports.Identities.FindAsync([Known, Other], CancellationToken.None)).Values.Count(person => person.MergedInto is null));
        }
    }

    [TestMethod]
    public async Task A_merge_that_died_holds_up_others_for_two_minutes_only()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var bench = await Workbench.OpenAsync(clock: clock);
        await bench.RegisterAsync(Child(Known, "1001"), Child(Other, "1002"));
        await bench.Ports.Ledger.PutAsync(new("identity", "merge-turn", "state", $"\"{clock.GetUtcNow().AddMinutes(2):O}\""), CancellationToken.None);

        Assert.AreEqual(MergeStatus.UnderWay, await MergeAsync(bench, Known, Other));
        Assert.AreEqual(MergeStatus.UnderWay, await UndoAsync(bench, Known));
        clock.Advance(TimeSpan.FromMinutes(2.1));
        Assert.AreEqual(MergeStatus.Done, await MergeAsync(bench, Known, Other));
        Assert.AreEqual(MergeStatus.Done, await UndoAsync(bench, Known));
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
