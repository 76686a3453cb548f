using System.IO.Hashing;
using System.Text;

namespace Aim.Records;

/// <summary>
/// XxHash128 of canonical bytes: equal content has an equal hash in every process and year. It finds change; it is no proof against
/// forgery (manifests carry SHA-256 for that).
/// </summary>
public static class ContentHash
{
    public static UInt128 Of(ReadOnlySpan<byte> bytes) => XxHash128.HashToUInt128(bytes);

    public static UInt128 OfText(string text)
    {
        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = size <= 512 ? stackalloc byte[size] : new byte[size];
        return Of(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }
}
