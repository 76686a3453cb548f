using System.Buffers.Binary;
using Aim.Records;

namespace Aim.State;

/// <summary>A student's contributions and the state's edits as bytes, in the form that stores keep them in.</summary>
public static class RecordPacking
{
    private const byte WithoutEdits = 1;

    /// <summary>The edits follow the contributions.</summary>
    private const byte WithEdits = 2;

    public static byte[] Pack(StudentRecord record)
    {
        var contributions = record.Contributions;
        var buffer = packBuffer ??= new ByteBuffer(2048);
        buffer.Clear();
        buffer.WriteByte(record.Edits.Count == 0 ? WithoutEdits : WithEdits);
        buffer.WriteVarint((ulong)contributions.Count);
        foreach (var contribution in contributions)
        {
            buffer.WriteText(contribution.District.Value);
            buffer.WriteText(contribution.LocalId);
            buffer.WriteVarint((ulong)contribution.EditionVersion);
            buffer.WriteVarint((ulong)contribution.Sections.Count);
            foreach (var section in contribution.Sections)
            {
                buffer.WriteByte(section.Type.Number);
                buffer.WriteText(section.Key);
                BinaryPrimitives.WriteUInt128BigEndian(buffer.Reserve(16), section.Upload.Value);
                buffer.Advance(16);
                buffer.WriteVarint((ulong)section.Line);
                buffer.WriteBlock(section.Content.Span);
            }
        }
        if (record.Edits.Count > 0) WriteEdits(buffer, record.Edits);
        return buffer.Written.ToArray();
    }

    private static void WriteEdits(ByteBuffer buffer, IReadOnlyList<StateEdit> edits)
    {
        buffer.WriteVarint((ulong)edits.Count);
        foreach (var edit in edits)
        {
            buffer.WriteText(edit.District.Value);
            buffer.WriteText(edit.LocalId);
            buffer.WriteByte(edit.Type.Number);
            buffer.WriteText(edit.Key);
            buffer.WriteText(edit.Field);
            buffer.WriteBlock(edit.Value.Span);
            buffer.WriteText(edit.By);
            buffer.WriteText(edit.Reason);
            buffer.WriteVarint((ulong)edit.At.UtcTicks);
        }
    }

    [ThreadStatic]
    private static ByteBuffer? packBuffer;

    public static (IReadOnlyList<Contribution> Contributions, IReadOnlyList<StateEdit> Edits) Unpack(byte[] packed)
    {
        ReadOnlySpan<byte> bytes = packed;
        var format = bytes[0];
        if (format is not (WithoutEdits or WithEdits)) throw new InvalidDataException($"Record format {format} is unknown to this version; the data was written by a newer one.");
        bytes = bytes[1..];
        var contributions = new Contribution[(int)ByteBuffer.ReadVarint(ref bytes)];
        for (var i = 0; i < contributions.Length; i++)
        {
            var district = new DistrictId(ByteBuffer.ReadText(ref bytes)!);
            var localId = ByteBuffer.ReadUnique(ref bytes);
            var version = (long)ByteBuffer.ReadVarint(ref bytes);
            var sections = new Section[(int)ByteBuffer.ReadVarint(ref bytes)];
            for (var j = 0; j < sections.Length; j++)
            {
                var type = RecordTypes.Of(bytes[0]);
                bytes = bytes[1..];
                var key = ByteBuffer.ReadUnique(ref bytes);
                var upload = new UploadId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
                bytes = bytes[16..];
                var line = (int)ByteBuffer.ReadVarint(ref bytes);
                var length = (int)ByteBuffer.ReadVarint(ref bytes);
                sections[j] = new Section(type, key, packed.AsMemory(packed.Length - bytes.Length, length), upload, line);
                bytes = bytes[length..];
            }
            contributions[i] = new Contribution(district, localId, version, sections);
        }
        return (contributions, format == WithEdits ? ReadEdits(ref bytes) : []);
    }

    private static StateEdit[] ReadEdits(ref ReadOnlySpan<byte> bytes)
    {
        var edits = new StateEdit[(int)ByteBuffer.ReadVarint(ref bytes)];
        for (var i = 0; i < edits.Length; i++)
        {
            var district = new DistrictId(ByteBuffer.ReadText(ref bytes)!);
            var localId = ByteBuffer.ReadUnique(ref bytes);
            var type = RecordTypes.Of(bytes[0]);
            bytes = bytes[1..];
            var (key, field) = (ByteBuffer.ReadUnique(ref bytes), ByteBuffer.ReadUnique(ref bytes));
            var value = ByteBuffer.ReadBlock(ref bytes).ToArray();
            var (by, reason) = (ByteBuffer.ReadUnique(ref bytes), ByteBuffer.ReadUnique(ref bytes));
            edits[i] = new StateEdit(district, localId, type, key, field, value, by, reason, new DateTimeOffset((long)ByteBuffer.ReadVarint(ref bytes), TimeSpan.Zero));
        }
        return edits;
    }
}
