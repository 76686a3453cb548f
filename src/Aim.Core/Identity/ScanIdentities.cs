using Aim.Editions;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.StateSync;
using Aim.Workflows;

namespace Aim.Identity;

/// <summary>
/// The nightly scan: all people of the state in memory, each compared with those it might be; and the newest year's records and the rows that wait, for one State ID under which two districts
/// know two children. Doing it again finds the same.
/// </summary>
public sealed class ScanIdentities(IEditionStore editions, IStateStore state, IIdentityIndex index, ParkedStudents parking, IdentityCases cases)
{
    public static readonly Step<NightInput, IdentityScanned> Step = new("ScanIdentities");

    public async Task<IdentityScanned> RunAsync(CancellationToken cancellation)
    {
        var found = new Dictionary<string, IdentityCase>();
        var people = await index.ListAsync(cancellation).Where(person => person.MergedInto is null).Select(person => (person.StateId, PersonTraits.Of(person))).ToListAsync(cancellation);
        var scan = new PersonIndex(people).FindDuplicates(cancellation);
        foreach (var pair in scan.Pairs) Add(cases.Of(pair));
        var heads = await editions.ListHeadsAsync(null, cancellation).ToListAsync(cancellation);
        if (heads.Count > 0)
        {
            var year = heads.Max(head => head.Key.Year);
            await foreach (var record in state.ReadAsync(year, StateIdRange.All, null, cancellation)) if (TwoChildren(record) is { } shared) Add(shared);
            foreach (var head in heads.Where(head => head.Key.Year == year && head.Parked > 0)) foreach (var shared in await ClaimedAsync(head.Key, cancellation)) Add(shared);
        }
        return (await cases.FollowAsync(found, cancellation)) with { BlocksSkipped = scan.Skipped.Blocks, PeopleInSkipped = scan.Skipped.People };

        void Add(IdentityCase item) => found[item.Id] = item;
    }

    private IdentityCase? TwoChildren(StudentRecord record)
    {
        if (record.Contributions.Count < 2) return null;
        var said = record.Contributions.SelectMany(item => item.Sections.Where(section => section.Type == RecordTypes.Student).Select(section => (Contribution: item, Student: RecordTypes.Student.Read(section.Content.Span)))).ToList();
        for (var i = 1; i < said.Count; i++)
        {
            for (var j = 0; j < i; j++)
                if (IdentityComparison.Of(PersonTraits.Of(said[i].Student), PersonTraits.Of(said[j].Student)).Grade(isOwn: false) != IdentityAgreement.Agrees) return cases.Of(record.StateId, NameOf(said[j].Contribution), NameOf(said[i].Contribution));
        }
        return null;
    }

    /// <summary>State IDs that rows of a district state which wait because another district has another child under them.</summary>
    private async Task<List<IdentityCase>> ClaimedAsync(EditionKey edition, CancellationToken cancellation)
    {
        var waiting = (await parking.ListAsync(edition, cancellation)).Values.Where(student => student.Reason == ParkReason.OtherIdentity).OrderBy(student => student.LocalId, Utf8Order.Comparer).ToList();
        if (waiting.Count == 0) return [];
        var records = await state.FindAsync([.. waiting.Select(student => student.Candidates[0]).Distinct()], edition.Year, cancellation);
        return [.. from student in waiting
                   let holder = records.GetValueOrDefault(student.Candidates[0])?.Contributions.FirstOrDefault(item => item.District != edition.District && item.Sections.Count > 0)
                   where holder is not null
                   select cases.Of(student.Candidates[0], NameOf(holder), $"{edition.District}/{student.LocalId}")];
    }

    private static string NameOf(Contribution contribution) => $"{contribution.District}/{contribution.LocalId}";
}
