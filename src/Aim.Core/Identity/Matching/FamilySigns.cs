namespace Aim.Identity.Matching;

/// <summary>
/// Whether lists show that their people are of no families, so that a different first name may be a mistake and need not be a twin's. Nobody's estimate decides that, the lists do: they span more birth
/// years than the children of any school; no list has relatives in it; and one at least is such that it would show them. Families show as homes with several people, or, in a list without
/// addresses, as twins.
/// </summary>
internal static class FamilySigns
{
    /// <summary>Of so many people with an address, families would show; of so many without, twins.</summary>
    private const int ShowHomes = 200, ShowTwins = 2000;

    /// <summary>Where people may be in a list more than once, twins show only if so many names are there twice: one that is written once may be a mistake.</summary>
    private const int ShowTwinsTwice = 1000;

    /// <summary>
    /// People in one home, and namesakes born on one day, that mistakes and chance alone put into a list; as shares of its people. Families put in far more: every third has a brother or a sister, every thirtieth a twin.
    /// </summary>
    private const double MostInOneHome = 0.01, MostBornOneDay = 0.001;

    /// <summary>The years between the birth of the oldest and the youngest tenth, in lists that are of no school.</summary>
    private const int YearsOfAdults = 30;

    /// <summary>More of one surname with one home or birth date aren't held against each other; families are reckoned with then.</summary>
    private const int MostNamesakes = 100;

    /// <param name="rightStart">Where the second list begins; 0 when there is one list alone, in which people may be more than once.</param>
    public static bool AreAbsent(PersonTable table, int rightStart)
    {
        if (!AreAdults(table)) return false;
        var lists = rightStart == 0 ? new[] { Of(table, 0, table.Count, fewest: 2) } : [Of(table, 0, rightStart, fewest: 1), Of(table, rightStart, table.Count, fewest: 1)];
        return lists.All(list => !list.HasFamilies) && lists.Any(list => list.WouldShow);
    }

    public static bool AreAdults(PersonTable table)
    {
        var years = Enumerable.Range(0, table.Count).Select(person => table.Row(person).Birth / 10000).Where(year => year != 0).Order().ToArray();
        return years.Length > 0 && years[^(years.Length / 10 + 1)] - years[years.Length / 10] >= YearsOfAdults;
    }

    /// <param name="fewest">How many records must agree in a first name for it to count: among people who are there more than once, a name written once may be a mistake.</param>
    private static (bool HasFamilies, bool WouldShow) Of(PersonTable table, int from, int to, int fewest)
    {
        var people = Enumerable.Range(from, to - from).Where(person => table.Row(person) is { Birth: not 0 } row && row[Trait.Last] != 0 && row[Trait.First] != 0).ToList();
        var homes = people.Where(person => table.Row(person)[Trait.Street] != 0).GroupBy(person => (table.Row(person)[Trait.Last], table.Row(person)[Trait.Street])).Select(home => home.ToList()).ToList();
        var days = people.GroupBy(person => (table.Row(person)[Trait.Last], table.Row(person).Birth)).Select(day => day.GroupBy(person => table.Row(person)[Trait.First]).Select(name => name.ToList()).ToList()).ToList();
        var twins = days.Where(names => names.Count > 1).Select(names => TwinsOf(table, names.Where(name => name.Count >= fewest).ToList())).ToList();
        var hasFamilies = homes.Sum(home => RelativesIn(table, home)) > MostInOneHome * homes.Sum(home => home.Count) || twins.Any(pair => pair.AtHome) || twins.Sum(pair => pair.Count) > MostBornOneDay * people.Count;
        var showTwins = fewest == 1 ? people.Count >= ShowTwins : days.Sum(names => names.Count(name => name.Count >= fewest)) >= ShowTwinsTwice;
        return (hasFamilies, showTwins || homes.Sum(home => home.Count) >= ShowHomes);
    }

    /// <summary>Pairs of one surname and home with other names and birth dates.</summary>
    private static double RelativesIn(PersonTable table, List<int> home)
    {
        if (home.Count > MostNamesakes) return double.PositiveInfinity;
        return Pairs(home).Count(pair => PersonComparison.Births(table.Row(pair.A).Birth, table.Row(pair.B).Birth) == Agreement.Differs && Compare(table, pair.A, pair.B)[MatchField.First] == Agreement.Differs);
    }

    /// <summary>Pairs of first names of people of one surname and birth date that are nobody's two spellings, and whether some of them live together.</summary>
    private static (double Count, bool AtHome) TwinsOf(PersonTable table, List<List<int>> names)
    {
        if (names.Sum(name => name.Count) > MostNamesakes) return (double.PositiveInfinity, true);
        var twins = Pairs(names).Where(pair => Compare(table, pair.A[0], pair.B[0])[MatchField.First] == Agreement.Differs).ToList();
        return (twins.Count, twins.Any(pair => pair.A.Any(a => pair.B.Any(b => Compare(table, a, b)[MatchField.Street] is Agreement.Same or Agreement.Close))));
    }

    private static IEnumerable<(T A, T B)> Pairs<T>(IReadOnlyList<T> items) => items.SelectMany((a, i) => items.Skip(i + 1).Select(b => (a, b)));

    private static AgreementPattern Compare(PersonTable table, int a, int b) => PersonComparison.Compare(table.View(a), table.View(b));
}
