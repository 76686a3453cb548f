using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Aim.Host.Embedded;

/// <summary>
/// A connection with its prepared statements, kept by their SQL. Parameters are <c>?1</c>, <c>?2</c> … in order. Statements go straight to
/// SQLite: by the million, the general ADO.NET layer costs more than the statements themselves.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    private const int ConfigMemoryStatus = 9;
    private const int PagesACopy = 2048;

    private readonly sqlite3 database;
    private readonly Dictionary<string, sqlite3_stmt> statements = [];

    static SqliteSession()
    {
        Batteries_V2.Init();
        // Counting SQLite's memory takes a lock at every allocation; nobody asks for the count.
        raw.sqlite3_config(ConfigMemoryStatus, 0);
    }

    /// <summary>Opens a file, making it if need be. A session is used by one thread at a time, so SQLite needs no locks of its own.</summary>
    public SqliteSession(string path)
    {
        var result = raw.sqlite3_open_v2(path, out database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, database);
    }

    /// <summary>Runs a statement and gives the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<SqliteValue> values)
    {
        var statement = Prepare(sql);
        Bind(statement, values);
        try
        {
            while (Step(statement)) { }
            return raw.sqlite3_changes(database);
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <summary>Runs several statements, which are not kept.</summary>
    public void ExecuteScript(string sql)
    {
        for (var rest = sql; !string.IsNullOrWhiteSpace(rest);)
        {
            Check(raw.sqlite3_prepare_v2(database, rest, out var statement, out rest));
            using (statement)
            {
                if (statement is { IsInvalid: false }) while (Step(statement)) { }
            }
        }
    }

    /// <summary>The first column of the first row as a number; null when there is none, or it is null.</summary>
    public long? Scalar(string sql, params ReadOnlySpan<SqliteValue> values)
    {
        var statement = Prepare(sql);
        Bind(statement, values);
        try
        {
            return Step(statement) ? new SqliteRow(statement).Number(0) : null;
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <summary>The first row, or default when there is none.</summary>
    public T? Single<T>(string sql, Func<SqliteRow, T> read, params ReadOnlySpan<SqliteValue> values)
    {
        var statement = Prepare(sql);
        Bind(statement, values);
        try
        {
            return Step(statement) ? read(new SqliteRow(statement)) : default;
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    public List<T> List<T>(string sql, Func<SqliteRow, T> read, params ReadOnlySpan<SqliteValue> values)
    {
        var statement = Prepare(sql);
        Bind(statement, values);
        try
        {
            var list = new List<T>();
            while (Step(statement)) list.Add(read(new SqliteRow(statement)));
            return list;
        }
        finally
        {
            raw.sqlite3_reset(statement);
        }
    }

    /// <summary>Rows that are streamed beside other statements; the caller disposes the cursor.</summary>
    public SqliteCursor Open(string sql, params ReadOnlySpan<SqliteValue> values)
    {
        Check(raw.sqlite3_prepare_v2(database, sql, out var statement));
        Bind(statement, values);
        return new SqliteCursor(this, statement);
    }

    public void Transaction(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            TryRollback();
            throw;
        }
    }

    public void TryRollback()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // There is nothing to take back when SQLite has ended the transaction itself.
        }
    }

    /// <summary>Copies the database, as this session's transaction sees it, into that of a session on a new file.</summary>
    /// <param name="done">Told the share that is copied, from 0 to 1.</param>
    public void CopyTo(SqliteSession target, Action<double> done, CancellationToken cancellation)
    {
        using var backup = raw.sqlite3_backup_init(target.database, "main", database, "main");
        if (backup is null || backup.IsInvalid) SqliteException.ThrowExceptionForRC(raw.sqlite3_errcode(target.database), target.database);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = raw.sqlite3_backup_step(backup, PagesACopy);
            if (result == raw.SQLITE_DONE) return;
            if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, target.database);
            done(1 - raw.sqlite3_backup_remaining(backup) / (double)raw.sqlite3_backup_pagecount(backup));
        }
    }

    internal bool Step(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(result, database);
        return false;
    }

    private sqlite3_stmt Prepare(string sql)
    {
        if (statements.TryGetValue(sql, out var statement)) return statement;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out statement));
        return statements[sql] = statement;
    }

    private void Bind(sqlite3_stmt statement, ReadOnlySpan<SqliteValue> values)
    {
        for (var i = 0; i < values.Length; i++) Check(values[i].Bind(statement, i + 1));
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, database);
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Dispose();
        database.Dispose();
    }
}

/// <summary>A value to bind: a number, a text, bytes, or nothing.</summary>
internal readonly struct SqliteValue
{
    private enum Kind : byte { Null, Number, Text, Bytes, Wide }

    private readonly Kind kind;
    private readonly long number;
    private readonly string? text;
    private readonly ReadOnlyMemory<byte> bytes;
    private readonly UInt128 wide;

    private SqliteValue(long number) => (kind, this.number) = (Kind.Number, number);

    private SqliteValue(string text) => (kind, this.text) = (Kind.Text, text);

    private SqliteValue(ReadOnlyMemory<byte> bytes) => (kind, this.bytes) = (Kind.Bytes, bytes);

    private SqliteValue(UInt128 wide) => (kind, this.wide) = (Kind.Wide, wide);

    public static implicit operator SqliteValue(long value) => new(value);

    public static implicit operator SqliteValue(int value) => new((long)value);

    public static implicit operator SqliteValue(long? value) => value is { } number ? new(number) : default;

    public static implicit operator SqliteValue(int? value) => value is { } number ? new((long)number) : default;

    public static implicit operator SqliteValue(bool value) => new(value ? 1L : 0L);

    public static implicit operator SqliteValue(string? value) => value is null ? default : new(value);

    public static implicit operator SqliteValue(ReadOnlyMemory<byte> value) => new(value);

    public static implicit operator SqliteValue(byte[] value) => new(value);

    /// <summary>Sixteen bytes, highest first.</summary>
    public static implicit operator SqliteValue(UInt128 value) => new(value);

    public static implicit operator SqliteValue(UInt128? value) => value is { } wide ? new(wide) : default;

    private static int BindText(sqlite3_stmt statement, int index, string text)
    {
        var most = System.Text.Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = most <= 512 ? stackalloc byte[most] : new byte[most];
        return raw.sqlite3_bind_text(statement, index, utf8[..System.Text.Encoding.UTF8.GetBytes(text, utf8)]);
    }

    public int Bind(sqlite3_stmt statement, int index)
    {
        switch (kind)
        {
            case Kind.Number: return raw.sqlite3_bind_int64(statement, index, number);
            case Kind.Text: return BindText(statement, index, text!);
            case Kind.Bytes: return bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, bytes.Span);
            case Kind.Wide:
                Span<byte> sixteen = stackalloc byte[16];
                BinaryPrimitives.WriteUInt128BigEndian(sixteen, wide);
                return raw.sqlite3_bind_blob(statement, index, sixteen);
            default: return raw.sqlite3_bind_null(statement, index);
        }
    }
}

/// <summary>The present row of a statement.</summary>
internal readonly struct SqliteRow(sqlite3_stmt statement)
{
    public long Long(int column) => raw.sqlite3_column_int64(statement, column);

    public int Int(int column) => (int)raw.sqlite3_column_int64(statement, column);

    public long? Number(int column) => IsNull(column) ? null : raw.sqlite3_column_int64(statement, column);

    public string Text(int column) => System.Text.Encoding.UTF8.GetString(Utf8(column));

    /// <summary>For texts that repeat, such as names.</summary>
    public string? TextOrNull(int column) => IsNull(column) ? null : Records.TextPool.Shared.Get(Utf8(column));

    public byte[] Bytes(int column) => raw.sqlite3_column_blob(statement, column).ToArray();

    public UInt128 Wide(int column) => BinaryPrimitives.ReadUInt128BigEndian(raw.sqlite3_column_blob(statement, column));

    private bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    // The bytes of a text column: the blob view of a UTF-8 database's text is its UTF-8 form.
    private ReadOnlySpan<byte> Utf8(int column) => raw.sqlite3_column_blob(statement, column);
}

/// <summary>Rows of an open statement, one after another.</summary>
internal sealed class SqliteCursor(SqliteSession session, sqlite3_stmt statement) : IDisposable
{
    public SqliteRow Row { get; } = new(statement);

    public bool Read() => session.Step(statement);

    public void Dispose() => statement.Dispose();
}
