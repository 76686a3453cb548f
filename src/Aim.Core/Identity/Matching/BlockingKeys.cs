namespace Aim.Identity.Matching;

/// <summary>
/// Where to look for the same person: two people are compared when they share one of these keys. Each key bears another kind of mistake, so that a record
/// with several mistakes still meets its person somewhere. A key is the hash of its parts; equal in every process and year.
/// </summary>
public static class BlockingKeys
{
    /// <summary>The most keys that one person has.</summary>
    internal const int Most = 16;

    /// <summary>The most keys that a store keeps of a person.</summary>
    private const int MostKept = 3;

    private enum Kind : ulong { BirthAndInitial = 1, BothNames, SurnameYear, FirstNameYear, StreetAndInitial, PlaceAndSurname, PlaceAndFirst, Other, StreetAndYear, Birth, Street, Postcode, City, BirthAndSound }

    /// <returns>The number of keys written.</returns>
    internal static int Write(PersonView person, Span<ulong> keys)
    {
        ReadOnlySpan<char> last = person.Text(Trait.Last), first = person.Text(Trait.First);
        var (lastSound, firstSound) = (MatchText.Sound(last), MatchText.Sound(first));
        var (birth, year) = (InEitherOrder(person.Birth), (ulong)(person.Birth / 10000));
        var (lastInitial, firstInitial) = (last.IsEmpty ? 0UL : last[0], first.IsEmpty ? 0UL : first[0]);
        var count = 0;
        // Initials of first and last name share a kind, so that exchanged names meet; so do day and month.
        if (birth != 0 && firstInitial != 0) keys[count++] = Hash(Kind.BirthAndInitial, birth, firstInitial);
        if (birth != 0 && lastInitial != 0 && lastInitial != firstInitial) keys[count++] = Hash(Kind.BirthAndInitial, birth, lastInitial);
        if (lastSound != 0 && firstSound != 0) keys[count++] = Hash(Kind.BothNames, Math.Min(lastSound, firstSound), Math.Max(lastSound, firstSound));
        if (year != 0 && lastSound != 0 && firstInitial != 0) keys[count++] = Hash(Kind.SurnameYear, lastSound, year << 16 | firstInitial);
        if (year != 0 && firstSound != 0 && lastInitial != 0) keys[count++] = Hash(Kind.FirstNameYear, firstSound, year << 16 | lastInitial);
        ReadOnlySpan<char> street = person.Text(Trait.Street), postcode = person.Text(Trait.Postcode);
        var place = HashOf(postcode.IsEmpty ? person.Text(Trait.City) : postcode);
        if (!street.IsEmpty && lastInitial != 0) keys[count++] = Hash(Kind.StreetAndInitial, HashOf(street), lastInitial);
        if (!street.IsEmpty && firstInitial != 0 && firstInitial != lastInitial) keys[count++] = Hash(Kind.StreetAndInitial, HashOf(street), firstInitial);
        if (!street.IsEmpty && year != 0) keys[count++] = Hash(Kind.StreetAndYear, HashOf(street), year);
        if (place != 0 && lastSound != 0) keys[count++] = Hash(Kind.PlaceAndSurname, place, (ulong)lastSound << 16 | firstInitial);
        if (place != 0 && firstSound != 0) keys[count++] = Hash(Kind.PlaceAndFirst, place, (ulong)firstSound << 16 | year % 100);
        return count;
    }

    /// <summary>
    /// The keys under which stores keep a person: birth date and the sound of either name, and the sounds of both names. They are few and narrow, as each is written with the person and read with each
    /// child that asks for a State ID.
    /// </summary>
    public static IReadOnlyList<long> Of(Person person)
    {
        Span<char> words = stackalloc char[2 * MatchText.Longest];
        var last = MatchText.Sound(words[..MatchText.Words(person.LastName, words[..MatchText.Longest])]);
        var first = MatchText.Sound(words[..MatchText.Words(person.FirstName, words[..MatchText.Longest])]);
        var birth = InEitherOrder(PersonTraits.DigitsOf(person.BirthDate));
        var keys = new List<long>(MostKept);
        if (birth != 0 && last != 0) keys.Add((long)Hash(Kind.BirthAndSound, birth, last));
        if (birth != 0 && first != 0 && first != last) keys.Add((long)Hash(Kind.BirthAndSound, birth, first));
        if (last != 0 && first != 0) keys.Add((long)Hash(Kind.BothNames, Math.Min(last, first), Math.Max(last, first)));
        return keys;
    }

    /// <summary>Keys so wide that they are of use only where few have them, which is to say among few people.</summary>
    internal static int WriteWide(PersonView person, Span<ulong> keys)
    {
        var count = 0;
        if (person.Birth != 0) keys[count++] = Hash(Kind.Birth, InEitherOrder(person.Birth), 0);
        if (person[Trait.Street] != 0) keys[count++] = Hash(Kind.Street, HashOf(person.Text(Trait.Street)), 0);
        if (person[Trait.Postcode] != 0) keys[count++] = Hash(Kind.Postcode, HashOf(person.Text(Trait.Postcode)), 0);
        if (person[Trait.City] != 0) keys[count++] = Hash(Kind.City, HashOf(person.Text(Trait.City)), 0);
        if (person[Trait.Other] != 0) keys[count++] = Hash(Kind.Other, HashOf(person.Text(Trait.Other)), 0);
        return count;
    }

    private static ulong InEitherOrder(int birth)
    {
        var (year, month, day) = ((uint)birth / 10000, (uint)birth / 100 % 100, (uint)birth % 100);
        return day <= 12 ? year * 10000 + Math.Min(month, day) * 100 + Math.Max(month, day) : (uint)birth;
    }

    /// <summary>FNV-1a over the characters.</summary>
    private static ulong HashOf(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return 0;
        var hash = 14695981039346656037UL;
        foreach (var c in text) hash = (hash ^ c) * 1099511628211UL;
        return hash;
    }

    private static ulong Hash(Kind kind, ulong first, ulong second)
    {
        var hash = ((ulong)kind * 0x9E3779B97F4A7C15UL ^ first) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ hash >> 29 ^ second) * 0x94D049BB133111EBUL;
        return hash ^ hash >> 32;
    }
}
