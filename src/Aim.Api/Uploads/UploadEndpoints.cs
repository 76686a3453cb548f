using System.Text;
using System.Text.Json;
using Aim.Api.Callers;
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
/// <param name="RecordType">Code of the record type, such as EN.</param>
public sealed record UploadRequest(
    DistrictId District, SchoolYear Year, string RecordType, string FileName, UploadMode Mode = UploadMode.Load, UploadScope Scope = UploadScope.Update, ConfirmPolicy Confirm = ConfirmPolicy.WhenRisky);

/// <summary>Where to put the file: a PUT of the bytes, with the header <c>x-ms-blob-type: BlockBlob</c>, before the moment.</summary>
public sealed record UploadPlace(string Key, Uri Url, DateTimeOffset Expires, string Status);

/// <summary>What was asked for and how it stands.</summary>
public sealed record UploadView(
    string Key, DistrictId District, SchoolYear Year, string RecordType, string FileName, UploadMode Mode, UploadScope Scope, string RequestedBy, DateTimeOffset RequestedAt,
    UploadStatus Status, string Sentence, string? Stage, UploadCounts Counts, long? EditionVersion, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, string? Rules, string? UploadId);

/// <summary>The answer to an upload that waits for one.</summary>
public sealed record UploadAnswer(bool Load);

internal static class UploadEndpoints
{
    private const string NdJson = "application/x-ndjson";
    private const string Idempotency = "Idempotency-Key";
    private const int PageSize = 100;

    public static void MapUploads(this IEndpointRouteBuilder api)
    {
        var uploads = api.MapGroup("/uploads").WithTags("Uploads");
        uploads.MapPost("/", RequestAsync).WithSummary("Ask for a URL to put a file to").ProducesProblem(StatusCodes.Status403Forbidden);
        uploads.MapGet("/", ListAsync).WithSummary("Uploads of a district in a year, newest first");
        uploads.MapGet("/{key}", FindAsync).WithSummary("How an upload stands").ProducesProblem(StatusCodes.Status404NotFound);
        uploads.MapGet("/{key}/findings", FindingsAsync).WithSummary("Findings by root cause; as application/x-ndjson every finding, a line each");
        uploads.MapGet("/{key}/rejects", RejectsAsync).WithSummary("The rejected rows as they were sent, to correct and upload");
        uploads.MapGet("/{key}/diff", DiffAsync).WithSummary("What the upload changes or would change, field by field");
        uploads.MapPost("/{key}/answer", AnswerAsync).WithSummary("Load or decline an upload that waits for confirmation").ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Created<UploadPlace>> RequestAsync(
        UploadRequest request, [FromHeader(Name = Idempotency)] string? idempotencyKey, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustSend(request.District);
        var type = RecordTypes.Find(request.RecordType) ?? throw RequestException.Invalid($"'{request.RecordType}' is no record type; the types are {string.Join(", ", RecordTypes.All.Select(item => item.Code))}.");
        if (string.IsNullOrWhiteSpace(request.FileName)) throw RequestException.Invalid("Give the file's name.");
        var subject = $"idempotency/{caller.Id}";
        if (idempotencyKey is not null && await platform.Ports.Ledger.FindAsync(subject, "upload", idempotencyKey, cancellation) is { } earlier)
        {
            var key = JsonSerializer.Deserialize<string>(earlier.Json)!;
            var again = (await platform.Intake.UrlAsync(key, cancellation))!.Value;
            return TypedResults.Created($"{AimApi.Prefix}/uploads/{key}", new UploadPlace(key, again.Url, again.Expires, $"{AimApi.Prefix}/uploads/{key}"));
        }
        var (ticket, url, expires) = await platform.Intake.RequestAsync(new UploadTicket
        {
            Key = "", District = request.District, Year = request.Year, RecordType = type.Code, FileName = request.FileName, Mode = request.Mode, Scope = request.Scope, Confirm = request.Confirm,
            RequestedBy = caller.Id, RequestedAt = default,
        }, cancellation);
        if (idempotencyKey is not null) await platform.Ports.Ledger.AddAsync(new LedgerEntry(subject, "upload", idempotencyKey, JsonSerializer.Serialize(ticket.Key)), cancellation);
        return TypedResults.Created($"{AimApi.Prefix}/uploads/{ticket.Key}", new UploadPlace(ticket.Key, url, expires, $"{AimApi.Prefix}/uploads/{ticket.Key}"));
    }

    private static async Task<Ok<List<UploadView>>> ListAsync(DistrictId district, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var keys = new List<string>();
        await foreach (var key in platform.Uploads.ListAsync(district, year, null, cancellation)) keys.Add(key);
        var views = new List<UploadView>();
        foreach (var key in keys.AsEnumerable().Reverse().Take(PageSize)) views.Add(await ViewAsync(key, platform, cancellation));
        return TypedResults.Ok(views);
    }

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
            report.Status, report.Sentence, report.Stage, report.Counts, report.EditionVersion, report.StartedAt, report.FinishedAt, report.Rules, report.UploadId?.ToString());
    }

    private static async Task<(UploadTicket Ticket, UploadReport Report)> ReadableAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var ticket = await platform.Uploads.FindTicketAsync(key, cancellation) ?? throw RequestException.NotFound("There is no upload of that key.");
        context.Caller().MustRead(ticket.District);
        return (ticket, (await platform.Intake.StatusAsync(key, cancellation))!);
    }

    private static async Task<Results<Ok<IReadOnlyList<FindingGroup>>, PushStreamHttpResult>> FindingsAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (_, report) = await ReadableAsync(key, context, platform, cancellation);
        await LogExportAsync(context, platform, $"findings of upload {key}", cancellation);
        if (!context.Request.Headers.Accept.ToString().Contains(NdJson, StringComparison.OrdinalIgnoreCase)) return TypedResults.Ok(await platform.Uploads.ListGroupsAsync(key, cancellation));
        return TypedResults.Stream(async output =>
        {
            foreach (var path in report.FindingFiles)
            {
                await using var file = await platform.Ports.Blobs.OpenReadAsync(path, cancellation);
                if (file is not null) await file.CopyToAsync(output, cancellation);
            }
        }, NdJson);
    }

    private static async Task<FileStreamHttpResult> RejectsAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (ticket, report) = await ReadableAsync(key, context, platform, cancellation);
        var file = report.RejectsFile is null ? null : await platform.Ports.Blobs.OpenReadAsync(report.RejectsFile, cancellation);
        if (file is null) throw RequestException.NotFound("No row of this upload was rejected.");
        await LogExportAsync(context, platform, $"rejected rows of upload {key}", cancellation);
        return TypedResults.Stream(file, report.RejectsFile!.EndsWith(".csv", StringComparison.Ordinal) ? "text/csv" : "text/tab-separated-values", $"rejects-{Path.GetFileName(ticket.FileName)}");
    }

    private static async Task<PushStreamHttpResult> DiffAsync(string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (_, report) = await ReadableAsync(key, context, platform, cancellation);
        await LogExportAsync(context, platform, $"changes of upload {key}", cancellation);
        return TypedResults.Stream(async output =>
        {
            await using var text = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
            await foreach (var change in UploadDiff.ReadAsync(platform.Ports.Blobs, report, cancellation)) await text.WriteLineAsync(JsonSerializer.Serialize(change, JsonSerializerOptions.Web).AsMemory(), cancellation);
        }, NdJson);
    }

    private static async Task<Accepted> AnswerAsync(string key, UploadAnswer answer, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (ticket, _) = await ReadableAsync(key, context, platform, cancellation);
        var caller = context.Caller();
        caller.MustSend(ticket.District);
        if (!await platform.Intake.ConfirmAsync(key, new Confirmation(answer.Load, caller.Id), cancellation)) throw RequestException.Conflict("The upload does not wait for an answer.");
        return TypedResults.Accepted($"{AimApi.Prefix}/uploads/{key}");
    }

    private static Task LogExportAsync(HttpContext context, AimPlatform platform, string what, CancellationToken cancellation) =>
        context.Caller() is { IsPerson: true } caller ? platform.Disclosures.ExportedAsync(caller, what, cancellation) : Task.CompletedTask;
}
