namespace Aim.Bench;

/// <summary>What one run of a case did.</summary>
/// <param name="Rows">Rows gone through; the base of rows a second.</param>
/// <param name="Seconds">Of the part that is measured; preparation is not in it.</param>
internal sealed record Outcome(long Rows, double Seconds)
{
    /// <summary>Seconds of the stages within, where the work has stages.</summary>
    public IReadOnlyDictionary<string, double> Stages { get; init; } = new Dictionary<string, double>();

    /// <summary>How long single requests took, in milliseconds by percentile, where the work is made of them.</summary>
    public IReadOnlyDictionary<string, double> Milliseconds { get; init; } = new Dictionary<string, double>();

    /// <summary>Findings by rule; a case and its peer must agree on them.</summary>
    public IReadOnlyDictionary<string, long>? Findings { get; init; }
}

/// <summary>All runs of a case, with the peak memory of the process that made them.</summary>
internal sealed record Measurement(string Case, IReadOnlyList<Outcome> Runs, double PeakMegabytes)
{
    public long Rows => Runs[0].Rows;
    public double Median => Runs.Select(run => run.Seconds).Order().ElementAt(Runs.Count / 2);
    public double Shortest => Runs.Min(run => run.Seconds);
    public double Longest => Runs.Max(run => run.Seconds);
    public double RowsASecond => Rows / Median;
    public IReadOnlyDictionary<string, long>? Findings => Runs[0].Findings;

    /// <summary>Stages of the run whose time is shown.</summary>
    public IReadOnlyDictionary<string, double> Stages => Shown.Stages;

    /// <summary>Percentiles of that run.</summary>
    public IReadOnlyDictionary<string, double> Milliseconds => Shown.Milliseconds;

    private Outcome Shown => Runs.OrderBy(run => run.Seconds).ElementAt(Runs.Count / 2);
}

/// <summary>A number to reach.</summary>
/// <param name="IsMet">Given the measurement and that of the case's peer.</param>
/// <param name="AtFullSize">The number is given for a state of 150,000 students and says nothing about a smaller one.</param>
internal sealed record Target(string Text, Func<Measurement, Measurement?, bool> IsMet, bool AtFullSize = false)
{
    public static Target Seconds(double most) => new(FormattableString.Invariant($"≤ {most} s"), (own, _) => own.Median <= most, AtFullSize: true);

    public static Target Megabytes(double most) => new(FormattableString.Invariant($"≤ {most} MB"), (own, _) => own.PeakMegabytes <= most, AtFullSize: true);

    public static Target RowsASecond(double least) => new(FormattableString.Invariant($"≥ {least:N0} rows/s"), (own, _) => own.RowsASecond >= least);

    /// <summary>Ninety-nine of a hundred requests take no longer.</summary>
    public static Target Milliseconds99(double most) => new(FormattableString.Invariant($"p99 ≤ {most} ms"), (own, _) => own.Milliseconds["p99"] <= most, AtFullSize: true);

    /// <summary>Rows a second against the peer's.</summary>
    public static Target Speed(double least) => new(FormattableString.Invariant($"≥ {least} × peer"), (own, peer) => peer is not null && own.RowsASecond / peer.RowsASecond >= least);

    /// <summary>Peak memory no higher than the peer's, but for a fixed slack and an allowance for each row.</summary>
    public static Target Flat(double slackMegabytes, double bytesARow = 0) => new(
        bytesARow == 0 ? FormattableString.Invariant($"peak ≤ peer + {slackMegabytes} MB") : FormattableString.Invariant($"peak ≤ peer + {slackMegabytes} MB + {bytesARow} B/row"),
        (own, peer) => own.PeakMegabytes <= peer!.PeakMegabytes + slackMegabytes + own.Rows * bytesARow / 1e6);
}

/// <summary>Something to measure, in a process of its own.</summary>
/// <param name="Run">Does it once. What comes before the measured part counts in the peak memory, but not in the time.</param>
internal sealed record BenchCase(string Name, string What, Func<BenchData, Task<Outcome>> Run)
{
    /// <summary>
    /// A process that goes on: one process, warmed up, measured again and again. Otherwise each run has a process of its own, and pays for
    /// starting up as a command does.
    /// </summary>
    public bool IsSteady { get; init; }

    /// <summary>The case to hold it against, measured in the same run.</summary>
    public string? Peer { get; init; }

    /// <summary>The figure to hold against the peer's is peak memory; otherwise it is rows a second.</summary>
    public bool IsAboutMemory { get; init; }

    public IReadOnlyList<Target> Targets { get; init; } = [];

    /// <summary>Takes long and much disk; only run when asked for.</summary>
    public bool IsLarge { get; init; }

    /// <summary>Makes what has to be there before, such as generated files: in a process of its own, so that it counts neither in time nor in memory.</summary>
    public required Func<BenchData, Task> Prepare { get; init; }
}
