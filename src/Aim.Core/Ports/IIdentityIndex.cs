using Aim.Identity;
using Aim.Identity.Matching;
using Aim.Records;

namespace Aim.Ports;

/// <summary>
/// Who has which State ID. A State ID is given out once and never again, and a local id keeps the one it got, also when a claim is
/// repeated after a crash.
/// </summary>
public interface IIdentityIndex
{
    /// <summary>The people that have these State IDs, retired ones with their survivor; unknown ids are left out.</summary>
    Task<IReadOnlyDictionary<StateId, Person>> FindAsync(IReadOnlyCollection<StateId> ids, CancellationToken cancellation);

    /// <summary>The State IDs that a district's local ids are linked to; unlinked ones are left out.</summary>
    Task<IReadOnlyDictionary<string, StateId>> FindLinksAsync(DistrictId district, IReadOnlyCollection<string> localIds, CancellationToken cancellation);

    /// <summary>
    /// For each claim, in the order given: the State ID its local id has, or else those of people with the same
    /// <see cref="IdentityKey"/> who are not retired, or else a new one, linked to the local id. Atomic for each claim: of two claims at once for the same
    /// child, at most one gets a new State ID.
    /// </summary>
    Task<IReadOnlyList<ClaimOutcome>> ClaimAsync(IReadOnlyList<IdentityClaim> claims, CancellationToken cancellation);

    /// <summary>
    /// For each of the people given, in their order: those who share a key of <see cref="BlockingKeys.Of"/> with them and are not retired. One who is being written at the moment may be left out.
    /// </summary>
    Task<IReadOnlyList<IReadOnlyList<Person>>> FindAlikeAsync(IReadOnlyList<Person> people, CancellationToken cancellation);

    /// <summary>Gives out a new State ID to somebody of whom it was decided that he is nobody else; who asks twice gets two.</summary>
    Task<StateId> AddAsync(Person person, CancellationToken cancellation);

    /// <summary>
    /// Says into whom a person was merged, or (null) that it was undone, whatever was said before; who calls it sees to it that no circle comes of it. False when there is no such person.
    /// </summary>
    Task<bool> SetSurvivorAsync(StateId id, StateId? survivor, CancellationToken cancellation);

    /// <summary>Everybody, retired ones too, in the order of State IDs.</summary>
    IAsyncEnumerable<Person> ListAsync(CancellationToken cancellation);

    /// <summary>Links local ids to State IDs that exist, in place of any earlier link.</summary>
    Task LinkAsync(DistrictId district, IReadOnlyDictionary<string, StateId> links, CancellationToken cancellation);

    /// <summary>
    /// Writes what is known of people, adding those whose State ID isn't there yet. Equal content writes nothing. Who is retired stays so:
    /// written without a survivor, a person keeps the one there was.
    /// </summary>
    Task PutAsync(IReadOnlyList<Person> people, CancellationToken cancellation);
}

/// <summary>Short forms of what callers do most.</summary>
public static class IdentityIndexExtensions
{
    private const int PeopleAWrite = 30_000;

    /// <summary>Longer chains of merges are a circle, which no merge makes.</summary>
    private const int LongestChain = 100;

    /// <summary>The people that have these State IDs, with all that they were merged into, to the end.</summary>
    public static async Task<IReadOnlyDictionary<StateId, Person>> FindWithSurvivorsAsync(this IIdentityIndex index, IReadOnlyCollection<StateId> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<StateId, Person>(await index.FindAsync(ids, cancellation));
        while (found.Values.Select(person => person.MergedInto).OfType<StateId>().Where(id => !found.ContainsKey(id)).Distinct().ToList() is { Count: > 0 } missing)
        {
            var more = await index.FindAsync(missing, cancellation);
            if (more.Count == 0) break;
            foreach (var (id, person) in more) found[id] = person;
        }
        return found;
    }

    /// <summary>Whom a State ID leads to in the end; itself when it was never merged.</summary>
    public static StateId SurvivorOf(this IReadOnlyDictionary<StateId, Person> people, StateId id)
    {
        for (var i = 0; i < LongestChain && people.TryGetValue(id, out var person) && person.MergedInto is { } survivor; i++) id = survivor;
        return id;
    }

    /// <summary>
    /// Adds the people of a list of any length that nobody knows yet, and gives the number of all that are in it. Whoever is known stays as he is: since the list was made, districts have sent
    /// corrections, and merges were decided and undone.
    /// </summary>
    public static async Task<int> AddAllAsync(this IIdentityIndex index, IEnumerable<Person> people, CancellationToken cancellation)
    {
        var count = 0;
        foreach (var some in people.Chunk(PeopleAWrite))
        {
            var known = await index.FindAsync([.. some.Select(person => person.StateId)], cancellation);
            if (known.Count < some.Length) await index.PutAsync([.. some.Where(person => !known.ContainsKey(person.StateId))], cancellation);
            count += some.Length;
        }
        return count;
    }
}
