using System.CommandLine;
using Aim.Host.Embedded;
using Aim.Records;
using Aim.Rules;
using Aim.Snapshots;
using Aim.Workflows;

namespace Aim.Host.Commands;

/// <summary><c>aim snapshot</c>: freezes the state.</summary>
internal static class SnapshotCommand
{
    /// <summary>What <c>--json</c> prints.</summary>
    private sealed record SnapshotReport(SnapshotManifest Manifest, IReadOnlyDictionary<string, double> Seconds);

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Lower-case letters, digits and dashes; names the snapshot for good." };
        var year = new Option<string>("--year") { HelpName = "YEAR", Description = "The school year, by the year in which it ends.", Required = true };
        var date = new Option<string?>("--date") { HelpName = "DATE", Description = "The count day (YYYY-MM-DD); by default the first Monday of October." };
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("snapshot", "Freeze the state record as it is now, and write the federal files from the freeze.") { name, year, date, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            DateOnly? given = parsed.GetValue(date) is { } text ? CommonOptions.Date(text) : null;
            await using var opened = OpenData.Existing(parsed.GetRequiredValue(data));
            var schoolYear = await CommonOptions.YearAsync(parsed.GetRequiredValue(year), opened, cancellation);
            var day = given ?? Ages.FallCountDay(schoolYear);
            var stages = new StageClock();
            var manifest = await terminal.WithProgressAsync(_ => stages.TimeAsync("snapshot", () => TakeAsync(opened, parsed.GetRequiredValue(name), schoolYear, day, cancellation)));
            terminal.Say($"Froze {Plural.Of(manifest.Students, "student")} of {manifest.Year.Span} as of {manifest.Moment:yyyy-MM-dd HH:mm:ss} UTC in {Plural.Of(manifest.Files.Count, "file")}: {string.Join(", ", manifest.Rows.Select(rows => $"{rows.Value} {rows.Key}"))}.");
            terminal.Result(new SnapshotReport(manifest, stages.Seconds));
            return ExitCode.Done;
        });
        return command;
    }

    /// <exception cref="UnusableInputException">The name can't be used, or has been.</exception>
    internal static async Task<SnapshotManifest> TakeAsync(DataFolder data, string name, SchoolYear year, DateOnly date, CancellationToken cancellation)
    {
        if (SnapshotInput.NameProblem(name) is { } problem) throw new UnusableInputException(problem);
        if (await data.Platform.Snapshots.FindAsync(name, cancellation) is { } earlier)
            throw new UnusableInputException($"There is a snapshot '{name}' of {earlier.Moment:yyyy-MM-dd} already, and snapshots are never changed. Choose another name.");
        var id = SnapshotWorkflow.InstanceOf(name);
        await data.Platform.Workflows.StartAsync<SnapshotWorkflow, SnapshotInput, SnapshotManifest>(id, new SnapshotInput(name, year, date, "aim snapshot"), cancellation);
        var state = await data.Engine.WhenFinishedAsync(id, cancellation);
        if (state.Status == WorkflowStatus.Completed) return WorkflowCatalog.Deserialize<SnapshotManifest>(state.Output!);
        throw await data.Platform.Snapshots.FindAsync(name, cancellation) is null
            ? new FaultException($"The snapshot failed: {state.Failure} Take it again under another name.")
            : new FaultException($"The snapshot is sealed, but its federal files could not be written: {state.Failure} Write them with 'aim federal {name}'.");
    }
}
