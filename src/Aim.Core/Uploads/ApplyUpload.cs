using Aim.Editions;
using Aim.Ports;

namespace Aim.Uploads;

/// <summary>Writes the changes of a compared upload as the edition's next version.</summary>
public sealed class ApplyUpload(IBlobStore blobs, IEditionStore editions)
{
    public async Task<ApplyOutcome> RunAsync(ComparedUpload compared, CancellationToken cancellation)
    {
        var plan = compared.Staged.Plan;
        await using var file = compared.Changes is null ? Stream.Null
            : await blobs.OpenReadAsync(compared.Changes, cancellation) ?? throw new FileNotFoundException($"The changes {compared.Changes} are gone.");
        return await editions.ApplyAsync(new EditionKey(plan.Ticket.District, plan.Ticket.Year), compared.BaseVersion,
            new EditionLoad(plan.Upload.Id, plan.Ticket.RecordType, plan.Form.WrittenAt), ChangeFile.ReadAsync(file, cancellation), cancellation);
    }
}
