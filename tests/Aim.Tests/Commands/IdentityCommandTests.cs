using Aim.Tests.Setup;

namespace Aim.Tests.Commands;

[TestClass]
public sealed class IdentityCommandTests
{
    private const string Header = "id,first,middle,last,suffix,birthDate,gender,street,city,postcode,other\n";

    private readonly string folder = AssemblySetup.NewFolder("identity");

    private string Put(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    [TestMethod]
    public async Task Two_files_are_matched_and_held_against_the_truth()
    {
        var left = Put("left.csv", Header + "a1,Rosalind,June,Vandersloot,,2012-04-12,F,12 Elk Road,Havre,59501,\na2,Marcus,,Vandersloot,,2012-04-12,M,12 Elk Road,Havre,59501,\na3,Quentin,,Zimmerhof,Jr,2009-01-31,M,,,,\n");
        var right = Put("right.csv", "ID;Last;First;BirthDate;City\nb1;VANDERSLOOT;Rosalind;04/12/2012;Havre\nb3;Zimmerhof;Quentin;20090131;\nb4;Nobody;Else;;\n");
        var (truth, pairs) = (Put("truth.csv", "left,right\na1,b1\na3,b3\na9,b9\n"), Path.Combine(folder, "pairs.csv"));

        var result = await AimProgram.RunAsync("identity", "evaluate", "--left", left, "--right", right, "--truth", truth, "--out", pairs, "--json");

        Assert.AreEqual(0, result.Code, result.Error);
        StringAssert.Contains(result.Error, "1 pair of truth.csv names a record that is in no file and is left out");
        var report = result.Json;
        Assert.AreEqual((3, 3, 2), (report.GetProperty("left").GetInt32(), report.GetProperty("right").GetInt32(), report.GetProperty("truePairs").GetInt32()));
        Assert.AreEqual((2, 0), (report.GetProperty("afterReview").GetProperty("right").GetInt32(), report.GetProperty("byMachine").GetProperty("wrong").GetInt32()));
        var lines = File.ReadAllLines(pairs);
        Assert.AreEqual("left,right,outcome,weight,probability,fields", lines[0]);
        Assert.HasCount(report.GetProperty("matches").GetInt32() + report.GetProperty("review").GetInt32(), lines[1..]);
        Assert.IsTrue(lines.Any(line => line.StartsWith("a3,b3,", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task One_file_is_searched_for_people_who_are_in_it_twice()
    {
        var file = Put("people.csv", "id,last,first,birthDate\n1,Vandersloot,Rosalind,2012-04-12\n2,Vandersloot,Rosalind,2012-04-12\n3,Vandersloot,Marcus,2012-04-12\n");
        var truth = Put("truth.csv", "left,right\n2,1\n");

        var result = await AimProgram.RunAsync("identity", "evaluate", "--left", file, "--truth", truth);

        Assert.AreEqual((0, ""), (result.Code, result.Error));
        StringAssert.Contains(result.Output, "3 records among themselves");
        StringAssert.Contains(result.Output, "After review");
    }

    [TestMethod]
    public async Task Of_nothing_found_and_of_nothing_to_find_no_share_is_told()
    {
        var file = Put("people.csv", "id,last,first,birthDate\n1,Vandersloot,Rosalind,2012-04-12\n2,Zimmerhof,Quentin,2009-01-31\n");
        var (unlike, none) = (Put("unlike.csv", "left,right\n1,2\n"), Put("none.csv", "left,right\n1,9\n"));

        var missed = await AimProgram.RunAsync("identity", "evaluate", "--left", file, "--truth", unlike);
        StringAssert.Matches(missed.Output, new(@"By machine +- +0\.0000 +- +0 +0 +1"));
        StringAssert.Matches((await AimProgram.RunAsync("identity", "evaluate", "--left", file, "--truth", none)).Output, new(@"By machine +- +- +- +0 +0 +0\s[^$]*There is no true pair to find\."));

        var machine = (await AimProgram.RunAsync("identity", "evaluate", "--left", file, "--truth", none, "--json")).Json.GetProperty("byMachine");
        Assert.AreEqual("right, wrong, missed", string.Join(", ", machine.EnumerateObject().Select(property => property.Name)));
    }

    [TestMethod]
    public async Task Blocks_too_big_to_compare_are_told_with_how_many_people_are_in_them()
    {
        var left = Put("left.csv", "id,last,first,birthDate\n1,Vandersloot,Rosalind,2012-04-12\n");
        var right = Put("right.csv", $"id,last,first,birthDate\n{string.Concat(Enumerable.Range(0, 2001).Select(i => $"{i},Vandersloot,Rosalind,2012-04-12\n"))}");

        var result = await AimProgram.RunAsync("identity", "evaluate", "--left", left, "--right", right, "--json");

        StringAssert.Matches(result.Error, new(@"[1-9] keys are shared by more people of right\.csv than can all be compared, and were skipped; 2001 people have one of them"));
        Assert.AreEqual(2001, result.Json.GetProperty("peopleInSkipped").GetInt32());
    }

    public static IEnumerable<object[]> Unusable =>
    [
        [null!, "does not exist"],
        ["", "is empty"],
        ["first,last\nAna,Bell\n", "has no column 'id'"],
        ["id,shoe\n1,44\n", "has no column to compare people by"],
        ["id,last\n1,Bell\n1,Bell\n", "line 3: the id is there twice"],
        ["id,last\n,Bell\n", "line 2: the id is empty"],
        ["id,last\n", "has no records"],
        ["id,last\n1,\"Bell\n", "people.csv"],
        ["id\0,last\n", "is no text"],
    ];

    [TestMethod]
    [DynamicData(nameof(Unusable))]
    public async Task A_file_that_can_not_be_used_is_told_in_one_sentence_with_exit_code_2(string? text, string says)
    {
        var path = text is null ? Path.Combine(folder, "people.csv") : Put("people.csv", text);

        var result = await AimProgram.RunAsync("identity", "evaluate", "--left", path);

        Assert.AreEqual((2, ""), (result.Code, result.Output), result.Error);
        StringAssert.Contains(result.Error, says);
        Assert.HasCount(1, result.Error.TrimEnd().Split('\n'), result.Error);
    }

    [TestMethod]
    public async Task What_is_read_is_not_written_over_and_a_folder_that_is_not_there_is_told_before_the_work()
    {
        const string people = "id,last\n1,Bell\n2,Bell\n";
        var file = Put("people.csv", people);

        var over = await AimProgram.RunAsync("identity", "evaluate", "--left", file, "--out", file);
        var away = await AimProgram.RunAsync("identity", "evaluate", "--left", file, "--out", Path.Combine(folder, "missing", "pairs.csv"));

        Assert.AreEqual((2, "", people), (over.Code, over.Output, File.ReadAllText(file)));
        StringAssert.Contains(over.Error, "is read, and would be written over. Give --out another name.");
        Assert.AreEqual((2, ""), (away.Code, away.Output));
        StringAssert.Contains(away.Error, "does not exist. Make it, or name a file in another one.");
    }

    [TestMethod]
    public async Task Birth_dates_that_are_none_are_counted_and_columns_that_are_not_used_are_named()
    {
        var result = await AimProgram.RunAsync("identity", "evaluate", "--left", Put("people.csv", "id,last,birthDate,shoe\n1,Bell,yesterday,44\n2,Marsh,1999-13-41,45\n"));

        Assert.AreEqual(0, result.Code);
        StringAssert.Contains(result.Error, "1 birth date can't be read and counts as not known");
        StringAssert.Contains(result.Error, "not used are the columns shoe");
    }

    [TestMethod]
    [DataRow("04/12/2012", "01/31/2009")]
    [DataRow("4/12/12", "1/31/09")]
    [DataRow("12/04/2012", "31/01/2009")]
    [DataRow("12.4.2012", "31.1.2009")]
    [DataRow("2012/4/12", "2009/1/31")]
    [DataRow("2012-04-12T00:00:00Z", "2009-01-31 00:00:00.000")]
    [DataRow("20120412", "2009 0131")]
    [DataRow("20120412.0", "20090131.0")]
    [DataRow("04122012", "01312009")]
    [DataRow("12 April 2012", "31-Jan-09")]
    [DataRow("\"Apr. 12, 2012\"", "\"January 31, 2009\"")]
    public async Task Birth_dates_are_read_in_the_form_that_a_file_has_them(string rosalinds, string quentins)
    {
        var left = Put("left.csv", "id,last,first,birthDate\na1,Vandersloot,Rosalind,2012-04-12\na2,Zimmerhof,Quentin,2009-01-31\n");
        var right = Put("right.csv", $"id,last,first,birthDate\nb1,Vandersloot,Rosalind,{rosalinds}\nb2,Zimmerhof,Quentin,{quentins}\n");
        var pairs = Path.Combine(folder, "pairs.csv");

        var result = await AimProgram.RunAsync("identity", "evaluate", "--left", left, "--right", right, "--out", pairs);

        Assert.AreEqual(0, result.Code, result.Error);
        var lines = File.ReadAllLines(pairs)[1..];
        Assert.HasCount(2, lines);
        foreach (var line in lines) StringAssert.Contains(line, "Birth Same");
    }

    [TestMethod]
    public async Task Whether_days_or_months_come_first_is_told_where_days_do()
    {
        var dayFirst = await AimProgram.RunAsync("identity", "evaluate", "--left", Put("people.csv", "id,last,birthDate\n1,Bell,31/01/2009\n2,Marsh,04/05/2009\n"));
        var monthFirst = await AimProgram.RunAsync("identity", "evaluate", "--left", Put("people.csv", "id,last,birthDate\n1,Bell,01/31/2009\n2,Marsh,04/05/2009\n"));

        StringAssert.Contains(dayFirst.Error, "the day before the month");
        Assert.IsFalse(monthFirst.Error.Contains("the day before the month", StringComparison.Ordinal));
    }
}
