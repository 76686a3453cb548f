using Aim.Records;
using Aim.Organizations;

namespace Aim.Rules;

/// <summary>One row of a student in an edition, as a rule sees it.</summary>
/// <param name="IsNew">The row is in the file being checked, rather than stored before.</param>
public abstract record ViewEntry(RowPlace Place, bool IsNew, string? StatedLastName, string? StatedFirstName)
{
    internal abstract Finding FindingOf(Rule rule);
}

/// <inheritdoc />
public sealed record Entry<T>(T Record, RowPlace Place, bool IsNew = true, string? StatedLastName = null, string? StatedFirstName = null)
    : ViewEntry(Place, IsNew, StatedLastName, StatedFirstName) where T : IRecord<T>
{
    internal override Finding FindingOf(Rule rule) => Findings.Of(rule, Record, Place, cause: null, facts: null);
}

/// <summary>All rows a district has about one local id in one year, as a load would leave them.</summary>
public sealed class StudentView
{
    public Entry<Student>? Student { get; private set; }

    /// <summary>By start date.</summary>
    public List<Entry<Enrollment>> Enrollments { get; } = [];

    public List<Entry<ProgramParticipation>> Programs { get; } = [];
    public List<Entry<EnglishLearner>> EnglishLearner { get; } = [];
    public List<Entry<SpecialEducation>> SpecialEducation { get; } = [];

    public List<ViewEntry> Entries { get; } = [];

    /// <summary>The rows of one type, in the order of <see cref="Entries"/>.</summary>
    public IEnumerable<Entry<T>> Of<T>(RecordType<T> type) where T : IRecord<T>
    {
        foreach (var entry in Entries) if (entry.Place.Type == type) yield return (Entry<T>)entry;
    }

    public void Add(ViewEntry entry)
    {
        Entries.Add(entry);
        switch (entry)
        {
            case Entry<Student> student: Student = student; break;
            case Entry<Enrollment> enrollment: Enrollments.Add(enrollment); break;
            case Entry<ProgramParticipation> program: Programs.Add(program); break;
            case Entry<EnglishLearner> learner: EnglishLearner.Add(learner); break;
            case Entry<SpecialEducation> special: SpecialEducation.Add(special); break;
        }
    }

    /// <summary>Puts rows in the order rules rely on; call after the last <see cref="Add"/>.</summary>
    public void Sort()
    {
        if (Enrollments.Count < 2) return;
        Enrollments.Sort((a, b) => Nullable.Compare(a.Record.StartDate, b.Record.StartDate) is not 0 and var byStart ? byStart : a.Place.Line.CompareTo(b.Place.Line));
    }
}

/// <summary>What a student rule may know besides the student's rows.</summary>
public sealed class StudentFacts
{
    public required SchoolYear Year { get; init; }
    public ReferenceData? Reference { get; init; }

    /// <summary>Whether the district's edition of the year before is there at all.</summary>
    public bool HasPriorYear { get; init; }

    /// <summary>The same local id in the district's edition of the year before.</summary>
    public StudentView? PriorYear { get; set; }
}

/// <summary>A rule that needs all rows of one student in the district.</summary>
public sealed record StudentRule(Rule Rule, Func<StudentView, StudentFacts, IEnumerable<ViewEntry>> Offenders, params RecordType[] Reads)
{
    /// <summary>It can't be decided without the district's edition of the year before.</summary>
    public bool NeedsPriorYear { get; init; }

    /// <summary>Each row is judged by itself and the student's demographics; a file without either has nothing to say about it.</summary>
    public bool JudgesRowsAlone { get; init; }
}

/// <summary>
/// Runs the student rules an upload can affect: those that read a record type the file holds. Rules that reject rows run first, so that
/// the others judge the student as the load would leave them.
/// </summary>
public sealed class StudentRuleSet
{
    private readonly StudentRule[] fatal;
    private readonly StudentRule[] others;
    private readonly bool readsDemographics;

    public StudentRuleSet(IEnumerable<StudentRule> catalog, IEnumerable<RecordType> recordTypes, SchoolYear year, bool hasPriorYear)
    {
        var types = recordTypes.ToHashSet();
        var rules = catalog
            .Where(rule => rule.Reads.Any(types.Contains) && rule.Rule.IsInForce(year) && (hasPriorYear || !rule.NeedsPriorYear))
            .ToLookup(rule => rule.Rule.EffectiveSeverity == Severity.Fatal);
        fatal = [.. rules[true]];
        others = [.. rules[false]];
        readsDemographics = types.Contains(RecordTypes.Student);
        NeedsPriorYear = rules.SelectMany(rule => rule).Any(rule => rule.NeedsPriorYear);
    }

    /// <summary>Whether any of the rules asks for the year before.</summary>
    public bool NeedsPriorYear { get; }

    /// <summary>The rows that must not be loaded, each reported once a rule.</summary>
    public IReadOnlyCollection<ViewEntry> CheckFatal(StudentView view, StudentFacts facts, IFindingSink findings)
    {
        HashSet<ViewEntry>? rejected = null;
        foreach (var rule in fatal)
        {
            foreach (var entry in rule.Offenders(view, facts))
            {
                if (!entry.IsNew) continue;
                findings.Add(entry.FindingOf(rule.Rule));
                (rejected ??= new(ReferenceEqualityComparer.Instance)).Add(entry);
            }
        }
        return rejected ?? (IReadOnlyCollection<ViewEntry>)[];
    }

    public void CheckOthers(StudentView view, StudentFacts facts, IFindingSink findings)
    {
        foreach (var rule in others)
        {
            foreach (var entry in rule.Offenders(view, facts))
            {
                if (entry.IsNew || readsDemographics || !rule.JudgesRowsAlone) findings.Add(entry.FindingOf(rule.Rule));
            }
        }
    }
}
