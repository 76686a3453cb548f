using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Aim.Api;

/// <summary>The API as one request handler, for a host that has a server of its own in front and hands requests over.</summary>
public sealed class ApiPipeline
{
    private readonly RequestDelegate handle;

    public ApiPipeline(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseAimApi();
        app.UseEndpoints(routes => routes.MapAimApi());
        handle = app.Build();
    }

    public Task HandleAsync(HttpContext context)
    {
        // The host in front has matched a route of its own; unless that is forgotten, routing here is skipped.
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        return handle(context);
    }
}
