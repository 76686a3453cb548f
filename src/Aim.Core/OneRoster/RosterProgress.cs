using Aim.Records;
using Aim.Uploads;

namespace Aim.OneRoster;

/// <summary>What the parts of an archive came to, in their order: all were loaded, or those up to one that was declined, refused or failed.</summary>
/// <param name="parts">Without a report when their turn never came.</param>
internal sealed class RosterProgress(IReadOnlyList<(RecordType Type, UploadReport? Report)> parts)
{
    public IReadOnlyList<UploadReport> Reports { get; } = [.. parts.Select(part => part.Report).OfType<UploadReport>()];

    public bool IsAnyLoaded => Reports.Any(report => report.IsLoaded);

    /// <summary>What the part came to at which loading ended; null when none was in the way.</summary>
    public UploadReport? Stopped => Reports.FirstOrDefault(IsEnd);

    /// <summary>The type of the first part that did not have its turn, or ended loading; null when all were gone through.</summary>
    public RecordType? StoppedAt => parts.Where(part => part.Report is not { IsFinished: true } || IsEnd(part.Report)).Select(part => part.Type).FirstOrDefault();

    /// <summary>Those of the parts; where only some were loaded, the others change nothing.</summary>
    public IEnumerable<UploadCounts> Counts => Reports.Select(report => report.IsLoaded || !IsAnyLoaded ? report.Counts : report.Counts with { Added = 0, Changed = 0, Unchanged = 0, Removed = 0 });

    /// <summary>Which parts were loaded and which not; empty when all were, or none.</summary>
    public string Told => IsAnyLoaded && StoppedAt is { } type
        ? $"The roster was loaded in part, with {Codes(isLoaded: true)} and without {Codes(isLoaded: false)}. Loading ended at {type.Code}{(Stopped?.Status == UploadStatus.Declined ? ", as decided" : "")}. "
        : "";

    private string Codes(bool isLoaded) => string.Join(", ", parts.Where(part => (part.Report?.IsLoaded ?? false) == isLoaded).Select(part => part.Type.Code));

    private static bool IsEnd(UploadReport report) => report.Status is UploadStatus.Failed or UploadStatus.Refused or UploadStatus.Declined;
}
