namespace Aim.Records;

/// <summary>A student's days in a school over the year. Upload type <c>AA</c>.</summary>
public sealed record AttendanceTotals : IRecord<AttendanceTotals>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    /// <summary>Days of instruction during the enrollments in the calendar (average daily attendance).</summary>
    public decimal? DaysEnrolled { get; init; }
    public decimal? DaysPresent { get; init; }
    /// <summary>Days absent as ESSA counts them: half a day or more, excused or not.</summary>
    public decimal? DaysAbsent { get; init; }
    /// <summary>Days of instruction in the calendar.</summary>
    public int? InstructionalDays { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, CalendarNumber);

    public static AttendanceTotals Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        DaysEnrolled = source.Amount(),
        DaysPresent = source.Amount(),
        DaysAbsent = source.Amount(),
        InstructionalDays = source.Number(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Amount(nameof(DaysEnrolled), DaysEnrolled);
        sink.Amount(nameof(DaysPresent), DaysPresent);
        sink.Amount(nameof(DaysAbsent), DaysAbsent);
        sink.Number(nameof(InstructionalDays), InstructionalDays);
    }
}
