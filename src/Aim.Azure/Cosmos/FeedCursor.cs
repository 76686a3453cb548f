using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Aim.Ports;

namespace Aim.Azure.Cosmos;

/// <summary>A position in the change feed as a text that fits into a URL: the service's own, which names every range, compressed.</summary>
internal static class FeedCursor
{
    /// <summary>A position is about a hundred characters a range, and packed a fraction of that; a cursor comes from outside and may be anything.</summary>
    private const int LongestCursor = 64 * 1024;
    private const int LongestPosition = 1024 * 1024;

    public static string Pack(string position)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true)) brotli.Write(Encoding.UTF8.GetBytes(position));
        return Base64Url.EncodeToString(packed.ToArray());
    }

    /// <exception cref="InvalidCursorException">It is not a packed position.</exception>
    public static string Unpack(string cursor)
    {
        if (cursor.Length > LongestCursor) throw new InvalidCursorException();
        try
        {
            var unpacked = Decompress(Base64Url.DecodeFromChars(cursor));
            using var position = JsonDocument.Parse(unpacked);
            return Encoding.UTF8.GetString(unpacked.Span);
        }
        catch (Exception malformed) when (malformed is FormatException or InvalidDataException or InvalidOperationException or JsonException)
        {
            throw new InvalidCursorException(malformed);
        }
    }

    private static ReadOnlyMemory<byte> Decompress(byte[] packed)
    {
        using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = brotli.Read(buffer)) > 0;)
        {
            if (unpacked.Length + read > LongestPosition) throw new InvalidDataException("The position is too long.");
            unpacked.Write(buffer, 0, read);
        }
        return unpacked.GetBuffer().AsMemory(0, (int)unpacked.Length);
    }
}
