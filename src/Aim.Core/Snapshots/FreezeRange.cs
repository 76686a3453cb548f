using System.Security.Cryptography;
using Aim.Ports;
using Aim.Records;
using Aim.Workflows;
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
        var tables = RecordTypes.All.Select(type => new OpenTable(type)).ToList();
        var byType = tables.ToDictionary(table => table.Type);
        long students = 0;
        await foreach (var record in state.ReadAsync(plan.Input.Year, plan.Range(input.Part), plan.Moment, cancellation))
        {
            if (record.Contributions.Count == 0) continue;
            students++;
            foreach (var contribution in record.Contributions)
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
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(content.Span));
            if (await blobs.WriteAsync(path, content, cancellation) == BlobWrite.AlreadyExists) await CheckSameAsync(path, sha256, cancellation);
            files.Add(new FrozenPart(table.Type.Code, input.Part, path, table.Rows, content.Length, sha256));
        }
        return new FrozenRange(input.Part, students, files);
    }

    /// <summary>
    /// A store may keep snapshots under a policy that lets nothing be deleted, so a repeated freeze stands by what the attempt before it
    /// wrote: the moment is fixed, and the same rows give the same bytes.
    /// </summary>
    private async Task CheckSameAsync(string path, string sha256, CancellationToken cancellation)
    {
        await using var stored = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The file {path} is gone.");
        if (Convert.ToHexStringLower(await SHA256.HashDataAsync(stored, cancellation)) != sha256)
            throw new FaultException($"{path} was frozen before with other content; it was left as it is. Take the snapshot under another name.") { IsPermanent = true };
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
