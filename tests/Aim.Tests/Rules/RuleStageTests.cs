using Aim.Records;
using Aim.Rules;
using Aim.Tests.Setup;

namespace Aim.Tests.Rules;

/// <summary>How a rule is introduced, shown with one that isn't in the catalogue.</summary>
[TestClass]
public sealed class RuleStageTests
{
    private static readonly Rule MadeUp = new("TST-001", Severity.Fatal, RuleScope.Row, nameof(Enrollment.Grade), "Made up", "The grade is {Grade}.", "Nothing to do.");

    private static readonly Enrollment Offender = new() { Grade = "05" };

    private sealed class Origin : IRowOrigin
    {
        public RowPlace Place => new(RecordTypes.Enrollment, 7, "1001");
    }

    private static (bool Rejected, FindingList Findings) CheckRow(Rule rule, int year = 2026, bool hasReference = true, bool needsReference = false)
    {
        var rules = new RowRuleSet<Enrollment>([new(rule, (enrollment, _) => enrollment.Grade == "05", needsReference)], new SchoolYear(year), hasReference ? Sample.Reference(new SchoolYear(year)) : null);
        var findings = new FindingList();
        return (rules.Check(Offender, new RowFacts { District = Sample.District, Year = new SchoolYear(year), AsOf = new(year, 1, 1) }, new Origin(), findings), findings);
    }

    private static (int Rejected, FindingList Findings) CheckStudent(Rule rule, int year = 2026, bool hasPriorYear = true, bool needsPriorYear = false, RecordType? uploaded = null, bool isNew = true)
    {
        var rules = new StudentRuleSet([new(rule, (view, _) => view.Enrollments, RecordTypes.Enrollment) { NeedsPriorYear = needsPriorYear }], [uploaded ?? RecordTypes.Enrollment], new SchoolYear(year), reference: null, hasPriorYear);
        var view = new StudentView();
        view.Add(new Entry<Enrollment>(Offender, new Origin().Place, isNew));
        var (facts, findings) = (new StudentFacts { Year = new SchoolYear(year) }, new FindingList());
        var rejected = rules.CheckFatal(view, facts, findings);
        rules.CheckOthers(view, facts, findings);
        return (rejected.Count, findings);
    }

    [TestMethod]
    [DataRow(RuleStage.Observe, Severity.Fatal, Severity.Info)]
    [DataRow(RuleStage.Observe, Severity.Warning, Severity.Info)]
    [DataRow(RuleStage.Warn, Severity.Fatal, Severity.Warning)]
    [DataRow(RuleStage.Warn, Severity.Error, Severity.Warning)]
    [DataRow(RuleStage.Warn, Severity.Info, Severity.Info)]
    [DataRow(RuleStage.Enforce, Severity.Fatal, Severity.Fatal)]
    [DataRow(RuleStage.Enforce, Severity.Error, Severity.Error)]
    public void A_rule_is_first_shown_then_warns_then_has_its_full_severity(RuleStage stage, Severity severity, Severity effective)
    {
        var rule = MadeUp with { Stage = stage, Severity = severity };

        var (rejected, findings) = CheckRow(rule);
        Assert.AreEqual(effective, findings.Single().Severity);
        Assert.AreEqual(effective == Severity.Fatal, rejected);

        var (entries, ofStudent) = CheckStudent(rule);
        Assert.AreEqual(effective, ofStudent.Single().Severity);
        Assert.AreEqual(effective == Severity.Fatal ? 1 : 0, entries);
    }

    [TestMethod]
    [DataRow(2024, false)]
    [DataRow(2025, true)]
    [DataRow(2026, true)]
    [DataRow(2027, false)]
    public void A_rule_holds_in_its_years_alone(int year, bool holds)
    {
        var rule = MadeUp with { FirstYear = 2025, LastYear = 2026 };

        Assert.HasCount(holds ? 1 : 0, CheckRow(rule, year).Findings);
        Assert.HasCount(holds ? 1 : 0, CheckStudent(rule, year).Findings);
    }

    [TestMethod]
    public void A_rule_without_years_always_holds() => Assert.HasCount(1, CheckRow(MadeUp, 2000).Findings);

    [TestMethod]
    public void A_rule_that_asks_the_states_data_is_not_run_without_it()
    {
        Assert.HasCount(0, CheckRow(MadeUp, hasReference: false, needsReference: true).Findings);
        Assert.HasCount(1, CheckRow(MadeUp, hasReference: false, needsReference: false).Findings);
    }

    [TestMethod]
    public void A_rule_that_asks_the_year_before_is_not_run_without_it()
    {
        Assert.HasCount(0, CheckStudent(MadeUp, hasPriorYear: false, needsPriorYear: true).Findings);
        Assert.HasCount(1, CheckStudent(MadeUp, hasPriorYear: false, needsPriorYear: false).Findings);
    }

    [TestMethod]
    public void A_rule_is_not_run_when_the_file_holds_nothing_it_reads() => Assert.HasCount(0, CheckStudent(MadeUp, uploaded: RecordTypes.EnglishLearner).Findings);

    [TestMethod]
    public void A_stored_row_is_never_rejected() => Assert.AreEqual((0, 0), (CheckStudent(MadeUp, isNew: false).Rejected, CheckStudent(MadeUp, isNew: false).Findings.Count));

    [TestMethod]
    public void The_message_shows_the_rows_values() => Assert.AreEqual("The grade is 05.", CheckRow(MadeUp).Findings.Single().Message);
}
