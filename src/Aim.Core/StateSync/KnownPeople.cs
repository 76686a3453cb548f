using System.Collections.Concurrent;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.State;

namespace Aim.StateSync;

/// <summary>Keeps what the state knows of children in step with the district that has the child now.</summary>
public sealed class KnownPeople(IStateStore state, IIdentityIndex identities)
{
    private const int AtOnce = 32;

    /// <summary>Takes over what records of one year say, unless a newer year says something of the child.</summary>
    /// <param name="known">What the index is known to have already.</param>
    internal async Task RefreshAsync(IEnumerable<StudentRecord> records, IReadOnlyDictionary<StateId, Person> known, CancellationToken cancellation)
    {
        var newest = new ConcurrentBag<Person>();
        var changed = records.Select(record => (record.Year, Person: PrimaryDemographics.PersonOf(record))).Where(item => item.Person is { } person && known.GetValueOrDefault(person.StateId) != person);
        await Parallel.ForEachAsync(changed, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (item, token) =>
        {
            var years = await state.FindYearsAsync(item.Person!.StateId, token);
            if (!years.Any(record => record.Year.EndYear > item.Year.EndYear && PrimaryDemographics.PersonOf(record) is not null)) newest.Add(item.Person);
        });
        if (!newest.IsEmpty) await identities.PutAsync([.. newest], cancellation);
    }
}
