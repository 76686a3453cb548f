using System.Globalization;
using Aim.Organizations;
using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>Everything that the state collects besides the core record types.</summary>
internal sealed class AllCollections(SampleRandom random, SchoolYear year, SchoolDays days, IReadOnlyDictionary<(DistrictId, string), SchoolCalendar> calendars)
{
    private readonly CollectionRows collections = new(random, year, days);

    public ClassRows Classes { get; } = new(random, year);

    /// <summary>The rows of a district that are about no student.</summary>
    public IEnumerable<SampleRow> Of(SampleDistrict district) => district.IsHosted ? Classes.Of(district, calendars) : [];

    public IEnumerable<SampleRow> Of(SampleStudent student)
    {
        var attendance = SampleAttendance.Of(student, days, random).ToList();
        return student.District.IsHosted ? collections.Of(student, attendance).Concat(Classes.Of(student, attendance)) : collections.Of(student, attendance);
    }
}

/// <summary>
/// Makes a student's rows of what the state collects over the year besides the core: counts, attendance, assessments, meals, behavior, plans
/// under Section 504 and migratory children.
/// </summary>
internal sealed class CollectionRows(SampleRandom random, SchoolYear year, SchoolDays days)
{
    private readonly CodeSet certifications = CodeSets.Get("mealCertification");
    private readonly SampleLayout plans = SampleLayout.Of(RecordTypes.Section504, year);
    private readonly SampleLayout totals = SampleLayout.Of(RecordTypes.AttendanceTotals, year);
    private readonly SampleLayout meals = SampleLayout.Of(RecordTypes.MealEligibility, year);
    private readonly SampleLayout migrants = SampleLayout.Of(RecordTypes.MigrantEligibility, year);
    private readonly AssessmentRows assessments = new(random, year, days);
    private readonly BehaviorRows behavior = new(random, year);

    private readonly (SampleLayout Layout, DateOnly Day)[] counts =
    [
        (SampleLayout.Of(RecordTypes.FallCount, year), Ages.FallCountDay(year)), (SampleLayout.Of(RecordTypes.SpringCount, year), Ages.SpringCountDay(year)),
        (SampleLayout.Of(RecordTypes.TestWindow, year), SchoolDays.TestWindow(year)),
    ];

    public IEnumerable<SampleRow> Of(SampleStudent student, IReadOnlyList<SampleAttendance> attendance) =>
        [.. Plan(student), .. attendance.SelectMany(item => Counts(student, item)), .. attendance.Select(item => Totals(student, item)),
            .. assessments.Of(student), .. Meals(student), .. behavior.Of(student, attendance), .. Migrant(student)];

    private IEnumerable<SampleRow> Plan(SampleStudent student)
    {
        if (student.HasPlan504 && student.Enrollments[0] is var enrollment) yield return plans.Row(student, enrollment.School, enrollment.Calendar, ("StartDate", FileDate.Of(enrollment.Start)));
    }

    private IEnumerable<SampleRow> Counts(SampleStudent student, SampleAttendance attendance)
    {
        foreach (var (layout, day) in counts)
        {
            if (student.Enrollments.FirstOrDefault(enrollment => enrollment.Covers(day)) is not { } enrolled || enrolled.School != attendance.Enrollment.School) continue;
            var streak = attendance.StreakOn(day);
            yield return layout.Row(student, enrolled.School, enrolled.Calendar,
                ("CountDate", FileDate.Of(day)), ("AggregateHours", Text(student.AggregateHours)), ("AbsentOnCountDate", streak > 0 ? "Y" : "N"),
                ("Exclude10Day", SampleAttendance.IsExcluded(streak) ? "Y" : "N"), ("ConsecutiveAbsences", Text(streak)));
        }
    }

    private SampleRow Totals(SampleStudent student, SampleAttendance attendance) => totals.Row(student, attendance.Enrollment.School, attendance.Enrollment.Calendar,
        ("DaysEnrolled", Text(attendance.DaysEnrolled)), ("DaysPresent", Text(attendance.DaysEnrolled - attendance.DaysAbsent)), ("EssaDaysAbsent", Text(attendance.DaysAbsent)),
        ("InstructionalDays", Text(attendance.Enrollment.Calendar.InstructionalDays)));

    /// <summary>Two in five are eligible for free or reduced-price meals, most of them without an application; some apply in vain, and of the others nothing is sent.</summary>
    private IEnumerable<SampleRow> Meals(SampleStudent student)
    {
        var eligibility = student.IsInFosterCare || student.IsHomeless || student.IsMigratory ? "F" : random.Weighted<string>([("F", 0.305), ("R", 0.08), ("N", 0.04), ("", 0.575)]);
        if (eligibility == "") yield break;
        var enrollment = student.Enrollments[0];
        yield return meals.Row(student, enrollment.School, enrollment.Calendar, ("Eligibility", eligibility), ("Certification", Certification(student, eligibility)), ("StartDate", FileDate.Of(enrollment.Start)));
    }

    private string Certification(SampleStudent student, string eligibility)
    {
        if (eligibility == "N") return "INC";
        if (student.IsInFosterCare) return "FOS";
        if (student.IsHomeless) return "HML";
        if (student.IsMigratory) return "MIG";
        var certification = eligibility == "F" ? random.Weighted<string>([("SNP", 0.5), ("MED", 0.2), ("TNF", 0.04), ("FDP", 0.03), ("INC", 0.23)]) : random.Chance(0.3) ? "MED" : "INC";
        // Medicaid certifies only since some years.
        return certifications.Find(certification)!.IsValidIn(year) ? certification : "INC";
    }

    private IEnumerable<SampleRow> Migrant(SampleStudent student)
    {
        if (!student.IsMigratory) yield break;
        var enrollment = student.Enrollments[0];
        var arrival = random.Day(new DateOnly(year.EndYear - 3, 9, 1), new DateOnly(year.EndYear - 1, 8, 1));
        yield return migrants.Row(student, enrollment.School, enrollment.Calendar,
            ("QualifyingArrivalDate", FileDate.Of(arrival)), ("PriorityForServices", random.Chance(0.25) ? "Y" : "N"), ("ContinuationOfServices", "N"),
            ("ServedRegularTerm", random.Chance(0.7) ? "Y" : "N"), ("ServedSummer", random.Chance(0.4) ? "Y" : "N"));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
