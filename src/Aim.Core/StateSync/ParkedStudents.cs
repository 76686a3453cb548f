using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;

namespace Aim.StateSync;

/// <summary>A local id whose rows are kept aside, and why.</summary>
/// <param name="Candidates">State IDs of the children it might be.</param>
/// <param name="Until">When it was settled; null while it waits.</param>
public sealed record ParkedStudent(string LocalId, ParkReason Reason, IReadOnlyList<StateId> Candidates, DateTimeOffset Since, DateTimeOffset? Until);

/// <summary>The ledger's page of students whose rows wait for a decision, by edition. Rows stay in the edition; nothing is lost.</summary>
public sealed class ParkedStudents(ILedger ledger, TimeProvider clock)
{
    private const string Kind = "parked";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Those that wait, by local id.</summary>
    public async Task<IReadOnlyDictionary<string, ParkedStudent>> ListAsync(EditionKey edition, CancellationToken cancellation)
    {
        var parked = new Dictionary<string, ParkedStudent>();
        await foreach (var entry in ledger.ListAsync(SubjectOf(edition), Kind, null, cancellation))
        {
            var student = JsonSerializer.Deserialize<ParkedStudent>(entry.Json, Json)!;
            if (student.Until is null) parked[student.LocalId] = student;
        }
        return parked;
    }

    public Task ParkAsync(EditionKey edition, string localId, ParkReason reason, IReadOnlyList<StateId> candidates, CancellationToken cancellation) =>
        PutAsync(edition, new ParkedStudent(localId, reason, candidates, clock.GetUtcNow(), null), cancellation);

    public Task SettleAsync(EditionKey edition, ParkedStudent student, CancellationToken cancellation) =>
        PutAsync(edition, student with { Until = clock.GetUtcNow() }, cancellation);

    private Task<bool> PutAsync(EditionKey edition, ParkedStudent student, CancellationToken cancellation) =>
        ledger.PutAsync(new(SubjectOf(edition), Kind, student.LocalId, JsonSerializer.Serialize(student, Json)), cancellation);

    private static string SubjectOf(EditionKey edition) => $"edition/{edition.District}/{edition.Year}";
}
