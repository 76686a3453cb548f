using System.CommandLine;
using Aim.Host.Generate;
using Aim.Records;
using Aim.Uploads;

namespace Aim.Host.Commands;

/// <summary><c>aim generate</c>: a synthetic state to try things on.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--out") { Description = "Where to write reference/, uploads/, pushes/ and truth/.", HelpName = "DIR", Required = true };
        var students = new Option<int>("--students") { HelpName = "N", Description = "How many students.", DefaultValueFactory = _ => 2000 };
        var districts = new Option<int?>("--districts") { HelpName = "N", Description = "How many districts; by default as many as a state of that size has." };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => 1 };
        var year = new Option<string>("--year") { HelpName = "YEAR", Description = "The school year, by the year in which it ends.", DefaultValueFactory = _ => "2026" };
        var years = new Option<int>("--years") { HelpName = "N", Description = "How many school years, the last being --year; each in a folder of its own, to be loaded oldest first.", DefaultValueFactory = _ => 1 };
        var errors = new Option<double>("--error-rate") { HelpName = "R", Description = "Share of students with a planted mistake, 0 to 1; truth/planted.csv lists them." };
        var records = new Option<SampleRecords>("--records") { HelpName = "core|all", CustomParser = given => CommonOptions.OneOf<SampleRecords>(given, "choice of records"), Description = "core: students, enrollments, programs, English learners, special education; all: every record type.", DefaultValueFactory = _ => SampleRecords.All };
        var json = CommonOptions.Json();
        var command = new Command("generate", "Write a synthetic state: reference data, the districts' files, and the truth about planted mistakes.") { folder, students, districts, seed, year, years, errors, records, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new GenerateOptions(parsed.GetRequiredValue(folder).FullName, parsed.GetValue(students), parsed.GetValue(districts), parsed.GetValue(seed),
                CommonOptions.Year(parsed.GetRequiredValue(year)), parsed.GetValue(errors))
                { Records = parsed.GetValue(records), Years = parsed.GetValue(years) };
            var terminal = CommonOptions.Terminal(parsed, json);
            Validate(options);
            CommonOptions.MustNotBeFile(parsed.GetRequiredValue(folder));
            var stages = new StageClock();
            var report = await terminal.WithProgressAsync(progress => stages.TimeAsync("generate", () => Task.Run(() => new StateGenerator(options).Run(done => progress.Report("Generate", done)), cancellation)));
            foreach (var one in (report.Earlier ?? []).Append(report)) terminal.Say($"Wrote {Plural.Of(one.Students, "student")} of {Plural.Of(one.Districts, "district")} and {Plural.Of(one.Schools, "school")} to {one.Out}: {string.Join(", ", one.Rows.Select(row => $"{row.Value} {row.Key}"))}.");
            if (report.Planted.Count > 0) terminal.Say($"Planted {Plural.Of(report.Planted.Values.Sum(), "mistake")} of {Plural.Of(report.Planted.Count, "rule")}; truth/planted.csv lists them.");
            if (report.Cases.Count > 0) terminal.Say($"Planted {Plural.Of(report.Cases.Values.Sum(), "case")} of {Plural.Of(report.Cases.Count, "rule")} for people to decide; truth/cases.csv and truth/near-matches.csv list them.");
            if (report.Editions.Count > 0) terminal.Say($"Planted {Plural.Of(report.Editions.Values.Sum(), "mistake")} of {Plural.Of(report.Editions.Count, "rule that shows", "rules that show")} in an edition as a whole; truth/editions.csv lists them.");
            terminal.Result(report with { Seconds = stages.Seconds });
            return ExitCode.Done;
        });
        return command;
    }

    private static void Validate(GenerateOptions options)
    {
        if (options.Students is < 1 or > 10_000_000) throw new UnusableInputException("--students is a number from 1 to 10000000.");
        if (options.Districts is < 1 or > 9000) throw new UnusableInputException("--districts is a number from 1 to 9000.");
        if (options.Years is < 1 or > 10) throw new UnusableInputException("--years is a number from 1 to 10.");
        if (FileLayouts.Find(RecordTypes.Student, null, options.FirstYear) is null) throw new UnusableInputException($"There are no file layouts of {options.FirstYear.Span}. Give a later --year or fewer --years.");
        if (options.ErrorRate is < 0 or > 1 || double.IsNaN(options.ErrorRate)) throw new UnusableInputException("--error-rate is a number from 0 to 1.");
    }
}
