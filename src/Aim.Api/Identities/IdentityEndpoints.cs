using System.Buffers.Text;
using System.Text;
using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Identities;

/// <summary>Whom to look for: a State ID, or a name.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record LookupRequest(StateId? StateId = null, string? LastName = null, string? FirstName = null, string? MiddleName = null, DateOnly? BirthDate = null, string? Gender = null);

/// <summary>A child that waits.</summary>
public sealed record QueueItem(DistrictId District, SchoolYear Year, string LocalId, ParkReason Reason, IReadOnlyList<StateId> Candidates, DateTimeOffset Since);

/// <summary>A page of the queue.</summary>
/// <param name="Next">Where the next page starts; left out on the last one.</param>
public sealed record QueuePage(IReadOnlyList<QueueItem> Items, string? Next);

/// <summary>What decides whether two are one.</summary>
public sealed record IdentityView(StateId? StateId, string? LastName, string? FirstName, string? MiddleName, string? Suffix, DateOnly? BirthDate, string? Gender);

/// <summary>Somebody the child might be, and what each field adds.</summary>
public sealed record CandidateView(IdentityView Identity, WeighedCandidate Weighed);

/// <summary>A child next to those it might be.</summary>
public sealed record ComparisonView(DistrictId District, SchoolYear Year, string LocalId, ParkReason? Reason, IdentityView Child, IReadOnlyList<CandidateView> Candidates, string Model);

/// <summary>The decision on a child that waits.</summary>
/// <param name="StateId">Whose rows they are; left out when the child is new to the state.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DecisionRequest(DistrictId District, SchoolYear Year, string LocalId, string Reason, StateId? StateId = null);

/// <summary>What came of it.</summary>
public sealed record DecisionAnswer(StateId StateId, bool IsNew);

/// <summary>Merges the first State ID into the second.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MergeRequest(StateId Retired, StateId Survivor, string Reason);

/// <summary>Why something is undone or noted.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReasonRequest(string Reason);

/// <summary>A page of cases.</summary>
/// <param name="Next">Where the next page starts; left out on the last one.</param>
public sealed record IdentityCasePage(IReadOnlyList<IdentityCase> Items, string? Next);

/// <summary>Who is who, for the reviewers of the state.</summary>
internal static class IdentityEndpoints
{
    private const int LongestReason = 500;

    public static void MapIdentity(this IEndpointRouteBuilder api)
    {
        var identity = api.MapGroup("/identity").WithTags("Identity");
        identity.MapPost("/lookup", LookUpAsync).WithSummary("The student locator: the students that a State ID or a name may mean, likeliest first; the search is logged");
        identity.MapGet("/queue", QueueAsync).WithSummary("Children whose rows wait until somebody decides who they are, of one district or of all");
        identity.MapGet("/queue/{district}/{year}/{localId}", CompareAsync).WithSummary("A child next to those it might be, with what each field adds").ProducesProblem(StatusCodes.Status404NotFound);
        identity.MapPost("/decisions", DecideAsync).WithSummary("Decide that a waiting child is a student the state knows, or a new one; it takes effect at once")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        identity.MapGet("/decisions/{district}/{localId}", ExplainAsync).WithSummary("The latest decision about a local id, by a person or by matching, with its weights").ProducesProblem(StatusCodes.Status404NotFound);
        identity.MapPost("/merges", MergeAsync).WithSummary("Merge two State IDs of one child: the retired one becomes an alias, and rows move to the survivor")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        identity.MapPost("/merges/{stateId}/undo", UndoAsync).WithSummary("Undo a merge: every row goes back to whose it was").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
        identity.MapGet("/cases", CasesAsync).WithSummary("State IDs that look like one child, or are on two children, as the nightly scan found them");
        identity.MapPost("/cases/{id}/different", DeclareDifferentAsync).WithSummary("Note that two State IDs that look like one child are two children; the case is never opened again")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        identity.MapPost("/cases/{id}/same", DeclareSameAsync).WithSummary("Note that one State ID that looks like two children is one child; the case is opened again when one of the two says something else")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static Caller Reviewer(HttpContext context)
    {
        var caller = context.Caller();
        caller.MustBe(Role.Reviewer);
        return caller;
    }

    private static string Reason(string reason) =>
        reason.Trim() is { Length: > 0 and <= LongestReason } given ? given : throw RequestException.Invalid($"Give a reason of at most {LongestReason} characters.");

    private static async Task<Ok<IReadOnlyList<LocatedStudent>>> LookUpAsync(LookupRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        Reviewer(context);
        IReadOnlyList<LocatedStudent> found;
        if (request.StateId is { } id) found = await platform.Locator.FindAsync(id, cancellation) is { } one ? [one] : [];
        else if (request.LastName?.Trim() is { Length: > 0 } last && request.FirstName?.Trim() is { Length: > 0 } first)
            found = await platform.Locator.FindAsync(new LocatorQuery(last, first, request.BirthDate, request.Gender, request.MiddleName), cancellation);
        else throw RequestException.Invalid("Give a State ID, or last and first name.");
        await context.LogExportAsync(platform, $"student locator: {request.StateId?.ToString() ?? $"{request.LastName}, {request.FirstName}, {request.BirthDate:yyyy-MM-dd}"}", cancellation);
        foreach (var student in found) await context.LogReadAsync(platform, student.StateId, "student locator", cancellation);
        return TypedResults.Ok(found);
    }

    private static async Task<Ok<QueuePage>> QueueAsync(DistrictId? district, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        Reviewer(context);
        var after = Decode(page.After);
        var listed = platform.NearMatches.ListAsync(district, cancellation).SkipWhile(item => after is not null && Utf8Order.Compare(KeyOf(item), after) <= 0);
        var (items, next) = await page.TakeAsync(listed, item => Encode(KeyOf(item)), cancellation);
        return TypedResults.Ok(new QueuePage([.. items.Select(item => new QueueItem(item.Edition.District, item.Edition.Year, item.Parked.LocalId, item.Parked.Reason, item.Parked.Candidates, item.Parked.Since))], next));
    }

    private static string KeyOf(QueuedStudent item) => $"{item.Edition.District}/{item.Edition.Year}/{item.Parked.LocalId}";

    private static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    private static string? Decode(string? cursor)
    {
        if (cursor is null) return null;
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        }
        catch (FormatException)
        {
            throw PageRequest.NoSuchCursor();
        }
    }

    private static async Task<Ok<ComparisonView>> CompareAsync(DistrictId district, SchoolYear year, PathPart localId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        Reviewer(context);
        var compared = await platform.NearMatches.CompareAsync(new EditionKey(district, year), localId, cancellation) ?? throw NoSuchStudent();
        foreach (var candidate in compared.Candidates) await context.LogReadAsync(platform, candidate.Person.StateId, "identity queue", cancellation);
        return TypedResults.Ok(new ComparisonView(district, year, localId, compared.Reason, View(compared.Child), [.. compared.Candidates.Select(item => new CandidateView(View(item.Person), item.Weighed))], compared.Model));
    }

    private static RequestException NoSuchStudent() => RequestException.NotFound("The district's edition has no student of that local id.");

    private static IdentityView View(Person person) =>
        new(person.StateId == default ? null : person.StateId, person.LastName, person.FirstName, person.MiddleName, person.Suffix, person.BirthDate, person.Gender);

    private static async Task<Ok<DecisionAnswer>> DecideAsync(DecisionRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = Reviewer(context);
        var (status, id) = await platform.NearMatches.DecideAsync(new EditionKey(request.District, request.Year), request.LocalId, request.StateId, Reason(request.Reason), caller.Id, cancellation);
        return status switch
        {
            DecideStatus.Decided => TypedResults.Ok(new DecisionAnswer(id!.Value, request.StateId is null)),
            DecideStatus.NoSuchStudent => throw NoSuchStudent(),
            DecideStatus.NoSuchStateId => throw RequestException.NotFound("There is no student with that State ID."),
            _ => throw RequestException.Conflict("The student waits for no decision; look at the queue again."),
        };
    }

    private static async Task<Ok<IdentityDecision>> ExplainAsync(DistrictId district, PathPart localId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        Reviewer(context);
        var decision = await platform.IdentityDecisions.FindAsync(district, localId, cancellation) ?? throw RequestException.NotFound("Nothing was decided about that local id: its State ID was stated, or given out for it.");
        await context.LogReadAsync(platform, decision.StateId, "identity decision", cancellation);
        return TypedResults.Ok(decision);
    }

    private static async Task<Ok<IdentityMerge>> MergeAsync(MergeRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = Reviewer(context);
        Check(await platform.IdentityMerges.MergeAsync(request.Retired, request.Survivor, Reason(request.Reason), caller.Id, cancellation));
        return TypedResults.Ok((await platform.IdentityMerges.FindAsync(request.Retired, cancellation))!);
    }

    private static async Task<NoContent> UndoAsync(StateId stateId, ReasonRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = Reviewer(context);
        Check(await platform.IdentityMerges.UndoAsync(stateId, Reason(request.Reason), caller.Id, cancellation));
        return TypedResults.NoContent();
    }

    private static void Check(MergeStatus status)
    {
        if (status == MergeStatus.NoSuchStateId) throw RequestException.NotFound("One of the two State IDs doesn't exist.");
        if (status != MergeStatus.Done) throw RequestException.Conflict(IdentityMerges.Sentence(status));
    }

    private static async Task<Ok<IdentityCasePage>> CasesAsync(IdentityCaseStatus? status, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        Reviewer(context);
        var (picked, next) = await page.PickAsync(platform.IdentityCases.ListAsync(page.After, cancellation), item => status is null || item.Status == status, item => item.Id, cancellation);
        return TypedResults.Ok(new IdentityCasePage(picked, next));
    }

    private static async Task<Ok<IdentityCase>> DeclareDifferentAsync(string id, ReasonRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = Reviewer(context);
        return Answered(await platform.IdentityCases.DeclareDifferentAsync(id, Reason(request.Reason), caller.Id, cancellation));
    }

    private static async Task<Ok<IdentityCase>> DeclareSameAsync(string id, ReasonRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = Reviewer(context);
        return Answered(await platform.IdentityCases.DeclareSameAsync(id, Reason(request.Reason), caller.Id, cancellation));
    }

    private static Ok<IdentityCase> Answered((IdentityCase? Case, string? Refusal) answered)
    {
        if (answered.Refusal is { } refusal) throw RequestException.Conflict(refusal);
        return TypedResults.Ok(answered.Case ?? throw RequestException.NotFound("There is no such case."));
    }
}
