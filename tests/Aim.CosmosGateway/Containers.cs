using System.Globalization;
using System.Text.Json.Nodes;

namespace Aim.CosmosGateway;

/// <summary>A container: how it is partitioned, what it indexes, how long items live.</summary>
internal sealed class Container
{
    private const string LowestEffective = "";
    private const string HighestEffective = "FF";

    private readonly JsonObject definition;
    private int documents;

    public Container(string database, string databaseRid, int number, JsonObject definition, int rangeCount, TimeProvider clock)
    {
        this.definition = definition;
        Clock = clock;
        Name = definition["id"]!.GetValue<string>();
        Address = $"dbs/{database}/colls/{Name}";
        Rid = Rids.Container(databaseRid, number);
        KeyPath = SinglePath(definition);
        DefaultTtl = definition["defaultTtl"]?.GetValue<int>();
        Indexing = new IndexingPolicy(definition["indexingPolicy"]);
        definition["_rid"] = Rid;
        definition["_self"] = $"dbs/{databaseRid}/colls/{Rid}/";
        definition["_etag"] = $"\"{Guid.NewGuid()}\"";
        definition["_ts"] = clock.GetUtcNow().ToUnixTimeSeconds();
        definition["_docs"] = "docs/";
        Ranges = Cut(rangeCount);
    }

    public string Name { get; }
    public string Address { get; }
    public string Rid { get; }

    /// <summary>The property items are partitioned by.</summary>
    public string KeyPath { get; }

    /// <summary>Null: nothing expires. -1: only items that say so themselves.</summary>
    public int? DefaultTtl { get; }

    public IndexingPolicy Indexing { get; }
    public IReadOnlyList<PartitionRange> Ranges { get; }
    public TimeProvider Clock { get; }

    public Reply Describe(int status) => Reply.Json(status, definition.DeepClone(), 1);

    public string NextRid() => Rids.Document(Rid, ++documents);

    public PartitionRange RangeOf(PartitionKeyValue key) => Ranges.First(range => range.Contains(key.Effective));

    public PartitionRange RangeById(string id) =>
        Ranges.FirstOrDefault(range => range.Id == id) ?? throw new RefusedException(StatusCodes.Status410Gone, "The partition key range is gone.", SubStatus.RangeGone);

    /// <summary>Drops what has lived its time.</summary>
    public void Expire()
    {
        if (DefaultTtl is null) return;
        var now = Clock.GetUtcNow();
        foreach (var range in Ranges)
        {
            foreach (var item in range.All.Where(item => item.Expires <= now).ToList()) range.Remove(item.Key, item.Id);
        }
    }

    public Reply ListRanges(string? ifNoneMatch)
    {
        // The feed of ranges is read until it says that nothing is new.
        if (ifNoneMatch == RangesETag) return Reply.Empty(StatusCodes.Status304NotModified).With("ETag", RangesETag);
        var ranges = new JsonArray([.. Ranges.Select(range => new JsonObject
        {
            ["_rid"] = Rids.Range(Rid, int.Parse(range.Id, CultureInfo.InvariantCulture)), ["id"] = range.Id, ["minInclusive"] = range.Min, ["maxExclusive"] = range.Max, ["ridPrefix"] = 0,
            ["throughputFraction"] = 1.0 / Ranges.Count, ["status"] = "online", ["parents"] = new JsonArray(), ["_self"] = $"{Address}/pkranges/{range.Id}/", ["_etag"] = RangesETag, ["_ts"] = 0, ["lsn"] = 1,
        })]);
        return Reply.Json(StatusCodes.Status200OK, new JsonObject { ["_rid"] = Rid, ["PartitionKeyRanges"] = ranges, ["_count"] = Ranges.Count }, 1).With("ETag", RangesETag);
    }

    private const string RangesETag = "\"1\"";

    private static string SinglePath(JsonObject definition)
    {
        var key = definition["partitionKey"] as JsonObject ?? throw RefusedException.Unsupported("a container without a partition key");
        if (key["version"]?.GetValue<int>() != 2) throw RefusedException.Unsupported("partition keys of another version than 2");
        var paths = key["paths"]!.AsArray();
        if (paths.Count != 1 || paths[0]!.GetValue<string>() is not { } path || path.LastIndexOf('/') != 0) throw RefusedException.Unsupported("hierarchical or nested partition keys");
        return path[1..];
    }

    /// <summary>Hashes are spread over the first quarter of all values, as their two highest bits are free.</summary>
    private static List<PartitionRange> Cut(int count)
    {
        string Border(int i) => i == 0 ? LowestEffective : i == count ? HighestEffective : ((UInt128.MaxValue >> 2) / (UInt128)count * (UInt128)i).ToString("X32", CultureInfo.InvariantCulture);
        return [.. Enumerable.Range(0, count).Select(i => new PartitionRange(i, Border(i), Border(i + 1)))];
    }
}

/// <summary>Resource ids: bytes of parent and child, in base64 that fits into a path.</summary>
internal static class Rids
{
    public static string Database(int number) => Encode([0x51, 0x49, 0x4D, (byte)number]);

    public static string Container(string database, int number) => Encode([.. Decode(database), 0x80, 0, 0, (byte)number]);

    public static string Document(string container, int number)
    {
        var bytes = new byte[16];
        Decode(container).CopyTo(bytes, 0);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), (long)number);
        return Encode(bytes);
    }

    public static string Range(string container, int number)
    {
        var bytes = new byte[16];
        Decode(container).CopyTo(bytes, 0);
        bytes[8] = (byte)(number + 2);
        bytes[15] = 0x50;
        return Encode(bytes);
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).Replace('/', '-');

    private static byte[] Decode(string text) => Convert.FromBase64String(text.Replace('-', '/'));
}

/// <summary>Which paths can be searched by. The service would scan for others; here that is refused, for it is never meant.</summary>
internal sealed class IndexingPolicy
{
    private readonly List<string> paths = [];

    public IndexingPolicy(JsonNode? policy)
    {
        if (policy?["excludedPaths"]?.AsArray().Any(path => path!["path"]!.GetValue<string>() == "/*") != true) throw RefusedException.Unsupported("an indexing policy that does not exclude /*");
        foreach (var path in policy["includedPaths"]?.AsArray() ?? [])
        {
            var text = path!["path"]!.GetValue<string>();
            paths.Add(text.EndsWith("/?", StringComparison.Ordinal) ? text[..^2] : throw RefusedException.Unsupported($"the index path {text}"));
        }
    }

    /// <summary>How many paths each write has to index.</summary>
    public int Count => paths.Count;

    public bool Covers(string path) => path is "/id" or "/_ts" || paths.Contains(path) || paths.Contains($"{path}/[]");
}
