using Aim.Identity.Matching;
using Aim.Records;
using Aim.TruthSets;

namespace Aim.Tests.Matching;

[TestClass]
public sealed class PersonIndexTests
{
    private static readonly PersonTraits Child = new() { First = "Rosalind", Last = "Vandersloot", Birth = 20120412, Gender = "F" };

    private static PersonIndex IndexOf(params PersonTraits[] people) =>
        new(people.Concat(new TruthSet(2000, seed: 21).Left).Select((person, number) => (new StateId(100_000_000 + number), person)));

    private static StateId Id(int number) => new(100_000_000 + number);

    [TestMethod]
    public void A_known_child_is_found_and_an_unknown_one_is_not()
    {
        var index = IndexOf(Child);

        var found = index.Find(Child with { First = "Rosalynd" });
        Assert.AreEqual((MatchOutcome.Match, Id(0)), (found.Outcome, found.Candidates[0].StateId));
        Assert.AreEqual((null, 0), (index.Find(Child with { First = "Quentin", Last = "Zimmerhof", Birth = 20090101 }).Outcome, index.Find(new PersonTraits()).Candidates.Count));
    }

    [TestMethod]
    public void A_twin_is_never_the_child_and_between_two_alike_a_person_decides()
    {
        Assert.AreNotEqual(MatchOutcome.Match, IndexOf(Child).Find(Child with { First = "Marcus", Gender = "M" }).Outcome);

        var found = IndexOf(Child, Child).Find(Child);
        Assert.AreEqual(MatchOutcome.Review, found.Outcome);
        CollectionAssert.AreEqual(new[] { Id(0), Id(1) }, found.Candidates.Select(candidate => candidate.StateId).ToArray());
    }

    [TestMethod]
    [DataRow("Maria", "Mary")]
    [DataRow("Christina", "Christine")]
    [DataRow("Aiden", "Jaiden")]
    [DataRow("Kayla", "Kyla")]
    [DataRow("Ella", "Emma")]
    [DataRow("Jonas", "J")]
    public void A_twin_whose_name_is_like_the_child_s_is_never_the_child(string name, string twin)
    {
        var child = Child with { First = name, Street = "12 Elk Road", City = "Havre", Postcode = "59501" };
        foreach (var asked in new[] { child with { First = twin }, child with { First = twin, Middle = "Ann" }, child with { First = twin, Street = "7 Pine Court" } })
        {
            Assert.AreNotEqual(MatchOutcome.Match, PersonMatcher.Decide(asked, [(Id(0), child)]).Outcome, "among a few");
            Assert.AreNotEqual(MatchOutcome.Match, IndexOf(child).Find(asked).Outcome, "among all");
        }
        Assert.AreEqual(MatchOutcome.Review, PersonMatcher.Decide(child with { First = twin }, [(Id(0), child)]).Outcome, "a person looks");
    }

    [TestMethod]
    [DataRow("Kayla", "Kaylq")]
    [DataRow("Katherine", "Katie")]
    [DataRow("Maria", "Maria")]
    public void A_slip_of_the_pen_and_a_short_form_are_still_the_child(string name, string written)
    {
        var child = Child with { First = name, Street = "12 Elk Road", City = "Havre", Postcode = "59501" };

        Assert.AreEqual(MatchOutcome.Match, PersonMatcher.Decide(child with { First = written }, [(Id(0), child)]).Outcome);
        Assert.AreEqual(MatchOutcome.Match, IndexOf(child).Find(child with { First = written }).Outcome);
    }

    [TestMethod]
    public void Twins_with_one_middle_name_on_paper_are_one_child() =>
        Assert.AreEqual(MatchOutcome.Match, IndexOf(Child with { First = "Kayla", Middle = "Rose" }).Find(Child with { First = "Kyla", Middle = "Rose" }).Outcome);

    [TestMethod]
    public void Who_cannot_be_looked_for_is_not_called_new()
    {
        var index = IndexOf([.. Enumerable.Range(0, 2100).Select(number => new PersonTraits { First = "Maria", Last = "Hofer", Birth = 20000101 + number % 12 * 100 + number / 12 % 28 + number / 336 * 10000 })]);

        var common = index.Find(new PersonTraits { First = "Maria", Last = "Hofer" });
        Assert.AreEqual((MatchOutcome.Review, 0, 1), (common.Outcome, common.Candidates.Count, common.SkippedKeys));
        Assert.AreEqual((MatchOutcome.Review, 0), (index.Find(new PersonTraits()).Outcome, index.Find(new PersonTraits()).SkippedKeys));
        Assert.IsNull(index.Find(new PersonTraits { First = "Quentin", Last = "Zimmerhof" }).Outcome, "nobody has these names");
    }

    [TestMethod]
    public void A_State_ID_given_out_twice_for_one_child_is_found_in_a_scan()
    {
        var pairs = IndexOf(Child, Child with { First = "Rosalnid" }, Child with { First = "Marcus", Gender = "M" }).FindDuplicates(CancellationToken.None).Pairs;

        Assert.IsTrue(pairs.Any(pair => pair.First == Id(0) && pair.Second == Id(1)));
        Assert.IsFalse(pairs.Any(pair => pair.First == Id(0) && pair.Second == Id(2)), "a twin is another child");
        CollectionAssert.AreEqual(pairs.ToList(), pairs.OrderBy(pair => pair.First).ThenBy(pair => pair.Second).ToList());
    }

    [TestMethod]
    public void A_scan_says_how_many_blocks_it_skipped_and_how_many_people_are_in_them()
    {
        // One name for 2,001 of the 2,101 children, who have little else in common.
        var index = IndexOf([.. Enumerable.Range(0, 2101).Select(number => new PersonTraits { First = number <= 2000 ? "Maria" : "Anna", Last = "Hofer", Birth = 20000101 + number % 12 * 100 + number / 12 % 28 + number / 336 * 10000 })]);

        Assert.AreEqual(new SkippedBlocks(1, 2001), index.FindDuplicates(CancellationToken.None).Skipped);
        Assert.AreEqual(default, IndexOf(Child).FindDuplicates(CancellationToken.None).Skipped);
    }

    [TestMethod]
    public void Many_may_ask_at_once()
    {
        var set = new TruthSet(2000, seed: 22);
        var index = new PersonIndex(set.Left.Select((person, number) => (Id(number), person)));
        var alone = set.Right.Select(person => index.Find(person).Candidates.Count).ToList();

        CollectionAssert.AreEqual(alone, set.Right.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(person => index.Find(person).Candidates.Count).ToList());
    }

    [TestMethod]
    public void Nobody_who_may_be_the_child_is_ruled_out_by_names_alone()
    {
        var set = new TruthSet(1000, seed: 23, RecordingErrors.Paper);
        var (table, model, checkedPairs) = (new PersonTable(), MatchModel.Default(1000), 0);
        foreach (var person in set.Left) table.Add(person);
        foreach (var asked in set.Right.Take(200).Select(table.Encode))
        {
            var ceiling = new WeightCeiling(model, table, table.View(asked), 1, MatchModel.ReviewAt);
            for (var known = 0; known < table.Count; known++)
            {
                var pattern = PersonComparison.Compare(table.View(asked), table.View(known));
                if (model.Score(pattern, table, table.View(asked), table.View(known), 1).Probability < MatchModel.ReviewAt) continue;
                checkedPairs++;
                Assert.IsTrue(ceiling.MayBeReached(PersonComparison.CompareNames(table.View(asked), table.View(known)), in table.Row(known)));
            }
        }
        Assert.IsGreaterThan(100, checkedPairs);
    }
}
