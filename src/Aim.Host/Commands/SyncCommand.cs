using System.CommandLine;
using Aim.StateSync;

namespace Aim.Host.Commands;

/// <summary><c>aim sync</c>: the nightly job, now.</summary>
internal static class SyncCommand
{
    /// <summary>What <c>--json</c> prints.</summary>
    private sealed record SyncReport(NightReport Night, IReadOnlyDictionary<string, double> Seconds);

    public static Command Create()
    {
        var data = CommonOptions.Data();
        var all = new Option<bool>("--verify-all") { Description = "Recount every edition in full instead of a thirtieth of them." };
        var json = CommonOptions.Json();
        var command = new Command("sync", "Bring every district's edition and the state record into agreement, and prove it.") { data, all, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            await using var opened = OpenData.Existing(parsed.GetRequiredValue(data));
            var stages = new StageClock();
            var report = await terminal.WithProgressAsync(_ => stages.TimeAsync("sync", () => new StateSyncer(opened, TimeProvider.System).RunAsync(parsed.GetValue(all), countsHits: true, cancellation)));
            terminal.Say($"Editions behind: {report.EditionsBehind}; with students who wait, who were tried again: {report.EditionsWaiting}. Students compared: {report.Students}; records written: {report.Committed}; waiting for a decision: {report.Parked}.");
            terminal.Say($"Editions counted in full: {report.Verified}; disagreeing: {report.Disagreed.Count}, and after a full sync: {report.Unresolved.Count}.");
            terminal.Say($"Cases of overlaps and contradicted exits: {report.CasesOpened} opened, {report.CasesClosed} closed.");
            terminal.Say($"Cases of identity: {report.IdentityCasesOpened} opened, {report.IdentityCasesOpen} are open.");
            IdentityDataCommands.SaySkipped(terminal, report.IdentityBlocksSkipped, report.IdentityPeopleInSkipped);
            terminal.Result(new SyncReport(report, stages.Seconds));
            return report.Unresolved.Count > 0 ? ExitCode.DataHasProblems : ExitCode.Done;
        });
        return command;
    }
}
