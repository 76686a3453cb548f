using System.Text;
using Aim.Host.Generate;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Bench;

/// <summary>Synthetic states and files, made once and kept; folders of one run of the harness, thrown away at its end.</summary>
internal sealed class BenchData(string root, int students)
{
    private const int Seed = 1;
    private const string Complete = ".complete";

    /// <summary>The rows of large files are those of a district of this many students, over and over under new local ids.</summary>
    private const int BaseStudents = 20_000;

    private const int LocalIdColumn = 5;

    public const double MistakeRate = 0.02;

    public static readonly SchoolYear Year = new(2026);

    /// <summary>The day the generated files say they were written.</summary>
    public static readonly DateOnly AsOf = new(2026, 6, 15);

    public int Students => students;

    /// <summary>Rows of the large enrollment files: 1.2 million at full size.</summary>
    public long LargeRows => students * 8L;

    /// <summary>Scales a number of bytes or students that is given for the full state.</summary>
    public long Scaled(long amount) => Math.Max(100, amount * students / Options.FullSize);

    /// <inheritdoc cref="Scaled(long)" />
    public int Scaled(int amount) => (int)Scaled((long)amount);

    public string Scratch => Path.Combine(root, "scratch");

    /// <summary>A folder that does not exist yet.</summary>
    public string NewFolder(string name) => Path.Combine(Scratch, $"{name}-{Guid.NewGuid():N}");

    /// <summary>A generated state, as <c>aim generate</c> writes it; the core record types alone, for which the targets were set, unless said otherwise.</summary>
    public string State(int size, int? districts = null, double errorRate = 0, SampleRecords records = SampleRecords.Core) =>
        Once(FormattableString.Invariant($"state-{size}-{(districts is null ? "all" : districts)}-{errorRate}-{records}"),
            folder => new StateGenerator(new GenerateOptions(folder, size, districts, Seed, Year, errorRate) { Records = records }).Run());

    /// <summary>One district's enrollments, in a file of at least that many rows or bytes, with the folder of the reference data it goes with.</summary>
    public EnrollmentFile Enrollments(long rows = 0, long bytes = 0, double errorRate = 0)
    {
        var state = State(BaseStudents, districts: 1, errorRate);
        var source = Directory.GetFiles(Path.Combine(state, "uploads"), "EN.tsv", SearchOption.AllDirectories).Single();
        var folder = Once(FormattableString.Invariant($"enrollments-{rows}-{bytes}-{errorRate}"), target =>
        {
            Directory.CreateDirectory(target);
            WriteCopies(source, Path.Combine(target, "EN.tsv"), rows, bytes);
        });
        return new EnrollmentFile(Path.Combine(folder, "EN.tsv"), DistrictId.Parse(Path.GetFileName(Path.GetDirectoryName(source)!)), Path.Combine(state, "reference"));
    }

    private static void WriteCopies(string source, string target, long rows, long bytes)
    {
        var lines = File.ReadAllLines(source);
        using var file = new StreamWriter(target, false, new UTF8Encoding(false), 1 << 20) { NewLine = "\r\n" };
        file.WriteLine(lines[0]);
        var (written, length) = (0L, 0L);
        for (var copy = 0; written < rows || length < bytes; copy++)
        {
            for (var i = 1; i < lines.Length && (written < rows || length < bytes); i++)
            {
                var line = Renamed(lines[i], copy);
                file.WriteLine(line);
                written++;
                length += line.Length + 2;
            }
        }
    }

    private static string Renamed(string line, int copy)
    {
        var cells = line.Split('\t');
        cells[LocalIdColumn] = FormattableString.Invariant($"{cells[LocalIdColumn]}-{copy}");
        return string.Join('\t', cells);
    }

    private string Once(string name, Action<string> make)
    {
        var folder = Path.Combine(root, name);
        if (File.Exists(Path.Combine(folder, Complete))) return folder;
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        make(folder);
        File.WriteAllText(Path.Combine(folder, Complete), "");
        return folder;
    }

    /// <summary>The loaded data folder that later cases start from; made anew in each run of the harness.</summary>
    public string Loaded => Path.Combine(Scratch, "loaded");

    /// <summary>A copy of <see cref="Loaded"/> to change at will.</summary>
    public string CopyOfLoaded()
    {
        var copy = NewFolder("copy");
        foreach (var file in Directory.EnumerateFiles(Loaded, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(Loaded, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
            // A blob's version is its length and time.
            File.SetLastWriteTimeUtc(target, File.GetLastWriteTimeUtc(file));
        }
        return copy;
    }

    public void ClearScratch()
    {
        if (Directory.Exists(Scratch)) Directory.Delete(Scratch, recursive: true);
    }
}

/// <summary>A file of enrollments of one district.</summary>
/// <param name="ReferenceFolder">Where the state's reference files are.</param>
internal sealed record EnrollmentFile(string Path, DistrictId District, string ReferenceFolder)
{
    public ReferenceData Reference() => new ReferenceFiles(ReferenceFolder).Read() ?? throw new InvalidDataException("The generated reference data can't be read.");
}
