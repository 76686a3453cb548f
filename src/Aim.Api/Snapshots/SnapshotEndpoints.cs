using System.Globalization;
using Aim.Api.Callers;
using Aim.Federal;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Snapshots;
using Aim.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Snapshots;

/// <summary>Asks for a freeze.</summary>
/// <param name="Name">Lower-case letters, digits and dashes.</param>
/// <param name="Date">The count day; by default the first Monday of October.</param>
public sealed record SnapshotRequest(string Name, SchoolYear Year, DateOnly? Date);

/// <summary>How a snapshot stands; the manifest is there once it is sealed.</summary>
public sealed record SnapshotView(string Name, string Status, string? Progress, string? Failure, SnapshotManifest? Manifest);

internal static class SnapshotEndpoints
{
    public static void MapSnapshots(this IEndpointRouteBuilder api)
    {
        var snapshots = api.MapGroup("/snapshots").WithTags("Snapshots");
        snapshots.MapPost("/", TakeAsync).WithSummary("Freeze the state record as it is now").ProducesProblem(StatusCodes.Status409Conflict);
        snapshots.MapGet("/", ListAsync).WithSummary("Sealed snapshots, newest first");
        snapshots.MapGet("/{name}", FindAsync).WithSummary("How a snapshot stands").ProducesProblem(StatusCodes.Status404NotFound);
        snapshots.MapGet("/{name}/federal/{file}/{level}", FederalAsync).WithSummary("An EDFacts file of the snapshot: format csv, tab or txt");
        snapshots.MapGet("/{name}/federal/{file}/{level}/students", ExplainAsync).WithSummary("The students behind one count, with the upload and line of each row");
    }

    private static async Task<Accepted<SnapshotView>> TakeAsync(SnapshotRequest request, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustBe(Role.Reporter, Role.Operator);
        if (SnapshotInput.NameProblem(request.Name) is { } problem) throw RequestException.Invalid(problem);
        var input = new SnapshotInput(request.Name, request.Year, request.Date ?? Ages.FallCountDay(request.Year), caller.Id);
        if (!await platform.Workflows.StartAsync<SnapshotWorkflow, SnapshotInput, SnapshotManifest>(SnapshotWorkflow.InstanceOf(request.Name), input, cancellation))
            throw RequestException.Conflict($"There is a snapshot '{request.Name}' already, and snapshots are never changed. Choose another name.");
        return TypedResults.Accepted($"{AimApi.Prefix}/snapshots/{request.Name}", new SnapshotView(request.Name, "Running", null, null, null));
    }

    private static async Task<Ok<IReadOnlyList<SnapshotManifest>>> ListAsync(HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        MustSeeState(context);
        return TypedResults.Ok(await platform.Snapshots.ListAsync(cancellation));
    }

    private static async Task<Ok<SnapshotView>> FindAsync(string name, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        MustSeeState(context);
        var manifest = await platform.Snapshots.FindAsync(name, cancellation);
        var state = await platform.Workflows.FindAsync(SnapshotWorkflow.InstanceOf(name), cancellation);
        if (manifest is null && state is null) throw RequestException.NotFound($"There is no snapshot '{name}'.");
        return TypedResults.Ok(new SnapshotView(name, state is { Status: WorkflowStatus.Failed } ? "Failed" : state is { IsFinished: false } ? "Running" : "Sealed", state?.Progress, state?.Failure, manifest));
    }

    private static async Task<FileStreamHttpResult> FederalAsync(string name, string file, FederalLevel level, FederalFormat? format, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        MustSeeState(context);
        var files = await platform.Federal.WriteAsync(new FederalInput(name, file, format ?? FederalFormat.Csv), cancellation);
        var wanted = files.FirstOrDefault(item => item.Level == level) ?? throw RequestException.NotFound($"{file} has no {level} level.");
        var stream = await platform.Ports.Blobs.OpenReadAsync(wanted.Path, cancellation) ?? throw RequestException.NotFound("The file has disappeared.");
        context.Response.Headers.ETag = $"\"{wanted.Sha256}\"";
        return TypedResults.Stream(stream, wanted.Format == FederalFormat.Csv ? "text/csv" : "text/plain", wanted.FileName);
    }

    private static async Task<Ok<IReadOnlyList<CountedStudent>>> ExplainAsync(
        string name, string file, FederalLevel level, string? district, string? school, string? set, string[]? value, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        MustSeeState(context);
        var students = await platform.Federal.ExplainAsync(name, new FederalCell(file, level, district, school, value ?? [], set), cancellation);
        if (context.Caller() is { IsPerson: true } caller)
            await platform.Disclosures.ExportedAsync(caller, string.Create(CultureInfo.InvariantCulture, $"{students.Count} students behind a count of {file} {level} in snapshot {name}"), cancellation);
        return TypedResults.Ok(students);
    }

    private static void MustSeeState(HttpContext context) => context.Caller().MustBe(Role.Reviewer, Role.Reporter, Role.Operator);
}
