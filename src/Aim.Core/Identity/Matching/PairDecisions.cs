namespace Aim.Identity.Matching;

/// <summary>Two people of a table with their score.</summary>
internal sealed record ScoredPair(int Left, int Right, AgreementPattern Pattern, MatchScore Score);

/// <summary>
/// Decides pairs in sight of each other: one who has a far better partner is not matched to a weaker one as well, and between partners about as good a person decides, unless these are
/// one themselves.
/// </summary>
internal sealed class PairDecisions(PersonTable table, MatchModel model, List<ScoredPair> pairs, bool isOneList)
{
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

    /// <summary>The odds of the best other partner of one of a pair who isn't one with the present partner.</summary>
    private double BestRival(ScoredPair pair, int person, Dictionary<int, List<ScoredPair>> lists)
    {
        var best = double.NegativeInfinity;
        var partner = pair.Left == person ? pair.Right : pair.Left;
        foreach (var other in lists[person])
        {
            if (ReferenceEquals(other, pair) || other.Score.Odds <= best || other.Score.Odds < pair.Score.Odds - MatchModel.RivalBits) continue;
            if (!AreOne(partner, other.Left == person ? other.Right : other.Left, person)) best = other.Score.Odds;
        }
        return best;
    }

    /// <summary>Whether two partners of a person are one themselves, or are both one with somebody else.</summary>
    private bool AreOne(int a, int b, int person)
    {
        var pair = Pair(a, b);
        if (!CanNotBeOne(pair) && pair.Score.Probability >= 0.5) return true;
        return isOneList && !CanNotBeOne(pair) && PartnersOf(a, person).Intersect(PartnersOf(b, person)).Any();
    }

    private IEnumerable<int> PartnersOf(int one, int except) => ofLeft.GetValueOrDefault(one, [])
        .Where(pair => pair.Score.Probability >= MatchModel.MatchAt && !NeedsPerson(pair)).Select(pair => pair.Left == one ? pair.Right : pair.Left).Where(other => other != except);

    /// <summary>
    /// In one list, two that are one with a third are one, also where they themselves look little alike. Where two of such a group can't be one, the whole group is for a person to sort out.
    /// </summary>
    private List<(ScoredPair Pair, MatchOutcome Outcome)> WithThirds(List<(ScoredPair Pair, MatchOutcome Outcome)> decided)
    {
        var groups = new Groups(table.Count);
        foreach (var (pair, outcome) in decided) if (outcome == MatchOutcome.Match) groups.Join(pair.Left, pair.Right);
        var known = decided.ToDictionary(item => (item.Pair.Left, item.Pair.Right), item => item.Outcome);
        var result = decided.Where(item => item.Outcome == MatchOutcome.Review && groups.Of(item.Pair.Left) != groups.Of(item.Pair.Right)).ToList();
        foreach (var members in groups.All())
        {
            var all = new List<ScoredPair>();
            for (var i = 1; i < members.Count; i++) for (var j = 0; j < i; j++) all.Add(Pair(members[i], members[j]));
            var conflict = all.Any(CanNotBeOne);
            result.AddRange(all.Where(pair => !conflict || known.ContainsKey((pair.Left, pair.Right))).Select(pair => (pair, conflict ? MatchOutcome.Review : MatchOutcome.Match)));
        }
        return result;
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
