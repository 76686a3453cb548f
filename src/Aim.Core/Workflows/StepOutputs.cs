using System.Text.Json;
using Aim.Ports;

namespace Aim.Workflows;

/// <summary>
/// The blobs a step writes, under a prefix of its own. The result is written last: a repeated step finds it and does nothing, and one
/// that died on the way clears its leftovers and starts over.
/// </summary>
internal sealed class StepOutputs<T>(IBlobStore blobs, string prefix)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public string Prefix => prefix;

    private string ResultPath => $"{prefix}result.json";

    public async Task<T> OnceAsync(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        if (await ReadResultAsync(cancellation) is { } done) return done;
        await foreach (var leftover in blobs.ListAsync(prefix, cancellation)) await blobs.DeleteAsync(leftover.Path, cancellation);
        var result = await work(cancellation);
        await blobs.WriteAsync(ResultPath, (file, token) => JsonSerializer.SerializeAsync(file, result, Json, token), cancellation);
        return result;
    }

    private async Task<T?> ReadResultAsync(CancellationToken cancellation)
    {
        await using var file = await blobs.OpenReadAsync(ResultPath, cancellation);
        return file is null ? default : await JsonSerializer.DeserializeAsync<T>(file, Json, cancellation);
    }
}
