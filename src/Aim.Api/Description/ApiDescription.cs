using System.Text.Json.Nodes;
using Aim.Records;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Aim.Api.Description;

/// <summary>What the OpenAPI document says beyond the routes themselves: who may call, how ids look, and which problems to expect.</summary>
internal static class ApiDescription
{
    private const string Bearer = "bearer";
    private const string Problem = "application/problem+json";

    /// <summary>Ids are written as text; their pattern and an example.</summary>
    private static readonly Dictionary<Type, (string Pattern, string Example, string Description)> Ids = new()
    {
        [typeof(StateId)] = ("^[0-9]{9}$", "104729318", "The student's nine-digit State ID."),
        [typeof(DistrictId)] = ("^[0-9]{4}$", "0123", "The district's four-digit School System number."),
        [typeof(SchoolYear)] = ("^20[0-9]{2}$|^2100$", "2026", "A school year, by the calendar year in which it ends."),
        [typeof(UploadId)] = ("^[0-9a-f]{32}$", "5b6c0a6f8f1d4f0b9f5a2f6b1c3d4e5f", "One arrival of one file."),
    };

    private static readonly Dictionary<string, Type> IdParameters = new() { ["stateId"] = typeof(StateId), ["district"] = typeof(DistrictId), ["year"] = typeof(SchoolYear) };

    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["district"] = "The district's four-digit School System number.",
        ["year"] = "The school year, by the calendar year in which it ends.",
        ["stateId"] = "The student's nine-digit State ID.",
        ["key"] = "The upload's key.",
        ["name"] = "The snapshot's name.",
        ["file"] = "The EDFacts file, such as FS052.",
        ["level"] = "State (SEA), district (LEA) or school (SCH).",
        ["format"] = "csv, tab or txt (fixed width); without it, as Accept says, else csv.",
        ["school"] = "The school's number within its district; of a federal file, needed at school level.",
        ["collection"] = "The collection: fall-count, child-count, spring-count, test-window, end-of-year or graduates.",
        ["set"] = "The category set's code, such as ST1, where the values could be of several.",
        ["value"] = "The values of a category set, in its order, such as KG, AM7 and F.",
        ["cursor"] = "Where the page before ended; without it, the first page.",
        ["limit"] = "The most entries of the page.",
        ["Idempotency-Key"] = "Any text of at most 100 characters. Sent again with the same request, it is answered as the first time.",
        ["id"] = "The id that the list gives.",
        ["asOf"] = "The day as of which it is computed; without it, today.",
        ["fresh"] = "True computes it anew, instead of giving what was computed within the last day.",
        ["status"] = "Those of this status only.",
        ["overdue"] = "Those only that are past their due date, or only those that aren't.",
        ["editId"] = "The edit's id, as the list gives it.",
        ["sequence"] = "The number under which the changes were pushed.",
        ["type"] = "Code of the record type, such as EN.",
        ["localId"] = "The student's number in the district's own system; of a course, member of staff or section its number.",
        ["recordKey"] = "Which of the records of that type: its key, as a list of the subject's records gives it.",
        ["recordType"] = "SD (the default) for students, CO for courses, ST for staff, SU for sections.",
        ["If-Match"] = "The ETag of what was read: when it was changed meanwhile, nothing is done and the answer is 412.",
        ["If-None-Match"] = "The ETag of an earlier answer: unchanged is answered with 304 and no body. On a save, * says that the record must be new.",
    };

    public static void Describe(this OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) => Describe(document));
        options.AddOperationTransformer(DescribeAsync);
        options.AddSchemaTransformer(DescribeAsync);
    }

    private static Task Describe(OpenApiDocument document)
    {
        document.Info.Title = "AIM";
        document.Info.Description = "The data hub of a state education agency: uploads, students, districts, snapshots, federal files and change events.";
        document.Servers?.Clear();
        // A schema that is shared is never null, whichever field was met first: one that may be empty says so itself.
        foreach (var id in Ids.Keys) if (document.Components?.Schemas?.TryGetValue(id.Name, out var shared) == true && shared is OpenApiSchema schema) schema.Type = JsonSchemaType.String;
        document.AddComponent<IOpenApiSecurityScheme>(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http, Scheme = Bearer, BearerFormat = "JWT", Description = "A token of the agency's OpenID Connect issuer, with app roles: reviewer, reporter, operator, district.0123.",
        });
        return Task.CompletedTask;
    }

    /// <summary>The answer comes as a stream of these too, a line each.</summary>
    public static RouteHandlerBuilder AlsoAsLines<T>(this RouteHandlerBuilder route) => route.AddOpenApiOperationTransformer(async (operation, context, cancellation) =>
        operation.Responses!["200"].Content![MediaTypes.NdJson] = new OpenApiMediaType { Schema = await context.GetOrCreateSchemaAsync(typeof(T), null, cancellation) });

    private static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            parameter.Description ??= Parameters.GetValueOrDefault(parameter.Name ?? "");
            if (IdParameters.TryGetValue(parameter.Name ?? "", out var type) && parameter.Schema is OpenApiSchema schema) (schema.Pattern, schema.Examples) = (Ids[type].Pattern, [JsonValue.Create(Ids[type].Example)]);
        }
        operation.OperationId ??= NameOf(context);
        var responses = operation.Responses ??= [];
        context.Document!.AddComponent(nameof(ProblemDetails), await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellation));
        var problem = new OpenApiSchemaReference(nameof(ProblemDetails), context.Document);
        if (!context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
            responses.TryAdd("401", new OpenApiResponse { Description = "There is no valid token." });
            responses.TryAdd("403", new OpenApiResponse { Description = "The token does not allow it." });
        }
        if (operation.Parameters?.Count > 0 || operation.RequestBody is not null) responses.TryAdd("400", new OpenApiResponse { Description = "The request can't be read." });
        responses.TryAdd("default", new OpenApiResponse { Description = "Something else kept the request from being answered." });
        foreach (var (status, response) in responses)
        {
            if (response is not OpenApiResponse failed || status is not "default" && status[0] is '2' or '3') continue;
            failed.Content = new Dictionary<string, OpenApiMediaType> { [Problem] = new() { Schema = problem } };
        }
    }

    /// <summary>Method and path in one word, such as getUploadsKeyFindings.</summary>
    private static string NameOf(OpenApiOperationTransformerContext context)
    {
        var path = context.Description.RelativePath!.Replace(AimApi.Prefix[1..], "", StringComparison.Ordinal);
        var words = path.Split(['/', '{', '}', '-'], StringSplitOptions.RemoveEmptyEntries);
        return context.Description.HttpMethod!.ToLowerInvariant() + string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }

    private static Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (!Ids.TryGetValue(type, out var id)) return Task.CompletedTask;
        schema.Type = JsonSchemaType.String | (type == context.JsonTypeInfo.Type ? 0 : JsonSchemaType.Null);
        (schema.Pattern, schema.Examples, schema.Description) = (id.Pattern, [JsonValue.Create(id.Example)], schema.Description ?? id.Description);
        return Task.CompletedTask;
    }
}
