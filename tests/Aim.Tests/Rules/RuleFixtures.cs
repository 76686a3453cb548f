using System.Text;
using Aim.Identity;
using Aim.Records;
using Aim.Tests.Setup;
using static Aim.Tests.Rules.FixtureFile;

namespace Aim.Tests.Rules;

/// <summary>For every rule of the catalogue at least one failing and one passing upload, and the boundaries on both sides.</summary>
internal static class RuleFixtures
{
    private const string Id = "1001";
    private static readonly SchoolYear LastYear = Sample.Year.Previous;
    private static readonly StateId Known = new(100200300);
    private static readonly StateId Retired = new(100200301);
    private static readonly (string, string)[] Graduated = [("EndDate", "01/16/2026"), ("EndStatus", "400"), ("DiplomaDate", "01/16/2026"), ("DiplomaType", "R"), ("DiplomaPeriod", "1")];

    public static IReadOnlyList<RuleFixture> All { get; } =
        [.. Form(), .. Rosters(), .. References(), .. Identities(), .. EnrollmentRows(), .. EnrollmentsTogether(), .. EnrollmentsAfterLastYear(), .. Programs(), .. SpecialEducation(), .. RecordFixtures.All];

    private static FixtureFile SD(params (string, string)[] values) => Of("SD", Sample.Student(Id, values));

    private static FixtureFile EN(params (string, string)[] values) => Of("EN", Sample.Enrollment(Id, values));

    private static FixtureFile PP(params (string, string)[] values) => Of("PP", Sample.Program(Id, values));

    private static FixtureFile LP(params (string, string)[] values) => Of("LP", Sample.Learner(Id, values));

    private static FixtureFile SE(params (string, string)[] values) => Of("SE", Sample.Special(Id, values));

    /// <summary>The files of the year before.</summary>
    private static FixtureFile[] Then(Sample.Row enrollment, string birthDate = "06/01/2015") =>
    [
        On("10/07/2024", "SD", Sample.Student(Id, ("EndYear", $"{LastYear}"), ("BirthDate", birthDate))) with { Year = LastYear },
        On("10/07/2024", "EN", enrollment.With(("EndYear", $"{LastYear}"))) with { Year = LastYear },
    ];

    private static Sample.Row LastYears(params (string, string)[] values) =>
        Sample.Enrollment(Id, ("StartDate", "08/26/2024"), ("EndDate", "06/04/2025"), ("EndStatus", "190"), ("Grade", "04")).With(values);

    /// <summary>A senior of the high school.</summary>
    private static FixtureFile Senior(params (string, string)[] values) => SD([("BirthDate", "02/01/2008"), .. values]);

    private static Sample.Row SeniorRow(params (string, string)[] values) => Sample.Enrollment(Id, ("SchoolNumber", Sample.HighSchool), ("Grade", "12")).With(values);

    private static FixtureFile On(string day, string type, Sample.Row row) => Text(type, Sample.Tsv(type, day, row));

    private static FixtureFile Edited(FixtureFile file, string old, string replacement) =>
        file with { Content = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(file.Content).Replace(old, replacement, StringComparison.Ordinal)) };

    private static IEnumerable<RuleFixture> Form() =>
    [
        new("FMT-001", "no header line", "SD:0", [Edited(SD(), "HD\t10/07/2025\t08:30:00\tMT9.1\n", "")], [SD()]),
        new("FMT-001", "an unknown version", "SD:0", [Edited(SD(), "MT9.1", "MT8.0")], [Edited(SD(), "MT9.1", "mt9.1")]),
        new("FMT-001", "an impossible time in the header", "SD:0", [Edited(SD(), "08:30:00", "24:00:00")], [Edited(SD(), "08:30:00", "23:59:59")]),
        new("FMT-001", "a CSV file with a column that the layout hasn't", "SD:0",
            [Edited(Text("SD", Sample.Csv("SD", Sample.Student(Id))), "GuardianName", "Guardian")], [Text("SD", Sample.Csv("SD", Sample.Student(Id)))]),
        new("FMT-001", "nothing but the header", "SD:0", [Text("SD", Sample.Tsv("SD"))], [SD()]),
        new("FMT-001", "a quote that is never closed", "SD:0",
            [Text("SD", Sample.Csv("SD", Sample.Student(Id, ("City", "\"Alder"))))], [Text("SD", Sample.Csv("SD", Sample.Student(Id, ("City", "\"Alder\""))))]),
        new("FMT-002", "a column too many", "SD:2", [Edited(SD(), "\t2026\n", "\t2026\t\n")], [SD()]),
        new("FMT-002", "a column too few", "SD:2", [Edited(SD(), "\t2026\n", "2026\n")], [SD()]),
        new("FMT-003", "one letter more than fits", "SD:2", [SD(("MiddleName", new string('m', 51)))], [SD(("MiddleName", new string('m', 50)))]),
        new("FMT-003", "a local id that is too long", "SD:2", [Of("SD", Sample.Student(new string('7', 21)))], [Of("SD", Sample.Student(new string('7', 20)))]),
        new("FMT-003", "a number that is too long", "EN:2", [SD(), EN(("AggregateHoursPlanned", "01080"))], [SD(), EN(("AggregateHoursPlanned", "1080"))]),
        new("FMT-003", "a code that is too long", "SD:2", [SD(("Gender", "FEMALE"))], [SD(("Gender", "F"))]),
        new("FMT-004", "a day that February hasn't", "SD:2", [SD(("BirthDate", "02/29/2015"))], [SD(("BirthDate", "02/29/2016"))]),
        new("FMT-004", "day and month the other way round", "SD:2", [SD(("BirthDate", "13/06/2015"))], [SD(("BirthDate", "06/13/2015"))]),
        new("FMT-004", "a number with letters", "EN:2", [SD(), EN(("AggregateHoursPlanned", "108O"))], [SD(), EN(("AggregateHoursPlanned", "1080"))]),
        new("FMT-004", "a State ID with letters", "SD:2", [SD(("StudentStateId", "10020030A"))], [SD(("StudentStateId", ""))]),
        new("FMT-005", "a row of another type", "SD:3", [Of("SD", Sample.Student(Id), Sample.Student("1002", ("RecordType", "EN")))], [Of("SD", Sample.Student(Id), Sample.Student("1002"))]),
        new("FMT-006", "a row of another district", "SD:3",
            [Of("SD", Sample.Student(Id), Sample.Student("1002", ("DistrictNumber", "0456")), Sample.Student("1003"))], [Of("SD", Sample.Student(Id), Sample.Student("1002"), Sample.Student("1003"))]),
        new("FMT-007", "a control character", "SD:2", [SD(("MiddleName", "Le\u0007e"))], [SD(("MiddleName", "Lee"))]),
        new("FMT-007", "a typographic apostrophe", "SD:2", [SD(("LastName", "O\u2019Neil"))], [SD(("LastName", "O'Neil"))]),
        new("FMT-007", "a file in Windows-1252", "SD:0", [SD() with { Content = Encoding.Latin1.GetBytes(Sample.Tsv("SD", Sample.Student(Id, ("LastName", "Muñoz")))) }], [SD(("LastName", "Muñoz"))]),
        new("FMT-007", "a file in UTF-16", "SD:0",
            [SD() with { Content = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Sample.Tsv("SD", Sample.Student(Id))) ] }],
            [SD() with { Content = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student(Id))) ] }]),
        new("FMT-008", "a school number without its leading zeros", "EN:2", [SD(), EN(("SchoolNumber", "1"))], [SD(), EN(("SchoolNumber", "0001"))]),
        new("FMT-008", "a district number without its leading zero", "SD:2", [SD(("DistrictNumber", "123"))], [SD(("DistrictNumber", "0123"))]),
        new("FMT-008", "a code without its leading zero", "EN:2", [SD(), EN(("StartStatus", "1"))], [SD(), EN(("StartStatus", "01"))]),
        new("FMT-009", "no grade", "EN:2", [SD(), EN(("Grade", ""))], [SD(), EN()]),
        new("FMT-009", "no local id", "SD:3", [Of("SD", Sample.Student(Id), Sample.Student(""))], [Of("SD", Sample.Student(Id), Sample.Student("1002"))]),
        new("FMT-010", "two rows that say different things about one program", "PP:2 PP:3",
            [SD(), EN(), Of("PP", Sample.Program(Id), Sample.Program(Id, ("EndDate", "12/19/2025")))], [SD(), EN(), Of("PP", Sample.Program(Id), Sample.Program(Id, ("Program", "GTI"), ("EndDate", "12/19/2025")))]),
        new("FMT-011", "a row of last year", "SD:3",
            [Of("SD", Sample.Student(Id), Sample.Student("1002", ("EndYear", "2025")), Sample.Student("1003"))], [Of("SD", Sample.Student(Id), Sample.Student("1002"), Sample.Student("1003"))]),
        new("FMT-012", "the same row again", "SD:3", [Of("SD", Sample.Student(Id), Sample.Student(Id))], [Of("SD", Sample.Student(Id), Sample.Student("1002"))]),
    ];

    private static string[] Places => ["sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"];

    private static FixtureFile OR(RosterZip zip) => new("OR", zip.Bytes());

    private static FixtureFile[] Rostered(RosterZip changes) =>
        [Of("SD", Sample.Student(Id), Sample.Student("1002")), Of("EN", Sample.Enrollment(Id), Sample.Enrollment("1002")), OR(RosterZip.Sample()), OR(changes)];

    private static IEnumerable<RuleFixture> Rosters() =>
    [
        new("ROS-001", "a place in a class that isn't there", "OR2:2",
            Rostered(RosterZip.Delta().With("enrollments", [.. Places, "e-5,active,,k-7,org-1,u-1,student,,2025-10-01,"])), Rostered(RosterZip.Delta().With("enrollments", [.. Places, "e-5,active,,k-2,org-1,u-1,student,,2025-10-01,"]))),
        new("ROS-002", "a place is removed that was never there", "OR2:2",
            Rostered(RosterZip.Delta().With("enrollments", [.. Places, "e-7,tobedeleted,,,,,,,,"])), Rostered(RosterZip.Delta().With("enrollments", [.. Places, "e-2,tobedeleted,,,,,,,,"]))),
        new("ROS-003", "a place begins on no day of the calendar", "OR2:2",
            Rostered(RosterZip.Delta().With("enrollments", [.. Places, "e-5,active,,k-2,org-1,u-1,student,,2025-99-99,"])), Rostered(RosterZip.Delta().With("enrollments", [.. Places, "e-5,active,,k-2,org-1,u-1,student,,2025-10-01,"]))),
    ];

    private static IEnumerable<RuleFixture> References() =>
    [
        new("REF-001", "a school that isn't there", "EN:2", [SD(), EN(("SchoolNumber", "0007"))], [SD(), EN()]),
        new("REF-001", "a school of another district", "EN:2", [SD(), EN(("SchoolNumber", Sample.OtherSchool))], [SD(), EN()]),
        new("REF-001", "a closed school", "LP:2", [SD(), LP(("SchoolNumber", Sample.ClosedSchool))], [SD(), LP()]),
        new("REF-002", "a calendar that the school hasn't", "PP:2", [SD(), EN(), PP(("CalendarNumber", "002"))], [SD(), EN(), PP()]),
        new("REF-003", "a State ID that nobody has", "SD:2", [SD(("StudentStateId", "999888777"))], [SD(("StudentStateId", $"{Known}"))]) { Known = [Person()] },
        new("REF-003", "a State ID that nobody has, in an enrollment", "EN:2", [SD(), EN(("StudentStateId", "999888777"))], [SD(), EN(("StudentStateId", $"{Known}"))]) { Known = [Person()] },
        new("REF-004", "a State ID that was merged into another", "SD:2", [SD(("StudentStateId", $"{Retired}"))], [SD(("StudentStateId", $"{Known}"))])
            { Known = [Person(), Person() with { StateId = Retired, MergedInto = Known }] },
        new("REF-005", "a gender that isn't in the list", "SD:2", [SD(("Gender", "X"))], [SD(("Gender", "N"))]),
        new("REF-005", "neither Y nor N", "EN:2", [SD(), EN(("NoShow", "J"))], [SD(), EN(("NoShow", "n"))]),
        new("REF-006", "a program that ended in 2016", "PP:2", [SD(), EN(), PP(("Program", "SES"))], [SD(), EN(), PP()]),
        new("REF-007", "the State ID of a child with another name and birth date", "SD:2",
            [SD(("StudentStateId", $"{Known}"))], [SD(("StudentStateId", $"{Known}"), ("LastName", "Stone"), ("FirstName", "Otto"), ("BirthDate", "07/05/2014"))])
            { Known = [Person() with { LastName = "Stone", FirstName = "Otto", BirthDate = new(2014, 7, 4) }] },
        new("REF-007", "another birth date than the child's with that State ID", "SD:2",
            [SD(("StudentStateId", $"{Known}"), ("BirthDate", "11/15/2013"))], [SD(("StudentStateId", $"{Known}"), ("BirthDate", "06/02/2015"))]) { Known = [Person()] },
        new("REF-008", "an enrollment of a student without demographics", "EN:2", [EN()], [SD(), EN()]),
        new("REF-009", "an enrollment under another child's name", "EN:2",
            [SD(), EN(("LastName", "Stone"), ("FirstName", "Otto"))], [SD(), EN(("LastName", "Stone-Rivers"), ("FirstName", "Otto"))]),
        new("REF-013", "an enrollment with another child's State ID", "EN:2",
            [SD(("StudentStateId", $"{Known}")), EN(("StudentStateId", $"{Retired}"))], [SD(("StudentStateId", $"{Known}")), EN(("StudentStateId", $"{Known}"))])
            { Known = [Person(), Person() with { StateId = Retired, FirstName = "Otto" }] },
        new("REF-013", "a program with another child's State ID than the student is known by", "PP:2",
            [SD(), EN(), PP(("StudentStateId", $"{Retired}"))], [SD(), EN(), PP(("StudentStateId", $"{Known}"))]) { Known = [Person(), Person() with { StateId = Retired, FirstName = "Otto" }] },
    ];

    private static Person Person() => new() { StateId = Known, LastName = "Rivers", FirstName = $"Ana{Id}", BirthDate = new(2015, 6, 1), Gender = "F" };

    private static IEnumerable<RuleFixture> Identities() =>
    [
        new("IDN-001", "no birth date", "SD:2", [SD(("BirthDate", ""))], [SD()]),
        new("IDN-001", "no gender", "SD:2", [SD(("Gender", ""))], [SD()]),
        new("IDN-001", "no surname", "SD:2", [SD(("LastName", ""))], [SD()]),
        new("IDN-001", "no race", "SD:2", [SD(("White", "N"))], [SD(("White", "N"), ("HispanicLatino", "Y"))]),
        new("IDN-002", "younger than three on September 10", "SD:2", [SD(("BirthDate", "09/11/2022"))], [SD(("BirthDate", "09/10/2022"))]),
        new("IDN-002", "older than twenty-one on September 10", "SD:2", [SD(("BirthDate", "09/10/2003"))], [SD(("BirthDate", "09/11/2003"))]),
        new("IDN-002", "more than three years too old for grade 5", "SD:2", [SD(("BirthDate", "09/10/2011")), EN()], [SD(("BirthDate", "09/11/2011")), EN()]),
        new("IDN-002", "more than three years too young for grade 5", "SD:2", [SD(("BirthDate", "09/11/2018")), EN()], [SD(("BirthDate", "09/10/2018")), EN()]),
        new("IDN-003", "somebody of the same name and nearly the same birth date", "SD:2", [SD(("BirthDate", "06/02/2015"))], [SD()]) { Known = [Person()] },
    ];

    private static IEnumerable<RuleFixture> EnrollmentRows() =>
    [
        new("ENR-001", "the end is before the start", "EN:2",
            [SD(), EN(("StartDate", "09/15/2025"), ("EndDate", "09/12/2025"), ("EndStatus", "130"))], [SD(), EN(("StartDate", "09/15/2025"), ("EndDate", "09/15/2025"), ("EndStatus", "130"))]),
        new("ENR-002", "the day before the first day of school", "EN:2", [SD(), EN(("StartDate", "08/24/2025"))], [SD(), EN(("StartDate", "08/25/2025"))]),
        new("ENR-002", "the day after the last day of school", "EN:2",
            [SD(), EN(("EndDate", "06/06/2026"), ("EndStatus", "190"))], [SD(), EN(("EndDate", "06/05/2026"), ("EndStatus", "190"))]),
        new("ENR-005", "an end date without an end status", "EN:2", [SD(), EN(("EndDate", "12/19/2025"))], [SD(), EN(("EndDate", "12/19/2025"), ("EndStatus", "130"))]),
        new("ENR-005", "an end status without an end date", "EN:2", [SD(), EN(("EndStatus", "130"))], [SD(), EN()]),
        new("ENR-010", "military-connected by start status only", "EN:2", [SD(), EN(("StartStatus", "60"))], [SD(("MilitaryConnection", "A")), EN(("StartStatus", "60"))]),
        new("ENR-010", "military-connected by start status, and not by the student", "EN:2", [SD(("MilitaryConnection", "N")), EN(("StartStatus", "80"))], [SD(("MilitaryConnection", "N")), EN(("StartStatus", "07"))]),
        new("ENR-011", "graduated without a diploma type", "EN:2", [Senior(), Of("EN", SeniorRow(Graduated).With(("DiplomaType", "")))], [Senior(), Of("EN", SeniorRow(Graduated))]),
        new("ENR-011", "graduated without a diploma date", "EN:2", [Senior(), Of("EN", SeniorRow(Graduated).With(("DiplomaDate", "")))], [Senior(), Of("EN", SeniorRow(Graduated))]),
        new("ENR-011B", "graduated in grade 11", "EN:2", [Senior(), Of("EN", SeniorRow(Graduated).With(("Grade", "11")))], [Senior(), Of("EN", SeniorRow(Graduated))]),
        new("ENR-012", "grade 7 in a school that ends with grade 6", "EN:2", [SD(), EN(("Grade", "07"))], [SD(), EN(("Grade", "06"))]),
        new("ENR-012", "half-day kindergarten in a high school", "EN:2",
            [SD(("BirthDate", "05/01/2020")), EN(("Grade", "KH"), ("SchoolNumber", Sample.HighSchool))], [SD(("BirthDate", "05/01/2020")), EN(("Grade", "KH"))]),
        new("ENR-014", "open on the day after the calendar's end", "EN:2", [SD(), On("06/06/2026", "EN", Sample.Enrollment(Id))], [SD(), On("06/05/2026", "EN", Sample.Enrollment(Id))]),
    ];

    private static Sample.Row First(params (string, string)[] values) => Sample.Enrollment(Id, ("EndDate", "10/10/2025"), ("EndStatus", "110")).With(values);

    private static Sample.Row Second(string start, params (string, string)[] values) => Sample.Enrollment(Id, ("StartDate", start), ("StartStatus", "04")).With(values);

    private static IEnumerable<RuleFixture> EnrollmentsTogether() =>
    [
        new("ENR-003", "starts the day before the other ends", "EN:3", [SD(), Of("EN", First(), Second("10/09/2025"))], [SD(), Of("EN", First(), Second("10/10/2025"))]),
        new("ENR-003", "both are open", "EN:3",
            [SD(), Of("EN", Sample.Enrollment(Id), Second("10/10/2025"))], [SD(), Of("EN", Sample.Enrollment(Id), Second("10/10/2025", ("ServiceType", "S")))]),
        new("ENR-003", "both start on one day, in two schools", "EN:3",
            [SD(), Of("EN", First(("EndDate", "08/25/2025")), Second("08/25/2025", ("SchoolNumber", Sample.HighSchool), ("Grade", "07")))],
            [SD(), Of("EN", First(("EndDate", "08/25/2025")), Second("08/26/2025", ("SchoolNumber", Sample.HighSchool), ("Grade", "07")))]),
        new("ENR-003", "the student came to the first after all", "EN:3",
            [SD(), Of("EN", Sample.Enrollment(Id), Second("10/10/2025"))], [SD(), Of("EN", Sample.Enrollment(Id, ("NoShow", "Y")), Second("10/10/2025"))]),
        new("ENR-003", "a new row after a stored one", "EN2:2", [SD(), EN(), Of("EN", Second("10/10/2025"))], [SD(), EN(), Of("EN", Second("10/10/2025", ("ServiceType", "N")))]),
        new("ENR-003", "a new row before a stored one gives way to it", "EN2:2",
            [SD(), Of("EN", Second("10/10/2025")), Of("EN", First(("EndDate", "10/11/2025")))], [SD(), Of("EN", Second("10/10/2025")), Of("EN", First())]),
        new("ENR-003", "a new row gives way to a stored one that the file has too, as it is", "EN2:3",
            [SD(), Of("EN", Second("10/10/2025")), Of("EN", Second("10/10/2025"), First(("EndDate", "10/11/2025")))], [SD(), Of("EN", Second("10/10/2025")), Of("EN", Second("10/10/2025"), First())]),
        new("ENR-003", "a new row over two stored ones is reported once", "EN2:2",
            [SD(), Of("EN", Second("09/02/2025", ("EndDate", "09/30/2025"), ("EndStatus", "110")), Second("10/01/2025")), EN()],
            [SD(), Of("EN", Second("09/02/2025", ("EndDate", "09/30/2025"), ("EndStatus", "110")), Second("10/01/2025")), Of("EN", First(("EndDate", "09/02/2025")))]),
        new("ENR-006", "enrolled after graduation, without re-entry", "EN:3",
            [Senior(), Of("EN", SeniorRow(Graduated), SeniorRow(("StartDate", "01/20/2026"), ("StartStatus", "06")))],
            [Senior(), Of("EN", SeniorRow(Graduated), SeniorRow(("StartDate", "01/20/2026"), ("StartStatus", "03")))]),
        new("ENR-006", "enrolled again on the day of graduation", "EN:3",
            [Senior(), Of("EN", SeniorRow(Graduated), SeniorRow(("StartDate", "01/16/2026"), ("StartStatus", "04")))],
            [Senior(), Of("EN", SeniorRow(Graduated), SeniorRow(("StartDate", "01/15/2026"), ("StartStatus", "04"), ("ServiceType", "S")))]),
        new("ENR-006", "proficiency diploma, then enrolled again", "EN:3",
            [Senior(), Of("EN", SeniorRow([.. Graduated, ("EndStatus", "410")]), SeniorRow(("StartDate", "01/20/2026"), ("StartStatus", "02")))],
            [Senior(), Of("EN", SeniorRow([.. Graduated, ("EndStatus", "420")]), SeniorRow(("StartDate", "01/20/2026"), ("StartStatus", "02")))]),
        new("ENR-006", "a transfer after graduation is none after a re-entry", "EN:3 EN:4",
            [Senior(), Of("EN", SeniorRow(Graduated), Back("04"), SeniorRow(("StartDate", "03/02/2026"), ("StartStatus", "04")))],
            [Senior(), Of("EN", SeniorRow(Graduated), Back("03"), SeniorRow(("StartDate", "03/02/2026"), ("StartStatus", "04")))]),
    ];

    private static Sample.Row Back(string status) => SeniorRow(("StartDate", "01/20/2026"), ("StartStatus", status), ("EndDate", "02/27/2026"), ("EndStatus", "110"));

    private static IEnumerable<RuleFixture> EnrollmentsAfterLastYear() =>
    [
        new("ENR-006", "graduated last year", "EN:2", [Senior(), Of("EN", SeniorRow(("StartStatus", "06")))], [Senior(), Of("EN", SeniorRow(("StartStatus", "03")))])
        {
            Before = Then(LastYears(("SchoolNumber", Sample.HighSchool), ("Grade", "12"), ("EndStatus", "400"), ("DiplomaDate", "06/04/2025"), ("DiplomaType", "R")), "02/01/2008"),
        },
        new("ENR-009", "continued from a year in another school", "EN:2",
            [SD(), EN(("StartStatus", "02"), ("SchoolNumber", Sample.HighSchool), ("Grade", "07"))], [SD(), EN(("StartStatus", "02"), ("Grade", "06"))]) { Before = Then(LastYears(("Grade", "06"))) },
        new("ENR-009", "continued although the student is new", "EN:3",
            [Of("SD", Sample.Student(Id), Sample.Student("1002")), Of("EN", Sample.Enrollment(Id, ("StartStatus", "02")), Sample.Enrollment("1002", ("StartStatus", "02")))],
            [Of("SD", Sample.Student(Id), Sample.Student("1002")), Of("EN", Sample.Enrollment(Id, ("StartStatus", "02")), Sample.Enrollment("1002", ("StartStatus", "01")))]) { Before = Then(LastYears()) },
        new("ENR-009B", "re-entered without having left", "EN:2", [SD(), Of("EN", Second("10/10/2025", ("StartStatus", "03")))], [SD(), Of("EN", Second("10/10/2025"))])
            { Before = Then(LastYears(("EndDate", ""), ("EndStatus", ""))) },
        new("ENR-009B", "re-entered without having been there", "EN:3",
            [Of("SD", Sample.Student(Id), Sample.Student("1002")), Of("EN", Sample.Enrollment(Id, ("StartStatus", "03")), Sample.Enrollment("1002", ("StartStatus", "03")))],
            [Of("SD", Sample.Student(Id), Sample.Student("1002")), Of("EN", Sample.Enrollment(Id, ("StartStatus", "03")), Sample.Enrollment("1002"))]) { Before = Then(LastYears()) },
        new("ENR-013", "two grades up", "EN:2", [SD(), EN(("Grade", "06"))], [SD(), EN(("Grade", "05"))]) { Before = Then(LastYears()) },
        new("ENR-013", "a grade down", "EN:2", [SD(), EN(("Grade", "03"))], [SD(), EN(("Grade", "04"))]) { Before = Then(LastYears()) },
    ];

    private static IEnumerable<RuleFixture> Programs() =>
    [
        new("PRG-001", "a program that starts before the enrollment", "PP:2",
            [SD(), EN(("StartDate", "08/26/2025")), PP(("StartDate", "08/25/2025"))], [SD(), EN(("StartDate", "08/26/2025")), PP(("StartDate", "08/26/2025"))]),
        new("PRG-001", "a program that ends after the enrollment", "PP:2",
            [SD(), EN(("EndDate", "12/19/2025"), ("EndStatus", "130")), PP(("EndDate", "12/20/2025"))], [SD(), EN(("EndDate", "12/19/2025"), ("EndStatus", "130")), PP(("EndDate", "12/19/2025"))]),
        new("PRG-001", "a program of a student who never came", "PP:2", [SD(), EN(("NoShow", "Y")), PP()], [SD(), EN(("NoShow", "N")), PP()]),
        new("PRG-002", "homeless without a nighttime residence", "PP:2", [SD(), EN(), PP(("Program", "HML"))], [SD(), EN(), PP(("Program", "HML"), ("Attribute1", "D"))]),
        new("PRG-002", "homeless with an attribute that is no residence", "PP:2", [SD(), EN(), PP(("Program", "HML"), ("Attribute1", "Y"))], [SD(), EN(), PP(("Program", "HML"), ("Attribute1", "U"))]),
        new("PRG-003", "left English learner status without a test date", "LP:2",
            [SD(), LP(("ExitDate", "06/05/2025"), ("ELPLevel", "5.1"))], [SD(), LP(("ExitDate", "06/05/2025"), ("ELPLevel", "5.1"), ("ELPTestDate", "02/03/2025"))]),
        new("PRG-003", "left English learner status without a level", "LP:2",
            [SD(), LP(("ExitDate", "06/05/2025"), ("ELPTestDate", "02/03/2025"))], [SD(), LP(("ELPTestDate", "02/03/2025"))]),
        new("PRG-003B", "immigrant without an entry date", "PP:2", [SD(), EN(), PP(("Program", "IMM"))], [SD(("DateEnteredUS", "01/08/2024")), EN(), PP(("Program", "IMM"))]),
        new("PRG-003B", "immigrant for more than three years", "PP:2",
            [SD(("DateEnteredUS", "08/24/2022")), EN(), PP(("Program", "IMM"))], [SD(("DateEnteredUS", "08/25/2022")), EN(), PP(("Program", "IMM"))]),
    ];

    private static IEnumerable<RuleFixture> SpecialEducation() =>
    [
        new("SPD-001", "the IEP is not locked", "SE:2", [SD(), EN(), SE(("Locked", "N"))], [SD(), EN(), SE(("Locked", "Y"))]),
        new("SPD-001", "not locked on child-count day, the first Monday of October", "SE:2",
            [SD(), EN(), On("10/06/2025", "SE", Sample.Special(Id, ("Locked", "")))], [SD(), EN(), On("10/05/2025", "SE", Sample.Special(Id, ("Locked", "")))]),
        new("SPD-001", "not locked, and ending on child-count day", "SE:2",
            [SD(), EN(), SE(("Locked", "N"), ("IepEnd", "10/06/2025"))], [SD(), EN(), SE(("Locked", "N"), ("IepEnd", "10/05/2025"))]),
        new("SPD-002", "an early-childhood environment at 5 in kindergarten", "SE:2",
            [SD(("BirthDate", "05/01/2020")), EN(("Grade", "KF")), SE(("EnvironmentCode", "SPL"))], [SD(("BirthDate", "05/01/2020")), EN(("Grade", "KF")), SE()]),
        new("SPD-002", "a school-age environment at 5 in prekindergarten", "SE:2",
            [SD(("BirthDate", "05/01/2020")), EN(("Grade", "PK")), SE()], [SD(("BirthDate", "05/01/2020")), EN(("Grade", "PK")), SE(("EnvironmentCode", "SPL"))]),
        new("SPD-002", "an early-childhood environment at 6", "SE:2",
            [SD(("BirthDate", "10/06/2019")), EN(("Grade", "PK")), SE(("EnvironmentCode", "H"))], [SD(("BirthDate", "10/07/2019")), EN(("Grade", "PK")), SE(("EnvironmentCode", "H"))]),
        new("SPD-002", "developmental delay at 10", "SE:2",
            [SD(("BirthDate", "10/06/2015")), EN(), SE(("PrimaryDisability", "DD"))], [SD(("BirthDate", "10/07/2015")), EN(), SE(("PrimaryDisability", "DD"))]),
        new("SPD-003", "an exit date without a reason", "SE:2", [SD(), EN(), SE(("ExitDate", "12/19/2025"))], [SD(), EN(), SE(("ExitDate", "12/19/2025"), ("ExitReason", "TRAN"))]),
        new("SPD-003", "an exit reason without a date", "SE:2", [SD(), EN(), SE(("ExitReason", "TRAN"))], [SD(), EN(), SE()]),
        new("SPD-003B", "left special education as a graduate, and the school for another state", "SE:2", [SD(), Gone(), Exit("GHS")], [SD(), Gone(), Exit("MKC")]),
        new("SPD-003B", "died by one file, moved by the other", "SE:2", [SD(), Gone(), Exit("D")], [SD(), Gone("500"), Exit("D")]),
        new("SPD-003B", "moved by one file, dropped out by the other", "SE:2", [SD(), Gone("300"), Exit("MKC")], [SD(), Gone("300"), Exit("DROPOUT")]),
    ];

    private static FixtureFile Gone(string status = "130") => EN(("EndDate", "12/19/2025"), ("EndStatus", status));

    private static FixtureFile Exit(string reason) => SE(("ExitDate", "12/19/2025"), ("ExitReason", reason));
}
