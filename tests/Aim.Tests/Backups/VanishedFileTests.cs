using System.Text;
using Aim.Host.Backups;
using Aim.Ports;
using Aim.Tests.Setup;
using Aim.Uploads;
using Aim.Workflows;

namespace Aim.Tests.Backups;

/// <summary>Files that were listed at the moment of a backup and are deleted before they are copied.</summary>
[TestClass]
public sealed class VanishedFileTests : IAsyncDisposable
{
    private Workbench bench = null!;

    /// <summary>Says of a path whether the blob is deleted just before it is opened.</summary>
    private Func<string, bool> vanishes = _ => false;

    [TestInitialize]
    public async Task Start() => bench = await Workbench.OpenAsync(replace: ports => ports with
    {
        Blobs = new WatchedBlobs(ports.Blobs, path => vanishes(path) ? ports.Blobs.DeleteAsync(path, CancellationToken.None) : Task.CompletedTask),
    });

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    private async Task<BackupManifest> BackUpAsync(Func<string, bool> vanishing)
    {
        vanishes = vanishing;
        try
        {
            return await new DataBackup(bench.Data, TimeProvider.System, (_, _) => { }).WriteAsync(Path.Combine(AssemblySetup.NewFolder("backup"), "vanished"), CancellationToken.None);
        }
        finally
        {
            vanishes = _ => false;
        }
    }

    private async Task IsRefusedAsync(string path)
    {
        var fault = await Assert.ThrowsAsync<FaultException>(() => BackUpAsync(blob => blob == path));
        StringAssert.Contains(fault.Message, $"{path} vanished while it was being backed up");
    }

    [TestMethod]
    public async Task The_note_of_an_undo_that_was_refused_is_left_out_and_a_save_that_is_gone_is_told()
    {
        const string undo = "saves/0123/2026/undo-1-0199.json";
        const string save = "saves/0123/2026/0199.json";
        foreach (var path in new[] { undo, save }) await bench.Ports.Blobs.WriteAsync(path, "{}"u8.ToArray(), CancellationToken.None);

        Assert.AreEqual(undo, string.Join(' ', (await BackUpAsync(path => path == undo)).LeftOut));

        await IsRefusedAsync(save);
    }

    [TestMethod]
    public async Task Results_that_an_upload_under_way_makes_anew_are_left_out_and_those_of_one_that_has_ended_are_told()
    {
        var ended = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));
        static bool IsMadeAnew(string path) => path.StartsWith("results/", StringComparison.Ordinal) && (path.Contains("/changes-v", StringComparison.Ordinal) || path.Contains("/findings-students-v", StringComparison.Ordinal));
        var before = await bench.Ports.Blobs.ListAsync("results/", CancellationToken.None).Select(blob => blob.Path).Where(IsMadeAnew).ToListAsync();
        var open = await bench.UploadAsync("SD", Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Changed")))), confirm: ConfirmPolicy.Always);
        Assert.AreEqual((UploadStatus.Accepted, UploadStatus.AwaitingConfirmation), (ended.Status, open.Status));
        var made = await bench.Ports.Blobs.ListAsync("results/", CancellationToken.None).Select(blob => blob.Path).Where(path => IsMadeAnew(path) && !before.Contains(path)).ToListAsync();
        Assert.IsNotEmpty(made);

        CollectionAssert.AreEqual(made, (await BackUpAsync(made.Contains)).LeftOut.ToList());

        await IsRefusedAsync(before[0]);
    }
}
