using System.Text.Json;
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
        var outputs = new StepOutputs<StagedUpload>(blobs, $"{plan.Upload.WorkPrefix}stage/");
        return await outputs.OnceAsync(token => StageAsync(plan, reference, outputs.Prefix, token), cancellation);
    }

    private async Task<StagedUpload> StageAsync(UploadPlan plan, ReferenceData? reference, string work, CancellationToken cancellation)
    {
        var type = RecordTypes.Find(plan.Ticket.RecordType)!;
        var layout = FileLayouts.Find(type, plan.Form.Version, plan.Ticket.Year) ?? throw new FaultException($"The layout {type.Code} {plan.Form.Version} is not in this build.") { IsPermanent = true };
        var job = new ParseJob(RowPlan.For(layout, plan.Form), plan.Form, plan.Ticket.District, plan.Ticket.Year, plan.AsOf, reference);
        var findingsPath = $"{plan.Upload.ResultsPrefix}findings-rows.ndjson";
        await blobs.DeleteAsync(findingsPath, cancellation);

        var rejected = new List<int>();
        var runs = new StagedRunWriter(blobs, work);
        long rows = 0, nobody = 0;
        string? refusal = null;
        FindingSummary? summary = null;
        await blobs.WriteAsync(findingsPath, async (stream, token) =>
        {
            await using var findings = new FindingsWriter(stream);
            summary = findings.Summary;
            if (plan.Form.Encoding != TextEncoding.Utf8) findings.Add(EncodingFinding(plan.Form.Encoding, type));
            try
            {
                await using var file = await blobs.ReadAsync(plan.Upload.Blob, token);
                await BlockPipeline.RunAsync(file, job, async block =>
                {
                    rows += block.RowCount;
                    nobody += block.RejectedOfNobody;
                    rejected.AddRange(block.Rejected);
                    foreach (var finding in block.Findings) findings.Add(finding);
                    await findings.FlushAsync(token);
                    await runs.AddAsync(block, token);
                }, token);
                await runs.FlushAsync(token);
            }
            catch (UnreadableFileException unreadable)
            {
                refusal = unreadable.Message;
            }
        }, cancellation);
        if (refusal is null && rows == 0) refusal = "The file has no rows. Export it again with the students it should hold; nothing was changed.";

        var summaryPath = await SaveSummaryAsync(blobs, $"{work}summary.json", summary!, cancellation);
        var linesPath = await RejectedLines.SaveAsync(blobs, $"{work}rejected", rejected, cancellation);
        return new StagedUpload(plan, rows, rejected.Count, nobody, runs.Runs, findingsPath, summaryPath, linesPath, refusal);
    }

    private static Finding EncodingFinding(TextEncoding encoding, RecordType type) => Findings.OfField(FileRules.Characters, new RowPlace(type, 0, null), "File",
        encoding == TextEncoding.Windows1252 ? "bytes that are not UTF-8; it was read as Windows-1252" : "UTF-16 text; it was read as such", null);

    internal static async Task<string> SaveSummaryAsync(IBlobStore blobs, string path, FindingSummary summary, CancellationToken cancellation)
    {
        await blobs.WriteAsync(path, (file, token) => JsonSerializer.SerializeAsync(file, FindingTotals.Of(summary), FindingsWriter.Json, token), cancellation);
        return path;
    }
}

/// <summary>A summary of findings as it is kept between steps.</summary>
internal sealed record FindingTotals(long Fatal, long Errors, long Warnings, long Total, IReadOnlyList<FindingGroup> Groups)
{
    public static FindingTotals Of(FindingSummary summary) => new(summary.Fatal, summary.Errors, summary.Warnings, summary.Total, summary.Groups());

    public static async Task<FindingTotals> ReadAsync(IBlobStore blobs, string path, CancellationToken cancellation)
    {
        await using var file = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The summary {path} is gone.");
        return (await JsonSerializer.DeserializeAsync<FindingTotals>(file, FindingsWriter.Json, cancellation))!;
    }
}
