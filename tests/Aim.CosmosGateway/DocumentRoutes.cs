namespace Aim.CosmosGateway;

/// <summary>Requests for the documents of a container, each handed to the subject it is about.</summary>
internal sealed class DocumentRoutes
{
    private readonly Container container;
    private readonly Documents documents;

    public DocumentRoutes(Container container)
    {
        this.container = container;
        documents = new Documents(container);
        container.Expire();
    }

    public async Task<Reply> RouteAsync(Request request) => (request.Method, request.Segments.Count) switch
    {
        ("POST", 5) when request.Says("x-ms-cosmos-is-query-plan-request") => Queries.Plan(request.Body),
        ("POST", 5) when request.Says("x-ms-documentdb-isquery") => Query(request),
        ("POST", 5) when request.Says("x-ms-cosmos-is-batch-request") => await BatchAsync(request),
        ("POST", 5) => Write(request, request.Says("x-ms-documentdb-is-upsert") ? Aim.CosmosGateway.Write.Upsert : Aim.CosmosGateway.Write.Create, null),
        ("GET", 5) when request["A-IM"] is not null => Feed(request),
        ("GET", 6) => Read(request),
        ("PUT", 6) => Write(request, Aim.CosmosGateway.Write.Replace, request.Segments[5]),
        ("DELETE", 6) => Write(request, Aim.CosmosGateway.Write.Delete, request.Segments[5]),
        ("PATCH", 6) => Write(request, Aim.CosmosGateway.Write.Patch, request.Segments[5]),
        _ => throw RefusedException.Unsupported($"{request.Method} {string.Join('/', request.Segments)}"),
    };

    private Reply Read(Request request)
    {
        if (request["If-None-Match"] is not null) throw RefusedException.Unsupported("a read of what has changed");
        var (item, charge) = documents.Read(request.Key, request.Segments[5]);
        return InSession(new Reply(StatusCodes.Status200OK, item.Json, charge).With("ETag", item.ETag), container.RangeOf(item.Key));
    }

    private Reply Write(Request request, Write kind, string? id)
    {
        var range = container.RangeOf(request.Key);
        var result = documents.Apply(new WriteRequest(kind, request.Key, id, request.Body, request["If-Match"], request["If-None-Match"]), range.NextLsn());
        var reply = new Reply(result.Status, request["Prefer"] is null ? result.Item?.Json ?? [] : [], result.Charge);
        if (result.Item is { } item) reply.With("ETag", item.ETag);
        return InSession(reply, range);
    }

    private Reply Query(Request request)
    {
        var scope = Scope(request);
        return InSession(new Queries(container).Execute(request.Body, scope, request.MaxItems, request[Header.Continuation]), scope.Range);
    }

    private async Task<Reply> BatchAsync(Request request)
    {
        var (reply, range) = await new Batches(container, documents).ExecuteAsync(request.Body, request[Header.PartitionKey], request[Header.RangeId],
            request.Says("x-ms-cosmos-batch-atomic"), request.Says("x-ms-cosmos-batch-continue-on-error"));
        return InSession(reply, range);
    }

    private Reply Feed(Request request)
    {
        if (!"Incremental feed".Equals(request["A-IM"], StringComparison.OrdinalIgnoreCase)) throw RefusedException.Unsupported($"the change feed in the mode '{request["A-IM"]}'");
        var scope = Scope(request);
        return InSession(new ChangeFeed(container).Read(scope, request["If-None-Match"], request.MaxItems), scope.Range);
    }

    /// <summary>The one logical partition, or the part of a range, that the request is about; never more than a range.</summary>
    private QueryScope Scope(Request request)
    {
        if (request[Header.PartitionKey] is { } key)
        {
            var value = PartitionKeyValue.Parse(key);
            return new QueryScope(container.RangeOf(value), value, "", "FF");
        }
        var range = container.RangeById(request[Header.RangeId] ?? throw RefusedException.Unsupported("a query or feed over several ranges at once"));
        return new QueryScope(range, null, request[Header.StartEpk] ?? range.Min, request[Header.EndEpk] ?? range.Max);
    }

    private static Reply InSession(Reply reply, PartitionRange range) => reply.With(Header.SessionToken, $"{range.Id}:-1#{range.Lsn}").With(Header.ResponseRangeId, range.Id);
}
