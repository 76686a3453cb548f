using System.Collections.Concurrent;
using Aim.Records;

namespace Aim.Identity.Matching;

/// <summary>Somebody known who may be the person looked for.</summary>
public sealed record MatchCandidate(StateId StateId, MatchScore Score, IReadOnlyList<FieldWeight> Fields);

/// <summary>What a search came to, likeliest candidate first.</summary>
/// <param name="Outcome">Null: nobody known is this person. Review without candidates: the person couldn't be looked for.</param>
/// <param name="SkippedKeys">Of what the person is looked for by, how much so many others have as well that they weren't compared.</param>
public sealed record MatchDecision(MatchOutcome? Outcome, IReadOnlyList<MatchCandidate> Candidates, string Model, int SkippedKeys = 0);

/// <summary>Two State IDs that look like one child.</summary>
public sealed record LikelyDuplicate(StateId First, StateId Second, MatchScore Score, IReadOnlyList<FieldWeight> Fields);

/// <summary>What a scan of everybody came to.</summary>
/// <param name="Pairs">People who are probably one, in order of their State IDs.</param>
public sealed record DuplicateScan(IReadOnlyList<LikelyDuplicate> Pairs, SkippedBlocks Skipped);

/// <summary>
/// Everybody the state knows, in memory: who is this person, and who has two State IDs. Built once, then read by any number of threads; a million people take about a third of a gigabyte.
/// </summary>
public sealed class PersonIndex
{
    private const int PeopleAPart = 5000;

    /// <summary>However few are known, a child is looked for among the state's; and among fewer than this nobody can say how common a name is.</summary>
    private const int FewestPeople = 100_000, FewestToCount = 1000;

    private readonly PersonTable table = new();
    private readonly List<StateId> ids = [];
    private readonly PersonBlocks blocks;
    private readonly MatchModel model;
    private readonly ConcurrentBag<List<int>> scratch = [];

    public PersonIndex(IEnumerable<(StateId Id, PersonTraits Traits)> people)
    {
        foreach (var (id, traits) in people)
        {
            table.Add(traits);
            ids.Add(id);
        }
        blocks = PersonBlocks.Of(table, 0, table.Count);
        model = MatchModel.Default(Math.Max(FewestPeople, table.Count), countsValues: table.Count >= FewestToCount);
    }

    public int Count => ids.Count;

    public MatchDecision Find(PersonTraits person)
    {
        var encoded = table.Encode(person);
        var near = scratch.TryTake(out var list) ? list : [];
        var (searched, skipped) = Neighbours(table.View(encoded), near);
        var found = new List<(int Person, AgreementPattern Pattern, MatchScore Score)>();
        var ceiling = new WeightCeiling(model, table, table.View(encoded), 1, MatchModel.ReviewAt);
        foreach (var other in near)
        {
            if (!TryCompare(table.View(encoded), in encoded.Row, other, ceiling, out var pattern)) continue;
            var score = model.Score(pattern, table, table.View(encoded), table.View(other), 1);
            if (score.Probability >= MatchModel.ReviewAt) found.Add((other, pattern, score));
        }
        scratch.Add(near);
        var decision = model.Decide(found, person => ids[person], table, encoded);
        // Who couldn't be looked for may be anybody; to call him new would be a second State ID.
        return decision with { Outcome = decision.Outcome ?? (searched == 0 ? MatchOutcome.Review : null), SkippedKeys = skipped };
    }

    /// <summary>Compares everybody with those who share a key.</summary>
    public DuplicateScan FindDuplicates(CancellationToken cancellation)
    {
        if (Count == 0) return new DuplicateScan([], default);
        var all = new ConcurrentBag<List<LikelyDuplicate>>();
        Parallel.ForEach(Partitioner.Create(0, Count, PeopleAPart), new ParallelOptions { CancellationToken = cancellation }, range =>
        {
            var (near, found) = (new List<int>(), new List<LikelyDuplicate>());
            for (var person = range.Item1; person < range.Item2; person++)
            {
                Neighbours(table.View(person), near);
                var ceiling = new WeightCeiling(model, table, table.View(person), 2, LikelyOne);
                foreach (var other in near) if (other < person && Duplicate(other, person, ceiling) is { } pair) found.Add(pair);
            }
            all.Add(found);
        });
        return new DuplicateScan([.. all.SelectMany(found => found).OrderBy(pair => pair.First).ThenBy(pair => pair.Second)], blocks.CountSkipped());
    }

    /// <summary>A case for a person has to be more likely one child than two: there are far more pairs in a state than newcomers.</summary>
    private const double LikelyOne = 0.5;

    private LikelyDuplicate? Duplicate(int a, int b, WeightCeiling ceiling)
    {
        if (!TryCompare(table.View(b), in table.Row(b), a, ceiling, out var pattern)) return null;
        // Of two who have State IDs already and first names of their own, however alike all else is, a scan would take twins for one child.
        if (pattern[MatchField.First] == Agreement.Differs && pattern[MatchField.Order] != Agreement.Swapped) return null;
        var score = model.Score(pattern, table, table.View(a), table.View(b), 2);
        if (score.Probability < LikelyOne) return null;
        var (first, second) = ids[a] < ids[b] ? (ids[a], ids[b]) : (ids[b], ids[a]);
        return new LikelyDuplicate(first, second, score, model.Explain(pattern, table, table.View(a), table.View(b), 2));
    }

    /// <summary>Compares a person with one of the known, as far as the two may be one.</summary>
    private bool TryCompare(PersonView person, ref readonly PersonRow row, int known, WeightCeiling ceiling, out AgreementPattern pattern)
    {
        pattern = default;
        ref readonly var other = ref table.Row(known);
        if (!MayBeOne(in row, in other)) return false;
        var view = table.View(known);
        pattern = PersonComparison.CompareNames(person, view);
        if (!ceiling.MayBeReached(pattern, in other)) return false;
        pattern = PersonComparison.Complete(pattern, person, view);
        return model.PlainWeight(pattern) >= 0;
    }

    /// <summary>
    /// Spares most namesakes the comparison: with birth dates that have nothing in common, names alone never make one child likely among so many.
    /// </summary>
    private static bool MayBeOne(ref readonly PersonRow a, ref readonly PersonRow b) =>
        PersonComparison.Births(a.Birth, b.Birth) != Agreement.Differs || AreSame(in a, in b, Trait.Middle) || AreSame(in a, in b, Trait.Street) || AreSame(in a, in b, Trait.Place) || AreSame(in a, in b, Trait.Other);

    private static bool AreSame(ref readonly PersonRow a, ref readonly PersonRow b, Trait trait) => a[trait] > 0 && a[trait] == b[trait];

    /// <summary>Those who share a key with a person, each once.</summary>
    private (int Searched, int Skipped) Neighbours(PersonView person, List<int> near)
    {
        near.Clear();
        Span<ulong> keys = stackalloc ulong[BlockingKeys.Most];
        var (searched, skipped) = (0, 0);
        foreach (var key in keys[..BlockingKeys.Write(person, keys)])
        {
            if (blocks.TryFind(key, out var entries)) searched++;
            else skipped++;
            foreach (var entry in entries) near.Add((int)(uint)entry);
        }
        near.Sort();
        var kept = 0;
        for (var i = 0; i < near.Count; i++) if (i == 0 || near[i] != near[i - 1]) near[kept++] = near[i];
        near.RemoveRange(kept, near.Count - kept);
        return (searched, skipped);
    }
}
