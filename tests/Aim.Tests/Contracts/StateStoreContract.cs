using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Contracts;

/// <summary>What every <see cref="IStateStore"/> promises.</summary>
[TestClass]
public abstract class StateStoreContract
{
    private static readonly StateId Ana = new(123_456_789);
    private static readonly StateId Berta = new(987_654_321);
    private static readonly SchoolYear Year = Sample.Year;

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));
    private IStateStore state = null!;

    /// <summary>An empty store, which takes the time from the clock.</summary>
    protected abstract Task<IStateStore> OpenAsync(TimeProvider clock);

    [TestInitialize]
    public async Task Open() => state = await OpenAsync(clock);

    private static CancellationToken None => CancellationToken.None;

    private static StudentRecord Empty(StateId id, SchoolYear? year = null) => StudentRecord.Empty(id, year ?? Year);

    private async Task<StudentRecord?> FindAsync(StateId id, SchoolYear? year = null) => (await state.FindAsync([id], year ?? Year, None)).GetValueOrDefault(id);

    private async Task<CommitStatus> CommitAsync(StudentRecord before, params Contribution[] contributions) => await CommitAsync(before, Stored.Cause, contributions);

    private async Task<CommitStatus> CommitAsync(StudentRecord before, Cause cause, params Contribution[] contributions) =>
        (await state.CommitAsync([CommitOf(before, cause, contributions)], None)).Single();

    private static StudentCommit CommitOf(StudentRecord before, Cause cause, params Contribution[] contributions) =>
        new(before, contributions.Aggregate(before, (record, contribution) => record.With(contribution)), cause);

    /// <summary>Commits to the newest version, as the sync does, and gives the record as stored.</summary>
    private async Task<StudentRecord> PutAsync(StateId id, params Contribution[] contributions)
    {
        Assert.AreEqual(CommitStatus.Committed, await CommitAsync(await FindAsync(id) ?? Empty(id), contributions));
        return (await FindAsync(id))!;
    }

    /// <summary>Every event, read in pages.</summary>
    private async Task<List<StateChange>> ChangesAsync(int page = 1000)
    {
        var changes = new List<StateChange>();
        StateChanges? read = null;
        do
        {
            read = await state.ReadChangesAsync(read?.Cursor, page, None);
            Assert.IsLessThanOrEqualTo(page, read.Changes.Count);
            changes.AddRange(read.Changes);
        }
        while (read.HasMore);
        return changes;
    }

    private async Task<List<StudentRecord>> ReadAsync(DateTimeOffset? asOf = null, StateIdRange? range = null) => await state.ReadAsync(Year, range ?? StateIdRange.All, asOf, None).ToListAsync();

    private static string Describe(StudentRecord? record) => record is null ? "none" : $"{record.StateId} v{record.Version} {string.Join(' ', record.Contributions.Select(DescribeOne))}".TrimEnd();

    private static string DescribeOne(Contribution contribution) =>
        $"{contribution.District}/{contribution.LocalId}@{contribution.EditionVersion}[{string.Join(' ', contribution.Sections.Select(section => $"{section.Type}:{section.Key}:{section.Upload.Value}:{section.Line}:{Convert.ToHexString(section.Content.Span)}"))}]";

    private static string FirstNameOf(StudentRecord record) => RecordTypes.Student.Read(record.Contributions[0].Sections[0].Content.Span).FirstName!;

    [TestMethod]
    public async Task What_is_not_there_is_empty()
    {
        Assert.IsNull(await FindAsync(Ana));
        Assert.IsEmpty(await state.FindYearsAsync(Ana, None));
        Assert.IsEmpty(await state.HistoryAsync(Ana, Year, None));
        Assert.IsEmpty(await ReadAsync());
        Assert.IsEmpty(await state.StudentsOfAsync(Sample.District, Year, None).ToListAsync());
        Assert.IsEmpty(await ChangesAsync());
        Assert.IsEmpty(await state.CommitAsync([], None));
        Assert.IsEmpty(await state.FindAsync([], Year, None));
    }

    [TestMethod]
    public async Task A_committed_record_comes_back_whole_with_version_stamp_and_cause()
    {
        var commit = CommitOf(Empty(Ana), new Cause("upload-1", "sync"),
            Stored.Contribution(Sample.OtherDistrict, "b", Stored.Student("Anna", upload: 4, line: 5)),
            Stored.Contribution("a", Stored.Student("Ana"), Stored.Enrollment("05", upload: 3, line: 77)) with { EditionVersion = 12 });

        CollectionAssert.AreEqual(new[] { CommitStatus.Committed }, (await state.CommitAsync([commit], None)).ToList());

        var record = (await FindAsync(Ana))!;
        Assert.AreEqual(Describe(commit.After with { Version = 1 }), Describe(record));
        Assert.AreEqual((Year, new Cause("upload-1", "sync")), (record.Year, record.Cause));
        Assert.IsGreaterThanOrEqualTo(clock.GetUtcNow(), record.Stamp);
    }

    private static StateEdit Held(string value, string localId = "1") =>
        new(Sample.District, localId, RecordTypes.Student, "", nameof(Student.FirstName), System.Text.Encoding.UTF8.GetBytes(value), "reviewer", "Decided", new DateTimeOffset(2025, 11, 3, 0, 0, 0, TimeSpan.Zero));

    [TestMethod]
    public async Task What_the_state_holds_is_kept_beside_what_districts_say_and_is_a_version_with_an_event()
    {
        var before = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));

        CollectionAssert.AreEqual(new[] { CommitStatus.Committed }, (await state.CommitAsync([new StudentCommit(before, before.With(Held("Anna")), Stored.Cause)], None)).ToList());
        var held = (await FindAsync(Ana))!;
        Assert.AreEqual(("Ana", "Anna", 2L), (FirstNameOf(held), RecordTypes.Student.Read(held.Effective[0].Sections[0].Content.Span).FirstName, held.Version));
        Assert.AreEqual(Held("Anna") with { Value = default }, held.Edits.Single() with { Value = default });
        Assert.AreEqual("0123 SD", $"{(await ChangesAsync())[^1].Districts.Single()} {(await ChangesAsync())[^1].Sections.Single()}");

        var loaded = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Anja")));
        Assert.AreEqual(("Anja", EditStanding.Held), (FirstNameOf(loaded), loaded.StandingOf(loaded.Edits.Single())), "a load leaves it alone");
        var agreed = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Anna")));
        Assert.AreEqual(EditStanding.NoLongerNeeded, agreed.StandingOf(agreed.Edits.Single()));
        CollectionAssert.AreEqual(new[] { CommitStatus.Committed }, (await state.CommitAsync([new StudentCommit(agreed, agreed.Without(agreed.Edits.Single()), Stored.Cause)], None)).ToList(), "letting it go is a version too, though nothing else changes");
        Assert.IsEmpty((await FindAsync(Ana))!.Edits);
        Assert.HasCount(1, (await state.HistoryAsync(Ana, Year, None))[1].Edits, "history has what was held");
    }

    [TestMethod]
    public async Task A_commit_makes_record_history_and_event_together()
    {
        var first = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        clock.Advance(TimeSpan.FromHours(1));
        var second = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Anna")));

        Assert.AreEqual((1L, 2L), (first.Version, second.Version));
        Assert.IsGreaterThan(first.Stamp, second.Stamp);
        var history = await state.HistoryAsync(Ana, Year, None);
        CollectionAssert.AreEqual(new[] { Describe(second), Describe(first) }, history.Select(Describe).ToList(), "newest first");
        CollectionAssert.AreEqual(new[] { (second.Stamp, second.Cause), (first.Stamp, first.Cause) }, history.Select(record => (record.Stamp, record.Cause)).ToList());
        CollectionAssert.AreEqual(new[] { (Ana, Year, 1L, first.Stamp), (Ana, Year, 2L, second.Stamp) }, (await ChangesAsync()).Select(change => (change.StateId, change.Year, change.Version, change.Stamp)).ToList());
    }

    [TestMethod]
    public async Task An_event_tells_whose_sections_of_which_types_changed()
    {
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana"), Stored.Enrollment("05")), Stored.Contribution(Sample.OtherDistrict, "2", Stored.Student("Ana")));
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana"), Stored.Enrollment("06")));
        await PutAsync(Ana, Stored.Contribution(Sample.OtherDistrict, "2"));

        var told = (await ChangesAsync()).Select(change => $"{string.Join(' ', change.Districts)}: {string.Join(' ', change.Sections)}").ToList();

        CollectionAssert.AreEqual(new[] { "0123 0456: SD EN", "0123: EN", "0456: SD" }, told);
    }

    [TestMethod]
    public async Task The_id_of_an_event_comes_from_the_version_and_stays_the_same_when_it_is_read_again()
    {
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Anna")));
        await PutAsync(Berta, Stored.Contribution("2", Stored.Student("Berta")));

        var changes = await ChangesAsync();
        var again = await ChangesAsync(page: 1);

        CollectionAssert.AreEquivalent(new[] { StateChange.IdOf(Ana, Year, 1), StateChange.IdOf(Ana, Year, 2), StateChange.IdOf(Berta, Year, 1) }, changes.Select(change => change.Id).ToList());
        CollectionAssert.AreEquivalent(changes.Select(change => (change.Id, change.Stamp)).ToList(), again.DistinctBy(change => change.Id).Select(change => (change.Id, change.Stamp)).ToList());
    }

    [TestMethod]
    public async Task Events_are_read_in_pages_in_order_and_each_students_in_the_order_of_versions()
    {
        var students = Enumerable.Range(1, 12).Select(i => new StateId(i * 80_000_000)).ToList();
        for (var round = 0; round < 3; round++)
        {
            foreach (var id in students) await PutAsync(id, Stored.Contribution("1", Stored.Student($"Ana{round}")));
        }

        var changes = await ChangesAsync(page: 5);

        Assert.HasCount(36, changes.DistinctBy(change => change.Id));
        foreach (var own in changes.DistinctBy(change => change.Id).GroupBy(change => change.StateId)) CollectionAssert.AreEqual(new[] { 1L, 2L, 3L }, own.Select(change => change.Version).ToList());
    }

    [TestMethod]
    public async Task A_cursor_goes_on_with_what_came_since_and_one_of_another_store_is_refused()
    {
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        StateChanges read;
        string? cursor = null;
        do cursor = (read = await state.ReadChangesAsync(cursor, 5, None)).Cursor; while (read.HasMore);

        Assert.IsEmpty((await state.ReadChangesAsync(cursor, 5, None)).Changes);
        await PutAsync(Berta, Stored.Contribution("2", Stored.Student("Berta")));
        Assert.AreEqual(Berta, (await state.ReadChangesAsync(cursor, 5, None)).Changes.Single().StateId);
        await Assert.ThrowsExactlyAsync<InvalidCursorException>(() => state.ReadChangesAsync("of another store", 5, None));
    }

    [TestMethod]
    public async Task What_says_the_same_as_before_is_unchanged_and_leaves_no_trace()
    {
        var stored = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana", upload: 1)));

        var again = await CommitAsync(stored, Stored.Contribution("1", Stored.Student("Ana", upload: 2, line: 99)) with { EditionVersion = 5 });
        var nothing = await CommitAsync(Empty(Berta));

        Assert.AreEqual((CommitStatus.Unchanged, CommitStatus.Unchanged), (again, nothing));
        Assert.AreEqual(Describe(stored), Describe(await FindAsync(Ana)));
        Assert.IsNull(await FindAsync(Berta));
        Assert.HasCount(1, await state.HistoryAsync(Ana, Year, None));
        Assert.HasCount(1, await ChangesAsync());
    }

    [TestMethod]
    public async Task What_was_made_from_another_version_is_stale_and_leaves_no_trace()
    {
        var first = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        var second = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Anna")));

        var fromOld = await CommitAsync(first, Stored.Contribution("1", Stored.Student("Annabel")));
        var fromNothing = await CommitAsync(Empty(Ana), Stored.Contribution("1", Stored.Student("Annabel")));
        var fromTheFuture = await CommitAsync(second with { Version = 3 }, Stored.Contribution("1", Stored.Student("Annabel")));
        var ofNobody = await CommitAsync(Empty(Berta) with { Version = 1 }, Stored.Contribution("1", Stored.Student("Berta")));

        CollectionAssert.AreEqual(Enumerable.Repeat(CommitStatus.Stale, 4).ToList(), new[] { fromOld, fromNothing, fromTheFuture, ofNobody });
        Assert.AreEqual(Describe(second), Describe(await FindAsync(Ana)));
        Assert.IsNull(await FindAsync(Berta));
        Assert.HasCount(2, await state.HistoryAsync(Ana, Year, None));
        Assert.HasCount(2, await ChangesAsync());
        Assert.AreEqual("123456789", string.Join(' ', await state.StudentsOfAsync(Sample.District, Year, None).ToListAsync()));
    }

    [TestMethod]
    public async Task Students_of_one_call_are_committed_each_on_its_own_and_answered_in_the_order_given()
    {
        var ana = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        await PutAsync(Berta, Stored.Contribution("2", Stored.Student("Berta")));
        var (carla, dora) = (new StateId(5), new StateId(4));

        var outcomes = await state.CommitAsync(
        [
            CommitOf(Empty(carla), Stored.Cause, Stored.Contribution("3", Stored.Student("Carla"))),
            CommitOf(Empty(Berta), Stored.Cause, Stored.Contribution("2", Stored.Student("Bertha"))),
            CommitOf(ana, Stored.Cause, Stored.Contribution("1", Stored.Student("Ana"))),
            CommitOf(Empty(dora), Stored.Cause, Stored.Contribution("4", Stored.Student("Dora"))),
        ], None);

        CollectionAssert.AreEqual(new[] { CommitStatus.Committed, CommitStatus.Stale, CommitStatus.Unchanged, CommitStatus.Committed }, outcomes.ToList());
        var found = await state.FindAsync([Ana, Berta, carla, dora, new StateId(6)], Year, None);
        Assert.AreEqual("Dora Carla Ana Berta", string.Join(' ', found.OrderBy(item => item.Key).Select(item => FirstNameOf(item.Value))));
        Assert.HasCount(4, await ChangesAsync());
    }

    [TestMethod]
    public async Task Of_commits_at_once_from_one_version_one_is_committed()
    {
        var before = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => CommitAsync(before, Stored.Contribution("1", Stored.Student($"Anna{i}"))))));

        Assert.AreEqual(1, outcomes.Count(outcome => outcome == CommitStatus.Committed));
        Assert.AreEqual(5, outcomes.Count(outcome => outcome == CommitStatus.Stale));
        var record = (await FindAsync(Ana))!;
        Assert.AreEqual((2L, $"Anna{Array.IndexOf(outcomes, CommitStatus.Committed)}"), (record.Version, FirstNameOf(record)));
        Assert.HasCount(2, await ChangesAsync());
    }

    [TestMethod]
    public async Task Of_first_commits_at_once_one_is_committed()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => CommitAsync(Empty(Ana), Stored.Contribution($"{i}", Stored.Student("Ana"))))));

        Assert.AreEqual(1, outcomes.Count(outcome => outcome == CommitStatus.Committed));
        Assert.AreEqual(5, outcomes.Count(outcome => outcome == CommitStatus.Stale));
        Assert.HasCount(1, (await FindAsync(Ana))!.Contributions);
    }

    [TestMethod]
    public async Task Many_students_are_committed_and_found_in_one_call_and_asking_twice_for_one_does_no_harm()
    {
        var ids = Enumerable.Range(1, 250).Select(i => new StateId(i * 3_999_999)).ToList();

        var outcomes = await state.CommitAsync([.. ids.Select(id => CommitOf(Empty(id), Stored.Cause, Stored.Contribution($"{id}", Stored.Student("Ana"))))], None);

        Assert.IsTrue(outcomes.All(outcome => outcome == CommitStatus.Committed));
        Assert.HasCount(250, await state.FindAsync([.. ids, ids[0]], Year, None));
        CollectionAssert.AreEqual(ids, (await ReadAsync()).Select(record => record.StateId).ToList());
        Assert.HasCount(250, (await ChangesAsync(page: 100)).DistinctBy(change => change.Id));
    }

    [TestMethod]
    public async Task A_record_from_which_everything_was_taken_back_stays_a_record()
    {
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));

        var empty = await PutAsync(Ana, Stored.Contribution("1"));

        Assert.AreEqual((2L, 0), (empty.Version, empty.Contributions.Count));
        Assert.HasCount(2, await state.HistoryAsync(Ana, Year, None));
        Assert.AreEqual(Describe(empty), Describe((await ReadAsync()).Single()));
        Assert.AreEqual(3, (await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")))).Version);
    }

    [TestMethod]
    public async Task Years_of_a_student_are_apart_and_listed_newest_first()
    {
        foreach (var year in new[] { 2025, 2027, 2026 })
            await CommitAsync(Empty(Ana, new SchoolYear(year)), Stored.Contribution("1", Stored.Student($"Ana{year}")));
        await CommitAsync(Empty(Berta, new SchoolYear(2028)), Stored.Contribution("2", Stored.Student("Berta")));

        var years = await state.FindYearsAsync(Ana, None);

        CollectionAssert.AreEqual(new[] { "Ana2027", "Ana2026", "Ana2025" }, years.Select(FirstNameOf).ToList());
        Assert.AreEqual("Ana2025", FirstNameOf((await FindAsync(Ana, new SchoolYear(2025)))!));
        Assert.AreEqual("Ana2026", FirstNameOf((await ReadAsync()).Single()));
        Assert.HasCount(1, await state.HistoryAsync(Ana, Year, None));
    }

    [TestMethod]
    public async Task Students_of_a_district_are_those_it_has_sections_of_in_order()
    {
        var carla = new StateId(50);
        await PutAsync(Berta, Stored.Contribution("2", Stored.Student("Berta")));
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")), Stored.Contribution(Sample.OtherDistrict, "9", Stored.Student("Ana")));
        await PutAsync(carla, Stored.Contribution("3", Stored.Student("Carla")));
        await CommitAsync(Empty(new StateId(60), new SchoolYear(2025)), Stored.Contribution("4", Stored.Student("Dora")));

        async Task<string> OfAsync(DistrictId district) => string.Join(' ', await state.StudentsOfAsync(district, Year, None).ToListAsync());

        Assert.AreEqual($"{carla} {Ana} {Berta}", await OfAsync(Sample.District));
        Assert.AreEqual($"{Ana}", await OfAsync(Sample.OtherDistrict));

        await PutAsync(Ana, Stored.Contribution("1"));
        Assert.AreEqual($"{carla} {Berta}", await OfAsync(Sample.District));
        Assert.AreEqual($"{Ana}", await OfAsync(Sample.OtherDistrict), "the other district's part stays");

        await PutAsync(Ana, Stored.Contribution("1b", Stored.Student("Ana")), Stored.Contribution("1c", Stored.Student("Ana")));
        await PutAsync(Ana, Stored.Contribution("1c"));
        Assert.AreEqual($"{carla} {Ana} {Berta}", await OfAsync(Sample.District), "one of two local ids is left");
    }

    [TestMethod]
    public async Task Ranges_that_follow_one_another_hold_each_student_once()
    {
        int[] ids = [1, 2, 99_999_999, 142_857_142, 142_857_143, 333_333_333, 500_000_000, 999_999_998, StateId.Highest];
        foreach (var id in ids) await PutAsync(new StateId(id), Stored.Contribution($"{id}", Stored.Student("Ana")));

        var seen = new List<int>();
        foreach (var range in StateIdRange.Split(7))
        {
            var part = await ReadAsync(range: range);
            Assert.IsTrue(part.All(record => range.Contains(record.StateId)));
            seen.AddRange(part.Select(record => record.StateId.Value));
        }

        CollectionAssert.AreEqual(ids, seen);
    }

    [TestMethod]
    public async Task A_commit_after_the_moment_was_fixed_is_stamped_later_and_one_before_is_stamped_before()
    {
        var before = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        var moment = await state.FixMomentAsync(None);
        var after = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Anna")));
        var next = await state.FixMomentAsync(None);

        Assert.IsTrue(before.Stamp < moment && moment < after.Stamp && after.Stamp < next, "though the clock has stood still");
    }

    [TestMethod]
    public async Task Stamps_never_go_back_when_the_clock_does()
    {
        var first = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        var moment = await state.FixMomentAsync(None);
        clock.AdjustTime(clock.GetUtcNow().AddHours(-1));

        var second = await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Anna")));

        Assert.IsTrue(first.Stamp < moment && moment < second.Stamp);
    }

    [TestMethod]
    public async Task Reading_as_of_a_moment_gives_every_student_as_it_was_then()
    {
        var (carla, dora) = (new StateId(50), new StateId(60));
        await PutAsync(Ana, Stored.Contribution("1", Stored.Student("Ana")));
        await PutAsync(Berta, Stored.Contribution("2", Stored.Student("Berta")));
        await PutAsync(carla, Stored.Contribution("3", Stored.Student("Carla")));
        var early = await state.FixMomentAsync(None);
        clock.Advance(TimeSpan.FromDays(1));
        for (var i = 0; i < 3; i++) await PutAsync(Ana, Stored.Contribution("1", Stored.Student($"Anna{i}")));
        await PutAsync(carla, Stored.Contribution("3"));
        await PutAsync(dora, Stored.Contribution("4", Stored.Student("Dora")));
        var late = await state.FixMomentAsync(None);
        await PutAsync(Berta, Stored.Contribution("2", Stored.Student("Bertha")));

        CollectionAssert.AreEqual(new[] { "Carla", "Ana", "Berta" }, (await ReadAsync(early)).Select(FirstNameOf).ToList());
        CollectionAssert.AreEqual(new[] { $"{carla} v2", $"{dora} v1 Dora", $"{Ana} v4 Anna2", $"{Berta} v1 Berta" },
            (await ReadAsync(late)).Select(record => $"{record.StateId} v{record.Version} {(record.Contributions.Count == 0 ? "" : FirstNameOf(record))}".TrimEnd()).ToList());
        Assert.AreEqual("Bertha", FirstNameOf((await ReadAsync())[^1]));
        CollectionAssert.AreEqual(new[] { "Ana", "Berta" }, (await ReadAsync(early, new StateIdRange(Ana.Value, Berta.Value + 1))).Select(FirstNameOf).ToList());
    }

    [TestMethod]
    public async Task Reading_as_of_a_moment_is_not_disturbed_by_commits_that_go_on()
    {
        var ids = Enumerable.Range(1, 20).Select(i => new StateId(i * 40_000_000)).ToList();
        foreach (var id in ids) await PutAsync(id, Stored.Contribution("1", Stored.Student("Before")));
        var moment = await state.FixMomentAsync(None);

        var read = new List<StudentRecord>();
        await foreach (var record in state.ReadAsync(Year, StateIdRange.All, moment, None))
        {
            read.Add(record);
            if (read.Count % 5 != 1) continue;
            foreach (var id in ids.Where(id => id.Value % 3 == 0 || id.Value > record.StateId.Value).Take(4)) await PutAsync(id, Stored.Contribution("1", Stored.Student($"After{read.Count}")));
            await PutAsync(new StateId(ids[^1].Value + read.Count), Stored.Contribution("1", Stored.Student("New")));
        }

        CollectionAssert.AreEqual(ids, read.Select(record => record.StateId).ToList());
        Assert.IsTrue(read.All(record => FirstNameOf(record) == "Before" && record.Stamp < moment));
    }

    [TestMethod]
    public async Task A_moment_that_is_fixed_in_the_midst_of_commits_cuts_them_once_and_for_all()
    {
        async Task CommitMineAsync(int writer)
        {
            for (var i = 0; i < 5; i++) await PutAsync(new StateId(writer * 100_000_000 + i + 1), Stored.Contribution("1", Stored.Student("Ana")));
        }
        var writing = Enumerable.Range(1, 4).Select(writer => Task.Run(() => CommitMineAsync(writer))).ToList();
        var moment = await state.FixMomentAsync(None);
        var during = (await ReadAsync(moment)).Select(record => record.StateId).ToList();
        await Task.WhenAll(writing);

        var after = await ReadAsync(moment);

        CollectionAssert.AreEqual(during, after.Select(record => record.StateId).ToList(), "whoever reads at the moment reads the same");
        var all = await ReadAsync();
        Assert.HasCount(20, all);
        CollectionAssert.AreEqual(all.Where(record => record.Stamp < moment).Select(record => record.StateId).ToList(), during);
        Assert.IsFalse(all.Any(record => record.Stamp == moment));
    }
}
