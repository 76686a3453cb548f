using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Aim.CosmosGateway;

/// <summary>What a query runs over: one logical partition, or one range or a part of it.</summary>
internal sealed record QueryScope(PartitionRange Range, PartitionKeyValue? Key, string MinEpk, string MaxEpk)
{
    public IEnumerable<Item> Items => Key is not null ? Range.Of(Key) : Range.All.Where(item => Includes(item.Key));

    public bool Includes(PartitionKeyValue key) =>
        Key is not null ? key.Text == Key.Text : Range.Contains(key.Effective) && string.CompareOrdinal(key.Effective, MinEpk) >= 0 && string.CompareOrdinal(key.Effective, MaxEpk) < 0;
}

/// <summary>Queries, a page at a time. A continuation names the last item given, so that writes in between move nothing.</summary>
internal sealed class Queries(Container container)
{
    private const int DefaultPage = 100;
    private const int LargestPage = 4 * 1024 * 1024;

    public Reply Execute(byte[] body, QueryScope scope, int maxItems, string? continuation)
    {
        var (select, parameters) = Read(body);
        CheckIndexes(select);
        var after = continuation is null ? null : Place.Parse(continuation, select.Text);
        var found = Ordered(select, Candidates(select.Where, parameters, scope).Where(item => select.Where?.Holds(item.Root, parameters) != false));
        var page = new List<(byte[] Json, Item Item)>();
        Place? next = null;
        var (size, most) = (0, maxItems > 0 ? maxItems : DefaultPage);
        foreach (var (item, place) in found.Select(item => (item, PlaceOf(select, item))))
        {
            if (after is not null && Compare(select, place, after) <= 0) continue;
            var json = select.Project(item, parameters);
            if (page.Count == most || page.Count > 0 && size + json.Length > LargestPage)
            {
                next = PlaceOf(select, page[^1].Item);
                break;
            }
            page.Add((json, item));
            size += json.Length;
        }
        var reply = new Reply(StatusCodes.Status200OK, Feeds.Write(container.Rid, page.Select(entry => entry.Json)), Charges.Query(page.Select(entry => entry.Item.Json.Length)))
            .With(Header.ItemCount, Documents.Text(page.Count));
        return next is null ? reply : reply.With(Header.Continuation, next.ToText(select.Text));
    }

    /// <summary>How the SDK is to run the query: in one go over each range, or ordered and merged.</summary>
    public static Reply Plan(byte[] body)
    {
        var (select, _) = Read(body);
        var info = new JsonObject
        {
            ["distinctType"] = "None", ["top"] = null, ["offset"] = null, ["limit"] = null, ["groupByExpressions"] = new JsonArray(), ["groupByAliases"] = new JsonArray(), ["aggregates"] = new JsonArray(),
            ["groupByAliasToAggregateType"] = new JsonObject(), ["hasSelectValue"] = select.Value is not null, ["hasNonStreamingOrderBy"] = false,
            ["orderBy"] = new JsonArray([.. select.Order.Select(order => JsonValue.Create(order.Descending ? "Descending" : "Ascending"))]),
            ["orderByExpressions"] = new JsonArray([.. select.Order.Select(order => JsonValue.Create(((PathValue)order.By).Text(select.Alias)))]),
            ["rewrittenQuery"] = select.Order.Count == 0 ? "" : select.Rewrite(),
        };
        return Reply.Json(StatusCodes.Status200OK, new JsonObject
        {
            ["partitionedQueryExecutionInfoVersion"] = 2, ["queryInfo"] = info,
            ["queryRanges"] = new JsonArray(new JsonObject { ["min"] = "", ["max"] = "FF", ["isMinInclusive"] = true, ["isMaxInclusive"] = false }),
        });
    }

    private static (Select, Parameters) Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var parameters = new Parameters();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Name is not ("query" or "parameters")) throw RefusedException.Unsupported($"'{property.Name}' in a query");
            if (property.Name != "parameters") continue;
            foreach (var parameter in property.Value.EnumerateArray()) parameters[parameter.GetProperty("name").GetString()!] = parameter.GetProperty("value").Clone();
        }
        return (Sql.Parse(document.RootElement.GetProperty("query").GetString()!), parameters);
    }

    private void CheckIndexes(Select select)
    {
        foreach (var path in (select.Where?.Paths ?? []).Concat(select.Order.SelectMany(order => order.By.Paths)))
        {
            if (path.IndexPath != $"/{container.KeyPath}" && !container.Indexing.Covers(path.IndexPath))
                throw new RefusedException(StatusCodes.Status400BadRequest, $"{container.Name} has no index on {path.IndexPath}: the service would scan every item.");
        }
    }

    /// <summary>Items that are named by key and id are looked up, as an index would; else all are gone through.</summary>
    private static IEnumerable<Item> Candidates(Expression? where, Parameters parameters, QueryScope scope)
    {
        if (where is not (AnyOf or AllOf)) return scope.Items;
        var named = new List<Item>();
        foreach (var term in where is AnyOf any ? any.Terms : [where])
        {
            if (term is not AllOf { Terms: var parts } || Value(parts, "id", parameters) is not { } id || Key(parts, parameters) is not { } key) return scope.Items;
            if (scope.Includes(key) && scope.Range.Find(key, id) is { } item) named.Add(item);
        }
        return named;
    }

    private static PartitionKeyValue? Key(IReadOnlyList<Expression> parts, Parameters parameters) =>
        parts.OfType<Comparison>().Where(part => part is { Sign: "=", Left: PathValue { Steps: [not "id"] }, Right: ParameterValue }).Select(part => ((PathValue)part.Left).Steps[0]).FirstOrDefault() is { } path
        && Value(parts, path, parameters) is { } text ? PartitionKeyValue.Of(text) : null;

    private static string? Value(IReadOnlyList<Expression> parts, string path, Parameters parameters) =>
        parts.OfType<Comparison>().FirstOrDefault(part => part is { Sign: "=", Left: PathValue { Steps: [var step] }, Right: ParameterValue } && step == path) is { Right: ParameterValue value }
        && parameters.TryGetValue(value.Name, out var element) && element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    private static IEnumerable<Item> Ordered(Select select, IEnumerable<Item> items) =>
        items.OrderBy(item => PlaceOf(select, item), Comparer<Place>.Create((left, right) => Compare(select, left, right)));

    private static Place PlaceOf(Select select, Item item)
    {
        if (select.Order.Count == 0) return new Place(item.Key.Text, item.Id);
        if (select.Order.Count > 1) throw RefusedException.Unsupported("an order by more than one property");
        return select.Order[0].By.Evaluate(item.Root, []) is { ValueKind: JsonValueKind.String } value
            ? new Place(value.GetString()!, item.Rid)
            : throw RefusedException.Unsupported("an order by anything but a text that every item has");
    }

    private static int Compare(Select select, Place left, Place right)
    {
        var order = string.CompareOrdinal(left.Major, right.Major);
        if (order == 0) order = string.CompareOrdinal(left.Minor, right.Minor);
        return select.Order is [{ Descending: true }] ? -order : order;
    }

    /// <summary>Where an item stands in a result: by what is ordered by, else by partition key; then by item.</summary>
    private sealed record Place(string Major, string Minor)
    {
        public string ToText(string query) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new[] { query, Major, Minor }));

        public static Place Parse(string text, string query)
        {
            try
            {
                if (JsonSerializer.Deserialize<string[]>(Convert.FromBase64String(text)) is [var of, var major, var minor] && of == query) return new Place(major, minor);
            }
            catch (Exception malformed) when (malformed is FormatException or JsonException)
            {
                // Answered below, like one of another query.
            }
            throw new RefusedException(StatusCodes.Status400BadRequest, "The continuation is not one of this query.");
        }
    }
}

/// <summary>The envelope that lists of documents come in.</summary>
internal static class Feeds
{
    public static byte[] Write(string rid, IEnumerable<byte[]> documents)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(Encoding.UTF8.GetBytes($"{{\"_rid\":\"{rid}\",\"Documents\":["));
        var count = 0;
        foreach (var document in documents)
        {
            if (count++ > 0) buffer.Write(","u8);
            buffer.Write(document);
        }
        buffer.Write(Encoding.UTF8.GetBytes($"],\"_count\":{count}}}"));
        return buffer.WrittenSpan.ToArray();
    }
}
