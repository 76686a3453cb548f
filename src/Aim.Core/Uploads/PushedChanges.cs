using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Entry;
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

/// <summary>How one number of a district's pushed changes stands.</summary>
public enum PushState
{
    /// <summary>Nothing has come under it, or it was withdrawn.</summary>
    Unknown = 1,

    /// <summary>It has come, and its turn has not.</summary>
    Waiting = 2,

    Applied = 3,

    /// <summary>It could not be applied; the sequence stands at it until somebody has resolved it.</summary>
    Stopped = 4,

    /// <summary>It was left out, as somebody decided.</summary>
    Skipped = 5,

    /// <summary>Its turn has come, and none of its changes was accepted; the sequence goes on.</summary>
    Rejected = 6,
}

/// <summary>Who withdrew a number or left it out, and when.</summary>
public sealed record PushDecision(string By, DateTimeOffset At)
{
    /// <summary>After what was done, in a sentence.</summary>
    internal string Text => string.Create(CultureInfo.InvariantCulture, $" by {By} on {At.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
}

/// <summary>What is known of one number.</summary>
/// <param name="Missing">The number it waits for.</param>
/// <param name="Push">What was applied; null for a file, whose findings are in its own report.</param>
/// <param name="Skipped">Who left it out; null when nobody did.</param>
public sealed record PushedNumber(long Sequence, PushState State, string Sentence, long? Missing = null, AppliedPush? Push = null, PushDecision? Skipped = null);

public enum PushReceipt
{
    /// <summary>Noted; it is applied when its turn comes.</summary>
    Noted = 1,

    /// <summary>The very same was noted before.</summary>
    Repeated = 2,

    /// <summary>It can't be used; the reason says why. The sequence has a gap until it is sent anew.</summary>
    Refused = 3,
}

/// <summary>What became of the wish to take back a number.</summary>
public enum PushWithdrawal
{
    /// <summary>It is as if nothing had come under it.</summary>
    Withdrawn = 1,

    /// <summary>Nothing has come under it, or it was withdrawn before.</summary>
    NothingThere = 2,

    /// <summary>Its turn has come.</summary>
    TooLate = 3,
}

/// <summary>What became of a message when it came in.</summary>
public sealed record PushReceived(PushReceipt Receipt, EditionKey? Edition, long? Sequence, string? Reason);

/// <summary>How far a district's pushed changes have been applied in a year.</summary>
/// <param name="Applied">The last number that was.</param>
/// <param name="Stop">Why the next one was not: the sequence waits until somebody has resolved it; null while it runs.</param>
/// <param name="Missing">The number that has not come while later ones have; null when there is no gap.</param>
/// <param name="Withdrawn">Who withdrew what had come under the missing number; null when nothing had.</param>
public sealed record PushPosition(long Applied, string? Stop, long? Missing = null, PushDecision? Withdrawn = null);

/// <summary>
/// Applies the changes that complete local systems push, district by district in the order of their numbers. Every message is noted in
/// the ledger first, so it doesn't matter in which order or how often messages come: a number is applied once, after the one before it. A
/// file that can't be loaded stops its district's sequence, with the reason, until it is resolved. A number holds a file, or a set of changes that came with
/// the number itself. Two callers that drain one district at once come to the same as one.
/// </summary>
public sealed class PushedChanges(ILedger ledger, UploadLog log, IWorkflowClient workflows, PushedRecords records, TimeProvider clock)
{
    /// <summary>Where pushed files are put: nothing watches it, as their turn is decided by their numbers.</summary>
    internal const string Root = "pushed/";

    /// <summary>
    /// How far ahead of a district's position a number may be: more than a large district saves in a week, during which the sequence may wait for a number or for the end of a stop. One that is
    /// further ahead is a mistake, such as a clock's, and would put old data over new when its turn comes.
    /// </summary>
    public const int MostAhead = 10_000;

    private const int KnownVersion = 1;

    /// <summary>Of the note about a set of changes; no message may have it.</summary>
    private const int SetVersion = 2;
    private const string Editions = "pushed";
    private const string EditionKind = "edition";
    private const string OutcomeKind = "outcome";
    private const string NotedKind = "noted";
    private const string WithdrawnKind = "withdrawn";
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
        return await FindLeapAsync(edition, message.Sequence, cancellation) ?? await NoteAsync(edition, message, cancellation);
    }

    /// <summary>Keeps a set of changes and notes it under its number. The set has been read, and has no problem of form.</summary>
    public async Task<PushReceived> ReceiveAsync(EditionKey edition, long sequence, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (await FindLeapAsync(edition, sequence, cancellation) is { } refused) return refused;
        await ledger.AddAsync(new(Editions, EditionKind, edition.ToString(), JsonSerializer.Serialize(edition, Json)), cancellation);
        var path = await records.KeepAsync(edition, sequence, body, cancellation);
        return await NoteAsync(edition, new PushMessage(SetVersion, edition.District, edition.Year, sequence, "", path, ""), cancellation);
    }

    /// <summary>The refusal of a number that is too far ahead; null when it isn't.</summary>
    private async Task<PushReceived?> FindLeapAsync(EditionKey edition, long sequence, CancellationToken cancellation)
    {
        var applied = (await FindAsync(edition, cancellation)).Position.Applied;
        return sequence <= applied + MostAhead ? null : new PushReceived(PushReceipt.Refused, edition, sequence, FormattableString.Invariant(
            $"Number {sequence} is too far ahead: the district is at number {applied}, and at most {MostAhead} numbers can wait. Nothing was taken. Send it under the number after the last one you used."));
    }

    private async Task<PushReceived> NoteAsync(EditionKey edition, PushMessage message, CancellationToken cancellation)
    {
        var entry = new LedgerEntry(SubjectOf(edition), NotedKind, IdOf(message.Sequence), JsonSerializer.Serialize(message, Json));
        if (await ledger.AddAsync(entry, cancellation)) return new PushReceived(PushReceipt.Noted, edition, message.Sequence, null);
        var noted = (await ledger.FindAsync(entry.Subject, NotedKind, entry.Id, cancellation))!;
        // What was withdrawn has left its number free; of two who take it at once the second one finds the first.
        if (IsWithdrawn(noted))
        {
            // Who withdrew it is kept: the number's new note takes that one's place.
            if (DecisionIn(noted) is { } decision) await ledger.AddAsync(new(entry.Subject, WithdrawnKind, WithdrawalsOf(message.Sequence) + decision.At.UtcTicks.ToString("D19", CultureInfo.InvariantCulture), noted.Json), cancellation);
            if (await ledger.PutAsync(entry with { ETag = noted.ETag }, cancellation)) return new PushReceived(PushReceipt.Noted, edition, message.Sequence, null);
            return await NoteAsync(edition, message, cancellation);
        }
        return noted.Json == entry.Json
            ? new PushReceived(PushReceipt.Repeated, edition, message.Sequence, null)
            : new PushReceived(PushReceipt.Refused, edition, message.Sequence, FormattableString.Invariant($"Number {message.Sequence} was used before for another file or other changes. Send them under the next number."));
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
            if (await FindNotedAsync(edition, next, cancellation) is not { } noted) return await WithGapAsync(edition, position, cancellation);
            // Written as it is: who read it before its turn came, to withdraw it, finds it changed.
            if (!await ledger.PutAsync(noted, cancellation)) continue;
            var message = JsonSerializer.Deserialize<PushMessage>(noted.Json, Json)!;
            var refusal = message.Version == SetVersion ? await ApplySetAsync(edition, message, cancellation) : await ApplyFileAsync(message, cancellation);
            var after = refusal is null ? new PushPosition(next, null) : position with { Stop = FormattableString.Invariant($"Number {next} could not be applied: {refusal}") };
            // Where another caller was quicker, the next round finds what it came to.
            await SaveAsync(edition, after, etag, cancellation);
        }
    }

    /// <summary>Drains every edition that sets of changes were ever pushed to and that has a next number; says how many those are.</summary>
    public async Task<int> DrainAllAsync(CancellationToken cancellation)
    {
        var drained = 0;
        await foreach (var entry in ledger.ListAsync(Editions, EditionKind, null, cancellation))
        {
            var edition = JsonSerializer.Deserialize<EditionKey>(entry.Json, Json);
            var (position, _) = await FindAsync(edition, cancellation);
            if (position.Stop is not null || await FindNotedAsync(edition, position.Applied + 1, cancellation) is null) continue;
            await DrainAsync(edition, cancellation);
            drained++;
        }
        return drained;
    }

    /// <summary>How one number stands.</summary>
    public async Task<PushedNumber> FindNumberAsync(EditionKey edition, long sequence, CancellationToken cancellation)
    {
        var position = await FindPositionAsync(edition, cancellation);
        if (sequence <= position.Applied)
        {
            var outcome = await ledger.FindAsync(SubjectOf(edition), OutcomeKind, IdOf(sequence), cancellation);
            if (outcome is null) return new PushedNumber(sequence, PushState.Applied, "It was a file; its own report says how it went.");
            return JsonSerializer.Deserialize<AppliedPush?>(outcome.Json, Json) switch
            {
                null or { Outcome: null } when DecisionIn(outcome) is var skipped => new PushedNumber(sequence, PushState.Skipped, $"It was left out{skipped?.Text}, as was asked for.", Skipped: skipped),
                { IsNothingAccepted: true } push => new PushedNumber(sequence, PushState.Rejected,
                    push.Changes == 1 ? "The one change was not accepted; the report says why. Correct it and push it under the next number."
                        : FormattableString.Invariant($"None of the {push.Changes} changes was accepted; the reports say why. Correct them and push them under the next number."), Push: push),
                var push => new PushedNumber(sequence, PushState.Applied, "It was applied.", Push: push),
            };
        }
        var noted = await ledger.FindAsync(SubjectOf(edition), NotedKind, IdOf(sequence), cancellation);
        if (noted is null) return new PushedNumber(sequence, PushState.Unknown, "Nothing has come under this number.");
        if (IsWithdrawn(noted)) return new PushedNumber(sequence, PushState.Unknown, $"It was withdrawn{DecisionIn(noted)?.Text}, and nothing has come under this number since.");
        if (position.Stop is { } stop)
            return sequence == position.Applied + 1 ? new PushedNumber(sequence, PushState.Stopped, stop) : new PushedNumber(sequence, PushState.Waiting, FormattableString.Invariant($"It waits, as the sequence has stopped. {stop}"), position.Applied + 1);
        return position.Missing is { } missing
            ? new PushedNumber(sequence, PushState.Waiting, FormattableString.Invariant($"It waits for number {missing}, which has not come."), missing) : new PushedNumber(sequence, PushState.Waiting, "It is being applied.");
    }

    /// <summary>Who withdrew what had come under a number before it was used anew, the first one first.</summary>
    public ValueTask<List<PushDecision>> ListWithdrawnAsync(EditionKey edition, long sequence, CancellationToken cancellation) =>
        ledger.ListAsync(SubjectOf(edition), WithdrawnKind, WithdrawalsOf(sequence), cancellation).TakeWhile(entry => entry.Id.StartsWith(WithdrawalsOf(sequence), StringComparison.Ordinal)).Select(DecisionIn).OfType<PushDecision>().ToListAsync(cancellation);

    /// <summary>What became of each change of a push that was applied.</summary>
    public Task<ChangeSetOutcome?> FindOutcomeAsync(AppliedPush push, CancellationToken cancellation) => records.FindOutcomeAsync(push.Outcome, cancellation);

    /// <summary>Null when it was applied, else the reason.</summary>
    private async Task<string?> ApplySetAsync(EditionKey edition, PushMessage message, CancellationToken cancellation)
    {
        var (applied, refusal) = await records.ApplyAsync(edition, message.Path, cancellation);
        // The first one to note it knows best: it is the one that applied it.
        if (applied is not null) await ledger.AddAsync(new(SubjectOf(edition), OutcomeKind, IdOf(message.Sequence), JsonSerializer.Serialize(applied, Json)), cancellation);
        return refusal;
    }

    private async Task<string?> ApplyFileAsync(PushMessage message, CancellationToken cancellation)
    {
        var report = await ApplyAsync(message, cancellation);
        return report.Status is UploadStatus.Accepted or UploadStatus.AcceptedWithFindings or UploadStatus.AcceptedWithRejects or UploadStatus.Rejected ? null : report.Sentence;
    }

    /// <summary>How far the district is.</summary>
    public async Task<PushPosition> FindPositionAsync(EditionKey edition, CancellationToken cancellation) =>
        await WithGapAsync(edition, (await FindAsync(edition, cancellation)).Position, cancellation);

    /// <summary>Ends a stop: the number it stands at is left out, because what it held has been sent otherwise. False when there is no stop.</summary>
    public async Task<bool> SkipAsync(EditionKey edition, string by, CancellationToken cancellation)
    {
        var (position, etag) = await FindAsync(edition, cancellation);
        if (position.Stop is null) return false;
        await ledger.AddAsync(new(SubjectOf(edition), OutcomeKind, IdOf(position.Applied + 1), Decided(by)), cancellation);
        return await SaveAsync(edition, new PushPosition(position.Applied + 1, null), etag, cancellation);
    }

    /// <summary>
    /// Takes back a number that waits for an earlier one, as if nothing had come under it: the sequence waits for it, and it may be used anew. What has its turn, or had it, stays.
    /// </summary>
    public async Task<PushWithdrawal> WithdrawAsync(EditionKey edition, long sequence, string by, CancellationToken cancellation)
    {
        while (true)
        {
            // Read before the position is: while that is behind, nobody can have begun with what is read here.
            if (await FindNotedAsync(edition, sequence, cancellation) is not { } noted) return PushWithdrawal.NothingThere;
            if (sequence <= (await FindAsync(edition, cancellation)).Position.Applied + 1) return PushWithdrawal.TooLate;
            if (await ledger.PutAsync(noted with { Json = Decided(by) }, cancellation)) return PushWithdrawal.Withdrawn;
        }
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
        var next = IdOf(position.Applied + 1);
        PushDecision? withdrawn = null;
        await foreach (var later in ledger.ListAsync(SubjectOf(edition), NotedKind, IdOf(position.Applied), cancellation))
        {
            if (!IsWithdrawn(later)) return later.Id == next ? position : position with { Missing = position.Applied + 1, Withdrawn = withdrawn };
            if (later.Id == next) withdrawn = DecisionIn(later);
        }
        return position;
    }

    private string Decided(string by) => JsonSerializer.Serialize(new PushDecision(by, clock.GetUtcNow()), Json);

    /// <summary>Null when somebody decided before it was noted who.</summary>
    private static PushDecision? DecisionIn(LedgerEntry entry) => JsonSerializer.Deserialize<PushDecision?>(entry.Json, Json) is { By: not null } decision ? decision : null;

    /// <summary>Instead of a message, which has a version, there stands who withdrew it.</summary>
    private static bool IsWithdrawn(LedgerEntry noted) => JsonSerializer.Deserialize<Envelope?>(noted.Json, Json) is null or { Version: 0 };

    /// <summary>What has come under a number; null when nothing has, or it was withdrawn.</summary>
    private async Task<LedgerEntry?> FindNotedAsync(EditionKey edition, long sequence, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(edition), NotedKind, IdOf(sequence), cancellation) is { } noted && !IsWithdrawn(noted) ? noted : null;

    private async Task<(PushPosition Position, string? ETag)> FindAsync(EditionKey edition, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(edition), PositionKind, Only, cancellation) is { } entry
            ? (JsonSerializer.Deserialize<PushPosition>(entry.Json, Json)!, entry.ETag)
            : (new PushPosition(0, null), null);

    /// <summary>False when somebody else has moved the sequence on meanwhile.</summary>
    private Task<bool> SaveAsync(EditionKey edition, PushPosition position, string? etag, CancellationToken cancellation)
    {
        var entry = new LedgerEntry(SubjectOf(edition), PositionKind, Only, JsonSerializer.Serialize(position, Json), etag);
        return etag is null ? ledger.AddAsync(entry, cancellation) : ledger.PutAsync(entry, cancellation);
    }

    private static string SubjectOf(EditionKey edition) => $"pushed/{edition.District}/{edition.Year}";

    /// <summary>In the order of the numbers: none is taken that is far ahead of the last one applied, so it would be long before one had more digits.</summary>
    private static string IdOf(long sequence) => sequence.ToString("D12", CultureInfo.InvariantCulture);

    private static string WithdrawalsOf(long sequence) => $"{IdOf(sequence)}-";
}
