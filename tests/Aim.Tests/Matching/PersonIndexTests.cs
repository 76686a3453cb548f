using Aim.Host.Generate;
using Aim.Identity.Matching;
using Aim.Records;

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
    public void A_State_ID_given_out_twice_for_one_child_is_found_in_a_scan()
    {
        var pairs = IndexOf(Child, Child with { First = "Rosalnid" }, Child with { First = "Marcus", Gender = "M" }).FindDuplicates(CancellationToken.None);

        Assert.IsTrue(pairs.Any(pair => pair.First == Id(0) && pair.Second == Id(1)));
        Assert.IsFalse(pairs.Any(pair => pair.First == Id(0) && pair.Second == Id(2)), "a twin is another child");
        CollectionAssert.AreEqual(pairs.ToList(), pairs.OrderBy(pair => pair.First).ThenBy(pair => pair.Second).ToList());
    }

    [TestMethod]
    public void Many_may_ask_at_once()
    {
        var set = new TruthSet(2000, seed: 22);
        var index = new PersonIndex(set.Left.Select((person, number) => (Id(number), person)));
        var alone = set.Right.Select(person => index.Find(person).Candidates.Count).ToList();

        CollectionAssert.AreEqual(alone, set.Right.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(person => index.Find(person).Candidates.Count).ToList());
    }
}
