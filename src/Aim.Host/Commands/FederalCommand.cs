using System.CommandLine;
using Aim.Federal;
using Aim.Ports;

namespace Aim.Host.Commands;

/// <summary><c>aim federal</c>: EDFacts files from a snapshot.</summary>
internal static class FederalCommand
{
    /// <summary>What <c>--json</c> prints.</summary>
    private sealed record FederalReport(string Snapshot, string Out, IReadOnlyList<FederalFile> Files, IReadOnlyDictionary<string, double> Seconds);

    public static Command Create()
    {
        var snapshot = new Argument<string>("SNAPSHOT") { Description = "The snapshot's name." };
        var data = CommonOptions.Data();
        var folder = new Option<DirectoryInfo>("--out") { Description = "Where to put the files.", HelpName = "DIR", Required = true };
        var file = new Option<string?>("--file") { HelpName = "FILE", Description = $"One file only: {string.Join(", ", FederalSpecs.All.Select(spec => spec.File))}." };
        var format = new Option<FederalFormat>("--format") { Description = "csv, tab or txt (fixed width); csv by default.", HelpName = "FORMAT", CustomParser = given => CommonOptions.OneOf<FederalFormat>(given, "format") };
        var json = CommonOptions.Json();
        var command = new Command("federal", "Write EDFacts files from a snapshot: the same snapshot gives the same bytes.") { snapshot, data, folder, file, format, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            await using var opened = OpenData.Existing(parsed.GetRequiredValue(data));
            CommonOptions.MustNotBeFile(parsed.GetRequiredValue(folder));
            var input = new FederalInput(parsed.GetRequiredValue(snapshot), parsed.GetValue(file), parsed.GetValue(format) is var given && given == default ? FederalFormat.Csv : given);
            var stages = new StageClock();
            var files = await terminal.WithProgressAsync(_ => stages.TimeAsync("count", () => opened.Platform.Federal.WriteAsync(input, cancellation)));
            await stages.TimeAsync("write", () => CopyAsync(opened.Ports.Blobs, files, parsed.GetRequiredValue(folder), cancellation));
            terminal.Say($"Wrote {Plural.Of(files.Count, "file")} to {parsed.GetRequiredValue(folder).FullName}.");
            terminal.Table(["File", "Level", "Name", Column.Number("Records")], files.Select(item => new[] { item.File, item.Level.ToString(), item.FileName, $"{item.Records}" }));
            foreach (var item in files.DistinctBy(item => item.File))
            {
                foreach (var (reason, count) in item.Excluded.OrderBy(left => left.Key, StringComparer.Ordinal)) terminal.Say($"{item.File} leaves out {Plural.Of(count, "enrollment")} ({reason}).");
            }
            terminal.Result(new FederalReport(input.Snapshot, parsed.GetRequiredValue(folder).FullName, files, stages.Seconds));
            return ExitCode.Done;
        });
        return command;
    }

    internal static async Task CopyAsync(IBlobStore blobs, IReadOnlyList<FederalFile> files, DirectoryInfo folder, CancellationToken cancellation)
    {
        folder.Create();
        foreach (var file in files)
        {
            await using var source = await blobs.OpenReadAsync(file.Path, cancellation) ?? throw new FileNotFoundException($"The file {file.FileName} has disappeared.");
            await using var target = File.Create(Path.Combine(folder.FullName, file.FileName));
            await source.CopyToAsync(target, cancellation);
        }
    }
}
