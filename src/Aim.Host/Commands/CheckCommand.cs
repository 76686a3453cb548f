using System.CommandLine;
using System.IO.Compression;
using Aim.Host.Embedded;
using Aim.Identity;
using Aim.Organizations;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Host.Commands;

/// <summary><c>aim check</c>: the rules of an upload, before the upload.</summary>
internal static class CheckCommand
{
    private const int LinesShown = 5;

    /// <summary>What <c>--json</c> prints.</summary>
    private sealed record CheckReport(IReadOnlyList<string> Files, long Rows, long Fatal, long Errors, long Warnings, IReadOnlyList<FindingGroup> Groups, IReadOnlyList<string> RulesNotRun, IReadOnlyList<FileFinding> Findings,
        IReadOnlyDictionary<string, double> Seconds);

    public static Command Create()
    {
        var files = new Argument<FileInfo[]>("FILE") { Description = "Files of one district, checked together: SD.tsv EN.tsv …", Arity = ArgumentArity.OneOrMore };
        var folder = new Option<DirectoryInfo?>("--reference") { Description = "The state's reference folder; without it, rules about schools and calendars are not run.", HelpName = "DIR" };
        var collection = new Option<string?>("--collection") { Description = $"Ask also what is asked before a collection is certified: {string.Join(", ", CollectionName.All)}. The files have to be all that the district sends for it.", HelpName = "NAME" };
        var zero = new Option<string[]>("--zero-incidents") { Description = "Schools that had no behavior incident and have confirmed it, or will.", HelpName = "SCHOOL", AllowMultipleArgumentsPerToken = true };
        var json = CommonOptions.Json();
        var command = new Command("check", "Check files with the rules of an upload, before they leave the district. Exit code 0: clean, 1: findings, 2: a file can't be used.") { files, folder, collection, zero, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            var wanted = CommonOptions.Collection(parsed.GetValue(collection));
            var (reference, people, notes) = ReadReference(parsed.GetValue(folder));
            var toCheck = new List<FileToCheck>();
            var now = TimeProvider.System.GetUtcNow();
            var today = reference?.Agency.DayOf(now) ?? DateOnly.FromDateTime(now.UtcDateTime);
            foreach (var file in parsed.GetRequiredValue(files)) toCheck.Add(await OpenAsync(file, reference, today, cancellation));
            MustBeOfOneEdition(parsed.GetRequiredValue(files), toCheck);
            var zeroSchools = parsed.GetValue(zero) ?? [];
            if (reference is not null) MustBeSchools(zeroSchools, reference, toCheck[0].District);
            var confirmed = notes.ZeroIncidents.Where(school => toCheck.Exists(file => file.District == school.District)).Select(school => school.School);
            return await terminal.WithProgressAsync(_ => RunAsync(toCheck, terminal, scratch => new OfflineCheck(scratch, reference, people, today)
            {
                Collection = wanted, ZeroIncidents = confirmed.Concat(zeroSchools).ToHashSet(), Funding = notes.FundingCounts,
            }, cancellation));
        });
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<FileToCheck> files, Terminal terminal, Func<FileBlobStore, OfflineCheck> create, CancellationToken cancellation)
    {
        var scratch = Directory.CreateTempSubdirectory("aim-check-");
        try
        {
            var check = create(new FileBlobStore(scratch.FullName, new UploadUrls([], new Uri(CommonOptions.DefaultUrl), TimeProvider.System)));
            var summary = new FindingSummary();
            var findings = new List<FileFinding>();
            var stages = new StageClock();
            await stages.TimeAsync("check", () => check.RunAsync(files, found =>
            {
                summary.Add(found.Finding);
                if (terminal.IsJson) findings.Add(found);
            }, cancellation));
            foreach (var refusal in check.Refusals) terminal.Complain(refusal);
            Print(terminal, check, summary);
            terminal.Result(new CheckReport([.. files.Select(file => file.Name)], check.Rows, summary.Fatal, summary.Errors, summary.Warnings, [.. summary.Groups().Select(group => group with { Examples = [] })],
                [.. check.RulesNotRun.Select(rule => rule.Id)], findings, stages.Seconds));
            return check.Refusals.Count > 0 ? ExitCode.Unusable : summary.Total > 0 ? ExitCode.DataHasProblems : ExitCode.Done;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static void Print(Terminal terminal, OfflineCheck check, FindingSummary summary)
    {
        terminal.Say($"Checked {Terminal.Count(check.Rows, "row")}: {summary.Fatal} fatal, {Terminal.Count(summary.Errors, "error")}, {Terminal.Count(summary.Warnings, "warning")}.");
        foreach (var group in summary.Groups())
        {
            terminal.Say($"{group.Rule} {group.Severity}: {group.Title}{(group.Cause is null ? "" : $" ({group.Cause})")}: {group.Count}{Places(group)}");
            terminal.Say($"    {group.Examples[0].Message} {group.HowToFix}");
        }
        if (check.RulesNotRun.Count > 0) terminal.Say($"Not checked, for lack of the state's data: {string.Join(", ", check.RulesNotRun.Select(rule => rule.Id))}.");
    }

    /// <summary>Where to look; what is found about a school as a whole is in no line.</summary>
    private static string Places(FindingGroup group) =>
        group.Record is null ? "" : $" in {group.Record}, lines {string.Join(", ", group.Examples.Take(LinesShown).Select(example => example.Line))}{(group.Count > LinesShown ? " …" : "")}";

    private static (ReferenceData?, IReadOnlyDictionary<StateId, Person>?, NotesOfYear) ReadReference(DirectoryInfo? folder)
    {
        if (folder is null) return (null, null, NotesOfYear.None);
        CommonOptions.MustExist(folder, "Give the folder with districts.csv, schools.csv and calendars.csv.");
        var files = new ReferenceFiles(folder.FullName);
        var reference = files.Read();
        var people = files.ReadIdentities().ToDictionary(person => person.StateId);
        var notes = reference is null ? NotesOfYear.None : files.ReadNotes(reference);
        if (reference is null || files.Problems.Count > 0) throw new UnusableInputException(string.Join(Environment.NewLine, files.Problems));
        return (reference, people.Count == 0 ? null : people, notes);
    }

    /// <summary>Of another district or year, each row would be unknown to the others.</summary>
    private static void MustBeOfOneEdition(IReadOnlyList<FileInfo> named, IReadOnlyList<FileToCheck> files)
    {
        if (named.GroupBy(file => file.FullName).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new UnusableInputException($"{twice.First().Name} is named twice. Name each file once.");
        if (files.FirstOrDefault(file => file.District != files[0].District) is { } other)
            throw new UnusableInputException($"{files[0].Name} is of district {files[0].District}, and {other.Name} of district {other.District}. Check the files of one district at a time.");
        if (files.FirstOrDefault(file => file.Year != files[0].Year) is { } later)
            throw new UnusableInputException($"{files[0].Name} is of {files[0].Year.Span}, and {later.Name} of {later.Year.Span}. Check the files of one school year at a time.");
    }

    private static void MustBeSchools(IReadOnlyList<string> numbers, ReferenceData reference, DistrictId district)
    {
        var schools = reference.SchoolsOf(district).Select(school => school.Number).ToHashSet();
        if (numbers.FirstOrDefault(number => !schools.Contains(number)) is { } unknown) throw new UnusableInputException($"'{unknown}' is no school of district {district}. Give --zero-incidents four-digit numbers of its schools.");
    }

    /// <summary>A OneRoster archive is known by its manifest.</summary>
    private static bool IsRoster(FileInfo file)
    {
        try
        {
            using var zip = ZipFile.OpenRead(file.FullName);
            return zip.GetEntry("manifest.csv") is not null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static async Task<FileToCheck> OpenAsync(FileInfo file, ReferenceData? reference, DateOnly today, CancellationToken cancellation)
    {
        if (Directory.Exists(file.FullName)) throw new UnusableInputException($"{file.FullName} is a folder. Name the files in it.");
        if (!file.Exists) throw new UnusableInputException($"The file {file.FullName} does not exist.");
        if (IsRoster(file)) throw new UnusableInputException($"{file.Name}: a OneRoster archive can't be checked here, as it builds on the rosters before it. Upload it with the mode Test, which writes nothing.");
        await using var start = file.OpenRead();
        var peek = await FilePeek.ReadAsync(start, cancellation);
        var type = RecordTypes.Find(Path.GetFileNameWithoutExtension(file.Name)) ?? peek.Type;
        var year = reference?.Year ?? peek.Year;
        start.Position = 0;
        // What can't be read at all has no year either: any will do to say what is wrong with it.
        var form = await FileInspector.InspectAsync(start, type ?? RecordTypes.Student, year ?? new SchoolYear(today.Year), today, cancellation);
        if (form.Refusal is { } refusal) throw new UnusableInputException($"{file.Name}: {refusal}");
        if (type is null || peek.District is not { } district)
            throw new UnusableInputException($"{file.Name}: it can't be told which record type or district the rows are of. Name the file by its type ({string.Join(", ", RecordTypes.All.Select(item => item.Code))}) and fill in DistrictNumber.");
        if (year is null) throw new UnusableInputException($"{file.Name}: it can't be told which school year the rows are of. Fill in EndYear.");
        return new FileToCheck(file.Name, type, district, year.Value, form, file.OpenRead);
    }
}
