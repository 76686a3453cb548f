using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aim.Federal;

/// <summary>At which level a file reports: the whole state, its districts, or its schools.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FederalLevel>))]
public enum FederalLevel { SEA = 1, LEA = 2, SCH = 3 }

/// <summary>A field of a record: its name and place in the fixed-width form (first position 1, both ends included).</summary>
public sealed record FederalField
{
    public string? Name { get; init; }
    public required int Start { get; init; }
    public required int End { get; init; }

    /// <summary>Always empty.</summary>
    public bool Filler { get; init; }

    public bool Required { get; init; }

    /// <summary>Right-justified in the fixed-width form.</summary>
    public bool Number { get; init; }

    [JsonIgnore]
    public int Width => End - Start + 1;
}

/// <summary>The form of a file at one level.</summary>
public sealed record LevelSpec(string FileType, IReadOnlyList<FederalField> Fields)
{
    public int IndexOf(string field)
    {
        for (var i = 0; i < Fields.Count; i++) if (Fields[i].Name == field) return i;
        return -1;
    }
}

/// <summary>Which categories are crossed: CSA… for detail, ST1… for subtotals, TOT for the total.</summary>
public sealed record CategorySet(string Code, IReadOnlyList<string> Categories)
{
    /// <summary>N on detail, Y on subtotals and the total.</summary>
    [JsonIgnore]
    public string TotalIndicator => Code.StartsWith("CS", StringComparison.Ordinal) ? "N" : "Y";
}

/// <summary>A table of a count file.</summary>
public sealed record FederalTable(string Type, IReadOnlyList<CategorySet> Sets);

/// <summary>Which rows are written although their count is zero.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ZeroRows>))]
public enum ZeroRows
{
    None = 1,

    /// <summary>Every combination of the permitted values.</summary>
    All = 2,

    /// <summary>Every combination, for the grades the organisation offers.</summary>
    Offered = 3,
}

/// <summary>The permitted values of a category, in the order rows are written.</summary>
/// <param name="Field">The field that takes the value.</param>
public sealed record FederalCategory(string Field, IReadOnlyList<string> Values)
{
    /// <summary>Permitted in every category, and behind its values.</summary>
    public const string MissingValue = "MISSING";

    /// <summary>The value for what no single code of a record says, by what it is: two or more races, a child of five, a learner.</summary>
    public IReadOnlyDictionary<string, string> Means { get; init; } = new Dictionary<string, string>();

    /// <summary>Values that leave a student out of the category's sets, rather than being missing there.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}

/// <summary>Who is counted in a file.</summary>
/// <param name="Rule">Name of the counting rule: what has to be true of a student.</param>
/// <param name="ServiceTypes">Classes of service types of which an enrollment counts.</param>
public sealed record CountedStudents(string Rule, IReadOnlyList<string> ServiceTypes)
{
    /// <summary>Whether a student in a grade the school does not offer is left out.</summary>
    public bool OfferedGradesOnly { get; init; }

    /// <summary>The category out of whose sets a student's grade must not be; null asks no grade.</summary>
    public string? GradesOf { get; init; }

    /// <summary>Educational environments, as EDFacts values, whose children are in no school's count.</summary>
    public IReadOnlyList<string> EnvironmentsAtNoSchool { get; init; } = [];
}

/// <summary>
/// An EDFacts file: its layouts by level, its tables and category sets, and the policy for zero counts. Data, taken from the metadata
/// that the Department of Education publishes each year.
/// </summary>
public sealed record FederalSpec
{
    /// <summary>FS and three digits.</summary>
    public required string File { get; init; }

    public required string Title { get; init; }

    /// <summary>Up to nine letters, part of the file's name.</summary>
    public required string Abbreviation { get; init; }

    /// <summary>End year of the metadata the layout comes from.</summary>
    public required int MetadataYear { get; init; }

    /// <summary>Who is counted; null for directory files.</summary>
    public CountedStudents? Counted { get; init; }

    public IReadOnlyList<FederalTable> Tables { get; init; } = [];

    /// <summary>By level and set code; <c>*</c> stands for every set.</summary>
    public IReadOnlyDictionary<FederalLevel, IReadOnlyDictionary<string, ZeroRows>> ZeroRows { get; init; } = new Dictionary<FederalLevel, IReadOnlyDictionary<string, ZeroRows>>();

    public required IReadOnlyDictionary<FederalLevel, LevelSpec> Levels { get; init; }

    /// <summary>The three digits without FS.</summary>
    [JsonIgnore]
    public string Number => File[2..];

    public ZeroRows ZeroRowsFor(FederalLevel level, CategorySet set) =>
        !ZeroRows.TryGetValue(level, out var policy) ? Federal.ZeroRows.None
        : policy.TryGetValue(set.Code, out var own) ? own
        : policy.TryGetValue("*", out var every) ? every
        : Federal.ZeroRows.None;
}

/// <summary>The files this system writes, and the categories they use.</summary>
public static class FederalSpecs
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static IReadOnlyDictionary<string, FederalCategory> Categories { get; } = Load<Dictionary<string, FederalCategory>>("Federal/Specs/categories.json");

    public static IReadOnlyList<FederalSpec> All { get; } =
        [.. EmbeddedDataFiles().Select(Load<FederalSpec>).OrderBy(spec => spec.File, StringComparer.Ordinal)];

    /// <summary>Null when the file isn't one of those written; case doesn't matter, and neither does a leading FS.</summary>
    public static FederalSpec? Find(string file) =>
        All.FirstOrDefault(spec => spec.File.Equals(file, StringComparison.OrdinalIgnoreCase) || spec.Number == file);

    private static IEnumerable<string> EmbeddedDataFiles() =>
        Records.EmbeddedData.List("Federal/Specs/").Where(name => name.StartsWith("Federal/Specs/FS", StringComparison.Ordinal));

    private static T Load<T>(string name)
    {
        using var stream = Records.EmbeddedData.Open(name);
        return JsonSerializer.Deserialize<T>(stream, Json)!;
    }
}
