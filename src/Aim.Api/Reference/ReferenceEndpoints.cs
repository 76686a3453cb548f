using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Reference;

/// <summary>What was published.</summary>
/// <param name="Version">Of the content: the same files have the same version.</param>
/// <param name="Identities">State IDs given out in earlier years that were read.</param>
public sealed record ReferenceView(SchoolYear Year, string Version, int Districts, int Schools, int Calendars, int Identities);

internal static class ReferenceEndpoints
{
    private const int ProblemsTold = 20;

    public static void MapReference(this IEndpointRouteBuilder api) => api.MapPut("/reference/{year}", PublishAsync).WithTags("Reference").DisableAntiforgery()
        .Accepts<IFormFileCollection>("multipart/form-data").WithSummary("Publish a year's agency, districts, schools, calendars and State IDs, thresholds, stages of rules, days of collections, funding counts, schools without incidents and certifications: the CSV files of a reference folder");

    private static async Task<Ok<ReferenceView>> PublishAsync(SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustBe(Role.Operator);
        var form = await context.Request.ReadFormAsync(cancellation);
        var folder = Directory.CreateTempSubdirectory("aim-reference-");
        try
        {
            foreach (var file in form.Files)
            {
                // By the list and not by what was sent: a name may be a path.
                var name = ReferenceFiles.Names.FirstOrDefault(known => known.Equals(file.FileName, StringComparison.OrdinalIgnoreCase))
                    ?? throw RequestException.Invalid($"A file of another name was sent; the files are {string.Join(", ", ReferenceFiles.Names)}.");
                await using var target = File.Create(Path.Combine(folder.FullName, name));
                await file.CopyToAsync(target, cancellation);
            }
            return TypedResults.Ok(await PublishFilesAsync(year, new ReferenceFiles(folder.FullName), context.Caller().Id, platform, cancellation));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<ReferenceView> PublishFilesAsync(SchoolYear year, ReferenceFiles files, string by, AimPlatform platform, CancellationToken cancellation)
    {
        var data = files.Read();
        var people = data is null ? [] : files.ReadIdentities();
        var notes = data is null ? NotesOfYear.None : files.ReadNotes(data);
        if (data is null || files.Problems.Count > 0) throw RequestException.Invalid(string.Join(" ", files.Problems.Take(ProblemsTold)));
        if (data.Year != year) throw RequestException.Invalid($"The files are of the school year ending {data.Year}, and the address says {year}.");
        if (await MergeCircles.OfListAsync(platform.Ports.Identities, people, cancellation) is { Count: > 0 } circles) throw RequestException.Invalid(string.Join(" ", circles.Take(ProblemsTold)));
        // State IDs first: an upload that is checked against the new schools must find its students.
        await platform.Ports.Identities.AddAllAsync(people, cancellation);
        var version = await platform.References.PublishAsync(data, cancellation);
        await platform.Notes.PutAsync(year, notes, by, cancellation);
        return new ReferenceView(year, version, data.Districts.Count, data.Schools.Count, data.Calendars.Count, people.Count);
    }
}
