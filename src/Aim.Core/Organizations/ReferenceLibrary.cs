using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Ports;
using Aim.Records;

namespace Aim.Organizations;

/// <summary>The reference data of each school year: written whole under the hash of its content, found through the ledger.</summary>
public sealed class ReferenceLibrary(IBlobStore blobs, ILedger ledger)
{
    private const string Subject = "reference";
    private const string Kind = "year";

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly ConcurrentDictionary<string, ReferenceData> cache = new();

    /// <summary>The present reference data of a year with its version; null when the state has set none up.</summary>
    public async Task<(ReferenceData Data, string Version)?> FindAsync(SchoolYear year, CancellationToken cancellation)
    {
        if (await ledger.FindAsync(Subject, Kind, year.ToString(), cancellation) is not { } entry) return null;
        var version = JsonSerializer.Deserialize<Pointer>(entry.Json, Json)!.Version;
        return (await FindAsync(year, version, cancellation) ?? throw new FileNotFoundException($"The reference data of {year} is gone."), version);
    }

    /// <summary>One version of a year's reference data; null when there is no such version.</summary>
    public async Task<ReferenceData?> FindAsync(SchoolYear year, string version, CancellationToken cancellation)
    {
        if (cache.TryGetValue(version, out var known)) return known;
        await using var file = await blobs.OpenReadAsync(PathOf(year, version), cancellation);
        if (file is null) return null;
        return cache.GetOrAdd(version, (await JsonSerializer.DeserializeAsync<ReferenceData>(file, Json, cancellation))!);
    }

    /// <summary>Makes this the present reference data of its year and gives its version; the same content has the same version.</summary>
    public async Task<string> PublishAsync(ReferenceData data, CancellationToken cancellation)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(data, Json);
        var version = ContentHash.Of(bytes).ToString("x32", CultureInfo.InvariantCulture)[..16];
        await blobs.WriteAsync(PathOf(data.Year, version), bytes, cancellation);
        await ledger.PutAsync(new(Subject, Kind, data.Year.ToString(), JsonSerializer.Serialize(new Pointer(version), Json)), cancellation);
        return version;
    }

    /// <summary>The school years there is reference data for, oldest first.</summary>
    public async Task<IReadOnlyList<SchoolYear>> ListYearsAsync(CancellationToken cancellation)
    {
        var years = new List<SchoolYear>();
        await foreach (var entry in ledger.ListAsync(Subject, Kind, null, cancellation)) years.Add(SchoolYear.Parse(entry.Id));
        return years;
    }

    private static string PathOf(SchoolYear year, string version) => $"reference/{year}/{version}.json";

    private sealed record Pointer(string Version);
}
