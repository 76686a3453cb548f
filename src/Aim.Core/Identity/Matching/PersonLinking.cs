using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Aim.Identity.Matching;

/// <summary>What becomes of two people that were compared.</summary>
public enum MatchOutcome
{
    /// <summary>One person: a machine may say so.</summary>
    Match = 1,

    /// <summary>Perhaps one person: somebody has to look.</summary>
    Review = 2,
}

/// <summary>Two people, by their place in the lists that were given, with what was decided.</summary>
/// <param name="Score">Of the two themselves; they may also be one because both are one with a third.</param>
public sealed record LinkedPair(int Left, int Right, MatchOutcome Outcome, MatchScore Score, IReadOnlyList<FieldWeight> Fields);

/// <summary>The outcome of linking two lists of people, or of looking for people who are twice in one.</summary>
/// <param name="NotSearched">People of the left list who have nothing to be found by, or only what too many others have as well.</param>
/// <param name="Skipped">Of the list that is searched.</param>
public sealed record LinkResult(IReadOnlyList<LinkedPair> Pairs, long Compared, int NotSearched, SkippedBlocks Skipped, MatchModel Model);

/// <summary>
/// Finds who is the same person in two lists, or twice in one: pairs with a common blocking key are compared, a model is fitted to them, and each pair gets its outcome. The same lists
/// give the same pairs.
/// </summary>
public sealed class PersonLinking
{
    private const int RandomPairs = 500_000, RandomPairsAPerson = 50, FewestRandomPairs = 20_000;
    private const int Seed = 20_260;
    private const int PeopleAPart = 2000;

    private readonly PersonTable table = new();
    private readonly int leftEnd, rightStart;
    private readonly bool isOneList;
    private readonly PersonBlocks blocks, wideBlocks;
    private readonly Action<double>? progress;

    private readonly record struct Compared(int Left, int Right, AgreementPattern Pattern);

    /// <param name="right">Null to look for people who are twice in the first list.</param>
    /// <param name="progress">Told the share that is done, from 0 to 1.</param>
    public PersonLinking(IEnumerable<PersonTraits> left, IEnumerable<PersonTraits>? right, Action<double>? progress = null)
    {
        foreach (var person in left) table.Add(person);
        (leftEnd, isOneList, this.progress) = (table.Count, right is null, progress);
        foreach (var person in right ?? []) table.Add(person);
        rightStart = isOneList ? 0 : leftEnd;
        // Of a group in one list the first is enough; on another list's it would hide that there are several to choose from.
        blocks = PersonBlocks.Of(table, rightStart, table.Count, oneForAllAlike: isOneList);
        wideBlocks = PersonBlocks.OfWide(table, rightStart, table.Count);
    }

    private double AllPairs => isOneList ? leftEnd * (leftEnd - 1.0) / 2 : (double)leftEnd * (table.Count - rightStart);

    public LinkResult Run(CancellationToken cancellation)
    {
        if (leftEnd == 0 || table.Count == rightStart) return new LinkResult([], 0, 0, default, MatchModel.Default(1));
        var start = MatchModel.Default(table.Count - rightStart);
        var (pairs, patterns, notSearched) = Compare(start, cancellation);
        var model = ModelEstimation.Estimate(start, patterns, Random(), AllPairs, FamilySigns.AreAbsent(table, rightStart), OwnNumbers.AreIn(table, patterns));
        // Where a whole list is one person, being alike says nothing; somebody has to look all the same.
        var scored = pairs.AsParallel().AsOrdered().Select(pair => new ScoredPair(pair.Left, pair.Right, pair.Pattern, Score(model, pair))).Where(pair => pair.Score.Probability >= MatchModel.ReviewAt || table.AreAlike(pair.Left, pair.Right)).ToList();
        progress?.Invoke(0.9);
        var decided = new PairDecisions(table, model, scored, isOneList).Decide();
        return new LinkResult([.. decided.Select(pair => new LinkedPair(pair.Pair.Left, pair.Pair.Right - rightStart, pair.Outcome, pair.Pair.Score, Explain(model, pair.Pair)))], patterns.Values.Sum(), notSearched, blocks.CountSkipped(), model);
    }

    private MatchScore Score(MatchModel model, Compared pair) => model.Score(pair.Pattern, table, table.View(pair.Left), table.View(pair.Right), 2);

    private IReadOnlyList<FieldWeight> Explain(MatchModel model, ScoredPair pair) => model.Explain(pair.Pattern, table, table.View(pair.Left), table.View(pair.Right), 2);

    /// <summary>Compares all who share a key. Pairs that speak against one person are counted and dropped.</summary>
    private (List<Compared> Pairs, Dictionary<AgreementPattern, long> Patterns, int NotSearched) Compare(MatchModel start, CancellationToken cancellation)
    {
        var parts = new ConcurrentBag<(int From, List<Compared> Pairs)>();
        var patterns = new Dictionary<AgreementPattern, long>();
        var (done, notSearched) = (0, 0);
        Parallel.ForEach(Partitioner.Create(0, leftEnd, PeopleAPart), new ParallelOptions { CancellationToken = cancellation },
            () => (Seen: new int[table.Count - rightStart], Patterns: new Dictionary<AgreementPattern, long>()),
            (range, _, own) =>
            {
                var pairs = new List<Compared>();
                for (var person = range.Item1; person < range.Item2; person++) if (!Compare(start, person, own.Seen, own.Patterns, pairs)) Interlocked.Increment(ref notSearched);
                parts.Add((range.Item1, pairs));
                progress?.Invoke(0.8 * Interlocked.Add(ref done, range.Item2 - range.Item1) / leftEnd);
                return own;
            },
            own =>
            {
                lock (patterns) foreach (var (pattern, count) in own.Patterns) CollectionsMarshal.GetValueRefOrAddDefault(patterns, pattern, out _) += count;
            });
        return ([.. parts.OrderBy(part => part.From).SelectMany(part => part.Pairs)], patterns, notSearched);
    }

    /// <returns>False when none of the person's keys could be searched.</returns>
    private bool Compare(MatchModel start, int person, int[] seen, Dictionary<AgreementPattern, long> patterns, List<Compared> pairs)
    {
        Span<ulong> keys = stackalloc ulong[BlockingKeys.Most];
        var isSearched = false;
        foreach (var key in keys[..BlockingKeys.Write(table.View(person), keys)]) CompareAll(blocks, key);
        foreach (var key in keys[..BlockingKeys.WriteWide(table.View(person), keys)]) CompareAll(wideBlocks, key);
        return isSearched;

        void CompareAll(PersonBlocks blocks, ulong key)
        {
            if (!blocks.TryFind(key, out var entries)) return;
            isSearched = true;
            foreach (var entry in entries)
            {
                var other = (int)(uint)entry;
                if (isOneList && other >= person || seen[other - rightStart] == person + 1) continue;
                seen[other - rightStart] = person + 1;
                var pattern = PersonComparison.Compare(table.View(person), table.View(other));
                CollectionsMarshal.GetValueRefOrAddDefault(patterns, pattern, out _)++;
                if (start.PlainWeight(pattern) >= 0) pairs.Add(new Compared(person, other, pattern));
            }
        }
    }

    /// <summary>How often each level is seen among people drawn at random.</summary>
    private double[] Random()
    {
        var random = new Random(Seed);
        var counts = new double[AgreementPattern.Fields * AgreementPattern.Levels];
        var right = table.Count - rightStart;
        var wanted = Math.Min(Math.Min(RandomPairs, FewestRandomPairs + (long)RandomPairsAPerson * table.Count), 4 * AllPairs);
        var pairs = Enumerable.Range(0, (int)wanted).Select(_ => (random.Next(leftEnd), rightStart + random.Next(right))).Where(pair => pair.Item1 != pair.Item2).ToArray();
        if (pairs.Length == 0) return counts;
        Parallel.ForEach(Partitioner.Create(0, pairs.Length), () => new double[counts.Length], (range, _, own) =>
        {
            for (var i = range.Item1; i < range.Item2; i++)
            {
                var pattern = PersonComparison.Compare(table.View(pairs[i].Item1), table.View(pairs[i].Item2));
                for (var field = MatchField.Last; field <= MatchField.Order; field++) if (pattern[field] != Agreement.Missing) own[MatchModel.At(field, pattern[field])]++;
            }
            return own;
        }, own =>
        {
            lock (counts) for (var i = 0; i < counts.Length; i++) counts[i] += own[i];
        });
        return counts;
    }
}
