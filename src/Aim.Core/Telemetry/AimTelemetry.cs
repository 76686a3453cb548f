using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Aim.Records;
using Aim.Rules;
using Aim.StateSync;
using Aim.Uploads;

namespace Aim.Telemetry;

/// <summary>Traces and metrics of the domain, for whichever host exports them. Names and tags are ids, codes and counts, never student data.</summary>
public static class AimTelemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "Aim";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Rows = Meter.CreateCounter<long>("aim.upload.rows", "{row}", "Rows of uploads, by record type and by what became of them.");
    private static readonly Counter<long> FindingCount = Meter.CreateCounter<long>("aim.upload.findings", "{finding}", "Findings of uploads, by rule and severity.");
    private static readonly Histogram<double> SyncLag = Meter.CreateHistogram<double>("aim.sync.lag", "s", "From a file's arrival to its rows in the state record.");
    private static readonly Counter<long> Behind = Meter.CreateCounter<long>("aim.night.editions_behind", "{edition}", "Editions a night found behind.");
    private static readonly Counter<long> Unresolved = Meter.CreateCounter<long>("aim.night.unresolved", "{edition}", "Editions that disagreed with the state after a full sync.");

    /// <summary>
    /// Starts the span of a step. The steps of one workflow instance are one trace: its id is derived from the instance's, so nothing has to
    /// be handed on between processes, days and hosts.
    /// </summary>
    /// <returns>Null when nobody listens; else to be disposed at the step's end.</returns>
    public static Activity? StartStep(string step, string instanceId)
    {
        var activity = Source.StartActivity(step, ActivityKind.Internal, ContextOf(instanceId));
        return activity?.SetTag("aim.instance", instanceId);
    }

    /// <summary>The trace that everything about a workflow instance belongs to.</summary>
    public static ActivityContext ContextOf(string instanceId)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, ContentHash.OfText(instanceId));
        return new ActivityContext(ActivityTraceId.CreateFromBytes(bytes), ActivitySpanId.CreateFromBytes(bytes[..8]), ActivityTraceFlags.Recorded, isRemote: true);
    }

    internal static void UploadEnded(UploadTicket ticket, UploadReport report, IEnumerable<FindingGroup> groups)
    {
        var counts = report.Counts;
        ReadOnlySpan<(string Outcome, long Count)> outcomes =
            [("added", counts.Added), ("changed", counts.Changed), ("unchanged", counts.Unchanged), ("removed", counts.Removed), ("rejected", counts.Rejected)];
        foreach (var (outcome, count) in outcomes)
        {
            if (count > 0) Rows.Add(count, new("record_type", ticket.RecordType), new("outcome", outcome), new("mode", ticket.Mode.ToString()));
        }
        foreach (var group in groups) FindingCount.Add(group.Count, new("rule", group.Rule), new("severity", group.Severity.ToString()));
        if (report is { EditionVersion: not null, StartedAt: { } started, FinishedAt: { } finished } && !ticket.DeferSync) SyncLag.Record((finished - started).TotalSeconds);
    }

    internal static void NightEnded(NightReport report)
    {
        Behind.Add(report.EditionsBehind);
        Unresolved.Add(report.Unresolved.Count);
    }
}
