using System.Globalization;

namespace Aim.CosmosGateway;

/// <summary>A request with its path and headers, held against what is spoken here.</summary>
internal sealed class Request
{
    /// <summary>Headers that carry no meaning for what is answered.</summary>
    private static readonly HashSet<string> Ignored = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Encoding", "Authorization", "Cache-Control", "Connection", "Content-Length", "Content-Type", "Expect", "Host", "Request-Id", "traceparent", "Transfer-Encoding", "User-Agent",
        Header.ActivityId, "x-ms-client-id", "x-ms-cosmos-use-thinclient", "x-ms-noretry-449", "x-ms-cosmos-correlated-activityid", "x-ms-cosmos-internal-clientretryattemptid", "x-ms-cosmos-sdk-supportedcapabilities",
        "x-ms-cosmos-supported-query-features", "x-ms-cosmos-supported-serialization-formats", "x-ms-date", "x-ms-documentdb-populatequerymetrics", "x-ms-version",
    };

    /// <summary>Headers that are read, or that ask for what is done anyway; where a value is given, no other is spoken.</summary>
    private static readonly Dictionary<string, string?> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        [Header.PartitionKey] = null, [Header.RangeId] = null, [Header.Continuation] = null, [Header.MaxItems] = null, [Header.StartEpk] = null, [Header.EndEpk] = null, ["If-Match"] = null, ["If-None-Match"] = null,
        ["Prefer"] = "return=minimal", ["A-IM"] = null, ["x-ms-documentdb-isquery"] = null, ["x-ms-documentdb-is-upsert"] = null, ["x-ms-cosmos-is-batch-request"] = "True", ["x-ms-cosmos-batch-atomic"] = null,
        ["x-ms-cosmos-batch-ordered"] = null, ["x-ms-cosmos-batch-continue-on-error"] = null, ["x-ms-cosmos-is-query-plan-request"] = "True",
        ["x-ms-cosmos-query-optimisticdirectexecute"] = "False", ["x-ms-cosmos-query-version"] = "1.0", ["x-ms-documentdb-query-enablecrosspartition"] = null,
        ["x-ms-documentdb-query-iscontinuationexpected"] = "False", ["x-ms-documentdb-query-parallelizecrosspartitionquery"] = null, [Header.SessionToken] = null,
    };

    private readonly IHeaderDictionary headers;

    public Request(HttpRequest request, byte[] body)
    {
        headers = request.Headers;
        Method = request.Method;
        Segments = [.. request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        Body = body;
        if (!headers.ContainsKey("Authorization")) throw new RefusedException(StatusCodes.Status401Unauthorized, "The request is not signed.");
        foreach (var (name, values) in headers)
        {
            if (Ignored.Contains(name)) continue;
            if (!Known.TryGetValue(name, out var only)) throw RefusedException.Unsupported($"the header {name}: {values}");
            if (only is not null && !only.Equals(values, StringComparison.OrdinalIgnoreCase)) throw RefusedException.Unsupported($"the header {name}: {values}");
        }
    }

    public string Method { get; }
    public IReadOnlyList<string> Segments { get; }
    public byte[] Body { get; }

    public string? this[string header] => headers.TryGetValue(header, out var values) ? (string?)values : null;

    public bool Says(string header) => "True".Equals(this[header], StringComparison.OrdinalIgnoreCase);

    public int MaxItems => int.TryParse(this[Header.MaxItems], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var most) ? most : -1;

    public PartitionKeyValue Key => PartitionKeyValue.Parse(this[Header.PartitionKey] ?? throw RefusedException.Unsupported("a request for an item without its partition key"));
}
