using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Aim.CosmosGateway;

/// <summary>One request that was answered, for arithmetic.</summary>
public sealed record Answered(string Container, string Operation, int Status, double Charge);

/// <summary>
/// A server on loopback that speaks the REST protocol of Cosmos DB (gateway mode) for what the adapters use: strict where the service is, and
/// loud about everything else. It holds its data in memory and serves one request at a time.
/// </summary>
public sealed class Gateway : IAsyncDisposable
{
    private readonly WebApplication server;
    private readonly Account account;
    private readonly SemaphoreSlim turn = new(1);
    private readonly List<Answered> answered = [];

    private Gateway(WebApplication server, Account account)
    {
        this.server = server;
        this.account = account;
    }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public Faults Faults { get; } = new();

    /// <summary>What was answered so far, oldest first.</summary>
    public IReadOnlyList<Answered> Answered
    {
        get
        {
            lock (answered) return [.. answered];
        }
    }

    /// <summary>The first thing asked for that is not spoken here; a test that made the SDK ask for it has to fail.</summary>
    public string? Unsupported { get; private set; }

    /// <summary>How much it holds, items alone.</summary>
    public long StoredBytes => account.StoredBytes;

    public static async Task<Gateway> StartAsync(int ranges = 4, TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
        });
        var server = builder.Build();
        var gateway = new Gateway(server, new Account(ranges, clock ?? TimeProvider.System));
        server.Run(gateway.ServeAsync);
        await server.StartAsync();
        gateway.Address = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return gateway;
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var (name, operation) = ("", context.Request.Method);
        Reply reply;
        try
        {
            var request = new Request(context.Request, body.ToArray());
            (name, operation) = Describe(request);
            var fault = request.Segments.Contains("docs") ? Faults.Draw() : null;
            if (fault is not { } drawn)
            {
                reply = await AnswerAsync(request);
            }
            else
            {
                if (Faults.IsAfterTheWork(drawn)) await AnswerAsync(request);
                if (Faults.InsteadOf(drawn) is not { } instead)
                {
                    context.Abort();
                    return;
                }
                reply = instead;
            }
        }
        catch (RefusedException refused)
        {
            if (refused.Status == StatusCodes.Status501NotImplemented) Unsupported ??= refused.Message;
            reply = Reply.Json(refused.Status, new JsonObject { ["code"] = refused.Status.ToString(System.Globalization.CultureInfo.InvariantCulture), ["message"] = refused.Message },
                refused.Status < StatusCodes.Status500InternalServerError ? Charges.Missed : 0).With(Header.SubStatus, Documents.Text(refused.SubStatus));
        }
        lock (answered) answered.Add(new Answered(name, operation, reply.Status, reply.Charge));
        await WriteAsync(context, reply);
    }

    private async Task<Reply> AnswerAsync(Request request)
    {
        await turn.WaitAsync();
        try
        {
            return await RouteAsync(request);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<Reply> RouteAsync(Request request) => (request.Method, request.Segments) switch
    {
        ("GET", []) => Account.Describe(Address),
        ("POST", ["dbs"] or ["dbs", _, "colls"]) => account.Create(request),
        ("GET", ["dbs", _] or ["dbs", _, "colls", _]) => account.Read(request),
        ("GET", ["dbs", _, "colls", _, "pkranges"]) => account.FindContainer(request).ListRanges(request["If-None-Match"]),
        (_, ["dbs", _, "colls", _, "docs", ..]) => await new DocumentRoutes(account.FindContainer(request)).RouteAsync(request),
        _ => throw RefusedException.Unsupported($"{request.Method} {string.Join('/', request.Segments)}"),
    };

    private static (string Container, string Operation) Describe(Request request)
    {
        if (request.Segments is not ["dbs", _, "colls", var name, "docs", ..]) return ("", "metadata");
        return (name, request.Method switch
        {
            "POST" when request.Says("x-ms-cosmos-is-query-plan-request") => "plan",
            "POST" when request.Says("x-ms-documentdb-isquery") => "query",
            "POST" when request.Says("x-ms-cosmos-is-batch-request") => request.Says("x-ms-cosmos-batch-atomic") ? "transaction" : "bulk",
            "POST" => request.Says("x-ms-documentdb-is-upsert") ? "upsert" : "create",
            "GET" => request["A-IM"] is null ? "read" : "feed",
            "PUT" => "replace",
            "DELETE" => "delete",
            _ => "patch",
        });
    }

    private static async Task WriteAsync(HttpContext context, Reply reply)
    {
        context.Response.StatusCode = reply.Status;
        var headers = context.Response.Headers;
        headers[Header.Charge] = reply.Charge.ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers[Header.ActivityId] = context.Request.Headers[Header.ActivityId];
        foreach (var (name, value) in reply.Headers) headers[name] = value;
        if (reply.Body.Length == 0) return;
        context.Response.ContentType = reply.ContentType;
        context.Response.ContentLength = reply.Body.Length;
        await context.Response.Body.WriteAsync(reply.Body);
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync(CancellationToken.None);
        await server.DisposeAsync();
        turn.Dispose();
    }
}
