using Aim.Movement;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Movement;

[TestClass]
public sealed class CaseDialogueTests
{
    private static readonly DateTimeOffset Opened = new(2025, 10, 7, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly Due = new(2025, 10, 21);

    private static MovementCase Overlap { get; } = Case(StateRules.Check(Histories.Of("2026 0123/0001 05 2025-08-25 - -", "2026 0456/0101 05 2025-10-01 - -"), Due).Single());

    private static MovementCase Exit { get; } = Case(StateRules.Check(Histories.Of("2026 0123/0001 05 2025-08-25 2025-10-01 300", "2026 0456/0101 05 2025-10-06 - -"), Due).Single());

    private static MovementCase Case(StateFinding finding) => new()
    {
        Id = "x", Rule = finding.Rule.Id, Student = TwoDistricts.Child, Year = finding.Year, From = finding.From, To = finding.To, Sides = finding.Sides, Opened = Opened, Due = Due,
    };

    private static MovementCase Reply(MovementCase item, DistrictId district, CaseAnswer answer, DateOnly? end = null)
    {
        var reply = new CaseReply(answer, end, "We looked.");
        Assert.IsNull(item.WhyNoReply(district, reply));
        return item.Replied(district, reply, "somebody", Opened);
    }

    [TestMethod]
    public void A_case_is_answered_once_every_district_has_answered_and_an_answer_can_be_changed()
    {
        var first = Reply(Overlap, Sample.District, CaseAnswer.Keep);
        Assert.AreEqual(CaseStatus.Open, first.Status);
        var both = Reply(first, Sample.OtherDistrict, CaseAnswer.Keep);
        Assert.AreEqual(CaseStatus.Answered, both.Status);

        var changed = Reply(both, Sample.District, CaseAnswer.EndOn, new DateOnly(2025, 10, 1));

        Assert.AreEqual((CaseStatus.Answered, CaseAnswer.EndOn), (changed.Status, changed.AnswerOf(Sample.District)!.Answer));
        Assert.HasCount(3, changed.Lines, "nothing that was said is taken away");
        Assert.AreEqual(CaseStatus.Answered, Reply(Exit, Sample.District, CaseAnswer.WillCorrect).Status, "one district has to answer");
    }

    [TestMethod]
    [DataRow(CaseAnswer.EndOn, null, "Give the end date")]
    [DataRow(CaseAnswer.Keep, "2025-10-03", "Give the end date")]
    [DataRow(CaseAnswer.EndOn, "2025-08-24", "before the start")]
    [DataRow(CaseAnswer.EndOn, "2025-10-02", "The overlap would remain: it begins on 2025-10-01")]
    [DataRow(CaseAnswer.EndOn, "2027-01-01", "The overlap would remain: it begins on 2025-10-01")]
    [DataRow(CaseAnswer.WillCorrect, null, "Of an overlap")]
    public void An_answer_that_says_nothing_clear_is_refused_with_a_sentence(CaseAnswer answer, string? end, string says) =>
        StringAssert.Contains(Overlap.WhyNoReply(Sample.District, new CaseReply(answer, end is null ? null : DateOnly.Parse(end, null), "We looked.")), says);

    [TestMethod]
    public void The_district_whose_enrollment_began_later_ends_no_overlap_by_ending_it() =>
        StringAssert.Contains(Overlap.WhyNoReply(Sample.OtherDistrict, new CaseReply(CaseAnswer.EndOn, Overlap.From, "We looked.")), "no end of it ends the overlap");

    /// <summary>The cases of a child whom three districts have at once, each of its own two.</summary>
    private static List<MovementCase> Three { get; } =
        [.. StateRules.Check(Histories.Of("2026 0123/0001 05 2025-08-25 - -", "2026 0456/0101 05 2025-10-01 - -", "2026 0789/0201 05 2025-10-01 - -"), Due).Select(Case).Select((item, i) => item with { Id = $"case-{i}" })];

    private static MovementCase Decide(MovementCase item, string district, string from) => item.Decided(new CaseDecision(new DistrictId(district), DateOnly.Parse(from, null), "Seen.", "reviewer", Opened));

    private static MovementCase Between(string one, string other) => Three.Single(item => item.Concerns(new DistrictId(one)) && item.Concerns(new DistrictId(other)));

    [TestMethod]
    [DataRow("0123", "2025-10-01", "0789", "2025-10-01", DisplayName = "two have the student from the same day")]
    [DataRow("0123", "2025-10-01", "0456", "2025-11-03", DisplayName = "it goes to one who had lost it to a third")]
    [DataRow("0456", "2025-12-01", "0789", "2025-11-03", DisplayName = "one gets it who is to lose it before")]
    public void A_decision_that_contradicts_one_of_another_case_of_the_student_is_refused_with_its_number(string first, string firstDay, string second, string secondDay)
    {
        var decided = Decide(Between("0123", "0456"), first, firstDay);

        var sentence = Between("0456", "0789").WhyContradiction(new DistrictId(second), DateOnly.Parse(secondDay, null), Three.Append(decided));

        StringAssert.Contains(sentence, $"In case {decided.Id} it was decided that district {first} has the student from {firstDay}");
    }

    [TestMethod]
    public void A_student_may_be_one_districts_first_and_anothers_later_and_what_is_gone_binds_nobody()
    {
        var decided = Decide(Between("0123", "0456"), "0123", "2025-10-01");
        var later = new DateOnly(2025, 11, 3);
        Assert.IsNull(Between("0456", "0789").WhyContradiction(new DistrictId("0789"), later, [decided]));
        Assert.IsNull(Between("0123", "0789").WhyContradiction(new DistrictId("0789"), later, [decided, Decide(Between("0456", "0789"), "0789", "2025-11-03")]), "the third case agrees with both");
        Assert.IsNull(Between("0456", "0789").WhyContradiction(new DistrictId("0456"), later, [decided.Ended(Opened)]));
        Assert.IsNull(decided.WhyContradiction(new DistrictId("0456"), later, [decided]), "a case doesn't contradict itself");
    }

    [TestMethod]
    public void An_exit_has_no_enrollment_left_to_end() => StringAssert.Contains(Exit.WhyNoReply(Sample.District, new CaseReply(CaseAnswer.EndOn, Due, "We looked.")), "only of an overlap with another district");

    [TestMethod]
    public void The_state_decides_after_the_due_date_or_once_both_have_answered()
    {
        StringAssert.Contains(Overlap.WhyNoDecision(Sample.District, Overlap.From, Due), "2025-10-21");
        Assert.IsNull(Overlap.WhyNoDecision(Sample.District, Overlap.From, Due.AddDays(1)));
        var answered = Reply(Reply(Overlap, Sample.District, CaseAnswer.Keep), Sample.OtherDistrict, CaseAnswer.Keep);
        Assert.IsNull(answered.WhyNoDecision(Sample.District, Overlap.From, Due));
        StringAssert.Contains(answered.WhyNoDecision(new DistrictId("0789"), Overlap.From, Due), "one of the case's districts");
        StringAssert.Contains(answered.WhyNoDecision(Sample.District, Overlap.From.AddDays(-1), Due), "2025-10-01 to 2026-06-30");
        StringAssert.Contains(Exit.WhyNoDecision(Sample.District, Exit.From, Due.AddDays(1)), "Only of an overlap");
    }

    [TestMethod]
    public void A_case_is_overdue_while_a_district_has_not_answered()
    {
        Assert.IsFalse(Overlap.IsOverdue(Due));
        Assert.IsTrue(Overlap.IsOverdue(Due.AddDays(1)));
        Assert.IsFalse(Reply(Exit, Sample.District, CaseAnswer.Keep).IsOverdue(Due.AddDays(1)));
    }

    [TestMethod]
    public void What_is_decided_stays_decided_while_the_overlap_stays_and_once_it_is_gone()
    {
        var decided = Overlap.Decided(new CaseDecision(Sample.OtherDistrict, Overlap.From, "The child sits there.", "reviewer", Opened));
        var same = StateRules.Check(Histories.Of("2026 0123/0002 05 2025-09-01 - -", "2026 0456/0101 05 2025-10-03 - -"), Due).Single();

        Assert.IsTrue(decided.IsAbout(same), "other dates and another school, and the same overlap");
        Assert.AreEqual(CaseStatus.DecidedByState, decided.Seen(same).Status);
        Assert.AreEqual(CaseStatus.DecidedByState, decided.Ended(Opened).Status);
        Assert.IsFalse(decided.Ended(Opened).IsAbout(same), "after that it is a new one");
        StringAssert.Contains(decided.WhyNoReply(Sample.District, new CaseReply(CaseAnswer.Keep, null, "But.")), "closed");
        StringAssert.Contains(decided.WhyNoDecision(Sample.District, Overlap.From, Due.AddDays(9)), "closed");
    }

    [TestMethod]
    public void A_case_takes_only_so_many_lines()
    {
        var full = Overlap with { Lines = [.. Enumerable.Repeat(new CaseLine(Opened, "x", Sample.District, "?"), CaseDialogue.MostLines)] };
        StringAssert.Contains(full.WhyNoLine(), "200 lines");
        StringAssert.Contains(full.WhyNoReply(Sample.District, new CaseReply(CaseAnswer.Keep, null, "x")), "200 lines");
        Assert.IsNull(full.WhyNoDecision(Sample.District, full.From, Due.AddDays(1)), "the state can end it");
    }
}
