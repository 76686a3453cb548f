using Aim.Editions;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.StateSync;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>
/// Holds changes against an edition: each is read and checked as the same row of a file would be, and what they refer to is looked for in the edition as all of them
/// together will leave it. Writes nothing.
/// </summary>
internal sealed class ChangeJudge(IEditionStore editions, HeldFields heldFields, IdentityResolver resolver, ReferenceLibrary references, StateCalendar calendar)
{
    /// <summary>Why the district can't send records of that year yet; null when it can.</summary>
    public async Task<string?> RefusalAsync(EditionKey edition, CancellationToken cancellation) =>
        IdentifyUpload.RefusalOf(edition, (await references.FindAsync(edition.Year, cancellation))?.Data)?.Refusal;

    /// <param name="changes">Without a problem of form.</param>
    /// <param name="firstLine">What findings say of the first change; each further one is a line more.</param>
    /// <param name="at">When the changes were made; they are judged as of that day in the state.</param>
    public async Task<JudgedChanges> JudgeAsync(EditionKey edition, IReadOnlyList<RecordChange> changes, UploadId upload, int firstLine, DateTimeOffset at, CancellationToken cancellation)
    {
        var asOf = await calendar.DayOfAsync(at, cancellation);
        var reference = (await references.FindAsync(edition.Year, cancellation))?.Data;
        // The head before the rows: a load that lands in between makes the comparison stale, never wrong.
        var head = await editions.GetHeadAsync(edition, cancellation);
        var hasPriorYear = (await editions.GetHeadAsync(edition with { Year = edition.Year.Previous }, cancellation)).RowCount > 0;
        var read = Read(edition, changes, upload, firstLine, asOf, reference);
        await CheckStateIdsAsync(edition, read, reference, cancellation);
        await CheckHeldKeysAsync(edition, read, cancellation);

        var subjects = await SubjectsAsync(edition, read, reference, hasPriorYear, cancellation);
        return new JudgedChanges(head.Version, [.. read.Select(change => change.Judged with { Findings = [.. change.Findings.Select(finding => RecordForm.WithProperty(finding, edition.Year))] })], [.. subjects.SelectMany(subject => subject.Differences())]);
    }

    private static List<ReadChange> Read(EditionKey edition, IReadOnlyList<RecordChange> changes, UploadId upload, int firstLine, DateOnly asOf, ReferenceData? reference)
    {
        var readers = new Dictionary<RecordType, RecordReader>();
        return [.. changes.Select((change, i) => ReadChange.Of(change, ReaderOf(change.Type), upload, firstLine + i))];

        RecordReader ReaderOf(RecordType type)
        {
            if (readers.TryGetValue(type, out var known)) return known;
            var form = RecordForm.Find(type, edition.Year)!;
            return readers[type] = RecordReader.Create(form, new ParseJob(form.Plan, new FileForm(), edition.District, edition.Year, asOf, reference) { AsJson = true });
        }
    }

    private async Task CheckStateIdsAsync(EditionKey edition, List<ReadChange> read, ReferenceData? reference, CancellationToken cancellation)
    {
        var rows = read.Where(change => change.Row is not null).Select(change => (Change: change, Row: change.Row!, change.Place, Student: UnresolvedStudent.Of(change.LocalId!, change.Row!))).ToList();
        var known = await resolver.KnowAsync(resolver.Begin(edition), [.. rows.Select(item => item.Student).OfType<UnresolvedStudent>()], rows.Select(item => item.Row.StatedId).OfType<StateId>(), cancellation);
        foreach (var (change, row, place, _) in rows) change.IsKeptOut |= !StatedIdentity.Accepts(row.StatedId, place, known, reference, change.Findings);
        // Who a student is said to be in between doesn't matter.
        foreach (var (change, _, place, student) in rows.Where(item => item is { Student: not null, Change.IsKeptOut: false }).GroupBy(item => item.Change.LocalId).Select(changes => changes.Last()))
            StatedIdentity.Check(student!, place, known, reference, change.Findings);
    }

    /// <summary>What the state holds is held of a record by its key: a district may not take the record out from under it.</summary>
    private async Task CheckHeldKeysAsync(EditionKey edition, List<ReadChange> read, CancellationToken cancellation)
    {
        var moved = read.Where(change => change.IsOfOtherKey).ToList();
        if (moved.Count == 0) return;
        var records = (await heldFields.FindAsync(edition, moved.Select(change => change.LocalId!), cancellation)).ToDictionary(found => found.LocalId, found => found.Record);
        foreach (var change in moved)
        {
            if (!records.TryGetValue(change.LocalId!, out var record)) continue;
            var held = record.Edits.Where(edit => edit.District == edition.District && edit.LocalId == change.LocalId && edit.Type == change.Type && edit.Key == change.Key).ToList();
            if (held.Count > 0) change.RefuseKey(FileRules.HeldKey, isTaken: false, ("Held", string.Join(", ", held.Select(edit => RecordType.JsonName(edit.Field)))));
        }
    }

    /// <summary>What the changes are about, with the changes made and judged, in the order in which editions are read.</summary>
    private async Task<IReadOnlyList<ChangedSubject>> SubjectsAsync(EditionKey edition, List<ReadChange> read, ReferenceData? reference, bool hasPriorYear, CancellationToken cancellation)
    {
        var groups = read.Where(change => change.LocalId is not null).GroupBy(change => change.LocalId!).OrderBy(group => group.Key, Utf8Order.Comparer).Select(group => (LocalId: group.Key, Changes: group.ToList())).ToList();
        var sets = new RuleSets(edition.Year, reference, hasPriorYear);
        var rules = groups.Select(group => sets.For(group.Changes)).ToList();
        var localIds = groups.Select(group => group.LocalId).ToList();
        var stored = await ReadAsync(edition, localIds, cancellation);
        var prior = rules.Exists(set => set.NeedsPriorYear) ? await ReadAsync(edition with { Year = edition.Year.Previous }, localIds, cancellation) : [];
        var classes = new ClassLists();
        if (rules.Exists(set => set.NeedsClasses))
            await classes.AddNamedAsync(editions, edition, stored.Values.SelectMany(item => item.Rows).Concat(read.Select(change => change.Row).OfType<EditionRow>()).Select(row => (row.Type, row.Content)), cancellation);

        var subjects = groups.Select((group, i) => new ChangedSubject(group.LocalId, stored.GetValueOrDefault(group.LocalId)?.Rows ?? [], group.Changes, rules[i], new StudentFacts
        {
            Year = edition.Year, Reference = reference, HasPriorYear = hasPriorYear, PriorYear = prior.TryGetValue(group.LocalId, out var before) ? StudentViews.Of(before) : null, Classes = classes,
        })).ToList();
        // Classes before the students in them, wherever they stand in the push.
        foreach (var subject in subjects.OrderBy(subject => subject.IsOfStudent))
        {
            subject.Settle();
            if (!subject.IsOfStudent) subject.AddTo(classes);
        }
        await KnowAsync(edition, subjects, cancellation);
        foreach (var subject in subjects) subject.Check();
        return subjects;
    }

    /// <summary>Looks up whose the students are some of whose rows state another State ID than their demographics will. They are few, if any.</summary>
    private async Task KnowAsync(EditionKey edition, IReadOnlyList<ChangedSubject> subjects, CancellationToken cancellation)
    {
        var unclear = subjects.Where(subject => subject.IsOfStudent).Select(subject => (Subject: subject, View: subject.Outcome)).Where(item => item.View.StatingOtherwise.Any()).ToList();
        if (unclear.Count == 0) return;
        var known = await resolver.KnowAsync(resolver.Begin(edition), [.. unclear.Select(item => new UnresolvedStudent(item.Subject.LocalId, item.View.Student!.StatedId, item.View.Student.Record))],
            unclear.SelectMany(item => item.View.StatingOtherwise).Select(entry => entry.StatedId!.Value), cancellation);
        foreach (var (subject, _) in unclear) subject.Identities = known;
    }

    private async Task<Dictionary<string, EditionStudent>> ReadAsync(EditionKey edition, IReadOnlyList<string> localIds, CancellationToken cancellation)
    {
        var students = new Dictionary<string, EditionStudent>();
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection(localIds), cancellation)) students[student.LocalId] = student;
        return students;
    }

    /// <summary>The student rules that changes of some record types can affect, put together once for all subjects with changes of the same types.</summary>
    private sealed class RuleSets(SchoolYear year, ReferenceData? reference, bool hasPriorYear)
    {
        private readonly Dictionary<string, StudentRuleSet> sets = [];

        public StudentRuleSet For(IEnumerable<ReadChange> changes)
        {
            var types = changes.Select(change => change.Type).Distinct().OrderBy(type => type.Number).ToList();
            var name = string.Join(' ', types);
            return sets.TryGetValue(name, out var known) ? known : sets[name] = new StudentRuleSet(RuleCatalog.StudentRules, types, year, reference, hasPriorYear);
        }
    }
}
