using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;

namespace Aim.Editions;

/// <summary>What is noted about an edition besides its rows.</summary>
/// <param name="ZeroIncidents">The schools that confirmed they had no behavior incident.</param>
/// <param name="FundingCounts">Students that the funding system counts, by collection.</param>
/// <param name="Certified">The collections that the district has certified.</param>
public sealed record NotedOfEdition(IReadOnlySet<string> ZeroIncidents, IReadOnlyDictionary<string, int> FundingCounts, IReadOnlySet<string> Certified);

/// <summary>Who noted something, and when.</summary>
/// <param name="Students">Of a funding count.</param>
public sealed record EditionNote(string By, DateTimeOffset At, int? Students = null);

/// <summary>The ledger's pages about an edition: confirmations of schools, figures of the funding system, certified collections, and of whom the state holds fields.</summary>
public sealed class EditionNotes(ILedger ledger, TimeProvider clock)
{
    private const string ZeroIncidents = "zero-incidents";
    private const string FundingCount = "funding-count";
    private const string Certified = "certified";
    private const string Held = "held";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task<NotedOfEdition> ReadAsync(EditionKey edition, CancellationToken cancellation) => new(
        await ListAsync(edition, ZeroIncidents, cancellation).Select(note => note.Id).ToHashSetAsync(cancellationToken: cancellation),
        await ListAsync(edition, FundingCount, cancellation).ToDictionaryAsync(note => note.Id, note => note.Note.Students ?? 0, cancellationToken: cancellation),
        await ListAsync(edition, Certified, cancellation).Select(note => note.Id).ToHashSetAsync(cancellationToken: cancellation));

    /// <summary>Notes that a school had no behavior incident in the year; the first who says so stands.</summary>
    public Task ConfirmZeroIncidentsAsync(EditionKey edition, string school, string by, CancellationToken cancellation) =>
        ledger.AddAsync(Entry(edition, ZeroIncidents, school, new EditionNote(by, clock.GetUtcNow())), cancellation);

    /// <summary>Notes how many students the funding system counts; a later figure replaces an earlier one.</summary>
    public Task PutFundingCountAsync(EditionKey edition, string collection, int students, string by, CancellationToken cancellation) =>
        ledger.PutAsync(Entry(edition, FundingCount, collection, new EditionNote(by, clock.GetUtcNow(), students)), cancellation);

    /// <summary>Notes all that a year's reference data brought.</summary>
    public async Task PutAsync(SchoolYear year, NotesOfYear notes, string by, CancellationToken cancellation)
    {
        foreach (var count in notes.FundingCounts) await PutFundingCountAsync(new EditionKey(count.District, year), count.Collection, count.Students, by, cancellation);
        foreach (var confirmed in notes.ZeroIncidents) await ConfirmZeroIncidentsAsync(new EditionKey(confirmed.District, year), confirmed.School, by, cancellation);
        foreach (var certified in notes.Certifications) await NoteCertifiedAsync(new EditionKey(certified.District, year), certified.Collection, by, cancellation);
    }

    /// <summary>Notes that the district has certified a collection.</summary>
    public Task NoteCertifiedAsync(EditionKey edition, string collection, string by, CancellationToken cancellation) =>
        ledger.AddAsync(Entry(edition, Certified, collection, new EditionNote(by, clock.GetUtcNow())), cancellation);

    /// <summary>
    /// Notes that the state is about to hold fields of the rows under a local id. It stays noted when they are let go: what is held is read from the student's record, where a note too many
    /// costs one read, and a note too few would hide what is held.
    /// </summary>
    public Task NoteHeldAsync(EditionKey edition, string localId, string by, CancellationToken cancellation) =>
        ledger.AddAsync(Entry(edition, Held, localId, new EditionNote(by, clock.GetUtcNow())), cancellation);

    /// <summary>The local ids of which the state holds fields, or held some once, in order.</summary>
    public IAsyncEnumerable<string> HeldOfAsync(EditionKey edition, CancellationToken cancellation) => ListAsync(edition, Held, cancellation).Select(note => note.Id);

    private IAsyncEnumerable<(string Id, EditionNote Note)> ListAsync(EditionKey edition, string kind, CancellationToken cancellation) =>
        ledger.ListAsync(SubjectOf(edition), kind, null, cancellation).Select(entry => (entry.Id, JsonSerializer.Deserialize<EditionNote>(entry.Json, Json)!));

    private static LedgerEntry Entry(EditionKey edition, string kind, string id, EditionNote note) => new(SubjectOf(edition), kind, id, JsonSerializer.Serialize(note, Json));

    private static string SubjectOf(EditionKey edition) => $"edition/{edition}";
}
