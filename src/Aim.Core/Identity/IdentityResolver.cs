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
        student.Demographics is { } row ? new(student.LocalId, row.StatedId, RecordTypes.Student.Read(row.Content.Span)) : null;
}

public enum ParkReason
{
    /// <summary>Somebody is there who may be the same child.</summary>
    NearMatch = 1,

    /// <summary>The State ID, stated or given to the local id before, belongs to a child with another name and birth date.</summary>
    OtherIdentity = 2,

    /// <summary>Name, birth date or gender is missing, so the student can't be told from others; the district has to send it.</summary>
    Incomplete = 3,

    /// <summary>The stated State ID doesn't exist any more.</summary>
    UnknownStateId = 4,
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
/// Decides whose a district's rows are. What a person has decided goes first, then State IDs and links, then likeness: a match that a machine may make is linked, a near match waits for a
/// person, and nobody's child gets a State ID. A row is never given to a child who might be another one.
/// </summary>
public sealed class IdentityResolver(IIdentityIndex index, IdentityDecisions decisions, TimeProvider clock)
{
    private const string Matching = "matching";

    /// <summary>
    /// Resolves the students of one district, in the order given. A local id of a child that nobody is gets a new State ID, linked to it; any other link is the
    /// caller's to make, once the rows are where they belong.
    /// </summary>
    public async Task<IReadOnlyList<Resolution>> ResolveAsync(DistrictId district, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var resolutions = await DecideAsync(district, students, cancellation);
        var unknown = new List<(int Index, Person Person)>();
        for (var i = 0; i < students.Count; i++)
        {
            if (resolutions[i] is not null) continue;
            var person = Person.Of(default, students[i].Student);
            if (person.IsComplete) unknown.Add((i, person));
            else resolutions[i] = Resolution.Park(ParkReason.Incomplete, []);
        }
        if (unknown.Count > 0) await MatchAsync(district, students, unknown, resolutions, cancellation);
        return resolutions!;
    }

    /// <summary>Whose the rows are that are somebody's, by local id. Nothing is claimed.</summary>
    public async Task<IReadOnlyDictionary<string, StateId>> FindOwnersAsync(DistrictId district, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var owners = new Dictionary<string, StateId>(students.Count);
        var resolutions = await DecideAsync(district, students, cancellation);
        for (var i = 0; i < students.Count; i++) if (resolutions[i]?.StateId is { } owner) owners[students[i].LocalId] = owner;
        return owners;
    }

    /// <summary>What people, State IDs and links say; null for a student of whom none says anything.</summary>
    private async Task<Resolution?[]> DecideAsync(DistrictId district, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var links = await index.FindLinksAsync(district, [.. students.Select(student => student.LocalId)], cancellation);
        var decided = await decisions.OfDistrictAsync(district, cancellation);
        var people = await index.FindWithSurvivorsAsync(
            [.. students.Select(student => student.StatedId).Concat(links.Values.Select(id => (StateId?)id)).Concat(decided.Values.Select(decision => (StateId?)decision.StateId)).OfType<StateId>().Distinct()], cancellation);
        return [.. students.Select(student => Decide(student, links.TryGetValue(student.LocalId, out var link) ? link : null, decided.GetValueOrDefault(student.LocalId), people))];
    }

    private static Resolution? Decide(UnresolvedStudent student, StateId? link, IdentityDecision? decision, IReadOnlyDictionary<StateId, Person> people)
    {
        if (decision is not null && decision.IsAbout(student.Student)) return To(decision.StateId);
        if ((student.StatedId ?? link) is not { } id) return null;
        var person = people.GetValueOrDefault(id);
        if (person is null && student.StatedId is not null) return Resolution.Park(ParkReason.UnknownStateId, []);
        // Without a State ID of its own, a row can be about another child who was given the local id anew.
        return person is not null && IdentityAgreement.Disagrees(student.Student, person) ? Resolution.Park(ParkReason.OtherIdentity, [id]) : To(id);

        Resolution To(StateId owner) => Resolution.To(people.SurvivorOf(owner), link, people.GetValueOrDefault(people.SurvivorOf(owner)));
    }

    /// <summary>Compares children whom nobody knows by id with those they might be, and claims State IDs for the rest.</summary>
    private async Task MatchAsync(DistrictId district, IReadOnlyList<UnresolvedStudent> students, List<(int Index, Person Person)> unknown, Resolution?[] resolutions, CancellationToken cancellation)
    {
        var alike = await index.FindAlikeAsync([.. unknown.Select(item => item.Person)], cancellation);
        var claims = new List<(int Index, IdentityClaim Claim)>();
        // Two local ids that a district sends together are two children to it: which of them a known one is, or both, is for a person to say.
        var taken = resolutions.Select(resolution => resolution?.StateId).OfType<StateId>().ToHashSet();
        for (var i = 0; i < unknown.Count; i++)
        {
            var (place, person) = unknown[i];
            var match = PersonMatcher.Decide(PersonTraits.Of(students[place].Student), [.. alike[i].Select(known => (known.StateId, PersonTraits.Of(known)))]);
            if (match.Outcome == MatchOutcome.Match && !students[place].Waits && taken.Add(match.Candidates[0].StateId))
            {
                await NoteAsync(district, students[place].LocalId, person, match, cancellation);
                resolutions[place] = Resolution.To(match.Candidates[0].StateId, null, alike[i].First(known => known.StateId == match.Candidates[0].StateId));
            }
            else if (match.Outcome is MatchOutcome.Match or MatchOutcome.Review) resolutions[place] = Resolution.Park(ParkReason.NearMatch, [.. match.Candidates.Select(candidate => candidate.StateId)]);
            else claims.Add((place, new IdentityClaim(district, students[place].LocalId, person)));
        }
        if (claims.Count == 0) return;
        var outcomes = await index.ClaimAsync([.. claims.Select(claim => claim.Claim)], cancellation);
        for (var i = 0; i < claims.Count; i++) resolutions[claims[i].Index] = Of(outcomes[i], claims[i].Claim.Person);
    }

    private Task NoteAsync(DistrictId district, string localId, Person person, MatchDecision match, CancellationToken cancellation) => decisions.PutAsync(district, new IdentityDecision(
        localId, match.Candidates[0].StateId, false, DecidedBy.Machine, Matching, Matching, clock.GetUtcNow(), person with { StateId = match.Candidates[0].StateId }, match.Model, [.. match.Candidates.Select(WeighedCandidate.Of)]), cancellation);

    private static Resolution Of(ClaimOutcome outcome, Person claimed) =>
        outcome.StateId is { } id ? Resolution.To(id, id, outcome.Status == ClaimStatus.New ? claimed with { StateId = id } : null) : Resolution.Park(ParkReason.NearMatch, outcome.Candidates);
}
