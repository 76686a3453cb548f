using System.Collections.Concurrent;
using System.Threading.Channels;
using Aim.Workflows;
using Microsoft.Data.Sqlite;

namespace Aim.Host.Embedded;

/// <summary>
/// One SQLite file in WAL mode: many readers, one writer. Writes wait in a queue and are committed together, each in its own savepoint,
/// so that a burst of small writes costs one flush to disk; a write that fails takes only itself back. A second process may have the file
/// open too: it waits for its turn.
/// </summary>
internal sealed class SqliteDatabase : IAsyncDisposable
{
    private const int Busy = 5;
    private const int DiskFull = 13;
    private const int MostAttempts = 600;
    private const int MostWritesACommit = 256;
    private const int ManyLookUps = 100;

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private readonly string path;
    private readonly bool fullSync;
    private readonly Channel<PendingWrite> queue = Channel.CreateUnbounded<PendingWrite>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentBag<SqliteSession> readers = [];
    private readonly Task writing;

    /// <param name="fullSync">
    /// Flush to disk at every commit. Without it a power failure may take back the last commits (never break the file), which is right only
    /// for work that is simply done again.
    /// </param>
    /// <param name="version">Of the schema, kept in the file; a program never opens a file whose schema is newer than its own.</param>
    /// <param name="upgrade">Brings a file from the version given to the present one, in one transaction with the new schema.</param>
    /// <exception cref="FaultException">A newer program made the file.</exception>
    public SqliteDatabase(string path, string schema, int version, bool fullSync, Action<SqliteSession, long>? upgrade = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        this.fullSync = fullSync;
        this.path = path;
        var writer = Open();
        try
        {
            Prepare(writer, schema, version, upgrade);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
        writing = Task.Factory.StartNew(() => WriteLoop(writer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void Prepare(SqliteSession writer, string schema, int version, Action<SqliteSession, long>? upgrade)
    {
        writer.Execute("PRAGMA page_size = 4096");
        UseWriteAheadLog(writer);
        writer.Execute("PRAGMA wal_autocheckpoint = 8000");
        writer.Execute("PRAGMA cache_size = -131072");
        writer.Transaction(() =>
        {
            // Read in here: of two processes that open an older file at once, the second one finds what the first has made of it.
            var found = writer.Scalar("PRAGMA user_version") ?? 0;
            if (found > version)
                throw new FaultException($"{Path.GetDirectoryName(Path.GetFullPath(path))} was written by a newer version of this program (schema {found} instead of {version}). Use that version, or restore a backup.") { IsPermanent = true };
            writer.ExecuteScript(schema);
            if (found > 0 && found < version) upgrade?.Invoke(writer, found);
            writer.ExecuteScript(FormattableString.Invariant($"PRAGMA user_version = {version}"));
        });
    }

    /// <summary>A new file is changed over to it by one process alone; SQLite doesn't wait here, as it does elsewhere.</summary>
    private static void UseWriteAheadLog(SqliteSession writer)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                writer.Execute("PRAGMA journal_mode = WAL");
                return;
            }
            catch (SqliteException busy) when (busy.SqliteErrorCode == Busy && attempt < MostAttempts)
            {
                Task.Delay(BetweenAttempts, TimeProvider.System).Wait();
            }
        }
    }

    /// <summary>Queues a write; the task ends when it is on disk.</summary>
    /// <exception cref="StorageFullException">The disk is full; nothing of the write was kept.</exception>
    public async Task<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellation)
    {
        var pending = new PendingWrite<T>(work);
        await queue.Writer.WriteAsync(pending, cancellation);
        return await pending.Completion;
    }

    public Task WriteAsync(Action<SqliteSession> work, CancellationToken cancellation) =>
        WriteAsync(session => { work(session); return true; }, cancellation);

    /// <summary>Reads in a snapshot of its own.</summary>
    public T Read<T>(Func<SqliteSession, T> work)
    {
        var reader = Rent();
        try
        {
            reader.Execute("BEGIN");
            try
            {
                return work(reader);
            }
            finally
            {
                reader.Execute("COMMIT");
            }
        }
        finally
        {
            Return(reader);
        }
    }

    /// <summary>
    /// Reads a little or a lot. A commit empties the page caches of readers but not the writer's own, so a long list of look-ups in the
    /// midst of writes is quicker when the writer does it.
    /// </summary>
    public Task<T> ReadAsync<T>(int lookUps, Func<SqliteSession, T> work, CancellationToken cancellation) =>
        lookUps < ManyLookUps ? Task.FromResult(Read(work)) : WriteAsync(work, cancellation);

    /// <summary>Streams rows from one snapshot; the reader is given back when the enumeration ends.</summary>
    public IEnumerable<T> Stream<T>(Func<SqliteSession, IEnumerable<T>> rows)
    {
        var reader = Rent();
        try
        {
            reader.Execute("BEGIN");
            try
            {
                foreach (var row in rows(reader)) yield return row;
            }
            finally
            {
                reader.Execute("COMMIT");
            }
        }
        finally
        {
            Return(reader);
        }
    }

    private SqliteSession Rent() => readers.TryTake(out var reader) ? reader : Open();

    private void Return(SqliteSession reader) => readers.Add(reader);

    private SqliteSession Open()
    {
        var session = new SqliteSession(path);
        session.Execute("PRAGMA busy_timeout = 60000");
        session.Execute(fullSync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        session.Execute("PRAGMA cache_size = -32000");
        session.Execute("PRAGMA temp_store = MEMORY");
        return session;
    }

    private void WriteLoop(SqliteSession writer)
    {
        using var _ = writer;
        var batch = new List<PendingWrite>();
        while (queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < MostWritesACommit && queue.Reader.TryRead(out var pending)) batch.Add(pending);
            Commit(writer, batch);
            batch.Clear();
        }
    }

    private static void Commit(SqliteSession writer, List<PendingWrite> batch)
    {
        try
        {
            writer.Execute("BEGIN IMMEDIATE");
            try
            {
                foreach (var write in batch)
                {
                    writer.Execute("SAVEPOINT write");
                    if (!write.Run(writer)) writer.Execute("ROLLBACK TO write");
                    writer.Execute("RELEASE write");
                }
                writer.Execute("COMMIT");
            }
            catch
            {
                writer.TryRollback();
                throw;
            }
            foreach (var write in batch) write.Committed();
        }
        catch (Exception failure)
        {
            var reason = Translate(failure);
            foreach (var write in batch) write.Failed(reason);
        }
    }

    private static Exception Translate(Exception failure) =>
        failure is SqliteException { SqliteErrorCode: DiskFull } full ? new StorageFullException(full) : failure;

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await writing;
        while (readers.TryTake(out var reader)) reader.Dispose();
    }

    private abstract class PendingWrite
    {
        /// <summary>Runs the work; false when it failed and is to be taken back.</summary>
        public abstract bool Run(SqliteSession session);

        public abstract void Committed();

        public abstract void Failed(Exception reason);
    }

    private sealed class PendingWrite<T>(Func<SqliteSession, T> work) : PendingWrite
    {
        private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? result;
        private Exception? failure;

        public Task<T> Completion => completion.Task;

        public override bool Run(SqliteSession session)
        {
            try
            {
                result = work(session);
                return true;
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == DiskFull)
            {
                // SQLite may have rolled the whole transaction back by itself; all of it is to fail.
                throw;
            }
            catch (Exception exception)
            {
                failure = exception;
                return false;
            }
        }

        public override void Committed()
        {
            if (failure is null) completion.SetResult(result!);
            else completion.SetException(failure);
        }

        public override void Failed(Exception reason) => completion.TrySetException(failure ?? reason);
    }
}
