using Aim.Identity.Matching;
using Aim.TruthSets;

namespace Aim.Tests.Matching;

[TestClass]
public sealed class MatchTextTests
{
    [TestMethod]
    [DataRow("O'Brien", "OBRIEN")]
    [DataRow("Smith-Jones", "SMITH JONES")]
    [DataRow("  de la   Cruz ", "DE LA CRUZ")]
    [DataRow("Peña", "PENA")]
    [DataRow("Bjørn Łuksza", "BJORN LUKSZA")]
    [DataRow("St. Germaine", "ST GERMAINE")]
    [DataRow("--", "")]
    [DataRow(null, "")]
    public void Names_are_compared_as_plain_upper_case_words(string? text, string words)
    {
        Span<char> into = stackalloc char[MatchText.Longest];
        Assert.AreEqual(words, new string(into[..MatchText.Words(text, into)]));
    }

    [TestMethod]
    public void A_text_longer_than_there_is_room_for_is_cut()
    {
        Span<char> into = stackalloc char[8];
        Assert.AreEqual("ABCDEFGH", new string(into[..MatchText.Words("abcdefghijkl", into)]));
    }

    [TestMethod]
    [DataRow("MARTHA", "MARHTA", 0.9611)]
    [DataRow("DWAYNE", "DUANE", 0.84)]
    [DataRow("DIXON", "DICKSONX", 0.8133)]
    [DataRow("A", "A", 1.0)]
    [DataRow("ABC", "XYZ", 0.0)]
    [DataRow("", "XYZ", 0.0)]
    public void Likeness_is_that_of_Jaro_and_Winkler(string a, string b, double likeness)
    {
        Assert.AreEqual(likeness, MatchText.Likeness(a, b), 0.0001);
        Assert.AreEqual(likeness, MatchText.Likeness(b, a), 0.0001);
    }

    [TestMethod]
    public void Texts_of_any_length_have_a_likeness()
    {
        var (a, b) = (new string('A', 200), new string('A', 199) + "B");
        Assert.AreEqual(1.0, MatchText.Likeness(a, b), 0.0001);
    }

    [TestMethod]
    [DataRow("ABCD", "ABCD", false)]
    [DataRow("ABCD", "ABXD", true)]
    [DataRow("ABCD", "ACBD", true)]
    [DataRow("ABCD", "ABCDE", true)]
    [DataRow("ABCD", "BCD", true)]
    [DataRow("ABCD", "DCBA", false)]
    [DataRow("ABCD", "ABDCE", false)]
    [DataRow("", "A", true)]
    public void One_slip_of_the_pen_is_one_edit(string a, string b, bool isOne)
    {
        Assert.AreEqual(isOne, MatchText.IsOneEdit(a, b));
        Assert.AreEqual(isOne, MatchText.IsOneEdit(b, a));
    }

    [TestMethod]
    [DataRow("HENRY", "HANK", true)]
    [DataRow("HANK", "HENRY", true)]
    [DataRow("ELSIE", "ELIZA", false)]
    [DataRow("HENRY", "ROBERT", false)]
    [DataRow("NOBODY", "NOBODY", false)]
    public void A_nickname_goes_with_its_name_and_not_with_another_nickname(string a, string b, bool isOne) => Assert.AreEqual(isOne, NameSynonyms.Of(a).IsOneWith(NameSynonyms.Of(b)));

    /// <summary>Names of a state, with slips, and some that are short, numbered, of two words or of another script.</summary>
    private static readonly string[] Names = [.. new TruthSet(400, seed: 31, RecordingErrors.Paper).Right.SelectMany(person => new[] { person.First, person.Last })
        .Concat(["A", "AB", "BA", "ABCD", "XBCD", "ABC1", "ABC2", "Ann Marie", "Marie", "Αθηνα", "Αθινα", "李小龙", new string('Z', 80)]).Select(Plain).Where(name => name.Length > 0).Distinct()];

    private static string Plain(string? name)
    {
        Span<char> into = stackalloc char[MatchText.Longest];
        return new string(into[..MatchText.Words(name, into)]);
    }

    [TestMethod]
    public void A_sketch_never_rules_out_names_that_are_alike()
    {
        foreach (var (a, b) in Names.SelectMany(a => Names.Select(b => (a, b))))
        {
            var (one, other) = (NameSketch.Of(a), NameSketch.Of(b));
            Assert.IsGreaterThanOrEqualTo(MatchText.Likeness(a, b), one.MostLikeness(other) + 1e-9, $"{a} and {b}");
            Assert.IsTrue(one.MayBeBeginningOf(other) || !a.StartsWith(b, StringComparison.Ordinal), $"{a} and {b}");
        }
    }

    [TestMethod]
    public void A_sketch_rules_out_most_names_that_are_not_alike()
    {
        var unlike = Names.SelectMany(a => Names.Select(b => (a, b))).Where(pair => MatchText.Likeness(pair.a, pair.b) < 0.82).ToList();
        Assert.IsGreaterThan(0.8, unlike.Count(pair => NameSketch.Of(pair.a).MostLikeness(NameSketch.Of(pair.b)) < 0.82) / (double)unlike.Count);
    }
}
