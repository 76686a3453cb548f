using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Aim.Records;

/// <summary>
/// The one binary form of a record's content, used for hashes, diffs and storage: each field in canonical order as a length (LEB128)
/// and its bytes, trailing empty fields left out. Text is UTF-8, a date its day number, a flag one letter, a number its
/// four bytes and a decimal its hundredths likewise, little-endian. The form can be walked without knowing the fields.
/// </summary>
public ref struct CanonicalWriter(ByteBuffer buffer) : IFieldSink
{
    private readonly int start = buffer.Length;
    private int end = buffer.Length;

    public void Text(string name, string? value)
    {
        if (string.IsNullOrEmpty(value)) { buffer.WriteByte(0); return; }
        buffer.WriteText(value);
        end = buffer.Length;
    }

    public void Code(string name, string? value) => Text(name, value);

    public void Date(string name, DateOnly? value)
    {
        if (value is not { } date) { buffer.WriteByte(0); return; }
        var span = buffer.Reserve(4);
        span[0] = 3;
        var day = date.DayNumber;
        span[1] = (byte)day;
        span[2] = (byte)(day >> 8);
        span[3] = (byte)(day >> 16);
        buffer.Advance(4);
        end = buffer.Length;
    }

    public void Flag(string name, bool? value)
    {
        if (value is not { } flag) { buffer.WriteByte(0); return; }
        var span = buffer.Reserve(2);
        span[0] = 1;
        span[1] = flag ? (byte)'Y' : (byte)'N';
        buffer.Advance(2);
        end = buffer.Length;
    }

    public void Number(string name, int? value)
    {
        if (value is not { } number) { buffer.WriteByte(0); return; }
        var span = buffer.Reserve(5);
        span[0] = 4;
        BinaryPrimitives.WriteInt32LittleEndian(span[1..], number);
        buffer.Advance(5);
        end = buffer.Length;
    }

    public void Amount(string name, decimal? value) => Number(name, value is { } amount ? (int)decimal.Round(amount * 100) : null);

    /// <summary>Cuts trailing empty fields and gives the length written.</summary>
    public readonly int Finish()
    {
        buffer.Truncate(end);
        return end - start;
    }
}

/// <summary>Reads canonical bytes; fields past the end are empty.</summary>
public ref struct CanonicalReader(ReadOnlySpan<byte> bytes) : IFieldSource
{
    private readonly TextPool pool = TextPool.Shared;
    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>The next field's bytes, of whatever kind.</summary>
    public ReadOnlySpan<byte> Next()
    {
        if (rest.IsEmpty) return default;
        var length = rest[0];
        if (length < 128)
        {
            var field = rest.Slice(1, length);
            rest = rest[(1 + length)..];
            return field;
        }
        var longLength = (int)ByteBuffer.ReadVarint(ref rest);
        var longField = rest[..longLength];
        rest = rest[longLength..];
        return longField;
    }

    public string? Text() => Next() is { IsEmpty: false } field ? pool.Get(field) : null;

    public string? Code() => Text();

    public DateOnly? Date() => Next() is { IsEmpty: false } field ? AsDate(field) : null;

    public bool? Flag() => Next() is { IsEmpty: false } field ? field[0] == 'Y' : null;

    public int? Number() => Next() is { IsEmpty: false } field ? AsNumber(field) : null;

    public decimal? Amount() => Number() is { } hundredths ? hundredths / 100m : null;

    internal static DateOnly AsDate(ReadOnlySpan<byte> field) => DateOnly.FromDayNumber(field[0] | field[1] << 8 | field[2] << 16);

    internal static int AsNumber(ReadOnlySpan<byte> field) => BinaryPrimitives.ReadInt32LittleEndian(field);

    /// <summary>A field as people read it: dates as MM/DD/YYYY, flags as Y or N, nothing for an empty one.</summary>
    public static string? Display(FieldKind kind, ReadOnlySpan<byte> field)
    {
        if (field.IsEmpty) return null;
        return kind switch
        {
            FieldKind.Date => AsDate(field).ToString("MM/dd/yyyy", CultureInfo.InvariantCulture),
            FieldKind.Flag => field[0] == 'Y' ? "Y" : "N",
            FieldKind.Number => AsNumber(field).ToString(CultureInfo.InvariantCulture),
            FieldKind.Amount => (AsNumber(field) / 100m).ToString("0.##", CultureInfo.InvariantCulture),
            _ => Encoding.UTF8.GetString(field),
        };
    }
}

/// <summary>
/// Keeps short texts that repeat (surnames, codes, school numbers) as one string each. A text that isn't kept is simply made again;
/// nothing depends on which.
/// </summary>
public sealed class TextPool
{
    private const int Slots = 1 << 13;
    private const int LongestKept = 14;

    private readonly string?[] slots = new string?[Slots];

    /// <summary>The pool of this thread: strings are shared, the table isn't, so there is nothing to lock.</summary>
    public static TextPool Shared => shared ??= new TextPool();

    [ThreadStatic]
    private static TextPool? shared;

    public string Get(ReadOnlySpan<char> text)
    {
        if (text.Length > LongestKept) return text.ToString();
        ref var slot = ref slots[SlotOf(text)];
        if (slot is not null && text.SequenceEqual(slot)) return slot;
        return slot = text.ToString();
    }

    /// <summary>Multiplies four characters at a time: a text is at most four steps, where one a character would wait for each other.</summary>
    private static int SlotOf(ReadOnlySpan<char> text)
    {
        const ulong odd = 0x9E3779B97F4A7C15;
        var bytes = MemoryMarshal.AsBytes(text);
        var hash = (ulong)text.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * odd;
        if (bytes.Length >= sizeof(uint))
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes)) * odd;
            bytes = bytes[sizeof(uint)..];
        }
        if (bytes.Length > 0) hash = (hash ^ BinaryPrimitives.ReadUInt16LittleEndian(bytes)) * odd;
        return (int)(hash >> 40) & (Slots - 1);
    }

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestKept) return Encoding.UTF8.GetString(utf8);
        Span<char> chars = stackalloc char[LongestKept];
        return Get(chars[..Encoding.UTF8.GetChars(utf8, chars)]);
    }
}
