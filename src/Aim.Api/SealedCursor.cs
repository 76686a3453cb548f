using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aim.Ports;

namespace Aim.Api;

/// <summary>
/// A cursor that tells nothing of the place it holds, for lists whose places name what a reader isn't shown. The key is made once and kept in the
/// ledger, so that a cursor stays good on every host.
/// </summary>
internal static class SealedCursor
{
    private const string Subject = "keys";
    private const string Kind = "cursor";
    private const string Only = "-";
    private const int KeyBytes = 32;

    public static async Task<string> SealAsync(ILedger ledger, string place, CancellationToken cancellation)
    {
        var open = Encoding.UTF8.GetBytes(place);
        var (nonceBytes, tagBytes) = (AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize);
        var sealedUp = new byte[nonceBytes + tagBytes + open.Length];
        RandomNumberGenerator.Fill(sealedUp.AsSpan(0, nonceBytes));
        using var cipher = new AesGcm(await KeyAsync(ledger, cancellation), tagBytes);
        cipher.Encrypt(sealedUp.AsSpan(0, nonceBytes), open, sealedUp.AsSpan(nonceBytes + tagBytes), sealedUp.AsSpan(nonceBytes, tagBytes));
        return Base64Url.EncodeToString(sealedUp);
    }

    /// <summary>The place; null when the text is no cursor that was given out.</summary>
    public static async Task<string?> OpenAsync(ILedger ledger, string cursor, CancellationToken cancellation)
    {
        var (nonceBytes, tagBytes) = (AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize);
        try
        {
            var sealedUp = Base64Url.DecodeFromChars(cursor);
            if (sealedUp.Length < nonceBytes + tagBytes) return null;
            var open = new byte[sealedUp.Length - nonceBytes - tagBytes];
            using var cipher = new AesGcm(await KeyAsync(ledger, cancellation), tagBytes);
            cipher.Decrypt(sealedUp.AsSpan(0, nonceBytes), sealedUp.AsSpan(nonceBytes + tagBytes), sealedUp.AsSpan(nonceBytes, tagBytes), open);
            return Encoding.UTF8.GetString(open);
        }
        catch (Exception unreadable) when (unreadable is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private static async Task<byte[]> KeyAsync(ILedger ledger, CancellationToken cancellation)
    {
        while (true)
        {
            if (await ledger.FindAsync(Subject, Kind, Only, cancellation) is { } entry) return JsonSerializer.Deserialize<byte[]>(entry.Json)!;
            await ledger.AddAsync(new(Subject, Kind, Only, JsonSerializer.Serialize(RandomNumberGenerator.GetBytes(KeyBytes))), cancellation);
        }
    }
}
