using System.Text.Json;

namespace Aim.CosmosGateway;

/// <summary>A stored document: its JSON with the system properties, and where it stands in the change feed.</summary>
internal sealed class Item
{
    public required PartitionKeyValue Key { get; init; }
    public required string Id { get; init; }

    /// <summary>As it goes over the wire, system properties included.</summary>
    public required byte[] Json { get; init; }

    public required string ETag { get; init; }
    public required string Rid { get; init; }

    /// <summary>The commit that wrote it; items of one transaction share it.</summary>
    public required long Lsn { get; init; }

    /// <summary>When it ceases to be, by its own or its container's time to live.</summary>
    public required DateTimeOffset? Expires { get; init; }

    private JsonElement? root;

    public JsonElement Root
    {
        get
        {
            if (root is { } parsed) return parsed;
            using var document = JsonDocument.Parse(Json);
            root = document.RootElement.Clone();
            return root.Value;
        }
    }
}

/// <summary>A physical partition: the hashes from one end up to the other, its items, and its own count of commits.</summary>
internal sealed class PartitionRange(int id, string min, string max)
{
    private readonly SortedDictionary<(long Lsn, int Position), Item> feed = [];
    private readonly Dictionary<string, SortedDictionary<string, Item>> logical = [];
    private readonly Dictionary<Item, (long Lsn, int Position)> places = [];

    public string Id { get; } = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
    public string Min => min;
    public string Max => max;
    public long Lsn { get; private set; }

    public bool Contains(string effective) => string.CompareOrdinal(effective, min) >= 0 && string.CompareOrdinal(effective, max) < 0;

    public IEnumerable<Item> All => logical.Values.SelectMany(items => items.Values);

    public IEnumerable<Item> Of(PartitionKeyValue key) => logical.TryGetValue(key.Text, out var items) ? items.Values : [];

    public Item? Find(PartitionKeyValue key, string id) => logical.TryGetValue(key.Text, out var items) ? items.GetValueOrDefault(id) : null;

    /// <summary>What was written after a commit, oldest first; of each item only the version it has now.</summary>
    public IEnumerable<Item> After(long lsn) => feed.SkipWhile(entry => entry.Key.Lsn <= lsn).Select(entry => entry.Value);

    public long NextLsn() => ++Lsn;

    public void Put(Item item)
    {
        Remove(item.Key, item.Id);
        if (!logical.TryGetValue(item.Key.Text, out var items)) logical[item.Key.Text] = items = new(StringComparer.Ordinal);
        items[item.Id] = item;
        var place = (item.Lsn, 0);
        while (feed.ContainsKey(place)) place.Item2++;
        feed[place] = item;
        places[item] = place;
    }

    public void Remove(PartitionKeyValue key, string id)
    {
        if (!logical.TryGetValue(key.Text, out var items) || !items.Remove(id, out var old)) return;
        feed.Remove(places[old]);
        places.Remove(old);
        if (items.Count == 0) logical.Remove(key.Text);
    }
}
