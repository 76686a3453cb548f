using System.Text;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.OneRoster;

/// <summary>The parts of one archive as CSV files, written row by row, each with a list of where its lines come from.</summary>
/// <param name="report">Takes what is wrong with rows of the archive.</param>
internal sealed class RosterParts(IBlobStore blobs, string prefix, EditionKey edition, Action<RosterOrigin, Finding> report, CancellationToken cancellation) : IRosterSink, IAsyncDisposable
{
    /// <summary>In this order nothing refers to what comes later.</summary>
    internal static readonly RecordType[] Types = [RecordTypes.Student, RecordTypes.Course, RecordTypes.StaffMember, RecordTypes.CourseSection, RecordTypes.RosterEntry];

    private readonly Dictionary<RecordType, (SpooledBlob File, SpooledBlob Origins, FileLayout Layout)> files = [];
    private readonly Dictionary<RecordType, long> lines = [];

    public Dictionary<RecordType, List<NamedRemoval>> Removals { get; } = [];

    /// <summary>Of which types rows can't be used.</summary>
    public HashSet<RecordType> LeftOut { get; } = [];

    public long LeftOutRows { get; private set; }

    public void Report(RosterOrigin origin, Finding finding) => report(origin, finding);

    public void LeaveOut(RecordType type)
    {
        LeftOut.Add(type);
        LeftOutRows++;
    }

    public void Remove(RecordType type, string localId, string key, string? replacedBy)
    {
        // A part that only removes has no rows.
        PartOf(type);
        if (!Removals.TryGetValue(type, out var removals)) Removals[type] = removals = [];
        removals.Add(new NamedRemoval(type.LocalIdPrefix + localId, key, replacedBy));
    }

    public async ValueTask RowAsync(RecordType type, RosterOrigin origin, params (string Column, string? Value)[] values)
    {
        var part = PartOf(type);
        LineOrigins.Write(part.Origins, lines[type], origin.File, origin.Line);
        lines[type] += Write(part.File, part.Layout.Columns.Select(column => column.Role switch
        {
            ColumnRole.RecordType => type.Code,
            ColumnRole.District => edition.District.Value,
            ColumnRole.EndYear => edition.Year.ToString(),
            _ => values.FirstOrDefault(value => value.Column == column.Name).Value,
        }));
        await part.File.FlushAsync(cancellation);
        await part.Origins.FlushAsync(cancellation);
    }

    private (SpooledBlob File, SpooledBlob Origins, FileLayout Layout) PartOf(RecordType type)
    {
        if (files.TryGetValue(type, out var part)) return part;
        var layout = FileLayouts.Find(type, null, edition.Year) ?? throw new InvalidOperationException($"There is no layout of {type.Code} for {edition.Year}.");
        files[type] = part = (new SpooledBlob(blobs, $"{prefix}{type.Code}.csv"), new SpooledBlob(blobs, $"{prefix}{type.Code}-origins.csv"), layout);
        lines[type] = 1 + Write(part.File, layout.Columns.Select(column => column.Name));
        return part;
    }

    /// <returns>How many lines the row takes.</returns>
    private static int Write(SpooledBlob file, IEnumerable<string?> cells)
    {
        var row = $"{string.Join(',', cells.Select(Quoted))}\n";
        Encoding.UTF8.GetBytes(row, file.Buffer);
        return DelimitedText.CountLineEnds(row);
    }

    private static string Quoted(string? cell) => cell is null ? "" : cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    /// <summary>The paths of a part that has rows, or removes some, and of its list of origins, if it has rows; null for one that hasn't any.</summary>
    public async Task<(string Path, string? Origins)?> CompleteAsync(RecordType type) =>
        files.TryGetValue(type, out var part) && await part.File.CompleteAsync(cancellation) is { } path ? (path, await part.Origins.CompleteAsync(cancellation)) : null;

    public async ValueTask DisposeAsync()
    {
        foreach (var (file, origins, _) in files.Values)
        {
            await file.DisposeAsync();
            await origins.DisposeAsync();
        }
    }
}
