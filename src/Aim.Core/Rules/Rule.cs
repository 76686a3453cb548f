using Aim.Organizations;
using Aim.Records;

namespace Aim.Rules;

/// <summary>What a violated rule does to the row and to certification.</summary>
public enum Severity
{
    /// <summary>For the reader's information.</summary>
    Info = 1,

    /// <summary>Loaded; somebody has to acknowledge it with a reason.</summary>
    Warning = 2,

    /// <summary>Loaded; blocks certification until it is corrected.</summary>
    Error = 3,

    /// <summary>The row isn't loaded; it is kept in the rejects file.</summary>
    Fatal = 4,
}

/// <summary>How much must be known to decide a rule.</summary>
public enum RuleScope { File = 1, Row = 2, Student = 3, Identity = 4, State = 5, Edition = 6, Certification = 7 }

/// <summary>
/// How far a rule's introduction has come. A new rule is first shown for information, then warns, then has its full severity, so that
/// nobody is blocked in the middle of a collection by a rule they never saw.
/// </summary>
public enum RuleStage { Observe = 1, Warn = 2, Enforce = 3 }

/// <summary>
/// A rule of the catalogue. Its id never changes and is never given to another rule; a letter after the number (<c>ENR-009B</c>) marks a
/// variant of the same check with another severity. The message may hold field names in braces, which are replaced by the row's values.
/// </summary>
public sealed record Rule(string Id, Severity Severity, RuleScope Scope, string Field, string Title, string Message, string HowToFix)
{
    /// <summary>The upload types whose rows it is about; empty means every type.</summary>
    public IReadOnlyList<RecordType> Records { get; init; } = [];

    /// <summary>What to do about a record sent as JSON, where that is said in other words than for a file.</summary>
    public string? HowToFixAsJson { get; init; }

    /// <summary>Where it comes from: law, manual or the practice of other states.</summary>
    public string? Basis { get; init; }

    /// <summary>First and last school year (end years) for which it holds; null is open.</summary>
    public int? FirstYear { get; init; }

    /// <inheritdoc cref="FirstYear" />
    public int? LastYear { get; init; }

    /// <summary>Broken only by records that are saved or pushed one by one; no file can break it.</summary>
    public bool IsOfSaves { get; init; }

    /// <summary>In the catalogue, the stage where the state has set none.</summary>
    public RuleStage Stage { get; init; } = RuleStage.Enforce;

    /// <summary>The severity findings get at the rule's stage.</summary>
    public Severity EffectiveSeverity => Stage switch
    {
        RuleStage.Observe => Severity.Info,
        RuleStage.Warn when Severity > Severity.Warning => Severity.Warning,
        _ => Severity,
    };

    /// <summary>The rule at the stage at which the state has it in a school year: whoever judges the year takes it from here, once for all that is judged.</summary>
    /// <param name="reference">The year's; null leaves the rule at the stage of the catalogue.</param>
    public Rule In(ReferenceData? reference) => reference?.Stages?.TryGetValue(Id, out var set) == true ? this with { Stage = set } : this;

    public bool IsInForce(SchoolYear year) => year.EndYear >= (FirstYear ?? int.MinValue) && year.EndYear <= (LastYear ?? int.MaxValue);
}
