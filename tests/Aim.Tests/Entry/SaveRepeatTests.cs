using System.Text.Json;
using Aim.Editions;
using Aim.Entry;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;
using Aim.Tests.Setup;

namespace Aim.Tests.Entry;

/// <summary>Saves that are sent again, at once or after a death, and what is left when the sync of one fails.</summary>
[TestClass]
public sealed class SaveRepeatTests
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);
    private static readonly SaveCondition OnlyNew = new(OnlyNew: true);

    private static RecordChange Child(string localId, string firstName = "Ana") =>
        new(ChangeOperation.Upsert, "SD", localId, null, JsonSerializer.SerializeToElement(EntryHost.Student(firstName)));

    private static Task<SaveOutcome> SaveAsync(Workbench bench, RecordChange change, SaveCondition condition, string key, bool isRepeat = false) =>
        bench.Platform.Entry.SaveAsync(Edition, change, condition, key, "clerk", isRepeat, CancellationToken.None);

    /// <summary>Another one has the right to sync for a while, or gives it back.</summary>
    private static Task<SyncLease?> HoldAsync(Workbench bench, TimeSpan time) => bench.Ports.Editions.BeginSyncAsync(Edition, "other", TimeProvider.System.GetUtcNow() + time, CancellationToken.None);

    [TestMethod]
    public async Task A_save_whose_sync_did_not_come_to_its_end_is_synced_when_it_is_repeated()
    {
        await using var bench = await Workbench.OpenAsync();
        await HoldAsync(bench, TimeSpan.FromMinutes(5));
        var first = await SaveAsync(bench, Child("1001"), OnlyNew, "k");
        Assert.AreEqual((SaveStatus.Created, false), (first.Status, first.IsSynced));
        await HoldAsync(bench, TimeSpan.FromSeconds(-1));

        var again = await SaveAsync(bench, Child("1001"), OnlyNew, "k", isRepeat: true);

        Assert.AreEqual((SaveStatus.Created, first.Version, first.Tag, true), (again.Status, again.Version, again.Tag, again.IsSynced));
        Assert.IsNotNull(await bench.StateIdOfAsync("1001"));
    }

    [TestMethod]
    public async Task A_repeated_save_is_answered_with_the_tag_of_the_record_that_is_there()
    {
        await using var bench = await Workbench.OpenAsync();
        var first = await SaveAsync(bench, Child("1001"), OnlyNew, "k");
        var second = await SaveAsync(bench, Child("1001", "Anna"), new SaveCondition([first.Tag!]), "l");

        var again = await SaveAsync(bench, Child("1001"), OnlyNew, "k", isRepeat: true);

        Assert.AreEqual((first.Version, second.Tag), (again.Version, again.Tag));
        Assert.AreEqual(2L, (await bench.Ports.Editions.GetHeadAsync(Edition, CancellationToken.None)).Version);
    }

    [TestMethod]
    public async Task A_request_that_comes_second_of_two_with_one_key_is_answered_with_the_save_of_the_first()
    {
        await using var bench = await Workbench.OpenAsync();
        var first = await SaveAsync(bench, Child("1001"), OnlyNew, "k");

        // It asked before the first one had applied, and judges after it: what it finds in its way is its own save.
        var second = await SaveAsync(bench, Child("1001"), OnlyNew, "k");

        Assert.AreEqual((SaveStatus.Created, first.Version, first.Tag, true), (second.Status, second.Version, second.Tag, second.IsSynced));
        var change = new SaveCondition([first.Tag!]);
        var changed = await SaveAsync(bench, Child("1001", "Anna"), change, "l");
        var changedToo = await SaveAsync(bench, Child("1001", "Anna"), change, "l");
        Assert.AreEqual((SaveStatus.Changed, changed.Version, changed.Tag), (changedToo.Status, changedToo.Version, changedToo.Tag));
        Assert.AreEqual(SaveStatus.Stale, (await SaveAsync(bench, Child("1001", "Anja"), change, "m")).Status, "a save of its own is still refused");
    }

    [TestMethod]
    public async Task A_delete_that_is_repeated_says_that_it_was_made_and_nothing_else()
    {
        await using var bench = await Workbench.OpenAsync();
        var saved = await SaveAsync(bench, Child("1001"), OnlyNew, "k");
        var delete = new RecordChange(ChangeOperation.Delete, "SD", "1001");
        var first = await SaveAsync(bench, delete, new SaveCondition([saved.Tag!]), "l");

        var again = await SaveAsync(bench, delete, new SaveCondition([saved.Tag!]), "l", isRepeat: true);

        Assert.AreEqual((SaveStatus.Deleted, first.Version, null, 0), (again.Status, again.Version, again.Tag, again.Findings.Count));
    }

    [TestMethod]
    public async Task A_sync_that_fails_is_logged_without_data_and_gives_its_right_back()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("L0CAL77")), deferSync: true);
        var logs = new CapturedLogs();
        var (_, editions, state, identities, ledger, clock) = bench.Ports;
        var sync = new SyncEdition(editions, state, identities, new IdentityResolver(editions, identities, state, new IdentityDecisions(ledger), clock), new StudentLinks(editions, identities), new KnownPeople(state, identities),
            new ParkedStudents(new UnreadableLedger(ledger), clock), clock, logs.CreateLogger("Aim"));

        Assert.IsFalse(await sync.BringAsync(Edition, 1, "save", CancellationToken.None));

        var line = logs.Lines.Single();
        Assert.Contains(nameof(IOException), line);
        Assert.DoesNotContain("L0CAL77", line);
        Assert.IsNotNull(await HoldAsync(bench, TimeSpan.FromMinutes(1)), "the next one may sync at once");
    }

    [TestMethod]
    public async Task A_save_leaves_those_who_wait_to_the_night_unless_it_is_about_them()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.RegisterAsync(Known(1), Known(2));
        foreach (var id in new[] { "1", "2" }) await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student(id, ("BirthDate", "06/02/2015"))));
        Assert.AreEqual("1 2", await WaitingAsync(bench));
        await bench.Ports.Identities.LinkAsync(Sample.District, new Dictionary<string, StateId> { ["1"] = Known(1).StateId, ["2"] = Known(2).StateId }, CancellationToken.None);

        var stranger = EntryHost.Student("Zoe");
        (stranger["lastName"], stranger["birthDate"]) = ("Stone", "2014-03-02");
        var other = await SaveAsync(bench, new RecordChange(ChangeOperation.Upsert, "SD", "1001", null, JsonSerializer.SerializeToElement(stranger)), OnlyNew, "k");
        Assert.AreEqual((true, "1 2"), (other.IsSynced, await WaitingAsync(bench)));
        await SaveAsync(bench, new RecordChange(ChangeOperation.Upsert, "EN", "1", null, JsonSerializer.SerializeToElement(EntryHost.Enrollment())), OnlyNew, "l");
        Assert.AreEqual("2", await WaitingAsync(bench));
        await bench.SyncAsync();
        Assert.AreEqual("", await WaitingAsync(bench));

        static Person Known(int n) => new() { StateId = new(100_300_000 + n), LastName = "Rivers", FirstName = $"Ana{n}", BirthDate = new(2015, 6, 1), Gender = "F" };

        static async Task<string> WaitingAsync(Workbench bench) => string.Join(' ', (await bench.Platform.Parked.ListAsync(Edition, CancellationToken.None)).Keys.Order());
    }

    [TestMethod]
    public async Task Who_took_a_load_back_is_kept_beside_the_saves_and_who_could_not_is_not()
    {
        await using var bench = await Workbench.OpenAsync();
        await SaveAsync(bench, Child("1001"), OnlyNew, "k");

        var undone = await bench.Platform.Entry.UndoAsync(Edition, 1, "clerk-a", CancellationToken.None);
        Assert.IsNull(await bench.Platform.Entry.UndoAsync(Edition, 1, "clerk-b", CancellationToken.None));
        Assert.IsNull(await bench.Platform.Entry.UndoAsync(Edition, 2, "clerk-b", CancellationToken.None), "an undo is not undone");

        Assert.AreEqual((2L, true), undone);
        var path = (await bench.Ports.Blobs.ListAsync("saves/0123/2026/undo-", CancellationToken.None).ToListAsync()).Single().Path;
        var kept = JsonSerializer.Deserialize<JsonElement>(await bench.ReadTextAsync(path));
        Assert.AreEqual(("clerk-a", 1L), (kept.GetProperty("by").GetString(), kept.GetProperty("version").GetInt64()));
    }

    [TestMethod]
    public void A_form_is_made_once_for_all_the_changes_of_a_push() => Assert.AreSame(RecordForm.Find(RecordTypes.Student, Sample.Year), RecordForm.Find(RecordTypes.Student, Sample.Year));

    /// <summary>A ledger that is out when it is asked for a list.</summary>
    private sealed class UnreadableLedger(ILedger ledger) : ILedger
    {
        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) => ledger.FindAsync(subject, kind, id, cancellation);

        public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) => ledger.AddAsync(entry, cancellation);

        public Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation) => ledger.PutAsync(entry, cancellation);

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) => throw new IOException("out");
    }
}
