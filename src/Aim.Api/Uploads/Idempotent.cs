using System.Security.Cryptography;
using System.Text.Json;
using Aim.Api.Problems;
using Aim.Ports;
using Microsoft.AspNetCore.Http;

namespace Aim.Api.Uploads;

/// <summary>
/// Ties a caller's idempotency key to the key of the upload it first asked for. The ledger takes one of two requests at once, and both go on
/// with the upload key of that one; a request that died in between is completed by its repetition.
/// </summary>
internal static class Idempotent
{
    private const string Kind = "upload";
    private const int LongestKey = 100;

    private sealed record Reservation(string Upload, string Request);

    public static async Task<string> KeyAsync<T>(ILedger ledger, Caller caller, string idempotencyKey, T request, string freshKey, CancellationToken cancellation)
    {
        if (idempotencyKey.Length is 0 or > LongestKey) throw RequestException.Invalid($"An idempotency key has 1 to {LongestKey} characters.");
        var wanted = new Reservation(freshKey, Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request))));
        var entry = new LedgerEntry($"idempotency/{caller.Id}", Kind, idempotencyKey, JsonSerializer.Serialize(wanted));
        if (await ledger.AddAsync(entry, cancellation)) return freshKey;
        var earlier = JsonSerializer.Deserialize<Reservation>((await ledger.FindAsync(entry.Subject, Kind, idempotencyKey, cancellation))!.Json)!;
        return earlier.Request == wanted.Request ? earlier.Upload
            : throw new RequestException(StatusCodes.Status422UnprocessableEntity, "Key used before", "This idempotency key came with another request before. Choose a new one.");
    }
}
