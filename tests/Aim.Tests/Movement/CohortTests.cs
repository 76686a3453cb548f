using Aim.Movement;
using Aim.Records;

namespace Aim.Tests.Movement;

[TestClass]
public sealed class CohortTests
{
    private static readonly DateOnly InFall = new(2026, 10, 1);

    private static string Line(int year, string grade, string end = "06-04", string status = "190", string where = "0123/0002", string start = "08-26") => $"{year} {where} {grade} {year - 1}-{start} {year}-{end} {status}";

    /// <summary>Grades 9 to 11 in district 0123, entered in the fall of 2022: the cohort of 2026.</summary>
    private static readonly string[] ThreeYears = [Line(2023, "09"), Line(2024, "10"), Line(2025, "11")];

    private static string Judge(string[] lines, DateOnly? asOf = null, DateOnly? documented = null, DateOnly? entered = null, int cohort = 2026) =>
        CohortMember.Of(Histories.Of(entered, lines), new SchoolYear(cohort), asOf ?? InFall, documented is { } day ? [day] : []) is { } member
            ? $"{member.District} {member.Outcome}{(member.NeedsDocumentation ? " undocumented" : "")}{(member.IsRemoved ? " removed" : "")}" : "";

    private static string Cohort(DateOnly? entered, params string[] lines) => CohortMember.CohortOf(Histories.Of(entered, lines)) is var (year, basis) ? $"{year} {basis}" : "";

    [TestMethod]
    public void The_cohort_is_fixed_by_the_date_first_entered_grade_9_or_else_by_the_first_enrollment_there()
    {
        Assert.AreEqual("2026 Stated", Cohort(new DateOnly(2022, 8, 25), Line(2024, "09")), "the date says more than the enrollments");
        Assert.AreEqual("2026 Stated", Cohort(new DateOnly(2023, 1, 9), Line(2023, "09")), "in the middle of the year");
        Assert.AreEqual("2026 FirstGrade9", Cohort(null, Line(2023, "09")));
        Assert.AreEqual("2026 FirstGrade9", Cohort(null, Line(2023, "09"), Line(2024, "09"), Line(2025, "10")), "a repeated grade moves nobody to a later cohort");
        Assert.AreEqual("2026 FirstGrade9", Cohort(null, Line(2022, "08"), Line(2023, "09"), Line(2024, "10", where: "0456/0101")));
        Assert.AreEqual("2026 FirstHigherGrade", Cohort(null, Line(2025, "11")), "came to the state in grade 11");
        Assert.AreEqual("", Cohort(null, Line(2025, "08")));
    }

    [TestMethod]
    [DataRow("400/R", "0123 Graduated")]
    [DataRow("400", "0123 Graduated")]
    [DataRow("410/P", "0123 Graduated")]
    [DataRow("400/A", "0123 OtherCompleter")]
    [DataRow("420", "0123 OtherCompleter")]
    [DataRow("300", "0123 DroppedOut")]
    [DataRow("310", "0123 DroppedOut")]
    [DataRow("140", "0123 Unknown undocumented")]
    [DataRow("500", "0123 Unknown undocumented")]
    [DataRow("130", "0123 Unknown undocumented")]
    [DataRow("150", "0123 Unknown undocumented")]
    [DataRow("160", "0123 Unknown undocumented")]
    [DataRow("120", "0123 Unknown")]
    [DataRow("190", "0123 Unknown")]
    [DataRow("320", "0123 Unknown")]
    public void The_last_exit_within_the_four_years_says_what_became_of_a_member(string status, string expected) => Assert.AreEqual(expected, Judge([.. ThreeYears, Line(2026, "12", status: status)]));

    [TestMethod]
    [DataRow("130", "0123 TransferredOut removed")]
    [DataRow("170", "0123 TransferredOut removed")]
    [DataRow("140", "0123 EmigratedOrDied removed")]
    [DataRow("500", "0123 EmigratedOrDied removed")]
    [DataRow("300", "0123 DroppedOut")]
    [DataRow("120", "0123 Unknown")]
    public void Who_transfers_out_emigrates_or_dies_leaves_the_cohort_once_it_is_documented_and_nobody_else_does(string status, string expected) =>
        Assert.AreEqual(expected, Judge([.. ThreeYears, Line(2026, "12", status: status)], documented: new DateOnly(2026, 6, 4)));

    [TestMethod]
    public void Documentation_is_good_for_the_exit_it_is_about() =>
        Assert.AreEqual("0123 Unknown undocumented", Judge([Line(2023, "09"), Line(2024, "10", "01-09", "130"), Line(2025, "11", "02-02", "130")], documented: new DateOnly(2024, 1, 9)));

    [TestMethod]
    public void A_short_stay_elsewhere_that_ended_before_does_not_make_the_student_another_districts() =>
        Assert.AreEqual("0123 DroppedOut", Judge([.. ThreeYears, Line(2026, "12", status: "300"), "2026 0456/0101 12 2025-10-01 2025-10-15 130"]));

    [TestMethod]
    public void An_early_graduate_stays_a_graduate_whatever_is_sent_after_that() =>
        Assert.AreEqual("0123 Graduated", Judge([Line(2023, "09"), Line(2024, "10"), Line(2025, "11", "01-16", "400/R"), Line(2026, "12", "11-03", "300", "0456/0101")]));

    [TestMethod]
    public void A_member_belongs_to_the_district_that_had_the_student_last()
    {
        Assert.AreEqual("0456 Graduated", Judge([Line(2023, "09"), Line(2024, "10", "01-09", "120"), Line(2024, "10", where: "0456/0101", start: "12-31"), Line(2025, "11", where: "0456/0101"), Line(2026, "12", status: "400/R", where: "0456/0101")]));
        Assert.AreEqual("0456 DroppedOut", Judge([Line(2023, "09"), Line(2024, "10", "01-09", "300"), Line(2025, "11", where: "0456/0101"), Line(2026, "12", status: "300", where: "0456/0101")]), "came back, and dropped out again");
    }

    [TestMethod]
    public void Who_dropped_out_and_came_back_is_what_became_of_the_student_then() =>
        Assert.AreEqual("0123 Graduated", Judge([Line(2023, "09"), Line(2024, "10", "01-09", "300"), Line(2025, "11"), Line(2026, "12", status: "400/R")]));

    [TestMethod]
    public void Who_needs_a_fifth_year_is_still_enrolled()
    {
        string[] four = [Line(2023, "09"), Line(2024, "09"), Line(2025, "10"), Line(2026, "11")];
        Assert.AreEqual("0123 StillEnrolled", Judge([.. four, "2027 0123/0002 12 2026-08-26 - -"]));
        Assert.AreEqual("0123 StillEnrolled", Judge([.. four, "2027 0456/0101 12 2026-09-30 - -"]), "elsewhere too, by September 30");
        Assert.AreEqual("0123 Unknown", Judge([.. four, "2027 0456/0101 12 2026-10-01 - -"]));
        Assert.AreEqual("0123 StillEnrolled", Judge(four, new DateOnly(2026, 9, 30)), "there is time until then");
        Assert.AreEqual("0123 Unknown", Judge(four));
    }

    [TestMethod]
    public void Within_the_four_years_who_is_there_is_still_enrolled_and_who_did_not_return_is_unknown()
    {
        Assert.AreEqual("0123 StillEnrolled", Judge([Line(2023, "09"), "2024 0123/0002 10 2023-08-26 - -"], new DateOnly(2024, 3, 1)));
        Assert.AreEqual("0123 Unknown", Judge([Line(2023, "09"), Line(2024, "10")], new DateOnly(2025, 3, 1)));
        Assert.AreEqual("0123 StillEnrolled", Judge([Line(2023, "09", "01-09", "120")], new DateOnly(2023, 1, 20)), "may still arrive");
        Assert.AreEqual("0123 Unknown", Judge([Line(2023, "09", "01-09", "120")], new DateOnly(2023, 3, 1)));
    }

    [TestMethod]
    public void Two_districts_to_one_last_day_are_one_member_of_the_one_that_came_later()
    {
        Assert.AreEqual("0456 Unknown", Judge([.. ThreeYears, Line(2026, "12", status: "300"), Line(2026, "12", status: "320", where: "0456/0101", start: "09-15")]));
        Assert.AreEqual("0123 DroppedOut", Judge([.. ThreeYears, Line(2026, "12", status: "300", start: "09-15"), Line(2026, "12", status: "320", where: "0456/0101")]));
    }

    [TestMethod]
    public void Only_members_of_that_cohort_are_members_of_it()
    {
        Assert.AreEqual("", Judge(ThreeYears, cohort: 2027));
        Assert.AreEqual("", Judge([Line(2026, "08")]));
        Assert.AreEqual("", Judge([Line(2027, "12")], entered: new DateOnly(2022, 8, 25)), "in the state only after the four years");
        Assert.AreEqual("", Judge([]));
    }
}
