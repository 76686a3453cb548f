using System.Security.Cryptography;
using System.Text.Json;
using Aim.Api.Problems;
using Aim.Ports;
using Microsoft.AspNetCore.Http;

namespace Aim.Api.Uploads;

/// <summary>
/// Ties a caller's idempotency key to the key of the upload or save it first asked for. The ledger takes one of two requests at once, and both go on
/// with the key of that one; a request that died in between is completed by its repetition.
/// </summary>
internal static class Idempotent
{
    private const string Kind = "upload";
    private const string AnswerKind = "answer";
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

    /// <summary>The answer that was given under an idempotency key; null when none was noted.</summary>
    public static async Task<T?> FindAnswerAsync<T>(ILedger ledger, Caller caller, string idempotencyKey, CancellationToken cancellation) where T : class =>
        await ledger.FindAsync($"idempotency/{caller.Id}", AnswerKind, idempotencyKey, cancellation) is { } entry ? JsonSerializer.Deserialize<T>(entry.Json, JsonSerializerOptions.Web) : null;

    /// <summary>Notes an answer, so that the same key is answered the same.</summary>
    public static Task NoteAnswerAsync<T>(ILedger ledger, Caller caller, string idempotencyKey, T answer, CancellationToken cancellation) =>
        ledger.AddAsync(new LedgerEntry($"idempotency/{caller.Id}", AnswerKind, idempotencyKey, JsonSerializer.Serialize(answer, JsonSerializerOptions.Web)), cancellation);
}
