using System.Reflection;
using System.Text.Json.Serialization;
using Aim.Ports;
using Aim.Records;

namespace Aim.Snapshots;

/// <summary>What to freeze.</summary>
/// <param name="Name">Lower-case letters, digits and dashes; names a snapshot for good.</param>
/// <param name="Date">The count day that reports from this snapshot go by.</param>
public sealed record SnapshotInput(string Name, SchoolYear Year, DateOnly Date, string RequestedBy)
{
    private const int LongestName = 64;

    /// <summary>Why the name can't be used, in a sentence; null when it can.</summary>
    public static string? NameProblem(string name) =>
        name.Length is > 0 and <= LongestName && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? null
            : $"A snapshot's name has 1 to {LongestName} lower-case letters, digits and dashes, such as fall-2026.";
}

/// <summary>The cut: everything committed up to the moment is in, everything later is not.</summary>
public sealed record SnapshotPlan(SnapshotInput Input, DateTimeOffset Moment, string ReferenceVersion, int Parts)
{
    public static string PrefixOf(string name) => $"snapshots/{name}/";

    [JsonIgnore]
    public string Prefix => PrefixOf(Input.Name);

    public StateIdRange Range(int part) => StateIdRange.Split(Parts)[part];
}

/// <summary>One range of students to freeze.</summary>
public sealed record FreezeInput(SnapshotPlan Plan, int Part);

/// <summary>One Parquet file of a snapshot: the records of one type of one range of State IDs.</summary>
/// <param name="Path">Blob path.</param>
public sealed record FrozenPart(string RecordType, int Part, string Path, long Rows, long Bytes, string Sha256);

/// <summary>What a freeze of one range came to.</summary>
public sealed record FrozenRange(int Part, long Students, IReadOnlyList<FrozenPart> Files);

/// <summary>
/// The seal of a snapshot, written last: what is in it, cut when, by which rules and code. A snapshot without a manifest does not exist.
/// </summary>
public sealed record SnapshotManifest
{
    public required string Name { get; init; }
    public required SchoolYear Year { get; init; }

    /// <summary>The count day of reports.</summary>
    public required DateOnly Date { get; init; }

    public required DateTimeOffset Moment { get; init; }
    public required long Students { get; init; }

    /// <summary>Rows by record type.</summary>
    public required IReadOnlyDictionary<string, long> Rows { get; init; }

    public required IReadOnlyList<FrozenPart> Files { get; init; }

    /// <summary>Blob of the reference data as it was, with its SHA-256.</summary>
    public required string Reference { get; init; }

    /// <inheritdoc cref="Reference" />
    public required string ReferenceSha256 { get; init; }

    /// <summary>Version of the rule catalogue.</summary>
    public required string Rules { get; init; }

    /// <summary>Version of the code.</summary>
    public required string Code { get; init; }

    public required string RequestedBy { get; init; }

    public static string PathOf(string name) => $"{SnapshotPlan.PrefixOf(name)}manifest.json";

    internal static string CodeVersion { get; } =
        typeof(SnapshotManifest).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
