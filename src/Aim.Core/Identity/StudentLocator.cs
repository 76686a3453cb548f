using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;

namespace Aim.Identity;

/// <summary>What somebody who looks for a student knows of it.</summary>
public sealed record LocatorQuery(string LastName, string FirstName, DateOnly? BirthDate, string? Gender, string? MiddleName);

/// <summary>A student found: no more than it takes to tell one from another.</summary>
public sealed record LocatedStudent(StateId StateId, string? LastName, string? FirstName, string? MiddleName, string? Suffix, DateOnly? BirthDate, string? Gender, double Weight, double Probability);

/// <summary>The student locator: the search before a new student is entered. It finds what matching would find, other spellings and nicknames too.</summary>
public sealed class StudentLocator(IIdentityIndex index)
{
    private const int Most = 20;

    /// <summary>The likeliest first, at most twenty.</summary>
    public async Task<IReadOnlyList<LocatedStudent>> FindAsync(LocatorQuery query, CancellationToken cancellation)
    {
        var asked = new Person { StateId = default, LastName = query.LastName, FirstName = query.FirstName, MiddleName = query.MiddleName, BirthDate = query.BirthDate, Gender = query.Gender };
        var near = (await index.FindAlikeAsync([asked], cancellation))[0];
        var weighed = PersonMatcher.WeighAll(PersonTraits.Of(asked), [.. near.Select(person => (person.StateId, PersonTraits.Of(person)))]);
        return [.. weighed.Candidates.Take(Most).Select(candidate => Of(near.First(person => person.StateId == candidate.StateId), candidate.Score))];
    }

    /// <summary>The student with a State ID, under its survivor's if it was merged; null when there is none.</summary>
    public async Task<LocatedStudent?> FindAsync(StateId id, CancellationToken cancellation)
    {
        var people = await index.FindWithSurvivorsAsync([id], cancellation);
        return people.ContainsKey(id) ? Of(people[people.SurvivorOf(id)], new MatchScore(0, 1)) : null;
    }

    private static LocatedStudent Of(Person person, MatchScore score) =>
        new(person.StateId, person.LastName, person.FirstName, person.MiddleName, person.Suffix, person.BirthDate, person.Gender, Math.Round(score.Weight, 2), Math.Round(score.Probability, 5));
}
