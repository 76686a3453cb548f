namespace Aim.Records;

/// <summary>A student taking part in a program (Title I, homeless, immigrant, gifted …) from one day to another. Upload type <c>PP</c>.</summary>
public sealed record ProgramParticipation : IRecord<ProgramParticipation>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? Program { get; init; }
    public DateOnly? StartDate { get; init; }
    public DateOnly? EndDate { get; init; }
    /// <summary>For homeless students the primary nighttime residence; otherwise by program.</summary>
    public string? Attribute1 { get; init; }
    /// <summary>For homeless students Y when unaccompanied; otherwise by program.</summary>
    public string? Attribute2 { get; init; }
    public string? Attribute3 { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, Program, StartDate);

    public static ProgramParticipation Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        Program = source.Code(),
        StartDate = source.Date(),
        EndDate = source.Date(),
        Attribute1 = source.Code(),
        Attribute2 = source.Code(),
        Attribute3 = source.Code(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Code(nameof(Program), Program);
        sink.Date(nameof(StartDate), StartDate);
        sink.Date(nameof(EndDate), EndDate);
        sink.Code(nameof(Attribute1), Attribute1);
        sink.Code(nameof(Attribute2), Attribute2);
        sink.Code(nameof(Attribute3), Attribute3);
    }
}
