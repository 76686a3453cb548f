using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Description;
using Aim.Api.Districts;
using Aim.Api.Entry;
using Aim.Api.Events;
using Aim.Api.Health;
using Aim.Api.Identities;
using Aim.Api.Movement;
using Aim.Api.Problems;
using Aim.Api.Reference;
using Aim.Api.Rules;
using Aim.Api.Snapshots;
using Aim.Api.Students;
using Aim.Api.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Scalar.AspNetCore;

namespace Aim.Api;

/// <summary>
/// The HTTP API, mapped once: a local host maps it directly, and a function hands requests to the same pipeline.
/// </summary>
public static class AimApi
{
    public const string Prefix = "/api/v1";
    public const string DocumentRoute = $"{Prefix}/openapi.json";

    /// <summary>Adds what the routes need; the host adds the platform.</summary>
    public static IServiceCollection AddAimApi(this IServiceCollection services, TokenOptions tokens)
    {
        services.AddCallers(tokens);
        services.AddApiProblems();
        services.ConfigureHttpJsonOptions(options =>
        {
            // What is missing from a request, or is no value of its list, is refused and never guessed.
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.RespectNullableAnnotations = true;
            options.SerializerOptions.RespectRequiredConstructorParameters = true;
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
        });
        services.AddOpenApi("v1", options => options.Describe());
        return services;
    }

    /// <summary>The middle of the pipeline: failures become problem details, then callers are known.</summary>
    public static void UseAimApi(this IApplicationBuilder app)
    {
        app.Use(ProtectAnswersAsync);
        app.UseApiProblems();
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static void MapAimApi(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi(DocumentRoute).AllowAnonymous();
        routes.MapScalarApiReference("/docs", options => options.WithOpenApiRoutePattern(DocumentRoute)).AllowAnonymous();
        var api = routes.MapGroup(Prefix).WithMetadata(new RequestLimit());
        api.MapHealth();
        api.MapReference();
        api.MapUploads();
        api.MapDistricts();
        api.MapEntry();
        api.MapChangeSets();
        api.MapPushes();
        api.MapRules();
        api.MapStudents();
        api.MapMovement();
        api.MapIdentity();
        api.MapCases();
        api.MapVerification();
        api.MapTransfers();
        api.MapLeavers();
        api.MapSnapshots();
        api.MapEvents();
    }

    /// <summary>Answers hold student data: they stay out of shared caches, and a browser takes them for what they say they are.</summary>
    private static Task ProtectAnswersAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            if (headers.CacheControl.Count == 0) headers.CacheControl = "private, no-cache";
            headers.XContentTypeOptions = "nosniff";
            return Task.CompletedTask;
        });
        return next(context);
    }
}
