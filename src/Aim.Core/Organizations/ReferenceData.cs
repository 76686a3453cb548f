using System.Collections.Frozen;
using System.Text.Json.Serialization;
using Aim.Records;
using Aim.Rules;

namespace Aim.Organizations;

/// <summary>A street or mailing address as EDFacts directories take it.</summary>
public sealed record Address(string? Line1, string? Line2, string? City, string? State, string? Zip, string? Zip4);

/// <summary>The state education agency.</summary>
public sealed record Agency
{
    public required string Name { get; init; }

    /// <summary>FIPS code of the state, two digits; Montana is 30.</summary>
    public required string Fips { get; init; }

    /// <summary>USPS abbreviation, which federal file names start with.</summary>
    public required string Abbreviation { get; init; }

    /// <summary>Number of the agency within the state; 01 is the education agency.</summary>
    public required string AgencyNumber { get; init; }

    /// <summary>IANA name of the time zone that decides when the night begins.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The day in the state at a moment.</summary>
    public DateOnly DayOf(DateTimeOffset moment) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, TimeZoneInfo.FindSystemTimeZoneById(TimeZone)).DateTime);

    public string? Phone { get; init; }
    public string? Web { get; init; }
    public required Address Mailing { get; init; }
    public required Address Location { get; init; }
}

/// <summary>EDFacts operational status of a district or school.</summary>
public enum OperationalStatus { Open = 1, Closed = 2, New = 3, Added = 4, Changed = 5, Inactive = 6, Future = 7, Reopened = 8 }

/// <summary>A district or a school, as EDFacts directories take it.</summary>
public abstract record Organization
{
    public required string Name { get; init; }
    public string? NcesId { get; init; }

    /// <summary>At the start of the year.</summary>
    public required OperationalStatus Status { get; init; }

    /// <summary>Set when the status changed during the year, with its date.</summary>
    public OperationalStatus? UpdatedStatus { get; init; }

    /// <inheritdoc cref="UpdatedStatus" />
    public DateOnly? StatusDate { get; init; }

    public string? Phone { get; init; }
    public string? Web { get; init; }
    public required Address Mailing { get; init; }
    public required Address Location { get; init; }
    public bool ReportedFederally { get; init; } = true;

    /// <summary>True when it was closed, inactive or not yet open on that day, and so has no students.</summary>
    public bool IsClosedOn(DateOnly day) =>
        (UpdatedStatus is { } later && !(day < StatusDate) ? later : Status) is OperationalStatus.Closed or OperationalStatus.Inactive or OperationalStatus.Future;
}

/// <summary>A local education agency.</summary>
public sealed record District : Organization
{
    public required DistrictId Number { get; init; }

    /// <summary>EDFacts LEA type, 1 (regular) to 9.</summary>
    public required int LeaType { get; init; }

    public string? SupervisoryUnion { get; init; }

    /// <summary>NA, NOTCHR, CHRTNOTLEA, CHRTIDEA, CHRTESEA or CHRTIDEAESEA.</summary>
    public required string CharterStatus { get; init; }
}

/// <summary>A school of a district.</summary>
public sealed record School : Organization
{
    public const int ReportableProgram = 5;

    public required DistrictId District { get; init; }

    /// <summary>Four digits, zero-padded; unique within the state.</summary>
    public required string Number { get; init; }

    /// <summary>EDFacts school type: 1 regular, 2 special education, 3 career and technical, 4 alternative, 5 reportable program.</summary>
    public required int SchoolType { get; init; }

    public bool Charter { get; init; }

    /// <summary>Grades offered, as EDFacts grade codes (PK, KG, 01 … 13, UG, AE), in the order of the grade list.</summary>
    public required IReadOnlyList<string> Grades
    {
        get;
        init
        {
            field = value;
            offered = CodeSets.Grade.Entries.Where(entry => entry.Federal is { } federal && value.Contains(federal)).Select(entry => entry.Code).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        }
    }

    /// <summary>Codes of the state's own grades that those offered stand for; asked of every row of an enrollment file.</summary>
    private readonly FrozenSet<string> offered = [];

    /// <summary>Whether the school offers the grade; takes any grade code.</summary>
    public bool Offers(string? grade) => grade is not null && offered.Contains(grade);
}

/// <summary>A calendar of a school: its first and last day of instruction. A school whose days differ by grade has several.</summary>
public sealed record SchoolCalendar
{
    public required DistrictId District { get; init; }
    public required string School { get; init; }

    /// <summary>Three digits, zero-padded.</summary>
    public required string Number { get; init; }

    public required DateOnly Start { get; init; }
    public required DateOnly End { get; init; }
    public required int InstructionalDays { get; init; }
}

/// <summary>What the state office has set for a collection of the year.</summary>
/// <param name="Closes">Last day on which districts may correct; the collection is frozen on the day after.</param>
/// <param name="CountDay">The day that the freeze goes by; null when it keeps the one it has.</param>
public sealed record CollectionDays(DateOnly Closes, DateOnly? CountDay = null);

/// <summary>Who and what there is in one school year: immutable, replaced as a whole, kept with every freeze.</summary>
public sealed class ReferenceData
{
    private readonly FrozenDictionary<string, District> districts;
    private readonly FrozenDictionary<(string District, string School), School> schools;
    private readonly FrozenDictionary<(string District, string School, string Calendar), SchoolCalendar> calendars;
    private readonly FrozenDictionary<string, School[]> schoolsByDistrict;

    [JsonConstructor]
    public ReferenceData(
        SchoolYear year, Agency agency, IReadOnlyList<District> districts, IReadOnlyList<School> schools, IReadOnlyList<SchoolCalendar> calendars, IReadOnlyDictionary<string, int>? thresholds = null,
        IReadOnlyDictionary<string, RuleStage>? stages = null, IReadOnlyDictionary<string, CollectionDays>? collections = null)
    {
        Year = year;
        Agency = agency;
        Districts = districts;
        Schools = schools;
        Calendars = calendars;
        Thresholds = thresholds;
        Stages = stages;
        Collections = collections;
        this.districts = districts.ToFrozenDictionary(district => district.Number.Value);
        this.schools = schools.ToFrozenDictionary(school => (school.District.Value, school.Number));
        this.calendars = calendars.ToFrozenDictionary(calendar => (calendar.District.Value, calendar.School, calendar.Number));
        schoolsByDistrict = schools.GroupBy(school => school.District.Value).ToFrozenDictionary(group => group.Key, group => group.ToArray());
    }

    public SchoolYear Year { get; }
    public Agency Agency { get; }
    public IReadOnlyList<District> Districts { get; }
    public IReadOnlyList<School> Schools { get; }
    public IReadOnlyList<SchoolCalendar> Calendars { get; }

    /// <summary>What the state has set for this year, by the name of a <see cref="Rules.Threshold" />; null when it leaves all as they are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, int>? Thresholds { get; }

    /// <summary>The stages that the state has set for this year, by the id of the rule; null when it leaves all where the catalogue has them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, RuleStage>? Stages { get; }

    /// <summary>The days that the state has set for collections of this year, by <see cref="CollectionName"/>; null when it leaves all as they are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, CollectionDays>? Collections { get; }

    public District? FindDistrict(DistrictId district) => districts.GetValueOrDefault(district.Value ?? "");

    public School? FindSchool(DistrictId district, string? school) => school is null ? null : schools.GetValueOrDefault((district.Value, school));

    public SchoolCalendar? FindCalendar(DistrictId district, string? school, string? calendar) =>
        school is null || calendar is null ? null : calendars.GetValueOrDefault((district.Value, school, calendar));

    public IReadOnlyList<School> SchoolsOf(DistrictId district) => schoolsByDistrict.GetValueOrDefault(district.Value) ?? [];
}
