using Aim.Azure.Cosmos;
using Aim.CosmosGateway;
using Microsoft.Azure.Cosmos;

namespace Aim.Tests.Azure;

/// <summary>
/// An empty Cosmos DB database, through the real SDK: on the gateway, or on the account or emulator that <c>AIM_COSMOS</c> names by a connection
/// string (the name of each database it makes there begins with "aim-test").
/// </summary>
internal sealed class CosmosBench : IAsyncDisposable
{
    private CosmosBench(Gateway? gateway, CosmosAccount account)
    {
        Gateway = gateway;
        Account = account;
    }

    /// <summary>Null on a real account.</summary>
    public Gateway? Gateway { get; }

    public CosmosAccount Account { get; }

    public static async Task<CosmosBench> OpenAsync()
    {
        if (Environment.GetEnvironmentVariable("AIM_COSMOS") is not { Length: > 0 } real) return await OpenGatewayAsync();
        Console.WriteLine("Runs on the account that AIM_COSMOS names.");
        var bench = new CosmosBench(null, CosmosAccount.Connect(real, $"aim-test-{Guid.NewGuid():N}", options => options.ConnectionMode = ConnectionMode.Gateway));
        await bench.Account.CreateContainersAsync(CancellationToken.None);
        return bench;
    }

    /// <summary>On the gateway whatever is set, for what only it can do: inject faults, count charges.</summary>
    public static async Task<CosmosBench> OpenGatewayAsync(int ranges = 4, TimeProvider? clock = null)
    {
        var gateway = await Gateway.StartAsync(ranges, clock);
        var bench = new CosmosBench(gateway, CosmosAccount.Connect($"AccountEndpoint={gateway.Address};AccountKey={Convert.ToBase64String(new byte[64])};", "aim", OnLoopback));
        await bench.Account.CreateContainersAsync(CancellationToken.None);
        return bench;
    }

    private static void OnLoopback(CosmosClientOptions options)
    {
        options.ConnectionMode = ConnectionMode.Gateway;
        options.LimitToEndpoint = true;
    }

    public async ValueTask DisposeAsync()
    {
        Account.Dispose();
        if (Gateway is null) return;
        await Gateway.DisposeAsync();
        Assert.IsNull(Gateway.Unsupported, "the adapters ask only for what the gateway speaks");
    }
}
