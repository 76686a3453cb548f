using Aim.Ports;

namespace Aim.Tests.StateSync;

/// <summary>A ledger that says which kinds of its entries are listed.</summary>
/// <param name="listed">Is told the kind of each list that is asked for.</param>
/// <param name="writing">Happens before a write of the kind.</param>
/// <param name="read">Is told each entry that a list gives.</param>
internal sealed class WatchedLedger(ILedger ledger, Action<string> listed, Func<string, Task>? writing = null, Action<LedgerEntry>? read = null) : ILedger
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
