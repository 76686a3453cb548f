using System.Text.RegularExpressions;
using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Movement;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Generate;
using Aim.Tests.Setup;
using Aim.Uploads;
using Microsoft.Extensions.Logging;
using static Aim.Tests.Movement.Stay;

namespace Aim.Tests.Movement;

/// <summary>Cases open, change and close as the districts' records do.</summary>
[TestClass]
public sealed class JudgeMovementTests
{
    private const int Stranger = 100_200_301;

    private static readonly DateOnly Night = new(2026, 3, 1);

    private static async Task<List<MovementCase>> ListedAsync(AimPorts ports, DistrictId? district) => await new CaseBook(ports.Ledger).ListAsync(Sample.Year, district, null, CancellationToken.None).ToListAsync();

    [TestMethod]
    public async Task An_overlap_is_a_case_as_soon_as_the_second_district_sends_it_and_both_find_it()
    {
        var clock = new HandClock(new DateTimeOffset(2025, 10, 7, 12, 0, 0, TimeSpan.Zero));
        await using var bench = await TwoDistricts.OpenAsync(clock);
        await TwoDistricts.SendAsync(bench, Here("08/25/2025"));
        Assert.IsEmpty(await TwoDistricts.CasesAsync(bench));

        await TwoDistricts.SendAsync(bench, There("10/01/2025"));

        var opened = (await TwoDistricts.CasesAsync(bench)).Single();
        Assert.AreEqual(("ENR-004", CaseStatus.Open, new DateOnly(2025, 10, 21)), (opened.Rule, opened.Status, opened.Due), "14 days to answer");
        Assert.AreEqual((new DateOnly(2025, 10, 1), new DateOnly(2026, 6, 30)), (opened.From, opened.To));
        foreach (var district in new DistrictId?[] { null, Sample.District, Sample.OtherDistrict }) Assert.AreEqual(opened.Id, (await ListedAsync(bench.Ports, district)).Single().Id);
        Assert.IsEmpty(await ListedAsync(bench.Ports, new DistrictId("0789")));
    }

    [TestMethod]
    public async Task A_case_closes_by_itself_when_the_overlap_is_gone_and_a_later_overlap_is_another_case()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));
        await TwoDistricts.SendAsync(bench, Here("08/25/2025", "10/01/2025", "120"));

        var closed = (await TwoDistricts.CasesAsync(bench)).Single();
        Assert.AreEqual(CaseStatus.Resolved, closed.Status);
        Assert.IsNotNull(closed.Gone);

        await TwoDistricts.SendAsync(bench, Here("08/25/2025"));

        var cases = await TwoDistricts.CasesAsync(bench);
        Assert.AreEqual("Open Resolved", string.Join(' ', cases.Select(item => item.Status.ToString()).Order(StringComparer.Ordinal)));
        Assert.HasCount(2, cases.Select(item => item.Id).Distinct());
        Assert.HasCount(2, await ListedAsync(bench.Ports, Sample.District));
    }

    [TestMethod]
    public async Task An_overlap_that_comes_back_on_the_day_its_case_once_began_is_another_case()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));
        await TwoDistricts.SendAsync(bench, There("10/15/2025"));
        await TwoDistricts.SendAsync(bench, Here("08/25/2025", "10/01/2025", "120"));
        Assert.AreEqual(CaseStatus.Resolved, (await TwoDistricts.CasesAsync(bench)).Single().Status);

        await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));

        Assert.AreEqual("Open Resolved", string.Join(' ', (await TwoDistricts.CasesAsync(bench)).Select(item => item.Status.ToString()).Order(StringComparer.Ordinal)));
    }

    [TestMethod]
    public async Task A_case_is_due_by_the_calendar_of_the_state()
    {
        // Half past eleven in the evening of October 7 in Denver.
        await using var bench = await TwoDistricts.OpenAsync(new HandClock(new DateTimeOffset(2025, 10, 8, 5, 30, 0, TimeSpan.Zero)));
        await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));

        Assert.AreEqual(new DateOnly(2025, 10, 21), (await TwoDistricts.CasesAsync(bench)).Single().Due);
    }

    [TestMethod]
    public async Task Other_rules_close_the_cases_of_students_to_whom_nothing_has_happened_and_only_at_night()
    {
        await using var bench = await DeferredAsync(TimeProvider.System);
        var judge = new JudgeMovement(bench.Ports.State, bench.Ports.Ledger, bench.Platform.Cases, bench.Platform.Calendar, TimeProvider.System);
        await JudgeAsync(judge, "first");
        var twin = new StateId(Stranger);
        var record = Histories.Records("2026 0123/0001 05 2025-08-25 - -").Single();
        await bench.Ports.State.CommitAsync([new State.StudentCommit(State.StudentRecord.Empty(twin, record.Year), record with { StateId = twin }, Stored.Cause)], CancellationToken.None);
        // As if an earlier rule had found something.
        await bench.Platform.Cases.AddAsync((await TwoDistricts.CasesAsync(bench)).Single() with { Id = "2026-20251001-0", Student = twin }, CancellationToken.None);
        await JudgeAsync(judge, "second");
        Assert.AreEqual(CaseStatus.Open, (await bench.Platform.Cases.OfStudentAsync(twin, CancellationToken.None)).Single().Status, "a new student is not looked up: the first load would cost twice");
        var entry = (await bench.Ports.Ledger.FindAsync("movement", "position", "-", CancellationToken.None))!;
        await bench.Ports.Ledger.PutAsync(entry with { Json = Regex.Replace(entry.Json, "\"rules\":\"[^\"]*\"", "\"rules\":\"others\"") }, CancellationToken.None);

        Assert.AreEqual(0, (await judge.RunAsync(new MovementProgress("an upload", null, false, 0, 0, 0), CancellationToken.None)).Judged, "a district's upload doesn't judge the state anew");
        Assert.AreEqual((2L, 1L), await JudgeAsync(judge, "night") is var night ? (night.Judged, night.Closed) : default);
        Assert.AreEqual(CaseStatus.Resolved, (await bench.Platform.Cases.OfStudentAsync(twin, CancellationToken.None)).Single().Status);
        Assert.AreEqual(0, (await JudgeAsync(judge, "next night")).Judged);
    }

    [TestMethod]
    public async Task A_night_does_not_wait_for_an_upload_that_is_judging()
    {
        var clock = new HandClock(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
        await using var bench = await DeferredAsync(clock);
        var dying = CrashingPorts.With(bench.Ports, new Fuse(6));
        var upload = new JudgeMovement(dying.State, dying.Ledger, new CaseBook(dying.Ledger), bench.Platform.Calendar, clock);
        await Assert.ThrowsAsync<CrashException>(() => upload.RunAsync(new MovementProgress("upload", null, false, 0, 0, 0), CancellationToken.None));
        var judge = new JudgeMovement(bench.Ports.State, bench.Ports.Ledger, bench.Platform.Cases, bench.Platform.Calendar, clock);

        Assert.AreEqual(0, (await judge.RunAsync(new MovementProgress("another upload", null, false, 0, 0, 0), CancellationToken.None)).Judged);
        Assert.AreEqual((true, 1L), await JudgeAsync(judge, "night") is var night ? (night.IsDone, night.Judged) : default);
    }

    [TestMethod]
    public async Task A_case_follows_the_dates_of_the_records_and_stays_the_same_case()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));
        var before = (await TwoDistricts.CasesAsync(bench)).Single();

        await TwoDistricts.SendAsync(bench, There("10/15/2025", "12/19/2025", "120"));

        var after = (await TwoDistricts.CasesAsync(bench)).Single();
        Assert.AreEqual((before.Id, before.Opened, before.Due), (after.Id, after.Opened, after.Due));
        Assert.AreEqual((new DateOnly(2025, 10, 15), new DateOnly(2025, 12, 19)), (after.From, after.To));
        Assert.AreEqual(new DateOnly(2025, 12, 19), after.Sides[1].End);
    }

    [TestMethod]
    public async Task A_transfer_nobody_takes_up_is_a_case_once_its_time_is_over_though_nothing_changed_and_closes_when_the_child_arrives()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, Here("08/25/2025", "10/01/2025", "120"));
        Assert.AreEqual(0, (await bench.NightAsync(new DateOnly(2025, 10, 31))).CasesOpened);
        Assert.IsEmpty(await TwoDistricts.CasesAsync(bench));

        Assert.AreEqual(1, (await bench.NightAsync(new DateOnly(2025, 11, 1))).CasesOpened);
        Assert.AreEqual(0, (await bench.NightAsync(new DateOnly(2025, 11, 2))).CasesOpened, "it is open already");
        Assert.AreEqual(("ENR-007", CaseStatus.Open), ((await TwoDistricts.CasesAsync(bench)).Single().Rule, (await TwoDistricts.CasesAsync(bench)).Single().Status));

        await TwoDistricts.SendAsync(bench, There("11/17/2025"));

        Assert.AreEqual(CaseStatus.Resolved, (await TwoDistricts.CasesAsync(bench)).Single().Status);
    }

    [TestMethod]
    public async Task A_wait_that_ended_with_an_arrival_opens_nothing()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, Here("08/25/2025", "10/01/2025", "120"));
        await TwoDistricts.SendAsync(bench, There("10/06/2025"));

        Assert.AreEqual(0, (await bench.NightAsync(Night)).CasesOpened);
        Assert.IsEmpty(await TwoDistricts.CasesAsync(bench));
    }

    [TestMethod]
    public async Task A_night_reads_only_what_changed_since_the_last_judging()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));
        var judge = new JudgeMovement(bench.Ports.State, bench.Ports.Ledger, bench.Platform.Cases, bench.Platform.Calendar, TimeProvider.System);

        Assert.AreEqual(0, (await JudgeAsync(judge, "first")).Judged, "the uploads judged it");
        await TwoDistricts.SendAsync(bench, There("10/02/2025"));
        Assert.AreEqual(0, (await JudgeAsync(judge, "second")).Judged);
    }

    [TestMethod]
    [DataRow("\"changes\":\"[^\"]*\"", "\"changes\":\"no cursor of this store\"")]
    [DataRow("\"rules\":\"[^\"]*\"", "\"rules\":\"others\"")]
    public async Task Other_rules_and_a_cursor_that_the_store_does_not_know_have_everything_judged_anew_which_changes_nothing(string now, string then)
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, Here("08/25/2025"), There("10/01/2025"));
        var before = (await TwoDistricts.CasesAsync(bench)).Single();
        var entry = (await bench.Ports.Ledger.FindAsync("movement", "position", "-", CancellationToken.None))!;
        var changed = Regex.Replace(entry.Json, now, then);
        Assert.AreNotEqual(entry.Json, changed);
        await bench.Ports.Ledger.PutAsync(entry with { Json = changed }, CancellationToken.None);

        var progress = await JudgeAsync(new JudgeMovement(bench.Ports.State, bench.Ports.Ledger, bench.Platform.Cases, bench.Platform.Calendar, TimeProvider.System), "again");

        Assert.AreEqual((1L, 0L, 0L), (progress.Judged, progress.Opened, progress.Closed));
        Assert.AreEqual(before.Id, (await TwoDistricts.CasesAsync(bench)).Single().Id);
    }

    private static Task<MovementProgress> JudgeAsync(JudgeMovement judge, string owner) => judge.RunAsync(new MovementProgress(owner, Night, false, 0, 0, 0), CancellationToken.None);

    [TestMethod]
    public async Task Who_comes_while_another_is_judging_leaves_it_to_him()
    {
        var clock = new HandClock(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
        await using var bench = await DeferredAsync(clock);
        using var begun = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var slow = new JudgeMovement(bench.Ports.State, new HeldLedger(bench.Ports.Ledger, begun, goOn), bench.Platform.Cases, bench.Platform.Calendar, clock);
        var quick = new JudgeMovement(bench.Ports.State, bench.Ports.Ledger, bench.Platform.Cases, bench.Platform.Calendar, clock);
        var first = Task.Run(() => JudgeAsync(slow, "first"));
        await begun.WaitAsync();

        var second = await JudgeAsync(quick, "second");
        goOn.Release();

        Assert.AreEqual((true, 0L), (second.IsDone, second.Judged));
        var done = await first;
        Assert.AreEqual((true, 1L, 1L), (done.IsDone, done.Judged, done.Opened));
        Assert.HasCount(1, await TwoDistricts.CasesAsync(bench));
    }

    [TestMethod]
    public async Task Who_died_while_judging_is_taken_over_from_once_his_time_is_up()
    {
        var clock = new HandClock(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
        await using var bench = await DeferredAsync(clock);
        var dying = CrashingPorts.With(bench.Ports, new Fuse(6));
        await Assert.ThrowsAsync<CrashException>(() => JudgeAsync(new JudgeMovement(dying.State, dying.Ledger, new CaseBook(dying.Ledger), bench.Platform.Calendar, clock), "dead"));
        var judge = new JudgeMovement(bench.Ports.State, bench.Ports.Ledger, bench.Platform.Cases, bench.Platform.Calendar, clock);

        Assert.AreEqual(0, (await JudgeAsync(judge, "heir")).Judged);
        clock.Pass(TimeSpan.FromMinutes(11));
        Assert.AreEqual((1, 1), ((await JudgeAsync(judge, "heir")).Judged, (await TwoDistricts.CasesAsync(bench)).Count));
    }

    [TestMethod]
    public async Task A_judging_that_dies_at_any_moment_and_is_repeated_ends_with_one_case_that_both_districts_find()
    {
        var calls = 0;
        for (var length = 1; ; length++)
        {
            await using var bench = await DeferredAsync(TimeProvider.System);
            var fuse = new Fuse(length);
            var dying = CrashingPorts.With(bench.Ports, fuse);
            var done = false;
            try
            {
                await JudgeAsync(new JudgeMovement(dying.State, dying.Ledger, new CaseBook(dying.Ledger), bench.Platform.Calendar, TimeProvider.System), "night");
                done = true;
            }
            catch (CrashException)
            {
                calls++;
            }
            await JudgeAsync(new JudgeMovement(bench.Ports.State, bench.Ports.Ledger, bench.Platform.Cases, bench.Platform.Calendar, TimeProvider.System), "night");

            var only = (await TwoDistricts.CasesAsync(bench)).Single();
            foreach (var district in new DistrictId?[] { null, Sample.District, Sample.OtherDistrict }) Assert.AreEqual(only.Id, (await ListedAsync(bench.Ports, district)).Single().Id, $"died at {length}");
            if (done) break;
        }
        Assert.IsGreaterThan(15, calls, "it died often enough to show something");
    }

    /// <summary>An overlap that is in the state's record and was not judged.</summary>
    private static async Task<Workbench> DeferredAsync(TimeProvider clock)
    {
        var bench = await TwoDistricts.OpenAsync(clock);
        var history = Histories.Records("2026 0123/0001 05 2025-08-25 - -", "2026 0456/0101 05 2025-10-01 - -");
        await bench.Ports.State.CommitAsync([.. history.Select(record => new State.StudentCommit(State.StudentRecord.Empty(record.StateId, record.Year), record, Stored.Cause))], CancellationToken.None);
        return bench;
    }

    /// <summary>Stops at the second write of the position, when the first page is judged.</summary>
    private sealed class HeldLedger(ILedger ledger, SemaphoreSlim begun, SemaphoreSlim goOn) : ILedger
    {
        private int writes;

        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) => ledger.FindAsync(subject, kind, id, cancellation);

        public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) => ledger.AddAsync(entry, cancellation);

        public async Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation)
        {
            if (Interlocked.Increment(ref writes) == 1)
            {
                begun.Release();
                await goOn.WaitAsync(cancellation);
            }
            return await ledger.PutAsync(entry, cancellation);
        }

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) => ledger.ListAsync(subject, kind, afterId, cancellation);
    }

    [TestMethod]
    public async Task A_generated_state_without_mistakes_has_no_cases()
    {
        await using var data = DataFolder.Open(AssemblySetup.NewFolder("generated-movement"), new Uri("http://localhost:5080"), TimeProvider.System, LoggerFactory.Create(_ => { }));
        data.Engine.Start();
        var report = await new StateLoader(data, TimeProvider.System).LoadAsync(new GeneratedState(2000, seed: 5).Folder, ConfirmPolicy.Never, new StageProgress(null), CancellationToken.None);

        Assert.IsGreaterThan(1500, report.StudentsSynced);
        Assert.AreEqual("", string.Join(", ", (await ListedAsync(data.Ports, null)).Select(item => item.Sides[0].Finding.Message)));
    }
}
