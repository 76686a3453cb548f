using System.Security.Cryptography;
using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Rules;
using Aim.Workflows;

namespace Aim.Snapshots;

/// <summary>The steps around the freeze itself: fixing the cut before, and the seal after.</summary>
public sealed class SnapshotSteps(IBlobStore blobs, IStateStore state, IEditionStore editions, ReferenceLibrary references)
{
    public static readonly Step<SnapshotInput, SnapshotPlan> Plan = new("PlanSnapshot");
    public static readonly Step<FreezeInput, FrozenRange> Freeze = new("FreezeRange");
    public static readonly Step<SealInput, SnapshotManifest> Seal = new("SealSnapshot");

    private const int FewestParts = 2;
    private const int MostParts = 256;
    private const int RowsAPart = 50_000;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, IndentSize = 2, NewLine = "\n" };

    /// <summary>What the seal is made of.</summary>
    public sealed record SealInput(SnapshotPlan Plan, IReadOnlyList<FrozenRange> Ranges);

    /// <exception cref="FaultException">The year has no reference data, or the name is that of a sealed snapshot.</exception>
    public async Task<SnapshotPlan> PlanAsync(SnapshotInput input, CancellationToken cancellation)
    {
        await MustNotBeSealedAsync(blobs, input.Name, cancellation);
        if (await references.FindAsync(input.Year, cancellation) is not { } reference)
            throw new FaultException($"There is no reference data for {input.Year.Span}; load districts and schools first.") { IsPermanent = true };
        long rows = 0;
        await foreach (var head in editions.ListHeadsAsync(input.Year, cancellation)) rows += head.RowCount;
        var parts = (int)Math.Clamp(rows / RowsAPart, FewestParts, MostParts);
        return new SnapshotPlan(input, await state.FixMomentAsync(cancellation), reference.Version, parts);
    }

    /// <summary>The journal of a snapshot may be cleaned up, and a late repeat of a step may come after the seal; a sealed snapshot stays as it is.</summary>
    internal static async Task MustNotBeSealedAsync(IBlobStore blobs, string name, CancellationToken cancellation)
    {
        if (await blobs.FindAsync(SnapshotManifest.PathOf(name), cancellation) is not null)
            throw new FaultException($"There is a snapshot '{name}' already, and snapshots are never changed. Choose another name.") { IsPermanent = true };
    }

    /// <summary>
    /// Writes a file of a snapshot and gives its hash. A store may keep snapshots under a policy that lets nothing be deleted, so a repeated step stands
    /// by what the attempt before it wrote: the moment is fixed, and the same rows give the same bytes.
    /// </summary>
    /// <exception cref="FaultException">There is such a file already, with other content.</exception>
    internal static async Task<string> WriteOnceAsync(IBlobStore blobs, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        if (await blobs.WriteAsync(path, content, cancellation) == BlobWrite.Written) return sha256;
        await using var stored = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The file {path} is gone.");
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stored, cancellation)) == sha256
            ? sha256
            : throw new FaultException($"{path} was frozen before with other content; it was left as it is. Take the snapshot under another name.") { IsPermanent = true };
    }

    public async Task<SnapshotManifest> SealAsync(SealInput input, CancellationToken cancellation)
    {
        var (plan, ranges) = (input.Plan, input.Ranges);
        var reference = (await references.FindAsync(plan.Input.Year, plan.ReferenceVersion, cancellation))!;
        var referenceBytes = JsonSerializer.SerializeToUtf8Bytes(reference, ReferenceLibrary.Json);
        var referencePath = $"{plan.Prefix}reference.json";
        var referenceSha256 = await WriteOnceAsync(blobs, referencePath, referenceBytes, cancellation);

        var files = ranges.OrderBy(range => range.Part).SelectMany(range => range.Files).ToList();
        var manifest = new SnapshotManifest
        {
            Name = plan.Input.Name, Year = plan.Input.Year, Date = plan.Input.Date, Moment = plan.Moment, RequestedBy = plan.Input.RequestedBy,
            Students = ranges.Sum(range => range.Students),
            Rows = files.GroupBy(file => file.RecordType).ToDictionary(group => group.Key, group => group.Sum(file => file.Rows)),
            Files = files, Reference = referencePath, ReferenceSha256 = referenceSha256,
            Rules = RuleCatalog.Version, Code = SnapshotManifest.CodeVersion,
        };
        await blobs.WriteAsync(SnapshotManifest.PathOf(plan.Input.Name), (file, token) => JsonSerializer.SerializeAsync(file, manifest, Json, token), cancellation);
        return manifest;
    }
}
