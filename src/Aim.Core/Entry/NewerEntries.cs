using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>Tells which saves by hand and which pushes are newer than a file that would overwrite them.</summary>
public sealed class NewerEntries(IBlobStore blobs, UploadLog log, StateCalendar calendar)
{
    private const int AtOnce = 50;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>What of a kept save is asked for here.</summary>
    private sealed record SavedAt(DateTimeOffset At);

    private sealed record Entered(bool IsPush, DateTimeOffset At);

    /// <param name="uploads">What brought the rows that the file would change or remove: files, saves and pushes.</param>
    /// <param name="written">When the file was written, in local time.</param>
    public async Task<(int Saves, int Pushes)> CountAsync(IEnumerable<UploadId> uploads, DateTime written, CancellationToken cancellation)
    {
        var zone = await calendar.ZoneAsync(cancellation);
        var (saves, pushes) = (0, 0);
        foreach (var chunk in uploads.Chunk(AtOnce))
        {
            foreach (var entered in await Task.WhenAll(chunk.Select(upload => FindAsync(upload, cancellation))))
            {
                if (entered is null || TimeZoneInfo.ConvertTime(entered.At, zone).DateTime <= written) continue;
                if (entered.IsPush) pushes++;
                else saves++;
            }
        }
        return (saves, pushes);
    }

    /// <summary>Null for a file, which says itself when it was written, and for what is no longer kept.</summary>
    private async Task<Entered?> FindAsync(UploadId upload, CancellationToken cancellation)
    {
        if (await log.FindStoredAsync(upload, cancellation) is not { } stored) return null;
        // A save is kept with its moment. A push is kept as it came, so its moment is noted beside it.
        if (stored.AppliedAt is { } applied) return new Entered(IsPush: true, applied);
        if (!stored.Path.StartsWith(HandEntry.Root, StringComparison.Ordinal)) return null;
        await using var file = await blobs.OpenReadAsync(stored.Path, cancellation);
        return file is null ? null : new Entered(IsPush: false, (await JsonSerializer.DeserializeAsync<SavedAt>(file, Json, cancellation))!.At);
    }
}
