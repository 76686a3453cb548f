namespace Aim.Ports;

/// <summary>
/// An entry of the ledger: a JSON document under a subject (an upload, a district's year, a student), a kind and an id.
/// </summary>
/// <param name="ETag">As read; null on an entry that was not read from the ledger.</param>
public sealed record LedgerEntry(string Subject, string Kind, string Id, string Json, string? ETag = null);

/// <summary>
/// The books of the system: uploads, findings, cases, acknowledgements, certifications, disclosures. Each call is atomic on its own;
/// entries of one subject and kind are listed in the ordinal order of their ids.
/// </summary>
public interface ILedger
{
    /// <summary>Null when there is no such entry.</summary>
    Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation);

    /// <summary>
    /// Adds an entry; false when one with that subject, kind and id exists, which then stays as it is.
    /// </summary>
    Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation);

    /// <summary>
    /// Writes an entry over whatever is there; with an ETag only if the entry still has it, else false and nothing is written.
    /// </summary>
    Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation);

    /// <summary>The entries of a subject and kind whose id comes after the one given (all, when null), in order of ids.</summary>
    IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation);
}
