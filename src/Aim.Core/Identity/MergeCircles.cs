using Aim.Ports;
using Aim.Records;

namespace Aim.Identity;

/// <summary>Merges that lead back to where they began: of such a circle nobody could tell whose the rows are.</summary>
public static class MergeCircles
{
    private const int StateIdsTold = 10;

    /// <summary>
    /// The circles that a list of people would close with those who are known, a sentence each that says what to do; to be asked before the list is added (<see cref="IdentityIndexExtensions.AddAllAsync"/>).
    /// A survivor whom nobody knows yet is none: a large list comes in several parts, and a later one may have it.
    /// </summary>
    public static async Task<IReadOnlyList<string>> OfListAsync(IIdentityIndex index, IEnumerable<Person> list, CancellationToken cancellation)
    {
        var retired = list.Where(person => person.MergedInto is not null).ToList();
        // With the survivors: one of them may lead on to somebody whom only the list knows.
        var known = await index.FindWithSurvivorsAsync([.. retired.SelectMany(person => new[] { person.StateId, person.MergedInto!.Value }).Distinct()], cancellation);
        // Whoever is known stays as he is, whatever the list says.
        var added = retired.Where(person => !known.ContainsKey(person.StateId)).ToList();
        var survivors = known.Values.Concat(added).Where(person => person.MergedInto is not null).ToDictionary(person => person.StateId, person => person.MergedInto!.Value);
        return [.. Of(added.Select(person => person.StateId), survivors).Select(Sentence)];
    }

    /// <summary>The circles that one comes by from these State IDs, each once, in the order in which its members lead to one another.</summary>
    internal static IEnumerable<IReadOnlyList<StateId>> Of(IEnumerable<StateId> starts, IReadOnlyDictionary<StateId, StateId> survivors)
    {
        var seen = new HashSet<StateId>();
        foreach (var start in starts)
        {
            var way = new List<StateId>();
            var id = start;
            // Whoever was come by before, on another way, was told of then.
            for (; seen.Add(id) && survivors.TryGetValue(id, out var survivor); id = survivor) way.Add(id);
            if (way.IndexOf(id) is >= 0 and var from) yield return [.. way.Skip(from)];
        }
    }

    private static string Sentence(IReadOnlyList<StateId> circle) =>
        $"identities.csv: With what is known already, MergedInto leads in a circle, from State ID {string.Join(" to ", circle.Take(StateIdsTold).Append(circle[0]))}{(circle.Count > StateIdsTold ? " by way of others" : "")}. "
        + "Leave it empty in the row of the State ID that is in use; if that one is retired already, undo its merge.";
}
