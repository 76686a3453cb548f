namespace Aim.Records;

/// <summary>A migratory child's eligibility under Title I, Part C. Upload type <c>MG</c>.</summary>
public sealed record MigrantEligibility : IRecord<MigrantEligibility>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    /// <summary>Day on which the qualifying move ended; eligibility lasts 36 months from it (34 CFR 200.81).</summary>
    public DateOnly? QualifyingArrivalDate { get; init; }
    /// <summary>Last day of eligibility, when it ended before the 36 months.</summary>
    public DateOnly? EndDate { get; init; }
    public bool? PriorityForServices { get; init; }
    public bool? ContinuationOfServices { get; init; }
    public bool? ServedRegularTerm { get; init; }
    public bool? ServedSummer { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, QualifyingArrivalDate);

    public static MigrantEligibility Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        QualifyingArrivalDate = source.Date(),
        EndDate = source.Date(),
        PriorityForServices = source.Flag(),
        ContinuationOfServices = source.Flag(),
        ServedRegularTerm = source.Flag(),
        ServedSummer = source.Flag(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Date(nameof(QualifyingArrivalDate), QualifyingArrivalDate);
        sink.Date(nameof(EndDate), EndDate);
        sink.Flag(nameof(PriorityForServices), PriorityForServices);
        sink.Flag(nameof(ContinuationOfServices), ContinuationOfServices);
        sink.Flag(nameof(ServedRegularTerm), ServedRegularTerm);
        sink.Flag(nameof(ServedSummer), ServedSummer);
    }
}
