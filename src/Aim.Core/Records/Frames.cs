using System.Buffers;
using System.Buffers.Binary;
using Aim.Workflows;

namespace Aim.Records;

/// <summary>A file of packed items lacks its end: it was written, but a power failure took the rest of it.</summary>
internal sealed class CutShortException : FaultException
{
    public CutShortException()
        : base("A working file was cut short, as by a power failure. Upload the file again.") => IsPermanent = true;
}

/// <summary>
/// Writes packed items one after another, each with its length in front (four bytes, little-endian), and a mark after the last. Working files
/// aren't flushed to disk, so a reader has to be able to tell a whole one from the beginning of one.
/// </summary>
internal static class FrameWriter
{
    internal const int EndMark = -1;

    public static void Write(IBufferWriter<byte> target, ReadOnlySpan<byte> item)
    {
        var span = target.GetSpan(item.Length + 4);
        BinaryPrimitives.WriteInt32LittleEndian(span, item.Length);
        item.CopyTo(span[4..]);
        target.Advance(item.Length + 4);
    }

    /// <summary>Marks the end; nothing may follow.</summary>
    public static void End(IBufferWriter<byte> target)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(4), EndMark);
        target.Advance(4);
    }
}

/// <summary>Reads what a <see cref="FrameWriter"/> wrote.</summary>
internal sealed class FrameReader(Stream file) : IAsyncDisposable
{
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private bool atMark;

    /// <summary>The next item if it is in memory; it is valid until the next call.</summary>
    public bool TryNext(out ReadOnlySpan<byte> item)
    {
        item = default;
        if (atMark || end - start < 4) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start));
        atMark = length == FrameWriter.EndMark;
        if (atMark || end - start - 4 < length) return false;
        item = buffer.AsSpan(start + 4, length);
        start += 4 + length;
        return true;
    }

    /// <summary>Reads on; false at the end of the items.</summary>
    /// <exception cref="CutShortException">The file ends before its items do.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (atMark) return false;
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        start = 0;
        if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        var read = await file.ReadAsync(buffer.AsMemory(end), cancellation);
        if (read == 0) throw new CutShortException();
        end += read;
        return true;
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();
}
