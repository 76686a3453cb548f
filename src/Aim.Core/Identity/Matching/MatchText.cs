using System.Globalization;

namespace Aim.Identity.Matching;

/// <summary>Texts as they are compared: upper-case words without accents and punctuation; and how alike two of them are.</summary>
internal static class MatchText
{
    /// <summary>Longer texts are compared by their beginning.</summary>
    public const int Longest = 64;

    /// <summary>Words of letters and digits with one blank between them. An apostrophe joins what a hyphen or a blank parts: O'Brien is one word, Smith-Jones two.</summary>
    /// <returns>The number of characters written.</returns>
    public static int Words(string? text, Span<char> into)
    {
        if (string.IsNullOrEmpty(text)) return 0;
        var (length, pending) = (0, false);
        foreach (var c in text)
        {
            var plain = Rules.Names.Plain(c);
            if (!char.IsLetterOrDigit(plain))
            {
                pending |= !IsJoining(plain);
                continue;
            }
            if (pending && length > 0 && length < into.Length) into[length++] = ' ';
            pending = false;
            if (length == into.Length) break;
            into[length++] = char.ToUpperInvariant(plain);
        }
        return length;
    }

    private static bool IsJoining(char c) => c is '\'' or '’' or '`' or '.' || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark;

    /// <summary>Soundex: the first letter and the sounds of the next three consonants, packed; equal for most spellings of one name. 0 for no text.</summary>
    public static uint Sound(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return 0;
        var (sound, last, digits) = ((uint)text[0], CodeOf(text[0]), 0);
        for (var i = 1; i < text.Length && digits < 3; i++)
        {
            var code = CodeOf(text[i]);
            if (code > 0 && code != last)
            {
                sound = sound * 8 + code;
                digits++;
            }
            if (text[i] is not ('H' or 'W')) last = code;
        }
        for (; digits < 3; digits++) sound *= 8;
        return sound;
    }

    private static uint CodeOf(char c) => c switch
    {
        'B' or 'F' or 'P' or 'V' => 1,
        'C' or 'G' or 'J' or 'K' or 'Q' or 'S' or 'X' or 'Z' => 2,
        'D' or 'T' => 3,
        'L' => 4,
        'M' or 'N' => 5,
        'R' => 6,
        _ => 0,
    };

    /// <summary>True when one character added, left out, changed, or two neighbours exchanged turn one text into the other.</summary>
    public static bool IsOneEdit(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (a.Length < b.Length) return IsOneEdit(b, a);
        if (a.Length - b.Length > 1) return false;
        var start = a.CommonPrefixLength(b);
        ReadOnlySpan<char> restA = a[start..], restB = b[start..];
        if (a.Length > b.Length) return restA[1..].SequenceEqual(restB);
        if (restA.IsEmpty) return false;
        return restA[1..].SequenceEqual(restB[1..]) || restA.Length > 1 && restA[0] == restB[1] && restA[1] == restB[0] && restA[2..].SequenceEqual(restB[2..]);
    }

    /// <summary>True for names that have numbers, and other ones: what is numbered is told apart by it, and a digit is no slip of the pen.</summary>
    public static bool DifferInNumber(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (!a.ContainsAnyInRange('0', '9') || !b.ContainsAnyInRange('0', '9')) return false;
        var (i, j) = (NextDigit(a, 0), NextDigit(b, 0));
        for (; i < a.Length && j < b.Length; (i, j) = (NextDigit(a, i + 1), NextDigit(b, j + 1))) if (a[i] != b[j]) return true;
        return i < a.Length || j < b.Length;
    }

    private static int NextDigit(ReadOnlySpan<char> text, int from) => text[from..].IndexOfAnyInRange('0', '9') is >= 0 and var at ? from + at : text.Length;

    /// <summary>Jaro–Winkler likeness: 1 for the same text, 0 for nothing in common; a common beginning counts more.</summary>
    public static double Likeness(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (a.Length > Longest) a = a[..Longest];
        if (b.Length > Longest) b = b[..Longest];
        if (a.IsEmpty || b.IsEmpty) return 0;
        var (foundA, foundB) = Pairs(a, b);
        var matches = ulong.PopCount(foundA);
        if (matches == 0) return 0;
        var jaro = (matches / (double)a.Length + matches / (double)b.Length + (matches - Exchanges(a, b, foundA, foundB) / 2.0) / matches) / 3;
        var prefix = Math.Min(4, a.CommonPrefixLength(b));
        return jaro + prefix * 0.1 * (1 - jaro);
    }

    /// <summary>Which characters of each text have a partner near the same place in the other.</summary>
    private static (ulong A, ulong B) Pairs(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var window = Math.Max(0, Math.Max(a.Length, b.Length) / 2 - 1);
        var (foundA, foundB) = (0UL, 0UL);
        for (var i = 0; i < a.Length; i++)
        {
            var last = Math.Min(b.Length - 1, i + window);
            for (var j = Math.Max(0, i - window); j <= last; j++)
            {
                if (a[i] != b[j] || (foundB >> j & 1) != 0) continue;
                foundA |= 1UL << i;
                foundB |= 1UL << j;
                break;
            }
        }
        return (foundA, foundB);
    }

    private static int Exchanges(ReadOnlySpan<char> a, ReadOnlySpan<char> b, ulong foundA, ulong foundB)
    {
        var exchanges = 0;
        for (; foundA != 0; foundA &= foundA - 1, foundB &= foundB - 1)
            if (a[System.Numerics.BitOperations.TrailingZeroCount(foundA)] != b[System.Numerics.BitOperations.TrailingZeroCount(foundB)]) exchanges++;
        return exchanges;
    }

    /// <summary>True when two texts of several words share a whole one of three letters or more: a double surname and one of its parts.</summary>
    public static bool ShareWord(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        foreach (var word in a.Split(' '))
        {
            if (a[word].Length < 3) continue;
            foreach (var other in b.Split(' ')) if (a[word].SequenceEqual(b[other])) return true;
        }
        return false;
    }

    /// <summary>The share, from 0 to 1, of the words of two texts that have a like word in the other.</summary>
    public static double SharedWords(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var (common, words, used) = (0, 0, 0UL);
        foreach (var word in a.Split(' '))
        {
            words++;
            var position = 0;
            foreach (var other in b.Split(' '))
            {
                if ((used >> position & 1) == 0 && AreLike(a[word], b[other]))
                {
                    used |= 1UL << position;
                    common++;
                    break;
                }
                position++;
            }
        }
        foreach (var _ in b.Split(' ')) words++;
        return 2.0 * common / words;
    }

    private static bool AreLike(ReadOnlySpan<char> a, ReadOnlySpan<char> b) => a.SequenceEqual(b) || a.Length >= 4 && b.Length >= 4 && (IsOneEdit(a, b) || Likeness(a, b) >= 0.9);
}
