using System.Text.Json.Serialization;

namespace Aim.Uploads;

public enum TextEncoding { Utf8, Utf16, Utf16BigEndian, Windows1252 }

/// <summary>
/// What an uploaded file turned out to be: text of a known layout, or nothing this system can read, in which case
/// <see cref="Refusal"/> says in one sentence why and what to do.
/// </summary>
public sealed record FileForm
{
    public string? Refusal { get; init; }

    /// <summary>The rule that the refusal comes from.</summary>
    public string? RefusalRule { get; init; }

    public TextEncoding Encoding { get; init; }

    /// <summary>Tab, or comma for CSV.</summary>
    public char Delimiter { get; init; } = '\t';

    /// <summary>Version of the layout, from the header; CSV has the newest.</summary>
    public string? Version { get; init; }

    /// <summary>When the district's system wrote the file, from the header of a tab-separated file; local time.</summary>
    public DateTime? WrittenAt { get; init; }

    /// <summary>For CSV: the header's column names, in the file's order.</summary>
    public IReadOnlyList<string>? Header { get; init; }

    public long Bytes { get; init; }
    public long Lines { get; init; }

    [JsonIgnore]
    public bool IsCsv => Delimiter == ',';

    internal static FileForm Refused(string rule, string sentence) => new() { RefusalRule = rule, Refusal = sentence };
}
