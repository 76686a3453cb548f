namespace Aim.Host.Commands;

/// <summary>How good found pairs are, held against the truth.</summary>
/// <param name="Precision">Of the pairs found, the share that is right; null when none was found.</param>
/// <param name="Recall">Of the true pairs, the share that was found; null when there is none.</param>
/// <param name="F1">Null when either is.</param>
internal sealed record MatchQuality(long Right, long Wrong, long Missed, double? Precision, double? Recall, double? F1)
{
    public static MatchQuality Of(long right, long wrong, long missed)
    {
        var (precision, recall) = (Share(right, wrong), Share(right, missed));
        return new MatchQuality(right, wrong, missed, Round(precision), Round(recall), Round(precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)));
    }

    /// <summary>Of nothing there is no share: a perfect one would praise a search that found nobody.</summary>
    private static double? Share(long part, long rest) => part + rest == 0 ? null : part / (double)(part + rest);

    private static double? Round(double? value) => value is { } known ? Math.Round(known, 5) : null;
}

/// <summary>Truth and result as pairs of ids.</summary>
internal sealed class TruePairs
{
    private readonly HashSet<(string, string)> pairs = [];
    private readonly bool isOneList;

    /// <summary>Pairs of which a file lacks a record; they are left out.</summary>
    public int Unknown { get; }

    public TruePairs(IReadOnlyList<(string Left, string Right)> given, IReadOnlyCollection<string> left, IReadOnlyCollection<string>? right)
    {
        isOneList = right is null;
        var (lefts, rights) = (left.ToHashSet(), (right ?? left).ToHashSet());
        var known = given.Select(pair => isOneList || lefts.Contains(pair.Left) ? pair : (Left: pair.Right, Right: pair.Left)).Where(pair => lefts.Contains(pair.Left) && rights.Contains(pair.Right)).ToList();
        Unknown = given.Count - known.Count;
        if (isOneList) AddGroups(known);
        else foreach (var pair in known) pairs.Add(pair);
    }

    /// <summary>Who is one with a third is one.</summary>
    private void AddGroups(List<(string Left, string Right)> known)
    {
        var groups = new Dictionary<string, List<string>>();
        foreach (var (left, right) in known)
        {
            var (a, b) = (groups.GetValueOrDefault(left) ?? [left], groups.GetValueOrDefault(right) ?? [right]);
            var joined = ReferenceEquals(a, b) ? a : [.. a.Union(b)];
            foreach (var member in joined) groups[member] = joined;
        }
        foreach (var group in groups.Values.Distinct())
            for (var i = 1; i < group.Count; i++) for (var j = 0; j < i; j++) pairs.Add(Ordered(group[i], group[j]));
    }

    private static (string, string) Ordered(string a, string b) => string.CompareOrdinal(a, b) < 0 ? (a, b) : (b, a);

    public int Count => pairs.Count;

    public bool Contains(string left, string right) => pairs.Contains(isOneList ? Ordered(left, right) : (left, right));
}
