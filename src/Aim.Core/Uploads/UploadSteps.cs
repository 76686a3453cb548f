using System.Text.Json.Serialization;
using Aim.Ports;
using Aim.Records;
using Aim.Workflows;

namespace Aim.Uploads;

/// <summary>Which upload a workflow is about.</summary>
public sealed record UploadInput(string Key, UploadId Id, string Path, string ETag)
{
    internal BlobRef Blob => new(Path, ETag);

    /// <summary>Where findings, rejects and changes are kept, as long as the upload itself.</summary>
    [JsonIgnore]
    public string ResultsPrefix => $"results/{Key}/";

    /// <summary>Where steps keep what only later steps need.</summary>
    [JsonIgnore]
    public string WorkPrefix => $"{UploadLeftovers.Work}{Id}/";
}

/// <summary>What a file is and what it is to be read with.</summary>
public sealed record UploadPlan(UploadInput Upload, UploadTicket Ticket, FileForm Form, string? ReferenceVersion, DateOnly AsOf, DateTimeOffset StartedAt);

/// <summary>What reading the file came to. Files are blobs, and null when there would be nothing in them.</summary>
/// <param name="Runs">The staged rows.</param>
/// <param name="Refusal">Why the file can't be loaded after all; null when it can.</param>
public sealed record StagedUpload(
    UploadPlan Plan, long Rows, long Rejected, long RejectedOfNobody, IReadOnlyList<string> Runs, string? Findings, string? Summary, string? RejectedLines, string? Refusal);

/// <summary>What loading the file would do to one version of the edition.</summary>
/// <param name="Question">Why the district is asked first; null when it isn't.</param>
public sealed record ComparedUpload(
    StagedUpload Staged, long BaseVersion, UploadCounts Counts, string? Changes, string? Findings, string? Summary, string? RejectedLines, string? Question);

/// <summary>How an upload ended, for its report.</summary>
public sealed record UploadEnding(
    UploadInput Upload, UploadStatus Status, string Sentence, UploadPlan? Plan = null, StagedUpload? Staged = null, ComparedUpload? Compared = null, long? EditionVersion = null)
{
    /// <summary>The edition has the load, the state record not yet: the night brings it.</summary>
    public bool IsSyncPending { get; init; }
}

/// <summary>What the district answered when it was asked whether to load.</summary>
/// <param name="Version">The edition's version that the question was about: an answer to an earlier question is none to a later one.</param>
public sealed record Confirmation(bool Load, string By, long Version = 0);

/// <summary>The steps of an upload.</summary>
public static class UploadSteps
{
    public static readonly Step<UploadInput, UploadPlan> Identify = new("IdentifyUpload");
    public static readonly Step<UploadPlan, StagedUpload> Stage = new("StageUpload");
    public static readonly Step<StagedUpload, ComparedUpload> Compare = new("CompareUpload");
    public static readonly Step<ComparedUpload, UploadInput> Ask = new("AskForConfirmation");
    public static readonly Step<ComparedUpload, ApplyOutcome> Apply = new("ApplyUpload");
    public static readonly Step<UploadEnding, UploadStatus> Report = new("ReportUpload");

    public static readonly Signal<Confirmation> Confirmed = new("Confirmed");
}
