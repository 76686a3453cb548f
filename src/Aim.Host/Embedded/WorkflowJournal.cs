using Aim.Workflows;

namespace Aim.Host.Embedded;

/// <summary>What an entry of a workflow's history says happened at a position.</summary>
internal enum EventKind { Now = 1, Completed = 2, Failed = 3, AttemptFailed = 4, TimerFired = 5, Signaled = 6, TimedOut = 7 }

/// <summary>
/// One entry of a history. The position counts the calls a workflow makes of its context; the name is that of the step, child or signal
/// and guards against replaying a workflow whose order has changed.
/// </summary>
internal sealed record HistoryEvent(long Sequence, int Position, EventKind Kind, string Name, string? Payload);

/// <summary>An instance as it is taken up to be run.</summary>
internal sealed record StoredInstance(string Id, string Workflow, string Input);

/// <summary>
/// Histories in SQLite. A commit that a power failure takes back only means that a step is done again, so the file isn't flushed at
/// every commit.
/// </summary>
internal sealed class WorkflowJournal(SqliteDatabase database, TimeProvider clock)
{
    public const int SchemaVersion = 1;

    public const string Schema = """
        CREATE TABLE IF NOT EXISTS instance (
            id TEXT PRIMARY KEY, workflow TEXT NOT NULL, input TEXT NOT NULL, status INTEGER NOT NULL, progress TEXT, output TEXT, failure TEXT,
            created INTEGER NOT NULL, updated INTEGER NOT NULL, owner TEXT, lease_until INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS instance_open ON instance (status, lease_until) WHERE status IN (1, 2);
        CREATE TABLE IF NOT EXISTS history (
            instance TEXT NOT NULL, sequence INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, payload TEXT,
            PRIMARY KEY (instance, sequence)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS signal (id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS signal_by_instance ON signal (instance, id);
        """;

    private const int Open = (int)WorkflowStatus.Running;

    /// <summary>Called before and after every write of a run, so that a test can end the process there.</summary>
    internal Action<string>? CrashPoint { get; set; }

    public Task<bool> CreateAsync(string id, string workflow, string input, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow().UtcTicks;
        return database.WriteAsync(session => session.Execute(
            "INSERT OR IGNORE INTO instance (id, workflow, input, status, created, updated, lease_until) VALUES (?1, ?2, ?3, 1, ?4, ?4, 0)", id, workflow, input, now) == 1, cancellation);
    }

    /// <summary>Takes instances that nobody runs, or whose runner has died.</summary>
    public Task<List<StoredInstance>> AcquireAsync(string owner, TimeSpan lease, int most, IReadOnlyCollection<string> except, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        return database.WriteAsync(session =>
        {
            var free = session.List(
                "SELECT id, workflow, input FROM instance WHERE status IN (1, 2) AND lease_until < ?1 ORDER BY created LIMIT ?2",
                row => new StoredInstance(row.Text(0), row.Text(1), row.Text(2)), now.UtcTicks, most);
            free.RemoveAll(instance => except.Contains(instance.Id));
            foreach (var instance in free)
                session.Execute("UPDATE instance SET status = 2, owner = ?2, lease_until = ?3 WHERE id = ?1", instance.Id, owner, (now + lease).UtcTicks);
            return free;
        }, cancellation);
    }

    public Task RenewAsync(string owner, TimeSpan lease, IReadOnlyCollection<string> instances, CancellationToken cancellation)
    {
        var until = (clock.GetUtcNow() + lease).UtcTicks;
        return database.WriteAsync(session => { foreach (var id in instances) session.Execute("UPDATE instance SET lease_until = ?3 WHERE id = ?1 AND owner = ?2", id, owner, until); }, cancellation);
    }

    /// <summary>Gives instances back, so that another process can take them at once.</summary>
    public Task ReleaseAsync(string owner, CancellationToken cancellation) =>
        database.WriteAsync(session => { session.Execute("UPDATE instance SET owner = NULL, lease_until = 0 WHERE owner = ?1 AND status = ?2", owner, Open); }, cancellation);

    /// <summary>Frees the instances of owners that have ended without giving them back.</summary>
    public Task ReleaseEndedAsync(Func<string, bool> hasEnded, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        foreach (var owner in session.List("SELECT DISTINCT owner FROM instance WHERE status IN (1, 2) AND owner IS NOT NULL", row => row.Text(0)).Where(hasEnded))
            session.Execute("UPDATE instance SET owner = NULL, lease_until = 0 WHERE owner = ?1 AND status = ?2", owner, Open);
    }, cancellation);

    public List<HistoryEvent> Read(string instance) => database.Read(session => session.List(
        "SELECT sequence, position, kind, name, payload FROM history WHERE instance = ?1 ORDER BY sequence",
        row => new HistoryEvent(row.Long(0), row.Int(1), (EventKind)row.Int(2), row.Text(3), row.TextOrNull(4)), instance));

    /// <summary>Adds to a history; false when another runner has taken the instance over.</summary>
    /// <param name="signal">A signal that the event uses up.</param>
    /// <param name="progress">The instance's new progress text, if it has one.</param>
    public async Task<bool> AppendAsync(string owner, string instance, HistoryEvent entry, long? signal, string? progress, CancellationToken cancellation)
    {
        CrashPoint?.Invoke($"before {entry.Kind} {entry.Name}");
        var now = clock.GetUtcNow().UtcTicks;
        var written = await database.WriteAsync(session =>
        {
            if (!Owns(session, owner, instance)) return false;
            session.Execute("INSERT INTO history VALUES (?1, ?2, ?3, ?4, ?5, ?6)", instance, entry.Sequence, entry.Position, (int)entry.Kind, entry.Name, entry.Payload);
            if (signal is { } id) session.Execute("DELETE FROM signal WHERE id = ?1", id);
            if (progress is not null) session.Execute("UPDATE instance SET progress = ?2, updated = ?3 WHERE id = ?1", instance, progress, now);
            return true;
        }, cancellation);
        CrashPoint?.Invoke($"after {entry.Kind} {entry.Name}");
        return written;
    }

    /// <summary>Makes the progress text of an instance visible; false when another runner has taken the instance over.</summary>
    public async Task<bool> ShowAsync(string owner, string instance, string progress, CancellationToken cancellation)
    {
        CrashPoint?.Invoke("before status");
        var now = clock.GetUtcNow().UtcTicks;
        var shown = await database.WriteAsync(session =>
            session.Execute("UPDATE instance SET progress = ?4, updated = ?5 WHERE id = ?1 AND status = ?2 AND owner = ?3", instance, Open, owner, progress, now) == 1, cancellation);
        CrashPoint?.Invoke("after status");
        return shown;
    }

    private static bool Owns(SqliteSession session, string owner, string instance) =>
        session.Scalar("SELECT 1 FROM instance WHERE id = ?1 AND status = ?2 AND owner = ?3", instance, Open, owner) is not null;

    /// <summary>Ends an instance; its history isn't needed any more.</summary>
    public async Task<bool> FinishAsync(string owner, string instance, WorkflowStatus status, string? output, string? failure, CancellationToken cancellation)
    {
        CrashPoint?.Invoke("before finish");
        var now = clock.GetUtcNow().UtcTicks;
        var finished = await database.WriteAsync(session =>
        {
            if (!Owns(session, owner, instance)) return false;
            session.Execute("UPDATE instance SET status = ?2, output = ?3, failure = ?4, updated = ?5, owner = NULL, progress = NULL WHERE id = ?1", instance, (int)status, output, failure, now);
            session.Execute("DELETE FROM history WHERE instance = ?1", instance);
            session.Execute("DELETE FROM signal WHERE instance = ?1", instance);
            return true;
        }, cancellation);
        CrashPoint?.Invoke("after finish");
        return finished;
    }

    public Task<bool> SignalAsync(string instance, string name, string payload, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        if (session.Scalar("SELECT 1 FROM instance WHERE id = ?1 AND status IN (1, 2)", instance) is null) return false;
        session.Execute("INSERT INTO signal (instance, name, payload) VALUES (?1, ?2, ?3)", instance, name, payload);
        return true;
    }, cancellation);

    /// <summary>The oldest signal of that name that wasn't used yet.</summary>
    public (long Id, string Payload)? FindSignal(string instance, string name) => database.Read(session =>
        session.List("SELECT id, payload FROM signal WHERE instance = ?1 AND name = ?2 ORDER BY id LIMIT 1", row => ((long, string)?)(row.Long(0), row.Text(1)), instance, name)
            .FirstOrDefault());

    public WorkflowState? Find(string instance) => database.Read(session => session.Single(
        "SELECT id, workflow, status, progress, output, failure, created, updated FROM instance WHERE id = ?1", ReadState, instance));

    /// <summary>The instances that have not ended, oldest first.</summary>
    public List<StoredInstance> ListOpen() => database.Read(ListOpen);

    /// <inheritdoc cref="ListOpen()" />
    internal static List<StoredInstance> ListOpen(SqliteSession session) => session.List(
        "SELECT id, workflow, input FROM instance WHERE status IN (1, 2) ORDER BY created", row => new StoredInstance(row.Text(0), row.Text(1), row.Text(2)));

    private static WorkflowState ReadState(SqliteRow row) => new(
        row.Text(0), row.Text(1), (WorkflowStatus)row.Int(2), row.TextOrNull(3), row.TextOrNull(4), row.TextOrNull(5),
        new DateTimeOffset(row.Long(6), TimeSpan.Zero), new DateTimeOffset(row.Long(7), TimeSpan.Zero));
}
