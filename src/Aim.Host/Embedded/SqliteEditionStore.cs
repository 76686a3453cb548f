using System.Text.Json;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;

namespace Aim.Host.Embedded;

/// <summary>Editions in SQLite. A load is one transaction, so there is never a half-applied one to see or to clean up.</summary>
internal sealed class SqliteEditionStore(SqliteDatabase database, TimeProvider clock) : IEditionStore
{
    private const string RowColumns = "local_id, key, stated_id, stated_last, stated_first, upload, line, content";

    /// <summary>Up to this share of an edition, students are looked up one by one; beyond it the edition is scanned.</summary>
    private const double LookUpShare = 0.25;

    private const int ReadAhead = 100_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private sealed record StoredHead(long Id, EditionHead Head, long SyncedVersion, long? UndoVersion, string? Owner, long? Until)
    {
        /// <summary>Until then every row is new to the state, and a list of those that are would be one of all.</summary>
        public bool ListsChanges => Head.SyncedVersion > 0 || Owner is not null;
    }

    public Task<EditionHead> GetHeadAsync(EditionKey edition, CancellationToken cancellation) =>
        Task.FromResult(database.Read(session => Find(session, edition)?.Head ?? new EditionHead { Key = edition }));

    // A lease alone makes a row here too, but no edition that was written to.
    public IAsyncEnumerable<EditionHead> ListHeadsAsync(SchoolYear? year, CancellationToken cancellation) =>
        database.Read(session => session.List(
            $"SELECT {HeadColumns} FROM edition WHERE (version > 0 OR last_loads <> '{{}}') AND (?1 IS NULL OR year = ?1) ORDER BY district, year", row => ReadHead(row).Head, year?.EndYear)).ToAsyncEnumerable();

    public IAsyncEnumerable<EditionStudent> ReadAsync(EditionKey edition, EditionSelection selection, CancellationToken cancellation) =>
        database.Stream(session => Read(session, edition, selection)).ToAsyncEnumerable();

    private static IEnumerable<EditionStudent> Read(SqliteSession session, EditionKey edition, EditionSelection selection)
    {
        if (Find(session, edition) is not { } stored) return [];
        var types = Present(session, stored.Id);
        if (selection.LocalIds is { } ids) return LookUp(session, stored.Id, types, ids.Where(id => IsAfter(id, selection.AfterLocalId)), evenIfEmpty: false);
        if (selection.ChangedAfter is not { } version) return Scan(session, stored.Id, types, selection.AfterLocalId);

        var changed = ChangedSince(session, stored, version, selection.AfterLocalId);
        if (changed.Count <= stored.Head.RowCount / Math.Max(1, types.Count) * LookUpShare || changed.Count < 100)
            return LookUp(session, stored.Id, types, changed.Order(Utf8Order.Comparer), evenIfEmpty: true);
        return WithEmpty(Scan(session, stored.Id, types, selection.AfterLocalId), changed);
    }

    /// <summary>The record types that the edition has rows of; most have few of all there are.</summary>
    private static List<RecordType> Present(SqliteSession session, long edition) =>
        [.. RecordTypes.All.Where(type => session.Scalar("SELECT 1 FROM edition_row WHERE edition = ?1 AND type = ?2 LIMIT 1", edition, type.Number) is not null)];

    private static bool IsAfter(string localId, string? after) => after is null || Utf8Order.Compare(localId, after) > 0;

    private static HashSet<string> ChangedSince(SqliteSession session, StoredHead stored, long version, string? after)
    {
        var changed = session.List("SELECT local_id FROM edition_change WHERE edition = ?1 AND version > ?2 AND local_id > ?3", row => row.Text(0), stored.Id, version, after ?? "").ToHashSet();
        if (stored.Head.SyncedVersion == 0)
            changed.UnionWith(session.List("SELECT DISTINCT local_id FROM edition_row WHERE edition = ?1 AND version > ?2 AND local_id > ?3", row => row.Text(0), stored.Id, version, after ?? ""));
        return changed;
    }

    /// <summary>The changed students of a scan; those it does not meet have no rows any more.</summary>
    private static IEnumerable<EditionStudent> WithEmpty(IEnumerable<EditionStudent> scan, HashSet<string> changed)
    {
        var expected = new Queue<string>(changed.Order(Utf8Order.Comparer));
        foreach (var student in scan)
        {
            while (expected.Count > 0 && Utf8Order.Compare(expected.Peek(), student.LocalId) < 0) yield return new EditionStudent(expected.Dequeue(), []);
            if (expected.Count == 0) yield break;
            if (expected.Peek() != student.LocalId) continue;
            expected.Dequeue();
            yield return student;
        }
        while (expected.Count > 0) yield return new EditionStudent(expected.Dequeue(), []);
    }

    private static IEnumerable<EditionStudent> LookUp(SqliteSession session, long edition, IReadOnlyList<RecordType> types, IEnumerable<string> localIds, bool evenIfEmpty)
    {
        foreach (var localId in localIds)
        {
            var rows = new List<EditionRow>();
            foreach (var type in types)
            {
                rows.AddRange(session.List($"SELECT {RowColumns} FROM edition_row WHERE edition = ?1 AND type = ?2 AND local_id = ?3 ORDER BY key",
                    row => ReadRow(row, type), edition, type.Number, localId));
            }
            if (rows.Count > 0 || evenIfEmpty) yield return new EditionStudent(localId, rows);
        }
    }

    /// <summary>Merges the edition's record types, each of which is stored by local id.</summary>
    private static IEnumerable<EditionStudent> Scan(SqliteSession session, long edition, IReadOnlyList<RecordType> types, string? after)
    {
        var cursors = types.Select(type => (Type: type, Rows: session.Open(
            $"SELECT {RowColumns} FROM edition_row WHERE edition = ?1 AND type = ?2 AND local_id > ?3 ORDER BY local_id, key", edition, type.Number, after ?? ""))).ToList();
        try
        {
            var heads = cursors.Select(cursor => Head(cursor.Rows)).ToArray();
            while (true)
            {
                string? localId = null;
                foreach (var head in heads) if (head is not null && (localId is null || Utf8Order.Compare(head, localId) < 0)) localId = head;
                if (localId is null) yield break;
                var rows = new List<EditionRow>();
                for (var i = 0; i < cursors.Count; i++)
                {
                    while (heads[i] == localId)
                    {
                        rows.Add(ReadRow(cursors[i].Rows.Row, cursors[i].Type));
                        heads[i] = Head(cursors[i].Rows);
                    }
                }
                yield return new EditionStudent(localId, rows);
            }
        }
        finally
        {
            foreach (var (_, rows) in cursors) rows.Dispose();
        }

        static string? Head(SqliteCursor rows) => rows.Read() ? rows.Row.Text(0) : null;
    }

    public async Task<ApplyOutcome> ApplyAsync(
        EditionKey edition, long baseVersion, EditionLoad load, IAsyncEnumerable<EditionChange> changes, CancellationToken cancellation)
    {
        // Read ahead, as far as memory allows, so that the one writer does not wait for a file.
        await using var source = changes.GetAsyncEnumerator(cancellation);
        var first = new List<EditionChange>();
        var more = true;
        while (first.Count < ReadAhead && (more = await source.MoveNextAsync())) first.Add(source.Current);
        return await database.WriteAsync(session => Apply(session, edition, baseVersion, load, more ? first.Concat(Rest(source)) : first), cancellation);
    }

    private static IEnumerable<EditionChange> Rest(IAsyncEnumerator<EditionChange> source)
    {
        while (source.MoveNextAsync().AsTask().GetAwaiter().GetResult()) yield return source.Current;
    }

    private static ApplyOutcome Apply(SqliteSession session, EditionKey edition, long baseVersion, EditionLoad load, IEnumerable<EditionChange> changes)
    {
        var stored = Find(session, edition) ?? Create(session, edition);
        var head = stored.Head;
        if (session.Scalar("SELECT version FROM edition_load WHERE edition = ?1 AND upload = ?2", stored.Id, load.Upload.Value) is { } before) return new ApplyOutcome(ApplyStatus.AlreadyApplied, before);
        if (head.Version != baseVersion) return new ApplyOutcome(ApplyStatus.Stale, head.Version);
        var totals = new Totals(head.RowCount, head.Digest);
        var version = head.Version + 1;
        var any = false;
        foreach (var change in changes)
        {
            if (!any) session.Execute("DELETE FROM edition_undo WHERE edition = ?1", stored.Id);
            any = true;
            Apply(session, stored, version, change, totals);
        }
        if (!any) version = head.Version;
        var loads = any ? head.LastLoads.Made(load, version) : head.LastLoads.Noted(load);
        session.Execute("UPDATE edition SET version = ?2, row_count = ?3, digest = ?4, last_loads = ?5, undo_version = CASE WHEN ?6 THEN ?2 ELSE undo_version END WHERE id = ?1",
            stored.Id, version, totals.Rows, totals.Digest.Value, JsonSerializer.Serialize(loads, Json), any);
        session.Execute("INSERT INTO edition_load VALUES (?1, ?2, ?3)", stored.Id, load.Upload.Value, version);
        return new ApplyOutcome(ApplyStatus.Applied, version);
    }

    private sealed class Totals(long rows, EditionDigest digest)
    {
        public long Rows { get; private set; } = rows;
        public EditionDigest Digest { get; private set; } = digest;

        public void Replace(string localId, EditionRow? before, EditionRow? after)
        {
            if (before is not null) Digest = Digest.Subtract(EditionDigest.HashOf(localId, before.Type, before.Key, before.Content.Span));
            if (after is not null) Digest = Digest.Add(EditionDigest.HashOf(localId, after.Type, after.Key, after.Content.Span));
            Rows += (after is null ? 0 : 1) - (before is null ? 0 : 1);
        }
    }

    private static void Apply(SqliteSession session, StoredHead stored, long version, EditionChange change, Totals totals)
    {
        var edition = stored.Id;
        totals.Replace(change.LocalId, change.Before, change.After);
        if (change.Before is { } before)
        {
            session.Execute("INSERT INTO edition_undo VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, $10)", edition, before.Type.Number, change.LocalId, before.Key,
                before.StatedId?.Value, before.StatedLastName, before.StatedFirstName, before.Upload.Value, before.Line, before.Content);
        }
        if (change.After is { } after)
        {
            Put(session, edition, version, change.LocalId, after);
        }
        else
        {
            session.Execute("DELETE FROM edition_row WHERE edition = ?1 AND type = ?2 AND local_id = ?3 AND key = ?4", edition, change.Row.Type.Number, change.LocalId, change.Row.Key);
        }
        if (change.After is null || stored.ListsChanges) NoteChange(session, edition, version, change.LocalId);
    }

    private static void Put(SqliteSession session, long edition, long version, string localId, EditionRow row) =>
        session.Execute("INSERT OR REPLACE INTO edition_row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, $10, $11)", edition, row.Type.Number, localId, row.Key, version,
            row.StatedId?.Value, row.StatedLastName, row.StatedFirstName, row.Upload.Value, row.Line, row.Content);

    private static void NoteChange(SqliteSession session, long edition, long version, string localId) =>
        session.Execute("INSERT OR REPLACE INTO edition_change VALUES (?1, ?2, ?3)", edition, localId, version);

    public Task<ApplyOutcome> UndoAsync(EditionKey edition, long version, CancellationToken cancellation) =>
        database.WriteAsync(session =>
        {
            if (Find(session, edition) is not { } stored || stored.Head.Version != version || stored.UndoVersion != version)
                return new ApplyOutcome(ApplyStatus.Stale, Find(session, edition)?.Head.Version ?? 0);
            var totals = new Totals(stored.Head.RowCount, stored.Head.Digest);
            var next = version + 1;
            var replaced = new List<(string LocalId, EditionRow Row)>();
            foreach (var type in RecordTypes.All)
            {
                replaced.AddRange(session.List($"SELECT {RowColumns} FROM edition_undo WHERE edition = ?1 AND type = ?2", row => (row.Text(0), ReadRow(row, type)), stored.Id, type.Number));
                foreach (var (localId, row) in session.List($"SELECT {RowColumns} FROM edition_row WHERE edition = ?1 AND type = ?2 AND version = ?3",
                    row => (row.Text(0), ReadRow(row, type)), stored.Id, type.Number, version))
                {
                    totals.Replace(localId, row, null);
                    session.Execute("DELETE FROM edition_row WHERE edition = ?1 AND type = ?2 AND local_id = ?3 AND key = ?4", stored.Id, type.Number, localId, row.Key);
                    NoteChange(session, stored.Id, next, localId);
                }
            }
            foreach (var (localId, row) in replaced)
            {
                totals.Replace(localId, null, row);
                Put(session, stored.Id, next, localId, row);
                NoteChange(session, stored.Id, next, localId);
            }
            session.Execute("DELETE FROM edition_undo WHERE edition = ?1", stored.Id);
            var loads = stored.Head.LastLoads.TakenBack(version);
            session.Execute("UPDATE edition SET version = ?2, row_count = ?3, digest = ?4, undo_version = NULL, last_loads = ?5 WHERE id = ?1",
                stored.Id, next, totals.Rows, totals.Digest.Value, JsonSerializer.Serialize(loads, Json));
            return new ApplyOutcome(ApplyStatus.Applied, next);
        }, cancellation);

    public Task<SyncLease?> BeginSyncAsync(EditionKey edition, string owner, DateTimeOffset until, CancellationToken cancellation) =>
        database.WriteAsync(session =>
        {
            var stored = Find(session, edition) ?? Create(session, edition);
            if (stored.Owner is not null && stored.Owner != owner && stored.Until > clock.GetUtcNow().UtcTicks) return null;
            session.Execute("UPDATE edition SET lease_owner = ?2, lease_until = ?3 WHERE id = ?1", stored.Id, owner, until.UtcTicks);
            return new SyncLease(edition, owner, stored.Head.Version, stored.Head.Digest, stored.SyncedVersion);
        }, cancellation);

    public Task<SyncCompletion> CompleteSyncAsync(SyncLease lease, int parked, CancellationToken cancellation) =>
        database.WriteAsync(session =>
        {
            if (Find(session, lease.Edition) is not { } stored || stored.Owner != lease.Owner) return SyncCompletion.Lost;
            // Somebody has reset the sync in between: what this one has left out is to be gone over too.
            if (stored.SyncedVersion < lease.SyncedVersion) return SyncCompletion.Behind;
            session.Execute("UPDATE edition SET synced_version = ?2, synced_digest = ?3, parked = ?4 WHERE id = ?1", stored.Id, lease.Version, lease.Digest.Value, parked);
            session.Execute("DELETE FROM edition_change WHERE edition = ?1 AND version <= ?2", stored.Id, lease.Version);
            if (stored.Head.Version != lease.Version) return SyncCompletion.Behind;
            session.Execute("UPDATE edition SET lease_owner = NULL, lease_until = NULL WHERE id = ?1", stored.Id);
            return SyncCompletion.Completed;
        }, cancellation);

    public Task ResetSyncAsync(EditionKey edition, CancellationToken cancellation) =>
        // One less each time, so that a sync of everything which is under way sees it too.
        database.WriteAsync(session => { session.Execute("UPDATE edition SET synced_version = min(synced_version, 1) - 1 WHERE district = ?1 AND year = ?2 AND version > 0", edition.District.Value, edition.Year.EndYear); }, cancellation);

    private const string HeadColumns = "id, district, year, version, row_count, digest, synced_version, synced_digest, parked, last_loads, undo_version, lease_owner, lease_until";

    private static StoredHead? Find(SqliteSession session, EditionKey edition) =>
        session.Single($"SELECT {HeadColumns} FROM edition WHERE district = ?1 AND year = ?2", ReadHead, edition.District.Value, edition.Year.EndYear);

    private static StoredHead Create(SqliteSession session, EditionKey edition)
    {
        var nothing = default(UInt128);
        session.Execute("INSERT INTO edition (district, year, version, row_count, digest, synced_version, synced_digest, parked, last_loads) VALUES (?1, ?2, 0, 0, ?3, 0, ?3, 0, '{}')",
            edition.District.Value, edition.Year.EndYear, nothing);
        return Find(session, edition)!;
    }

    private static StoredHead ReadHead(SqliteRow row) => new(row.Long(0),
        new EditionHead
        {
            Key = new EditionKey(new DistrictId(row.Text(1)), new SchoolYear(row.Int(2))), Version = row.Long(3), RowCount = row.Long(4),
            Digest = new EditionDigest(row.Wide(5)), SyncedVersion = Math.Max(0, row.Long(6)), SyncedDigest = new EditionDigest(row.Wide(7)), Parked = row.Int(8),
            LastLoads = JsonSerializer.Deserialize<Dictionary<string, LastLoad>>(row.Text(9), Json)!,
        }, row.Long(6), row.Number(10), row.TextOrNull(11), row.Number(12));

    private static EditionRow ReadRow(SqliteRow row, RecordType type) => new()
    {
        Type = type, Key = row.Text(1), StatedId = row.Number(2) is { } id ? new StateId((int)id) : null, StatedLastName = row.TextOrNull(3), StatedFirstName = row.TextOrNull(4),
        Upload = new UploadId(row.Wide(5)), Line = row.Int(6), Content = row.Bytes(7),
    };
}
