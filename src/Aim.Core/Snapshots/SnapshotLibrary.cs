using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;

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

    /// <inheritdoc cref="FindAsync" />
    public async Task<Snapshot?> OpenAsync(string name, CancellationToken cancellation)
    {
        if (await FindAsync(name, cancellation) is not { } manifest) return null;
        await using var file = await blobs.OpenReadAsync(manifest.Reference, cancellation) ?? throw new FileNotFoundException($"The snapshot {name} has lost its reference data.");
        return new Snapshot(manifest, (await JsonSerializer.DeserializeAsync<ReferenceData>(file, ReferenceLibrary.Json, cancellation))!);
    }

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
