using Aim.Editions;
using Aim.Ports;

namespace Aim.StateSync;

/// <summary>Tells why rows of an edition that was synced are not in the state's record all the same.</summary>
public sealed class StateWaits(IEditionStore editions, ParkedStudents parking)
{
    /// <summary>What some of these students wait for: a decision, or their demographics; null when none waits.</summary>
    /// <param name="localIds">As the edition has them.</param>
    public async Task<WaitReason?> FindAsync(EditionKey edition, IReadOnlyCollection<string> localIds, CancellationToken cancellation)
    {
        if (localIds.Count == 0) return null;
        var parked = await parking.ListAsync(edition, cancellation);
        if (localIds.Any(parked.ContainsKey)) return WaitReason.Parked;
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection([.. localIds.Order(Utf8Order.Comparer)]), cancellation))
            if (student.Demographics is null && student.Rows.Any(row => row.Type.IsOfStudent)) return WaitReason.NoDemographics;
        return null;
    }

    /// <summary>When it gets there, for whoever sent it.</summary>
    /// <param name="what">As the subject of the sentence: all that was sent, or some of it.</param>
    public static string Sentence(string what, WaitReason reason) => reason switch
    {
        WaitReason.Parked => $"{what} reaches the state's record once it is decided whose it is.",
        WaitReason.NoDemographics => $"{what} reaches the state's record once the student's demographics (SD) are there.",
        _ => $"{what} reaches the state's record with the next sync.",
    };
}
