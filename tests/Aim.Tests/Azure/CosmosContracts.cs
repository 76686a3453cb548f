using Aim.Azure.Cosmos;
using Aim.Ports;
using Aim.Tests.Contracts;

namespace Aim.Tests.Azure;

[TestClass]
public sealed class CosmosLedgerContract : LedgerContract, IAsyncDisposable
{
    private CosmosBench bench = null!;

    protected override async Task<ILedger> OpenAsync() => new CosmosLedger((bench = await CosmosBench.OpenAsync()).Account);

    public ValueTask DisposeAsync() => bench.DisposeAsync();
}

[TestClass]
public sealed class CosmosIdentityIndexContract : IdentityIndexContract, IAsyncDisposable
{
    private CosmosBench bench = null!;

    protected override async Task<IIdentityIndex> OpenAsync() => new CosmosIdentityIndex((bench = await CosmosBench.OpenAsync()).Account);

    public ValueTask DisposeAsync() => bench.DisposeAsync();
}
