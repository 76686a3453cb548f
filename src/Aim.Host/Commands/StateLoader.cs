using Aim.Host.Embedded;
using Aim.Identity;
using Aim.OneRoster;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;
using Aim.Uploads;
using Aim.Workflows;

namespace Aim.Host.Commands;

/// <summary>How one file was loaded.</summary>
internal sealed record LoadedFile(string File, string UploadKey, UploadStatus Status, string Sentence, UploadCounts Counts);

/// <summary>How a whole folder was loaded.</summary>
internal sealed record LoadReport(
    SchoolYear Year, int Districts, int Schools, int Identities, IReadOnlyList<LoadedFile> Files, UploadCounts Totals, long StudentsSynced, long RecordsCommitted, int Parked,
    IReadOnlyList<string> Unresolved, IReadOnlyDictionary<string, double> Seconds)
{
    /// <summary>What districts' own systems pushed.</summary>
    public IReadOnlyList<LoadedPush> Pushes { get; init; } = [];

    /// <summary>What the state office holds.</summary>
    public IReadOnlyList<LoadedHold> Held { get; init; } = [];

    /// <summary>Rows were rejected, files were not loaded, or there are errors to correct.</summary>
    public bool HasProblems => Totals.Fatal + Totals.Errors > 0 || Unresolved.Count > 0
        || Held.Any(hold => hold.Status != EditStatus.Done)
        || Pushes.Any(push => push.State != PushState.Applied || push.Fatal + push.Errors > 0)
        || Files.Any(file => file.Status is not (UploadStatus.Accepted or UploadStatus.AcceptedWithFindings or UploadStatus.AcceptedWithRejects));
}

/// <summary>
/// Loads a folder as <c>generate</c> writes it: reference data, every upload through the same workflow an upload by HTTP takes, what the state office holds,
/// what was pushed, and one sync at the end. Files of one district follow one another, then its pushes; districts go side by side.
/// </summary>
internal sealed class StateLoader(DataFolder data, TimeProvider clock)
{
    private const string Actor = "aim load";
    private const int DistrictsAtOnce = 16;

    private readonly StageClock stages = new();

    public async Task<LoadReport> LoadAsync(string folder, ConfirmPolicy confirm, StageProgress progress, CancellationToken cancellation) =>
        await LoadAsync(await StateFolderToLoad.ReadAsync(folder, cancellation), confirm, progress, cancellation);

    public async Task<LoadReport> LoadAsync(StateFolderToLoad source, ConfirmPolicy confirm, StageProgress progress, CancellationToken cancellation)
    {
        var (folder, reference) = (source.Path, source.Reference);
        var identities = await stages.TimeAsync("reference", () => LoadReferenceAsync(source, cancellation));
        progress.Report("Reference data", 1);
        await FinishInterruptedAsync(cancellation);
        var files = await stages.TimeAsync("uploads", () => UploadAllAsync(folder, reference.Year, source.Uploads, confirm, progress, cancellation));
        var held = source.Held.Count == 0 ? [] : await stages.TimeAsync("held", () => new HeldFieldsLoader(data, reference.Year, Actor).LoadAsync(source.Held, cancellation));
        var pushed = await stages.TimeAsync("pushes", () => PushAllAsync(new PushLoader(data, folder, reference.Year), source.Pushes, cancellation));
        var night = await stages.TimeAsync("sync", () => SyncAsync(cancellation));
        progress.Report("Sync", 1);
        return new LoadReport(reference.Year, reference.Districts.Count, reference.Schools.Count, identities, files, UploadCounts.Sum(files.Select(file => file.Counts)), night.Students, night.Committed, night.Parked,
            [.. night.Unresolved.Select(edition => edition.ToString())], stages.Seconds) { Held = held, Pushes = pushed };
    }

    /// <exception cref="UnusableInputException">The list of State IDs doesn't go with the people who are known; nothing was written.</exception>
    private async Task<int> LoadReferenceAsync(StateFolderToLoad source, CancellationToken cancellation)
    {
        if (await MergeCircles.OfListAsync(data.Ports.Identities, source.People, cancellation) is { Count: > 0 } circles) throw new UnusableInputException(string.Join(Environment.NewLine, circles));
        await data.Platform.References.PublishAsync(source.Reference, cancellation);
        await data.Platform.Notes.PutAsync(source.Reference.Year, source.Notes, Actor, cancellation);
        return await data.Ports.Identities.AddAllAsync(source.People, cancellation);
    }

    /// <summary>
    /// What an earlier process left unfinished comes to its end first, so that none of it puts its older rows over those of this load.
    /// </summary>
    private async Task FinishInterruptedAsync(CancellationToken cancellation)
    {
        await data.Platform.Intake.AcceptMissedAsync(cancellation);
        foreach (var open in data.Engine.Journal.ListOpen())
        {
            if (open.Workflow is nameof(UploadWorkflow) or nameof(RosterWorkflow)) await WhenEndedOrAskingAsync(WorkflowCatalog.Deserialize<UploadInput>(open.Input), cancellation);
            if (open.Workflow == nameof(NightlySyncWorkflow)) await data.Engine.WhenFinishedAsync(open.Id, cancellation);
        }
    }

    /// <summary>After all uploads: each push is brought to the state at once, and takes the district's files along.</summary>
    private static async Task<IReadOnlyList<LoadedPush>> PushAllAsync(PushLoader pushes, IReadOnlyDictionary<DistrictId, IReadOnlyList<string>> districts, CancellationToken cancellation)
    {
        var loaded = new List<LoadedPush>();
        foreach (var (district, files) in districts.OrderBy(item => item.Key.Value, StringComparer.Ordinal)) loaded.AddRange(await pushes.LoadAsync(district, files, cancellation));
        return loaded;
    }

    private async Task<IReadOnlyList<LoadedFile>> UploadAllAsync(
        string root, SchoolYear year, List<(DistrictId District, List<FileToUpload> Files)> uploads, ConfirmPolicy confirm, StageProgress progress, CancellationToken cancellation)
    {
        var total = uploads.Sum(district => district.Files.Sum(file => file.Length));
        long done = 0;
        var loaded = new List<LoadedFile>();
        // The largest districts first, so that none is left alone at the end.
        var ordered = uploads.OrderByDescending(district => district.Files.Sum(file => file.Length));
        await Parallel.ForEachAsync(ordered, new ParallelOptions { MaxDegreeOfParallelism = DistrictsAtOnce, CancellationToken = cancellation }, async (district, token) =>
        {
            foreach (var file in district.Files)
            {
                var ended = await UploadAsync(root, district.District, year, file, confirm, token);
                lock (loaded) loaded.Add(ended);
                progress.Report("Uploads", Interlocked.Add(ref done, file.Length) / (double)Math.Max(1, total));
            }
        });
        return [.. loaded.OrderBy(file => file.File, StringComparer.Ordinal)];
    }

    private async Task<LoadedFile> UploadAsync(string root, DistrictId district, SchoolYear year, FileToUpload upload, ConfirmPolicy confirm, CancellationToken cancellation)
    {
        var (ticket, _, _) = await data.Platform.Intake.RequestAsync(new UploadTicket
        {
            Key = "", District = district, Year = year, RecordType = upload.Type, FileName = Path.GetFileName(upload.Path), Confirm = confirm, DeferSync = true, RequestedBy = Actor, RequestedAt = default,
        }, cancellation);
        await data.Ports.Blobs.WriteAsync(ticket.Path, async (blob, token) =>
        {
            await using var file = File.OpenRead(upload.Path);
            await file.CopyToAsync(blob, token);
        }, cancellation);
        var info = await data.Ports.Blobs.FindAsync(ticket.Path, cancellation) ?? throw new FileNotFoundException("The upload disappeared while it was being written.");
        var input = (await data.Platform.Intake.AcceptAsync(info, cancellation))!;
        var (state, report) = await WhenEndedOrAskingAsync(input, cancellation);
        if (report is null) throw new FaultException($"An upload's workflow failed: {state!.Failure}");
        return new LoadedFile(Path.GetRelativePath(root, upload.Path).Replace('\\', '/'), ticket.Key, report.Status, report.Sentence, report.Counts);
    }

    /// <summary>Waits until the upload has ended, or asks something: nobody is here to answer. Without a report, its workflow failed.</summary>
    private async Task<(WorkflowState? State, UploadReport? Report)> WhenEndedOrAskingAsync(UploadInput input, CancellationToken cancellation)
    {
        var finished = data.Engine.WhenFinishedAsync(UploadIntake.InstanceOf(input.Id), cancellation);
        while (true)
        {
            await Task.WhenAny(finished, Task.Delay(TimeSpan.FromSeconds(1), clock, cancellation));
            if (finished.IsCompletedSuccessfully && finished.Result is { Status: not WorkflowStatus.Completed } failed) return (failed, null);
            if (await data.Platform.Uploads.FindReportAsync(input.Key, cancellation) is { } report && (report.IsFinished || report.Status == UploadStatus.AwaitingConfirmation)) return (null, report);
        }
    }

    private async Task<NightReport> SyncAsync(CancellationToken cancellation) => await new StateSyncer(data, clock).RunAsync(verifyAll: false, countsHits: false, cancellation);
}

/// <summary>Runs a nightly sync now.</summary>
internal sealed class StateSyncer(DataFolder data, TimeProvider clock)
{
    public async Task<NightReport> RunAsync(bool verifyAll, bool countsHits, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var id = $"sync-{UploadLog.NewKey(now)}";
        await data.Platform.Workflows.StartAsync<NightlySyncWorkflow, NightInput, NightReport>(id, new NightInput(DateOnly.FromDateTime(now.UtcDateTime), verifyAll, countsHits), cancellation);
        var state = await data.Engine.WhenFinishedAsync(id, cancellation);
        return state.Status == WorkflowStatus.Completed ? WorkflowCatalog.Deserialize<NightReport>(state.Output!) : throw new FaultException($"The sync failed: {state.Failure}");
    }
}
