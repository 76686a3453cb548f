namespace Aim.Records;

/// <summary>An English learner from identification to exit. Upload type <c>LP</c>.</summary>
public sealed record EnglishLearner : IRecord<EnglishLearner>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? ElStatus { get; init; }
    public DateOnly? IdentifiedDate { get; init; }
    public DateOnly? ExitDate { get; init; }
    /// <summary>Language instruction program.</summary>
    public string? ServiceType { get; init; }
    /// <summary>Day of the English language proficiency test.</summary>
    public DateOnly? ElpTestDate { get; init; }
    /// <summary>Composite proficiency level, 1.0 to 6.0.</summary>
    public decimal? ElpLevel { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, IdentifiedDate);

    public static EnglishLearner Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        ElStatus = source.Code(),
        IdentifiedDate = source.Date(),
        ExitDate = source.Date(),
        ServiceType = source.Code(),
        ElpTestDate = source.Date(),
        ElpLevel = source.Amount(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Code(nameof(ElStatus), ElStatus);
        sink.Date(nameof(IdentifiedDate), IdentifiedDate);
        sink.Date(nameof(ExitDate), ExitDate);
        sink.Code(nameof(ServiceType), ServiceType);
        sink.Date(nameof(ElpTestDate), ElpTestDate);
        sink.Amount(nameof(ElpLevel), ElpLevel);
    }
}
