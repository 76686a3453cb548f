using Aim.Records;
using Aim.Uploads;

namespace Aim.Host.Generate;

/// <summary>A row of a generated file, with the rules it was made to break.</summary>
internal sealed class SampleRow(SampleLayout layout, SampleStudent student, string[] cells)
{
    public SampleLayout Layout => layout;
    public SampleStudent Student => student;
    public List<string> Planted { get; } = [];

    public string this[string column]
    {
        get => cells[layout.IndexOf(column)];
        set => cells[layout.IndexOf(column)] = value;
    }

    /// <summary>Set to write the row with another number of columns.</summary>
    public string? ExtraCells { get; set; }

    public SampleRow Copy() => new(layout, student, (string[])cells.Clone()) { ExtraCells = ExtraCells };

    public string Text => string.Join('\t', cells) + ExtraCells;
}

/// <summary>A file layout with its columns by name.</summary>
internal sealed class SampleLayout(FileLayout layout)
{
    private readonly Dictionary<string, int> columns = layout.Columns.Select((column, i) => (column.Name, i)).ToDictionary(item => item.Name, item => item.i);

    public string Type => layout.RecordType;
    public string Version => layout.Version;

    public int IndexOf(string column) => columns[column];

    public SampleRow Row(SampleStudent student, SchoolYear year, params ReadOnlySpan<(string Column, string Value)> values)
    {
        var cells = new string[columns.Count];
        Array.Fill(cells, "");
        var row = new SampleRow(this, student, cells);
        row["RecordType"] = Type;
        row["DistrictNumber"] = student.District.District.Number.Value;
        row["StudentStateId"] = student.Person.StateId?.ToString() ?? "";
        row["StudentLocalId"] = student.LocalId;
        row["LastName"] = student.Person.LastName;
        row["FirstName"] = student.Person.FirstName;
        row["EndYear"] = year.ToString();
        foreach (var (column, value) in values) row[column] = value;
        return row;
    }
}

/// <summary>Makes a student's rows of every record type.</summary>
internal sealed class SampleRows(SampleRandom random, SchoolYear year)
{
    private static readonly string[] Disabilities = ["SLD", "SLI", "OHI", "AUT", "EMN", "ID", "MD", "HI", "OI", "VI", "TBI"];
    private static readonly string[] Environments = ["RC80", "RC80", "RC80", "RC79TO40", "RC39", "SS", "HH"];
    private static readonly string[] Residences = ["D", "D", "D", "STH", "HM", "U"];
    private static readonly string[] ElServices = ["ELD", "SUP", "BI", "OTH"];

    private readonly SampleLayout students = LayoutOf(RecordTypes.Student, year);
    private readonly SampleLayout enrollments = LayoutOf(RecordTypes.Enrollment, year);
    private readonly SampleLayout programs = LayoutOf(RecordTypes.ProgramParticipation, year);
    private readonly SampleLayout learners = LayoutOf(RecordTypes.EnglishLearner, year);
    private readonly SampleLayout special = LayoutOf(RecordTypes.SpecialEducation, year);

    private static SampleLayout LayoutOf(RecordType type, SchoolYear year) =>
        new(FileLayouts.Find(type, null, year) ?? throw new InvalidDataException($"There is no layout of {type.Code} files for {year.Span}."));

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
        var row = students.Row(student, year,
            ("MiddleName", person.MiddleName ?? ""), ("Suffix", person.Suffix ?? ""), ("Gender", person.Gender), ("BirthDate", FileDate.Of(person.BirthDate)), ("HomeLanguage", person.Language),
            ("DateEnteredUS", FileDate.Of(person.EnteredUs)), ("DateFirstEntered9th", FileDate.Of(FirstEntered9th(person))), ("MilitaryConnection", person.Military ?? ""),
            ("Address1", person.Street), ("City", person.City), ("State", "MT"), ("Zip", person.Zip), ("GuardianName", person.Guardian));
        string[] ethnicity = ["HispanicLatino", "AmericanIndian", "Asian", "Black", "PacificIslander", "White"];
        for (var i = 0; i < ethnicity.Length; i++) row[ethnicity[i]] = person.Ethnicity[i] ? "Y" : "N";
        return row;
    }

    private DateOnly? FirstEntered9th(SamplePerson person) =>
        CodeSets.Grade.Find(person.Grade)?.Order is { } grade and >= 9 and <= 12 ? new DateOnly(year.EndYear - 1 - (grade - 9), 8, 25) : null;

    private SampleRow Enrollment(SampleStudent student, SampleEnrollment enrollment)
    {
        var isGraduation = enrollment.IsGraduation;
        return enrollments.Row(student, year,
            ("SchoolNumber", enrollment.School.Number), ("CalendarNumber", enrollment.Calendar.Number), ("Grade", FileGrade(student.Person.Grade)), ("ServiceType", "P"),
            ("StartDate", FileDate.Of(enrollment.Start)), ("StartStatus", enrollment.StartStatus), ("EndDate", FileDate.Of(enrollment.End)), ("EndStatus", enrollment.EndStatus),
            ("NoShow", "N"), ("StateExclude", "N"), ("DiplomaDate", isGraduation ? FileDate.Of(enrollment.End) : ""), ("DiplomaType", isGraduation ? "R" : ""),
            ("DiplomaPeriod", isGraduation ? "2" : ""), ("AggregateHoursPlanned", student.Person.Grade == "PK" ? "540" : "1080"), ("ModeOfInstruction", "IP"),
            ("JobCorps", "N"), ("YouthChalleNGe", "N"), ("MTDA", "N"));
    }

    /// <summary>Montana's files tell full-day kindergarten from half-day.</summary>
    private string FileGrade(string grade) => grade == "KG" ? random.Chance(0.85) ? "KF" : "KH" : grade;

    private IEnumerable<SampleRow> Programs(SampleStudent student)
    {
        if (student.IsTitleOne) yield return Program(student, "T1", ("Attribute1", random.Chance(0.7) ? "SW" : "TA"));
        if (student.IsHomeless) yield return Program(student, "HML", ("Attribute1", random.Pick(Residences)), ("Attribute2", random.Chance(0.08) ? "Y" : "N"));
        if (student.IsImmigrant) yield return Program(student, "IMM");
        if (student.IsGifted) yield return Program(student, "GTI");
        if (student.Person.Military is not null) yield return Program(student, "MIL");
    }

    public SampleRow Program(SampleStudent student, string program, params ReadOnlySpan<(string Column, string Value)> values)
    {
        var enrollment = student.Enrollments[0];
        var row = programs.Row(student, year,
            ("SchoolNumber", enrollment.School.Number), ("CalendarNumber", enrollment.Calendar.Number), ("Program", program),
            ("StartDate", FileDate.Of(enrollment.Start)), ("EndDate", random.Chance(0.7) ? FileDate.Of(enrollment.End) : ""));
        foreach (var (column, value) in values) row[column] = value;
        return row;
    }

    private SampleRow Learner(SampleStudent student)
    {
        var enrollment = student.Enrollments[0];
        var exits = random.Chance(0.08);
        var tested = new DateOnly(year.EndYear - 1, 1, 20).AddDays(random.Next(40));
        return learners.Row(student, year,
            ("SchoolNumber", enrollment.School.Number), ("CalendarNumber", enrollment.Calendar.Number), ("ELStatus", "EL"),
            ("IdentifiedDate", FileDate.Of(enrollment.Start.AddYears(exits ? -2 : -1).AddDays(random.Next(60)))), ("ExitDate", exits ? FileDate.Of(new DateOnly(year.EndYear - 1, 6, 30)) : ""),
            ("ServiceType", random.Pick(ElServices)), ("ELPTestDate", FileDate.Of(tested)), ("ELPLevel", $"{random.Between(exits ? 5 : 1, exits ? 5 : 4)}.{random.Next(10)}"));
    }

    private SampleRow Special(SampleStudent student)
    {
        var enrollment = student.Enrollments[0];
        var start = new DateOnly(year.EndYear - 1, 1, 10).AddDays(random.Next(240));
        return special.Row(student, year,
            ("SchoolNumber", enrollment.School.Number), ("CalendarNumber", enrollment.Calendar.Number), ("PrimaryDisability", random.Pick(Disabilities)), ("EnvironmentCode", random.Pick(Environments)),
            ("IepStart", FileDate.Of(start)), ("IepEnd", FileDate.Of(start.AddYears(1).AddDays(-1))), ("Locked", "Y"));
    }
}
