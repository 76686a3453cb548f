using Aim.Editions;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.StateSync;

namespace Aim.Uploads;

/// <summary>What only the end of an upload knows: that the file could not be read at all, or that students wait until it is decided who they are.</summary>
public sealed class ClosingFindings(IBlobStore blobs, IEditionStore editions, ReferenceLibrary references, ParkedStudents parking)
{
    /// <summary>Writes them beside the other findings; the path is null when there are none.</summary>
    internal async Task<(string? Path, FindingSummary Summary)> WriteAsync(UploadEnding ending, CancellationToken cancellation)
    {
        var path = $"{ending.Upload.ResultsPrefix}findings-end.ndjson";
        await blobs.DeleteAsync(path, cancellation);
        await using var file = new SpooledBlob(blobs, path);
        var findings = new FindingsWriter(file, await LineOrigins.ReadAsync(blobs, ending.Plan?.Ticket.Origins, cancellation));
        if (ending is { Status: UploadStatus.Refused, Plan: { } refused })
            findings.Add(Findings.OfFile(RuleCatalog.Get(refused.Form.RefusalRule ?? FileRules.Header.Id), RecordTypes.Find(refused.Ticket.RecordType)!, ending.Sentence));
        if (ending is { Status: UploadStatus.Accepted, Plan: { } plan } && plan.Ticket.RecordType == RecordTypes.Student.Code)
            await AddNearMatchesAsync(plan, findings, cancellation);
        return (await file.CompleteAsync(cancellation), findings.Summary);
    }

    /// <summary>Rows of this upload that the sync has kept aside, because somebody is there who may be the same child.</summary>
    private async Task AddNearMatchesAsync(UploadPlan plan, FindingsWriter findings, CancellationToken cancellation)
    {
        var edition = new EditionKey(plan.Ticket.District, plan.Ticket.Year);
        var waiting = (await parking.ListAsync(edition, cancellation)).Values.Where(student => StatedIdentity.IsNearMatch(student.Reason)).ToDictionary(student => student.LocalId, student => student.Reason);
        if (waiting.Count == 0) return;
        var reference = (await references.FindAsync(edition.Year, cancellation))?.Data;
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection([.. waiting.Keys.Order(Utf8Order.Comparer)]), cancellation))
        {
            foreach (var row in student.Rows.Where(row => row.Type == RecordTypes.Student && row.Upload == plan.Upload.Id))
                findings.Add(StatedIdentity.NearMatch(new RowPlace(row.Type, row.Line, student.LocalId), waiting[student.LocalId], reference));
        }
    }
}
