namespace Aim.Tests.Generate;

/// <summary>The truth files say of a generated state what its uploads don't: who is who, who moved, and what somebody has to decide.</summary>
[TestClass]
public sealed class TruthTests
{
    private static readonly GeneratedState Clean = new(8000, seed: 8);
    private static readonly GeneratedState Spoiled = new(8000, seed: 8, errorRate: 0.3);

    private static Dictionary<string, List<string[]>> People(GeneratedState state) => state.Truth("people.csv").GroupBy(cells => cells[0]).ToDictionary(person => person.Key, person => person.ToList());

    [TestMethod]
    public void Every_local_id_belongs_to_one_child_and_one_who_changes_district_has_two()
    {
        var people = People(Clean);

        CollectionAssert.AreEquivalent(Clean.Rows("SD").Select(row => $"{row["DistrictNumber"]} {row["StudentLocalId"]}").ToList(), people.Values.SelectMany(rows => rows).Select(cells => $"{cells[1]} {cells[2]}").ToList());
        Assert.AreEqual(Clean.Report.Students, people.Count);
        var inTwo = people.Values.Where(rows => rows.Count == 2).ToList();
        Assert.IsGreaterThan(10, inTwo.Count);
        Assert.IsTrue(inTwo.TrueForAll(rows => rows[0][1] != rows[1][1] && rows[0][3] == rows[1][3]));
    }

    [TestMethod]
    public void Moves_are_those_of_the_enrollments_there_are()
    {
        var people = People(Clean);
        var enrollments = Clean.Rows("EN").Select(row => (row["DistrictNumber"], row["StudentLocalId"], row["SchoolNumber"], row["StartDate"])).ToHashSet();
        var moves = Clean.Truth("moves.csv");

        foreach (var move in moves) Assert.IsTrue(people[move[0]].Exists(person => enrollments.Contains((move[5], person[2], move[6], move[7]))));
        Assert.IsTrue(moves.Any(move => move[1] == move[5]) && moves.Any(move => move[1] != move[5]));
        Assert.AreEqual(Clean.Rows("EN").Count() - people.Count, moves.Count, "whoever has another enrollment has moved");
    }

    [TestMethod]
    public void Twins_were_born_on_one_day_in_one_home_and_have_State_IDs()
    {
        var people = People(Clean);
        var students = Clean.Rows("SD").ToDictionary(row => (row["DistrictNumber"], row["StudentLocalId"]));
        var twins = Clean.Truth("twins.csv");

        Assert.IsGreaterThan(30, twins.Count);
        foreach (var pair in twins.Select(cells => cells.Select(number => students[(people[number][0][1], people[number][0][2])]).ToList()))
        {
            Assert.AreEqual(1, pair.Select(row => (row["LastName"], row["BirthDate"], row["Address1"])).Distinct().Count());
            Assert.IsTrue(pair.TrueForAll(row => row["StudentStateId"] != ""));
        }
    }

    [TestMethod]
    public void A_near_match_says_who_it_is_and_differs_in_the_way_that_is_told()
    {
        var students = Spoiled.Rows("SD").ToLookup(row => (row["DistrictNumber"], row["StudentLocalId"]));
        var known = Spoiled.Reference("identities.csv").ToDictionary(cells => cells[0]);
        var matches = Spoiled.Truth("near-matches.csv");

        foreach (var match in matches)
        {
            var (row, person) = (students[(match[0], match[1])].First(), known[match[2]]);
            Assert.AreEqual("", row["StudentStateId"]);
            string[] differ = [.. new[] { (1, "LastName"), (2, "FirstName"), (3, "MiddleName"), (5, "BirthDate"), (6, "Gender") }.Where(item => person[item.Item1] != row[item.Item2]).Select(item => item.Item2)];
            CollectionAssert.AreEqual(match[3] switch
            {
                "nothing" => [],
                "middle name missing" => ["MiddleName"],
                "nickname" => ["FirstName"],
                "day and month swapped" => ["BirthDate"],
                "typing error in the surname" => ["LastName"],
                _ => new[] { match[3] },
            }, differ, match[3]);
        }
        Assert.AreEqual(5, matches.Select(match => match[3]).Distinct().Count());
    }

    [TestMethod]
    public void A_child_with_two_State_IDs_and_one_State_ID_of_two_children_are_told_as_cases()
    {
        var known = Spoiled.Reference("identities.csv").ToDictionary(cells => cells[0]);
        var doubled = Spoiled.Truth("cases.csv").Where(cells => cells[0] == "IDN-004").ToList();
        var shared = Spoiled.Truth("cases.csv").Where(cells => cells[0] == "IDN-005").ToList();

        Assert.IsTrue(doubled.Count > 0 && shared.Count > 0);
        foreach (var item in doubled) CollectionAssert.AreEqual(known[item[1]][1..], known[item[2]][1..]);
        foreach (var item in shared) Assert.AreEqual(2, Spoiled.Rows("SD").Where(row => row["StudentStateId"] == item[1]).Select(row => (row["DistrictNumber"], row["BirthDate"])).Distinct().Count());
    }

    [TestMethod]
    public void What_is_wrong_with_a_school_as_a_whole_is_told_by_school()
    {
        var enrollments = Spoiled.Rows("EN").ToLookup(row => (row["DistrictNumber"], row["SchoolNumber"]));
        var attendance = Spoiled.Rows("AA").ToLookup(row => (row["DistrictNumber"], row["SchoolNumber"]), row => (Present: int.Parse(row["DaysPresent"], null), Enrolled: int.Parse(row["DaysEnrolled"], null)));
        var incidents = Spoiled.Rows("BH").Select(row => (row["DistrictNumber"], row["SchoolNumber"])).ToHashSet();
        var confirmed = Spoiled.Reference("zero-incidents.csv").Select(cells => (cells[0], cells[1])).ToHashSet();
        var races = Spoiled.Rows("SD").ToLookup(row => (row["DistrictNumber"], row["StudentLocalId"]), row => new[] { "HispanicLatino", "AmericanIndian", "Asian", "Black", "PacificIslander", "White" }.Any(column => row[column] == "Y"));
        var schools = Spoiled.Reference("schools.csv").Select(cells => (cells[0], cells[1])).ToList();
        var told = Spoiled.Truth("editions.csv").ToLookup(cells => cells[0], cells => (cells[1], cells[2]));

        // A row in a school of another district, which is rejected, says nothing of that school.
        CollectionAssert.AreEquivalent(schools.Where(school => !enrollments[school].Any()).ToList(), told["CRT-001"].ToList());
        CollectionAssert.AreEquivalent(schools.Where(school => enrollments[school].Any() && !incidents.Contains(school) && !confirmed.Contains(school)).ToList(), told["BEH-001"].ToList());
        CollectionAssert.AreEquivalent(schools.Where(school => attendance[school].Sum(row => row.Present) is var days && attendance[school].Sum(row => row.Enrolled) is var all and > 0 && (days == all || 2 * days < all)).ToList(), told["ATT-002"].ToList());
        foreach (var school in told["CRT-002"]) Assert.IsTrue(enrollments[school].Any(row => races[(row["DistrictNumber"], row["StudentLocalId"])].Contains(false)));
        foreach (var school in told["CRT-008"]) Assert.IsTrue(enrollments[school].Count() >= 100 && enrollments[school].All(row => row["EndStatus"] != "300"));
        CollectionAssert.AreEquivalent(confirmed.Where(incidents.Contains).ToList(), told["BEH-001B"].ToList());
    }

    [TestMethod]
    public void Without_mistakes_nobody_has_to_decide_anything()
    {
        Assert.IsEmpty(Clean.Truth("near-matches.csv"));
        Assert.IsEmpty(Clean.Truth("cases.csv"));
        var surnames = Clean.Rows("SD").Where(row => row["StudentStateId"] != "").Select(row => (row["StudentStateId"], row["LastName"])).ToHashSet();
        Assert.IsTrue(Clean.Reference("identities.csv").Count(cells => !surnames.Contains((cells[0], cells[1]))) is > 20 and < 160, "a few have changed their surname since");
    }
}
