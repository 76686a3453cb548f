using Aim.Azure.Blobs;
using Aim.Azure.Cosmos;
using Azure.Storage.Blobs;

namespace Aim.Azure;

/// <summary>
/// The ports on Azure's services, one at a time, so that a host may mix them with others: <c>embedded.OnCosmos(account).OnBlobStorage(service)</c>.
/// </summary>
public static class AzurePorts
{
    /// <summary>Everything on Azure.</summary>
    public static AimPorts Create(CosmosAccount account, BlobServiceClient storage, TimeProvider clock) => new(
        new AzureBlobStore(storage, clock), new CosmosEditionStore(account, clock), new CosmosStateStore(account, clock), new CosmosIdentityIndex(account),
        new CosmosLedger(account), clock);

    /// <summary>With editions, state records, identities and ledger in Cosmos DB.</summary>
    public static AimPorts OnCosmos(this AimPorts ports, CosmosAccount account) => ports with
    {
        Editions = new CosmosEditionStore(account, ports.Clock), State = new CosmosStateStore(account, ports.Clock), Identities = new CosmosIdentityIndex(account), Ledger = new CosmosLedger(account),
    };

    /// <summary>With blobs in Blob Storage, whose containers are there: the first part of each path names one.</summary>
    public static AimPorts OnBlobStorage(this AimPorts ports, BlobServiceClient storage) => ports with { Blobs = new AzureBlobStore(storage, ports.Clock) };
}
