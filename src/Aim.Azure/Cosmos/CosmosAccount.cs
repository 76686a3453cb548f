using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Core;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>
/// A Cosmos DB account and the one database that AIM uses in it. Two clients: the second gathers independent writes into bulk requests,
/// which pays off by the thousand and costs a single write up to a second.
/// </summary>
public sealed class CosmosAccount : IDisposable
{
    private const int MostThrottledRetries = 20;
    private static readonly TimeSpan LongestThrottling = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(20);

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly CosmosClient single;
    private readonly CosmosClient bulk;
    private readonly string database;

    private CosmosAccount(Func<CosmosClientOptions, CosmosClient> connect, string database, Action<CosmosClientOptions>? configure)
    {
        this.database = database;
        single = connect(Options(configure, bulk: false));
        bulk = connect(Options(configure, bulk: true));
    }

    /// <summary>Connects as whoever the credential says: in Azure the app's managed identity.</summary>
    public static CosmosAccount Connect(Uri account, string database, TokenCredential credential, Action<CosmosClientOptions>? configure = null) =>
        new(options => new CosmosClient(account.ToString(), credential, options), database, configure);

    /// <summary>Connects with a key, as an emulator wants it.</summary>
    public static CosmosAccount Connect(string connectionString, string database, Action<CosmosClientOptions>? configure = null) =>
        new(options => new CosmosClient(connectionString, options), database, configure);

    private static CosmosClientOptions Options(Action<CosmosClientOptions>? configure, bool bulk)
    {
        var options = new CosmosClientOptions
        {
            ApplicationName = "AIM", AllowBulkExecution = bulk, EnableContentResponseOnWrite = false, RequestTimeout = RequestTimeout, UseSystemTextJsonSerializerWithOptions = Json,
            MaxRetryAttemptsOnRateLimitedRequests = MostThrottledRetries, MaxRetryWaitTimeOnRateLimitedRequests = LongestThrottling,
        };
        configure?.Invoke(options);
        return options;
    }

    internal CosmosTable Table(string container) => new(single.GetContainer(database, container), bulk.GetContainer(database, container));

    /// <summary>Makes database and containers where there are none. A deployment makes them itself; this is for emulators and tests.</summary>
    public async Task CreateContainersAsync(CancellationToken cancellation)
    {
        var made = (await single.CreateDatabaseIfNotExistsAsync(database, cancellationToken: cancellation)).Database;
        foreach (var container in CosmosContainers.All) await made.CreateContainerIfNotExistsAsync(container.ToProperties(), cancellationToken: cancellation);
    }

    public void Dispose()
    {
        single.Dispose();
        bulk.Dispose();
    }
}
