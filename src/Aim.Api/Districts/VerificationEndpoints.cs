using System.Text;
using System.Text.Json;
using Aim.Api.Callers;
using Aim.Api.Description;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Aim.Api.Districts;

/// <summary>An edition against the state: the counts of all of it, and a page of the rows that differ.</summary>
/// <param name="Next">The cursor of the next page; null when there is none.</param>
public sealed record VerificationPage(VerificationSummary Summary, IReadOnlyList<RowDifference> Differences, string? Next);

/// <summary>The Verification Summary of a district's edition.</summary>
internal static class VerificationEndpoints
{
    public static void MapVerification(this IEndpointRouteBuilder api) =>
        api.MapGet("/districts/{district}/editions/{year}/verification", VerifyAsync).WithTags("Districts")
            .WithSummary("The edition against the state's copy of it: counts for each record type, and the rows that differ with their fields")
            .Produces<VerificationPage>().AlsoAsLines<RowDifference>();

    private static async Task<Results<Ok<VerificationPage>, PushStreamHttpResult>> VerifyAsync(
        DistrictId district, SchoolYear year, [AsParameters] PageRequest wanted, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustRead(district);
        var place = wanted.After is { } cursor ? await SealedCursor.OpenAsync(platform.Ports.Ledger, cursor, cancellation) ?? throw PageRequest.NoSuchCursor() : null;
        var after = place is null ? (DifferencePlace?)null : DifferencePlace.TryParse(place, out var known) ? known : throw PageRequest.NoSuchCursor();
        var form = MediaTypes.Choose(context.Request, MediaTypes.Json, MediaTypes.NdJson);
        await context.LogExportAsync(platform, $"differences between the edition of district {district} in {year} and the state", cancellation);
        var counts = new VerificationCounts();
        var differences = platform.Comparison.CompareAsync(new EditionKey(district, year), counts, cancellation).Where(difference => after is null || difference.Place > after).Select(difference => Visible(difference, caller));
        if (form == MediaTypes.NdJson) return TypedResults.Stream(output => WriteAsync(output, differences, context, cancellation), MediaTypes.NdJson);

        var (most, page, hasMore) = (wanted.Size, new List<RowDifference>(), false);
        await foreach (var difference in differences.WithCancellation(cancellation))
        {
            // Read to the end, for the counts are of everything.
            if (page.Count < most) page.Add(difference);
            else hasMore = true;
        }
        return TypedResults.Ok(new VerificationPage(counts.Summary(), page, hasMore ? await SealedCursor.SealAsync(platform.Ports.Ledger, page[^1].Place.ToString(), cancellation) : null));
    }

    /// <summary>In whose record a row is, or might be, is for the state to know: it may be another district's child.</summary>
    private static RowDifference Visible(RowDifference difference, Caller caller) => caller.SeesState ? difference : difference with { StateId = null };

    private static async Task WriteAsync(Stream output, IAsyncEnumerable<RowDifference> differences, HttpContext context, CancellationToken cancellation)
    {
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        await using var text = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
        await foreach (var difference in differences.WithCancellation(cancellation)) await text.WriteLineAsync(JsonSerializer.Serialize(difference, json).AsMemory(), cancellation);
    }
}
