using Aim.Host.Commands;
using Aim.Rules;
using Aim.StateSync;
using Aim.Tests.Rules;
using Aim.Uploads;

namespace Aim.Tests.Generate;

/// <summary>What a load finds in a generated state is what was planted in it, and nothing else.</summary>
[TestClass]
public sealed class PlantedMistakeTests
{
    /// <summary>Rules between districts: they are found in the state's records, and planted in truth/cases.csv.</summary>
    private static readonly string[] OfCases = [.. RuleCatalog.All.Where(rule => rule.Scope == RuleScope.State).Select(rule => rule.Id)];

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 2)]
    [DataRow(20260, 3)]
    public async Task A_state_without_mistakes_raises_no_finding_of_any_severity(int seed, int years)
    {
        var (report, findings, _, cases, nearMatches) = await new GeneratedState(2000, seed, years: years).LoadAsync();

        Assert.AreEqual("", string.Join(", ", findings.Select(finding => $"{finding.Rule} {finding.Record}:{finding.Line} {finding.Message}").Take(10)));
        Assert.AreEqual((0L, 0L, 0L, 0L, 0L), (report.Totals.Fatal, report.Totals.Errors, report.Totals.Warnings, report.Totals.Information, report.Totals.Rejected));
        Assert.AreEqual("", string.Join(", ", report.Files.Where(file => file.Status != UploadStatus.Accepted).Select(file => file.File)));
        Assert.AreEqual(report.Totals.Rows, report.Totals.Added);
        Assert.IsNotEmpty(report.Pushes);
        foreach (var push in report.Pushes) Assert.AreEqual(new LoadedPush(push.File, push.Sequence, PushState.Applied, push.Sentence) { Added = push.Added }, push);
        Assert.AreEqual((0, 0), (report.Parked, report.Unresolved.Count));
        Assert.IsEmpty(cases);
        Assert.IsEmpty(nearMatches);
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(7, 2)]
    public async Task Every_planted_mistake_is_found_by_its_rule_at_its_line_and_nothing_else_is(int seed, int years)
    {
        var state = new GeneratedState(2000, seed, errorRate: 0.3, years: years);
        Assert.IsGreaterThan(500, state.Planted.Count, "there is something to find");

        var (report, findings, hits, cases, nearMatches) = await state.LoadAsync();

        Assert.AreEqual("", Hit.Text(state.Planted.Except(hits)), "planted and not found");
        Assert.AreEqual("", Hit.Text(hits.Except(state.Planted)), "found and not planted");
        Assert.AreEqual(findings.Count(finding => finding.Severity == Severity.Fatal && finding.Line > 0), report.Totals.Rejected + report.Pushes.Sum(push => push.LeftOut), "a fatal finding is about a row of its own, or a whole file");
        Assert.IsTrue(report.HasProblems);
        Assert.IsNotEmpty(report.Held);
        foreach (var hold in report.Held) Assert.AreEqual(EditStatus.Done, hold.Status, hold.Sentence);

        Assert.AreEqual(string.Join('\n', state.ExpectedCases(OfCases)), string.Join('\n', cases));
        Assert.IsGreaterThan(10, cases.Count);
        // Where matching is sure, nobody waits; who waits is one of these.
        Assert.IsEmpty(nearMatches.Except(state.Truth("near-matches.csv").Select(cells => $"{cells[0]} {cells[1]}")));
    }

    [TestMethod]
    public void Every_rule_of_the_catalogue_is_planted()
    {
        var state = new GeneratedState(5000, seed: 1, errorRate: 0.3, years: 2);

        var expected = RuleCatalog.All.Where(rule => rule.Scope is not (RuleScope.Edition or RuleScope.Certification)).Select(rule => rule.Id).Except(state.Report.Cases.Keys).Except(state.Report.Editions.Keys).ToList();
        Assert.AreEqual("", string.Join(' ', expected.Except(state.Report.Planted.Keys)), "not planted");
        Assert.IsEmpty(state.Report.Planted.Keys.Except(expected));
        Assert.IsEmpty(OfCases.Concat(["IDN-003", "IDN-004", "IDN-005"]).Except(state.Report.Cases.Keys));
        Assert.AreEqual(state.Planted.Count, state.Report.Planted.Values.Sum());
    }

    [TestMethod]
    public void A_state_without_mistakes_has_none_planted()
    {
        var state = new GeneratedState(200, seed: 1);

        Assert.IsEmpty(state.Planted);
        Assert.IsEmpty(state.Report.Planted);
        Assert.IsEmpty(state.Report.Cases);
        Assert.IsEmpty(state.Report.Editions);
    }
}
