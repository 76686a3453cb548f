using System.Buffers.Binary;
using Aim.Records;

namespace Aim.State;

/// <summary>A student's contributions as bytes, in the form that stores keep them in.</summary>
public static class RecordPacking
{
    private const byte Format = 1;

    public static byte[] Pack(IReadOnlyList<Contribution> contributions)
    {
        var buffer = packBuffer ??= new ByteBuffer(2048);
        buffer.Clear();
        buffer.WriteByte(Format);
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
        return buffer.Written.ToArray();
    }

    [ThreadStatic]
    private static ByteBuffer? packBuffer;

    public static IReadOnlyList<Contribution> Unpack(byte[] packed)
    {
        ReadOnlySpan<byte> bytes = packed;
        if (bytes[0] != Format) throw new InvalidDataException($"Record format {bytes[0]} is unknown to this version; the data was written by a newer one.");
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
        return contributions;
    }
}
