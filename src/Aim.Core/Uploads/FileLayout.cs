using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>What a column is to the row as a whole; columns of content have none and name a target field instead.</summary>
public enum ColumnRole { Content, RecordType, District, StateId, LocalId, LastName, FirstName, EndYear }

/// <summary>One column of a file.</summary>
public sealed record LayoutColumn
{
    public required string Name { get; init; }

    /// <summary>What belongs in it, in a few words for the clerk who fills it in; docs/layouts.md prints it.</summary>
    public required string About { get; init; }

    /// <summary>Most characters a value may have.</summary>
    public required int Width { get; init; }

    public ColumnRole Role { get; init; }

    /// <summary>The record's field that takes the value.</summary>
    public string? Target { get; init; }

    /// <summary>Name of the code set the value must be in.</summary>
    public string? Codes { get; init; }

    public bool Required { get; init; }

    /// <summary>A number of fixed width with leading zeros, such as a school number.</summary>
    public bool Digits { get; init; }
}

/// <summary>
/// The columns of one record type in one version of the file format: data, so that a state can take a vendor's real column order
/// without a new build.
/// </summary>
public sealed record FileLayout
{
    public required string RecordType { get; init; }

    /// <summary>The version a file's header names, such as MT9.1.</summary>
    public required string Version { get; init; }

    /// <summary>First and last school year (end years) in which files of this layout are taken.</summary>
    public int? FirstYear { get; init; }

    /// <inheritdoc cref="FirstYear" />
    public int? LastYear { get; init; }

    /// <summary>What tells its rows apart, as a sentence for the clerk.</summary>
    public required string KnownBy { get; init; }

    /// <summary>When the file is to be sent, as a sentence for the clerk.</summary>
    public required string Sent { get; init; }

    public required IReadOnlyList<LayoutColumn> Columns { get; init; }

    [JsonIgnore]
    public RecordType Type => RecordTypes.Find(RecordType) ?? throw new InvalidDataException($"Layout for the unknown record type {RecordType}.");

    public bool IsValidIn(SchoolYear year) => year.EndYear >= (FirstYear ?? int.MinValue) && year.EndYear <= (LastYear ?? int.MaxValue);
}

/// <summary>All layouts of the build.</summary>
public static class FileLayouts
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static IReadOnlyList<FileLayout> All { get; } = [.. EmbeddedData.List("Uploads/Layouts/").Select(Load).OrderBy(layout => layout.Type.Number)];

    /// <summary>The layout of a record type in a version (null: the newest) that is taken in that year; null when there is none.</summary>
    public static FileLayout? Find(RecordType type, string? version, SchoolYear year) =>
        All.LastOrDefault(layout => layout.Type == type && layout.IsValidIn(year) && (version is null || layout.Version.Equals(version, StringComparison.OrdinalIgnoreCase)));

    private static FileLayout Load(string name)
    {
        using var stream = EmbeddedData.Open(name);
        var layout = JsonSerializer.Deserialize<FileLayout>(stream, Json)!;
        foreach (var column in layout.Columns.Where(column => column.Role == ColumnRole.Content))
        {
            if (column.Target is null || layout.Type.FieldIndex(column.Target) < 0) throw new InvalidDataException($"{name}: column {column.Name} has no field '{column.Target}'.");
            if (column.Codes is not null) CodeSets.Get(column.Codes);
        }
        return layout;
    }
}
