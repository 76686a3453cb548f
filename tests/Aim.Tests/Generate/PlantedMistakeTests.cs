using Aim.Rules;
using Aim.Tests.Rules;
using Aim.Uploads;

namespace Aim.Tests.Generate;

/// <summary>What a load finds in a generated state is what was planted in it, and nothing else.</summary>
[TestClass]
public sealed class PlantedMistakeTests
{
    /// <summary>Rules that an upload of rows into an empty system can't break.</summary>
    private static readonly Dictionary<string, string> NotPlanted = new()
    {
        ["ENR-004"] = "it is found in the state record, not in an upload",
        ["ENR-007"] = "it is found in the state record, not in an upload",
        ["ENR-008"] = "it is found in the state record, not in an upload",
        ["ENR-015"] = "it is found in the state record, not in an upload",
        ["ROS-001"] = "it is about OneRoster archives, and the sample has none",
        ["ROS-002"] = "it is about OneRoster archives, and the sample has none",
        ["FMT-001"] = "a file without a header is refused as a whole, and everything else planted in it would go unseen",
        ["FMT-014"] = "it is about a record that is sent by itself, under a key",
        ["IDN-003"] = "it needs a student whom the state already knows under the same name, birth date and gender; no two people of the sample are that alike",
        ["ENR-009"] = "it needs the edition of the year before",
        ["ENR-009B"] = "it needs the edition of the year before",
        ["ENR-013"] = "it needs the edition of the year before",
    };

    /// <summary>Rules that the generator has no mistake for yet.</summary>
    private static readonly string[] ToBePlanted =
    [
        "CNT-001", "CNT-002", "CNT-003", "CNT-004", "CNT-004B", "CNT-005", "CNT-009", "CNT-009B", "CNT-010", "CNT-011", "ATT-001", "ATT-003",
        "ATT-004", "ASM-001", "ASM-002", "ASM-003", "ASM-004", "BEH-002", "BEH-003", "BEH-004", "BEH-005", "BEH-006", "CLS-001", "CLS-002",
        "CLS-003", "REF-010", "REF-011", "REF-012", "IDN-006", "SPD-004", "PRG-004", "PRG-005", "PRG-006", "PRG-007", "PRG-008", "PRG-009",
        "PRG-010", "PRG-011", "PRG-012",
    ];

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(20260)]
    public async Task A_state_without_mistakes_raises_no_finding_of_any_severity(int seed)
    {
        var (report, findings, _) = await new GeneratedState(2000, seed).LoadAsync();

        Assert.AreEqual("", string.Join(", ", findings.Select(finding => $"{finding.Rule} {finding.Record}:{finding.Line} {finding.Message}").Take(10)));
        Assert.AreEqual((0L, 0L, 0L, 0L, 0L), (report.Totals.Fatal, report.Totals.Errors, report.Totals.Warnings, report.Totals.Information, report.Totals.Rejected));
        Assert.AreEqual("", string.Join(", ", report.Files.Where(file => file.Status != UploadStatus.Accepted).Select(file => file.File)));
        Assert.AreEqual(report.Totals.Rows, report.Totals.Added);
        Assert.AreEqual((0, 0), (report.Parked, report.Unresolved.Count));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    public async Task Every_planted_mistake_is_found_by_its_rule_at_its_line_and_nothing_else_is(int seed)
    {
        var state = new GeneratedState(2000, seed, errorRate: 0.3);
        Assert.IsGreaterThan(500, state.Planted.Count, "there is something to find");

        var (report, findings, hits) = await state.LoadAsync();

        Assert.AreEqual("", Hit.Text(state.Planted.Except(hits)), "planted and not found");
        Assert.AreEqual("", Hit.Text(hits.Except(state.Planted)), "found and not planted");
        Assert.AreEqual(findings.Count(finding => finding.Severity == Severity.Fatal), report.Totals.Rejected, "a fatal finding is about a row of its own");
        Assert.IsTrue(report.HasProblems);
    }

    [TestMethod]
    public void Every_rule_that_an_upload_into_an_empty_system_can_break_is_planted()
    {
        var state = new GeneratedState(5000, seed: 1, errorRate: 0.1);

        CollectionAssert.AreEquivalent(RuleCatalog.All.Select(rule => rule.Id).Except(NotPlanted.Keys).Except(ToBePlanted).ToList(), state.Planted.Select(hit => hit.Rule).Distinct().ToList());
        Assert.AreEqual(state.Planted.Count, state.Report.Planted.Values.Sum());
    }

    [TestMethod]
    public void A_state_without_mistakes_has_none_planted()
    {
        var state = new GeneratedState(200, seed: 1);

        Assert.IsEmpty(state.Planted);
        Assert.IsEmpty(state.Report.Planted);
    }
}
