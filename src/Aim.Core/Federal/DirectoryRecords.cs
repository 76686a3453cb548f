using System.Globalization;
using Aim.Organizations;

namespace Aim.Federal;

/// <summary>
/// The records of directory files (FS029, FS039): fields by name, filled from the organisations. A district that is closed on the count
/// day offers no grades, and neither does a school that is closed itself or with its district.
/// </summary>
internal static class DirectoryRecords
{
    private const string NoGrades = "NOGRADES";

    public static IEnumerable<Dictionary<string, string?>> Of(FederalSpec spec, FederalLevel level, ReferenceData reference, DateOnly day) => (spec.File, level) switch
    {
        ("FS029", FederalLevel.SEA) => [Agency(reference.Agency)],
        ("FS029", FederalLevel.LEA) => Districts(reference).Select(district => With(reference, District(district))),
        ("FS029", FederalLevel.SCH) => Schools(reference).Select(school => With(reference, School(school, reference))),
        ("FS039", FederalLevel.LEA) => Districts(reference).SelectMany(district =>
            Grades(district.IsClosedOn(day) ? [] : GradesOf(reference, district, day)).Select(grade => With(reference, new() { ["StateLEAIDNumber"] = district.Number.Value, ["GradeLevelID"] = grade }))),
        ("FS039", FederalLevel.SCH) => Schools(reference).SelectMany(school =>
            Grades(school.IsClosedOn(day) || reference.FindDistrict(school.District)!.IsClosedOn(day) ? [] : school.Grades).Select(grade => With(reference, new()
            {
                ["StateLEAIDNumber"] = school.District.Value, ["StateSchoolIDNumber"] = school.Number, ["GradeLevelID"] = grade,
            }))),
        _ => throw new InvalidOperationException($"{spec.File} has no directory records at {level} level."),
    };

    private static IEnumerable<District> Districts(ReferenceData reference) =>
        reference.Districts.Where(district => district.ReportedFederally).OrderBy(district => district.Number.Value, StringComparer.Ordinal);

    private static IEnumerable<School> Schools(ReferenceData reference) => reference.Schools
        .Where(school => school.ReportedFederally && reference.FindDistrict(school.District) is { ReportedFederally: true })
        .OrderBy(school => school.District.Value, StringComparer.Ordinal).ThenBy(school => school.Number, StringComparer.Ordinal);

    private static IEnumerable<string> GradesOf(ReferenceData reference, District district, DateOnly day) =>
        reference.SchoolsOf(district.Number).Where(school => school.ReportedFederally && !school.IsClosedOn(day)).SelectMany(school => school.Grades).Distinct();

    private static IEnumerable<string> Grades(IEnumerable<string> offered)
    {
        var order = FederalSpecs.Categories["GRADELVMEM"].Values.ToList();
        return offered.OrderBy(order.IndexOf).DefaultIfEmpty(NoGrades);
    }

    private static Dictionary<string, string?> With(ReferenceData reference, Dictionary<string, string?> fields)
    {
        fields["FIPSStateCode"] = reference.Agency.Fips;
        fields["StateAgencyNumber"] = reference.Agency.AgencyNumber;
        return fields;
    }

    private static Dictionary<string, string?> Agency(Agency agency)
    {
        var fields = new Dictionary<string, string?>
        {
            ["FIPSStateCode"] = agency.Fips, ["StateAgencyNumber"] = agency.AgencyNumber,
            ["StateAgencyName"] = agency.Name, ["StateAgencyWebAddress"] = agency.Web, ["StateAgencyPhoneNumber"] = agency.Phone,
        };
        Add(fields, "Mailing", agency.Mailing);
        Add(fields, "Location", agency.Location);
        return fields;
    }

    private static Dictionary<string, string?> District(District district)
    {
        var fields = new Dictionary<string, string?>
        {
            ["StateLEAIDNumber"] = district.Number.Value, ["NCESLEAIDNumber"] = district.NcesId, ["LEAName"] = district.Name, ["OutOfStateInd"] = "NO",
            ["LEAType"] = district.LeaType.ToString(CultureInfo.InvariantCulture), ["LEAWebAddress"] = district.Web, ["SupervisoryUnion"] = district.SupervisoryUnion,
            ["LEAPhoneNumber"] = district.Phone, ["LEASysOpStatus"] = Code(district.Status), ["LEAOpStatus"] = Code(district.UpdatedStatus),
            ["StatusEffectiveDate"] = Date(district.StatusDate), ["ChrtSchoolLEAStatusID"] = district.CharterStatus,
        };
        Add(fields, "Mailing", district.Mailing);
        Add(fields, "Location", district.Location);
        return fields;
    }

    private static Dictionary<string, string?> School(School school, ReferenceData reference)
    {
        var fields = new Dictionary<string, string?>
        {
            ["StateLEAIDNumber"] = school.District.Value, ["NCESLEAIDNumber"] = reference.FindDistrict(school.District)?.NcesId,
            ["StateSchoolIDNumber"] = school.Number, ["NCESSchoolIDNumber"] = school.NcesId, ["SchoolName"] = school.Name,
            ["SchoolType"] = school.SchoolType.ToString(CultureInfo.InvariantCulture), ["OutOfStateInd"] = "NO", ["SchoolWebAddress"] = school.Web, ["SchoolPhoneNumber"] = school.Phone,
            ["SchoolSysOpStatus"] = Code(school.Status), ["SchoolOpStatus"] = Code(school.UpdatedStatus), ["StatusEffectiveDate"] = Date(school.StatusDate),
            ["CharterSchoolStatus"] = school.Charter ? "YES" : "NO", ["ReconstitutedStatus"] = "NO",
        };
        Add(fields, "Mailing", school.Mailing);
        Add(fields, "Location", school.Location);
        return fields;
    }

    private static void Add(Dictionary<string, string?> fields, string kind, Address address)
    {
        fields[$"{kind}Address1"] = address.Line1;
        fields[$"{kind}Address2"] = address.Line2;
        fields[$"{kind}City"] = address.City;
        fields[$"{kind}PostalStateCode"] = address.State;
        fields[$"{kind}Zipcode"] = address.Zip;
        fields[$"{kind}ZipcodePlus4"] = address.Zip4;
    }

    private static string? Code(OperationalStatus? status) => status is { } value ? ((int)value).ToString(CultureInfo.InvariantCulture) : null;

    private static string? Date(DateOnly? date) => date?.ToString("MM/dd/yyyy", CultureInfo.InvariantCulture);
}
