using Aim.Editions;
using Aim.Ports;
using Aim.Records;

namespace Aim.Identity;

/// <summary>A local id as an edition knows it, to be told whose it is.</summary>
public sealed record UnresolvedStudent(string LocalId, StateId? StatedId, Student Student)
{
    /// <summary>Null when the edition has no demographics of the student.</summary>
    public static UnresolvedStudent? Of(EditionStudent student) =>
        student.Demographics is { } row ? new(student.LocalId, row.StatedId, RecordTypes.Student.Read(row.Content.Span)) : null;
}

public enum ParkReason
{
    /// <summary>Somebody of the same name, birth date and gender is there.</summary>
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
/// Decides whose a district's rows are. A row is never given to a child who might be another one: in doubt it waits for a person.
/// </summary>
public sealed class IdentityResolver(IIdentityIndex index)
{
    /// <summary>
    /// Resolves the students of one district, in the order given. A local id without a State ID gets a new one, linked to it; any other link is the
    /// caller's to make, once the rows are where they belong.
    /// </summary>
    public async Task<IReadOnlyList<Resolution>> ResolveAsync(DistrictId district, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var resolutions = await DecideAsync(district, students, cancellation);
        var claims = new List<(int Index, IdentityClaim Claim)>();
        for (var i = 0; i < students.Count; i++)
        {
            if (resolutions[i] is not null) continue;
            var person = Person.Of(default, students[i].Student);
            if (person.IsComplete) claims.Add((i, new IdentityClaim(district, students[i].LocalId, person)));
            else resolutions[i] = Resolution.Park(ParkReason.Incomplete, []);
        }
        if (claims.Count > 0)
        {
            var outcomes = await index.ClaimAsync([.. claims.Select(claim => claim.Claim)], cancellation);
            for (var i = 0; i < claims.Count; i++) resolutions[claims[i].Index] = Of(outcomes[i], claims[i].Claim.Person);
        }
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

    /// <summary>What State IDs and links say; null for a student who has neither.</summary>
    private async Task<Resolution?[]> DecideAsync(DistrictId district, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var links = await index.FindLinksAsync(district, [.. students.Select(student => student.LocalId)], cancellation);
        var people = await index.FindAsync([.. students.Select(student => student.StatedId).Concat(links.Values.Select(id => (StateId?)id)).OfType<StateId>().Distinct()], cancellation);
        return [.. students.Select(student => Decide(student, links.TryGetValue(student.LocalId, out var link) ? link : null, people))];
    }

    private static Resolution? Decide(UnresolvedStudent student, StateId? link, IReadOnlyDictionary<StateId, Person> people)
    {
        if ((student.StatedId ?? link) is not { } id) return null;
        var person = people.GetValueOrDefault(id);
        if (person is null && student.StatedId is not null) return Resolution.Park(ParkReason.UnknownStateId, []);
        // Without a State ID of its own, a row can be about another child who was given the local id anew.
        if (person is not null && IdentityAgreement.Disagrees(student.Student, person)) return Resolution.Park(ParkReason.OtherIdentity, [id]);
        return person?.MergedInto is { } survivor ? Resolution.To(survivor, link, people.GetValueOrDefault(survivor)) : Resolution.To(id, link, person);
    }

    private static Resolution Of(ClaimOutcome outcome, Person claimed) =>
        outcome.StateId is { } id ? Resolution.To(id, id, outcome.Status == ClaimStatus.New ? claimed with { StateId = id } : null) : Resolution.Park(ParkReason.NearMatch, outcome.Candidates);
}
