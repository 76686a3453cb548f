using System.Globalization;
using System.Text.Json.Serialization;
using Aim.Api.Callers;
using Aim.Api.Problems;
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
using Microsoft.Net.Http.Headers;

namespace Aim.Api.Snapshots;

/// <summary>Asks for a freeze.</summary>
/// <param name="Name">Lower-case letters, digits and dashes.</param>
/// <param name="Date">The count day; by default the first Monday of October.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SnapshotRequest(string Name, SchoolYear Year, DateOnly? Date = null);

/// <summary>How a snapshot stands; the manifest is there once it is sealed.</summary>
public sealed record SnapshotView(string Name, string Status, string? Progress, string? Failure, SnapshotManifest? Manifest)
{
    /// <summary>What the manifest and the workflow say together: without a manifest nothing is sealed, however the workflow ended.</summary>
    public static SnapshotView Of(string name, SnapshotManifest? manifest, WorkflowState? state) => (manifest, state) switch
    {
        (_, { IsFinished: false }) => new SnapshotView(name, "Running", state.Progress, null, manifest),
        (not null, _) => new SnapshotView(name, "Sealed", state?.Progress, null, manifest),
        _ => new SnapshotView(name, "Failed", state?.Progress, state?.Failure ?? "It ended before it was sealed. Take the snapshot under another name.", null),
    };
}

internal static class SnapshotEndpoints
{
    public static void MapSnapshots(this IEndpointRouteBuilder api)
    {
        var snapshots = api.MapGroup("/snapshots").WithTags("Snapshots");
        snapshots.MapPost("/", TakeAsync).WithSummary("Freeze the state record as it is now").ProducesProblem(StatusCodes.Status409Conflict);
        snapshots.MapGet("/", ListAsync).WithSummary("Sealed snapshots, newest first");
        snapshots.MapGet("/{name}", FindAsync).WithSummary("How a snapshot stands").ProducesProblem(StatusCodes.Status404NotFound);
        snapshots.MapGet("/{name}/federal/{file}/{level}", FederalAsync).WithSummary("An EDFacts file of the snapshot, as it is to be submitted")
            .Produces<string>(StatusCodes.Status200OK, MediaTypes.Csv, MediaTypes.Tabs, MediaTypes.Text).ProducesProblem(StatusCodes.Status404NotFound);
        snapshots.MapGet("/{name}/federal/{file}/{level}/students", ExplainAsync).WithSummary("The students behind one count, with the upload and line of each row").ProducesProblem(StatusCodes.Status404NotFound);
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
        // In this order: a workflow that has completed by now has written its manifest before.
        var state = await platform.Workflows.FindAsync(SnapshotWorkflow.InstanceOf(name), cancellation);
        var manifest = await platform.Snapshots.FindAsync(name, cancellation);
        if (manifest is null && state is null) throw RequestException.NotFound($"There is no snapshot '{name}'.");
        return TypedResults.Ok(SnapshotView.Of(name, manifest, state));
    }

    /// <summary>The file is written when it is first asked for; as it depends on the snapshot alone, every later answer has the same bytes.</summary>
    private static async Task<FileStreamHttpResult> FederalAsync(string name, string file, FederalLevel level, string? format, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        MustSeeState(context);
        await MustExistAsync(name, file, level, platform, cancellation);
        var files = await platform.Federal.WriteAsync(new FederalInput(name, file, Format(format, context.Request)), cancellation);
        var wanted = files.First(item => item.Level == level);
        var stream = await platform.Ports.Blobs.OpenReadAsync(wanted.Path, cancellation) ?? throw RequestException.NotFound("The file has disappeared.");
        await context.LogExportAsync(platform, $"{wanted.FileName} of snapshot {name}", cancellation);
        return TypedResults.Stream(stream, wanted.Format switch { FederalFormat.Csv => MediaTypes.Csv, FederalFormat.Tab => MediaTypes.Tabs, _ => MediaTypes.Text }, wanted.FileName, entityTag: new EntityTagHeaderValue($"\"{wanted.Sha256}\""));
    }

    /// <summary>What the address asks for; without a word there, what the caller accepts.</summary>
    private static FederalFormat Format(string? asked, HttpRequest request) => asked switch
    {
        "csv" => FederalFormat.Csv,
        "tab" => FederalFormat.Tab,
        "txt" => FederalFormat.Txt,
        null => MediaTypes.Choose(request, MediaTypes.Csv, MediaTypes.Tabs, MediaTypes.Text) switch
        {
            MediaTypes.Csv => FederalFormat.Csv,
            MediaTypes.Tabs => FederalFormat.Tab,
            _ => FederalFormat.Txt,
        },
        _ => throw RequestException.Invalid("format is csv, tab or txt."),
    };

    private static async Task<Ok<IReadOnlyList<CountedStudent>>> ExplainAsync(
        string name, string file, FederalLevel level, string? district, string? school, string? set, string[]? value, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        MustSeeState(context);
        await MustExistAsync(name, file, level, platform, cancellation);
        if (level != FederalLevel.SEA && district is null || level == FederalLevel.SCH && school is null) throw RequestException.Invalid($"A count at {level} level needs {(level == FederalLevel.SCH ? "district and school" : "district")}.");
        var students = await platform.Federal.ExplainAsync(name, new FederalCell(file, level, district, school, value ?? [], set), cancellation);
        await context.LogExportAsync(platform, string.Create(CultureInfo.InvariantCulture, $"{Plural.Of(students.Count, "student")} behind a count of {file} {level} in snapshot {name}"), cancellation);
        return TypedResults.Ok(students);
    }

    private static async Task MustExistAsync(string name, string file, FederalLevel level, AimPlatform platform, CancellationToken cancellation)
    {
        if (await platform.Snapshots.FindAsync(name, cancellation) is null) throw RequestException.NotFound($"There is no sealed snapshot '{name}'.");
        var spec = FederalSpecs.Find(file) ?? throw RequestException.NotFound($"'{file}' is not one of the files written here: {string.Join(", ", FederalSpecs.All.Select(item => item.File))}.");
        if (!spec.Levels.ContainsKey(level)) throw RequestException.NotFound($"{spec.File} comes at {string.Join(", ", spec.Levels.Keys)} level only.");
    }

    private static void MustSeeState(HttpContext context) => context.Caller().MustBe(Role.Reviewer, Role.Reporter, Role.Operator);
}
