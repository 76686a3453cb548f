using System.Globalization;
using Aim.Federal;
using Aim.Tests.Setup;

namespace Aim.Tests.Federal;

/// <summary>A row of a written count file, by what it says.</summary>
internal sealed record CountRow(string Organisation, string Set, string Cell, string TotalIndicator, int Amount)
{
    public (string, string, string) Key => (Organisation, Set, Cell);
}

/// <summary>A written file, read back without the code that wrote it: header, then records by the names of their fields.</summary>
internal sealed class FederalCsv(FederalFile file, string text)
{
    private const string Others = "FileRecordNumber FIPSStateCode StateAgencyNumber StateLEAIDNumber StateSchoolIDNumber TableTypeAbbrv TotalIndicator Explanation Amount";

    public FederalFile File => file;

    public string[] Header { get; } = text.Split("\r\n")[0].Split(',');

    public IReadOnlyList<Dictionary<string, string>> Records { get; } = [.. text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line =>
        FederalSpecs.Find(file.File)!.Levels[file.Level].Fields.Zip(line.Split(',')).Where(pair => pair.First.Name is not null).ToDictionary(pair => pair.First.Name!, pair => pair.Second))];

    /// <summary>The set of a row is known by which category fields it has.</summary>
    public IReadOnlyList<CountRow> Counts => [.. Records.Select(record => new CountRow(
        $"{record.GetValueOrDefault("StateLEAIDNumber")} {record.GetValueOrDefault("StateSchoolIDNumber")}".Trim(), string.Join(' ', Values(record).Select(cell => cell.Key)),
        string.Join(' ', Values(record).Select(cell => cell.Value)), record["TotalIndicator"], int.Parse(record["Amount"], CultureInfo.InvariantCulture)))];

    private static IEnumerable<KeyValuePair<string, string>> Values(Dictionary<string, string> record) => record.Where(cell => cell.Value.Length > 0 && !Others.Split(' ').Contains(cell.Key));

    public static async Task<IReadOnlyList<FederalCsv>> WriteAsync(Workbench bench, string snapshot)
    {
        var files = await bench.Platform.Federal.WriteAsync(new FederalInput(snapshot, null, FederalFormat.Csv), CancellationToken.None);
        var read = new List<FederalCsv>();
        foreach (var file in files) read.Add(new FederalCsv(file, await bench.ReadTextAsync(file.Path)));
        return read;
    }
}
