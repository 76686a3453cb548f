using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about Section 504 plans, meal eligibility and migratory children.</summary>
internal static class EligibilityRules
{
    /// <summary>A child stays eligible for 36 months after the qualifying move (ESEA 1309(3); 34 CFR 200.81).</summary>
    private const int MigrantMonths = 36;

    public static readonly RowRule<Section504>[] PlanRow =
    [
        .. SchoolRules.ForPeriod<Section504>(plan => plan.EndDate),
        PeriodRules.EndBeforeStart<Section504>(plan => plan.StartDate, plan => plan.EndDate),
    ];

    public static readonly RowRule<MealEligibility>[] MealRow =
    [
        .. SchoolRules.ForPeriod<MealEligibility>(meals => meals.EndDate),
        PeriodRules.EndBeforeStart<MealEligibility>(meals => meals.StartDate, meals => meals.EndDate),

        new(new("PRG-009", Warning, RuleScope.Row, nameof(MealEligibility.Certification), "Directly certified, but not eligible",
                "The certification {Certification} makes a student eligible for meals free or at a reduced price, but the eligibility is {Eligibility}.",
                "Correct the eligibility, or leave the certification empty.") { Basis = "7 CFR 245.6(b)" },
            (m, _) => CodeSets.MealEligibility.ClassOf(m.Eligibility) == CodeClass.NotEligible && CodeSets.MealCertification.ClassOf(m.Certification) == CodeClass.Direct),
    ];

    public static readonly RowRule<MigrantEligibility>[] MigrantRow =
    [
        .. SchoolRules.ForPeriod<MigrantEligibility>(migrant => migrant.EndDate),

        new(new("PRG-008", Fatal, RuleScope.Row, nameof(MigrantEligibility.EndDate), "Migrant eligibility ends before the arrival",
                "The end date {EndDate} is before the qualifying arrival on {QualifyingArrivalDate}.", "Correct one of the two dates.") { Basis = "Practice of state collections" },
            (m, _) => m.EndDate < m.QualifyingArrivalDate),

        new(new("PRG-007", Error, RuleScope.Row, nameof(MigrantEligibility.QualifyingArrivalDate), "Migrant eligibility over 36 months old",
                "The qualifying arrival was on {QualifyingArrivalDate}; eligibility ends 36 months later, which is before {EndDate} or before this year's period began on September 1.",
                "Correct the dates, give the arrival of a newer move, or mark the child as continuing to be served.") { Basis = "ESEA 1309(3); 34 CFR 200.81" },
            (m, f) => m.QualifyingArrivalDate?.AddMonths(MigrantMonths) is { } last && m.ContinuationOfServices != true && (m.EndDate > last || last < new DateOnly(f.Year.EndYear - 1, 9, 1))),
    ];

    public static readonly StudentRule[] Student =
    [
        new(new("PRG-005", Error, RuleScope.Student, nameof(Section504.EndDate), "Outside the enrollments",
                "The plan or eligibility has no day in common with the student's enrollments in the district.",
                "Correct its dates, or send the enrollment it belongs to.") { Basis = "AIM program participation" },
            (view, _) => OutsideEnrollments(view), RecordTypes.Section504, RecordTypes.MealEligibility, RecordTypes.MigrantEligibility, RecordTypes.Enrollment),

        new(new("PRG-006", Warning, RuleScope.Student, nameof(Section504.StartDate), "Section 504 plan within another",
                "The plan from {StartDate} to {EndDate} lies within another plan of the student in the school.", "Send one row for each plan, or end the earlier plan before the later begins.")
                { Basis = "AIM Section 504: no new row where one covers the range" },
            (view, _) => view.Of(RecordTypes.Section504) is { Count: > 1 } plans ? plans.Where(plan => plans.Exists(other => other != plan && other.Record.SchoolNumber == plan.Record.SchoolNumber && Covers(other.Record, plan.Record))) : [],
            RecordTypes.Section504),

        new(new("PRG-010", Error, RuleScope.Student, nameof(MealEligibility.StartDate), "Two meal eligibilities at once",
                "The eligibility from {StartDate} begins before another one of the student ended.",
                "End the earlier eligibility on or before the day the later begins; two schools at once send the same eligibility.") { Basis = "7 CFR 245.6" },
            (view, _) => view.Of(RecordTypes.MealEligibility) is { Count: > 1 } meals
                ? meals.Where(later => meals.Exists(earlier => Contradicts(earlier.Record, later.Record)))
                : [],
            RecordTypes.MealEligibility),
    ];

    private static IEnumerable<ViewEntry> OutsideEnrollments(StudentView view)
    {
        // Plans and eligibilities are also sent before the enrollments.
        if (view.Enrollments.Count == 0) yield break;
        foreach (var plan in view.Of(RecordTypes.Section504)) if (!PeriodRules.TouchesEnrollment(view, plan.Record.StartDate, plan.Record.EndDate)) yield return plan;
        foreach (var meals in view.Of(RecordTypes.MealEligibility)) if (!PeriodRules.TouchesEnrollment(view, meals.Record.StartDate, meals.Record.EndDate)) yield return meals;
        foreach (var migrant in view.Of(RecordTypes.MigrantEligibility)) if (!PeriodRules.TouchesEnrollment(view, migrant.Record.QualifyingArrivalDate, migrant.Record.EndDate)) yield return migrant;
    }

    /// <summary>Whether the later eligibility begins while the earlier lasts; of two that begin on one day the school's number decides which is the later.</summary>
    private static bool Contradicts(MealEligibility earlier, MealEligibility later)
    {
        var isOfOtherSchool = earlier.SchoolNumber != later.SchoolNumber;
        if (isOfOtherSchool && earlier.Eligibility == later.Eligibility || !(later.StartDate < (earlier.EndDate ?? DateOnly.MaxValue))) return false;
        return earlier.StartDate < later.StartDate || earlier.StartDate == later.StartDate && string.CompareOrdinal(earlier.SchoolNumber, later.SchoolNumber) < 0;
    }

    private static bool Covers(Section504 other, Section504 plan) =>
        other.StartDate <= plan.StartDate && (other.EndDate ?? DateOnly.MaxValue) >= (plan.EndDate ?? DateOnly.MaxValue);
}
