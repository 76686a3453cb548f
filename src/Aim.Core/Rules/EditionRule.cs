using Aim.Editions;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Rules;

/// <summary>What a rule about an edition may know.</summary>
public sealed class EditionFacts
{
    public required EditionKey Edition { get; init; }

    /// <summary>The day as of which it is judged.</summary>
    public required DateOnly AsOf { get; init; }

    public required EditionFigures Figures { get; init; }

    /// <summary>The figures of the district's edition of the year before; null when there is none.</summary>
    public EditionFigures? LastYear { get; init; }

    public ReferenceData? Reference { get; init; }

    /// <summary>What is noted about the edition besides its rows; null where nobody can know.</summary>
    public NotedOfEdition? Noted { get; init; }

    /// <summary>The collection that is to be certified; null when none is.</summary>
    public string? Collection { get; init; }

    /// <summary>The one school that is judged; null for all.</summary>
    public string? School { get; init; }

    /// <summary>The schools of the district that are open on the day and judged.</summary>
    public IEnumerable<School> OpenSchools() =>
        (Reference?.SchoolsOf(Edition.District) ?? []).Where(school => (School is null || school.Number == School) && !school.IsClosedOn(AsOf));
}

/// <summary>A school, or with no school the district, that breaks a rule, and the values that its message names.</summary>
public sealed record EditionOffence(string? School, params (string Name, object? Value)[] Values)
{
    /// <summary>Whose rows are counted, where the rule reads several types and this is about one.</summary>
    public RecordType? Type { get; init; }
}

/// <summary>A rule about an edition as a whole: a line of a table. Its root cause is the school.</summary>
public sealed record EditionRule(Rule Rule, Func<EditionFacts, IEnumerable<EditionOffence>> Offences, params RecordType[] Reads)
{
    /// <summary>It can't be decided without the district's edition of the year before.</summary>
    public bool NeedsPriorYear { get; init; }

    /// <summary>It looks something up in the state's reference data.</summary>
    public bool NeedsReference { get; init; }

    /// <summary>It asks what is noted about the edition besides its rows.</summary>
    public bool NeedsNotes { get; init; }

    /// <summary>Where notes can't be known, it can be asked as if nothing had been noted.</summary>
    public bool AssumesNothingNoted { get; init; }

    /// <summary>What it asks of the notes are the figures of the funding system.</summary>
    public bool NeedsFunding { get; init; }

    /// <summary>It is about the district as a whole, and says nothing of one school alone.</summary>
    public bool IsOfDistrict { get; init; }

    /// <summary>The collections in which it is asked; empty means all, and whenever the edition is validated if it is no rule of certification.</summary>
    public IReadOnlyList<string> Collections { get; init; } = [];

    /// <summary>Whether the rule is asked when that collection is to be certified, or none.</summary>
    public bool IsAskedFor(string? collection) => Rule.Scope == RuleScope.Edition && Collections.Count == 0 || collection is not null && (Collections.Count == 0 || Collections.Contains(collection));

    /// <summary>Whether the rule can be decided with what is known, and is asked.</summary>
    public bool Applies(EditionFacts facts) =>
        (facts.LastYear is not null || !NeedsPriorYear) && (facts.Reference is not null || !NeedsReference) && (facts.Noted is not null || !NeedsNotes) && (facts.School is null || !IsOfDistrict) &&
        IsAskedFor(facts.Collection);
}
