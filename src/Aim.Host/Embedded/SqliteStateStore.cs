using System.Globalization;
using Aim.Ports;
using Aim.Records;
using Aim.State;

namespace Aim.Host.Embedded;

/// <summary>
/// State records in SQLite: record, history, owners and event of a student in one transaction. Stamps are handed out inside it, so their
/// order is the order of commits.
/// </summary>
internal sealed class SqliteStateStore(SqliteDatabase database, TimeProvider clock) : IStateStore
{
    private const string Columns = "state_id, year, version, stamp, actor, reason, content";

    public Task<IReadOnlyDictionary<StateId, StudentRecord>> FindAsync(IReadOnlyCollection<StateId> students, SchoolYear year, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyDictionary<StateId, StudentRecord>>(students.Count, session =>
            students.Distinct().Select(id => Find(session, id, year)).OfType<StudentRecord>().ToDictionary(record => record.StateId), cancellation);

    public Task<IReadOnlyList<StudentRecord>> FindYearsAsync(StateId student, CancellationToken cancellation) =>
        Task.FromResult(database.Read<IReadOnlyList<StudentRecord>>(session => [.. Years(session).Select(year => Find(session, student, year)).OfType<StudentRecord>()]));

    /// <summary>The years there are records of, newest first; steps through the index instead of reading it.</summary>
    private static IEnumerable<SchoolYear> Years(SqliteSession session)
    {
        for (var year = session.Scalar("SELECT MAX(year) FROM student_record"); year is { } found; year = session.Scalar("SELECT MAX(year) FROM student_record WHERE year < ?1", found))
            yield return new SchoolYear((int)found);
    }

    private static StudentRecord? Find(SqliteSession session, StateId id, SchoolYear year) =>
        session.Single($"SELECT {Columns} FROM student_record WHERE year = ?1 AND state_id = ?2", Read, year.EndYear, id.Value);

    public Task<IReadOnlyList<CommitStatus>> CommitAsync(IReadOnlyList<StudentCommit> commits, CancellationToken cancellation)
    {
        // What needs no database is done before it is this call's turn to write.
        var prepared = commits.Select(commit => new PreparedCommit(commit)).ToList();
        return database.WriteAsync<IReadOnlyList<CommitStatus>>(session =>
        {
            var stamp = NextStamp(session);
            return [.. prepared.Select(commit => commit.IsUnchanged ? CommitStatus.Unchanged : Commit(session, commit, stamp))];
        }, cancellation);
    }

    private sealed class PreparedCommit
    {
        public PreparedCommit(StudentCommit commit)
        {
            Commit = commit;
            var (districts, sections) = StateChange.Compare(commit.Before, commit.After);
            IsUnchanged = districts.Count == 0;
            if (IsUnchanged) return;
            Districts = string.Join(' ', districts.Select(district => district.Value));
            Sections = string.Join(' ', sections);
            Content = RecordPacking.Pack(commit.After);
            Gained = [.. commit.After.Districts.Except(commit.Before.Districts)];
            Lost = [.. commit.Before.Districts.Except(commit.After.Districts)];
        }

        public StudentCommit Commit { get; }
        public bool IsUnchanged { get; }
        public string Districts { get; } = "";
        public string Sections { get; } = "";
        public byte[] Content { get; } = [];
        public IReadOnlyList<DistrictId> Gained { get; } = [];
        public IReadOnlyList<DistrictId> Lost { get; } = [];
    }

    private static CommitStatus Commit(SqliteSession session, PreparedCommit prepared, long stamp)
    {
        var (before, cause) = (prepared.Commit.Before, prepared.Commit.Cause);
        var (year, id, version) = (before.Year.EndYear, before.StateId.Value, before.Version + 1);
        if (before.Version == 0)
        {
            if (session.Execute("INSERT INTO student_record (year, state_id, version, stamp, actor, reason, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (year, state_id) DO NOTHING",
                year, id, version, stamp, cause.Actor, cause.Reason, prepared.Content) == 0) return CommitStatus.Stale;
        }
        else
        {
            if (session.Execute("INSERT INTO student_history (year, state_id, version, stamp, actor, reason, content) SELECT year, state_id, version, stamp, actor, reason, content FROM student_record WHERE year = ?1 AND state_id = ?2 AND version = ?3",
                year, id, before.Version) == 0) return CommitStatus.Stale;
            session.Execute("UPDATE student_record SET version = ?3, stamp = ?4, actor = ?5, reason = ?6, content = ?7 WHERE year = ?1 AND state_id = ?2", year, id, version, stamp, cause.Actor, cause.Reason, prepared.Content);
        }
        foreach (var district in prepared.Gained) session.Execute("INSERT OR IGNORE INTO student_owner VALUES (?1, ?2, ?3)", district.Value, year, id);
        foreach (var district in prepared.Lost) session.Execute("DELETE FROM student_owner WHERE district = ?1 AND year = ?2 AND state_id = ?3", district.Value, year, id);
        session.Execute("INSERT INTO outbox (state_id, year, version, stamp, districts, sections) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", id, year, version, stamp, prepared.Districts, prepared.Sections);
        return CommitStatus.Committed;
    }

    /// <summary>Later than every stamp before, whatever the machine's clock does.</summary>
    private long NextStamp(SqliteSession session)
    {
        var last = session.Scalar("SELECT last_stamp FROM clock")!.Value;
        var stamp = Math.Max(clock.GetUtcNow().UtcTicks, last + 1);
        session.Execute("UPDATE clock SET last_stamp = ?1", stamp);
        return stamp;
    }

    public Task<DateTimeOffset> FixMomentAsync(CancellationToken cancellation) =>
        database.WriteAsync(session => new DateTimeOffset(NextStamp(session), TimeSpan.Zero), cancellation);

    public Task<IReadOnlyList<StudentRecord>> HistoryAsync(StateId student, SchoolYear year, CancellationToken cancellation) =>
        Task.FromResult(database.Read<IReadOnlyList<StudentRecord>>(session =>
        [
            .. new[] { Find(session, student, year) }.OfType<StudentRecord>(),
            .. session.List($"SELECT {Columns} FROM student_history WHERE year = ?1 AND state_id = ?2 ORDER BY version DESC", Read, year.EndYear, student.Value),
        ]));

    public IAsyncEnumerable<StudentRecord> ReadAsync(SchoolYear year, StateIdRange range, DateTimeOffset? asOf, CancellationToken cancellation) =>
        database.Stream(session => Read(session, year, range, asOf?.UtcTicks ?? long.MaxValue)).ToAsyncEnumerable();

    private static IEnumerable<StudentRecord> Read(SqliteSession session, SchoolYear year, StateIdRange range, long asOf)
    {
        using var rows = session.Open($"SELECT {Columns} FROM student_record WHERE year = ?1 AND state_id >= ?2 AND state_id < ?3 ORDER BY state_id", year.EndYear, range.From, range.To);
        while (rows.Read())
        {
            if (rows.Row.Long(3) <= asOf)
            {
                yield return Read(rows.Row);
            }
            else if (session.Single($"SELECT {Columns} FROM student_history WHERE year = ?1 AND state_id = ?2 AND stamp <= ?3 ORDER BY version DESC LIMIT 1",
                Read, year.EndYear, rows.Row.Int(0), asOf) is { } earlier)
            {
                yield return earlier;
            }
        }
    }

    public IAsyncEnumerable<StateId> StudentsOfAsync(DistrictId district, SchoolYear year, CancellationToken cancellation) =>
        database.Stream(session => StudentsOf(session, district, year)).ToAsyncEnumerable();

    private static IEnumerable<StateId> StudentsOf(SqliteSession session, DistrictId district, SchoolYear year)
    {
        using var rows = session.Open("SELECT state_id FROM student_owner WHERE district = ?1 AND year = ?2 ORDER BY state_id", district.Value, year.EndYear);
        while (rows.Read()) yield return new StateId(rows.Row.Int(0));
    }

    public Task<StateChanges> ReadChangesAsync(string? cursor, int most, CancellationToken cancellation)
    {
        long after = 0;
        if (cursor is not null && (!long.TryParse(cursor, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out after) || after < 0)) throw new InvalidCursorException();
        return Task.FromResult(database.Read(session =>
        {
            var changes = session.List("SELECT sequence, state_id, year, version, stamp, districts, sections FROM outbox WHERE sequence > ?1 ORDER BY sequence LIMIT ?2", ReadChange, after, most);
            var last = changes.Count > 0 ? changes[^1].Sequence : after;
            return new StateChanges([.. changes.Select(item => item.Change)], last.ToString("x", CultureInfo.InvariantCulture), changes.Count == most);
        }));
    }

    private static (long Sequence, StateChange Change) ReadChange(SqliteRow row)
    {
        var (student, year, version) = (new StateId(row.Int(1)), new SchoolYear(row.Int(2)), row.Long(3));
        return (row.Long(0), new StateChange(StateChange.IdOf(student, year, version), student, year, version, new DateTimeOffset(row.Long(4), TimeSpan.Zero),
            [.. row.Text(5).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(district => new DistrictId(district))], row.Text(6).Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    private static StudentRecord Read(SqliteRow row)
    {
        var (contributions, edits) = RecordPacking.Unpack(row.Bytes(6));
        return new StudentRecord
        {
            StateId = new StateId(row.Int(0)), Year = new SchoolYear(row.Int(1)), Version = row.Long(2), Stamp = new DateTimeOffset(row.Long(3), TimeSpan.Zero),
            Cause = new Cause(row.Text(4), row.Text(5)), Contributions = contributions, Edits = edits,
        };
    }
}
