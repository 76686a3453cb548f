using Aim.Identity;
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
    private const int PeopleAWrite = 5000;

    /// <summary>Puts any number of people, some thousands at a time, and gives their number.</summary>
    public static async Task<int> PutAllAsync(this IIdentityIndex index, IEnumerable<Person> people, CancellationToken cancellation)
    {
        var count = 0;
        foreach (var some in people.Chunk(PeopleAWrite))
        {
            await index.PutAsync(some, cancellation);
            count += some.Length;
        }
        return count;
    }
}
