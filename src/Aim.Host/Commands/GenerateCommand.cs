using System.CommandLine;
using Aim.Host.Generate;

namespace Aim.Host.Commands;

/// <summary><c>aim generate</c>: a synthetic state to try things on.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--out") { Description = "Where to write reference/, uploads/ and truth/.", HelpName = "DIR", Required = true };
        var students = new Option<int>("--students") { HelpName = "N", Description = "How many students.", DefaultValueFactory = _ => 2000 };
        var districts = new Option<int?>("--districts") { HelpName = "N", Description = "How many districts; by default as many as a state of that size has." };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => 1 };
        var year = new Option<string>("--year") { HelpName = "YEAR", Description = "The school year, by the year in which it ends.", DefaultValueFactory = _ => "2026" };
        var errors = new Option<double>("--error-rate") { HelpName = "R", Description = "Share of students with a planted mistake, 0 to 1; truth/planted.csv lists them." };
        var records = new Option<SampleRecords>("--records") { HelpName = "core|all", Description = "core: students, enrollments, programs, English learners, special education; all: every record type.", DefaultValueFactory = _ => SampleRecords.All };
        var json = CommonOptions.Json();
        var command = new Command("generate", "Write a synthetic state: reference data, the districts' files, and the truth about planted mistakes.") { folder, students, districts, seed, year, errors, records, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new GenerateOptions(parsed.GetRequiredValue(folder).FullName, parsed.GetValue(students), parsed.GetValue(districts), parsed.GetValue(seed),
                CommonOptions.Year(parsed.GetRequiredValue(year)), parsed.GetValue(errors))
                { Records = parsed.GetValue(records) };
            var terminal = CommonOptions.Terminal(parsed, json);
            Validate(options);
            CommonOptions.MustNotBeFile(parsed.GetRequiredValue(folder));
            var stages = new StageClock();
            var report = await terminal.WithProgressAsync(progress => stages.TimeAsync("generate", () => Task.Run(() => new StateGenerator(options).Run(done => progress.Report("Generate", done)), cancellation)));
            terminal.Say($"Wrote {report.Students} students of {report.Districts} districts and {report.Schools} schools to {report.Out}: {string.Join(", ", report.Rows.Select(row => $"{row.Value} {row.Key}"))}.");
            if (report.Planted.Count > 0) terminal.Say($"Planted {report.Planted.Values.Sum()} mistakes of {report.Planted.Count} rules; truth/planted.csv lists them.");
            if (report.Cases.Count > 0) terminal.Say($"Planted {report.Cases.Values.Sum()} cases of {report.Cases.Count} rules for people to decide; truth/cases.csv and truth/near-matches.csv list them.");
            terminal.Result(report with { Seconds = stages.Seconds });
            return ExitCode.Done;
        });
        return command;
    }

    private static void Validate(GenerateOptions options)
    {
        if (options.Students is < 1 or > 10_000_000) throw new UnusableInputException("--students is a number from 1 to 10000000.");
        if (options.Districts is < 1 or > 9000) throw new UnusableInputException("--districts is a number from 1 to 9000.");
        if (options.ErrorRate is < 0 or > 1 || double.IsNaN(options.ErrorRate)) throw new UnusableInputException("--error-rate is a number from 0 to 1.");
    }
}
