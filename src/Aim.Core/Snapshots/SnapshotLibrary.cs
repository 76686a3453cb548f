using System.Security.Cryptography;
using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Workflows;

namespace Aim.Snapshots;

/// <summary>A sealed snapshot, ready to be reported from.</summary>
public sealed record Snapshot(SnapshotManifest Manifest, ReferenceData Reference);

/// <summary>Finds sealed snapshots.</summary>
public sealed class SnapshotLibrary(IBlobStore blobs)
{
    /// <summary>Null when there is no snapshot of that name, or it isn't sealed yet.</summary>
    public async Task<SnapshotManifest?> FindAsync(string name, CancellationToken cancellation)
    {
        if (SnapshotInput.NameProblem(name) is not null) return null;
        await using var file = await blobs.OpenReadAsync(SnapshotManifest.PathOf(name), cancellation);
        return file is null ? null : await JsonSerializer.DeserializeAsync<SnapshotManifest>(file, SnapshotSteps.Json, cancellation);
    }

    /// <summary>A snapshot to report from, after its files have been compared with the manifest. Null as for <see cref="FindAsync"/>.</summary>
    /// <exception cref="FaultException">A file is gone, or is not the one that was sealed.</exception>
    public async Task<Snapshot?> OpenAsync(string name, CancellationToken cancellation)
    {
        if (await FindAsync(name, cancellation) is not { } manifest) return null;
        await VerifyAsync(manifest, manifest.Reference, manifest.ReferenceSha256, cancellation);
        foreach (var file in manifest.Files) await VerifyAsync(manifest, file.Path, file.Sha256, cancellation);
        await using var reference = await OpenFileAsync(manifest, manifest.Reference, cancellation);
        return new Snapshot(manifest, (await JsonSerializer.DeserializeAsync<ReferenceData>(reference, ReferenceLibrary.Json, cancellation))!);
    }

    private async Task VerifyAsync(SnapshotManifest manifest, string path, string sha256, CancellationToken cancellation)
    {
        await using var file = await OpenFileAsync(manifest, path, cancellation);
        if (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)) != sha256) throw Unusable(manifest, path, "is not the file that was sealed");
    }

    private async Task<Stream> OpenFileAsync(SnapshotManifest manifest, string path, CancellationToken cancellation) =>
        await blobs.OpenReadAsync(path, cancellation) ?? throw Unusable(manifest, path, "is gone");

    private static FaultException Unusable(SnapshotManifest manifest, string path, string why) =>
        new($"Snapshot '{manifest.Name}' can't be reported from: {path} {why}. Restore the file from a backup, or take a new snapshot.") { IsPermanent = true };

    /// <summary>All sealed snapshots, newest first.</summary>
    public async Task<IReadOnlyList<SnapshotManifest>> ListAsync(CancellationToken cancellation)
    {
        var manifests = new List<SnapshotManifest>();
        await foreach (var blob in blobs.ListAsync("snapshots/", cancellation))
        {
            if (blob.Path.Split('/') is ["snapshots", var name, "manifest.json"] && await FindAsync(name, cancellation) is { } manifest) manifests.Add(manifest);
        }
        return [.. manifests.OrderByDescending(manifest => manifest.Moment)];
    }
}
