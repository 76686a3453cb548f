using Aim.Editions;
using Aim.Identity;
using Aim.Records;
using Aim.State;
using Aim.StateSync;
using Aim.Tests.Setup;

namespace Aim.Tests.StateSync;

/// <summary>A district gives a local id to another child in another year, and a row states a State ID without saying whose.</summary>
[TestClass]
public sealed class LocalIdReuseTests
{
    private static readonly SchoolYear Last = Sample.Year.Previous;

    private static async Task<Workbench> OpenAsync()
    {
        var bench = await Workbench.OpenAsync();
        await bench.Platform.References.PublishAsync(Sample.Reference(Last), CancellationToken.None);
        return bench;
    }

    private static Sample.Row Annabel(SchoolYear year) => Child("1001", "Oldfield", "Annabel", "03/04/2007", "F", year);

    private static Sample.Row Carl(SchoolYear year) => Child("1001", "Newcombe", "Bartholomew", "11/28/2015", "M", year);

    private static Sample.Row Child(string localId, string last, string first, string birth, string gender, SchoolYear year) =>
        Sample.Student(localId, ("LastName", last), ("FirstName", first), ("BirthDate", birth), ("Gender", gender), ("EndYear", $"{year}"));

    private static async Task<StateId?> SendAsync(Workbench bench, Sample.Row row, SchoolYear year)
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", row), year: year);
        return await bench.StateIdOfAsync("1001");
    }

    private static async Task<StateId> DecideNewAsync(Workbench bench, SchoolYear year)
    {
        var (status, id) = await bench.Platform.NearMatches.DecideAsync(new EditionKey(Sample.District, year), "1001", null, "Asked the school.", "reviewer", CancellationToken.None);
        Assert.AreEqual(DecideStatus.Decided, status);
        return id!.Value;
    }

    private static async Task<string> FirstNameAsync(Workbench bench, StateId id, SchoolYear year) =>
        (await bench.Ports.State.FindAsync([id], year, CancellationToken.None)).GetValueOrDefault(id)?.Contributions is [{ } only] ? RecordTypes.Student.Read(only.Sections[0].Content.Span).FirstName! : "nobody";

    private static async Task<string> WaitingAsync(Workbench bench) =>
        string.Join(' ', await bench.Platform.NearMatches.ListAsync(null, CancellationToken.None).Select(item => $"{item.Edition.Year}:{item.Parked.LocalId}:{item.Parked.Reason}").ToListAsync());

    private static async Task RestsAsync(Workbench bench)
    {
        for (var night = 0; night < 3; night++)
        {
            var report = await bench.SyncAsync();
            Assert.AreEqual((0, 0), (report.Disagreed.Count, report.Parked), $"night {night}");
            if (night > 0) Assert.AreEqual((0, 0L), (report.EditionsBehind, report.Committed), "nothing goes round in circles");
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_local_id_that_another_year_has_for_another_child_is_decided_once_and_both_keep_their_rows(bool oldYearFirst)
    {
        await using var bench = await OpenAsync();
        var (first, second) = oldYearFirst ? (Last, Sample.Year) : (Sample.Year, Last);
        var annabel = (await SendAsync(bench, Annabel(first), first))!.Value;
        await SendAsync(bench, Carl(second), second);
        Assert.AreEqual($"{second}:1001:OtherIdentity", await WaitingAsync(bench));

        var carl = await DecideNewAsync(bench, second);

        Assert.AreEqual(("Annabel", "Bartholomew", ""), (await FirstNameAsync(bench, annabel, first), await FirstNameAsync(bench, carl, second), await WaitingAsync(bench)));
        await RestsAsync(bench);
        Assert.AreEqual(("Annabel", "Bartholomew"), (await FirstNameAsync(bench, annabel, first), await FirstNameAsync(bench, carl, second)));
    }

    [TestMethod]
    public async Task What_the_state_holds_of_the_earlier_child_stays_with_it()
    {
        await using var bench = await OpenAsync();
        var annabel = (await SendAsync(bench, Annabel(Last), Last))!.Value;
        var hold = new FieldToHold(Sample.District, "1001", RecordTypes.Student, "", "city", "Alder", "Seen the papers.");
        Assert.AreEqual(EditStatus.Done, (await bench.Platform.StateEditing.HoldAsync(annabel, Last, null, hold, "reviewer", CancellationToken.None)).Status);
        await SendAsync(bench, Carl(Sample.Year), Sample.Year);

        var carl = await DecideNewAsync(bench, Sample.Year);
        await bench.SyncAsync();

        var records = await bench.Ports.State.FindAsync([annabel, carl], Last, CancellationToken.None);
        Assert.AreEqual(EditStanding.Held, records[annabel].StandingOf(records[annabel].Edits.Single()));
        Assert.IsFalse(records.TryGetValue(carl, out var other) && other.Edits.Count > 0);
    }

    [TestMethod]
    public async Task A_child_that_comes_to_wait_leaves_its_rows_where_they_were()
    {
        await using var bench = await OpenAsync();
        var annabel = (await SendAsync(bench, Annabel(Last), Last))!.Value;
        await SendAsync(bench, Carl(Sample.Year), Sample.Year);
        await DecideNewAsync(bench, Sample.Year);

        // A correction of more than one thing: nobody can tell any more who that is.
        await SendAsync(bench, Child("1001", "Oldfield", "Clara", "09/09/2009", "F", Last), Last);
        await bench.SyncAsync();

        Assert.AreEqual($"{Last}:1001:OtherIdentity", await WaitingAsync(bench));
        Assert.AreEqual("Annabel", await FirstNameAsync(bench, annabel, Last));
    }

    [TestMethod]
    public async Task Decisions_on_one_local_id_for_two_children_stand_side_by_side()
    {
        await using var bench = await OpenAsync();
        var annabel = (await SendAsync(bench, Annabel(Last), Last))!.Value;
        await SendAsync(bench, Carl(Sample.Year), Sample.Year);
        var carl = await DecideNewAsync(bench, Sample.Year);
        await SendAsync(bench, Child("1001", "Oldfield", "Clara", "09/09/2009", "F", Last), Last);

        var (status, _) = await bench.Platform.NearMatches.DecideAsync(new EditionKey(Sample.District, Last), "1001", annabel, "She has changed her name.", "reviewer", CancellationToken.None);

        Assert.AreEqual(DecideStatus.Decided, status);
        Assert.AreEqual(("Clara", "Bartholomew", ""), (await FirstNameAsync(bench, annabel, Last), await FirstNameAsync(bench, carl, Sample.Year), await WaitingAsync(bench)));
        await RestsAsync(bench);
    }

    [TestMethod]
    [DataRow("FirstName")]
    [DataRow("BirthDate")]
    public async Task A_State_ID_stated_without_first_name_or_birth_date_waits_until_the_district_has_sent_them(string missing)
    {
        await using var bench = await OpenAsync();
        var annabel = (await SendAsync(bench, Annabel(Sample.Year), Sample.Year))!.Value;
        var stated = Annabel(Sample.Year).With(("DistrictNumber", Sample.OtherDistrict.Value), ("StudentLocalId", "7"), ("StudentStateId", annabel.ToString()));

        await bench.UploadAsync("SD", Sample.Tsv("SD", stated.With((missing, ""))), district: Sample.OtherDistrict);
        Assert.AreEqual(($"{Sample.Year}:7:Incomplete", "Annabel"), (await WaitingAsync(bench), await FirstNameAsync(bench, annabel, Sample.Year)));

        await bench.UploadAsync("SD", Sample.Tsv("SD", stated), district: Sample.OtherDistrict);
        Assert.AreEqual("", await WaitingAsync(bench));
        Assert.HasCount(2, (await bench.Ports.State.FindAsync([annabel], Sample.Year, CancellationToken.None))[annabel].Contributions);
    }

    [TestMethod]
    public async Task A_district_that_has_the_child_already_may_send_its_row_without_them()
    {
        await using var bench = await OpenAsync();
        var annabel = (await SendAsync(bench, Annabel(Sample.Year), Sample.Year))!.Value;

        await SendAsync(bench, Annabel(Sample.Year).With(("FirstName", ""), ("StudentStateId", annabel.ToString()), ("City", "Alder")), Sample.Year);

        Assert.AreEqual(("", "Annabel"), (await WaitingAsync(bench), await FirstNameAsync(bench, annabel, Sample.Year)));
    }
}
