using Aim.Rules;

namespace Aim.Tests.Rules;

/// <summary>Hours of instruction a year become a part of a student as MCA 20-9-311 says.</summary>
[TestClass]
public sealed class AnbShareTests
{
    [TestMethod]
    [DataRow(null, 0)]
    [DataRow(-1, 0)]
    [DataRow(0, 0)]
    [DataRow(179, 0)]
    [DataRow(180, 1)]
    [DataRow(359, 1)]
    [DataRow(360, 2)]
    [DataRow(539, 2)]
    [DataRow(540, 3)]
    [DataRow(719, 3)]
    [DataRow(720, 4)]
    [DataRow(1200, 4)]
    public void A_student_counts_a_quarter_more_for_each_180_hours(int? hours, int quarters) => Assert.AreEqual(quarters / 4m, AnbShare.Of(hours, isExcluded: false));

    [TestMethod]
    public void Who_is_excluded_counts_for_nothing() => Assert.AreEqual(0m, AnbShare.Of(1080, isExcluded: true));
}
