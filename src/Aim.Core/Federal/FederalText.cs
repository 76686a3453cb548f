using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Aim.Federal;

/// <summary>The forms EDFacts takes: comma-separated, tab-separated, fixed width.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FederalFormat>))]
public enum FederalFormat { Csv = 1, Tab = 2, Txt = 3 }

/// <summary>What the header record says of the file as a whole.</summary>
public sealed record FederalHeader(string FileType, int Records, string FileName, string FileIdentifier, string ReportingPeriod);

/// <summary>
/// Lays records out: a header record, then data records, each ended by CR and LF. Delimited files have no quotes, so a value with a
/// comma, tab or quote can't be written; the reference data is checked for that when it comes in.
/// </summary>
internal sealed class FederalText(Stream file, LevelSpec level, FederalFormat format) : IAsyncDisposable
{
    private static readonly int[] HeaderWidths = [50, 10, 25, 32, 9];
    private const int HeaderFiller = 458;

    private static readonly SearchValues<char> Unwritable = SearchValues.Create(",\t\"\r\n");

    private readonly StreamWriter writer = new(file, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
    private readonly StringBuilder line = new(1024);

    /// <summary>Whether a field of that width can take the value.</summary>
    public static bool Fits(ReadOnlySpan<char> value, int width) => value.Length <= width && !value.ContainsAny(Unwritable);

    public void WriteHeader(FederalHeader header)
    {
        string[] cells = [header.FileType, header.Records.ToString(CultureInfo.InvariantCulture), header.FileName, header.FileIdentifier, header.ReportingPeriod];
        line.Clear();
        for (var i = 0; i < cells.Length; i++) Append(cells[i], HeaderWidths[i], isNumber: i == 1, isFirst: i == 0);
        if (format == FederalFormat.Txt) line.Append(' ', HeaderFiller);
        End();
    }

    /// <summary>Writes a data record; the cells are in the order of the level's fields, fillers empty.</summary>
    public void WriteRecord(ReadOnlySpan<string?> cells)
    {
        line.Clear();
        for (var i = 0; i < level.Fields.Count; i++) Append(cells[i] ?? "", level.Fields[i].Width, level.Fields[i].Number, isFirst: i == 0);
        End();
    }

    private void Append(string value, int width, bool isNumber, bool isFirst)
    {
        if (!Fits(value, width))
            throw new Workflows.FaultException($"A value of {value.Length} characters does not fit the federal file: a field takes {width}, without commas, tabs and quotes. Correct the name or address in the reference data.") { IsPermanent = true };
        switch (format)
        {
            case FederalFormat.Txt:
                line.Append(' ', isNumber ? width - value.Length : 0).Append(value).Append(' ', isNumber ? 0 : width - value.Length);
                break;
            default:
                if (!isFirst) line.Append(format == FederalFormat.Csv ? ',' : '\t');
                line.Append(value);
                break;
        }
    }

    private void End()
    {
        line.Append("\r\n");
        foreach (var chunk in line.GetChunks()) writer.Write(chunk.Span);
    }

    public ValueTask DisposeAsync() => writer.DisposeAsync();
}
