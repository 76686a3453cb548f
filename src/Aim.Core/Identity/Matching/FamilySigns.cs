namespace Aim.Identity.Matching;

/// <summary>
/// Whether lists show that their people are of no families, so that a different first name may be a mistake and need not be a twin's. Nobody's estimate decides that, the lists do: they are large, have addresses,
/// span more birth years than the children of any school, and have no twins in them.
/// </summary>
internal static class FamilySigns
{
    /// <summary>From this many people with an address on, a list would show families.</summary>
    private const int ShowsFamilies = 2000;

    /// <summary>The years between the birth of the oldest and the youngest tenth, in lists that are of no school.</summary>
    private const int YearsOfAdults = 30;

    /// <summary>More of one surname and birth date aren't held against each other; families are reckoned with then.</summary>
    private const int MostNamesakes = 100;

    /// <param name="rightStart">Where the second list begins; 0 when there is one list alone, in which people may be more than once.</param>
    public static bool AreAbsent(PersonTable table, int rightStart) => table.PresentOf(Trait.Street) >= ShowsFamilies && IsOfAdults(table)
        && (rightStart == 0 ? !HasTwins(table, 0, table.Count, fewest: 2) : !HasTwins(table, 0, rightStart, fewest: 1) && !HasTwins(table, rightStart, table.Count, fewest: 1));

    private static bool IsOfAdults(PersonTable table)
    {
        var years = Enumerable.Range(0, table.Count).Select(person => table.Row(person).Birth / 10000).Where(year => year != 0).Order().ToArray();
        return years.Length > 0 && years[^(years.Length / 10 + 1)] - years[years.Length / 10] >= YearsOfAdults;
    }

    /// <summary>Whether a list has people of one surname, birth date and home with different first names.</summary>
    /// <param name="fewest">How many records must agree in a first name for it to count: among people who are there more than once, a name written once may be a mistake.</param>
    private static bool HasTwins(PersonTable table, int from, int to, int fewest)
    {
        var people = Enumerable.Range(from, to - from).Where(person => table.Row(person) is { Birth: not 0 } row && row[Trait.Last] != 0 && row[Trait.First] != 0);
        return people.GroupBy(person => (table.Row(person)[Trait.Last], table.Row(person).Birth)).Where(namesakes => namesakes.Skip(2 * fewest - 1).Any()).Any(namesakes =>
        {
            if (namesakes.Skip(MostNamesakes).Any()) return true;
            var names = namesakes.GroupBy(person => table.Row(person)[Trait.First]).Where(name => name.Skip(fewest - 1).Any()).ToList();
            return names.Any(one => names.Any(other => one.Any(a => other.Any(b => AreLikeTwins(PersonComparison.Compare(table.View(a), table.View(b)))))));
        });
    }

    private static bool AreLikeTwins(AgreementPattern pattern) => pattern[MatchField.First] == Agreement.Differs && pattern[MatchField.Street] is Agreement.Same or Agreement.Close;
}
