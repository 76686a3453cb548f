using Aim.Records;

namespace Aim.Tests.Generate;

/// <summary>From one generated year to the next, children come back a grade higher, go on to another school, leave, and begin.</summary>
[TestClass]
public sealed class SchoolYearsTests
{
    private static readonly GeneratedState State = new(4000, seed: 12, years: 2);

    private static readonly Dictionary<(string, string), IReadOnlyDictionary<string, string>> Before = Enrollments(State.Report.Earlier![0].Out);
    private static readonly Dictionary<(string, string), IReadOnlyDictionary<string, string>> Now = Enrollments(State.Folder);

    /// <summary>The last enrollment of each local id.</summary>
    private static Dictionary<(string, string), IReadOnlyDictionary<string, string>> Enrollments(string folder) =>
        GeneratedState.Rows(folder, "EN").GroupBy(row => (row["DistrictNumber"], row["StudentLocalId"])).ToDictionary(student => student.Key, student => student.Last());

    private static int Grade(IReadOnlyDictionary<string, string> row) => CodeSets.Grade.Find(row["Grade"])!.Order!.Value;

    [TestMethod]
    public void Who_comes_back_is_a_grade_higher_and_few_repeat()
    {
        var steps = Now.Where(item => Before.ContainsKey(item.Key)).Select(item => Grade(item.Value) - Grade(Before[item.Key])).ToList();

        Assert.IsGreaterThan(2500, steps.Count);
        Assert.IsTrue(steps.TrueForAll(step => step is 0 or 1));
        Assert.IsTrue(steps.Count(step => step == 0) / (double)steps.Count is > 0.005 and < 0.03);
    }

    [TestMethod]
    public void Only_who_finished_the_year_comes_back_and_graduates_do_not()
    {
        foreach (var item in Now.Where(item => Before.ContainsKey(item.Key))) Assert.AreEqual("190", Before[item.Key]["EndStatus"]);
        var left = Before.Count(item => item.Value["EndStatus"] == "190" && !Now.ContainsKey(item.Key));
        Assert.IsTrue(left / (double)Before.Count is > 0.02 and < 0.15);
    }

    [TestMethod]
    public void Who_continues_in_the_same_school_says_so_and_nobody_else()
    {
        foreach (var row in GeneratedState.Rows(State.Folder, "EN").Where(row => row["StartStatus"] == "02"))
            Assert.AreEqual(Before[(row["DistrictNumber"], row["StudentLocalId"])]["SchoolNumber"], row["SchoolNumber"]);
        Assert.IsTrue(Now.Values.Any(row => row["StartStatus"] == "04" && Grade(row) == 9), "the small districts' students go on to a high school elsewhere");
    }

    [TestMethod]
    public void A_district_stays_about_as_large_and_is_filled_with_beginners_and_newcomers()
    {
        Assert.IsTrue(Now.Count / (double)Before.Count is > 0.97 and < 1.06);
        var fresh = Now.Where(item => !Before.ContainsKey(item.Key)).Select(item => item.Value["StartStatus"]).CountBy(status => status).ToDictionary();
        Assert.IsGreaterThan(100, fresh["01"]);
        Assert.IsGreaterThan(10, fresh["06"]);
    }
}
