using Aim.Records;
using Aim.Rules;
using static Aim.Host.Generate.MistakeKind;

namespace Aim.Host.Generate;

/// <summary>The kinds of mistakes in what is collected besides the core: counts, attendance, assessments, meals, plans, behavior and classes.</summary>
internal sealed class CollectionMistakes(SchoolYear year, SampleRows rows, ClassRows classes)
{
    public IEnumerable<MistakeKind> Kinds() => [.. CountKinds(), .. AttendanceKinds(), .. AssessmentKinds(), .. BehaviorKinds(), .. EligibilityKinds(), .. ClassKinds().Select(OfFiles)];

    /// <summary>What is wrong in an archive of classes is planted there.</summary>
    private static MistakeKind OfFiles(MistakeKind kind) => kind with { Suits = (student, all) => !student.District.SendsRosters && kind.Suits(student, all) };

    private IEnumerable<MistakeKind> CountKinds() =>
    [
        // Before the file was made, and still in March.
        Extra("CNT-001", "TW", row => row["CountDate"] = FileDate.Of(SchoolDays.TestWindow(year).AddDays(12))),
        InPlace("CNT-002", "AF", row => row["AggregateHours"] = ""),
        InPlace("CNT-003", "AF", (student, _) => student.Person.Grade != "PK", row => row["AggregateHours"] = "150"),
        InPlace("CNT-004", "AF", row => (row["AbsentOnCountDate"], row["Exclude10Day"], row["ConsecutiveAbsences"]) = ("Y", "N", "12")),
        InPlace("CNT-004B", "AF", (_, row) => row["Exclude10Day"] == "N", row => row["Exclude10Day"] = "Y"),
        new("CNT-005", (student, all) => student is { Person.Grade: "KG", IsInSpecialEducation: false } && all.Exists(IsCounted), (student, all) =>
        {
            var (child, tooYoung) = (First(all, "SD"), new DateOnly(year.EndYear - 6, 9, 20));
            child["BirthDate"] = FileDate.Of(tooYoung);
            if (IdentityMistakes.KnowsBirth(student, tooYoung)) child.Planted.Add("REF-007");
            foreach (var row in all.Where(IsCounted)) row.Planted.Add("CNT-005");
        }),
        InPlace("CNT-009", "AF", (student, _) => student.Enrollments[0].Covers(FallDay.AddDays(-14)), row => row["CountDate"] = FileDate.Of(FallDay.AddDays(-14))),
        InPlace("CNT-009B", "AF", (student, _) => student.Enrollments[0].Covers(FallDay.AddDays(1)), row => row["CountDate"] = FileDate.Of(FallDay.AddDays(1))),
        InPlace("CNT-010", "AF", row => row["StartDate"] = FileDate.Of(row.Student.Enrollments[0].Start.AddDays(-1))),
        InPlace("CNT-011", "TW", (student, _) => student.Enrollments is [{ } only] && only.Covers(SchoolDays.TestWindow(year).AddDays(-7)), row => row["CountDate"] = FileDate.Of(SchoolDays.TestWindow(year).AddDays(-7))),
    ];

    private DateOnly FallDay => Ages.FallCountDay(year);

    private static bool IsCounted(SampleRow row) => row.Layout.Type is "AF" or "AS" && row["Exclude10Day"] == "N";

    private static IEnumerable<MistakeKind> AttendanceKinds() =>
    [
        InPlace("ATT-001", "AA", row => (row["DaysPresent"], row["EssaDaysAbsent"]) = (row["DaysEnrolled"], "3")),
        Extra("ATT-003", "DA", row => row["Days"] = row["Days"][..^1]),
        InPlace("ATT-004", "DA", (student, row) => student.Enrollments is [{ Start: { Day: > 1 } start }] && row["Month"] == FileDate.Of(new DateOnly(start.Year, start.Month, 1)), row =>
        {
            var before = row.Student.Enrollments[0].Start.Day - 2;
            row["Days"] = $"{row["Days"][..before]}P{row["Days"][(before + 1)..]}";
        }),
    ];

    private IEnumerable<MistakeKind> AssessmentKinds() =>
    [
        InPlace("ASM-001", "AR", (_, row) => row["Participation"] != "P", row => row["PerformanceLevel"] = "2"),
        InPlace("ASM-002", "AR", (_, row) => row["Participation"] == "P", row => (row["PerformanceLevel"], row["ScaleScore"]) = ("", "")),
        InPlace("ASM-003", "AR", row => row["Grade"] = row["Grade"] == "05" ? "06" : "05"),
        InPlace("ASM-004", "AR", (_, row) => row["Participation"] == "P", row => row["TestDate"] = $"07/14/{year}"),
    ];

    private static IEnumerable<MistakeKind> BehaviorKinds() =>
    [
        InPlace("BEH-002", "BH", (_, row) => row["InterimRemoval"] == "", row => row["IncidentDate"] = FileDate.Of(row.Student.Enrollments[0].Start.AddDays(-30))),
        InPlace("BEH-003", "BH", row => (row["EventCode"], row["WeaponCode"]) = ("WPN", "")),
        InPlace("BEH-004", "BH", (_, row) => row["RemovalDays"] != "", row => row["RemovalDays"] = ""),
        InPlace("BEH-005", "BH", (_, row) => row["InterimRemoval"] == "", row => (row["EventCode"], row["WeaponCode"], row["ResolutionCode"], row["RemovalDays"]) = ("WPN", "HG", "OSS", "5")),
        InPlace("BEH-006", "BH", (student, row) => !student.IsInSpecialEducation && row["WeaponCode"] == "", row => (row["ResolutionCode"], row["RemovalDays"], row["InterimRemoval"]) = ("OSS", "5", "HO")),
    ];

    private IEnumerable<MistakeKind> EligibilityKinds() =>
    [
        Extra("PRG-004", "PP", row => row["EndDate"] = FileDate.Of(row.Student.Enrollments[0].Start.AddDays(-10))),
        InPlace("PRG-005", "ME", row => (row["StartDate"], row["EndDate"]) = (FileDate.Of(row.Student.Enrollments[0].Start.AddDays(-90)), FileDate.Of(row.Student.Enrollments[0].Start.AddDays(-30)))),
        Extra("PRG-006", "504", row => (row["StartDate"], row["EndDate"]) = (FileDate.Of(row.Student.Enrollments[0].Start.AddDays(10)), FileDate.Of(row.Student.Enrollments[0].Start.AddDays(30)))),
        InPlace("PRG-007", "MG", row => (row["QualifyingArrivalDate"], row["ContinuationOfServices"]) = ($"06/01/{year.EndYear - 5}", "N")),
        Extra("PRG-008", "MG", row => row["EndDate"] = $"06/01/{year.EndYear - 5}"),
        InPlace("PRG-009", "ME", (_, row) => row["Certification"] is not "INC", row => row["Eligibility"] = "N"),
        Extra("PRG-010", "ME", row => row["StartDate"] = FileDate.Of(row.Student.Enrollments[0].Start.AddDays(30))),
        new("PRG-011", (student, _) => student.IsHomeless, (student, all) =>
        {
            all.Find(row => row.Layout.Type == "PP" && row["Program"] == "HML")!.Planted.Add("PRG-011");
            all.Add(rows.Program(student, "FOS"));
        }),
    ];

    private IEnumerable<MistakeKind> ClassKinds() =>
    [
        Extra("CLS-001", "RU", row => row["EndDate"] = FileDate.Of(row.Student.Enrollments[0].Start.AddDays(-1))),
        InPlace("CLS-002", "RU", row => row["StartDate"] = FileDate.Of(row.Student.Enrollments[0].Calendar.Start.AddDays(-5))),
        Extra("CLS-003", "MK", row => row["SectionNumber"] = ClassRows.SectionOfOthers(row.Student)),
        Extra("REF-010", "RU", row => row["SectionNumber"] = "NONE-1"),
        new("REF-011", IsInClasses, (student, all) => Mark(classes.Section(student, "NONE-9", null), "REF-011", all)),
        new("REF-012", IsInClasses, (student, all) => Mark(classes.Section(student, null, "NOBODY"), "REF-012", all)),
    ];

    private static bool IsInClasses(SampleStudent student, List<SampleRow> all) => all.Exists(row => row.Layout.Type == "RU");
}
