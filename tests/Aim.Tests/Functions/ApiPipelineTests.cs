using Aim.Api;
using Aim.Api.Callers;
using Aim.Tests.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Aim.Tests.Functions;

[TestClass]
public sealed class ApiPipelineTests
{
    private Workbench bench = null!;
    private WebApplication app = null!;

    [TestInitialize]
    public async Task Open()
    {
        bench = await Workbench.OpenAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(bench.Platform).AddAimApi(new TokenOptions { Issuer = "https://issuer.example.org", Audience = "aim", SigningKeys = [] });
        app = builder.Build();
    }

    [TestCleanup]
    public async Task Close()
    {
        await app.DisposeAsync();
        await bench.DisposeAsync();
    }

    /// <summary>Hands a request over as a host does that has matched a catch-all route of its own before.</summary>
    private async Task<(int Status, string? Type, string Body)> SendAsync(string method, string path)
    {
        await using var scope = app.Services.CreateAsyncScope();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, Request = { Method = method, Path = path, Scheme = "https", Host = new HostString("aim.example.org") }, Response = { Body = body } };
        context.SetEndpoint(new Endpoint(_ => throw new InvalidOperationException("the front's own endpoint ran"), EndpointMetadataCollection.Empty, "front"));
        context.Request.RouteValues["path"] = path;
        await new ApiPipeline(app.Services).HandleAsync(context);
        return (context.Response.StatusCode, context.Response.ContentType, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }

    [TestMethod]
    public async Task A_request_that_a_front_has_routed_already_is_routed_anew()
    {
        var (status, _, body) = await SendAsync("GET", "/api/v1/health");

        Assert.AreEqual(200, status);
        StringAssert.Contains(body, "ok");
    }

    [TestMethod]
    public async Task A_request_without_a_token_is_refused()
    {
        var (status, type, _) = await SendAsync("GET", "/api/v1/snapshots");

        Assert.AreEqual((401, "application/problem+json"), (status, type));
    }

    [TestMethod]
    public async Task An_unknown_path_tells_nothing_to_who_has_no_token()
    {
        var (status, type, _) = await SendAsync("GET", "/api/v1/nowhere");

        Assert.AreEqual((401, "application/problem+json"), (status, type));
    }
}
