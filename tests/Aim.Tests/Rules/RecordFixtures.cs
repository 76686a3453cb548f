using Aim.Organizations;
using Aim.Tests.Setup;
using static Aim.Tests.Rules.FixtureFile;

namespace Aim.Tests.Rules;

/// <summary>Fixtures of the rules about counts, attendance, assessments, eligibility, behavior and classes.</summary>
internal static class RecordFixtures
{
    private const string Id = "1001";

    public static IEnumerable<RuleFixture> All => [.. Counts(), .. Attendance(), .. Assessments(), .. Eligibility(), .. Behavior(), .. Classes(), .. Schools(), .. SchoolsThatChange(), .. TwoSchools()];

    private static FixtureFile SD(params (string, string)[] values) => Of("SD", Sample.Student(Id, values));

    private static FixtureFile EN(params (string, string)[] values) => Of("EN", Sample.Enrollment(Id, values));

    private static FixtureFile AF(params (string, string)[] values) => Of("AF", Sample.FallCount(Id, values));

    private static FixtureFile AS(params (string, string)[] values) => On("02/03/2026", "AS", Sample.SpringCount(Id, values));

    private static FixtureFile On(string day, string type, params Sample.Row[] rows) => Text(type, Sample.Tsv(type, day, rows));

    /// <summary>A kindergarten child, four years old on September 10.</summary>
    private static FixtureFile Young(string birthDate = "09/11/2020") => SD(("BirthDate", birthDate));

    private static FixtureFile Kindergarten(params (string, string)[] values) => EN([("Grade", "KF"), .. values]);

    private static FixtureFile Left(string day = "09/30/2025") => EN(("EndDate", day), ("EndStatus", "130"));

    private static FixtureFile TW(string day, string writtenOn = "04/01/2026") => On(writtenOn, "TW", Sample.FallCount(Id, ("CountDate", day)));

    private static IEnumerable<RuleFixture> Counts() =>
    [
        new("CNT-001", "a fall count written on count day", "AF:2", [SD(), EN(), On("10/06/2025", "AF", Sample.FallCount(Id))], [SD(), EN(), On("10/07/2025", "AF", Sample.FallCount(Id))]),
        new("CNT-001", "a spring count written before count day", "AS:2", [SD(), EN(), On("02/01/2026", "AS", Sample.SpringCount(Id))], [SD(), EN(), AS()]),
        new("CNT-001", "a test window written on its day", "TW:2", [SD(), EN(), TW("03/16/2026", "03/16/2026")], [SD(), EN(), TW("03/16/2026", "03/17/2026")]),
        new("CNT-002", "no hours", "AF:2", [SD(), EN(), AF(("AggregateHours", ""))], [SD(), EN(), AF(("AggregateHours", "180"))]),
        new("CNT-002", "no hours in spring", "AS:2", [SD(), EN(), AS(("AggregateHours", ""))], [SD(), EN(), AS()]),
        new("CNT-003", "more hours than a year can have", "AF:2", [SD(), EN(), AF(("AggregateHours", "1201"))], [SD(), EN(), AF(("AggregateHours", "1200"))]),
        new("CNT-003", "too few hours for a primary enrollment", "AF:2", [SD(), EN(), AF(("AggregateHours", "179"))], [SD(), EN(), AF(("AggregateHours", "180"))]),
        new("CNT-003", "too few hours, in spring", "AS:2", [SD(), EN(), AS(("AggregateHours", "0"))], [SD(), EN(("ServiceType", "S")), AS(("AggregateHours", "0"))]),
        new("CNT-003", "too few hours, in kindergarten", "AF:2",
            [SD(("BirthDate", "05/01/2020")), Kindergarten(), AF(("AggregateHours", "100"))], [SD(("BirthDate", "05/01/2021")), EN(("Grade", "PK")), AF(("AggregateHours", "100"))]),
        new("CNT-004", "absent on eleven days in a row, and counted", "AF:2",
            [SD(), EN(), AF(("ConsecutiveAbsences", "11"), ("AbsentOnCountDate", "Y"))], [SD(), EN(), AF(("ConsecutiveAbsences", "10"), ("AbsentOnCountDate", "Y"))]),
        new("CNT-004", "absent on twelve days in a row, and the exclusion left empty", "AF:2",
            [SD(), EN(), AF(("ConsecutiveAbsences", "12"), ("Exclude10Day", ""))], [SD(), EN(), AF(("ConsecutiveAbsences", "12"), ("Exclude10Day", "Y"))]),
        new("CNT-004B", "excluded after ten days of absence", "AF:2",
            [SD(), EN(), AF(("ConsecutiveAbsences", "10"), ("Exclude10Day", "Y"))], [SD(), EN(), AF(("ConsecutiveAbsences", "11"), ("Exclude10Day", "Y"))]),
        new("CNT-004B", "excluded without any absence", "AF:2", [SD(), EN(), AF(("ConsecutiveAbsences", "0"), ("Exclude10Day", "Y"))], [SD(), EN(), AF(("Exclude10Day", "Y"))]),
        new("CNT-005", "five on September 11", "AF:2", [Young(), Kindergarten(), AF()], [Young("09/10/2020"), Kindergarten(), AF()]),
        new("CNT-005", "a comment without a date", "AF:2",
            [Young(), Kindergarten(("EnrollmentComment", "Board approved")), AF()], [Young(), Kindergarten(("EnrollmentComment", "Board approved 08/12/2025")), AF()]),
        new("CNT-005", "a comment with an impossible date", "AF:2",
            [Young(), Kindergarten(("EnrollmentComment", "Board 13/12/2025")), AF()], [Young(), Kindergarten(), AF(("Exclude10Day", "Y"))]),
        new("CNT-005", "half-day kindergarten, in spring", "AS:2", [Young(), Kindergarten(("Grade", "KH")), AS()], [Young(), EN(("Grade", "PK")), AS()]),
        new("CNT-009", "a count before count day", "AF:2", [SD(), EN(), AF(("CountDate", "10/05/2025"))], [SD(), EN(), AF()]),
        new("CNT-009", "a count a week later", "AF:2", [SD(), EN(), On("10/14/2025", "AF", Sample.FallCount(Id, ("CountDate", "10/13/2025")))], [SD(), EN(), On("10/14/2025", "AF", Sample.FallCount(Id))]),
        new("CNT-009", "the fall's count day in a spring count", "AS:2", [SD(), EN(), AS(("CountDate", "10/06/2025"))], [SD(), EN(), AS()]),
        new("CNT-009B", "the day after count day", "AF:2", [SD(), EN(), On("10/08/2025", "AF", Sample.FallCount(Id, ("CountDate", "10/07/2025")))], [SD(), EN(), AF()]),
        new("CNT-009B", "the Sunday after count day", "AF:2", [SD(), EN(), On("10/13/2025", "AF", Sample.FallCount(Id, ("CountDate", "10/12/2025")))], [SD(), EN(), AF()]),
        new("CNT-010", "left the day before count day", "AF:2", [SD(), Left("10/05/2025"), AF()], [SD(), Left("10/06/2025"), AF()]),
        new("CNT-010", "came the day after count day", "AF:2", [SD(), EN(("StartDate", "10/07/2025")), AF()], [SD(), EN(("StartDate", "10/06/2025")), AF()]),
        new("CNT-010", "counted in a school where the student isn't", "AF:2",
            [SD(), EN(), AF(("SchoolNumber", Sample.HighSchool))], [SD(), EN(("SchoolNumber", Sample.HighSchool), ("Grade", "07")), AF(("SchoolNumber", Sample.HighSchool))]),
        new("CNT-010", "a start date that no enrollment has", "AF:2", [SD(), EN(), AF(("StartDate", "08/26/2025"))], [SD(), EN(), AF(("StartDate", "08/25/2025"))]),
        new("CNT-010", "a service type that no enrollment has", "AF:2", [SD(), EN(), AF(("ServiceType", "N"))], [SD(), EN(("ServiceType", "N")), AF(("ServiceType", "N"))]),
        new("CNT-010", "expected, and never came", "AS:2", [SD(), EN(("NoShow", "Y")), AS()], [SD(), EN(), AS()]),
        new("CNT-010", "in the test window", "TW:2", [SD(), Left(), TW("03/16/2026")], [SD(), EN(), TW("03/16/2026")]),
        new("CNT-011", "the last day of February", "TW:2", [SD(), EN(), TW("02/28/2026")], [SD(), EN(), TW("03/01/2026")]),
        new("CNT-011", "the first of April", "TW:2", [SD(), EN(), TW("04/01/2026", "04/02/2026")], [SD(), EN(), TW("03/31/2026", "04/02/2026")]),
    ];

    private static FixtureFile AA(params (string, string)[] values) => Of("AA", Sample.Attendance(Id, values));

    private static FixtureFile DA(params (string, string)[] values) => Of("DA", Sample.Daily(Id, values));

    private static IEnumerable<RuleFixture> Attendance() =>
    [
        new("ATT-001", "half a day too many", "AA:2", [SD(), EN(), AA(("DaysPresent", "176.5"), ("EssaDaysAbsent", "8"))], [SD(), EN(), AA(("DaysPresent", "176"), ("EssaDaysAbsent", "8"))]),
        new("ATT-001", "half a day missed, and present on all days", "AA:2", [SD(), EN(), AA(("DaysPresent", "180"), ("EssaDaysAbsent", "1"))], [SD(), EN(), AA(("DaysPresent", "179.5"), ("EssaDaysAbsent", "1"))]),
        new("ATT-001", "absent on more days than enrolled", "AA:2", [SD(), EN(), AA(("DaysEnrolled", "9"), ("DaysPresent", "0"), ("EssaDaysAbsent", "10"))], [SD(), EN(), AA(("DaysEnrolled", "10"), ("DaysPresent", "0"), ("EssaDaysAbsent", "10"))]) { BreaksRuleOfSchool = true },
        new("ATT-001", "present on more days than enrolled", "AA:2", [SD(), EN(), AA(("DaysEnrolled", "90"), ("DaysPresent", "91"), ("EssaDaysAbsent", ""))], [SD(), EN(), AA(("DaysEnrolled", "91"), ("DaysPresent", "91"), ("EssaDaysAbsent", ""))]),
        new("ATT-001", "enrolled on more days than there were", "AA:2", [SD(), EN(), AA(("DaysEnrolled", "181"))], [SD(), EN(), AA(("DaysEnrolled", "181"), ("InstructionalDays", "181"))]),
        new("ATT-001", "enrolled on more days than the calendar has", "AA:2",
            [SD(), EN(), AA(("DaysEnrolled", "180.5"), ("InstructionalDays", ""))], [SD(), EN(), AA(("InstructionalDays", ""))]) { NeedsReference = true },
        new("ATT-003", "a letter too few", "DA:2", [SD(), EN(), DA(("Days", ".PPPP..PPEPP..PPPPP..PPTPP..P"))], [SD(), EN(), DA(("Days", ".PPPP..PPEPP..PPPPP..PPTPP..PU"))]),
        new("ATT-003", "a letter too many", "DA:2", [SD(), EN(), DA(("Days", ".PPPP..PPEPP..PPPPP..PPTPP..PPP"))], [SD(), EN(), DA(("Month", "10/01/2025"), ("Days", ".PPPP..PPEPP..PPPPP..PPTPP..PPP"))]),
        new("ATT-003", "a letter that isn't in the list", "DA:2", [SD(), EN(), DA(("Days", ".PPPP..PPXPP..PPPPP..PPTPP..PP"))], [SD(), EN(), DA(("Days", ".PPPP..PPHPP..PPRPP..PPTPP..PP"))]),
        new("ATT-003", "a month that doesn't begin on the first", "DA:2", [SD(), EN(), DA(("Month", "09/02/2025"))], [SD(), EN(), DA()]),
        new("ATT-004", "present before the enrollment", "DA:2", [SD(), EN(("StartDate", "09/03/2025")), DA()], [SD(), EN(("StartDate", "09/02/2025")), DA()]),
        new("ATT-004", "present after the enrollment", "DA:2", [SD(), Left("09/29/2025"), DA()], [SD(), Left("09/30/2025"), DA()]),
        new("ATT-004", "present between two enrollments", "DA:2",
            [SD(), Twice("09/12/2025", "09/16/2025"), DA()], [SD(), Twice("09/12/2025", "09/15/2025"), DA()]),
    ];

    private static FixtureFile Twice(string end, string start) =>
        Of("EN", Sample.Enrollment(Id, ("EndDate", end), ("EndStatus", "130")), Sample.Enrollment(Id, ("StartDate", start), ("StartStatus", "03")));

    private static FixtureFile AR(params (string, string)[] values) => Of("AR", Sample.Assessment(Id, values));

    private static readonly (string, string)[] Absent = [("Participation", "X"), ("TestDate", ""), ("PerformanceLevel", ""), ("ScaleScore", "")];

    private static IEnumerable<RuleFixture> Assessments() =>
    [
        new("ASM-001", "a level without taking part", "AR:2", [SD(), EN(), AR([.. Absent, ("PerformanceLevel", "2")])], [SD(), EN(), AR(Absent)]),
        new("ASM-001", "a score without taking part", "AR:2", [SD(), EN(), AR([.. Absent, ("Participation", "N"), ("ScaleScore", "2400")])], [SD(), EN(), AR([.. Absent, ("Participation", "N")])]),
        new("ASM-002", "took part, and has no level", "AR:2", [SD(), EN(), AR(("PerformanceLevel", ""))], [SD(), EN(), AR()]),
        new("ASM-003", "tested in the grade below", "AR:2", [SD(), EN(), AR(("Grade", "04"))], [SD(), EN(), AR()]),
        new("ASM-003", "the grade of an enrollment that had ended", "AR:2",
            [SD(), Of("EN", Sample.Enrollment(Id, ("Grade", "04"), ("EndDate", "03/16/2026"), ("EndStatus", "105")), Sample.Enrollment(Id, ("StartDate", "03/16/2026"), ("StartStatus", "02"))), AR(("Grade", "04"))],
            [SD(), Of("EN", Sample.Enrollment(Id, ("Grade", "04"), ("EndDate", "03/17/2026"), ("EndStatus", "105")), Sample.Enrollment(Id, ("StartDate", "03/17/2026"), ("StartStatus", "02"))), AR(("Grade", "04"))]),
        new("ASM-003", "kindergarten is one grade, half or full day", "AR:2",
            [SD(("BirthDate", "05/01/2020")), EN(("Grade", "KH")), AR(("Grade", "01"), ("Assessment", "ELP"), ("Subject", "ELP"))],
            [SD(("BirthDate", "05/01/2020")), EN(("Grade", "KH")), AR(("Grade", "KG"), ("Assessment", "ELP"), ("Subject", "ELP"))]),
        new("ASM-004", "tested on the day after the last day of school", "AR:2", [SD(), EN(), AR(("TestDate", "06/06/2026"))], [SD(), EN(), AR(("TestDate", "06/05/2026"))]),
        new("ASM-004", "tested the year before", "AR:2", [SD(), EN(), AR(("TestDate", "03/17/2025"))], [SD(), EN(), AR(("TestDate", "08/25/2025"))]),
    ];

    private static FixtureFile PP(params Sample.Row[] rows) => Of("PP", rows);

    private static FixtureFile Plans(params Sample.Row[] rows) => Of("504", rows);

    private static FixtureFile ME(params (string, string)[] values) => Of("ME", Sample.Meals(Id, values));

    private static FixtureFile MG(params (string, string)[] values) => Of("MG", Sample.Migrant(Id, values));

    private static Sample.Row Homeless(params (string, string)[] values) => Sample.Program(Id, ("Program", "HML"), ("Attribute1", "D")).With(values);

    private static Sample.Row Foster(params (string, string)[] values) => Sample.Program(Id, ("Program", "FOS")).With(values);

    private static IEnumerable<RuleFixture> Eligibility() =>
    [
        new("IDN-006", "born on the day after the file was made", "SD:2", [On("10/07/2025", "SD", Sample.Student(Id, ("BirthDate", "10/08/2025")))], [SD()]),
        new("PRG-004", "a program that ends before it starts", "PP:2",
            [SD(), EN(), PP(Sample.Program(Id, ("StartDate", "09/02/2025"), ("EndDate", "09/01/2025")))], [SD(), EN(), PP(Sample.Program(Id, ("StartDate", "09/02/2025"), ("EndDate", "09/02/2025")))]),
        new("PRG-004", "a plan that ends before it starts", "504:2", [SD(), EN(), Plans(Sample.Plan504(Id, ("EndDate", "08/24/2025")))], [SD(), EN(), Plans(Sample.Plan504(Id, ("EndDate", "08/25/2025")))]),
        new("PRG-004", "meals that end before they start", "ME:2", [SD(), EN(), ME(("EndDate", "08/24/2025"))], [SD(), EN(), ME(("EndDate", "08/25/2025"))]),
        new("PRG-005", "a plan that ended before the enrollment", "504:2",
            [SD(), EN(("StartDate", "09/02/2025")), Plans(Sample.Plan504(Id, ("EndDate", "09/01/2025")))], [SD(), EN(("StartDate", "09/02/2025")), Plans(Sample.Plan504(Id, ("EndDate", "09/02/2025")))]),
        new("PRG-005", "meals after the student left", "ME:2", [SD(), Left(), ME(("StartDate", "10/01/2025"))], [SD(), Left(), ME(("StartDate", "09/30/2025"))]),
        new("PRG-005", "meals of a student who never came", "ME:2", [SD(), EN(("NoShow", "Y")), ME()], [SD(), EN(), ME()]),
        new("PRG-005", "a migratory child who arrived after leaving", "MG:2", [SD(), Left(), MG(("QualifyingArrivalDate", "10/01/2025"))], [SD(), Left(), MG(("QualifyingArrivalDate", "09/30/2025"))]),
        new("PRG-005", "a plan that was sent before the enrollment", "504:2",
            [SD(), Plans(Sample.Plan504(Id, ("EndDate", "09/01/2025"))), EN(("StartDate", "09/02/2025"))], [SD(), Plans(Sample.Plan504(Id, ("EndDate", "09/02/2025"))), EN(("StartDate", "09/02/2025"))]),
        new("PRG-005", "meals that were sent before the enrollment", "ME:2",
            [SD(), ME(("StartDate", "10/01/2025")), Left()], [SD(), ME(("StartDate", "09/30/2025")), Left()]),
        new("PRG-006", "a plan within another", "504:3",
            [SD(), EN(), Plans(Sample.Plan504(Id), Sample.Plan504(Id, ("StartDate", "09/02/2025"), ("EndDate", "12/19/2025")))],
            [SD(), EN(), Plans(Sample.Plan504(Id, ("EndDate", "12/18/2025")), Sample.Plan504(Id, ("StartDate", "09/02/2025"), ("EndDate", "12/19/2025")))]),
        new("PRG-007", "ended more than 36 months after the arrival", "MG:2",
            [SD(), EN(), MG(("QualifyingArrivalDate", "11/03/2022"), ("EndDate", "11/04/2025"))], [SD(), EN(), MG(("QualifyingArrivalDate", "11/03/2022"), ("EndDate", "11/03/2025"))]),
        new("PRG-006", "a plan within that of another school", "504:3",
            [SD(), EN(), Plans(Sample.Plan504(Id), Sample.Plan504(Id, ("StartDate", "09/02/2025")))], [SD(), EN(), Plans(Sample.Plan504(Id), Sample.Plan504(Id, ("StartDate", "09/02/2025"), ("SchoolNumber", Sample.HighSchool)))]),
        new("PRG-007", "served on after the 36 months", "MG:2",
            [SD(), EN(), MG(("QualifyingArrivalDate", "11/03/2022"), ("EndDate", "06/05/2026"))], [SD(), EN(), MG(("QualifyingArrivalDate", "11/03/2022"), ("EndDate", "06/05/2026"), ("ContinuationOfServices", "Y"))]),
        new("PRG-007", "36 months were over before September", "MG:2", [SD(), EN(), MG(("QualifyingArrivalDate", "08/31/2022"))], [SD(), EN(), MG(("QualifyingArrivalDate", "09/01/2022"))]),
        new("PRG-007", "36 months were over, and services go on", "MG:2",
            [SD(), EN(), MG(("QualifyingArrivalDate", "08/31/2022"), ("ContinuationOfServices", "N"))], [SD(), EN(), MG(("QualifyingArrivalDate", "08/31/2022"), ("ContinuationOfServices", "Y"))]),
        new("PRG-008", "eligibility that ended before the arrival", "MG:2", [SD(), MG(("EndDate", "06/14/2025"))], [SD(), MG(("EndDate", "06/15/2025"))]),
        new("PRG-009", "directly certified, and not eligible", "ME:2", [SD(), EN(), ME(("Eligibility", "N"))], [SD(), EN(), ME(("Eligibility", "N"), ("Certification", "INC"))]),
        new("PRG-010", "free and reduced-price on one day", "ME:3", [SD(), EN(), Meals("10/02/2025")], [SD(), EN(), Meals("10/01/2025")]),
        new("PRG-010", "free in one school, reduced-price in another", "ME:3", [SD(), EN(), MealsInTwoSchools("R", "10/01/2025")], [SD(), EN(), MealsInTwoSchools("F", "10/01/2025")]),
        new("PRG-010", "two eligibilities in two schools from one day on", "ME:3", [SD(), EN(), MealsInTwoSchools("R", "08/25/2025")], [SD(), EN(), MealsInTwoSchools("F", "08/25/2025")]),
        new("PRG-011", "placed in foster care on the day homelessness ends", "PP:2",
            [SD(), EN(), PP(Homeless(("EndDate", "10/01/2025")), Foster(("StartDate", "09/30/2025")))], [SD(), EN(), PP(Homeless(("EndDate", "09/30/2025")), Foster(("StartDate", "09/30/2025")))]),
        new("PRG-011", "homeless from the day foster care ends", "PP:3",
            [SD(), EN(), PP(Foster(("EndDate", "10/01/2025")), Homeless(("StartDate", "09/30/2025")))], [SD(), EN(), PP(Foster(("EndDate", "09/30/2025")), Homeless(("StartDate", "09/30/2025")))]),
        new("PRG-011", "homeless and in foster care", "PP:3", [SD(), EN(), PP(Foster(), Homeless(("StartDate", "09/30/2025")))], [SD(), EN(), PP(Foster(("EndDate", "09/29/2025")), Homeless(("StartDate", "09/30/2025")))]),
        new("PRG-012", "left English learner status before it was found", "LP:2",
            [SD(), Learner("08/31/2024")], [SD(), Learner("09/01/2024")]),
        new("SPD-004", "an IEP that ends before it starts", "SE:2", [SD(), EN(), Special(("IepEnd", "01/31/2025"))], [SD(), EN(), Special(("IepEnd", "02/01/2025"))]),
        new("SPD-004", "left special education before the IEP", "SE:2",
            [SD(), EN(), Special(("ExitDate", "01/31/2025"), ("ExitReason", "TRAN"))], [SD(), EN(), Special(("ExitDate", "02/01/2025"), ("ExitReason", "TRAN"))]),
    ];

    private static FixtureFile Meals(string end) =>
        Of("ME", Sample.Meals(Id, ("EndDate", end)), Sample.Meals(Id, ("Eligibility", "R"), ("Certification", "INC"), ("StartDate", "10/01/2025")));

    private static FixtureFile MealsInTwoSchools(string eligibility, string start) =>
        Of("ME", Sample.Meals(Id), Sample.Meals(Id, ("SchoolNumber", Sample.HighSchool), ("Eligibility", eligibility), ("StartDate", start)));

    private static FixtureFile Learner(string exit) => Of("LP", Sample.Learner(Id, ("ExitDate", exit), ("ELPTestDate", "02/03/2024"), ("ELPLevel", "5.1")));

    private static FixtureFile Special(params (string, string)[] values) => Of("SE", Sample.Special(Id, values));

    private static FixtureFile BH(params (string, string)[] values) => Of("BH", Sample.Incident(Id, values));

    private static readonly (string, string)[] Gun = [("EventCode", "WPN"), ("WeaponCode", "HG"), ("ResolutionCode", "EXS"), ("RemovalDays", "180")];

    private static IEnumerable<RuleFixture> Behavior() =>
    [
        new("BEH-002", "before the enrollment", "BH:2", [SD(), EN(("StartDate", "09/19/2025")), BH()], [SD(), EN(("StartDate", "09/18/2025")), BH()]),
        new("BEH-002", "after the enrollment", "BH:2", [SD(), Left("09/17/2025"), BH()], [SD(), Left("09/18/2025"), BH()]),
        new("BEH-003", "a weapon incident without a weapon", "BH:2", [SD(), EN(), BH([.. Gun, ("WeaponCode", "")])], [SD(), EN(), BH(Gun)]),
        new("BEH-004", "a suspension of no days", "BH:2", [SD(), EN(), BH(("RemovalDays", "0"))], [SD(), EN(), BH(("RemovalDays", "0.5"))]),
        new("BEH-004", "a suspension without days", "BH:2", [SD(), EN(), BH(("ResolutionCode", "ISS"), ("RemovalDays", ""))], [SD(), EN(), BH(("ResolutionCode", "DET"), ("RemovalDays", ""))]),
        new("BEH-004", "two days of removal for a conference", "BH:2", [SD(), EN(), BH(("ResolutionCode", "CON"))], [SD(), EN(), BH(("ResolutionCode", "CON"), ("RemovalDays", ""))]),
        new("BEH-005", "a handgun and a suspension", "BH:2", [SD(), EN(), BH([.. Gun, ("ResolutionCode", "OSS")])], [SD(), EN(), BH([.. Gun, ("ResolutionCode", "EXM")])]),
        new("BEH-005", "a firearm at a threat", "BH:2", [SD(), EN(), BH(("EventCode", "THR"), ("WeaponCode", "RS"))], [SD(), EN(), BH(("EventCode", "THR"), ("WeaponCode", "KN"))]),
        new("BEH-006", "an interim removal without special education", "BH:2", [SD(), EN(), BH(("InterimRemoval", "DRG"))], [SD(), EN(), Special(), BH(("InterimRemoval", "DRG"))]),
        new("BEH-006", "an interim removal after special education ended", "BH:2",
            [SD(), EN(), Special(("ExitDate", "09/17/2025"), ("ExitReason", "TRAN")), BH(("InterimRemoval", "HO"))], [SD(), EN(), Special(("ExitDate", "09/18/2025"), ("ExitReason", "TRAN")), BH(("InterimRemoval", "HO"))]),
    ];

    private static readonly FixtureFile Course = Of("CO", Sample.Course("MATH5"));
    private static readonly FixtureFile Teacher = Of("ST", Sample.Staff("T1"));

    private static FixtureFile[] Class(params FixtureFile[] more) => [SD(), EN(), Course, Teacher, Of("SU", Sample.Class("5A")), .. more];

    private static FixtureFile RU(params (string, string)[] values) => Of("RU", Sample.Roster(Id, values));

    private static FixtureFile MK(params (string, string)[] values) => Of("MK", Sample.Mark(Id, values));

    private static IEnumerable<RuleFixture> Classes() =>
    [
        new("CLS-001", "a section that ends before it starts", "SU:2", [Course, Teacher, Of("SU", Sample.Class("5A", ("EndDate", "08/24/2025")))], [Course, Teacher, Of("SU", Sample.Class("5A", ("EndDate", "08/25/2025")))]),
        new("CLS-001", "a roster row that ends before it starts", "RU:2", Class(RU(("StartDate", "09/02/2025"), ("EndDate", "09/01/2025"))), Class(RU(("StartDate", "09/02/2025"), ("EndDate", "09/02/2025")))),
        new("REF-010", "a section that isn't there", "RU:2", Class(RU(("SectionNumber", "5B"))), Class(RU())),
        new("REF-010", "a mark in a section that isn't there", "MK:2", Class(RU(), MK(("SectionNumber", "5B"))), Class(RU(), MK())),
        new("REF-011", "a course that isn't there", "SU:2", [Teacher, Course, Of("SU", Sample.Class("5A", ("CourseNumber", "MATH6")))], [Teacher, Course, Of("SU", Sample.Class("5A"))]),
        new("REF-012", "a teacher who isn't there", "SU:2", [Course, Teacher, Of("SU", Sample.Class("5A", ("TeacherLocalId", "T2")))], [Course, Teacher, Of("SU", Sample.Class("5A", ("TeacherLocalId", "")))]),
        new("CLS-002", "in the class before it begins", "RU:2", Class(RU(("StartDate", "08/24/2025"))), Class(RU(("StartDate", "08/25/2025")))),
        new("CLS-002", "in the class after it ends", "RU:2", Class(RU(("EndDate", "06/06/2026"))), Class(RU(("EndDate", "06/05/2026")))),
        new("CLS-003", "a mark in a class without being in it", "MK:2", Class(MK()), Class(RU(), MK())),
    ];

    /// <summary>The school a row names must be there, and open on the day that the row is about.</summary>
    private static IEnumerable<RuleFixture> Schools() =>
    [
        new("REF-001", "a test in a closed school", "AR:2", [SD(), EN(), AR(("SchoolNumber", Sample.ClosedSchool))], [SD(), EN(), AR()]),
        new("REF-001", "a plan in a closed school", "504:2", [SD(), EN(), Plans(Sample.Plan504(Id, ("SchoolNumber", Sample.ClosedSchool)))], [SD(), EN(), Plans(Sample.Plan504(Id))]),
        new("REF-001", "a class in a school that isn't there", "SU:2", [Course, Teacher, Of("SU", Sample.Class("5A", ("SchoolNumber", "0007")))], [Course, Teacher, Of("SU", Sample.Class("5A"))]),
        new("REF-002", "attendance in a calendar that the school hasn't", "AA:2", [SD(), EN(), AA(("CalendarNumber", "002"))], [SD(), EN(), AA()]),
        new("REF-002", "a mark in a calendar that the school hasn't", "MK:2", Class(RU(), MK(("CalendarNumber", "002"))), Class(RU(), MK())),
    ];

    private static School Closes(string number, DateOnly day) => School(number) with { UpdatedStatus = OperationalStatus.Closed, StatusDate = day };

    /// <summary>Opens on August 20 or the given day, before which it is a future school.</summary>
    private static School Opens(string number, DateOnly? day = null) =>
        School(number) with { Status = OperationalStatus.Future, UpdatedStatus = OperationalStatus.New, StatusDate = day ?? new DateOnly(2025, 8, 20) };

    private static School School(string number) => Sample.Reference().Schools.Single(school => school.Number == number);

    /// <summary>The elementary school closes for good after the year, the high school within it.</summary>
    private static readonly School[] Closing = [Closes(Sample.Elementary, new(2026, 6, 30)), Closes(Sample.HighSchool, new(2026, 1, 9))];

    private static readonly Sample.Row Finished = Sample.Enrollment(Id, ("EndDate", "06/05/2026"), ("EndStatus", "190"));

    private static RuleFixture Corrected(string what, string type, Sample.Row row) => new("REF-001", $"{what}, corrected after the school closed", $"{type}:2",
        [SD(), Of("EN", Finished), On("10/15/2026", type, row.With(("SchoolNumber", Sample.HighSchool)))], [SD(), Of("EN", Finished), On("10/15/2026", type, row)]) { Schools = Closing };

    /// <summary>A row is about the days of its calendar, also where it is sent when the school has closed or before it opens.</summary>
    private static IEnumerable<RuleFixture> SchoolsThatChange() =>
    [
        Corrected("an English learner", "LP", Sample.Learner(Id)),
        Corrected("special education", "SE", Sample.Special(Id, ("IepEnd", ""))),
        Corrected("a plan", "504", Sample.Plan504(Id)),
        Corrected("meals", "ME", Sample.Meals(Id)),
        Corrected("a migratory child", "MG", Sample.Migrant(Id)),
        new("REF-001", "a plan sent before the school opens", "504:2",
            [SD(), EN(), On("08/10/2025", "504", Sample.Plan504(Id, ("SchoolNumber", Sample.HighSchool)))], [SD(), EN(), On("08/10/2025", "504", Sample.Plan504(Id))])
            { Schools = [Opens(Sample.Elementary), Opens(Sample.HighSchool, new(2025, 9, 1))] },
        new("REF-001", "the first month of a school that opens within it", "DA:2",
            [SD(), EN(), DA(("Month", "08/01/2025"), ("Days", "..................P.....PPPPP.."))], [SD(), EN(), DA(("Month", "08/01/2025"), ("Days", "........................PPPPP.."))])
            { Schools = [Opens(Sample.Elementary)] },
        new("REF-001", "a month without a day of school", "DA:2",
            [SD(), EN(), DA(("SchoolNumber", Sample.ClosedSchool), ("Month", "08/01/2025"), ("Days", new string('.', 31)))], [SD(), EN(), DA(("Month", "08/01/2025"), ("Days", new string('.', 31)))])
            { Schools = [Opens(Sample.Elementary)] },
    ];

    /// <summary>A student of two schools, each of which sends its row.</summary>
    private static RuleFixture Twofold(string what, string type, Sample.Row row, (string, string) difference) => new("FMT-010", $"{what} of two schools", $"{type}:2 {type}:3",
        [SD(), EN(), Of(type, row, row.With(difference))], [SD(), EN(), Of(type, row, row.With(("SchoolNumber", Sample.HighSchool), difference))]);

    private static IEnumerable<RuleFixture> TwoSchools() =>
    [
        Twofold("programs", "PP", Sample.Program(Id), ("EndDate", "12/19/2025")),
        Twofold("English learners", "LP", Sample.Learner(Id), ("ELPLevel", "2.0")),
        Twofold("special education", "SE", Sample.Special(Id), ("EnvironmentCode", "RC39")),
        Twofold("plans", "504", Sample.Plan504(Id), ("EndDate", "12/19/2025")),
        Twofold("meals", "ME", Sample.Meals(Id), ("Certification", "TNF")),
        Twofold("migratory children", "MG", Sample.Migrant(Id), ("ServedSummer", "Y")),
        Twofold("incidents", "BH", Sample.Incident(Id), ("RemovalDays", "3")),
    ];
}
