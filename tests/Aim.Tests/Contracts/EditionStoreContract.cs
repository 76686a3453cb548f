using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Setup;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Contracts;

/// <summary>What every <see cref="IEditionStore"/> promises.</summary>
[TestClass]
public abstract class EditionStoreContract
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);
    private static readonly EditionRow Ana = Stored.Student("Ana");
    private static readonly EditionRow Berta = Stored.Student("Berta", line: 3);

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));
    private IEditionStore editions = null!;
    private int uploads = 100;

    /// <summary>A store without editions, which tells by the clock when leases have run out.</summary>
    protected abstract Task<IEditionStore> OpenAsync(TimeProvider clock);

    [TestInitialize]
    public async Task Open() => editions = await OpenAsync(clock);

    private static CancellationToken None => CancellationToken.None;

    private EditionLoad NewLoad(string type = "SD", DateTime? writtenAt = null) => new(Stored.Upload(uploads++), type, writtenAt);

    private Task<EditionHead> HeadAsync() => editions.GetHeadAsync(Edition, None);

    private Task<ApplyOutcome> ApplyAsync(long baseVersion, EditionLoad load, params EditionChange[] changes) =>
        editions.ApplyAsync(Edition, baseVersion, load, changes.ToAsyncEnumerable(), None);

    /// <summary>Applies to whatever the newest version is.</summary>
    private async Task<long> LoadAsync(params EditionChange[] changes)
    {
        var outcome = await ApplyAsync((await HeadAsync()).Version, NewLoad(), changes);
        Assert.AreEqual(ApplyStatus.Applied, outcome.Status);
        return outcome.Version;
    }

    private async Task<List<EditionStudent>> ReadAsync(EditionSelection? selection = null) => await editions.ReadAsync(Edition, selection ?? EditionSelection.All, None).ToListAsync();

    private async Task<string> IdsAsync(EditionSelection selection) => string.Join(' ', (await ReadAsync(selection)).Select(student => student.Rows.Count > 0 ? student.LocalId : $"({student.LocalId})"));

    /// <summary>Each row as text, in the order read.</summary>
    private async Task<List<string>> RowsAsync(EditionSelection? selection = null) =>
        [.. (await ReadAsync(selection)).SelectMany(student => student.Rows.Select(row => $"{student.LocalId} {row.Type} {row.Key} {row.Upload.Value}:{row.Line} {Convert.ToHexString(row.Content.Span)}"))];

    private static string FirstNameOf(EditionStudent student) => RecordTypes.Student.Read(student.Rows[0].Content.Span).FirstName!;

    private static async IAsyncEnumerable<EditionChange> BreakingOff(IEnumerable<EditionChange> changes, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var change in changes)
        {
            await Task.Yield();
            cancellation.ThrowIfCancellationRequested();
            yield return change;
        }
        throw new TimeoutException("The change file could not be read to its end.");
    }

    [TestMethod]
    public async Task An_edition_nobody_wrote_to_is_empty_and_has_version_0()
    {
        var head = await HeadAsync();

        Assert.AreEqual((Edition, 0L, 0L, default(EditionDigest), 0L, 0), (head.Key, head.Version, head.RowCount, head.Digest, head.SyncedVersion, head.Parked));
        Assert.IsTrue(head.IsSynced);
        Assert.IsEmpty(head.LastLoads);
        Assert.IsEmpty(await ReadAsync());
        Assert.IsEmpty(await ReadAsync(new EditionSelection(ChangedAfter: 0)));
        Assert.IsEmpty(await editions.ListHeadsAsync(null, None).ToListAsync());
    }

    [TestMethod]
    public async Task Looking_at_an_edition_or_failing_to_write_to_it_does_not_make_it_one_that_was_written_to()
    {
        Assert.AreEqual((ApplyStatus.Stale, 0L), await ApplyAsync(5, NewLoad(), Stored.Added("1", Ana)) is var stale ? (stale.Status, stale.Version) : default);
        Assert.AreEqual(ApplyStatus.Stale, (await editions.UndoAsync(Edition, 0, None)).Status);
        await editions.ResetSyncAsync(Edition, None);
        var lease = await editions.BeginSyncAsync(Edition, "night", clock.GetUtcNow().AddMinutes(10), None);
        Assert.AreEqual((0L, 0L), (lease!.Version, lease.SyncedVersion));
        Assert.AreEqual(SyncCompletion.Completed, await editions.CompleteSyncAsync(lease, 0, None));

        Assert.IsEmpty(await editions.ListHeadsAsync(null, None).ToListAsync());
        Assert.AreEqual(1, await LoadAsync(Stored.Added("1", Ana)), "and it can be written to as ever");
    }

    [TestMethod]
    public async Task A_row_comes_back_with_all_it_was_written_with()
    {
        var enrollment = Stored.Enrollment("05", upload: 7, line: 12_345);
        await LoadAsync(Stored.Added("1", Ana), Stored.Added("1", enrollment));

        var student = (await ReadAsync()).Single();

        Assert.AreEqual("1", student.LocalId);
        foreach (var (expected, actual) in new[] { Ana, enrollment }.Zip(student.Rows))
        {
            Assert.IsTrue(expected.SaysTheSameAs(actual), $"{expected.Type}: type, key, stated id and names, content");
            Assert.AreEqual((expected.Upload, expected.Line), (actual.Upload, actual.Line));
        }
    }

    [TestMethod]
    public async Task A_load_becomes_one_new_version_with_count_and_digest_of_its_rows()
    {
        Assert.AreEqual(1, await LoadAsync(Stored.Added("1", Ana), Stored.Added("2", Berta)));
        var (changed, enrollment) = (Stored.Student("Anna", upload: 2), Stored.Enrollment("05"));
        Assert.AreEqual(2, await LoadAsync(Stored.Changed("1", Ana, changed), Stored.Removed("2", Berta), Stored.Added("1", enrollment), Stored.Added("3", Berta)));

        var head = await HeadAsync();
        Assert.AreEqual((2L, 3L, Stored.Digest(("1", changed), ("1", enrollment), ("3", Berta))), (head.Version, head.RowCount, head.Digest));
        Assert.IsFalse(head.IsSynced);
        Assert.AreEqual("1 3", await IdsAsync(EditionSelection.All));
        Assert.AreEqual("Anna", FirstNameOf((await ReadAsync())[0]));
    }

    [TestMethod]
    public async Task Rows_are_read_in_the_order_of_local_ids_types_and_keys()
    {
        string[] localIds = ["10", "9", "A", "Z", "a", "é", "\uFF5E", "🎓"];
        var late = Stored.Enrollment("05", school: "0009");
        await LoadAsync([.. localIds.Reverse().SelectMany(id => new[] { Stored.Added(id, late), Stored.Added(id, Stored.Enrollment("05", school: "0001")), Stored.Added(id, Ana) })]);

        var students = await ReadAsync();

        CollectionAssert.AreEqual(localIds, students.Select(student => student.LocalId).ToList());
        foreach (var student in students) CollectionAssert.AreEqual(new[] { $"SD {Ana.Key}", $"EN {Stored.Enrollment("05", "0001").Key}", $"EN {late.Key}" }, student.Rows.Select(row => $"{row.Type} {row.Key}").ToList());
    }

    [TestMethod]
    public async Task Nothing_of_a_load_is_visible_when_its_changes_break_off_half_way()
    {
        await LoadAsync([.. Enumerable.Range(0, 150).Select(i => Stored.Added($"{i:D4}", Ana))]);
        var (head, rows) = (await HeadAsync(), await RowsAsync());
        var load = NewLoad();
        EditionChange[] changes = [.. Enumerable.Range(0, 150).Select(i => Stored.Changed($"{i:D4}", Ana, Berta)), .. Enumerable.Range(200, 150).Select(i => Stored.Added($"{i:D4}", Berta))];

        await Assert.ThrowsExactlyAsync<TimeoutException>(() => editions.ApplyAsync(Edition, 1, load, BreakingOff(changes), None));

        Assert.AreEqual((head.Version, head.RowCount, head.Digest), (await HeadAsync()) is var after ? (after.Version, after.RowCount, after.Digest) : default);
        CollectionAssert.AreEqual(rows, await RowsAsync());
        Assert.AreEqual("", await IdsAsync(new EditionSelection(ChangedAfter: 1)));

        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Applied, 2), await ApplyAsync(1, load, changes), "the step that is done again completes it");
        Assert.AreEqual(300, (await HeadAsync()).RowCount);
        Assert.HasCount(300, await RowsAsync());
    }

    [TestMethod]
    public async Task Nothing_is_left_of_a_load_that_broke_off_when_another_one_comes_instead()
    {
        await LoadAsync(Stored.Added("1", Ana), Stored.Added("2", Ana));
        EditionChange[] abandoned = [Stored.Changed("1", Ana, Berta), Stored.Removed("2", Ana), Stored.Added("9", Berta)];
        await Assert.ThrowsExactlyAsync<TimeoutException>(() => editions.ApplyAsync(Edition, 1, NewLoad(), BreakingOff(abandoned), None));

        Assert.AreEqual(2, await LoadAsync(Stored.Added("3", Berta)));

        Assert.AreEqual("1 2 3", await IdsAsync(EditionSelection.All));
        Assert.AreEqual("3", await IdsAsync(new EditionSelection(ChangedAfter: 1)));
        Assert.AreEqual("Ana", FirstNameOf((await ReadAsync())[0]));
        Assert.AreEqual(Stored.Digest(("1", Ana), ("2", Ana), ("3", Berta)), (await HeadAsync()).Digest);
        await editions.UndoAsync(Edition, 2, None);
        Assert.AreEqual("1 2", await IdsAsync(EditionSelection.All));
    }

    [TestMethod]
    public async Task A_load_that_is_repeated_does_nothing_however_much_later()
    {
        var load = NewLoad();
        EditionChange[] changes = [Stored.Added("1", Ana)];
        await ApplyAsync(0, load, changes);

        Assert.AreEqual(new ApplyOutcome(ApplyStatus.AlreadyApplied, 1), await ApplyAsync(0, load, changes));
        await LoadAsync(Stored.Added("2", Berta));
        Assert.AreEqual(ApplyStatus.AlreadyApplied, (await ApplyAsync(0, load, changes)).Status);
        await LoadAsync(Stored.Removed("1", Ana));
        Assert.AreEqual(ApplyStatus.AlreadyApplied, (await ApplyAsync(3, load, changes)).Status);

        Assert.AreEqual((3L, 1L), (await HeadAsync()) is var head ? (head.Version, head.RowCount) : default);
        Assert.AreEqual("2", await IdsAsync(EditionSelection.All));
    }

    [TestMethod]
    public async Task A_load_that_was_undone_is_not_applied_again_by_a_repeated_step()
    {
        var load = NewLoad();
        await ApplyAsync(0, load, Stored.Added("1", Ana));
        await editions.UndoAsync(Edition, 1, None);

        Assert.AreEqual(ApplyStatus.AlreadyApplied, (await ApplyAsync(2, load, Stored.Added("1", Ana))).Status);
        Assert.AreEqual(0, (await HeadAsync()).RowCount);
    }

    [TestMethod]
    public async Task Changes_computed_against_an_older_version_are_stale_and_write_nothing()
    {
        await LoadAsync(Stored.Added("1", Ana));
        await LoadAsync(Stored.Added("2", Ana));
        var stale = NewLoad();

        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Stale, 2), await ApplyAsync(1, stale, Stored.Added("3", Ana)));

        Assert.AreEqual("1 2", await IdsAsync(EditionSelection.All));
        Assert.AreEqual(2, (await HeadAsync()).Version);
        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Applied, 3), await ApplyAsync(2, stale, Stored.Added("3", Ana)), "computed anew it is applied");
    }

    [TestMethod]
    public async Task Of_two_loads_at_once_one_is_applied_and_the_other_is_stale()
    {
        await LoadAsync(Stored.Added("0", Ana));

        var outcomes = await Task.WhenAll(
            Task.Run(() => ApplyAsync(1, NewLoad(), [.. Enumerable.Range(0, 60).Select(i => Stored.Added($"left{i:D3}", Ana))])),
            Task.Run(() => ApplyAsync(1, NewLoad("EN"), [.. Enumerable.Range(0, 60).Select(i => Stored.Added($"right{i:D3}", Stored.Enrollment("05")))])));

        CollectionAssert.AreEquivalent(new[] { new ApplyOutcome(ApplyStatus.Applied, 2), new ApplyOutcome(ApplyStatus.Stale, 2) }, outcomes);
        var winner = outcomes[0].Status == ApplyStatus.Applied ? "left" : "right";
        var ids = (await ReadAsync()).Select(student => student.LocalId).ToList();
        CollectionAssert.AreEqual(new[] { "0" }.Concat(Enumerable.Range(0, 60).Select(i => $"{winner}{i:D3}")).ToList(), ids);
        Assert.AreEqual(61, (await HeadAsync()).RowCount);
    }

    [TestMethod]
    public async Task Of_one_load_twice_at_once_one_is_applied()
    {
        var load = NewLoad();
        EditionChange[] changes = [.. Enumerable.Range(0, 60).Select(i => Stored.Added($"{i:D3}", Ana))];

        var outcomes = await Task.WhenAll(Task.Run(() => ApplyAsync(0, load, changes)), Task.Run(() => ApplyAsync(0, load, changes)));

        Assert.AreEqual(1, outcomes.Count(outcome => outcome.Status == ApplyStatus.Applied));
        Assert.AreEqual((1L, 60L, Stored.Digest([.. changes.Select(change => (change.LocalId, change.After!))])), (await HeadAsync()) is var head ? (head.Version, head.RowCount, head.Digest) : default);
        Assert.HasCount(60, await RowsAsync());
    }

    [TestMethod]
    public async Task A_load_without_changes_makes_no_version_and_is_noted_as_the_last_of_its_type()
    {
        await LoadAsync(Stored.Added("1", Ana));
        var load = NewLoad("SD", new DateTime(2025, 10, 7, 8, 30, 0));

        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Applied, 1), await ApplyAsync(1, load));

        var head = await HeadAsync();
        Assert.AreEqual(1, head.Version);
        Assert.AreEqual(new LastLoad(load.Upload, 1, load.WrittenAt), head.LastLoads["SD"]);
        Assert.AreEqual(ApplyStatus.AlreadyApplied, (await ApplyAsync(1, load)).Status);
    }

    [TestMethod]
    public async Task The_head_knows_the_last_load_of_each_type_and_when_a_file_last_said_it_was_written()
    {
        var (students, enrollments, undated) = (NewLoad("SD", new DateTime(2025, 10, 7, 8, 30, 0)), NewLoad("EN"), NewLoad("SD"));
        await ApplyAsync(0, students, Stored.Added("1", Ana));
        await ApplyAsync(1, enrollments, Stored.Added("1", Stored.Enrollment("05")));

        var loads = (await HeadAsync()).LastLoads;
        CollectionAssert.AreEquivalent(new[] { "SD", "EN" }, loads.Keys.ToList());
        Assert.AreEqual(new LastLoad(students.Upload, 1, students.WrittenAt), loads["SD"]);
        Assert.AreEqual(new LastLoad(enrollments.Upload, 2, null), loads["EN"]);

        await ApplyAsync(2, undated, Stored.Added("2", Ana));
        Assert.AreEqual((undated.Upload, 3L, students.WrittenAt), (await HeadAsync()).LastLoads["SD"] is var last ? (last.Upload, last.Version, last.WrittenAt) : default, "a file that doesn't say leaves the moment of the one that did");
    }

    [TestMethod]
    public async Task Undo_brings_back_what_was_noted_of_the_last_load_of_the_type_and_leaves_the_others()
    {
        var (older, newer) = (new DateTime(2025, 10, 1, 8, 30, 0), new DateTime(2025, 10, 7, 8, 30, 0));
        var (first, second, save) = (NewLoad("SD", older), NewLoad("SD", newer), NewLoad("SD"));
        await ApplyAsync(0, first, Stored.Added("1", Ana));
        await ApplyAsync(1, second, Stored.Added("2", Ana));
        await ApplyAsync(2, save, Stored.Added("3", Ana));

        await editions.UndoAsync(Edition, 3, None);
        Assert.AreEqual(new LastLoad(second.Upload, 2, newer), (await HeadAsync()).LastLoads["SD"], "a save that is taken back doesn't take the moment of the file before it along");

        await ApplyAsync(4, NewLoad("SD", newer.AddDays(1)), Stored.Added("4", Ana));
        await editions.UndoAsync(Edition, 5, None);
        Assert.AreEqual(newer, (await HeadAsync()).LastLoads["SD"].WrittenAt, "nor does a newer file leave its own");

        await ApplyAsync(6, NewLoad("EN", newer), Stored.Added("1", Stored.Enrollment("05")));
        var unchanged = NewLoad("SD", newer.AddDays(2));
        await ApplyAsync(7, unchanged);
        await editions.UndoAsync(Edition, 7, None);
        var loads = (await HeadAsync()).LastLoads;
        Assert.IsFalse(loads.ContainsKey("EN"), "nothing of the type was loaded before");
        Assert.AreEqual((unchanged.Upload, unchanged.WrittenAt), (loads["SD"].Upload, loads["SD"].WrittenAt), "a file of another type that changed nothing meanwhile stays the newest");
    }

    [TestMethod]
    public async Task Editions_of_other_districts_and_years_are_apart()
    {
        var (other, next) = (new EditionKey(Sample.OtherDistrict, Sample.Year), new EditionKey(Sample.District, new SchoolYear(2027)));
        await LoadAsync(Stored.Added("1", Ana));
        await editions.ApplyAsync(next, 0, NewLoad(), new[] { Stored.Added("2", Ana), Stored.Added("3", Ana) }.ToAsyncEnumerable(), None);
        await editions.ApplyAsync(other, 0, NewLoad(), new[] { Stored.Added("1", Berta) }.ToAsyncEnumerable(), None);

        var heads = await editions.ListHeadsAsync(null, None).ToListAsync();
        CollectionAssert.AreEqual(new[] { Edition, next, other }, heads.Select(head => head.Key).ToList(), "by district and year");
        CollectionAssert.AreEqual(new[] { 1L, 2L, 1L }, heads.Select(head => head.RowCount).ToList());
        CollectionAssert.AreEqual(new[] { next }, (await editions.ListHeadsAsync(new SchoolYear(2027), None).ToListAsync()).Select(head => head.Key).ToList());
        Assert.AreEqual("1", await IdsAsync(EditionSelection.All));
        Assert.AreEqual("Berta", FirstNameOf(await editions.ReadAsync(other, EditionSelection.All, None).SingleAsync()));
    }

    [TestMethod]
    public async Task Selected_local_ids_come_alone_and_those_without_rows_are_left_out()
    {
        await LoadAsync([.. new[] { "1", "2", "3", "4" }.Select(id => Stored.Added(id, Ana)), Stored.Added("3", Stored.Enrollment("05"))]);

        Assert.AreEqual("2 3", await IdsAsync(new EditionSelection(LocalIds: ["2", "25", "3"])));
        Assert.AreEqual("3", await IdsAsync(new EditionSelection(LocalIds: ["2", "3"], AfterLocalId: "2")));
        Assert.HasCount(2, (await ReadAsync(new EditionSelection(LocalIds: ["3"]))).Single().Rows);
        Assert.AreEqual("", await IdsAsync(new EditionSelection(LocalIds: [])));
    }

    [TestMethod]
    public async Task A_reading_is_continued_after_a_local_id_whether_or_not_it_is_there()
    {
        await LoadAsync([.. new[] { "1", "2", "4" }.Select(id => Stored.Added(id, Ana))]);

        Assert.AreEqual("2 4", await IdsAsync(new EditionSelection(AfterLocalId: "1")));
        Assert.AreEqual("4", await IdsAsync(new EditionSelection(AfterLocalId: "3")));
        Assert.AreEqual("", await IdsAsync(new EditionSelection(AfterLocalId: "4")));
    }

    [TestMethod]
    public async Task Changed_students_come_with_all_rows_and_those_who_lost_their_last_row_without()
    {
        var enrollment = Stored.Enrollment("05");
        await LoadAsync([.. new[] { "1", "2", "3", "4", "5" }.Select(id => Stored.Added(id, Ana)), Stored.Added("2", enrollment), Stored.Added("3", enrollment)]);
        await LoadAsync(Stored.Changed("2", enrollment, Stored.Enrollment("06", upload: 2)), Stored.Removed("3", enrollment), Stored.Removed("4", Ana));
        await LoadAsync(Stored.Added("6", Ana));

        Assert.AreEqual("2 3 (4) 6", await IdsAsync(new EditionSelection(ChangedAfter: 1)));
        Assert.AreEqual("6", await IdsAsync(new EditionSelection(ChangedAfter: 2)));
        Assert.AreEqual("", await IdsAsync(new EditionSelection(ChangedAfter: 3)));
        Assert.AreEqual("(4) 6", await IdsAsync(new EditionSelection(ChangedAfter: 1, AfterLocalId: "3")));
        var changed = await ReadAsync(new EditionSelection(ChangedAfter: 1));
        Assert.HasCount(2, changed[0].Rows, "also the row that did not change");
        Assert.HasCount(1, changed[1].Rows);
    }

    [TestMethod]
    public async Task A_student_who_comes_back_is_no_longer_without_rows()
    {
        await LoadAsync(Stored.Added("1", Ana), Stored.Added("2", Ana));
        await LoadAsync(Stored.Removed("1", Ana));
        await LoadAsync(Stored.Added("1", Berta));

        Assert.AreEqual("1", await IdsAsync(new EditionSelection(ChangedAfter: 1)));
    }

    [TestMethod]
    public async Task Many_changed_students_come_in_order_each_once_also_when_the_reading_is_continued()
    {
        string Id(int i) => $"{i:D4}";
        var enrollment = Stored.Enrollment("05");
        await LoadAsync([.. Enumerable.Range(0, 300).SelectMany(i => new[] { Stored.Added(Id(i), Ana), Stored.Added(Id(i), enrollment) })]);
        await LoadAsync([.. Enumerable.Range(0, 150).Select(i => Stored.Changed(Id(2 * i), Ana, Berta)), .. new[] { 1, 155, 299 }.SelectMany(i => new[] { Stored.Removed(Id(i), Ana), Stored.Removed(Id(i), enrollment) })]);
        var expected = Enumerable.Range(0, 300).Where(i => i % 2 == 0 || i is 1 or 155 or 299).Select(i => i is 1 or 155 or 299 ? $"({Id(i)})" : Id(i)).ToList();

        Assert.AreEqual(string.Join(' ', expected), await IdsAsync(new EditionSelection(ChangedAfter: 1)));
        Assert.AreEqual(string.Join(' ', expected.Where(id => string.CompareOrdinal(id.Trim('(', ')'), "0155") > 0)), await IdsAsync(new EditionSelection(ChangedAfter: 1, AfterLocalId: "0155")));
        Assert.AreEqual(594, (await HeadAsync()).RowCount);
        Assert.HasCount(297, await ReadAsync());
    }

    [TestMethod]
    public async Task A_load_that_lands_during_a_reading_splits_no_student()
    {
        var enrollment = Stored.Enrollment("05");
        await LoadAsync([.. Enumerable.Range(0, 50).SelectMany(i => new[] { Stored.Added($"{i:D3}", Ana), Stored.Added($"{i:D3}", enrollment) })]);

        var read = new List<EditionStudent>();
        await foreach (var student in editions.ReadAsync(Edition, EditionSelection.All, None))
        {
            read.Add(student);
            if (read.Count == 1) await LoadAsync([.. Enumerable.Range(0, 50).SelectMany(i => new[] { Stored.Changed($"{i:D3}", Ana, Berta), Stored.Removed($"{i:D3}", enrollment) })]);
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, 50).Select(i => $"{i:D3}").ToList(), read.Select(student => student.LocalId).ToList());
        foreach (var student in read) Assert.AreEqual(FirstNameOf(student) == "Ana" ? 2 : 1, student.Rows.Count, $"{student.LocalId} is of one version");
    }

    [TestMethod]
    public async Task Undo_brings_back_the_rows_of_the_version_before_as_a_further_one()
    {
        var (enrollment, changed) = (Stored.Enrollment("05"), Stored.Student("Anna", upload: 2, line: 9));
        await LoadAsync(Stored.Added("1", Ana), Stored.Added("2", Berta), Stored.Added("2", enrollment), Stored.Added("5", Ana));
        var (before, rows) = (await HeadAsync(), await RowsAsync());
        await LoadAsync(Stored.Changed("1", Ana, changed), Stored.Removed("2", enrollment), Stored.Removed("2", Berta), Stored.Added("3", Ana));

        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Applied, 3), await editions.UndoAsync(Edition, 2, None));

        var head = await HeadAsync();
        Assert.AreEqual((3L, before.RowCount, before.Digest), (head.Version, head.RowCount, head.Digest));
        CollectionAssert.AreEqual(rows, await RowsAsync(), "uploads and lines are those of before, too");
        Assert.AreEqual("1 2 (3)", await IdsAsync(new EditionSelection(ChangedAfter: 2)), "the sync hears of all that the undo touched");
    }

    [TestMethod]
    public async Task Only_the_newest_version_can_be_undone_and_only_once()
    {
        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Stale, 0), await editions.UndoAsync(Edition, 0, None));
        await LoadAsync(Stored.Added("1", Ana));
        await LoadAsync(Stored.Added("2", Ana));

        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Stale, 2), await editions.UndoAsync(Edition, 1, None), "not the newest");
        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Applied, 3), await editions.UndoAsync(Edition, 2, None));
        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Stale, 3), await editions.UndoAsync(Edition, 2, None), "repeated");
        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Stale, 3), await editions.UndoAsync(Edition, 3, None), "itself an undo");
        Assert.AreEqual("1", await IdsAsync(EditionSelection.All));

        Assert.AreEqual(4, await LoadAsync(Stored.Added("3", Ana)));
        Assert.AreEqual(new ApplyOutcome(ApplyStatus.Applied, 5), await editions.UndoAsync(Edition, 4, None), "a load after an undo can be undone");
        Assert.AreEqual("1", await IdsAsync(EditionSelection.All));
    }

    [TestMethod]
    public async Task Undo_and_a_load_at_once_leave_one_of_the_two()
    {
        await LoadAsync(Stored.Added("1", Ana));
        await LoadAsync(Stored.Added("2", Ana));

        var outcomes = await Task.WhenAll(Task.Run(() => editions.UndoAsync(Edition, 2, None)), Task.Run(() => ApplyAsync(2, NewLoad(), Stored.Added("3", Ana))));

        CollectionAssert.AreEquivalent(new[] { new ApplyOutcome(ApplyStatus.Applied, 3), new ApplyOutcome(ApplyStatus.Stale, 3) }, outcomes);
        Assert.AreEqual(outcomes[0].Status == ApplyStatus.Applied ? "1" : "1 2 3", await IdsAsync(EditionSelection.All));
    }

    private Task<SyncLease?> BeginAsync(string owner, int minutes = 10) => editions.BeginSyncAsync(Edition, owner, clock.GetUtcNow().AddMinutes(minutes), None);

    [TestMethod]
    public async Task A_completed_sync_is_on_the_head_and_gives_the_right_back()
    {
        await LoadAsync(Stored.Added("1", Ana), Stored.Added("2", Ana));
        var head = await HeadAsync();

        var lease = (await BeginAsync("night"))!;
        Assert.AreEqual(new SyncLease(Edition, "night", 1, head.Digest, 0), lease);
        Assert.AreEqual(SyncCompletion.Completed, await editions.CompleteSyncAsync(lease, parked: 1, None));

        head = await HeadAsync();
        Assert.AreEqual((1L, head.Digest, 1, true), (head.SyncedVersion, head.SyncedDigest, head.Parked, head.IsSynced));
        Assert.AreEqual(new SyncLease(Edition, "upload", 1, head.Digest, 1), await BeginAsync("upload"), "another owner gets it at once");
    }

    [TestMethod]
    public async Task While_one_owner_has_the_right_another_gets_none_until_it_has_run_out()
    {
        await LoadAsync(Stored.Added("1", Ana));
        await BeginAsync("night", minutes: 10);

        Assert.IsNull(await BeginAsync("upload"));
        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.IsNotNull(await BeginAsync("night", minutes: 10), "the owner renews it");
        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.IsNull(await BeginAsync("upload"), "the first term has passed, the second has not");
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.IsNotNull(await BeginAsync("upload"));
    }

    [TestMethod]
    public async Task Of_two_owners_at_once_one_gets_the_right()
    {
        await LoadAsync(Stored.Added("1", Ana));

        var leases = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => BeginAsync($"owner{i}"))));

        Assert.AreEqual(1, leases.Count(lease => lease is not null));
    }

    [TestMethod]
    public async Task Who_has_lost_the_right_records_nothing()
    {
        await LoadAsync(Stored.Added("1", Ana));
        var lost = (await BeginAsync("night"))!;
        clock.Advance(TimeSpan.FromMinutes(11));
        var taken = (await BeginAsync("upload"))!;

        Assert.AreEqual(SyncCompletion.Lost, await editions.CompleteSyncAsync(lost, parked: 7, None));

        Assert.AreEqual((0L, 0), (await HeadAsync()) is var head ? (head.SyncedVersion, head.Parked) : default);
        Assert.IsNull(await BeginAsync("night"), "and takes nothing away from the one who has it");
        Assert.AreEqual(SyncCompletion.Completed, await editions.CompleteSyncAsync(taken, 0, None));
    }

    [TestMethod]
    public async Task A_sync_that_is_overtaken_by_a_load_is_behind_and_goes_on_with_the_newer_version()
    {
        await LoadAsync(Stored.Added("1", Ana), Stored.Added("2", Ana));
        var lease = (await BeginAsync("night"))!;
        await LoadAsync(Stored.Added("3", Ana), Stored.Removed("2", Ana));

        Assert.AreEqual(SyncCompletion.Behind, await editions.CompleteSyncAsync(lease, 0, None));

        var head = await HeadAsync();
        Assert.AreEqual((1L, lease.Digest, false), (head.SyncedVersion, head.SyncedDigest, head.IsSynced));
        Assert.IsNull(await BeginAsync("upload"), "the owner keeps the right");
        var next = (await BeginAsync("night"))!;
        Assert.AreEqual((2L, head.Digest, 1L), (next.Version, next.Digest, next.SyncedVersion));
        Assert.AreEqual("(2) 3", await IdsAsync(new EditionSelection(ChangedAfter: next.SyncedVersion)), "what it has still to bring over");
        Assert.AreEqual(SyncCompletion.Completed, await editions.CompleteSyncAsync(next, 0, None));
        Assert.IsTrue((await HeadAsync()).IsSynced);
    }

    [TestMethod]
    public async Task Removed_students_are_told_of_until_a_sync_has_brought_that_over()
    {
        await LoadAsync(Stored.Added("1", Ana), Stored.Added("2", Ana));
        await editions.CompleteSyncAsync((await BeginAsync("night"))!, 0, None);
        await LoadAsync(Stored.Removed("1", Ana));
        await LoadAsync(Stored.Added("3", Ana));

        Assert.AreEqual("(1) 3", await IdsAsync(new EditionSelection(ChangedAfter: 1)));
        await editions.CompleteSyncAsync((await BeginAsync("night"))!, 0, None);
        Assert.AreEqual("", await IdsAsync(new EditionSelection(ChangedAfter: 3)));
    }

    [TestMethod]
    public async Task A_reset_makes_the_next_sync_go_over_everything()
    {
        await LoadAsync(Stored.Added("1", Ana));
        await editions.CompleteSyncAsync((await BeginAsync("night"))!, 0, None);

        await editions.ResetSyncAsync(Edition, None);

        Assert.IsFalse((await HeadAsync()).IsSynced);
        Assert.AreEqual((1L, 0L), await BeginAsync("night") is { } lease ? (lease.Version, lease.SyncedVersion) : default);
        Assert.AreEqual("1", await IdsAsync(new EditionSelection(ChangedAfter: 0)));
    }

    [TestMethod]
    public async Task A_reset_during_a_sync_is_not_lost_when_that_sync_completes()
    {
        await LoadAsync(Stored.Added("1", Ana));
        await editions.CompleteSyncAsync((await BeginAsync("night"))!, 0, None);
        await LoadAsync(Stored.Added("2", Ana));
        var lease = (await BeginAsync("upload"))!;
        await editions.ResetSyncAsync(Edition, None);

        Assert.AreEqual(SyncCompletion.Behind, await editions.CompleteSyncAsync(lease, 0, None));

        Assert.AreEqual((2L, 0L), await BeginAsync("upload") is { } next ? (next.Version, next.SyncedVersion) : default, "the owner goes over everything");
    }

    [TestMethod]
    public async Task Nor_is_a_reset_during_a_sync_of_everything()
    {
        await LoadAsync(Stored.Added("1", Ana));
        var first = (await BeginAsync("upload"))!;
        await editions.ResetSyncAsync(Edition, None);
        Assert.AreEqual(SyncCompletion.Behind, await editions.CompleteSyncAsync(first, 0, None));
        var second = (await BeginAsync("upload"))!;
        await editions.ResetSyncAsync(Edition, None);
        Assert.AreEqual(SyncCompletion.Behind, await editions.CompleteSyncAsync(second, 0, None));

        var third = (await BeginAsync("upload"))!;
        Assert.IsTrue(first.IsOfEverything && second.IsOfEverything && third.IsOfEverything);
        Assert.AreEqual((0L, false), await HeadAsync() is var head ? (head.SyncedVersion, head.IsSynced) : default);

        Assert.AreEqual(SyncCompletion.Completed, await editions.CompleteSyncAsync(third, 0, None));
        Assert.AreEqual((1L, true), await HeadAsync() is var synced ? (synced.SyncedVersion, synced.IsSynced) : default);
    }
}
