using System.Text;

namespace Aim.Rules;

/// <summary>Compares people's names as written by different hands: case, accents, blanks and punctuation don't count.</summary>
public static class Names
{
    /// <summary>
    /// True when neither surname nor first name can be the same: no part of the surnames is shared and the first names don't begin with
    /// the same letter. A changed surname or a nickname alone is no such difference.
    /// </summary>
    public static bool DifferMaterially(string? last, string? first, string? otherLast, string? otherFirst)
    {
        if (last is null || first is null || otherLast is null || otherFirst is null) return false;
        if (string.Equals(last, otherLast, StringComparison.OrdinalIgnoreCase)) return false;
        if (char.ToUpperInvariant(first[0]) == char.ToUpperInvariant(otherFirst[0])) return false;
        return !Parts(last).Intersect(Parts(otherLast), StringComparer.Ordinal).Any() && Normalize(first) is var a && Normalize(otherFirst) is var b
            && (a.Length == 0 || b.Length == 0 || a[0] != b[0]);
    }

    /// <summary>Upper-case letters and digits only, without accents.</summary>
    public static string Normalize(string? name)
    {
        if (string.IsNullOrEmpty(name)) return "";
        var letters = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            var plain = Plain(c);
            if (char.IsLetterOrDigit(plain)) letters.Append(char.ToUpperInvariant(plain));
        }
        return letters.ToString();
    }

    /// <summary>The plain letters of U+00C0 to U+017F. The runtime takes accents off only where the system's culture data is installed.</summary>
    private const string PlainLetters =
        "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTSAAAAAAACEEEEIIIIDNOOOOO OUUUUYTY" +
        "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLLLLLNNNNNNNNNOOOOOOOORRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

    /// <summary>A letter without its accent.</summary>
    internal static char Plain(char c) => c is >= '\u00C0' and <= '\u017F' ? PlainLetters[c - '\u00C0'] : c;

    private static IEnumerable<string> Parts(string name) =>
        name.Split([' ', '-', '\''], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Normalize).Where(part => part.Length > 1)
            .Append(Normalize(name));
}
