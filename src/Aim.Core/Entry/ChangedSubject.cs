using Aim.Editions;
using Aim.Identity;
using Aim.Records;
using Aim.Rules;

namespace Aim.Entry;

/// <summary>
/// A student, or whatever else has a local id, with the changes that are about it. They are made in their order, and judged by what all of them come to: in which
/// order a push brings a student's records doesn't decide whether they are in order.
/// </summary>
internal sealed class ChangedSubject : IFindingSink
{
    private readonly IReadOnlyList<ReadChange> changes;
    private readonly Dictionary<long, ReadChange> byLine;
    private readonly StudentRuleSet rules;
    private readonly StudentFacts facts;
    private readonly Dictionary<(RecordType Type, string Key), EditionRow> stored;
    private readonly Dictionary<(RecordType Type, string Key), (EditionRow Row, ReadChange? By)> present = [];

    /// <param name="changes">At least one, each of which could be read.</param>
    /// <param name="rules">Those that read what the changes are about.</param>
    public ChangedSubject(string localId, IReadOnlyList<EditionRow> rows, IReadOnlyList<ReadChange> changes, StudentRuleSet rules, StudentFacts facts)
    {
        (LocalId, this.changes, this.rules, this.facts) = (localId, changes, rules, facts);
        stored = rows.ToDictionary(row => (row.Type, row.Key));
        byLine = changes.ToDictionary(change => (long)change.Line);
    }

    public string LocalId { get; }

    public bool IsOfStudent => changes[0].Type.IsOfStudent;

    /// <summary>Makes the changes, without those that a fatal finding keeps out. Where one of several changes of a record stays out, the record is as the one before it left it.</summary>
    public void Settle()
    {
        do Make();
        while (KeepOut());
    }

    private void Make()
    {
        present.Clear();
        foreach (var (key, row) in stored) present[key] = (row, null);
        foreach (var change in changes)
        {
            if (change.IsKeptOut) LeaveOut(change);
            else if (change.Row is { } row) Upsert(change, row);
            else Delete(change);
        }
    }

    private void LeaveOut(ReadChange change)
    {
        var meant = present.GetValueOrDefault((change.Type, change.Key)).Row;
        change.Does(ChangeResult.LeftOut, change.Key, meant, meant);
    }

    private void Upsert(ReadChange change, EditionRow row)
    {
        var before = present.GetValueOrDefault((row.Type, change.Key)).Row;
        if (change.IsOfOtherKey)
        {
            if (before is null) change.RefuseKey(FileRules.OtherKey, isTaken: false, ("Reason", "there is no record with the first key that it could replace"));
            else if (present.ContainsKey((row.Type, row.Key))) change.RefuseKey(FileRules.OtherKey, isTaken: true, ("Reason", "there is a record with the second key already"));
            if (change.IsKeptOut)
            {
                LeaveOut(change);
                return;
            }
            present.Remove((row.Type, change.Key));
        }
        var isSame = before?.SaysTheSameAs(row) == true;
        var after = isSame ? before! : row;
        present[(row.Type, row.Key)] = (after, change);
        change.Does(isSame ? ChangeResult.Unchanged : before is null ? ChangeResult.Added : ChangeResult.Changed, row.Key, before, after);
    }

    private void Delete(ReadChange change)
    {
        if (present.Remove((change.Type, change.Key), out var removed)) change.Does(ChangeResult.Removed, change.Key, removed.Row, null);
        else change.Does(ChangeResult.NotThere, change.Key, null, null);
    }

    /// <summary>Whether there are rows that may not stand, which are kept out from now on.</summary>
    private bool KeepOut()
    {
        var (view, makers) = View((key, row, _) => !(stored.TryGetValue(key, out var before) && before.SaysTheSameAs(row)));
        var rejected = rules.CheckFatal(view, facts, this);
        foreach (var entry in rejected) makers[entry].IsKeptOut = true;
        return rejected.Count > 0;
    }

    /// <summary>What classes, courses and teachers are there in the end.</summary>
    public void AddTo(ClassLists classes)
    {
        foreach (var change in Differences())
        {
            if (change.After is { } row) classes.Add(row.Type, LocalId, row.Content.Span);
            else classes.Remove(change.Row.Type, LocalId);
        }
    }

    /// <summary>The subject as it will be.</summary>
    public StudentView Outcome => View((_, _, by) => by is not null).View;

    /// <summary>What the state knows of a student some of whose rows state another State ID than the demographics.</summary>
    public KnownIdentities Identities { set => facts.Identities = value; }

    /// <summary>Finds what is wrong with the subject as it will be.</summary>
    public void Check()
    {
        foreach (var change in changes.Where(change => change.Judged.Result == ChangeResult.NotThere))
            change.Findings.Add(Findings.OfField(FileRules.NothingToDelete.In(facts.Reference), change.Place, FileRules.NothingToDelete.Field, change.Key, null));
        if (present.Count > 0 && changes.Any(IsAboutSomething)) rules.CheckOthers(Outcome, facts, this);
    }

    /// <summary>A delete of what is not there asks for nothing.</summary>
    private static bool IsAboutSomething(ReadChange change) => change.Judged.Result != ChangeResult.NotThere;

    /// <summary>The subject as it is at present, with the change behind each entry that has one.</summary>
    private (StudentView View, Dictionary<ViewEntry, ReadChange> Makers) View(Func<(RecordType Type, string Key), EditionRow, ReadChange?, bool> isNew)
    {
        var (view, makers) = (new StudentView(), new Dictionary<ViewEntry, ReadChange>(ReferenceEqualityComparer.Instance));
        foreach (var (key, (row, by)) in present.OrderBy(item => item.Key.Type.Number).ThenBy(item => item.Key.Key, Utf8Order.Comparer))
        {
            var entry = StudentViews.Entry(row, by is null ? new RowPlace(row.Type, row.Line, LocalId, row.Upload, AsJson: true) : by.Place, isNew(key, row, by));
            view.Add(entry);
            if (by is not null) makers[entry] = by;
        }
        view.Sort();
        return (view, makers);
    }

    /// <summary>A finding is told with the change that made the row, and one about a row that no change was about with the first change.</summary>
    void IFindingSink.Add(Finding finding) => (finding.Upload is null ? byLine[finding.Line] : changes.First(IsAboutSomething)).Findings.Add(finding);

    /// <summary>What it comes to, in the order in which editions are read.</summary>
    public IEnumerable<EditionChange> Differences()
    {
        foreach (var key in stored.Keys.Union(present.Keys).OrderBy(key => key.Type.Number).ThenBy(key => key.Key, Utf8Order.Comparer))
        {
            var (before, after) = (stored.GetValueOrDefault(key), present.GetValueOrDefault(key).Row);
            if (before is null || after is null || !before.SaysTheSameAs(after)) yield return new EditionChange(LocalId, before, after);
        }
    }
}
