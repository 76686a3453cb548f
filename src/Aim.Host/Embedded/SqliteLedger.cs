using System.Globalization;
using Aim.Ports;

namespace Aim.Host.Embedded;

/// <summary>The ledger in SQLite; an entry's ETag counts its writes.</summary>
internal sealed class SqliteLedger(SqliteDatabase database) : ILedger
{
    public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) =>
        Task.FromResult(database.Read(session => session.Single("SELECT json, etag FROM ledger WHERE subject = ?1 AND kind = ?2 AND id = ?3",
            row => new LedgerEntry(subject, kind, id, row.Text(0), row.Long(1).ToString(CultureInfo.InvariantCulture)), subject, kind, id)));

    public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) =>
        database.WriteAsync(session => session.Execute("INSERT OR IGNORE INTO ledger VALUES (?1, ?2, ?3, 1, ?4)", entry.Subject, entry.Kind, entry.Id, entry.Json) == 1, cancellation);

    public Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation) =>
        database.WriteAsync(session => entry.ETag is { } etag
            ? session.Execute("UPDATE ledger SET json = ?4, etag = etag + 1 WHERE subject = ?1 AND kind = ?2 AND id = ?3 AND etag = ?5",
                entry.Subject, entry.Kind, entry.Id, entry.Json, etag) == 1
            : session.Execute("INSERT INTO ledger VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT (subject, kind, id) DO UPDATE SET json = ?4, etag = etag + 1",
                entry.Subject, entry.Kind, entry.Id, entry.Json) == 1, cancellation);

    public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) =>
        database.Stream(session => List(session, subject, kind, afterId)).ToAsyncEnumerable();

    private static IEnumerable<LedgerEntry> List(SqliteSession session, string subject, string kind, string? afterId)
    {
        using var rows = session.Open("SELECT id, json, etag FROM ledger WHERE subject = ?1 AND kind = ?2 AND id > ?3 ORDER BY id", subject, kind, afterId ?? "");
        while (rows.Read()) yield return new LedgerEntry(subject, kind, rows.Row.Text(0), rows.Row.Text(1), rows.Row.Long(2).ToString(CultureInfo.InvariantCulture));
    }
}
