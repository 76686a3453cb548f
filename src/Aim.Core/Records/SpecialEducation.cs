namespace Aim.Records;

/// <summary>A student served under IDEA by one individualized education program (IEP). Upload type <c>SE</c>.</summary>
public sealed record SpecialEducation : IRecord<SpecialEducation>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? PrimaryDisability { get; init; }
    /// <summary>IDEA educational environment; school age and early childhood have lists of their own.</summary>
    public string? Environment { get; init; }
    public DateOnly? IepStart { get; init; }
    public DateOnly? IepEnd { get; init; }
    /// <summary>The IEP is final; only locked ones count on child-count day.</summary>
    public bool? Locked { get; init; }
    public DateOnly? ExitDate { get; init; }
    public string? ExitReason { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, IepStart);

    public static SpecialEducation Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        PrimaryDisability = source.Code(),
        Environment = source.Code(),
        IepStart = source.Date(),
        IepEnd = source.Date(),
        Locked = source.Flag(),
        ExitDate = source.Date(),
        ExitReason = source.Code(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Code(nameof(PrimaryDisability), PrimaryDisability);
        sink.Code(nameof(Environment), Environment);
        sink.Date(nameof(IepStart), IepStart);
        sink.Date(nameof(IepEnd), IepEnd);
        sink.Flag(nameof(Locked), Locked);
        sink.Date(nameof(ExitDate), ExitDate);
        sink.Code(nameof(ExitReason), ExitReason);
    }
}
