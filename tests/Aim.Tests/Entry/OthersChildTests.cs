using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Records;
using Aim.Tests.Movement;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Entry;

/// <summary>What a district is told when its row doesn't fit the student whose State ID it states: who a child is, nobody finds out by trying.</summary>
[TestClass]
public sealed class OthersChildTests
{
    private const string Vague = "The row doesn't fit the student with State ID 100200300; the student's rows may be kept aside until a person has decided.";

    /// <summary>Of the child: Ana Rivers, a girl, born on June 1, 2015. The state knows a Mona of her surname and birth date, too.</summary>
    private static readonly (string Column, string Value)[][] Guesses =
    [
        [("BirthDate", "11/15/2013")],
        [("Gender", "M")],
        [("FirstName", "Zed")],
        [("FirstName", "Mona")],
        [("FirstName", "Zed"), ("BirthDate", "11/15/2013")],
        [("LastName", "Quibble"), ("Gender", "M")],
        [("LastName", "Quibble"), ("FirstName", "Zed"), ("BirthDate", "11/15/2013"), ("Gender", "M")],
    ];

    /// <summary>The child is in district 0456.</summary>
    private static async Task<Workbench> OpenAsync()
    {
        var bench = await TwoDistricts.OpenAsync();
        await bench.RegisterAsync(TwoDistricts.Known with { StateId = new StateId(100_200_304), FirstName = "Mona" });
        await TwoDistricts.SendAsync(bench, Stay.There("08/25/2025"));
        return bench;
    }

    private static Sample.Row Stating(string localId, DistrictId district, params (string Column, string Value)[] values) =>
        Sample.Student(localId, ("FirstName", "Ana"), ("StudentStateId", $"{TwoDistricts.Child}"), ("DistrictNumber", district.Value)).With(values);

    /// <summary>What REF-007 says of rows that are only tested, in their order.</summary>
    private static async Task<string[]> TestAsync(Workbench bench, DistrictId district, params Sample.Row[] rows) =>
        [.. (await bench.UploadAsync("SD", Sample.Tsv("SD", rows), UploadMode.Test, district: district)).Findings.Where(finding => finding.Rule == "REF-007").OrderBy(finding => finding.Line).Select(finding => finding.Message)];

    [TestMethod]
    public async Task A_district_that_never_had_the_child_reads_the_same_whatever_differs()
    {
        await using var bench = await OpenAsync();

        var told = await TestAsync(bench, Sample.District, [.. Guesses.Select((guess, i) => Stating($"{1001 + i}", Sample.District, guess))]);

        CollectionAssert.AreEqual(Enumerable.Repeat(Vague, Guesses.Length).ToArray(), told);
    }

    [TestMethod]
    public async Task The_district_that_has_the_child_reads_what_differs_also_under_another_local_id()
    {
        await using var bench = await OpenAsync();

        var told = await TestAsync(bench, Sample.OtherDistrict, Stating(TwoDistricts.OtherLocalId, Sample.OtherDistrict, Guesses[0]), Stating("T99", Sample.OtherDistrict, Guesses[^1]));

        StringAssert.StartsWith(told[0], "The row differs in birth date from the student with State ID 100200300; it counts");
        StringAssert.StartsWith(told[1], "The row differs in last name, first name, birth date and gender from the student with State ID 100200300; ");
    }

    [TestMethod]
    [DataRow(1, "The row differs in first name from ")]
    [DataRow(2, "The row doesn't fit ")]
    public async Task A_district_that_had_the_child_the_year_before_reads_what_differs_and_longer_ago_no_more(int yearsAgo, string sentence)
    {
        await using var bench = await OpenAsync();
        var year = new SchoolYear(Sample.Year.EndYear - yearsAgo);
        await bench.Platform.References.PublishAsync(Sample.Reference(year), CancellationToken.None);
        await TwoDistricts.SendAsync(bench, new Stay(Sample.District, year, ("StartDate", $"08/25/{year.EndYear - 1}")));

        StringAssert.StartsWith((await TestAsync(bench, Sample.District, Stating("1001", Sample.District, Guesses[2]))).Single(), sentence);
    }

    [TestMethod]
    public async Task Nothing_more_is_told_by_a_save_a_push_what_waits_or_re_validation()
    {
        string folder;
        await using (var bench = await OpenAsync()) folder = bench.Data.Path;
        await using var entry = await EntryHost.StartAsync(folder);
        JsonObject[] children = [Child("Zed", "2013-11-15", "F"), Child("Ana", "2013-11-15", "M"), Child("Zed", "2015-06-01", "M")];

        var saved = (await entry.PutAsync("records/SD/1001", children[0], onlyNew: true)).Body;
        var pushed = (await entry.PushAsync(1, ChangeFixtures.Upsert("SD", null, children[1], "1002"), ChangeFixtures.Upsert("SD", null, children[2], "1003"))).Body;

        Assert.AreEqual(Vague, string.Join('\n', MessagesOf(saved)));
        CollectionAssert.AreEqual(new[] { Vague, Vague }, pushed.GetProperty("reports").EnumerateArray().SelectMany(MessagesOf).ToArray());
        Assert.AreEqual("Parked", saved.GetProperty("waiting").GetString());
        var waiting = (await entry.GetAsync("parked")).Body.EnumerateArray().Select(child => $"{child.GetProperty("localId").GetString()} {child.GetProperty("reason").GetString()} {child.GetProperty("candidates").GetArrayLength()}");
        Assert.AreEqual("1001 OtherIdentity 0, 1002 OtherIdentity 0, 1003 OtherIdentity 0", string.Join(", ", waiting));
        var stored = (await entry.GetAsync("validation")).Body.GetProperty("groups").EnumerateArray().Single(group => group.GetProperty("rule").GetString() == "REF-007");
        Assert.AreEqual($"{Vague}\n{Vague}\n{Vague}", string.Join('\n', stored.GetProperty("examples").EnumerateArray().Select(finding => finding.GetProperty("message").GetString())));
    }

    private static JsonObject Child(string firstName, string birthDate, string gender)
    {
        var child = EntryHost.Student(firstName);
        (child["studentStateId"], child["birthDate"], child["gender"]) = ($"{TwoDistricts.Child}", birthDate, gender);
        return child;
    }

    private static IEnumerable<string> MessagesOf(JsonElement body) =>
        body.GetProperty("findings").EnumerateArray().Where(finding => finding.GetProperty("rule").GetString() == "REF-007").Select(finding => finding.GetProperty("message").GetString()!);
}
