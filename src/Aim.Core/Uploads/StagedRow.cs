using Aim.Records;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>A row that passed the row rules, in canonical form, on its way to the edition.</summary>
/// <param name="Cleared">Bit i set: the row blanks field i (only where an empty field keeps the stored value).</param>
internal sealed record StagedRow(
    string LocalId, string Key, int Line, StateId? StatedId, string? StatedLastName, string? StatedFirstName, ulong Cleared, ReadOnlyMemory<byte> Content)
{
    /// <summary>Stands in for a rejected row of the student, whose stored rows a replacing load must then leave alone.</summary>
    public const string RejectedKey = "\uFFFF";

    public bool IsRejected => Key == RejectedKey;

    public static void Write(
        ByteBuffer buffer, ReadOnlySpan<char> localId, string key, long line, StateId? statedId, ReadOnlySpan<char> lastName, ReadOnlySpan<char> firstName, ulong cleared, ReadOnlySpan<byte> content)
    {
        buffer.WriteText(localId);
        buffer.WriteText(key);
        buffer.WriteVarint((ulong)line);
        buffer.WriteVarint((ulong)(statedId?.Value ?? 0));
        buffer.WriteText(lastName);
        buffer.WriteText(firstName);
        buffer.WriteVarint(cleared);
        buffer.WriteBlock(content);
    }

    /// <summary>Reads one row; its content is a copy that the row owns.</summary>
    public static StagedRow Read(ReadOnlySpan<byte> bytes)
    {
        var localId = ByteBuffer.ReadUnique(ref bytes);
        var key = ByteBuffer.ReadUnique(ref bytes);
        var line = (int)ByteBuffer.ReadVarint(ref bytes);
        var statedId = (int)ByteBuffer.ReadVarint(ref bytes);
        var last = ByteBuffer.ReadText(ref bytes);
        var first = ByteBuffer.ReadText(ref bytes);
        var cleared = ByteBuffer.ReadVarint(ref bytes);
        var content = ByteBuffer.ReadBlock(ref bytes).ToArray();
        return new StagedRow(localId, key, line, statedId == 0 ? null : new StateId(statedId), last, first, cleared, content);
    }
}

/// <summary>Where a staged row lies in its buffer. Staged rows begin with local id and key, by which they are sorted.</summary>
internal readonly record struct StagedIndex(int Offset, int Length, int Line)
{
    /// <summary>By local id, key (both in the order of their UTF-8 bytes, as stores sort) and line.</summary>
    public static int Compare(ReadOnlySpan<byte> rows, in StagedIndex a, in StagedIndex b)
    {
        var left = rows.Slice(a.Offset, a.Length);
        var right = rows.Slice(b.Offset, b.Length);
        var byStudent = ByteBuffer.ReadBlock(ref left).SequenceCompareTo(ByteBuffer.ReadBlock(ref right));
        if (byStudent != 0) return byStudent;
        var byKey = ByteBuffer.ReadBlock(ref left).SequenceCompareTo(ByteBuffer.ReadBlock(ref right));
        return byKey != 0 ? byKey : a.Line.CompareTo(b.Line);
    }
}

/// <summary>What one block of a file came to. Used again for later blocks.</summary>
internal sealed class ParsedBlock
{
    public ByteBuffer Rows { get; } = new(1 << 12);
    public List<StagedIndex> Index { get; } = [];
    public FindingList Findings { get; } = [];

    /// <summary>First lines of the rejected rows.</summary>
    public List<int> Rejected { get; } = [];

    /// <summary>Rejected rows that don't tell whose they are.</summary>
    public long RejectedOfNobody { get; private set; }

    public long RowCount { get; set; }

    public void Clear()
    {
        Rows.Clear();
        Index.Clear();
        Findings.Clear();
        Rejected.Clear();
        RejectedOfNobody = 0;
        RowCount = 0;
    }

    public void Stage(ReadOnlySpan<char> localId, string key, long line, StateId? statedId, ReadOnlySpan<char> lastName, ReadOnlySpan<char> firstName, ulong cleared, ReadOnlySpan<byte> content)
    {
        var offset = Rows.Length;
        StagedRow.Write(Rows, localId, key, line, statedId, lastName, firstName, cleared, content);
        Index.Add(new StagedIndex(offset, Rows.Length - offset, (int)line));
    }

    public void Reject(ReadOnlySpan<char> localId, long line)
    {
        Rejected.Add((int)line);
        if (localId.IsEmpty) RejectedOfNobody++;
        else Stage(localId, StagedRow.RejectedKey, line, null, null, null, 0, []);
    }
}
