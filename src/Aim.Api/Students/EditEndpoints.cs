using System.Globalization;
using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Api.Uploads;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.State;
using Aim.StateSync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Students;

/// <summary>Asks for a field to be held.</summary>
/// <param name="Key">Of the record under the local id; left out where there can be one only.</param>
/// <param name="Field">In camel case, as in the record.</param>
/// <param name="Value">As text; null holds the field empty.</param>
/// <param name="Reason">Why the state decides it; the district reads it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record HoldRequest(DistrictId District, string LocalId, string RecordType, string Field, string? Value, string Reason, string? Key = null);

/// <summary>A field that the state holds, with the value of both sides.</summary>
/// <param name="DistrictValue">What the district says; null when it says nothing, or has no such record.</param>
/// <param name="Standing">Held, NoLongerNeeded (the district says the same by now) or WithoutEffect (there is no such record).</param>
/// <param name="Findings">What is wrong with the record as it is held; left out where only the student's record is shown.</param>
public sealed record EditView(
    string Id, DistrictId District, string LocalId, string RecordType, string Key, string Field, string? Value, string? DistrictValue, EditStanding Standing, string By, string Reason, DateTimeOffset At,
    IReadOnlyList<Finding>? Findings = null)
{
    internal static EditView Of(StudentRecord record, StateEdit edit, IReadOnlyList<Finding>? findings = null)
    {
        var kind = edit.Type.Fields[edit.Type.FieldIndex(edit.Field)].Kind;
        return new EditView(edit.Id, edit.District, edit.LocalId, edit.Type.Code, edit.Key, Records.RecordType.JsonName(edit.Field), CanonicalReader.Display(kind, edit.Value.Span),
            record.StatedValue(edit) is { } stated ? CanonicalReader.Display(kind, stated.Span) : null, record.StandingOf(edit), edit.By, edit.Reason, edit.At, findings);
    }
}

/// <summary>Fields of a student's record that the state holds against what districts send.</summary>
internal static class EditEndpoints
{
    public static void MapEdits(this RouteGroupBuilder students)
    {
        students.MapGet("/{stateId}/{year}/edits", ListAsync).WithSummary("The fields that the state holds, with the value of both sides").ProducesProblem(StatusCodes.Status404NotFound);
        Describe(students.MapPut("/{stateId}/{year}/edits", HoldAsync).WithSummary("Hold a field of the record, whatever the district sends"));
        Describe(students.MapDelete("/{stateId}/{year}/edits/{editId}", ReleaseAsync).WithSummary("Let a held field go: what the district says counts again"));
    }

    private static void Describe(RouteHandlerBuilder route)
    {
        foreach (var status in new[] { StatusCodes.Status404NotFound, StatusCodes.Status412PreconditionFailed, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status428PreconditionRequired }) route.ProducesProblem(status);
    }

    private static async Task<Ok<List<EditView>>> ListAsync(StateId stateId, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        var record = (await platform.Ports.State.FindAsync([stateId], year, cancellation)).GetValueOrDefault(stateId);
        if (record is null || !caller.SeesState && !record.Districts.Any(caller.MayRead)) throw RequestException.NotFound("There is no such student, or not one you may see.");
        await context.LogReadAsync(platform, stateId, $"held fields of {year}", cancellation);
        var views = new List<EditView>();
        foreach (var edit in Held(record, caller)) views.Add(EditView.Of(record, edit, await platform.StateEditing.FindingsAsync(record, edit, cancellation)));
        return TypedResults.Ok(views);
    }

    /// <summary>A district sees what is held of its own records.</summary>
    internal static IEnumerable<EditView> Visible(StudentRecord record, Caller caller) => Held(record, caller).Select(edit => EditView.Of(record, edit));

    private static IEnumerable<StateEdit> Held(StudentRecord record, Caller caller) => record.Edits.Where(edit => caller.MayRead(edit.District));

    private static async Task<Ok<EditView>> HoldAsync(
        StateId stateId, SchoolYear year, HoldRequest request, [FromHeader(Name = "If-Match")] string? ifMatch, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustBe(Role.Reviewer);
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > FieldToHold.LongestReason) throw RequestException.Invalid($"Give the reason, in at most {FieldToHold.LongestReason} characters: the district reads it.");
        var hold = new FieldToHold(request.District, request.LocalId, UploadEndpoints.TypeOf(request.RecordType), request.Key ?? "", request.Field, request.Value, request.Reason);
        var outcome = await platform.StateEditing.HoldAsync(stateId, year, VersionsOf(ifMatch), hold, caller.Id, cancellation);
        if (outcome.Status == EditStatus.Refused) throw NotHeld("The record can't be as it would be with that value: see the findings.", outcome.Findings);
        if (outcome.Status == EditStatus.InKey) throw NotHeld("The field is part of the record's key, and with another value it would be another record: ask the district to correct the record itself.");
        return Answer(outcome, context);
    }

    private static RequestException NotHeld(string sentence, IReadOnlyList<Finding>? findings = null) => new(StatusCodes.Status422UnprocessableEntity, "Not held", sentence) { Findings = findings };

    private static async Task<Ok<EditView>> ReleaseAsync(
        StateId stateId, SchoolYear year, string editId, [FromHeader(Name = "If-Match")] string? ifMatch, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustBe(Role.Reviewer);
        return Answer(await platform.StateEditing.ReleaseAsync(stateId, year, VersionsOf(ifMatch), editId, caller.Id, cancellation), context);
    }

    private static Ok<EditView> Answer(EditOutcome outcome, HttpContext context)
    {
        if (outcome.Status == EditStatus.NotThere) throw RequestException.NotFound("The student has no such record, field or edit in that year.");
        if (outcome.Status == EditStatus.Stale) throw RequestException.Stale("The student's record has changed since you read it. Read it again, and decide anew.");
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{outcome.Record!.Version}\"");
        return TypedResults.Ok(EditView.Of(outcome.Record, outcome.Edit!, outcome.Findings));
    }

    /// <summary>The versions of the student's record that will do for the caller; null for any.</summary>
    private static IReadOnlyList<long>? VersionsOf(string? ifMatch)
    {
        if (EntityTags.Read(ifMatch) is not { } known) throw new RequestException(StatusCodes.Status428PreconditionRequired, "Say which version", "Send the ETag of the student's record as If-Match.");
        if (known.Contains(EntityTags.Any)) return null;
        return [.. known.Where(tag => long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Select(tag => long.Parse(tag, NumberStyles.None, CultureInfo.InvariantCulture))];
    }
}
