using Aim.Ports;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>Writes an upload's pages in the ledger: while it waits for an answer, and when it has ended.</summary>
public sealed class ReportUpload(IBlobStore blobs, UploadLog log, TimeProvider clock)
{
    /// <summary>Shows what the load would do and asks the district.</summary>
    public async Task<UploadInput> AskAsync(ComparedUpload compared, CancellationToken cancellation)
    {
        var upload = compared.Staged.Plan.Upload;
        await log.SaveGroupsAsync(upload.Key, await GroupsAsync(compared.Staged, compared, cancellation), cancellation);
        var report = await log.FindReportAsync(upload.Key, cancellation);
        await log.SaveReportAsync(upload.Key, Describe(report!, compared) with
        {
            Status = UploadStatus.AwaitingConfirmation,
            Sentence = $"{compared.Question} Confirm to load it, or decline; nothing has been written.",
            Stage = "Confirm",
        }, cancellation);
        return upload;
    }

    public async Task<UploadStatus> RunAsync(UploadEnding ending, CancellationToken cancellation)
    {
        var upload = ending.Upload;
        var report = await log.FindReportAsync(upload.Key, cancellation) ?? new UploadReport { Status = ending.Status, Sentence = ending.Sentence };
        if (ending.Compared is { } compared) report = Describe(report, compared);
        if (ending.Staged is { } staged)
        {
            await log.SaveGroupsAsync(upload.Key, await GroupsAsync(staged, ending.Compared, cancellation), cancellation);
            var rejects = $"{upload.ResultsPrefix}rejects-v{ending.Compared?.BaseVersion ?? 0}{(staged.Plan.Form.IsCsv ? ".csv" : ".tsv")}";
            report = report with
            {
                FindingFiles = [staged.Findings, .. ending.Compared is null ? [] : new[] { ending.Compared.Findings }],
                RejectsFile = staged.Refusal is null
                    ? await RejectedLines.WriteFileAsync(blobs, rejects, staged.Plan, [staged.RejectedLines, .. ending.Compared is null ? [] : new[] { ending.Compared.RejectedLines }], cancellation)
                    : null,
            };
        }
        var status = ending.Status == UploadStatus.Accepted ? AcceptedAs(report.Counts) : ending.Status;
        await log.SaveReportAsync(upload.Key, report with
        {
            Status = status,
            Sentence = SentenceFor(status, ending.Sentence, report.Counts),
            Stage = null,
            EditionVersion = ending.EditionVersion,
            FinishedAt = clock.GetUtcNow(),
            Rules = RuleCatalog.Version,
        }, cancellation);
        await foreach (var leftover in blobs.ListAsync(upload.WorkPrefix, cancellation)) await blobs.DeleteAsync(leftover.Path, cancellation);
        return status;
    }

    private static UploadReport Describe(UploadReport report, ComparedUpload compared) => report with
    {
        Counts = compared.Counts,
        ChangesFile = compared.Changes,
        FindingFiles = [compared.Staged.Findings, compared.Findings],
    };

    private async Task<IReadOnlyList<FindingGroup>> GroupsAsync(StagedUpload staged, ComparedUpload? compared, CancellationToken cancellation)
    {
        var rows = await FindingTotals.ReadAsync(blobs, staged.Summary, cancellation);
        var students = compared is null ? [] : (await FindingTotals.ReadAsync(blobs, compared.Summary, cancellation)).Groups;
        return [.. rows.Groups.Concat(students).OrderByDescending(group => group.Severity).ThenByDescending(group => group.Count)];
    }

    private static UploadStatus AcceptedAs(UploadCounts counts) =>
        counts.Rejected > 0 ? UploadStatus.AcceptedWithRejects
        : counts.Fatal + counts.Errors + counts.Warnings + counts.Information > 0 ? UploadStatus.AcceptedWithFindings
        : UploadStatus.Accepted;

    private static string SentenceFor(UploadStatus status, string sentence, UploadCounts counts) => status switch
    {
        UploadStatus.Accepted => "All rows were accepted.",
        UploadStatus.AcceptedWithFindings => "All rows were accepted; some have findings to look at.",
        UploadStatus.AcceptedWithRejects => FormattableString.Invariant($"{counts.Rejected} of {counts.Rows} rows were rejected and are kept in the rejects file; the others were accepted. Correct them and upload that file."),
        UploadStatus.Tested => FormattableString.Invariant($"The file was checked and nothing was written; loading it would add {counts.Added}, change {counts.Changed} and remove {counts.Removed} rows and reject {counts.Rejected}."),
        _ => sentence,
    };
}
