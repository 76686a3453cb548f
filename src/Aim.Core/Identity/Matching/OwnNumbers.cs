namespace Aim.Identity.Matching;

/// <summary>
/// Whether what lists have beside names, birth dates and addresses is each person's own, as a social security number, a mobile telephone or an e-mail address is; a guardian or the telephone of a home is not. The
/// lists show it: few have the same, and of those who do hardly any two are of other names and birth dates, or no more than mistakes make: relatives of other birth dates nearly always have other first names,
/// mistakes in the two have nothing to do with each other. In lists of children nothing is taken for a child's own: twins of one grade have no brothers and sisters by whom a family's number would show.
/// </summary>
internal static class OwnNumbers
{
    /// <summary>Fewer pairs say nothing.</summary>
    private const int FewestPairs = 20;

    /// <summary>Of those who share it, at most this share are of other names and birth dates.</summary>
    private const double MostOthers = 0.02;

    /// <summary>Among those of other birth dates, other first names are at most so many times as frequent as among those of the same.</summary>
    private const double MostTogether = 1.5;

    /// <summary>More don't share a number that is somebody's own, however often he is in a list.</summary>
    private const int MostHolders = 24;

    /// <param name="patterns">How often each pattern is among the compared pairs, of which all are that share a value held by few.</param>
    public static bool AreIn(PersonTable table, IReadOnlyDictionary<AgreementPattern, long> patterns)
    {
        // By whether the first name and the birth date is another one.
        var pairs = new double[2, 2];
        foreach (var (pattern, count) in patterns)
        {
            if (pattern[MatchField.Other] != Agreement.Same || pattern[MatchField.First] == Agreement.Missing || pattern[MatchField.Birth] == Agreement.Missing) continue;
            pairs[pattern[MatchField.First] is Agreement.Similar or Agreement.Differs ? 1 : 0, pattern[MatchField.Birth] == Agreement.Differs ? 1 : 0] += count;
        }
        var (all, others) = (pairs[0, 0] + pairs[0, 1] + pairs[1, 0] + pairs[1, 1], pairs[1, 1]);
        var byMistake = pairs[1, 0] / Math.Max(1, pairs[0, 0] + pairs[1, 0]) * (pairs[0, 1] + pairs[1, 1]);
        return all >= FewestPairs && others <= Math.Max(MostOthers * all, MostTogether * byMistake) && table.MostOf(Trait.Other) <= MostHolders && FamilySigns.AreAdults(table);
    }
}
