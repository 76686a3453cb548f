namespace Aim.Identity.Matching;

/// <summary>Which first names are used for one another: Henry and Hank. From the embedded list; a line is a name with its short and other forms.</summary>
public static class NameSynonyms
{
    private static readonly string[][] Lines = Read();

    private static readonly Dictionary<string, NameForms> ByName = Lines.SelectMany((names, line) => names.Select((name, place) => (name, line, isHead: place == 0)))
        .GroupBy(item => item.name).ToDictionary(group => group.Key, group => new NameForms([.. group.Where(item => item.isHead).Select(item => item.line)], [.. group.Select(item => item.line)]));

    internal static NameForms Of(string name) => ByName.GetValueOrDefault(name, NameForms.None);

    /// <summary>The short and other forms of a name, in upper case.</summary>
    public static IReadOnlyList<string> FormsOf(string name) => [.. Of(name).Heads.SelectMany(line => Lines[line][1..])];

    private static string[][] Read()
    {
        using var text = new StreamReader(Records.EmbeddedData.Open("Identity/Matching/Data/first-names.txt"));
        return [.. text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct().ToArray())];
    }
}

/// <summary>Where a name stands in the list of synonyms.</summary>
/// <param name="Heads">The lines that it begins.</param>
/// <param name="Lines">All lines that have it.</param>
internal sealed record NameForms(int[] Heads, int[] Lines)
{
    public static NameForms None { get; } = new([], []);

    /// <summary>Whether one name is a form of the other. Two forms of a third name are not: Elsie and Eliza may be sisters.</summary>
    public bool IsOneWith(NameForms other) => Heads.AsSpan().ContainsAny(other.Lines) || other.Heads.AsSpan().ContainsAny(Lines);
}
