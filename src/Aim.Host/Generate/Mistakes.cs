using System.Globalization;
using Aim.Records;
using Aim.Rules;
using static Aim.Host.Generate.MistakeKind;

namespace Aim.Host.Generate;

/// <summary>
/// Plants mistakes that break exactly one rule each, so that what a check finds can be held against what was planted. A mistake that
/// gets its row rejected is an extra row: a missing one would have consequences elsewhere.
/// </summary>
internal sealed class Mistakes(SampleRandom random, SchoolYear year, double rate, SampleRegister register, IReadOnlyList<SampleStudent> students, SampleRows rows, AllCollections? collections, SchoolMistakes schools, bool hasPriorYear)
{
    private readonly IdentityMistakes identity = new(random, register, students);
    private SampleStudent? neighbor;

    private IReadOnlyList<MistakeKind>? kinds;
    private readonly Dictionary<string, int> planted = [];

    /// <summary>
    /// Spoils some students in one of the ways that suit, if any does: in the one that was planted least, so that rare kinds get their turn
    /// when a student comes along whom they suit.
    /// </summary>
    /// <param name="next">The student who is written next; null after the district's last.</param>
    public void Plant(SampleStudent student, List<SampleRow> studentRows, SampleStudent? next)
    {
        if (identity.FinishSwap(student, studentRows) || !random.Chance(rate) || student.IsShared || identity.IsReserved(student)) return;
        neighbor = next is not null && !identity.IsReserved(next) ? next : null;
        kinds ??= [.. Kinds()];
        var first = random.Next(kinds.Count);
        var kind = Enumerable.Range(0, kinds.Count).Select(i => kinds[(first + i) % kinds.Count]).Where(kind => kind.Suits(student, studentRows)).MinBy(kind => planted.GetValueOrDefault(kind.Rule));
        if (kind is null) return;
        kind.Plant(student, studentRows);
        identity.Spoiled(student);
        planted[kind.Rule] = planted.GetValueOrDefault(kind.Rule) + 1;
    }

    /// <summary>Whether no mistake is about the student.</summary>
    public bool LeavesAlone(SampleStudent student, IReadOnlyList<SampleRow> studentRows) =>
        !student.IsShared && !identity.IsReserved(student) && !identity.IsSpoiled(student) && studentRows.All(row => row.Planted.Count == 0);

    public IReadOnlyList<NearMatch> NearMatches => identity.NearMatches;
    public IReadOnlyList<SampleCase> Cases => identity.Cases;
    public IReadOnlyList<(StateId Second, SamplePerson Person)> Second => identity.Second;

    /// <summary>A State ID that was merged into another, as reference/identities.csv has it.</summary>
    public List<(StateId Retired, SamplePerson Survivor)> Retired { get; } = [];

    /// <summary>A rule that isn't in force can't be broken.</summary>
    private IEnumerable<MistakeKind> Kinds()
    {
        var inForce = RuleCatalog.All.Where(rule => rule.IsInForce(year)).Select(rule => rule.Id).ToHashSet();
        MistakeKind[] found = [.. FormKinds(), .. ReferenceKinds(), .. PersonKinds(), .. EnrollmentKinds(), .. hasPriorYear ? PriorYearKinds() : [], .. ProgramKinds(), .. collections is null ? [] : new CollectionMistakes(year, rows, collections.Classes).Kinds()];
        return [.. found.Where(kind => inForce.Contains(kind.Rule)), .. IdentityKinds()];
    }

    private IEnumerable<MistakeKind> FormKinds() =>
    [
        Extra("FMT-002", "EN", row => row.ExtraCells = "\tN"),
        Extra("FMT-003", "EN", row => row["EnrollmentComment"] = new string('x', 201)),
        Extra("FMT-004", "EN", row => row["StartDate"] = $"02/30/{year}"),
        Extra("FMT-005", "EN", row => row["RecordType"] = "SD"),
        Extra("FMT-006", "EN", row => row["DistrictNumber"] = row["DistrictNumber"] == "9990" ? "9991" : "9990"),
        InPlace("FMT-007", "SD", (_, _) => true, row => row["GuardianName"] = $"{row["GuardianName"].Replace(' ', '\u0007')} \u2019"),
        InPlace("FMT-008", "EN", (_, row) => row["SchoolNumber"][0] == '0', row => row["SchoolNumber"] = row["SchoolNumber"].TrimStart('0')),
        Extra("FMT-009", "EN", row => row["Grade"] = ""),
        new("FMT-010", (student, _) => student.HasOnlyEnrollments, (student, all) =>
        {
            var (one, other) = (rows.Program(student, "GTE"), rows.Program(student, "GTE"));
            (one["EndDate"], other["EndDate"]) = ("", FileDate.Of(student.Enrollments[0].End));
            foreach (var row in new[] { one, other }) Mark(row, "FMT-010", all);
        }),
        Extra("FMT-011", "EN", row => row["EndYear"] = year.Previous.ToString()),
        Extra("FMT-012", "EN", _ => { }),
    ];

    private IEnumerable<MistakeKind> ReferenceKinds() =>
    [
        Extra("REF-001", "EN", row => row["SchoolNumber"] = "9999"),
        Extra("REF-002", "EN", row => row["CalendarNumber"] = "999"),
        Ghost("REF-003", row => row["StudentStateId"] = register.NewStateId().ToString()),
        new("REF-004", (student, _) => student.Person.StateId is not null, (student, all) =>
        {
            var retired = register.NewStateId();
            Retired.Add((retired, student.Person));
            var row = First(all, "SD");
            row["StudentStateId"] = retired.ToString();
            row.Planted.Add("REF-004");
        }),
        Extra("REF-005", "EN", row => row["ServiceType"] = "X"),
        new("REF-006", (student, _) => student.HasOnlyEnrollments, (student, all) => Mark(rows.Program(student, "SES"), "REF-006", all)),
        // A made-up child under the State ID of a real one, with another name and birth date.
        new("REF-007", (student, _) => student.Person.StateId is not null, (student, all) => Mark(GhostOf(student, all, row => row["StudentStateId"] = student.Person.StateId.ToString()!), "REF-007", all)),
        new("REF-008", (_, _) => true, (student, all) =>
        {
            var row = First(all, "EN").Copy();
            (row["StudentLocalId"], row["StudentStateId"], row["StartStatus"]) = (register.NewLocalId(student.District.District.Number), "", "06");
            Mark(row, "REF-008", all);
        }),
        new("REF-013", (student, _) => IdentityMistakes.IsKnown(student) && identity.FindStranger(student) is not null, (student, all) =>
        {
            var row = First(all, "EN");
            row["StudentStateId"] = identity.FindStranger(student)!.Person.StateId.ToString()!;
            row.Planted.Add("REF-013");
        }),
        InPlace("REF-009", "EN", (_, _) => true, row => (row["LastName"], row["FirstName"]) = ("Quibble", row["FirstName"][0] == 'Z' ? "Yon" : "Zed")),
    ];

    private IEnumerable<MistakeKind> IdentityKinds() =>
    [
        new("CRT-002", (student, _) => student is { IsShared: false, Enrollments.Count: 1 }, (student, all) =>
        {
            var row = First(all, "SD");
            foreach (var column in SampleRows.RaceColumns) row[column] = "N";
            row.Planted.Add("IDN-001");
            schools.WithoutRace(student);
        }),
        // What somebody has to decide: it is in the truth files on matches and cases.
        // A local id that the district had the year before says who it is.
        new("IDN-003", (student, _) => student.PriorGrade is null && IdentityMistakes.IsKnown(student), identity.LeaveOut),
        new("IDN-004", (student, _) => IdentityMistakes.IsKnown(student), (student, _) => identity.GiveSecond(student)),
        new("IDN-005", (student, _) => identity.FindNamesake(student) is not null, (student, all) => identity.Share(student, identity.FindNamesake(student)!, all)),
        new("REF-007, swapped", (student, _) => IdentityMistakes.CanSwap(student, neighbor), (student, all) => identity.Swap(student, neighbor!, all)),
    ];

    private static IEnumerable<MistakeKind> PersonKinds() =>
    [
        Extra("IDN-006", "SD", row => row["BirthDate"] = $"07/01/{row["EndYear"]}"),
        InPlace("IDN-001", "SD", (student, _) => student.Person.StateId is not null, row => row["Gender"] = ""),
        InPlace("IDN-002", "SD", (student, _) => !student.IsInSpecialEducation && IdentityMistakes.IsKnown(student) && student.Person.Grade != "12", row =>
        {
            var tooOld = row.Student.Person.BirthDate.AddYears(-5);
            row["BirthDate"] = FileDate.Of(tooOld);
            if (IdentityMistakes.KnowsBirth(row.Student, tooOld)) row.Planted.Add("REF-007");
        }),
    ];

    private static IEnumerable<MistakeKind> EnrollmentKinds() =>
    [
        Extra("ENR-001", "EN", row => (row["StartDate"], row["EndDate"]) = (row["EndDate"], row["StartDate"]), student => student.Enrollments[0].Start < student.Enrollments[0].End),
        Extra("ENR-002", "EN", row => row["StartDate"] = FileDate.Of(row.Student.Enrollments[0].Calendar.Start.AddDays(-30))),
        Extra("ENR-003", "EN", row => (row["StartDate"], row["StartStatus"]) = (FileDate.Of(row.Student.Enrollments[0].Start.AddDays(3)), "03"),
            student => student.Enrollments.Count == 1 && student.Enrollments[0].End.DayNumber - student.Enrollments[0].Start.DayNumber > 10),
        InPlace("ENR-005", "EN", (student, row) => !student.IsInSpecialEducation && row["EndStatus"] == "190", row => row["EndStatus"] = ""),
        new("ENR-006", (student, _) => student.HasOnlyEnrollments && student.Enrollments is [{ IsGraduation: true }], (student, all) =>
        {
            // An early graduate comes back after some weeks, any other on the very day.
            var row = First(all, "EN").Copy();
            var (end, calendar) = (student.Enrollments[0].End, student.Enrollments[0].Calendar);
            (row["StartDate"], row["StartStatus"]) = (FileDate.Of(calendar.End.DayNumber - end.DayNumber > 30 ? end.AddDays(20) : end), "06");
            (row["EndDate"], row["EndStatus"]) = (FileDate.Of(student.Enrollments[0].Calendar.End), "190");
            (row["DiplomaDate"], row["DiplomaType"], row["DiplomaPeriod"]) = ("", "", "");
            Mark(row, "ENR-006", all);
        }),
        InPlace("ENR-010", "EN", (student, _) => student.Person.Military is null, row => row["StartStatus"] = "60"),
        InPlace("ENR-011", "EN", (_, row) => row["EndStatus"] == "400", row => row["DiplomaType"] = ""),
        InPlace("ENR-011B", "EN", (student, row) => student.Person.Grade == "11" && row["EndStatus"] == "190" && !student.IsInSpecialEducation, row =>
            (row["EndStatus"], row["DiplomaDate"], row["DiplomaType"], row["DiplomaPeriod"]) = ("400", row["EndDate"], "R", "2")),
        InPlace("ENR-012", "EN", (student, row) => student.PriorGrade is null && !AssessmentRows.IsTested(student) && GradeBeside(student) is not null, row => row["Grade"] = GradeBeside(row.Student)!),
        InPlace("ENR-014", "EN", (student, row) => !student.IsInSpecialEducation && row["EndStatus"] == "190", row => (row["EndDate"], row["EndStatus"]) = ("", "")),
    ];

    /// <summary>What contradicts the district's edition of the year before.</summary>
    private static IEnumerable<MistakeKind> PriorYearKinds() =>
    [
        InPlace("ENR-009", "EN", (student, _) => student.PriorGrade is null, row => row["StartStatus"] = "02"),
        InPlace("ENR-009B", "EN", (student, _) => student.PriorGrade is null, row => row["StartStatus"] = "03"),
        InPlace("ENR-013", "EN", (student, _) => GradeTooHigh(student) is not null, row => row["Grade"] = GradeTooHigh(row.Student)!),
    ];

    /// <summary>Two grades above last year's, where the school has it and no test is taken.</summary>
    private static string? GradeTooHigh(SampleStudent student)
    {
        var grade = student.Person.Grade;
        if (student.PriorGrade is null || student.PriorGrade == grade || grade == "PK" || AssessmentRows.IsTested(student) || student.Enrollments is not [{ IsGraduation: false, School: var school }]) return null;
        var next = Array.IndexOf(Families.GradeOrder, grade) + 1;
        return next < Families.GradeOrder.Length && school.Grades.Contains(Families.GradeOrder[next]) ? Families.GradeOrder[next] : null;
    }

    private IEnumerable<MistakeKind> ProgramKinds() =>
    [
        InPlace("PRG-001", "PP", (_, _) => true, row => row["StartDate"] = FileDate.Of(row.Student.Enrollments[0].Start.AddDays(-20))),
        new("PRG-002", (student, _) => !student.IsHomeless && !student.IsInFosterCare, (student, all) => Mark(rows.Program(student, "HML"), "PRG-002", all)),
        InPlace("PRG-003", "LP", (student, _) => student.Enrollments[0].Start.Year < year.EndYear, row => (row["ExitDate"], row["ELPLevel"]) = ($"06/01/{year.Previous}", "")),
        new("PRG-003B", (student, _) => !student.IsImmigrant, (student, all) => Mark(rows.Program(student, "IMM"), "PRG-003B", all)),
        Extra("PRG-012", "LP", row => row["ExitDate"] = FileDate.Of(DateOnly.ParseExact(row["IdentifiedDate"], FileDate.Format, CultureInfo.InvariantCulture).AddDays(-1))),
        Extra("SPD-004", "SE", row => row["IepEnd"] = $"01/01/{year.EndYear - 1}"),
        InPlace("SPD-001", "SE", (_, _) => true, row => row["Locked"] = "N"),
        InPlace("SPD-002", "SE", (_, _) => true, row => row["EnvironmentCode"] = "SPL"),
        InPlace("SPD-003", "SE", (_, _) => true, row => row["ExitDate"] = row["IepEnd"]),
        InPlace("SPD-003B", "SE", (student, _) => student.Enrollments[^1].EndStatus is "190" or "110", row => (row["ExitDate"], row["ExitReason"]) = (row["IepEnd"], "D")),
    ];

    /// <summary>A row of demographics for a child who isn't there.</summary>
    private MistakeKind Ghost(string rule, Action<SampleRow> spoil) => new(rule, (_, _) => true, (student, all) => Mark(GhostOf(student, all, spoil), rule, all));

    private SampleRow GhostOf(SampleStudent student, List<SampleRow> all, Action<SampleRow> spoil)
    {
        var row = First(all, "SD").Copy();
        row["StudentLocalId"] = register.NewLocalId(student.District.District.Number);
        (row["LastName"], row["FirstName"]) = ("Nobody", student.Person.FirstName[0] == 'X' ? "Yan" : "Xan");
        row["BirthDate"] = FileDate.Of(student.Person.BirthDate.AddDays(random.Between(40, 300)));
        spoil(row);
        return row;
    }

    /// <summary>The grade next to the student's that the school does not offer.</summary>
    private static string? GradeBeside(SampleStudent student)
    {
        if (CodeSets.Grade.Find(student.Person.Grade)?.Order is not { } order || order < 1 || student.Enrollments[0].IsGraduation) return null;
        return new[] { order + 1, order - 1 }.Where(grade => grade is >= 1 and <= 12).Select(grade => grade.ToString("D2", CultureInfo.InvariantCulture))
            .FirstOrDefault(grade => !student.Enrollments[0].School.Grades.Contains(grade));
    }
}
