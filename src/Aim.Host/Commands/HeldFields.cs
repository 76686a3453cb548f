using System.Globalization;
using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;

namespace Aim.Host.Commands;

/// <summary>A field that the state office holds against what a district sends, as a line of <c>held-fields.csv</c> says.</summary>
internal sealed record HeldLine(long Line, FieldToHold Hold);

/// <summary>What became of a line of <c>held-fields.csv</c>.</summary>
internal sealed record LoadedHold(long Line, EditStatus Status, string Sentence);

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

/// <summary>
/// Holds the fields that a folder names, once the districts' files are in the state's records. A line is done once: when the folder is loaded again, what was decided here since stands.
/// </summary>
internal sealed class HeldFieldsLoader(DataFolder data, SchoolYear year, string actor)
{
    public async Task<IReadOnlyList<LoadedHold>> LoadAsync(IReadOnlyList<HeldLine> lines, CancellationToken cancellation)
    {
        var loaded = new List<LoadedHold>();
        foreach (var district in lines.GroupBy(line => line.Hold.District))
        {
            await data.Platform.Syncs.RunAsync(new EditionKey(district.Key, year), cancellation);
            var students = await data.Ports.Identities.FindLinksAsync(district.Key, [.. district.Select(line => line.Hold.LocalId).Distinct()], cancellation);
            foreach (var line in district) loaded.Add(await HoldAsync(line, students, cancellation));
        }
        return [.. loaded.OrderBy(item => item.Line)];
    }

    private async Task<LoadedHold> HoldAsync(HeldLine line, IReadOnlyDictionary<string, StateId> students, CancellationToken cancellation)
    {
        var mark = MarkOf(line.Hold);
        if (await data.Ports.Ledger.FindAsync(mark.Subject, mark.Kind, mark.Id, cancellation) is not null) return new LoadedHold(line.Line, EditStatus.Done, "The line was loaded before; what was decided since stands.");
        var outcome = students.TryGetValue(line.Hold.LocalId, out var student)
            ? await data.Platform.StateEditing.HoldAsync(student, year, null, line.Hold, actor, cancellation)
            : new EditOutcome(EditStatus.NotThere);
        if (outcome.Status == EditStatus.Done) await data.Ports.Ledger.PutAsync(mark, cancellation);
        return new LoadedHold(line.Line, outcome.Status, outcome.Status switch
        {
            EditStatus.Done => "The field is held.",
            EditStatus.NotThere => "Not held: the state has no such student, record or field of the district in this year. Correct the line, or load the file that brings the record.",
            EditStatus.InKey => "Not held: the field is part of the record's key, and with another value it would be another record. Ask the district to correct the record itself.",
            EditStatus.Refused => $"Not held: the record can't be as it would be with that value ({string.Join(", ", outcome.Findings!.Select(finding => finding.Rule).Distinct())}). Correct the value.",
            _ => "Not held: the student's record was changed at the same time. Load again.",
        });
    }

    private LedgerEntry MarkOf(FieldToHold hold) => new($"held-fields/{hold.District}/{year}", "line",
        ContentHash.OfText($"{hold.LocalId}\n{hold.Type.Code}\n{hold.Key}\n{hold.Field}\n{hold.Value}\n{hold.Reason}").ToString("x32", CultureInfo.InvariantCulture), "{}");
}
