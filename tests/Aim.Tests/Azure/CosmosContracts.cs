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

[TestClass]
public sealed class CosmosStateStoreContract : StateStoreContract, IAsyncDisposable
{
    private CosmosBench bench = null!;

    private CosmosStateStore store = null!;

    protected override async Task<IStateStore> OpenAsync(TimeProvider clock) => store = new CosmosStateStore((bench = await CosmosBench.OpenAsync()).Account, clock);

    public ValueTask DisposeAsync()
    {
        store.Dispose();
        return bench.DisposeAsync();
    }
}

[TestClass]
public sealed class CosmosEditionStoreContract : EditionStoreContract, IAsyncDisposable
{
    private CosmosBench bench = null!;

    protected override async Task<IEditionStore> OpenAsync(TimeProvider clock) => new CosmosEditionStore((bench = await CosmosBench.OpenAsync()).Account, clock);

    public ValueTask DisposeAsync() => bench.DisposeAsync();
}
