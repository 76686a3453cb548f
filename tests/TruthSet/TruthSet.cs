using Aim.Host.Generate;
using Aim.Identity.Matching;

namespace Aim.TruthSets;

/// <summary>How often two records of one person differ, and in what. Shares of the records of the right list.</summary>
internal sealed record RecordingErrors
{
    public double FirstNickname { get; init; } = 0.02;
    public double FirstTypo { get; init; } = 0.01;
    public double FirstReplaced { get; init; }
    public double LastTypo { get; init; } = 0.01;

    /// <summary>Foster care, adoption, marriage of a parent.</summary>
    public double LastReplaced { get; init; } = 0.003;

    /// <summary>Of those with two surnames: one is left out, or the two are turned round.</summary>
    public double HalfSurname { get; init; } = 0.3;
    public double NamesSwapped { get; init; } = 0.002;
    public double MiddleMissing { get; init; } = 0.3;
    public double MiddleInitial { get; init; } = 0.3;
    public double DayMonthSwapped { get; init; } = 0.003;
    public double BirthDigit { get; init; } = 0.007;
    public double BirthMissing { get; init; } = 0.001;
    public double GenderMissing { get; init; } = 0.01;
    public double GenderWrong { get; init; } = 0.002;
    public double Moved { get; init; } = 0.2;
    public double AddressMissing { get; init; } = 0.1;
    public double AddressTypo { get; init; } = 0.05;
    public double NamesMissing { get; init; }

    /// <summary>Read from paper by a machine, cut to ten letters, no gender, gaps everywhere.</summary>
    public static RecordingErrors Paper { get; } = new()
    {
        FirstNickname = 0.01, FirstTypo = 0.06, LastTypo = 0.06, LastReplaced = 0.02, BirthDigit = 0.03, DayMonthSwapped = 0.01, BirthMissing = 0.03, GenderMissing = 1, MiddleMissing = 0.6, Moved = 0.1, AddressMissing = 0.05,
        AddressTypo = 0.2, NamesMissing = 0.01, NamesSwapped = 0.01,
    };
}

/// <summary>
/// Two lists of people, as two hands wrote them, with the truth about who is who: families with twins, communities in which everybody has one of eight surnames, double
/// and two-word surnames, sons named after their fathers, children whose name changes. Four in five of the left list are also in the right one.
/// </summary>
internal sealed class TruthSet
{
    private const double TwinShare = 0.03, CommunityShare = 0.02, BothShare = 0.8;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private readonly SampleRandom random;
    private readonly RecordingErrors errors;
    private readonly string[] surnames;
    private readonly int firstYear, years;

    private sealed record Home(string Surname, string Street, string City, string Zip);

    public List<PersonTraits> Left { get; } = [];
    public List<PersonTraits> Right { get; } = [];

    /// <summary>Places in the two lists of those who are one.</summary>
    public List<(int Left, int Right)> Truth { get; } = [];

    public TruthSet(int people, int seed, RecordingErrors? errors = null, int firstYear = 2007, int years = 14)
    {
        (random, this.errors, this.firstYear, this.years) = (new SampleRandom(seed), errors ?? new RecordingErrors(), firstYear, years);
        surnames = [.. WordLists.Surnames, .. Enumerable.Range(0, Math.Max(2000, people / 12)).Select(_ => RareSurname())];
        while (Left.Count < people)
        {
            foreach (var person in Family())
            {
                var where = random.Chance(BothShare) ? 3 : random.Chance(0.5) ? 1 : 2;
                if (where == 3) Truth.Add((Left.Count, Right.Count));
                if (where != 2) Left.Add(person);
                if (where != 1) Right.Add(Rewritten(person));
            }
        }
    }

    private string RareSurname() => $"{random.Pick(Beginnings)}{random.Pick(Middles)}{random.Pick(Endings)}";

    private static readonly string[] Beginnings = ["Bar", "Ber", "Bren", "Car", "Dal", "Dor", "Eck", "Fal", "Gar", "Gol", "Har", "Hol", "Jan", "Kel", "Kor", "Lan", "Lind", "Mar", "Mol", "Nor", "Ost", "Pal", "Rad", "Ros", "Sch", "Sel", "Stro", "Tol", "Vor", "Wal"];
    private static readonly string[] Middles = ["a", "e", "i", "o", "de", "ke", "le", "ma", "ne", "ro", "sti", "te", "va", "wi"];
    private static readonly string[] Endings = ["berg", "cott", "dahl", "der", "feld", "ford", "gren", "hart", "ker", "land", "ley", "man", "mer", "nik", "quist", "son", "stad", "ter", "ton", "vig", "well", "wick", "witz", "zer"];

    private string Surname()
    {
        if (random.Chance(0.02)) return random.Pick(WordLists.TwoWordSurnames);
        var surname = OneSurname();
        return random.Chance(0.06) ? $"{surname}-{OneSurname()}" : surname;
    }

    /// <summary>Some surnames are common, most are rare.</summary>
    private string OneSurname() => surnames[(int)(surnames.Length * Math.Pow(random.Next(1_000_000) / 1e6, 3))];

    private List<PersonTraits> Family()
    {
        var isCommunity = random.Chance(CommunityShare / 4);
        var place = $"{random.Pick(WordLists.Places)} {random.Pick(WordLists.Features)}";
        var (city, zip) = (isCommunity ? place : random.Pick(WordLists.Places), $"59{random.Digits(3)}");
        var colony = new Home("", $"{random.Between(1, 99)} {place} Road", city, zip);
        var people = new List<PersonTraits>();
        // A community is some families at one address.
        for (var family = isCommunity ? 8 : 1; family > 0; family--)
        {
            var home = isCommunity ? colony with { Surname = random.Pick(WordLists.CommunitySurnames) }
                : new Home(Surname(), $"{random.Between(1, 9999)} {random.Pick(WordLists.Places)} {random.Pick(Streets)}", city, zip);
            people.AddRange(Children(home, isCommunity ? random.Between(2, 6) : random.Weighted<int>([(1, 0.45), (2, 0.36), (3, 0.14), (4, 0.05)])));
        }
        return people;
    }

    private static readonly string[] Streets = ["Street", "Avenue", "Road", "Lane", "Drive", "Court"];

    private List<PersonTraits> Children(Home home, int count)
    {
        var people = new List<PersonTraits>();
        for (; count > 0; count--)
        {
            var birth = random.Day(new DateOnly(firstYear, 1, 1), new DateOnly(firstYear + years - 1, 12, 31));
            for (var twins = random.Chance(TwinShare) ? 2 : 1; twins > 0; twins--)
            {
                var isGirl = random.Chance(0.49);
                string first;
                do first = First(isGirl);
                while (people.Any(sibling => sibling.First == first));
                people.Add(new PersonTraits
                {
                    Last = home.Surname, First = first, Middle = random.Chance(0.85) ? First(isGirl) : null, Suffix = !isGirl && random.Chance(0.01) ? random.Pick(Suffixes) : null,
                    Birth = PersonTraits.DigitsOf(birth), Gender = isGirl ? "F" : "M", Street = home.Street, City = home.City, Postcode = home.Zip,
                });
            }
        }
        return people;
    }

    private static readonly string[] Suffixes = ["Jr", "III"];

    private string First(bool isGirl)
    {
        var names = isGirl ? WordLists.Girls : WordLists.Boys;
        return names[(int)(names.Count * Math.Pow(random.Next(1_000_000) / 1e6, 1.5))];
    }

    private PersonTraits Rewritten(PersonTraits person)
    {
        var (first, last, middle) = (First(person), (string?)Last(person.Last!), person.Middle);
        if (random.Chance(errors.NamesSwapped)) (first, last) = (last, first);
        if (random.Chance(errors.NamesMissing)) first = null;
        if (random.Chance(errors.MiddleMissing)) middle = null;
        else if (random.Chance(errors.MiddleInitial)) middle = middle?[..1];
        var gender = random.Chance(errors.GenderMissing) ? null : random.Chance(errors.GenderWrong) ? person.Gender == "F" ? "M" : "F" : person.Gender;
        var rewritten = person with { First = first, Last = last, Middle = middle, Suffix = random.Chance(0.3) ? null : person.Suffix, Birth = Birth(person.Birth), Gender = gender };
        if (random.Chance(errors.AddressMissing)) return rewritten with { Street = null, City = null, Postcode = null };
        if (random.Chance(errors.Moved)) return rewritten with { Street = $"{random.Between(1, 9999)} {random.Pick(WordLists.Places)} {random.Pick(Streets)}", City = random.Pick(WordLists.Places), Postcode = $"59{random.Digits(3)}" };
        return random.Chance(errors.AddressTypo) ? rewritten with { Street = Typo(person.Street!) } : rewritten;
    }

    private string? First(PersonTraits person)
    {
        var name = person.First!;
        if (random.Chance(errors.FirstReplaced)) return First(person.Gender == "F");
        if (random.Chance(errors.FirstNickname) && Nicknames.Of(name) is { Count: > 0 } forms) return random.Pick(forms);
        return random.Chance(errors.FirstTypo) ? Typo(name) : name;
    }

    private string Last(string name)
    {
        if (random.Chance(errors.LastReplaced)) return Surname();
        var parts = name.Split('-');
        if (parts.Length == 2 && random.Chance(errors.HalfSurname)) return random.Chance(0.2) ? $"{parts[1]}-{parts[0]}" : random.Pick(parts);
        return random.Chance(errors.LastTypo) ? Typo(name) : name;
    }

    private int Birth(int birth)
    {
        if (random.Chance(errors.BirthMissing)) return 0;
        var (year, month, day) = (birth / 10000, birth / 100 % 100, birth % 100);
        if (day <= 12 && random.Chance(errors.DayMonthSwapped)) return year * 10000 + day * 100 + month;
        if (!random.Chance(errors.BirthDigit)) return birth;
        return random.Next(3) switch
        {
            0 => birth + (year % 10 < 9 ? 10000 : -10000),
            1 => year * 10000 + (month % 10 < 9 ? month + 1 : month - 1) * 100 + Math.Min(day, 28),
            _ => day >= 20 ? birth - 10 : day > 1 ? birth - 1 : birth + 1,
        };
    }

    /// <summary>A letter too many, too few, wrong, or out of place.</summary>
    private string Typo(string text)
    {
        var at = random.Between(1, text.Length - 1);
        return random.Next(4) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, $"{Alphabet[random.Next(26)]}"),
            2 => $"{text[..at]}{Alphabet[random.Next(26)]}{text[(at + 1)..]}",
            _ => at + 1 < text.Length ? $"{text[..at]}{text[at + 1]}{text[at]}{text[(at + 2)..]}" : text.Remove(at, 1),
        };
    }
}
