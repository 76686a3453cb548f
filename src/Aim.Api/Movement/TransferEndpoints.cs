using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Api.Students;
using Aim.Api.Uploads;
using Aim.Movement;
using Aim.Ports;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Movement;

/// <summary>Asks a student's old district for its records.</summary>
/// <param name="District">The new district, in which the student is enrolled.</param>
/// <param name="From">The old district; left out, the one that had the student last.</param>
/// <param name="RecordTypes">Codes such as SD; left out, all.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TransferRequest(StateId StateId, DistrictId District, DistrictId? From = null, IReadOnlyList<string>? RecordTypes = null, string? Note = null);

/// <summary>Releases records to the new district.</summary>
/// <param name="RecordTypes">Codes such as SD; left out, all that were asked for.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReleaseRequest(IReadOnlyList<string>? RecordTypes = null, string? Note = null);

/// <summary>A word with a step of a transfer.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TransferNote(string? Note = null);

/// <summary>A step of a transfer; who took it is shown to the state and to the district that took it.</summary>
public sealed record TransferStepView(DateTimeOffset At, string? By, string? Note);

/// <summary>A transfer of a student's records between two districts, both of which see it.</summary>
/// <param name="Due">The last day to release the records: five working days after the request.</param>
/// <param name="RecordTypes">What was released.</param>
public sealed record TransferView(
    string Id, StateId StateId, DistrictId From, DistrictId To, TransferStatus Status, DateOnly Due, bool IsOverdue, IReadOnlyList<string> Asked, IReadOnlyList<string> RecordTypes,
    TransferStepView Requested, TransferStepView? Released, TransferStepView? Received, TransferStepView? Withdrawn)
{
    public static TransferView Of(RecordsTransfer item, Caller caller, DateOnly today)
    {
        return new(item.Id, item.Student, item.From, item.To, item.Status, item.Due, item.IsOverdue(today), item.Asked, item.RecordTypes,
            Step(item.Requested, item.To)!, Step(item.Released, item.From), Step(item.Received, item.To), Step(item.Withdrawn, item.To));

        TransferStepView? Step(TransferStep? step, DistrictId district) => step is null ? null : new(step.At, caller.MayRead(district) ? step.By : null, step.Note);
    }
}

/// <summary>A page of transfers, oldest first.</summary>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
public sealed record TransferList(IReadOnlyList<TransferView> Transfers, string? Next);

/// <summary>A released record, as it was at the release.</summary>
public sealed record ReleasedRecord(SchoolYear Year, DistrictId District, string LocalId, SectionView Record);

internal static class TransferEndpoints
{
    private const int LongestNote = 2000;

    public static void MapTransfers(this IEndpointRouteBuilder api)
    {
        var transfers = api.MapGroup("/records-transfers").WithTags("Records transfers");
        transfers.MapPost("/", RequestAsync).WithSummary("Ask a student's old district for its records").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        transfers.MapGet("/", ListAsync).WithSummary("Requests that a district made or got in a school year, oldest first");
        transfers.MapGet("/{id}", FindAsync).WithSummary("How a transfer stands").ProducesProblem(StatusCodes.Status404NotFound);
        Act(transfers.MapPost("/{id}/release", ReleaseAsync), "Release records to the new district, as they are now (34 CFR 99.31(a)(2))");
        transfers.MapGet("/{id}/records", RecordsAsync).WithSummary("What was released, as it was at the release").ProducesProblem(StatusCodes.Status404NotFound);
        Act(transfers.MapPost("/{id}/receipt", ReceiveAsync), "Confirm that the new district has the records");
        Act(transfers.MapPost("/{id}/withdrawal", WithdrawAsync), "Take a request back");
    }

    private static void Act(RouteHandlerBuilder route, string summary) => route.WithSummary(summary).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Created<TransferView>> RequestAsync(TransferRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustSend(request.District);
        var wish = new TransferWish(request.StateId, request.District, request.From, Types(request.RecordTypes), Note(request.Note));
        var asked = Done(await platform.Transfers.RequestAsync(caller, wish, cancellation));
        return TypedResults.Created($"{AimApi.Prefix}/records-transfers/{asked.Id}", await ViewAsync(asked, context, platform, cancellation));
    }

    private static async Task<Ok<TransferList>> ListAsync(
        DistrictId district, SchoolYear year, TransferStatus? status, bool? overdue, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var today = await platform.Calendar.TodayAsync(cancellation);
        var listed = platform.Transfers.ListAsync(district, year, page.After, cancellation);
        var (picked, next) = await page.PickAsync(listed, item => (status is null || item.Status == status) && (overdue is null || item.IsOverdue(today) == overdue), item => item.Id, cancellation);
        await context.LogExportAsync(platform, $"records transfers of district {district} in {year}", cancellation);
        return TypedResults.Ok(new TransferList([.. picked.Select(item => TransferView.Of(item, context.Caller(), today))], next));
    }

    private static async Task<Ok<TransferView>> FindAsync(string id, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var transfer = await ReadableAsync(id, context, platform, cancellation);
        await context.LogReadAsync(platform, transfer.Student, $"records transfer {id}", cancellation);
        return TypedResults.Ok(await ViewAsync(transfer, context, platform, cancellation));
    }

    /// <summary>A transfer between districts that the caller may not see is as if there were none.</summary>
    private static async Task<RecordsTransfer> ReadableAsync(string id, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        return await platform.Transfers.FindAsync(id, cancellation) is var (transfer, _) && (caller.MayRead(transfer.From) || caller.MayRead(transfer.To)) ? transfer
            : throw RequestException.NotFound("There is no request of that id, or not one you may see.");
    }

    private static async Task<Ok<TransferView>> ReleaseAsync(string id, ReleaseRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend((await ReadableAsync(id, context, platform, cancellation)).From);
        return await ActedAsync(platform.Transfers.ReleaseAsync(context.Caller(), id, Types(request.RecordTypes), Note(request.Note), cancellation), context, platform, cancellation);
    }

    private static async Task<Ok<TransferView>> ReceiveAsync(string id, TransferNote request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend((await ReadableAsync(id, context, platform, cancellation)).To);
        return await ActedAsync(platform.Transfers.ReceiveAsync(context.Caller(), id, Note(request.Note), cancellation), context, platform, cancellation);
    }

    private static async Task<Ok<TransferView>> WithdrawAsync(string id, TransferNote request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend((await ReadableAsync(id, context, platform, cancellation)).To);
        return await ActedAsync(platform.Transfers.WithdrawAsync(context.Caller(), id, Note(request.Note), cancellation), context, platform, cancellation);
    }

    private static async Task<Ok<List<ReleasedRecord>>> RecordsAsync(string id, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var transfer = await ReadableAsync(id, context, platform, cancellation);
        if (transfer.Released is null) throw RequestException.NotFound("Nothing was released yet.");
        await context.LogReadAsync(platform, transfer.Student, $"records released by request {id}", cancellation);
        return TypedResults.Ok(await platform.Transfers.ReleasedAsync(transfer, cancellation)
            .Select(item => new ReleasedRecord(item.Year, item.Contribution.District, item.Contribution.LocalId, SectionView.Of(item.Section))).ToListAsync(cancellation));
    }

    private static async Task<Ok<TransferView>> ActedAsync(Task<TransferOutcome> act, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var transfer = Done(await act);
        await context.LogReadAsync(platform, transfer.Student, $"records transfer {transfer.Id}", cancellation);
        return TypedResults.Ok(await ViewAsync(transfer, context, platform, cancellation));
    }

    private static RecordsTransfer Done(TransferOutcome outcome) => outcome switch
    {
        { Transfer: { } transfer } => transfer,
        { IsUnknown: true } => throw RequestException.NotFound(outcome.Refusal!),
        _ => throw RequestException.Conflict(outcome.Refusal!),
    };

    private static List<string> Types(IReadOnlyList<string>? codes) => [.. (codes ?? []).Select(code => UploadEndpoints.TypeOf(code).Code).Distinct()];

    private static string? Note(string? note) => note is null or { Length: <= LongestNote } ? note : throw RequestException.Invalid($"note has at most {LongestNote} characters.");

    private static async Task<TransferView> ViewAsync(RecordsTransfer transfer, HttpContext context, AimPlatform platform, CancellationToken cancellation) =>
        TransferView.Of(transfer, context.Caller(), await platform.Calendar.TodayAsync(cancellation));
}
