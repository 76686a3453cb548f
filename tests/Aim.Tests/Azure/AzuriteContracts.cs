using System.Net;
using System.Text;
using Aim.Azure.Blobs;
using Aim.Ports;
using Aim.Tests.Contracts;

namespace Aim.Tests.Azure;

[TestClass]
public sealed class AzuriteBlobStoreContract : BlobStoreContract
{
    private static readonly SemaphoreSlim Starting = new(1);
    private static Azurite? azurite;

    private IBlobStore store = null!;

    protected override async Task<IBlobStore> OpenAsync()
    {
        await Starting.WaitAsync();
        try
        {
            azurite ??= await Azurite.StartAsync();
        }
        finally
        {
            Starting.Release();
        }
        var container = $"test-{Guid.NewGuid():N}";
        await azurite.Service.CreateBlobContainerAsync(container);
        return store = new BlobsUnder(new AzureBlobStore(azurite.Service, TimeProvider.System), container);
    }

    [ClassCleanup]
    public static void Stop() => azurite?.Dispose();

    private static async Task<HttpStatusCode> PutAsync(Uri url, string text)
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) { Headers = { { "x-ms-blob-type", "BlockBlob" } } };
        using var response = await http.PutAsync(url, content);
        return response.StatusCode;
    }

    [TestMethod]
    public async Task An_upload_URL_creates_its_blob_once_and_does_nothing_else()
    {
        var url = await store.CreateUploadUrlAsync("0123/SD.tsv", TimeProvider.System.GetUtcNow().AddMinutes(10), CancellationToken.None);

        Assert.AreEqual(HttpStatusCode.Created, await PutAsync(url, "first"));
        Assert.AreEqual(HttpStatusCode.Forbidden, await PutAsync(url, "second"), "what is there can't be written over");
        Assert.AreEqual(HttpStatusCode.Forbidden, await PutAsync(new UriBuilder(url) { Path = url.AbsolutePath.Replace("SD.tsv", "EN.tsv") }.Uri, "other"), "nor anything else written");
        using var http = new HttpClient();
        Assert.AreEqual(HttpStatusCode.Forbidden, (await http.GetAsync(url)).StatusCode, "nor anything read");
        Assert.AreEqual(5, (await store.FindAsync("0123/SD.tsv", CancellationToken.None))!.Length);
    }

    [TestMethod]
    public async Task An_upload_URL_that_has_run_out_creates_nothing()
    {
        var url = await store.CreateUploadUrlAsync("0123/SD.tsv", TimeProvider.System.GetUtcNow().AddMinutes(-1), CancellationToken.None);

        Assert.AreEqual(HttpStatusCode.Forbidden, await PutAsync(url, "late"));
        Assert.IsNull(await store.FindAsync("0123/SD.tsv", CancellationToken.None));
    }
}
