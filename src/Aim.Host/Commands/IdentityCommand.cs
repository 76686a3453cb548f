using System.CommandLine;
using System.Globalization;
using System.Text;
using Aim.Identity.Matching;

namespace Aim.Host.Commands;

/// <summary><c>aim identity</c>: who is who.</summary>
internal static class IdentityCommand
{
    public static Command Create()
    {
        var command = new Command("identity", "Who is who: match people of two files, decide who waits, merge State IDs, find who has two.") { Evaluate() };
        foreach (var verb in IdentityDataCommands.All()) command.Add(verb);
        return command;
    }

    /// <summary>What <c>--json</c> prints.</summary>
    /// <param name="ReviewShare">Of the records of the left file, the share that waits for a person.</param>
    /// <param name="FalseShare">False matches for each record of the left file.</param>
    /// <param name="MissedShare">Of the true pairs, the share that was neither matched nor sent to review; null when there is none.</param>
    /// <param name="BlocksSkipped">Keys that too many people share to compare them all.</param>
    /// <param name="PeopleInSkipped">Who has at least one of those.</param>
    private sealed record EvaluateReport(int Left, int? Right, long Compared, int BlocksSkipped, int PeopleInSkipped, int Matches, int Review, int ReviewRecords, double ReviewShare, int? TruePairs, MatchQuality? ByMachine, MatchQuality? AfterReview,
        double? FalseShare, double? MissedShare, double RecordsPerSecond, string Model, IReadOnlyDictionary<string, double> Seconds);

    private static Command Evaluate()
    {
        var left = new Option<FileInfo>("--left") { Description = $"A CSV file of people with the columns {PersonFile.Columns}; any but id may be empty or absent.", HelpName = "FILE", Required = true };
        var right = new Option<FileInfo?>("--right") { Description = "The file to match it with; without it, people who are twice in the left file are looked for.", HelpName = "FILE" };
        var truth = new Option<FileInfo?>("--truth") { Description = "A CSV file with the columns left,right: the ids that are one person.", HelpName = "FILE" };
        var target = new Option<FileInfo?>("--out") { Description = "Where to write every pair with outcome, weight, probability and what each field adds.", HelpName = "FILE" };
        var json = CommonOptions.Json();
        var command = new Command("evaluate", "Match two files of people, or one with itself, and hold the result against the truth. Nothing is stored.") { left, right, truth, target, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            return await terminal.WithProgressAsync(progress => EvaluateAsync(parsed.GetRequiredValue(left), parsed.GetValue(right), parsed.GetValue(truth), parsed.GetValue(target), terminal, progress, cancellation));
        });
        return command;
    }

    private static async Task<int> EvaluateAsync(FileInfo leftFile, FileInfo? rightFile, FileInfo? truthFile, FileInfo? target, Terminal terminal, StageProgress progress, CancellationToken cancellation)
    {
        if (target is not null) MustBeWritable(target, leftFile, rightFile, truthFile);
        var stages = new StageClock();
        var (left, right) = await stages.TimeAsync("read", async () =>
            (await PersonFile.ReadAsync(leftFile, cancellation), rightFile is null ? null : await PersonFile.ReadAsync(rightFile, cancellation)));
        if (left.Ids.Count == 0 || right?.Ids.Count == 0) throw new UnusableInputException($"{(left.Ids.Count == 0 ? leftFile : rightFile!).Name} has no records. Give at least one below the header line.");
        var truth = truthFile is null ? null : new TruePairs(await PersonFile.ReadPairsAsync(truthFile, cancellation), left.Ids, right?.Ids);
        var result = await stages.TimeAsync("match", () => Task.Run(() => new PersonLinking(left.People, right?.People, done => progress.Report("match", done)).Run(cancellation), cancellation));
        var pairs = result.Pairs.Select(pair => (Left: left.Ids[pair.Left], Right: (right ?? left).Ids[pair.Right], Pair: pair)).ToList();
        if (target is not null) await stages.TimeAsync("write", () => WriteAsync(target, pairs, cancellation));
        Warn(terminal, leftFile, left);
        if (right is not null) Warn(terminal, rightFile!, right);
        if (result.NotSearched > 0) terminal.Complain($"{Plural.Of(result.NotSearched, $"record of {leftFile.Name} has", $"records of {leftFile.Name} have")} nothing to be found by, or only what too many others have as well, and {(result.NotSearched == 1 ? "was" : "were")} compared with nobody. Fill in more columns for {(result.NotSearched == 1 ? "it" : "them")}.");
        if (result.Skipped is { Blocks: > 0 } skipped)
            terminal.Complain($"{Plural.Of(skipped.Blocks, "key is", "keys are")} shared by more people of {(rightFile ?? leftFile).Name} than can all be compared, and {(skipped.Blocks == 1 ? "was" : "were")} skipped; {Plural.Of(skipped.People, "person has", "people have")} one of them, and {(skipped.People == 1 ? "is" : "are")} compared by what else there is.");
        if (truth is { Unknown: > 0 }) terminal.Complain($"{Plural.Of(truth.Unknown, $"pair of {truthFile!.Name} names a record that is in no file and is", $"pairs of {truthFile!.Name} name a record that is in no file and are")} left out.");
        Print(terminal, ReportOf(left, right, truth, result, pairs, stages.Seconds));
        return ExitCode.Done;
    }

    private static void Warn(Terminal terminal, FileInfo file, PersonFile people)
    {
        if (people.BadBirthDates > 0) terminal.Complain($"{file.Name}: {Plural.Of(people.BadBirthDates, "birth date can't be read and counts", "birth dates can't be read and count")} as not known. Write birth dates as YYYY-MM-DD, MM/DD/YYYY, DD/MM/YYYY or YYYYMMDD, in one way throughout the file.");
        if (people.IsDayFirst) terminal.Complain($"{file.Name}: birth dates are read with the day before the month, as some days are above 12.");
        if (people.Ignored.Count > 0) terminal.Complain($"{file.Name}: not used are the columns {string.Join(", ", people.Ignored)}.");
    }

    private static EvaluateReport ReportOf(PersonFile left, PersonFile? right, TruePairs? truth, LinkResult result, List<(string Left, string Right, LinkedPair Pair)> pairs, IReadOnlyDictionary<string, double> seconds)
    {
        var (matched, review) = (pairs.Where(pair => pair.Pair.Outcome == MatchOutcome.Match).ToList(), pairs.Where(pair => pair.Pair.Outcome == MatchOutcome.Review).ToList());
        var waiting = review.SelectMany(pair => right is null ? new[] { pair.Left, pair.Right } : [pair.Left]).Distinct().Count();
        var records = left.Ids.Count + (right?.Ids.Count ?? 0);
        var rate = Math.Round(records / Math.Max(0.001, seconds["read"] + seconds["match"]));
        var report = new EvaluateReport(left.Ids.Count, right?.Ids.Count, result.Compared, result.Skipped.Blocks, result.Skipped.People, matched.Count, review.Count, waiting, Math.Round(waiting / (double)left.Ids.Count, 5), truth?.Count, null, null, null, null,
            rate, result.Model.Version, seconds);
        if (truth is null) return report;
        long found = matched.Count(IsTrue), looked = review.Count(IsTrue), wrong = matched.Count - found;
        return report with
        {
            ByMachine = MatchQuality.Of(found, wrong, truth.Count - found), AfterReview = MatchQuality.Of(found + looked, wrong, truth.Count - found - looked),
            FalseShare = Math.Round(wrong / (double)left.Ids.Count, 6), MissedShare = truth.Count == 0 ? null : Math.Round((truth.Count - found - looked) / (double)truth.Count, 6),
        };

        bool IsTrue((string Left, string Right, LinkedPair Pair) pair) => truth.Contains(pair.Left, pair.Right);
    }

    private static void Print(Terminal terminal, EvaluateReport report)
    {
        terminal.Say(FormattableString.Invariant($"{Plural.Of(report.Left, "record")}{(report.Right is { } right ? $" against {right}" : " among themselves")}: {Plural.Of(report.Matches, "pair is", "pairs are")} one person, {Plural.Of(report.Review, "pair")} ({100 * report.ReviewShare:0.##} % of the records) {(report.Review == 1 ? "waits" : "wait")} for a person to look."));
        if (report is { ByMachine: { } machine, AfterReview: { } after })
        {
            terminal.Table(["", Column.Number("Precision"), Column.Number("Recall"), Column.Number("F1"), Column.Number("Right"), Column.Number("Wrong"), Column.Number("Missed")], [Cells("By machine", machine), Cells("After review", after)]);
            terminal.Say(FormattableString.Invariant($"False matches: {100 * report.FalseShare:0.###} % of the records. {(report.MissedShare is { } missed ? FormattableString.Invariant($"Neither matched nor sent to review: {100 * missed:0.###} % of {Plural.Of(report.TruePairs ?? 0, "true pair")}.") : "There is no true pair to find.")}"));
        }
        terminal.Say(FormattableString.Invariant($"{Plural.Of(report.Compared, "pair")} compared, {report.RecordsPerSecond} records a second, model {report.Model}."));
        terminal.Result(report);

        static string[] Cells(string name, MatchQuality quality) =>
            [name, Number(quality.Precision), Number(quality.Recall), Number(quality.F1), $"{quality.Right}", $"{quality.Wrong}", $"{quality.Missed}"];

        static string Number(double? value) => value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-";
    }

    /// <summary>Asked before the work is done, and before an input is lost.</summary>
    private static void MustBeWritable(FileInfo target, params ReadOnlySpan<FileInfo?> inputs)
    {
        if (Directory.Exists(target.FullName)) throw new UnusableInputException($"{target.FullName} is a folder. Name a file.");
        if (target.Directory is { Exists: false } folder) throw new UnusableInputException($"The folder {folder.FullName} does not exist. Make it, or name a file in another one.");
        foreach (var input in inputs)
            if (target.FullName.Equals(input?.FullName, StringComparison.OrdinalIgnoreCase)) throw new UnusableInputException($"{target.FullName} is read, and would be written over. Give --out another name.");
    }

    private static async Task WriteAsync(FileInfo target, IEnumerable<(string Left, string Right, LinkedPair Pair)> pairs, CancellationToken cancellation)
    {
        await using var file = new StreamWriter(target.FullName, false, new UTF8Encoding(false));
        await file.WriteLineAsync("left,right,outcome,weight,probability,fields");
        foreach (var (left, right, pair) in pairs)
        {
            cancellation.ThrowIfCancellationRequested();
            var fields = string.Join("; ", pair.Fields.Select(field => $"{field.Field} {field.Agreement} {IdentityDataCommands.Weight(field.Weight)}"));
            await file.WriteLineAsync(FormattableString.Invariant($"{Quoted(left)},{Quoted(right)},{(pair.Outcome == MatchOutcome.Match ? "match" : "review")},{pair.Score.Weight:0.00},{pair.Score.Probability:0.00000},{fields}"));
        }
    }

    private static string Quoted(string id) => id.AsSpan().IndexOfAny("\",;\r\n") < 0 ? id : $"\"{id.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
