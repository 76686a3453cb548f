using System.Runtime.CompilerServices;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Api.Uploads;
using Aim.Editions;
using Aim.Entry;
using Aim.Ports;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Entry;

/// <summary>The records of a district's edition, to look at, and to take a load back; saves are in <see cref="SaveEndpoints"/>.</summary>
internal static class EntryEndpoints
{
    public static void MapEntry(this IEndpointRouteBuilder api)
    {
        var edition = api.MapGroup("/districts/{district}/editions/{year}").WithTags("Entry");
        edition.MapGet("/subjects", ListAsync).WithSummary("Students of the edition, or its courses, staff or sections, by local id");
        edition.MapGet("/subjects/{localId}", FindSubjectAsync).WithSummary("Every record that the edition has of a student").ProducesProblem(StatusCodes.Status404NotFound);
        edition.MapGet("/records/{type}/{localId}", (DistrictId district, SchoolYear year, string type, PathPart localId, HttpContext context, AimPlatform platform, CancellationToken cancellation) =>
            FindRecordAsync(new RecordPlace(district, year, type, localId, ""), context, platform, cancellation)).WithSummary("The record of a type that a student, course, member of staff or section has one of").ProducesProblem(StatusCodes.Status404NotFound);
        edition.MapGet("/records/{type}/{localId}/{recordKey}", (DistrictId district, SchoolYear year, string type, PathPart localId, PathPart recordKey, HttpContext context, AimPlatform platform, CancellationToken cancellation) =>
            FindRecordAsync(new RecordPlace(district, year, type, localId, recordKey), context, platform, cancellation)).WithSummary("One record of a student").ProducesProblem(StatusCodes.Status404NotFound);
        edition.MapSaves();
        edition.MapPost("/undo", UndoAsync).WithSummary("Take the newest load or save back").ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<SubjectList>> ListAsync(
        DistrictId district, SchoolYear year, string? recordType, [AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var prefix = UploadEndpoints.TypeOf(recordType ?? RecordTypes.Student.Code).LocalIdPrefix;
        var (subjects, next) = await page.TakeAsync(SubjectsAsync(platform.Ports.Editions, new EditionKey(district, year), prefix, page.After, cancellation), subject => subject.LocalId, cancellation);
        await context.LogExportAsync(platform, $"subjects of district {district} in {year}", cancellation);
        return TypedResults.Ok(new SubjectList(subjects, next));
    }

    /// <summary>In the order of local ids, after one; what else has numbers stands together, behind its prefix.</summary>
    private static async IAsyncEnumerable<EditionSubject> SubjectsAsync(IEditionStore editions, EditionKey edition, string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var start = prefix.Length == 0 ? after : prefix + after;
        await foreach (var subject in editions.ReadAsync(edition, new EditionSelection(AfterLocalId: start), cancellation))
        {
            var reserved = RecordTypes.ReservedPrefix(subject.LocalId) ?? "";
            if (reserved == prefix) yield return EditionSubject.Of(subject, prefix);
            else if (prefix.Length > 0) yield break;
        }
    }

    private static async Task<Ok<List<RecordView>>> FindSubjectAsync(DistrictId district, SchoolYear year, PathPart localId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var id = RecordPlace.SubjectOf(localId, year);
        var subject = await platform.Ports.Editions.ReadAsync(new EditionKey(district, year), new EditionSelection([id]), cancellation).FirstOrDefaultAsync(cancellation)
            ?? throw RequestException.NotFound("The edition has no record of that student.");
        await LogReadAsync(context, platform, district, year, id, cancellation);
        return TypedResults.Ok(subject.Rows.Select(row => RecordView.Of(row, id, RecordPlace.FormOf(row.Type, year))).ToList());
    }

    private static async Task<Ok<RecordView>> FindRecordAsync(RecordPlace place, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(place.District);
        var row = await platform.Entry.FindAsync(place.Edition, place.Type, place.LocalId, place.Key, cancellation)
            ?? throw RequestException.NotFound($"The edition has no such record. The records of a student, with their keys, are at {AimApi.Prefix}/districts/{place.District}/editions/{place.Edition.Year}/subjects/ and the local id.");
        var view = RecordView.Of(row, place.LocalId, place.Form);
        context.Response.Headers.ETag = view.Etag;
        if (place.Type.IsOfStudent) await LogReadAsync(context, platform, place.District, place.Edition.Year, place.LocalId, cancellation);
        return TypedResults.Ok(view);
    }

    /// <summary>Under the student's State ID where there is one, so that the student's page of the log is whole.</summary>
    private static async Task LogReadAsync(HttpContext context, AimPlatform platform, DistrictId district, SchoolYear year, string localId, CancellationToken cancellation)
    {
        if (!context.Caller().IsPerson) return;
        var what = $"records in the edition of district {district} of {year}";
        if ((await platform.Ports.Identities.FindLinksAsync(district, [localId], cancellation)).TryGetValue(localId, out var id)) await context.LogReadAsync(platform, id, what, cancellation);
        else await context.LogExportAsync(platform, what, cancellation);
    }

    private static async Task<Ok<UndoView>> UndoAsync(DistrictId district, SchoolYear year, UndoRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustSend(district);
        var undone = await platform.Entry.UndoAsync(new EditionKey(district, year), request.Version, caller.Id, cancellation)
            ?? throw RequestException.Conflict($"Version {request.Version} can't be taken back: only the newest load or save can, once. Ask for the edition to see its version; what came after is changed by a new load or save.");
        return TypedResults.Ok(new UndoView(undone.Version, undone.IsSynced));
    }
}

/// <summary>A record as an address names it.</summary>
internal sealed class RecordPlace
{
    public RecordPlace(DistrictId district, SchoolYear year, string type, string localId, string key)
    {
        Edition = new EditionKey(district, year);
        Type = UploadEndpoints.TypeOf(type);
        Form = FormOf(Type, year);
        (SentLocalId, Key) = (localId, key);
        LocalId = Form.LocalIdOf(SentLocalId);
    }

    public EditionKey Edition { get; }
    public DistrictId District => Edition.District;
    public RecordType Type { get; }
    public RecordForm Form { get; }

    /// <summary>In its stored form, by which the record is found and answered.</summary>
    public string LocalId { get; }

    /// <summary>As the address has it: what had to be left out of it is told with a save.</summary>
    public string SentLocalId { get; }
    public string Key { get; }

    /// <summary>The stored form of the local id in an address, behind the prefix of what else than students has numbers.</summary>
    public static string SubjectOf(string id, SchoolYear year)
    {
        var prefix = RecordTypes.ReservedPrefix(id) ?? "";
        return prefix + FormOf(RecordTypes.All.First(type => type.LocalIdPrefix == prefix), year).LocalIdOf(id[prefix.Length..]);
    }

    public static RecordForm FormOf(RecordType type, SchoolYear year) => RecordForm.Find(type, year) ?? throw RequestException.NotFound($"Records of type {type} are not taken in {year.Span}.");
}
