namespace Aim.Records;

/// <summary>Whether a student is eligible for free or reduced-price meals, and how that is known (FRAM). Upload type <c>ME</c>.</summary>
public sealed record MealEligibility : IRecord<MealEligibility>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? Eligibility { get; init; }
    /// <summary>How the eligibility was established.</summary>
    public string? Certification { get; init; }
    public DateOnly? StartDate { get; init; }
    /// <summary>Last day of the eligibility; empty while it goes on.</summary>
    public DateOnly? EndDate { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, StartDate);

    public static MealEligibility Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        Eligibility = source.Code(),
        Certification = source.Code(),
        StartDate = source.Date(),
        EndDate = source.Date(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Code(nameof(Eligibility), Eligibility);
        sink.Code(nameof(Certification), Certification);
        sink.Date(nameof(StartDate), StartDate);
        sink.Date(nameof(EndDate), EndDate);
    }
}
