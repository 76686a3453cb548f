using Aim.Records;

namespace Aim.Ports;

/// <summary>What callers may be allowed to do; the names are the roles in their tokens.</summary>
public static class Role
{
    /// <summary>Sends and reads the records of the districts in the token.</summary>
    public const string District = "district";

    /// <summary>State staff who read and review every district.</summary>
    public const string Reviewer = "reviewer";

    /// <summary>State staff who take snapshots and make federal files.</summary>
    public const string Reporter = "reporter";

    /// <summary>Runs the system: reference data, subscriptions, nightly sync.</summary>
    public const string Operator = "operator";
}

/// <summary>Who calls: a person or a system, as its bearer token says, and nothing else.</summary>
/// <param name="Districts">The districts it may act for; state roles need none.</param>
/// <param name="IsPerson">Reads of student data by people are written to the disclosure log (34 CFR 99.32).</param>
public sealed record Caller(string Id, IReadOnlySet<string> Roles, IReadOnlySet<DistrictId> Districts, bool IsPerson)
{
    public bool Is(string role) => Roles.Contains(role);

    /// <summary>State staff see every district.</summary>
    public bool SeesState => Is(Role.Reviewer) || Is(Role.Reporter) || Is(Role.Operator);

    public bool MayRead(DistrictId district) => SeesState || Is(Role.District) && Districts.Contains(district);

    public bool MaySend(DistrictId district) => Is(Role.Operator) || Is(Role.District) && Districts.Contains(district);
}
