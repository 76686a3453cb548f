using System.Text.Json.Serialization;
using Aim.Records;

namespace Aim.Movement;

/// <summary>How far a transfer of a student's records is.</summary>
public enum TransferStatus
{
    Requested = 1,

    /// <summary>The old district has released records, which the new one can read.</summary>
    Released = 2,

    /// <summary>The new district has confirmed that it has them.</summary>
    Received = 3,

    /// <summary>The new district took its request back.</summary>
    Withdrawn = 4,
}

/// <summary>A step of a transfer: who took it, when, and what was said with it.</summary>
public sealed record TransferStep(string By, DateTimeOffset At, string? Note);

/// <summary>The version of a year's record that was released; later ones are not.</summary>
public sealed record ReleasedVersion(SchoolYear Year, long Version);

/// <summary>
/// A student's new district asks the old one for its records (34 CFR 99.31(a)(2)), which have to go within five working days (MCA 20-1-213). What is
/// released are records of the old district as they are at that moment; they stay as they were, and are read and never changed.
/// </summary>
public sealed record RecordsTransfer
{
    public required string Id { get; init; }
    public required StateId Student { get; init; }

    /// <summary>The old district, which has the records.</summary>
    public required DistrictId From { get; init; }

    /// <summary>The new district, which asks for them.</summary>
    public required DistrictId To { get; init; }

    /// <summary>Codes of the record types that are asked for; none means all.</summary>
    public IReadOnlyList<string> Asked { get; init; } = [];

    /// <summary>The last day to release them.</summary>
    public required DateOnly Due { get; init; }

    public required TransferStep Requested { get; init; }
    public TransferStep? Released { get; init; }
    public TransferStep? Received { get; init; }
    public TransferStep? Withdrawn { get; init; }

    /// <summary>Codes of the record types that were released.</summary>
    public IReadOnlyList<string> RecordTypes { get; init; } = [];

    public IReadOnlyList<ReleasedVersion> Versions { get; init; } = [];

    [JsonIgnore]
    public TransferStatus Status => this switch
    {
        { Withdrawn: not null } => TransferStatus.Withdrawn,
        { Received: not null } => TransferStatus.Received,
        { Released: not null } => TransferStatus.Released,
        _ => TransferStatus.Requested,
    };

    public bool IsOverdue(DateOnly today) => Status == TransferStatus.Requested && today > Due;

    /// <summary>Five working days after the request; school holidays are not left out.</summary>
    internal static DateOnly DueAfter(DateOnly day)
    {
        for (var working = 0; working < 5;)
        {
            day = day.AddDays(1);
            if (day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)) working++;
        }
        return day;
    }
}
