using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Aim.Ports;

namespace Aim.Azure.Cosmos;

/// <summary>A position in the change feed as a text that fits into a URL: the service's own, which names every range, compressed.</summary>
internal static class FeedCursor
{
    public static string Pack(string position)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true)) brotli.Write(Encoding.UTF8.GetBytes(position));
        return Base64Url.EncodeToString(packed.ToArray());
    }

    /// <exception cref="InvalidCursorException">It is not a packed position.</exception>
    public static string Unpack(string cursor)
    {
        try
        {
            using var unpacked = new MemoryStream();
            using (var brotli = new BrotliStream(new MemoryStream(Base64Url.DecodeFromChars(cursor)), CompressionMode.Decompress)) brotli.CopyTo(unpacked);
            using var position = JsonDocument.Parse(unpacked.ToArray());
            return Encoding.UTF8.GetString(unpacked.ToArray());
        }
        catch (Exception malformed) when (malformed is FormatException or InvalidDataException or InvalidOperationException or JsonException)
        {
            throw new InvalidCursorException(malformed);
        }
    }
}
