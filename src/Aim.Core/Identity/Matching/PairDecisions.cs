namespace Aim.Identity.Matching;

/// <summary>Two people of a table with their score.</summary>
internal sealed record ScoredPair(int Left, int Right, AgreementPattern Pattern, MatchScore Score);

/// <summary>
/// Decides pairs in sight of each other: one who has a far better partner is not matched to a weaker one as well, and between partners about as good a person decides, unless these are
/// one themselves.
/// </summary>
internal sealed class PairDecisions(PersonTable table, MatchModel model, List<ScoredPair> pairs, bool isOneList)
{
    /// <summary>Whoever is in a list more often than this is no person, but what was written for want of one: somebody has to look, and the pairs of all with all are too many to hold.</summary>
    private const int MostOfOne = 2000;

    private readonly Dictionary<int, List<ScoredPair>> ofLeft = [], ofRight = [];

    public List<(ScoredPair Pair, MatchOutcome Outcome)> Decide()
    {
        foreach (var pair in pairs)
        {
            Add(ofLeft, pair.Left, pair);
            Add(isOneList ? ofLeft : ofRight, pair.Right, pair);
        }
        var decided = new List<(ScoredPair, MatchOutcome)>();
        foreach (var pair in pairs) if (Decide(pair) is { } outcome) decided.Add((pair, outcome));
        return isOneList ? WithThirds(decided) : decided;
    }

    private static void Add(Dictionary<int, List<ScoredPair>> lists, int person, ScoredPair pair)
    {
        if (!lists.TryGetValue(person, out var list)) lists[person] = list = [];
        list.Add(pair);
    }

    private MatchOutcome? Decide(ScoredPair pair)
    {
        var rival = Math.Max(BestRival(pair, pair.Left, ofLeft), BestRival(pair, pair.Right, isOneList ? ofLeft : ofRight));
        if (rival >= pair.Score.Odds + MatchModel.RivalBits) return null;
        return pair.Score.Probability >= MatchModel.MatchAt && !NeedsPerson(pair) && rival < pair.Score.Odds - MatchModel.RivalBits ? MatchOutcome.Match : MatchOutcome.Review;
    }

    /// <summary>
    /// The odds of the best other partner of one of a pair who isn't one with the present partner. Who goes by another name, as a twin would, is no rival of a namesake: whoever he is, he casts no doubt on the two.
    /// </summary>
    private double BestRival(ScoredPair pair, int person, Dictionary<int, List<ScoredPair>> lists)
    {
        var best = double.NegativeInfinity;
        var partner = pair.Left == person ? pair.Right : pair.Left;
        foreach (var other in lists[person])
        {
            if (ReferenceEquals(other, pair) || other.Score.Odds <= best || other.Score.Odds < pair.Score.Odds - MatchModel.RivalBits) continue;
            if (CanNotBeOne(other) && !CanNotBeOne(pair)) continue;
            if (!AreOne(partner, other.Left == person ? other.Right : other.Left, person)) best = other.Score.Odds;
        }
        return best;
    }

    /// <summary>Whether two partners of a person are one themselves, or are both one with somebody else.</summary>
    private bool AreOne(int a, int b, int person)
    {
        if (table.AreAlike(a, b)) return true;
        var pair = Pair(a, b);
        if (!CanNotBeOne(pair) && pair.Score.Probability >= 0.5) return true;
        return isOneList && !CanNotBeOne(pair) && PartnersOf(a, person).Intersect(PartnersOf(b, person)).Any();
    }

    private IEnumerable<int> PartnersOf(int one, int except) => ofLeft.GetValueOrDefault(one, [])
        .Where(pair => pair.Score.Probability >= MatchModel.MatchAt && !NeedsPerson(pair)).Select(pair => pair.Left == one ? pair.Right : pair.Left).Where(other => other != except);

    /// <summary>
    /// In one list, two that are one with a third are one, also where they themselves look little alike. Where two of such a group can't be one, it falls into groups in which all can, the likeliest pairs first; what
    /// would join these is for a person to look at.
    /// </summary>
    private List<(ScoredPair Pair, MatchOutcome Outcome)> WithThirds(List<(ScoredPair Pair, MatchOutcome Outcome)> decided)
    {
        var (groups, parts) = (new Groups(table.Count), new Groups(table.Count));
        foreach (var (pair, outcome) in decided) if (outcome == MatchOutcome.Match) groups.Join(pair.Left, pair.Right);
        var matches = decided.Where(item => item.Outcome == MatchOutcome.Match).ToLookup(item => groups.Of(item.Pair.Left), item => item.Pair);
        foreach (var members in groups.All().Where(members => members.Count <= MostOfOne)) JoinParts(parts, members, matches[groups.Of(members[0])]);
        return
        [
            .. decided.Where(item => parts.Of(item.Pair.Left) != parts.Of(item.Pair.Right)).Select(item => (item.Pair, MatchOutcome.Review)),
            .. parts.All().SelectMany(PairsOf).Select(pair => (pair, MatchOutcome.Match)),
        ];
    }

    private void JoinParts(Groups parts, List<int> members, IEnumerable<ScoredPair> matches)
    {
        var apart = PairsOf(members).Where(CanNotBeOne).Select(pair => (pair.Left, pair.Right)).ToList();
        foreach (var pair in matches.OrderByDescending(pair => pair.Score.Odds).ThenBy(pair => pair.Left).ThenBy(pair => pair.Right))
        {
            var (one, other) = (parts.Of(pair.Left), parts.Of(pair.Right));
            if (one != other && !apart.Any(two => (parts.Of(two.Left), parts.Of(two.Right)) is var found && (found == (one, other) || found == (other, one)))) parts.Join(one, other);
        }
    }

    private IEnumerable<ScoredPair> PairsOf(List<int> members)
    {
        for (var i = 1; i < members.Count; i++) for (var j = 0; j < i; j++) yield return Pair(members[i], members[j]);
    }

    private ScoredPair Pair(int left, int right)
    {
        var pattern = PersonComparison.Compare(table.View(left), table.View(right));
        return new ScoredPair(left, right, pattern, model.Score(pattern, table, table.View(left), table.View(right), 2));
    }

    private bool NeedsPerson(ScoredPair pair) => model.NeedsPerson(pair.Pattern, table, table.View(pair.Left), table.View(pair.Right));

    private bool CanNotBeOne(ScoredPair pair) => model.HaveTwoNames(pair.Pattern, table, table.View(pair.Left), table.View(pair.Right));

    /// <summary>Who belongs together.</summary>
    private sealed class Groups(int people)
    {
        private readonly int[] parent = [.. Enumerable.Range(0, people)];

        public int Of(int person)
        {
            while (parent[person] != person) person = parent[person] = parent[parent[person]];
            return person;
        }

        public void Join(int a, int b) => parent[Math.Max(Of(a), Of(b))] = Math.Min(Of(a), Of(b));

        public IEnumerable<List<int>> All() => Enumerable.Range(0, people).GroupBy(Of).Where(group => group.Skip(1).Any()).Select(group => group.ToList());
    }
}
