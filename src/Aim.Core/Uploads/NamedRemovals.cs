using System.Text.Json;
using Aim.Ports;

namespace Aim.Uploads;

/// <summary>A stored record that an upload removes by its name.</summary>
/// <param name="LocalId">As the edition has it.</param>
/// <param name="ReplacedBy">Key of the record that takes its place: it is removed only if that one is there.</param>
public sealed record NamedRemoval(string LocalId, string Key, string? ReplacedBy);

/// <summary>The records that an upload removes by name, for each local id by key; a blob beside the upload.</summary>
internal sealed class NamedRemovals
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Dictionary<string, Dictionary<string, string?>> byLocalId = [];

    public static NamedRemovals None { get; } = new();

    public bool Any => byLocalId.Count > 0;

    public IEnumerable<string> LocalIds => byLocalId.Keys;

    /// <param name="isThere">Whether the student has a record of that key once the upload is loaded.</param>
    public bool Has(string localId, string key, Predicate<string> isThere) =>
        byLocalId.TryGetValue(localId, out var keys) && keys.TryGetValue(key, out var replacedBy) && (replacedBy is null || isThere(replacedBy));

    public static Task WriteAsync(IBlobStore blobs, string path, IReadOnlyList<NamedRemoval> removals, CancellationToken cancellation) =>
        blobs.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(removals, Json), cancellation);

    /// <param name="path">Null when the upload removes nothing by name.</param>
    public static async Task<NamedRemovals> ReadAsync(IBlobStore blobs, string? path, CancellationToken cancellation)
    {
        if (path is null) return None;
        await using var file = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The removals {path} are gone.");
        var removals = new NamedRemovals();
        await foreach (var removal in JsonSerializer.DeserializeAsyncEnumerable<NamedRemoval>(file, Json, cancellation))
        {
            if (!removals.byLocalId.TryGetValue(removal!.LocalId, out var keys)) removals.byLocalId[removal.LocalId] = keys = [];
            keys[removal.Key] = removal.ReplacedBy;
        }
        return removals;
    }
}
