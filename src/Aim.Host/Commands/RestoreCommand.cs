using System.CommandLine;
using Aim.Host.Backups;

namespace Aim.Host.Commands;

/// <summary><c>aim restore</c>: a data folder from a backup.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A folder that 'aim backup' wrote." };
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("restore", "Make a data folder from a backup, once every file of it has been checked.") { folder, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            var (backup, target) = (parsed.GetRequiredValue(folder), parsed.GetRequiredValue(data));
            CommonOptions.MustExist(backup, "Give a folder that 'aim backup' wrote.");
            CommonOptions.MustNotBeFile(target);
            var stages = new StageClock();
            var manifest = await terminal.WithProgressAsync(progress => stages.TimeAsync("restore", () => new DataRestore(backup.FullName, progress.Report).RunAsync(target.FullName, cancellation)));
            terminal.Say($"Restored {target.FullName} as of {manifest.Moment:yyyy-MM-dd HH:mm:ss} UTC: {Plural.Of(manifest.Files.Count, "file")}, {Plural.Of(manifest.Bytes, "byte")}.");
            if (manifest.UnderWay > 0) terminal.Say($"Under way at that moment: {Plural.Of(manifest.UnderWay, "workflow. It goes on", "workflows. They go on")} when the folder is served.");
            terminal.Say($"Prove it with 'aim sync --verify-all --data {target}'.");
            terminal.Result(BackupReport.Of(target, manifest, stages));
            return ExitCode.Done;
        });
        return command;
    }
}
