using Aim.Editions;

namespace Aim.StateSync;

/// <summary>Syncs an edition now, for a person who waits for it. What it leaves undone when it dies, or when another sync is at work, is done by the night at the latest.</summary>
public sealed class EditionSyncs(SyncEdition sync)
{
    public async Task RunAsync(EditionKey edition, CancellationToken cancellation)
    {
        var progress = new SyncProgress(edition, $"decision-{Guid.NewGuid():N}", null, null, 0, 0, 0, false);
        while (!progress.IsDone) progress = await sync.RunAsync(progress, cancellation);
    }
}
