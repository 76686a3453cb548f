using Aim.Ports;
using Aim.Rules;
using Aim.Telemetry;
using Microsoft.Extensions.Logging;

namespace Aim.Uploads;

/// <summary>Writes an upload's pages in the ledger: while it waits for an answer, and when it has ended.</summary>
public sealed class ReportUpload(IBlobStore blobs, UploadLog log, NewestUploads newest, ClosingFindings closing, TimeProvider clock, ILogger logger)
{
    /// <summary>Shows what the load would do and asks the district.</summary>
    public async Task<UploadInput> AskAsync(ComparedUpload compared, CancellationToken cancellation)
    {
        var plan = compared.Staged.Plan;
        var asked = await log.FindReportAsync(plan.Upload.Key, cancellation);
        // Asked already; its words tell whether it was the first question.
        if (asked is { Status: UploadStatus.AwaitingConfirmation, QuestionVersion: { } version } && version == compared.BaseVersion) return plan.Upload;
        var anew = asked is { QuestionVersion: not null } ? "The edition has changed since you were asked, and the difference was computed anew. " : "";
        var groups = await GroupsAsync(compared.Staged, compared, [], cancellation);
        await log.SaveGroupsAsync(plan.Upload.Key, groups, cancellation);
        await log.SaveReportAsync(plan.Upload.Key, Describe(plan.Upload, plan, compared.Staged, compared) with
        {
            Status = UploadStatus.AwaitingConfirmation,
            Sentence = $"{anew}{compared.Question} Confirm to load it, or decline; nothing of it has been written.",
            Stage = "Confirm",
            QuestionVersion = compared.BaseVersion,
            Groups = groups.Count,
        }, cancellation);
        return plan.Upload;
    }

    public async Task<UploadStatus> RunAsync(UploadEnding ending, CancellationToken cancellation)
    {
        var (upload, staged, compared) = (ending.Upload, ending.Staged, ending.Compared);
        if (await log.FindReportAsync(upload.Key, cancellation) is { IsFinished: true } written && written.UploadId == upload.Id)
        {
            // The process died while it was sweeping up: what the report was made from may be gone already.
            await blobs.ClearAsync(upload.WorkPrefix, cancellation);
            return written.Status;
        }
        var report = Describe(upload, ending.Plan ?? staged?.Plan, staged, compared);
        if (staged is { Refusal: null })
        {
            var rejects = $"{upload.ResultsPrefix}rejects-v{compared?.BaseVersion ?? 0}{(staged.Plan.Form.IsCsv ? ".csv" : ".tsv")}";
            report = report with { RejectsFile = await RejectedLines.WriteFileAsync(blobs, rejects, staged.Plan, [staged.RejectedLines, compared?.RejectedLines], cancellation) };
        }
        var (path, found) = await closing.WriteAsync(ending, cancellation);
        if (path is not null) report = report with { FindingFiles = [.. report.FindingFiles, path], Counts = Add(report.Counts, found) };
        var groups = await GroupsAsync(staged, compared, found.Groups(), cancellation);
        await log.SaveGroupsAsync(upload.Key, groups, cancellation);
        var status = ending.Status == UploadStatus.Accepted ? AcceptedAs(report.Counts) : ending.Status;
        report = report with
        {
            Status = status,
            Sentence = SentenceFor(status, ending.Sentence, report.Counts) + (ending.IsSyncPending ? " The state record will have them after the next nightly sync." : ""),
            EditionVersion = ending.EditionVersion,
            FinishedAt = clock.GetUtcNow(),
            Groups = groups.Count,
            Rules = RuleCatalog.Version,
        };
        var ticket = (ending.Plan ?? staged?.Plan)?.Ticket;
        // Findings in rows of another type are of rows that are stored already.
        if (ticket is { Mode: UploadMode.Load } && NewestUploads.IsOf(status))
            await newest.NoteAsync(ticket.District, ticket.Year, ticket.RecordType, report.Counts.Rows, groups.Where(group => group.Record is null || group.Record == ticket.RecordType), cancellation);
        await log.SaveReportAsync(upload.Key, report, cancellation);
        if (ticket is not null) AimTelemetry.UploadEnded(ticket, report, groups);
        if (status == UploadStatus.Failed) AimLog.UploadFailed(logger, upload.Key);
        await blobs.ClearAsync(upload.WorkPrefix, cancellation);
        return status;
    }

    private static UploadReport Describe(UploadInput upload, UploadPlan? plan, StagedUpload? staged, ComparedUpload? compared) => new()
    {
        Status = UploadStatus.Processing,
        Sentence = "",
        UploadId = upload.Id,
        ETag = upload.ETag,
        StartedAt = plan?.StartedAt,
        Counts = compared?.Counts ?? new UploadCounts { Rows = staged?.Rows ?? 0, Rejected = staged?.Rejected ?? 0 },
        ChangesFile = compared?.Changes,
        FindingFiles = [.. new[] { staged?.Findings, compared?.Findings }.OfType<string>()],
    };

    private static UploadCounts Add(UploadCounts counts, FindingSummary found) => counts with { Fatal = counts.Fatal + found.Fatal, Errors = counts.Errors + found.Errors, Warnings = counts.Warnings + found.Warnings };

    private async Task<IReadOnlyList<FindingGroup>> GroupsAsync(StagedUpload? staged, ComparedUpload? compared, IReadOnlyList<FindingGroup> closing, CancellationToken cancellation)
    {
        var rows = await FindingTotals.ReadAsync(blobs, staged?.Summary, cancellation);
        var students = await FindingTotals.ReadAsync(blobs, compared?.Summary, cancellation);
        return [.. rows.Groups.Concat(students.Groups).Concat(closing).OrderByDescending(group => group.Severity).ThenByDescending(group => group.Count)];
    }

    private static UploadStatus AcceptedAs(UploadCounts counts) =>
        counts.IsNothingAccepted ? UploadStatus.Rejected
        : counts.Rejected > 0 ? UploadStatus.AcceptedWithRejects
        : counts.Fatal + counts.Errors + counts.Warnings + counts.Information > 0 ? UploadStatus.AcceptedWithFindings
        : UploadStatus.Accepted;

    private static string SentenceFor(UploadStatus status, string sentence, UploadCounts counts) => status switch
    {
        UploadStatus.Accepted => "All rows were accepted.",
        UploadStatus.AcceptedWithFindings => "All rows were accepted; some have findings to look at.",
        UploadStatus.AcceptedWithRejects => RejectedSentence(counts),
        UploadStatus.Rejected => counts.Rows == 1 ? "The one row was not accepted; nothing was loaded. It is kept in the rejects file: correct it and upload that file."
            : FormattableString.Invariant($"None of the {counts.Rows} rows was accepted; nothing was loaded. They are kept in the rejects file: correct them and upload that file."),
        UploadStatus.Tested => FormattableString.Invariant($"The file was checked and nothing was written; loading it would add {counts.Added}, change {counts.Changed} and remove {Plural.Of(counts.Removed, "row")} and reject {counts.Rejected}."),
        _ => sentence,
    };

    private static string RejectedSentence(UploadCounts counts)
    {
        var rejected = Plural.Of(counts.Rejected, $"of {counts.Rows} rows was rejected and is", $"of {counts.Rows} rows were rejected and are");
        return $"{rejected} kept in the rejects file; the {(counts.Rows - counts.Rejected == 1 ? "other was" : "others were")} accepted. Correct {(counts.Rejected == 1 ? "it" : "them")} and upload that file.";
    }
}
