using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;

namespace Aim.Identity;

/// <summary>A child whose rows wait until somebody has decided whose they are.</summary>
public sealed record QueuedStudent(EditionKey Edition, ParkedStudent Parked);

/// <summary>A child that waits next to those it might be, with what each field adds.</summary>
/// <param name="Child">As the district writes it; its State ID is the one the row states, or none (0).</param>
public sealed record QueuedComparison(EditionKey Edition, string LocalId, ParkReason? Reason, Person Child, IReadOnlyList<(Person Person, WeighedCandidate Weighed)> Candidates, string Model);

public enum DecideStatus
{
    Decided = 1,

    /// <summary>The edition has no such student.</summary>
    NoSuchStudent = 2,

    /// <summary>There is no such State ID.</summary>
    NoSuchStateId = 3,

    /// <summary>The student doesn't wait for anything.</summary>
    NotWaiting = 4,
}

/// <summary>
/// The queue of near matches: what waits, how alike it is, and the decision of a person, which takes effect at once and holds for every later sync of the same child.
/// </summary>
public sealed class NearMatches(IEditionStore editions, IIdentityIndex index, IdentityDecisions decisions, ParkedStudents parking, EditionSyncs syncs, TimeProvider clock)
{
    /// <summary>Those who wait, by district, year and local id; of one district, or of all.</summary>
    public async IAsyncEnumerable<QueuedStudent> ListAsync(DistrictId? district, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var heads = await editions.ListHeadsAsync(null, cancellation).Where(head => head.Parked > 0 && (district is null || head.Key.District == district)).ToListAsync(cancellation);
        foreach (var edition in heads.Select(head => head.Key).OrderBy(key => key.District.Value, StringComparer.Ordinal).ThenBy(key => key.Year))
            foreach (var student in (await parking.ListAsync(edition, cancellation)).Values.OrderBy(student => student.LocalId, Utf8Order.Comparer)) yield return new QueuedStudent(edition, student);
    }

    /// <summary>Null when the edition has no such student.</summary>
    public async Task<QueuedComparison?> CompareAsync(EditionKey edition, string localId, CancellationToken cancellation)
    {
        if (await FindAsync(edition, localId, cancellation) is not { } student) return null;
        var parked = (await parking.ListAsync(edition, cancellation)).GetValueOrDefault(localId);
        var child = Person.Of(student.StatedId ?? default, student.Student);
        HashSet<StateId> named = [.. parked?.Candidates ?? [], .. student.StatedId is { } stated ? [stated] : Array.Empty<StateId>()];
        var near = (await index.FindAlikeAsync([child], cancellation))[0].Concat((await index.FindAsync(named, cancellation)).Values).DistinctBy(person => person.StateId).ToDictionary(person => person.StateId);
        var traits = PersonTraits.Of(student.Student);
        var weighed = PersonMatcher.WeighAll(traits, [.. near.Values.Select(person => (person.StateId, PersonTraits.Of(person)))]);
        // Whoever has the State ID in question is shown, however little the two are alike.
        var unlikely = named.Where(id => near.ContainsKey(id) && weighed.Candidates.All(candidate => candidate.StateId != id)).Order().Select(id => PersonMatcher.WeighOne(traits, id, PersonTraits.Of(near[id])));
        return new QueuedComparison(edition, localId, parked?.Reason, child, [.. weighed.Candidates.Concat(unlikely).Select(candidate => (near[candidate.StateId], WeighedCandidate.Of(candidate)))], weighed.Model);
    }

    /// <summary>
    /// Decides that a waiting child is somebody the state knows, or (null) nobody yet, and syncs the edition. Deciding the same again changes nothing; deciding "new" again, after a
    /// crash, may leave a State ID that nobody has.
    /// </summary>
    public async Task<(DecideStatus Status, StateId? StateId)> DecideAsync(EditionKey edition, string localId, StateId? isStudent, string reason, string by, CancellationToken cancellation)
    {
        if (await CompareAsync(edition, localId, cancellation) is not { } compared) return (DecideStatus.NoSuchStudent, null);
        var earlier = await decisions.FindAsync(edition.District, localId, cancellation);
        if (compared.Reason is null && (earlier is not { Kind: DecidedBy.Person } || isStudent is null)) return (DecideStatus.NotWaiting, null);
        if (isStudent is { } wanted && (await index.FindAsync([wanted], cancellation)).Count == 0) return (DecideStatus.NoSuchStateId, null);
        var id = isStudent ?? await index.AddAsync(compared.Child with { StateId = default }, cancellation);
        await decisions.PutAsync(edition.District, new IdentityDecision(localId, id, isStudent is null, DecidedBy.Person, reason, by, clock.GetUtcNow(), compared.Child with { StateId = id }, compared.Model,
            [.. compared.Candidates.Select(candidate => candidate.Weighed)]), cancellation);
        if (compared.Reason is null) await editions.ResetSyncAsync(edition, cancellation);
        await syncs.RunAsync(edition, cancellation);
        return (DecideStatus.Decided, id);
    }

    private async Task<UnresolvedStudent?> FindAsync(EditionKey edition, string localId, CancellationToken cancellation)
    {
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection([localId]), cancellation)) return UnresolvedStudent.Of(student);
        return null;
    }
}
