using System.Diagnostics;
using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Ports;
using Aim.Rules;

namespace Aim.Bench.Cases;

/// <summary>What is stored is judged again, by every rule that is in force.</summary>
internal static class Revalidation
{
    private const int DistrictStudents = 2000;

    private static string LoadedState(BenchData bench) => Path.Combine(bench.Scratch, "loaded-all");

    private static string LoadedDistrict(BenchData bench) => Path.Combine(bench.Scratch, "loaded-district");

    /// <summary>A state with every record type, loaded once for all cases that judge it.</summary>
    public static Task PrepareStateAsync(BenchData bench) => LoadOnceAsync(LoadedState(bench), () => bench.State(bench.Students, records: SampleRecords.All));

    public static Task PrepareDistrictAsync(BenchData bench) => LoadOnceAsync(LoadedDistrict(bench), () => bench.State(bench.Scaled(DistrictStudents), districts: 1, records: SampleRecords.All));

    private static async Task LoadOnceAsync(string folder, Func<string> state)
    {
        if (!Directory.Exists(folder)) await Loading.LoadAsync(state(), folder, mayChange: true);
    }

    /// <summary>Every edition of the year, as <c>aim rules hits</c> does it.</summary>
    public static async Task<Outcome> StateAsync(BenchData bench)
    {
        await using var data = Loading.Open(LoadedState(bench));
        var watch = Stopwatch.StartNew();
        var (_, tally, _, _) = await data.Platform.RuleHits.CountYearAsync(BenchData.Year, CancellationToken.None);
        var seconds = watch.Elapsed.TotalSeconds;
        // Of so many made-up children a few are alike by chance, and wait.
        var broken = tally.Of(RuleCatalog.All).Where(rule => rule.Hits > 0 && rule.Rule != "IDN-003").Select(rule => $"{rule.Rule} ({rule.Hits})").ToList();
        return broken.Count == 0 ? new Outcome(tally.Rows, seconds) : throw new InvalidDataException($"A clean state breaks {string.Join(", ", broken)}.");
    }

    /// <summary>The same rows read and decoded, on as many processors, and no rule asked.</summary>
    public static async Task<Outcome> ReadAsync(BenchData bench)
    {
        await using var data = Loading.Open(LoadedState(bench));
        var watch = Stopwatch.StartNew();
        long rows = 0;
        await Parallel.ForEachAsync(data.Ports.Editions.ListHeadsAsync(BenchData.Year, CancellationToken.None), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (head, token) => Interlocked.Add(ref rows, await ReadAsync(data, head.Key, token)));
        return new Outcome(rows, watch.Elapsed.TotalSeconds);
    }

    private static async Task<long> ReadAsync(DataFolder data, EditionKey edition, CancellationToken cancellation)
    {
        long rows = 0;
        await foreach (var student in data.Ports.Editions.ReadAsync(edition, EditionSelection.All, cancellation)) rows += StudentViews.Of(student).Entries.Count;
        return rows;
    }

    /// <summary>One district, as its clerk asks for it over HTTP.</summary>
    public static async Task<Outcome> DistrictAsync(BenchData bench)
    {
        await using var data = Loading.Open(LoadedDistrict(bench));
        var heads = await data.Ports.Editions.ListHeadsAsync(BenchData.Year, CancellationToken.None).ToListAsync();
        var watch = Stopwatch.StartNew();
        var report = await data.Platform.Validation.ReportAsync(heads.MaxBy(head => head.RowCount)!.Key, null, null, CancellationToken.None);
        return new Outcome(report.Rows, watch.Elapsed.TotalSeconds);
    }
}
