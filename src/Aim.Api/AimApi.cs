using Aim.Api.Callers;
using Aim.Api.Districts;
using Aim.Api.Events;
using Aim.Api.Snapshots;
using Aim.Api.Students;
using Aim.Api.Uploads;
using Aim.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Scalar.AspNetCore;

namespace Aim.Api;

/// <summary>
/// The HTTP API, mapped once: a local host maps it directly, and a function hands requests to the same pipeline.
/// </summary>
public static class AimApi
{
    public const string Prefix = "/api/v1";
    public const string DocumentRoute = $"{Prefix}/openapi.json";

    public static IServiceCollection AddAimApi(this IServiceCollection services, AimPlatform platform, TokenOptions tokens)
    {
        services.AddSingleton(platform);
        services.AddCallers(tokens);
        services.AddProblemDetails();
        services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "AIM";
            document.Info.Description = "The data hub of a state education agency: uploads, students, districts, snapshots, federal files and change events.";
            document.Servers?.Clear();
            return Task.CompletedTask;
        }));
        return services;
    }

    /// <summary>The middle of the pipeline: failures become problem details, then callers are known.</summary>
    public static void UseAimApi(this IApplicationBuilder app)
    {
        app.UseExceptionHandler(handler => handler.Run(WriteProblemAsync));
        app.UseStatusCodePages();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static void MapAimApi(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi(DocumentRoute).AllowAnonymous();
        routes.MapScalarApiReference("/docs", options => options.WithOpenApiRoutePattern(DocumentRoute)).AllowAnonymous();
        var api = routes.MapGroup(Prefix);
        api.MapHealth();
        api.MapUploads();
        api.MapDistricts();
        api.MapStudents();
        api.MapSnapshots();
        api.MapEvents();
    }

    private static void MapHealth(this IEndpointRouteBuilder api) => api.MapGet("/health", async (AimPlatform platform, CancellationToken cancellation) =>
    {
        await platform.Ports.Ledger.FindAsync("health", "probe", "-", cancellation);
        await platform.Ports.Blobs.FindAsync("health/probe", cancellation);
        return TypedResults.Ok(new Health("ok"));
    }).AllowAnonymous().WithTags("Health").WithSummary("Whether the stores answer");

    /// <summary>A sentence where there is one that holds no student data, and never a stack trace.</summary>
    private static async Task WriteProblemAsync(HttpContext context)
    {
        var failure = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var (status, title, detail) = failure switch
        {
            RequestException request => (request.Status, request.Title, request.Message),
            BadHttpRequestException bad => (bad.StatusCode, "Not understood", "The request can't be read: check its body and parameters against the API description."),
            StorageFullException full => (StatusCodes.Status507InsufficientStorage, "Storage full", full.Message),
            FaultException { IsPermanent: true } fault => (StatusCodes.Status400BadRequest, "Not possible", fault.Message),
            FaultException fault => (StatusCodes.Status503ServiceUnavailable, "Try again later", fault.Message),
            _ => (StatusCodes.Status500InternalServerError, "Something failed", "Something in the system failed. Try again; if it stays, give the trace id to the operator."),
        };
        if (status >= StatusCodes.Status500InternalServerError)
            ApiLog.RequestFailed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Aim.Api"), context.GetEndpoint()?.DisplayName ?? "unknown", failure?.GetType().Name ?? "unknown");
        context.Response.StatusCode = status;
        await TypedResults.Problem(detail, statusCode: status, title: title).ExecuteAsync(context);
    }
}

/// <summary>The answer of the health route.</summary>
public sealed record Health(string Status);

internal static partial class ApiLog
{
    [LoggerMessage(1, LogLevel.Error, "{Endpoint} failed ({Kind})")]
    public static partial void RequestFailed(ILogger logger, string endpoint, string kind);
}
