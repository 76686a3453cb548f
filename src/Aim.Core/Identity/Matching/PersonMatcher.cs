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

    /// <summary>Whether two records can't be of one child: first names and birth dates both differ, beyond slips of the pen, nicknames and exchanged parts.</summary>
    public static bool AreTwo(PersonTraits one, PersonTraits other)
    {
        var table = new PersonTable();
        var pattern = PersonComparison.Compare(table.View(table.Add(one)), table.View(table.Add(other)));
        return pattern[MatchField.First] == Agreement.Differs && pattern[MatchField.Birth] == Agreement.Differs;
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
