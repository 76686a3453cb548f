using System.Text.Json.Serialization;
using Aim.Ports;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>
/// The ledger in Cosmos DB: a subject is a partition, and an entry's id is made of kind and id, so that listing is a range of ids in order. The entry's
/// JSON is kept as text, to come back as it was written.
/// </summary>
internal sealed class CosmosLedger(CosmosAccount account) : ILedger
{
    private readonly CosmosTable table = account.Table(CosmosContainers.Ledger);

    /// <param name="WriteId">Tells, when a write is answered with a conflict, whether it was an earlier attempt of the same write.</param>
    private sealed record Item(string Id, string Subject, string EntryId, string Json, string WriteId);

    private static Item ItemOf(LedgerEntry entry) => new(ItemId.Of(entry.Kind, entry.Id), entry.Subject, entry.Id, entry.Json, Guid.NewGuid().ToString("N"));

    public async Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) =>
        await table.FindAsync<Item>("find entry", subject, ItemId.Of(kind, id), cancellation) is { } stored ? new LedgerEntry(subject, kind, id, stored.Item.Json, stored.ETag) : null;

    public async Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation)
    {
        var item = ItemOf(entry);
        return await table.CreateAsync("add entry", entry.Subject, item, cancellation) == CosmosWrite.Written || await WasWrittenAsync(item, cancellation);
    }

    public async Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation)
    {
        var item = ItemOf(entry);
        if (entry.ETag is null) return await table.UpsertAsync("put entry", entry.Subject, item, cancellation) == CosmosWrite.Written;
        return await table.ReplaceAsync("replace entry", entry.Subject, item.Id, entry.ETag, item, cancellation) == CosmosWrite.Written || await WasWrittenAsync(item, cancellation);
    }

    private async Task<bool> WasWrittenAsync(Item item, CancellationToken cancellation) =>
        await table.FindAsync<Item>("find entry", item.Subject, item.Id, cancellation) is { } stored && stored.Item.WriteId == item.WriteId;

    public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation)
    {
        var (above, below) = ItemId.Under(kind);
        QueryDefinition After(string id) => new QueryDefinition("SELECT * FROM c WHERE c.id > @above AND c.id < @below ORDER BY c.id").WithParameter("@above", id).WithParameter("@below", below);
        return table.QueryAsync<ListedItem>("list entries", subject, afterId is null ? above : ItemId.Of(kind, afterId), After, item => item.Id, cancellation)
            .Select(item => new LedgerEntry(subject, kind, item.EntryId, item.Json, item.ETag));
    }

    private sealed record ListedItem(string Id, string EntryId, string Json, [property: JsonPropertyName("_etag")] string ETag);
}
