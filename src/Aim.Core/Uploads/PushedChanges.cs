using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Workflows;

namespace Aim.Uploads;

/// <summary>
/// A district's own system says that it has put a file of changes under <c>pushed/</c>. It carries a reference and a number, never records.
/// </summary>
/// <param name="Version">Of this form; 1.</param>
/// <param name="Sequence">1 for the district's first file of a year, then one more each time.</param>
/// <param name="RecordType">Code of the rows' type, such as EN.</param>
/// <param name="Path"><c>pushed/{district}/{year}/{TYPE}/{key}/{file}</c>.</param>
public sealed record PushMessage(int Version, DistrictId District, SchoolYear Year, long Sequence, string RecordType, string Path, string ETag);

public enum PushReceipt
{
    /// <summary>Noted; it is applied when its turn comes.</summary>
    Noted = 1,

    /// <summary>The very same was noted before.</summary>
    Repeated = 2,

    /// <summary>It can't be used; the reason says why. The sequence has a gap until it is sent anew.</summary>
    Refused = 3,
}

/// <summary>What became of a message when it came in.</summary>
public sealed record PushReceived(PushReceipt Receipt, EditionKey? Edition, long? Sequence, string? Reason);

/// <summary>How far a district's pushed changes have been applied in a year.</summary>
/// <param name="Applied">The last number that was.</param>
/// <param name="Stop">Why the next one was not: the sequence waits until somebody has resolved it; null while it runs.</param>
/// <param name="Missing">The number that has not come while later ones have; null when there is no gap.</param>
public sealed record PushPosition(long Applied, string? Stop, long? Missing = null);

/// <summary>
/// Applies the changes that complete local systems push, district by district in the order of their numbers. Every message is noted in
/// the ledger first, so it doesn't matter in which order or how often messages come: a number is applied once, after the one before it. A
/// file that can't be loaded stops its district's sequence, with the reason, until it is resolved. One caller at a time may drain a district.
/// </summary>
public sealed class PushedChanges(ILedger ledger, UploadLog log, IWorkflowClient workflows, TimeProvider clock)
{
    /// <summary>Where pushed files are put: nothing watches it, as their turn is decided by their numbers.</summary>
    private const string Root = "pushed/";

    private const int KnownVersion = 1;
    private const string NotedKind = "noted";
    private const string PositionKind = "position";
    private const string Only = "-";

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>A place for a file of changes: what its message has to name as path, and the URL to put it to.</summary>
    public async Task<(string Path, Uri Url, DateTimeOffset Expires)> RequestAsync(IBlobStore blobs, EditionKey edition, RecordType type, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var expires = now + UploadIntake.UrlLifetime;
        var path = $"{Root}{edition.District}/{edition.Year}/{type.Code}/{UploadLog.NewKey(now)}/changes.tsv";
        return (path, await blobs.CreateUploadUrlAsync(path, expires, cancellation), expires);
    }

    /// <summary>Notes a message of a district's session.</summary>
    public async Task<PushReceived> ReceiveAsync(string session, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var (message, problem) = Read(session, body.Span);
        if (message is null) return new PushReceived(PushReceipt.Refused, null, null, problem);
        var edition = new EditionKey(message.District, message.Year);
        var json = JsonSerializer.Serialize(message, Json);
        if (await ledger.AddAsync(new(SubjectOf(edition), NotedKind, IdOf(message.Sequence), json), cancellation)) return new PushReceived(PushReceipt.Noted, edition, message.Sequence, null);
        var noted = await ledger.FindAsync(SubjectOf(edition), NotedKind, IdOf(message.Sequence), cancellation);
        return noted!.Json == json
            ? new PushReceived(PushReceipt.Repeated, edition, message.Sequence, null)
            : new PushReceived(PushReceipt.Refused, edition, message.Sequence, FormattableString.Invariant($"Number {message.Sequence} was used before for another file. Send the file under the next number."));
    }

    private static (PushMessage? Message, string? Problem) Read(string session, ReadOnlySpan<byte> body)
    {
        PushMessage? message;
        try
        {
            if (JsonSerializer.Deserialize<Envelope>(body, Json) is not { } envelope) return (null, "The message is empty.");
            if (envelope.Version != KnownVersion) return (null, FormattableString.Invariant($"The message has version {envelope.Version}; this build knows version {KnownVersion}. Update it, then send the message again."));
            message = JsonSerializer.Deserialize<PushMessage>(body, Json)!;
        }
        catch (JsonException)
        {
            return (null, "The message is not JSON of the documented form.");
        }
        if (message.District.Value != session) return (null, "The message is for another district than the session it came in.");
        if (message.Sequence < 1) return (null, "The number of a message is 1 or more.");
        var parts = (message.Path ?? "").Split('/');
        return parts is ["pushed", var district, var year, var type, { Length: > 0 }, { Length: > 0 }] && district == message.District.Value && year == message.Year.ToString()
            && RecordTypes.Find(type) is { } recordType && recordType == RecordTypes.Find(message.RecordType) && !string.IsNullOrEmpty(message.ETag)
            ? (message, null)
            : (null, "The message names no file of its district, year and record type under pushed/.");
    }

    private sealed record Envelope(int Version);

    /// <summary>Applies what is next, until nothing is, or the sequence has to stop. An outage is an exception; draining again goes on from there.</summary>
    public async Task<PushPosition> DrainAsync(EditionKey edition, CancellationToken cancellation)
    {
        while (true)
        {
            var (position, etag) = await FindAsync(edition, cancellation);
            if (position.Stop is not null) return position;
            var next = position.Applied + 1;
            if (await ledger.FindAsync(SubjectOf(edition), NotedKind, IdOf(next), cancellation) is not { } noted) return await WithGapAsync(edition, position, cancellation);
            var message = JsonSerializer.Deserialize<PushMessage>(noted.Json, Json)!;
            var report = await ApplyAsync(message, cancellation);
            var after = report.Status is UploadStatus.Accepted or UploadStatus.AcceptedWithFindings or UploadStatus.AcceptedWithRejects
                ? new PushPosition(next, null)
                : position with { Stop = FormattableString.Invariant($"Number {next} could not be applied: {report.Sentence}") };
            await SaveAsync(edition, after, etag, cancellation);
        }
    }

    /// <summary>How far the district is.</summary>
    public async Task<PushPosition> FindPositionAsync(EditionKey edition, CancellationToken cancellation) =>
        await WithGapAsync(edition, (await FindAsync(edition, cancellation)).Position, cancellation);

    /// <summary>Ends a stop: the number it stands at is left out, because what it held has been sent otherwise. False when there is no stop.</summary>
    public async Task<bool> SkipAsync(EditionKey edition, CancellationToken cancellation)
    {
        var (position, etag) = await FindAsync(edition, cancellation);
        if (position.Stop is null) return false;
        await SaveAsync(edition, new PushPosition(position.Applied + 1, null), etag, cancellation);
        return true;
    }

    /// <summary>Loads the file by the same workflow an upload takes, and waits for its end.</summary>
    private async Task<UploadReport> ApplyAsync(PushMessage message, CancellationToken cancellation)
    {
        // A key of its own: the one in the path was chosen by the sender, and may be another file's.
        var id = UploadId.Of(message.Path, message.ETag);
        var key = id.ToString();
        var ticket = new UploadTicket
        {
            Key = key, District = message.District, Year = message.Year, RecordType = message.RecordType, FileName = message.Path.Split('/')[5], ArrivedAs = message.Path,
            Confirm = ConfirmPolicy.Never, RequestedBy = FormattableString.Invariant($"push {message.Sequence}"), RequestedAt = clock.GetUtcNow(),
        };
        await log.RegisterAsync(ticket, cancellation);
        var input = new UploadInput(key, id, message.Path, message.ETag);
        await log.RegisterFileAsync(id, message.Path, cancellation);
        var instance = UploadIntake.InstanceOf(input.Id);
        await workflows.StartAsync<UploadWorkflow, UploadInput, UploadStatus>(instance, input, cancellation);
        for (var wait = ShortestWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            if (await log.FindReportAsync(key, cancellation) is { IsFinished: true } report && report.UploadId == id) return report;
            if (await workflows.FindAsync(instance, cancellation) is { Status: WorkflowStatus.Failed or WorkflowStatus.Terminated } dead)
                return new UploadReport { Status = UploadStatus.Failed, Sentence = dead.Failure ?? "It was ended by an operator." };
            await Task.Delay(wait, clock, cancellation);
        }
    }

    /// <summary>Tells whether the first number noted after the position is a later one than the next.</summary>
    private async Task<PushPosition> WithGapAsync(EditionKey edition, PushPosition position, CancellationToken cancellation)
    {
        await foreach (var later in ledger.ListAsync(SubjectOf(edition), NotedKind, IdOf(position.Applied), cancellation))
            return later.Id == IdOf(position.Applied + 1) ? position : position with { Missing = position.Applied + 1 };
        return position;
    }

    private async Task<(PushPosition Position, string? ETag)> FindAsync(EditionKey edition, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(edition), PositionKind, Only, cancellation) is { } entry
            ? (JsonSerializer.Deserialize<PushPosition>(entry.Json, Json)!, entry.ETag)
            : (new PushPosition(0, null), null);

    private async Task SaveAsync(EditionKey edition, PushPosition position, string? etag, CancellationToken cancellation)
    {
        var entry = new LedgerEntry(SubjectOf(edition), PositionKind, Only, JsonSerializer.Serialize(position, Json), etag);
        if (!(etag is null ? await ledger.AddAsync(entry, cancellation) : await ledger.PutAsync(entry, cancellation)))
            throw new FaultException($"Another process moved the pushed changes of {edition} on; they are gone over again.");
    }

    private static string SubjectOf(EditionKey edition) => $"pushed/{edition.District}/{edition.Year}";

    private static string IdOf(long sequence) => sequence.ToString("D12", CultureInfo.InvariantCulture);
}
