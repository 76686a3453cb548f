using Aim.Organizations;
using Aim.Records;
using Aim.Snapshots;

namespace Aim.Federal;

/// <summary>Why a student who was in a school on the count day is in no count.</summary>
public enum Exclusion { SchoolUnknown = 1, SchoolNotReported = 2, GradeNotOffered = 3 }

/// <summary>
/// Who a file counts. A rule gives each student once for every school that counts the student; at district and state level the student is
/// counted once, by the first of them.
/// </summary>
/// <param name="Select">The student's enrollments that count, in no order.</param>
/// <param name="CountsAtSchool">Whether school-level files count it too.</param>
public sealed record CountingRule(string Name, Func<FrozenStudent, CountingContext, IEnumerable<CountedSubject>> Select, Func<CountedSubject, bool> CountsAtSchool);

/// <summary>What counting goes by: the snapshot's organisations and count day.</summary>
public sealed class CountingContext(Snapshot snapshot)
{
    public ReferenceData Reference => snapshot.Reference;
    public DateOnly Date => snapshot.Manifest.Date;

    /// <summary>How many students were left out, by reason.</summary>
    public Dictionary<Exclusion, int> Exclusions { get; } = [];

    internal School? SchoolOf(string district, string? school) => Reference.FindSchool(new DistrictId(district), school);

    internal void Exclude(Exclusion reason) => Exclusions[reason] = Exclusions.GetValueOrDefault(reason) + 1;
}

/// <summary>The counting rules by name.</summary>
public static class CountingRules
{
    private const int OldestSchoolAge = 21;

    /// <summary>FS052: students enrolled on the count day with the school as their primary one, in a grade the school offers.</summary>
    private static readonly CountingRule Membership = new(nameof(Membership), (student, context) => EnrolledOn(student, context, "P"), _ => true);

    /// <summary>
    /// FS141: English learners among the students of FS052, in kindergarten to grade 13 or ungraded. A learner is one from identification
    /// to exit.
    /// </summary>
    private static readonly CountingRule EnglishLearnersEnrolled = new(nameof(EnglishLearnersEnrolled),
        (student, context) => student.EnglishLearner.Count == 0 ? [] : EnrolledOn(student, context, "P").Where(subject => subject.EnglishLearner is not null && subject.Grade is not ("PK" or "AE")),
        _ => true);

    /// <summary>
    /// FS002: children with a locked IEP on child-count day, aged 6 to 21 or 5 in kindergarten. Homebound, hospital and parentally-placed
    /// private-school children are not in school-level files.
    /// </summary>
    private static readonly CountingRule SpecialEducationChildCount = new(nameof(SpecialEducationChildCount),
        (student, context) => student.SpecialEducation.Count == 0 ? [] : EnrolledOn(student, context, "P", "N", "S").Where(subject =>
            subject.SpecialEducation is { Record.Locked: true } && IsSchoolAge(subject)),
        subject => subject.SpecialEducation?.Record.Environment is not ("HH" or "PPPS"));

    public static IReadOnlyDictionary<string, CountingRule> All { get; } =
        new[] { Membership, EnglishLearnersEnrolled, SpecialEducationChildCount }.ToDictionary(rule => rule.Name);

    private static bool IsSchoolAge(CountedSubject subject) => subject.Age is >= 6 and <= OldestSchoolAge || subject is { Age: 5, Grade: not ("PK" or null) };

    private static IEnumerable<CountedSubject> EnrolledOn(FrozenStudent student, CountingContext context, params string[] serviceTypes)
    {
        foreach (var row in student.Enrollments)
        {
            var enrollment = row.Record;
            if (enrollment.NoShow == true || enrollment.StateExclude == true || !serviceTypes.Contains(enrollment.ServiceType)) continue;
            if (enrollment.StartDate > context.Date || enrollment.EndDate < context.Date) continue;
            if (IsExcluded(row, context)) continue;
            yield return new CountedSubject(student.Id, row.District, enrollment.SchoolNumber!, row,
                student.Demographics.FirstOrDefault(demographics => demographics.District == row.District && demographics.LocalId == row.LocalId), context.Date)
            {
                SpecialEducation = student.SpecialEducation.FirstOrDefault(special => special.District == row.District && IsServedOn(special.Record, context.Date)),
                EnglishLearner = student.EnglishLearner.FirstOrDefault(learner => learner.District == row.District && IsLearnerOn(learner.Record, context.Date)),
            };
        }
    }

    private static bool IsExcluded(FrozenRow<Enrollment> row, CountingContext context)
    {
        var school = context.SchoolOf(row.District, row.Record.SchoolNumber);
        var district = context.Reference.FindDistrict(new DistrictId(row.District));
        Exclusion? reason =
            school is null || district is null ? Exclusion.SchoolUnknown
            : !school.IsOperating || !school.ReportedFederally || !district.IsOperating || !district.ReportedFederally ? Exclusion.SchoolNotReported
            : !school.Offers(row.Record.Grade) ? Exclusion.GradeNotOffered
            : null;
        if (reason is { } why) context.Exclude(why);
        return reason is not null;
    }

    private static bool IsServedOn(SpecialEducation record, DateOnly day) => record.IepStart <= day && (record.ExitDate ?? record.IepEnd ?? DateOnly.MaxValue) >= day;

    private static bool IsLearnerOn(EnglishLearner record, DateOnly day) =>
        CodeSets.ElStatus.ClassOf(record.ElStatus) == CodeClass.Current && record.IdentifiedDate <= day && (record.ExitDate ?? DateOnly.MaxValue) >= day;
}
