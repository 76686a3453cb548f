using System.Net;
using System.Text;
using Aim.Host.Embedded;
using Aim.Host.Serving;
using Aim.Ports;
using Aim.Tests.Setup;
using Aim.Uploads;
using Aim.Workflows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Uploads;

/// <summary>A storage without room: nothing is lost, callers hear it in a sentence, and the work goes on when there is room again.</summary>
[TestClass]
public sealed class StorageFullTests
{
    private const string Sentence = "The storage is full. Nothing was lost: free some space, and the work goes on where it stopped.";
    private const int Students = 2000;

    private static string File => Sample.Tsv("SD", [.. Enumerable.Range(1000, Students).Select(i => Sample.Student($"{i}"))]);

    private static UploadTicket Ticket => new() { Key = "", District = Sample.District, Year = Sample.Year, RecordType = "SD", FileName = "SD.tsv", RequestedBy = "test", RequestedAt = default };

    /// <summary>Lets a database grow no further, or again.</summary>
    private static Task FillAsync(SqliteDatabase database, bool full) =>
        database.WriteAsync(session => { session.Scalar($"PRAGMA max_page_count = {(full ? 1 : int.MaxValue - 1)}"); }, CancellationToken.None);

    [TestMethod]
    public async Task An_upload_waits_while_the_database_is_full_and_ends_when_there_is_room()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1000")));
        var (ticket, _, _) = await bench.Platform.Intake.RequestAsync(Ticket, CancellationToken.None);
        await bench.Ports.Blobs.WriteAsync(ticket.Path, Encoding.UTF8.GetBytes(File), CancellationToken.None);
        var blob = (await bench.Ports.Blobs.FindAsync(ticket.Path, CancellationToken.None))!;

        await FillAsync(bench.Data.Databases.Data, full: true);
        var input = (await bench.Platform.Intake.AcceptAsync(blob, CancellationToken.None))!;
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (!bench.Data.Engine.Journal.Read(UploadIntake.InstanceOf(input.Id)).Any(entry => entry.Kind == EventKind.AttemptFailed && entry.Name == UploadSteps.Apply.Name))
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        Assert.AreEqual(UploadStatus.Processing, (await bench.Platform.Intake.StatusAsync(ticket.Key, CancellationToken.None))!.Status);
        await FillAsync(bench.Data.Databases.Data, full: false);

        var result = await bench.ResultAsync(ticket.Key);
        Assert.AreEqual((UploadStatus.Accepted, Students - 1L, 1L), (result.Status, result.Counts.Added, result.Counts.Unchanged));
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
        Assert.HasCount(Students, (await bench.Ports.State.ReadChangesAsync(null, int.MaxValue, CancellationToken.None)).Changes);
    }

    [TestMethod]
    public async Task A_step_that_waits_for_room_is_never_given_up()
    {
        var step = new Step<int, int>("WaitForRoom") { Retry = new RetryPolicy(2, TimeSpan.FromMilliseconds(1), 1, TimeSpan.FromMilliseconds(1)) };
        var attempts = 0;
        var catalog = new WorkflowCatalog().Add<OneStep, int, int>().Add(step, (input, _) => ++attempts < 10 ? throw new StorageFullException() : Task.FromResult(input));
        await using var database = new SqliteDatabase(Path.Combine(AssemblySetup.NewFolder("journal"), "workflows.db"), WorkflowJournal.Schema, WorkflowJournal.SchemaVersion, fullSync: false);
        await using var engine = new WorkflowEngine(new WorkflowJournal(database, TimeProvider.System), catalog, TimeProvider.System, NullLogger<WorkflowEngine>.Instance);
        engine.Start();
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);

        await engine.StartAsync<OneStep, int, int>("one", 7, patience.Token);
        var state = await engine.WhenFinishedAsync("one", patience.Token);

        Assert.AreEqual((WorkflowStatus.Completed, "7", 10), (state.Status, state.Output, attempts));
    }

    private sealed class OneStep : Workflow<int, int>
    {
        public override Task<int> RunAsync(IWorkflowContext context, int input) =>
            context.CallAsync(new Step<int, int>("WaitForRoom") { Retry = new RetryPolicy(2, TimeSpan.FromMilliseconds(1), 1, TimeSpan.FromMilliseconds(1)) }, input);
    }

    [TestMethod]
    public async Task A_full_disk_under_the_blobs_is_told_as_such_and_leaves_nothing_behind()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("There is no /dev/full here.");
        var folder = AssemblySetup.NewFolder("full-blobs");
        var store = new FileBlobStore(folder, new UploadUrls([1], new Uri("http://localhost:5080"), TimeProvider.System));

        var failure = await Assert.ThrowsExactlyAsync<StorageFullException>(() => store.WriteAsync("uploads/a", async (_, token) =>
        {
            await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
            await full.WriteAsync(new byte[10_000], token);
            await full.FlushAsync(token);
        }, CancellationToken.None));

        Assert.AreEqual(Sentence, failure.Message);
        Assert.IsEmpty(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
        Assert.AreEqual(BlobWrite.Written, await store.WriteAsync("uploads/a", new byte[10], CancellationToken.None));
    }

    [TestMethod]
    public async Task A_full_disk_answers_507_and_the_file_that_was_put_is_taken_up_when_there_is_room()
    {
        var url = new Uri($"http://127.0.0.1:{AimProcess.FreePort()}");
        await using var app = LocalHost.Build(AssemblySetup.NewFolder("full-disk"), url, TimeProvider.System);
        await app.StartAsync();
        var data = app.Services.GetRequiredService<DataFolder>();
        await data.Platform.References.PublishAsync(Sample.Reference(), CancellationToken.None);
        using var http = new HttpClient();
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);

        await FillAsync(data.Databases.Journal, full: true);
        var (ticket, place, answer) = await PutUntilFullAsync(data, http, patience.Token);
        StringAssert.Contains(answer, Sentence);
        await FillAsync(data.Databases.Journal, full: false);

        using var again = await http.PutAsync(place, new StringContent("something else"));
        Assert.AreEqual(HttpStatusCode.Conflict, again.StatusCode, "what is there already is not put again");
        while (await data.Platform.Uploads.FindReportAsync(ticket.Key, patience.Token) is null) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        Assert.AreEqual((UploadStatus.Accepted, 1L), ((await data.Platform.Uploads.FindReportAsync(ticket.Key, patience.Token))!.Status, (await data.Platform.Uploads.FindReportAsync(ticket.Key, patience.Token))!.Counts.Rows));
    }

    /// <summary>The last pages still take a few uploads; the first that finds no room is the one to look at.</summary>
    private static async Task<(UploadTicket Ticket, Uri Place, string Answer)> PutUntilFullAsync(DataFolder data, HttpClient http, CancellationToken patience)
    {
        while (true)
        {
            var (ticket, place, _) = await data.Platform.Intake.RequestAsync(Ticket, patience);
            using var response = await http.PutAsync(place, new StringContent(Sample.Tsv("SD", Sample.Student("1001"))), patience);
            if (response.StatusCode == HttpStatusCode.Created) continue;
            Assert.AreEqual(HttpStatusCode.InsufficientStorage, response.StatusCode);
            return (ticket, place, await response.Content.ReadAsStringAsync(patience));
        }
    }
}
