using Aim.Records;

namespace Aim.Identity;

/// <summary>What the state knows to tell one child from another.</summary>
public sealed record Person
{
    public required StateId StateId { get; init; }
    public string? LastName { get; init; }
    public string? FirstName { get; init; }
    public string? MiddleName { get; init; }
    public string? Suffix { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? Gender { get; init; }

    /// <summary>The id that took this one's place when two turned out to be one child.</summary>
    public StateId? MergedInto { get; init; }

    public static Person Of(StateId id, Student student) => new()
    {
        StateId = id,
        LastName = student.LastName,
        FirstName = student.FirstName,
        MiddleName = student.MiddleName,
        Suffix = student.Suffix,
        BirthDate = student.BirthDate,
        Gender = student.Gender,
    };

    public bool IsComplete => LastName is not null && FirstName is not null && BirthDate is not null && Gender is not null;
}

/// <summary>
/// Same name, birth date and gender, however it is written: two people with the same key are candidates to be one child. Null when a
/// part is missing.
/// </summary>
public readonly record struct IdentityKey(UInt128 Value)
{
    public static IdentityKey? Of(Person person) => person.IsComplete
        ? new IdentityKey(ContentHash.OfText($"{Rules.Names.Normalize(person.LastName)}|{Rules.Names.Normalize(person.FirstName)}|{person.BirthDate:yyyyMMdd}|{person.Gender}"))
        : null;
}

/// <summary>A district's local id that asks for a State ID of its own.</summary>
public sealed record IdentityClaim(DistrictId District, string LocalId, Person Person);

public enum ClaimStatus
{
    /// <summary>A new State ID was given out.</summary>
    New = 1,

    /// <summary>The local id has a State ID already.</summary>
    Known = 2,

    /// <summary>Somebody of the same name, birth date and gender is there: a person decides.</summary>
    Candidates = 3,
}

/// <summary>How a claim ended.</summary>
public sealed record ClaimOutcome(ClaimStatus Status, StateId? StateId, IReadOnlyList<StateId> Candidates)
{
    public static ClaimOutcome New(StateId id) => new(ClaimStatus.New, id, []);

    public static ClaimOutcome Known(StateId id) => new(ClaimStatus.Known, id, []);

    public static ClaimOutcome Near(IReadOnlyList<StateId> candidates) => new(ClaimStatus.Candidates, null, candidates);
}
