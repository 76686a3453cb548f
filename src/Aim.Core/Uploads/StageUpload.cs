using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Workflows;

namespace Aim.Uploads;

/// <summary>
/// Reads a file once: every row is parsed and checked by the row rules; what passes is staged in canonical form in the order of local
/// ids, findings are streamed beside the upload. Memory does not grow with the file.
/// </summary>
public sealed class StageUpload(IBlobStore blobs, ReferenceLibrary references)
{
    public async Task<StagedUpload> RunAsync(UploadPlan plan, CancellationToken cancellation)
    {
        var reference = (await references.FindAsync(plan.Ticket.Year, cancellation))?.Data;
        var type = RecordTypes.Find(plan.Ticket.RecordType)!;
        var layout = FileLayouts.Find(type, plan.Form.Version, plan.Ticket.Year) ?? throw new FaultException($"The layout {type.Code} {plan.Form.Version} is not in this build.") { IsPermanent = true };
        var job = new ParseJob(RowPlan.For(layout, plan.Form), plan.Form, plan.Ticket.District, plan.Ticket.Year, plan.AsOf, reference);
        var (work, findingsPath) = ($"{plan.Upload.WorkPrefix}stage-", $"{plan.Upload.ResultsPrefix}findings-rows.ndjson");
        await blobs.ClearAsync(work, cancellation);
        await blobs.DeleteAsync(findingsPath, cancellation);

        await using var findingsFile = new SpooledBlob(blobs, findingsPath);
        var findings = new FindingsWriter(findingsFile, await LineOrigins.ReadAsync(blobs, plan.Ticket.Origins, cancellation));
        var result = new ReadResult(new StagedRunWriter(blobs, work));
        if (EncodingFinding(plan.Form.Encoding, type, reference) is { } finding) findings.Add(finding);
        var refusal = await ReadAsync(plan, job, result, findings, findingsFile, cancellation);
        return new StagedUpload(plan, result.Rows, result.Rejected.Count, result.RejectedOfNobody, result.Runs.Runs, await findingsFile.CompleteAsync(cancellation),
            await FindingTotals.SaveAsync(blobs, $"{work}summary.json", findings.Summary, cancellation), await RejectedLines.SaveAsync(blobs, $"{work}rejected", result.Rejected, cancellation), refusal);
    }

    private sealed class ReadResult(StagedRunWriter runs)
    {
        public StagedRunWriter Runs => runs;
        public long Rows { get; set; }
        public long RejectedOfNobody { get; set; }
        public List<int> Rejected { get; } = [];
    }

    /// <summary>Reads every row; gives a sentence when the file turns out to be unreadable.</summary>
    private async Task<string?> ReadAsync(UploadPlan plan, ParseJob job, ReadResult result, FindingsWriter findings, SpooledBlob findingsFile, CancellationToken cancellation)
    {
        try
        {
            await using var file = await blobs.OpenReadAsync(plan.Upload.Blob, cancellation) ?? throw new UnreadableFileException(IdentifyUpload.Gone);
            await BlockPipeline.RunAsync(file, job, async block =>
            {
                result.Rows += block.RowCount;
                result.RejectedOfNobody += block.RejectedOfNobody;
                result.Rejected.AddRange(block.Rejected);
                foreach (var finding in block.Findings)
                {
                    findings.Add(finding);
                    await findingsFile.FlushAsync(cancellation);
                }
                await result.Runs.AddAsync(block, cancellation);
            }, cancellation);
            await result.Runs.FlushAsync(cancellation);
        }
        catch (UnreadableFileException unreadable)
        {
            return unreadable.Message;
        }
        return result.Rows == 0 && plan.Ticket.Removals is null ? NoRows : null;
    }

    internal const string NoRows = "The file has no rows. Export it again with the students it should hold; nothing was changed.";

    /// <summary>Says that a file isn't UTF-8; null when it is.</summary>
    internal static Finding? EncodingFinding(TextEncoding encoding, RecordType type, ReferenceData? reference) => encoding == TextEncoding.Utf8 ? null : Findings.OfField(FileRules.Characters.In(reference), new RowPlace(type, 0, null), "File",
        encoding == TextEncoding.Windows1252 ? "bytes that are not UTF-8; it was read as Windows-1252" : "UTF-16 text; it was read as such", null);
}
