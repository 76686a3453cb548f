using Aim.Records;
using Aim.StateSync;

namespace Aim.Host.Commands;

/// <summary>A field that the state office holds against what a district sends, as a line of <c>held-fields.csv</c> says.</summary>
internal sealed record HeldLine(long Line, FieldToHold Hold);

/// <summary>
/// Fields that the state office holds, from the system before this one: <c>held-fields.csv</c> beside the uploads, one field a line, with the columns of <c>PUT …/edits</c>. The file may be
/// left out.
/// </summary>
internal static class HeldFieldsFile
{
    public const string Name = "held-fields.csv";

    private static readonly string[] Columns = ["District", "LocalId", "RecordType", "Key", "Field", "Value", "Reason"];

    public static string Header { get; } = string.Join(',', Columns);

    /// <exception cref="UnusableInputException">The file lacks a column, or a line can't name a field.</exception>
    public static async Task<IReadOnlyList<HeldLine>> ReadAsync(string folder, CancellationToken cancellation)
    {
        var file = new FileInfo(Path.Combine(folder, Name));
        if (!file.Exists) return [];
        using var rows = await CsvFile.OpenAsync(file, cancellation);
        var names = CsvFile.Names(rows);
        var at = Columns.Select(column => Array.FindIndex(names, name => name.Equals(column, StringComparison.OrdinalIgnoreCase))).ToArray();
        if (Array.IndexOf(at, -1) is >= 0 and var missing) throw new UnusableInputException($"{Name} has no column {Columns[missing]}. Its first line must name the columns {Header}.");
        var lines = new List<HeldLine>();
        while (await CsvFile.ReadAsync(rows, file, cancellation))
        {
            var cells = at.Select(column => column < rows.RowFieldCount ? rows.GetString(column).Trim() : "").ToArray();
            var line = rows.RowNumber + 1L;
            if (cells.Any(cell => cell.Length > 0)) lines.Add(new HeldLine(line, HoldOf(cells, line)));
        }
        return lines;
    }

    private static FieldToHold HoldOf(string[] cells, long line)
    {
        if (!DistrictId.TryParse(cells[0], null, out var district)) throw Unusable("District is not a four-digit School System number");
        if (cells[1].Length == 0) throw Unusable("LocalId is empty");
        if (RecordTypes.Find(cells[2]) is not { } type) throw Unusable("RecordType is no code of a record type, such as EN");
        if (cells[4].Length == 0) throw Unusable("Field is empty");
        if (cells[6].Length is 0 or > FieldToHold.LongestReason) throw Unusable($"Reason is empty or longer than {FieldToHold.LongestReason} characters; the district reads it");
        return new FieldToHold(district, cells[1], type, cells[3], cells[4], cells[5].Length == 0 ? null : cells[5], cells[6]);

        UnusableInputException Unusable(string mistake) => new($"{Name}, line {line}: {mistake}. Correct it.");
    }
}
