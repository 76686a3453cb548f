using System.CommandLine;
using System.Globalization;
using Aim.Rules;

namespace Aim.Host.Commands;

/// <summary><c>aim rules</c>: the catalogue, validation of what is stored, how often rules are broken, and trying them on a snapshot.</summary>
internal static class RulesCommand
{
    /// <summary>What <c>rules list --json</c> prints of a rule.</summary>
    private sealed record ListedRule(string Id, RuleStage Stage, Severity Severity, Severity EffectiveSeverity, RuleScope Scope, int? FirstYear, int? LastYear, string Title, IReadOnlyList<string> Records);

    private sealed record RunReport(Aim.Editions.ValidationReport Validation, IReadOnlyDictionary<string, double> Seconds);

    private sealed record HitsReport(Records.SchoolYear Year, string RulesVersion, long Editions, long Students, long Rows, IReadOnlyList<RuleHits> Rules, IReadOnlyDictionary<string, double> Seconds);

    private sealed record TryReport(Aim.Snapshots.TrialReport Trial, IReadOnlyDictionary<string, double> Seconds);

    public static Command Create() => new("rules", "The rule catalogue: list it, run it over what is stored, see how often rules are broken, try rules on a snapshot.") { List(), Run(), Hits(), Try() };

    private static Command List()
    {
        var year = new Option<string?>("--year") { HelpName = "YEAR", Description = "Of the data folder, the school year whose stages to show; by default the newest one there is reference data of." };
        var data = new Option<DirectoryInfo?>("--data") { HelpName = "DIR", Description = "Show the stages that the state has set in this data folder; without it, those of the catalogue." };
        var json = CommonOptions.Json();
        var command = new Command("list", "List every rule with its stage, severity and years.") { year, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            var reference = await ReferenceAsync(parsed.GetValue(data), parsed.GetValue(year), cancellation);
            var rules = RuleCatalog.All.Select(rule => rule.In(reference)).ToList();
            terminal.Table(["Rule", "Severity", "Stage", "Scope", "Years", "Title"], rules.Select(rule => new[] { rule.Id, $"{rule.Severity}", $"{rule.Stage}", $"{rule.Scope}", YearsOf(rule), rule.Title }));
            terminal.Result(rules.Select(rule => new ListedRule(rule.Id, rule.Stage, rule.Severity, rule.EffectiveSeverity, rule.Scope, rule.FirstYear, rule.LastYear, rule.Title, [.. rule.Records.Select(type => type.Code)])).ToList());
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>What the state has set for a year; null for what the catalogue has.</summary>
    private static async Task<Organizations.ReferenceData?> ReferenceAsync(DirectoryInfo? data, string? year, CancellationToken cancellation)
    {
        if (data is null) return year is null ? null : throw new UnusableInputException("The state's stages of a year are in a data folder. Name it with --data DIR.");
        await using var opened = OpenData.ToLookAt(data);
        return (await opened.Platform.References.FindAsync(await CommonOptions.YearAsync(year, opened, cancellation), cancellation))?.Data;
    }

    private static string YearsOf(Rule rule) => rule is { FirstYear: null, LastYear: null } ? "all" : $"{rule.FirstYear}-{rule.LastYear}";

    private static Command Run()
    {
        var district = new Argument<string>("DISTRICT") { Description = "The district's four-digit number." };
        var school = new Option<string?>("--school") { HelpName = "SCHOOL", Description = "Judge the students of this school alone." };
        var collection = new Option<string?>("--collection") { HelpName = "NAME", Description = $"Ask also what is asked before this collection is certified: {string.Join(", ", CollectionName.All)}." };
        var year = YearOption();
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("run", "Judge a district's stored rows by every rule in force. Exit code 0: nothing found, 1: findings.") { district, school, collection, year, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            if (!Records.DistrictId.TryParse(parsed.GetRequiredValue(district), null, out var number)) throw new UnusableInputException($"'{parsed.GetRequiredValue(district)}' is not a district. Give its four-digit number, such as 0123.");
            var wanted = CommonOptions.Collection(parsed.GetValue(collection));
            await using var opened = OpenData.ToLookAt(parsed.GetRequiredValue(data));
            var edition = await VerifyCommand.EditionAsync(opened, number, parsed.GetValue(year) is { } text ? CommonOptions.Year(text) : null, cancellation);
            if (parsed.GetValue(school) is { } only && (await opened.Platform.References.FindAsync(edition.Year, cancellation))?.Data.FindSchool(number, only) is null)
                throw new UnusableInputException($"District {number} has no school {only} in {edition.Year.Span}. Give the school's four-digit number.");
            var stages = new StageClock();
            var report = await stages.TimeAsync("validate", () => opened.Platform.Validation.ReportAsync(edition, parsed.GetValue(school), wanted, cancellation));
            terminal.Say($"Judged {Plural.Of(report.Rows, "row")} of {Plural.Of(report.Students, "student")} as of {report.AsOf:MM/dd/yyyy}: {report.Fatal} fatal, {Plural.Of(report.Errors, "error")}, {Plural.Of(report.Warnings, "warning")}.");
            terminal.Table(["Rule", "Severity", "Record", "Field", Column.Number("Count"), "Cause", "Title"], report.Groups.Select(group => new[] { group.Rule, $"{group.Severity}", group.Record ?? "", group.Field ?? "", Text(group.Count), group.Cause ?? "", group.Title }));
            PrintHeld(terminal, report.Held);
            terminal.Result(new RunReport(report, stages.Seconds));
            return report.Groups.Count + report.Held.Count > 0 ? ExitCode.DataHasProblems : ExitCode.Done;
        });
        return command;
    }

    private static void PrintHeld(Terminal terminal, IReadOnlyList<Finding> held)
    {
        if (held.Count == 0) return;
        terminal.Say($"{Plural.Of(held.Count, "finding")} more only because of fields that the state holds. The district has nothing to correct there; the state office corrects what it holds, or lets it go.");
        terminal.Table(["Rule", "Severity", "Record", "Field", Column.Number("Count"), "Title"], held.GroupBy(finding => (finding.Rule, finding.Severity, finding.Record, finding.Field)).OrderByDescending(group => group.Key.Severity).ThenBy(group => group.Key.Rule, StringComparer.Ordinal)
            .Select(group => new[] { group.Key.Rule, $"{group.Key.Severity}", group.Key.Record ?? "", group.Key.Field ?? "", Text(group.Count()), RuleCatalog.Get(group.Key.Rule).Title }));
    }

    private static Command Hits()
    {
        var year = YearOption();
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("hits", "Judge every district's stored rows and show how often each rule is broken by them, in the newest uploads, and as open cases.") { year, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            await using var opened = OpenData.ToLookAt(parsed.GetRequiredValue(data));
            var wanted = await CommonOptions.YearAsync(parsed.GetValue(year), opened, cancellation);
            var stages = new StageClock();
            var stored = await stages.TimeAsync("validate", () => opened.Platform.RuleHits.CountYearAsync(wanted, cancellation));
            var (tally, hits) = (stored.Tally, await opened.Platform.RuleHitRates.OfAsync(stored, cancellation));
            terminal.Say($"Judged {Plural.Of(tally.Rows, "row")} of {Plural.Of(tally.Students, "student")} in {Plural.Of(tally.Editions, "edition")} of {wanted.Span}, and looked at what the newest uploads found and which cases are open.");
            terminal.Table(["Rule", "Severity", "Stage", Column.Number("Judged"), Column.Number("Hits"), Column.Number("Rate"), Column.Number("In uploads"), Column.Number("Hits"), Column.Number("Rate"), Column.Number("Cases"), "Most"],
                hits.OrderByDescending(rule => rule.Hits + (rule.Uploaded?.Hits ?? 0) + (rule.OpenCases ?? 0)).ThenBy(rule => rule.Rule, StringComparer.Ordinal).Select(rule => (string[])
                [rule.Rule, $"{rule.Severity}", $"{rule.Stage}", .. Counted(rule.Judged, rule.Hits, rule.Rate), .. Counted(rule.Uploaded?.Judged ?? 0, rule.Uploaded?.Hits ?? 0, rule.Uploaded?.Rate ?? 0), rule.OpenCases is { } open ? Text(open) : "", Most(rule)]));
            terminal.Result(new HitsReport(wanted, RuleCatalog.Version, tally.Editions, tally.Students, tally.Rows, hits, stages.Seconds));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Try()
    {
        var rules = new Argument<string[]>("RULE") { Description = "Ids of rules, such as ENR-013.", Arity = ArgumentArity.OneOrMore };
        var snapshot = new Option<string>("--snapshot") { HelpName = "NAME", Description = "The snapshot to try them on.", Required = true };
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("try", "Try rules on a frozen snapshot, whatever their stage and years, before they are enforced.") { rules, snapshot, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            var wanted = parsed.GetRequiredValue(rules).Select(id => RuleCatalog.Find(id) ?? throw new UnusableInputException($"There is no rule '{id}'. 'aim rules list' shows every rule.")).DistinctBy(rule => rule.Id).ToList();
            await using var opened = OpenData.ToLookAt(parsed.GetRequiredValue(data));
            var stages = new StageClock();
            var trial = await stages.TimeAsync("try", () => opened.Platform.RuleTrials.RunAsync(parsed.GetRequiredValue(snapshot), wanted, cancellation));
            terminal.Say($"Tried on {Plural.Of(trial.Rows, "row")} of {Plural.Of(trial.Students, "student")} in snapshot {trial.Snapshot}, taken under {(trial.SnapshotRules == trial.PresentRules ? "the present rules" : $"rules {trial.SnapshotRules}; the present ones are {trial.PresentRules}")}.");
            Print(terminal, trial.Rules);
            if (trial.NotRun.Count > 0) terminal.Say($"Not tried, for lack of what they ask for: {string.Join(", ", trial.NotRun)}.");
            terminal.Result(new TryReport(trial, stages.Seconds));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(Terminal terminal, IEnumerable<RuleHits> hits) => terminal.Table(["Rule", "Severity", "Stage", Column.Number("Judged"), Column.Number("Hits"), Column.Number("Rate"), Column.Number("Districts"), "Most"], hits.Select(rule => new[]
    {
        rule.Rule, $"{rule.Severity}", $"{rule.Stage}", Text(rule.Judged), Text(rule.Hits), Share(rule.Rate), Text(rule.Districts), Most(rule),
    }));

    /// <summary>Nothing where nothing was judged.</summary>
    private static string[] Counted(long judged, long hits, double rate) => judged == 0 ? ["", "", ""] : [Text(judged), Text(hits), Share(rate)];

    private static string Share(double rate) => rate.ToString("P2", CultureInfo.InvariantCulture);

    private static string Most(RuleHits rule) =>
        string.Join(", ", (rule.MostSchools.Count > 0 ? rule.MostSchools : rule.MostDistricts).Take(3).Select(place => $"{place.District}{(place.School is null ? "" : $"/{place.School}")} ({place.Hits})"));

    private static Option<string?> YearOption() => new("--year") { HelpName = "YEAR", Description = "The school year, by the year in which it ends; by default the newest one there is reference data of." };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
