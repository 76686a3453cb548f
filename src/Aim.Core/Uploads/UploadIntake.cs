using Aim.OneRoster;
using Aim.Ports;
using Aim.Records;
using Aim.Workflows;

namespace Aim.Uploads;

/// <summary>Gives out upload URLs, and starts the workflow of a blob that has arrived. A blob announced twice is started once.</summary>
public sealed class UploadIntake(IBlobStore blobs, UploadLog log, IWorkflowClient workflows, TimeProvider clock)
{
    /// <summary>An upload URL lives at most this long.</summary>
    public static readonly TimeSpan UrlLifetime = TimeSpan.FromMinutes(60);

    /// <summary>Longer than a system is ever down.</summary>
    private static readonly TimeSpan MissedFor = TimeSpan.FromDays(30);

    private const int LongestFileName = 120;

    /// <summary>
    /// Notes what the sender wants done and gives the URL to put the file to. A ticket without a key gets one; with the key of an earlier
    /// ticket, that one is given again with a fresh URL.
    /// </summary>
    public async Task<(UploadTicket Ticket, Uri Url, DateTimeOffset Expires)> RequestAsync(UploadTicket request, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var ticket = await log.RegisterAsync(request with { Key = request.Key.Length > 0 ? request.Key : UploadLog.NewKey(now), RequestedAt = now, FileName = SafeName(request.FileName) }, cancellation);
        var expires = now + UrlLifetime;
        return (ticket, await blobs.CreateUploadUrlAsync(ticket.Path, expires, cancellation), expires);
    }

    /// <summary>Starts the upload of a blob; null when its path is not that of an upload. Harmless when repeated.</summary>
    public async Task<UploadInput?> AcceptAsync(BlobInfo blob, CancellationToken cancellation)
    {
        if (UploadPath.Parse(blob.Path) is not { } path) return null;
        var input = new UploadInput(await KeyOfAsync(path, blob, register: true, cancellation), UploadId.Of(blob.Path, blob.ETag), blob.Path, blob.ETag);
        await log.RegisterFileAsync(input.Id, blob.Path, cancellation);
        if (path.Type == RosterUpload.TypeCode) await workflows.StartAsync<RosterWorkflow, UploadInput, UploadStatus>(InstanceOf(input.Id), input, cancellation);
        else await workflows.StartAsync<UploadWorkflow, UploadInput, UploadStatus>(InstanceOf(input.Id), input, cancellation);
        return input;
    }

    /// <summary>Starts the upload of a blob whose announcement got lost; false when there is nothing to start.</summary>
    public async Task<bool> AcceptIfMissedAsync(BlobInfo blob, CancellationToken cancellation)
    {
        if (UploadPath.Parse(blob.Path) is not { } path) return false;
        var id = UploadId.Of(blob.Path, blob.ETag);
        // A report may be that of an earlier file at the same path.
        if (await log.FindReportAsync(await KeyOfAsync(path, blob, register: false, cancellation), cancellation) is { } report && report.UploadId == id) return false;
        if (await workflows.FindAsync(InstanceOf(id), cancellation) is not null) return false;
        return await AcceptAsync(blob, cancellation) is not null;
    }

    /// <summary>
    /// The key in the path, if it is this file's. A file that somebody put under a key another file has got one of its own: it must not take
    /// the other's district, type and report.
    /// </summary>
    private async Task<string> KeyOfAsync(UploadPath path, BlobInfo blob, bool register, CancellationToken cancellation)
    {
        var own = UploadId.Of(blob.Path, blob.ETag).ToString();
        foreach (var key in new[] { path.Key, own })
        {
            if (await log.FindTicketAsync(key, cancellation) is null && register) await log.RegisterAsync(DefaultTicket(path, key, blob), cancellation);
            if (await log.FindTicketAsync(key, cancellation) is not { } ticket || ticket.Path == blob.Path) return key;
        }
        return own;
    }

    /// <summary>How an upload stands; null when there is none of that key.</summary>
    public async Task<UploadReport?> StatusAsync(string key, CancellationToken cancellation)
    {
        if (await log.FindReportAsync(key, cancellation) is { } report)
        {
            return report is { Status: UploadStatus.AwaitingConfirmation, QuestionVersion: { } asked } && await log.IsAnsweredAsync(key, asked, cancellation)
                ? report with { Status = UploadStatus.Processing, Sentence = "The answer is noted; the file is being processed.", Stage = "Apply" }
                : report;
        }
        if (await log.FindTicketAsync(key, cancellation) is not { } ticket) return null;
        if (await blobs.FindAsync(ticket.Path, cancellation) is not { } blob) return new UploadReport { Status = UploadStatus.AwaitingFile, Sentence = "Waiting for the file." };
        var id = UploadId.Of(blob.Path, blob.ETag);
        var state = await workflows.FindAsync(InstanceOf(id), cancellation);
        if (state is { Status: WorkflowStatus.Failed or WorkflowStatus.Terminated })
            return new UploadReport { Status = UploadStatus.Failed, Sentence = "The upload ended before it could be reported on. Upload the file again, or ask the state office.", UploadId = id, ETag = blob.ETag, StartedAt = state.Created, FinishedAt = state.Updated };
        if (ticket.RecordType == RosterUpload.TypeCode && await FindAskingPartAsync(ticket, cancellation) is { } asking) return asking with { UploadId = id, ETag = blob.ETag };
        return new UploadReport { Status = UploadStatus.Processing, Sentence = "The file is being processed.", UploadId = id, ETag = blob.ETag, Stage = state?.Progress ?? "Received", StartedAt = state?.Created };
    }

    /// <summary>A roster waits when one of its parts asks something; the answer goes to the part.</summary>
    private async Task<UploadReport?> FindAskingPartAsync(UploadTicket roster, CancellationToken cancellation)
    {
        var loaded = new List<string>();
        foreach (var type in RosterParts.Types)
        {
            var key = RosterUpload.PartKey(roster.Key, type);
            var part = await log.FindReportAsync(key, cancellation);
            if (part is { IsLoaded: true }) loaded.Add(type.Code);
            if (part is not { Status: UploadStatus.AwaitingConfirmation }) continue;
            var before = loaded.Count == 0 ? "" : $" Loaded already: {string.Join(", ", loaded)}.";
            return new UploadReport { Status = UploadStatus.Processing, Sentence = $"Its part {type.Code} asks: {part.Sentence} Answer the upload {key}.{before}", Stage = "Confirm", Parts = [key] };
        }
        return null;
    }

    /// <summary>Answers an upload that waits for confirmation; false when it doesn't wait, or was answered.</summary>
    public async Task<bool> ConfirmAsync(string key, Confirmation confirmation, CancellationToken cancellation)
    {
        if (await log.FindReportAsync(key, cancellation) is not { Status: UploadStatus.AwaitingConfirmation, UploadId: { } id, QuestionVersion: { } asked }) return false;
        if (await log.IsAnsweredAsync(key, asked, cancellation)) return false;
        confirmation = confirmation with { Version = asked };
        // Sent before it is noted: an answer that is sent twice does no harm, one that is noted and not sent would be lost.
        if (!await workflows.SignalAsync(InstanceOf(id), UploadSteps.Confirmed, confirmation, cancellation)) return false;
        await log.NoteAnswerAsync(key, confirmation, cancellation);
        return true;
    }

    /// <summary>
    /// Starts every upload of the last weeks whose announcement got lost, and says how many there were. Older files were looked at in every night since
    /// they came, so that a night's cost does not grow with the years that are kept.
    /// </summary>
    public async Task<int> AcceptMissedAsync(CancellationToken cancellation)
    {
        var missed = 0;
        var oldest = clock.GetUtcNow() - MissedFor;
        await foreach (var blob in blobs.ListAsync(UploadPath.Root, cancellation))
        {
            if (blob.Written >= oldest && await AcceptIfMissedAsync(blob, cancellation)) missed++;
        }
        return missed;
    }

    public static string InstanceOf(UploadId id) => $"upload-{id}";

    /// <summary>What is done with a file that arrives without having been asked for, by file transfer.</summary>
    private UploadTicket DefaultTicket(UploadPath path, string key, BlobInfo blob) => new()
    {
        Key = key, ArrivedAs = blob.Path, District = path.District, Year = path.Year, RecordType = path.Type, FileName = path.FileName,
        RequestedBy = "file-transfer", RequestedAt = clock.GetUtcNow(),
    };

    internal static string SafeName(string name, string otherwise = "upload.tsv")
    {
        var safe = new string([.. Path.GetFileName(name.Replace('\\', '/')).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_').Take(LongestFileName)]);
        return safe.Trim('.') is { Length: > 0 } kept ? kept : otherwise;
    }
}
