namespace Aim.CosmosGateway;

public enum Fault
{
    /// <summary>429 with a time to wait.</summary>
    Throttled = 1,

    /// <summary>449: try the same again.</summary>
    RetryWith = 2,

    /// <summary>503, nothing done.</summary>
    Unavailable = 3,

    /// <summary>410: the partition is on its way to another machine.</summary>
    PartitionMoving = 4,

    /// <summary>408 after the work was done: nobody can tell from the answer.</summary>
    TimedOutDone = 5,

    /// <summary>408, nothing done.</summary>
    TimedOut = 6,

    /// <summary>The connection breaks after the work was done.</summary>
    DroppedDone = 7,

    /// <summary>The connection breaks, nothing done.</summary>
    Dropped = 8,
}

/// <summary>Makes a share of the requests for documents fail, the same ones for the same seed and order of requests.</summary>
public sealed class Faults
{
    /// <summary>Broken connections are rare beside the others, in life as here: the SDK waits a second after each.</summary>
    private static readonly Fault[] Mix =
    [
        .. Enumerable.Repeat(Fault.Throttled, 12), .. Enumerable.Repeat(Fault.RetryWith, 8), .. Enumerable.Repeat(Fault.Unavailable, 8), .. Enumerable.Repeat(Fault.PartitionMoving, 3),
        .. Enumerable.Repeat(Fault.TimedOutDone, 8), .. Enumerable.Repeat(Fault.TimedOut, 4), Fault.DroppedDone, Fault.Dropped,
    ];

    private readonly Lock guard = new();
    private readonly Dictionary<Fault, int> injected = [];
    private readonly Queue<Fault?> next = [];
    private Random random = new(0);
    private double rate;

    /// <summary>From now on this share of requests fails.</summary>
    public void Inject(double share, int seed)
    {
        lock (guard) (rate, random) = (share, new Random(seed));
    }

    /// <summary>The very next requests for documents fail so, one each.</summary>
    public void InjectNext(params Fault[] faults)
    {
        lock (guard) foreach (var fault in faults) next.Enqueue(fault);
    }

    /// <summary>After so many requests that are left alone, the next one fails so.</summary>
    public void InjectAfter(int requests, Fault fault)
    {
        lock (guard)
        {
            next.Clear();
            for (var i = 0; i < requests; i++) next.Enqueue(null);
            next.Enqueue(fault);
        }
    }

    public void Stop()
    {
        lock (guard)
        {
            rate = 0;
            next.Clear();
        }
    }

    public IReadOnlyDictionary<Fault, int> Injected
    {
        get
        {
            lock (guard) return new Dictionary<Fault, int>(injected);
        }
    }

    internal Fault? Draw()
    {
        lock (guard)
        {
            Fault? drawn = next.TryDequeue(out var planned) ? planned : rate > 0 && random.NextDouble() < rate ? Mix[random.Next(Mix.Length)] : null;
            if (drawn is { } fault) injected[fault] = injected.GetValueOrDefault(fault) + 1;
            return drawn;
        }
    }

    internal static Reply? InsteadOf(Fault fault) => fault switch
    {
        Fault.Throttled => Reply.Empty(StatusCodes.Status429TooManyRequests).With(Header.SubStatus, Documents.Text(SubStatus.RequestRateTooLarge)).With(Header.RetryAfter, "3"),
        Fault.RetryWith => Reply.Empty(449).With(Header.RetryAfter, "3"),
        Fault.Unavailable => Reply.Empty(StatusCodes.Status503ServiceUnavailable),
        Fault.PartitionMoving => Reply.Empty(StatusCodes.Status410Gone).With(Header.SubStatus, Documents.Text(SubStatus.PartitionMoving)),
        Fault.TimedOut or Fault.TimedOutDone => Reply.Empty(StatusCodes.Status408RequestTimeout),
        _ => null,
    };

    internal static bool IsAfterTheWork(Fault fault) => fault is Fault.TimedOutDone or Fault.DroppedDone;
}
