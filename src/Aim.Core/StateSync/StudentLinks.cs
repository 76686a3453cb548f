using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;

namespace Aim.StateSync;

/// <summary>
/// Links local ids to the students who have the rows by now. A link is made only once the records are committed: until then it tells a
/// repeated sync whose record the rows have to leave.
/// </summary>
public sealed class StudentLinks(IEditionStore editions, IIdentityIndex identities)
{
    /// <summary>
    /// Makes the links that differ from those there are. A link holds for every year, so the district's other editions that have a local id
    /// whose link moves are to be synced anew, unless a newer year has given it to another child: then the link is that one's.
    /// </summary>
    internal async Task MakeAsync(EditionKey edition, IReadOnlyList<(UnresolvedStudent Student, Resolution Resolution)> students, CancellationToken cancellation)
    {
        var links = students.Where(student => student.Resolution.StateId != student.Resolution.Link).ToDictionary(student => student.Student.LocalId, student => student.Resolution.StateId!.Value);
        var moved = students.Where(student => student.Resolution.Previous is not null).ToDictionary(student => student.Student.LocalId, student => student.Student.Student);
        if (moved.Count > 0) await ResetOthersAsync(edition, moved, links, cancellation);
        if (links.Count > 0) await identities.LinkAsync(edition.District, links, cancellation);
    }

    private async Task ResetOthersAsync(EditionKey edition, Dictionary<string, Student> moved, Dictionary<string, StateId> links, CancellationToken cancellation)
    {
        var others = new List<(EditionKey Edition, List<string> LocalIds)>();
        foreach (var other in await editions.ListHeadsAsync(null, cancellation).Where(head => head.Key.District == edition.District && head.Key.Year != edition.Year).ToListAsync(cancellation))
        {
            var localIds = new List<string>();
            await foreach (var student in editions.ReadAsync(other.Key, new EditionSelection([.. moved.Keys.Order(Utf8Order.Comparer)]), cancellation))
            {
                localIds.Add(student.LocalId);
                // Two years that have different children must not take the link from one another for ever: the newer one has it.
                if (other.Key.Year.EndYear > edition.Year.EndYear && UnresolvedStudent.Of(student) is { } newer && (newer.StatedId is not null || IsAnother(newer.Student, moved[student.LocalId]))) links.Remove(student.LocalId);
            }
            others.Add((other.Key, localIds));
        }
        foreach (var (other, localIds) in others)
        {
            if (localIds.Exists(links.ContainsKey)) await editions.ResetSyncAsync(other, cancellation);
        }
    }

    private static bool IsAnother(Student one, Student other) => IdentityComparison.Of(one, other).Grade(isOwn: true) == IdentityAgreement.Disagrees;
}
