using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>
/// Staged rows on their way from the file's order to the edition's: gathered up to a bound, sorted by local id and key, written as
/// runs, and merged when read. So a load needs the memory of one run, however large the file.
/// </summary>
internal sealed class StagedRunWriter(IBlobStore blobs, string prefix, int runBytes = StagedRunWriter.DefaultRunBytes)
{
    public const int DefaultRunBytes = 24 << 20;

    private readonly ByteBuffer rows = new(1 << 16);
    private readonly List<StagedIndex> index = [];
    private readonly List<string> runs = [];

    public IReadOnlyList<string> Runs => runs;

    public async ValueTask AddAsync(ParsedBlock block, CancellationToken cancellation)
    {
        var offset = rows.Length;
        rows.Write(block.Rows.Written);
        foreach (var row in block.Index) index.Add(row with { Offset = row.Offset + offset });
        if (rows.Length >= runBytes) await FlushAsync(cancellation);
    }

    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (index.Count == 0) return;
        index.Sort((a, b) => StagedIndex.Compare(rows.Written, a, b));
        await using var file = new SpooledBlob(blobs, $"{prefix}run-{runs.Count:D4}");
        foreach (var row in index)
        {
            FrameWriter.Write(file.Buffer, rows.Written.Slice(row.Offset, row.Length));
            await file.FlushAsync(cancellation);
        }
        FrameWriter.End(file.Buffer);
        runs.Add((await file.CompleteAsync(cancellation))!);
        rows.Clear();
        index.Clear();
    }
}

/// <summary>The rows a file has of one student, by key and line.</summary>
internal sealed record StagedStudent(string LocalId, IReadOnlyList<StagedRow> Rows);

/// <inheritdoc cref="StagedRunWriter" />
internal static class StagedRuns
{
    /// <summary>The students of a file in the order of local ids.</summary>
    public static async IAsyncEnumerable<StagedStudent> ReadAsync(IBlobStore blobs, IReadOnlyList<string> runs, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var readers = new List<RunReader>();
        try
        {
            var heads = new PriorityQueue<RunReader, StagedRow>(Comparer<StagedRow>.Create(Compare));
            foreach (var run in runs)
            {
                var reader = new RunReader(await blobs.OpenReadAsync(run, cancellation) ?? throw new FileNotFoundException($"The staged rows {run} are gone."));
                readers.Add(reader);
                if (await reader.NextAsync(cancellation) is { } first) heads.Enqueue(reader, first);
            }
            var student = new List<StagedRow>();
            while (heads.TryDequeue(out var reader, out var row))
            {
                if (student.Count > 0 && student[0].LocalId != row.LocalId)
                {
                    yield return new StagedStudent(student[0].LocalId, student);
                    student = [];
                }
                student.Add(row);
                if (await reader.NextAsync(cancellation) is { } next) heads.Enqueue(reader, next);
            }
            if (student.Count > 0) yield return new StagedStudent(student[0].LocalId, student);
        }
        finally
        {
            foreach (var reader in readers) await reader.DisposeAsync();
        }
    }

    private static int Compare(StagedRow a, StagedRow b) =>
        Utf8Order.Compare(a.LocalId, b.LocalId) is not 0 and var byStudent ? byStudent
        : Utf8Order.Compare(a.Key, b.Key) is not 0 and var byKey ? byKey
        : a.Line.CompareTo(b.Line);

    private sealed class RunReader(Stream file) : IAsyncDisposable
    {
        private readonly FrameReader frames = new(file);

        public async ValueTask<StagedRow?> NextAsync(CancellationToken cancellation)
        {
            StagedRow? row;
            while (!TryNext(out row))
            {
                if (!await frames.FillAsync(cancellation)) return null;
            }
            return row;
        }

        private bool TryNext(out StagedRow? row)
        {
            row = frames.TryNext(out var bytes) ? StagedRow.Read(bytes) : null;
            return row is not null;
        }

        public ValueTask DisposeAsync() => frames.DisposeAsync();
    }
}
