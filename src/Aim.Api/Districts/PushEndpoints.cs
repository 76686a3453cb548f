using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Api.Uploads;
using Aim.Editions;
using Aim.Records;
using Aim.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Districts;

/// <summary>Asks for a place for a file of changes.</summary>
/// <param name="RecordType">Code of the record type, such as EN.</param>
public sealed record PushPlaceRequest(string RecordType);

/// <summary>Where to put the file, and what the message about it has to name as its path.</summary>
public sealed record PushPlace(string Path, Uri Url, DateTimeOffset Expires);

/// <summary>Changes that a district's own system pushes: where to put them, how far they have been applied, and how a stop is ended.</summary>
internal static class PushEndpoints
{
    public static void MapPushes(this IEndpointRouteBuilder api)
    {
        var pushes = api.MapGroup("/districts/{district}/editions/{year}/pushes").WithTags("Districts");
        pushes.MapPost("/", RequestAsync).WithSummary("Ask for a URL to put a file of pushed changes to");
        pushes.MapGet("/", FindAsync).WithSummary("How far pushed changes have been applied, and why they stopped");
        pushes.MapPost("/skip", SkipAsync).WithSummary("Leave out the number that pushed changes stopped at, and go on with the next").ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<PushPlace>> RequestAsync(DistrictId district, SchoolYear year, PushPlaceRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend(district);
        var type = UploadEndpoints.TypeOf(request.RecordType);
        var (path, url, expires) = await platform.Pushed.RequestAsync(platform.Ports.Blobs, new EditionKey(district, year), type, cancellation);
        return TypedResults.Ok(new PushPlace(path, url, expires));
    }

    private static async Task<Ok<PushPosition>> FindAsync(DistrictId district, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        return TypedResults.Ok(await platform.Pushed.FindPositionAsync(new EditionKey(district, year), cancellation));
    }

    private static async Task<Ok<PushPosition>> SkipAsync(DistrictId district, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustSend(district);
        var edition = new EditionKey(district, year);
        if (!await platform.Pushed.SkipAsync(edition, caller.Id, cancellation)) throw RequestException.Conflict("The pushed changes of this district and year have not stopped.");
        return TypedResults.Ok(await platform.Pushed.DrainAsync(edition, cancellation));
    }
}
