using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>What holds for everything that goes on from one day to another.</summary>
internal static class PeriodRules
{
    private static readonly Rule Backwards = new("PRG-004", Fatal, RuleScope.Row, nameof(ProgramParticipation.EndDate), "Ends before it starts",
        "The end date {EndDate} is before the start date {StartDate}.", "Correct one of the two dates.") { Basis = "Practice of state collections" };

    public static RowRule<T> EndBeforeStart<T>(Func<T, DateOnly?> start, Func<T, DateOnly?> end) where T : IRecord<T> => new(Backwards, (record, _) => end(record) < start(record));

    /// <summary>Whether two periods share a day; an end that is not given is open.</summary>
    public static bool Overlap(DateOnly? start, DateOnly? end, DateOnly? otherStart, DateOnly? otherEnd) => !(end < otherStart) && !(otherEnd < start);

    /// <summary>Whether two periods share more than the day on which one ends and the other begins.</summary>
    public static bool OverlapWithin(DateOnly? start, DateOnly? end, DateOnly? otherStart, DateOnly? otherEnd) => !(end <= otherStart) && !(otherEnd <= start);

    /// <summary>Whether a period shares a day with one of the student's enrollments.</summary>
    public static bool TouchesEnrollment(StudentView view, DateOnly? start, DateOnly? end)
    {
        foreach (var entry in view.Enrollments) if (entry.Record.NoShow != true && Overlap(start, end, entry.Record.StartDate, entry.Record.EndDate)) return true;
        return false;
    }
}
