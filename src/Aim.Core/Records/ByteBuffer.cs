using System.Buffers;
using System.Text;

namespace Aim.Records;

/// <summary>Bytes written one after another into one growing array, for rows that are packed by the thousand.</summary>
public sealed class ByteBuffer(int capacity = 256)
{
    private byte[] bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public void Truncate(int length) => Length = length;

    /// <summary>Room for that many bytes; they count only after <see cref="Advance"/>.</summary>
    public Span<byte> Reserve(int count)
    {
        if (bytes.Length - Length < count) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + count));
        return bytes.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    public void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    public void Write(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Reserve(value.Length));
        Length += value.Length;
    }

    /// <summary>An unsigned number in LEB128: seven bits a byte, lowest first.</summary>
    public void WriteVarint(ulong value)
    {
        var span = Reserve(10);
        var i = 0;
        for (; value >= 0x80; value >>= 7) span[i++] = (byte)(value | 0x80);
        span[i++] = (byte)value;
        Length += i;
    }

    /// <summary>A text with its length in front; null is written as empty.</summary>
    public void WriteText(ReadOnlySpan<char> value)
    {
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (most < 128)
        {
            var span = Reserve(most + 1);
            // Nearly every text is ASCII, for which there is a shorter way.
            if (Ascii.FromUtf16(value, span[1..], out var length) != OperationStatus.Done) length = Encoding.UTF8.GetBytes(value, span[1..]);
            span[0] = (byte)length;
            Length += length + 1;
            return;
        }
        WriteVarint((ulong)Encoding.UTF8.GetByteCount(value));
        Length += Encoding.UTF8.GetBytes(value, Reserve(most));
    }

    /// <summary>Bytes with their length in front.</summary>
    public void WriteBlock(ReadOnlySpan<byte> value)
    {
        WriteVarint((ulong)value.Length);
        Write(value);
    }

    /// <exception cref="InvalidDataException">The bytes end in the middle of a number.</exception>
    public static ulong ReadVarint(ref ReadOnlySpan<byte> source)
    {
        ulong value = 0;
        for (var i = 0; i < source.Length && i < 10; i++)
        {
            value |= (ulong)(source[i] & 0x7F) << (7 * i);
            if (source[i] >= 0x80) continue;
            source = source[(i + 1)..];
            return value;
        }
        throw new InvalidDataException("The packed bytes end in the middle of a number.");
    }

    public static ReadOnlySpan<byte> ReadBlock(ref ReadOnlySpan<byte> source)
    {
        var length = (int)ReadVarint(ref source);
        var block = source[..length];
        source = source[length..];
        return block;
    }

    /// <summary>A text of its own, for what hardly ever repeats.</summary>
    public static string ReadUnique(ref ReadOnlySpan<byte> source) => Encoding.UTF8.GetString(ReadBlock(ref source));

    public static string? ReadText(ref ReadOnlySpan<byte> source) =>
        ReadBlock(ref source) is { IsEmpty: false } text ? TextPool.Shared.Get(text) : null;
}
