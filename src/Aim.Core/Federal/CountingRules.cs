using Aim.Organizations;
using Aim.Records;
using Aim.Snapshots;
using Aim.Workflows;

namespace Aim.Federal;

/// <summary>Why a student whom a file would count is not in it.</summary>
public enum Exclusion { SchoolUnknown = 1, SchoolNotReported = 2, GradeNotOffered = 3 }

/// <summary>
/// Who a file counts: those enrolled on the count day in one of its service types for whom its rule holds, at schools that report.
/// </summary>
public sealed class CountingRule
{
    private readonly CountedStudents counted;
    private readonly Func<CountedSubject, bool> holds;
    private readonly Func<CountedSubject, string?>? gradeOf;

    private CountingRule(CountedStudents counted) =>
        (this.counted, holds, gradeOf) = (counted, CountingRules.All[counted.Rule], counted.GradesOf is { } category ? CategoryValues.Of(category) : null);

    /// <exception cref="FaultException">The file is a directory.</exception>
    public static CountingRule Of(FederalSpec spec) => new(spec.Counted ?? throw new FaultException($"{spec.File} is a directory file; it counts nobody.") { IsPermanent = true });

    /// <summary>Whether school-level files count the student too.</summary>
    public bool CountsAtSchool(CountedSubject subject) => subject.Environment is not { } environment || !counted.EnvironmentsAtNoSchool.Contains(environment);

    private bool Counts(CountedSubject subject) => holds(subject) && (gradeOf is null || gradeOf(subject) is not null);

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
        enrollment.NoShow != true && enrollment.StateExclude != true && CodeSets.ServiceType.ClassOf(enrollment.ServiceType) is { } type && counted.ServiceTypes.Contains(type) && enrollment.StartDate <= day && !(enrollment.EndDate < day);

    private static CountedSubject SubjectOf(FrozenStudent student, FrozenRow<Enrollment> row, DateOnly day) =>
        new(student.Id, row.District, row.Record.SchoolNumber ?? "", row,
            student.Demographics.FirstOrDefault(demographics => demographics.District == row.District && demographics.LocalId == row.LocalId), day)
        {
            // Of one IEP that two schools send, what the student's own school says.
            SpecialEducation = student.SpecialEducation.Where(special => special.District == row.District && IsServedOn(special.Record, day))
                .MaxBy(special => (special.Record.IepStart, special.Record.SchoolNumber == row.Record.SchoolNumber)),
            EnglishLearner = student.EnglishLearner.FirstOrDefault(learner => learner.District == row.District && IsLearnerOn(learner.Record, day)),
        };

    private bool IsExcluded(CountedSubject subject, CountingContext context)
    {
        var district = context.Reference.FindDistrict(new DistrictId(subject.District));
        var school = context.Reference.FindSchool(new DistrictId(subject.District), subject.School);
        Exclusion? reason =
            school is null || district is null ? Exclusion.SchoolUnknown
            : !school.ReportedFederally || school.IsClosedOn(context.Date) || !district.ReportedFederally || district.IsClosedOn(context.Date) ? Exclusion.SchoolNotReported
            : counted.OfferedGradesOnly && !school.Offers(subject.Enrollment.Record.Grade) ? Exclusion.GradeNotOffered
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

/// <summary>What has to be true of a student on the count day, by the name in a file's specification.</summary>
public static class CountingRules
{
    /// <summary>The ages of IDEA's school-age count; a child of five is in it from kindergarten on.</summary>
    private const int SchoolAge = 6, OldestSchoolAge = 21;

    public static IReadOnlyDictionary<string, Func<CountedSubject, bool>> All { get; } = new Dictionary<string, Func<CountedSubject, bool>>
    {
        ["Membership"] = _ => true,
        // A learner is one from identification to exit.
        ["EnglishLearnersEnrolled"] = subject => subject.EnglishLearner is not null,
        // With a locked IEP.
        ["SpecialEducationChildCount"] = subject => subject.SpecialEducation is not null && IsSchoolAge(subject),
    };

    private static bool IsSchoolAge(CountedSubject subject) =>
        subject.Age is >= SchoolAge and <= OldestSchoolAge || subject.Age == SchoolAge - 1 && CodeSets.Grade.Find(subject.Enrollment.Record.Grade) is { Federal: not null, Order: not < 0 };
}
