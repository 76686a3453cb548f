using Aim.Editions;
using Aim.Ports;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>Writes the changes of a compared upload as the edition's next version.</summary>
public sealed class ApplyUpload(IBlobStore blobs, IEditionStore editions)
{
    public async Task<ApplyOutcome> RunAsync(ComparedUpload compared, CancellationToken cancellation)
    {
        var plan = compared.Staged.Plan;
        try
        {
            return await editions.ApplyAsync(new EditionKey(plan.Ticket.District, plan.Ticket.Year), compared.BaseVersion,
                // What brought nothing is nothing that a later file could be older than.
                new EditionLoad(plan.Upload.Id, plan.Ticket.RecordType, compared.Counts.IsNothingAccepted ? null : plan.Form.WrittenAt), await ChangesAsync(compared, cancellation), cancellation);
        }
        catch (CutShortException)
        {
            // Nothing was applied. Stale makes the workflow compare again, which writes the list of changes anew.
            return new ApplyOutcome(ApplyStatus.Stale, compared.BaseVersion);
        }
    }

    private async Task<IAsyncEnumerable<EditionChange>> ChangesAsync(ComparedUpload compared, CancellationToken cancellation)
    {
        if (compared.Changes is null) return AsyncEnumerable.Empty<EditionChange>();
        var file = await blobs.OpenReadAsync(compared.Changes, cancellation) ?? throw new FileNotFoundException($"The changes {compared.Changes} are gone.");
        return ChangeFile.ReadAsync(file, cancellation);
    }
}
