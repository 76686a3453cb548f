using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.State;

namespace Aim.StateSync;

/// <summary>
/// Holds an edition against the state's copy of it, row by row and field by field. What waits for a sync or a decision is told from what is wrong; a student
/// on whom the two disagree is read once more before it is said, because loads and syncs may go on meanwhile. Contributions are compared: what the state
/// lays over them is none of the district's doing. Of the edition's students only local ids and owners are kept in memory.
/// </summary>
public sealed class EditionComparison(IEditionStore editions, IStateStore state, IIdentityIndex identities, IdentityResolver resolver, ParkedStudents parking)
{
    private const int BatchSize = 500;

    /// <summary>How often students are read again while their edition moves, before they count as being synced.</summary>
    private const int MostReadings = 5;

    /// <summary>What is to be expected of an edition at a moment.</summary>
    /// <param name="Behind">Local ids whose rows changed since the last completed sync; null for all of them.</param>
    private sealed record Moment(EditionHead Head, IReadOnlyDictionary<string, ParkedStudent> Parked, IReadOnlySet<string>? Behind, IdentityRun Run)
    {
        public EditionKey Edition => Head.Key;

        public WaitReason? ReasonOf(string localId) =>
            Parked.ContainsKey(localId) ? WaitReason.Parked : Behind is null || Behind.Contains(localId) ? WaitReason.NotSynced : null;
    }

    private sealed record ComparedRow(RecordType Type, RowDifference? Difference);

    /// <param name="Owner">In whose record the rows were looked for.</param>
    /// <param name="IsAll">That record has nothing else of the district.</param>
    private sealed record ComparedStudent(string LocalId, StateId? Owner, bool IsAll, IReadOnlyList<ComparedRow> Rows)
    {
        public bool Disagrees => Rows.Any(IsDisagreement);
    }

    private static bool IsDisagreement(ComparedRow row) => row.Difference is { Waiting: null };

    /// <summary>The rows that differ, in the order of their places. The counts are whole once all of them have been read.</summary>
    public async IAsyncEnumerable<RowDifference> CompareAsync(EditionKey edition, VerificationCounts counts, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var moment = await MomentAsync(edition, cancellation);
        counts.Begin(moment.Head);
        var (digest, owners, done) = (default(EditionDigest), new Dictionary<string, StateId>(), new HashSet<StateId>());
        await foreach (var students in editions.ReadAsync(edition, EditionSelection.All, cancellation).Chunk(BatchSize).WithCancellation(cancellation))
        {
            foreach (var student in students)
            {
                foreach (var row in student.Rows) digest = digest.Add(EditionDigest.HashOf(student.LocalId, row.Type, row.Key, row.Content.Span));
                if (moment.Parked.TryGetValue(student.LocalId, out var parked)) counts.AddParked(parked.Reason, student.Rows.Count);
            }
            // Courses, sections and staff stay with the district: the state has a place for students alone.
            foreach (var student in await CompareAsync(moment, [.. students.Where(student => student.Rows[0].Type.IsOfStudent)], cancellation))
            {
                if (student.Owner is { } owner) owners[student.LocalId] = owner;
                if (student.IsAll) done.Add(student.Owner!.Value);
                foreach (var row in student.Rows)
                {
                    counts.Add(row.Type, row.Difference);
                    if (row.Difference is { } difference) yield return difference;
                }
            }
        }
        await foreach (var ids in state.StudentsOfAsync(edition.District, edition.Year, cancellation).Where(id => !done.Contains(id)).Chunk(BatchSize).WithCancellation(cancellation))
        {
            foreach (var row in await OnlyInStateAsync(moment, ids, owners, cancellation))
            {
                counts.Add(row.Type, row.Difference);
                yield return row.Difference!;
            }
        }
        var after = await editions.GetHeadAsync(edition, cancellation);
        counts.End(after.Version == moment.Head.Version ? digest == after.Digest : null);
    }

    private async Task<Moment> MomentAsync(EditionKey edition, CancellationToken cancellation)
    {
        var head = await editions.GetHeadAsync(edition, cancellation);
        var parked = await parking.ListAsync(edition, cancellation);
        var run = resolver.Begin(edition);
        if (head.IsSynced) return new Moment(head, parked, new HashSet<string>(), run);
        if (head.SyncedVersion == 0) return new Moment(head, parked, null, run);
        var behind = new HashSet<string>();
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection(ChangedAfter: head.SyncedVersion), cancellation)) behind.Add(student.LocalId);
        return new Moment(head, parked, behind, run);
    }

    /// <summary>Reads at a moment that lasts: again while the edition or its sync moves on, and in the end as one that is being synced.</summary>
    private async Task<T> SteadilyAsync<T>(EditionKey edition, Func<Moment, Task<T>> read, CancellationToken cancellation)
    {
        for (var reading = 1; ; reading++)
        {
            var moment = await MomentAsync(edition, cancellation);
            if (reading == MostReadings) return await read(moment with { Behind = null });
            var result = await read(moment);
            var after = await editions.GetHeadAsync(edition, cancellation);
            if ((after.Version, after.SyncedVersion, after.Parked) == (moment.Head.Version, moment.Head.SyncedVersion, moment.Head.Parked)) return result;
        }
    }

    private async Task<IReadOnlyList<ComparedStudent>> CompareAsync(Moment moment, IReadOnlyList<EditionStudent> students, CancellationToken cancellation)
    {
        var compared = await CompareOnceAsync(moment, students, cancellation);
        var doubtful = compared.Where(student => student.Disagrees).Select(student => student.LocalId).ToList();
        if (doubtful.Count == 0) return compared;
        var again = await SteadilyAsync(moment.Edition, async now => await CompareOnceAsync(now, await ReadAsync(moment.Edition, doubtful, cancellation), cancellation), cancellation);
        return [.. compared.Where(student => !student.Disagrees).Concat(again).OrderBy(student => student.LocalId, Utf8Order.Comparer)];
    }

    private async Task<List<EditionStudent>> ReadAsync(EditionKey edition, IReadOnlyList<string> localIds, CancellationToken cancellation) =>
        await editions.ReadAsync(edition, new EditionSelection(localIds), cancellation).ToListAsync(cancellation);

    private async Task<List<ComparedStudent>> CompareOnceAsync(Moment moment, IReadOnlyList<EditionStudent> students, CancellationToken cancellation)
    {
        var owners = await OwnersAsync(moment, students, cancellation);
        var records = await FindAsync(moment, owners.Values.Distinct().ToList(), cancellation);
        return [.. students.Select(student => owners.TryGetValue(student.LocalId, out var owner) ? Compare(moment, student, owner, records.GetValueOrDefault(owner)) : Compare(moment, student, null, null))];
    }

    private async Task<IReadOnlyDictionary<StateId, StudentRecord>> FindAsync(Moment moment, IReadOnlyCollection<StateId> students, CancellationToken cancellation) =>
        students.Count == 0 ? new Dictionary<StateId, StudentRecord>() : await state.FindAsync(students, moment.Edition.Year, cancellation);

    /// <summary>In whose records the rows belong; of a student who waits for a decision, in whose they are until then.</summary>
    private async Task<Dictionary<string, StateId>> OwnersAsync(Moment moment, IReadOnlyList<EditionStudent> students, CancellationToken cancellation)
    {
        var district = moment.Edition.District;
        var known = students.Select(UnresolvedStudent.Of).OfType<UnresolvedStudent>().ToList();
        var owners = new Dictionary<string, StateId>(await resolver.FindOwnersAsync(moment.Run, [.. known.Where(student => !moment.Parked.ContainsKey(student.LocalId))], cancellation));
        var undecided = known.Select(student => student.LocalId).Where(localId => !owners.ContainsKey(localId)).ToList();
        if (undecided.Count == 0) return owners;
        foreach (var (localId, owner) in await identities.FindLinksAsync(district, undecided, cancellation)) owners[localId] = owner;
        return owners;
    }

    private static ComparedStudent Compare(Moment moment, EditionStudent student, StateId? owner, StudentRecord? record)
    {
        var contribution = record?.Find(moment.Edition.District, student.LocalId);
        var sections = new Dictionary<(RecordType, string), Section>();
        foreach (var section in contribution?.Sections ?? []) sections[(section.Type, section.Key)] = section;
        var rows = new List<ComparedRow>(student.Rows.Count);
        foreach (var row in student.Rows)
        {
            if (!sections.Remove((row.Type, row.Key), out var section)) Add(row.Type, row.Key, DifferenceKind.OnlyInEdition, []);
            else if (section.Content.Span.SequenceEqual(row.Content.Span)) rows.Add(new ComparedRow(row.Type, null));
            else Add(row.Type, row.Key, DifferenceKind.Different, FieldsOf(row.Type, row.Content, section.Content));
        }
        foreach (var section in sections.Values) Add(section.Type, section.Key, DifferenceKind.OnlyInState, []);
        return new ComparedStudent(student.LocalId, owner, contribution is not null && record!.Contributions.Count(item => item.District == moment.Edition.District) == 1,
            [.. rows.OrderBy(row => row.Type.Number).ThenBy(row => row.Difference?.Key ?? "", Utf8Order.Comparer)]);

        void Add(RecordType type, string key, DifferenceKind kind, IReadOnlyList<FieldDifference> fields)
        {
            var reason = moment.ReasonOf(student.LocalId) is var waiting && waiting != WaitReason.Parked && student.Demographics is null ? WaitReason.NoDemographics : waiting;
            rows.Add(new ComparedRow(type, DifferenceOf(moment, type, student.LocalId, key, kind, fields, reason, owner) with { Place = DifferencePlace.InEdition(student.LocalId, type, key) }));
        }
    }

    private static List<FieldDifference> FieldsOf(RecordType type, ReadOnlyMemory<byte> edition, ReadOnlyMemory<byte> state) =>
        [.. CanonicalMerge.Compare(type, edition, state).Select(change => new FieldDifference(change.Field, change.Before, change.After))];

    private static RowDifference DifferenceOf(
        Moment moment, RecordType type, string localId, string key, DifferenceKind kind, IReadOnlyList<FieldDifference> fields, WaitReason? reason, StateId? owner) =>
        new(type.Code, localId, key, kind, fields, reason, moment.Parked.TryGetValue(localId, out var parked) ? parked.Reason : null, owner);

    /// <summary>What records have of the district under local ids that the edition hasn't, or has for another student.</summary>
    private async Task<List<ComparedRow>> OnlyInStateAsync(Moment moment, StateId[] ids, IReadOnlyDictionary<string, StateId> owners, CancellationToken cancellation)
    {
        var rows = OnlyInState(moment, await FindAsync(moment, ids, cancellation), owners);
        if (!rows.Any(IsDisagreement)) return rows;
        return await SteadilyAsync(moment.Edition, async now =>
        {
            var records = await FindAsync(now, ids, cancellation);
            var localIds = records.Values.SelectMany(record => record.Contributions).Where(item => item.District == now.Edition.District).Select(item => item.LocalId).Distinct();
            var students = await ReadAsync(now.Edition, [.. localIds.Order(Utf8Order.Comparer)], cancellation);
            return OnlyInState(now, records, await OwnersAsync(now, students, cancellation));
        }, cancellation);
    }

    private static List<ComparedRow> OnlyInState(Moment moment, IReadOnlyDictionary<StateId, StudentRecord> records, IReadOnlyDictionary<string, StateId> owners)
    {
        var rows = new List<ComparedRow>();
        foreach (var record in records.Values.OrderBy(record => record.StateId))
        {
            foreach (var contribution in record.Contributions.Where(item => item.District == moment.Edition.District))
            {
                if (owners.TryGetValue(contribution.LocalId, out var owner) && owner == record.StateId) continue;
                foreach (var section in contribution.Sections)
                {
                    var difference = DifferenceOf(moment, section.Type, contribution.LocalId, section.Key, DifferenceKind.OnlyInState, [], moment.ReasonOf(contribution.LocalId), record.StateId);
                    rows.Add(new ComparedRow(section.Type, difference with { Place = DifferencePlace.InState(record.StateId, contribution.LocalId, section.Type, section.Key) }));
                }
            }
        }
        return rows;
    }
}
