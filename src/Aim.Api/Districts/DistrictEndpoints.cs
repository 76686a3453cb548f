using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Editions;
using Aim.Organizations;
using Aim.Records;
using Aim.StateSync;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Districts;

/// <summary>A district with its schools in a year.</summary>
public sealed record DistrictView(DistrictId Number, string Name, IReadOnlyList<SchoolView> Schools);

/// <summary>A school and the grades it offers.</summary>
public sealed record SchoolView(string Number, string Name, IReadOnlyList<string> Grades);

/// <summary>How far a district's edition is.</summary>
public sealed record EditionView(DistrictId District, SchoolYear Year, long Version, long Rows, string Digest, long SyncedVersion, bool IsSynced, int Parked);

internal static class DistrictEndpoints
{
    public static void MapDistricts(this IEndpointRouteBuilder api)
    {
        var districts = api.MapGroup("/districts").WithTags("Districts");
        districts.MapGet("/", ListAsync).WithSummary("Districts of a school year that the caller may see").ProducesProblem(StatusCodes.Status404NotFound);
        districts.MapGet("/{district}", FindAsync).WithSummary("A district and its schools").ProducesProblem(StatusCodes.Status404NotFound);
        districts.MapGet("/{district}/editions/{year}", EditionAsync).WithSummary("The district's edition: version, rows, and whether the state has it");
        districts.MapGet("/{district}/editions/{year}/parked", ParkedAsync).WithSummary("Students whose rows wait for a decision, and why");
    }

    private static async Task<Ok<List<DistrictView>>> ListAsync(SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        var reference = await ReferenceAsync(year, platform, cancellation);
        return TypedResults.Ok(reference.Districts.Where(district => caller.MayRead(district.Number)).OrderBy(district => district.Number.Value, StringComparer.Ordinal).Select(district => View(district, reference)).ToList());
    }

    private static async Task<Ok<DistrictView>> FindAsync(DistrictId district, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var reference = await ReferenceAsync(year, platform, cancellation);
        return TypedResults.Ok(View(reference.FindDistrict(district) ?? throw RequestException.NotFound($"There is no district {district} in {year.Span}."), reference));
    }

    private static async Task<Ok<EditionView>> EditionAsync(DistrictId district, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var head = await platform.Ports.Editions.GetHeadAsync(new EditionKey(district, year), cancellation);
        return TypedResults.Ok(new EditionView(district, year, head.Version, head.RowCount, head.Digest.ToString(), head.SyncedVersion, head.IsSynced, head.Parked));
    }

    private static async Task<Ok<List<ParkedStudent>>> ParkedAsync(DistrictId district, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustRead(district);
        var parked = (await platform.Parked.ListAsync(new EditionKey(district, year), cancellation)).Values.OrderBy(student => student.LocalId, Utf8Order.Comparer);
        // Whom a row might be about is for the state to know: a candidate may be another district's child.
        await context.LogExportAsync(platform, $"students of district {district} who wait for a decision in {year}", cancellation);
        return TypedResults.Ok(parked.Select(student => caller.SeesState ? student : student with { Candidates = [] }).ToList());
    }

    private static async Task<ReferenceData> ReferenceAsync(SchoolYear year, AimPlatform platform, CancellationToken cancellation) =>
        (await platform.References.FindAsync(year, cancellation))?.Data ?? throw RequestException.NotFound($"There is no reference data for {year.Span}.");

    private static DistrictView View(District district, ReferenceData reference) => new(district.Number, district.Name,
        [.. reference.SchoolsOf(district.Number).OrderBy(school => school.Number, StringComparer.Ordinal).Select(school => new SchoolView(school.Number, school.Name, school.Grades))]);
}
