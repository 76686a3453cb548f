using System.CommandLine;
using Aim.Host.Backups;

namespace Aim.Host.Commands;

/// <summary>What <c>aim backup</c> and <c>aim restore</c> print with <c>--json</c>.</summary>
internal sealed record BackupReport(string Folder, DateTimeOffset Moment, int Files, long Bytes, int UnderWay, int LeftOut, long DataSchema, long JournalSchema, IReadOnlyDictionary<string, double> Seconds)
{
    public static BackupReport Of(DirectoryInfo folder, BackupManifest manifest, StageClock stages) =>
        new(folder.FullName, manifest.Moment, manifest.Files.Count, manifest.Bytes, manifest.UnderWay, manifest.LeftOut.Count, manifest.DataSchema, manifest.JournalSchema, stages.Seconds);
}

/// <summary><c>aim backup</c>: a copy of a data folder, also while it is served.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A new folder for the backup." };
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("backup", "Copy a data folder as it is at one moment, also while it is served and loads come in.") { folder, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            var target = parsed.GetRequiredValue(folder);
            await using var opened = OpenData.ToLookAt(parsed.GetRequiredValue(data));
            var stages = new StageClock();
            var manifest = await terminal.WithProgressAsync(progress => stages.TimeAsync("backup", () => new DataBackup(opened, TimeProvider.System, progress.Report).WriteAsync(target.FullName, cancellation)));
            terminal.Say($"Backed {opened.Path} up to {target.FullName} as of {manifest.Moment:yyyy-MM-dd HH:mm:ss} UTC: {Plural.Of(manifest.Files.Count, "file")}, {Plural.Of(manifest.Bytes, "byte")}.");
            if (manifest.UnderWay > 0) terminal.Say($"Under way at that moment: {Plural.Of(manifest.UnderWay, "workflow. It goes on", "workflows. They go on")} when the backup is restored and served.");
            terminal.Result(BackupReport.Of(target, manifest, stages));
            return ExitCode.Done;
        });
        return command;
    }
}
