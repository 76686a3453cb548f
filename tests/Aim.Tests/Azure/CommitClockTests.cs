using Aim.Azure.Cosmos;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;

namespace Aim.Tests.Azure;

/// <summary>Moments and the writers that die, on a gateway whose time passes by hand.</summary>
[TestClass]
public sealed class CommitClockTests : IAsyncDisposable
{
    private static readonly StateId Ana = new(123_456_789);
    private static readonly StateId Ben = new(123_456_790);

    private readonly HandClock time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private CosmosBench bench = null!;
    private CosmosStateStore state = null!;

    [TestInitialize]
    public async Task Open()
    {
        bench = await CosmosBench.OpenGatewayAsync(clock: time);
        state = new CosmosStateStore(bench.Account, time);
    }

    public ValueTask DisposeAsync()
    {
        state.Dispose();
        return bench.DisposeAsync();
    }

    private static CancellationToken None => CancellationToken.None;

    private CommitClock NewClock(TimeProvider? own = null) => new(bench.Account.Table(CosmosContainers.Students), own ?? time);

    private static StudentCommit Commit(StudentRecord before, string firstName) => new(before, before.With(Stored.Contribution("1", Stored.Student(firstName))), Stored.Cause);

    private static async Task CommitAsync(CosmosStateStore store, StudentRecord before, string firstName) =>
        Assert.AreEqual(CommitStatus.Committed, (await store.CommitAsync([Commit(before, firstName)], None)).Single());

    private async Task<StudentRecord> FindAsync(StateId id) => (await state.FindAsync([id], Sample.Year, None))[id];

    private async Task<string> VersionsAtAsync(DateTimeOffset moment) =>
        string.Join(' ', await state.ReadAsync(Sample.Year, StateIdRange.All, moment, None).Select(record => $"{record.StateId}:{record.Version}").ToListAsync());

    /// <summary>Until the moment has looked at the clock several times more, and so has seen what the time is now.</summary>
    private async Task LookedAgainAsync()
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        var looks = bench.Gateway!.Answered.Count;
        while (bench.Gateway.Answered.Count < looks + 6) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
    }

    [TestMethod]
    public async Task A_window_is_taken_for_lost_after_two_minutes_of_the_services_time()
    {
        using var dead = NewClock();
        var window = await dead.JoinAsync(None);
        var fixing = state.FixMomentAsync(None);
        await LookedAgainAsync();

        time.Pass(TimeSpan.FromSeconds(119));
        await LookedAgainAsync();
        Assert.IsFalse(fixing.IsCompleted, "the writer may still be alive");
        time.Pass(TimeSpan.FromSeconds(1));

        var moment = await fixing;
        Assert.IsGreaterThan(window.Stamp, moment);
        // It is out of the way: the next moment doesn't wait for it.
        Assert.IsGreaterThan(moment, await state.FixMomentAsync(None));
    }

    [TestMethod]
    public async Task A_machine_that_counts_too_fast_does_not_take_a_window_for_lost()
    {
        using var dead = NewClock();
        await dead.JoinAsync(None);
        var hasty = new HandClock(time.GetUtcNow());
        using var clock = NewClock(hasty);
        var fixing = clock.FixAsync(None);
        await LookedAgainAsync();

        hasty.Pass(TimeSpan.FromHours(1));
        await LookedAgainAsync();
        Assert.IsFalse(fixing.IsCompleted);
        time.Pass(TimeSpan.FromSeconds(120));

        await fixing;
    }

    [TestMethod]
    public async Task What_landed_under_a_lost_window_before_the_seal_is_in_the_moment_also_when_it_is_superseded_after()
    {
        var moment = await FixWithLostWindowAsync(dying => CommitAsync(dying, StudentRecord.Empty(Ana, Sample.Year), "Ana"), late: null);
        time.Pass(TimeSpan.FromMinutes(1));
        await CommitAsync(state, await FindAsync(Ana), "Anna");
        await CommitAsync(state, await FindAsync(Ana), "Hannah");

        Assert.AreEqual($"{Ana}:1", await VersionsAtAsync(moment));
        Assert.AreEqual($"{Ana}:3", await VersionsAtAsync(await state.FixMomentAsync(None)));
    }

    [TestMethod]
    public async Task What_lands_under_a_lost_window_after_the_seal_is_not_in_the_moment_whether_superseded_or_not()
    {
        await CommitAsync(state, StudentRecord.Empty(Ana, Sample.Year), "Ana");
        var before = await FindAsync(Ana);

        var moment = await FixWithLostWindowAsync(_ => Task.CompletedTask, late: async dying =>
        {
            await CommitAsync(dying, before, "Anna");
            await CommitAsync(dying, StudentRecord.Empty(Ben, Sample.Year), "Ben");
        });

        Assert.IsLessThan(moment, (await FindAsync(Ana)).Stamp, "it has a stamp from before the moment");
        Assert.AreEqual($"{Ana}:1", await VersionsAtAsync(moment));
        await CommitAsync(state, await FindAsync(Ana), "Hannah");
        Assert.AreEqual($"{Ana}:1", await VersionsAtAsync(moment));
    }

    /// <summary>Fixes a moment that loses a window: that of a process whose own clock stands still, so that it takes the window for open however late it is.</summary>
    private async Task<DateTimeOffset> FixWithLostWindowAsync(Func<CosmosStateStore, Task> early, Func<CosmosStateStore, Task>? late)
    {
        using var clock = NewClock(new HandClock(time.GetUtcNow()));
        using var dying = new CosmosStateStore(bench.Account, clock);
        await clock.JoinAsync(None);
        await early(dying);
        var fixing = state.FixMomentAsync(None);
        await LookedAgainAsync();
        time.Pass(TimeSpan.FromSeconds(121));
        var moment = await fixing;
        if (late is not null) await late(dying);
        return moment;
    }

    [TestMethod]
    public async Task A_commit_that_got_its_window_too_late_takes_the_next()
    {
        var halting = new HaltingClock();
        using var store = new CosmosStateStore(bench.Account, halting);

        await CommitAsync(store, StudentRecord.Empty(Ana, Sample.Year), "Ana");

        Assert.AreEqual(0, halting.Halts, "it was halted every time");
        Assert.AreEqual(1, (await FindAsync(Ana)).Version);
        await state.FixMomentAsync(None);
    }

    /// <summary>The clock of a process that is halted for a minute whenever it looks, a few times.</summary>
    private sealed class HaltingClock : TimeProvider
    {
        private long passed;

        public int Halts { get; private set; } = 6;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            if (Halts == 0) return passed;
            Halts--;
            return passed += TimeSpan.TicksPerMinute;
        }
    }
}
