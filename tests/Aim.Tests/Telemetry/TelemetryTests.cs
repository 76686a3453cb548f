using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Aim.StateSync;
using Aim.Telemetry;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Telemetry;

[TestClass]
[DoNotParallelize]
public sealed class TelemetryTests
{
    private Workbench bench = null!;

    [TestInitialize]
    public async Task Open() => bench = await Workbench.OpenAsync();

    [TestCleanup]
    public async Task Close() => await bench.DisposeAsync();

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == AimTelemetry.Name, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded, ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    [TestMethod]
    public async Task The_steps_of_an_upload_are_one_trace_and_two_uploads_are_two()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);

        var first = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));
        var second = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1002")));

        var instances = new[] { first, second }.Select(upload => UploadIntake.InstanceOf(upload.Report.UploadId!.Value)).ToList();
        var traces = instances.Select(instance => spans.Where(span => (string?)span.GetTagItem("aim.instance") == instance).ToList()).ToList();
        CollectionAssert.AreEqual(new[] { "IdentifyUpload", "StageUpload", "CompareUpload", "ApplyUpload", "SyncEdition", "JudgeMovement", "ReportUpload" }, traces[0].Select(span => span.OperationName).ToList());
        foreach (var (trace, instance) in traces.Zip(instances)) Assert.AreEqual(AimTelemetry.ContextOf(instance).TraceId, trace.Select(span => span.TraceId).Distinct().Single());
        Assert.AreNotEqual(traces[0][0].TraceId, traces[1][0].TraceId);
    }

    [TestMethod]
    public async Task Spans_and_metrics_hold_no_student_data()
    {
        var spans = new ConcurrentQueue<Activity>();
        var tags = new ConcurrentQueue<string>();
        using var listener = Listen(spans);
        using var meter = ListenToMeter((_, _, measured) => { foreach (var tag in measured) tags.Enqueue($"{tag.Key}={tag.Value}"); });

        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("L0CAL77", ("LastName", "Unmistakable"), ("Gender", "Q")), Sample.Student("L0CAL78", ("LastName", "Unmistakable"))));
        await bench.SyncAsync();

        Assert.IsNotEmpty(tags);
        var said = string.Join('\n', spans.SelectMany(span => span.TagObjects.Select(tag => $"{tag.Value}").Append(span.DisplayName).Append(span.StatusDescription)).Concat(tags));
        foreach (var secret in new[] { "L0CAL77", "L0CAL78", "Unmistakable", "06/01/2015", "2015-06-01", (await bench.StateIdOfAsync("L0CAL78")).ToString()! }) Assert.DoesNotContain(secret, said);
    }

    [TestMethod]
    public async Task Rows_findings_and_lag_are_measured()
    {
        var sums = new ConcurrentDictionary<string, double>();
        using var meter = ListenToMeter((instrument, value, tags) =>
            sums.AddOrUpdate($"{instrument} {string.Join(' ', tags.ToArray().Where(tag => tag.Key is "outcome" or "rule").Select(tag => tag.Value))}".Trim(), value, (_, sum) => sum + value));

        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002"), Sample.Student("1003", ("Gender", "X"))));

        Assert.AreEqual((2, 1, 1), (sums["aim.upload.rows added"], sums["aim.upload.rows rejected"], sums["aim.upload.findings REF-005"]));
        Assert.IsTrue(sums.ContainsKey("aim.sync.lag"));
    }

    [TestMethod]
    public void A_night_has_a_trace_of_its_own() =>
        Assert.AreNotEqual(AimTelemetry.ContextOf(NightlySyncWorkflow.InstanceOf(new DateOnly(2026, 1, 1))).TraceId, AimTelemetry.ContextOf(NightlySyncWorkflow.InstanceOf(new DateOnly(2026, 1, 2))).TraceId);

    private delegate void Measured(string instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    private static MeterListener ListenToMeter(Measured measured)
    {
        var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Meter.Name == AimTelemetry.Name) self.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured(instrument.Name, value, tags));
        listener.Start();
        return listener;
    }
}
