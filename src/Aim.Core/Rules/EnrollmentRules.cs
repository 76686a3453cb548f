using Aim.Organizations;
using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about enrollments.</summary>
internal static class EnrollmentRules
{
    private const string Start = nameof(Enrollment.StartDate);
    private const string End = nameof(Enrollment.EndDate);
    private const string Grade = nameof(Enrollment.Grade);

    public static readonly RowRule<Enrollment>[] Row =
    [
        .. SchoolRules.For<Enrollment>((enrollment, facts) => enrollment.StartDate ?? facts.AsOf),

        new(new("ENR-001", Fatal, RuleScope.Row, End, "End before start", "The end date {EndDate} is before the start date {StartDate}.",
                "Correct one of the two dates.") { Basis = "Practice of state collections" },
            (e, _) => e.EndDate < e.StartDate),

        new(new("ENR-002", Fatal, RuleScope.Row, Start, "Date outside the calendar",
                "The enrollment runs from {StartDate} to {EndDate}; the calendar runs from {Calendar.Start} to {Calendar.End}.",
                "Correct the date, or name the calendar in which it lies.") { Basis = "Practice of state collections" },
            (e, f) => f.Calendar is { } calendar && (IsOutside(e.StartDate, calendar) || IsOutside(e.EndDate, calendar)),
            NeedsReference: true) { Field = (e, f) => IsOutside(e.StartDate, f.Calendar!) ? Start : End },

        new(new("ENR-005", Error, RuleScope.Row, nameof(Enrollment.EndStatus), "End date without end status, or the reverse",
                "The end date is {EndDate} and the end status is {EndStatus}.", "Give both, or neither while the enrollment is open.")
                { Basis = "AIM enrollment" },
            (e, _) => e.EndDate is null != e.EndStatus is null),

        new(new("ENR-011", Error, RuleScope.Row, nameof(Enrollment.DiplomaDate), "Graduate without diploma",
                "The end status {EndStatus} says graduated, but the diploma date is {DiplomaDate} and the diploma type is {DiplomaType}.",
                "Give the diploma date and type.") { Basis = "AIM enrollment: early graduates are status 400 with diploma date, type and period" },
            (e, _) => e.EndStatus is not null && IsGraduate(e) && (e.DiplomaDate is null || e.DiplomaType is null)),

        new(new("ENR-011B", Warning, RuleScope.Row, Grade, "Graduate below grade 12", "A student of grade {Grade} has end status {EndStatus}, graduated.",
                "Correct the grade or the end status; if it is an early graduate, acknowledge the finding.") { Basis = "AIM enrollment" },
            (e, _) => e.EndStatus is not null && IsGraduate(e) && CodeSets.Grade.Find(e.Grade)?.Order < 12),

        new(new("ENR-012", Error, RuleScope.Row, Grade, "Grade not offered by the school", "School {SchoolNumber} does not offer grade {Grade}; it offers {Grades}.",
                "Correct the grade or the school, or ask the state office to add the grade to the school.") { Basis = "EDFacts FS039" },
            (e, f) => f.School is { } school && !school.Offers(e.Grade), NeedsReference: true, e => $"{e.SchoolNumber} {e.Grade}"),

        new(new("ENR-014", Error, RuleScope.Row, End, "Still open after the end of the year",
                "The enrollment has no end date, but the calendar ended on {Calendar.End} and the file is of {AsOf}.",
                "End the enrollment with the last day of the calendar and an end status.") { Basis = "CALPADS CERT112" },
            (e, f) => e.EndDate is null && f.Calendar is { } calendar && f.AsOf > calendar.End, NeedsReference: true),
    ];

    public static readonly StudentRule[] Student =
    [
        new(new("ENR-003", Fatal, RuleScope.Student, Start, "Overlapping primary enrollments in the district",
                "The primary enrollment from {StartDate} to {EndDate} overlaps another one of the student in the district.",
                "End the earlier enrollment before the later begins, or give one of them service type S.") { Basis = "CALPADS SENR0027" },
            (view, _) => Overlapping(view).Distinct(), RecordTypes.Enrollment),

        new(new("ENR-006", Error, RuleScope.Student, nameof(Enrollment.StartStatus), "Enrollment after graduation",
                "The enrollment starts on {StartDate}, after one that ended as graduated, and its start status {StartStatus} is no re-entry.",
                "Correct the end status of the earlier enrollment, or give the later one start status 03.") { Basis = "AzEDS 10200" },
            AfterGraduation, RecordTypes.Enrollment),

        new(new("ENR-009", Error, RuleScope.Student, nameof(Enrollment.StartStatus), "Continued without an earlier enrollment",
                "The start status {StartStatus} says continued in the same school, but there is no earlier enrollment in school {SchoolNumber}.",
                "Give the start status that says where the student came from.") { Basis = "AIM enrollment start status" },
            (view, facts) => view.Enrollments.Where(e => CodeSets.StartStatus.ClassOf(e.Record.StartStatus) == CodeClass.Continued && !HasEarlier(e, view, facts, ended: false)),
            RecordTypes.Enrollment) { NeedsPriorYear = true },

        new(new("ENR-009B", Warning, RuleScope.Student, nameof(Enrollment.StartStatus), "Re-entry without an earlier exit",
                "The start status {StartStatus} says re-entry, but there is no earlier enrollment in school {SchoolNumber} that ended.",
                "Give the start status that says where the student came from, or send the earlier enrollment.") { Basis = "AIM enrollment start status" },
            (view, facts) => view.Enrollments.Where(e => IsReentry(e.Record) && !HasEarlier(e, view, facts, ended: true)),
            RecordTypes.Enrollment) { NeedsPriorYear = true },

        new(new("ENR-010", Error, RuleScope.Student, nameof(Enrollment.StartStatus), "Military start status without military connection",
                "The start status {StartStatus} says military-connected, but the student's military connection is not given.",
                "Fill in MilitaryConnection in the student's SD row, or correct the start status.") { Basis = "AIM enrollment start status" },
            (view, _) => view.Student is { Record.MilitaryConnection: var connection } && CodeSets.MilitaryConnection.FederalOf(connection) is null
                ? view.Enrollments.Where(e => CodeSets.StartStatus.Find(e.Record.StartStatus)?.Military == true)
                : [],
            RecordTypes.Enrollment, RecordTypes.Student),

        new(new("ENR-013", Warning, RuleScope.Student, Grade, "Unlikely grade after last year's",
                "The grade is {Grade}, which is lower than last year's or more than one above it.",
                "Correct the grade; if it is right, acknowledge the finding with the reason.") { Basis = "Practice of state collections" },
            (view, facts) => PriorGrade(facts) is { } prior
                ? view.Enrollments.Take(1).Where(e => CodeSets.Grade.Find(e.Record.Grade)?.Order is { } grade && (grade < prior || grade > prior + 1))
                : [],
            RecordTypes.Enrollment) { NeedsPriorYear = true },
    ];

    private static bool IsOutside(DateOnly? day, SchoolCalendar calendar) => day < calendar.Start || day > calendar.End;

    private static bool IsReentry(Enrollment enrollment) => CodeSets.StartStatus.ClassOf(enrollment.StartStatus) == CodeClass.Reentry;

    private static bool IsGraduate(Enrollment enrollment) => CodeSets.EndStatus.ClassOf(enrollment.EndStatus) == CodeClass.Graduate;

    private static IEnumerable<ViewEntry> Overlapping(StudentView view)
    {
        var primary = view.Enrollments.Where(e => e.Record is { StartDate: not null, IsPrimary: true } && e.Record.NoShow != true).ToList();
        if (primary.Count < 2) yield break;
        // Sorted by start; a transfer within one day (end and start on the same day) is no overlap.
        for (var later = 1; later < primary.Count; later++)
        {
            for (var earlier = 0; earlier < later; earlier++)
            {
                if (!(primary[later].Record.StartDate < (primary[earlier].Record.EndDate ?? DateOnly.MaxValue)) &&
                    primary[later].Record.StartDate != primary[earlier].Record.StartDate) continue;
                // What is already stored was accepted; what the file brings has to give way.
                if (GivesWay(primary[later]) || !GivesWay(primary[earlier]))
                {
                    yield return primary[later];
                    break;
                }
                yield return primary[earlier];
            }
        }

        static bool GivesWay(Entry<Enrollment> entry) => entry is { IsNew: true, IsUnchanged: false };
    }

    /// <summary>Enrollments that follow a graduation, of this year or of the year before, without a re-entry in between.</summary>
    private static IEnumerable<ViewEntry> AfterGraduation(StudentView view, StudentFacts facts)
    {
        var known = facts.PriorYear is { } prior ? [.. prior.Enrollments, .. view.Enrollments] : view.Enrollments;
        if (!known.Exists(e => IsGraduate(e.Record))) yield break;
        foreach (var later in view.Enrollments)
        {
            var graduated = known.Where(earlier => earlier != later && IsGraduate(earlier.Record) && earlier.Record.EndDate <= later.Record.StartDate).Max(earlier => earlier.Record.EndDate);
            if (graduated is not null && !known.Exists(e => IsReentry(e.Record) && e.Record.StartDate >= graduated && e.Record.StartDate <= later.Record.StartDate)) yield return later;
        }
    }

    private static bool HasEarlier(Entry<Enrollment> entry, StudentView view, StudentFacts facts, bool ended) =>
        view.Enrollments.Any(other => other != entry && IsEarlier(other.Record, entry.Record, ended)) ||
        facts.PriorYear is { } prior && prior.Enrollments.Any(other => IsEarlier(other.Record, entry.Record, ended));

    private static bool IsEarlier(Enrollment other, Enrollment entry, bool ended) =>
        other.SchoolNumber == entry.SchoolNumber && other.StartDate < entry.StartDate && (!ended || other.EndDate < entry.StartDate);

    private static int? PriorGrade(StudentFacts facts) =>
        facts.PriorYear?.Enrollments.LastOrDefault(e => e.Record.IsPrimary) is { } last ? CodeSets.Grade.Find(last.Record.Grade)?.Order : null;
}
