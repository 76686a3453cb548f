using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Contracts;

/// <summary>What every <see cref="IIdentityIndex"/> promises.</summary>
[TestClass]
public abstract class IdentityIndexContract
{
    private IIdentityIndex index = null!;

    /// <summary>An empty index.</summary>
    protected abstract Task<IIdentityIndex> OpenAsync();

    [TestInitialize]
    public async Task Open() => index = await OpenAsync();

    private static CancellationToken None => CancellationToken.None;

    private static IdentityClaim Claim(string localId, string firstName, DistrictId? district = null) => new(district ?? Sample.District, localId, Stored.Person(0, firstName));

    private async Task<ClaimOutcome> ClaimAsync(string localId, string firstName, DistrictId? district = null) => (await index.ClaimAsync([Claim(localId, firstName, district)], None)).Single();

    private async Task<Person?> FindAsync(StateId id) => (await index.FindAsync([id], None)).GetValueOrDefault(id);

    private async Task<StateId?> LinkOfAsync(string localId, DistrictId? district = null) =>
        (await index.FindLinksAsync(district ?? Sample.District, [localId], None)).TryGetValue(localId, out var id) ? id : null;

    [TestMethod]
    public async Task People_come_back_as_they_were_put_and_unknown_ids_are_left_out()
    {
        var (ana, nobody) = (Stored.Person(100, "Ana"), new Person { StateId = new StateId(200) });
        await index.PutAsync([ana, nobody], None);

        var found = await index.FindAsync([ana.StateId, nobody.StateId, new StateId(300)], None);

        CollectionAssert.AreEquivalent(new[] { ana.StateId, nobody.StateId }, found.Keys.ToList());
        Assert.AreEqual(ana, found[ana.StateId]);
        Assert.AreEqual(nobody, found[nobody.StateId]);
    }

    [TestMethod]
    public async Task Many_people_and_links_are_found_in_one_call_and_asking_twice_for_one_does_no_harm()
    {
        var people = Enumerable.Range(1000, 150).Select(i => Stored.Person(i, $"Ana{i}")).ToList();
        await index.PutAsync(people, None);
        await index.LinkAsync(Sample.District, people.ToDictionary(person => $"L{person.StateId}", person => person.StateId), None);
        await index.LinkAsync(Sample.OtherDistrict, new Dictionary<string, StateId> { ["L000001000"] = people[9].StateId }, None);

        var found = await index.FindAsync([.. people.Select(person => person.StateId), people[0].StateId], None);
        var links = await index.FindLinksAsync(Sample.District, [.. people.Select(person => $"L{person.StateId}"), "L000001000", "none"], None);

        CollectionAssert.AreEquivalent(people, found.Values.ToList());
        Assert.HasCount(150, links);
        Assert.AreEqual(people[0].StateId, links["L000001000"], "the other district's link is its own");
        Assert.IsEmpty(await index.FindAsync([], None));
        Assert.IsEmpty(await index.FindLinksAsync(Sample.District, [], None));
    }

    [TestMethod]
    public async Task Putting_a_person_again_replaces_what_was_known()
    {
        await index.PutAsync([Stored.Person(100, "Ana")], None);
        var renamed = Stored.Person(100, "Anna") with { MiddleName = null };

        await index.PutAsync([renamed], None);
        await index.PutAsync([renamed], None);

        Assert.AreEqual(renamed, await FindAsync(new StateId(100)));
    }

    [TestMethod]
    public async Task A_person_who_was_merged_stays_so_when_a_district_sends_data_again()
    {
        await index.PutAsync([Stored.Person(100, "Ana"), Stored.Person(200, "Anna") with { MergedInto = new StateId(100) }], None);

        await index.PutAsync([Stored.Person(200, "Annabel")], None);

        Assert.AreEqual(Stored.Person(200, "Annabel") with { MergedInto = new StateId(100) }, await FindAsync(new StateId(200)));
    }

    [TestMethod]
    public async Task A_first_claim_gets_a_new_State_ID_with_what_it_said_and_a_link()
    {
        var outcome = await ClaimAsync("1", "Ana");

        Assert.AreEqual(ClaimStatus.New, outcome.Status);
        var id = outcome.StateId!.Value;
        Assert.IsTrue(StateId.TryParse(id.ToString(), out _), "nine digits that may be written into a file");
        Assert.AreEqual(Stored.Person(id.Value, "Ana"), await FindAsync(id));
        Assert.AreEqual(id, await LinkOfAsync("1"));
        Assert.IsNull(await LinkOfAsync("1", Sample.OtherDistrict));
    }

    [TestMethod]
    public async Task A_claim_repeated_after_a_crash_gets_the_State_ID_it_got()
    {
        var first = await ClaimAsync("1", "Ana");

        var again = await ClaimAsync("1", "Ana");
        var renamed = await ClaimAsync("1", "Berta");

        Assert.AreEqual((ClaimStatus.Known, first.StateId), (again.Status, again.StateId));
        Assert.AreEqual((ClaimStatus.Known, first.StateId), (renamed.Status, renamed.StateId), "the local id keeps it under any name");
    }

    [TestMethod]
    public async Task A_claim_for_somebody_who_may_be_there_already_names_the_candidates_and_gives_out_nothing()
    {
        await index.PutAsync([Stored.Person(200, "ANA"), Stored.Person(100, "Ana"), Stored.Person(300, "Berta")], None);

        var outcome = await ClaimAsync("1", "Ana");

        Assert.AreEqual((ClaimStatus.Candidates, null), (outcome.Status, outcome.StateId));
        CollectionAssert.AreEqual(new[] { new StateId(100), new StateId(200) }, outcome.Candidates.Order().ToList());
        Assert.IsNull(await LinkOfAsync("1"));
    }

    [TestMethod]
    public async Task Retired_people_are_no_candidates()
    {
        await index.PutAsync([Stored.Person(100, "Berta"), Stored.Person(200, "Ana") with { MergedInto = new StateId(100) }], None);

        Assert.AreEqual(ClaimStatus.New, (await ClaimAsync("1", "Ana")).Status);
    }

    [TestMethod]
    public async Task Candidates_follow_what_is_known_now()
    {
        await index.PutAsync([Stored.Person(100, "Ana")], None);
        await index.PutAsync([Stored.Person(100, "Berta")], None);

        Assert.AreEqual(ClaimStatus.New, (await ClaimAsync("1", "Ana")).Status, "nobody is called so any more");
        CollectionAssert.AreEqual(new[] { new StateId(100) }, (await ClaimAsync("2", "Berta")).Candidates.ToList());
    }

    [TestMethod]
    public async Task Claims_of_one_call_are_answered_in_the_order_given()
    {
        await index.PutAsync([Stored.Person(100, "Ana")], None);
        await index.LinkAsync(Sample.District, new Dictionary<string, StateId> { ["known"] = new(100) }, None);

        var outcomes = await index.ClaimAsync([Claim("near", "Ana"), Claim("new", "Berta"), Claim("known", "Carla"), Claim("also-new", "Dora")], None);

        CollectionAssert.AreEqual(new[] { ClaimStatus.Candidates, ClaimStatus.New, ClaimStatus.Known, ClaimStatus.New }, outcomes.Select(outcome => outcome.Status).ToList());
        Assert.AreEqual("Berta", (await FindAsync(outcomes[1].StateId!.Value))!.FirstName);
        Assert.AreEqual("Dora", (await FindAsync(outcomes[3].StateId!.Value))!.FirstName);
        Assert.IsEmpty(await index.ClaimAsync([], None));
    }

    [TestMethod]
    public async Task Of_claims_at_once_for_one_local_id_all_get_the_same_State_ID()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ClaimAsync("1", "Ana")));

        Assert.AreEqual(1, outcomes.Count(outcome => outcome.Status == ClaimStatus.New));
        Assert.AreEqual(5, outcomes.Count(outcome => outcome.Status == ClaimStatus.Known));
        Assert.AreEqual(outcomes[0].StateId, outcomes.Select(outcome => outcome.StateId).Distinct().Single());
    }

    [TestMethod]
    public async Task Of_claims_at_once_for_one_child_in_two_districts_at_most_one_gets_a_new_State_ID()
    {
        for (var i = 0; i < 5; i++)
        {
            var outcomes = await Task.WhenAll(ClaimAsync($"{i}", $"Ana{i}"), ClaimAsync($"{i}", $"Ana{i}", Sample.OtherDistrict));

            Assert.IsLessThanOrEqualTo(1, outcomes.Count(outcome => outcome.Status == ClaimStatus.New));
            Assert.IsTrue(outcomes.All(outcome => outcome.Status is ClaimStatus.New or ClaimStatus.Candidates));
            var given = outcomes.Where(outcome => outcome.Status == ClaimStatus.New).Select(outcome => outcome.StateId!.Value).ToList();
            if (given.Count == 0) continue;
            CollectionAssert.AreEqual(given, outcomes.Single(outcome => outcome.Status == ClaimStatus.Candidates).Candidates.ToList(), "the other one is told of the child");
        }
    }

    [TestMethod]
    public async Task Twins_in_one_call_do_not_both_get_a_new_State_ID()
    {
        var outcomes = await index.ClaimAsync([Claim("1", "Ana"), Claim("2", "Ana")], None);

        Assert.IsLessThanOrEqualTo(1, outcomes.Count(outcome => outcome.Status == ClaimStatus.New));
    }

    [TestMethod]
    public async Task Many_claims_at_once_give_out_as_many_different_State_IDs()
    {
        var outcomes = (await Task.WhenAll(Enumerable.Range(0, 4).Select(part =>
            index.ClaimAsync([.. Enumerable.Range(0, 40).Select(i => Claim($"{part}-{i}", $"Ana{part}x{i}"))], None)))).SelectMany(outcome => outcome).ToList();

        Assert.IsTrue(outcomes.All(outcome => outcome.Status == ClaimStatus.New));
        Assert.AreEqual(160, outcomes.Select(outcome => outcome.StateId).Distinct().Count());
    }

    [TestMethod]
    public async Task A_link_replaces_an_earlier_one_and_leaves_others_alone()
    {
        await index.PutAsync([Stored.Person(100, "Ana"), Stored.Person(200, "Berta")], None);
        await index.LinkAsync(Sample.District, new Dictionary<string, StateId> { ["1"] = new(100), ["2"] = new(200) }, None);

        await index.LinkAsync(Sample.District, new Dictionary<string, StateId> { ["1"] = new(200) }, None);

        Assert.AreEqual(new StateId(200), await LinkOfAsync("1"));
        Assert.AreEqual(new StateId(200), await LinkOfAsync("2"), "two local ids may be one child");
        Assert.AreEqual((ClaimStatus.Known, new StateId(200)), (await ClaimAsync("1", "Carla") is var claimed ? (claimed.Status, claimed.StateId!.Value) : default));
    }

    [TestMethod]
    public async Task Local_ids_may_hold_any_character_and_differ_by_case()
    {
        string[] localIds = ["a", "A", "a/b", "a#b", "a?b", "a\\b", "a b", "é", "🎓"];
        var outcomes = await index.ClaimAsync([.. localIds.Select((localId, i) => Claim(localId, $"Ana{i}"))], None);

        var links = await index.FindLinksAsync(Sample.District, localIds, None);

        CollectionAssert.AreEqual(outcomes.Select(outcome => outcome.StateId!.Value).ToList(), localIds.Select(localId => links[localId]).ToList());
        Assert.AreEqual(localIds.Length, links.Values.Distinct().Count());
    }

    private async Task<IReadOnlyList<StateId>> AlikeAsync(Person person) => [.. (await index.FindAlikeAsync([person], None)).Single().Select(found => found.StateId)];

    [TestMethod]
    public async Task Who_may_be_the_same_child_is_found_under_other_spellings_and_exchanged_dates()
    {
        var ana = Stored.Person(100, "Ana") with { BirthDate = new DateOnly(2015, 6, 1) };
        await index.PutAsync([ana, Stored.Person(200, "Berta") with { LastName = "Stone", BirthDate = new DateOnly(2012, 3, 4) }], None);

        foreach (var asked in new[]
        {
            ana with { StateId = default }, ana with { StateId = default, FirstName = "ANNA", BirthDate = new DateOnly(2014, 6, 1) }, ana with { StateId = default, BirthDate = new DateOnly(2015, 1, 6) },
            ana with { StateId = default, LastName = "Okafor" }, ana with { StateId = default, FirstName = "Rivers", LastName = "Ana" }, ana with { StateId = default, BirthDate = null },
        })
            CollectionAssert.AreEqual(new[] { ana.StateId }, (await AlikeAsync(asked)).ToList(), $"{asked.LastName} {asked.FirstName} {asked.BirthDate}");
        Assert.IsEmpty(await AlikeAsync(ana), "nobody is like himself");
        Assert.IsEmpty(await AlikeAsync(new Person { StateId = default }));
        Assert.IsEmpty(await index.FindAlikeAsync([], None));
    }

    [TestMethod]
    public async Task Those_alike_come_for_each_in_the_order_asked_and_retired_ones_do_not()
    {
        await index.PutAsync([Stored.Person(100, "Ana"), Stored.Person(200, "Berta") with { LastName = "Stone", BirthDate = new DateOnly(2012, 3, 4) }, Stored.Person(300, "Ana") with { MergedInto = new StateId(100) }], None);

        var found = await index.FindAlikeAsync([Stored.Person(0, "Berta") with { LastName = "Stone", BirthDate = new DateOnly(2012, 3, 4) }, Stored.Person(0, "Nobody") with { LastName = "Else", BirthDate = new DateOnly(1999, 9, 9) }, Stored.Person(0, "Ana")], None);

        CollectionAssert.AreEqual(new[] { "000000200", "", "000000100" }, found.Select(people => string.Join(' ', people.Select(person => person.StateId))).ToList());
    }

    [TestMethod]
    public async Task Somebody_is_found_under_what_is_known_now_and_from_the_claim_on()
    {
        var claimed = (await ClaimAsync("1", "Ana")).StateId!.Value;
        CollectionAssert.AreEqual(new[] { claimed }, (await AlikeAsync(Stored.Person(0, "Ana"))).ToList());

        await index.PutAsync([Stored.Person(claimed.Value, "Berta") with { LastName = "Stone", BirthDate = new DateOnly(2012, 3, 4) }], None);

        Assert.IsEmpty(await AlikeAsync(Stored.Person(0, "Ana")));
        CollectionAssert.AreEqual(new[] { claimed }, (await AlikeAsync(Stored.Person(0, "Berta") with { LastName = "Stone", BirthDate = new DateOnly(2012, 3, 4) })).ToList());
    }

    [TestMethod]
    public async Task Who_is_decided_to_be_new_gets_a_State_ID_whoever_is_there_and_no_link()
    {
        await index.PutAsync([Stored.Person(100, "Ana")], None);

        var (one, other) = (await index.AddAsync(Stored.Person(0, "Ana"), None), await index.AddAsync(Stored.Person(0, "Ana"), None));

        Assert.AreEqual(3, new HashSet<StateId> { one, other, new(100) }.Count);
        Assert.AreEqual(Stored.Person(one.Value, "Ana"), await FindAsync(one));
        CollectionAssert.AreEquivalent(new[] { one, other, new StateId(100) }, (await AlikeAsync(Stored.Person(0, "Ana"))).ToList());
        Assert.AreEqual(ClaimStatus.Candidates, (await ClaimAsync("1", "Ana")).Status);
    }

    [TestMethod]
    public async Task A_merge_is_set_and_undone_and_a_chain_leads_to_its_end()
    {
        await index.PutAsync([Stored.Person(100, "Ana"), Stored.Person(200, "Berta"), Stored.Person(300, "Carla")], None);
        Assert.IsTrue(await index.SetSurvivorAsync(new StateId(100), new StateId(200), None));
        Assert.IsTrue(await index.SetSurvivorAsync(new StateId(200), new StateId(300), None));
        Assert.IsTrue(await index.SetSurvivorAsync(new StateId(200), new StateId(300), None), "twice comes to the same");

        var people = await index.FindWithSurvivorsAsync([new StateId(100)], None);
        Assert.AreEqual((3, new StateId(300)), (people.Count, people.SurvivorOf(new StateId(100))));
        Assert.AreEqual(Stored.Person(100, "Ana") with { MergedInto = new StateId(200) }, people[new StateId(100)]);

        Assert.IsTrue(await index.SetSurvivorAsync(new StateId(200), null, None));
        Assert.AreEqual(new StateId(200), (await index.FindWithSurvivorsAsync([new StateId(100)], None)).SurvivorOf(new StateId(100)));
        Assert.AreEqual(Stored.Person(200, "Berta"), await FindAsync(new StateId(200)));
        Assert.IsFalse(await index.SetSurvivorAsync(new StateId(400), new StateId(100), None));
    }

    [TestMethod]
    public async Task Everybody_is_listed_in_the_order_of_State_IDs()
    {
        await index.PutAsync([Stored.Person(300, "Carla"), Stored.Person(100, "Ana") with { MergedInto = new StateId(300) }, new Person { StateId = new StateId(200) }], None);
        await index.LinkAsync(Sample.District, new Dictionary<string, StateId> { ["1"] = new(100) }, None);

        var people = await index.ListAsync(None).ToListAsync();

        CollectionAssert.AreEqual(new[] { Stored.Person(100, "Ana") with { MergedInto = new StateId(300) }, new Person { StateId = new StateId(200) }, Stored.Person(300, "Carla") }, people);
    }
}
