using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.StateSync;
using Aim.Workflows;

namespace Aim.Identity;

/// <summary>
/// The nightly scan: all people of the state in memory, each compared with those it might be; and the newest year's records, for one State ID under which two districts know two children.
/// Doing it again finds the same.
/// </summary>
public sealed class ScanIdentities(IEditionStore editions, IStateStore state, IIdentityIndex index, IdentityCases cases)
{
    public static readonly Step<NightInput, IdentityScanned> Step = new("ScanIdentities");

    public async Task<IdentityScanned> RunAsync(CancellationToken cancellation)
    {
        var found = new Dictionary<string, IdentityCase>();
        var people = await index.ListAsync(cancellation).Where(person => person.MergedInto is null).Select(person => (person.StateId, PersonTraits.Of(person))).ToListAsync(cancellation);
        var scan = new PersonIndex(people).FindDuplicates(cancellation);
        foreach (var pair in scan.Pairs) Add(cases.Of(pair));
        var years = await editions.ListHeadsAsync(null, cancellation).Select(head => head.Key.Year).Distinct().ToListAsync(cancellation);
        if (years.Count > 0)
        {
            await foreach (var record in state.ReadAsync(years.Max(), StateIdRange.All, null, cancellation)) if (TwoChildren(record) is { } shared) Add(shared);
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
                if (PersonMatcher.AreTwo(PersonTraits.Of(said[i].Student), PersonTraits.Of(said[j].Student))) return cases.Of(record.StateId, NameOf(said[j].Contribution), NameOf(said[i].Contribution));
        }
        return null;
    }

    private static string NameOf(Contribution contribution) => $"{contribution.District}/{contribution.LocalId}";
}
