namespace Aim.Records;

/// <summary>What a school reports of a student on a count day: hours of instruction and absence. Upload types <c>AF</c> (fall count), <c>AS</c> (spring count) and <c>TW</c> (test window).</summary>
public sealed record CountDay : IRecord<CountDay>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public DateOnly? CountDate { get; init; }
    /// <summary>Hours of instruction a year that the student's schedule adds up to; decides the share of a student that counts for funding (MCA 20-9-311).</summary>
    public int? AggregateHours { get; init; }
    public bool? AbsentOnCountDate { get; init; }
    /// <summary>Kept out of the count: absent on more than ten consecutive days up to and including count day (ARM 10.20.102).</summary>
    public bool? ExcludeTenDay { get; init; }
    /// <summary>School days missed in a row, up to and including count day.</summary>
    public int? ConsecutiveAbsences { get; init; }
    /// <summary>Start of the enrollment that is meant, where a student has several in the calendar.</summary>
    public DateOnly? EnrollmentStartDate { get; init; }
    /// <summary>Service type of the enrollment that is meant.</summary>
    public string? ServiceType { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, CalendarNumber, ServiceType, CountDate);

    public static CountDay Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        CountDate = source.Date(),
        AggregateHours = source.Number(),
        AbsentOnCountDate = source.Flag(),
        ExcludeTenDay = source.Flag(),
        ConsecutiveAbsences = source.Number(),
        EnrollmentStartDate = source.Date(),
        ServiceType = source.Code(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Date(nameof(CountDate), CountDate);
        sink.Number(nameof(AggregateHours), AggregateHours);
        sink.Flag(nameof(AbsentOnCountDate), AbsentOnCountDate);
        sink.Flag(nameof(ExcludeTenDay), ExcludeTenDay);
        sink.Number(nameof(ConsecutiveAbsences), ConsecutiveAbsences);
        sink.Date(nameof(EnrollmentStartDate), EnrollmentStartDate);
        sink.Code(nameof(ServiceType), ServiceType);
    }
}
