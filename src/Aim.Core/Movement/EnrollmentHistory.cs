using Aim.Records;
using Aim.State;

namespace Aim.Movement;

/// <summary>One enrollment of a student as the state has it, with the district's row it comes from.</summary>
public sealed record HistoryEntry(SchoolYear Year, DistrictId District, string LocalId, UploadId Upload, int Line, Enrollment Enrollment)
{
    /// <summary>First day; an enrollment can't be stored without one.</summary>
    public DateOnly Start => Enrollment.StartDate!.Value;

    public DateOnly? End => Enrollment.EndDate;

    /// <summary>Last day; one that is open lasts until its school year is over (June 30), as next year's is a row of its own.</summary>
    public DateOnly Last => Enrollment.EndDate ?? new DateOnly(Year.EndYear, 6, 30);

    /// <summary>What the start and end status mean; null where there is none.</summary>
    public string? StartClass => CodeSets.StartStatus.ClassOf(Enrollment.StartStatus);

    /// <inheritdoc cref="StartClass" />
    public string? EndClass => CodeSets.EndStatus.ClassOf(Enrollment.EndStatus);

    /// <summary>Order of the grade, 9 for grade 9; null where there is none.</summary>
    public int? Grade => CodeSets.Grade.Find(Enrollment.Grade)?.Order;

    public bool IsPrimary => Enrollment.IsPrimary;

    /// <summary>Expected but never came: it moves nobody.</summary>
    public bool NeverCame => Enrollment.NoShow == true || EndClass == CodeClass.NoShow;
}

/// <summary>A district's row in the fall or spring count (AF, AS).</summary>
public sealed record HistoryCount(SchoolYear Year, DistrictId District, string LocalId, RecordType Type, UploadId Upload, int Line, CountDay Count);

/// <summary>
/// One history per student: the enrollments of all districts and years in order, from the state records of all years. It depends on the
/// records alone, not on who sent first.
/// </summary>
public sealed class EnrollmentHistory
{
    private EnrollmentHistory(StateId student, IReadOnlyList<HistoryEntry> entries, IReadOnlyList<HistoryCount> counts, DateOnly? enteredGrade9)
    {
        Counts = counts;
        (Student, Entries, EnteredGrade9) = (student, entries, enteredGrade9);
        Attended = [.. entries.Where(entry => !entry.NeverCame)];
        Primary = [.. Attended.Where(entry => entry.IsPrimary)];
    }

    public StateId Student { get; }

    /// <summary>By start, last day, district and key; those of students who never came too.</summary>
    public IReadOnlyList<HistoryEntry> Entries { get; }

    /// <summary>Those in which the student was there, partial ones too.</summary>
    public IReadOnlyList<HistoryEntry> Attended { get; }

    /// <summary>The primary ones among <see cref="Attended"/>: they say whose student it was.</summary>
    public IReadOnlyList<HistoryEntry> Primary { get; }

    /// <summary>The rows in fall and spring counts, by district, local id and key.</summary>
    public IReadOnlyList<HistoryCount> Counts { get; }

    /// <summary>
    /// The date first entered grade 9, as the newest year gives it that gives one: a correction counts. Where two districts give two dates in
    /// one year, it is the earlier one, as one enters for the first time once.
    /// </summary>
    public DateOnly? EnteredGrade9 { get; }

    /// <summary>The one that had the student last: a short stay that began later and ended before isn't it.</summary>
    internal static HistoryEntry? LastOf(IEnumerable<HistoryEntry> entries) => entries.OrderBy(entry => entry.Last).ThenBy(entry => entry.Start).LastOrDefault();

    public static EnrollmentHistory Of(StateId student, IReadOnlyCollection<StudentRecord> records) => new(student,
    [
        .. records.SelectMany(Entered)
            .OrderBy(entry => entry.Start).ThenBy(entry => entry.Last).ThenBy(entry => entry.District.Value, StringComparer.Ordinal)
            .ThenBy(entry => entry.LocalId, StringComparer.Ordinal).ThenBy(entry => entry.Enrollment.Key, StringComparer.Ordinal),
    ],
    [
        .. records.SelectMany(Counted)
            .OrderBy(entry => entry.District.Value, StringComparer.Ordinal).ThenBy(entry => entry.LocalId, StringComparer.Ordinal).ThenBy(entry => entry.Count.Key, StringComparer.Ordinal),
    ],
        records.OrderByDescending(record => record.Year).Select(StatedGrade9).FirstOrDefault(date => date is not null));

    private static DateOnly? StatedGrade9(StudentRecord record) =>
        (from contribution in record.Effective
         from section in contribution.Sections
         where section.Type == RecordTypes.Student
         select RecordTypes.Student.Read(section.Content.Span).DateFirstEntered9th).Min();

    private static IEnumerable<HistoryCount> Counted(StudentRecord record) =>
        from contribution in record.Contributions
        from section in contribution.Sections
        where section.Type == RecordTypes.FallCount || section.Type == RecordTypes.SpringCount
        select new HistoryCount(record.Year, contribution.District, contribution.LocalId, section.Type, section.Upload, section.Line, ((RecordType<CountDay>)section.Type).Read(section.Content.Span));

    private static IEnumerable<HistoryEntry> Entered(StudentRecord record) =>
        from contribution in record.Effective
        from section in contribution.Sections
        where section.Type == RecordTypes.Enrollment
        let enrollment = RecordTypes.Enrollment.Read(section.Content.Span)
        where enrollment.StartDate is not null
        select new HistoryEntry(record.Year, contribution.District, contribution.LocalId, section.Upload, section.Line, enrollment);
}
