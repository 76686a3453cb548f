namespace Aim.Records;

/// <summary>A student with a plan under Section 504 of the Rehabilitation Act, from one day to another. Upload type <c>504</c>.</summary>
public sealed record Section504 : IRecord<Section504>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public DateOnly? StartDate { get; init; }
    /// <summary>Last day of the plan; empty while it goes on.</summary>
    public DateOnly? EndDate { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, StartDate);

    public static Section504 Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        StartDate = source.Date(),
        EndDate = source.Date(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Date(nameof(StartDate), StartDate);
        sink.Date(nameof(EndDate), EndDate);
    }
}
