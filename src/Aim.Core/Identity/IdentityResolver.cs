using Aim.Editions;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;

namespace Aim.Identity;

/// <summary>A local id as an edition knows it, to be told whose it is.</summary>
public sealed record UnresolvedStudent(string LocalId, StateId? StatedId, Student Student)
{
    /// <summary>The rows wait for a person to decide; likeness alone can't end that.</summary>
    public bool Waits { get; init; }

    /// <summary>Null when the edition has no demographics of the student.</summary>
    public static UnresolvedStudent? Of(EditionStudent student) =>
        student.Demographics is { } row ? Of(student.LocalId, row) : null;

    /// <summary>Null for a row of another type.</summary>
    public static UnresolvedStudent? Of(string localId, EditionRow row) =>
        row.Type == RecordTypes.Student ? new(localId, row.StatedId, RecordTypes.Student.Read(row.Content.Span)) : null;
}

public enum ParkReason
{
    /// <summary>Somebody is there who may be the same child.</summary>
    NearMatch = 1,

    /// <summary>The State ID, stated or given to the local id before, is another child's by what is known of it.</summary>
    OtherIdentity = 2,

    /// <summary>Name, birth date or gender is missing, so the student can't be told from others; the district has to send it.</summary>
    Incomplete = 3,

    /// <summary>The stated State ID doesn't exist any more.</summary>
    UnknownStateId = 4,

    /// <summary>The district has the same child under another local id already: entered twice, or two children. It ends by itself when the other local id is gone.</summary>
    OtherLocalId = 5,
}

/// <summary>Whose rows a local id's are: a student's, or nobody's until it has been decided.</summary>
/// <param name="Link">The student whom the local id is linked to so far.</param>
/// <param name="Known">What the index knows of the student; null when it wasn't asked.</param>
public sealed record Resolution(StateId? StateId, StateId? Link, Person? Known, ParkReason? Parked, IReadOnlyList<StateId> Candidates)
{
    /// <summary>The student whom the rows belonged to before, when that was another one.</summary>
    public StateId? Previous => Link == StateId ? null : Link;

    public static Resolution To(StateId id, StateId? link, Person? known) => new(id, link, known, null, []);

    public static Resolution Park(ParkReason reason, IReadOnlyList<StateId> candidates) => new(null, null, null, reason, candidates);
}

/// <summary>
/// One run over an edition: what people have decided in its district is read once, when there is somebody to ask it of, however many students the run goes through. For a run that begins with one local
/// id, as that of a save does, what was decided on that one is enough, until it asks for another.
/// </summary>
public sealed class IdentityRun
{
    private readonly IdentityDecisions decisions;
    private ILookup<string, IdentityDecision>? known;

    /// <summary>The local id of which <see cref="known"/> is; null when it is of the whole district.</summary>
    private string? only;

    internal IdentityRun(IdentityDecisions decisions, EditionKey edition) => (this.decisions, Edition) = (decisions, edition);

    public EditionKey Edition { get; }

    /// <summary>What was decided on some students: the latest that is about the child whom the rows describe.</summary>
    internal async Task<IReadOnlyDictionary<UnresolvedStudent, IdentityDecision>> DecisionsOnAsync(IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var decided = new Dictionary<UnresolvedStudent, IdentityDecision>();
        if (students.Count == 0) return decided;
        var made = await MadeAsync(students, cancellation);
        foreach (var student in students) if (made[student.LocalId].FirstOrDefault(decision => decision.IsAbout(student.Student)) is { } decision) decided[student] = decision;
        return decided;
    }

    private async Task<ILookup<string, IdentityDecision>> MadeAsync(IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        if (known is not null && (only is null || students.All(student => student.LocalId == only))) return known;
        only = known is null && students.All(student => student.LocalId == students[0].LocalId) ? students[0].LocalId : null;
        return known = only is null ? await decisions.OfDistrictAsync(Edition.District, cancellation) : await decisions.OfLocalIdAsync(Edition.District, only, cancellation);
    }
}

/// <summary>
/// Decides whose a district's rows are. What a person has decided goes first, then State IDs and links, then likeness: a match that a machine may make is linked, a near match waits for a
/// person, and nobody's child gets a State ID. A row is never given to a child who might be another one.
/// </summary>
public sealed class IdentityResolver(IEditionStore editions, IIdentityIndex index, IStateStore state, IdentityDecisions decisions, TimeProvider clock)
{
    private const string Matching = "matching";

    /// <summary>Begins a run. What is decided while it lasts is for the next one.</summary>
    public IdentityRun Begin(EditionKey edition) => new(decisions, edition);

    /// <summary>
    /// Resolves the students of one edition, in the order given. A local id of a child that nobody is gets a new State ID, linked to it; any other link is the
    /// caller's to make, once the rows are where they belong.
    /// </summary>
    public async Task<IReadOnlyList<Resolution>> ResolveAsync(IdentityRun run, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var known = await KnowAsync(run, students, [], cancellation);
        Resolution?[] resolutions = [.. students.Select(student => known.Judge(student)?.Resolution)];
        var unknown = new List<(int Index, Person Person)>();
        for (var i = 0; i < students.Count; i++)
        {
            if (resolutions[i] is not null) continue;
            var person = Person.Of(default, students[i].Student);
            if (person.IsComplete) unknown.Add((i, person));
            else resolutions[i] = Resolution.Park(ParkReason.Incomplete, []);
        }
        if (unknown.Count > 0) await MatchAsync(run, students, unknown, resolutions, cancellation);
        return resolutions!;
    }

    /// <summary>Whose the rows are that are somebody's, by local id. Nothing is claimed.</summary>
    public async Task<IReadOnlyDictionary<string, StateId>> FindOwnersAsync(IdentityRun run, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var owners = new Dictionary<string, StateId>(students.Count);
        var known = await KnowAsync(run, students, [], cancellation);
        foreach (var student in students) if (known.OwnerOf(student) is { } owner) owners[student.LocalId] = owner;
        return owners;
    }

    /// <summary>What there is to judge the students by.</summary>
    /// <param name="further">State IDs to know besides theirs.</param>
    internal async Task<KnownIdentities> KnowAsync(IdentityRun run, IReadOnlyList<UnresolvedStudent> students, IEnumerable<StateId> further, CancellationToken cancellation)
    {
        var known = await KnownIdentities.ReadAsync(index, run, students, further, cancellation);
        await known.LookCloserAsync(index, state, run.Edition, students, cancellation);
        await known.LookWhoIsOwnAsync(state, run.Edition, students, cancellation);
        return known;
    }

    /// <summary>Compares children whom nobody knows by id with those they might be, and claims State IDs for the rest.</summary>
    private async Task MatchAsync(IdentityRun run, IReadOnlyList<UnresolvedStudent> students, List<(int Index, Person Person)> unknown, Resolution?[] resolutions, CancellationToken cancellation)
    {
        var edition = run.Edition;
        var alike = await index.FindAlikeAsync([.. unknown.Select(item => item.Person)], cancellation);
        var matches = unknown.Select((item, i) => PersonMatcher.Decide(PersonTraits.Of(students[item.Index].Student), [.. alike[i].Select(known => (known.StateId, PersonTraits.Of(known)))])).ToList();
        var sure = matches.Select((match, i) => match.Outcome == MatchOutcome.Match && !students[unknown[i].Index].Waits ? match.Candidates[0].StateId : (StateId?)null).ToList();
        var there = await FindThereAsync(run, [.. unknown.Zip(sure).Where(item => item.Second is not null).Select(item => (students[item.First.Index].LocalId, item.Second!.Value))], cancellation);
        var claims = new List<(int Index, IdentityClaim Claim)>();
        // Two local ids that a district sends together are two children to it: which of them a known one is, or both, is for a person to say.
        var taken = resolutions.Select(resolution => resolution?.StateId).OfType<StateId>().ToHashSet();
        for (var i = 0; i < unknown.Count; i++)
        {
            var ((place, person), match) = (unknown[i], matches[i]);
            if (sure[i] is { } present && there.Contains(present)) resolutions[place] = Resolution.Park(ParkReason.OtherLocalId, [.. match.Candidates.Select(candidate => candidate.StateId)]);
            else if (sure[i] is { } id && taken.Add(id))
            {
                await NoteAsync(edition.District, students[place].LocalId, person, match, cancellation);
                resolutions[place] = Resolution.To(id, null, alike[i].First(known => known.StateId == id));
            }
            else if (match.Outcome is MatchOutcome.Match or MatchOutcome.Review) resolutions[place] = Resolution.Park(ParkReason.NearMatch, [.. match.Candidates.Select(candidate => candidate.StateId)]);
            else claims.Add((place, new IdentityClaim(edition.District, students[place].LocalId, person)));
        }
        if (claims.Count == 0) return;
        var outcomes = await index.ClaimAsync([.. claims.Select(claim => claim.Claim)], cancellation);
        for (var i = 0; i < claims.Count; i++) resolutions[claims[i].Index] = Of(outcomes[i], claims[i].Claim.Person);
    }

    /// <summary>
    /// Those of some students whom the edition has under another local id. A local id without demographics doesn't count: when a district numbers its students anew, their old ones are gone.
    /// </summary>
    /// <param name="sure">The local ids that the students would get.</param>
    private async Task<HashSet<StateId>> FindThereAsync(IdentityRun run, HashSet<(string LocalId, StateId StateId)> sure, CancellationToken cancellation)
    {
        if (sure.Count == 0) return [];
        var edition = run.Edition;
        var ids = sure.Select(item => item.StateId).ToHashSet();
        // At the beginning of a year the other one may come later in this very sync.
        var records = new[] { await state.FindAsync(ids, edition.Year, cancellation), await state.FindAsync(ids, edition.Year.Previous, cancellation) }.SelectMany(year => year.Values);
        var others = records.SelectMany(record => record.Contributions.Where(item => item.District == edition.District && item.Sections.Count > 0).Select(item => (item.LocalId, record.StateId))).Where(item => !sure.Contains(item)).ToHashSet();
        if (others.Count == 0) return [];
        var stored = editions.ReadAsync(edition, new EditionSelection([.. others.Select(item => item.LocalId).Distinct().Order(Utf8Order.Comparer)]), cancellation);
        var owners = await FindOwnersAsync(run, await stored.Select(UnresolvedStudent.Of).OfType<UnresolvedStudent>().ToListAsync(cancellation), cancellation);
        return [.. others.Where(item => owners.TryGetValue(item.LocalId, out var owner) && owner == item.StateId).Select(item => item.StateId)];
    }

    private Task NoteAsync(DistrictId district, string localId, Person person, MatchDecision match, CancellationToken cancellation) => decisions.PutAsync(district, new IdentityDecision(
        localId, match.Candidates[0].StateId, false, DecidedBy.Machine, Matching, Matching, clock.GetUtcNow(), person with { StateId = match.Candidates[0].StateId }, match.Model, [.. match.Candidates.Select(WeighedCandidate.Of)]), cancellation);

    private static Resolution Of(ClaimOutcome outcome, Person claimed) =>
        outcome.StateId is { } id ? Resolution.To(id, id, outcome.Status == ClaimStatus.New ? claimed with { StateId = id } : null) : Resolution.Park(ParkReason.NearMatch, outcome.Candidates);
}
