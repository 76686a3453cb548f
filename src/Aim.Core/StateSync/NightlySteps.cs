using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Telemetry;
using Aim.Uploads;
using Aim.Workflows;
using Microsoft.Extensions.Logging;

namespace Aim.StateSync;

/// <summary>Editions a night has to do with.</summary>
/// <param name="Behind">Those to sync: whose newest version the state hasn't got, and whose students wait, who are tried again.</param>
/// <param name="ToCount">Those in which it is to be counted how often rules are broken.</param>
public sealed record NightPlan(IReadOnlyList<EditionKey> Behind, IReadOnlyList<EditionKey> ToVerify, IReadOnlyList<EditionKey> ToCount)
{
    /// <summary>How many of those to sync are in the state but for students who wait.</summary>
    public int OnlyWaiting { get; init; }
}

/// <summary>The steps of a night that are its own.</summary>
public sealed class NightlySteps(UploadIntake intake, UploadLeftovers leftovers, IEditionStore editions, RuleHitCounts hits, ILedger ledger, ILogger logger)
{
    public static readonly Step<NightInput, int> StartMissedUploads = new("StartMissedUploads");
    public static readonly Step<NightInput, NightPlan> PlanNight = new("PlanNight");
    public static readonly Step<NightInput, int> RemoveLeftovers = new("RemoveLeftovers");
    public static readonly Step<EditionKey, EditionKey> ResetSync = new("ResetSync");
    public static readonly Step<NightReport, NightReport> ReportNight = new("ReportNight");

    private const string Subject = "nightly";
    private const string Kind = "report";

    /// <summary>Every edition is counted in full once in this many nights.</summary>
    private const int NightsARound = 30;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public Task<int> StartMissedUploadsAsync(CancellationToken cancellation) => intake.AcceptMissedAsync(cancellation);

    public Task<int> RemoveLeftoversAsync(CancellationToken cancellation) => leftovers.RemoveAsync(cancellation);

    /// <summary>Compares heads alone; the cost follows the number of editions, not what they hold.</summary>
    public async Task<NightPlan> PlanAsync(NightInput night, CancellationToken cancellation)
    {
        var (all, behind, verify) = (new List<EditionHead>(), new List<EditionHead>(), new List<EditionKey>());
        await foreach (var head in editions.ListHeadsAsync(null, cancellation))
        {
            all.Add(head);
            if (!head.IsSynced || head.Parked > 0) behind.Add(head);
            if (night.VerifyAll || IsDue(head.Key, night.Date)) verify.Add(head.Key);
        }
        // The largest first, so that none is left alone at the end.
        return new NightPlan([.. behind.OrderByDescending(head => head.RowCount).Select(head => head.Key)], verify, night.CountsHits ? await hits.DueAsync(all, cancellation) : []) { OnlyWaiting = behind.Count(head => head.IsSynced) };
    }

    public async Task<EditionKey> ResetAsync(EditionKey edition, CancellationToken cancellation)
    {
        await editions.ResetSyncAsync(edition, cancellation);
        return edition;
    }

    public async Task<NightReport> ReportAsync(NightReport report, CancellationToken cancellation)
    {
        await ledger.PutAsync(new(Subject, Kind, report.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), JsonSerializer.Serialize(report, Json)), cancellation);
        AimTelemetry.NightEnded(report);
        if (report.Unresolved.Count > 0) AimLog.NightUnresolved(logger, report.Date, report.Unresolved.Count);
        return report;
    }

    private static bool IsDue(EditionKey edition, DateOnly date) =>
        (int)(ContentHash.OfText(edition.ToString()) % NightsARound) == date.DayNumber % NightsARound;
}
