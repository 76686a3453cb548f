using Aim.Organizations;
using Aim.Records;
using Aim.Snapshots;

namespace Aim.Federal;

/// <summary>Why a student whom a file would count is not in it.</summary>
public enum Exclusion { SchoolUnknown = 1, SchoolNotReported = 2, GradeNotOffered = 3 }

/// <summary>
/// Who a file counts: those enrolled on the count day in one of the service types for whom <paramref name="Counts"/> holds, at schools
/// that report.
/// </summary>
/// <param name="OfferedGradesOnly">Whether a student in a grade the school does not offer is left out.</param>
/// <param name="Counts">Asked of every enrollment on the count day.</param>
/// <param name="CountsAtSchool">Whether school-level files count the student too.</param>
public sealed record CountingRule(
    string Name, IReadOnlyList<string> ServiceTypes, bool OfferedGradesOnly, Func<CountedSubject, bool> Counts, Func<CountedSubject, bool> CountsAtSchool)
{
    /// <summary>The student once for every enrollment that counts, in no order.</summary>
    public IEnumerable<CountedSubject> Select(FrozenStudent student, CountingContext context)
    {
        foreach (var row in student.Enrollments)
        {
            if (!IsEnrolled(row.Record, context.Date)) continue;
            var subject = SubjectOf(student, row, context.Date);
            if (Counts(subject) && !IsExcluded(subject, context)) yield return subject;
        }
    }

    private bool IsEnrolled(Enrollment enrollment, DateOnly day) =>
        enrollment.NoShow != true && enrollment.StateExclude != true && ServiceTypes.Contains(enrollment.ServiceType) && enrollment.StartDate <= day && !(enrollment.EndDate < day);

    private static CountedSubject SubjectOf(FrozenStudent student, FrozenRow<Enrollment> row, DateOnly day) =>
        new(student.Id, row.District, row.Record.SchoolNumber ?? "", row,
            student.Demographics.FirstOrDefault(demographics => demographics.District == row.District && demographics.LocalId == row.LocalId), day)
        {
            SpecialEducation = student.SpecialEducation.Where(special => special.District == row.District && IsServedOn(special.Record, day)).MaxBy(special => special.Record.IepStart),
            EnglishLearner = student.EnglishLearner.FirstOrDefault(learner => learner.District == row.District && IsLearnerOn(learner.Record, day)),
        };

    private bool IsExcluded(CountedSubject subject, CountingContext context)
    {
        var district = context.Reference.FindDistrict(new DistrictId(subject.District));
        var school = context.Reference.FindSchool(new DistrictId(subject.District), subject.School);
        Exclusion? reason =
            school is null || district is null ? Exclusion.SchoolUnknown
            : !school.ReportedFederally || school.IsClosedOn(context.Date) || !district.ReportedFederally || district.IsClosedOn(context.Date) ? Exclusion.SchoolNotReported
            : OfferedGradesOnly && !school.Offers(subject.Enrollment.Record.Grade) ? Exclusion.GradeNotOffered
            : null;
        if (reason is { } why) context.Exclude(why);
        return reason is not null;
    }

    /// <summary>An IEP that is not locked is not final, and says nothing to federal files.</summary>
    private static bool IsServedOn(SpecialEducation record, DateOnly day) =>
        record.Locked == true && record.IepStart <= day && (record.ExitDate ?? record.IepEnd ?? DateOnly.MaxValue) >= day;

    /// <summary>A status of former learner does not undo the days before the exit.</summary>
    private static bool IsLearnerOn(EnglishLearner record, DateOnly day) =>
        record.IdentifiedDate <= day && (record.ExitDate is { } exit ? exit >= day : CodeSets.ElStatus.ClassOf(record.ElStatus) == CodeClass.Current);
}

/// <summary>What counting goes by: the snapshot's organisations and count day.</summary>
public sealed class CountingContext(Snapshot snapshot)
{
    public ReferenceData Reference => snapshot.Reference;
    public DateOnly Date => snapshot.Manifest.Date;

    /// <summary>How many enrollments were left out, by reason.</summary>
    public Dictionary<Exclusion, int> Exclusions { get; } = [];

    internal void Exclude(Exclusion reason) => Exclusions[reason] = Exclusions.GetValueOrDefault(reason) + 1;
}

/// <summary>The counting rules by name.</summary>
public static class CountingRules
{
    private const int OldestSchoolAge = 21;

    /// <summary>FS052: students enrolled on the count day with the school as their primary one, in a grade the school offers.</summary>
    private static readonly CountingRule Membership = new(nameof(Membership), ["P"], OfferedGradesOnly: true, _ => true, _ => true);

    /// <summary>
    /// FS141: English learners among the students of FS052, in kindergarten to grade 13 or ungraded. A learner is one from identification
    /// to exit.
    /// </summary>
    private static readonly CountingRule EnglishLearnersEnrolled = new(nameof(EnglishLearnersEnrolled), ["P"], OfferedGradesOnly: true,
        subject => subject is { EnglishLearner: not null, Grade: not ("PK" or "AE") }, _ => true);

    /// <summary>
    /// FS002: children with a locked IEP on child-count day, aged 6 to 21 or 5 in kindergarten, wherever they are served. Homebound,
    /// hospital and parentally-placed private-school children are not in school-level files.
    /// </summary>
    private static readonly CountingRule SpecialEducationChildCount = new(nameof(SpecialEducationChildCount), ["P", "N", "S"], OfferedGradesOnly: false,
        subject => subject.SpecialEducation is not null && IsSchoolAge(subject), subject => subject.SpecialEducation?.Record.Environment is not ("HH" or "PPPS"));

    public static IReadOnlyDictionary<string, CountingRule> All { get; } =
        new[] { Membership, EnglishLearnersEnrolled, SpecialEducationChildCount }.ToDictionary(rule => rule.Name);

    private static bool IsSchoolAge(CountedSubject subject) => subject.Age is >= 6 and <= OldestSchoolAge || subject is { Age: 5, Grade: not ("PK" or null) };
}
