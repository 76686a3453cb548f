using System.Diagnostics;
using System.Text;
using Microsoft.Data.Sqlite;
using Sylvan.Data.Csv;

namespace Aim.Bench.Cases;

/// <summary>What the machine can do at best: the same bytes, read or written and nothing else.</summary>
internal static class Limits
{
    private const int RowsATransaction = 5000;

    /// <summary>Bytes read, line ends counted.</summary>
    public static async Task<Outcome> LinesAsync(string path)
    {
        var watch = Stopwatch.StartNew();
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        var buffer = new byte[1 << 20];
        long lines = 0;
        for (int read; (read = await file.ReadAsync(buffer)) > 0;) lines += buffer.AsSpan(0, read).Count((byte)'\n');
        return new Outcome(lines - 1, watch.Elapsed.TotalSeconds);
    }

    /// <summary>Every field found and handed over as characters by the delimited-text reader that uploads use, on one core.</summary>
    public static Task<Outcome> FieldsAsync(string path)
    {
        var watch = Stopwatch.StartNew();
        using var text = new StreamReader(path, Encoding.UTF8, false, 1 << 16);
        using var rows = CsvDataReader.Create(text, new CsvDataReaderOptions { HasHeaders = false, Delimiter = '\t', CsvStyle = CsvStyle.Escaped, Escape = '\0', ResultSetMode = ResultSetMode.SingleResult, BufferSize = 1 << 16 });
        long count = 0;
        long characters = 0;
        while (rows.Read())
        {
            count++;
            for (var i = 0; i < rows.RowFieldCount; i++) characters += rows.GetFieldSpan(i).Length;
        }
        return characters > 0 ? Task.FromResult(new Outcome(count - 1, watch.Elapsed.TotalSeconds)) : throw new InvalidDataException("The file is empty.");
    }

    /// <summary>Every line of a state's uploads as a row of one table, in batched transactions that are flushed to disk.</summary>
    public static async Task<Outcome> InsertAsync(string state, string folder)
    {
        Directory.CreateDirectory(folder);
        await using var database = new SqliteConnection($"Data Source={Path.Combine(folder, "limit.db")};Pooling=False");
        database.Open();
        Execute(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE line (id INTEGER PRIMARY KEY, content TEXT NOT NULL)");
        var watch = Stopwatch.StartNew();
        using var insert = database.CreateCommand();
        insert.CommandText = "INSERT INTO line (content) VALUES ($content)";
        var content = insert.Parameters.Add("$content", SqliteType.Text);
        long rows = 0;
        var transaction = database.BeginTransaction();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(state, "uploads"), "*.tsv", SearchOption.AllDirectories))
        {
            foreach (var line in File.ReadLines(file).Skip(1))
            {
                insert.Transaction = transaction;
                content.Value = line;
                insert.ExecuteNonQuery();
                if (++rows % RowsATransaction != 0) continue;
                transaction.Commit();
                transaction = database.BeginTransaction();
            }
        }
        transaction.Commit();
        return new Outcome(rows, watch.Elapsed.TotalSeconds);
    }

    private static void Execute(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
