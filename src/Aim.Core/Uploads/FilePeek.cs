using System.Text;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>What the first data row of a file says about itself.</summary>
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
        var lines = encoding.GetString(bytes).TrimStart('\uFEFF').Split('\n', 4, StringSplitOptions.TrimEntries);
        if (lines.Length < 2) return new FilePeek(null, null, null);
        return lines[0].Contains('\t') ? OfTabbed(lines[1].Split('\t')) : OfCsv(lines[0].Split(','), lines[1].Split(','));
    }

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

    private static DistrictId? DistrictOf(string? text) => DistrictId.TryParse(text?.Trim().PadLeft(4, '0'), null, out var id) ? id : null;

    private static SchoolYear? YearOf(string? text) => SchoolYear.TryParse(text?.Trim(), null, out var year) ? year : null;
}
