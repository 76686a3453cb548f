using System.Globalization;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>Makes a student's rows of the core record types: who the student is, enrollments, programs, English learners and special education.</summary>
internal sealed class SampleRows(SampleRandom random, SchoolYear year)
{
    private static readonly string[] Disabilities = ["SLD", "SLI", "OHI", "AUT", "EMN", "ID", "MD", "HI", "OI", "VI", "TBI"];
    private static readonly string[] Environments = ["RC80", "RC80", "RC80", "RC79TO40", "RC39", "SS", "HH"];
    private static readonly string[] Residences = ["D", "D", "D", "STH", "HM", "U"];
    private static readonly string[] ElServices = ["ELD", "SUP", "BI", "OTH"];

    public static IReadOnlyList<string> RaceColumns { get; } = ["HispanicLatino", "AmericanIndian", "Asian", "Black", "PacificIslander", "White"];

    private readonly SampleLayout students = SampleLayout.Of(RecordTypes.Student, year);
    private readonly SampleLayout enrollments = SampleLayout.Of(RecordTypes.Enrollment, year);
    private readonly SampleLayout programs = SampleLayout.Of(RecordTypes.ProgramParticipation, year);
    private readonly SampleLayout learners = SampleLayout.Of(RecordTypes.EnglishLearner, year);
    private readonly SampleLayout special = SampleLayout.Of(RecordTypes.SpecialEducation, year);

    public IEnumerable<SampleRow> Of(SampleStudent student)
    {
        yield return Demographics(student);
        foreach (var enrollment in student.Enrollments) yield return Enrollment(student, enrollment);
        foreach (var row in Programs(student)) yield return row;
        if (student.IsEnglishLearner) yield return Learner(student);
        if (student.IsInSpecialEducation) yield return Special(student);
    }

    private SampleRow Demographics(SampleStudent student)
    {
        var person = student.Person;
        var row = students.Row(student,
            ("MiddleName", person.MiddleName ?? ""), ("Suffix", person.Suffix ?? ""), ("Gender", person.Gender), ("BirthDate", FileDate.Of(person.BirthDate)), ("HomeLanguage", person.Language),
            ("DateEnteredUS", FileDate.Of(person.EnteredUs)), ("DateFirstEntered9th", FileDate.Of(FirstEntered9th(person))), ("MilitaryConnection", person.Military ?? ""),
            ("Address1", person.Street), ("City", person.City), ("State", "MT"), ("Zip", person.Zip), ("GuardianName", person.Guardian));
        for (var i = 0; i < RaceColumns.Count; i++) row[RaceColumns[i]] = person.Ethnicity[i] ? "Y" : "N";
        return row;
    }

    private DateOnly? FirstEntered9th(SamplePerson person) =>
        CodeSets.Grade.Find(person.Grade)?.Order is { } grade and >= 9 and <= 12 ? new DateOnly(year.EndYear - 1 - (grade - 9), 8, 25) : null;

    private SampleRow Enrollment(SampleStudent student, SampleEnrollment enrollment)
    {
        var isGraduation = enrollment.IsGraduation;
        return enrollments.Row(student, enrollment.School, enrollment.Calendar,
            ("Grade", student.Person.FileGrade), ("ServiceType", "P"),
            ("StartDate", FileDate.Of(enrollment.Start)), ("StartStatus", enrollment.StartStatus), ("EndDate", FileDate.Of(enrollment.End)), ("EndStatus", enrollment.EndStatus),
            ("NoShow", "N"), ("StateExclude", student.IsKeptOut ? "Y" : "N"), ("DiplomaDate", isGraduation ? FileDate.Of(enrollment.End) : ""), ("DiplomaType", isGraduation ? "R" : ""),
            ("DiplomaPeriod", isGraduation ? "2" : ""), ("AggregateHoursPlanned", student.AggregateHours.ToString(CultureInfo.InvariantCulture)), ("ModeOfInstruction", "IP"),
            ("JobCorps", "N"), ("YouthChalleNGe", "N"), ("MTDA", "N"));
    }

    private IEnumerable<SampleRow> Programs(SampleStudent student)
    {
        if (student.IsTitleOne) yield return Program(student, "T1", ("Attribute1", random.Chance(0.7) ? "SW" : "TA"));
        if (student.IsHomeless) yield return Program(student, "HML", ("Attribute1", random.Pick(Residences)), ("Attribute2", random.Chance(0.08) ? "Y" : "N"));
        if (student.IsImmigrant) yield return Program(student, "IMM");
        if (student.IsGifted) yield return Program(student, "GTI");
        if (student.Person.Military is not null) yield return Program(student, "MIL");
        if (student.IsInFosterCare) yield return Program(student, "FOS");
    }

    public SampleRow Program(SampleStudent student, string program, params ReadOnlySpan<(string Column, string Value)> values)
    {
        var enrollment = student.Enrollments[0];
        var row = programs.Row(student, enrollment.School, enrollment.Calendar,
            ("Program", program),
            ("StartDate", FileDate.Of(enrollment.Start)), ("EndDate", random.Chance(0.7) ? FileDate.Of(enrollment.End) : ""));
        foreach (var (column, value) in values) row[column] = value;
        return row;
    }

    private SampleRow Learner(SampleStudent student)
    {
        var enrollment = student.Enrollments[0];
        var exits = random.Chance(0.08);
        var tested = new DateOnly(year.EndYear - 1, 1, 20).AddDays(random.Next(40));
        return learners.Row(student, enrollment.School, enrollment.Calendar,
            ("ELStatus", "EL"),
            ("IdentifiedDate", FileDate.Of(enrollment.Start.AddYears(exits ? -2 : -1).AddDays(random.Next(60)))), ("ExitDate", exits ? FileDate.Of(new DateOnly(year.EndYear - 1, 6, 30)) : ""),
            ("ServiceType", random.Pick(ElServices)), ("ELPTestDate", FileDate.Of(tested)), ("ELPLevel", $"{random.Between(exits ? 5 : 1, exits ? 5 : 4)}.{random.Next(10)}"));
    }

    private SampleRow Special(SampleStudent student)
    {
        var enrollment = student.Enrollments[0];
        var start = new DateOnly(year.EndYear - 1, 1, 10).AddDays(random.Next(240));
        return special.Row(student, enrollment.School, enrollment.Calendar,
            ("PrimaryDisability", random.Pick(Disabilities)), ("EnvironmentCode", random.Pick(Environments)),
            ("IepStart", FileDate.Of(start)), ("IepEnd", FileDate.Of(start.AddYears(1).AddDays(-1))), ("Locked", "Y"));
    }
}
