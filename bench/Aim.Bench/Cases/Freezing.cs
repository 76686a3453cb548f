using System.Diagnostics;
using Aim.Federal;
using Aim.Host.Commands;
using Aim.Rules;
using Aim.Snapshots;

namespace Aim.Bench.Cases;

/// <summary>From the loaded state to federal files.</summary>
internal static class Freezing
{
    private const string MembershipFile = "FS052";

    /// <summary>The freeze, its seal and one count file at all of its levels; parts are frozen side by side as the workflow does it.</summary>
    public static async Task<Outcome> MembershipAsync(BenchData bench)
    {
        await using var data = Loading.Open(bench.Loaded);
        var (ports, platform) = (data.Ports, data.Platform);
        var watch = Stopwatch.StartNew();
        var steps = new SnapshotSteps(ports.Blobs, ports.State, ports.Editions, platform.References);
        var plan = await steps.PlanAsync(new SnapshotInput(NewName(), BenchData.Year, Ages.FallCountDay(BenchData.Year), "bench"), CancellationToken.None);
        var freeze = new FreezeRange(ports.State, ports.Blobs);
        var ranges = await Task.WhenAll(Enumerable.Range(0, plan.Parts).Select(part => Task.Run(() => freeze.RunAsync(new FreezeInput(plan, part), CancellationToken.None))));
        var manifest = await steps.SealAsync(new SnapshotSteps.SealInput(plan, ranges), CancellationToken.None);
        var frozen = watch.Elapsed.TotalSeconds;
        var files = await platform.Federal.WriteAsync(new FederalInput(manifest.Name, MembershipFile, FederalFormat.Csv), CancellationToken.None);
        var seconds = watch.Elapsed.TotalSeconds;
        return files.Count == 3
            ? new Outcome(manifest.Rows.Values.Sum(), seconds) { Stages = new Dictionary<string, double> { ["freeze"] = frozen, [MembershipFile] = seconds - frozen } }
            : throw new InvalidDataException($"{MembershipFile} was not written at three levels.");
    }

    /// <summary>The snapshot as <c>aim snapshot</c> takes it, with every federal file.</summary>
    public static async Task<Outcome> AllFilesAsync(BenchData bench)
    {
        await using var data = Loading.Open(bench.Loaded);
        var watch = Stopwatch.StartNew();
        var manifest = await SnapshotCommand.TakeAsync(data, NewName(), BenchData.Year, Ages.FallCountDay(BenchData.Year), CancellationToken.None);
        return new Outcome(manifest.Rows.Values.Sum(), watch.Elapsed.TotalSeconds);
    }

    private static string NewName() => $"bench-{Guid.NewGuid():N}";
}
