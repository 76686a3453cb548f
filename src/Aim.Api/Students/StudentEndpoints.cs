using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Students;

/// <summary>A student's record in a year, as the caller may see it.</summary>
/// <param name="Districts">What counts: where the state holds a field, the state's value.</param>
/// <param name="Edits">The fields that the state holds, with the value of both sides.</param>
/// <param name="MergedInto">The State ID that this one leads to; its record has the rows. Null while this one is in use.</param>
public sealed record StudentView(
    StateId StateId, SchoolYear Year, long Version, DateTimeOffset Stamp, string Actor, string Reason, IReadOnlyList<ContributionView> Districts, IReadOnlyList<EditView> Edits, StateId? MergedInto = null);

/// <summary>What one district says.</summary>
public sealed record ContributionView(DistrictId District, string LocalId, long EditionVersion, IReadOnlyList<SectionView> Records);

/// <summary>One record, with the upload and line it came from.</summary>
public sealed record SectionView(string RecordType, string Name, string UploadId, int Line, JsonObject Fields)
{
    public static SectionView Of(Section section)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            section.Type.WriteJson(json, section.Content.Span);
            json.WriteEndObject();
        }
        return new SectionView(section.Type.Code, section.Type.Name, section.Upload.ToString(), section.Line, JsonNode.Parse(stream.ToArray())!.AsObject());
    }
}

internal static class StudentEndpoints
{
    public static void MapStudents(this IEndpointRouteBuilder api)
    {
        var students = api.MapGroup("/students").WithTags("Students");
        students.MapGet("/{stateId}", FindAsync).WithSummary("A student's records of every year, newest first").ProducesProblem(StatusCodes.Status404NotFound);
        students.MapGet("/{stateId}/{year}", FindYearAsync).WithSummary("A student's record of one year; its ETag changes with every version")
            .Produces<StudentView>().Produces(StatusCodes.Status304NotModified).ProducesProblem(StatusCodes.Status404NotFound);
        students.MapGet("/{stateId}/{year}/history", HistoryAsync).WithSummary("Every version of a student's record in a year, newest first").ProducesProblem(StatusCodes.Status404NotFound);
        students.MapGet("/{stateId}/disclosures", DisclosuresAsync).WithSummary("Who has read the student's record (34 CFR 99.32)").ProducesProblem(StatusCodes.Status404NotFound);
        students.MapEdits();
    }

    private static async Task<Ok<List<StudentView>>> FindAsync(StateId stateId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var views = await VisibleAsync(stateId, await platform.Ports.State.FindYearsAsync(stateId, cancellation), context, platform, cancellation);
        await context.LogReadAsync(platform, stateId, "record", cancellation);
        return TypedResults.Ok(views);
    }

    private static async Task<Results<Ok<StudentView>, StatusCodeHttpResult>> FindYearAsync(
        StateId stateId, SchoolYear year, [FromHeader(Name = "If-None-Match")] string? known, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var records = await platform.Ports.State.FindAsync([stateId], year, cancellation);
        var view = (await VisibleAsync(stateId, records.Values, context, platform, cancellation))[0];
        var etag = $"\"{view.Version}\"";
        context.Response.Headers.ETag = etag;
        if (known == etag) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        await context.LogReadAsync(platform, stateId, $"record of {year}", cancellation);
        return TypedResults.Ok(view);
    }

    private static async Task<Ok<List<StudentView>>> HistoryAsync(StateId stateId, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var views = await VisibleAsync(stateId, await platform.Ports.State.HistoryAsync(stateId, year, cancellation), context, platform, cancellation);
        await context.LogReadAsync(platform, stateId, $"history of {year}", cancellation);
        return TypedResults.Ok(views);
    }

    private static async Task<Ok<IReadOnlyList<Disclosure>>> DisclosuresAsync(StateId stateId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        await VisibleAsync(stateId, await platform.Ports.State.FindYearsAsync(stateId, cancellation), context, platform, cancellation);
        return TypedResults.Ok(await platform.Disclosures.OfStudentAsync(stateId, cancellation));
    }

    /// <summary>
    /// The parts of records the caller may see: a district its own. A student of whom nothing may be seen is as if there were none, so that
    /// State IDs can't be tried out. Of a retired State ID it is said where it leads, to whoever may see that student.
    /// </summary>
    private static async Task<List<StudentView>> VisibleAsync(StateId stateId, IEnumerable<StudentRecord> records, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        var views = records.Select(record => View(record, caller)).Where(view => view.Districts.Count > 0 || caller.SeesState).ToList();
        if (views.Exists(view => view.Districts.Count > 0)) return views;
        // Only now: rows are never left under a retired one.
        var survivor = (await platform.Ports.Identities.FindWithSurvivorsAsync([stateId], cancellation)).SurvivorOf(stateId);
        if (survivor == stateId) return views.Count > 0 ? views : throw NoSuchStudent();
        if (views.Count > 0) return [.. views.Select(view => view with { MergedInto = survivor })];
        var maySee = caller.SeesState || (await platform.Ports.State.FindYearsAsync(survivor, cancellation)).Any(record => record.Districts.Any(caller.MayRead));
        throw maySee ? RequestException.NotFound($"The State ID {stateId} was merged into {survivor}: ask for that one.") : NoSuchStudent();
    }

    private static RequestException NoSuchStudent() => RequestException.NotFound("There is no such student, or not one you may see.");

    private static StudentView View(StudentRecord record, Caller caller) => new(record.StateId, record.Year, record.Version, record.Stamp, record.Cause.Actor, record.Cause.Reason,
    [
        .. record.Effective.Where(contribution => caller.MayRead(contribution.District)).Select(contribution =>
            new ContributionView(contribution.District, contribution.LocalId, contribution.EditionVersion, [.. contribution.Sections.Select(SectionView.Of)])),
    ], [.. EditEndpoints.Visible(record, caller)]);
}
