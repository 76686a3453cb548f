using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Editions;
using Aim.Entry;
using Aim.Tests.Setup;
using Aim.Uploads;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>Files that still have what saves by hand and pushes have deleted.</summary>
[TestClass]
public sealed class DeletionTests
{
    private EntryHost entry = null!;

    [TestInitialize]
    public async Task Start() => entry = await StartAsync();

    [TestCleanup]
    public async Task Stop() => await entry.DisposeAsync();

    private static string File(params string[] localIds) => Sample.Tsv("SD", "10/07/2025", [.. localIds.Select(localId => Sample.Student(localId))]);

    private async Task<JsonElement> LoadAsync(string text, object? options = null) => await entry.Host.WhenEndedAsync(entry.Clerk, await entry.Host.UploadAsync(entry.Clerk, "SD", text, options));

    private async Task DeleteByHandAsync(string path)
    {
        var (status, body, _) = await entry.SendAsync(HttpMethod.Delete, path, ifMatch: (await entry.GetAsync(path)).ETag);
        Assert.AreEqual(HttpStatusCode.OK, status, $"{body}");
    }

    private async Task DeleteByPushAsync(long sequence, string localId)
    {
        var (_, pushed, _) = await entry.PushAsync(sequence, new JsonObject { ["op"] = "delete", ["recordType"] = "SD", ["localId"] = localId, ["key"] = "" });
        Assert.AreEqual(1, pushed.GetProperty("counts").GetProperty("removed").GetInt32(), $"{pushed}");
    }

    private static (string?, string?) Asked(JsonElement upload) => (upload.GetProperty("status").GetString(), upload.GetProperty("sentence").GetString());

    [TestMethod]
    public async Task A_file_that_was_written_before_deletions_asks_before_it_brings_the_records_back_and_says_how_many()
    {
        await LoadAsync(File("1001", "1002", "1003", "1004"));
        await DeleteByHandAsync("records/SD/1001");
        await DeleteByPushAsync(1, "1002");
        await DeleteByPushAsync(2, "1003");

        var asked = await LoadAsync(File("1001", "1002", "1004"));

        Assert.AreEqual(("AwaitingConfirmation", "The file was written on 10/07/2025 08:30:00, before the deletion of 2 records that would come back; loading it would put old data over new. Confirm to load it, or decline; nothing of it has been written."), Asked(asked));
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync("records/SD/1001")).Status);
        var key = asked.GetProperty("key").GetString();
        using var answer = await entry.Clerk.PostAsync($"/api/v1/uploads/{key}/answer", JsonContent.Create(new { load = true }));
        await RunningHost.UntilAsync(entry.Clerk, $"/api/v1/uploads/{key}", upload => upload.GetProperty("status").GetString()!.StartsWith("Accepted", StringComparison.Ordinal));
        Assert.AreEqual((HttpStatusCode.OK, HttpStatusCode.NotFound), ((await entry.GetAsync("records/SD/1002")).Status, (await entry.GetAsync("records/SD/1003")).Status), "decided so; the file doesn't have the third");
    }

    [TestMethod]
    public async Task The_key_that_a_record_had_before_a_correction_comes_back_only_when_somebody_says_so()
    {
        await LoadAsync(File("1001"));
        var program = new JsonObject { ["schoolNumber"] = Sample.Elementary, ["calendarNumber"] = "001", ["program"] = "T1", ["startDate"] = "08/25/2025" };
        var (_, _, etag) = await entry.PutAsync("records/PP/1001", program, onlyNew: true);
        program["program"] = "21C";
        var (status, body, _) = await entry.PutAsync("records/PP/1001/0001%7CT1%7C20250825", program, ifMatch: etag);
        Assert.AreEqual(HttpStatusCode.OK, status, $"{body}");

        var asked = await entry.Host.WhenEndedAsync(entry.Clerk, await entry.Host.UploadAsync(entry.Clerk, "PP", Sample.Tsv("PP", Sample.Program("1001"))));

        Assert.AreEqual("AwaitingConfirmation", asked.GetProperty("status").GetString(), $"{asked}");
        StringAssert.Contains(asked.GetProperty("sentence").GetString(), "before the deletion of 1 record that would come back");
    }

    [TestMethod]
    public async Task A_file_that_does_not_say_when_it_was_written_and_was_received_after_a_deletion_loads_without_asking()
    {
        await LoadAsync(File("1001", "1002"));
        await DeleteByHandAsync("records/SD/1001");

        var loaded = await LoadAsync(Sample.Csv("SD", Sample.Student("1001"), Sample.Student("1002")));

        Assert.AreEqual("Accepted", loaded.GetProperty("status").GetString(), $"{loaded}");
        Assert.AreEqual(1, loaded.GetProperty("counts").GetProperty("added").GetInt32());
    }

    [TestMethod]
    public async Task A_file_that_does_not_say_when_it_was_written_asks_about_what_is_deleted_while_it_waits()
    {
        await LoadAsync(File("1001", "1002"));
        var asked = await LoadAsync(Sample.Csv("SD", Sample.Student("1001")), new { scope = "Replace" });
        StringAssert.Contains(asked.GetProperty("sentence").GetString(), "would remove 1 of 2 stored rows");
        await DeleteByHandAsync("records/SD/1001");

        var key = asked.GetProperty("key").GetString();
        using var answer = await entry.Clerk.PostAsync($"/api/v1/uploads/{key}/answer", JsonContent.Create(new { load = true }));
        var again = await RunningHost.UntilAsync(entry.Clerk, $"/api/v1/uploads/{key}", upload => upload.GetProperty("status").GetString() is not "Processing");

        Assert.AreEqual("AwaitingConfirmation", again.GetProperty("status").GetString(), $"{again}");
        StringAssert.Contains(again.GetProperty("sentence").GetString(), "The file was received before the deletion of 1 record that would come back; loading it would put old data over new.");
    }

    [TestMethod]
    public async Task A_roster_that_was_received_after_a_deletion_loads_without_asking()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", File("1001", "1002"));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002")));
        await bench.UploadAsync("OR", RosterZip.Sample().Bytes());
        var deleted = await bench.Platform.Entry.SaveAsync(
            new EditionKey(Sample.District, Sample.Year), new RecordChange(ChangeOperation.Delete, "ST", "T1", ""), new SaveCondition(["*"]), "k", "clerk", isRepeat: false, CancellationToken.None);
        Assert.AreEqual(SaveStatus.Deleted, deleted.Status);

        var loaded = await bench.UploadAsync("OR", RosterZip.Sample().Bytes(), confirm: ConfirmPolicy.WhenRisky);

        Assert.AreEqual((UploadStatus.Accepted, 1L), (loaded.Status, loaded.Counts.Added), loaded.Report.Sentence);
    }

    [TestMethod]
    public async Task A_deletion_that_was_undone_asks_nothing_of_an_older_file_even_when_another_file_has_removed_the_record_since()
    {
        await LoadAsync(File("1001", "1002", "1003"));
        await DeleteByHandAsync("records/SD/1003");
        await DeleteByHandAsync("records/SD/1001");
        var (undone, body, _) = await entry.SendAsync(HttpMethod.Post, "undo", new JsonObject { ["version"] = 3 });
        Assert.AreEqual(HttpStatusCode.OK, undone, $"{body}");
        Assert.AreEqual("Accepted", (await LoadAsync(File("1001", "1002"))).GetProperty("status").GetString(), "it is there");
        await LoadAsync(Sample.Csv("SD", Sample.Student("1002")), new { scope = "Replace", confirm = "Never" });
        Assert.AreEqual(HttpStatusCode.NotFound, (await entry.GetAsync("records/SD/1001")).Status);

        var asked = await LoadAsync(File("1001", "1002", "1003"));

        StringAssert.Contains(asked.GetProperty("sentence").GetString(), "before the deletion of 1 record that would come back", "the deletion of 1003 stands");
        Assert.AreEqual("Accepted", (await LoadAsync(File("1001", "1002"))).GetProperty("status").GetString());
    }

    [TestMethod]
    public async Task A_record_that_was_saved_again_after_its_deletion_asks_only_about_that_save()
    {
        await LoadAsync(File("1001"));
        await DeleteByHandAsync("records/SD/1001");
        Assert.AreEqual(HttpStatusCode.Created, (await entry.PutAsync("records/SD/1001", Student("Anna"), onlyNew: true)).Status);

        var asked = await LoadAsync(File("1001"));

        Assert.AreEqual(("AwaitingConfirmation", "The file was written on 10/07/2025 08:30:00, before 1 save by hand that it would overwrite; loading it would put old data over new. Confirm to load it, or decline; nothing of it has been written."), Asked(asked));
    }

    [TestMethod]
    public async Task A_file_without_what_was_deleted_and_one_that_is_not_to_ask_load_without_asking()
    {
        await LoadAsync(File("1001", "1002"));
        await DeleteByHandAsync("records/SD/1001");

        Assert.AreEqual(1, (await LoadAsync(File("1002", "1003"))).GetProperty("counts").GetProperty("added").GetInt32());
        Assert.AreEqual("Accepted", (await LoadAsync(File("1001"), new { confirm = "Never" })).GetProperty("status").GetString());
        Assert.AreEqual("Accepted", (await LoadAsync(Sample.Csv("SD", Sample.Student("1001", ("City", "Alder"))))).GetProperty("status").GetString(), "it is there again: nothing comes back");
    }

    [TestMethod]
    public async Task A_file_that_was_written_after_a_deletion_brings_the_record_back_without_asking()
    {
        // Seven in the morning in the state; the file is of half past eight.
        await using var bench = await Workbench.OpenAsync(clock: new FixedClock(new DateTimeOffset(2025, 10, 7, 13, 0, 0, TimeSpan.Zero)));
        var edition = new EditionKey(Sample.District, Sample.Year);
        await bench.UploadAsync("SD", File("1001"));
        var deleted = await bench.Platform.Entry.SaveAsync(edition, new RecordChange(ChangeOperation.Delete, "SD", "1001", ""), new SaveCondition(["*"]), "k", "clerk", isRepeat: false, CancellationToken.None);
        Assert.AreEqual(SaveStatus.Deleted, deleted.Status);

        var loaded = await bench.UploadAsync("SD", System.Text.Encoding.UTF8.GetBytes(File("1001")), confirm: ConfirmPolicy.WhenRisky);

        Assert.AreEqual((UploadStatus.Accepted, 1L), (loaded.Status, loaded.Counts.Added), loaded.Report.Sentence);
    }
}
