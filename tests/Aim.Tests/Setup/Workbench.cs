using System.Text;
using System.Text.Json;
using Aim.Host.Embedded;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.StateSync;
using Aim.Uploads;
using Aim.Workflows;
using Microsoft.Extensions.Logging;

namespace Aim.Tests.Setup;

/// <summary>How an upload ended, with all of its findings.</summary>
internal sealed record UploadResult(string Key, UploadReport Report, IReadOnlyList<Finding> Findings)
{
    public UploadStatus Status => Report.Status;

    public UploadCounts Counts => Report.Counts;

    public IEnumerable<(string Rule, long Line)> RulesAndLines => Findings.Select(finding => (finding.Rule, finding.Line));
}

/// <summary>A data folder with its engine running, to upload into as the API would.</summary>
internal sealed class Workbench : IAsyncDisposable
{
    private static readonly JsonSerializerOptions FindingJson = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private Workbench(DataFolder data) => Data = data;

    public DataFolder Data { get; }

    public AimPlatform Platform => Data.Platform;

    public AimPorts Ports => Data.Ports;

    /// <summary>Opens a folder (a new one, when none is given) with the sample state's reference data.</summary>
    public static async Task<Workbench> OpenAsync(string? folder = null, ILoggerFactory? loggers = null, ReferenceData? reference = null, TimeProvider? clock = null, Func<AimPorts, AimPorts>? replace = null)
    {
        var data = DataFolder.Open(folder ?? AssemblySetup.NewFolder("workbench"), new Uri("http://localhost:5080"), clock ?? TimeProvider.System, loggers ?? LoggerFactory.Create(_ => { }), replace);
        await data.Platform.References.PublishAsync(reference ?? Sample.Reference(), CancellationToken.None);
        data.Engine.Start();
        return new Workbench(data);
    }

    public Task<UploadResult> UploadAsync(string type, string text, UploadMode mode = UploadMode.Load, UploadScope scope = UploadScope.Update, DistrictId? district = null, SchoolYear? year = null, bool deferSync = false) =>
        UploadAsync(type, Encoding.UTF8.GetBytes(text), mode, scope, district, year, deferSync: deferSync);

    public async Task<UploadResult> UploadAsync(
        string type, byte[] content, UploadMode mode = UploadMode.Load, UploadScope scope = UploadScope.Update, DistrictId? district = null, SchoolYear? year = null, ConfirmPolicy confirm = ConfirmPolicy.Never, bool deferSync = false)
    {
        var key = await StartAsync(type, content, mode, scope, district, year, confirm, deferSync);
        return await ResultAsync(key);
    }

    /// <summary>Puts a file and starts its upload, without waiting for the end.</summary>
    public async Task<string> StartAsync(
        string type, byte[] content, UploadMode mode = UploadMode.Load, UploadScope scope = UploadScope.Update, DistrictId? district = null, SchoolYear? year = null, ConfirmPolicy confirm = ConfirmPolicy.Never, bool deferSync = false)
    {
        var (ticket, _, _) = await Platform.Intake.RequestAsync(new UploadTicket
        {
            Key = "", District = district ?? Sample.District, Year = year ?? Sample.Year, RecordType = type, FileName = $"{type}.tsv", Mode = mode, Scope = scope, Confirm = confirm, DeferSync = deferSync, RequestedBy = "test", RequestedAt = default,
        }, CancellationToken.None);
        await Ports.Blobs.WriteAsync(ticket.Path, content, CancellationToken.None);
        await Platform.Intake.AcceptAsync((await Ports.Blobs.FindAsync(ticket.Path, CancellationToken.None))!, CancellationToken.None);
        return ticket.Key;
    }

    /// <summary>Waits until the upload has ended or asks something. Its findings can be left out where there are very many.</summary>
    public async Task<UploadResult> ResultAsync(string key, bool withFindings = true)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (await Platform.Intake.StatusAsync(key, patience.Token) is not { } report || !report.IsFinished && report.Status != UploadStatus.AwaitingConfirmation)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        var final = (await Platform.Uploads.FindReportAsync(key, patience.Token))!;
        // The report is written in the workflow's last step; the instance itself ends a moment later.
        if (final.IsFinished) await Data.Engine.WhenFinishedAsync(UploadIntake.InstanceOf(final.UploadId!.Value), patience.Token);
        return new UploadResult(key, final, withFindings ? await FindingsAsync(final) : []);
    }

    private async Task<List<Finding>> FindingsAsync(UploadReport report)
    {
        var findings = new List<Finding>();
        foreach (var path in report.FindingFiles)
        {
            await using var file = await Ports.Blobs.OpenReadAsync(path, CancellationToken.None);
            using var reader = new StreamReader(file!);
            while (await reader.ReadLineAsync() is { } line) findings.Add(JsonSerializer.Deserialize<Finding>(line, FindingJson)!);
        }
        return findings;
    }

    public async Task<NightReport> SyncAsync(bool verifyAll = true) => await new Host.Commands.StateSyncer(Data, TimeProvider.System).RunAsync(verifyAll, countsHits: true, CancellationToken.None);

    /// <summary>Runs the job of a night, whatever day it is.</summary>
    public async Task<NightReport> NightAsync(DateOnly date)
    {
        var id = $"night-{Guid.NewGuid():N}";
        await Platform.Workflows.StartAsync<NightlySyncWorkflow, NightInput, NightReport>(id, new NightInput(date, VerifyAll: false), CancellationToken.None);
        var ended = await Data.Engine.WhenFinishedAsync(id, CancellationToken.None);
        Assert.AreEqual(WorkflowStatus.Completed, ended.Status, ended.Failure);
        return WorkflowCatalog.Deserialize<NightReport>(ended.Output!);
    }

    public Task RegisterAsync(params Person[] people) => Ports.Identities.PutAsync(people, CancellationToken.None);

    /// <summary>The State ID a local id is linked to.</summary>
    public async Task<StateId?> StateIdOfAsync(string localId, DistrictId? district = null) =>
        (await Ports.Identities.FindLinksAsync(district ?? Sample.District, [localId], CancellationToken.None)).TryGetValue(localId, out var id) ? id : null;

    public async Task<string> ReadTextAsync(string path)
    {
        await using var file = await Ports.Blobs.OpenReadAsync(path, CancellationToken.None);
        using var reader = new StreamReader(file!);
        return await reader.ReadToEndAsync();
    }

    public ValueTask DisposeAsync() => Data.DisposeAsync();
}
