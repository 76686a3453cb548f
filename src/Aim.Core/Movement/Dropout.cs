using Aim.Records;

namespace Aim.Movement;

/// <summary>Why a student is on the list of dropouts.</summary>
public enum DropoutReason
{
    /// <summary>The end status says so.</summary>
    DroppedOut = 1,

    /// <summary>The exit says transfer within the state, and nobody enrolled the student in time.</summary>
    NotArrived = 2,

    /// <summary>Finished the year, or was never ended, was expected back, and is enrolled nowhere on September 30.</summary>
    NotReturned = 3,

    /// <summary>Ended for a reason that is neither a transfer nor a completion, for instance expelled, and is enrolled nowhere on September 30.</summary>
    LeftOtherwise = 4,
}

/// <summary>
/// A student of grade 7 to 12 who counts as a dropout of a school year unless the district shows otherwise (EDFacts FS032): enrolled during the
/// year, enrolled nowhere in the state by September 30 after it, and neither graduated, completed, died nor transferred out of the state's public
/// schools.
/// </summary>
/// <param name="District">The district that had the student last in the year.</param>
/// <param name="LastDay">Null for an enrollment that was never ended.</param>
/// <param name="IsFinal">
/// September 30 has passed, and in the lists of districts: rows of the next year have come from the district, and none of them waits, there or elsewhere, that may be the student's.
/// </param>
public sealed record Dropout(StateId Student, SchoolYear Year, DistrictId District, string LocalId, string? School, string Grade, DateOnly? LastDay, DropoutReason Reason, bool IsFinal)
{
    internal const int LowestGrade = 7;

    /// <summary>What a student is in a year as of a day; null for one who is no dropout. Re-enrolled by September 30 drops off.</summary>
    public static Dropout? Of(EnrollmentHistory history, SchoolYear year, DateOnly asOf)
    {
        if (EnrollmentHistory.LastOf(history.Primary.Where(entry => entry.Year == year)) is not { } last || last.Grade is not (>= LowestGrade)) return null;
        var september30 = new DateOnly(year.EndYear, 9, 30);
        // Who comes back and leaves again before that day is a matter of the next year's list.
        if (history.Attended.Any(other => other != last && other.Start <= september30 && (other.Year > year || other.Last > last.Last))) return null;
        return ReasonOf(last, september30, asOf) is { } reason
            ? new Dropout(history.Student, year, last.District, last.LocalId, last.Enrollment.SchoolNumber, last.Enrollment.Grade!, last.End, reason, asOf > september30)
            : null;
    }

    private static DropoutReason? ReasonOf(HistoryEntry last, DateOnly september30, DateOnly asOf) => last.EndClass switch
    {
        CodeClass.Dropout => DropoutReason.DroppedOut,
        CodeClass.TransferInState when last.End is not null => asOf > StateRules.Deadline(last) ? DropoutReason.NotArrived : null,
        CodeClass.Graduate or CodeClass.OtherCompleter or CodeClass.Deceased or CodeClass.TransferOutOfState or CodeClass.TransferOutOfCountry or CodeClass.PrivateOrHome or CodeClass.StateFunded => null,
        _ when asOf <= september30 => null,
        CodeClass.YearEnd or CodeClass.GradeChange or null => DropoutReason.NotReturned,
        _ => DropoutReason.LeftOtherwise,
    };
}
