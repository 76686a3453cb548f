using Aim.Editions;
using Aim.Identity;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Rules;

/// <summary>What is judged: a district's edition, or the students of one of its schools, as of a day.</summary>
/// <param name="School">Judge the students of this school alone.</param>
/// <param name="Collection">Ask also what is asked before this collection is certified.</param>
public sealed record JudgedEdition(EditionKey Edition, DateOnly AsOf, string? School = null, string? Collection = null);

/// <summary>
/// Judges stored rows, student by student: the rules about rows, about students, and in the end about the edition. Holds the figures of the edition and
/// nothing of its students. Not thread-safe: one a run.
/// </summary>
public sealed class EditionJudge
{
    private readonly JudgedEdition judged;
    private readonly RowFacts rowFacts;
    private readonly StudentFacts studentFacts;
    private readonly RowJudge[] rowJudges = new RowJudge[RecordTypes.HighestNumber + 1];
    private readonly StudentRuleSet studentRules;
    private readonly List<EditionRule> editionRules;
    private readonly Counting counting;
    private readonly EditionFigures figures;
    private readonly EditionFigures? lastYear;

    /// <param name="classes">Null leaves out the rules that need them.</param>
    /// <param name="isChosen">Which rules to run; those in force in the year unless given.</param>
    public EditionJudge(JudgedEdition judged, ReferenceData? reference, ClassLists? classes, bool hasPriorYear, IFindingSink findings, Func<Rule, bool>? isChosen = null)
    {
        this.judged = judged;
        var year = judged.Edition.Year;
        rowFacts = new RowFacts { District = judged.Edition.District, Year = year, AsOf = judged.AsOf, Reference = reference };
        studentFacts = new StudentFacts { Year = year, Reference = reference, HasPriorYear = hasPriorYear, Classes = classes };
        foreach (var type in RecordTypes.All) rowJudges[type.Number] = type.Accept(new RowJudgeOf(year, reference, isChosen));
        studentRules = new StudentRuleSet(RuleCatalog.StudentRules.Where(rule => classes is not null || !rule.NeedsClasses), RecordTypes.All, year, reference, hasPriorYear, isChosen);
        editionRules = [.. RuleCatalog.EditionRules.Where(rule => isChosen?.Invoke(rule.Rule) ?? rule.Rule.IsInForce(year)).Select(rule => rule with { Rule = rule.Rule.In(reference) })];
        counting = new Counting(findings, Tally, judged.Edition.District);
        figures = new EditionFigures(judged.School);
        lastYear = hasPriorYear ? new EditionFigures(judged.School) : null;
    }

    public RuleTally Tally { get; } = new();

    /// <summary>The reference data by which it is judged.</summary>
    internal ReferenceData? Reference => rowFacts.Reference;

    /// <summary>What the state knows of the students who are judged next.</summary>
    internal KnownIdentities? Identities { set => studentFacts.Identities = value; }

    /// <summary>Takes what is found by other means than the rules given, and counts it with the rest.</summary>
    internal IFindingSink Further => counting;

    /// <summary>Judges one student.</summary>
    /// <param name="now">Null for one who is in last year's edition alone.</param>
    /// <param name="before">The same local id in the edition of the year before.</param>
    /// <returns>False for one who isn't among those who are judged.</returns>
    public bool Judge(StudentView? now, StudentView? before)
    {
        if (before is not null) lastYear?.Add(before);
        if (now is null || now.Entries.Count == 0 || judged.School is { } school && !IsOf(now, school)) return false;
        Tally.Saw(now);
        foreach (var entry in now.Entries) rowJudges[entry.Place.Type.Number].Check(entry, rowFacts, counting);
        studentFacts.PriorYear = before;
        studentRules.CheckStored(now, studentFacts, counting);
        figures.Add(now);
        return true;
    }

    /// <summary>Judges the edition as a whole, after its last student.</summary>
    /// <param name="noted">Null leaves out the rules that ask for it.</param>
    public void Finish(NotedOfEdition? noted)
    {
        Tally.SawEdition();
        var facts = new EditionFacts
        {
            Edition = judged.Edition, AsOf = judged.AsOf, Figures = figures, LastYear = lastYear, Reference = rowFacts.Reference, Noted = noted, Collection = judged.Collection, School = judged.School,
        };
        foreach (var rule in editionRules.Where(rule => rule.Applies(facts)))
        {
            foreach (var offence in rule.Offences(facts)) counting.Add(Findings.OfEdition(rule.Rule, judged.Edition.District, offence));
        }
    }

    /// <summary>Whether a student, or a class, belongs to a school.</summary>
    private static bool IsOf(StudentView view, string school)
    {
        foreach (var entry in view.Enrollments) if (entry.Record.SchoolNumber == school) return true;
        foreach (var entry in view.Of(RecordTypes.CourseSection)) if (entry.Record.SchoolNumber == school) return true;
        return false;
    }

    private sealed class Counting(IFindingSink findings, RuleTally tally, DistrictId district) : IFindingSink
    {
        public void Add(Finding finding)
        {
            tally.Hit(finding, district);
            findings.Add(finding);
        }
    }

    /// <summary>The row rules of one record type, on rows that are stored already.</summary>
    private abstract class RowJudge
    {
        public abstract void Check(ViewEntry entry, RowFacts facts, IFindingSink findings);
    }

    private sealed class RowJudge<T>(RowRuleSet<T> rules) : RowJudge, IRowOrigin where T : IRecord<T>
    {
        public RowPlace Place { get; private set; }

        public override void Check(ViewEntry entry, RowFacts facts, IFindingSink findings)
        {
            var record = ((Entry<T>)entry).Record;
            Place = entry.Place;
            if (record is ISchoolRecord school) facts.Resolve(school);
            rules.Check(record, facts, this, findings);
        }
    }

    private sealed class RowJudgeOf(SchoolYear year, ReferenceData? reference, Func<Rule, bool>? isChosen) : IRecordTypeVisitor<RowJudge>
    {
        public RowJudge Visit<T>(RecordType<T> type) where T : IRecord<T> => new RowJudge<T>(new RowRuleSet<T>(RuleCatalog.RowRules(type), year, reference, isChosen));
    }
}
