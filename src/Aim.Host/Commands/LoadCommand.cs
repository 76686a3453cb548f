using System.CommandLine;
using System.Globalization;
using Aim.StateSync;
using Aim.Uploads;

namespace Aim.Host.Commands;

/// <summary><c>aim load</c>: reference data, every upload, and a sync.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A folder with reference/, uploads/{district}/{TYPE}.tsv, pushes/{district}/{number}.json of districts whose own system pushes, and held-fields.csv of what the state office holds." };
        var data = CommonOptions.Data();
        var yes = new Option<bool>("--yes") { Description = "Load without asking files that would remove many rows or are older than what is there." };
        var json = CommonOptions.Json();
        var command = new Command("load", "Load reference data and uploads into a data folder, and sync them to the state record. Running it again changes nothing.") { folder, data, yes, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            CommonOptions.MustExist(parsed.GetRequiredValue(folder), "Give a folder with reference/ and uploads/, as 'aim generate' writes it.");
            // Before the data folder is opened, which would make one: a folder that can't be loaded leaves nothing behind.
            var source = await StateFolderToLoad.ReadAsync(parsed.GetRequiredValue(folder).FullName, cancellation);
            await using var opened = OpenData.AtAny(parsed.GetRequiredValue(data));
            var loader = new StateLoader(opened, TimeProvider.System);
            var confirm = parsed.GetValue(yes) ? ConfirmPolicy.Never : ConfirmPolicy.WhenRisky;
            var report = await terminal.WithProgressAsync(progress => loader.LoadAsync(source, confirm, progress, cancellation));
            Print(terminal, report);
            terminal.Result(report);
            return report.HasProblems ? ExitCode.DataHasProblems : ExitCode.Done;
        });
        return command;
    }

    internal static void Print(Terminal terminal, LoadReport report)
    {
        var counts = report.Totals;
        terminal.Say(string.Create(CultureInfo.InvariantCulture,
            $"Loaded {Plural.Of(report.Files.Count, "file")} of {report.Year.Span}: {Plural.Of(counts.Rows, "row")}, of which {counts.Added} new, {counts.Changed} changed, {counts.Unchanged} unchanged, {counts.Removed} removed, {counts.Rejected} rejected."));
        terminal.Say($"Findings: {counts.Fatal} fatal, {Plural.Of(counts.Errors, "error")}, {Plural.Of(counts.Warnings, "warning")}. Students synced: {report.StudentsSynced}; records written: {report.RecordsCommitted}; waiting for a decision: {report.Parked}.");
        if (report.Pushes.Count > 0)
            terminal.Say($"Pushes: {report.Pushes.Count}, with {Plural.Of(report.Pushes.Sum(push => push.Added + push.Changed + push.Removed), "change")} made, {report.Pushes.Sum(push => push.Unchanged)} unchanged, {report.Pushes.Sum(push => push.LeftOut + push.NotThere)} left out.");
        if (report.Held.Count > 0) terminal.Say($"Fields that the state office holds: {report.Held.Count(hold => hold.Status == EditStatus.Done)} of {report.Held.Count}.");
        terminal.Say($"Seconds: {string.Join(", ", report.Seconds.Select(stage => string.Create(CultureInfo.InvariantCulture, $"{stage.Key} {stage.Value}")))}.");
        foreach (var file in report.Files.Where(file => file.Status is not (UploadStatus.Accepted or UploadStatus.AcceptedWithFindings)).Take(20)) terminal.Say($"{file.File}: {file.Sentence}");
        foreach (var push in report.Pushes.Where(push => push.State != PushState.Applied).Take(20)) terminal.Say($"{push.File}: {push.Sentence}");
        foreach (var hold in report.Held.Where(hold => hold.Status != EditStatus.Done).Take(20)) terminal.Say($"{HeldFieldsFile.Name}, line {hold.Line}: {hold.Sentence}");
        foreach (var edition in report.Unresolved) terminal.Say($"Edition {edition} and the state still disagree after a full sync; call the operator.");
    }
}
