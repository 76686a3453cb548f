using Aim.Organizations;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Host.Generate;

/// <summary>A row of a generated file, with the rules it was made to break.</summary>
internal sealed class SampleRow(SampleLayout layout, SampleStudent? student, string[] cells)
{
    public SampleLayout Layout => layout;

    /// <summary>Whom the row is about.</summary>
    /// <exception cref="InvalidOperationException">It is about a course, a teacher or a class.</exception>
    public SampleStudent Student => student ?? throw new InvalidOperationException("The row is about no student.");

    public List<string> Planted { get; } = [];

    /// <summary>A fatal mistake keeps the row out.</summary>
    public bool IsRejected => Planted.Exists(rule => RuleCatalog.Get(rule).Severity == Severity.Fatal);

    /// <summary>In the order of the layout's columns.</summary>
    public IReadOnlyList<string> Cells => cells;

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
internal sealed class SampleLayout(FileLayout layout, SchoolYear year)
{
    private readonly Dictionary<string, int> columns = layout.Columns.Select((column, i) => (column.Name, i)).ToDictionary(item => item.Name, item => item.i);

    public string Type => layout.RecordType;
    public string Version => layout.Version;

    public int IndexOf(string column) => columns[column];

    public static SampleLayout Of(RecordType type, SchoolYear year) =>
        new(FileLayouts.Find(type, null, year) ?? throw new InvalidDataException($"There is no layout of {type.Code} files for {year.Span}."), year);

    /// <summary>A row about a student.</summary>
    public SampleRow Row(SampleStudent student, params ReadOnlySpan<(string Column, string Value)> values)
    {
        var row = New(student, student.District.District.Number);
        row["StudentStateId"] = student.Person.StateId?.ToString() ?? "";
        row["StudentLocalId"] = student.LocalId;
        row["LastName"] = student.Person.LastName;
        row["FirstName"] = student.Person.FirstName;
        foreach (var (column, value) in values) row[column] = value;
        return row;
    }

    /// <summary>A row about a student in a school.</summary>
    public SampleRow Row(SampleStudent student, School school, SchoolCalendar calendar, params ReadOnlySpan<(string Column, string Value)> values)
    {
        var row = Row(student, values);
        row["SchoolNumber"] = school.Number;
        row["CalendarNumber"] = calendar.Number;
        return row;
    }

    /// <summary>A row about something else that a district has.</summary>
    public SampleRow Row(DistrictId district, params ReadOnlySpan<(string Column, string Value)> values)
    {
        var row = New(null, district);
        foreach (var (column, value) in values) row[column] = value;
        return row;
    }

    private SampleRow New(SampleStudent? student, DistrictId district)
    {
        var cells = new string[columns.Count];
        Array.Fill(cells, "");
        return new SampleRow(this, student, cells) { ["RecordType"] = Type, ["DistrictNumber"] = district.Value, ["EndYear"] = year.ToString() };
    }
}
