namespace Aim.Records;

/// <summary>A student in a section from one day to another. Upload type <c>RU</c>.</summary>
public sealed record RosterEntry : IRecord<RosterEntry>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? SectionNumber { get; init; }
    public DateOnly? StartDate { get; init; }
    /// <summary>Last day in the section; empty while it goes on.</summary>
    public DateOnly? EndDate { get; init; }

    public string Key => RecordKey.Of(SectionNumber, StartDate);

    public static RosterEntry Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        SectionNumber = source.Text(),
        StartDate = source.Date(),
        EndDate = source.Date(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Text(nameof(SectionNumber), SectionNumber);
        sink.Date(nameof(StartDate), StartDate);
        sink.Date(nameof(EndDate), EndDate);
    }
}
