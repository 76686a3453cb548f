using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>Tells which saves by hand are newer than a file that would overwrite them.</summary>
public sealed class NewerSaves(IBlobStore blobs, UploadLog log, StateCalendar calendar)
{
    private const int AtOnce = 50;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>What of a kept save is asked for here.</summary>
    private sealed record SavedAt(DateTimeOffset At);

    /// <param name="written">When the file was written, in local time.</param>
    public async Task<int> CountAsync(IEnumerable<UploadId> saves, DateTime written, CancellationToken cancellation)
    {
        var zone = await calendar.ZoneAsync(cancellation);
        var newer = 0;
        foreach (var chunk in saves.Chunk(AtOnce))
        {
            var moments = await Task.WhenAll(chunk.Select(save => FindMomentAsync(save, cancellation)));
            newer += moments.OfType<DateTimeOffset>().Count(moment => TimeZoneInfo.ConvertTime(moment, zone).DateTime > written);
        }
        return newer;
    }

    /// <summary>Null when the save is no longer kept.</summary>
    private async Task<DateTimeOffset?> FindMomentAsync(UploadId save, CancellationToken cancellation)
    {
        if (await log.FindFileAsync(save, cancellation) is not { } path) return null;
        await using var file = await blobs.OpenReadAsync(path, cancellation);
        return file is null ? null : (await JsonSerializer.DeserializeAsync<SavedAt>(file, Json, cancellation))!.At;
    }
}
