using Aim.Ports;
using Aim.Records;
using Parquet;

namespace Aim.Snapshots;

/// <summary>Writes the students of one State ID range, as they were at the snapshot's moment, to one Parquet file a record type.</summary>
public sealed class FreezeRange(IStateStore state, IBlobStore blobs)
{
    public async Task<FrozenRange> RunAsync(FreezeInput input, CancellationToken cancellation)
    {
        var plan = input.Plan;
        await SnapshotSteps.MustNotBeSealedAsync(blobs, plan.Input.Name, cancellation);
        var prefix = $"{plan.Prefix}part-{input.Part:D3}/";
        var tables = RecordTypes.OfStudents.Select(type => new OpenTable(type)).ToList();
        var byType = tables.ToDictionary(table => table.Type);
        long students = 0;
        await foreach (var record in state.ReadAsync(plan.Input.Year, plan.Range(input.Part), plan.Moment, cancellation))
        {
            if (record.Contributions.Count == 0) continue;
            students++;
            foreach (var contribution in record.Effective)
            {
                foreach (var section in contribution.Sections) await byType[section.Type].AddAsync(record.StateId, contribution, section);
            }
        }
        var files = new List<FrozenPart>();
        foreach (var table in tables)
        {
            var path = $"{prefix}{table.Type.Name}.parquet";
            await using var bytes = await table.CloseAsync();
            var content = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
            var sha256 = await SnapshotSteps.WriteOnceAsync(blobs, path, content, cancellation);
            files.Add(new FrozenPart(table.Type.Code, input.Part, path, table.Rows, content.Length, sha256));
        }
        return new FrozenRange(input.Part, students, files);
    }

    private sealed class OpenTable(RecordType type)
    {
        private readonly FrozenTable table = new(type);
        private (MemoryStream Bytes, ParquetWriter Writer)? file;

        public RecordType Type => type;

        public long Rows => table.Total;

        public ValueTask AddAsync(StateId student, State.Contribution contribution, State.Section section)
        {
            table.Add(student, contribution, section);
            return table.IsFull ? new ValueTask(FlushAsync()) : default;
        }

        public async Task<MemoryStream> CloseAsync()
        {
            await FlushAsync();
            var (bytes, writer) = file!.Value;
            await writer.DisposeAsync();
            return bytes;
        }

        private async Task FlushAsync()
        {
            if (file is null)
            {
                var bytes = new MemoryStream();
                file = (bytes, await ParquetWriter.CreateAsync(table.Schema, bytes, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy }));
            }
            await table.FlushAsync(file.Value.Writer);
        }
    }
}
