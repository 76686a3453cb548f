using Aim.Ports;
using Aim.Records;

namespace Aim.Identity;

/// <summary>A local id as an edition knows it, to be told whose it is.</summary>
public sealed record UnresolvedStudent(string LocalId, StateId? StatedId, Student Student);

public enum ParkReason
{
    /// <summary>Somebody of the same name, birth date and gender is there.</summary>
    NearMatch = 1,

    /// <summary>The stated State ID belongs to a child with another name and birth date.</summary>
    OtherIdentity = 2,

    /// <summary>Name, birth date or gender is missing, so the student can't be told from others; the district has to send it.</summary>
    Incomplete = 3,

    /// <summary>The stated State ID doesn't exist any more.</summary>
    UnknownStateId = 4,
}

/// <summary>Whose rows a local id's are: a student's, or nobody's until it has been decided.</summary>
/// <param name="Previous">The student whom the rows belonged to before, when that was another one.</param>
/// <param name="Known">What the index knows of the student; null when it wasn't asked.</param>
public sealed record Resolution(StateId? StateId, StateId? Previous, Person? Known, ParkReason? Parked, IReadOnlyList<StateId> Candidates)
{
    public static Resolution To(StateId id, StateId? link, Person? known) => new(id, link == id ? null : link, known, null, []);

    public static Resolution Park(ParkReason reason, IReadOnlyList<StateId> candidates) => new(null, null, null, reason, candidates);
}

/// <summary>
/// Decides whose a district's rows are. A row is never given to a child who might be another one: in doubt it waits for a person.
/// </summary>
public sealed class IdentityResolver(IIdentityIndex index)
{
    /// <summary>Resolves the students of one district, in the order given.</summary>
    public async Task<IReadOnlyList<Resolution>> ResolveAsync(DistrictId district, IReadOnlyList<UnresolvedStudent> students, CancellationToken cancellation)
    {
        var links = await index.FindLinksAsync(district, [.. students.Select(student => student.LocalId)], cancellation);
        var people = await index.FindAsync([.. students.Select(student => student.StatedId).Concat(links.Values.Select(id => (StateId?)id)).OfType<StateId>().Distinct()], cancellation);
        var resolutions = new Resolution?[students.Count];
        var claims = new List<(int Index, IdentityClaim Claim)>();
        var newLinks = new Dictionary<string, StateId>();
        for (var i = 0; i < students.Count; i++)
        {
            var student = students[i];
            StateId? link = links.TryGetValue(student.LocalId, out var linked) ? linked : null;
            resolutions[i] = student.StatedId is { } stated ? ByStatedId(student, stated, link, people)
                : link is { } known ? ToSurvivor(known, link, people)
                : null;
            if (resolutions[i] is { StateId: { } id } && id != link) newLinks[student.LocalId] = id;
            if (resolutions[i] is not null) continue;
            var person = Person.Of(default, student.Student);
            if (person.IsComplete) claims.Add((i, new IdentityClaim(district, student.LocalId, person)));
            else resolutions[i] = Resolution.Park(ParkReason.Incomplete, []);
        }
        if (newLinks.Count > 0) await index.LinkAsync(district, newLinks, cancellation);
        if (claims.Count > 0)
        {
            var outcomes = await index.ClaimAsync([.. claims.Select(claim => claim.Claim)], cancellation);
            for (var i = 0; i < claims.Count; i++) resolutions[claims[i].Index] = Of(outcomes[i], claims[i].Claim.Person);
        }
        return resolutions!;
    }

    private static Resolution ByStatedId(UnresolvedStudent student, StateId stated, StateId? link, IReadOnlyDictionary<StateId, Person> people)
    {
        if (!people.TryGetValue(stated, out var person)) return Resolution.Park(ParkReason.UnknownStateId, []);
        if (IdentityAgreement.Disagrees(student.Student, person)) return Resolution.Park(ParkReason.OtherIdentity, [stated]);
        return ToSurvivor(stated, link, people);
    }

    private static Resolution ToSurvivor(StateId id, StateId? link, IReadOnlyDictionary<StateId, Person> people) =>
        people.GetValueOrDefault(id) is { MergedInto: { } survivor } ? Resolution.To(survivor, link, people.GetValueOrDefault(survivor)) : Resolution.To(id, link, people.GetValueOrDefault(id));

    private static Resolution Of(ClaimOutcome outcome, Person claimed) =>
        outcome.StateId is { } id ? Resolution.To(id, null, outcome.Status == ClaimStatus.New ? claimed with { StateId = id } : null) : Resolution.Park(ParkReason.NearMatch, outcome.Candidates);
}
