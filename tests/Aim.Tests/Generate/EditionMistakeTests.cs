using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Rules;
using Aim.Tests.Setup;

namespace Aim.Tests.Generate;

/// <summary>What is planted in the editions of a generated state is what validation finds in them, for every collection, and nothing else.</summary>
[TestClass]
public sealed class EditionMistakeTests
{
    /// <summary>Rules about editions that the files of a state can't break.</summary>
    private static readonly Dictionary<string, string> NotPlanted = new()
    {
        ["BEH-001B"] = "it contradicts a confirmation, which is no file",
        ["CNT-007"] = "a district would have to lose or gain ten students from one year to the next, whose other rows would say so too",
        ["CNT-008"] = "it is about a figure of the funding system",
        ["CRT-003"] = "as CNT-007, of a school",
        ["CRT-004"] = "as CNT-007, of a grade",
        ["CRT-005"] = "as CNT-007, of a race or ethnicity",
        ["CRT-006"] = "as CNT-007, of special education",
        ["CRT-007"] = "as CNT-007, of graduates",
        ["CRT-009"] = "it is about what has been certified, which is no file",
    };

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 2)]
    public async Task A_state_without_mistakes_has_no_finding_when_what_is_stored_is_judged(int seed, int years)
    {
        IReadOnlyList<Finding> found = [];
        await new GeneratedState(2000, seed, years: years).LoadAsync(async data => found = await FindAsync(data, []));

        // From one generated year to the next cohorts differ as much as those rules ask about; what they say is true.
        var compareYears = RuleCatalog.EditionRules.Where(rule => rule.NeedsPriorYear).Select(rule => rule.Rule.Id).ToHashSet();
        Assert.AreEqual("", string.Join(", ", found.Where(finding => !compareYears.Contains(finding.Rule)).Select(finding => $"{finding.Rule} {finding.Message}").Take(10)));
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(7, 2)]
    public async Task Every_mistake_planted_in_an_edition_is_found_of_its_school_and_nothing_else_is(int seed, int years)
    {
        var state = new GeneratedState(2000, seed, errorRate: 0.3, years: years);
        var planted = state.Truth("editions.csv").Select(cells => string.Join(' ', cells)).ToHashSet();
        IReadOnlyList<string> found = [];

        await state.LoadAsync(async data => found = [.. (await FindAsync(data, planted)).Where(finding => RuleCatalog.Get(finding.Rule).Scope is RuleScope.Edition or RuleScope.Certification && !NotPlanted.ContainsKey(finding.Rule)).Select(NameOf).Distinct()]);

        Assert.IsNotEmpty(planted);
        Assert.AreEqual("", string.Join(", ", planted.Except(found)), "planted and not found");
        Assert.AreEqual("", string.Join(", ", found.Except(planted)), "found and not planted");
    }

    [TestMethod]
    public void Every_rule_about_editions_is_planted_but_those_that_files_cannot_break()
    {
        var state = new GeneratedState(5000, seed: 1, errorRate: 0.3);

        CollectionAssert.AreEquivalent(RuleCatalog.EditionRules.Select(rule => rule.Rule.Id).Except(NotPlanted.Keys).ToList(), state.Report.Editions.Keys.ToList());
    }

    private static string NameOf(Finding finding) => $"{finding.Rule} {finding.HowToFix}";

    /// <summary>Every finding in every edition, as its collections are certified one after another. Schools without incidents confirm it, but those where they were left out.</summary>
    private static async Task<IReadOnlyList<Finding>> FindAsync(DataFolder data, HashSet<string> planted)
    {
        var all = new List<Finding>();
        await foreach (var head in data.Ports.Editions.ListHeadsAsync(Sample.Year, CancellationToken.None))
        {
            foreach (var quiet in (await JudgeAsync(data, head.Key, CollectionName.EndOfYear)).Where(finding => finding.Rule == "BEH-001" && !planted.Contains($"BEH-001 {head.Key.District} {finding.School}")))
                await data.Platform.Notes.ConfirmZeroIncidentsAsync(head.Key, quiet.School!, "test", CancellationToken.None);
            foreach (var collection in CollectionName.All)
            {
                // The place in the state stands in for the text, which names the school alone.
                all.AddRange((await JudgeAsync(data, head.Key, collection)).Select(finding => finding with { HowToFix = $"{head.Key.District} {finding.School}" }));
                await data.Platform.Notes.NoteCertifiedAsync(head.Key, collection, "test", CancellationToken.None);
            }
        }
        return all;
    }

    private static async Task<FindingList> JudgeAsync(DataFolder data, EditionKey edition, string collection)
    {
        var findings = new FindingList();
        await data.Platform.Validation.RunAsync(edition, null, collection, findings, null, CancellationToken.None);
        return findings;
    }
}
