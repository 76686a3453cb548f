using System.Globalization;
using Aim.Movement;

namespace Aim.Tests.Movement;

[TestClass]
public sealed class MoveTests
{
    private static string Text(EnrollmentHistory history) =>
        string.Join("; ", Move.Of(history).Select(move => string.Create(CultureInfo.InvariantCulture, $"{move.Date:yyyy-MM-dd} {move.Kind} {move.From?.District}>{move.To?.District}")));

    [TestMethod]
    public void A_child_that_goes_through_school_in_one_place_enters_and_has_year_ends() =>
        Assert.AreEqual("2024-08-26 Entry >0123; 2025-06-04 YearEnd 0123>",
            Text(Histories.Of("2025 0123/0001 04 2024-08-26 2025-06-04 190", "2026 0123/0001 05 2025-08-25 - - 02")));

    [TestMethod]
    public void A_new_grade_in_the_same_school_is_no_move() =>
        Assert.AreEqual("2025-08-25 Entry >0123", Text(Histories.Of("2026 0123/0001 04 2025-08-25 2026-01-09 105", "2026 0123/0001 05 2026-01-10 - - 02")));

    [TestMethod]
    public void A_transfer_is_within_a_district_or_between_two() =>
        Assert.AreEqual("2025-08-25 Entry >0123; 2025-10-02 TransferWithinDistrict 0123>0123; 2025-12-01 TransferBetweenDistricts 0123>0456",
            Text(Histories.Of("2026 0123/0001 05 2025-08-25 2025-10-01 110", "2026 0123/0002 05 2025-10-02 2025-11-28 120 04", "2026 0456/0101 05 2025-12-01 - - 04")));

    [TestMethod]
    public void Another_district_after_the_summer_is_a_transfer_between_districts() =>
        Assert.AreEqual("2024-08-26 Entry >0123; 2025-06-04 YearEnd 0123>; 2025-08-27 TransferBetweenDistricts 0123>0456",
            Text(Histories.Of("2025 0123/0001 04 2024-08-26 2025-06-04 190", "2026 0456/0101 05 2025-08-27 - - 04")));

    [TestMethod]
    [DataRow("130", "LeftState")]
    [DataRow("140", "LeftState")]
    [DataRow("150", "LeftPublicSchools")]
    [DataRow("160", "LeftPublicSchools")]
    [DataRow("170", "LeftPublicSchools")]
    [DataRow("300", "DroppedOut")]
    [DataRow("310", "DroppedOut")]
    [DataRow("320", "LeftOtherwise")]
    [DataRow("400", "Graduated")]
    [DataRow("420", "Completed")]
    [DataRow("500", "Died")]
    [DataRow("120", "NotArrived")]
    [DataRow("-", "LeftOtherwise")]
    public void An_exit_is_what_the_class_of_its_status_says(string status, string kind) =>
        Assert.AreEqual($"2025-08-25 Entry >0123; 2025-10-01 {kind} 0123>", Text(Histories.Of($"2026 0123/0002 10 2025-08-25 2025-10-01 {status}")));

    [TestMethod]
    public void Who_left_and_comes_back_re_enters_here_or_elsewhere() =>
        Assert.AreEqual("2025-08-25 Entry >0123; 2025-10-01 DroppedOut 0123>; 2026-01-12 ReEntry 0123>0456; 2026-02-02 LeftState 0456>; 2026-04-01 ReEntry 0456>0456",
            Text(Histories.Of("2026 0123/0002 10 2025-08-25 2025-10-01 300", "2026 0456/0101 10 2026-01-12 2026-02-02 130", "2026 0456/0101 10 2026-04-01 - - 03")));

    [TestMethod]
    public void Back_in_the_same_school_after_a_transfer_that_led_nowhere_is_a_re_entry() =>
        Assert.AreEqual("2025-08-25 Entry >0123; 2025-11-03 ReEntry 0123>0123", Text(Histories.Of("2026 0123/0001 05 2025-08-25 2025-10-01 120", "2026 0123/0001 05 2025-11-03 - - 03")));

    [TestMethod]
    public void Two_districts_at_once_are_a_transfer_to_the_one_that_came_later() =>
        Assert.AreEqual("2025-08-25 Entry >0123; 2025-10-01 TransferBetweenDistricts 0123>0456", Text(Histories.Of("2026 0123/0001 05 2025-08-25 - -", "2026 0456/0101 05 2025-10-01 - - 04")));

    [TestMethod]
    public void Three_districts_on_one_day_are_three_overlaps_of_two_each()
    {
        var found = StateRules.Check(Histories.Of("2026 0123/0001 05 2025-08-25 - -", "2026 0456/0101 05 2025-10-01 - -", "2026 0789/0201 05 2025-10-01 - -"), new DateOnly(2026, 3, 1));

        Assert.AreEqual("0123 0456; 0123 0789; 0456 0789", string.Join("; ", found.Select(finding => string.Join(' ', finding.Sides.Select(side => side.District)))));
    }

    [TestMethod]
    [DataRow("2025-10-01", "2025-10-01", "-", 0)]
    [DataRow("2025-10-01", "2025-10-02", "-", 1)]
    [DataRow("2025-08-25", "2025-10-01", "-", 0)]
    [DataRow("2025-08-25", "-", "2025-10-01", 1)]
    public void An_exit_and_an_entry_on_one_day_are_no_overlap_also_when_both_began_that_day(string start, string end, string otherEnd, int overlaps)
    {
        string Status(string day) => day == "-" ? "-" : "120";
        var found = StateRules.Check(Histories.Of($"2026 0123/0001 05 {start} {end} {Status(end)}", $"2026 0456/0101 05 2025-10-01 {otherEnd} {Status(otherEnd)}"), new DateOnly(2025, 10, 20));
        Assert.AreEqual(overlaps, found.Count(finding => finding.Rule.Id == "ENR-004"));
    }

    [TestMethod]
    [DataRow("130")]
    [DataRow("150")]
    [DataRow("170")]
    public void An_exit_out_of_the_public_schools_is_contradicted_by_an_entry_elsewhere_within_30_days(string status) =>
        Assert.AreEqual("ENR-015", StateRules.Check(Histories.Of($"2026 0123/0001 05 2025-08-25 2025-10-01 {status}", "2026 0456/0101 05 2025-10-06 - -"), new DateOnly(2026, 3, 1)).Single().Rule.Id);

    [TestMethod]
    public void An_overlap_goes_on_when_a_district_closes_an_enrollment_for_a_new_grade()
    {
        var found = StateRules.Check(Histories.Of("2026 0123/0001 04 2025-08-25 2026-01-09 105", "2026 0123/0001 05 2026-01-12 - - 02", "2026 0456/0101 05 2025-10-01 - -"), new DateOnly(2026, 3, 1)).Single();

        Assert.AreEqual((new DateOnly(2025, 10, 1), new DateOnly(2026, 6, 30)), (found.From, found.To));
        Assert.AreEqual(new DateOnly(2026, 1, 12), found.Sides[0].Start, "the newest enrollment is the one to end");
    }

    [TestMethod]
    public void Two_overlaps_months_apart_are_two()
    {
        var found = StateRules.Check(Histories.Of("2026 0123/0001 05 2025-08-25 - -", "2026 0456/0101 05 2025-09-01 2025-09-10 105", "2026 0456/0101 05 2026-02-02 - -"), new DateOnly(2026, 3, 1));

        Assert.AreEqual("2025-09-01 2026-02-02", string.Join(' ', found.Select(finding => finding.From.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))));
    }

    [TestMethod]
    public void A_history_without_enrollments_has_no_moves_and_breaks_no_rule()
    {
        Assert.IsEmpty(Move.Of(Histories.Of()));
        Assert.IsEmpty(StateRules.Check(Histories.Of(), new DateOnly(2026, 3, 1)));
    }
}
