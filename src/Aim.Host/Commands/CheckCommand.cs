using System.CommandLine;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Identity;
using Aim.OneRoster;
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
    private sealed record CheckReport(IReadOnlyList<string> Files, long Rows, long Fatal, long Errors, long Warnings, IReadOnlyList<FindingGroup> Groups, IReadOnlyList<string> RulesNotRun, IReadOnlyList<string> NotJudged, IReadOnlyList<FileFinding> Findings,
        IReadOnlyDictionary<string, double> Seconds);

    public static Command Create()
    {
        var files = new Argument<FileInfo[]>("FILE") { Description = "Files of one district, checked together: SD.tsv EN.tsv OR.zip …", Arity = ArgumentArity.OneOrMore };
        var folder = new Option<DirectoryInfo?>("--reference") { Description = "The state's reference folder; without it, rules about schools and calendars are not run.", HelpName = "DIR" };
        var district = new Option<string?>("--district") { Description = "The district whose files they are; for a OneRoster archive that is neither with other files nor in the district's folder.", HelpName = "DISTRICT" };
        var collection = new Option<string?>("--collection") { Description = $"Ask also what is asked before a collection is certified: {string.Join(", ", CollectionName.All)}. The files have to be all that the district sends for it.", HelpName = "NAME" };
        var zero = new Option<string[]>("--zero-incidents") { Description = "Schools that had no behavior incident and have confirmed it, or will.", HelpName = "SCHOOL", AllowMultipleArgumentsPerToken = true };
        var json = CommonOptions.Json();
        var command = new Command("check", "Check files with the rules of an upload, before they leave the district. Exit code 0: clean, 1: findings, 2: a file can't be used.") { files, folder, district, collection, zero, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            var wanted = CommonOptions.Collection(parsed.GetValue(collection));
            var (reference, people, notes) = ReadReference(parsed.GetValue(folder));
            var now = TimeProvider.System.GetUtcNow();
            var today = reference?.Agency.DayOf(now) ?? DateOnly.FromDateTime(now.UtcDateTime);
            var named = parsed.GetRequiredValue(files);
            foreach (var file in named) MustBeThere(file);
            if (named.GroupBy(file => file.FullName).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new UnusableInputException($"{twice.First().Name} is named twice. Name each file once.");
            var rosters = named.Where(IsRoster).OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
            if (rosters.Count > 0 && reference is null) throw new UnusableInputException($"{rosters[0].Name}: a OneRoster archive names schools and terms as the state knows them. Give the state's reference folder with --reference.");
            var toCheck = new List<FileToCheck>();
            foreach (var file in named.Except(rosters)) toCheck.Add(await OpenAsync(file, reference, today, cancellation));
            MustBeOfOneEdition(toCheck);
            var of = DistrictOf(parsed.GetValue(district), toCheck, rosters);
            var zeroSchools = parsed.GetValue(zero) ?? [];
            if (reference is not null) MustBeSchools(zeroSchools, reference, of);
            var confirmed = notes.ZeroIncidents.Where(school => school.District == of).Select(school => school.School);
            return await terminal.WithProgressAsync(_ => InScratchAsync(async scratch =>
            {
                var (leftOut, notJudged) = (0L, new List<string>());
                var summary = new PlacedFindings(terminal.IsJson);
                var check = new OfflineCheck(scratch, reference, people, today) { Collection = wanted, ZeroIncidents = confirmed.Concat(zeroSchools).ToHashSet(), Funding = notes.FundingCounts };
                var stages = new StageClock();
                await stages.TimeAsync("check", async () =>
                {
                    foreach (var (file, roster) in reference is null ? [] : await OpenRostersAsync(rosters, new RosterCheck(scratch, new EditionKey(of, reference.Year), reference, today), summary, cancellation))
                    {
                        if (roster.NotJudged is { } sentence) notJudged.Add($"{file.Name}: {sentence}");
                        leftOut += roster.LeftOut;
                        toCheck.AddRange(roster.Files);
                    }
                    await check.RunAsync(toCheck, summary.Add, cancellation);
                });
                foreach (var sentence in check.Refusals.Concat(notJudged)) terminal.Complain(sentence);
                Print(terminal, check, check.Rows + leftOut, summary);
                terminal.Result(new CheckReport([.. named.Select(file => file.Name)], check.Rows + leftOut, summary.Summary.Fatal, summary.Summary.Errors, summary.Summary.Warnings, [.. summary.Summary.Groups().Select(group => group with { Examples = [] })],
                    [.. check.RulesNotRun.Select(rule => rule.Id)], notJudged, summary.All, stages.Seconds));
                return check.Refusals.Count > 0 ? ExitCode.Unusable : summary.Summary.Total > 0 ? ExitCode.DataHasProblems : ExitCode.Done;
            }));
        });
        return command;
    }

    private static async Task<int> InScratchAsync(Func<FileBlobStore, Task<int>> work)
    {
        var scratch = Directory.CreateTempSubdirectory("aim-check-");
        try
        {
            return await work(new FileBlobStore(scratch.FullName, new UploadUrls([], new Uri(CommonOptions.DefaultUrl), TimeProvider.System)));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>Findings by root cause, and in which files their examples are.</summary>
    private sealed class PlacedFindings(bool keepsAll)
    {
        /// <summary>Holds the file of a finding for as long as somebody holds the finding: the summary keeps a few examples of each cause.</summary>
        private readonly ConditionalWeakTable<Finding, string> files = [];

        public FindingSummary Summary { get; } = new();

        public List<FileFinding> All { get; } = [];

        public void Add(FileFinding found)
        {
            files.Add(found.Finding, found.File);
            Summary.Add(found.Finding);
            if (keepsAll) All.Add(found);
        }

        public string FileOf(Finding finding) => files.TryGetValue(finding, out var file) ? file : "";
    }

    private static async Task<IReadOnlyList<(FileInfo File, RosterToCheck Roster)>> OpenRostersAsync(IReadOnlyList<FileInfo> files, RosterCheck check, PlacedFindings findings, CancellationToken cancellation)
    {
        var rosters = new List<(FileInfo, RosterToCheck)>();
        foreach (var file in files)
        {
            var roster = await check.OpenAsync(file.Name, file.OpenRead(), findings.Add, cancellation);
            if (roster.Refusal is { } refusal) throw new UnusableInputException($"{file.Name}: {refusal}");
            rosters.Add((file, roster));
        }
        return rosters;
    }

    private static void Print(Terminal terminal, OfflineCheck check, long rows, PlacedFindings findings)
    {
        var summary = findings.Summary;
        terminal.Say($"Checked {Plural.Of(rows, "row")}: {summary.Fatal} fatal, {Plural.Of(summary.Errors, "error")}, {Plural.Of(summary.Warnings, "warning")}.");
        foreach (var group in summary.Groups())
        {
            terminal.Say($"{group.Rule} {group.Severity}: {group.Title}{(group.Cause is null ? "" : $" ({group.Cause})")}: {group.Count}{Places(group, findings)}");
            terminal.Say($"    {group.Examples[0].Message} {group.HowToFix}");
        }
        if (check.RulesNotRun.Count > 0) terminal.Say($"Not checked, for lack of the state's data: {string.Join(", ", check.RulesNotRun.Select(rule => rule.Id))}.");
    }

    /// <summary>Where to look; what is found about a school or the district as a whole is in no line, and may be in no single file.</summary>
    private static string Places(FindingGroup group, PlacedFindings findings)
    {
        if (group.Record is null) return ", about the files together";
        var places = group.Examples.Take(LinesShown).GroupBy(findings.FileOf).Select(file => $"{file.Key}{Lines([.. file.Select(finding => finding.Line).Where(line => line > 0)])}");
        return $" in {string.Join("; ", places)}{(group.Count > LinesShown ? " …" : "")}";
    }

    private static string Lines(IReadOnlyList<long> lines) => lines.Count == 0 ? "" : $", {(lines.Count == 1 ? "line" : "lines")} {string.Join(", ", lines)}";

    private static (ReferenceData?, IReadOnlyDictionary<StateId, Person>?, NotesOfYear) ReadReference(DirectoryInfo? folder)
    {
        if (folder is null) return (null, null, NotesOfYear.None);
        CommonOptions.MustExist(folder, "Give the folder with districts.csv, schools.csv and calendars.csv.");
        var files = new ReferenceFiles(folder.FullName);
        var reference = files.Read();
        var people = files.ReadIdentities();
        var notes = reference is null ? NotesOfYear.None : files.ReadNotes(reference);
        if (reference is null || files.Problems.Count > 0) throw new UnusableInputException(string.Join(Environment.NewLine, files.Problems));
        return (reference, people.Count == 0 ? null : people.ToDictionary(person => person.StateId), notes);
    }

    private static void MustBeThere(FileInfo file)
    {
        if (Directory.Exists(file.FullName)) throw new UnusableInputException($"{file.FullName} is a folder. Name the files in it.");
        if (!file.Exists) throw new UnusableInputException($"The file {file.FullName} does not exist.");
    }

    /// <summary>Rows say which district they are of; an archive doesn't.</summary>
    private static DistrictId DistrictOf(string? wanted, IReadOnlyList<FileToCheck> files, IReadOnlyList<FileInfo> rosters)
    {
        if (wanted is null) return files.Count > 0 ? files[0].District : UploadFolder.Names(rosters[0].DirectoryName) ?? throw new UnusableInputException($"{rosters[0].Name}: a OneRoster archive doesn't say of which district it is. Give --district.");
        if (!DistrictId.TryParse(wanted, null, out var district)) throw new UnusableInputException($"'{wanted}' is not a district. Give its four-digit number, such as 0123.");
        return files.FirstOrDefault(file => file.District != district) is { } other ? throw new UnusableInputException($"{other.Name} is of district {other.District}, not of {district}. Check the files of one district at a time.") : district;
    }

    /// <summary>Of another district or year, each row would be unknown to the others.</summary>
    private static void MustBeOfOneEdition(IReadOnlyList<FileToCheck> files)
    {
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

    /// <summary>A OneRoster archive is known by its name, as <c>aim load</c> knows it, or by its manifest.</summary>
    private static bool IsRoster(FileInfo file)
    {
        if (UploadFolder.IsRoster(file.Name)) return true;
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
        return new FileToCheck(file.Name, type, district, year.Value, form, () => Task.FromResult<Stream>(file.OpenRead()));
    }
}
