using System.Text.Json;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Api.Uploads;
using Aim.Entry;
using Aim.Records;
using Aim.StateSync;
using Aim.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Entry;

/// <summary>What a save's headers say.</summary>
internal sealed record SaveHeaders
{
    [FromHeader(Name = "If-Match")]
    public string? IfMatch { get; init; }

    [FromHeader(Name = "If-None-Match")]
    public string? IfNoneMatch { get; init; }

    [FromHeader(Name = "Idempotency-Key")]
    public string? IdempotencyKey { get; init; }
}

/// <summary>Creating, changing and deleting one record by hand.</summary>
internal static class SaveEndpoints
{
    public static void MapSaves(this RouteGroupBuilder edition)
    {
        edition.MapPut("/records/{type}/{localId}", (DistrictId district, SchoolYear year, string type, PathPart localId, JsonElement record, [AsParameters] SaveHeaders headers, HttpContext context, AimPlatform platform, CancellationToken cancellation) =>
            PutAsync(new RecordPlace(district, year, type, localId, ""), null, record, headers, context, platform, cancellation)).WithSummary("Create or change a record; its fields say which").Describe();
        edition.MapPut("/records/{type}/{localId}/{recordKey}", (DistrictId district, SchoolYear year, string type, PathPart localId, PathPart recordKey, JsonElement record, [AsParameters] SaveHeaders headers, HttpContext context, AimPlatform platform, CancellationToken cancellation) =>
            PutAsync(new RecordPlace(district, year, type, localId, recordKey), recordKey, record, headers, context, platform, cancellation)).WithSummary("Create or change the record of that key; where its fields make another key, it takes that one").Describe();
        edition.MapDelete("/records/{type}/{localId}", (DistrictId district, SchoolYear year, string type, PathPart localId, [AsParameters] SaveHeaders headers, HttpContext context, AimPlatform platform, CancellationToken cancellation) =>
            DeleteAsync(new RecordPlace(district, year, type, localId, ""), headers, context, platform, cancellation)).WithSummary("Delete the record of a type that there is one of").Describe();
        edition.MapDelete("/records/{type}/{localId}/{recordKey}", (DistrictId district, SchoolYear year, string type, PathPart localId, PathPart recordKey, [AsParameters] SaveHeaders headers, HttpContext context, AimPlatform platform, CancellationToken cancellation) =>
            DeleteAsync(new RecordPlace(district, year, type, localId, recordKey), headers, context, platform, cancellation)).WithSummary("Delete the record of that key").Describe();
    }

    private static void Describe(this RouteHandlerBuilder route)
    {
        foreach (var status in new[] { StatusCodes.Status404NotFound, StatusCodes.Status409Conflict, StatusCodes.Status412PreconditionFailed, StatusCodes.Status422UnprocessableEntity, StatusCodes.Status428PreconditionRequired }) route.ProducesProblem(status);
    }

    private static async Task<Results<Ok<SaveView>, Created<SaveView>>> PutAsync(
        RecordPlace place, string? key, JsonElement record, SaveHeaders headers, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend(place.District);
        var change = new RecordChange(ChangeOperation.Upsert, place.Type.Code, place.SentLocalId, key, record);
        var answer = await SaveAsync(place, change, headers, context, platform, cancellation);
        return answer.Status == StatusCodes.Status201Created ? TypedResults.Created(answer.Location, answer.View) : TypedResults.Ok(answer.View);
    }

    private static async Task<Ok<SaveView>> DeleteAsync(RecordPlace place, SaveHeaders headers, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend(place.District);
        return TypedResults.Ok((await SaveAsync(place, new RecordChange(ChangeOperation.Delete, place.Type.Code, place.SentLocalId, place.Key), headers, context, platform, cancellation)).View);
    }

    private static async Task<SaveAnswer> SaveAsync(RecordPlace place, RecordChange change, SaveHeaders headers, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var (caller, ledger) = (context.Caller(), platform.Ports.Ledger);
        if (change.Problem(place.Edition.Year) is { } problem) throw RequestException.Invalid(problem);
        if (await platform.Entry.RefusalAsync(place.Edition, cancellation) is { } refusal) throw RequestException.Conflict(refusal);
        var fresh = UploadLog.NewKey(platform.Ports.Clock.GetUtcNow());
        var key = headers.IdempotencyKey is { } idempotencyKey
            ? await Idempotent.KeyAsync(ledger, caller, idempotencyKey, new { place.District, Year = place.Edition.Year.EndYear, change, headers.IfMatch, headers.IfNoneMatch }, fresh, cancellation) : fresh;
        var answer = key == fresh ? null : await Idempotent.FindAnswerAsync<SaveAnswer>(ledger, caller, headers.IdempotencyKey!, cancellation);
        if (answer is null)
        {
            var outcome = await platform.Entry.SaveAsync(place.Edition, change, ConditionOf(headers), key, caller.Id, isRepeat: key != fresh, cancellation);
            answer = AnswerOf(place, outcome, await WaitingAsync(place, outcome, platform));
            if (headers.IdempotencyKey is { } noted) await Idempotent.NoteAnswerAsync(ledger, caller, noted, answer, CancellationToken.None);
        }
        if (answer.View.Etag is { } etag) context.Response.Headers.ETag = etag;
        return answer;
    }

    private static SaveCondition ConditionOf(SaveHeaders headers)
    {
        if (headers.IfNoneMatch is not (null or "*")) throw RequestException.Invalid("If-None-Match is * or not there: it says that the record must be new.");
        return new SaveCondition(EntityTags.Read(headers.IfMatch), OnlyNew: headers.IfNoneMatch is not null);
    }

    /// <summary>Why the state record hasn't got the save, which was made: nobody's leaving keeps it from being answered.</summary>
    private static async Task<WaitReason?> WaitingAsync(RecordPlace place, SaveOutcome outcome, AimPlatform platform)
    {
        if (!outcome.IsSynced) return WaitReason.NotSynced;
        var waiting = await platform.StateWaits.FindAsync(place.Edition, [place.Type.LocalIdPrefix + place.LocalId], CancellationToken.None);
        // What is deleted needs no demographics to be gone.
        return outcome.Status == SaveStatus.Deleted && waiting == WaitReason.NoDemographics ? null : waiting;
    }

    private static SaveAnswer AnswerOf(RecordPlace place, SaveOutcome outcome, WaitReason? waiting)
    {
        switch (outcome.Status)
        {
            case SaveStatus.Refused:
                throw new RequestException(StatusCodes.Status422UnprocessableEntity, "Not saved", "The record was not saved: correct what the fatal findings say.") { Findings = outcome.Findings };
            case SaveStatus.NotThere:
                throw RequestException.NotFound("There is no such record; nothing was deleted.");
            case SaveStatus.Stale:
                throw RequestException.Stale("The record is not as you knew it: somebody else changed, created or deleted it. Read it again, and decide anew.");
            case SaveStatus.KeyTaken:
                throw RequestException.Conflict("The student has a record under the key that this one would have already. Nothing was saved: change that record, and delete this one.");
            case SaveStatus.Unconditional:
                throw new RequestException(StatusCodes.Status428PreconditionRequired, "Say which version", "There is such a record. To change or delete it, send the ETag you know it by as If-Match.");
        }
        var sentence = outcome.Status switch
        {
            SaveStatus.Unchanged => "The record was like this already.",
            SaveStatus.Deleted => "The record was deleted.",
            _ => outcome.Findings.Count == 0 ? "The record was saved." : "The record was saved; there are findings to look at.",
        };
        var view = new SaveView(place.Type.Code, place.LocalId, outcome.Key ?? "", outcome.Tag is { } tag ? $"\"{tag}\"" : null, outcome.Version, waiting is null,
            waiting is { } reason ? $"{sentence} {StateWaits.Sentence("It", reason)}" : sentence, outcome.Findings, waiting);
        return new SaveAnswer(outcome.Status == SaveStatus.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK, AddressOf(place, view.Key), view);
    }

    private static string AddressOf(RecordPlace place, string key) =>
        $"{AimApi.Prefix}/districts/{place.District}/editions/{place.Edition.Year}/records/{place.Type.Code}/{Uri.EscapeDataString(place.LocalId)}{(key.Length == 0 ? "" : $"/{Uri.EscapeDataString(key)}")}";
}
