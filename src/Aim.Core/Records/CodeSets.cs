using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aim.Records;

/// <summary>One permitted value. Logic asks for its <see cref="Class"/> or <see cref="Federal"/> value, never for the code itself.</summary>
public sealed record CodeEntry
{
    public required string Code { get; init; }
    public required string Label { get; init; }

    /// <summary>What the code means to rules and counts, for instance <c>Graduate</c>; null where nothing depends on it.</summary>
    public string? Class { get; init; }

    /// <summary>The EDFacts value that it is reported as.</summary>
    public string? Federal { get; init; }

    /// <summary>The CEDS exit or withdrawal type it maps to.</summary>
    public string? Ceds { get; init; }

    /// <summary>Place in an order of grades: kindergarten 0, grade 12 is 12.</summary>
    public int? Order { get; init; }

    /// <summary>True for start statuses that say the student is military-connected.</summary>
    public bool Military { get; init; }

    /// <summary>First and last school year (end years) in which the code may be used; null is open.</summary>
    [JsonPropertyName("from")]
    public int? FirstYear { get; init; }

    /// <inheritdoc cref="FirstYear" />
    [JsonPropertyName("to")]
    public int? LastYear { get; init; }

    /// <summary>The state has not confirmed this code yet; it stands in for the real numeral.</summary>
    public bool ToBeConfirmed { get; init; }

    public bool IsValidIn(SchoolYear year) => year.EndYear >= (FirstYear ?? int.MinValue) && year.EndYear <= (LastYear ?? int.MaxValue);
}

/// <summary>A list of permitted values. Upper and lower case are the same; the stored form is the list's.</summary>
public sealed class CodeSet
{
    private readonly FrozenDictionary<string, CodeEntry> byCode;
    private readonly FrozenDictionary<string, CodeEntry>.AlternateLookup<ReadOnlySpan<char>> bySpan;

    internal CodeSet(string name, string title, IReadOnlyList<CodeEntry> entries)
    {
        Name = name;
        Title = title;
        Entries = entries;
        byCode = entries.ToFrozenDictionary(entry => entry.Code, StringComparer.OrdinalIgnoreCase);
        bySpan = byCode.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public string Name { get; }
    public string Title { get; }
    public IReadOnlyList<CodeEntry> Entries { get; }

    public CodeEntry? Find(ReadOnlySpan<char> code) => bySpan.TryGetValue(code, out var entry) ? entry : null;

    public CodeEntry? Find(string? code) => code is not null && byCode.TryGetValue(code, out var entry) ? entry : null;

    /// <summary>The class of a code; null for an empty or unknown one.</summary>
    public string? ClassOf(string? code) => Find(code)?.Class;

    /// <summary>The EDFacts value of a code; null for an empty, unknown or unreported one.</summary>
    public string? FederalOf(string? code) => Find(code)?.Federal;
}

/// <summary>What codes can mean to rules and counts.</summary>
public static class CodeClass
{
    public const string Continued = nameof(Continued);
    public const string Reentry = nameof(Reentry);
    public const string TransferInState = nameof(TransferInState);
    public const string OutOfState = nameof(OutOfState);
    public const string OutOfCountry = nameof(OutOfCountry);
    public const string TransferOutOfState = nameof(TransferOutOfState);
    public const string TransferOutOfCountry = nameof(TransferOutOfCountry);
    public const string PrivateOrHome = nameof(PrivateOrHome);
    public const string StateFunded = nameof(StateFunded);
    public const string GradeChange = nameof(GradeChange);
    public const string YearEnd = nameof(YearEnd);
    public const string NoShow = nameof(NoShow);
    public const string Graduate = nameof(Graduate);
    public const string OtherCompleter = nameof(OtherCompleter);
    public const string Dropout = nameof(Dropout);
    public const string Deceased = nameof(Deceased);
    public const string Homeless = nameof(Homeless);
    public const string Immigrant = nameof(Immigrant);
    public const string Residence = nameof(Residence);
    public const string Current = nameof(Current);
    public const string SchoolAge = nameof(SchoolAge);
    public const string EarlyChildhood = nameof(EarlyChildhood);
    public const string Moved = nameof(Moved);
    public const string FosterCare = nameof(FosterCare);
    public const string Participated = nameof(Participated);
    public const string Direct = nameof(Direct);
    public const string Weapon = nameof(Weapon);
    public const string Firearm = nameof(Firearm);
    public const string InSchool = nameof(InSchool);
    public const string OutOfSchool = nameof(OutOfSchool);
    public const string Expulsion = nameof(Expulsion);
    public const string Primary = nameof(Primary);
    public const string NotEligible = nameof(NotEligible);
    public const string DevelopmentalDelay = nameof(DevelopmentalDelay);
}

/// <summary>All code sets, read once from the embedded data.</summary>
public static class CodeSets
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Dictionary<string, CodeSet> Sets = Load();

    public static CodeSet Grade { get; } = Get("grade");
    public static CodeSet Gender { get; } = Get("gender");
    public static CodeSet StartStatus { get; } = Get("startStatus");
    public static CodeSet EndStatus { get; } = Get("endStatus");
    public static CodeSet ServiceType { get; } = Get("serviceType");
    public static CodeSet MilitaryConnection { get; } = Get("militaryConnection");
    public static CodeSet Program { get; } = Get("program");
    public static CodeSet ProgramAttribute { get; } = Get("programAttribute");
    public static CodeSet ElStatus { get; } = Get("elStatus");
    public static CodeSet Disability { get; } = Get("disability");
    public static CodeSet Environment { get; } = Get("environment");
    public static CodeSet SpecialEducationExit { get; } = Get("specialEducationExit");
    public static CodeSet Language { get; } = Get("language");
    public static CodeSet Attendance { get; } = Get("attendance");
    public static CodeSet Participation { get; } = Get("participation");
    public static CodeSet MealEligibility { get; } = Get("mealEligibility");
    public static CodeSet MealCertification { get; } = Get("mealCertification");
    public static CodeSet BehaviorEvent { get; } = Get("behaviorEvent");
    public static CodeSet Weapon { get; } = Get("weapon");
    public static CodeSet BehaviorResolution { get; } = Get("behaviorResolution");

    public static IReadOnlyCollection<CodeSet> All => Sets.Values;

    /// <exception cref="InvalidDataException">No code set has that name.</exception>
    public static CodeSet Get(string name) => Sets.GetValueOrDefault(name) ?? throw new InvalidDataException($"There is no code set '{name}'.");

    private static Dictionary<string, CodeSet> Load()
    {
        using var stream = EmbeddedData.Open("Records/Data/codes.json");
        var sets = JsonSerializer.Deserialize<Dictionary<string, StoredSet>>(stream, Json)!;
        return sets.ToDictionary(set => set.Key, set => new CodeSet(set.Key, set.Value.Title, set.Value.Codes));
    }

    private sealed record StoredSet(string Title, CodeEntry[] Codes);
}

/// <summary>Data files that are part of the build: code sets, layouts, federal file specifications.</summary>
internal static class EmbeddedData
{
    public static Stream Open(string name) =>
        typeof(EmbeddedData).Assembly.GetManifestResourceStream(name) ?? throw new InvalidDataException($"The build lacks the data file {name}.");

    /// <summary>The names in one folder, in ordinal order.</summary>
    public static IEnumerable<string> List(string folder) =>
        typeof(EmbeddedData).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
