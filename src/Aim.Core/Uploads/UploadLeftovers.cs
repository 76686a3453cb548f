using Aim.Ports;
using Aim.Records;
using Aim.Workflows;

namespace Aim.Uploads;

/// <summary>
/// Removes what uploads leave behind when a process dies: staged rows of uploads that have ended, and parts of files that were never put
/// together. Uploads themselves, their findings and rejects are never removed.
/// </summary>
public sealed class UploadLeftovers(IBlobStore blobs, IWorkflowClient workflows, TimeProvider clock)
{
    /// <summary>Where steps keep what only later steps of the same upload need: <c>work/{upload id}/…</c>.</summary>
    public const string Work = "work/";

    /// <summary>Where a host that takes files in parts keeps the parts; its URLs live far shorter than a day.</summary>
    public const string Parts = "blocks/";

    private static readonly TimeSpan Age = TimeSpan.FromDays(1);

    /// <summary>Removes them and says how many blobs there were.</summary>
    public async Task<int> RemoveAsync(CancellationToken cancellation)
    {
        var removed = 0;
        var ended = new Dictionary<string, bool>();
        foreach (var prefix in new[] { Work, Parts })
        {
            await foreach (var blob in blobs.ListAsync(prefix, cancellation))
            {
                if (clock.GetUtcNow() - blob.Written < Age || prefix == Work && !await HasEndedAsync(blob.Path.Split('/')[1], ended, cancellation)) continue;
                await blobs.DeleteAsync(blob.Path, cancellation);
                removed++;
            }
        }
        return removed;
    }

    private async Task<bool> HasEndedAsync(string upload, Dictionary<string, bool> known, CancellationToken cancellation)
    {
        if (known.TryGetValue(upload, out var ended)) return ended;
        var state = UploadId.TryParse(upload, null, out var id) ? await workflows.FindAsync(UploadIntake.InstanceOf(id), cancellation) : null;
        return known[upload] = state is null or { IsFinished: true };
    }
}
