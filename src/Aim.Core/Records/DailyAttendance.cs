namespace Aim.Records;

/// <summary>The attendance of a student in one month, a letter a day. Upload type <c>DA</c>.</summary>
public sealed record DailyAttendance : IRecord<DailyAttendance>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    /// <summary>The first of the month.</summary>
    public DateOnly? Month { get; init; }
    /// <summary>One letter for each day of the month, the first one first; the letters are the list "Attendance".</summary>
    public string? Days { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, CalendarNumber, Month);

    public static DailyAttendance Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        Month = source.Date(),
        Days = source.Text(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Date(nameof(Month), Month);
        sink.Text(nameof(Days), Days);
    }
}
