using System.CommandLine;
using System.Globalization;
using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Records;
using Aim.StateSync;

namespace Aim.Host.Commands;

/// <summary><c>aim verify</c>: a district's edition against the state, down to the field.</summary>
internal static class VerifyCommand
{
    private const int DefaultLimit = 1000;

    /// <summary>What <c>--json</c> prints.</summary>
    private sealed record VerifyReport(VerificationSummary Summary, IReadOnlyList<RowDifference> Differences, long NotListed, IReadOnlyDictionary<string, double> Seconds);

    public static Command Create()
    {
        var district = new Argument<string>("DISTRICT") { Description = "The district's four-digit number." };
        var year = new Option<string?>("--year") { HelpName = "YEAR", Description = "The school year, by the year in which it ends; by default the newest one there is reference data of." };
        var limit = new Option<int>("--limit") { HelpName = "N", Description = "List at most so many rows that differ; the counts are of all.", DefaultValueFactory = _ => DefaultLimit };
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("verify", "Hold a district's edition against the state record, row by row. Exit code 0: they agree, 1: they differ.") { district, year, limit, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            if (!DistrictId.TryParse(parsed.GetRequiredValue(district), null, out var number)) throw new UnusableInputException($"'{parsed.GetRequiredValue(district)}' is not a district. Give its four-digit number, such as 0123.");
            if (parsed.GetValue(limit) < 0) throw new UnusableInputException("--limit is a number from 0 on.");
            var wanted = parsed.GetValue(year) is { } text ? CommonOptions.Year(text) : (SchoolYear?)null;
            await using var opened = OpenData.ToLookAt(parsed.GetRequiredValue(data));
            var edition = await EditionAsync(opened, number, wanted, cancellation);
            return await terminal.WithProgressAsync(_ => RunAsync(opened, edition, parsed.GetValue(limit), terminal, cancellation));
        });
        return command;
    }

    /// <exception cref="UnusableInputException">There is no such district in that year.</exception>
    internal static async Task<EditionKey> EditionAsync(DataFolder data, DistrictId district, SchoolYear? wanted, CancellationToken cancellation)
    {
        var years = await data.Platform.References.ListYearsAsync(cancellation);
        if (wanted is null && years.Count == 0) throw new UnusableInputException("There is no reference data here yet, so the school year has to be given with --year.");
        var edition = new EditionKey(district, wanted ?? years[^1]);
        var isKnown = (await data.Platform.References.FindAsync(edition.Year, cancellation))?.Data.FindDistrict(district) is not null;
        if (!isKnown && (await data.Ports.Editions.GetHeadAsync(edition, cancellation)).Version == 0)
            throw new UnusableInputException($"There is no district {district} in {edition.Year.Span}. Compare the number and the year with the reference data.");
        return edition;
    }

    private static async Task<int> RunAsync(DataFolder data, EditionKey edition, int limit, Terminal terminal, CancellationToken cancellation)
    {
        var (counts, differences, notListed, stages) = (new VerificationCounts(), new List<RowDifference>(), 0L, new StageClock());
        await stages.TimeAsync("verify", async () =>
        {
            await foreach (var difference in data.Platform.Comparison.CompareAsync(edition, counts, cancellation))
            {
                if (differences.Count < limit) differences.Add(difference);
                else notListed++;
            }
        });
        var summary = counts.Summary();
        Print(terminal, summary);
        PrintDifferences(terminal, differences, notListed);
        terminal.Result(new VerifyReport(summary, differences, notListed, stages.Seconds));
        return summary.Agrees ? ExitCode.Done : ExitCode.DataHasProblems;
    }

    private static void Print(Terminal terminal, VerificationSummary summary)
    {
        terminal.Say($"District {summary.District}, {summary.Year.Span}: edition version {summary.Version}, of which the state has version {summary.SyncedVersion}.");
        terminal.Table(["Record", Column.Number("Edition"), Column.Number("State"), Column.Number("Equal"), Column.Number("Different"), Column.Number("Only in edition"), Column.Number("Only in state"), Column.Number("Waiting")], summary.RecordTypes.Select(type => (string[])
            [type.RecordType, .. new[] { type.Edition, type.State, type.Equal, type.Different, type.OnlyInEdition, type.OnlyInState, type.Waiting }.Select(number => number.ToString(CultureInfo.InvariantCulture))]));
        if (summary.NotSynced > 0) terminal.Say($"{Plural.Of(summary.NotSynced, "row waits", "rows wait")} for the next sync.");
        foreach (var parked in summary.Parked) terminal.Say($"{Plural.Of(parked.Rows, "row")} of {Plural.Of(parked.Students, "student")} {(parked.Rows == 1 ? "is" : "are")} parked ({parked.Reason}).");
        if (summary.WithoutDemographics > 0) terminal.Say($"{Plural.Of(summary.WithoutDemographics, "row waits", "rows wait")} for the students' demographics (SD).");
        if (summary.EditionAgrees == false) terminal.Say("The edition's rows don't add up to its own digest; call the operator.");
        if (summary.EditionAgrees is null) terminal.Say("A load landed meanwhile, so the edition's own digest was not judged.");
        terminal.Say(summary.Disagreeing == 0 ? "Edition and state agree." : $"Edition and state disagree on {Plural.Of(summary.Disagreeing, "row")}.");
    }

    private static void PrintDifferences(Terminal terminal, IReadOnlyList<RowDifference> differences, long notListed)
    {
        if (differences.Count > 0)
            terminal.Table(["Record", "Local id", "Key", "Difference", "Field", "Edition", "State", "Waiting"], differences.SelectMany(difference => difference.Fields.DefaultIfEmpty(new FieldDifference("", null, null)), (difference, field) => (string[])
                [difference.RecordType, difference.LocalId, difference.Key, difference.Kind.ToString(), field.Field, field.Edition ?? "", field.State ?? "", difference.Parked?.ToString() ?? difference.Waiting?.ToString() ?? ""]));
        if (notListed > 0) terminal.Say($"{Plural.Of(notListed, "more row differs", "more rows differ")}; --limit lists more.");
    }
}
