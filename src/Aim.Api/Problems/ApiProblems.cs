using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aim.Rules;
using Aim.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aim.Api.Problems;

/// <summary>
/// Every answer that isn't what was asked for is problem details (RFC 9457) with a sentence, whatever the caller accepts; text of exceptions
/// goes neither to callers nor to logs.
/// </summary>
internal static partial class ApiProblems
{
    public static void AddApiProblems(this IServiceCollection services)
    {
        services.AddProblemDetails();
        // Parameters that can't be read arrive here too, so that they are told in a sentence.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    public static void UseApiProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = AnswerFailureAsync,
            // The framework would log the exception with its text, which may quote a request; what can be told is logged below.
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseStatusCodePages(status => WriteAsync(status.HttpContext, status.HttpContext.Response.StatusCode, null, Sentence(status.HttpContext, status.HttpContext.Response.StatusCode)));
    }

    private static async Task AnswerFailureAsync(HttpContext context)
    {
        var (failure, endpoint) = (context.Features.Get<IExceptionHandlerFeature>()!.Error, context.Features.Get<IExceptionHandlerFeature>()!.Endpoint);
        (int Status, string? Title, string? Detail) answer = failure switch
        {
            RequestException request => (request.Status, request.Title, request.Message),
            BadHttpRequestException { StatusCode: not StatusCodes.Status400BadRequest } bad => (bad.StatusCode, null, Sentence(context, bad.StatusCode)),
            BadHttpRequestException bad => (bad.StatusCode, "Not understood", Explain(bad, endpoint)),
            StorageFullException full => (StatusCodes.Status507InsufficientStorage, "Storage full", full.Message),
            FaultException { IsPermanent: true } fault => (StatusCodes.Status400BadRequest, "Not possible", fault.Message),
            FaultException fault => (StatusCodes.Status503ServiceUnavailable, "Try again later", fault.Message),
            _ => (StatusCodes.Status500InternalServerError, "Something failed", "Something in the system failed. Try again; if it stays, give the trace id to the operator."),
        };
        if (answer.Status >= StatusCodes.Status500InternalServerError)
        {
            var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Aim.Api");
            ApiLog.RequestFailed(logger, endpoint?.DisplayName ?? "A request", failure.GetType().Name, TraceId(context), failure.StackTrace);
        }
        await WriteAsync(context, answer.Status, answer.Title, answer.Detail, (failure as RequestException)?.Findings);
    }

    private static string TraceId(HttpContext context) => Activity.Current?.Id ?? context.TraceIdentifier;

    private static Task WriteAsync(HttpContext context, int status, string? title, string? detail, IReadOnlyList<Finding>? findings = null)
    {
        context.Response.StatusCode = status;
        // Written directly: the service for problem details would answer plain text to a caller that accepts, say, CSV only.
        KeyValuePair<string, object?>[] more = findings is null ? [new("traceId", TraceId(context))] : [new("traceId", TraceId(context)), new("findings", findings)];
        return TypedResults.Problem(detail, statusCode: status, title: title, extensions: more).ExecuteAsync(context);
    }

    /// <summary>Which part of the request can't be read. Values aren't repeated: they may be about a student.</summary>
    private static string Explain(BadHttpRequestException bad, Endpoint? endpoint)
    {
        if (bad.InnerException is JsonException json && MissingProperties().Match(json.Message) is { Success: true } missing) return $"The body lacks {missing.Groups[1].Value}: compare it with the API description at {AimApi.DocumentRoute}.";
        if (bad.InnerException is JsonException unreadable) return $"The body can't be read at {(unreadable.Path is null or "" or "$" ? "its start" : unreadable.Path)}: compare it with the API description at {AimApi.DocumentRoute}.";
        if (ParameterName().Match(bad.Message) is not { Success: true } match) return $"The request can't be read: compare it with the API description at {AimApi.DocumentRoute}.";
        var name = match.Groups[1].Value;
        return ValuesOf(name, endpoint) is { } values
            ? $"The parameter '{name}' is missing or has another value than these: {string.Join(", ", values)}."
            : $"The parameter '{name}' is missing or can't be read: compare it with the API description at {AimApi.DocumentRoute}.";
    }

    /// <summary>What a parameter of a closed set may be; null for any other.</summary>
    private static string[]? ValuesOf(string parameter, Endpoint? endpoint)
    {
        var type = endpoint?.Metadata.GetMetadata<MethodInfo>()?.GetParameters().FirstOrDefault(item => item.Name == parameter)?.ParameterType;
        type = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
        return type is { IsEnum: true } ? Enum.GetNames(type) : null;
    }

    /// <summary>The serializer's own list of names; a value is never in it.</summary>
    [GeneratedRegex("missing required properties including: (.+?)\\.?$")]
    private static partial Regex MissingProperties();

    [GeneratedRegex("parameter \"\\S+ (\\w+)\"")]
    private static partial Regex ParameterName();

    private static string? Sentence(HttpContext context, int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "Send a valid bearer token: Authorization: Bearer …",
        StatusCodes.Status403Forbidden => "The token does not allow this.",
        StatusCodes.Status404NotFound => $"There is nothing at this address; the routes are described at {AimApi.DocumentRoute}.",
        StatusCodes.Status405MethodNotAllowed => $"This address does not take {context.Request.Method}; see the header Allow.",
        StatusCodes.Status413PayloadTooLarge => $"A request's body has at most {RequestLimit.Bytes} bytes; files go to the upload URL.",
        StatusCodes.Status415UnsupportedMediaType => "Send the body as JSON, with Content-Type: application/json.",
        _ => null,
    };
}

/// <summary>Requests of the API are small; files don't come this way.</summary>
internal sealed class RequestLimit : IRequestSizeLimitMetadata
{
    public const long Bytes = 256 * 1024;

    public long? MaxRequestBodySize => Bytes;
}

/// <summary>For a route that takes more, and bounds what it reads itself.</summary>
internal sealed class NoRequestLimit : IRequestSizeLimitMetadata
{
    public long? MaxRequestBodySize => null;
}

internal static partial class ApiLog
{
    [LoggerMessage(1, LogLevel.Error, "{Endpoint} failed ({Kind}, trace {Trace}){Stack}")]
    public static partial void RequestFailed(ILogger logger, string endpoint, string kind, string trace, string? stack);
}
