using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Ports;
using Aim.State;

namespace Aim.StateSync;

/// <summary>Finds the few records of a district of which the state holds fields, and reads no others.</summary>
public sealed class HeldFields(IStateStore state, IIdentityIndex identities, EditionNotes notes)
{
    private const int StudentsARead = 500;

    /// <summary>The local ids of an edition of which the state holds fields, each with the record of the student whose rows they are.</summary>
    public async IAsyncEnumerable<(string LocalId, StudentRecord Record)> ReadAsync(EditionKey edition, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var localIds in notes.HeldOfAsync(edition, cancellation).Chunk(StudentsARead).WithCancellation(cancellation))
            foreach (var held in await FindAsync(edition, localIds, cancellation)) yield return held;
    }

    /// <summary>Those of some local ids of which the state holds fields, in order.</summary>
    public async Task<IReadOnlyList<(string LocalId, StudentRecord Record)>> FindAsync(EditionKey edition, IEnumerable<string> localIds, CancellationToken cancellation)
    {
        var owners = await identities.FindLinksAsync(edition.District, localIds.ToHashSet(), cancellation);
        var records = await state.FindAsync(owners.Values.ToHashSet(), edition.Year, cancellation);
        return
        [
            .. owners.OrderBy(owner => owner.Key, Utf8Order.Comparer).Where(owner => records.TryGetValue(owner.Value, out var record) && record.Edits.Any(edit => edit.District == edition.District && edit.LocalId == owner.Key))
                .Select(owner => (owner.Key, records[owner.Value])),
        ];
    }
}
