using System.CommandLine;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Records;
using Aim.Rules;
using Aim.Snapshots;
using Aim.Uploads;

namespace Aim.Host.Commands;

/// <summary>What happens without a verb: a sample state is made, loaded, frozen and reported, then served. The next time it is only served.</summary>
internal static class FirstRun
{
    private const int Students = 2000;
    private const double ErrorRate = 0.02;
    private const string Snapshot = "first";
    private const string SampleFolder = "sample";

    private static readonly SchoolYear Year = new(2026);

    public static async Task<int> RunAsync(ParseResult parsed, string url, CancellationToken cancellation)
    {
        var folder = new DirectoryInfo(CommonOptions.DefaultData);
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        if (!DataFolder.Exists(folder.FullName) || WasInterrupted(folder)) await PrepareAsync(folder, new Terminal(output, error, json: false), cancellation);
        else output.WriteLine($"Using the data in {folder.FullName}; delete the folder to start anew.");
        return await ServeCommand.RunAsync(folder, url, output, cancellation);
    }

    /// <summary>A sample was begun, and its snapshot was never taken: what is there is loaded again, which changes nothing, and completed.</summary>
    private static bool WasInterrupted(DirectoryInfo folder) =>
        Directory.Exists(Path.Combine(folder.FullName, SampleFolder)) && !File.Exists(Path.Combine(folder.FullName, "blobs", SnapshotManifest.PathOf(Snapshot)));

    private static async Task PrepareAsync(DirectoryInfo folder, Terminal terminal, CancellationToken cancellation)
    {
        var sample = Path.Combine(folder.FullName, SampleFolder);
        var federal = new DirectoryInfo(Path.Combine(folder.FullName, "federal"));
        terminal.Say("First run: making a sample state.");
        DataFolder.MakePrivate(folder.FullName);
        var generated = new StateGenerator(new GenerateOptions(sample, Students, null, Seed: 1, Year, ErrorRate)).Run();
        terminal.Say($"  {Plural.Of(generated.Students, "student")} of {Plural.Of(generated.Districts, "district")}, with {Plural.Of(generated.Planted.Values.Sum(), "planted mistake")}, in {sample}");
        await using var data = OpenData.AtAny(folder);
        var report = await terminal.WithProgressAsync(progress => new StateLoader(data, TimeProvider.System).LoadAsync(sample, ConfirmPolicy.Never, progress, cancellation));
        LoadCommand.Print(terminal, report);
        await SnapshotCommand.TakeAsync(data, Snapshot, Year, Ages.FallCountDay(Year), cancellation);
        var files = await data.Platform.Federal.WriteAsync(new Federal.FederalInput(Snapshot, null, Federal.FederalFormat.Csv), cancellation);
        await FederalCommand.CopyAsync(data.Ports.Blobs, files, federal, cancellation);
        terminal.Say($"Took the snapshot '{Snapshot}' and wrote {Plural.Of(files.Count, "federal file")} to {federal.FullName}");
    }
}
