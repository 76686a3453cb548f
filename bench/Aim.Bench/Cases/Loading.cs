using System.Diagnostics;
using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Uploads;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Bench.Cases;

/// <summary>Whole states, from their files to synced state records, as <c>aim load</c> and <c>aim sync</c> do it.</summary>
internal static class Loading
{
    /// <summary>Opens a data folder with its engine running.</summary>
    public static DataFolder Open(string folder)
    {
        var data = DataFolder.Open(folder, new Uri("http://localhost"), TimeProvider.System, NullLoggerFactory.Instance);
        data.Engine.Start();
        return data;
    }

    /// <param name="mayChange">False when every row is expected to be there already.</param>
    public static async Task<Outcome> LoadAsync(string state, string folder, bool mayChange)
    {
        var watch = Stopwatch.StartNew();
        LoadReport report;
        await using (var data = Open(folder)) report = await new StateLoader(data, TimeProvider.System).LoadAsync(state, ConfirmPolicy.Never, new StageProgress(null), CancellationToken.None);
        var seconds = watch.Elapsed.TotalSeconds;
        var totals = report.Totals;
        if (report.HasProblems || totals.Rejected > 0 || report.Unresolved.Count > 0) throw new InvalidDataException("A clean state was not loaded cleanly.");
        if (!mayChange && (totals.Unchanged != totals.Rows || report.RecordsCommitted > 0)) throw new InvalidDataException("Loading the same files again changed something.");
        return new Outcome(totals.Rows, seconds) { Stages = report.Seconds };
    }

    /// <summary>A district with a third of the state's students, so that its enrollments are one large file.</summary>
    private static string LargeState(BenchData bench) => bench.State(bench.Students / 3, districts: 1);

    public static Task GenerateLargeAsync(BenchData bench)
    {
        LargeState(bench);
        return Task.CompletedTask;
    }

    /// <summary>One large file loaded, and loaded again: what unchanged rows cost when there is hardly any other overhead.</summary>
    public static async Task<Outcome> LargeFileAsync(BenchData bench, bool again)
    {
        var state = LargeState(bench);
        var folder = bench.NewFolder("large");
        var parts = Directory.GetFiles(Path.Combine(state, "uploads"), "*.tsv", SearchOption.AllDirectories).ToDictionary(path => Path.GetFileNameWithoutExtension(path));
        await using var data = Open(folder);
        var reference = new Organizations.ReferenceFiles(Path.Combine(state, "reference"));
        await data.Platform.References.PublishAsync(reference.Read()!, CancellationToken.None);
        await data.Ports.Identities.PutAsync([.. reference.ReadIdentities()], CancellationToken.None);
        await UploadAsync(data, parts["SD"]);
        var first = await UploadAsync(data, parts["EN"]);
        var outcome = again ? await UploadAsync(data, parts["EN"]) : first;
        return again && outcome.Report.Counts.Unchanged != outcome.Report.Counts.Rows
            ? throw new InvalidDataException("Loading the same file again changed something.")
            : new Outcome(outcome.Report.Counts.Rows, outcome.Seconds);
    }

    private static async Task<(UploadReport Report, double Seconds)> UploadAsync(DataFolder data, string path)
    {
        var watch = Stopwatch.StartNew();
        var (ticket, _, _) = await data.Platform.Intake.RequestAsync(new UploadTicket
        {
            Key = "", District = Records.DistrictId.Parse(Path.GetFileName(Path.GetDirectoryName(path)!)), Year = BenchData.Year, RecordType = Path.GetFileNameWithoutExtension(path),
            FileName = Path.GetFileName(path), Confirm = ConfirmPolicy.Never, RequestedBy = "bench", RequestedAt = default,
        }, CancellationToken.None);
        await data.Ports.Blobs.WriteAsync(ticket.Path, async (blob, token) =>
        {
            await using var file = File.OpenRead(path);
            await file.CopyToAsync(blob, token);
        }, CancellationToken.None);
        var input = (await data.Platform.Intake.AcceptAsync((await data.Ports.Blobs.FindAsync(ticket.Path, CancellationToken.None))!, CancellationToken.None))!;
        await data.Engine.WhenFinishedAsync(UploadIntake.InstanceOf(input.Id), CancellationToken.None);
        return ((await data.Platform.Uploads.FindReportAsync(ticket.Key, CancellationToken.None))!, watch.Elapsed.TotalSeconds);
    }

    /// <summary>A night in which nothing has changed, in a state that has been loaded.</summary>
    public static async Task<Outcome> NightAsync(BenchData bench)
    {
        await using var data = Open(bench.Loaded);
        long rows = 0;
        await foreach (var head in data.Ports.Editions.ListHeadsAsync(BenchData.Year, CancellationToken.None)) rows += head.RowCount;
        var watch = Stopwatch.StartNew();
        var night = await new StateSyncer(data, TimeProvider.System).RunAsync(verifyAll: false, countsHits: true, CancellationToken.None);
        // Editions with students who wait for a decision are looked at every night, and nothing comes of it.
        return night is { Committed: 0, UploadsStarted: 0, Unresolved.Count: 0 } && night.Students <= night.Parked
            ? new Outcome(rows, watch.Elapsed.TotalSeconds)
            : throw new InvalidDataException("The night found something to do in a state that was in agreement.");
    }
}
