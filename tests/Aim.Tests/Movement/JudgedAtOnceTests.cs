using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Editions;
using Aim.Entry;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Entry;
using Aim.Tests.Setup;
using Microsoft.Extensions.Logging;
using static Aim.Tests.Movement.Stay;
using static Aim.Tests.Movement.TwoDistricts;

namespace Aim.Tests.Movement;

/// <summary>What is saved by hand or pushed is held at once against what other districts say of its students.</summary>
[TestClass]
public sealed class JudgedAtOnceTests
{
    private static readonly EditionKey Edition = new(Sample.OtherDistrict, Sample.Year);

    private static JsonObject Enrollment(string start)
    {
        var record = EntryHost.Enrollment();
        (record["schoolNumber"], record["startDate"]) = (Sample.OtherSchool, start);
        return record;
    }

    private static JsonObject Student(StateId? id)
    {
        var record = EntryHost.Student();
        if (id is { } stated) record["studentStateId"] = $"{stated}";
        return record;
    }

    private static RecordChange Upsert(string type, JsonObject record) => new(ChangeOperation.Upsert, type, OtherLocalId, null, JsonSerializer.SerializeToElement(record));

    private static async Task<SaveOutcome> SaveAsync(Workbench bench, RecordChange change, string? tag = null, string? key = null, bool isRepeat = false)
    {
        var outcome = await bench.Platform.Entry.SaveAsync(Edition, change, tag is null ? new SaveCondition(OnlyNew: true) : new SaveCondition([tag]), key ?? Guid.NewGuid().ToString("N"), "clerk", isRepeat, CancellationToken.None);
        Assert.IsTrue(outcome is { IsDone: true, IsSynced: true }, $"{outcome}");
        return outcome;
    }

    private static async Task<string> CasesAsync(Workbench bench, StateId? student = null) =>
        string.Join(' ', (await bench.Platform.Cases.OfStudentAsync(student ?? Child, CancellationToken.None)).Select(item => $"{item.Rule}:{item.Status}").Order(StringComparer.Ordinal));

    [TestMethod]
    public async Task A_save_opens_the_case_it_makes_and_the_save_that_corrects_it_closes_it()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await SendAsync(bench, Here("08/25/2025"));
        await SaveAsync(bench, Upsert("SD", Student(Child)));

        var saved = await SaveAsync(bench, Upsert("EN", Enrollment("2025-10-01")));
        Assert.AreEqual("ENR-004:Open", await CasesAsync(bench));

        await SaveAsync(bench, new RecordChange(ChangeOperation.Delete, "EN", OtherLocalId, saved.Key), saved.Tag);
        Assert.AreEqual("ENR-004:Resolved", await CasesAsync(bench));
    }

    [TestMethod]
    public async Task A_push_opens_the_case_it_makes_and_the_next_upload_finds_nothing_new()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await SendAsync(bench, Here("08/25/2025"));

        await PushAsync(bench, 1, ChangeFixtures.Upsert("EN", null, Enrollment("2025-10-01"), OtherLocalId), ChangeFixtures.Upsert("SD", null, Student(Child), OtherLocalId));
        Assert.AreEqual("ENR-004:Open", await CasesAsync(bench));
        var opened = (await TwoDistricts.CasesAsync(bench)).Single();

        await bench.NightAsync(new DateOnly(2026, 3, 1));
        Assert.AreEqual((opened.Id, opened.Opened), ((await TwoDistricts.CasesAsync(bench)).Single().Id, (await TwoDistricts.CasesAsync(bench)).Single().Opened));
        await PushAsync(bench, 2, ChangeFixtures.Delete("SD", null, OtherLocalId));
        Assert.AreEqual("ENR-004:Resolved", await CasesAsync(bench), "without demographics the enrollment is nobody's");
    }

    [TestMethod]
    public async Task A_save_that_states_another_state_id_closes_the_case_of_the_child_it_was_taken_for()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        var other = new StateId(Child.Value + 1);
        await bench.RegisterAsync(new Identity.Person { StateId = other, LastName = "Rivers", FirstName = "Ana", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" });
        await SendAsync(bench, Here("08/25/2025"));
        var student = await SaveAsync(bench, Upsert("SD", Student(Child)));
        await SaveAsync(bench, Upsert("EN", Enrollment("2025-10-01")));
        Assert.AreEqual("ENR-004:Open", await CasesAsync(bench));

        await SaveAsync(bench, Upsert("SD", Student(other)), student.Tag);

        Assert.AreEqual(("ENR-004:Resolved", ""), (await CasesAsync(bench), await CasesAsync(bench, other)));
    }

    [TestMethod]
    public async Task A_save_that_is_taken_back_takes_its_case_along()
    {
        await using var bench = await TwoDistricts.OpenAsync();
        await SendAsync(bench, Here("08/25/2025"));
        await SaveAsync(bench, Upsert("SD", Student(Child)));
        var saved = await SaveAsync(bench, Upsert("EN", Enrollment("2025-10-01")));

        Assert.IsNotNull(await bench.Platform.Entry.UndoAsync(Edition, saved.Version!.Value, "clerk", CancellationToken.None));

        Assert.AreEqual("ENR-004:Resolved", await CasesAsync(bench));
    }

    [TestMethod]
    public async Task A_save_stands_when_judging_fails_and_the_next_upload_makes_up_for_it()
    {
        var logs = new CapturedLogs();
        var isOut = false;
        await using (var bench = await Workbench.OpenAsync(loggers: LoggerFactory.Create(builder => builder.AddProvider(logs)), replace: ports => ports with { Ledger = new OutLedger(ports.Ledger, () => isOut) }))
        {
            await bench.RegisterAsync(new Identity.Person { StateId = Child, LastName = "Rivers", FirstName = "Ana", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" });
            await SendAsync(bench, Here("08/25/2025"));
            await SaveAsync(bench, Upsert("SD", Student(Child)));
            isOut = true;
            await SaveAsync(bench, Upsert("EN", Enrollment("2025-10-01")));
            isOut = false;
            Assert.AreEqual("", await CasesAsync(bench));
            var line = logs.Lines.Single(line => line.Contains("was not judged", StringComparison.Ordinal));
            Assert.Contains(nameof(IOException), line);

            await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("9001")));
            Assert.AreEqual("ENR-004:Open", await CasesAsync(bench));
        }
    }

    private static async Task PushAsync(Workbench bench, long sequence, params JsonObject[] changes)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["sequence"] = sequence, ["changes"] = new JsonArray([.. changes]) }.ToJsonString());
        await bench.Platform.Pushed.ReceiveAsync(Edition, sequence, body, CancellationToken.None);
        Assert.AreEqual(sequence, (await bench.Platform.Pushed.DrainAsync(Edition, CancellationToken.None)).Applied);
    }

    /// <summary>A ledger that is out for whoever judges movement.</summary>
    private sealed class OutLedger(ILedger ledger, Func<bool> isOut) : ILedger
    {
        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) =>
            isOut() && subject == "movement" ? throw new IOException("out") : ledger.FindAsync(subject, kind, id, cancellation);

        public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) => ledger.AddAsync(entry, cancellation);

        public Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation) => ledger.PutAsync(entry, cancellation);

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) => ledger.ListAsync(subject, kind, afterId, cancellation);
    }
}
