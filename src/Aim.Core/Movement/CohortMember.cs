using System.Text.Json.Serialization;
using Aim.Records;

namespace Aim.Movement;

/// <summary>What became of a member of a four-year cohort.</summary>
public enum CohortOutcome
{
    /// <summary>With a regular diploma, in four years or fewer.</summary>
    Graduated = 1,

    /// <summary>With another credential, such as an equivalency.</summary>
    OtherCompleter = 2,

    /// <summary>Enrolled after the four years, or still within them.</summary>
    StillEnrolled = 3,

    DroppedOut = 4,

    /// <summary>Left the state's public schools for another school, documented in writing; not in the adjusted cohort.</summary>
    TransferredOut = 5,

    /// <summary>Left the country or died, documented in writing; not in the adjusted cohort.</summary>
    EmigratedOrDied = 6,

    /// <summary>None of these can be shown: an exit without documentation, a transfer without arrival, or no return. Counts as not graduated.</summary>
    Unknown = 7,
}

/// <summary>What puts a student into a cohort.</summary>
public enum CohortBasis
{
    /// <summary>The date first entered grade 9 of the student's demographics.</summary>
    Stated = 1,

    /// <summary>The first enrollment in grade 9 that the state knows of.</summary>
    FirstGrade9 = 2,

    /// <summary>The first enrollment in a higher grade, as if every grade before had taken a year.</summary>
    FirstHigherGrade = 3,
}

/// <summary>
/// A member of a four-year adjusted cohort (ESEA section 8101(25)): all students who entered grade 9 for the first time in the same school year. The
/// cohort is named by the year in which they graduate when they take four years. A student belongs to the district that had the student last within them.
/// </summary>
/// <param name="NeedsDocumentation">
/// The exit says transferred out, emigrated or died, and the district has noted no written documentation of it; with it, the student leaves the cohort.
/// </param>
public sealed record CohortMember(
    StateId Student, SchoolYear Cohort, DistrictId District, string LocalId, string? School, CohortBasis Basis, CohortOutcome Outcome, DateOnly? LastDay, bool NeedsDocumentation)
{
    /// <summary>The last day by which documentation is noted: that of the exit, or of the school year where none is given.</summary>
    internal DateOnly LastDayOfExit { get; private init; }

    /// <summary>Whether the student is left out of the adjusted cohort.</summary>
    [JsonIgnore]
    public bool IsRemoved => Outcome is CohortOutcome.TransferredOut or CohortOutcome.EmigratedOrDied;

    /// <summary>The years from entering grade 9 to its cohort's last one.</summary>
    internal const int YearsAfterEntry = 3;

    internal const int Grade9 = 9;

    /// <summary>The cohort a student belongs to, for good; null for one who hasn't come to grade 9 yet.</summary>
    public static (SchoolYear Cohort, CohortBasis Basis)? CohortOf(EnrollmentHistory history)
    {
        if (history.EnteredGrade9 is { } date) return (new SchoolYear((date.Month >= 7 ? date.Year + 1 : date.Year) + YearsAfterEntry), CohortBasis.Stated);
        var first = history.Primary.FirstOrDefault(entry => entry.Grade >= Grade9);
        if (first is null) return null;
        // A repeated grade moves nobody to a later cohort: the first time counts.
        var above = Math.Min(first.Grade!.Value - Grade9, YearsAfterEntry);
        return (new SchoolYear(first.Year.EndYear + YearsAfterEntry - above), above == 0 ? CohortBasis.FirstGrade9 : CohortBasis.FirstHigherGrade);
    }

    /// <summary>The student as a member of a cohort, as of a day; null for a student of another one, or who was in no high school grade within it.</summary>
    /// <param name="documented">Last days of the exits that the district has noted written documentation of.</param>
    public static CohortMember? Of(EnrollmentHistory history, SchoolYear cohort, DateOnly asOf, IReadOnlyCollection<DateOnly> documented)
    {
        if (CohortOf(history) is not var (own, basis) || own != cohort) return null;
        var within = history.Primary.Where(entry => entry.Year <= cohort && entry.Grade >= Grade9).ToList();
        // Whoever has graduated has: what is sent of the student after that doesn't take it back.
        if ((within.Find(entry => entry.EndClass == CodeClass.Graduate) ?? EnrollmentHistory.LastOf(within)) is not { } last) return null;
        var outcome = OutcomeOf(history, last, cohort, asOf, documented.Contains(last.Last));
        return new CohortMember(history.Student, cohort, last.District, last.LocalId, last.Enrollment.SchoolNumber, basis, outcome, last.End, outcome == CohortOutcome.Unknown && Documentable(last.EndClass) is not null)
        {
            LastDayOfExit = last.Last,
        };
    }

    private static CohortOutcome OutcomeOf(EnrollmentHistory history, HistoryEntry last, SchoolYear cohort, DateOnly asOf, bool isDocumented)
    {
        var september30 = new DateOnly(cohort.EndYear, 9, 30);
        if (last.EndClass == CodeClass.Graduate) return CodeSets.Get("diplomaType").FederalOf(last.Enrollment.DiplomaType) == "OTHCOM" ? CohortOutcome.OtherCompleter : CohortOutcome.Graduated;
        if (history.Attended.Any(other => other.Year > cohort && other.Start <= september30)) return CohortOutcome.StillEnrolled;
        return last.EndClass switch
        {
            CodeClass.OtherCompleter => CohortOutcome.OtherCompleter,
            CodeClass.Dropout => CohortOutcome.DroppedOut,
            _ when Documentable(last.EndClass) is { } outcome => isDocumented ? outcome : CohortOutcome.Unknown,
            CodeClass.YearEnd or CodeClass.GradeChange or null => asOf <= NextSeptember30(last) ? CohortOutcome.StillEnrolled : CohortOutcome.Unknown,
            CodeClass.TransferInState when last.End is not null && asOf <= StateRules.Deadline(last) => CohortOutcome.StillEnrolled,
            _ => CohortOutcome.Unknown,
        };
    }

    private static DateOnly NextSeptember30(HistoryEntry last) => new(last.Year.EndYear, 9, 30);

    /// <summary>What an exit comes to once it is documented in writing, which ESEA asks for before a student may leave the cohort; null for the others.</summary>
    private static CohortOutcome? Documentable(string? endClass) => endClass switch
    {
        CodeClass.TransferOutOfState or CodeClass.PrivateOrHome or CodeClass.StateFunded => CohortOutcome.TransferredOut,
        CodeClass.TransferOutOfCountry or CodeClass.Deceased => CohortOutcome.EmigratedOrDied,
        _ => null,
    };
}
