using System.Text;
using System.Text.Json;
using Aim.Host.Backups;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Ports;
using Aim.Tests.Commands;
using Aim.Tests.Setup;
using Aim.Uploads;
using Aim.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Backups;

/// <summary>A backup is a data folder at one moment, whatever goes on in it; a restore brings back that, or says why not.</summary>
[TestClass]
public sealed class BackupTests
{
    private static string NewPath(string name) => Path.Combine(AssemblySetup.NewFolder("backup"), name);

    private static DataFolder Open(string folder) => DataFolder.Open(folder, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance);

    private static async Task<string> LoadedAsync()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("Gender", "X"))));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001")));
        return bench.Data.Path;
    }

    private static async Task<string> BackedUpAsync(string data)
    {
        var folder = NewPath("first");
        var result = await AimProgram.RunAsync("backup", folder, "--data", data);
        Assert.AreEqual((0, ""), (result.Code, result.Error));
        return folder;
    }

    private static async Task RefusedAsync(string says, params string[] arguments)
    {
        var result = await AimProgram.RunAsync(arguments);
        Assert.AreEqual((2, ""), (result.Code, result.Output), result.Error);
        StringAssert.Contains(result.Error, says);
        Assert.HasCount(1, result.Error.TrimEnd().Split('\n'), result.Error);
    }

    private static Dictionary<string, string> FilesOf(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file), file => $"{File.GetLastWriteTimeUtc(file).Ticks} {Convert.ToHexString(File.ReadAllBytes(file))}");

    [TestMethod]
    public async Task A_restored_folder_has_every_file_record_and_key_of_the_one_that_was_backed_up()
    {
        var data = await LoadedAsync();
        string before;
        await using (var opened = Open(data)) before = await EndState.DescribeAsync(opened.Platform, data, Sample.Year);
        var backup = await BackedUpAsync(data);
        var target = NewPath("data");

        var restored = await AimProgram.RunAsync("restore", backup, "--data", target, "--json");

        Assert.AreEqual((0, ""), (restored.Code, restored.Error));
        Assert.AreEqual(restored.Json.GetProperty("files").GetInt32(), Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories).Count());
        foreach (var (path, content) in FilesOf(Path.Combine(data, "blobs"))) Assert.AreEqual(content, FilesOf(Path.Combine(target, "blobs")).GetValueOrDefault(path), path);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(Path.Combine(data, "upload.key")), await File.ReadAllBytesAsync(Path.Combine(target, "upload.key")));
        if (!OperatingSystem.IsWindows()) Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(target, "upload.key")));
        await using var again = Open(target);
        Assert.AreEqual(before, await EndState.DescribeAsync(again.Platform, target, Sample.Year));
    }

    [TestMethod]
    public async Task A_backup_taken_while_a_host_serves_and_loads_come_in_restores_to_a_state_that_agrees_and_goes_on()
    {
        var (state, data) = (NewPath("state"), NewPath("data"));
        new StateGenerator(new GenerateOptions(state, 400, 6, Seed: 11, Sample.Year, ErrorRate: 0.05)).Run();
        await using (Open(data)) { }
        var underWay = 0;
        await using (await AimProcess.ServeAsync(data))
        {
            await using var loading = AimProcess.Start("load", state, "--data", data, "--yes");
            var loaded = loading.WhenExitedAsync();
            var backups = new List<(string Folder, int UnderWay)>();
            while (!loaded.IsCompleted || backups.Count == 0)
            {
                var folder = NewPath($"during-{backups.Count}");
                var (code, output, error) = await AimProcess.RunAsync("backup", folder, "--data", data, "--json");
                Assert.AreEqual((0, ""), (code, error));
                backups.Add((folder, JsonSerializer.Deserialize<JsonElement>(output).GetProperty("underWay").GetInt32()));
            }
            var (loadCode, _, loadError) = await loaded;
            Assert.AreEqual((1, ""), (loadCode, loadError), "the planted mistakes make it 1, and backups are not in its way");
            // The first, the last and the busiest: each takes a restore, a load and a proof.
            foreach (var folder in new[] { backups[0], backups.MaxBy(backup => backup.UnderWay), backups[^1] }.Select(backup => backup.Folder).Distinct()) underWay += await GoesOnAsync(folder, state);
        }
        Assert.IsGreaterThan(0, underWay, "no backup met an upload under way, so this test shows nothing");
    }

    /// <summary>Restores a backup, lets what was under way come to its end, proves it, and loads the rest; says how many workflows were under way.</summary>
    private static async Task<int> GoesOnAsync(string backup, string state)
    {
        var target = NewPath("restored");
        var restored = await AimProgram.RunAsync("restore", backup, "--data", target, "--json");
        Assert.AreEqual((0, ""), (restored.Code, restored.Error));
        var underWay = restored.Json.GetProperty("underWay").GetInt32();
        await using (var opened = Open(target))
        {
            var open = opened.Engine.Journal.ListOpen();
            Assert.HasCount(underWay, open);
            opened.Engine.Start();
            using var patience = new CancellationTokenSource(AssemblySetup.Patience);
            foreach (var instance in open)
            {
                var ended = await opened.Engine.WhenFinishedAsync(instance.Id, patience.Token);
                Assert.AreEqual(WorkflowStatus.Completed, ended.Status, ended.Failure);
                if (instance.Workflow == nameof(UploadWorkflow)) StringAssert.Contains(ended.Output, "Accepted");
            }
        }
        var synced = await AimProgram.RunAsync("sync", "--verify-all", "--data", target, "--json");
        Assert.AreEqual((0, ""), (synced.Code, synced.Error));
        Assert.AreEqual(0, synced.Json.GetProperty("night").GetProperty("disagreed").GetArrayLength());
        var loaded = await AimProgram.RunAsync("load", state, "--data", target, "--yes", "--json");
        Assert.AreEqual((1, ""), (loaded.Code, loaded.Error));
        foreach (var district in Directory.EnumerateDirectories(Path.Combine(state, "uploads")))
        {
            var verified = await AimProgram.RunAsync("verify", Path.GetFileName(district), "--data", target, "--json");
            Assert.AreEqual((0, ""), (verified.Code, verified.Error), verified.Output);
        }
        return underWay;
    }

    [TestMethod]
    public async Task A_cut_holds_what_was_committed_before_it_and_nothing_after_and_no_swept_file_is_lost_to_an_open_upload()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));
        var key = await bench.StartAsync("SD", Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Changed")))), confirm: ConfirmPolicy.Always);
        await bench.ResultAsync(key);

        await using var cut = await BackupCut.TakeAsync(bench.Data, TimeProvider.System, CancellationToken.None);
        Assert.IsTrue(await bench.Platform.Intake.ConfirmAsync(key, new Confirmation(true, "test"), CancellationToken.None));
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        // The report comes first, and the sweep after it.
        while (await bench.Ports.Blobs.ListAsync("work/", patience.Token).AnyAsync(patience.Token)) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);

        Assert.AreEqual((1L, 2L), (cut.Data.Scalar("SELECT version FROM edition"), (await bench.Ports.Editions.GetHeadAsync(new(Sample.District, Sample.Year), CancellationToken.None)).Version));
        var work = cut.Blobs.Where(blob => blob.Path.StartsWith("work/", StringComparison.Ordinal)).ToList();
        Assert.IsNotEmpty(work);
        foreach (var blob in work)
        {
            Assert.IsNull(await bench.Ports.Blobs.FindAsync(blob.Path, CancellationToken.None), "swept by now");
            await using var stream = await cut.OpenAsync(bench.Ports.Blobs, blob, CancellationToken.None);
            Assert.AreEqual(blob.Length, stream!.Length);
        }
    }

    [TestMethod]
    public async Task A_question_that_was_open_at_the_backup_is_open_after_the_restore_and_can_be_answered()
    {
        string key, data;
        await using (var bench = await Workbench.OpenAsync())
        {
            data = bench.Data.Path;
            key = (await bench.UploadAsync("SD", Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001"))), confirm: ConfirmPolicy.Always)).Key;
        }
        var target = NewPath("data");
        Assert.AreEqual(0, (await AimProgram.RunAsync("restore", await BackedUpAsync(data), "--data", target)).Code);

        await using var restored = await Workbench.OpenAsync(target);
        Assert.IsTrue(await restored.Platform.Intake.ConfirmAsync(key, new Confirmation(true, "test"), CancellationToken.None));
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (await restored.Platform.Uploads.FindReportAsync(key, patience.Token) is not { IsFinished: true }) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);

        Assert.AreEqual(UploadStatus.Accepted, (await restored.Platform.Uploads.FindReportAsync(key, CancellationToken.None))!.Status);
    }

    [TestMethod]
    public async Task A_backup_is_never_written_over_nor_into_what_it_backs_up_and_leaves_nothing_behind()
    {
        var data = await LoadedAsync();
        var backup = await BackedUpAsync(data);

        await RefusedAsync("exists already. Give a new folder", "backup", backup, "--data", data);
        await RefusedAsync("is inside the data folder", "backup", Path.Combine(data, "backup"), "--data", data);
        await RefusedAsync("is no data folder", "backup", NewPath("second"), "--data", AssemblySetup.NewFolder("empty"));

        Assert.AreEqual("first", string.Join(' ', Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(backup)!).Select(Path.GetFileName)), "nothing is left of attempts that failed");
        Assert.IsFalse(Directory.Exists(Path.Combine(data, "backup")));
        var second = await BackedUpAsync(data);
        CollectionAssert.AreEquivalent(FilesOf(Path.Combine(backup, "data", "blobs")), FilesOf(Path.Combine(second, "data", "blobs")));
    }

    [TestMethod]
    public async Task A_backup_that_was_stopped_leaves_nothing_that_looks_like_one()
    {
        await using var opened = Open(await LoadedAsync());
        var folder = NewPath("stopped");
        using var stop = new CancellationTokenSource();
        var backup = new DataBackup(opened, TimeProvider.System, (stage, _) => { if (stage == "Files") stop.Cancel(); });

        await Assert.ThrowsAsync<OperationCanceledException>(() => backup.WriteAsync(folder, stop.Token));

        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(folder)!));
    }

    [TestMethod]
    public async Task A_disk_that_fills_up_during_a_backup_leaves_nothing_behind_and_the_data_as_it_was()
    {
        var data = await LoadedAsync();
        var folder = NewPath("full");
        await using (var opened = DataFolder.Open(data, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance, ports => ports with { Blobs = new FailingBlobs(ports.Blobs) }))
        {
            var failure = await Assert.ThrowsAsync<IOException>(() => new DataBackup(opened, TimeProvider.System, (_, _) => { }).WriteAsync(folder, CancellationToken.None));
            Assert.IsTrue(FileBlobStore.IsFull(failure), failure.Message);
        }
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(folder)!));

        await BackedUpAsync(data);
    }

    /// <summary>Blobs that can be listed, and fail in the middle as a copy to a full disk does.</summary>
    private sealed class FailingBlobs(IBlobStore inner) : IBlobStore
    {
        public Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation) => inner.FindAsync(path, cancellation);

        public Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation) => Task.FromResult<Stream?>(new FillingUp());

        public Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => inner.WriteAsync(path, write, cancellation);

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => inner.ListAsync(prefix, cancellation);

        public Task DeleteAsync(string path, CancellationToken cancellation) => inner.DeleteAsync(path, cancellation);

        public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => inner.CreateUploadUrlAsync(path, expires, cancellation);
    }

    private sealed class FillingUp() : MemoryStream(new byte[100])
    {
        private int reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            reads++ == 0 ? base.ReadAsync(buffer[..10], cancellationToken) : throw new IOException("No space left.", OperatingSystem.IsWindows() ? 112 : 28);
    }

    [TestMethod]
    public async Task A_target_where_nobody_can_write_is_refused_by_backup_and_restore_in_a_sentence_that_names_it()
    {
        var data = await LoadedAsync();
        var backup = await BackedUpAsync(data);
        var file = NewPath("file");
        await File.WriteAllTextAsync(file, "mine");

        await RefusedAsync($"{Path.Combine(file, "backup")} can't be made there. Check the path and its permissions", "backup", Path.Combine(file, "backup"), "--data", data);
        await RefusedAsync($"{Path.Combine(file, "data")} can't be made there. Check the path and its permissions", "restore", backup, "--data", Path.Combine(file, "data"));

        Assert.AreEqual("mine", await File.ReadAllTextAsync(file));
    }

    [TestMethod]
    public async Task A_restore_that_was_stopped_or_killed_leaves_no_data_folder_and_is_done_again()
    {
        var backup = await BackedUpAsync(await LoadedAsync());
        var target = NewPath("data");
        using var stop = new CancellationTokenSource();
        var restore = new DataRestore(backup, (stage, _) => { if (stage == "Copy") stop.Cancel(); });

        await Assert.ThrowsAsync<OperationCanceledException>(() => restore.RunAsync(target, stop.Token));
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!));

        // What one that was killed leaves behind is in nobody's way.
        Directory.CreateDirectory($"{target}.partial-{Guid.NewGuid():N}/blobs");
        Assert.AreEqual(0, (await AimProgram.RunAsync("restore", backup, "--data", target)).Code);
        Assert.IsTrue(DataFolder.Exists(target));
    }

    [TestMethod]
    public async Task A_backup_of_an_older_data_file_is_restored_and_brought_up_to_date_when_it_is_opened()
    {
        var data = await LoadedAsync();
        string before;
        await using (var opened = Open(data)) before = await EndState.DescribeAsync(opened.Platform, data, Sample.Year);
        MakeOlder(data);
        var backup = await BackedUpAsync(data);
        // As an older program wrote it: opening it to back it up has brought it to the present schema.
        MakeOlder(Path.Combine(backup, "data"));
        await DescribeAnewAsync(backup);
        var target = NewPath("data");

        Assert.AreEqual(0, (await AimProgram.RunAsync("restore", backup, "--data", target)).Code);

        Assert.AreEqual(1L, Scalar(target, "PRAGMA user_version"));
        await using (var again = Open(target)) Assert.AreEqual(before, await EndState.DescribeAsync(again.Platform, target, Sample.Year));
        Assert.AreEqual((DataSchema.Version, true), (Scalar(target, "PRAGMA user_version"), Scalar(target, "SELECT COUNT(*) FROM person_block") > 0));
        Assert.AreEqual(0L, Scalar(target, "SELECT COUNT(*) FROM person WHERE identity_key IS NULL"));
    }

    [TestMethod]
    public async Task An_upgrade_that_fails_leaves_the_older_file_as_it_was()
    {
        var data = await LoadedAsync();
        MakeOlder(data);
        var people = Scalar(data, "SELECT COUNT(*) FROM person");

        Assert.ThrowsExactly<InvalidOperationException>(() => new SqliteDatabase(Path.Combine(data, "aim.db"), DataSchema.Sql, DataSchema.Version, fullSync: false, (session, from) =>
        {
            DataSchema.Upgrade(session, from);
            session.Execute("DELETE FROM person");
            throw new InvalidOperationException("in the middle");
        }));

        Assert.AreEqual((1L, people, 0L), (Scalar(data, "PRAGMA user_version"), Scalar(data, "SELECT COUNT(*) FROM person"), Scalar(data, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'person_block'")));
        await using (Open(data)) { }
        Assert.AreEqual(DataSchema.Version, Scalar(data, "PRAGMA user_version"));
    }

    /// <summary>Takes out of a data file what versions 2 and 3 of its schema brought.</summary>
    private static void MakeOlder(string folder)
    {
        using var session = new SqliteSession(Path.Combine(folder, "aim.db"));
        session.ExecuteScript("""
            DROP TABLE person_block;
            UPDATE person SET identity_key = NULL;
            CREATE TABLE edition_removal (edition INTEGER NOT NULL, local_id TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (edition, local_id)) WITHOUT ROWID;
            DROP TABLE edition_change;
            PRAGMA user_version = 1;
            """);
    }

    private static long Scalar(string folder, string sql)
    {
        using var session = new SqliteSession(Path.Combine(folder, "aim.db"));
        return session.Scalar(sql) ?? 0;
    }

    /// <summary>Writes length and hash of the changed data file into the manifest.</summary>
    private static async Task DescribeAnewAsync(string backup)
    {
        var manifest = await BackupManifest.ReadAsync(backup, CancellationToken.None);
        var file = await FileCopy.DescribeAsync(Path.Combine(backup, "data"), "aim.db", CancellationToken.None);
        File.Delete(Path.Combine(backup, "manifest.json"));
        await (manifest with { DataSchema = 1, Files = [.. manifest.Files.Select(item => item.Path == "aim.db" ? file : item)] }).WriteAsync(backup, CancellationToken.None);
    }

    [TestMethod]
    public async Task A_target_that_is_in_use_or_not_empty_is_left_as_it_is()
    {
        var data = await LoadedAsync();
        var backup = await BackedUpAsync(data);
        var other = AssemblySetup.NewFolder("other");
        await File.WriteAllTextAsync(Path.Combine(other, "notes.txt"), "mine");
        var empty = AssemblySetup.NewFolder("empty");

        await using (await RunningHost.StartAsync(data)) await RefusedAsync("is a data folder, perhaps one in use.", "restore", backup, "--data", data);
        await RefusedAsync("is not empty. Restore to a new folder", "restore", backup, "--data", other);

        Assert.AreEqual("notes.txt", string.Join(' ', Directory.EnumerateFileSystemEntries(other).Select(Path.GetFileName)));
        Assert.AreEqual(0, (await AimProgram.RunAsync("restore", backup, "--data", empty)).Code, "an empty folder is as good as none");
        await RefusedAsync("is a data folder", "restore", backup, "--data", empty);
    }

    [TestMethod]
    public async Task A_damaged_missing_or_newer_backup_is_named_before_anything_is_written()
    {
        var data = await LoadedAsync();
        var target = NewPath("data");
        await WithAsync("data/aim.db", path => { using var file = File.OpenWrite(path); file.Position = 5000; file.WriteByte(0xAB); }, "damaged: aim.db changed since it was written");
        await WithAsync("data/aim.db", File.Delete, "damaged: aim.db missing");
        await WithAsync("data/blobs/uploads", folder => File.AppendAllText(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First(), "x"), "damaged: blobs/uploads/0123/2026/EN/");
        await WithAsync("manifest.json", File.Delete, "is no backup: it has no manifest.json");
        await WithAsync("manifest.json", path => File.WriteAllText(path, File.ReadAllText(path)[..200]), "its manifest.json can't be read");
        await WithAsync("manifest.json", path => Replace(path, "\"path\": \"upload.key\"", "\"path\": \"../upload.key\""), "doesn't list a data folder's files");
        await WithAsync("manifest.json", path => Replace(path, "\"path\": \"workflows.db\"", "\"path\": \"aim.db\""), "doesn't list a data folder's files");
        await WithAsync("manifest.json", path => Replace(path, $"\"dataSchema\": {DataSchema.Version}", "\"dataSchema\": 1000"), "newer version of this program (schemas 1000");
        await WithAsync("manifest.json", path => Replace(path, "\"format\": 1", "\"format\": 2"), "newer version of this program (backup format 2");
        await RefusedAsync("does not exist. Give a folder that 'aim backup' wrote.", "restore", NewPath("nothing"), "--data", target);

        async Task WithAsync(string path, Action<string> damage, string says)
        {
            var backup = await BackedUpAsync(data);
            damage(Path.Combine(backup, path));
            await RefusedAsync(says, "restore", backup, "--data", target);
            Assert.IsEmpty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(target)!));
        }

        static void Replace(string path, string old, string with)
        {
            var text = File.ReadAllText(path);
            StringAssert.Contains(text, old);
            File.WriteAllText(path, text.Replace(old, with, StringComparison.Ordinal));
        }
    }
}
