using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.StateSync;
using Aim.Tests.Rules;
using Aim.Tests.Setup;
using Aim.Uploads;
using Aim.Workflows;

namespace Aim.Tests.Generate;

/// <summary>What a load of a generated state found.</summary>
/// <param name="Hits">The findings' rules, files and lines.</param>
/// <param name="Cases">Rule, State ID, first day and districts of each case that was opened.</param>
/// <param name="NearMatches">District and local id of the students who wait for a decision whether the state knows them.</param>
internal sealed record LoadedState(LoadReport Report, IReadOnlyList<Finding> Findings, IReadOnlyList<Hit> Hits, IReadOnlyList<string> Cases, IReadOnlyList<string> NearMatches);

/// <summary>A generated state in a folder of its own, to be loaded or looked at.</summary>
internal sealed class GeneratedState
{
    private readonly string root = AssemblySetup.NewFolder("generated");

    /// <summary>The folder of the last year.</summary>
    public string Folder { get; }

    public GenerateReport Report { get; }

    public GeneratedState(int students, int seed, double errorRate = 0, int? districts = null, SampleRecords records = SampleRecords.All, int years = 1)
    {
        Report = new StateGenerator(new GenerateOptions(root, students, districts, seed, Sample.Year, errorRate) { Records = records, Years = years }).Run();
        Folder = Report.Out;
    }

    /// <summary>What the generator says it planted.</summary>
    public IReadOnlyList<Hit> Planted => [.. File.ReadLines(Path.Combine(Folder, "truth", "planted.csv")).Skip(1).Select(line => line.Split(',')).Select(cells => new Hit(cells[2], cells[0], int.Parse(cells[1], null)))];

    public IEnumerable<string> UploadFiles => FilesOf(Folder);

    private static IEnumerable<string> FilesOf(string folder) => Directory.EnumerateFiles(Path.Combine(folder, "uploads"), "*.tsv", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>The rows of every upload of a type, by column name.</summary>
    public IEnumerable<IReadOnlyDictionary<string, string>> Rows(string type) => Rows(Folder, type);

    public static IEnumerable<IReadOnlyDictionary<string, string>> Rows(string folder, string type)
    {
        var columns = Sample.Layout(type).Columns.Select(column => column.Name).ToList();
        return FilesOf(folder).Where(file => Path.GetFileName(file) == $"{type}.tsv").SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split('\t')).Select(cells => columns.Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second)).Concat(Pushed(folder, type, columns));
    }

    /// <summary>The records of a type that were pushed rather than sent in a file.</summary>
    private static IEnumerable<Dictionary<string, string>> Pushed(string folder, string type, IReadOnlyList<string> columns)
    {
        if (!Directory.Exists(Path.Combine(folder, "pushes"))) yield break;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "pushes"), "*.json", SearchOption.AllDirectories))
        {
            using var push = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var change in push.RootElement.GetProperty("changes").EnumerateArray().Where(change => change.GetProperty("recordType").GetString() == type && !change.TryGetProperty("key", out _)))
            {
                var row = columns.ToDictionary(column => column, column => change.GetProperty("record").TryGetProperty(RecordType.JsonName(column), out var value) ? value.GetString()! : "");
                (row["DistrictNumber"], row["StudentLocalId"]) = (Path.GetFileName(Path.GetDirectoryName(file)!), change.GetProperty("localId").GetString()!);
                yield return row;
            }
        }
    }

    /// <summary>Districts that send archives of their classes.</summary>
    public IReadOnlySet<string> WithRosters => Directory.EnumerateFiles(Path.Combine(Folder, "uploads"), "OR.zip", SearchOption.AllDirectories).Select(file => Path.GetFileName(Path.GetDirectoryName(file)!)).ToHashSet();

    public IEnumerable<string[]> Reference(string file) => File.ReadLines(Path.Combine(Folder, "reference", file)).Skip(1).Select(line => line.Split(','));

    /// <summary>A truth file's lines, cell by cell.</summary>
    public IReadOnlyList<string[]> Truth(string file) => [.. File.ReadLines(Path.Combine(Folder, "truth", file)).Skip(1).Select(line => line.Split(','))];

    /// <summary>The cases that are to be opened of some rules, as text.</summary>
    public IEnumerable<string> ExpectedCases(params string[] rules) => Truth("cases.csv").Where(cells => rules.Contains(cells[0])).Select(cells => $"{cells[0]} {cells[1]} {cells[5]} {cells[3]} {cells[4]}".Trim()).Order(StringComparer.Ordinal);

    /// <summary>
    /// Loads everything as <c>aim load</c> does and gives what was found, each finding at the line that it is about; then lets a night of the autumn pass, when no arrival can be
    /// waited for any more.
    /// </summary>
    /// <param name="then">Looks at the data folder before it is closed.</param>
    public async Task<LoadedState> LoadAsync(Func<DataFolder, Task>? then = null)
    {
        await using var data = DataFolder.Open(AssemblySetup.NewFolder("data-folder"), new Uri("http://localhost:5080"), TimeProvider.System, Microsoft.Extensions.Logging.LoggerFactory.Create(_ => { }));
        data.Engine.Start();
        foreach (var earlier in Report.Earlier ?? [])
        {
            var before = await new StateLoader(data, TimeProvider.System).LoadAsync(earlier.Out, ConfirmPolicy.Never, new StageProgress(null), CancellationToken.None);
            Assert.AreEqual((before.Totals.Rows, 0, 0L, 0L, 0L), (before.Totals.Added, before.Parked, before.Totals.Fatal, before.Totals.Errors, before.Totals.Warnings), "the years before have no mistakes");
        }
        var report = await new StateLoader(data, TimeProvider.System).LoadAsync(Folder, ConfirmPolicy.Never, new StageProgress(null), CancellationToken.None);
        await NightAsync(data, new DateOnly(Sample.Year.EndYear, 10, 15));
        var (files, found) = (new Dictionary<UploadId, string>(), new List<(string File, Finding Finding)>());
        foreach (var file in report.Files)
        {
            var upload = (await data.Platform.Uploads.FindReportAsync(file.UploadKey, CancellationToken.None))!;
            files[upload.UploadId!.Value] = file.File;
            foreach (var path in upload.FindingFiles)
            {
                await using var stream = await data.Ports.Blobs.OpenReadAsync(path, CancellationToken.None);
                using var reader = new StreamReader(stream!);
                while (await reader.ReadLineAsync() is { } line) found.Add((file.File, FindingJson.ReadLine(line)));
            }
        }
        foreach (var push in report.Pushes)
        {
            var number = await data.Platform.Pushed.FindNumberAsync(new EditionKey(new DistrictId(push.File.Split('/')[1]), Sample.Year), push.Sequence, CancellationToken.None);
            found.AddRange((await data.Platform.Pushed.FindOutcomeAsync(number.Push!, CancellationToken.None))!.Reports.SelectMany(change => change.Findings).Select(finding => (push.File, finding)));
        }
        Hit[] hits = [.. found.Select(item => new Hit(item.Finding.Rule, item.Finding.Upload is { } upload ? files[upload] : item.File, item.Finding.Line)).Distinct()];
        var cases = await data.Platform.Cases.ListAsync(Sample.Year, null, null, CancellationToken.None).Select(item => $"{item.Rule} {item.Student} {item.From.ToString(FileDate.Format, CultureInfo.InvariantCulture)} {string.Join(' ', item.Sides.Select(side => side.District))}").ToListAsync();
        if (then is not null) await then(data);
        return new LoadedState(report, [.. found.Select(item => item.Finding)], hits, [.. cases.Order(StringComparer.Ordinal)], await NearMatchesAsync(data));
    }

    private static async Task<IReadOnlyList<string>> NearMatchesAsync(DataFolder data)
    {
        var waiting = new List<string>();
        await foreach (var head in data.Ports.Editions.ListHeadsAsync(Sample.Year, CancellationToken.None))
            waiting.AddRange((await data.Platform.Parked.ListAsync(head.Key, CancellationToken.None)).Values.Where(student => student.Reason is ParkReason.NearMatch or ParkReason.OtherLocalId).Select(student => $"{head.Key.District} {student.LocalId}"));
        return waiting;
    }

    private static async Task NightAsync(DataFolder data, DateOnly date)
    {
        const string Night = "night-of-the-test";
        await data.Platform.Workflows.StartAsync<NightlySyncWorkflow, NightInput, NightReport>(Night, new NightInput(date, VerifyAll: false), CancellationToken.None);
        Assert.AreEqual(WorkflowStatus.Completed, (await data.Engine.WhenFinishedAsync(Night, CancellationToken.None)).Status);
    }
}
