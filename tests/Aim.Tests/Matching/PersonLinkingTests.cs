using Aim.Identity.Matching;
using Aim.TruthSets;

namespace Aim.Tests.Matching;

[TestClass]
public sealed class PersonLinkingTests
{
    private const int People = 6000;

    /// <summary>Found and true pairs held against each other.</summary>
    private sealed record Quality(double FalseShare, double MissedShare, double ReviewShare, double Recall);

    private static Quality QualityOf(TruthSet set, Func<PersonTraits, PersonTraits>? blank = null)
    {
        blank ??= person => person;
        var pairs = new PersonLinking(set.Left.Select(blank), set.Right.Select(blank)).Run(CancellationToken.None).Pairs;
        var truth = set.Truth.ToHashSet();
        var (matched, review) = (pairs.Where(pair => pair.Outcome == MatchOutcome.Match).ToList(), pairs.Where(pair => pair.Outcome == MatchOutcome.Review).ToList());
        double right = matched.Count(pair => truth.Contains((pair.Left, pair.Right))), looked = review.Count(pair => truth.Contains((pair.Left, pair.Right)));
        return new Quality((matched.Count - right) / set.Left.Count, (truth.Count - right - looked) / truth.Count, review.Select(pair => pair.Left).Distinct().Count() / (double)set.Left.Count, right / truth.Count);
    }

    [TestMethod]
    public void A_state_s_children_are_matched_within_the_bars()
    {
        var quality = QualityOf(new TruthSet(People, seed: 11));

        Assert.IsLessThanOrEqualTo(0.0005, quality.FalseShare, $"{quality}");
        Assert.IsLessThanOrEqualTo(0.005, quality.MissedShare, $"{quality}");
        Assert.IsLessThanOrEqualTo(0.03, quality.ReviewShare, $"{quality}");
    }

    [TestMethod]
    public void Other_mistakes_and_no_gender_cost_recall_but_make_no_false_matches()
    {
        var quality = QualityOf(new TruthSet(People, seed: 12, RecordingErrors.Paper, firstYear: 1930, years: 80));

        Assert.IsLessThanOrEqualTo(0.0005, quality.FalseShare, $"{quality}");
        Assert.IsLessThanOrEqualTo(0.01, quality.MissedShare, $"{quality}");
        Assert.IsGreaterThanOrEqualTo(0.95, quality.Recall, $"{quality}");
    }

    public static IEnumerable<object[]> Blanks =>
    [
        ["no address", (PersonTraits person) => person with { Street = null, City = null, Postcode = null }, 0.95],
        ["no gender and no middle name", (PersonTraits person) => person with { Gender = null, Middle = null }, 0.95],
        ["no birth date", (PersonTraits person) => person with { Birth = 0 }, 0.5],
        ["nothing but names and birth dates", (PersonTraits person) => new PersonTraits { Last = person.Last, First = person.First, Birth = person.Birth }, 0.9],
    ];

    [TestMethod]
    [DynamicData(nameof(Blanks))]
    public void It_holds_where_columns_are_empty(string what, Func<PersonTraits, PersonTraits> blank, double recall)
    {
        var quality = QualityOf(new TruthSet(People, seed: 13), blank);

        Assert.IsLessThanOrEqualTo(0.0005, quality.FalseShare, $"{what}: {quality}");
        Assert.IsGreaterThanOrEqualTo(recall, quality.Recall, $"{what}: {quality}");
    }

    [TestMethod]
    public void The_truth_set_s_nicknames_are_not_the_matcher_s()
    {
        var all = TruthSets.Nicknames.All.ToList();
        var unknown = all.Count(pair => !NameSynonyms.Of(pair.Name.ToUpperInvariant()).IsOneWith(NameSynonyms.Of(pair.Form.ToUpperInvariant())));

        Assert.IsGreaterThan(0.3, unknown / (double)all.Count, $"{unknown} of {all.Count} are held out");
    }

    [TestMethod]
    public void The_same_lists_give_the_same_pairs_to_the_last_bit_whichever_thread_is_first()
    {
        var set = new TruthSet(10_000, seed: 14);

        var (one, two) = (Run(), Run());

        Assert.IsTrue(one.SequenceEqual(two));
        List<(int, int, MatchOutcome, MatchScore)> Run() => [.. new PersonLinking(set.Left, set.Right).Run(CancellationToken.None).Pairs.Select(pair => (pair.Left, pair.Right, pair.Outcome, pair.Score))];
    }

    private static PersonTraits Child(string first, string last, int birth, string? street = "12 Elk Road", string? middle = null) => new() { First = first, Last = last, Birth = birth, Street = street, City = "Havre", Postcode = "59501", Middle = middle };

    /// <summary>Some hundred others, so that names and dates have a frequency.</summary>
    private static List<PersonTraits> WithOthers(params PersonTraits[] people) => [.. people, .. new TruthSet(500, seed: 15).Left];

    private static IReadOnlyList<LinkedPair> Duplicates(params PersonTraits[] people) =>
        [.. new PersonLinking(WithOthers(people), null).Run(CancellationToken.None).Pairs.Where(pair => pair.Left < people.Length && pair.Right < people.Length)];

    [TestMethod]
    public void Twins_are_never_matched_by_machine()
    {
        foreach (var (one, other) in new[] { ("Rosalind", "Marcus"), ("Ella", "Emma"), ("Ana", "Mia") })
            Assert.IsFalse(Duplicates(Child(one, "Vandersloot", 20120412), Child(other, "Vandersloot", 20120412)).Any(pair => pair.Outcome == MatchOutcome.Match), $"{one} and {other}");
    }

    [TestMethod]
    public void Twins_split_over_two_lists_are_never_matched_by_machine()
    {
        var pairs = new PersonLinking(WithOthers(Child("Rosalind", "Vandersloot", 20120412)), WithOthers(Child("Marcus", "Vandersloot", 20120412))).Run(CancellationToken.None).Pairs;
        Assert.IsFalse(pairs.Any(pair => pair is { Left: 0, Right: 0, Outcome: MatchOutcome.Match }));
    }

    /// <summary>People of whom no two are relatives, all but the first 100 twice.</summary>
    private static List<PersonTraits> WithoutFamilies(int firstYear, int years)
    {
        var people = new TruthSet(7000, seed: 16, firstYear: firstYear, years: years).Left.Where(person => person.Street is not null).DistinctBy(person => person.Street).DistinctBy(person => (person.Last, person.Birth))
            .Select(person => person with { Middle = null, Gender = null }).Take(2400).ToList();
        Assert.HasCount(2400, people);
        return [.. people, .. people.Skip(100)];
    }

    [TestMethod]
    public void Twins_are_never_matched_by_machine_in_a_long_list_that_seems_to_have_no_families()
    {
        var (one, other) = (Child("Rosalind", "Vandersloot", 20120412), Child("Marcella", "Vandersloot", 20120412));
        var others = WithoutFamilies(2007, 14);

        Assert.IsFalse(Matched(new PersonLinking([one, other, .. others], null), 0, 1), "one list");
        Assert.IsFalse(Matched(new PersonLinking([one, .. others.Take(2400)], [other, .. others.Take(2400)]), 0, 0), "two lists");
        Assert.IsFalse(Matched(new PersonLinking([one, other, .. others.Select(person => person with { Birth = 20120400 + person.Birth % 100 })], null), 0, 1), "one grade");
    }

    [TestMethod]
    public void Where_some_twins_are_seen_twice_no_twins_are_matched()
    {
        var (one, other) = (Child("Rosalind", "Vandersloot", 19720412), Child("Marcella", "Vandersloot", 19720412));
        PersonTraits[] seen = [Child("Edith", "Okonkwo", 19610703, "5 Fir Lane"), Child("Gertrude", "Okonkwo", 19610703, "5 Fir Lane")];

        Assert.IsFalse(Matched(new PersonLinking([one, other, .. seen, .. seen, .. WithoutFamilies(1930, 80)], null), 0, 1));
    }

    [TestMethod]
    public void Among_adults_of_no_families_another_first_name_may_be_a_mistake() =>
        Assert.IsTrue(Matched(new PersonLinking([Child("Rosalind", "Vandersloot", 19720412), Child("Marcella", "Vandersloot", 19720412), .. WithoutFamilies(1930, 80)], null), 0, 1));

    [TestMethod]
    public void A_few_hundred_adults_with_addresses_show_whether_they_are_of_families()
    {
        PersonTraits[] two = [Child("Rosalind", "Vandersloot", 19720412), Child("Marcella", "Vandersloot", 19720412)];
        var (apart, families) = (WithoutFamilies(1930, 80), new TruthSet(600, seed: 18, firstYear: 1930, years: 80).Left.Select(person => person with { Middle = null, Gender = null }).ToList());

        Assert.IsTrue(Matched(new PersonLinking([.. two, .. apart.Take(600), .. apart.Skip(100).Take(500).Select(Misnamed)], null), 0, 1), "nobody lives with anybody");
        Assert.IsFalse(Matched(new PersonLinking([.. two, .. families, .. families.Skip(100).Select(Misnamed)], null), 0, 1), "brothers and sisters live together");
    }

    /// <summary>Of every twenty, one is written with another first name.</summary>
    private static PersonTraits Misnamed(PersonTraits person, int i) => i % 20 == 0 ? person with { First = "Xoranda" } : person;

    /// <summary>People without addresses, most of them twice, with a number of some kind.</summary>
    private static List<PersonTraits> WithNumbers(int firstYear, int years, Func<PersonTraits, int, string> numberOf)
    {
        var people = new TruthSet(800, seed: 19, firstYear: firstYear, years: years).Left
            .Select((person, i) => person with { Other = numberOf(person, i), Street = null, City = null, Postcode = null, Middle = null, Gender = null }).ToList();
        return [.. people, .. people.Skip(100)];
    }

    [TestMethod]
    public void Who_has_the_same_number_is_one_in_spite_of_another_birth_date_if_numbers_are_each_person_s_own()
    {
        PersonTraits[] two = [Child("Rosalind", "Vandersloot", 19720412, null) with { Other = "406-555-0136" }, Child("Rosalynd", "Vandersloot", 19810923, null) with { Other = "(406) 555 0136" }];

        Assert.IsTrue(Matched(new PersonLinking([.. two, .. WithNumbers(1930, 80, (_, i) => $"4065{i:000000}")], null), 0, 1), "their own");
        Assert.IsFalse(Matched(new PersonLinking([.. two, .. WithNumbers(1930, 80, (person, _) => $"{person.Last} {person.Street}")], null), 0, 1), "of a home");
        Assert.IsFalse(Matched(new PersonLinking([.. two, .. WithNumbers(2007, 14, (_, i) => $"4065{i:000000}")], null), 0, 1), "of children");
    }

    [TestMethod]
    public void A_twin_with_a_name_that_is_alike_casts_no_doubt_on_two_of_one_name()
    {
        var pairs = Duplicates(Child("Kayla", "Vandersloot", 20120412), Child("Kayla", "Vandersloot", 20120412), Child("Kyla", "Vandersloot", 20120412));

        Assert.AreEqual((0, 1), pairs.Where(pair => pair.Outcome == MatchOutcome.Match).Select(pair => (Math.Min(pair.Left, pair.Right), Math.Max(pair.Left, pair.Right))).Single());
    }

    [TestMethod]
    [DataRow(50)]
    [DataRow(300)]
    [DataRow(2500)]
    public void Who_is_written_many_times_over_without_a_difference_matches_or_waits_also_where_a_list_has_nobody_else(int times)
    {
        var one = Enumerable.Repeat(Child("Rosalind", "Vandersloot", 20120412), times).ToList();

        foreach (var list in new[] { one, WithOthers([.. one]) })
        {
            var result = new PersonLinking(list, null).Run(CancellationToken.None);
            Assert.HasCount(times, result.Pairs.SelectMany(pair => new[] { pair.Left, pair.Right }).Where(person => person < times).Distinct().ToList());
            Assert.AreEqual(0, result.Skipped.Blocks);
        }
    }

    [TestMethod]
    public void Keys_that_too_many_of_another_list_share_are_counted_with_who_has_them()
    {
        var result = new PersonLinking([Child("Rosalind", "Vandersloot", 20120412)], Enumerable.Repeat(Child("Rosalind", "Vandersloot", 20120412), 2500)).Run(CancellationToken.None);

        Assert.AreEqual((true, 2500, 1), (result.Skipped.Blocks > 0, result.Skipped.People, result.NotSearched));
    }

    [TestMethod]
    public void In_one_list_who_is_one_with_a_third_is_one_and_no_group_has_two_who_can_not_be()
    {
        var set = new TruthSet(2000, seed: 20, RecordingErrors.Paper);
        List<PersonTraits> people = [.. set.Left, .. set.Right];
        var matched = new PersonLinking(people, null).Run(CancellationToken.None).Pairs.Where(pair => pair.Outcome == MatchOutcome.Match).SelectMany(pair => new[] { (pair.Left, pair.Right), (pair.Right, pair.Left) }).ToHashSet();
        var partners = matched.ToLookup(pair => pair.Item1, pair => pair.Item2);

        Assert.IsGreaterThan(1000, matched.Count);
        foreach (var (one, other) in matched) foreach (var third in partners[other].Where(third => third != one)) Assert.Contains((one, third), matched);
    }

    [TestMethod]
    [DataRow("(406) 555-0136", "4065550136", Agreement.Same)]
    [DataRow("4065550136", "4065550137", Agreement.Close)]
    [DataRow("4065550136", "4065550163 ", Agreement.Close)]
    [DataRow("4065550136", "4065552214", Agreement.Differs)]
    [DataRow("rosalind.v@example.org", "roslind.v@exampel.org", Agreement.Close)]
    [DataRow("rosalind.v@example.org", "marcus@example.org", Agreement.Differs)]
    public void Numbers_are_compared_by_their_digits_and_addresses_by_their_letters(string one, string other, Agreement agreement)
    {
        var pair = Duplicates(Child("Rosalind", "Vandersloot", 20120412) with { Other = one }, Child("Rosalind", "Vandersloot", 20120412) with { Other = other }).Single();

        Assert.AreEqual(agreement, pair.Fields.Single(field => field.Field == MatchField.Other).Agreement);
    }

    [TestMethod]
    public void A_long_postcode_is_part_of_a_short_one()
    {
        var pair = Duplicates(Child("Rosalind", "Vandersloot", 20120412), Child("Rosalind", "Vandersloot", 20120412) with { Postcode = "59501-2214" }).Single();

        Assert.AreEqual(Agreement.Close, pair.Fields.Single(field => field.Field == MatchField.Place).Agreement);
    }

    private static bool Matched(PersonLinking linking, int left, int right) =>
        linking.Run(CancellationToken.None).Pairs.Any(pair => pair.Outcome == MatchOutcome.Match && Math.Min(pair.Left, pair.Right) == Math.Min(left, right) && Math.Max(pair.Left, pair.Right) == Math.Max(left, right));

    [TestMethod]
    public void A_spelling_that_many_have_is_a_name_and_not_a_slip()
    {
        var surnames = new TruthSet(500, seed: 17).Left.Select(person => person.Last!).Distinct().Take(40).ToList();
        List<PersonTraits> known = [.. surnames.Take(20).Select((last, i) => Child("Xoranda", last, 20110101 + i)), Child("Xoranda", "Vandersloot", 20120412)];
        List<PersonTraits> many = [.. surnames.Skip(20).Select((last, i) => Child("Xorandi", last, 20100101 + i))];

        Assert.IsFalse(Matched(new PersonLinking(WithOthers([.. known]), WithOthers([Child("Xorandi", "Vandersloot", 20120412), .. many])), 20, 0));
        Assert.IsTrue(Matched(new PersonLinking(WithOthers([.. known]), WithOthers(Child("Xorandi", "Vandersloot", 20120412))), 20, 0), "nobody else is called so");
    }

    [TestMethod]
    public void People_who_can_be_compared_with_nobody_are_counted() =>
        Assert.AreEqual(1, new PersonLinking([new PersonTraits(), Child("Rosalind", "Vandersloot", 20120412)], WithOthers(Child("Rosalind", "Vandersloot", 20120412))).Run(CancellationToken.None).NotSearched);

    [TestMethod]
    public void A_record_with_an_initial_alone_joins_neither_of_two_twins()
    {
        var pairs = Duplicates(Child("Jonas", "Vandersloot", 20120412), Child("Jared", "Vandersloot", 20120412), Child("J", "Vandersloot", 20120412));
        Assert.IsFalse(pairs.Any(pair => pair.Outcome == MatchOutcome.Match));
    }

    [TestMethod]
    public void Namesakes_of_a_community_with_one_address_are_not_matched()
    {
        var pairs = Duplicates(Child("Maria", "Hofer", 20120412), Child("Maria", "Hofer", 20140903), Child("Maria", "Waldner", 20131118));
        Assert.IsFalse(pairs.Any(pair => pair.Outcome == MatchOutcome.Match), string.Join(", ", pairs));
    }

    [TestMethod]
    public void Mistakes_that_people_make_are_matched_or_sent_to_review()
    {
        var child = Child("Katherine", "Vandersloot-Reed", 20120412, middle: "Rose");
        PersonTraits[] others =
        [
            child with { First = "Katie" }, child with { Last = "Vandersloot" }, child with { Last = "Reed-Vandersloot" }, child with { Birth = 20121204 }, child with { Birth = 20120413 },
            child with { First = "Vandersloot-Reed", Last = "Katherine" }, child with { First = "KATHERIN", Middle = "R" }, child with { Birth = 0 }, child with { Street = null, City = null, Postcode = null },
            child with { First = "Rose", Middle = "Katherine" }, child with { Last = "Okonkwo" },
        ];
        foreach (var other in others) Assert.IsTrue(Duplicates(child, other).Any(), $"{other}");
    }

    [TestMethod]
    public void A_far_better_partner_keeps_a_weaker_one_out()
    {
        var (child, twin) = (Child("Rosalind", "Vandersloot", 20120412), Child("Marcus", "Vandersloot", 20120412));
        var pairs = new PersonLinking(WithOthers(child), WithOthers(child, twin)).Run(CancellationToken.None).Pairs.Where(pair => pair.Left == 0).ToList();

        Assert.AreEqual((0, MatchOutcome.Match), pairs.Where(pair => pair.Right < 2).Select(pair => (pair.Right, pair.Outcome)).Single());
    }

    [TestMethod]
    public void Every_pair_tells_what_each_field_adds()
    {
        var pair = Duplicates(Child("Katherine", "Vandersloot", 20120412), Child("Katie", "Vandersloot", 20120412)).Single();

        Assert.AreEqual(pair.Score.Weight, pair.Fields.Sum(field => field.Weight), 0.05);
        Assert.AreEqual(Agreement.Nickname, pair.Fields.Single(field => field.Field == MatchField.First).Agreement);
    }

    [TestMethod]
    public void Empty_lists_and_blank_people_are_no_trouble()
    {
        Assert.IsEmpty(new PersonLinking([], []).Run(CancellationToken.None).Pairs);
        Assert.IsEmpty(new PersonLinking([new PersonTraits()], null).Run(CancellationToken.None).Pairs);
        Assert.IsEmpty(new PersonLinking([new PersonTraits(), new PersonTraits { First = " ", Last = "?" }], [new PersonTraits()]).Run(CancellationToken.None).Pairs);
    }
}
