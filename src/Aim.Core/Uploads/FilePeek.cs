using System.Text;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>What the first rows of a file say about it; where they disagree, most of them decide, as one wrong row must not turn all others wrong.</summary>
public sealed record FilePeek(RecordType? Type, DistrictId? District, SchoolYear? Year)
{
    private const int Size = 1 << 16;

    /// <summary>Reads the beginning of a file; parts that can't be told are null.</summary>
    public static async Task<FilePeek> ReadAsync(Stream file, CancellationToken cancellation)
    {
        var buffer = new byte[Size];
        var length = await file.ReadAtLeastAsync(buffer, Size, throwOnEndOfStream: false, cancellation);
        var bytes = buffer.AsSpan(0, length);
        var encoding = bytes is [0xFF, 0xFE, ..] ? Encoding.Unicode : bytes is [0xFE, 0xFF, ..] ? Encoding.BigEndianUnicode : Encoding.UTF8;
        var lines = encoding.GetString(bytes).TrimStart('\uFEFF').Split('\n', StringSplitOptions.TrimEntries);
        // The last line may be cut off by the end of the buffer; a short file's only row is none the worse for it.
        var rows = lines.Skip(1).Where(line => line.Length > 0).ToList();
        if (length == Size && rows.Count > 1) rows.RemoveAt(rows.Count - 1);
        var peeks = (lines[0].Contains('\t') ? rows.Select(row => OfTabbed(row.Split('\t'))) : rows.Select(row => OfCsv(lines[0].Split(','), row.Split(',')))).ToList();
        return new FilePeek(Most(peeks.Select(peek => peek.Type)), Most(peeks.Select(peek => peek.District)), Most(peeks.Select(peek => peek.Year)));
    }

    private static T? Most<T>(IEnumerable<T?> values) => values.Where(value => value is not null).GroupBy(value => value).MaxBy(group => group.Count()) is { } most ? most.Key : default;

    private static FilePeek OfTabbed(string[] cells) => new(RecordTypes.Find(cells[0].Trim()), DistrictOf(cells.ElementAtOrDefault(1)), YearOf(cells[^1]));

    private static FilePeek OfCsv(string[] header, string[] cells)
    {
        return new FilePeek(RecordTypes.Find(Cell("RecordType")), DistrictOf(Cell("DistrictNumber")), YearOf(Cell("EndYear")));

        string? Cell(string column)
        {
            var i = Array.FindIndex(header, name => name.Trim().Trim('"').Equals(column, StringComparison.OrdinalIgnoreCase));
            return i < 0 ? null : cells.ElementAtOrDefault(i)?.Trim().Trim('"');
        }
    }

    private static DistrictId? DistrictOf(string? text) => text?.Trim() is { Length: > 0 } number && DistrictId.TryParse(number.PadLeft(4, '0'), null, out var id) ? id : null;

    private static SchoolYear? YearOf(string? text) => SchoolYear.TryParse(text?.Trim(), null, out var year) ? year : null;
}
