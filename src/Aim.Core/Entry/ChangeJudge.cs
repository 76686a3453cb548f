using Aim.Editions;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>
/// Holds changes against an edition, one after another: each is read, checked and compared as the same row of a file would be. Writes nothing.
/// </summary>
internal sealed class ChangeJudge(IEditionStore editions, IIdentityIndex identities, ReferenceLibrary references, StateCalendar calendar)
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
        var classes = new ClassLists();
        var desks = changes.Select(change => change.Type).Distinct().ToDictionary(type => type, type => new Desk(type, edition, upload, asOf, reference, hasPriorYear, classes));
        var read = changes.Select((change, i) => ReadChange.Of(change, desks[change.Type], firstLine + i)).ToList();

        var localIds = read.Select(item => item.LocalId).OfType<string>().Distinct().Order(Utf8Order.Comparer).ToList();
        var stored = await ReadAsync(edition, localIds, cancellation);
        var prior = hasPriorYear && desks.Values.Any(desk => desk.NeedsPriorYear) ? await ReadAsync(edition with { Year = edition.Year.Previous }, localIds, cancellation) : [];
        var ids = read.Select(item => item.Row?.StatedId).OfType<StateId>().ToHashSet();
        var people = ids.Count == 0 ? new Dictionary<StateId, Person>() : await identities.FindAsync(ids, cancellation);

        if (desks.Values.Any(desk => desk.NeedsClasses))
            await classes.AddNamedAsync(editions, edition, stored.Values.SelectMany(item => item.Rows).Select(row => (row.Type, row.Content)).Concat(read.Where(item => item.Row is not null).Select(item => (item.Desk.Type, item.Row!.Content))), cancellation);

        var rows = stored.ToDictionary(item => item.Key, item => item.Value.Rows.ToList());
        var said = new HashSet<Finding>();
        var judged = read.Select(item => OnlyNew(Judge(item, rows, prior.GetValueOrDefault(item.LocalId ?? ""), people), upload, said)).ToList();
        return new JudgedChanges(head.Version, judged, [.. Differences(localIds, stored, rows)]);
    }

    /// <summary>What is found in a student's other rows is found with each change of the student again, and told once.</summary>
    private static JudgedChange OnlyNew(JudgedChange judged, UploadId upload, HashSet<Finding> said) =>
        judged with { Findings = [.. judged.Findings.Select(finding => finding.Upload == upload ? finding with { Upload = null } : finding).Where(said.Add)] };

    private async Task<Dictionary<string, EditionStudent>> ReadAsync(EditionKey edition, IReadOnlyList<string> localIds, CancellationToken cancellation)
    {
        var students = new Dictionary<string, EditionStudent>();
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection(localIds), cancellation)) students[student.LocalId] = student;
        return students;
    }

    /// <summary>What changes of one record type are read and compared with.</summary>
    private sealed class Desk
    {
        public Desk(RecordType type, EditionKey edition, UploadId upload, DateOnly asOf, ReferenceData? reference, bool hasPriorYear, ClassLists classes)
        {
            var form = RecordForm.Find(type, edition.Year)!;
            var rules = new StudentRuleSet(RuleCatalog.StudentRules, [type], edition.Year, hasPriorYear);
            Type = type;
            NeedsPriorYear = rules.NeedsPriorYear;
            (NeedsClasses, Classes) = (rules.NeedsClasses, classes);
            Reader = RecordReader.Create(form, new ParseJob(form.Plan, new FileForm(), edition.District, edition.Year, asOf, reference));
            Comparison = new StudentComparison(new ComparisonJob(type, upload, UploadScope.Update, WithholdRemovals: false, rules, edition.Year, hasPriorYear) { Classes = classes });
        }

        public RecordType Type { get; }
        public bool NeedsPriorYear { get; }
        public bool NeedsClasses { get; }

        /// <summary>What the changes have come to so far counts for those after them.</summary>
        public ClassLists Classes { get; }

        public RecordReader Reader { get; }
        public StudentComparison Comparison { get; }
    }

    /// <summary>A change whose fields have been read.</summary>
    /// <param name="LocalId">As the edition has it; null when it can't be one.</param>
    /// <param name="Row">Null for a delete, and for what a finding keeps out.</param>
    private sealed record ReadChange(RecordChange Change, Desk Desk, int Line, string? LocalId, StagedRow? Row, FindingList Findings)
    {
        public static ReadChange Of(RecordChange change, Desk desk, int line)
        {
            var findings = new FindingList();
            if (change.Operation == ChangeOperation.Delete) return new ReadChange(change, desk, line, desk.Reader.ReadLocalId(change.LocalId, line, findings), null, findings);
            var row = desk.Reader.Read(change.LocalId, change.Record!.Value, line, findings);
            return new ReadChange(change, desk, line, row?.LocalId, row, findings);
        }
    }

    private static JudgedChange Judge(ReadChange read, Dictionary<string, List<EditionRow>> rows, EditionStudent? prior, IReadOnlyDictionary<StateId, Person> people)
    {
        var isDelete = read.Change.Operation == ChangeOperation.Delete;
        if (read.LocalId is not { } localId || read.Row is null && !isDelete) return new JudgedChange(ChangeResult.LeftOut, null, null, null, read.Findings);
        var current = rows.TryGetValue(localId, out var known) ? known : rows[localId] = [];
        var result = new ComparisonResult(read.Findings);
        return isDelete ? Delete(read, localId, current, prior, result) : Upsert(read, read.Row!, current, prior, people, result);
    }

    private static JudgedChange Upsert(ReadChange read, StagedRow row, List<EditionRow> current, EditionStudent? prior, IReadOnlyDictionary<StateId, Person> people, ComparisonResult result)
    {
        if (read.Change.Key is { } key && key != row.Key)
        {
            result.Findings.Add(Findings.OfField(FileRules.OtherKey, new RowPlace(read.Desk.Type, read.Line, row.LocalId), FileRules.OtherKey.Field, key, null, ("Expected", row.Key)));
            // What the sender knows, and holds a tag of, is the record under the key it named.
            var meant = current.FirstOrDefault(item => item.Type == read.Desk.Type && item.Key == key);
            return new JudgedChange(ChangeResult.LeftOut, key, meant, meant, read.Findings);
        }
        read.Desk.Comparison.Compare(row.LocalId, current, [row], prior, people, result);
        var before = current.FirstOrDefault(item => item.Type == read.Desk.Type && item.Key == row.Key);
        if (result.Changes.Count == 0)
            return new JudgedChange(result.Unchanged > 0 ? ChangeResult.Unchanged : ChangeResult.LeftOut, row.Key, before, before, read.Findings);
        var after = result.Changes[0].After!;
        if (before is not null) current.Remove(before);
        current.Add(after);
        read.Desk.Classes.Add(after.Type, row.LocalId, after.Content.Span);
        return new JudgedChange(before is null ? ChangeResult.Added : ChangeResult.Changed, row.Key, before, after, read.Findings);
    }

    private static JudgedChange Delete(ReadChange read, string localId, List<EditionRow> current, EditionStudent? prior, ComparisonResult result)
    {
        var key = read.Change.Key ?? "";
        if (!read.Desk.Comparison.Remove(localId, current, key, prior, result))
        {
            result.Findings.Add(Findings.OfField(FileRules.NothingToDelete, new RowPlace(read.Desk.Type, read.Line, localId), FileRules.NothingToDelete.Field, key, null));
            return new JudgedChange(ChangeResult.NotThere, key, null, null, read.Findings);
        }
        var removed = result.Changes[0].Before!;
        current.Remove(removed);
        read.Desk.Classes.Remove(removed.Type, localId);
        return new JudgedChange(ChangeResult.Removed, key, removed, null, read.Findings);
    }

    /// <summary>What all of it comes to, a row once, in the order in which editions are read.</summary>
    private static IEnumerable<EditionChange> Differences(IEnumerable<string> localIds, Dictionary<string, EditionStudent> stored, Dictionary<string, List<EditionRow>> rows)
    {
        foreach (var localId in localIds)
        {
            var before = stored.TryGetValue(localId, out var student) ? student.Rows.ToDictionary(row => (row.Type, row.Key)) : [];
            var after = rows.TryGetValue(localId, out var list) ? list.ToDictionary(row => (row.Type, row.Key)) : [];
            foreach (var key in before.Keys.Union(after.Keys).OrderBy(key => key.Type.Number).ThenBy(key => key.Key, Utf8Order.Comparer))
            {
                var (old, now) = (before.GetValueOrDefault(key), after.GetValueOrDefault(key));
                if (old is null || now is null || !old.SaysTheSameAs(now)) yield return new EditionChange(localId, old, now);
            }
        }
    }
}
