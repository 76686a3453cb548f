using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Ports;
using Aim.Uploads;

namespace Aim.Movement;

/// <summary>A list as it was computed at a moment.</summary>
public sealed record KeptList<T>(DateTimeOffset ComputedAt, IReadOnlyList<T> Items);

/// <summary>Lists that are dear to compute, kept for a day among the working files, which the night sweeps: a page costs a read of the list, and all pages are of one list.</summary>
internal sealed class KeptLists(IBlobStore blobs, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <param name="name">What it is a list of, as the rest of a path.</param>
    /// <param name="anew">Compute it, whatever is kept.</param>
    public async Task<KeptList<T>> GetAsync<T>(string name, bool anew, Func<Task<IReadOnlyList<T>>> compute, CancellationToken cancellation)
    {
        var (folder, now) = ($"{UploadLeftovers.Work}lists/{name}/", clock.GetUtcNow());
        if (!anew && await FindAsync<T>(folder, cancellation) is { } kept && now - kept.ComputedAt < Lifetime) return kept;
        var made = new KeptList<T>(now, await compute());
        await blobs.WriteAsync($"{folder}{now.UtcTicks.ToString("d19", CultureInfo.InvariantCulture)}.json", JsonSerializer.SerializeToUtf8Bytes(made, Json), cancellation);
        return made;
    }

    /// <summary>The newest that is kept; null when there is none, or it was swept or cut off by a loss of power.</summary>
    private async Task<KeptList<T>?> FindAsync<T>(string folder, CancellationToken cancellation)
    {
        if (await blobs.ListAsync(folder, cancellation).LastOrDefaultAsync(cancellation) is not { } newest) return null;
        await using var file = await blobs.OpenReadAsync(newest.Ref, cancellation);
        try
        {
            return file is null ? null : await JsonSerializer.DeserializeAsync<KeptList<T>>(file, Json, cancellation);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
