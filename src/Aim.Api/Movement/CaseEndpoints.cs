using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Movement;
using Aim.Ports;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Movement;

/// <summary>A district's answer.</summary>
/// <param name="EndDate">The last day of the enrollment; with EndOn only.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CaseReplyRequest(DistrictId District, CaseAnswer Answer, string Comment, DateOnly? EndDate = null);

/// <summary>A word to the others.</summary>
/// <param name="District">For whom it is said; left out by state staff.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CaseCommentRequest(string Comment, DistrictId? District = null);

/// <summary>Asks for a URL to put a file to, as evidence.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CaseEvidenceRequest(string FileName, string Comment, DistrictId? District = null);

/// <summary>Where to put the file: a PUT of the bytes, with the header <c>x-ms-blob-type: BlockBlob</c>, before the moment.</summary>
public sealed record CaseEvidencePlace(string Key, Uri Url, DateTimeOffset Expires);

/// <summary>The state's decision: which district has the student, from which day on.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CaseDecisionRequest(DistrictId District, DateOnly From, string Reason);

/// <summary>The state finds that nothing is wrong.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CaseWithdrawalRequest(string Reason);

internal static class CaseEndpoints
{
    private const string IfMatch = "If-Match";
    private const int MostDays = 180;

    public static void MapCases(this IEndpointRouteBuilder api)
    {
        var cases = api.MapGroup("/cases").WithTags("Cases");
        cases.MapGet("/", ListAsync).WithSummary("Cases of a school year, of one district or (for state staff) of all, by the first day of what is wrong");
        cases.MapGet("/terms", TermsAsync).WithSummary("How long districts have to answer");
        cases.MapPut("/terms", SetTermsAsync).WithSummary("Set how long districts have to answer cases opened from now on");
        cases.MapGet("/{id}", FindAsync).WithSummary("A case; its ETag changes with every line").ProducesProblem(StatusCodes.Status404NotFound);
        Act(cases.MapPost("/{id}/answers", ReplyAsync), "A district's answer about its own enrollment");
        Act(cases.MapPost("/{id}/comments", CommentAsync), "A word to the other district and the state");
        Act(cases.MapPost("/{id}/evidence", AddEvidenceAsync), "Ask for a URL to put a file to, as evidence");
        cases.MapGet("/{id}/evidence/{key}", EvidenceAsync).WithSummary("A file that was put to the case").Produces<string>(StatusCodes.Status200OK, MediaTypes.Bytes).ProducesProblem(StatusCodes.Status404NotFound);
        Act(cases.MapPost("/{id}/decision", DecideAsync), "Decide which district has the student, once the districts have answered or had their time");
        Act(cases.MapPost("/{id}/withdrawal", WithdrawAsync), "Close a case in which nothing is wrong");
    }

    private static void Act(RouteHandlerBuilder route, string summary) => route.WithSummary(summary)
        .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);

    private static async Task<Ok<CaseList>> ListAsync(
        SchoolYear year, DistrictId? district, CaseStatus? status, bool? overdue, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        if (district is { } one) caller.MustRead(one);
        else if (!caller.SeesState) throw RequestException.Forbidden("Name your district, as in ?district=0123: the cases of all districts are for state staff.");
        var today = await platform.Calendar.TodayAsync(cancellation);
        var listed = platform.Cases.ListAsync(year, district, page.After, cancellation);
        var (picked, next) = await page.PickAsync(listed, item => (status is null || item.Status == status) && (overdue is null || item.IsOverdue(today) == overdue), item => item.Id, cancellation);
        var reference = (await platform.References.FindAsync(year, cancellation))?.Data;
        await context.LogExportAsync(platform, $"cases of {(district is { } of ? $"district {of}" : "the state")} in {year}", cancellation);
        return TypedResults.Ok(new CaseList([.. picked.Select(item => CaseView.Of(item, caller, today, reference))], next));
    }

    private static async Task<Ok<CaseTerms>> TermsAsync(AimPlatform platform, CancellationToken cancellation) => TypedResults.Ok(await platform.Cases.TermsAsync(cancellation));

    private static async Task<Ok<CaseTerms>> SetTermsAsync(CaseTerms terms, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustBe(Role.Operator);
        if (terms.DaysToAnswer is < 1 or > MostDays) throw RequestException.Invalid($"daysToAnswer is a number from 1 to {MostDays}.");
        await platform.Cases.SetTermsAsync(terms, cancellation);
        return TypedResults.Ok(terms);
    }

    private static async Task<Ok<CaseView>> FindAsync(string id, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (item, etag) = await ReadableAsync(id, context, platform, cancellation);
        return await AnswerAsync(item, etag, context, platform, cancellation);
    }

    /// <summary>A case of districts the caller may not see is as if there were none.</summary>
    private static async Task<(MovementCase Case, string ETag)> ReadableAsync(string id, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var found = await platform.Cases.FindAsync(id, cancellation);
        return found is var (item, _) && item.Sides.Any(side => context.Caller().MayRead(side.District)) ? found.Value : throw NoSuchCase();
    }

    private static RequestException NoSuchCase() => RequestException.NotFound("There is no case of that id, or not one you may see.");

    private static Task<Ok<CaseView>> ReplyAsync(string id, CaseReplyRequest request, [FromHeader(Name = IfMatch)] string? ifMatch, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var reply = new CaseReply(request.Answer, request.EndDate, Text(request.Comment, "comment"));
        return ActAsync(id, ifMatch, request.District, item => item.WhyNoReply(request.District, reply), item => item.Replied(request.District, reply, context.Caller().Id, Now(platform)), context, platform, cancellation);
    }

    private static Task<Ok<CaseView>> CommentAsync(string id, CaseCommentRequest request, [FromHeader(Name = IfMatch)] string? ifMatch, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var line = new CaseLine(Now(platform), context.Caller().Id, request.District, Text(request.Comment, "comment"));
        return ActAsync(id, ifMatch, request.District, CaseDialogue.WhyNoLine, item => item.With(line), context, platform, cancellation);
    }

    private static async Task<Created<CaseEvidencePlace>> AddEvidenceAsync(
        string id, CaseEvidenceRequest request, [FromHeader(Name = IfMatch)] string? ifMatch, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (present, _) = await ReadableAsync(id, context, platform, cancellation);
        if (string.IsNullOrWhiteSpace(request.FileName)) throw RequestException.Invalid("Give the file's name.");
        var (evidence, url, expires) = await platform.CaseFiles.RequestAsync(present, request.FileName, cancellation);
        var line = new CaseLine(Now(platform), context.Caller().Id, request.District, Text(request.Comment, "comment"), Evidence: evidence);
        await ActAsync(id, ifMatch, request.District, CaseDialogue.WhyNoLine, item => item.With(line), context, platform, cancellation);
        return TypedResults.Created($"{AimApi.Prefix}/cases/{id}/evidence/{evidence.Key}", new CaseEvidencePlace(evidence.Key, url, expires));
    }

    private static async Task<FileStreamHttpResult> EvidenceAsync(string id, string key, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (item, _) = await ReadableAsync(id, context, platform, cancellation);
        if (await platform.CaseFiles.OpenAsync(item, key, cancellation) is not var (evidence, content)) throw RequestException.NotFound("There is no such file in the case; a file is there once it was put to its URL.");
        await context.LogReadAsync(platform, item.Student, $"evidence {key} of case {id}", cancellation);
        // Whatever was put there: a browser saves it and doesn't show it.
        return TypedResults.Stream(content, MediaTypes.Bytes, evidence.FileName);
    }

    private static async Task<Ok<CaseView>> DecideAsync(string id, CaseDecisionRequest request, [FromHeader(Name = IfMatch)] string? ifMatch, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var decision = new CaseDecision(request.District, request.From, Text(request.Reason, "reason"), context.Caller().Id, Now(platform));
        var today = await platform.Calendar.TodayAsync(cancellation);
        var others = await platform.Cases.FindAsync(id, cancellation) is var (present, _) ? await platform.Cases.OfStudentAsync(present.Student, cancellation) : [];
        return await ActAsync(id, ifMatch, null, item => item.WhyNoDecision(request.District, request.From, today) ?? item.WhyContradiction(request.District, request.From, others), item => item.Decided(decision), context, platform, cancellation);
    }

    private static Task<Ok<CaseView>> WithdrawAsync(string id, CaseWithdrawalRequest request, [FromHeader(Name = IfMatch)] string? ifMatch, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var reason = Text(request.Reason, "reason");
        return ActAsync(id, ifMatch, null, CaseDialogue.WhyNoWithdrawal, item => item.Withdrawn(reason, context.Caller().Id, Now(platform)), context, platform, cancellation);
    }

    /// <summary>Does something about a case as it is now: of two at once both are done, unless one asked for the case as it was read.</summary>
    /// <param name="district">For whom it is done; null for the state.</param>
    private static async Task<Ok<CaseView>> ActAsync(
        string id, string? ifMatch, DistrictId? district, Func<MovementCase, string?> whyNot, Func<MovementCase, MovementCase> act, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (readable, _) = await ReadableAsync(id, context, platform, cancellation);
        if (district is not { } acting) context.Caller().MustBe(Role.Reviewer, Role.Operator);
        else if (!readable.Concerns(acting)) throw RequestException.Invalid($"District {acting} has no side in this case.");
        else context.Caller().MustSend(acting);
        var known = EntityTags.Read(ifMatch);
        var changed = await platform.Cases.ChangeAsync(id, (item, etag) =>
        {
            if (known is not null && !EntityTags.Match(known, Bare(etag))) throw RequestException.Stale("The case was changed since you read it. Read it again, and decide anew.");
            return whyNot(item) is { } sentence ? throw RequestException.Conflict(sentence) : act(item);
        }, cancellation);
        return changed is var (done, now) ? await AnswerAsync(done, now, context, platform, cancellation) : throw NoSuchCase();
    }

    /// <summary>The whole case, which is a look at it whatever else was done.</summary>
    private static async Task<Ok<CaseView>> AnswerAsync(MovementCase item, string etag, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        await context.LogReadAsync(platform, item.Student, $"case {item.Id}", cancellation);
        context.Response.Headers.ETag = $"\"{Bare(etag)}\"";
        return TypedResults.Ok(CaseView.Of(item, context.Caller(), await platform.Calendar.TodayAsync(cancellation), (await platform.References.FindAsync(item.Year, cancellation))?.Data));
    }

    private static string Bare(string etag) => etag.Trim('"');

    private static string Text(string text, string field) => text.Trim() is { Length: > 0 and <= CaseDialogue.LongestText } given ? given
        : throw RequestException.Invalid($"{field} has 1 to {CaseDialogue.LongestText} characters.");

    private static DateTimeOffset Now(AimPlatform platform) => platform.Ports.Clock.GetUtcNow();
}
