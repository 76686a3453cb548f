using System.Globalization;
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
        foreach (var c in Ascii.IsValid(name) ? name : name.Normalize(NormalizationForm.FormD))
        {
            if (char.IsLetterOrDigit(c) && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark) letters.Append(char.ToUpperInvariant(c));
        }
        return letters.ToString();
    }

    private static IEnumerable<string> Parts(string name) =>
        name.Split([' ', '-', '\''], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Normalize).Where(part => part.Length > 1)
            .Append(Normalize(name));
}
