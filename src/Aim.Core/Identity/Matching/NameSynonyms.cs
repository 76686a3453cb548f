namespace Aim.Identity.Matching;

/// <summary>
/// Which first names are used for one another: Henry and Hank. From two embedded lists: in the one a line is a name with its short and other forms; the other has names that are given for their own sake.
/// </summary>
public static class NameSynonyms
{
    private static readonly string[][] Lines = Read();

    private static readonly Dictionary<string, NameForms> ByName = Lines.SelectMany((names, line) => names.Select((name, place) => (name, line, isHead: place == 0)))
        .GroupBy(item => item.name).ToDictionary(group => group.Key, group => new NameForms([.. group.Where(item => item.isHead).Select(item => item.line)], [.. group.Select(item => item.line)]));

    internal static NameForms Of(string name) => ByName.GetValueOrDefault(name, NameForms.None);

    private static string[][] Read() => [.. Text("first-names.txt").Split('\n', Options).Select(Words), .. Words(Text("other-first-names.txt")).Select(name => new[] { name })];

    private const StringSplitOptions Options = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    private static string[] Words(string text) => [.. text.Split([' ', '\n'], Options).Distinct()];

    private static string Text(string file)
    {
        using var text = new StreamReader(Records.EmbeddedData.Open($"Identity/Matching/Data/{file}"));
        return text.ReadToEnd();
    }
}

/// <summary>Where a name stands in the list of synonyms.</summary>
/// <param name="Heads">The lines that it begins; with none, it is no more than a form of other names.</param>
/// <param name="Lines">All lines that have it.</param>
internal sealed record NameForms(int[] Heads, int[] Lines)
{
    public static NameForms None { get; } = new([], []);

    /// <summary>Whether one name is a form of the other. Two forms of a third name are not: Elsie and Eliza may be sisters.</summary>
    public bool IsOneWith(NameForms other) => Heads.AsSpan().ContainsAny(other.Lines) || other.Heads.AsSpan().ContainsAny(Lines);
}
