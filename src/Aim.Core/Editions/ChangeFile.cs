using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Aim.Ports;
using Aim.Records;

namespace Aim.Editions;

/// <summary>The changes of a load as a file: computed once, shown to the district, then applied.</summary>
internal static class ChangeFile
{
    public sealed class Writer(SpooledBlob file)
    {
        private readonly ByteBuffer buffer = new();
        private bool any;

        public ValueTask AddAsync(EditionChange change, CancellationToken cancellation)
        {
            any = true;
            buffer.Clear();
            buffer.WriteText(change.LocalId);
            Write(change.Before);
            Write(change.After);
            FrameWriter.Write(file.Buffer, buffer.Written);
            return file.FlushAsync(cancellation);
        }

        /// <summary>Finishes the file and gives its path; null when there is no change.</summary>
        public Task<string?> CompleteAsync(CancellationToken cancellation)
        {
            if (any) FrameWriter.End(file.Buffer);
            return file.CompleteAsync(cancellation);
        }

        private void Write(EditionRow? row)
        {
            if (row is null) { buffer.WriteByte(0); return; }
            buffer.WriteByte(row.Type.Number);
            buffer.WriteText(row.Key);
            buffer.WriteVarint((ulong)(row.StatedId?.Value ?? 0));
            buffer.WriteText(row.StatedLastName);
            buffer.WriteText(row.StatedFirstName);
            BinaryPrimitives.WriteUInt128LittleEndian(buffer.Reserve(16), row.Upload.Value);
            buffer.Advance(16);
            buffer.WriteVarint((ulong)row.Line);
            buffer.WriteBlock(row.Content.Span);
        }
    }

    public static async IAsyncEnumerable<EditionChange> ReadAsync(Stream file, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var frames = new FrameReader(file);
        do
        {
            while (TryNext(frames, out var change)) yield return change!;
        }
        while (await frames.FillAsync(cancellation));
    }

    private static bool TryNext(FrameReader frames, out EditionChange? change)
    {
        change = frames.TryNext(out var bytes) ? Read(bytes) : null;
        return change is not null;
    }

    private static EditionChange Read(ReadOnlySpan<byte> bytes)
    {
        var localId = ByteBuffer.ReadUnique(ref bytes);
        var before = ReadRow(ref bytes);
        return new EditionChange(localId, before, ReadRow(ref bytes));
    }

    private static EditionRow? ReadRow(ref ReadOnlySpan<byte> bytes)
    {
        var type = bytes[0];
        bytes = bytes[1..];
        if (type == 0) return null;
        var key = ByteBuffer.ReadUnique(ref bytes);
        var statedId = (int)ByteBuffer.ReadVarint(ref bytes);
        var last = ByteBuffer.ReadText(ref bytes);
        var first = ByteBuffer.ReadText(ref bytes);
        var upload = new UploadId(BinaryPrimitives.ReadUInt128LittleEndian(bytes));
        bytes = bytes[16..];
        var line = (int)ByteBuffer.ReadVarint(ref bytes);
        return new EditionRow
        {
            Type = RecordTypes.Of(type), Key = key, StatedId = statedId == 0 ? null : new StateId(statedId), StatedLastName = last, StatedFirstName = first,
            Upload = upload, Line = line, Content = ByteBuffer.ReadBlock(ref bytes).ToArray(),
        };
    }
}
