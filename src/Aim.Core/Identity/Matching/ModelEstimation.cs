namespace Aim.Identity.Matching;

/// <summary>
/// Fits a model to files without knowing who is who: expectation and maximisation over the patterns of the compared pairs, with u from pairs drawn at random. So it
/// holds for files with other columns, other mistakes, other names. Where files say little, the embedded parameters weigh in.
/// </summary>
internal static class ModelEstimation
{
    private const int Rounds = 40;

    /// <summary>Pairs that the embedded parameters are worth.</summary>
    private const double PriorPairs = 20, PriorRandomPairs = 200;

    /// <summary>
    /// No disagreement is rarer among matches than this share of what the embedded parameters say: files with little in them would otherwise prove to themselves that nobody ever errs.
    /// </summary>
    private const double LeastOfPrior = 0.25;

    /// <summary>Relatives to matches: no more than this, whatever the files say.</summary>
    private const double MostRelatives = 50;

    /// <summary>Where no relatives are seen among n matches, there may still be three in n.</summary>
    private const double UnseenRelatives = 3;

    /// <summary>Fewer relatives than this to a match, and the people of a list are no families.</summary>
    private const double FewRelatives = 0.02;

    /// <param name="patterns">How often each pattern is among the compared pairs.</param>
    /// <param name="random">How often each field's levels are among pairs drawn at random.</param>
    /// <param name="allPairs">How many pairs there are, compared or not.</param>
    /// <param name="mayLackFamilies">The files themselves show that they are of no families; see <see cref="FamilySigns"/>. What is estimated alone never says so.</param>
    /// <param name="hasOwnNumbers">What the files have beside names, dates and homes is each person's own; see <see cref="OwnNumbers"/>.</param>
    public static MatchModel Estimate(MatchModel start, IReadOnlyDictionary<AgreementPattern, long> patterns, double[] random, double allPairs, bool mayLackFamilies, bool hasOwnNumbers)
    {
        var observed = Observed(start, random);
        // Sums of doubles depend on their order, and the dictionary's is that in which threads were done.
        var ordered = patterns.OrderBy(item => item.Key.Bits).ToArray();
        var (m, u) = ((double[])start.M.Clone(), observed);
        var (matches, relatives) = (start.Matches, start.Relatives);
        for (var round = 0; round < Rounds; round++)
        {
            var model = new MatchModel(start.Version, m, u, matches, relatives, true, hasOwnNumbers: hasOwnNumbers);
            var sums = new double[m.Length];
            var (ones, kin) = (0.0, 0.0);
            foreach (var (pattern, count) in ordered)
            {
                var (one, relative) = model.Shares(pattern);
                ones += one * count;
                kin += relative * count;
                for (var field = MatchField.Last; field <= MatchField.Order; field++) sums[MatchModel.At(field, pattern[field])] += one * count;
            }
            matches = Math.Max(ones, 0.5) / allPairs;
            relatives = Math.Clamp(kin, Math.Min(UnseenRelatives, ones), MostRelatives * Math.Max(ones, 0.5)) / allPairs;
            m = OfMatches(start, sums);
            u = OfStrangers(observed, m, matches);
        }
        return new MatchModel($"{start.Version}-estimated", m, u, matches, relatives, !mayLackFamilies || relatives > FewRelatives * matches, hasOwnNumbers: hasOwnNumbers);
    }

    private static double[] Observed(MatchModel start, double[] random)
    {
        var u = (double[])start.U.Clone();
        for (var field = MatchField.Last; field < MatchField.Order; field++)
        {
            var total = PriorRandomPairs + Sum(random, field);
            for (var level = Agreement.Same; level <= Agreement.Differs; level++)
            {
                var at = MatchModel.At(field, level);
                u[at] = (start.U[at] * PriorRandomPairs + random[at]) / total;
            }
        }
        return u;
    }

    private static double[] OfMatches(MatchModel start, double[] sums)
    {
        var m = new double[sums.Length];
        for (var field = MatchField.Last; field <= MatchField.Order; field++)
        {
            var total = PriorPairs + Sum(sums, field);
            for (var level = Agreement.Same; level <= Agreement.Differs; level++)
            {
                var at = MatchModel.At(field, level);
                m[at] = Math.Max(start.M[at] * LeastOfPrior, (start.M[at] * PriorPairs + sums[at]) / total);
            }
        }
        return m;
    }

    /// <summary>Among pairs drawn at random there are some of one person; they are taken out.</summary>
    private static double[] OfStrangers(double[] observed, double[] m, double matches) =>
        [.. observed.Select((share, at) => at / AgreementPattern.Levels == (int)MatchField.Order ? share : Math.Max(share * 0.1, (share - matches * m[at]) / (1 - matches)))];

    private static double Sum(double[] values, MatchField field)
    {
        var sum = 0.0;
        for (var level = Agreement.Same; level <= Agreement.Differs; level++) sum += values[MatchModel.At(field, level)];
        return sum;
    }
}
