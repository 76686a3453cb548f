using Aim.Records;

namespace Aim.Uploads;

/// <summary>A column as the parser wants it: where it stands in this file and what is allowed in it.</summary>
internal sealed class PlannedColumn
{
    public required string Name { get; init; }

    /// <summary>Position in the file's rows, or -1 when the file hasn't the column.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Position of the field in the record, for columns of content.</summary>
    public int Field { get; init; } = -1;

    public required int Width { get; init; }
    public bool Required { get; init; }
    public bool Digits { get; init; }
    public CodeSet? Codes { get; init; }
}

/// <summary>A layout bound to one file: the content columns in the order of the record's fields, and the columns about the row.</summary>
internal sealed class RowPlan
{
    public required RecordType Type { get; init; }

    /// <summary>How many columns each row has.</summary>
    public required int ColumnCount { get; init; }

    /// <summary>One for every field of the record.</summary>
    public required PlannedColumn[] Content { get; init; }

    public required PlannedColumn RecordType { get; init; }
    public required PlannedColumn District { get; init; }
    public required PlannedColumn StateId { get; init; }
    public required PlannedColumn LocalId { get; init; }
    public required PlannedColumn LastName { get; init; }
    public required PlannedColumn FirstName { get; init; }
    public required PlannedColumn EndYear { get; init; }

    public static RowPlan For(FileLayout layout, FileForm form)
    {
        var type = layout.Type;
        var ordinals = form.Header is { } header
            ? header.Select((name, index) => (name, index)).ToDictionary(item => item.name, item => item.index, StringComparer.OrdinalIgnoreCase)
            : layout.Columns.Select((column, index) => (column.Name, index)).ToDictionary(item => item.Name, item => item.index, StringComparer.OrdinalIgnoreCase);
        var byField = layout.Columns.Where(column => column.Target is not null).ToDictionary(column => type.FieldIndex(column.Target!));
        return new RowPlan
        {
            Type = type,
            ColumnCount = ordinals.Count,
            Content = [.. type.Fields.Select((field, index) => byField.TryGetValue(index, out var column) ? Planned(column, index) : Absent(field.Name, index))],
            RecordType = Role(ColumnRole.RecordType),
            District = Role(ColumnRole.District),
            StateId = Role(ColumnRole.StateId),
            LocalId = Role(ColumnRole.LocalId),
            LastName = Role(ColumnRole.LastName),
            FirstName = Role(ColumnRole.FirstName),
            EndYear = Role(ColumnRole.EndYear),
        };

        PlannedColumn Role(ColumnRole role) => layout.Columns.FirstOrDefault(column => column.Role == role) is { } column ? Planned(column, -1) : Absent(role.ToString(), -1);

        PlannedColumn Absent(string name, int field) => new() { Name = name, Ordinal = -1, Field = field, Width = int.MaxValue };

        PlannedColumn Planned(LayoutColumn column, int field) => new()
        {
            Name = column.Name,
            Ordinal = ordinals.GetValueOrDefault(column.Name, -1),
            Field = field,
            Width = column.Width,
            Required = column.Required,
            Digits = column.Digits,
            Codes = column.Codes is null ? null : CodeSets.Get(column.Codes),
        };
    }
}
