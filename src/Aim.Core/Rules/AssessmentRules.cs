using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about state assessments and their results.</summary>
internal static class AssessmentRules
{
    private const string Level = nameof(AssessmentResult.PerformanceLevel);

    public static readonly RowRule<AssessmentResult>[] Row =
    [
        .. SchoolRules.For<AssessmentResult>((result, facts) => result.TestDate ?? facts.AsOf),

        new(new("ASM-001", Error, RuleScope.Row, Level, "Result without participation",
                "The student did not take part (participation {Participation}), but has the level {PerformanceLevel} or the score {ScaleScore}.",
                "Correct the participation, or leave level and score empty.") { Basis = "EDFacts FS185, FS188 and FS189" },
            (r, _) => !TookPart(r) && (r.PerformanceLevel is not null || r.ScaleScore is not null)),

        new(new("ASM-002", Error, RuleScope.Row, Level, "Participation without result", "The student took part in {Assessment} {Subject}, but the performance level is empty.",
                "Give the level, or correct the participation.") { Basis = "EDFacts FS175, FS178 and FS179" },
            (r, _) => TookPart(r) && r.PerformanceLevel is null),

        new(new("ASM-004", Error, RuleScope.Row, nameof(AssessmentResult.TestDate), "Test date outside the calendar",
                "The test date is {TestDate}; the calendar runs from {Calendar.Start} to {Calendar.End}.", "Correct the test date, or name the calendar in which it lies.") { Basis = "Practice of state collections" },
            (r, f) => f.Calendar is { } calendar && (r.TestDate < calendar.Start || r.TestDate > calendar.End), NeedsReference: true),
    ];

    public static readonly StudentRule[] Student =
    [
        new(new("ASM-003", Warning, RuleScope.Student, nameof(AssessmentResult.Grade), "Tested in another grade",
                "The student was tested in grade {Grade}, but was not enrolled in that grade on {TestDate}.",
                "Correct the grade of the result or of the enrollment; if the student was tested off grade, acknowledge the finding.") { Basis = "ESEA 1111(b)(2): grade-level assessments" },
            (view, _) => view.Of(RecordTypes.AssessmentResult).Where(result => IsOffGrade(view, result.Record)), RecordTypes.AssessmentResult, RecordTypes.Enrollment),
    ];

    private static bool TookPart(AssessmentResult result) => CodeSets.Participation.ClassOf(result.Participation) == CodeClass.Participated;

    /// <summary>Half-day and full-day kindergarten are one grade to a test. A student without any enrollment is no matter of grades.</summary>
    private static bool IsOffGrade(StudentView view, AssessmentResult result)
    {
        var tested = CodeSets.Grade.FederalOf(result.Grade);
        var isEnrolled = false;
        foreach (var entry in view.Enrollments)
        {
            var enrollment = entry.Record;
            if (enrollment.NoShow == true || result.TestDate is { } day && (enrollment.StartDate > day || enrollment.EndDate < day)) continue;
            if (CodeSets.Grade.FederalOf(enrollment.Grade) == tested) return false;
            isEnrolled = true;
        }
        return isEnrolled;
    }
}
