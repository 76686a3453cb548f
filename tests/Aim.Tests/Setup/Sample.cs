using Aim.Organizations;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Tests.Setup;

/// <summary>A small state to test with: two districts, three schools, one calendar each.</summary>
internal static class Sample
{
    public static readonly DistrictId District = new("0123");
    public static readonly DistrictId OtherDistrict = new("0456");
    public static readonly SchoolYear Year = new(2026);

    /// <summary>PK to grade 6 in district 0123.</summary>
    public const string Elementary = "0001";

    /// <summary>Grades 7 to 12 in district 0123.</summary>
    public const string HighSchool = "0002";

    /// <summary>KG to grade 8 in district 0456.</summary>
    public const string OtherSchool = "0101";

    public const string ClosedSchool = "0009";

    private static readonly Address Address = new("1 Main Street", null, "Alder", "MT", "59001", null);

    public static readonly Agency Agency = new()
    {
        Name = "State Office", Fips = "30", Abbreviation = "MT", AgencyNumber = "01", TimeZone = "America/Denver", Phone = "4065550100", Mailing = Address, Location = Address,
    };

    public static ReferenceData Reference(SchoolYear? year = null)
    {
        var end = (year ?? Year).EndYear;
        return new ReferenceData(new SchoolYear(end), Agency,
            [DistrictOf(District, "Alder Public Schools"), DistrictOf(OtherDistrict, "Birch Elementary")],
            [
                SchoolOf(District, Elementary, "Alder Elementary", "PK", "KG", "01", "02", "03", "04", "05", "06"),
                SchoolOf(District, HighSchool, "Alder High School", "07", "08", "09", "10", "11", "12"),
                SchoolOf(District, ClosedSchool, "Old School", "KG") with { Status = OperationalStatus.Closed },
                SchoolOf(OtherDistrict, OtherSchool, "Birch School", "KG", "01", "02", "03", "04", "05", "06", "07", "08"),
            ],
            [.. new[] { (District, Elementary), (District, HighSchool), (District, ClosedSchool), (OtherDistrict, OtherSchool) }.Select(school => new SchoolCalendar
            {
                District = school.Item1, School = school.Item2, Number = "001", Start = new DateOnly(end - 1, 8, 25), End = new DateOnly(end, 6, 5), InstructionalDays = 180,
            })]);
    }

    /// <summary>The sample state, some of whose schools are otherwise, and which has put rules to other stages.</summary>
    public static ReferenceData ReferenceWith(IReadOnlyCollection<School> schools, params (string Rule, RuleStage Stage)[] stages)
    {
        var sample = Reference();
        return new ReferenceData(sample.Year, sample.Agency, sample.Districts, [.. sample.Schools.Select(school => schools.FirstOrDefault(other => other.Number == school.Number) ?? school)], sample.Calendars,
            stages: stages.ToDictionary(item => item.Rule, item => item.Stage));
    }

    internal static District DistrictOf(DistrictId number, string name) => new()
    {
        Number = number, Name = name, NcesId = $"300{number}", LeaType = 1, Status = OperationalStatus.Open, CharterStatus = "NOTCHR", Phone = "4065550101", Mailing = Address, Location = Address,
    };

    internal static School SchoolOf(DistrictId district, string number, string name, params string[] grades) => new()
    {
        District = district, Number = number, Name = name, NcesId = $"0{number}", SchoolType = 1, Status = OperationalStatus.Open, Grades = grades, Phone = "4065550102", Mailing = Address, Location = Address,
    };

    /// <summary>A file of a record type with the header line and the given rows.</summary>
    public static string Tsv(string type, params Row[] rows) => Tsv(type, "10/07/2025", rows);

    public static string Tsv(string type, string writtenOn, params Row[] rows) =>
        $"HD\t{writtenOn}\t08:30:00\tMT9.1\n{string.Concat(rows.Select(row => $"{row.Text(type)}\n"))}";

    /// <summary>The same rows as plain CSV.</summary>
    public static string Csv(string type, params Row[] rows) =>
        $"{string.Join(',', Layout(type).Columns.Select(column => column.Name))}\n{string.Concat(rows.Select(row => $"{row.Text(type).Replace('\t', ',')}\n"))}";

    public static FileLayout Layout(string type) => FileLayouts.Find(RecordTypes.Find(type)!, null, Year)!;

    /// <summary>A fifth-grader of district 0123.</summary>
    public static Row Student(string localId, params (string Column, string Value)[] values) => new Row(new()
    {
        ["StudentLocalId"] = localId, ["LastName"] = "Rivers", ["FirstName"] = $"Ana{localId}", ["Gender"] = "F", ["BirthDate"] = "06/01/2015", ["HispanicLatino"] = "N", ["AmericanIndian"] = "N", ["Asian"] = "N",
        ["Black"] = "N", ["PacificIslander"] = "N", ["White"] = "Y", ["HomeLanguage"] = "eng", ["State"] = "MT",
    }).With(values);

    /// <summary>Enrolled in the elementary school from the first day on.</summary>
    public static Row Enrollment(string localId, params (string Column, string Value)[] values) => new Row(new()
    {
        ["StudentLocalId"] = localId, ["SchoolNumber"] = Elementary, ["CalendarNumber"] = "001", ["Grade"] = "05", ["ServiceType"] = "P", ["StartDate"] = "08/25/2025", ["StartStatus"] = "01",
        ["NoShow"] = "N", ["StateExclude"] = "N",
    }).With(values);

    public static Row Program(string localId, params (string Column, string Value)[] values) => new Row(new()
    {
        ["StudentLocalId"] = localId, ["SchoolNumber"] = Elementary, ["CalendarNumber"] = "001", ["Program"] = "T1", ["StartDate"] = "08/25/2025",
    }).With(values);

    public static Row Learner(string localId, params (string Column, string Value)[] values) => new Row(new()
    {
        ["StudentLocalId"] = localId, ["SchoolNumber"] = Elementary, ["CalendarNumber"] = "001", ["ELStatus"] = "EL", ["IdentifiedDate"] = "09/01/2024",
    }).With(values);

    public static Row Special(string localId, params (string Column, string Value)[] values) => new Row(new()
    {
        ["StudentLocalId"] = localId, ["SchoolNumber"] = Elementary, ["CalendarNumber"] = "001", ["PrimaryDisability"] = "SLD", ["EnvironmentCode"] = "RC80", ["IepStart"] = "02/01/2025", ["IepEnd"] = "01/31/2026", ["Locked"] = "Y",
    }).With(values);

    public static Row Plan504(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("StartDate", "08/25/2025")).With(values);

    public static Row FallCount(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("CountDate", "10/06/2025"), ("AggregateHours", "1080"), ("AbsentOnCountDate", "N"), ("Exclude10Day", "N")).With(values);

    public static Row SpringCount(string localId, params (string Column, string Value)[] values) => FallCount(localId, ("CountDate", "02/02/2026")).With(values);

    public static Row Attendance(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("DaysEnrolled", "180"), ("DaysPresent", "171.5"), ("EssaDaysAbsent", "8"), ("InstructionalDays", "180")).With(values);

    public static Row Daily(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("Month", "09/01/2025"), ("Days", ".PPPP..PPEPP..PPPPP..PPTPP..PP")).With(values);

    public static Row Assessment(string localId, params (string Column, string Value)[] values) =>
        InSchool(localId, ("Assessment", "REG"), ("Subject", "MA"), ("Grade", "05"), ("TestDate", "03/17/2026"), ("Participation", "P"), ("ScaleScore", "2512"), ("PerformanceLevel", "3")).With(values);

    public static Row Meals(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("Eligibility", "F"), ("Certification", "SNP"), ("StartDate", "08/25/2025")).With(values);

    public static Row Incident(string localId, params (string Column, string Value)[] values) =>
        InSchool(localId, ("IncidentId", "B-17"), ("IncidentDate", "09/18/2025"), ("EventCode", "FGT"), ("ResolutionCode", "OSS"), ("RemovalDays", "2")).With(values);

    public static Row Course(string number, params (string Column, string Value)[] values) => new Row(new() { ["CourseNumber"] = number, ["CourseTitle"] = "Mathematics 5", ["SubjectArea"] = "02" }).With(values);

    public static Row Staff(string localId, params (string Column, string Value)[] values) => new Row(new() { ["StaffLocalId"] = localId, ["LastName"] = "Birch", ["FirstName"] = "Ellen", ["Role"] = "TCH", ["SchoolNumber"] = Elementary }).With(values);

    public static Row Class(string number, params (string Column, string Value)[] values) => new Row(new()
    {
        ["SectionNumber"] = number, ["SchoolNumber"] = Elementary, ["CalendarNumber"] = "001", ["CourseNumber"] = "MATH5", ["Term"] = "FY", ["TeacherLocalId"] = "T1", ["StartDate"] = "08/25/2025", ["EndDate"] = "06/05/2026",
    }).With(values);

    public static Row Roster(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("SectionNumber", "5A"), ("StartDate", "08/25/2025")).With(values);

    public static Row Mark(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("SectionNumber", "5A"), ("Term", "S1"), ("MarkType", "T"), ("Mark", "B+")).With(values);

    public static Row Migrant(string localId, params (string Column, string Value)[] values) => InSchool(localId, ("QualifyingArrivalDate", "06/15/2025"), ("PriorityForServices", "N"), ("ServedRegularTerm", "Y")).With(values);

    private static Row InSchool(string localId, params (string Column, string Value)[] values) =>
        new Row(new() { ["StudentLocalId"] = localId, ["SchoolNumber"] = Elementary, ["CalendarNumber"] = "001" }).With(values);

    /// <summary>The values of a row by column; the columns about the row itself have defaults.</summary>
    internal sealed class Row(Dictionary<string, string> values)
    {
        public Row With(params (string Column, string Value)[] changes)
        {
            var copy = new Dictionary<string, string>(values);
            foreach (var (column, value) in changes) copy[column] = value;
            return new Row(copy);
        }

        public string Text(string type) => string.Join('\t', Layout(type).Columns.Select(column =>
            values.TryGetValue(column.Name, out var value) ? value : column.Role switch
            {
                ColumnRole.RecordType => type,
                ColumnRole.District => District.Value,
                ColumnRole.EndYear => Year.ToString(),
                _ => "",
            }));
    }
}
