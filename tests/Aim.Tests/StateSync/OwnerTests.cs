using Aim.Editions;
using Aim.Identity;
using Aim.Records;
using Aim.StateSync;
using Aim.Tests.Setup;
using Aim.Uploads;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.StateSync;

/// <summary>Rows are in the record of the child whose they are, and in no other, also after it turned out to be another child.</summary>
[TestClass]
public sealed class OwnerTests
{
    private static readonly SchoolYear LastYear = Sample.Year.Previous;
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);
    private static readonly StateId First = new(100_200_301);
    private static readonly StateId Second = new(100_200_302);

    private static Person Child(StateId id, string localId) =>
        new() { StateId = id, LastName = "Rivers", FirstName = $"Ana{localId}", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" };

    private static Sample.Row Stating(string localId, StateId id) => Sample.Student(localId, ("StudentStateId", id.ToString()));

    private static async Task<Workbench> OpenAsync()
    {
        var bench = await Workbench.OpenAsync();
        await bench.Platform.References.PublishAsync(Sample.Reference(LastYear), CancellationToken.None);
        return bench;
    }

    private static async Task LoadAsync(Workbench bench, Sample.Row student, SchoolYear? year = null, bool deferSync = false)
    {
        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", student.With(("EndYear", $"{year ?? Sample.Year}"))), year: year, deferSync: deferSync);
        Assert.AreEqual(1, result.Counts.Added + result.Counts.Changed, string.Join('\n', result.Findings));
    }

    /// <summary>The local ids of the district in a student's record.</summary>
    private static async Task<string> RecordAsync(Workbench bench, StateId id, SchoolYear? year = null)
    {
        var records = await bench.Ports.State.FindAsync([id], year ?? Sample.Year, CancellationToken.None);
        return records.TryGetValue(id, out var record) ? string.Join(' ', record.Contributions.Select(item => item.LocalId)) : "none";
    }

    private static SyncEdition SyncOn(AimPorts ports)
    {
        var (_, editions, state, identities, ledger, clock) = ports;
        return new(editions, state, identities, new IdentityResolver(editions, identities, state, new IdentityDecisions(ledger), clock), new StudentLinks(editions, identities), new KnownPeople(state, identities), new ParkedStudents(ledger, clock), clock, NullLogger.Instance);
    }

    private static Task<SyncProgress> SyncAsync(AimPorts ports, EditionKey edition) =>
        SyncOn(ports).RunAsync(new SyncProgress(edition, "sync", null, null, 0, 0, 0, false), CancellationToken.None);

    /// <summary>Prepares a sync, ends it at one call of a store after the other, and lets it be done again, until one came to its end.</summary>
    private static async Task CrashEverywhereAsync(Workbench bench, Func<int, Task> prepare, Func<int, Task> check)
    {
        var crashes = 0;
        for (var (n, isDead) = (1, true); isDead; n++)
        {
            await prepare(n);
            try
            {
                await SyncAsync(CrashingPorts.With(bench.Ports, new Fuse(n)), Edition);
                isDead = false;
            }
            catch (CrashException)
            {
                crashes++;
                await SyncAsync(bench.Ports, Edition);
            }
            await check(n);
            Assert.IsTrue((await bench.Ports.Editions.GetHeadAsync(Edition, CancellationToken.None)) is { IsSynced: true, Parked: 0 });
        }
        Assert.IsGreaterThan(10, crashes);
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
    }

    [TestMethod]
    public async Task Rows_move_to_the_student_whose_State_ID_is_stated_now()
    {
        await using var bench = await OpenAsync();
        await bench.RegisterAsync(Child(First, "1001"), Child(Second, "1001"));
        await LoadAsync(bench, Stating("1001", First));
        Assert.AreEqual(("1001", "none"), (await RecordAsync(bench, First), await RecordAsync(bench, Second)));

        await LoadAsync(bench, Stating("1001", Second));

        Assert.AreEqual(("", "1001"), (await RecordAsync(bench, First), await RecordAsync(bench, Second)));
        Assert.AreEqual(Second, await bench.StateIdOfAsync("1001"));
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
    }

    [TestMethod]
    public async Task Rows_move_whole_however_often_the_sync_dies()
    {
        await using var bench = await OpenAsync();
        await CrashEverywhereAsync(bench, async n =>
        {
            await bench.RegisterAsync(Child(Old(n), $"{n}"), Child(New(n), $"{n}"));
            await LoadAsync(bench, Stating($"{n}", Old(n)));
            await LoadAsync(bench, Stating($"{n}", New(n)), deferSync: true);
        }, async n =>
        {
            Assert.AreEqual(("", $"{n}"), (await RecordAsync(bench, Old(n)), await RecordAsync(bench, New(n))), $"died at call {n}");
            Assert.AreEqual(New(n), await bench.StateIdOfAsync($"{n}"));
        });

        static StateId Old(int n) => new(100_100_000 + n);
        static StateId New(int n) => new(100_200_000 + n);
    }

    [TestMethod]
    public async Task What_the_state_holds_moves_with_the_rows_however_often_the_sync_dies()
    {
        await using var bench = await OpenAsync();
        await CrashEverywhereAsync(bench, async n =>
        {
            await bench.RegisterAsync(Child(Old(n), $"{n}"), Child(New(n), $"{n}"));
            await LoadAsync(bench, Stating($"{n}", Old(n)));
            var record = (await bench.Ports.State.FindAsync([Old(n)], Sample.Year, CancellationToken.None))[Old(n)];
            var edit = new State.StateEdit(Sample.District, $"{n}", RecordTypes.Student, "", nameof(Student.City), "Alder"u8.ToArray(), "reviewer", "Seen on the lease.", DateTimeOffset.UnixEpoch);
            await bench.Ports.State.CommitAsync([new(record, record.With(edit), new State.Cause("test", "test"))], CancellationToken.None);
            await LoadAsync(bench, Stating($"{n}", New(n)), deferSync: true);
        }, async n => Assert.AreEqual((0, 1), (await HeldAsync(Old(n)), await HeldAsync(New(n))), $"died at call {n}"));

        async Task<int> HeldAsync(StateId id) => (await bench.Ports.State.FindAsync([id], Sample.Year, CancellationToken.None))[id].Edits.Count;
        static StateId Old(int n) => new(100_400_000 + n);
        static StateId New(int n) => new(100_500_000 + n);
    }

    [TestMethod]
    public async Task A_student_who_was_parked_is_synced_and_settled_however_often_the_sync_dies()
    {
        await using var bench = await OpenAsync();
        await CrashEverywhereAsync(bench, async n =>
        {
            await bench.RegisterAsync(Child(Id(n), $"{n}"));
            await LoadAsync(bench, Sample.Student($"{n}", ("BirthDate", "06/02/2015")));
            Assert.IsTrue((await bench.Platform.Parked.ListAsync(Edition, CancellationToken.None)).ContainsKey($"{n}"));
            // Decided by the office, without a change of the edition: only what is parked tells that there is something to do.
            await bench.Ports.Identities.LinkAsync(Sample.District, new Dictionary<string, StateId> { [$"{n}"] = Id(n) }, CancellationToken.None);
        }, async n =>
        {
            Assert.AreEqual($"{n}", await RecordAsync(bench, Id(n)), $"died at call {n}");
            Assert.IsEmpty(await bench.Platform.Parked.ListAsync(Edition, CancellationToken.None));
        });

        static StateId Id(int n) => new(100_300_000 + n);
    }

    [TestMethod]
    [DataRow(false, DisplayName = "in its only step")]
    [DataRow(true, DisplayName = "in a later step")]
    public async Task A_student_who_leaves_the_file_before_a_first_sync_that_died_is_made_up_for_leaves_the_state_too(bool isLaterStep)
    {
        var wereThere = 0;
        for (var (n, isDead) = (1, true); isDead; n++)
        {
            await using var bench = await Workbench.OpenAsync();
            await bench.RegisterAsync(Child(First, "1001"), Child(Second, "1002"));
            await bench.UploadAsync("SD", Sample.Tsv("SD", Stating("1001", First), Stating("1002", Second)), deferSync: true);
            var lease = isLaterStep ? await bench.Ports.Editions.BeginSyncAsync(Edition, "sync", DateTimeOffset.MaxValue, CancellationToken.None) : null;
            var step = new SyncProgress(Edition, "sync", lease, null, 0, 0, 0, false);
            try
            {
                await SyncOn(CrashingPorts.With(bench.Ports, new Fuse(n))).RunAsync(step, CancellationToken.None);
                isDead = false;
            }
            catch (CrashException)
            {
                if (await RecordAsync(bench, Second) == "1002") wereThere++;
            }

            await bench.UploadAsync("SD", Sample.Tsv("SD", Stating("1001", First)), scope: UploadScope.Replace, deferSync: true);
            if (!isDead) step = new SyncProgress(Edition, "sync", null, null, 0, 0, 0, false);
            while (!step.IsDone) step = await SyncOn(bench.Ports).RunAsync(step, CancellationToken.None);

            Assert.AreEqual("1001", await RecordAsync(bench, First), $"died at call {n}");
            Assert.AreNotEqual("1002", await RecordAsync(bench, Second), $"died at call {n}");
        }
        Assert.IsGreaterThan(0, wereThere, "some died after the student had got to the state");
    }

    [TestMethod]
    public async Task Rows_of_a_student_who_was_merged_move_to_the_survivor_in_every_year()
    {
        await using var bench = await OpenAsync();
        await LoadAsync(bench, Sample.Student("1001"), LastYear);
        await LoadAsync(bench, Sample.Student("1001"));
        var retired = (await bench.StateIdOfAsync("1001"))!.Value;
        await bench.RegisterAsync(Child(Second, "1001"), Child(retired, "1001") with { MergedInto = Second });

        var report = await bench.SyncAsync();

        CollectionAssert.AreEquivalent(new[] { Edition, Edition with { Year = LastYear } }, report.Disagreed.ToList(), "the night sees that the rows are in the wrong record");
        Assert.IsEmpty(report.Unresolved);
        foreach (var year in new[] { Sample.Year, LastYear }) Assert.AreEqual(("", "1001"), (await RecordAsync(bench, retired, year), await RecordAsync(bench, Second, year)));
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
    }

    [TestMethod]
    public async Task Rows_of_other_years_follow_when_a_State_ID_is_corrected()
    {
        await using var bench = await OpenAsync();
        await bench.RegisterAsync(Child(Second, "1001"));
        await LoadAsync(bench, Sample.Student("1001", ("FirstName", "Anna")), LastYear);
        var given = (await bench.StateIdOfAsync("1001"))!.Value;

        await LoadAsync(bench, Stating("1001", Second));
        await bench.SyncAsync();

        Assert.AreEqual(("", "1001"), (await RecordAsync(bench, given, LastYear), await RecordAsync(bench, Second, LastYear)));
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
    }

    [TestMethod]
    public async Task Two_years_that_state_different_students_stay_apart_and_come_to_rest()
    {
        await using var bench = await OpenAsync();
        await bench.RegisterAsync(Child(First, "1001"), Child(Second, "1001"));
        await LoadAsync(bench, Stating("1001", First), LastYear);
        await LoadAsync(bench, Stating("1001", Second));
        await bench.SyncAsync();

        var report = await bench.SyncAsync();

        Assert.AreEqual((0, 0), (report.EditionsBehind, report.Disagreed.Count));
        Assert.AreEqual(("1001", "none"), (await RecordAsync(bench, First, LastYear), await RecordAsync(bench, Second, LastYear)));
        Assert.AreEqual(("none", "1001"), (await RecordAsync(bench, First), await RecordAsync(bench, Second)));
        Assert.AreEqual(Second, await bench.StateIdOfAsync("1001"));
    }

    [TestMethod]
    public async Task Rows_left_in_another_record_are_found_by_the_night_and_taken_back()
    {
        await using var bench = await OpenAsync();
        await LoadAsync(bench, Sample.Student("1001"));
        var owner = (await bench.StateIdOfAsync("1001"))!.Value;
        var record = (await bench.Ports.State.FindAsync([owner], Sample.Year, CancellationToken.None))[owner];
        var empty = State.StudentRecord.Empty(Second, Sample.Year);
        await bench.Ports.State.CommitAsync([new(empty, empty with { Contributions = record.Contributions }, new State.Cause("test", "test"))], CancellationToken.None);
        Assert.AreEqual(("1001", "1001"), (await RecordAsync(bench, owner), await RecordAsync(bench, Second)));

        var report = await bench.SyncAsync();

        Assert.AreEqual((1, 0), (report.Disagreed.Count, report.Unresolved.Count));
        Assert.AreEqual(("1001", ""), (await RecordAsync(bench, owner), await RecordAsync(bench, Second)));
    }

    [TestMethod]
    public async Task A_local_id_that_is_used_anew_for_another_child_is_parked()
    {
        await using var bench = await OpenAsync();
        await LoadAsync(bench, Sample.Student("1001"));
        var id = (await bench.StateIdOfAsync("1001"))!.Value;

        await LoadAsync(bench, Sample.Student("1001", ("LastName", "Stone"), ("FirstName", "Otto"), ("BirthDate", "03/02/2014")));

        var parked = (await bench.Platform.Parked.ListAsync(Edition, CancellationToken.None)).Values.Single();
        Assert.AreEqual(("1001", ParkReason.OtherIdentity, id), (parked.LocalId, parked.Reason, parked.Candidates.Single()));
        Assert.HasCount(1, await bench.Ports.State.HistoryAsync(id, Sample.Year, CancellationToken.None));
        Assert.AreEqual("Rivers", (await bench.Ports.Identities.FindAsync([id], CancellationToken.None))[id].LastName);
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
    }

    [TestMethod]
    public async Task A_file_of_an_older_year_does_not_change_what_is_known_of_a_child()
    {
        await using var bench = await OpenAsync();
        await LoadAsync(bench, Sample.Student("1001", ("LastName", "Stone")));
        var id = (await bench.StateIdOfAsync("1001"))!.Value;

        await LoadAsync(bench, Sample.Student("1001", ("LastName", "Rivers")), LastYear);

        Assert.AreEqual("1001", await RecordAsync(bench, id, LastYear));
        Assert.AreEqual("Stone", (await bench.Ports.Identities.FindAsync([id], CancellationToken.None))[id].LastName);
        await LoadAsync(bench, Sample.Student("1001", ("LastName", "Brook")));
        Assert.AreEqual("Brook", (await bench.Ports.Identities.FindAsync([id], CancellationToken.None))[id].LastName);
    }
}
