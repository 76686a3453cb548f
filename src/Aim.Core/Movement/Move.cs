using Aim.Records;

namespace Aim.Movement;

/// <summary>What became of a student when an enrollment began or ended.</summary>
public enum MoveKind
{
    /// <summary>The first enrollment that the state knows of.</summary>
    Entry = 1,

    /// <summary>Back after an exit that was no transfer.</summary>
    ReEntry = 2,

    TransferWithinDistrict = 3,
    TransferBetweenDistricts = 4,
    YearEnd = 5,
    Graduated = 6,

    /// <summary>Completed without a diploma, for instance by an equivalency.</summary>
    Completed = 7,

    DroppedOut = 8,
    LeftState = 9,

    /// <summary>To a private, home or state-funded school.</summary>
    LeftPublicSchools = 10,

    Died = 11,

    /// <summary>The exit says transfer within the state's public schools, and no enrollment follows.</summary>
    NotArrived = 12,

    /// <summary>Ended for another reason, or for none that was given.</summary>
    LeftOtherwise = 13,
}

/// <summary>A move of a student: from one enrollment, into another, or both.</summary>
/// <param name="Date">First day of the enrollment moved into, or last day of the one that ended.</param>
public sealed record Move(DateOnly Date, MoveKind Kind, HistoryEntry? From, HistoryEntry? To)
{
    /// <summary>
    /// The moves between a student's primary enrollments, in order. Going on in the same school, in another grade or the year after, is no
    /// move.
    /// </summary>
    public static IReadOnlyList<Move> Of(EnrollmentHistory history)
    {
        var moves = new List<Move>();
        HistoryEntry? before = null;
        foreach (var entry in history.Primary)
        {
            if (EntryKind(before, entry) is { } kind) moves.Add(new Move(entry.Start, kind, before, entry));
            var isFollowed = history.Primary.Any(other => Follows(other, entry));
            if (entry.End is { } end && ExitKind(entry, isFollowed) is { } exit) moves.Add(new Move(end, exit, entry, null));
            before = entry;
        }
        return [.. moves.OrderBy(move => move.Date)];
    }

    /// <summary>Whether an enrollment takes a student over from one that ended: it begins on or after the end, or goes on beyond it.</summary>
    internal static bool Follows(HistoryEntry other, HistoryEntry ended) => other != ended && (other.Start >= ended.End || other.Last > ended.End);

    private static MoveKind? EntryKind(HistoryEntry? before, HistoryEntry entry) => before switch
    {
        null => MoveKind.Entry,
        _ when before.End <= entry.Start && HasLeft(before) => MoveKind.ReEntry,
        _ when before.District != entry.District => MoveKind.TransferBetweenDistricts,
        _ when before.Enrollment.SchoolNumber != entry.Enrollment.SchoolNumber => MoveKind.TransferWithinDistrict,
        { EndClass: CodeClass.TransferInState } => MoveKind.ReEntry,
        _ => null,
    };

    private static bool HasLeft(HistoryEntry entry) => ExitKind(entry, isFollowed: true) is not (null or MoveKind.YearEnd);

    private static MoveKind? ExitKind(HistoryEntry entry, bool isFollowed) => entry.EndClass switch
    {
        CodeClass.YearEnd => MoveKind.YearEnd,
        CodeClass.Graduate => MoveKind.Graduated,
        CodeClass.OtherCompleter => MoveKind.Completed,
        CodeClass.Dropout => MoveKind.DroppedOut,
        CodeClass.TransferOutOfState or CodeClass.TransferOutOfCountry => MoveKind.LeftState,
        CodeClass.PrivateOrHome or CodeClass.StateFunded => MoveKind.LeftPublicSchools,
        CodeClass.Deceased => MoveKind.Died,
        // The entry that follows tells of the move.
        CodeClass.TransferInState or CodeClass.GradeChange or null => isFollowed ? null : entry.EndClass == CodeClass.TransferInState ? MoveKind.NotArrived : MoveKind.LeftOtherwise,
        _ => MoveKind.LeftOtherwise,
    };
}
