namespace Aim.Records;

/// <summary>One class of a course in a school and term. Upload type <c>SU</c>; its local id is the section number.</summary>
public sealed record CourseSection : IRecord<CourseSection>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? CourseNumber { get; init; }
    public string? Name { get; init; }
    public string? Term { get; init; }
    public string? Period { get; init; }
    public string? TeacherLocalId { get; init; }
    public DateOnly? StartDate { get; init; }
    public DateOnly? EndDate { get; init; }

    public string Key => "";

    public static CourseSection Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        CourseNumber = source.Text(),
        Name = source.Text(),
        Term = source.Code(),
        Period = source.Text(),
        TeacherLocalId = source.Text(),
        StartDate = source.Date(),
        EndDate = source.Date(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Text(nameof(CourseNumber), CourseNumber);
        sink.Text(nameof(Name), Name);
        sink.Code(nameof(Term), Term);
        sink.Text(nameof(Period), Period);
        sink.Text(nameof(TeacherLocalId), TeacherLocalId);
        sink.Date(nameof(StartDate), StartDate);
        sink.Date(nameof(EndDate), EndDate);
    }
}
