using System.Text.Json.Serialization;
using Aim.OneRoster;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>What is to be done with a file.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UploadMode>))]
public enum UploadMode
{
    /// <summary>Load it into the district's edition and sync it to the state.</summary>
    Load = 1,

    /// <summary>"Validate and Test": show the findings and what would change; write nothing.</summary>
    Test = 2,
}

/// <summary>What becomes of stored rows that aren't in the file.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UploadScope>))]
public enum UploadScope
{
    /// <summary>They stay.</summary>
    Update = 1,

    /// <summary>They are removed: the file is all there is of its record type.</summary>
    Replace = 2,
}

/// <summary>When a load stops and asks before it writes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConfirmPolicy>))]
public enum ConfirmPolicy
{
    /// <summary>When more than a tenth of the stored rows would go, or the file is older than what was loaded, saved by hand or pushed, or would bring back what was deleted so.</summary>
    WhenRisky = 1,
    Always = 2,
    Never = 3,
}

/// <summary>What a district asked for when it got its upload URL; kept under the upload's key.</summary>
public sealed record UploadTicket
{
    /// <summary>Part of the blob's path; sorts by time.</summary>
    public required string Key { get; init; }

    public required DistrictId District { get; init; }
    public required SchoolYear Year { get; init; }

    /// <summary>Code of the record type, such as EN.</summary>
    public required string RecordType { get; init; }

    public required string FileName { get; init; }
    public UploadMode Mode { get; init; } = UploadMode.Load;
    public UploadScope Scope { get; init; } = UploadScope.Update;
    public ConfirmPolicy Confirm { get; init; } = ConfirmPolicy.WhenRisky;

    /// <summary>Blob of the records that the upload removes by name, besides what its rows say; null when there are none. Such an upload may have no rows.</summary>
    public string? Removals { get; init; }

    /// <summary>Blob that tells where the lines of a file come from that was made of others; null for a file as it was sent.</summary>
    public string? Origins { get; init; }

    /// <summary>Leaves the sync to whoever started many uploads at once.</summary>
    public bool DeferSync { get; init; }

    public required string RequestedBy { get; init; }
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The blob's path, when the file came by itself; null when it was asked for.</summary>
    public string? ArrivedAs { get; init; }

    [JsonIgnore]
    public string Path => ArrivedAs ?? $"{UploadPath.Root}{District}/{Year}/{RecordType}/{Key}/{FileName}";
}

/// <summary>The blob path of an upload: <c>uploads/{district}/{year}/{TYPE}/{key}/{file}</c>.</summary>
/// <param name="Type">Code of the record type, or of rosters.</param>
public sealed record UploadPath(DistrictId District, SchoolYear Year, string Type, string Key, string FileName)
{
    public const string Root = "uploads/";

    /// <summary>Null when the path isn't that of an upload.</summary>
    public static UploadPath? Parse(string path) =>
        path.Split('/') is ["uploads", var district, var year, var type, var key, var file]
        && DistrictId.TryParse(district, null, out var districtId) && SchoolYear.TryParse(year, null, out var schoolYear)
        && TypeOf(type) is { } code && key.Length > 0 && file.Length > 0
            ? new UploadPath(districtId, schoolYear, code, key, file)
            : null;

    /// <summary>The code of what can be uploaded, as it is written; null when there is no such thing.</summary>
    public static string? TypeOf(string code) => RecordTypes.Find(code)?.Code ?? (code.Equals(RosterUpload.TypeCode, StringComparison.OrdinalIgnoreCase) ? RosterUpload.TypeCode : null);
}

[JsonConverter(typeof(JsonStringEnumConverter<UploadStatus>))]
public enum UploadStatus
{
    AwaitingFile = 1,
    Processing = 2,
    AwaitingConfirmation = 3,

    /// <summary>Loaded without a finding.</summary>
    Accepted = 4,

    /// <summary>Loaded; there are findings, but no row was rejected.</summary>
    AcceptedWithFindings = 5,

    /// <summary>Loaded but for the rejected rows, which are kept in the rejects file.</summary>
    AcceptedWithRejects = 6,

    /// <summary>Checked as asked; nothing was written.</summary>
    Tested = 7,

    /// <summary>The district decided not to load it, or did not decide in time; nothing was written, but for the parts of a roster that came before the one it decided about.</summary>
    Declined = 8,

    /// <summary>The file can't be read; nothing was written.</summary>
    Refused = 9,

    /// <summary>Something in the system failed; nothing was written, and the sentence says what to do.</summary>
    Failed = 10,

    /// <summary>The file could be read, and none of its rows was accepted; nothing was written.</summary>
    Rejected = 11,
}

/// <summary>Counts of a file's rows and of what loading them does or would do.</summary>
public sealed record UploadCounts
{
    public long Rows { get; init; }
    public long Rejected { get; init; }
    public long Added { get; init; }
    public long Changed { get; init; }
    public long Unchanged { get; init; }
    public long Removed { get; init; }

    /// <summary>Stored rows that are not in the file but stay, because rejected rows might be theirs.</summary>
    public long RemovalsWithheld { get; init; }

    public long Fatal { get; init; }
    public long Errors { get; init; }
    public long Warnings { get; init; }
    public long Information { get; init; }

    [JsonIgnore]
    public bool IsNothingAccepted => Rows > 0 && Rejected == Rows && Removed == 0;

    public static UploadCounts Sum(IEnumerable<UploadCounts> counts) => counts.Aggregate(new UploadCounts(), (sum, item) => new UploadCounts
    {
        Rows = sum.Rows + item.Rows, Rejected = sum.Rejected + item.Rejected, Added = sum.Added + item.Added, Changed = sum.Changed + item.Changed, Unchanged = sum.Unchanged + item.Unchanged,
        Removed = sum.Removed + item.Removed, RemovalsWithheld = sum.RemovalsWithheld + item.RemovalsWithheld, Fatal = sum.Fatal + item.Fatal, Errors = sum.Errors + item.Errors,
        Warnings = sum.Warnings + item.Warnings, Information = sum.Information + item.Information,
    });
}

/// <summary>What is known of an upload so far.</summary>
public sealed record UploadReport
{
    public required UploadStatus Status { get; init; }

    /// <summary>One sentence for the sender.</summary>
    public required string Sentence { get; init; }

    public UploadId? UploadId { get; init; }
    public string? ETag { get; init; }

    /// <summary>Stage under way, for progress.</summary>
    public string? Stage { get; init; }

    public UploadCounts Counts { get; init; } = new();

    /// <summary>The edition's version that the question of an upload that waits is about.</summary>
    public long? QuestionVersion { get; init; }

    /// <summary>The edition's version after the load.</summary>
    public long? EditionVersion { get; init; }

    /// <summary>Blobs of findings, in order; each line is a finding as JSON.</summary>
    public IReadOnlyList<string> FindingFiles { get; init; } = [];

    /// <summary>How many groups of findings there are.</summary>
    public int Groups { get; init; }

    /// <summary>Keys of the uploads that a roster was taken apart into, in their order.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    public string? RejectsFile { get; init; }
    public string? ChangesFile { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Version of the rule catalogue the file was checked with.</summary>
    public string? Rules { get; init; }

    [JsonIgnore]
    public bool IsLoaded => IsLoadedAs(Status);

    internal static bool IsLoadedAs(UploadStatus status) => status is UploadStatus.Accepted or UploadStatus.AcceptedWithFindings or UploadStatus.AcceptedWithRejects;

    [JsonIgnore]
    public bool IsFinished => Status is not (UploadStatus.AwaitingFile or UploadStatus.Processing or UploadStatus.AwaitingConfirmation);
}
