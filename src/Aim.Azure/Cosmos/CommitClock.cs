using System.Text.Json.Serialization;

namespace Aim.Azure.Cosmos;

/// <summary>The right to commit under a stamp, for a short while. Several commits of one process share it.</summary>
internal sealed class CommitWindow(string id, DateTimeOffset stamp, long opened)
{
    public string Id => id;

    public DateTimeOffset Stamp => stamp;

    /// <summary>By the process's own count of time, before the window was asked for.</summary>
    public long Opened => opened;

    public int Users { get; set; } = 1;
}

/// <summary>What is read at a moment, by the stamps of versions and, for stamps whose commits were taken for lost, by when they landed.</summary>
internal sealed class MomentCut(DateTimeOffset moment, IReadOnlyList<DateTimeOffset> lost, long sealedAt)
{
    /// <param name="landedAt">When the service wrote the version first; asked for only where it matters.</param>
    public async ValueTask<bool> HoldsAsync(DateTimeOffset stamp, Func<ValueTask<long>> landedAt) => stamp <= moment && (!lost.Contains(stamp) || await landedAt() < sealedAt);
}

/// <summary>
/// Hands out the stamps of commits and the moments of snapshots, so that a moment is one cut although no transaction spans two students.
/// <para>
/// One item, written under its ETag in an account with strong consistency, holds the last stamp that was given out and the windows that are open. Whoever
/// wants to commit first opens a window there, and so gets a stamp later than all before, whatever its machine's clock says. A moment is given out from
/// the same count: later than every earlier stamp, earlier than every later one. What is left are commits under windows that were open by then:
/// <see cref="FixAsync"/> waits until each has been closed. So whatever is stamped before the moment has landed when it returns, and
/// nothing that starts afterwards can be stamped before it.
/// </para>
/// <para>
/// A process may die with its window open, or be paused for minutes and then go on. So nobody sends a commit under a window that is older than
/// <see cref="Sendable"/>, and a moment takes a window for lost that is still open <see cref="Lost"/> later, by the service's own time (an item's
/// <c>_ts</c>), so that no machine's clock comes into it. The moment then notes lost stamps and when it was sealed: should a commit under one of
/// them land after all, readers at the moment see by the service's time that it came too late, and take the version before.
/// </para>
/// <para>
/// The item costs two writes a window, not a commit: a process has one window at a time and shares it for <see cref="Shared"/>. The item would be
/// the bottleneck at some fifty writes a second, which is that many processes committing at once.
/// </para>
/// </summary>
internal sealed class CommitClock(CosmosTable table, TimeProvider clock) : IDisposable
{
    /// <summary>The partition of the clock; no State ID is called so.</summary>
    private const string Key = "clock";
    private const string ClockId = "clock";

    private static readonly TimeSpan Shared = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Sendable = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(25);

    private readonly SemaphoreSlim opening = new(1);
    private readonly Lock guard = new();
    private CommitWindow? current;

    private sealed record ClockItem(string Id, string StateId, DateTimeOffset Last, IReadOnlyList<OpenWindow> Open)
    {
        [JsonPropertyName("_ts")]
        public long? WrittenAt { get; init; }
    }

    private sealed record OpenWindow(string Id, DateTimeOffset Stamp);

    private sealed record MomentItem(string Id, string StateId, IReadOnlyList<DateTimeOffset> Lost, long SealedAt);

    /// <summary>A window to commit under; give it back by <see cref="LeaveAsync"/>.</summary>
    public async Task<CommitWindow> JoinAsync(CancellationToken cancellation)
    {
        if (TryJoin() is { } joined) return joined;
        await opening.WaitAsync(cancellation);
        try
        {
            if (TryJoin() is { } other) return other;
            var (id, opened) = (Guid.NewGuid().ToString("N"), clock.GetTimestamp());
            // An attempt whose answer was lost may have opened it under an earlier stamp.
            var item = await AdvanceAsync((item, stamp) => item with { Open = [.. item.Open.Where(open => open.Id != id), new OpenWindow(id, stamp)] }, cancellation);
            var window = new CommitWindow(id, item.Last, opened);
            lock (guard) current = window;
            return window;
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>For how long a commit may still be sent under the window; not at all when opening it took too long.</summary>
    public TimeSpan SendableUnder(CommitWindow window)
    {
        var left = Sendable - clock.GetElapsedTime(window.Opened);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private CommitWindow? TryJoin()
    {
        lock (guard)
        {
            if (current is not { Users: > 0 } || clock.GetElapsedTime(current.Opened) > Shared) return null;
            current.Users++;
            return current;
        }
    }

    public async Task LeaveAsync(CommitWindow window)
    {
        lock (guard)
        {
            if (--window.Users > 0) return;
        }
        await ChangeAsync(item => item.Open.Any(open => open.Id == window.Id) ? item with { Open = [.. item.Open.Where(open => open.Id != window.Id)] } : null, CancellationToken.None);
    }

    /// <summary>A moment that no commit will be stamped at, nor any that is still to come before; see the class.</summary>
    public async Task<DateTimeOffset> FixAsync(CancellationToken cancellation)
    {
        var item = await AdvanceAsync((item, _) => item, cancellation);
        var moment = item.Last;
        var waiting = item.Open.Where(open => open.Stamp < moment).ToHashSet();
        if (waiting.Count == 0) return moment;
        var (began, fixedAt) = (clock.GetTimestamp(), await WrittenAtAsync(cancellation));
        while (true)
        {
            await Task.Delay(Glance, TimeProvider.System, cancellation);
            waiting.IntersectWith((await ReadAsync(cancellation))!.Value.Item.Open);
            if (waiting.Count == 0) return moment;
            if (clock.GetElapsedTime(began) < Lost) continue;
            // By this machine's count they are lost; the service's clock decides, and tells the time at a write.
            await ChangeAsync(item => item, cancellation);
            var now = await WrittenAtAsync(cancellation);
            if (now - fixedAt < Lost.TotalSeconds) continue;
            await SealAsync(moment, waiting, now, cancellation);
            return moment;
        }
    }

    private async Task<long> WrittenAtAsync(CancellationToken cancellation) => (await ReadAsync(cancellation))!.Value.Item.WrittenAt!.Value;

    private async Task SealAsync(DateTimeOffset moment, HashSet<OpenWindow> lost, long at, CancellationToken cancellation)
    {
        await table.UpsertAsync("seal moment", Key, new MomentItem(MomentId(moment), Key, [.. lost.Select(open => open.Stamp)], at), cancellation);
        await ChangeAsync(item => item with { Open = [.. item.Open.Where(open => !lost.Contains(open))] }, cancellation);
    }

    private static string MomentId(DateTimeOffset moment) => ItemId.Of("moment", moment.UtcTicks.ToString("D20", null));

    public async Task<MomentCut> CutAsync(DateTimeOffset moment, CancellationToken cancellation) =>
        await table.FindAsync<MomentItem>("read moment", Key, MomentId(moment), cancellation) is { Item: var sealing } ? new MomentCut(moment, sealing.Lost, sealing.SealedAt) : new MomentCut(moment, [], 0);

    private Task<ClockItem> AdvanceAsync(Func<ClockItem, DateTimeOffset, ClockItem> change, CancellationToken cancellation) => ChangeAsync(item =>
    {
        var (now, next) = (clock.GetUtcNow(), item.Last.AddTicks(1));
        var stamp = now > next ? now : next;
        return change(item with { Last = stamp }, stamp);
    }, cancellation);

    /// <summary>Writes the item anew, however many others do the same.</summary>
    private async Task<ClockItem> ChangeAsync(Func<ClockItem, ClockItem?> change, CancellationToken cancellation)
    {
        while (true)
        {
            var stored = await ReadAsync(cancellation);
            var before = stored?.Item ?? new ClockItem(ClockId, Key, DateTimeOffset.UnixEpoch, []);
            if (change(before) is not { } after) return before;
            var write = stored is null
                ? await table.CreateAsync("advance clock", Key, after with { WrittenAt = null }, cancellation)
                : await table.ReplaceAsync("advance clock", Key, ClockId, stored.Value.ETag, after with { WrittenAt = null }, cancellation);
            if (write == CosmosWrite.Written) return after;
        }
    }

    private Task<Stored<ClockItem>?> ReadAsync(CancellationToken cancellation) => table.FindAsync<ClockItem>("read clock", Key, ClockId, cancellation);

    public void Dispose() => opening.Dispose();
}
