using Aim.Editions;
using Aim.Identity;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Rules;

/// <summary>One row of a student in an edition, as a rule sees it.</summary>
/// <param name="IsNew">The row is in the file being checked, rather than stored before.</param>
public abstract record ViewEntry(RowPlace Place, bool IsNew, string? StatedLastName, string? StatedFirstName)
{
    /// <summary>The State ID in the row.</summary>
    public StateId? StatedId { get; init; }

    /// <summary>The row is in the file as it is stored already: what else the file brings has to give way to it, as to any stored row.</summary>
    public bool IsUnchanged { get; init; }

    internal abstract Finding FindingOf(Rule rule, string? cause);

    internal abstract void AddTo(StudentView view);
}

/// <inheritdoc />
public sealed record Entry<T>(T Record, RowPlace Place, bool IsNew = true, string? StatedLastName = null, string? StatedFirstName = null)
    : ViewEntry(Place, IsNew, StatedLastName, StatedFirstName) where T : IRecord<T>
{
    internal override Finding FindingOf(Rule rule, string? cause) => Findings.Of(rule, Record, Place, cause, facts: null, StatedId);

    internal override void AddTo(StudentView view) => view.Add(this);
}

/// <summary>All rows a district has about one local id in one year, as a load would leave them.</summary>
public sealed class StudentView
{
    private readonly object?[] byType = new object?[RecordTypes.HighestNumber + 1];

    public Entry<Student>? Student => Of(RecordTypes.Student) is { Count: > 0 } students ? students[^1] : null;

    /// <summary>By start date.</summary>
    public List<Entry<Enrollment>> Enrollments => Of(RecordTypes.Enrollment);

    public List<Entry<ProgramParticipation>> Programs => Of(RecordTypes.ProgramParticipation);
    public List<Entry<EnglishLearner>> EnglishLearner => Of(RecordTypes.EnglishLearner);
    public List<Entry<SpecialEducation>> SpecialEducation => Of(RecordTypes.SpecialEducation);

    public List<ViewEntry> Entries { get; } = [];

    /// <summary>The rows of one type, to read.</summary>
    public List<Entry<T>> Of<T>(RecordType<T> type) where T : IRecord<T> => (List<Entry<T>>?)byType[type.Number] ?? Nothing<T>.List;

    public void Add(ViewEntry entry)
    {
        Entries.Add(entry);
        entry.AddTo(this);
    }

    internal void Add<T>(Entry<T> entry) where T : IRecord<T> => ((List<Entry<T>>)(byType[entry.Place.Type.Number] ??= new List<Entry<T>>())).Add(entry);

    /// <summary>The rows that state another State ID than the demographics, or one where those state none.</summary>
    public IEnumerable<ViewEntry> StatingOtherwise => Student is { } student ? Entries.Where(entry => entry.Place.Type.IsOfStudent && entry.StatedId is not null && entry.StatedId != student.StatedId) : [];

    /// <summary>Whether the student was enrolled somewhere in the district on that day; whoever never came was not.</summary>
    public bool IsEnrolledOn(DateOnly? day)
    {
        foreach (var entry in Enrollments) if (entry.Record.NoShow != true && entry.Record.StartDate <= day && !(entry.Record.EndDate < day)) return true;
        return false;
    }

    private static class Nothing<T> where T : IRecord<T>
    {
        public static readonly List<Entry<T>> List = [];
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

    /// <summary>The district's courses, classes and teachers; there for rules that say they need them.</summary>
    public ClassLists? Classes { get; init; }

    /// <summary>What the state knows by their ids of the student and of those whose State IDs the rows state; null where the rows alone are at hand. It is asked for <see cref="StudentView.StatingOtherwise"/> only.</summary>
    internal KnownIdentities? Identities { get; set; }
}

/// <summary>A rule that needs all rows of one student in the district.</summary>
public sealed record StudentRule(Rule Rule, Func<StudentView, StudentFacts, IEnumerable<ViewEntry>> Offenders, params RecordType[] Reads)
{
    /// <summary>It can't be decided without the district's edition of the year before.</summary>
    public bool NeedsPriorYear { get; init; }

    /// <summary>It looks something up among the district's courses, classes and teachers.</summary>
    public bool NeedsClasses { get; init; }

    /// <summary>It reads what rows say besides their records, such as the State ID, which a snapshot hasn't.</summary>
    public bool ReadsStated { get; init; }

    /// <summary>What findings of one root cause share, for instance the unknown section; without it the rule is the cause.</summary>
    public Func<ViewEntry, string?>? Cause { get; init; }

    /// <summary>Each row is judged by itself, the student's demographics and the district's classes; a file that has neither the row nor demographics has nothing to say about it.</summary>
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

    /// <param name="reference">The year's, which has the stages that the state has set.</param>
    public StudentRuleSet(IEnumerable<StudentRule> catalog, IEnumerable<RecordType> recordTypes, SchoolYear year, ReferenceData? reference, bool hasPriorYear, Func<Rule, bool>? isChosen = null)
    {
        var types = recordTypes.ToHashSet();
        var rules = catalog
            .Where(rule => rule.Reads.Any(types.Contains) && (isChosen?.Invoke(rule.Rule) ?? rule.Rule.IsInForce(year)) && (hasPriorYear || !rule.NeedsPriorYear))
            .Select(rule => rule with { Rule = rule.Rule.In(reference) })
            .ToLookup(rule => rule.Rule.EffectiveSeverity == Severity.Fatal);
        fatal = [.. rules[true]];
        others = [.. rules[false]];
        readsDemographics = types.Contains(RecordTypes.Student);
        NeedsPriorYear = rules.SelectMany(rule => rule).Any(rule => rule.NeedsPriorYear);
        NeedsClasses = rules.SelectMany(rule => rule).Any(rule => rule.NeedsClasses);
    }

    /// <summary>Whether any of the rules asks for the year before.</summary>
    public bool NeedsPriorYear { get; }

    /// <summary>Whether any of the rules asks for the district's courses, classes and teachers.</summary>
    public bool NeedsClasses { get; }

    /// <summary>The rows that must not be loaded, each reported once a rule.</summary>
    public IReadOnlyCollection<ViewEntry> CheckFatal(StudentView view, StudentFacts facts, IFindingSink findings)
    {
        MustHave(facts);
        HashSet<ViewEntry>? rejected = null;
        foreach (var rule in fatal)
        {
            foreach (var entry in rule.Offenders(view, facts))
            {
                if (!entry.IsNew) continue;
                findings.Add(entry.FindingOf(rule.Rule, rule.Cause?.Invoke(entry)));
                (rejected ??= new(ReferenceEqualityComparer.Instance)).Add(entry);
            }
        }
        return rejected ?? (IReadOnlyCollection<ViewEntry>)[];
    }

    /// <summary>Reports what is wrong with a student whose rows are all stored: nothing is kept out any more.</summary>
    public void CheckStored(StudentView view, StudentFacts facts, IFindingSink findings)
    {
        MustHave(facts);
        foreach (var rule in fatal) foreach (var entry in rule.Offenders(view, facts)) findings.Add(entry.FindingOf(rule.Rule, rule.Cause?.Invoke(entry)));
        foreach (var rule in others) foreach (var entry in rule.Offenders(view, facts)) findings.Add(entry.FindingOf(rule.Rule, rule.Cause?.Invoke(entry)));
    }

    public void CheckOthers(StudentView view, StudentFacts facts, IFindingSink findings)
    {
        MustHave(facts);
        foreach (var rule in others)
        {
            foreach (var entry in rule.Offenders(view, facts))
            {
                if (entry.IsNew || readsDemographics || !rule.JudgesRowsAlone) findings.Add(entry.FindingOf(rule.Rule, rule.Cause?.Invoke(entry)));
            }
        }
    }

    /// <summary>Without them every section would be unknown: false findings rather than none.</summary>
    private void MustHave(StudentFacts facts)
    {
        if (NeedsClasses && facts.Classes is null) throw new InvalidOperationException("A rule looks something up among the classes, and was given none.");
    }
}
