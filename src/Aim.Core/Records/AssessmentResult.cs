namespace Aim.Records;

/// <summary>A student's part in a state assessment and its result. Upload type <c>AR</c>.</summary>
public sealed record AssessmentResult : IRecord<AssessmentResult>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? Assessment { get; init; }
    public string? Subject { get; init; }
    /// <summary>Grade in which the student was tested.</summary>
    public string? Grade { get; init; }
    public DateOnly? TestDate { get; init; }
    public string? Participation { get; init; }
    public bool? Accommodations { get; init; }
    public int? ScaleScore { get; init; }
    public string? PerformanceLevel { get; init; }
    /// <summary>Took this assessment for the first time (English language proficiency, EDFacts FS137).</summary>
    public bool? FirstAssessed { get; init; }

    public string Key => RecordKey.Of(Assessment, Subject);

    public static AssessmentResult Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        Assessment = source.Code(),
        Subject = source.Code(),
        Grade = source.Code(),
        TestDate = source.Date(),
        Participation = source.Code(),
        Accommodations = source.Flag(),
        ScaleScore = source.Number(),
        PerformanceLevel = source.Code(),
        FirstAssessed = source.Flag(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Code(nameof(Assessment), Assessment);
        sink.Code(nameof(Subject), Subject);
        sink.Code(nameof(Grade), Grade);
        sink.Date(nameof(TestDate), TestDate);
        sink.Code(nameof(Participation), Participation);
        sink.Flag(nameof(Accommodations), Accommodations);
        sink.Number(nameof(ScaleScore), ScaleScore);
        sink.Code(nameof(PerformanceLevel), PerformanceLevel);
        sink.Flag(nameof(FirstAssessed), FirstAssessed);
    }
}
