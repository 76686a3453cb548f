using System.Diagnostics;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Bench.Cases;

/// <summary>A file of enrollments from its bytes to findings, by the code an upload takes.</summary>
internal static class Validation
{
    /// <summary>Looks through the file, parses every row, runs the row rules and writes the findings; rows that pass are dropped.</summary>
    public static async Task<Outcome> CheckAsync(EnrollmentFile enrollments)
    {
        await using var bench = await Desk.OpenAsync(enrollments);
        var watch = Stopwatch.StartNew();
        var plan = await bench.PlanAsync();
        var job = new ParseJob(RowPlan.For(FileLayouts.Find(RecordTypes.Enrollment, plan.Form.Version, BenchData.Year)!, plan.Form), plan.Form, enrollments.District, BenchData.Year, plan.AsOf, bench.Reference);
        await using var findingsFile = new SpooledBlob(bench.Data.Ports.Blobs, $"results/{Guid.NewGuid():N}/findings.ndjson");
        var findings = new FindingsWriter(findingsFile);
        long rows = 0;
        await using var file = await bench.Data.Ports.Blobs.ReadAsync(plan.Upload.Blob, CancellationToken.None);
        await BlockPipeline.RunAsync(file, job, async block =>
        {
            rows += block.RowCount;
            foreach (var finding in block.Findings)
            {
                findings.Add(finding);
                await findingsFile.FlushAsync(CancellationToken.None);
            }
        }, CancellationToken.None);
        await findingsFile.CompleteAsync(CancellationToken.None);
        return new Outcome(rows, watch.Elapsed.TotalSeconds) { Findings = ByRule(findings.Summary.Groups()) };
    }

    /// <summary>The upload's step as it is: findings, and the accepted rows sorted and staged for the comparison with the edition.</summary>
    public static async Task<Outcome> StageAsync(EnrollmentFile enrollments)
    {
        await using var bench = await Desk.OpenAsync(enrollments);
        var watch = Stopwatch.StartNew();
        var plan = await bench.PlanAsync();
        var staged = await new StageUpload(bench.Data.Ports.Blobs, bench.Data.Platform.References).RunAsync(plan, CancellationToken.None);
        var seconds = watch.Elapsed.TotalSeconds;
        if (staged.Refusal is { } refusal) throw new InvalidDataException(refusal);
        var totals = await FindingTotals.ReadAsync(bench.Data.Ports.Blobs, staged.Summary, CancellationToken.None);
        return new Outcome(staged.Rows, seconds) { Findings = ByRule(totals.Groups) };
    }

    private static Dictionary<string, long> ByRule(IEnumerable<FindingGroup> groups) => groups.GroupBy(group => group.Rule).ToDictionary(rule => rule.Key, rule => rule.Sum(group => group.Count));

    /// <summary>A data folder with the file in its blob store, as if it had just been uploaded.</summary>
    private sealed class Desk : IAsyncDisposable
    {
        private readonly EnrollmentFile enrollments;
        private readonly string folder;
        private readonly UploadInput upload;

        private Desk(EnrollmentFile enrollments, string folder, DataFolder data, UploadInput upload) => (this.enrollments, this.folder, Data, this.upload) = (enrollments, folder, data, upload);

        public DataFolder Data { get; }

        public Organizations.ReferenceData Reference { get; private init; } = null!;

        public static async Task<Desk> OpenAsync(EnrollmentFile enrollments)
        {
            var folder = Path.Combine(Path.GetDirectoryName(enrollments.Path)!, $"desk-{Guid.NewGuid():N}");
            var data = DataFolder.Open(folder, new Uri("http://localhost"), TimeProvider.System, NullLoggerFactory.Instance);
            var reference = enrollments.Reference();
            await data.Platform.References.PublishAsync(reference, CancellationToken.None);
            var path = $"uploads/{enrollments.District}/{BenchData.Year}/EN/bench/EN.tsv";
            await data.Ports.Blobs.WriteAsync(path, async (blob, token) =>
            {
                await using var file = File.OpenRead(enrollments.Path);
                await file.CopyToAsync(blob, token);
            }, CancellationToken.None);
            var blob = (await data.Ports.Blobs.FindAsync(path, CancellationToken.None))!;
            return new Desk(enrollments, folder, data, new UploadInput("bench", UploadId.Of(path, blob.ETag), path, blob.ETag)) { Reference = reference };
        }

        public async Task<UploadPlan> PlanAsync()
        {
            await using var file = await Data.Ports.Blobs.ReadAsync(new BlobRef(upload.Path, upload.ETag), CancellationToken.None);
            var form = await FileInspector.InspectAsync(file, RecordTypes.Enrollment, BenchData.Year, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), CancellationToken.None);
            if (form.Refusal is { } refusal) throw new InvalidDataException(refusal);
            var ticket = new UploadTicket
            {
                Key = upload.Key, District = enrollments.District, Year = BenchData.Year, RecordType = RecordTypes.Enrollment.Code, FileName = "EN.tsv", RequestedBy = "bench",
                RequestedAt = TimeProvider.System.GetUtcNow(),
            };
            return new UploadPlan(upload, ticket, form, null, DateOnly.FromDateTime(form.WrittenAt!.Value), TimeProvider.System.GetUtcNow());
        }

        public async ValueTask DisposeAsync()
        {
            await Data.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
