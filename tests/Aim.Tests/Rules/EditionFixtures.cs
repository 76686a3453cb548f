using Aim.Editions;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Setup;
using static Aim.Tests.Rules.FixtureFile;

namespace Aim.Tests.Rules;

/// <summary>An edition that breaks a rule about editions, and one that differs as little as possible and doesn't.</summary>
/// <param name="At">The school that is the cause; a dash for the district.</param>
/// <param name="Fails">The files of the edition; what uploads find in them doesn't matter.</param>
internal sealed record EditionFixture(string Rule, string Case, string At, FixtureFile[] Fails, FixtureFile[] Passes)
{
    /// <summary>The collection that is to be certified.</summary>
    public string? Collection { get; init; }

    /// <summary>Files of the year before.</summary>
    public FixtureFile[] Before { get; init; } = [];

    /// <summary>What is noted before the failing edition is validated.</summary>
    public Func<EditionNotes, EditionKey, Task>? FailsAfter { get; init; }

    /// <inheritdoc cref="FailsAfter" />
    public Func<EditionNotes, EditionKey, Task>? PassesAfter { get; init; }

    public string Name => $"{Rule}: {Case}";
}

/// <summary>For every rule about editions at least one failing and one passing edition, and the boundaries on both sides.</summary>
internal static class EditionFixtures
{
    private static readonly SchoolYear LastYear = Sample.Year.Previous;

    public static IReadOnlyList<EditionFixture> All { get; } = [.. Editions(), .. Certifications(), .. Graduates()];

    private static FixtureFile Students(int count, Func<int, (string, string)[]>? values = null) => Of("SD", Rows(count, i => Sample.Student(IdOf(i), values?.Invoke(i) ?? [])));

    private static FixtureFile Enrolled(int count, Func<int, (string, string)[]>? values = null) => Of("EN", Rows(count, i => Sample.Enrollment(IdOf(i), values?.Invoke(i) ?? [])));

    private static Sample.Row[] Rows(int count, Func<int, Sample.Row> row) => [.. Enumerable.Range(0, count).Select(row)];

    private static string IdOf(int number) => $"{1001 + number}";

    private static FixtureFile Attended(int count, Func<int, string> present) => Of("AA", Rows(count, i => Sample.Attendance(IdOf(i), ("DaysPresent", present(i)), ("EssaDaysAbsent", ""))));

    private static FixtureFile Counted(int count) => Of("AF", Rows(count, i => Sample.FallCount(IdOf(i))));

    /// <summary>The same in the year before.</summary>
    private static FixtureFile Then(string type, params Sample.Row[] rows) =>
        Text(type, Sample.Tsv(type, "10/08/2024", [.. rows.Select(row => row.With(("EndYear", $"{LastYear}")))])) with { Year = LastYear };

    private static FixtureFile[] ThenStudents(int count, params FixtureFile[] more) =>
        [Then("SD", Rows(count, i => Sample.Student(IdOf(i)))), Then("EN", Rows(count, i => Sample.Enrollment(IdOf(i), ("StartDate", "08/26/2024"), ("Grade", "04")))), .. more];

    private static IEnumerable<EditionFixture> Editions() =>
    [
        new("ATT-002", "attended on less than half of the days", Sample.Elementary, [Students(2), Enrolled(2), Attended(2, i => i == 0 ? "89.5" : "90")], [Students(2), Enrolled(2), Attended(2, _ => "90")]),
        new("ATT-002", "nobody missed a day", Sample.Elementary, [Students(10), Enrolled(10), Attended(10, _ => "180")], [Students(10), Enrolled(10), Attended(10, i => i == 0 ? "179.5" : "180")]),
        new("ATT-002", "nobody of nine missed a day", Sample.Elementary, [Students(10), Enrolled(10), Attended(10, _ => "180")], [Students(9), Enrolled(9), Attended(9, _ => "180")]),
        new("BEH-001", "no incident", Sample.Elementary, [Students(1), Enrolled(1)], [Students(1), Enrolled(1), Of("BH", Sample.Incident(IdOf(0)))]) { Collection = CollectionName.EndOfYear },
        new("BEH-001", "no incident, and confirmed for another school", Sample.Elementary, [Students(1), Enrolled(1)], [Students(1), Enrolled(1)])
        {
            Collection = CollectionName.EndOfYear,
            FailsAfter = (notes, edition) => notes.ConfirmZeroIncidentsAsync(edition, Sample.HighSchool, "test", CancellationToken.None),
            PassesAfter = (notes, edition) => notes.ConfirmZeroIncidentsAsync(edition, Sample.Elementary, "test", CancellationToken.None),
        },
        new("BEH-001B", "an incident after it was confirmed that there were none", Sample.Elementary, [Students(1), Enrolled(1), Of("BH", Sample.Incident(IdOf(0)))], [Students(1), Enrolled(1)])
        {
            FailsAfter = (notes, edition) => notes.ConfirmZeroIncidentsAsync(edition, Sample.Elementary, "test", CancellationToken.None),
            PassesAfter = (notes, edition) => notes.ConfirmZeroIncidentsAsync(edition, Sample.Elementary, "test", CancellationToken.None),
        },
        new("CNT-007", "ten of 50 fewer than last year", "-", [Students(40), Enrolled(40), Counted(40)], [Students(41), Enrolled(41), Counted(41)])
            { Before = ThenStudents(50, Then("AF", Rows(50, i => Sample.FallCount(IdOf(i), ("CountDate", "10/07/2024"))))) },
        new("CNT-008", "another figure in the funding system", "-", [Students(2), Enrolled(2), Counted(2)], [Students(2), Enrolled(2), Counted(2)])
        {
            FailsAfter = (notes, edition) => notes.PutFundingCountAsync(edition, CollectionName.FallCount, 3, "test", CancellationToken.None),
            PassesAfter = (notes, edition) => notes.PutFundingCountAsync(edition, CollectionName.FallCount, 2, "test", CancellationToken.None),
        },
    ];

    private static IEnumerable<EditionFixture> Certifications() =>
    [
        new("CRT-001", "the high school has no student", Sample.HighSchool, [Students(1), Enrolled(1)], [Students(2), Enrolled(2, i => i == 0 ? [] : [("SchoolNumber", Sample.HighSchool), ("Grade", "07")])])
            { Collection = CollectionName.FallCount },
        new("CRT-001", "the one student expected never came", Sample.HighSchool, [Students(2), Enrolled(2, i => i == 0 ? [] : [("SchoolNumber", Sample.HighSchool), ("Grade", "07"), ("NoShow", "Y")])],
            [Students(2), Enrolled(2, i => i == 0 ? [] : [("SchoolNumber", Sample.HighSchool), ("Grade", "07")])]) { Collection = CollectionName.FallCount },
        new("CRT-002", "a student without race", Sample.Elementary, [Students(2, i => i == 0 ? [("White", "N")] : []), Enrolled(2)], [Students(2, i => i == 0 ? [("White", "N"), ("HispanicLatino", "Y")] : []), Enrolled(2)])
            { Collection = CollectionName.FallCount },
        new("CRT-003", "twenty of forty fewer", Sample.Elementary, [Students(20), Enrolled(20)], [Students(21), Enrolled(21)]) { Collection = CollectionName.FallCount, Before = ThenStudents(40) },
        new("CRT-004", "grade 4 has twenty more", Sample.Elementary, [Students(40), Enrolled(40, i => [("Grade", i < 20 ? "04" : "05")])], [Students(40), Enrolled(40, i => [("Grade", i < 19 ? "04" : "03")])])
            { Collection = CollectionName.FallCount, Before = ThenStudents(0, Then("SD", Rows(19, i => Sample.Student(IdOf(i)))), Then("EN", Rows(19, i => Sample.Enrollment(IdOf(i), ("StartDate", "08/26/2024"), ("Grade", i < 4 ? "03" : "05"))))) },
        new("CRT-005", "twenty fewer white students", Sample.Elementary, [Students(40, i => i < 20 ? [("White", "N"), ("Asian", "Y")] : []), Enrolled(40)], [Students(40, i => i < 19 ? [("White", "N"), ("Asian", "Y")] : []), Enrolled(40)])
            { Collection = CollectionName.EndOfYear, Before = ThenStudents(40) },
        new("CRT-006", "twenty of 24 fewer in special education", Sample.Elementary,
            [Students(24), Enrolled(24), Of("SE", Rows(4, i => Sample.Special(IdOf(i))))], [Students(24), Enrolled(24), Of("SE", Rows(5, i => Sample.Special(IdOf(i))))])
            { Collection = CollectionName.ChildCount, Before = ThenStudents(24, Then("SE", Rows(24, i => Sample.Special(IdOf(i), ("IepStart", "02/01/2024"), ("IepEnd", "01/31/2025"))))) },
        new("CRT-009", "the fall count is not certified", "-", [Students(1), Enrolled(1)], [Students(1), Enrolled(1)])
            { Collection = CollectionName.ChildCount, PassesAfter = (notes, edition) => notes.NoteCertifiedAsync(edition, CollectionName.FallCount, "test", CancellationToken.None) },
    ];

    private static FixtureFile Seniors(int count) => Students(count, _ => [("BirthDate", "02/01/2008")]);

    /// <summary>Seniors, so many of whom graduated and dropped out.</summary>
    private static FixtureFile HighSchool(int count, int graduates, int dropouts = 0) => Enrolled(count, i => [.. Senior, .. i < graduates ? Graduate("06/05/2026") : i < graduates + dropouts ? [("EndDate", "01/16/2026"), ("EndStatus", "300")] : Array.Empty<(string, string)>()]);

    private static (string, string)[] Senior => [("SchoolNumber", Sample.HighSchool), ("Grade", "12")];

    private static (string, string)[] Graduate(string day) => [("EndDate", day), ("EndStatus", "400"), ("DiplomaDate", day), ("DiplomaType", "R"), ("DiplomaPeriod", "2")];

    private static FixtureFile[] SeniorsBefore(int count, int graduates) =>
    [
        Then("SD", Rows(count, i => Sample.Student($"9{IdOf(i)}", ("BirthDate", "02/01/2007")))),
        Then("EN", Rows(count, i => Sample.Enrollment($"9{IdOf(i)}", [("StartDate", "08/26/2024"), .. Senior, .. i < graduates ? Graduate("06/05/2025") : Array.Empty<(string, string)>()]))),
    ];

    private static IEnumerable<EditionFixture> Graduates() =>
    [
        new("CRT-007", "more than a fifth above last year's seniors", Sample.HighSchool, [Seniors(13), HighSchool(13, 13)], [Seniors(12), HighSchool(12, 12)]) { Collection = CollectionName.Graduates, Before = SeniorsBefore(10, 0) },
        new("CRT-007", "none of ten seniors graduated", Sample.HighSchool, [Seniors(10), HighSchool(10, 0)], [Seniors(10), HighSchool(10, 1)]) { Collection = CollectionName.Graduates, Before = SeniorsBefore(10, 0) },
        new("CRT-007", "the share of graduates fell by more than 25 points", Sample.HighSchool, [Seniors(10), HighSchool(10, 6)], [Seniors(10), HighSchool(10, 7)]) { Collection = CollectionName.Graduates, Before = SeniorsBefore(10, 9) },
        new("CRT-008", "a hundred high-school students, and no dropout", Sample.HighSchool, [Seniors(100), HighSchool(100, 90)], [Seniors(99), HighSchool(99, 90)]) { Collection = CollectionName.Graduates },
        new("CRT-008", "one of a hundred dropped out", Sample.HighSchool, [Seniors(100), HighSchool(100, 90)], [Seniors(100), HighSchool(100, 90, 1)]) { Collection = CollectionName.Graduates },
    ];
}
