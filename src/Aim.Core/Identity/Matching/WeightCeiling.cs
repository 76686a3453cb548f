namespace Aim.Identity.Matching;

/// <summary>
/// The most that a person can weigh with another once their names have been compared: most who share a key with the person looked for are ruled out by it, before the rest, which is dear to
/// compare, has been. A ceiling is never below the weight itself.
/// </summary>
internal readonly ref struct WeightCeiling
{
    /// <summary>Sums of the same weights differ in their last bits.</summary>
    private const double Slack = 1e-6;

    private readonly MatchModel model;
    private readonly PersonView person;
    private readonly double least, last, first, middle, street, place, other;

    /// <param name="counted">How many of two are counted in the table.</param>
    /// <param name="leastProbability">Who is less likely to be the person is of no interest.</param>
    public WeightCeiling(MatchModel model, PersonTable table, PersonView person, int counted, double leastProbability)
    {
        this.model = model;
        this.person = person;
        least = Math.Log2(leastProbability / (1 - leastProbability) / model.Matches) - Slack;
        last = model.WeightOfSame(MatchField.Last, table, person, counted);
        first = model.WeightOfSame(MatchField.First, table, person, counted);
        middle = model.WeightOfSame(MatchField.Middle, table, person, counted);
        street = model.WeightOfSame(MatchField.Street, table, person, counted);
        place = model.WeightOfSame(MatchField.Place, table, person, counted);
        other = model.WeightOfSame(MatchField.Other, table, person, counted);
    }

    public bool MayBeReached(AgreementPattern names, ref readonly PersonRow row) =>
        OfNames(names) + model.PlainWeight(MatchField.Birth, PersonComparison.Births(person.Birth, row.Birth)) + model.PlainWeight(MatchField.Gender, PersonComparison.Codes(person.Gender, row.Gender))
        + model.PlainWeight(MatchField.Suffix, PersonComparison.Codes(person.Suffix, row.Suffix)) + Math.Max(0, Of(MatchField.Middle, Trait.Middle, middle, in row))
        + Of(MatchField.Street, Trait.Street, street, in row) + OfPlace(in row) + Of(MatchField.Other, Trait.Other, other, in row) >= least;

    /// <summary>What exchanged names weigh depends on how common each is as the other kind; the rarest are reckoned with.</summary>
    private double OfNames(AgreementPattern names) =>
        names[MatchField.Order] == Agreement.Swapped ? model.MostOfExchanged : OfName(MatchField.Last, names, last) + OfName(MatchField.First, names, first);

    private double OfName(MatchField field, AgreementPattern names, double same) => names[field] == Agreement.Same ? same : model.PlainWeight(field, names[field]);

    private double Of(MatchField field, Trait trait, double same, ref readonly PersonRow row)
    {
        var (x, y) = (person[trait], row[trait]);
        return x == 0 || y == 0 ? 0 : x == y ? same : model.MostOfUnlike(field);
    }

    private double OfPlace(ref readonly PersonRow row)
    {
        if (person[Trait.Place] == 0 || row[Trait.Place] == 0) return 0;
        var unlike = Math.Max(0, model.MostOfUnlike(MatchField.Place));
        return IsSame(Trait.City, in row) || IsSame(Trait.Postcode, in row) ? Math.Max(place, unlike) : unlike;
    }

    private bool IsSame(Trait trait, ref readonly PersonRow row) => person[trait] > 0 && person[trait] == row[trait];
}
