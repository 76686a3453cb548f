using System.Text.Json;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>A container as the deployment makes it and the adapters expect it.</summary>
/// <param name="DefaultTtl">-1: items expire only by a time to live of their own; null: none does.</param>
internal sealed record CosmosContainerSpec(string Name, IReadOnlyList<string> PartitionKeys, CosmosIndexingSpec IndexingPolicy, int? DefaultTtl = null)
{
    public ContainerProperties ToProperties()
    {
        var properties = new ContainerProperties(Name, PartitionKeys)
        {
            PartitionKeyDefinitionVersion = PartitionKeyDefinitionVersion.V2, DefaultTimeToLive = DefaultTtl, IndexingPolicy = new IndexingPolicy { Automatic = true, IndexingMode = IndexingMode.Consistent },
        };
        foreach (var path in IndexingPolicy.IncludedPaths) properties.IndexingPolicy.IncludedPaths.Add(new IncludedPath { Path = path.Path });
        foreach (var path in IndexingPolicy.ExcludedPaths) properties.IndexingPolicy.ExcludedPaths.Add(new ExcludedPath { Path = path.Path });
        return properties;
    }
}

internal sealed record CosmosIndexingSpec(IReadOnlyList<CosmosIndexedPath> IncludedPaths, IReadOnlyList<CosmosIndexedPath> ExcludedPaths);

internal sealed record CosmosIndexedPath(string Path);

/// <summary>
/// The containers, read from <c>cosmos-containers.json</c>, which the deployment reads too. Only what is queried is indexed; docs/adr/0004 tells why
/// each is partitioned as it is.
/// </summary>
internal static class CosmosContainers
{
    public const string Editions = "editions";
    public const string Students = "students";
    public const string Identities = "identities";
    public const string Ledger = "ledger";

    public static IReadOnlyList<CosmosContainerSpec> All { get; } = Load();

    private static List<CosmosContainerSpec> Load()
    {
        using var json = typeof(CosmosContainers).Assembly.GetManifestResourceStream("cosmos-containers.json")!;
        return JsonSerializer.Deserialize<List<CosmosContainerSpec>>(json, JsonSerializerOptions.Web)!;
    }
}
