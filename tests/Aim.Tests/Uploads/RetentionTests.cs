using System.Net;
using System.Text;
using Aim.Host.Embedded;
using Aim.Host.Serving;
using Aim.Ports;
using Aim.Tests.Setup;
using Aim.Uploads;
using Microsoft.Extensions.DependencyInjection;

namespace Aim.Tests.Uploads;

/// <summary>What was uploaded stays as it came; what a dead process left behind goes, a day later.</summary>
[TestClass]
public sealed class RetentionTests
{
    private static readonly DateTime LongAgo = TimeProvider.System.GetUtcNow().UtcDateTime.AddMonths(-20);

    private Workbench bench = null!;

    private string Blobs => Path.Combine(bench.Data.Path, "blobs");

    [TestInitialize]
    public async Task Open() => bench = await Workbench.OpenAsync();

    [TestCleanup]
    public async Task Close() => await bench.DisposeAsync();

    [TestMethod]
    public async Task A_night_leaves_uploads_and_their_results_alone_however_old_they_are()
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("Gender", "X"))));
        await bench.UploadAsync("SD", "no header");
        var before = Files();
        Assert.IsGreaterThan(3, before.Count);
        foreach (var file in before.Keys) File.SetLastWriteTimeUtc(Path.Combine(Blobs, file), LongAgo);

        var night = await bench.SyncAsync();

        CollectionAssert.AreEqual(before.ToArray(), Files().ToArray());
        Assert.AreEqual(0, night.UploadsStarted, "and starts none of them again");
    }

    [TestMethod]
    public async Task A_night_removes_old_work_files_of_ended_uploads_and_old_parts_and_nothing_else()
    {
        var ended = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));
        var waiting = await bench.ResultAsync(await bench.StartAsync("SD", Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1002"))), confirm: ConfirmPolicy.Always));
        var (old, recent) = ($"work/{ended.Report.UploadId}/stage-run-0000", $"work/{ended.Report.UploadId}/stage-run-0001");
        var kept = Directory.EnumerateFiles(Path.Combine(Blobs, "work", waiting.Report.UploadId!.Value.ToString())).Select(file => Path.GetRelativePath(Blobs, file)).ToList();
        Assert.IsNotEmpty(kept);
        foreach (var path in new[] { old, recent, "work/nobody/file", "blocks/abc/1", "blocks/abc/2" }) await bench.Ports.Blobs.WriteAsync(path, new byte[1], CancellationToken.None);
        foreach (var path in kept.Concat([old, "work/nobody/file", "blocks/abc/1"])) File.SetLastWriteTimeUtc(Path.Combine(Blobs, path), LongAgo);

        await bench.SyncAsync();

        var left = Files().Keys.Where(path => path.StartsWith("work/", StringComparison.Ordinal) || path.StartsWith("blocks/", StringComparison.Ordinal)).ToList();
        CollectionAssert.AreEqual(kept.Concat([recent, "blocks/abc/2"]).Order(StringComparer.Ordinal).ToList(), left);
    }

    [TestMethod]
    public async Task Half_written_blobs_are_seen_by_nobody_and_removed_when_the_folder_is_opened_a_day_later()
    {
        var store = bench.Ports.Blobs;
        await store.WriteAsync("uploads/a", async (_, token) => Assert.IsEmpty(await store.ListAsync("", token).Where(blob => blob.Path.Contains("partial")).ToListAsync(token)), CancellationToken.None);
        var folder = Directory.CreateDirectory(Path.Combine(Blobs, ".partial")).FullName;
        var (old, recent) = (Path.Combine(folder, "old"), Path.Combine(folder, "recent"));
        foreach (var file in new[] { old, recent }) File.WriteAllText(file, "half");
        File.SetLastWriteTimeUtc(old, LongAgo);

        await using (await Workbench.OpenAsync(bench.Data.Path)) { }

        Assert.IsFalse(File.Exists(old));
        Assert.IsTrue(File.Exists(recent), "another process may be writing it");
    }

    [TestMethod]
    public async Task An_upload_can_be_put_once_and_is_kept_byte_for_byte()
    {
        var url = new Uri($"http://127.0.0.1:{AimProcess.FreePort()}");
        var folder = AssemblySetup.NewFolder("served-once");
        await using var app = LocalHost.Build(folder, url, TimeProvider.System);
        await app.StartAsync();
        var data = app.Services.GetRequiredService<DataFolder>();
        var (ticket, place, _) = await data.Platform.Intake.RequestAsync(
            new UploadTicket { Key = "", District = Sample.District, Year = Sample.Year, RecordType = "SD", FileName = "SD.tsv", RequestedBy = "test", RequestedAt = default }, CancellationToken.None);
        using var http = new HttpClient();
        byte[] content = [0xFF, 0xFE, 0, 1, 2, .. "\r\n"u8];

        using var first = await http.PutAsync(place, new ByteArrayContent(content));
        using var second = await http.PutAsync(place, new ByteArrayContent([1, 2, 3]));

        Assert.AreEqual((HttpStatusCode.Created, HttpStatusCode.Conflict), (first.StatusCode, second.StatusCode));
        StringAssert.Contains(await second.Content.ReadAsStringAsync(), "The file was uploaded already. Ask for a new URL to upload another one.");
        CollectionAssert.AreEqual(content, await File.ReadAllBytesAsync(Path.Combine(folder, "blobs", ticket.Path)));
    }

    private SortedDictionary<string, string> Files() => new(Directory.EnumerateFiles(Blobs, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(Blobs, file), file => Convert.ToHexString(File.ReadAllBytes(file))), StringComparer.Ordinal);
}
