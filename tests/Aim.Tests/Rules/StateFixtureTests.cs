using Aim.Movement;
using Aim.Rules;
using Aim.Tests.Movement;

namespace Aim.Tests.Rules;

/// <summary>Every state rule through the uploads of two districts and a night: exactly that rule for exactly those districts, and nothing once it is corrected.</summary>
[TestClass]
public sealed class StateFixtureTests
{
    public static IEnumerable<object[]> Names => StateFixtures.All.Select(fixture => new object[] { fixture.Name });

    private static StateFixture Find(string name) => StateFixtures.All.Single(fixture => fixture.Name == name);

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task A_contradiction_between_districts_is_found_and_each_reads_its_own_side(string name)
    {
        var fixture = Find(name);
        var found = (await JudgeAsync(fixture.Fails, fixture.On)).Single();

        Assert.AreEqual((fixture.Rule, fixture.At), (found.Rule, string.Join(' ', found.Sides.Select(side => side.District))));
        var rule = RuleCatalog.Get(fixture.Rule);
        foreach (var side in found.Sides)
        {
            Assert.AreEqual((rule.Id, rule.Severity), (side.Finding.Rule, side.Finding.Severity));
            Assert.DoesNotContain("{", side.Finding.Message + side.Finding.HowToFix);
            var localIds = fixture.Fails.ToLookup(stay => stay.District == side.District, stay => stay.LocalId);
            Assert.Contains(side.Finding.LocalId, localIds[true]);
            foreach (var localId in localIds[false]) Assert.DoesNotContain(localId, side.ToString(), "the other district's record stays its own");
            Assert.IsGreaterThan(1, side.Finding.Line);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Nothing_is_found_once_the_districts_agree(string name)
    {
        var fixture = Find(name);
        Assert.IsEmpty(await JudgeAsync(fixture.Passes, fixture.PassesOn ?? fixture.On));
    }

    private static async Task<IReadOnlyList<MovementCase>> JudgeAsync(Stay[] stays, DateOnly night)
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await TwoDistricts.SendAsync(bench, stays);
        await bench.NightAsync(night);
        return await TwoDistricts.CasesAsync(bench);
    }
}
