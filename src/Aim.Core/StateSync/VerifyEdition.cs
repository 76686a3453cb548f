using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.Workflows;

namespace Aim.StateSync;

/// <summary>What a full recount of an edition found.</summary>
/// <param name="EditionAgrees">The rows add up to the digest on the edition's head.</param>
/// <param name="StateAgrees">What the state has of the district, and in whose records, adds up to what the edition has.</param>
public sealed record Verification(EditionKey Edition, bool EditionAgrees, bool StateAgrees)
{
    public bool Agrees => EditionAgrees && StateAgrees;
}

/// <summary>
/// Counts an edition and the state's copy of it in full and compares the digests: proof that nothing is missing, extra or different,
/// beyond what the heads say. Students whose rows are kept aside are left out on both sides.
/// </summary>
public sealed class VerifyEdition(IEditionStore editions, IStateStore state, IdentityResolver resolver, ParkedStudents parking)
{
    public static readonly Step<EditionKey, Verification> Step = new("VerifyEdition");

    private const int BatchSize = 1000;

    public async Task<Verification> RunAsync(EditionKey edition, CancellationToken cancellation)
    {
        var head = await editions.GetHeadAsync(edition, cancellation);
        var parked = await parking.ListAsync(edition, cancellation);
        var run = resolver.Begin(edition);
        var (all, synced) = (default(EditionDigest), default(EditionDigest));
        await foreach (var students in editions.ReadAsync(edition, EditionSelection.All, cancellation).Chunk(BatchSize).WithCancellation(cancellation))
        {
            var owners = await resolver.FindOwnersAsync(run, [.. students.Select(UnresolvedStudent.Of).OfType<UnresolvedStudent>()], cancellation);
            foreach (var student in students)
            {
                var digest = student.Rows.Aggregate(default(EditionDigest), (sum, row) => sum.Add(EditionDigest.HashOf(student.LocalId, row.Type, row.Key, row.Content.Span)));
                all += digest;
                if (owners.TryGetValue(student.LocalId, out var owner) && !parked.ContainsKey(student.LocalId)) synced += OfOwner(digest, student.LocalId, owner);
            }
        }
        // While a load is on its way to the state, only the edition can be judged.
        var stateAgrees = !head.IsSynced || await StateDigestAsync(edition, parked, cancellation) == synced;
        return new Verification(edition, all == head.Digest, stateAgrees);
    }

    private async Task<EditionDigest> StateDigestAsync(EditionKey edition, IReadOnlyDictionary<string, ParkedStudent> parked, CancellationToken cancellation)
    {
        var digest = default(EditionDigest);
        await foreach (var ids in state.StudentsOfAsync(edition.District, edition.Year, cancellation).Chunk(BatchSize).WithCancellation(cancellation))
        {
            foreach (var record in (await state.FindAsync(ids, edition.Year, cancellation)).Values)
            {
                foreach (var contribution in record.Contributions)
                {
                    if (contribution.District == edition.District && !parked.ContainsKey(contribution.LocalId)) digest += OfOwner(contribution.Digest(), contribution.LocalId, record.StateId);
                }
            }
        }
        return digest;
    }

    /// <summary>The same rows in another student's record add up to something else.</summary>
    private static EditionDigest OfOwner(EditionDigest rows, string localId, StateId owner) => rows.Add(ContentHash.OfText($"{localId}/{owner}"));
}
