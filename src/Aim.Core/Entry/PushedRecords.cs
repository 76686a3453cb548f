using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>A push that was applied: the edition's version after it, and the blob that says what became of each change.</summary>
/// <param name="LeftOut">How many of its changes a fatal finding kept out.</param>
public sealed record AppliedPush(long Version, string Outcome, bool IsSynced, int Changes, int LeftOut)
{
    [JsonIgnore]
    public bool IsNothingAccepted => Changes > 0 && LeftOut == Changes;
}

/// <summary>
/// Applies a pushed set of changes as one version of the edition. What a fatal finding keeps out is left out and listed; the rest applies. Doing it
/// again, or twice at once, comes to the same.
/// </summary>
public sealed class PushedRecords
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private readonly IBlobStore blobs;
    private readonly IEditionStore editions;
    private readonly UploadLog log;
    private readonly Deletions deletions;
    private readonly ChangesToState state;
    private readonly TimeProvider clock;
    private readonly ChangeJudge judge;

    internal PushedRecords(IBlobStore blobs, IEditionStore editions, ChangeJudge judge, UploadLog log, Deletions deletions, ChangesToState state, TimeProvider clock) =>
        (this.blobs, this.editions, this.judge, this.log, this.deletions, this.state, this.clock) = (blobs, editions, judge, log, deletions, state, clock);

    /// <summary>Keeps a set under its number and content, and gives its path.</summary>
    internal async Task<string> KeepAsync(EditionKey edition, long sequence, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{PushedChanges.Root}{edition.District}/{edition.Year}/changes/{sequence}-{ContentHash.Of(body.Span):x32}/changes.json");
        await blobs.WriteAsync(path, body, cancellation);
        return path;
    }

    /// <summary>Applies the set at a path, or says in a sentence why none of it can be.</summary>
    internal async Task<(AppliedPush? Applied, string? Refusal)> ApplyAsync(EditionKey edition, string path, CancellationToken cancellation)
    {
        if (await judge.RefusalAsync(edition, cancellation) is { } refusal) return (null, refusal);
        if (await ReadAsync(path, cancellation) is not { } body) return (null, IdentifyUpload.Gone);
        var (set, problem) = ChangeSet.Read(body, edition.Year);
        if (set is null) return (null, problem);
        var upload = UploadId.Of(path, "");
        await log.RegisterPushAsync(upload, path, clock.GetUtcNow(), cancellation);
        while (true)
        {
            var now = clock.GetUtcNow();
            var judged = await judge.JudgeAsync(edition, set.Changes, upload, firstLine: 1, now, cancellation);
            var outcome = ChangeSetOutcome.Of(judged);
            var kept = await SaveAsync(upload, judged.BaseVersion, outcome, cancellation);
            await deletions.NoteAsync(edition, upload, judged, now, cancellation);
            var applied = await editions.ApplyAsync(edition, judged.BaseVersion, new EditionLoad(upload, set.Changes[0].Type.Code, null), judged.Changes.ToAsyncEnumerable(), cancellation);
            if (applied.Status == ApplyStatus.Stale) continue;
            // Judged again, a push that was applied finds less to do, or nothing: a record whose key it corrected is no longer under the old one.
            if (applied.Status == ApplyStatus.AlreadyApplied && await FirstOutcomeAsync(upload, applied.Version, cancellation) is { } first && await FindOutcomeAsync(first, cancellation) is { } made) (kept, outcome) = (first, made);
            var isSynced = await state.BringAsync(edition, applied.Version, judged.Records, $"push-{Guid.CreateVersion7(clock.GetUtcNow()):N}", cancellation);
            return (new AppliedPush(applied.Version, kept, isSynced, set.Changes.Count, outcome.LeftOut), null);
        }
    }

    private async Task<byte[]?> ReadAsync(string path, CancellationToken cancellation)
    {
        await using var file = await blobs.OpenReadAsync(path, cancellation);
        if (file is null) return null;
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, cancellation);
        return bytes.ToArray();
    }

    /// <summary>Written before it is applied: afterwards the edition would say that everything is like that already. Each attempt writes its own.</summary>
    private async Task<string> SaveAsync(UploadId upload, long baseVersion, ChangeSetOutcome outcome, CancellationToken cancellation)
    {
        var path = $"{OutcomesOf(upload, baseVersion)}{UploadLog.NewKey(clock.GetUtcNow())}.json";
        await blobs.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(outcome, Json), cancellation);
        return path;
    }

    /// <summary>What was judged when the version was made: against the one before it, or against itself when nothing changed.</summary>
    private async Task<string?> FirstOutcomeAsync(UploadId upload, long version, CancellationToken cancellation)
    {
        foreach (var judgedAgainst in new[] { version - 1, version })
            if (await blobs.ListAsync(OutcomesOf(upload, judgedAgainst), cancellation).FirstOrDefaultAsync(cancellation) is { } outcome) return outcome.Path;
        return null;
    }

    /// <summary>What became of each change of a push that was applied; null when that is no longer kept.</summary>
    internal async Task<ChangeSetOutcome?> FindOutcomeAsync(string path, CancellationToken cancellation) =>
        await ReadAsync(path, cancellation) is { } bytes ? JsonSerializer.Deserialize<ChangeSetOutcome>(bytes, Json) : null;

    private static string OutcomesOf(UploadId upload, long baseVersion) => string.Create(CultureInfo.InvariantCulture, $"results/{upload}/outcome-v{baseVersion}-");
}
