using System.Collections.Concurrent;
using System.Text.Json;
using Aim.Editions;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>
/// A record as JSON: a property for each column of the layout that is about the record, in camel case by the name of its field. What may
/// stand in a file's column may stand in the property, and is read by the same rules.
/// </summary>
public sealed class RecordForm
{
    private static readonly ConcurrentDictionary<FileLayout, RecordForm> Forms = new(ReferenceEqualityComparer.Instance);

    private readonly Dictionary<string, (int Ordinal, FieldKind Kind)> properties = [];

    /// <summary>By what findings name: the column of a file, or the record's field.</summary>
    private readonly Dictionary<string, string> propertyOf = [];
    private readonly IReadOnlyList<(string Name, Func<EditionRow, string?> Value)> stated;

    private RecordForm(FileLayout layout)
    {
        Plan = RowPlan.For(layout, new FileForm { Version = layout.Version });
        foreach (var column in Plan.Content.Where(column => column.Ordinal >= 0))
        {
            var field = Plan.Type.Fields[column.Field];
            var property = RecordType.JsonName(field.Name);
            properties[property] = (column.Ordinal, field.Kind);
            propertyOf[column.Name] = propertyOf[field.Name] = property;
        }
        (PlannedColumn Column, Func<EditionRow, string?> Value)[] about =
            [(Plan.StateId, row => row.StatedId?.ToString()), (Plan.LastName, row => row.StatedLastName), (Plan.FirstName, row => row.StatedFirstName)];
        stated = [.. about.Where(item => item.Column.Ordinal >= 0).Select(item => (RecordType.JsonName(item.Column.Name), item.Value))];
        foreach (var (column, _) in about)
        {
            if (column.Ordinal < 0) continue;
            properties[propertyOf[column.Name] = RecordType.JsonName(column.Name)] = (column.Ordinal, FieldKind.Text);
        }
    }

    internal RowPlan Plan { get; }

    /// <summary>Null when records of the type aren't taken in that year.</summary>
    public static RecordForm? Find(RecordType type, SchoolYear year) => FileLayouts.Find(type, null, year) is { } layout ? Forms.GetOrAdd(layout, static layout => new RecordForm(layout)) : null;

    /// <summary>A local id as an edition has it, without what that puts before it: trimmed and cleaned as one in a file is. What can't be one stays as it is.</summary>
    public string LocalIdOf(string sent)
    {
        var reading = new FieldReading(new ParseJob(Plan, new FileForm(), default, default, default, null));
        reading.Begin(new FindingList(), mayHoldOddCharacters: true);
        reading.BeginRow(0);
        reading.ReadLocalId(Plan.LocalId, sent);
        return reading.IsRejected ? sent : reading.LocalId[Plan.Type.LocalIdPrefix.Length..].ToString();
    }

    /// <summary>A finding with the property that its field is of the record.</summary>
    internal static Finding WithProperty(Finding finding, SchoolYear year) =>
        finding is { Record: { } code, Field: { } field } && Find(RecordTypes.Find(code)!, year) is { } form ? finding with { Property = form.propertyOf.GetValueOrDefault(field) } : finding;

    /// <summary>Why a value is no record of this form, in a sentence; null when it is one. Says nothing of what the fields hold.</summary>
    public string? ProblemIn(JsonElement record)
    {
        if (record.ValueKind != JsonValueKind.Object) return "A record is a JSON object with a property for each field.";
        try
        {
            return ProblemInProperties(record);
        }
        catch (InvalidOperationException)
        {
            // Found only when a text is taken out of what was parsed: bytes that are no UTF-8, or an escape that is half a character.
            return "A text of the record can't be read: send whole characters, as UTF-8.";
        }
    }

    private string? ProblemInProperties(JsonElement record)
    {
        var seen = new HashSet<string>();
        foreach (var property in record.EnumerateObject())
        {
            if (!properties.TryGetValue(property.Name, out var place)) return $"Records of type {Plan.Type} have no property '{Shortened(property.Name)}'; they have {string.Join(", ", properties.Keys)}.";
            if (!seen.Add(property.Name)) return $"The property '{property.Name}' is there twice; send it once.";
            if (!Fits(property.Value.ValueKind, place.Kind)) return $"The property '{property.Name}' is a text{KindOf(place.Kind)} or null.";
            if (property.Value.ValueKind == JsonValueKind.String) _ = property.Value.GetString();
        }
        return null;
    }

    private static bool Fits(JsonValueKind value, FieldKind kind) => value switch
    {
        JsonValueKind.String or JsonValueKind.Null => true,
        JsonValueKind.True or JsonValueKind.False => kind == FieldKind.Flag,
        JsonValueKind.Number => kind is FieldKind.Number or FieldKind.Amount,
        _ => false,
    };

    private static string KindOf(FieldKind kind) => kind switch { FieldKind.Flag => ", true, false", FieldKind.Number or FieldKind.Amount => ", a number", _ => "" };

    private static string Shortened(string name) => name.Length <= 40 ? name : $"{name[..40]}…";

    /// <summary>The texts of a record that has no problem, at the positions of the layout's columns.</summary>
    internal string?[] TextsOf(JsonElement record)
    {
        var texts = new string?[Plan.ColumnCount];
        foreach (var property in record.EnumerateObject())
        {
            texts[properties[property.Name].Ordinal] = property.Value.ValueKind switch
            {
                JsonValueKind.True => "Y",
                JsonValueKind.False => "N",
                JsonValueKind.Null => null,
                JsonValueKind.Number => property.Value.GetRawText(),
                _ => property.Value.GetString(),
            };
        }
        return texts;
    }

    /// <summary>Writes the cells of a file's row, in the order of the layout's columns, as the record that they are; empty ones left out.</summary>
    public void Write(Utf8JsonWriter json, IReadOnlyList<string> cells)
    {
        json.WriteStartObject();
        foreach (var (name, place) in properties) if (cells[place.Ordinal].Length > 0) json.WriteString(name, cells[place.Ordinal]);
        json.WriteEndObject();
    }

    /// <summary>Writes a stored row as it would be sent, empty fields left out.</summary>
    public void Write(Utf8JsonWriter json, EditionRow row)
    {
        json.WriteStartObject();
        foreach (var (name, value) in stated) if (value(row) is { } text) json.WriteString(name, text);
        row.Type.WriteJson(json, row.Content.Span);
        json.WriteEndObject();
    }
}
