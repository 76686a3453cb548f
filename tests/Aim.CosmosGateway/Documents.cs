using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Aim.CosmosGateway;

internal enum Write { Create, Upsert, Replace, Delete, Patch }

/// <summary>One write as asked for, alone or in a batch.</summary>
internal sealed record WriteRequest(Write Kind, PartitionKeyValue Key, string? Id, ReadOnlyMemory<byte> Body, string? IfMatch, string? IfNoneMatch);

/// <summary>How it went.</summary>
internal sealed record WriteResult(int Status, Item? Item, double Charge);

/// <summary>Point reads and writes of items, with the service's conditions and limits.</summary>
internal sealed class Documents(Container container)
{
    private const int LargestItem = 2 * 1024 * 1024;
    private const int LongestId = 1023;
    private const int LongestKey = 2048;

    private static readonly char[] ForbiddenInId = ['/', '\\', '?', '#'];

    public (Item Item, double Charge) Read(PartitionKeyValue key, string id)
    {
        var item = container.RangeOf(key).Find(key, id) ?? throw NotFound();
        return (item, Charges.Read(item.Json.Length));
    }

    public static RefusedException NotFound() => new(StatusCodes.Status404NotFound, "Entity with the specified id does not exist in the system.");

    /// <summary>Applies one write under a commit of its range.</summary>
    public WriteResult Apply(WriteRequest write, long lsn)
    {
        var range = container.RangeOf(write.Key);
        var body = write.Kind is Write.Delete or Write.Patch ? null : Parse(write.Body);
        var id = body is null ? write.Id! : IdOf(body, write);
        var existing = range.Find(write.Key, id);
        Check(write, existing);
        if (write.Kind == Write.Delete)
        {
            range.Remove(write.Key, id);
            return new WriteResult(StatusCodes.Status204NoContent, null, Charges.Delete(existing!.Json.Length, container.Indexing.Count));
        }
        var content = write.Kind == Write.Patch ? Patches.Apply(write.Body, existing!) : body!;
        if (KeyOf(content) != write.Key.Text)
            throw new RefusedException(StatusCodes.Status400BadRequest, "PartitionKey extracted from document doesn't match the one specified in the header.", SubStatus.PartitionKeyMismatch);
        var item = Store(content, write.Key, id, existing, lsn);
        range.Put(item);
        return new WriteResult(existing is null ? StatusCodes.Status201Created : StatusCodes.Status200OK, item, Charge(item, existing));
    }

    private double Charge(Item item, Item? existing) =>
        existing is null ? Charges.Insert(item.Json.Length, container.Indexing.Count) : Charges.Replace(item.Json.Length, container.Indexing.Count);

    private static void Check(WriteRequest write, Item? existing)
    {
        if (write.Kind == Write.Create && existing is not null) throw new RefusedException(StatusCodes.Status409Conflict, "Entity with the specified id already exists in the system.");
        if (write.Kind is Write.Replace or Write.Delete or Write.Patch && existing is null) throw NotFound();
        if (write.IfNoneMatch is not null) throw RefusedException.Unsupported("If-None-Match on a write");
        if (write.IfMatch is { } etag && existing is not null && existing.ETag != etag) throw PreconditionFailed();
    }

    public static RefusedException PreconditionFailed() => new(StatusCodes.Status412PreconditionFailed, "One of the specified pre-condition is not met.");

    private static JsonObject Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Length > LargestItem) throw new RefusedException(StatusCodes.Status413PayloadTooLarge, "Request size is too large.");
        try
        {
            return JsonNode.Parse(body.Span) as JsonObject ?? throw new RefusedException(StatusCodes.Status400BadRequest, "A document is a JSON object.");
        }
        catch (JsonException)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, "The document is not JSON.");
        }
    }

    private static string IdOf(JsonObject body, WriteRequest write)
    {
        if (body["id"] is not JsonValue value || !value.TryGetValue<string>(out var id) || id.Length == 0) throw new RefusedException(StatusCodes.Status400BadRequest, "The document has no id.");
        if (id.IndexOfAny(ForbiddenInId) >= 0 || id.EndsWith(' ')) throw new RefusedException(StatusCodes.Status400BadRequest, "The id has a character that is not allowed, or ends in a space.");
        if (Encoding.UTF8.GetByteCount(id) > LongestId) throw new RefusedException(StatusCodes.Status400BadRequest, "The id is too long.");
        if (write.Id is not null && write.Kind == Write.Replace && write.Id != id) throw new RefusedException(StatusCodes.Status400BadRequest, "The id of a document cannot be changed.");
        return id;
    }

    private string? KeyOf(JsonObject content)
    {
        if (content[container.KeyPath] is not JsonValue value || !value.TryGetValue<string>(out var text)) return null;
        return Encoding.UTF8.GetByteCount(text) <= LongestKey ? text : throw new RefusedException(StatusCodes.Status400BadRequest, "The partition key is too long.");
    }

    private Item Store(JsonObject content, PartitionKeyValue key, string id, Item? existing, long lsn)
    {
        CheckNumbers(content);
        var now = container.Clock.GetUtcNow();
        var (rid, etag) = (existing?.Rid ?? container.NextRid(), $"\"{Guid.NewGuid()}\"");
        content["_rid"] = rid;
        content["_self"] = $"{container.Address}/docs/{rid}/";
        content["_etag"] = etag;
        content["_attachments"] = "attachments/";
        content["_ts"] = now.ToUnixTimeSeconds();
        var json = Encoding.UTF8.GetBytes(content.ToJsonString(Compact));
        if (json.Length > LargestItem) throw new RefusedException(StatusCodes.Status413PayloadTooLarge, "Request size is too large.");
        var seconds = content["ttl"]?.GetValue<int>() ?? container.DefaultTtl;
        return new Item
        {
            Key = key, Id = id, Json = json, ETag = etag, Rid = rid, Lsn = lsn, Expires = container.DefaultTtl is null || seconds is null or < 0 ? null : now.AddSeconds(seconds.Value),
        };
    }

    /// <summary>The service keeps numbers as doubles: a larger integer would come back as another one.</summary>
    private static void CheckNumbers(JsonNode? node)
    {
        if (node is JsonObject properties) foreach (var (_, value) in properties) CheckNumbers(value);
        else if (node is JsonArray items) foreach (var item in items) CheckNumbers(item);
        else if (node is JsonValue number && number.GetValueKind() == JsonValueKind.Number && number.TryGetValue<decimal>(out var exact) && Math.Abs(exact) > LargestExactInteger)
            throw RefusedException.Unsupported($"the number {exact}, which the service would round");
    }

    private const decimal LargestExactInteger = 9_007_199_254_740_992;

    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The item as the change feed tells it.</summary>
    public static JsonObject WithLsn(Item item)
    {
        var content = JsonNode.Parse(item.Json)!.AsObject();
        content["_lsn"] = item.Lsn;
        return content;
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Partial updates: <c>set</c> of a top-level property, under a condition.</summary>
internal static class Patches
{
    private const int MostOperations = 10;

    public static JsonObject Apply(ReadOnlyMemory<byte> body, Item item)
    {
        var patch = JsonNode.Parse(body.Span)!.AsObject();
        if (patch.Select(property => property.Key).FirstOrDefault(name => name is not ("operations" or "condition")) is { } unknown) throw RefusedException.Unsupported($"'{unknown}' in a patch");
        if (patch["condition"]?.GetValue<string>() is { } condition && !Sql.ParseCondition(condition).Holds(item.Root, [])) throw Documents.PreconditionFailed();
        var content = JsonNode.Parse(item.Json)!.AsObject();
        var operations = patch["operations"]!.AsArray();
        if (operations.Count > MostOperations) throw new RefusedException(StatusCodes.Status400BadRequest, "A patch has at most ten operations.");
        foreach (var operation in operations)
        {
            var (kind, path) = (operation!["op"]!.GetValue<string>(), operation["path"]!.GetValue<string>());
            if (kind != "set" || path.LastIndexOf('/') != 0) throw RefusedException.Unsupported($"'{kind}' of '{path}' in a patch");
            content[path[1..]] = operation["value"]?.DeepClone();
        }
        return content;
    }
}
