using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Description;
using Aim.Api.Problems;
using Aim.Editions;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Rules;

/// <summary>A rule of the catalogue as it stands, in a school year or where the state has set nothing.</summary>
/// <param name="EffectiveSeverity">What its findings are at its stage.</param>
/// <param name="Records">Codes of the record types it is about; empty means every type.</param>
public sealed record RuleView(string Id, Severity Severity, RuleStage Stage, Severity EffectiveSeverity, RuleScope Scope, int? FirstYear, int? LastYear, string Title, string Message, string HowToFix, string? Basis, IReadOnlyList<string> Records);

/// <summary>How often each rule of the catalogue was broken: in a year's editions when they were last counted, in their newest uploads, and as cases that are open now.</summary>
/// <param name="CountedFrom">When the edition was counted that was so longest ago; null while none was.</param>
/// <param name="CountedTo">When the newest count was made.</param>
public sealed record HitsView(SchoolYear Year, string RulesVersion, DateTimeOffset? CountedFrom, DateTimeOffset? CountedTo, long Editions, long Students, long Rows, IReadOnlyList<RuleHits> Rules);

/// <summary>How many students the funding system counts.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FundingCount(int Students);

/// <summary>The rule catalogue, validation of what is stored, and what is noted about an edition for its rules.</summary>
internal static class RuleEndpoints
{
    public static void MapRules(this IEndpointRouteBuilder api)
    {
        var rules = api.MapGroup("/rules").WithTags("Rules");
        rules.MapGet("/", ListAsync).WithSummary("The rule catalogue, with each rule's severity, years and stage; for a school year, the stages that the state has set for it");
        rules.MapGet("/hits", HitsAsync).WithSummary("How often each rule is broken: by what is stored of a year, as the nights counted it, with the districts and schools most hit; in the newest uploads; and as open cases");
        var edition = api.MapGroup("/districts/{district}/editions/{year}").WithTags("Rules");
        edition.MapGet("/validation", ValidateAsync).WithSummary("Judge the district's stored rows, or one school's, by every rule in force").Produces<ValidationReport>().AlsoAsLines<Finding>();
        edition.MapPut("/schools/{school}/zero-incidents", ConfirmZeroAsync).WithSummary("Confirm that a school had no behavior incident this year").ProducesProblem(StatusCodes.Status404NotFound);
        edition.MapPut("/funding-counts/{collection}", PutFundingAsync).WithSummary("Note how many students the funding system counts, to hold the count against it").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<List<RuleView>>> ListAsync(SchoolYear? year, AimPlatform platform, CancellationToken cancellation)
    {
        var reference = year is { } wanted ? (await platform.References.FindAsync(wanted, cancellation))?.Data : null;
        return TypedResults.Ok(RuleCatalog.All.Select(rule => rule.In(reference)).Select(rule => new RuleView(rule.Id, rule.Severity, rule.Stage, rule.EffectiveSeverity, rule.Scope, rule.FirstYear, rule.LastYear,
            rule.Title, rule.Message, rule.HowToFix, rule.Basis, [.. rule.Records.Select(type => type.Code)])).ToList());
    }

    private static async Task<Ok<HitsView>> HitsAsync(SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustBe(Role.Reviewer, Role.Reporter, Role.Operator);
        var stored = await platform.RuleHits.ReadAsync(year, cancellation);
        var rules = await platform.RuleHitRates.OfAsync(stored, cancellation);
        return TypedResults.Ok(new HitsView(year, RuleCatalog.Version, stored.CountedFrom, stored.CountedTo, stored.Tally.Editions, stored.Tally.Students, stored.Tally.Rows, rules));
    }

    private static async Task<Results<Ok<ValidationReport>, PushStreamHttpResult>> ValidateAsync(
        DistrictId district, SchoolYear year, string? school, string? collection, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        if (collection is not null) MustBeKnown(collection);
        if (school is not null) await MustBeSchoolAsync(district, year, school, platform, cancellation);
        var form = MediaTypes.Choose(context.Request, MediaTypes.Json, MediaTypes.NdJson);
        await context.LogExportAsync(platform, $"findings in the edition of district {district} in {year}", cancellation);
        var edition = new EditionKey(district, year);
        return form == MediaTypes.Json
            ? TypedResults.Ok(await platform.Validation.ReportAsync(edition, school, collection, cancellation))
            : TypedResults.Stream(output => platform.Validation.WriteAsync(edition, school, collection, output, cancellation), MediaTypes.NdJson);
    }

    private static async Task<NoContent> ConfirmZeroAsync(DistrictId district, SchoolYear year, string school, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustSend(district);
        await MustBeSchoolAsync(district, year, school, platform, cancellation);
        await platform.Notes.ConfirmZeroIncidentsAsync(new EditionKey(district, year), school, caller.Id, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> PutFundingAsync(DistrictId district, SchoolYear year, string collection, FundingCount count, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustBe(Role.Reviewer, Role.Operator);
        if (!FundedCount.Collections.Contains(collection)) throw RequestException.Invalid($"The funding system counts in {string.Join(" and ", FundedCount.Collections)}.");
        if (count.Students is < 0 or > FundedCount.MostStudents) throw RequestException.Invalid($"students is a number from 0 to {FundedCount.MostStudents}.");
        if ((await platform.References.FindAsync(year, cancellation))?.Data.FindDistrict(district) is null) throw RequestException.NotFound($"There is no district {district} in {year.Span}.");
        await platform.Notes.PutFundingCountAsync(new EditionKey(district, year), collection, count.Students, caller.Id, cancellation);
        return TypedResults.NoContent();
    }

    private static void MustBeKnown(string collection)
    {
        if (!CollectionName.IsKnown(collection)) throw RequestException.Invalid($"'{collection}' is no collection; the collections are {string.Join(", ", CollectionName.All)}.");
    }

    private static async Task MustBeSchoolAsync(DistrictId district, SchoolYear year, string school, AimPlatform platform, CancellationToken cancellation)
    {
        if ((await platform.References.FindAsync(year, cancellation))?.Data.FindSchool(district, school) is null) throw RequestException.NotFound($"District {district} has no school of that number in {year.Span}.");
    }
}
