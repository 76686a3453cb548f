using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Aim.CosmosGateway;

/// <summary>
/// A partition key value with the place it hashes to (version 2 of the service's hashing, on which the SDK routes too). Only one level of
/// text is spoken: other kinds of values would hash otherwise.
/// </summary>
internal sealed record PartitionKeyValue(string Text, string Effective)
{
    private const byte TextMark = 0x08;
    private const byte TextEnd = 0xFF;

    public static PartitionKeyValue Of(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 2];
        bytes[0] = TextMark;
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(1));
        bytes[^1] = TextEnd;
        var (low, high) = Murmur128(bytes);
        Span<byte> hash = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(hash, high);
        BinaryPrimitives.WriteUInt64BigEndian(hash[8..], low);
        // The two highest bits are kept free, so that every hash is below the end of the last range.
        hash[0] &= 0x3F;
        return new PartitionKeyValue(text, Convert.ToHexString(hash));
    }

    /// <summary>Reads the header or batch form: a JSON array with one text.</summary>
    public static PartitionKeyValue Parse(string json)
    {
        using var array = JsonDocument.Parse(json);
        if (array.RootElement.ValueKind != JsonValueKind.Array || array.RootElement.GetArrayLength() != 1 || array.RootElement[0].ValueKind != JsonValueKind.String)
            throw RefusedException.Unsupported($"the partition key {json}");
        return Of(array.RootElement[0].GetString()!);
    }

    private static (ulong Low, ulong High) Murmur128(ReadOnlySpan<byte> data)
    {
        const ulong c1 = 0x87c37b91114253d5, c2 = 0x4cf5ad432745937f;
        ulong h1 = 0, h2 = 0;
        var rest = data;
        for (; rest.Length >= 16; rest = rest[16..])
        {
            h1 ^= Mix(BinaryPrimitives.ReadUInt64LittleEndian(rest), c1, 31, c2);
            h1 = (BitOperations.RotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= Mix(BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]), c2, 33, c1);
            h2 = (BitOperations.RotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
        }
        Span<byte> tail = stackalloc byte[16];
        tail.Clear();
        rest.CopyTo(tail);
        if (rest.Length > 8) h2 ^= Mix(BinaryPrimitives.ReadUInt64LittleEndian(tail[8..]), c2, 33, c1);
        if (rest.Length > 0) h1 ^= Mix(BinaryPrimitives.ReadUInt64LittleEndian(tail), c1, 31, c2);
        h1 ^= (ulong)data.Length;
        h2 ^= (ulong)data.Length;
        h1 += h2;
        h2 += h1;
        h1 = Avalanche(h1);
        h2 = Avalanche(h2);
        h1 += h2;
        h2 += h1;
        return (h1, h2);

        static ulong Mix(ulong block, ulong first, int rotation, ulong second) => BitOperations.RotateLeft(block * first, rotation) * second;
    }

    private static ulong Avalanche(ulong value)
    {
        value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
        value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
        return value ^ value >> 33;
    }
}
