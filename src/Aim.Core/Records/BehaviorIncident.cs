namespace Aim.Records;

/// <summary>A student's part in a behavior incident and what followed. Upload type <c>BH</c>.</summary>
public sealed record BehaviorIncident : IRecord<BehaviorIncident>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    /// <summary>The incident's number in the school; the same for all students involved.</summary>
    public string? IncidentId { get; init; }
    public DateOnly? IncidentDate { get; init; }
    public string? Event { get; init; }
    public string? Weapon { get; init; }
    public string? Resolution { get; init; }
    /// <summary>School days of removal that the resolution brought.</summary>
    public decimal? RemovalDays { get; init; }
    /// <summary>IDEA interim removal (34 CFR 300.530(g)).</summary>
    public string? InterimRemoval { get; init; }
    /// <summary>Educational services went on during the removal.</summary>
    public bool? EducationalServices { get; init; }

    public string Key => RecordKey.Of(SchoolNumber, IncidentId);

    public static BehaviorIncident Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        IncidentId = source.Text(),
        IncidentDate = source.Date(),
        Event = source.Code(),
        Weapon = source.Code(),
        Resolution = source.Code(),
        RemovalDays = source.Amount(),
        InterimRemoval = source.Code(),
        EducationalServices = source.Flag(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Text(nameof(IncidentId), IncidentId);
        sink.Date(nameof(IncidentDate), IncidentDate);
        sink.Code(nameof(Event), Event);
        sink.Code(nameof(Weapon), Weapon);
        sink.Code(nameof(Resolution), Resolution);
        sink.Amount(nameof(RemovalDays), RemovalDays);
        sink.Code(nameof(InterimRemoval), InterimRemoval);
        sink.Flag(nameof(EducationalServices), EducationalServices);
    }
}
