namespace Aim.Identity.Matching;

/// <summary>
/// Twins share surname, birth date and home, and their first names are often alike: Maria and Mary, Aiden and Jaiden, Kayla and Kyla. A likeness of names that each are somebody's own is no slip of the pen.
/// </summary>
internal static class TwinNames
{
    /// <summary>A spelling that so many others have is a name, if it isn't far rarer than the one it is like: slips of the pen in a common name add up too.</summary>
    private const int FewestNamesakes = 5;
    private const double LeastShare = 0.01;

    /// <summary>Whether the first names of two people of one surname and birth date may be those of twins. The home doesn't tell: a family moves with both.</summary>
    /// <param name="countsValues">Whether the table says how common a name is.</param>
    public static bool AreIn(AgreementPattern pattern, PersonTable table, PersonView a, PersonView b, bool countsValues)
    {
        if (!IsOfTwins(pattern)) return false;
        var first = pattern[MatchField.First];
        if (first is Agreement.Same or Agreement.Swapped or Agreement.Missing or Agreement.Differs) return false;
        if (pattern[MatchField.Gender] == Agreement.Differs) return true;
        if (first == Agreement.Nickname) return a.FirstNameForms.Heads.Length > 0 && b.FirstNameForms.Heads.Length > 0;
        if (first == Agreement.Initial && Math.Min(a.Text(Trait.First).Length, b.Text(Trait.First).Length) == 1) return true;
        var (x, y) = (countsValues ? table.CountOf(Trait.First, a[Trait.First]) : 0, countsValues ? table.CountOf(Trait.First, b[Trait.First]) : 0);
        return IsName(a, x, y) && IsName(b, y, x);
    }

    /// <summary>Whether two people have surname and birth date in common and no middle name says that they are one.</summary>
    public static bool IsOfTwins(AgreementPattern pattern) =>
        pattern[MatchField.Order] == Agreement.Same && pattern[MatchField.Last] is Agreement.Same or Agreement.Part or Agreement.Close && pattern[MatchField.Birth] == Agreement.Same
        && pattern[MatchField.Middle] is not (Agreement.Same or Agreement.Close);

    private static bool IsName(PersonView person, int count, int countOfOther) => person.FirstNameForms.Lines.Length > 0 || count >= FewestNamesakes && count >= LeastShare * countOfOther;
}
