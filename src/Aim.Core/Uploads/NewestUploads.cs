using System.Text.Json;
using Aim.OneRoster;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>
/// What the newest upload of each record type found in each district: counts alone. Stored rows can't tell how often a rule is broken that keeps rows out. What was only tested,
/// declined or failed is left out.
/// </summary>
public sealed class NewestUploads(ILedger ledger)
{
    private const string Kind = "newest-upload";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Whether an upload that ended so counts: it was judged, and not as a test.</summary>
    internal static bool IsOf(UploadStatus status) =>
        status is UploadStatus.Accepted or UploadStatus.AcceptedWithFindings or UploadStatus.AcceptedWithRejects or UploadStatus.Rejected or UploadStatus.Refused;

    /// <summary>Notes what an upload found, in the place of the one before it of that type.</summary>
    /// <param name="type">Code of the record type, or of rosters.</param>
    internal Task NoteAsync(DistrictId district, SchoolYear year, string type, long rows, IEnumerable<FindingGroup> groups, CancellationToken cancellation)
    {
        var hits = groups.GroupBy(group => group.Rule).ToDictionary(rule => rule.Key, rule => rule.Sum(group => group.Count));
        return ledger.PutAsync(new(SubjectOf(year), Kind, $"{district}-{type}", JsonSerializer.Serialize(new NotedUpload(district, type, rows, hits), Json)), cancellation);
    }

    public async Task<UploadTally> ReadAsync(SchoolYear year, CancellationToken cancellation) =>
        new(await ledger.ListAsync(SubjectOf(year), Kind, null, cancellation).Select(entry => JsonSerializer.Deserialize<NotedUpload>(entry.Json, Json)!).ToListAsync(cancellation));

    private static string SubjectOf(SchoolYear year) => $"newest-uploads/{year}";
}

/// <param name="Hits">By rule.</param>
internal sealed record NotedUpload(DistrictId District, string Type, long Rows, IReadOnlyDictionary<string, long> Hits);

/// <summary>Counts rule by rule what the newest uploads of a year found.</summary>
public sealed class UploadTally
{
    private readonly IReadOnlyList<NotedUpload> uploads;

    internal UploadTally(IReadOnlyList<NotedUpload> uploads) => this.uploads = uploads;

    /// <summary>Null for a rule that no upload is asked.</summary>
    public UploadHits? Of(Rule rule)
    {
        if (!RuleCatalog.IsAskedOfUploads(rule)) return null;
        var (judged, found) = (JudgedBy(rule), uploads.Where(upload => upload.Hits.ContainsKey(rule.Id)).ToList());
        var hits = found.Sum(upload => upload.Hits[rule.Id]);
        return new UploadHits(judged, hits, RuleHits.RateOf(hits, judged), found.Select(upload => upload.District).Distinct().Count());
    }

    private long JudgedBy(Rule rule)
    {
        if (RosterRules.All.Any(item => item.Id == rule.Id)) return uploads.Where(upload => upload.Type == RosterUpload.TypeCode).Sum(upload => upload.Rows);
        if (rule.Scope == RuleScope.File) return uploads.Count;
        IEnumerable<RecordType> types = RuleCatalog.JudgedBy(rule.Id) is { } first ? [first] : rule.Records.Count == 0 ? RecordTypes.All : rule.Records;
        var codes = types.Select(type => type.Code).ToHashSet();
        return uploads.Where(upload => codes.Contains(upload.Type)).Sum(upload => upload.Rows);
    }
}
