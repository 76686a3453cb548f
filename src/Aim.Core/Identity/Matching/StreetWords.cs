namespace Aim.Identity.Matching;

/// <summary>Writes out the abbreviations of street names: 12 Main St and 12 Main Street are one address.</summary>
internal static class StreetWords
{
    public static ReadOnlySpan<char> Expand(ReadOnlySpan<char> street)
    {
        if (street.IsEmpty || !HasShortWord(street)) return street;
        return string.Join(' ', street.ToString().Split(' ').Select(word => MatchModel.StreetWords.GetValueOrDefault(word, word)));
    }

    private static bool HasShortWord(ReadOnlySpan<char> street)
    {
        var known = MatchModel.StreetWords.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var word in street.Split(' ')) if (known.ContainsKey(street[word])) return true;
        return false;
    }
}
