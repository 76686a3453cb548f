using System.Buffers;
using System.Buffers.Binary;

namespace Aim.Records;

/// <summary>Writes packed items one after another, each with its length in front (four bytes, little-endian).</summary>
internal static class FrameWriter
{
    public static void Write(IBufferWriter<byte> target, ReadOnlySpan<byte> item)
    {
        var span = target.GetSpan(item.Length + 4);
        BinaryPrimitives.WriteInt32LittleEndian(span, item.Length);
        item.CopyTo(span[4..]);
        target.Advance(item.Length + 4);
    }
}

/// <summary>Reads what a <see cref="FrameWriter"/> wrote.</summary>
internal sealed class FrameReader(Stream file) : IAsyncDisposable
{
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;

    /// <summary>The next item if it is in memory; it is valid until the next call.</summary>
    public bool TryNext(out ReadOnlySpan<byte> item)
    {
        item = default;
        if (end - start < 4) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start));
        if (end - start - 4 < length) return false;
        item = buffer.AsSpan(start + 4, length);
        start += 4 + length;
        return true;
    }

    /// <summary>Reads on; false at the end of the file.</summary>
    /// <exception cref="InvalidDataException">The file ends in the middle of an item.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        start = 0;
        if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        var read = await file.ReadAsync(buffer.AsMemory(end), cancellation);
        if (read == 0 && end > 0) throw new InvalidDataException("The file ends in the middle of an item.");
        end += read;
        return read > 0;
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();
}
