using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Aim.Bench;

/// <summary>What was measured, as a table for people, as Markdown for the documentation, and as JSON for machines.</summary>
internal sealed class Report(Options options)
{
    private static readonly string[] Headers = ["Case", "What", "Rows", "Seconds (min–max)", "Rows/s", "Peak MB", "Peer or limit", "Its figure", "Ratio", "Target", ""];
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly List<(BenchCase Case, Measurement Measurement)> measured = [];

    public void Add(BenchCase item, Measurement measurement) => measured.Add((item, measurement));

    public Measurement? Find(string? name) => measured.FirstOrDefault(item => item.Case.Name == name).Measurement;

    /// <summary>Sentences about cases that found something else than their peer in the same file.</summary>
    public IEnumerable<string> Disagreements() =>
        from item in measured
        let own = item.Measurement.Findings
        let other = Find(item.Case.Peer)?.Findings
        where own is not null && other is not null
        from rule in own.Keys.Union(other.Keys).Order(StringComparer.Ordinal)
        let counts = (Own: own.GetValueOrDefault(rule), Other: other.GetValueOrDefault(rule))
        where counts.Own != counts.Other
        select $"{item.Case.Name} has {counts.Own} findings of {rule}, {item.Case.Peer} has {counts.Other}.";

    public bool IsAnyMissed => measured.Any(item => Verdict(item.Case, item.Measurement) == "missed");

    private List<string[]> Rows() => [.. measured.Select(item => Row(item.Case, item.Measurement))];

    private string[] Row(BenchCase item, Measurement own)
    {
        var peer = Find(item.Peer);
        return
        [
            item.Name, item.What, Number(own.Rows), own.Runs.Count == 1 ? Seconds(own.Median) : $"{Seconds(own.Median)} ({Seconds(own.Shortest)}–{Seconds(own.Longest)})", Number((long)own.RowsASecond),
            Number((long)own.PeakMegabytes), item.Peer ?? "", peer is null ? "" : item.IsAboutMemory ? $"{Number((long)peer.PeakMegabytes)} MB" : $"{Seconds(peer.Median)} s",
            Ratio(item, own) is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "",
            string.Join("; ", item.Targets.Select(target => target.Text)), Verdict(item, own),
        ];
    }

    private double? Ratio(BenchCase item, Measurement own) =>
        Find(item.Peer) is not { } peer ? null : item.IsAboutMemory ? own.PeakMegabytes / peer.PeakMegabytes : own.RowsASecond / peer.RowsASecond;

    private string Verdict(BenchCase item, Measurement own)
    {
        var judged = item.Targets.Where(target => options.IsFullSize || !target.AtFullSize).ToList();
        return judged.Count == 0 ? item.Targets.Count == 0 ? "" : "not judged at this size" : judged.All(target => target.IsMet(own, Find(item.Peer))) ? "met" : "missed";
    }

    private IEnumerable<string> StageLines() => measured.Where(item => item.Measurement.Stages.Count > 0)
        .Select(item => $"{item.Case.Name}: {string.Join(", ", item.Measurement.Stages.Select(stage => $"{stage.Key} {Seconds(stage.Value)} s"))}")
        .Concat(measured.Where(item => item.Measurement.Milliseconds.Count > 0)
            .Select(item => $"{item.Case.Name}: {string.Join(", ", item.Measurement.Milliseconds.Select(share => $"{share.Key} {share.Value.ToString("0.0", CultureInfo.InvariantCulture)} ms"))}"));

    public string ToText()
    {
        var rows = Rows().Prepend(Headers).ToList();
        var widths = Headers.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder().AppendLine(Machine).AppendLine();
        foreach (var row in rows) text.AppendLine(string.Join("  ", row.Select((cell, i) => i is >= 2 and <= 5 or 7 or 8 ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
        text.AppendLine();
        foreach (var line in StageLines()) text.AppendLine(line);
        return text.ToString();
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder().AppendLine(Machine).AppendLine();
        text.AppendLine($"| {string.Join(" | ", Headers)} |").AppendLine($"|{string.Concat(Headers.Select((_, i) => i is >= 2 and <= 5 or 7 or 8 ? "---:|" : "---|"))}");
        foreach (var row in Rows()) text.AppendLine($"| {string.Join(" | ", row)} |");
        text.AppendLine();
        foreach (var line in StageLines()) text.AppendLine($"- {line}");
        return text.ToString();
    }

    public string ToJson() => JsonSerializer.Serialize(measured.Select(item => new
    {
        item.Case.Name, item.Case.What, item.Measurement.Rows, Seconds = item.Measurement.Runs.Select(run => run.Seconds), item.Measurement.Stages, item.Measurement.Milliseconds, item.Measurement.PeakMegabytes, item.Case.Peer,
        Ratio = Ratio(item.Case, item.Measurement), item.Measurement.Findings, Targets = item.Case.Targets.Select(target => target.Text), Verdict = Verdict(item.Case, item.Measurement),
    }), Indented);

    private string Machine => FormattableString.Invariant(
        $"{options.Students:N0} students; {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:0} GB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; median of {options.Repeat}.");

    private static string Seconds(double value) => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
