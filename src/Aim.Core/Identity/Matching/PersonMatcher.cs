using Aim.Records;

namespace Aim.Identity.Matching;

/// <summary>Decides whether a child is one of a few who are known. How common a name is isn't known here, so that the embedded frequencies count.</summary>
public static class PersonMatcher
{
    /// <summary>Among how many a child is looked for, in round figures: so many children does a state know.</summary>
    private const long People = 500_000;

    /// <summary>What is less likely isn't shown to anybody who looks.</summary>
    private const double WorthALook = 0.0001;

    private static readonly MatchModel Model = MatchModel.Default(People, countsValues: false);

    public static MatchDecision Decide(PersonTraits child, IReadOnlyList<(StateId Id, PersonTraits Traits)> known) => Weigh(child, known, MatchModel.ReviewAt);

    /// <summary>The same, with the less likely ones too.</summary>
    public static MatchDecision WeighAll(PersonTraits child, IReadOnlyList<(StateId Id, PersonTraits Traits)> known) => Weigh(child, known, WorthALook);

    /// <summary>What speaks for and against one of them, however unlikely.</summary>
    public static MatchCandidate WeighOne(PersonTraits child, StateId id, PersonTraits traits) => Weigh(child, [(id, traits)], least: 0).Candidates[0];

    /// <summary>How far two records of people agree, field by field.</summary>
    internal static AgreementPattern Compare(PersonTraits one, PersonTraits other)
    {
        var table = new PersonTable();
        return PersonComparison.Compare(table.View(table.Add(one)), table.View(table.Add(other)));
    }

    private static MatchDecision Weigh(PersonTraits child, IReadOnlyList<(StateId Id, PersonTraits Traits)> known, double least)
    {
        if (known.Count == 0) return new MatchDecision(null, [], Model.Version);
        var table = new PersonTable();
        foreach (var (_, traits) in known) table.Add(traits);
        var asked = table.Encode(child);
        var found = new List<(int Number, AgreementPattern Pattern, MatchScore Score)>();
        for (var i = 0; i < known.Count; i++)
        {
            var pattern = PersonComparison.Compare(table.View(asked), table.View(i));
            var score = Model.Score(pattern, table, table.View(asked), table.View(i), 1);
            if (score.Probability >= least) found.Add((i, pattern, score));
        }
        return Model.Decide(found, item => known[item].Id, table, asked);
    }
}
