using Aim.Records;
using Aim.Tests.Movement;
using Aim.Tests.Setup;
using static Aim.Tests.Movement.Stay;

namespace Aim.Tests.Rules;

/// <summary>Enrollments of one child, in two districts or under two local ids, that break a state rule, and ones that differ as little as possible and don't.</summary>
/// <param name="At">The districts that get a finding.</param>
internal sealed record StateFixture(string Rule, string Case, string At, Stay[] Fails, Stay[] Passes)
{
    /// <summary>The night on which it is judged.</summary>
    public DateOnly On { get; init; } = new(2026, 3, 1);

    /// <summary>Another night for the passing ones, where time alone makes the difference.</summary>
    public DateOnly? PassesOn { get; init; }

    public string Name => $"{Rule}: {Case}";
}

/// <summary>For every state rule at least one failing and one passing pair of districts, and the boundaries on both sides.</summary>
internal static class StateFixtures
{
    private static readonly SchoolYear NextYear = new(Sample.Year.EndYear + 1);

    private static readonly (string, string) Partial = ("ServiceType", "S");

    private static readonly (string, string)[] Diploma = [("DiplomaDate", "01/16/2026"), ("DiplomaType", "R"), ("DiplomaPeriod", "1"), ("SchoolNumber", Sample.HighSchool), ("Grade", "12")];

    private static Stay Next(Stay stay) => stay with { Year = NextYear };

    public static IReadOnlyList<StateFixture> All { get; } = [.. OverlapsInDistrict(), .. Overlaps(), .. NotArrived(), .. Dropouts(), .. Contradicted(), .. Counts()];

    private static IEnumerable<StateFixture> OverlapsInDistrict() =>
    [
        new("ENR-003B", "both open", "0123", [Here("08/25/2025"), Again("10/01/2025")], [Here("08/25/2025", "09/30/2025", "190"), Again("10/01/2025")]),
        new("ENR-003B", "by one day", "0123", [Here("08/25/2025", "10/02/2025", "190"), Again("10/01/2025")], [Here("08/25/2025", "10/01/2025", "190"), Again("10/01/2025")]),
        new("ENR-003B", "in two schools", "0123", [Here("08/25/2025"), Again("08/25/2025", "", "", ("SchoolNumber", Sample.HighSchool), ("Grade", "07"))],
            [Here("08/25/2025", "10/01/2025", "110"), Again("10/02/2025", "", "", ("SchoolNumber", Sample.HighSchool), ("Grade", "07"))]),
        new("ENR-003B", "three enrollments under two local ids are one case", "0123", [Here("08/25/2025", "10/01/2025", "190"), Here("10/02/2025"), Again("09/25/2025")], [Here("08/25/2025", "10/01/2025", "190"), Again("10/02/2025")]),
        new("ENR-003B", "a partial enrollment beside a primary one is none", "0123", [Here("08/25/2025"), Again("08/25/2025")], [Here("08/25/2025"), Again("08/25/2025", "", "", Partial)]),
        new("ENR-003B", "who never came is nowhere", "0123", [Here("08/25/2025"), Again("08/25/2025")], [Here("08/25/2025"), Again("08/25/2025", "", "", ("NoShow", "Y"))]),
        new("ENR-003B", "what is kept out of counts takes nothing from another", "0123", [Here("08/25/2025"), Again("08/25/2025")], [Here("08/25/2025"), Again("08/25/2025", "", "", ("StateExclude", "Y"))]),
    ];

    private static IEnumerable<StateFixture> Overlaps() =>
    [
        new("ENR-004", "both open", "0123 0456", [Here("08/25/2025"), There("10/01/2025")], [Here("08/25/2025", "09/30/2025", "120"), There("10/01/2025")]),
        new("ENR-004", "by one day", "0123 0456", [Here("08/25/2025", "10/02/2025", "120"), There("10/01/2025")], [Here("08/25/2025", "10/01/2025", "120"), There("10/01/2025")]),
        new("ENR-004", "begun on the same day", "0123 0456", [Here("10/01/2025", "10/02/2025", "120"), There("10/01/2025")], [Here("10/01/2025", "10/01/2025", "120"), There("10/01/2025")]),
        new("ENR-004", "the one started earlier ends first", "0123 0456", [There("08/25/2025", "12/01/2025", "120"), Here("11/30/2025")], [There("08/25/2025", "12/01/2025", "120"), Here("12/01/2025")]),
        new("ENR-004", "a partial enrollment beside a primary one is none", "0123 0456", [Here("08/25/2025"), There("08/25/2025")], [Here("08/25/2025"), There("08/25/2025", "", "", ("ServiceType", "S"))]),
        new("ENR-004", "who never came is nowhere", "0123 0456", [Here("08/25/2025"), There("08/25/2025")], [Here("08/25/2025"), There("08/25/2025", "", "", ("NoShow", "Y"))]),
        new("ENR-004", "what is kept out of counts takes nothing from another", "0123 0456", [Here("08/25/2025"), There("08/25/2025")], [Here("08/25/2025"), There("08/25/2025", "", "", ("StateExclude", "Y"))]),
    ];

    private static IEnumerable<StateFixture> NotArrived() =>
    [
        new("ENR-007", "nobody enrolls the student", "0123", [Here("08/25/2025", "10/01/2025", "120")], [Here("08/25/2025", "10/01/2025", "120"), There("10/20/2025")]),
        new("ENR-007", "judged once 30 days have passed", "0123", [Here("08/25/2025", "10/01/2025", "120")], [Here("08/25/2025", "10/01/2025", "120")]) { On = new(2025, 11, 1), PassesOn = new(2025, 10, 31) },
        new("ENR-007", "a transfer inside the district that leads nowhere", "0123", [Here("08/25/2025", "10/01/2025", "110")], [Here("08/25/2025", "10/01/2025", "110"), Here("10/02/2025", "", "", ("SchoolNumber", Sample.HighSchool), ("Grade", "07"))]),
        new("ENR-007", "who never came didn't arrive", "0123", [Here("08/25/2025", "10/01/2025", "120"), There("10/02/2025", "", "", ("NoShow", "Y"))], [Here("08/25/2025", "10/01/2025", "120"), There("10/02/2025")]),
        new("ENR-007", "over the summer there is time until September 30", "0123", [Here("08/25/2025", "06/03/2026", "120")], [Here("08/25/2025", "06/03/2026", "120")]) { On = new(2026, 10, 1), PassesOn = new(2026, 9, 30) },
        new("ENR-007", "the arrival is in the next year's records", "0123", [Here("08/25/2025", "06/03/2026", "120")], [Here("08/25/2025", "06/03/2026", "120"), Next(There("08/27/2026"))]) { On = new(2026, 10, 1) },
        new("ENR-007", "an exit out of the state needs no arrival", "0123", [Here("08/25/2025", "10/01/2025", "120")], [Here("08/25/2025", "10/01/2025", "130")]),
    ];

    private static IEnumerable<StateFixture> Counts() =>
    [
        new("CNT-006", "three quarters and a half", "0123 0456", [Here("08/25/2025").Counted("AF", 540), There("08/25/2025", "", "", Partial).Counted("AF", 360)],
            [Here("08/25/2025").Counted("AF", 539), There("08/25/2025", "", "", Partial).Counted("AF", 360)]),
        new("CNT-006", "a whole and a quarter in the spring", "0123 0456", [Here("08/25/2025").Counted("AS", 720), There("08/25/2025", "", "", Partial).Counted("AS", 180)],
            [Here("08/25/2025").Counted("AS", 720), There("08/25/2025", "", "", Partial).Counted("AS", 179)]),
        new("CNT-006", "who is excluded counts for nothing", "0123 0456", [Here("08/25/2025").Counted("AF", 1080), There("08/25/2025", "", "", Partial).Counted("AF", 1080)],
            [Here("08/25/2025").Counted("AF", 1080), There("08/25/2025", "", "", Partial).Counted("AF", 1080, ("Exclude10Day", "Y"), ("ConsecutiveAbsences", "11"))]),
        new("CNT-006", "whole in the fall here and in the spring there", "0123 0456",
            [Here("08/25/2025").Counted("AF", 1080), There("08/25/2025", "", "", Partial).Counted("AF", 180).Counted("AS", 1080)],
            [Here("08/25/2025", "10/31/2025", "120").Counted("AF", 1080), There("11/03/2025").Counted("AS", 1080)]),
        new("CNT-006", "two schools of one district", "0123", [Here("08/25/2025").Counted("AF", 720), Here("08/25/2025", "", "", Partial, ("SchoolNumber", Sample.HighSchool), ("Grade", "07")).Counted("AF", 360)],
            [Here("08/25/2025").Counted("AF", 540), Here("08/25/2025", "", "", Partial, ("SchoolNumber", Sample.HighSchool), ("Grade", "07")).Counted("AF", 180)]),
    ];

    private static IEnumerable<StateFixture> Dropouts() =>
    [
        new("ENR-008", "in school elsewhere the month after", "0123", [Here("08/25/2025", "10/01/2025", "300"), There("11/03/2025")], [Here("08/25/2025", "10/01/2025", "120"), There("10/20/2025")]),
        new("ENR-008", "back by September 30", "0123", [Here("08/25/2025", "10/01/2025", "310"), Next(There("09/30/2026"))], [Here("08/25/2025", "10/01/2025", "310"), Next(There("10/01/2026"))]) { On = new(2026, 11, 1) },
        new("ENR-008", "back in the same district is a re-entry", "0123", [Here("08/25/2025", "10/01/2025", "300"), There("11/03/2025")], [Here("08/25/2025", "10/01/2025", "300"), Here("11/03/2025", "", "", ("StartStatus", "03"))]),
    ];

    private static IEnumerable<StateFixture> Contradicted() =>
    [
        new("ENR-015", "out of the state, and in another district 30 days later", "0123",
            [Here("08/25/2025", "10/01/2025", "130"), There("10/31/2025", "", "", ("StartStatus", "04"))], [Here("08/25/2025", "10/01/2025", "130"), There("11/01/2025", "", "", ("StartStatus", "04"))]),
        new("ENR-015", "the entry tells of a return", "0123",
            [Here("08/25/2025", "10/01/2025", "140"), There("10/20/2025", "", "", ("StartStatus", "04"))], [Here("08/25/2025", "10/01/2025", "140"), There("10/20/2025", "", "", ("StartStatus", "07"))]),
        new("ENR-015", "died, and in school", "0123", [Here("08/25/2025", "10/01/2025", "500"), There("02/02/2026")], [Here("08/25/2025", "10/01/2025", "120"), There("10/02/2025")]),
        new("ENR-015", "graduated, and in school in another district", "0123",
            [Here("08/25/2025", "01/16/2026", "400", Diploma), There("02/02/2026", "", "", ("Grade", "08"))], [Here("08/25/2025", "01/16/2026", "400", Diploma)]),
    ];
}
