using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Rules;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Generate;

/// <summary>A generated state in a folder of its own, to be loaded or looked at.</summary>
internal sealed class GeneratedState
{
    public string Folder { get; } = AssemblySetup.NewFolder("generated");

    public GenerateReport Report { get; }

    public GeneratedState(int students, int seed, double errorRate = 0, int? districts = null, SampleRecords records = SampleRecords.All) =>
        Report = new StateGenerator(new GenerateOptions(Folder, students, districts, seed, Sample.Year, errorRate) { Records = records }).Run();

    /// <summary>What the generator says it planted.</summary>
    public IReadOnlyList<Hit> Planted => [.. File.ReadLines(Path.Combine(Folder, "truth", "planted.csv")).Skip(1).Select(line => line.Split(',')).Select(cells => new Hit(cells[2], cells[0], int.Parse(cells[1], null)))];

    public IEnumerable<string> UploadFiles => Directory.EnumerateFiles(Path.Combine(Folder, "uploads"), "*.tsv", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>The rows of every upload of a type, by column name.</summary>
    public IEnumerable<IReadOnlyDictionary<string, string>> Rows(string type)
    {
        var columns = Sample.Layout(type).Columns.Select(column => column.Name).ToList();
        return UploadFiles.Where(file => Path.GetFileName(file) == $"{type}.tsv").SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split('\t')).Select(cells => columns.Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    public IEnumerable<string[]> Reference(string file) => File.ReadLines(Path.Combine(Folder, "reference", file)).Skip(1).Select(line => line.Split(','));

    /// <summary>Loads everything as <c>aim load</c> does and gives what was found, each finding at the line that it is about.</summary>
    public async Task<(LoadReport Report, IReadOnlyList<Finding> Findings, IReadOnlyList<Hit> Hits)> LoadAsync()
    {
        await using var data = DataFolder.Open(AssemblySetup.NewFolder("data-folder"), new Uri("http://localhost:5080"), TimeProvider.System, Microsoft.Extensions.Logging.LoggerFactory.Create(_ => { }));
        data.Engine.Start();
        var report = await new StateLoader(data, TimeProvider.System).LoadAsync(Folder, ConfirmPolicy.Never, new StageProgress(null), CancellationToken.None);
        var (files, found) = (new Dictionary<UploadId, string>(), new List<(string File, Finding Finding)>());
        foreach (var file in report.Files)
        {
            var upload = (await data.Platform.Uploads.FindReportAsync(file.UploadKey, CancellationToken.None))!;
            files[upload.UploadId!.Value] = file.File;
            foreach (var path in upload.FindingFiles)
            {
                await using var stream = await data.Ports.Blobs.OpenReadAsync(path, CancellationToken.None);
                using var reader = new StreamReader(stream!);
                while (await reader.ReadLineAsync() is { } line) found.Add((file.File, FindingsWriter.Read(line)));
            }
        }
        return (report, [.. found.Select(item => item.Finding)], [.. found.Select(item => new Hit(item.Finding.Rule, item.Finding.Upload is { } upload ? files[upload] : item.File, item.Finding.Line)).Distinct()]);
    }
}
