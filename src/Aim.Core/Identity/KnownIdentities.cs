using Aim.Editions;
using Aim.Ports;
using Aim.Records;

namespace Aim.Identity;

/// <summary>Why a row is not simply its State ID's.</summary>
internal enum IdentityDoubt
{
    None = 0,

    /// <summary>One thing differs; the row counts.</summary>
    DiffersInOne,

    /// <summary>More than one thing differs.</summary>
    OtherChild,

    /// <summary>Somebody else is known who is just as the row says: two State IDs swapped, most likely.</summary>
    FitsAnother,

    /// <summary>Another local id of the district has the State ID, and this one had another: the other half of a swap.</summary>
    HasOtherLocalId,
}

/// <summary>What a State ID, stated or linked, comes to.</summary>
/// <param name="StateId">The one that the row is held against.</param>
/// <param name="Differences">In words; null when the district has never had the student, and is told no more than that there are some.</param>
internal sealed record IdentityVerdict(StateId StateId, Resolution Resolution, IdentityDoubt Doubt, string? Differences);

/// <summary>
/// What is known of a district's students by their ids, to judge rows by: loading, re-validation and the sync come to the same. What a person has decided goes first, then the State ID that
/// a row states, then the one that its local id is linked to.
/// </summary>
internal sealed class KnownIdentities
{
    private readonly IReadOnlyDictionary<string, StateId> links;
    private readonly IReadOnlyDictionary<UnresolvedStudent, IdentityDecision> decided;
    private readonly IReadOnlyDictionary<StateId, Person> people;
    private readonly Dictionary<UnresolvedStudent, (IdentityDoubt Doubt, StateId? Other)> looked = [];
    private readonly Dictionary<UnresolvedStudent, StateId> kept = [];
    private readonly HashSet<StateId> had = [];

    private KnownIdentities(IReadOnlyDictionary<string, StateId> links, IReadOnlyDictionary<UnresolvedStudent, IdentityDecision> decided, IReadOnlyDictionary<StateId, Person> people) =>
        (this.links, this.decided, this.people) = (links, decided, people);

    /// <summary>People alone, of no district's students.</summary>
    public static KnownIdentities Of(IReadOnlyDictionary<StateId, Person> people) => new(new Dictionary<string, StateId>(), new Dictionary<UnresolvedStudent, IdentityDecision>(), people);

    /// <param name="further">State IDs to know besides those of the students.</param>
    public static async Task<KnownIdentities> ReadAsync(IIdentityIndex index, IdentityRun run, IReadOnlyList<UnresolvedStudent> students, IEnumerable<StateId> further, CancellationToken cancellation)
    {
        var links = students.Count == 0 ? new Dictionary<string, StateId>() : await index.FindLinksAsync(run.Edition.District, [.. students.Select(student => student.LocalId).Distinct()], cancellation);
        var decided = await run.DecisionsOnAsync(students, cancellation);
        HashSet<StateId> ids = [.. students.Select(student => student.StatedId).OfType<StateId>(), .. links.Values, .. decided.Values.Select(decision => decision.StateId), .. further];
        return new KnownIdentities(links, decided, ids.Count == 0 ? new Dictionary<StateId, Person>() : await index.FindWithSurvivorsAsync(ids, cancellation));
    }

    public Person? Find(StateId id) => people.GetValueOrDefault(id);

    public StateId SurvivorOf(StateId id) => people.SurvivorOf(id);

    /// <summary>Whose the rows are when the link is taken for right, as it is once they were brought to the state; null when no id says.</summary>
    public StateId? OwnerOf(UnresolvedStudent student) =>
        DecisionOn(student) is null && (kept.Count == 0 || !kept.ContainsKey(student)) && Claim.Of(this, student) is { IsOwn: true } claim ? claim.Survivor : Judge(student)?.Resolution.StateId;

    /// <summary>Null for a student of whom no id says anything.</summary>
    public IdentityVerdict? Judge(UnresolvedStudent student)
    {
        if (DecisionOn(student) is { } decision) return new IdentityVerdict(decision.StateId, To(decision.StateId, LinkOf(student)), IdentityDoubt.None, "");
        if (kept.Count > 0 && kept.TryGetValue(student, out var keeper)) return new IdentityVerdict(keeper, To(keeper, LinkOf(student)), IdentityDoubt.None, "");
        if (Claim.Of(this, student) is not { } claim) return null;
        if (claim.Person is null && student.StatedId is not null) return new IdentityVerdict(claim.Id, Resolution.Park(ParkReason.UnknownStateId, []), IdentityDoubt.None, "");
        // A number alone is no child: one mistyped digit would put the rows into another's record.
        if (claim is { IsOwn: false, Person: not null } && (student.Student.FirstName is null || student.Student.BirthDate is null)) return new IdentityVerdict(claim.Id, Resolution.Park(ParkReason.Incomplete, []), IdentityDoubt.None, "");
        // Without a State ID of its own, a row can be about another child who was given the local id anew.
        var (doubt, other) = DoubtOf(student, claim);
        var resolution = doubt is IdentityDoubt.None or IdentityDoubt.DiffersInOne ? To(claim.Id, claim.Link) : Resolution.Park(ParkReason.OtherIdentity, [.. new[] { claim.Id, other, claim.Link }.OfType<StateId>().Distinct()]);
        return new IdentityVerdict(claim.Id, resolution, doubt, claim.IsOwn || had.Contains(claim.Survivor) ? claim.Comparison.Differences : null);
    }

    private (IdentityDoubt Doubt, StateId? Other) DoubtOf(UnresolvedStudent student, Claim claim)
    {
        if (looked.Count > 0 && looked.TryGetValue(student, out var found)) return found;
        return claim.Grade switch
        {
            IdentityAgreement.Disagrees => (IdentityDoubt.OtherChild, null),
            IdentityAgreement.DiffersInOne => (IdentityDoubt.DiffersInOne, null),
            _ => (IdentityDoubt.None, null),
        };
    }

    /// <summary>
    /// Looks closer at those who are not to the letter who they are said to be: somebody else may be, and what disagrees with what is known by now may be what the state has from the district
    /// all along. They are few.
    /// </summary>
    public async Task LookCloserAsync(IIdentityIndex index, IStateStore state, EditionKey edition, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var unsure = students.Where(student => DecisionOn(student) is null).Distinct().Select(student => (Student: student, Claim: Claim.Of(this, student))).Where(item => item.Claim is { Person: not null, Comparison.IsSure: false }).ToList();
        if (unsure.Count == 0) return;
        var alike = await index.FindAlikeAsync([.. unsure.Select(item => Person.Of(default, item.Student.Student))], cancellation);
        // A local id that another year's child has taken over is linked to that one; the rows of this year stay whose they are.
        var before = unsure.Select((item, i) => item.Claim is { IsOwn: true, Grade: IdentityAgreement.Disagrees } ? [.. alike[i].Where(person => IdentityComparison.Of(item.Student.Student, person).Fits).Select(person => person.StateId)] : Array.Empty<StateId>()).ToList();
        var owned = unsure.Where(item => item.Claim!.IsOwn).Select(item => item.Claim!.Survivor).Concat(before.SelectMany(ids => ids)).ToHashSet();
        var records = owned.Count == 0 ? new Dictionary<StateId, State.StudentRecord>() : await state.FindAsync(owned, edition.Year, cancellation);
        for (var i = 0; i < unsure.Count; i++)
        {
            var (student, claim) = (unsure[i].Student, unsure[i].Claim!);
            if (claim.IsOwn && Has(records.GetValueOrDefault(claim.Survivor), edition.District, student))
            {
                looked[student] = (claim.Grade == IdentityAgreement.Agrees ? IdentityDoubt.None : IdentityDoubt.DiffersInOne, null);
                continue;
            }
            if (before[i].Where(id => Has(records.GetValueOrDefault(id), edition.District, student)).ToList() is [var keeper])
            {
                kept[student] = keeper;
                continue;
            }
            if (claim.Grade == IdentityAgreement.Disagrees) continue;
            var other = alike[i].FirstOrDefault(person => person.StateId != claim.Survivor && person.StateId != claim.Link && IdentityComparison.Of(student.Student, person).Fits);
            if (other is not null && !await HasOnlyAsync(state, other.StateId, edition.District, student.LocalId, cancellation)) looked[student] = (IdentityDoubt.FitsAnother, other.StateId);
            else if (claim.Changes && await HasOtherLocalIdAsync(state, claim.Survivor, edition.District, student.LocalId, cancellation)) looked[student] = (IdentityDoubt.HasOtherLocalId, null);
        }
    }

    /// <summary>
    /// Finds out which of the students whose State IDs are doubted the district has, or had the year before. What is known of any other child is not for it: by trying State IDs and names it
    /// would find out who they are.
    /// </summary>
    public async Task LookWhoIsOwnAsync(IStateStore state, EditionKey edition, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        // Without a State ID of its own, a row is held against the student whom the district has.
        var doubted = students.Where(student => student.StatedId is { } stated && LinkOf(student) != stated && Judge(student) is { Doubt: not IdentityDoubt.None }).Select(student => SurvivorOf(student.StatedId!.Value)).ToHashSet();
        if (doubted.Count == 0) return;
        foreach (var year in new[] { edition.Year, edition.Year.Previous })
            had.UnionWith((await state.FindAsync(doubted, year, cancellation)).Values.Where(record => record.Contributions.Any(item => item.District == edition.District && item.Sections.Count > 0)).Select(record => record.StateId));
    }

    /// <summary>Whether the state has the row just so: it was taken before, whatever has been learned of the child since.</summary>
    private static bool Has(State.StudentRecord? record, DistrictId district, UnresolvedStudent student) =>
        record?.Find(district, student.LocalId)?.Sections.FirstOrDefault(section => section.Type == RecordTypes.Student) is { } section && RecordTypes.Student.Read(section.Content.Span) == student.Student;

    /// <summary>Whether all that the state ever had of a student came under one local id: a State ID that was given out for it is nobody else's.</summary>
    private static async Task<bool> HasOnlyAsync(IStateStore state, StateId id, DistrictId district, string localId, CancellationToken cancellation) =>
        (await state.FindYearsAsync(id, cancellation)).SelectMany(record => record.Contributions).ToList() is { Count: > 0 } rows && rows.TrueForAll(item => item.District == district && item.LocalId == localId);

    private static async Task<bool> HasOtherLocalIdAsync(IStateStore state, StateId id, DistrictId district, string localId, CancellationToken cancellation) =>
        (await state.FindYearsAsync(id, cancellation)).Any(record => record.Contributions.Any(item => item.District == district && item.LocalId != localId && item.Sections.Count > 0));

    private IdentityDecision? DecisionOn(UnresolvedStudent student) => decided.Count == 0 ? null : decided.GetValueOrDefault(student);

    private StateId? LinkOf(UnresolvedStudent student) => links.TryGetValue(student.LocalId, out var link) ? link : null;

    private Resolution To(StateId owner, StateId? link) => Resolution.To(people.SurvivorOf(owner), link, people.GetValueOrDefault(people.SurvivorOf(owner)));

    /// <summary>The State ID that a row states or that its local id is linked to, held against what is known of its student.</summary>
    private sealed record Claim(StateId Id, StateId Survivor, StateId? Link, bool IsOwn, Person? Person, IdentityComparison Comparison)
    {
        public static Claim? Of(KnownIdentities known, UnresolvedStudent student)
        {
            var link = known.LinkOf(student);
            if ((student.StatedId ?? link) is not { } id) return null;
            var (survivor, person) = (known.people.SurvivorOf(id), known.Find(id));
            return new Claim(id, survivor, link, link is { } linked && known.people.SurvivorOf(linked) == survivor, person, person is null ? default : IdentityComparison.Of(student.Student, person));
        }

        public IdentityAgreement Grade => Person is null ? IdentityAgreement.Agrees : Comparison.Grade(IsOwn);

        /// <summary>The local id was another student's.</summary>
        public bool Changes => Link is not null && !IsOwn;
    }
}
