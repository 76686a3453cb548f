namespace Aim.Records;

/// <summary>Works on canonical bytes field by field, without knowing the record.</summary>
internal static class CanonicalMerge
{
    /// <summary>Writes the newer record with the older one's value under each empty field, except the fields that are cleared.</summary>
    public static void Overlay(ReadOnlySpan<byte> older, ReadOnlySpan<byte> newer, ulong cleared, int fields, ByteBuffer target)
    {
        var start = target.Length;
        var end = start;
        var old = new CanonicalReader(older);
        var now = new CanonicalReader(newer);
        for (var i = 0; i < fields; i++)
        {
            var before = old.Next();
            var value = now.Next();
            if (value.IsEmpty && (cleared >> i & 1) == 0) value = before;
            target.WriteBlock(value);
            if (!value.IsEmpty) end = target.Length;
        }
        target.Truncate(end);
    }

    /// <summary>A field's bytes; none when it is empty.</summary>
    public static ReadOnlySpan<byte> FieldOf(ReadOnlySpan<byte> content, int field)
    {
        var reader = new CanonicalReader(content);
        for (var i = 0; i < field; i++) reader.Next();
        return reader.Next();
    }

    /// <summary>The record with another value in one field.</summary>
    public static byte[] With(ReadOnlySpan<byte> content, RecordType type, string field, ReadOnlySpan<byte> value)
    {
        var buffer = new ByteBuffer(content.Length + value.Length + 16);
        var reader = new CanonicalReader(content);
        var (wanted, end) = (type.FieldIndex(field), 0);
        for (var i = 0; i < type.Fields.Count; i++)
        {
            var stored = reader.Next();
            var kept = i == wanted ? value : stored;
            buffer.WriteBlock(kept);
            if (!kept.IsEmpty) end = buffer.Length;
        }
        buffer.Truncate(end);
        return buffer.Written.ToArray();
    }

    /// <summary>The fields that differ, with both values as people read them.</summary>
    public static IReadOnlyList<FieldChange> Compare(RecordType type, ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        var changes = new List<FieldChange>();
        var old = new CanonicalReader(before.Span);
        var now = new CanonicalReader(after.Span);
        foreach (var field in type.Fields)
        {
            var was = old.Next();
            var value = now.Next();
            if (!was.SequenceEqual(value)) changes.Add(new FieldChange(field.Name, CanonicalReader.Display(field.Kind, was), CanonicalReader.Display(field.Kind, value)));
        }
        return changes;
    }
}

/// <summary>A field that differs between two versions of a record.</summary>
public sealed record FieldChange(string Field, string? Before, string? After);
