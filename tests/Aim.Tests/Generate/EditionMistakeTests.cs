using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Rules;
using Aim.Tests.Setup;

namespace Aim.Tests.Generate;

/// <summary>What is planted in the editions of a generated state is what validation finds in them, for every collection, and nothing else.</summary>
[TestClass]
public sealed class EditionMistakeTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 2)]
    [DataRow(20260, 3)]
    public async Task A_state_without_mistakes_has_no_finding_when_what_is_stored_is_judged(int seed, int years)
    {
        IReadOnlyList<Finding> found = [];
        await new GeneratedState(2000, seed, years: years).LoadAsync(async data => found = await FindAsync(data));

        Assert.AreEqual("", string.Join(", ", found.Select(finding => $"{finding.Rule} {finding.Message}").Take(10)));
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(7, 2)]
    public async Task Every_mistake_planted_in_an_edition_is_found_of_its_school_and_nothing_else_is(int seed, int years)
    {
        var state = new GeneratedState(2000, seed, errorRate: 0.3, years: years);
        var planted = state.Truth("editions.csv").Select(cells => string.Join(' ', cells)).ToHashSet();
        IReadOnlyList<string> found = [];

        await state.LoadAsync(async data => found = [.. (await FindAsync(data)).Where(finding => RuleCatalog.Get(finding.Rule).Scope is RuleScope.Edition or RuleScope.Certification).Select(NameOf).Distinct()]);

        Assert.IsNotEmpty(planted);
        Assert.AreEqual("", string.Join(", ", planted.Except(found)), "planted and not found");
        Assert.AreEqual("", string.Join(", ", found.Except(planted)), "found and not planted");
    }

    [TestMethod]
    public void Every_rule_about_editions_is_planted()
    {
        var state = new GeneratedState(5000, seed: 1, errorRate: 0.3, years: 2);

        CollectionAssert.AreEquivalent(RuleCatalog.EditionRules.Select(rule => rule.Rule.Id).ToList(), state.Report.Editions.Keys.ToList());
    }

    private static string NameOf(Finding finding) => $"{finding.Rule} {finding.HowToFix}";

    /// <summary>Every finding in every edition, for every collection.</summary>
    private static async Task<IReadOnlyList<Finding>> FindAsync(DataFolder data)
    {
        var all = new List<Finding>();
        await foreach (var head in data.Ports.Editions.ListHeadsAsync(Sample.Year, CancellationToken.None))
            // The place in the state stands in for the text, which names the school alone.
            foreach (var collection in CollectionName.All) all.AddRange((await JudgeAsync(data, head.Key, collection)).Select(finding => finding with { HowToFix = $"{head.Key.District} {finding.School}" }));
        return all;
    }

    private static async Task<FindingList> JudgeAsync(DataFolder data, EditionKey edition, string collection)
    {
        var findings = new FindingList();
        await data.Platform.Validation.RunAsync(edition, null, collection, findings, null, CancellationToken.None);
        return findings;
    }
}
