using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;

namespace Aim.Entry;

/// <summary>
/// Which records of an edition saves by hand and pushes have deleted, and when: a row that is gone can't say itself who took it away, as one that was changed does. A deletion that was undone is none; a record that was saved or pushed again since is told too.
/// </summary>
public sealed class Deletions(ILedger ledger, StateCalendar calendar)
{
    /// <summary>Stands among the codes of record types.</summary>
    private const string Undone = "undone";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="Version">The version of the edition that it makes.</param>
    private sealed record Deleted(DateTimeOffset At, long Version, IReadOnlyList<Record> Records);

    private sealed record Record(string LocalId, string Key);

    /// <summary>Notes what a save or a push is about to delete. Noting it again, or for one that is not applied in the end, does no harm: what is there isn't brought back.</summary>
    internal async Task NoteAsync(EditionKey edition, UploadId upload, JudgedChanges judged, DateTimeOffset at, CancellationToken cancellation)
    {
        foreach (var deleted in judged.Changes.Where(change => change.Kind == ChangeKind.Removed).GroupBy(change => change.Row.Type))
        {
            var note = new Deleted(at, judged.BaseVersion + 1, [.. deleted.Select(change => new Record(change.LocalId, change.Row.Key))]);
            await ledger.PutAsync(new(SubjectOf(edition), deleted.Key.Code, $"{IdOf(at.UtcTicks)}-{upload}", JsonSerializer.Serialize(note, Json)), cancellation);
        }
    }

    /// <summary>Notes that a version was taken back, and with it what it deleted. Noted afterwards: without it a file asks once too often, and nothing comes back unasked.</summary>
    internal Task NoteUndoAsync(EditionKey edition, long version, CancellationToken cancellation) => ledger.PutAsync(new(SubjectOf(edition), Undone, IdOf(version), "{}"), cancellation);

    /// <summary>The records of a type that were deleted after a file was written; after it was received, when it doesn't say when that was.</summary>
    /// <param name="written">In local time.</param>
    public async Task<IReadOnlySet<(string LocalId, string Key)>> FindAsync(EditionKey edition, RecordType type, DateTime? written, DateTimeOffset received, CancellationToken cancellation)
    {
        var zone = await calendar.ZoneAsync(cancellation);
        // No zone is a day away from another; which notes are later is told by their own moment.
        var from = written is { } local ? Math.Max(0, local.Ticks - TimeSpan.TicksPerDay) : received.UtcTicks;
        var later = new List<Deleted>();
        await foreach (var entry in ledger.ListAsync(SubjectOf(edition), type.Code, IdOf(from), cancellation))
        {
            var note = JsonSerializer.Deserialize<Deleted>(entry.Json, Json)!;
            if (written is null ? note.At > received : TimeZoneInfo.ConvertTime(note.At, zone).DateTime > written) later.Add(note);
        }
        if (later.Count == 0) return new HashSet<(string, string)>();
        var undone = await ledger.ListAsync(SubjectOf(edition), Undone, IdOf(later.Min(note => note.Version) - 1), cancellation).Select(entry => entry.Id).ToHashSetAsync(cancellationToken: cancellation);
        return later.Where(note => !undone.Contains(IdOf(note.Version))).SelectMany(note => note.Records).Select(record => (record.LocalId, record.Key)).ToHashSet();
    }

    /// <summary>In the order of numbers.</summary>
    private static string IdOf(long number) => number.ToString("D19", CultureInfo.InvariantCulture);

    private static string SubjectOf(EditionKey edition) => $"deleted/{edition.District}/{edition.Year}";
}
