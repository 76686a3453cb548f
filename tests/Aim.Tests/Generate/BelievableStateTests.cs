using System.Security.Cryptography;
using Aim.Host.Generate;

namespace Aim.Tests.Generate;

/// <summary>The generated state looks like a rural state's: unequal districts, families, moves and programs in about the known shares.</summary>
[TestClass]
public sealed class BelievableStateTests
{
    private static readonly GeneratedState State = new(10_000, seed: 4);

    private static readonly List<IReadOnlyDictionary<string, string>> Students = [.. State.Rows("SD")];
    private static readonly List<IReadOnlyDictionary<string, string>> Enrollments = [.. State.Rows("EN")];

    private static double Share(Func<IReadOnlyDictionary<string, string>, bool> of) => Students.Count(of) / (double)Students.Count;

    private static void Within(double least, double most, double share) => Assert.IsTrue(share >= least && share <= most, $"{share:P1} is not between {least:P1} and {most:P1}");

    [TestMethod]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        Assert.AreEqual(Digest(new GeneratedState(300, seed: 5, errorRate: 0.2)), Digest(new GeneratedState(300, seed: 5, errorRate: 0.2)));
        Assert.AreNotEqual(Digest(new GeneratedState(300, seed: 5, errorRate: 0.2)), Digest(new GeneratedState(300, seed: 6, errorRate: 0.2)));
    }

    private static string Digest(GeneratedState state)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(state.Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(state.Folder, file)));
            hash.AppendData(File.ReadAllBytes(file));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    [TestMethod]
    public void There_are_as_many_students_as_asked_for()
    {
        Assert.AreEqual(State.Report.Students, Students.Select(row => (row["LastName"], row["FirstName"], row["BirthDate"], row["Gender"])).Distinct().Count(), "no two are alike");
        Within(9_800, 10_100, State.Report.Students);
    }

    [TestMethod]
    public void Districts_are_of_very_unequal_size()
    {
        var sizes = Students.GroupBy(row => row["DistrictNumber"]).Select(group => group.Count()).Order().ToList();

        Assert.HasCount(100, sizes);
        Within(0.10, 0.40, sizes[^1] / (double)Students.Count);
        Assert.IsGreaterThan(20 * sizes[50], sizes[^1], "the largest is many times the middle one");
        Assert.IsLessThan(10, sizes[0], "the smallest has a handful");
    }

    [TestMethod]
    public void Many_districts_are_a_one_room_school()
    {
        var schools = State.Reference("schools.csv").ToLookup(cells => cells[0]);
        var oneRoom = Students.GroupBy(row => row["DistrictNumber"]).Where(district => district.Count() <= 18).ToList();

        Within(0.25, 0.75, oneRoom.Count / 100.0);
        foreach (var district in oneRoom) Assert.HasCount(1, schools[district.Key]);
        Assert.IsTrue(schools.Any(district => district.Count() >= 4), "and the largest has several of a kind");
    }

    [TestMethod]
    public void A_state_of_Montanas_size_has_about_as_many_schools()
    {
        var districts = new Geography(new SampleRandom(1), Setup.Sample.Year).Districts(405, 150_000);

        Assert.AreEqual(150_000, districts.Sum(district => district.Students));
        Within(700, 950, districts.Sum(district => district.Schools.Count));
        Within(0.05, 0.15, districts.Max(district => district.Students) / 150_000.0);
        Within(0.10, 0.25, districts.Count(district => district.Students <= 18) / 405.0);
    }

    [TestMethod]
    public void Siblings_share_surname_address_and_guardian()
    {
        var households = Students.GroupBy(row => (row["DistrictNumber"], row["Address1"], row["GuardianName"])).ToList();

        Within(0.25, 0.60, households.Count(household => household.Count() > 1) / (double)households.Count);
        foreach (var household in households) Assert.AreEqual(1, household.Select(row => (row["LastName"], row["City"], row["Zip"])).Distinct().Count());
    }

    [TestMethod]
    public void There_are_twins()
    {
        var twins = Students.GroupBy(row => (row["LastName"], row["Address1"], row["BirthDate"])).Count(group => group.Select(row => row["FirstName"]).Distinct().Count() > 1);

        Within(0.01, 0.04, twins / (double)Students.Count);
    }

    [TestMethod]
    public void Some_surnames_are_hyphenated_or_of_two_words_and_many_are_shared()
    {
        Within(0.03, 0.10, Share(row => row["LastName"].Contains('-')));
        Within(0.005, 0.05, Share(row => row["LastName"].Contains(' ')));
        Assert.IsLessThan(Students.Count / 5, Students.Select(row => row["LastName"]).Distinct().Count());
    }

    [TestMethod]
    public void Some_students_move_during_the_year()
    {
        var moved = Enrollments.Where(row => row["EndStatus"] is "110" or "120").ToList();
        Within(0.01, 0.06, moved.Count / (double)Students.Count);

        var arrived = Enrollments.Where(row => row["StartStatus"] is "04" or "40").Select(row => row["StudentStateId"]).ToHashSet();
        var between = moved.Where(row => row["EndStatus"] == "120").ToList();
        Assert.IsNotEmpty(between);
        foreach (var row in between) Assert.Contains(row["StudentStateId"], arrived, "who leaves for another district arrives there");
        Assert.IsTrue(Enrollments.Exists(row => row["EndStatus"] == "130") && Enrollments.Exists(row => row["EndStatus"] == "300") && Enrollments.Exists(row => row["EndStatus"] == "400"));
    }

    [TestMethod]
    public void Race_language_and_programs_have_about_the_shares_of_the_state()
    {
        Within(0.09, 0.14, Share(row => row["AmericanIndian"] == "Y"));
        Within(0.035, 0.07, Share(row => row["HispanicLatino"] == "Y"));
        Within(0.475, 0.5, Share(row => row["Gender"] == "F"));
        Within(0.001, 0.005, Share(row => row["Gender"] == "N"));
        Within(0.012, 0.03, Of("LP"));
        Within(0.08, 0.14, Of("SE"));
        Within(0.012, 0.03, Of("PP", "HML"));
        Within(0.1, 0.3, Of("PP", "T1"));
        Within(0.001, 0.02, Of("PP", "IMM"));

        static double Of(string type, string? program = null) =>
            State.Rows(type).Where(row => program is null || row["Program"] == program).Select(row => (row["DistrictNumber"], row["StudentLocalId"])).Distinct().Count() / (double)Students.Count;
    }

    [TestMethod]
    public void Students_whom_the_state_knows_have_State_IDs_and_newcomers_have_none()
    {
        var known = State.Reference("identities.csv").Select(cells => cells[0]).ToHashSet();

        Within(0.08, 0.25, Share(row => row["StudentStateId"] == ""));
        Assert.IsTrue(Students.TrueForAll(row => row["StudentStateId"] == "" || known.Contains(row["StudentStateId"])));
    }
}
