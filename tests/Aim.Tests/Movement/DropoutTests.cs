using Aim.Movement;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Movement;

[TestClass]
public sealed class DropoutTests
{
    private static readonly DateOnly InSpring = new(2026, 3, 2);
    private static readonly DateOnly InSummer = new(2026, 7, 15);
    private static readonly DateOnly InFall = new(2026, 10, 1);

    /// <summary>Ninth grade in district 0123 from the first day on.</summary>
    private static string Here(string end = "-", string status = "-", string grade = "09") => $"2026 0123/0002 {grade} 2025-08-25 {end} {status}";

    private static string There(string start, string end = "-", string status = "-") => $"2026 0456/0101 09 {start} {end} {status}";

    private static string Next(string start, string end = "-", string status = "-", string where = "0456/0101") => $"2027 {where} 10 {start} {end} {status}";

    private static string Judge(DateOnly asOf, params string[] lines) => Dropout.Of(Histories.Of(lines), Sample.Year, asOf) is { } dropout ? $"{dropout.District} {dropout.Reason}{(dropout.IsFinal ? " final" : "")}" : "";

    [TestMethod]
    public void Who_dropped_out_is_on_the_list_at_once_and_drops_off_when_enrolled_again_by_September_30()
    {
        var out1 = Here("2025-11-03", "300");
        Assert.AreEqual("0123 DroppedOut", Judge(InSpring, out1));
        Assert.AreEqual("0123 DroppedOut final", Judge(InFall, out1));
        Assert.AreEqual("", Judge(InFall, out1, Next("2026-09-30")));
        Assert.AreEqual("0123 DroppedOut final", Judge(InFall, out1, Next("2026-10-01")), "a day late");
        Assert.AreEqual("", Judge(InFall, out1, There("2026-02-02", "2026-06-04", "190"), Next("2026-08-27")));
    }

    [TestMethod]
    public void The_district_that_had_the_student_last_answers_for_the_student()
    {
        Assert.AreEqual("0456 DroppedOut final", Judge(InFall, Here("2025-11-03", "120"), There("2025-11-04", "2026-02-02", "310")));
        Assert.AreEqual("0456 DroppedOut final", Judge(InFall, Here("2025-11-03", "300"), There("2025-12-01", "2026-02-02", "300")), "dropped out twice is one dropout");
    }

    [TestMethod]
    public void A_short_stay_elsewhere_that_ended_before_hides_no_dropout() =>
        Assert.AreEqual("0123 DroppedOut final", Judge(InFall, Here("2026-05-01", "300"), There("2025-10-01", "2025-10-15", "130")));

    [TestMethod]
    public void A_transfer_that_nobody_took_up_is_on_the_list_once_its_time_is_over()
    {
        Assert.AreEqual("", Judge(new DateOnly(2025, 12, 3), Here("2025-11-03", "120")));
        Assert.AreEqual("0123 NotArrived", Judge(new DateOnly(2025, 12, 4), Here("2025-11-03", "120")));
        Assert.AreEqual("", Judge(InSummer, Here("2026-06-04", "120")), "there is time until September 30");
        Assert.AreEqual("0123 NotArrived final", Judge(InFall, Here("2026-06-04", "120")));
        Assert.AreEqual("", Judge(InFall, Here("2026-06-04", "120"), Next("2026-08-27")));
    }

    [TestMethod]
    public void Who_finished_the_year_and_is_nowhere_in_the_fall_did_not_return()
    {
        Assert.AreEqual("", Judge(InSummer, Here("2026-06-04", "190")));
        Assert.AreEqual("0123 NotReturned final", Judge(InFall, Here("2026-06-04", "190")));
        Assert.AreEqual("0123 NotReturned final", Judge(InFall, Here()), "an enrollment that nobody ended is over with the year");
        Assert.AreEqual("", Judge(InFall, Here("2026-06-04", "190"), Next("2026-08-27", where: "0123/0002")));
        Assert.AreEqual("0123 NotReturned final", Judge(InFall, Here("2026-06-04", "190"), Next("2026-08-27", "2026-08-27", "180")), "expected and never came");
    }

    [TestMethod]
    public void Who_came_back_and_left_again_before_September_30_is_a_matter_of_the_next_year()
    {
        string[] lines = [Here("2026-06-04", "190"), Next("2026-08-27", "2026-09-15", "300")];
        Assert.AreEqual("", Judge(InFall, lines));
        Assert.IsNotNull(Dropout.Of(Histories.Of(lines), new SchoolYear(2027), InFall));
    }

    [TestMethod]
    [DataRow("400", "")]
    [DataRow("420", "")]
    [DataRow("500", "")]
    [DataRow("130", "")]
    [DataRow("140", "")]
    [DataRow("150", "")]
    [DataRow("160", "")]
    [DataRow("170", "")]
    [DataRow("320", "0123 LeftOtherwise final")]
    [DataRow("330", "0123 LeftOtherwise final")]
    [DataRow("310", "0123 DroppedOut final")]
    public void An_exit_that_explains_itself_is_no_dropout(string status, string expected) => Assert.AreEqual(expected, Judge(InFall, Here("2026-01-16", status)));

    [TestMethod]
    public void Only_grades_7_to_12_are_listed_and_only_who_was_there_in_the_year()
    {
        Assert.AreEqual("", Judge(InFall, Here("2025-11-03", "300", "06")));
        Assert.AreEqual("0123 DroppedOut final", Judge(InFall, Here("2025-11-03", "300", "07")));
        Assert.AreEqual("", Judge(InFall, "2025 0123/0002 08 2024-08-26 2024-11-01 300"));
        Assert.AreEqual("", Judge(InFall));
    }
}
