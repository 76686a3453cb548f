using Aim.Federal;
using Aim.Host.Commands;
using Aim.Identity;
using Aim.Organizations;
using Aim.Records;
using Aim.Tests.Setup;
using static Aim.Tests.Setup.Sample;

namespace Aim.Tests.Federal;

/// <summary>
/// A state small enough to count by hand, with a student for every case that counts decide, uploaded while every school was open. Then
/// some schools closed or left, and it was frozen. Student 1001 and those without special mention are white girls of ten in grade 5.
/// </summary>
internal static class HandmadeState
{
    public const string Snapshot = "fall";
    public const string ReportableProgram = "0003";
    public const string NotReportedSchool = "0004";
    public const string ClosingLater = "0005";
    public const string UnknownSchool = "0006";
    public static readonly DistrictId NotReportedDistrict = new("0789");
    public static readonly DistrictId ClosedDistrict = new("0890");

    public static readonly DateOnly CountDay = new(2025, 10, 6);

    /// <summary>In the evening of October 7 in Montana, when it is October 8 in UTC.</summary>
    public static readonly DateTimeOffset Moment = new(2025, 10, 8, 3, 15, 0, TimeSpan.Zero);

    private const string AmongTwoDistricts = "700000001";

    private static readonly DistrictId Alder = Sample.District;
    private static readonly DistrictId Birch = Sample.OtherDistrict;

    public static ReferenceData Reference(bool atCount)
    {
        School[] schools =
        [
            SchoolOf(Alder, Elementary, "Alder Elementary", "PK", "KG", "01", "05"),
            SchoolOf(Alder, HighSchool, "Alder High School", "09", "12"),
            SchoolOf(Alder, ReportableProgram, "Alder Learning Lab", "05") with { SchoolType = School.ReportableProgram },
            SchoolOf(Alder, NotReportedSchool, "Alder Home Office", "05") with { ReportedFederally = false },
            SchoolOf(Alder, ClosingLater, "Cedar School", "01") with { UpdatedStatus = OperationalStatus.Closed, StatusDate = new DateOnly(2026, 3, 2) },
            SchoolOf(Alder, ClosedSchool, "Old School", "05") with { UpdatedStatus = atCount ? OperationalStatus.Closed : null, StatusDate = atCount ? new DateOnly(2025, 9, 15) : null },
            SchoolOf(Birch, OtherSchool, "Birch School", "KG", "05"),
            SchoolOf(NotReportedDistrict, "0301", "Dogwood School", "05"),
            SchoolOf(ClosedDistrict, "0401", "Elm School", "05"),
        ];
        if (!atCount) schools = [.. schools, SchoolOf(Alder, UnknownSchool, "Gone School", "05")];
        return new ReferenceData(Year, Sample.Agency,
            [
                DistrictOf(Alder, "Alder Public Schools"), DistrictOf(Birch, "Birch Elementary"),
                DistrictOf(NotReportedDistrict, "Dogwood Center") with { ReportedFederally = false },
                DistrictOf(ClosedDistrict, "Elm Elementary") with { Status = atCount ? OperationalStatus.Closed : OperationalStatus.Open },
            ],
            schools,
            [.. schools.Select(school => new SchoolCalendar
            {
                District = school.District, School = school.Number, Number = "001", Start = new DateOnly(2025, 8, 25), End = new DateOnly(2026, 6, 5), InstructionalDays = 180,
            })]);
    }

    /// <summary>The state, loaded and frozen.</summary>
    public static async Task<Workbench> OpenAsync(string? folder = null)
    {
        var bench = await Workbench.OpenAsync(folder, reference: Reference(atCount: false), clock: new FixedClock(Moment));
        await bench.RegisterAsync(new Person { StateId = StateId.Parse(AmongTwoDistricts), LastName = "Rivers", FirstName = "Ana1013", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" });
        await LoadAsync(bench, Alder, AlderStudents, AlderEnrollments, AlderLearners, AlderSpecial);
        await LoadAsync(bench, Birch, [Student("2001"), Student("2013", ("FirstName", "Ana1013"), ("StudentStateId", AmongTwoDistricts))],
            [Enrollment("2001", ("SchoolNumber", OtherSchool)), Enrollment("2013", ("SchoolNumber", OtherSchool), ("StartDate", "09/15/2025"), ("StartStatus", "04"))], [], []);
        await LoadAsync(bench, NotReportedDistrict, [Student("3001")], [Enrollment("3001", ("SchoolNumber", "0301"))], [], []);
        await LoadAsync(bench, ClosedDistrict, [Student("4001")], [Enrollment("4001", ("SchoolNumber", "0401"))], [], []);
        await bench.Platform.References.PublishAsync(Reference(atCount: true), CancellationToken.None);
        await SnapshotCommand.TakeAsync(bench.Data, Snapshot, Year, CountDay, CancellationToken.None);
        return bench;
    }

    private static async Task LoadAsync(Workbench bench, DistrictId district, Row[] students, Row[] enrollments, Row[] learners, Row[] special)
    {
        foreach (var (type, rows) in new[] { ("SD", students), ("EN", enrollments), ("LP", learners), ("SE", special) })
        {
            if (rows.Length == 0) continue;
            var result = await bench.UploadAsync(type, Tsv(type, [.. rows.Select(row => row.With(("DistrictNumber", district.Value)))]), district: district);
            Assert.AreEqual(0, result.Counts.Rejected, string.Join('\n', result.Findings.Select(finding => $"{finding.Rule} {finding.Line} {finding.Message}")));
        }
    }

    private static readonly Row[] AlderStudents =
    [
        Student("1001"),
        Student("1002", ("Gender", "M"), ("HispanicLatino", "Y")),
        Student("1003", ("Asian", "Y")),
        Student("1004", ("Gender", "N"), ("White", "N"), ("AmericanIndian", "Y")),
        Student("1005", ("White", "N")),
        .. new[] { "1006", "1007", "1008" }.Select(id => Student(id)),
        Student("1009", ("BirthDate", "05/01/2020")),
        .. new[] { "1010", "1011" }.Select(id => Student(id)),
        Student("1012", ("BirthDate", "06/01/2011")),
        Student("1013", ("StudentStateId", AmongTwoDistricts)),
        .. new[] { "1014", "1015", "1016" }.Select(id => Student(id)),
        Student("1017", ("BirthDate", "06/01/2019")),
        .. new[] { "1018", "1019" }.Select(id => Student(id)),
        Student("1020", ("BirthDate", "06/01/2018")),
        Student("1022"),
        Student("1101", ("BirthDate", "05/01/2020")),
        Student("1102", ("BirthDate", "05/01/2020")),
        Student("1103", ("BirthDate", "09/30/2004")),
        Student("1104", ("BirthDate", "10/06/2003")),
        .. new[] { "1105", "1106", "1107", "1108" }.Select(id => Student(id)),
        Student("1109", ("BirthDate", "06/01/2019")),
        Student("1110", ("HomeLanguage", "spa")),
        Student("1115"),
        Student("1201", ("BirthDate", "05/01/2021"), ("HomeLanguage", "spa")),
        Student("1202", ("HomeLanguage", "spa")),
        Student("1203", ("HomeLanguage", "ger")),
        Student("1204", ("HomeLanguage", "")),
    ];

    private static readonly Row[] AlderEnrollments =
    [
        .. new[] { "1001", "1002", "1003", "1004", "1005" }.Select(id => Enrollment(id)),
        Enrollment("1006", ("NoShow", "Y")),
        Enrollment("1007", ("StateExclude", "Y")),
        Enrollment("1008", ("EndDate", "10/03/2025"), ("EndStatus", "130")),
        Enrollment("1009", ("Grade", "KG"), ("StartDate", "10/06/2025")),
        Enrollment("1010", ("StartDate", "10/07/2025")),
        Enrollment("1011", ("EndDate", "10/06/2025"), ("EndStatus", "130")),
        Enrollment("1012", ("EndDate", "10/06/2025"), ("EndStatus", "110")),
        Enrollment("1012", ("SchoolNumber", HighSchool), ("Grade", "09"), ("StartDate", "10/06/2025"), ("StartStatus", "04")),
        Enrollment("1013"),
        Enrollment("1014", ("ServiceType", "S")),
        Enrollment("1015"),
        Enrollment("1015", ("SchoolNumber", ReportableProgram), ("ServiceType", "S")),
        Enrollment("1016", ("SchoolNumber", ClosedSchool)),
        Enrollment("1017", ("SchoolNumber", ClosingLater), ("Grade", "01")),
        Enrollment("1018", ("SchoolNumber", NotReportedSchool)),
        Enrollment("1019", ("SchoolNumber", ReportableProgram)),
        Enrollment("1020", ("Grade", "02")),
        Enrollment("1022", ("SchoolNumber", UnknownSchool)),
        Enrollment("1101", ("Grade", "KG")),
        Enrollment("1102", ("Grade", "PK")),
        Enrollment("1103", ("SchoolNumber", HighSchool), ("Grade", "12")),
        Enrollment("1104", ("SchoolNumber", HighSchool), ("Grade", "12")),
        Enrollment("1105"),
        Enrollment("1106", ("ServiceType", "N")),
        .. new[] { "1107", "1108" }.Select(id => Enrollment(id)),
        Enrollment("1109", ("Grade", "01")),
        .. new[] { "1110", "1115" }.Select(id => Enrollment(id)),
        Enrollment("1201", ("Grade", "PK")),
        .. new[] { "1202", "1203", "1204" }.Select(id => Enrollment(id)),
    ];

    private static readonly Row[] AlderLearners =
    [
        Learner("1110"), Learner("1201"), Learner("1204"),
        Learner("1202", ("ELStatus", "M1"), ("ExitDate", "09/30/2025")),
        Learner("1203", ("ELStatus", "M1"), ("ExitDate", "10/07/2025")),
    ];

    private static readonly Row[] AlderSpecial =
    [
        Special("1020"),
        Special("1101", ("PrimaryDisability", "DD")),
        Special("1102", ("PrimaryDisability", "DD"), ("EnvironmentCode", "SC")),
        // One IEP, sent by both schools; counted as the student's own sends it.
        Special("1103", ("PrimaryDisability", "ID")),
        Special("1103", ("SchoolNumber", HighSchool), ("PrimaryDisability", "ID"), ("EnvironmentCode", "RC39")),
        Special("1104"),
        Special("1105", ("EnvironmentCode", "HH")),
        Special("1106", ("EnvironmentCode", "PPPS")),
        Special("1107", ("Locked", "N")),
        Special("1108", ("ExitDate", "10/03/2025"), ("ExitReason", "TRAN")),
        Special("1109", ("PrimaryDisability", "SLI"), ("EnvironmentCode", "SC")),
        Special("1110"),
        Special("1115", ("Locked", "N")),
        Special("1115", ("IepStart", "09/15/2025"), ("IepEnd", "09/14/2026"), ("PrimaryDisability", "AUT")),
    ];

    /// <summary>Local ids of the students behind a count, in order.</summary>
    public static async Task<string> StudentsAsync(Workbench bench, string file, FederalLevel level, string organisation, params string[] values)
    {
        var parts = organisation.Split(' ');
        var cell = new FederalCell(file, level, level == FederalLevel.SEA ? null : parts[0], level == FederalLevel.SCH ? parts[1] : null, values);
        var students = await bench.Platform.Federal.ExplainAsync(Snapshot, cell, CancellationToken.None);
        return string.Join(' ', students.Select(student => student.LocalId).Order(StringComparer.Ordinal));
    }
}
