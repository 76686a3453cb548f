using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Aim.Editions;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.State;
using Aim.StateSync;
using Aim.Workflows;

namespace Aim.Identity;

/// <summary>
/// The nightly scan: all people of the state in memory, each compared with those it might be; and the newest year's records and the rows that wait, for one State ID under which two districts
/// know two children. Doing it again finds the same: while nobody has changed, people are not compared again, and the cases about them stay.
/// </summary>
public sealed class ScanIdentities(IEditionStore editions, IStateStore state, IIdentityIndex index, ParkedStudents parking, IdentityCases cases)
{
    public static readonly Step<NightInput, IdentityScanned> Step = new("ScanIdentities");

    public async Task<IdentityScanned> RunAsync(CancellationToken cancellation)
    {
        // Each reads a whole table, of which the local store does it without letting go of the thread.
        var sharing = Task.Run(() => SharedAsync(cancellation), cancellation);
        var people = await index.ListAsync(cancellation).Where(person => person.MergedInto is null).ToListAsync(cancellation);
        var (fingerprint, last) = (FingerprintOf(people), await cases.FindComparedAsync(cancellation));
        var compared = last;
        IReadOnlyList<LikelyDuplicate> pairs = [];
        if (compared?.Fingerprint != fingerprint)
        {
            var scan = new PersonIndex([.. people.Select(person => (person.StateId, PersonTraits.Of(person)))]).FindDuplicates(cancellation);
            pairs = scan.Pairs;
            compared = new ComparedPeople(fingerprint, scan.Skipped.Blocks, scan.Skipped.People);
        }
        var found = (await sharing).Concat(pairs.Select(cases.Of)).GroupBy(item => item.Id).ToDictionary(group => group.Key, group => group.Last());
        var scanned = await cases.FollowAsync(found, isKept: rule => compared == last && rule == IdentityRules.TwoStateIds.Id, cancellation);
        // Last: a scan that dies before compares everybody again.
        if (compared != last) await cases.PutComparedAsync(compared, cancellation);
        return scanned with { BlocksSkipped = compared.BlocksSkipped, PeopleInSkipped = compared.PeopleInSkipped };
    }

    /// <summary>State IDs under which the newest year has two children.</summary>
    private async Task<List<IdentityCase>> SharedAsync(CancellationToken cancellation)
    {
        var heads = await editions.ListHeadsAsync(null, cancellation).ToListAsync(cancellation);
        if (heads.Count == 0) return [];
        var (year, shared) = (heads.Max(head => head.Key.Year), new List<IdentityCase>());
        await foreach (var record in state.ReadAsync(year, StateIdRange.All, null, cancellation)) shared.AddRange(TwoChildren(record));
        foreach (var head in heads.Where(head => head.Key.Year == year && head.Parked > 0)) shared.AddRange(await ClaimedAsync(head.Key, cancellation));
        return shared;
    }

    /// <summary>Of everybody, in order, and of the program that compares them: another build may weigh differently.</summary>
    private static string FingerprintOf(IReadOnlyList<Person> people)
    {
        var hash = new XxHash128();
        Add(typeof(ScanIdentities).Module.ModuleVersionId.ToString());
        foreach (var person in people) Add(SideOf(person.StateId.ToString(), person));
        return hash.GetCurrentHashAsUInt128().ToString("x32", CultureInfo.InvariantCulture);

        void Add(string text)
        {
            hash.Append(MemoryMarshal.AsBytes(text.AsSpan()));
            hash.Append("\0\0"u8);
        }
    }

    private IEnumerable<IdentityCase> TwoChildren(StudentRecord record)
    {
        if (record.Contributions.Count < 2) yield break;
        var said = record.Contributions.SelectMany(item => item.Sections.Where(section => section.Type == RecordTypes.Student).Select(section => (Contribution: item, Student: RecordTypes.Student.Read(section.Content.Span)))).ToList();
        for (var i = 1; i < said.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (IdentityComparison.Of(said[i].Student, said[j].Student).Grade(isOwn: false) == IdentityAgreement.Agrees) continue;
                var (one, other) = (NameOf(said[j].Contribution), NameOf(said[i].Contribution));
                string[] sides = [SideOf(one, Person.Of(default, said[j].Student)), SideOf(other, Person.Of(default, said[i].Student))];
                yield return cases.Of(record.StateId, one, other, string.Join('\n', sides.Order(StringComparer.Ordinal)));
            }
        }
    }

    /// <summary>All that is said of who a child is. It is kept, hashed, with answered cases: another form would open them again.</summary>
    /// <param name="name">What says so: a district's local id, or the State ID.</param>
    private static string SideOf(string name, Person person) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}|{person.LastName}|{person.FirstName}|{person.MiddleName}|{person.Suffix}|{person.BirthDate:yyyyMMdd}|{person.Gender}");

    /// <summary>State IDs that rows of a district state which wait because another district has another child under them.</summary>
    private async Task<List<IdentityCase>> ClaimedAsync(EditionKey edition, CancellationToken cancellation)
    {
        var waiting = (await parking.ListAsync(edition, cancellation)).Values.Where(student => student.Reason == ParkReason.OtherIdentity).OrderBy(student => student.LocalId, Utf8Order.Comparer).ToList();
        if (waiting.Count == 0) return [];
        var records = await state.FindAsync([.. waiting.Select(student => student.Candidates[0]).Distinct()], edition.Year, cancellation);
        return [.. from student in waiting
                   let holder = records.GetValueOrDefault(student.Candidates[0])?.Contributions.FirstOrDefault(item => item.District != edition.District && item.Sections.Count > 0)
                   where holder is not null
                   select cases.Of(student.Candidates[0], NameOf(holder), $"{edition.District}/{student.LocalId}", sides: null)];
    }

    private static string NameOf(Contribution contribution) => $"{contribution.District}/{contribution.LocalId}";
}
