using System.Collections.Frozen;
using System.Text.Json;
using Aim.Records;

namespace Aim.Identity.Matching;

/// <summary>How sure it is that two people are one.</summary>
/// <param name="Weight">What all fields together say, in bits: by how many doublings they are likelier for one person than for two strangers.</param>
/// <param name="Probability">That they are one, given how many pairs there are and that relatives agree in much.</param>
public readonly record struct MatchScore(double Weight, double Probability)
{
    /// <summary>The probability as odds, in bits: 0 is even, 7 is about 99 %.</summary>
    public double Odds => Math.Log2(Probability / Math.Max(1e-300, 1 - Probability));
}

/// <summary>What a field adds to a weight.</summary>
public sealed record FieldWeight(MatchField Field, Agreement Agreement, double Weight);

/// <summary>
/// The weights of a comparison after Fellegi and Sunter (1969): for each field and level how often it is seen in two records of one person (m) and in two of
/// strangers (u), with the frequency of the very value in place of u where both have the same. Against "one person" stand two others: strangers, and relatives, who
/// share surname and home and, as twins, the birth date. The embedded parameters have a version; estimated ones say so.
/// </summary>
public sealed class MatchModel
{
    /// <summary>No single value counts as rarer than this.</summary>
    private const double RarestValue = 2e-5;

    /// <summary>How often relatives don't share what relatives share.</summary>
    private const double Apart = 0.1;

    private static readonly StoredModel Stored = JsonSerializer.Deserialize<StoredModel>(EmbeddedData.Open("Identity/Matching/Data/model.json"), JsonSerializerOptions.Web)!;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> NoValues = Stored.NoValue.ToFrozenSet().GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly double[] weights;
    private readonly double[] mostOfUnlike = new double[AgreementPattern.Fields];

    internal MatchModel(string version, double[] m, double[] u, double matches, double relatives, bool hasFamilies, bool countsValues = true, bool hasOwnNumbers = false)
    {
        (Version, M, U, Matches, Relatives, HasFamilies, CountsValues, HasOwnNumbers) = (version, m, u, matches, relatives, hasFamilies, countsValues, hasOwnNumbers);
        weights = [.. m.Zip(u, (one, strangers) => one <= 0 || strangers <= 0 ? 0 : Math.Log2(one / strangers))];
        foreach (var field in Enum.GetValues<MatchField>())
        {
            weights[At(field, Agreement.Same)] = field == MatchField.Order ? weights[At(field, Agreement.Same)] : Math.Max(0, weights[At(field, Agreement.Same)]);
            weights[At(field, Agreement.Differs)] = Math.Min(0, weights[At(field, Agreement.Differs)]);
            mostOfUnlike[(int)field] = weights.AsSpan(At(field, Agreement.Same) + 1, (int)Agreement.Differs - 1).ToArray().Where(weight => weight != 0).Append(weights[At(field, Agreement.Differs)]).Max();
        }
    }

    /// <summary>The embedded parameters, for a search among so many people.</summary>
    /// <param name="countsValues">False where only a few of them are at hand, so that nothing can be said about how common a name is.</param>
    public static MatchModel Default(long people, bool countsValues = true) =>
        new(Stored.Version, Parameters(0), Parameters(1), 0.5 / Math.Max(1, people), 0.5 * Stored.Relatives / Math.Max(1, people), true, countsValues);

    /// <summary>Which parameters these are; kept with every decision.</summary>
    public string Version { get; }

    internal double[] M { get; }
    internal double[] U { get; }

    /// <summary>The share of all pairs that are one person's.</summary>
    internal double Matches { get; }

    /// <summary>The share of all pairs that are relatives.</summary>
    internal double Relatives { get; }

    /// <summary>Whether people of one family have to be reckoned with, as always among children. Where they have, people of different first names are never one to a machine, nor twins whose names are alike.</summary>
    internal bool HasFamilies { get; }

    /// <summary>Whether what is known beside names, birth dates and homes is each person's own, so that relatives don't share it and who has the same is the same person in spite of another name or birth date.</summary>
    internal bool HasOwnNumbers { get; }

    private bool CountsValues { get; }

    /// <summary>From this probability on a machine may decide that two are one.</summary>
    public static double MatchAt => Stored.MatchAt;

    /// <summary>From this probability on a person has to look.</summary>
    public static double ReviewAt => Stored.ReviewAt;

    /// <summary>Somebody within so many bits of the best is a rival; what is further away is somebody else.</summary>
    public static double RivalBits => Stored.RivalBits;

    internal static double TwinShare => Stored.Twins;

    internal static FrozenDictionary<string, string> StreetWords { get; } = Stored.StreetWords.ToFrozenDictionary();

    /// <summary>Words that are written where nothing is known.</summary>
    internal static bool IsNoValue(ReadOnlySpan<char> words) => NoValues.Contains(words);

    internal static int At(MatchField field, Agreement level) => (int)field * AgreementPattern.Levels + (int)level;

    private static double[] Parameters(int which)
    {
        var values = new double[AgreementPattern.Fields * AgreementPattern.Levels];
        foreach (var (field, levels) in Stored.Fields)
            foreach (var (level, pair) in levels) values[At(Enum.Parse<MatchField>(field, true), Enum.Parse<Agreement>(level, true))] = pair[which];
        return values;
    }

    /// <summary>The weight without regard to how common the values are.</summary>
    internal double PlainWeight(AgreementPattern pattern)
    {
        var sum = 0.0;
        for (var field = MatchField.Last; field <= MatchField.Order; field++) sum += weights[At(field, pattern[field])];
        return sum;
    }

    internal double PlainWeight(MatchField field, Agreement level) => weights[At(field, level)];

    /// <summary>The most that a field can add when both say something and not the same.</summary>
    internal double MostOfUnlike(MatchField field) => mostOfUnlike[(int)field];

    /// <summary>The most that exchanged names can add.</summary>
    internal double MostOfExchanged => weights[At(MatchField.Order, Agreement.Swapped)] + MostOf(MatchField.Last) + MostOf(MatchField.First);

    private double MostOf(MatchField field) => Math.Max(MostOfUnlike(field), Math.Log2(M[At(field, Agreement.Same)] / RarestValue));

    /// <summary>The most that a field of a person can add when another has the same.</summary>
    internal double WeightOfSame(MatchField field, PersonTable table, PersonView person, int counted) => Weight(field, default(AgreementPattern).With(field, Agreement.Same), table, person, person, counted);

    /// <param name="counted">How many of the two are counted in the table.</param>
    internal MatchScore Score(AgreementPattern pattern, PersonTable table, PersonView a, PersonView b, int counted)
    {
        var (sum, kin) = (0.0, 0.0);
        for (var field = MatchField.Last; field <= MatchField.Order; field++)
        {
            var weight = Weight(field, pattern, table, a, b, counted);
            sum += weight;
            kin += OfRelatives(field, pattern[field], weight);
        }
        var one = Matches * double.Exp2(sum);
        return new MatchScore(sum, one / (one + Relatives * double.Exp2(kin) + 1));
    }

    /// <summary>The shares of one person and of relatives in a pattern, without regard to how common the values are.</summary>
    internal (double One, double Relatives) Shares(AgreementPattern pattern)
    {
        var (sum, kin) = (0.0, 0.0);
        for (var field = MatchField.Last; field <= MatchField.Order; field++)
        {
            var weight = weights[At(field, pattern[field])];
            sum += weight;
            kin += OfRelatives(field, pattern[field], weight);
        }
        var (one, relative) = (Matches * double.Exp2(sum), Relatives * double.Exp2(kin));
        return (one / (one + relative + 1), relative / (one + relative + 1));
    }

    internal IReadOnlyList<FieldWeight> Explain(AgreementPattern pattern, PersonTable table, PersonView a, PersonView b, int counted)
    {
        var list = new List<FieldWeight>();
        for (var field = MatchField.Last; field <= MatchField.Order; field++)
            if (pattern[field] != Agreement.Missing) list.Add(new FieldWeight(field, pattern[field], Math.Round(Weight(field, pattern, table, a, b, counted), 2)));
        return list;
    }

    private double Weight(MatchField field, AgreementPattern pattern, PersonTable table, PersonView a, PersonView b, int counted)
    {
        var level = pattern[field];
        if (level != Agreement.Same || !CountsValues || field is MatchField.Suffix or MatchField.Gender or MatchField.Order) return weights[At(field, level)];
        var swapped = pattern[MatchField.Order] == Agreement.Swapped;
        var share = field switch
        {
            MatchField.Birth => Math.Max(U[At(field, Agreement.Same)], (table.CountOfBirth(a.Birth) - counted - 1) / (double)Math.Max(1, table.BirthsPresent)),
            MatchField.Last => Share(table, swapped ? Trait.First : Trait.Last, swapped ? b[Trait.First] : b[Trait.Last], counted),
            MatchField.First => Share(table, swapped ? Trait.Last : Trait.First, swapped ? b[Trait.Last] : b[Trait.First], counted),
            MatchField.Middle => Share(table, Trait.Middle, b[Trait.Middle], counted),
            MatchField.Street => Share(table, Trait.Street, b[Trait.Street], counted),
            MatchField.Place => PlaceShare(table, a, b, counted),
            _ => Share(table, Trait.Other, b[Trait.Other], counted),
        };
        return Math.Max(0, Math.Log2(M[At(field, level)] / Math.Clamp(share, RarestValue, 1)));
    }

    private static double Share(PersonTable table, Trait trait, int number, int counted) => (Math.Max(0, table.CountOf(trait, number) - counted) + 0.5) / Math.Max(1, table.PresentOf(trait));

    private static double PlaceShare(PersonTable table, PersonView a, PersonView b, int counted)
    {
        var trait = a[Trait.City] == b[Trait.City] && a[Trait.City] != 0 ? a[Trait.Postcode] == b[Trait.Postcode] && a[Trait.Postcode] != 0 ? Trait.Place : Trait.City : Trait.Postcode;
        return Share(table, trait, b[trait], counted);
    }

    /// <summary>What a field says for two relatives against two strangers.</summary>
    private double OfRelatives(MatchField field, Agreement level, double weight) => field switch
    {
        MatchField.Other when HasOwnNumbers => 0,
        MatchField.Last or MatchField.Street or MatchField.Place or MatchField.Other when level != Agreement.Missing => Math.Log2((1 - Apart) * double.Exp2(weight) + Apart),
        MatchField.Birth when level == Agreement.Same => Math.Log2(TwinShare * double.Exp2(weight) + 1),
        _ => 0,
    };

    /// <summary>
    /// Whether a machine must not decide that two are one, however likely: twins are told apart by their first names alone, people named after one another by their birth dates, and where no
    /// name can be compared there is nothing to go by.
    /// </summary>
    internal bool NeedsPerson(AgreementPattern pattern, PersonTable table, PersonView a, PersonView b)
    {
        if (HaveTwoNames(pattern, table, a, b) || !MayErr(pattern) && pattern[MatchField.Birth] == Agreement.Differs) return true;
        return pattern[MatchField.First] == Agreement.Missing && (pattern[MatchField.Last] is Agreement.Missing or Agreement.Differs && !HasSameNumber(pattern) || !MayErr(pattern) && TwinNames.IsOfTwins(pattern));
    }

    /// <summary>Whether two people go by first names that a machine must take for those of two.</summary>
    internal bool HaveTwoNames(AgreementPattern pattern, PersonTable table, PersonView a, PersonView b) =>
        pattern[MatchField.First] == Agreement.Differs ? !MayErr(pattern) || pattern[MatchField.Middle] == Agreement.Differs || pattern[MatchField.Gender] == Agreement.Differs
            : !MayErr(pattern) && TwinNames.AreIn(pattern, table, a, b, CountsValues);

    /// <summary>Whether another name or birth date may be a mistake about one person: there are no relatives to reckon with, or the two have the same number, which is a person's own.</summary>
    private bool MayErr(AgreementPattern pattern) => !HasFamilies || HasSameNumber(pattern);

    private bool HasSameNumber(AgreementPattern pattern) => HasOwnNumbers && pattern[MatchField.Other] == Agreement.Same;

    /// <summary>What a search comes to: a match if the best is likely enough, needs no person, and has no rival.</summary>
    /// <param name="found">Those likely enough to look at.</param>
    internal MatchDecision Decide(List<(int Person, AgreementPattern Pattern, MatchScore Score)> found, Func<int, StateId> idOf, PersonTable table, EncodedPerson asked)
    {
        if (found.Count == 0) return new MatchDecision(null, [], Version);
        found.Sort((a, b) => b.Score.Probability.CompareTo(a.Score.Probability) is not 0 and var order ? order : idOf(a.Person).CompareTo(idOf(b.Person)));
        var best = found[0];
        var isSure = best.Score.Probability >= MatchAt && !NeedsPerson(best.Pattern, table, table.View(asked), table.View(best.Person)) && (found.Count == 1 || found[1].Score.Odds < best.Score.Odds - RivalBits);
        return new MatchDecision(isSure ? MatchOutcome.Match : MatchOutcome.Review,
            [.. found.Select(item => new MatchCandidate(idOf(item.Person), item.Score, Explain(item.Pattern, table, table.View(asked), table.View(item.Person), 1)))], Version);
    }

    private sealed record StoredModel(string Version, double MatchAt, double ReviewAt, double RivalBits, double Relatives, double Twins, Dictionary<string, Dictionary<string, double[]>> Fields, string[] NoValue,
        Dictionary<string, string> StreetWords);
}
