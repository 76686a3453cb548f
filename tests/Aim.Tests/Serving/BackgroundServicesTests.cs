using Aim.Host.Serving;
using Aim.StateSync;
using Aim.Tests.Setup;
using Aim.Uploads;
using Aim.Workflows;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Serving;

[TestClass]
public sealed class NightScheduleTests
{
    private static readonly TimeZoneInfo Denver = TimeZoneInfo.FindSystemTimeZoneById("America/Denver");

    private static Task<WorkflowState?> NightAsync(ServingBench bench, DateOnly date) => bench.Data.Engine.FindAsync(NightlySyncWorkflow.InstanceOf(date), CancellationToken.None);

    [TestMethod]
    [DataRow(2026, 3, 7, DisplayName = "around the night whose clocks go forward")]
    [DataRow(2026, 10, 31, DisplayName = "around the night whose clocks go back")]
    public async Task Each_night_is_started_once_at_one_by_the_states_clock(int year, int month, int day)
    {
        var first = new DateOnly(year, month, day);
        // Noon of the day before, by the state's clock or near it.
        await using var bench = new ServingBench(new DateTimeOffset(first.AddDays(-1).ToDateTime(new TimeOnly(19, 0)), TimeSpan.Zero));
        await bench.Data.Platform.References.PublishAsync(Sample.Reference(), CancellationToken.None);
        await bench.StartAsync(new NightSchedule(bench.Data, bench.Clock, NullLogger<NightSchedule>.Instance));

        for (var date = first; date < first.AddDays(3); date = date.AddDays(1))
        {
            WorkflowState? night = null;
            await bench.WhenAsync(async () => (night = await NightAsync(bench, date)) is not null, TimeSpan.FromMinutes(15));
            var local = TimeZoneInfo.ConvertTime(night!.Created, Denver);
            Assert.AreEqual(date, DateOnly.FromDateTime(local.DateTime));
            Assert.IsGreaterThanOrEqualTo(1, local.Hour);
        }
        CollectionAssert.AreEquivalent(new[] { -1, 0, 1, 2 }.Select(days => NightlySyncWorkflow.InstanceOf(first.AddDays(days))).ToList(), bench.Data.Engine.Journal.ListOpen().Select(state => state.Id).ToList(),
            "the night before had begun when the host started; no other one was started");
    }
}

[TestClass]
public sealed class UploadWatcherTests
{
    private const string Key = "by-file-transfer";

    private static async Task<string> DropAsync(ServingBench bench, string path, TimeSpan age)
    {
        var file = Path.Combine(bench.Data.Path, "blobs", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, Sample.Tsv("SD", Sample.Student("1001")));
        File.SetLastWriteTimeUtc(file, (bench.Clock.GetUtcNow() - age).UtcDateTime);
        return file;
    }

    private static async Task<ServingBench> OpenAsync()
    {
        var bench = new ServingBench(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));
        await bench.Data.Platform.References.PublishAsync(Sample.Reference(), CancellationToken.None);
        return bench;
    }

    private static Task WatchAsync(ServingBench bench) => bench.StartAsync(new UploadWatcher(bench.Data, bench.Clock, NullLogger<UploadWatcher>.Instance));

    private static int Uploads(ServingBench bench) => bench.Data.Engine.Journal.ListOpen().Count(state => state.Workflow == nameof(UploadWorkflow));

    [TestMethod]
    public async Task A_file_that_is_put_into_the_folder_is_taken_up_once()
    {
        await using var bench = await OpenAsync();
        await DropAsync(bench, $"uploads/0123/2026/SD/{Key}/SD.tsv", TimeSpan.FromMinutes(1));
        await WatchAsync(bench);

        await bench.WhenAsync(() => Uploads(bench) == 1, TimeSpan.FromSeconds(5));
        var ticket = (await bench.Data.Platform.Uploads.FindTicketAsync(Key, CancellationToken.None))!;
        Assert.AreEqual((Sample.District, Sample.Year, "SD", "file-transfer"), (ticket.District, ticket.Year, ticket.RecordType, ticket.RequestedBy));

        // A later file shows that further rounds have passed.
        await DropAsync(bench, "uploads/0123/2026/EN/later/EN.tsv", TimeSpan.FromMinutes(1));
        await bench.WhenAsync(() => Uploads(bench) > 1, TimeSpan.FromSeconds(5));
        Assert.AreEqual(2, Uploads(bench));
    }

    [TestMethod]
    public async Task A_file_that_is_still_growing_and_one_that_is_no_upload_are_left_alone()
    {
        await using var bench = await OpenAsync();
        var growing = await DropAsync(bench, $"uploads/0123/2026/SD/{Key}/SD.tsv", TimeSpan.FromDays(-1));
        await DropAsync(bench, "uploads/read-me.txt", TimeSpan.FromMinutes(1));
        await DropAsync(bench, "uploads/0123/2026/SD/other/SD.tsv", TimeSpan.FromMinutes(1));
        await WatchAsync(bench);

        await bench.WhenAsync(() => Uploads(bench) > 0, TimeSpan.FromSeconds(5));
        Assert.IsNull(await bench.Data.Platform.Uploads.FindTicketAsync(Key, CancellationToken.None));
        Assert.AreEqual(1, Uploads(bench));

        File.SetLastWriteTimeUtc(growing, bench.Clock.GetUtcNow().UtcDateTime);
        await bench.WhenAsync(() => Uploads(bench) == 2, TimeSpan.FromSeconds(5));
    }

    [TestMethod]
    public async Task A_file_whose_upload_was_begun_by_the_API_is_not_begun_again_and_one_whose_start_was_lost_is_taken_up()
    {
        await using var bench = await OpenAsync();
        async Task<string> AskAndDropAsync()
        {
            var (ticket, _, _) = await bench.Data.Platform.Intake.RequestAsync(new UploadTicket
            {
                Key = "", District = Sample.District, Year = Sample.Year, RecordType = "SD", FileName = "SD.tsv", RequestedBy = "test", RequestedAt = default,
            }, CancellationToken.None);
            await DropAsync(bench, ticket.Path, TimeSpan.FromMinutes(1));
            return ticket.Path;
        }
        var begun = await AskAndDropAsync();
        await bench.Data.Platform.Intake.AcceptAsync((await bench.Data.Ports.Blobs.FindAsync(begun, CancellationToken.None))!, CancellationToken.None);
        var lost = await AskAndDropAsync();
        Assert.AreEqual(1, Uploads(bench));
        await WatchAsync(bench);

        await bench.WhenAsync(() => Uploads(bench) > 1, TimeSpan.FromSeconds(5));
        // A later file shows that a further round has passed.
        await DropAsync(bench, "uploads/0123/2026/SD/later/SD.tsv", TimeSpan.FromMinutes(1));
        await bench.WhenAsync(() => Uploads(bench) > 2, TimeSpan.FromSeconds(5));

        Assert.AreEqual(3, Uploads(bench));
        var ticket = await bench.Data.Platform.Uploads.FindTicketAsync(UploadPath.Parse(lost)!.Key, CancellationToken.None);
        Assert.AreEqual("test", ticket!.RequestedBy, "what was asked for still counts");
    }

    [TestMethod]
    public async Task A_file_that_can_not_be_taken_up_keeps_no_other_waiting_and_is_logged_once_without_its_name()
    {
        await using var bench = await OpenAsync();
        // A ticket that nobody can read, under the first of the two keys.
        await bench.Data.Ports.Ledger.AddAsync(new("upload/a-broken", "ticket", "-", "no ticket"), CancellationToken.None);
        await DropAsync(bench, "uploads/0123/2026/SD/a-broken/Ana_Rivers.tsv", TimeSpan.FromMinutes(1));
        await DropAsync(bench, $"uploads/0123/2026/SD/{Key}/SD.tsv", TimeSpan.FromMinutes(1));
        var logs = new CapturedLogs();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(logs));
        await bench.StartAsync(new UploadWatcher(bench.Data, bench.Clock, loggers.CreateLogger<UploadWatcher>()));

        await bench.WhenAsync(() => Uploads(bench) == 1, TimeSpan.FromSeconds(5));
        // One that comes after it shows that it was tried in a further round.
        await DropAsync(bench, "uploads/0123/2026/SD/later/SD.tsv", TimeSpan.FromMinutes(1));
        await bench.WhenAsync(() => Uploads(bench) == 2, TimeSpan.FromSeconds(5));

        var told = logs.Lines.Single(line => line.Contains("JsonException", StringComparison.Ordinal));
        StringAssert.Contains(told, "The SD file of district 0123, 2026, under key a-broken can't be taken up");
        Assert.IsNotNull(await bench.Data.Platform.Uploads.FindTicketAsync(Key, CancellationToken.None));
        foreach (var line in logs.Lines) Assert.DoesNotContain("Rivers", line);
    }
}
