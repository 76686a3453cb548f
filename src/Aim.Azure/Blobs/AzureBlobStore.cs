using System.Runtime.CompilerServices;
using Aim.Ports;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using BlobInfo = Aim.Ports.BlobInfo;

namespace Aim.Azure.Blobs;

/// <summary>
/// Blobs in Azure Blob Storage; a path begins with its container. A blob is committed whole, on the condition that there is none; reads are bound to an
/// ETag by the service itself.
/// </summary>
internal sealed class AzureBlobStore(BlobServiceClient service, TimeProvider clock) : IBlobStore
{
    private const int NotFound = 404;
    private const int Conflict = 409;
    private const int PreconditionFailed = 412;

    /// <summary>A key for signing is asked for anew when less than this is left of it.</summary>
    private static readonly TimeSpan KeyReserve = TimeSpan.FromHours(2);
    private static readonly TimeSpan KeyLife = TimeSpan.FromDays(1);

    private UserDelegationKey? signingKey;

    private BlobClient Blob(string path) => ContainerOf(path, out var name).GetBlobClient(name);

    private BlobContainerClient ContainerOf(string path, out string name)
    {
        var slash = path.IndexOf('/');
        if (slash <= 0) throw new ArgumentException("A blob path begins with its container and a slash.", nameof(path));
        name = path[(slash + 1)..];
        return service.GetBlobContainerClient(path[..slash]);
    }

    public async Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation)
    {
        try
        {
            var properties = (await Blob(path).GetPropertiesAsync(cancellationToken: cancellation)).Value;
            return new BlobInfo(path, Bare(properties.ETag), properties.ContentLength, properties.LastModified);
        }
        catch (RequestFailedException failure) when (failure.Status == NotFound)
        {
            return null;
        }
    }

    /// <summary>Headers carry it in quotation marks, listings without.</summary>
    private static string Bare(ETag etag) => etag.ToString().Trim('"');

    public async Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation)
    {
        try
        {
            var options = new BlobDownloadOptions { Conditions = new BlobRequestConditions { IfMatch = new ETag(blob.ETag) } };
            return (await Blob(blob.Path).DownloadStreamingAsync(options, cancellation)).Value.Content;
        }
        catch (RequestFailedException failure) when (failure.Status is NotFound or PreconditionFailed)
        {
            return null;
        }
    }

    public async Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        if (await Blob(path).ExistsAsync(cancellation)) return BlobWrite.AlreadyExists;
        await using var blocks = new BlockWriter(ContainerOf(path, out var name).GetBlockBlobClient(name), cancellation);
        await write(blocks, cancellation);
        try
        {
            await blocks.CommitAsync();
            return BlobWrite.Written;
        }
        catch (RequestFailedException failure) when (failure.Status is Conflict or PreconditionFailed || failure.ErrorCode == BlobErrorCode.InvalidBlockList)
        {
            // Somebody else's blob of that path took its place, and the service dropped the blocks of this one.
            if (!await Blob(path).ExistsAsync(cancellation)) throw;
            return BlobWrite.AlreadyExists;
        }
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var container = ContainerOf(prefix, out var start);
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, start, cancellation))
            yield return new BlobInfo($"{container.Name}/{blob.Name}", Bare(blob.Properties.ETag!.Value), blob.Properties.ContentLength!.Value, blob.Properties.LastModified!.Value);
    }

    public Task DeleteAsync(string path, CancellationToken cancellation) => Blob(path).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellation);

    public async Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation)
    {
        var blob = Blob(path);
        var sas = new BlobSasBuilder(BlobSasPermissions.Create, expires)
        {
            BlobContainerName = blob.BlobContainerName, BlobName = blob.Name, Resource = "b", Protocol = blob.Uri.Scheme == Uri.UriSchemeHttps ? SasProtocol.Https : SasProtocol.HttpsAndHttp,
        };
        // Only an emulator is reached with an account key; in Azure there is none, and URLs are signed as the app's identity.
        if (blob.CanGenerateSasUri) return blob.GenerateSasUri(sas);
        return new BlobUriBuilder(blob.Uri) { Sas = sas.ToSasQueryParameters(await SigningKeyAsync(expires, cancellation), service.AccountName) }.ToUri();
    }

    private async Task<UserDelegationKey> SigningKeyAsync(DateTimeOffset until, CancellationToken cancellation)
    {
        if (signingKey is { } known && known.SignedExpiresOn >= until + KeyReserve) return known;
        var now = clock.GetUtcNow();
        return signingKey = (await service.GetUserDelegationKeyAsync(now, now + KeyLife, cancellation)).Value;
    }
}
