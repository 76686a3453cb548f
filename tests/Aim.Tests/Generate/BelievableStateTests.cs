using System.Globalization;
using System.Security.Cryptography;
using Aim.Host.Generate;
using Aim.Rules;

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

        Within(0.005, 0.02, Of("PP", "FOS"));
        Within(0.02, 0.04, Of("504"));
        Within(0.001, 0.01, Of("MG"));
    }

    /// <summary>The share of students with a row of the type, or with such a row.</summary>
    private static double Of(string type, Func<IReadOnlyDictionary<string, string>, bool> such) =>
        State.Rows(type).Where(such).Select(row => (row["DistrictNumber"], row["StudentLocalId"])).Distinct().Count() / (double)Students.Count;

    private static double Of(string type, string? program = null) => Of(type, row => program is null || row["Program"] == program);

    [TestMethod]
    public void Whoever_is_enrolled_on_a_count_day_is_in_the_count_with_hours_and_few_are_absent()
    {
        foreach (var (type, day) in new[] { ("AF", Ages.FallCountDay(Setup.Sample.Year)), ("AS", Ages.SpringCountDay(Setup.Sample.Year)), ("TW", new DateOnly(2026, 3, 2)) })
        {
            var rows = State.Rows(type).ToList();
            var expected = Enrollments.Where(row => Date(row["StartDate"]) <= day && Date(row["EndDate"]) >= day).Select(row => (row["DistrictNumber"], row["SchoolNumber"], row["StudentLocalId"]));

            CollectionAssert.AreEquivalent(expected.ToList(), rows.Select(row => (row["DistrictNumber"], row["SchoolNumber"], row["StudentLocalId"])).ToList(), type);
            Within(0.03, 0.12, rows.Count(row => row["AbsentOnCountDate"] == "Y") / (double)rows.Count);
            Assert.IsTrue(rows.TrueForAll(row => Number(row["AggregateHours"]) is >= 180 and <= 1200));
            Assert.IsTrue(rows.TrueForAll(row => row["Exclude10Day"] == "Y" == Number(row["ConsecutiveAbsences"]) > 10 && row["AbsentOnCountDate"] == "Y" == Number(row["ConsecutiveAbsences"]) > 0));
        }
    }

    [TestMethod]
    public void Students_are_present_on_some_93_percent_of_their_days_and_one_in_six_is_chronically_absent()
    {
        var rows = State.Rows("AA").ToList();
        var rates = rows.Where(row => Number(row["DaysEnrolled"]) > 0).Select(row => Number(row["DaysPresent"]) / (double)Number(row["DaysEnrolled"])).ToList();

        CollectionAssert.AreEquivalent(Enrollments.Select(row => (row["DistrictNumber"], row["SchoolNumber"], row["StudentLocalId"])).Distinct().ToList(), rows.Select(row => (row["DistrictNumber"], row["SchoolNumber"], row["StudentLocalId"])).ToList());
        Within(0.92, 0.945, rates.Average());
        Within(0.12, 0.24, rates.Count(rate => rate <= 0.9) / (double)rates.Count);
        Assert.IsTrue(rows.TrueForAll(row => Number(row["DaysPresent"]) + Number(row["EssaDaysAbsent"]) == Number(row["DaysEnrolled"]) && Number(row["DaysEnrolled"]) <= Number(row["InstructionalDays"])));
        foreach (var school in rows.GroupBy(row => (row["DistrictNumber"], row["SchoolNumber"]))) Within(0.5, 0.9999, school.Sum(row => Number(row["DaysPresent"])) / (double)school.Sum(row => Number(row["DaysEnrolled"])));
        Within(170, 186, State.Reference("calendars.csv").Average(cells => Number(cells[5])));
    }

    [TestMethod]
    public void Every_school_has_students_and_an_incident_or_confirms_that_it_had_none_and_a_large_high_school_has_dropouts()
    {
        var enrollments = Enrollments.ToLookup(row => (row["DistrictNumber"], row["SchoolNumber"]));
        var incidents = State.Rows("BH").Select(row => (row["DistrictNumber"], row["SchoolNumber"])).ToHashSet();
        var confirmed = State.Reference("zero-incidents.csv").Select(cells => (cells[0], cells[1])).ToHashSet();
        Assert.IsNotEmpty(confirmed);
        var large = 0;
        foreach (var school in State.Reference("schools.csv").Select(cells => (cells[0], cells[1])))
        {
            Assert.IsNotEmpty(enrollments[school]);
            Assert.AreNotEqual(incidents.Contains(school), confirmed.Contains(school));
            if (enrollments[school].Count(row => row["Grade"] is "09" or "10" or "11" or "12") < 100) continue;
            large++;
            Assert.IsTrue(enrollments[school].Any(row => row["EndStatus"] == "300"));
        }
        Assert.IsGreaterThan(2, large);
    }

    [TestMethod]
    public void Meals_assessments_and_behavior_have_about_the_shares_of_the_state()
    {
        Within(0.37, 0.45, Of("ME", row => row["Eligibility"] is "F" or "R"));
        Within(0.2, 0.4, Of("ME", row => row["Eligibility"] == "F" && row["Certification"] is not "INC"));
        Within(0.03, 0.08, Of("BH", _ => true));
        Assert.IsLessThan(State.Rows("BH").Count() / 40, State.Rows("BH").Count(row => row["WeaponCode"] != ""));
        Assert.IsGreaterThan(1, State.Rows("BH").GroupBy(row => (row["DistrictNumber"], row["IncidentId"])).Max(incident => incident.Count()), "a fight has several in it");

        var tested = Enrollments.Where(row => row["Grade"] is "03" or "04" or "05" or "06" or "07" or "08" or "11" && Date(row["StartDate"]) < new DateOnly(2026, 4, 1) && Date(row["EndDate"]) > new DateOnly(2026, 5, 15))
            .Select(row => (row["DistrictNumber"], row["StudentLocalId"])).ToHashSet();
        foreach (var subject in new[] { "MA", "RLA" })
        {
            var results = State.Rows("AR").Where(row => row["Subject"] == subject).ToList();
            Assert.IsTrue(tested.IsSubsetOf(results.Select(row => (row["DistrictNumber"], row["StudentLocalId"]))), "whoever is there to the end is tested");
            Within(0.94, 0.98, results.Count(row => row["Participation"] == "P") / (double)results.Count);
            Within(0.38, 0.5, results.Count(row => row["PerformanceLevel"] is "3" or "4") / (double)results.Count);
        }
        Assert.IsTrue(State.Rows("AR").Where(row => row["Subject"] == "SCI").All(row => row["Grade"] is "05" or "08" or "11"));
        Assert.IsTrue(State.Rows("AR").Any(row => row["Assessment"] == "ELP"));
    }

    [TestMethod]
    public void Small_districts_have_classes_marks_and_daily_attendance_that_adds_up_to_the_totals()
    {
        var hosted = State.Rows("CO").Select(row => row["DistrictNumber"]).ToHashSet();
        Assert.IsGreaterThan(20, hosted.Count);
        Assert.IsGreaterThan(5, State.WithRosters.Count);
        Assert.IsTrue(Students.GroupBy(row => row["DistrictNumber"]).All(district => hosted.Contains(district.Key) != State.WithRosters.Contains(district.Key) || district.Count() > 50));

        var sections = State.Rows("SU").ToDictionary(row => (row["DistrictNumber"], row["SectionNumber"]));
        var staff = State.Rows("ST").Select(row => (row["DistrictNumber"], row["StaffLocalId"])).ToHashSet();
        Assert.IsTrue(sections.Values.All(row => staff.Contains((row["DistrictNumber"], row["TeacherLocalId"]))));
        foreach (var type in new[] { "RU", "MK" }) foreach (var row in State.Rows(type).Where(row => hosted.Contains(row["DistrictNumber"]))) Assert.AreEqual(row["SchoolNumber"], sections[(row["DistrictNumber"], row["SectionNumber"])]["SchoolNumber"]);

        var daily = State.Rows("DA").GroupBy(row => (row["DistrictNumber"], row["SchoolNumber"], row["StudentLocalId"])).ToDictionary(student => student.Key, student => string.Concat(student.Select(row => row["Days"])));
        foreach (var row in State.Rows("AA").Where(row => hosted.Contains(row["DistrictNumber"]) && row["DaysEnrolled"] != "0"))
        {
            var letters = daily[(row["DistrictNumber"], row["SchoolNumber"], row["StudentLocalId"])];
            Assert.AreEqual((Number(row["DaysPresent"]), Number(row["EssaDaysAbsent"])), (letters.Count(letter => letter is 'P' or 'T'), letters.Count(letter => letter is 'E' or 'U')));
        }
    }

    [TestMethod]
    public void The_core_files_are_the_same_without_the_others()
    {
        var (all, core) = (new GeneratedState(300, seed: 5), new GeneratedState(300, seed: 5, records: SampleRecords.Core));

        CollectionAssert.AreEquivalent(new[] { "SD", "EN", "PP", "LP", "SE" }, core.UploadFiles.Select(Path.GetFileNameWithoutExtension).Distinct().ToArray());
        foreach (var file in core.UploadFiles.Select(file => Path.GetRelativePath(core.Folder, file)))
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(core.Folder, file)), File.ReadAllBytes(Path.Combine(all.Folder, file)), file);
    }

    private static int Number(string cell) => int.Parse(cell, CultureInfo.InvariantCulture);

    private static DateOnly Date(string cell) => DateOnly.ParseExact(cell, "MM/dd/yyyy", CultureInfo.InvariantCulture);

    [TestMethod]
    public void Students_whom_the_state_knows_have_State_IDs_and_newcomers_have_none()
    {
        var known = State.Reference("identities.csv").Select(cells => cells[0]).ToHashSet();

        Within(0.08, 0.25, Share(row => row["StudentStateId"] == ""));
        Assert.IsTrue(Students.TrueForAll(row => row["StudentStateId"] == "" || known.Contains(row["StudentStateId"])));
    }
}
