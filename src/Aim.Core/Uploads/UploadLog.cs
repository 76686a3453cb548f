using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>The ledger's pages about uploads: what was asked for, how it went, and the findings in groups.</summary>
public sealed class UploadLog(ILedger ledger)
{
    private const string Ticket = "ticket";
    private const string Report = "report";
    private const string Group = "group";
    private const string Answer = "answer";
    private const string Upload = "upload";
    private const string File = "file";
    private const string Only = "-";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Notes what was asked for under the ticket's key, and gives back what is noted there: the first ticket of a key stands.</summary>
    public async Task<UploadTicket> RegisterAsync(UploadTicket ticket, CancellationToken cancellation)
    {
        // One after the other: nothing is listed that has no ticket, or that another district has got.
        if (!await ledger.AddAsync(new(SubjectOf(ticket.Key), Ticket, Only, JsonSerializer.Serialize(ticket, Json)), cancellation)) ticket = (await FindTicketAsync(ticket.Key, cancellation))!;
        await ledger.AddAsync(new(SubjectOf(ticket.District, ticket.Year), Upload, UploadCursor.Of(ticket).ToString(), JsonSerializer.Serialize(ticket.Key, Json)), cancellation);
        return ticket;
    }

    public async Task<UploadTicket?> FindTicketAsync(string key, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(key), Ticket, Only, cancellation) is { } entry ? JsonSerializer.Deserialize<UploadTicket>(entry.Json, Json) : null;

    /// <summary>Notes which stored file an upload is, so that a record can be traced back to it for as long as the file is kept.</summary>
    public Task RegisterFileAsync(UploadId id, string path, CancellationToken cancellation) => RegisterAsync(id, new StoredFile(path), cancellation);

    /// <summary>Notes the same of a push, which doesn't say itself from when it is; the first moment noted stands.</summary>
    public Task RegisterPushAsync(UploadId id, string path, DateTimeOffset appliedAt, CancellationToken cancellation) => RegisterAsync(id, new StoredFile(path, appliedAt), cancellation);

    private Task RegisterAsync(UploadId id, StoredFile file, CancellationToken cancellation) =>
        ledger.AddAsync(new(SubjectOf(id), File, Only, JsonSerializer.Serialize(file, Json)), cancellation);

    /// <summary>Blob path of an upload's file; null when there is no such upload.</summary>
    public async Task<string?> FindFileAsync(UploadId id, CancellationToken cancellation) => (await FindStoredAsync(id, cancellation))?.Path;

    internal async Task<StoredFile?> FindStoredAsync(UploadId id, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(id), File, Only, cancellation) is { } entry ? JsonSerializer.Deserialize<StoredFile>(entry.Json, Json) : null;

    /// <summary>Null until the upload has ended or asks something.</summary>
    public async Task<UploadReport?> FindReportAsync(string key, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(key), Report, Only, cancellation) is { } entry ? JsonSerializer.Deserialize<UploadReport>(entry.Json, Json) : null;

    public Task SaveReportAsync(string key, UploadReport report, CancellationToken cancellation) =>
        ledger.PutAsync(new(SubjectOf(key), Report, Only, JsonSerializer.Serialize(report, Json)), cancellation);

    /// <summary>Whether an upload's question about a version of the edition has been answered.</summary>
    public async Task<bool> IsAnsweredAsync(string key, long version, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(key), Answer, version.ToString(CultureInfo.InvariantCulture), cancellation) is not null;

    public Task NoteAnswerAsync(string key, Confirmation answer, CancellationToken cancellation) =>
        ledger.AddAsync(new(SubjectOf(key), Answer, answer.Version.ToString(CultureInfo.InvariantCulture), JsonSerializer.Serialize(answer, Json)), cancellation);

    public async Task SaveGroupsAsync(string key, IReadOnlyList<FindingGroup> groups, CancellationToken cancellation)
    {
        for (var i = 0; i < groups.Count; i++)
            await ledger.PutAsync(new(SubjectOf(key), Group, i.ToString("D4", CultureInfo.InvariantCulture), JsonSerializer.Serialize(groups[i], Json)), cancellation);
    }

    /// <summary>The findings by root cause, worst first.</summary>
    public async Task<IReadOnlyList<FindingGroup>> ListGroupsAsync(string key, CancellationToken cancellation)
    {
        // A comparison that was made again may have left more groups than there are now.
        var count = (await FindReportAsync(key, cancellation))?.Groups ?? 0;
        return await ledger.ListAsync(SubjectOf(key), Group, null, cancellation).Take(count).Select(entry => JsonSerializer.Deserialize<FindingGroup>(entry.Json, Json)!).ToListAsync(cancellation);
    }

    /// <summary>Keys of a district's uploads in a year, newest first, those after a cursor.</summary>
    public async IAsyncEnumerable<(string Key, UploadCursor Cursor)> ListAsync(DistrictId district, SchoolYear year, UploadCursor? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var entry in ledger.ListAsync(SubjectOf(district, year), Upload, after?.ToString(), cancellation))
        {
            if (UploadCursor.TryParse(entry.Id, out var cursor)) yield return (JsonSerializer.Deserialize<string>(entry.Json, Json)!, cursor);
        }
    }

    /// <summary>A key that sorts by time and can't be guessed.</summary>
    public static string NewKey(DateTimeOffset moment) => Guid.CreateVersion7(moment).ToString("N");

    private static string SubjectOf(UploadId id) => $"upload-id/{id}";

    private static string SubjectOf(string key) => $"upload/{key}";

    private static string SubjectOf(DistrictId district, SchoolYear year) => $"district/{district}/{year}";
}

/// <summary>The stored file that an upload is.</summary>
/// <param name="AppliedAt">When it was first applied; of pushes alone.</param>
internal sealed record StoredFile(string Path, DateTimeOffset? AppliedAt = null);

/// <summary>
/// A place in the list of a district's uploads. The ledger lists in ascending order only, so a place counts down from the last moment there is:
/// the newest upload comes first.
/// </summary>
public readonly record struct UploadCursor(long TicksLeft, UploadId Id)
{
    private const int TicksLength = 16;

    public static UploadCursor Of(UploadTicket ticket) => new(DateTime.MaxValue.Ticks - ticket.RequestedAt.UtcTicks, UploadId.Of(ticket.Key, ""));

    public static bool TryParse(string text, out UploadCursor cursor)
    {
        cursor = default;
        if (text.Length <= TicksLength || !long.TryParse(text.AsSpan(0, TicksLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var ticks)) return false;
        if (!UploadId.TryParse(text[TicksLength..], null, out var id)) return false;
        cursor = new UploadCursor(ticks, id);
        return true;
    }

    public override string ToString() => $"{TicksLeft.ToString("x16", CultureInfo.InvariantCulture)}{Id}";
}
