using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Aim.Host.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Aim.Tests.Setup;

/// <summary>The local host on a free port of this machine, spoken to over HTTP only, and everything it logs.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    public static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    private readonly ConcurrentDictionary<string, HttpClient> clients = new();

    private RunningHost(WebApplication app, Uri address, string folder, CapturedLogs logs)
    {
        (App, Address, Folder, Logs) = (app, address, folder, logs);
        Anonymous = NewClient();
    }

    public WebApplication App { get; }

    public Uri Address { get; }

    public string Folder { get; }

    public CapturedLogs Logs { get; }

    /// <summary>A client without a token, which follows no redirects.</summary>
    public HttpClient Anonymous { get; }

    /// <summary>Serves a folder; without one, a new one with the sample state's reference data.</summary>
    public static async Task<RunningHost> StartAsync(string? folder = null, TimeProvider? clock = null, Func<AimPorts, AimPorts>? replace = null)
    {
        if (folder is null)
        {
            folder = AssemblySetup.NewFolder("host");
            await using var bench = await Workbench.OpenAsync(folder);
        }
        while (true)
        {
            var address = new Uri($"http://localhost:{FreePort()}");
            var logs = new CapturedLogs();
            var app = LocalHost.Build(folder, address, clock ?? TimeProvider.System, logging => logging.ClearProviders().AddProvider(logs), replace);
            try
            {
                await app.StartAsync();
                return new RunningHost(app, address, folder, logs);
            }
            catch (IOException)
            {
                // Somebody else took the port in the meantime.
                await app.DisposeAsync();
            }
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A client that sends a persona's token.</summary>
    public async Task<HttpClient> AsAsync(string persona)
    {
        if (clients.TryGetValue(persona, out var known)) return known;
        var client = NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(persona));
        return clients[persona] = client;
    }

    public async Task<string> TokenAsync(string persona)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", persona)]);
        using var response = await Anonymous.PostAsync("/development/token", form);
        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode, $"{persona} got no token");
        return (await ReadAsync(response)).GetProperty("access_token").GetString()!;
    }

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>(Json);

    /// <summary>Asks for an upload URL and puts the file to it; gives the upload's key.</summary>
    public async Task<string> UploadAsync(HttpClient client, string type, string text, object? options = null, string district = "0123")
    {
        var place = await RequestUploadAsync(client, type, options, district);
        using var put = await PutAsync(place.GetProperty("url").GetString()!, Encoding.UTF8.GetBytes(text));
        Assert.AreEqual(HttpStatusCode.Created, put.StatusCode, await put.Content.ReadAsStringAsync());
        return place.GetProperty("key").GetString()!;
    }

    public async Task<JsonElement> RequestUploadAsync(HttpClient client, string type, object? options = null, string district = "0123")
    {
        var request = JsonSerializer.SerializeToNode(options ?? new { }, Json)!.AsObject();
        (request["district"], request["year"], request["recordType"], request["fileName"]) = (district, "2026", type, $"{type}.tsv");
        using var response = await client.PostAsJsonAsync("/api/v1/uploads", request);
        Assert.AreEqual(HttpStatusCode.Created, response.StatusCode, await response.Content.ReadAsStringAsync());
        return await ReadAsync(response);
    }

    public async Task<HttpResponseMessage> PutAsync(string url, byte[] content, string? blobType = "BlockBlob")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent(content) };
        if (blobType is not null) request.Headers.Add("x-ms-blob-type", blobType);
        return await Anonymous.SendAsync(request);
    }

    /// <summary>Asks how an upload stands until it has ended or asks something.</summary>
    public Task<JsonElement> WhenEndedAsync(HttpClient client, string key) =>
        UntilAsync(client, $"/api/v1/uploads/{key}", upload => upload.GetProperty("status").GetString() is not ("AwaitingFile" or "Processing"));

    /// <summary>Asks until the answer is as wanted.</summary>
    public static async Task<JsonElement> UntilAsync(HttpClient client, string path, Func<JsonElement, bool> wanted)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (true)
        {
            using var response = await client.GetAsync(path, patience.Token);
            Assert.AreEqual(HttpStatusCode.OK, response.StatusCode, await response.Content.ReadAsStringAsync(patience.Token));
            var answer = await ReadAsync(response);
            if (wanted(answer)) return answer;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

    private HttpClient NewClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients.Values) client.Dispose();
        Anonymous.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
