namespace Aim.Identity.Matching;

/// <summary>What two people are compared by.</summary>
public enum MatchField { Last, First, Middle, Suffix, Birth, Gender, Street, Place, Other, Order }

/// <summary>How far two people agree in a field. Each field has some of these levels.</summary>
public enum Agreement
{
    /// <summary>One of the two doesn't say.</summary>
    Missing = 0,
    Same = 1,

    /// <summary>One first name is a form of the other.</summary>
    Nickname = 2,

    /// <summary>A part agrees: one half of a double surname; the city without the postcode.</summary>
    Part = 3,

    /// <summary>Exchanged: day and month, first and last name, or first and middle name.</summary>
    Swapped = 4,

    /// <summary>One slip of the pen, or nearly the same spelling.</summary>
    Close = 5,

    /// <summary>One is the beginning of the other, an initial at least.</summary>
    Initial = 6,

    /// <summary>One's first name is the other's middle name.</summary>
    Middle = 7,

    /// <summary>Alike, but not close; for birth dates: two of day, month and year agree.</summary>
    Similar = 8,
    Differs = 9,
}

/// <summary>The levels of all fields, four bits for each.</summary>
internal readonly record struct AgreementPattern(ulong Bits)
{
    public const int Fields = 10;
    public const int Levels = 10;

    public Agreement this[MatchField field] => (Agreement)(Bits >> (4 * (int)field) & 15);

    public AgreementPattern With(MatchField field, Agreement level) => new(Bits | (ulong)level << (4 * (int)field));
}

/// <summary>Compares two people field by field.</summary>
internal static class PersonComparison
{
    private const double CloseName = 0.92, SimilarName = 0.82, CloseStreet = 0.95, SimilarStreet = 0.5, CloseCity = 0.9;

    /// <summary>Shorter texts are too easily one slip apart.</summary>
    private const int ShortestClose = 4;

    public static AgreementPattern Compare(PersonView a, PersonView b) => Complete(CompareNames(a, b), a, b);

    /// <summary>First and last names and their order alone.</summary>
    public static AgreementPattern CompareNames(PersonView a, PersonView b)
    {
        var (last, first, order) = (Surnames(a, Trait.Last, b, Trait.Last), FirstNames(a, b), Agreement.Same);
        if (last >= Agreement.Similar && first >= Agreement.Similar && AreSwapped(a, b, ref last, ref first)) order = Agreement.Swapped;
        return default(AgreementPattern).With(MatchField.Last, last).With(MatchField.First, first).With(MatchField.Order, order);
    }

    /// <summary>The rest of a comparison of which the names have been made.</summary>
    public static AgreementPattern Complete(AgreementPattern names, PersonView a, PersonView b) =>
        names.With(MatchField.Middle, names[MatchField.First] is Agreement.Middle or Agreement.Swapped ? Agreement.Missing : MiddleNames(a, b)).With(MatchField.Suffix, Codes(a.Suffix, b.Suffix))
            .With(MatchField.Birth, Births(a.Birth, b.Birth)).With(MatchField.Gender, Codes(a.Gender, b.Gender)).With(MatchField.Street, Streets(a, b)).With(MatchField.Place, Places(a, b))
            .With(MatchField.Other, Numbers(a, b, Trait.Other));

    internal static Agreement Codes(byte a, byte b) => a == 0 || b == 0 ? Agreement.Missing : a == b ? Agreement.Same : Agreement.Differs;

    private static bool AreSwapped(PersonView a, PersonView b, ref Agreement last, ref Agreement first)
    {
        var (one, two) = (Surnames(a, Trait.Last, b, Trait.First), Surnames(a, Trait.First, b, Trait.Last));
        if (one is not (Agreement.Same or Agreement.Close) || two is not (Agreement.Same or Agreement.Close)) return false;
        (last, first) = (one, two);
        return true;
    }

    private static Agreement Surnames(PersonView a, Trait traitA, PersonView b, Trait traitB)
    {
        var (x, y) = (a[traitA], b[traitB]);
        if (x == 0 || y == 0) return Agreement.Missing;
        if (x == y) return Agreement.Same;
        if ((a.Sketch(traitA).HasWords || b.Sketch(traitB).HasWords) && MatchText.ShareWord(a.Text(traitA), b.Text(traitB))) return Agreement.Part;
        return Alike(a, traitA, b, traitB);
    }

    private static Agreement Alike(PersonView a, Trait traitA, PersonView b, Trait traitB) =>
        a.Sketch(traitA).MostLikeness(b.Sketch(traitB)) < SimilarName ? Agreement.Differs : Alike(a.Text(traitA), b.Text(traitB));

    private static Agreement Alike(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (MatchText.DifferInNumber(a, b)) return Agreement.Differs;
        if (a.Length >= ShortestClose && b.Length >= ShortestClose && MatchText.IsOneEdit(a, b)) return Agreement.Close;
        var likeness = MatchText.Likeness(a, b);
        return likeness >= CloseName ? Agreement.Close : likeness >= SimilarName ? Agreement.Similar : Agreement.Differs;
    }

    private static Agreement FirstNames(PersonView a, PersonView b)
    {
        var (x, y) = (a[Trait.First], b[Trait.First]);
        if (x == 0 || y == 0) return Agreement.Missing;
        if (x == y) return Agreement.Same;
        if (a.FirstNameForms.IsOneWith(b.FirstNameForms)) return Agreement.Nickname;
        if (a.Sketch(Trait.First).MayBeBeginningOf(b.Sketch(Trait.First)) && Beginnings(a, b) is { } beginning) return beginning;
        var (isMiddleOfB, isMiddleOfA) = (x > 0 && x == b[Trait.Middle], y > 0 && y == a[Trait.Middle]);
        if (isMiddleOfA || isMiddleOfB) return isMiddleOfA && isMiddleOfB ? Agreement.Swapped : Agreement.Middle;
        return Alike(a, Trait.First, b, Trait.First);
    }

    private static Agreement? Beginnings(PersonView a, PersonView b)
    {
        ReadOnlySpan<char> textA = a.Text(Trait.First), textB = b.Text(Trait.First);
        if (MatchText.DifferInNumber(textA, textB) || !textA.StartsWith(textB) && !textB.StartsWith(textA)) return null;
        return Math.Min(textA.Length, textB.Length) >= ShortestClose ? Agreement.Close : Agreement.Initial;
    }

    private static Agreement MiddleNames(PersonView a, PersonView b)
    {
        var (x, y) = (a[Trait.Middle], b[Trait.Middle]);
        if (x == 0 || y == 0) return Agreement.Missing;
        if (x == y) return Agreement.Same;
        ReadOnlySpan<char> textA = a.Text(Trait.Middle), textB = b.Text(Trait.Middle);
        if (textA.StartsWith(textB) || textB.StartsWith(textA)) return Agreement.Initial;
        return Alike(a, Trait.Middle, b, Trait.Middle) is Agreement.Close ? Agreement.Close : Agreement.Differs;
    }

    internal static Agreement Births(int a, int b)
    {
        if (a == 0 || b == 0) return Agreement.Missing;
        if (a == b) return Agreement.Same;
        var (yearA, monthA, dayA) = (a / 10000, a / 100 % 100, a % 100);
        var (yearB, monthB, dayB) = (b / 10000, b / 100 % 100, b % 100);
        if (yearA == yearB && monthA == dayB && dayA == monthB) return Agreement.Swapped;
        if (IsOneSlip(a, b)) return Agreement.Close;
        return (yearA == yearB ? 1 : 0) + (monthA == monthB ? 1 : 0) + (dayA == dayB ? 1 : 0) == 2 ? Agreement.Similar : Agreement.Differs;
    }

    /// <summary>One digit is another one, or two neighbours are exchanged.</summary>
    private static bool IsOneSlip(int a, int b)
    {
        var (place, first, count) = (0, -1, 0);
        var (x, y) = (a, b);
        for (; x != 0 || y != 0; x /= 10, y /= 10, place++)
        {
            if (x % 10 == y % 10) continue;
            if (++count > 2) return false;
            if (count == 1) first = place;
            else if (place != first + 1) return false;
        }
        if (count == 1) return true;
        var scale = (int)Math.Pow(10, first);
        var (pairA, pairB) = (a / scale % 100, b / scale % 100);
        return pairA / 10 == pairB % 10 && pairA % 10 == pairB / 10;
    }

    private static Agreement Streets(PersonView a, PersonView b)
    {
        var (x, y) = (a[Trait.Street], b[Trait.Street]);
        if (x == 0 || y == 0) return Agreement.Missing;
        if (x == y) return Agreement.Same;
        ReadOnlySpan<char> textA = a.Text(Trait.Street), textB = b.Text(Trait.Street);
        if (MatchText.IsOneEdit(textA, textB)) return Agreement.Close;
        var share = MatchText.SharedWords(textA, textB);
        return share >= CloseStreet || MatchText.Likeness(textA, textB) >= CloseStreet ? Agreement.Close : share >= SimilarStreet ? Agreement.Similar : Agreement.Differs;
    }

    private static Agreement Places(PersonView a, PersonView b)
    {
        var (city, postcode) = (Cities(a, b), Postcodes(a, b));
        if (city == Agreement.Missing || postcode == Agreement.Missing) return city == Agreement.Missing ? postcode : city;
        if (city == postcode) return city;
        if (city is Agreement.Same or Agreement.Close && postcode is Agreement.Same or Agreement.Close) return Agreement.Close;
        return city == Agreement.Same || postcode == Agreement.Same ? Agreement.Part : Agreement.Differs;
    }

    private static Agreement Cities(PersonView a, PersonView b)
    {
        var (x, y) = (a[Trait.City], b[Trait.City]);
        if (x == 0 || y == 0) return Agreement.Missing;
        if (x == y) return Agreement.Same;
        ReadOnlySpan<char> textA = a.Text(Trait.City), textB = b.Text(Trait.City);
        return MatchText.IsOneEdit(textA, textB) || MatchText.Likeness(textA, textB) >= CloseCity ? Agreement.Close : Agreement.Differs;
    }

    private static Agreement Postcodes(PersonView a, PersonView b)
    {
        var level = Numbers(a, b, Trait.Postcode);
        // 59501-2214 is a part of 59501.
        return level == Agreement.Differs && a.Text(Trait.Postcode) is var textA && b.Text(Trait.Postcode) is var textB && Math.Min(textA.Length, textB.Length) >= ShortestClose && (textA.StartsWith(textB) || textB.StartsWith(textA)) ? Agreement.Close : level;
    }

    private static Agreement Numbers(PersonView a, PersonView b, Trait trait)
    {
        var (x, y) = (a[trait], b[trait]);
        if (x == 0 || y == 0) return Agreement.Missing;
        if (x == y) return Agreement.Same;
        ReadOnlySpan<char> textA = a.Text(trait), textB = b.Text(trait);
        if (textA.Length >= ShortestClose && MatchText.IsOneEdit(textA, textB)) return Agreement.Close;
        // Numbers are alike by chance; an e-mail address or a guardian's name is not.
        return HasLetters(textA) && HasLetters(textB) && MatchText.Likeness(textA, textB) >= CloseName ? Agreement.Close : Agreement.Differs;
    }

    private static bool HasLetters(ReadOnlySpan<char> text) => text.ContainsAnyInRange('A', 'Z');
}
