using System.Globalization;
using System.Text;
using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>The files of one district: a row goes to its file as soon as it is made, so that a district of any size takes no memory.</summary>
internal sealed class DistrictFiles(string root, string district, SchoolYear year) : IDisposable
{
    /// <summary>A count is sent when its day has passed.</summary>
    private const int DaysAfterCount = 9;

    private string? unreadable;
    private readonly SortedDictionary<string, UploadFile> files = new(StringComparer.Ordinal);

    /// <summary>Rows written, by record type.</summary>
    public IEnumerable<(string Type, int Rows)> Rows => files.Select(file => (file.Key, file.Value.Lines - 1));

    /// <summary>The mistakes written, by file and line.</summary>
    public IEnumerable<(string File, int Line, string Rule)> Planted => files.Values.SelectMany(file => file.Planted).Concat(unreadable is null ? [] : [(unreadable, 0, "FMT-001")]);

    public void Write(SampleRow row)
    {
        if (!files.TryGetValue(row.Layout.Type, out var file)) files[row.Layout.Type] = file = Create(row.Layout);
        file.Write(row);
    }

    /// <summary>A file that is none: what the district's system wrote when its export failed.</summary>
    public void WriteUnreadable()
    {
        unreadable = $"uploads/{district}/{RecordTypes.Student.Code}.csv";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, unreadable))!);
        File.WriteAllText(Path.Combine(root, unreadable), "The export failed. Try again later.\r\n");
    }

    private UploadFile Create(SampleLayout layout)
    {
        var name = $"uploads/{district}/{layout.Type}.tsv";
        var header = string.Create(CultureInfo.InvariantCulture, $"HD\t{WrittenOn(layout.Type):MM/dd/yyyy}\t08:30:00\t{layout.Version}");
        return new UploadFile(name, Path.Combine(root, name), header);
    }

    /// <summary>Most files are the year's last: every enrollment has ended.</summary>
    private DateOnly WrittenOn(string type) =>
        type == RecordTypes.FallCount.Code ? Ages.FallCountDay(year).AddDays(DaysAfterCount)
        : type == RecordTypes.SpringCount.Code ? Ages.SpringCountDay(year).AddDays(DaysAfterCount)
        : type == RecordTypes.TestWindow.Code ? SchoolDays.TestWindow(year).AddDays(DaysAfterCount)
        : new DateOnly(year.EndYear, 6, 15);

    public void Dispose()
    {
        foreach (var file in files.Values) file.Dispose();
    }

    private sealed class UploadFile : IDisposable
    {
        private readonly string name;
        private readonly StreamWriter writer;

        public UploadFile(string name, string path, string header)
        {
            this.name = name;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            writer = new StreamWriter(path, false, new UTF8Encoding(false)) { NewLine = "\r\n" };
            writer.WriteLine(header);
        }

        public int Lines { get; private set; } = 1;

        public List<(string File, int Line, string Rule)> Planted { get; } = [];

        public void Write(SampleRow row)
        {
            Lines++;
            writer.WriteLine(row.Text);
            foreach (var rule in row.Planted) Planted.Add((name, Lines, rule));
        }

        public void Dispose() => writer.Dispose();
    }
}
