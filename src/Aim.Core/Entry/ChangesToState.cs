using Aim.Editions;
using Aim.Movement;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;
using Aim.Telemetry;
using Microsoft.Extensions.Logging;

namespace Aim.Entry;

/// <summary>
/// Brings what was saved or pushed to the state, and judges at once what the districts now say together of the students it is about. What fails here is made up for: by
/// the next sync, and by the judging after the next upload or at night.
/// </summary>
internal sealed class ChangesToState(IIdentityIndex identities, SyncEdition sync, JudgeMovement movement, ILogger logger)
{
    /// <summary>As <see cref="SyncEdition.BringAsync"/>.</summary>
    /// <param name="changed">The records that the version changed, by type and local id.</param>
    public async Task<bool> BringAsync(EditionKey edition, long version, IEnumerable<(RecordType Type, string LocalId)> changed, string owner, CancellationToken cancellation)
    {
        var localIds = changed.Where(record => StateRules.Concern(record.Type)).Select(record => record.LocalId).ToHashSet();
        // Also those whose the rows were: a State ID that is stated anew takes them to another child.
        var owners = await FindOwnersAsync(edition.District, localIds, cancellation);
        if (!await sync.BringAsync(edition, version, owner, cancellation)) return false;
        owners.UnionWith(await FindOwnersAsync(edition.District, localIds, cancellation));
        await TryAsync(edition, version, () => movement.JudgeAsync(owners, cancellation), cancellation);
        return true;
    }

    /// <summary>The same for a version that may have changed any number of records.</summary>
    public async Task<bool> BringAsync(EditionKey edition, long version, string owner, CancellationToken cancellation)
    {
        if (!await sync.BringAsync(edition, version, owner, cancellation)) return false;
        await TryAsync(edition, version, () => movement.JudgeChangesAsync(owner, cancellation), cancellation);
        return true;
    }

    private async Task<HashSet<StateId>> FindOwnersAsync(DistrictId district, HashSet<string> localIds, CancellationToken cancellation) =>
        localIds.Count == 0 ? [] : [.. (await identities.FindLinksAsync(district, localIds, cancellation)).Values];

    private async Task TryAsync(EditionKey edition, long version, Func<Task> judge, CancellationToken cancellation)
    {
        try
        {
            await judge();
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            AimLog.JudgeFailed(logger, edition, version, failure.GetType().Name);
        }
    }
}
