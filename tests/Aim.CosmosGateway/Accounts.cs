using System.Text.Json.Nodes;

namespace Aim.CosmosGateway;

/// <summary>The account, its databases and containers.</summary>
internal sealed class Account(int rangeCount, TimeProvider clock)
{
    private readonly Dictionary<string, Database> databases = [];

    public long StoredBytes => databases.Values.SelectMany(database => database.Containers.Values).SelectMany(container => container.Ranges).SelectMany(range => range.All).Sum(item => (long)item.Json.Length);

    private sealed class Database(string name, string rid)
    {
        public string Name => name;
        public string Rid => rid;
        public Dictionary<string, Container> Containers { get; } = [];

        public Reply Describe(int status) => Reply.Json(status, new JsonObject { ["id"] = name, ["_rid"] = rid, ["_self"] = $"dbs/{rid}/", ["_etag"] = "\"1\"", ["_colls"] = "colls/", ["_users"] = "users/", ["_ts"] = 0 }, 2);
    }

    public static Reply Describe(Uri address)
    {
        var location = new JsonArray(new JsonObject { ["name"] = "Here", ["databaseAccountEndpoint"] = address.ToString() });
        return Reply.Json(StatusCodes.Status200OK, new JsonObject
        {
            ["id"] = "gateway", ["_rid"] = "gateway", ["_self"] = "", ["media"] = "//media/", ["addresses"] = "//addresses/", ["_dbs"] = "//dbs/", ["writableLocations"] = location,
            ["readableLocations"] = location.DeepClone(), ["enableMultipleWriteLocations"] = false, ["userReplicationPolicy"] = new JsonObject { ["asyncReplication"] = false, ["minReplicaSetSize"] = 3, ["maxReplicasetSize"] = 4 },
            ["userConsistencyPolicy"] = new JsonObject { ["defaultConsistencyLevel"] = "Strong" }, ["systemReplicationPolicy"] = new JsonObject { ["minReplicaSetSize"] = 3, ["maxReplicasetSize"] = 4 },
            ["readPolicy"] = new JsonObject { ["primaryReadCoefficient"] = 1, ["secondaryReadCoefficient"] = 1 }, ["queryEngineConfiguration"] = "{\"maxSqlQueryInputLength\":262144,\"maxJoinsPerSqlQuery\":5,\"maxLogicalAndPerSqlQuery\":500,\"maxLogicalOrPerSqlQuery\":500}",
        });
    }

    public Reply Create(Request request)
    {
        var body = JsonNode.Parse(request.Body)!.AsObject();
        var name = body["id"]!.GetValue<string>();
        if (request.Segments.Count == 1)
        {
            if (!databases.TryAdd(name, new Database(name, Rids.Database(databases.Count + 1)))) throw Conflict();
            return databases[name].Describe(StatusCodes.Status201Created);
        }
        var database = Find(request.Segments[1]);
        if (database.Containers.ContainsKey(name)) throw Conflict();
        return (database.Containers[name] = new Container(database.Name, database.Rid, database.Containers.Count + 1, body, rangeCount, clock)).Describe(StatusCodes.Status201Created);
    }

    public Reply Read(Request request) =>
        request.Segments.Count == 2 ? Find(request.Segments[1]).Describe(StatusCodes.Status200OK) : FindContainer(request).Describe(StatusCodes.Status200OK);

    public Container FindContainer(Request request) =>
        Find(request.Segments[1]).Containers.Values.FirstOrDefault(container => container.Name == request.Segments[3] || container.Rid == request.Segments[3]) ?? throw Documents.NotFound();

    private Database Find(string name) => databases.Values.FirstOrDefault(database => database.Name == name || database.Rid == name) ?? throw Documents.NotFound();

    private static RefusedException Conflict() => new(StatusCodes.Status409Conflict, "Resource with the specified id already exists.");
}
