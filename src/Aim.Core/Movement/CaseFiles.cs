using Aim.Ports;
using Aim.Uploads;

namespace Aim.Movement;

/// <summary>The files that districts put to cases, as they came: an exit form, a letter.</summary>
public sealed class CaseFiles(IBlobStore blobs, TimeProvider clock)
{
    /// <summary>Where evidence is kept; nothing under it is taken for an upload.</summary>
    private const string Root = "cases/";

    /// <summary>A place for a file, with a URL to put it to, for that one file and for an hour.</summary>
    public async Task<(CaseEvidence Evidence, Uri Url, DateTimeOffset Expires)> RequestAsync(MovementCase item, string fileName, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var evidence = new CaseEvidence(UploadLog.NewKey(now), UploadIntake.SafeName(fileName, "evidence"));
        var expires = now + UploadIntake.UrlLifetime;
        return (evidence, await blobs.CreateUploadUrlAsync(PathOf(item, evidence), expires, cancellation), expires);
    }

    /// <summary>The file of one of the case's lines; null when there is none, or nothing was put to its URL yet.</summary>
    public async Task<(CaseEvidence Evidence, Stream Content)?> OpenAsync(MovementCase item, string key, CancellationToken cancellation) =>
        item.Lines.FirstOrDefault(line => line.Evidence?.Key == key)?.Evidence is { } evidence && await blobs.OpenReadAsync(PathOf(item, evidence), cancellation) is { } content ? (evidence, content) : null;

    /// <summary>Without the file's name, which is often a child's: paths come into logs of storage accounts.</summary>
    private static string PathOf(MovementCase item, CaseEvidence evidence) => $"{Root}{item.Id}/{evidence.Key}";
}
