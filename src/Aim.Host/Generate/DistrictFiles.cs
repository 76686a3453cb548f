using System.Globalization;
using System.Text;
using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>
/// The files of one district: a row goes to its file as soon as it is made, so that a district of any size takes no memory. Some districts send classes as an archive instead, or push some
/// records.
/// </summary>
internal sealed class DistrictFiles(string root, SampleDistrict of, SchoolYear year, SampleRandom random, double rate) : IDisposable
{
    /// <summary>A count is sent when its day has passed.</summary>
    private const int DaysAfterCount = 9;

    private readonly string district = of.District.Number.Value;
    private readonly SampleRoster? roster = of.SendsRosters ? new(of, year) : null;
    private readonly SamplePushes? pushes = of.PushesMeals ? new(root, of.District.Number.Value, year, random, rate) : null;
    private readonly List<(string File, int Line, string Rule)> planted = [];
    private readonly SortedDictionary<string, UploadFile> files = new(StringComparer.Ordinal);

    private readonly SortedDictionary<string, int> rows = new(StringComparer.Ordinal);

    /// <summary>Rows written, by record type.</summary>
    public IReadOnlyDictionary<string, int> Rows => rows;

    public void Write(SampleRow row)
    {
        rows[row.Layout.Type] = rows.GetValueOrDefault(row.Layout.Type) + 1;
        if (roster is not null && SampleRoster.Takes(row)) roster.Add(row);
        else if (pushes is not null && SamplePushes.Takes(row)) pushes.Add(row);
        else WriteToFile(row);
    }

    /// <summary>After the last row; the mistakes written, by file and line.</summary>
    public IEnumerable<(string File, int Line, string Rule)> Complete()
    {
        pushes?.Complete();
        return [.. planted, .. files.Values.SelectMany(file => file.Planted), .. pushes?.Planted ?? [], .. roster?.Write(root, rate > 0) ?? []];
    }

    /// <summary>Fields that the state office holds of the district's records, as lines of <c>held-fields.csv</c>.</summary>
    public IReadOnlyList<string> Held => pushes?.Held ?? [];

    /// <summary>Offers a student's rows, written and without mistakes, to be the ones that a push contradicts.</summary>
    public void Offer(IReadOnlyList<SampleRow> studentRows) => pushes?.Offer(studentRows);

    private void WriteToFile(SampleRow row)
    {
        if (!files.TryGetValue(row.Layout.Type, out var file)) files[row.Layout.Type] = file = Create(row.Layout);
        file.Write(row);
    }

    /// <summary>A file that is none: what the district's system wrote when its export failed.</summary>
    public void WriteUnreadable()
    {
        var unreadable = $"uploads/{district}/{RecordTypes.Student.Code}.csv";
        planted.Add((unreadable, 0, FileRules.Header.Id));
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
