using System.Diagnostics;
using System.Text;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Ports;
using Aim.Tests.Setup;
using Aim.Uploads;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Uploads;

/// <summary>A process that dies at any moment, and is started again, comes to the same end as one that never died.</summary>
[TestClass]
public sealed class CrashTests
{
    [TestMethod]
    public async Task A_load_that_is_killed_at_any_moment_and_run_again_ends_as_if_never_killed()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no SIGKILL here.");
        const int folders = 2;
        const int kills = 4;
        var state = Generate(students: 300, districts: 4, errorRate: 0.05);
        var (expected, duration) = await UndisturbedAsync(state);
        var random = new Random(20251007);
        var killed = 0;
        for (var i = 0; i < folders; i++)
        {
            var data = AssemblySetup.NewFolder("killed-load");
            for (var kill = 0; kill < kills; kill++)
            {
                await using var aim = AimProcess.Start("load", state, "--data", data, "--yes");
                if (await aim.KillAfterAsync(duration * random.NextDouble())) killed++;
            }
            var (code, _, error) = await AimProcess.RunAsync("load", state, "--data", data, "--yes");
            Assert.AreEqual((1, ""), (code, error), "the planted mistakes make it 1");
            Assert.AreEqual(expected, await DescribeAsync(data));
        }
        Assert.IsGreaterThan(0, killed);
    }

    [TestMethod]
    public async Task Two_loads_of_the_same_folder_at_once_end_as_one_would()
    {
        var state = Generate(students: 200, districts: 4, errorRate: 0.05);
        var (expected, _) = await UndisturbedAsync(state);
        var data = AssemblySetup.NewFolder("loaded-twice");
        await using var first = AimProcess.Start("load", state, "--data", data, "--yes");
        await using var second = AimProcess.Start("load", state, "--data", data, "--yes");

        foreach (var (code, _, error) in new[] { await first.WhenExitedAsync(), await second.WhenExitedAsync() }) Assert.AreEqual((1, ""), (code, error));

        Assert.AreEqual(expected, await DescribeAsync(data));
    }

    [TestMethod]
    public async Task A_load_beside_a_serving_host_ends_as_it_would_alone()
    {
        var state = Generate(students: 200, districts: 4, errorRate: 0.05);
        var (expected, _) = await UndisturbedAsync(state);
        var data = AssemblySetup.NewFolder("loaded-beside");
        await using (DataFolder.Open(data, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance)) { }
        await using (await AimProcess.ServeAsync(data))
        {
            var (code, _, error) = await AimProcess.RunAsync("load", state, "--data", data, "--yes");
            Assert.AreEqual((1, ""), (code, error));
        }
        Assert.AreEqual(expected, await DescribeAsync(data));
    }

    private static string Generate(int students, int districts, double errorRate)
    {
        var folder = AssemblySetup.NewFolder("generated");
        new StateGenerator(new GenerateOptions(folder, students, districts, Seed: 7, Sample.Year, errorRate)).Run();
        return folder;
    }

    private static async Task<(string EndState, TimeSpan Duration)> UndisturbedAsync(string state)
    {
        var data = AssemblySetup.NewFolder("undisturbed");
        var watch = Stopwatch.StartNew();
        var (code, _, error) = await AimProcess.RunAsync("load", state, "--data", data, "--yes");
        Assert.AreEqual((1, ""), (code, error));
        return (await DescribeAsync(data), watch.Elapsed);
    }

    private static async Task<string> DescribeAsync(string data)
    {
        await using var opened = DataFolder.Open(data, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance);
        Assert.IsEmpty(opened.Engine.Journal.ListOpen(), "nothing is left to be done");
        return await EndState.DescribeAsync(opened.Platform, data, Sample.Year);
    }

    [TestMethod]
    public async Task An_upload_that_dies_at_any_call_of_a_store_or_of_the_journal_goes_on_to_the_same_end()
    {
        var (prepared, key, instance) = await PrepareAsync();
        var (expected, touches) = await RunAsync(prepared, key, instance, int.MaxValue);
        StringAssert.Contains(expected, "AcceptedWithRejects");
        for (var n = 1; n <= touches; n++)
        {
            var (ended, _) = await RunAsync(prepared, key, instance, n);
            Assert.AreEqual(expected, ended, $"died at touch {n} of {touches}");
        }
    }

    /// <summary>A folder with one load behind it and a second one accepted but not begun: it adds, changes, removes, rejects and parks.</summary>
    private static async Task<(string Folder, string Key, string Instance)> PrepareAsync()
    {
        var folder = AssemblySetup.NewFolder("prepared");
        await using (var bench = await Workbench.OpenAsync(folder))
        {
            await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002"), Sample.Student("1003"), Sample.Student("1004")));
            await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002")));
        }
        await using var platform = FusedPlatform.Open(folder, new Fuse(int.MaxValue));
        var file = Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Changed")), Sample.Student("1002"), Sample.Student("1003", ("Gender", "X")), Sample.Student("1005"),
            Sample.Student("1006", ("FirstName", "Ana1005")), Sample.Student("1007", ("LastName", "O’Neil")), Sample.Student("1007", ("LastName", "O’Neil")));
        var (ticket, _, _) = await platform.Platform.Intake.RequestAsync(new UploadTicket
        {
            Key = "", District = Sample.District, Year = Sample.Year, RecordType = "SD", FileName = "SD.tsv", Scope = UploadScope.Replace, Confirm = ConfirmPolicy.Never, RequestedBy = "test", RequestedAt = default,
        }, CancellationToken.None);
        await platform.Platform.Ports.Blobs.WriteAsync(ticket.Path, Encoding.UTF8.GetBytes(file), CancellationToken.None);
        var input = await platform.Platform.Intake.AcceptAsync((await platform.Platform.Ports.Blobs.FindAsync(ticket.Path, CancellationToken.None))!, CancellationToken.None);
        return (folder, ticket.Key, UploadIntake.InstanceOf(input!.Id));
    }

    /// <summary>Runs the accepted upload in a copy of the folder until the fuse is burnt, and then, with a new platform, to its end.</summary>
    private static async Task<(string EndState, int Touches)> RunAsync(string prepared, string key, string instance, int touches)
    {
        var folder = AssemblySetup.NewFolder("crashing");
        foreach (var file in Directory.EnumerateFiles(prepared, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(prepared, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        var fuse = new Fuse(touches);
        await using (var dying = FusedPlatform.Open(folder, fuse))
        {
            dying.Engine.Start();
            await Task.WhenAny(fuse.Burnt, dying.Engine.WhenFinishedAsync(instance, patience.Token));
        }
        await using var platform = FusedPlatform.Open(folder, new Fuse(int.MaxValue));
        platform.Engine.Start();
        await platform.Engine.WhenFinishedAsync(instance, patience.Token);
        return (await DescribeAsync(platform.Platform, folder, key), fuse.Touches);
    }

    private static async Task<string> DescribeAsync(AimPlatform platform, string folder, string key)
    {
        var report = (await platform.Uploads.FindReportAsync(key, CancellationToken.None))!;
        var text = new StringBuilder().AppendLine($"{report.Status} {report.Sentence} {report.Counts}");
        foreach (var path in report.FindingFiles.Append(report.RejectsFile!)) text.AppendLine(await File.ReadAllTextAsync(Path.Combine(folder, "blobs", path)));
        foreach (var group in await platform.Uploads.ListGroupsAsync(key, CancellationToken.None)) text.AppendLine($"{group.Rule} {group.Count}");
        var left = Path.Combine(folder, "blobs", "work");
        Assert.IsFalse(Directory.Exists(left) && Directory.EnumerateFiles(left, "*", SearchOption.AllDirectories).Any(), "work files were left");
        return text + await EndState.DescribeAsync(platform, folder, Sample.Year);
    }

    /// <summary>A platform on a data folder whose stores and journal burn down a fuse.</summary>
    private sealed class FusedPlatform : IAsyncDisposable
    {
        private readonly SqliteDatabase data;
        private readonly SqliteDatabase journal;

        private FusedPlatform(string folder, Fuse fuse)
        {
            var clock = TimeProvider.System;
            data = new SqliteDatabase(Path.Combine(folder, "aim.db"), DataSchema.Sql, DataSchema.Version, fullSync: false);
            journal = new SqliteDatabase(Path.Combine(folder, "workflows.db"), WorkflowJournal.Schema, WorkflowJournal.SchemaVersion, fullSync: false);
            var ports = new AimPorts(new FileBlobStore(Path.Combine(folder, "blobs"), new UploadUrls([1], new Uri("http://localhost:5080"), clock)), new SqliteEditionStore(data, clock),
                new SqliteStateStore(data, clock), new SqliteIdentityIndex(data), new SqliteLedger(data), clock);
            WorkflowEngine? engine = null;
            Platform = new AimPlatform(CrashingPorts.With(ports, fuse), catalog =>
                engine = new WorkflowEngine(new WorkflowJournal(journal, clock) { CrashPoint = _ => fuse.Touch() }, catalog, clock, NullLogger<WorkflowEngine>.Instance));
            Engine = engine!;
        }

        public AimPlatform Platform { get; }

        public WorkflowEngine Engine { get; }

        public static FusedPlatform Open(string folder, Fuse fuse) => new(folder, fuse);

        public async ValueTask DisposeAsync()
        {
            await Engine.DisposeAsync();
            await journal.DisposeAsync();
            await data.DisposeAsync();
        }
    }
}
