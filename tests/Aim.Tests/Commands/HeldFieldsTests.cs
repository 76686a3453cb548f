using Aim.Host.Embedded;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;

namespace Aim.Tests.Commands;

/// <summary>What the state office held in the system before this one is loaded with the files.</summary>
[TestClass]
public sealed class HeldFieldsTests
{
    private const string Header = "District,LocalId,RecordType,Key,Field,Value,Reason";

    private readonly string state = Path.Combine(AssemblySetup.NewFolder("held"), "state");
    private readonly string data = Path.Combine(AssemblySetup.NewFolder("held"), "data");
    private string[] enrollment = [];

    [TestInitialize]
    public async Task Generate()
    {
        await AimProgram.RunAsync("generate", "--out", state, "--students", "20", "--districts", "1");
        enrollment = File.ReadLines(Directory.EnumerateFiles(state, "EN.tsv", SearchOption.AllDirectories).Single()).ElementAt(1).Split('\t');
    }

    private string Cell(string column) => enrollment[Sample.Layout("EN").Columns.Select(item => item.Name).ToList().IndexOf(column)];

    private string Line(string field, string value, string? key = null) => $"{Cell("DistrictNumber")},{Cell("StudentLocalId")},EN,{key ?? Key},{field},{value},\"Agreed, by phone\"";

    private string Key => $"{Cell("SchoolNumber")}|{Cell("CalendarNumber")}|{Cell("ServiceType")}|{Cell("StartDate")[6..]}{Cell("StartDate")[..2]}{Cell("StartDate")[3..5]}";

    private Task HoldAsync(params string[] lines) => File.WriteAllLinesAsync(Path.Combine(state, "held-fields.csv"), lines);

    [TestMethod]
    public async Task A_field_of_the_folder_is_held_and_a_second_load_changes_nothing()
    {
        await HoldAsync(Header, Line("comment", "Seen"), "");

        var first = await AimProgram.RunAsync("load", state, "--data", data, "--json");
        var second = await AimProgram.RunAsync("load", state, "--data", data, "--json");

        Assert.AreEqual((0, 0), (first.Code, second.Code), first.Error + second.Error);
        Assert.AreEqual(0, second.Json.GetProperty("recordsCommitted").GetInt64());
        foreach (var load in new[] { first, second }) Assert.AreEqual("done", load.Json.GetProperty("held")[0].GetProperty("status").GetString());
        var edits = await EditsAsync();
        Assert.AreEqual(("Seen", "Agreed, by phone", "aim load"), edits.Single());
    }

    [TestMethod]
    public async Task What_a_reviewer_has_decided_since_stands_when_the_folder_is_loaded_again()
    {
        await HoldAsync(Header, Line("comment", "Seen"));
        await AimProgram.RunAsync("load", state, "--data", data);
        await using (var opened = Open())
        {
            var record = await RecordAsync(opened);
            await opened.Platform.StateEditing.ReleaseAsync(record.StateId, Sample.Year, null, record.Edits.Single().Id, "reviewer", CancellationToken.None);
        }

        var again = await AimProgram.RunAsync("load", state, "--data", data, "--json");

        Assert.AreEqual("The line was loaded before; what was decided since stands.", again.Json.GetProperty("held")[0].GetProperty("sentence").GetString());
        await using var after = Open();
        Assert.IsEmpty((await RecordAsync(after)).Edits);
    }

    private DataFolder Open() => DataFolder.Open(data, new Uri("http://localhost:5080"), TimeProvider.System, Microsoft.Extensions.Logging.LoggerFactory.Create(_ => { }));

    private async Task<StudentRecord> RecordAsync(DataFolder opened)
    {
        var student = (await opened.Ports.Identities.FindLinksAsync(new(Cell("DistrictNumber")), [Cell("StudentLocalId")], CancellationToken.None)).Values.Single();
        return (await opened.Ports.State.FindAsync([student], Sample.Year, CancellationToken.None))[student];
    }

    private async Task<IReadOnlyList<(string? Value, string Reason, string By)>> EditsAsync()
    {
        await using var opened = Open();
        var record = await RecordAsync(opened);
        Assert.HasCount(2, await opened.Ports.State.HistoryAsync(record.StateId, Sample.Year, CancellationToken.None), "the rows, and the field that is held");
        return [.. record.Edits.Select(edit => (CanonicalReader.Display(FieldKind.Text, edit.Value.Span), edit.Reason, edit.By))];
    }

    [TestMethod]
    public async Task A_line_that_cannot_be_held_is_told_with_its_number_and_the_others_are_held()
    {
        await HoldAsync(Header, Line("comment", "Seen", key: "9999|001|P|20250825"), Line("startDate", "2025-09-30"), Line("grade", "77"), Line("comment", "Seen"));

        var load = await AimProgram.RunAsync("load", state, "--data", data);

        Assert.AreEqual(1, load.Code, load.Output + load.Error);
        StringAssert.Contains(load.Output, "Fields that the state office holds: 1 of 4.");
        StringAssert.Contains(load.Output, "held-fields.csv, line 2: Not held: the state has no such student, record or field of the district in this year.");
        StringAssert.Contains(load.Output, "held-fields.csv, line 3: Not held: the field is part of the record's key");
        StringAssert.Contains(load.Output, "held-fields.csv, line 4: Not held: the record can't be as it would be with that value (REF-005).");
        Assert.HasCount(1, await EditsAsync());
    }

    [TestMethod]
    [DataRow("District,LocalId,RecordType,Field,Value,Reason", "", "held-fields.csv has no column Key.")]
    [DataRow(Header, "12,1,EN,,comment,x,why", "held-fields.csv, line 2: District is not a four-digit School System number.")]
    [DataRow(Header, "0001,,EN,,comment,x,why", "held-fields.csv, line 2: LocalId is empty.")]
    [DataRow(Header, "0001,1,XX,,comment,x,why", "held-fields.csv, line 2: RecordType is no code of a record type, such as EN.")]
    [DataRow(Header, "0001,1,EN,,,x,why", "held-fields.csv, line 2: Field is empty.")]
    [DataRow(Header, "0001,1,EN,,comment,x,", "held-fields.csv, line 2: Reason is empty or longer than 1000 characters; the district reads it.")]
    [DataRow("", "", "held-fields.csv is empty.")]
    public async Task A_file_that_cannot_be_read_is_told_before_anything_is_loaded(string header, string line, string says)
    {
        await HoldAsync(header, line);

        var load = await AimProgram.RunAsync("load", state, "--data", data);

        Assert.AreEqual((2, ""), (load.Code, load.Output));
        StringAssert.Contains(load.Error, says);
        Assert.IsFalse(Directory.Exists(data), "nothing was begun");
    }
}
