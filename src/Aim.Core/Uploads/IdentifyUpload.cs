using Aim.Editions;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>Finds out what a file is, who sent it and what it is to be checked against.</summary>
public sealed class IdentifyUpload(IBlobStore blobs, UploadLog log, ReferenceLibrary references, StateCalendar calendar, TimeProvider clock)
{
    internal const string Gone = "The file is no longer there as it was uploaded. Upload it again.";

    public async Task<UploadPlan> RunAsync(UploadInput upload, CancellationToken cancellation)
    {
        var ticket = await log.FindTicketAsync(upload.Key, cancellation) ?? throw new InvalidOperationException($"Upload {upload.Key} was started without a ticket.");
        var reference = await references.FindAsync(ticket.Year, cancellation);
        var form = await InspectAsync(upload, ticket, reference?.Data, cancellation);
        var asOf = form.WrittenAt is { } written ? DateOnly.FromDateTime(written) : await calendar.DayOfAsync(ticket.RequestedAt, cancellation);
        return new UploadPlan(upload, ticket, form, reference?.Version, asOf, clock.GetUtcNow());
    }

    private async Task<FileForm> InspectAsync(UploadInput upload, UploadTicket ticket, ReferenceData? reference, CancellationToken cancellation)
    {
        if (RefusalOf(new EditionKey(ticket.District, ticket.Year), reference) is { } refusal) return refusal;
        await using var file = await blobs.OpenReadAsync(upload.Blob, cancellation);
        if (file is null) return FileForm.Refused("FMT-001", Gone);
        return await FileInspector.InspectAsync(file, RecordTypes.Find(ticket.RecordType)!, ticket.Year, await calendar.TodayAsync(cancellation), cancellation, mayBeEmpty: ticket.Removals is not null);
    }

    /// <summary>Why a district can send nothing for a year; null when it can.</summary>
    internal static FileForm? RefusalOf(EditionKey edition, ReferenceData? reference)
    {
        if (reference is null) return FileForm.Refused("REF-001", $"The state office has set up no schools and calendars for {edition.Year.Span} yet. Send it again when they are there.");
        return reference.FindDistrict(edition.District) is null ? FileForm.Refused("REF-001", $"District {edition.District} is unknown in {edition.Year.Span}. Use the four-digit School System number.") : null;
    }
}
