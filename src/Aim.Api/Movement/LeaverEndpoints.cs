using System.Globalization;
using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Movement;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Movement;

/// <summary>A district's dropouts of a school year: counts of the whole list, and a page of its students by State ID.</summary>
/// <param name="AsOf">The day as of which it is computed.</param>
/// <param name="ComputedAt">When it was computed: what was corrected since is not in it. With <c>fresh=true</c> it is computed anew.</param>
/// <param name="ByGrade">Dropouts by their last grade.</param>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
public sealed record DropoutList(
    DistrictId District, SchoolYear Year, DateOnly AsOf, DateTimeOffset ComputedAt, int Count, IReadOnlyDictionary<string, int> ByGrade, IReadOnlyDictionary<DropoutReason, int> ByReason, IReadOnlyList<Dropout> Students, string? Next);

/// <summary>A district's four-year cohort: counts of all of it, and a page of its students by State ID.</summary>
/// <param name="AsOf">The day as of which it is computed.</param>
/// <param name="ComputedAt">When it was computed: what was corrected since is not in it. With <c>fresh=true</c> it is computed anew.</param>
/// <param name="Adjusted">Members without those who are removed: the denominator of the graduation rate.</param>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
public sealed record CohortList(
    DistrictId District, SchoolYear Cohort, DateOnly AsOf, DateTimeOffset ComputedAt, int Members, int Adjusted, int Graduated, IReadOnlyDictionary<CohortOutcome, int> ByOutcome, IReadOnlyList<CohortMember> Students, string? Next);

/// <summary>Notes written documentation of an exit: a transfer out, an emigration or a death.</summary>
/// <param name="Note">What it is and where it is kept.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DocumentationRequest(string Note);

internal static class LeaverEndpoints
{
    private const int LongestNote = 500;

    public static void MapLeavers(this IEndpointRouteBuilder api)
    {
        var districts = api.MapGroup("/districts/{district}").WithTags("Movement");
        districts.MapGet("/dropouts/{year}", DropoutsAsync).WithSummary("Who counts as a dropout of the school year unless the district shows otherwise, with counts by grade");
        districts.MapGet("/cohorts/{year}", CohortAsync).WithSummary("The district's four-year cohort that graduates in the year, with counts by outcome");
        districts.MapPut("/cohorts/{year}/documentation/{stateId}", DocumentAsync).WithSummary("Note that a member's exit out of the cohort is documented in writing; for that exit only")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        districts.MapGet("/cohorts/{year}/documentation/{stateId}", DocumentationAsync).WithSummary("What was noted of a member's exits; what was withdrawn too");
        districts.MapDelete("/cohorts/{year}/documentation/{stateId}", WithdrawAsync).WithSummary("Take the newest note of a member that stands back").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<DropoutList>> DropoutsAsync(
        DistrictId district, SchoolYear year, DateOnly? asOf, bool? fresh, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var day = asOf ?? await platform.Calendar.TodayAsync(cancellation);
        var (computedAt, dropouts) = await platform.Leavers.DropoutsAsync(district, year, day, fresh == true, cancellation);
        await context.LogExportAsync(platform, $"dropouts of district {district} in {year}", cancellation);
        var (listed, next) = await StudentsAsync(page, dropouts, item => item.Student, cancellation);
        return TypedResults.Ok(new DropoutList(district, year, day, computedAt, dropouts.Count,
            dropouts.GroupBy(item => item.Grade).OrderBy(grade => grade.Key, StringComparer.Ordinal).ToDictionary(grade => grade.Key, grade => grade.Count()),
            dropouts.GroupBy(item => item.Reason).OrderBy(reason => reason.Key).ToDictionary(reason => reason.Key, reason => reason.Count()),
            listed, next));
    }

    private static async Task<Ok<CohortList>> CohortAsync(
        DistrictId district, SchoolYear year, DateOnly? asOf, bool? fresh, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var day = asOf ?? await platform.Calendar.TodayAsync(cancellation);
        var (computedAt, members) = await platform.Leavers.CohortAsync(district, year, day, fresh == true, cancellation);
        await context.LogExportAsync(platform, string.Create(CultureInfo.InvariantCulture, $"cohort {year} of district {district}"), cancellation);
        var (listed, next) = await StudentsAsync(page, members, item => item.Student, cancellation);
        return TypedResults.Ok(new CohortList(district, year, day, computedAt, members.Count, members.Count(item => !item.IsRemoved), members.Count(item => item.Outcome == CohortOutcome.Graduated),
            members.GroupBy(item => item.Outcome).OrderBy(outcome => outcome.Key).ToDictionary(outcome => outcome.Key, outcome => outcome.Count()),
            listed, next));
    }

    private static async Task<NoContent> DocumentAsync(DistrictId district, SchoolYear year, StateId stateId, DocumentationRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend(district);
        if (request.Note.Trim() is not { Length: > 0 and <= LongestNote } note) throw RequestException.Invalid($"note has 1 to {LongestNote} characters: say what the documentation is and where it is kept.");
        var outcome = await platform.DocumentedExits.NoteAsync(district, year, stateId, note, context.Caller(), cancellation);
        if (outcome == DocumentOutcome.NoSuchMember) throw RequestException.NotFound("The district's cohort has no such student whose exit needs documentation.");
        if (outcome == DocumentOutcome.OtherStands) throw RequestException.Conflict("Another note on this exit stands. Read it; if it is mistaken, take it back (DELETE), then note this one: both stay on record.");
        return TypedResults.NoContent();
    }

    private static async Task<Ok<IReadOnlyList<ExitDocumentation>>> DocumentationAsync(DistrictId district, SchoolYear year, StateId stateId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var notes = await platform.DocumentedExits.ListAsync(district, year, stateId, cancellation);
        if (notes.Count > 0) await context.LogReadAsync(platform, stateId, $"documentation of exits noted by district {district}", cancellation);
        return TypedResults.Ok(notes);
    }

    private static async Task<NoContent> WithdrawAsync(DistrictId district, SchoolYear year, StateId stateId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend(district);
        if (!await platform.DocumentedExits.WithdrawAsync(district, year, stateId, context.Caller(), cancellation)) throw RequestException.NotFound("The district has noted nothing of that student that could be taken back.");
        return TypedResults.NoContent();
    }

    /// <summary>A page of a list that is in the order of State IDs.</summary>
    private static Task<(IReadOnlyList<T> Page, string? Next)> StudentsAsync<T>(PageRequest page, IReadOnlyList<T> list, Func<T, StateId> studentOf, CancellationToken cancellation)
    {
        var after = page.PlaceOf(cursor => StateId.TryParse(cursor, null, out var id) ? id : (StateId?)null);
        return page.TakeAsync(list.Where(item => after is not { } last || studentOf(item).Value > last.Value).ToAsyncEnumerable(), item => studentOf(item).ToString(), cancellation);
    }
}
