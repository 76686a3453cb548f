using System.Globalization;
using Aim.Ports;

namespace Aim.Identity;

/// <summary>
/// Lets one merge at a time decide which State ID leads to which, in the whole state: two that are made of one child at the same moment, each the other way round, would retire both. A turn that
/// was never given back, because its holder died, ends by itself.
/// </summary>
internal sealed class MergeTurn(ILedger ledger, TimeProvider clock)
{
    private const string Subject = "identity", Kind = "merge-turn", Only = "state", Free = "\"\"";

    /// <summary>Longer than any merge holds it: what takes long, moving rows, comes after.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>Runs a decision in a turn of its own; null when another is under way.</summary>
    public async Task<T?> RunAsync<T>(Func<Task<T>> decide, CancellationToken cancellation) where T : class
    {
        if (await TakeAsync(cancellation) is not { } mine) return null;
        try
        {
            return await decide();
        }
        finally
        {
            // One that took longer than it may have been taken over.
            if (await ledger.FindAsync(Subject, Kind, Only, CancellationToken.None) is { } present && present.Json == mine) await ledger.PutAsync(present with { Json = Free }, CancellationToken.None);
        }
    }

    /// <summary>What the turn is known by; null when it is another's.</summary>
    private async Task<string?> TakeAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var mine = new LedgerEntry(Subject, Kind, Only, $"\"{(now + Longest).ToString("O", CultureInfo.InvariantCulture)}\"");
        if (await ledger.FindAsync(Subject, Kind, Only, cancellation) is not { } present) return await ledger.AddAsync(mine, cancellation) ? mine.Json : null;
        var isFree = present.Json == Free || DateTimeOffset.Parse(present.Json.Trim('"'), CultureInfo.InvariantCulture) < now;
        return isFree && await ledger.PutAsync(mine with { ETag = present.ETag }, cancellation) ? mine.Json : null;
    }
}
