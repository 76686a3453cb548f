using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Aim.Identity.Matching;

/// <summary>The texts that are kept of a person.</summary>
internal enum Trait { Last, First, Middle, Street, City, Postcode, Place, Other }

[InlineArray(PersonRow.Traits)]
internal struct TraitNumbers
{
    private int first;
}

/// <summary>One person in 40 bytes: numbers of texts, 0 where there is none and -1 for a text nobody else has.</summary>
internal struct PersonRow
{
    public const int Traits = 8;

    public TraitNumbers Numbers;
    public int Birth;
    public byte Gender;
    public byte Suffix;

    public readonly int this[Trait trait] => Numbers[(int)trait];

    public readonly bool IsNamedAndDated => this[Trait.Last] != 0 && this[Trait.First] != 0 && Birth != 0;

    /// <summary>Whether two people are the same in every field. Only of people of the table, whose texts have numbers of their own.</summary>
    public readonly bool IsAlike(ref readonly PersonRow other) =>
        Birth == other.Birth && Gender == other.Gender && Suffix == other.Suffix && ((ReadOnlySpan<int>)Numbers).SequenceEqual(other.Numbers);
}

/// <summary>A person to compare, from the table or from outside it.</summary>
internal readonly ref struct PersonView(PersonTable table, ref readonly PersonRow row, EncodedPerson? stranger)
{
    private readonly ref readonly PersonRow row = ref row;

    public int Birth => row.Birth;
    public byte Gender => row.Gender;
    public byte Suffix => row.Suffix;

    public int this[Trait trait] => row[trait];

    public ReadOnlySpan<char> Text(Trait trait) => stranger is null ? table.Text(trait, row[trait]) : stranger.Texts[(int)trait];

    /// <summary>Of a first, middle or last name.</summary>
    public NameSketch Sketch(Trait trait) => stranger is null ? table.SketchOf(row[trait]) : stranger.Sketches[(int)trait];

    public NameForms FirstNameForms => row[Trait.First] > 0 ? table.FormsOf(row[Trait.First]) : stranger is null ? NameForms.None : NameSynonyms.Of(stranger.Texts[(int)Trait.First]);
}

/// <summary>A person from outside the table, in the table's terms. Making one changes nothing, so that any number of threads may.</summary>
internal sealed class EncodedPerson(PersonRow row, string[] texts)
{
    private readonly PersonRow row = row;

    public ref readonly PersonRow Row => ref row;

    public string[] Texts => texts;

    /// <summary>Of the names, which come first among the texts.</summary>
    public NameSketch[] Sketches { get; } = [.. texts[..((int)Trait.Middle + 1)].Select(text => NameSketch.Of(text))];
}

/// <summary>People by number, in compact arrays: 40 bytes for each, and every distinct text once. Filled by one thread, then read by many.</summary>
internal sealed class PersonTable
{
    private static readonly string[] Suffixes = ["", "JR", "SR", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"];

    private readonly List<PersonRow> rows = [];
    private readonly ValuePool names = new(), streets = new(), places = new(), others = new();
    private readonly List<NameForms> forms = [NameForms.None];
    private readonly List<NameSketch> sketches = [default];
    private readonly List<int>[] counts = [.. Enumerable.Range(0, PersonRow.Traits).Select(_ => new List<int>())];
    private readonly Dictionary<int, int> births = [];
    private readonly long[] present = new long[PersonRow.Traits];
    private long birthsPresent;

    public int Count => rows.Count;

    public int Add(PersonTraits traits)
    {
        var row = Encode(traits, (trait, text) => PoolOf(trait).Add(text));
        for (var name = forms.Count; name < names.Count; name++)
        {
            forms.Add(NameSynonyms.Of(names.Text(name)));
            sketches.Add(NameSketch.Of(names.Text(name)));
        }
        for (var trait = Trait.Last; trait <= Trait.Other; trait++)
        {
            if (row[trait] == 0) continue;
            present[(int)trait]++;
            var list = counts[(int)trait];
            if (list.Count <= row[trait]) CollectionsMarshal.SetCount(list, PoolOf(trait).Count);
            list[row[trait]]++;
        }
        if (row.Birth != 0)
        {
            birthsPresent++;
            CollectionsMarshal.GetValueRefOrAddDefault(births, row.Birth, out _)++;
        }
        rows.Add(row);
        return rows.Count - 1;
    }

    public EncodedPerson Encode(PersonTraits traits)
    {
        var texts = new string[PersonRow.Traits];
        var row = Encode(traits, (trait, text) =>
        {
            texts[(int)trait] = text.ToString();
            return PoolOf(trait).Find(text);
        });
        return new EncodedPerson(row, texts);
    }

    private delegate int Numbering(Trait trait, ReadOnlySpan<char> text);

    private static PersonRow Encode(PersonTraits traits, Numbering number)
    {
        Span<char> words = stackalloc char[2 * MatchText.Longest + 1];
        var row = new PersonRow { Birth = traits.Birth, Gender = GenderOf(traits.Gender), Suffix = SuffixOf(traits.Suffix, words) };
        row.Numbers[(int)Trait.Last] = number(Trait.Last, Value(traits.Last, words));
        row.Numbers[(int)Trait.First] = number(Trait.First, Value(traits.First, words));
        row.Numbers[(int)Trait.Middle] = number(Trait.Middle, Value(traits.Middle, words));
        row.Numbers[(int)Trait.Street] = number(Trait.Street, StreetWords.Expand(Value(traits.Street, words)));
        row.Numbers[(int)Trait.Other] = number(Trait.Other, InOnePiece(Value(traits.Other, words), words));
        var city = Value(traits.City, words);
        row.Numbers[(int)Trait.City] = number(Trait.City, city);
        var postcode = Value(traits.Postcode, words[(city.Length + 1)..]);
        row.Numbers[(int)Trait.Postcode] = number(Trait.Postcode, postcode);
        words[city.Length] = '/';
        row.Numbers[(int)Trait.Place] = number(Trait.Place, city.Length + postcode.Length == 0 ? [] : words[..(city.Length + 1 + postcode.Length)]);
        return row;
    }

    private static ReadOnlySpan<char> Value(string? text, Span<char> into)
    {
        ReadOnlySpan<char> words = into[..MatchText.Words(text, into[..Math.Min(into.Length, MatchText.Longest)])];
        return MatchModel.IsNoValue(words) ? [] : words;
    }

    /// <summary>A number is the same number however its digits are parted: (406) 555-0136 and 4065550136.</summary>
    private static ReadOnlySpan<char> InOnePiece(ReadOnlySpan<char> value, Span<char> into)
    {
        foreach (var c in value) if (c != ' ' && !char.IsAsciiDigit(c)) return value;
        var length = 0;
        foreach (var c in value) if (c != ' ') into[length++] = c;
        return into[..length];
    }

    private static byte GenderOf(string? text) => text?.Trim() is { Length: > 0 } code && char.ToUpperInvariant(code[0]) is var letter and not 'U' ? (byte)Math.Min(letter, 'Z') : (byte)0;

    private static byte SuffixOf(string? text, Span<char> words)
    {
        var suffix = words[..MatchText.Words(text, words)];
        for (byte i = 1; i < Suffixes.Length; i++) if (suffix.SequenceEqual(Suffixes[i])) return i;
        return suffix switch { "2ND" => 4, "3RD" => 5, "4TH" => 6, "JUNIOR" => 1, "SENIOR" => 2, _ => 0 };
    }

    private ValuePool PoolOf(Trait trait) => trait switch { Trait.Last or Trait.First or Trait.Middle => names, Trait.Street => streets, Trait.Other => others, _ => places };

    public ref readonly PersonRow Row(int number) => ref CollectionsMarshal.AsSpan(rows)[number];

    /// <summary>Whether two people have names and a birth date, and no field in which they differ.</summary>
    public bool AreAlike(int a, int b) => Row(a).IsNamedAndDated && Row(a).IsAlike(in Row(b));

    public PersonView View(int number) => new(this, in Row(number), null);

    public PersonView View(EncodedPerson person) => new(this, in person.Row, person);

    public ReadOnlySpan<char> Text(Trait trait, int number) => PoolOf(trait).Text(number);

    public NameForms FormsOf(int name) => forms[name];

    public NameSketch SketchOf(int name) => sketches[name];

    /// <summary>How many people have a text in a trait.</summary>
    public int CountOf(Trait trait, int number) => number > 0 && number < counts[(int)trait].Count ? counts[(int)trait][number] : 0;

    /// <summary>How many have the text that most have.</summary>
    public int MostOf(Trait trait) => counts[(int)trait].DefaultIfEmpty().Max();

    public long PresentOf(Trait trait) => present[(int)trait];

    public int CountOfBirth(int birth) => births.GetValueOrDefault(birth);

    public long BirthsPresent => birthsPresent;
}
