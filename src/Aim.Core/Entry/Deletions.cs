using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;

namespace Aim.Entry;

/// <summary>
/// Which records of an edition saves by hand and pushes have deleted, and when: a row that is gone can't say itself who took it away, as one that was changed does. A record that was there again since is told too.
/// </summary>
public sealed class Deletions(ILedger ledger, StateCalendar calendar)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private sealed record Deleted(DateTimeOffset At, IReadOnlyList<Record> Records);

    private sealed record Record(string LocalId, string Key);

    /// <summary>Notes what a save or a push is about to delete. Noting it again, or for one that is not applied in the end, does no harm: what is there isn't brought back.</summary>
    internal async Task NoteAsync(EditionKey edition, UploadId upload, IEnumerable<EditionChange> changes, DateTimeOffset at, CancellationToken cancellation)
    {
        foreach (var deleted in changes.Where(change => change.Kind == ChangeKind.Removed).GroupBy(change => change.Row.Type))
        {
            var note = new Deleted(at, [.. deleted.Select(change => new Record(change.LocalId, change.Row.Key))]);
            await ledger.PutAsync(new(SubjectOf(edition), deleted.Key.Code, $"{IdOf(at.UtcTicks)}-{upload}", JsonSerializer.Serialize(note, Json)), cancellation);
        }
    }

    /// <summary>The records of a type that were deleted after a file was written; all that ever were when it doesn't say when that was.</summary>
    /// <param name="written">In local time.</param>
    public async Task<IReadOnlySet<(string LocalId, string Key)>> FindAsync(EditionKey edition, RecordType type, DateTime? written, CancellationToken cancellation)
    {
        var zone = await calendar.ZoneAsync(cancellation);
        // No zone is a day away from another; which notes are later is told by their own moment.
        var from = IdOf(Math.Max(0, (written?.Ticks ?? 0) - TimeSpan.TicksPerDay));
        var records = new HashSet<(string, string)>();
        await foreach (var entry in ledger.ListAsync(SubjectOf(edition), type.Code, from, cancellation))
        {
            var note = JsonSerializer.Deserialize<Deleted>(entry.Json, Json)!;
            if (written is null || TimeZoneInfo.ConvertTime(note.At, zone).DateTime > written) records.UnionWith(note.Records.Select(record => (record.LocalId, record.Key)));
        }
        return records;
    }

    /// <summary>In the order of time.</summary>
    private static string IdOf(long ticks) => ticks.ToString("D19", CultureInfo.InvariantCulture);

    private static string SubjectOf(EditionKey edition) => $"deleted/{edition.District}/{edition.Year}";
}
