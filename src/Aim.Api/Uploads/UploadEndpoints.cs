using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Description;
using Aim.Api.Problems;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Uploads;

/// <summary>Asks for a URL to put a file to.</summary>
/// <param name="RecordType">Code of the record type, such as EN; OR for a OneRoster archive.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UploadRequest(
    DistrictId District, SchoolYear Year, string RecordType, string FileName, UploadMode Mode = UploadMode.Load, UploadScope Scope = UploadScope.Update, ConfirmPolicy Confirm = ConfirmPolicy.WhenRisky);

/// <summary>Where to put the file: a PUT of the bytes, with the header <c>x-ms-blob-type: BlockBlob</c>, before the moment.</summary>
/// <param name="Status">Address to ask how the upload stands.</param>
public sealed record UploadPlace(string Key, Uri Url, DateTimeOffset Expires, string Status);

/// <summary>What was asked for and how it stands.</summary>
/// <param name="Parts">Keys of the uploads that a OneRoster archive was taken apart into.</param>
public sealed record UploadView(
    string Key, DistrictId District, SchoolYear Year, string RecordType, string FileName, UploadMode Mode, UploadScope Scope, string RequestedBy, DateTimeOffset RequestedAt,
    UploadStatus Status, string Sentence, string? Stage, UploadCounts Counts, long? EditionVersion, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, string? Rules, string? UploadId, IReadOnlyList<string> Parts);

/// <summary>A page of uploads, newest first.</summary>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
public sealed record UploadList(IReadOnlyList<UploadView> Uploads, string? Next);

/// <summary>The answer to an upload that waits for one.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UploadAnswer(bool Load);

internal static class UploadEndpoints
{
    private const string Idempotency = "Idempotency-Key";

    public static void MapUploads(this IEndpointRouteBuilder api)
    {
        var uploads = api.MapGroup("/uploads").WithTags("Uploads");
        uploads.MapPost("/", RequestAsync).WithSummary("Ask for a URL to put a file to").ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        uploads.MapGet("/", ListAsync).WithSummary("Uploads of a district in a year, newest first");
        uploads.MapGet("/{key}", FindAsync).WithSummary("How an upload stands").ProducesProblem(StatusCodes.Status404NotFound);
        uploads.MapGet("/{key}/findings", FindingsAsync).WithSummary("Findings by root cause; as application/x-ndjson every finding, a line each")
            .Produces<IReadOnlyList<FindingGroup>>().AlsoAsLines<Finding>().ProducesProblem(StatusCodes.Status404NotFound);
        uploads.MapGet("/{key}/rejects", RejectsAsync).WithSummary("The rejected rows as they were sent, to correct and upload")
            .Produces<string>(StatusCodes.Status200OK, MediaTypes.Tabs, MediaTypes.Csv).ProducesProblem(StatusCodes.Status404NotFound);
        uploads.MapGet("/{key}/diff", DiffAsync).WithSummary("What the upload changes or would change, field by field")
            .Produces<RowDiff>(StatusCodes.Status200OK, MediaTypes.NdJson).ProducesProblem(StatusCodes.Status404NotFound);
        uploads.MapPost("/{key}/answer", AnswerAsync).WithSummary("Load or decline an upload that waits for confirmation")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Created<UploadPlace>> RequestAsync(
        UploadRequest request, [FromHeader(Name = Idempotency)] string? idempotencyKey, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustSend(request.District);
        var type = UploadPath.TypeOf(request.RecordType) ?? throw RequestException.Invalid($"'{request.RecordType}' is no record type; the types are {TypeCodes}, and OR for a OneRoster archive.");
        if (string.IsNullOrWhiteSpace(request.FileName)) throw RequestException.Invalid("Give the file's name.");
        var key = UploadLog.NewKey(platform.Ports.Clock.GetUtcNow());
        if (idempotencyKey is not null) key = await Idempotent.KeyAsync(platform.Ports.Ledger, caller, idempotencyKey, request, key, cancellation);
        var (ticket, url, expires) = await platform.Intake.RequestAsync(new UploadTicket
        {
            Key = key, District = request.District, Year = request.Year, RecordType = type, FileName = request.FileName, Mode = request.Mode, Scope = request.Scope, Confirm = request.Confirm,
            RequestedBy = caller.Id, RequestedAt = default,
        }, cancellation);
        var address = $"{AimApi.Prefix}/uploads/{ticket.Key}";
        return TypedResults.Created(address, new UploadPlace(ticket.Key, url, expires, address));
    }

    private static async Task<Ok<UploadList>> ListAsync(DistrictId district, SchoolYear year, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var after = page.PlaceOf(cursor => UploadCursor.TryParse(cursor, out var place) ? place : (UploadCursor?)null);
        var (listed, next) = await page.TakeAsync(platform.Uploads.ListAsync(district, year, after, cancellation), entry => entry.Cursor.ToString(), cancellation);
        var views = new List<UploadView>();
        foreach (var entry in listed) views.Add(await ViewAsync(entry.Key, platform, cancellation));
        return TypedResults.Ok(new UploadList(views, next));
    }

    /// <summary>The record type that a request names by its code.</summary>
    internal static RecordType TypeOf(string code) =>
        RecordTypes.Find(code) ?? throw RequestException.Invalid($"'{code}' is no record type; the types are {TypeCodes}.");

    private static string TypeCodes => string.Join(", ", RecordTypes.All.Select(item => item.Code));

    private static async Task<Ok<UploadView>> FindAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        await ReadableAsync(key, context, platform, cancellation);
        return TypedResults.Ok(await ViewAsync(key, platform, cancellation));
    }

    private static async Task<UploadView> ViewAsync(string key, AimPlatform platform, CancellationToken cancellation)
    {
        var ticket = (await platform.Uploads.FindTicketAsync(key, cancellation))!;
        var report = (await platform.Intake.StatusAsync(key, cancellation))!;
        return new UploadView(key, ticket.District, ticket.Year, ticket.RecordType, ticket.FileName, ticket.Mode, ticket.Scope, ticket.RequestedBy, ticket.RequestedAt,
            report.Status, report.Sentence, report.Stage, report.Counts, report.EditionVersion, report.StartedAt, report.FinishedAt, report.Rules, report.UploadId?.ToString(), report.Parts);
    }

    /// <summary>An upload of a district the caller may not see is as if there were none, so that keys can't be tried out.</summary>
    private static async Task<(UploadTicket Ticket, UploadReport Report)> ReadableAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        if (await platform.Uploads.FindTicketAsync(key, cancellation) is not { } ticket || !context.Caller().MayRead(ticket.District))
            throw RequestException.NotFound("There is no upload of that key, or not one you may see.");
        return (ticket, (await platform.Intake.StatusAsync(key, cancellation))!);
    }

    private static async Task<Results<Ok<IReadOnlyList<FindingGroup>>, PushStreamHttpResult>> FindingsAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (_, report) = await ReadableAsync(key, context, platform, cancellation);
        var form = MediaTypes.Choose(context.Request, MediaTypes.Json, MediaTypes.NdJson);
        await context.LogExportAsync(platform, $"findings of upload {key}", cancellation);
        if (form == MediaTypes.Json) return TypedResults.Ok(await platform.Uploads.ListGroupsAsync(key, cancellation));
        return TypedResults.Stream(async output =>
        {
            foreach (var path in report.FindingFiles)
            {
                await using var file = await platform.Ports.Blobs.OpenReadAsync(path, cancellation);
                if (file is not null) await file.CopyToAsync(output, cancellation);
            }
        }, MediaTypes.NdJson);
    }

    private static async Task<FileStreamHttpResult> RejectsAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (ticket, report) = await ReadableAsync(key, context, platform, cancellation);
        if (report.RejectsFile is null || await platform.Ports.Blobs.OpenReadAsync(report.RejectsFile, cancellation) is not { } file) throw RequestException.NotFound("No row of this upload was rejected.");
        await context.LogExportAsync(platform, $"rejected rows of upload {key}", cancellation);
        return TypedResults.Stream(file, report.RejectsFile.EndsWith(".csv", StringComparison.Ordinal) ? MediaTypes.Csv : MediaTypes.Tabs, $"rejects-{ticket.FileName}");
    }

    private static async Task<PushStreamHttpResult> DiffAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (_, report) = await ReadableAsync(key, context, platform, cancellation);
        MediaTypes.Choose(context.Request, MediaTypes.NdJson);
        await context.LogExportAsync(platform, $"changes of upload {key}", cancellation);
        return TypedResults.Stream(async output =>
        {
            await using var text = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
            await foreach (var change in UploadDiff.ReadAsync(platform.Ports.Blobs, platform.Uploads, report, cancellation)) await text.WriteLineAsync(JsonSerializer.Serialize(change, JsonSerializerOptions.Web).AsMemory(), cancellation);
        }, MediaTypes.NdJson);
    }

    private static async Task<Accepted> AnswerAsync(string key, UploadAnswer answer, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (ticket, _) = await ReadableAsync(key, context, platform, cancellation);
        var caller = context.Caller();
        caller.MustSend(ticket.District);
        if (!await platform.Intake.ConfirmAsync(key, new Confirmation(answer.Load, caller.Id), cancellation)) throw RequestException.Conflict("The upload does not wait for an answer.");
        return TypedResults.Accepted($"{AimApi.Prefix}/uploads/{key}");
    }
}
