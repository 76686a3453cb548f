namespace Aim.Records;

/// <summary>A student enrolled in a school and calendar from one day to another. Upload type <c>EN</c>.</summary>
public sealed record Enrollment : IRecord<Enrollment>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? Grade { get; init; }
    /// <summary>P primary, S partial, N special-education services only.</summary>
    public string? ServiceType { get; init; }
    public DateOnly? StartDate { get; init; }
    public string? StartStatus { get; init; }
    /// <summary>Last day of the enrollment; empty while it is open.</summary>
    public DateOnly? EndDate { get; init; }
    public string? EndStatus { get; init; }
    /// <summary>Expected but never came; such an enrollment is counted nowhere.</summary>
    public bool? NoShow { get; init; }
    /// <summary>Kept out of state counts.</summary>
    public bool? StateExclude { get; init; }
    public DateOnly? DiplomaDate { get; init; }
    public string? DiplomaType { get; init; }
    public string? DiplomaPeriod { get; init; }
    /// <summary>District of residence when it is not this one.</summary>
    public string? ResidentDistrict { get; init; }
    /// <summary>Hours of instruction planned for the year.</summary>
    public int? AggregateHoursPlanned { get; init; }
    public string? ModeOfInstruction { get; init; }
    public bool? JobCorps { get; init; }
    public bool? YouthChallenge { get; init; }
    /// <summary>Montana Digital Academy.</summary>
    public bool? DigitalAcademy { get; init; }
    public string? Comment { get; init; }

    /// <summary>The one enrollment at a time that says whose student it is.</summary>
    public bool IsPrimary => CodeSets.ServiceType.ClassOf(ServiceType) == CodeClass.Primary;

    public string Key => RecordKey.Of(SchoolNumber, CalendarNumber, ServiceType, StartDate);

    public static Enrollment Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        Grade = source.Code(),
        ServiceType = source.Code(),
        StartDate = source.Date(),
        StartStatus = source.Code(),
        EndDate = source.Date(),
        EndStatus = source.Code(),
        NoShow = source.Flag(),
        StateExclude = source.Flag(),
        DiplomaDate = source.Date(),
        DiplomaType = source.Code(),
        DiplomaPeriod = source.Code(),
        ResidentDistrict = source.Text(),
        AggregateHoursPlanned = source.Number(),
        ModeOfInstruction = source.Code(),
        JobCorps = source.Flag(),
        YouthChallenge = source.Flag(),
        DigitalAcademy = source.Flag(),
        Comment = source.Text(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Code(nameof(Grade), Grade);
        sink.Code(nameof(ServiceType), ServiceType);
        sink.Date(nameof(StartDate), StartDate);
        sink.Code(nameof(StartStatus), StartStatus);
        sink.Date(nameof(EndDate), EndDate);
        sink.Code(nameof(EndStatus), EndStatus);
        sink.Flag(nameof(NoShow), NoShow);
        sink.Flag(nameof(StateExclude), StateExclude);
        sink.Date(nameof(DiplomaDate), DiplomaDate);
        sink.Code(nameof(DiplomaType), DiplomaType);
        sink.Code(nameof(DiplomaPeriod), DiplomaPeriod);
        sink.Text(nameof(ResidentDistrict), ResidentDistrict);
        sink.Number(nameof(AggregateHoursPlanned), AggregateHoursPlanned);
        sink.Code(nameof(ModeOfInstruction), ModeOfInstruction);
        sink.Flag(nameof(JobCorps), JobCorps);
        sink.Flag(nameof(YouthChallenge), YouthChallenge);
        sink.Flag(nameof(DigitalAcademy), DigitalAcademy);
        sink.Text(nameof(Comment), Comment);
    }
}
