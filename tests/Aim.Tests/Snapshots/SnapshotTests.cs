using System.Security.Cryptography;
using Aim.Api.Snapshots;
using Aim.Federal;
using Aim.Host.Commands;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Snapshots;
using Aim.Tests.Setup;
using Aim.Workflows;

namespace Aim.Tests.Snapshots;

[TestClass]
public sealed class SnapshotTests
{
    private const string Name = "fall";

    private static readonly DateOnly CountDay = new(2025, 10, 6);

    /// <summary>First and last of each half of the State IDs, which are the parts of a small snapshot.</summary>
    private static readonly string[] AcrossParts = ["100000000", "499999999", "500000000", "999999999"];

    private readonly string folder = AssemblySetup.NewFolder("snapshot");

    private static string LocalIdOf(string stateId) => $"L{stateId}";

    /// <summary>Opens the folder with a student at each end of each part.</summary>
    private async Task<Workbench> OpenAsync(TimeProvider? clock = null, string? other = null)
    {
        var bench = await Workbench.OpenAsync(other ?? folder, clock: clock);
        await bench.RegisterAsync([.. AcrossParts.Select(id => new Person { StateId = StateId.Parse(id), LastName = "Rivers", FirstName = $"Ana{LocalIdOf(id)}", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" })]);
        await bench.UploadAsync("SD", Sample.Tsv("SD", [.. AcrossParts.Select(id => Sample.Student(LocalIdOf(id), ("StudentStateId", id)))]));
        await UploadGradeAsync(bench, "05");
        return bench;
    }

    private static async Task UploadGradeAsync(Workbench bench, string grade) =>
        Assert.AreEqual(0, (await bench.UploadAsync("EN", Sample.Tsv("EN", [.. AcrossParts.Select(id => Sample.Enrollment(LocalIdOf(id), ("Grade", grade)))]))).Counts.Rejected);

    private static Task<SnapshotManifest> TakeAsync(Workbench bench, string name = Name) => SnapshotCommand.TakeAsync(bench.Data, name, Sample.Year, CountDay, CancellationToken.None);

    private static Task<IReadOnlyList<CountedStudent>> InGradeAsync(Workbench bench, string grade) =>
        bench.Platform.Federal.ExplainAsync(Name, new FederalCell("FS052", FederalLevel.SEA, null, null, [grade]), CancellationToken.None);

    private static string FileOf(Workbench bench, string path) => Path.Combine(bench.Data.Path, "blobs", path);

    [TestMethod]
    public async Task Commits_after_the_moment_are_not_in_whether_before_or_during_the_freeze()
    {
        await using var bench = await OpenAsync();
        var steps = new SnapshotSteps(bench.Ports.Blobs, bench.Ports.State, bench.Ports.Editions, bench.Platform.References);
        var freeze = new FreezeRange(bench.Ports.State, bench.Ports.Blobs);

        var plan = await steps.PlanAsync(new SnapshotInput(Name, Sample.Year, CountDay, "test"), CancellationToken.None);
        await UploadGradeAsync(bench, "04");
        var first = await freeze.RunAsync(new FreezeInput(plan, 0), CancellationToken.None);
        await UploadGradeAsync(bench, "03");
        var second = await freeze.RunAsync(new FreezeInput(plan, 1), CancellationToken.None);
        await steps.SealAsync(new SnapshotSteps.SealInput(plan, [first, second]), CancellationToken.None);

        Assert.HasCount(4, await InGradeAsync(bench, "05"));
        Assert.IsEmpty(await InGradeAsync(bench, "04"));
        Assert.IsEmpty(await InGradeAsync(bench, "03"));
    }

    [TestMethod]
    public async Task Each_student_is_in_one_part_and_the_manifest_tells_what_is_in_the_files()
    {
        await using var bench = await OpenAsync();
        var manifest = await TakeAsync(bench);

        var parts = new List<List<string>>();
        await foreach (var part in FrozenStudents.ReadPartsAsync(bench.Ports.Blobs, manifest, withOrigin: false, CancellationToken.None)) parts.Add([.. part.Select(student => student.Id.ToString()).Order()]);
        Assert.AreEqual("100000000 499999999|500000000 999999999", string.Join('|', parts.Select(part => string.Join(' ', part))));

        Assert.AreEqual(4, manifest.Students);
        Assert.AreEqual((4L, 4L, 0L), (manifest.Rows["SD"], manifest.Rows["EN"], manifest.Rows["PP"]));
        Assert.HasCount(RecordTypes.OfStudents.Count * 2, manifest.Files);
        foreach (var file in manifest.Files)
        {
            var bytes = await File.ReadAllBytesAsync(FileOf(bench, file.Path));
            Assert.AreEqual((file.Bytes, file.Sha256), (bytes.LongLength, Convert.ToHexStringLower(SHA256.HashData(bytes))), file.Path);
        }
        Assert.AreEqual(manifest.ReferenceSha256, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(FileOf(bench, manifest.Reference)))));
        Assert.AreEqual(RuleCatalog.Version, manifest.Rules);
        Assert.AreEqual(SnapshotManifest.CodeVersion, manifest.Code);
        Assert.AreNotEqual("unknown", manifest.Code);
    }

    [TestMethod]
    public async Task A_name_is_taken_for_good()
    {
        await using (var bench = await OpenAsync()) await TakeAsync(bench);
        using var output = new StringWriter();
        using var error = new StringWriter();

        var code = await CommandLine.RunAsync(["snapshot", Name, "--year", "2026", "--data", folder], output, error, CancellationToken.None);

        Assert.AreEqual(ExitCode.Unusable, code);
        StringAssert.Contains(error.ToString(), "There is a snapshot 'fall' of");
        StringAssert.Contains(error.ToString(), "Choose another name.");
    }

    [TestMethod]
    public async Task A_sealed_snapshot_survives_the_loss_of_the_journal_and_a_late_repeat_of_a_step()
    {
        await using var bench = await OpenAsync();
        var manifest = await TakeAsync(bench);
        var steps = new SnapshotSteps(bench.Ports.Blobs, bench.Ports.State, bench.Ports.Editions, bench.Platform.References);
        var input = new SnapshotInput(Name, Sample.Year, CountDay, "test");

        var planned = await Assert.ThrowsExactlyAsync<FaultException>(() => steps.PlanAsync(input, CancellationToken.None));
        var frozen = await Assert.ThrowsExactlyAsync<FaultException>(() =>
            new FreezeRange(bench.Ports.State, bench.Ports.Blobs).RunAsync(new FreezeInput(new SnapshotPlan(input, manifest.Moment, "-", 2), 0), CancellationToken.None));

        Assert.IsTrue(planned.IsPermanent && frozen.IsPermanent);
        Assert.HasCount(4, await InGradeAsync(bench, "05"));
    }

    [TestMethod]
    public async Task A_seal_stands_by_the_reference_data_written_before_and_never_names_other_content()
    {
        await using var bench = await OpenAsync();
        var steps = new SnapshotSteps(bench.Ports.Blobs, bench.Ports.State, bench.Ports.Editions, bench.Platform.References);
        var plan = await steps.PlanAsync(new SnapshotInput(Name, Sample.Year, CountDay, "test"), CancellationToken.None);
        await bench.Ports.Blobs.WriteAsync($"{plan.Prefix}reference.json", "another"u8.ToArray(), CancellationToken.None);

        var refused = await Assert.ThrowsExactlyAsync<FaultException>(() => steps.SealAsync(new SnapshotSteps.SealInput(plan, []), CancellationToken.None));

        Assert.IsTrue(refused.IsPermanent);
        StringAssert.Contains(refused.Message, "reference.json was frozen before with other content");
        Assert.IsNull(await bench.Platform.Snapshots.FindAsync(Name, CancellationToken.None));

        var other = await steps.PlanAsync(new SnapshotInput("spring", Sample.Year, CountDay, "test"), CancellationToken.None);
        var first = await steps.SealAsync(new SnapshotSteps.SealInput(other, []), CancellationToken.None);
        Assert.AreEqual(first.ReferenceSha256, (await steps.SealAsync(new SnapshotSteps.SealInput(other, []), CancellationToken.None)).ReferenceSha256);
    }

    [TestMethod]
    public async Task A_snapshot_is_sealed_only_with_a_manifest_and_failed_however_its_workflow_ended_without()
    {
        await using var bench = await OpenAsync();
        var manifest = await TakeAsync(bench);

        Assert.AreEqual(("Running", null), Shown(null, WorkflowStatus.Pending));
        Assert.AreEqual(("Running", null), Shown(null, WorkflowStatus.Running));
        Assert.AreEqual(("Failed", "no room"), Shown(null, WorkflowStatus.Failed, "no room"));
        Assert.AreEqual(("Failed", "It ended before it was sealed. Take the snapshot under another name."), Shown(null, WorkflowStatus.Terminated));
        Assert.AreEqual(("Sealed", null), Shown(manifest, WorkflowStatus.Completed));
        // Somebody used the name again after the journal had been cleaned up.
        Assert.AreEqual(("Sealed", null), Shown(manifest, WorkflowStatus.Failed, "There is a snapshot 'fall' already."));
        Assert.AreEqual("Sealed", SnapshotView.Of(Name, manifest, null).Status);

        static (string, string?) Shown(SnapshotManifest? manifest, WorkflowStatus status, string? failure = null)
        {
            var view = SnapshotView.Of(Name, manifest, new WorkflowState(SnapshotWorkflow.InstanceOf(Name), "Snapshot", status, null, null, failure, default, default));
            return (view.Status, view.Failure);
        }
    }

    [TestMethod]
    public async Task A_crash_between_freeze_and_seal_resumes_to_the_files_frozen_before()
    {
        string[] frozen;
        string[] hashes;
        await using (var bench = await OpenAsync())
        {
            // A folder in the manifest's place keeps the seal from being written, until the process is gone.
            Directory.CreateDirectory(FileOf(bench, SnapshotManifest.PathOf(Name)));
            await bench.Platform.Workflows.StartAsync<SnapshotWorkflow, SnapshotInput, SnapshotManifest>(SnapshotWorkflow.InstanceOf(Name), new SnapshotInput(Name, Sample.Year, CountDay, "test"), CancellationToken.None);
            using var patience = new CancellationTokenSource(AssemblySetup.Patience);
            while (!File.Exists(FileOf(bench, $"{SnapshotPlan.PrefixOf(Name)}reference.json"))) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
            frozen = Directory.GetFiles(FileOf(bench, SnapshotPlan.PrefixOf(Name)), "*.parquet", SearchOption.AllDirectories);
            hashes = [.. frozen.Select(Hash)];
            await UploadGradeAsync(bench, "04");
        }
        Assert.HasCount(RecordTypes.OfStudents.Count * 2, frozen);
        Directory.Delete(Path.Combine(folder, "blobs", SnapshotManifest.PathOf(Name)));

        await using var reopened = await Workbench.OpenAsync(folder);
        using var resumed = new CancellationTokenSource(AssemblySetup.Patience);
        Assert.AreEqual(WorkflowStatus.Completed, (await reopened.Data.Engine.WhenFinishedAsync(SnapshotWorkflow.InstanceOf(Name), resumed.Token)).Status);

        CollectionAssert.AreEqual(hashes, frozen.Select(Hash).ToArray());
        Assert.HasCount(4, await InGradeAsync(reopened, "05"));

        static string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
    }

    [TestMethod]
    public async Task The_same_uploads_in_another_folder_give_the_same_bytes()
    {
        var clock = new FixedClock(new DateTimeOffset(2025, 10, 7, 15, 30, 0, TimeSpan.Zero));
        await using var here = await OpenAsync(clock);
        await using var there = await OpenAsync(clock, AssemblySetup.NewFolder("snapshot"));
        await TakeAsync(here);
        await TakeAsync(there);

        var (mine, theirs) = (await WriteAsync(here), await WriteAsync(there));

        Assert.HasCount(14, mine);
        CollectionAssert.AreEqual(mine.Select(file => (file.FileName, file.Sha256)).ToList(), theirs.Select(file => (file.FileName, file.Sha256)).ToList());
    }

    [TestMethod]
    public async Task Writing_again_gives_the_same_bytes_and_another_format_the_same_number()
    {
        await using var bench = await OpenAsync();
        await TakeAsync(bench);
        await TakeAsync(bench, "later");

        var first = await WriteAsync(bench);
        var again = await WriteAsync(bench);
        var tab = await WriteAsync(bench, FederalFormat.Tab);
        var later = await WriteAsync(bench, snapshot: "later");

        CollectionAssert.AreEqual(first.Select(file => (file.FileName, file.Sha256)).ToList(), again.Select(file => (file.FileName, file.Sha256)).ToList());
        CollectionAssert.AreEqual(first.Select(file => Path.ChangeExtension(file.FileName, "tab")).ToList(), tab.Select(file => file.FileName).ToList());
        Assert.AreEqual("MTSCHMEMBERv000001.csv MTSCHMEMBERv000002.csv", $"{Membership(first)} {Membership(later)}");

        static string Membership(IReadOnlyList<FederalFile> files) => files.Single(file => file is { File: "FS052", Level: FederalLevel.SCH }).FileName;
    }

    [TestMethod]
    public async Task Two_writers_at_once_are_allotted_the_same_numbers()
    {
        await using var bench = await OpenAsync();
        // Sealed, but not reported from yet: every writer finds that no number has been allotted.
        var steps = new SnapshotSteps(bench.Ports.Blobs, bench.Ports.State, bench.Ports.Editions, bench.Platform.References);
        var plan = await steps.PlanAsync(new SnapshotInput(Name, Sample.Year, CountDay, "test"), CancellationToken.None);
        var freeze = new FreezeRange(bench.Ports.State, bench.Ports.Blobs);
        await steps.SealAsync(new SnapshotSteps.SealInput(plan, [await freeze.RunAsync(new FreezeInput(plan, 0), CancellationToken.None), await freeze.RunAsync(new FreezeInput(plan, 1), CancellationToken.None)]), CancellationToken.None);

        var written = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => WriteAsync(bench, i % 2 == 0 ? FederalFormat.Csv : FederalFormat.Tab))));

        foreach (var other in written.Skip(1))
            CollectionAssert.AreEqual(written[0].Select(file => Path.GetFileNameWithoutExtension(file.FileName)).ToList(), other.Select(file => Path.GetFileNameWithoutExtension(file.FileName)).ToList());
    }

    [TestMethod]
    public async Task The_identifier_in_the_header_is_the_moment_in_the_states_time()
    {
        await using var bench = await OpenAsync(new FixedClock(new DateTimeOffset(2025, 10, 8, 3, 15, 0, TimeSpan.Zero)));
        await TakeAsync(bench);

        var file = (await WriteAsync(bench)).Single(file => file is { File: "FS052", Level: FederalLevel.SEA });

        StringAssert.StartsWith(await bench.ReadTextAsync(file.Path), $"SEA MEMBERSHIP TABLE,{file.Records},{file.FileName},052-10072025-2115,2025-2026\r\n");
    }

    [TestMethod]
    [DataRow("part-001/Enrollment.parquet")]
    [DataRow("part-000/ProgramParticipation.parquet")]
    [DataRow("reference.json")]
    public async Task A_file_that_is_not_the_sealed_one_is_refused_before_anything_is_counted(string file)
    {
        await using var bench = await OpenAsync();
        await TakeAsync(bench);
        var path = FileOf(bench, $"{SnapshotPlan.PrefixOf(Name)}{file}");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        var refused = await Assert.ThrowsExactlyAsync<FaultException>(() => WriteAsync(bench));

        Assert.AreEqual($"Snapshot 'fall' can't be reported from: snapshots/fall/{file} is not the file that was sealed. Restore the file from a backup, or take a new snapshot.", refused.Message);
        Assert.AreEqual(refused.Message, (await Assert.ThrowsExactlyAsync<FaultException>(() => InGradeAsync(bench, "05"))).Message);
    }

    [TestMethod]
    public async Task A_file_that_is_gone_is_told()
    {
        await using var bench = await OpenAsync();
        await TakeAsync(bench);
        await bench.Ports.Blobs.DeleteAsync($"{SnapshotPlan.PrefixOf(Name)}part-000/Student.parquet", CancellationToken.None);

        StringAssert.Contains((await Assert.ThrowsExactlyAsync<FaultException>(() => WriteAsync(bench))).Message, "snapshots/fall/part-000/Student.parquet is gone.");
    }

    [TestMethod]
    public async Task A_federal_file_that_was_written_with_other_content_stands()
    {
        await using var bench = await OpenAsync();
        await TakeAsync(bench);
        var path = FileOf(bench, (await WriteAsync(bench))[0].Path);
        await File.AppendAllTextAsync(path, "submitted\r\n");

        StringAssert.Contains((await Assert.ThrowsExactlyAsync<FaultException>(() => WriteAsync(bench))).Message, "was written before with other content");
        StringAssert.EndsWith(await File.ReadAllTextAsync(path), "submitted\r\n");
    }

    private static Task<IReadOnlyList<FederalFile>> WriteAsync(Workbench bench, FederalFormat format = FederalFormat.Csv, string snapshot = Name) =>
        bench.Platform.Federal.WriteAsync(new FederalInput(snapshot, null, format), CancellationToken.None);
}
