using Aim.Editions;
using Aim.Identity;
using Aim.Organizations;
using Aim.Records;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>What a load is compared with and by which rules; the same for all students of a file.</summary>
internal sealed record ComparisonJob(
    RecordType Type, UploadId Upload, UploadScope Scope, bool WithholdRemovals, StudentRuleSet Rules, SchoolYear Year, bool HasPriorYear)
{
    public ReferenceData? Reference { get; init; }

    /// <summary>What the upload removes besides what its rows say.</summary>
    public NamedRemovals Removals { get; init; } = NamedRemovals.None;

    /// <summary>Where the lines of the file come from; null for a file as it was sent.</summary>
    public LineOrigins? Origins { get; init; }

    /// <summary>The district's courses, classes and teachers, when one of the rules asks for them.</summary>
    public ClassLists? Classes { get; init; }
}

/// <summary>Counts and outputs of a comparison, filled student by student.</summary>
internal sealed class ComparisonResult(IFindingSink findings)
{
    public IFindingSink Findings => findings;
    public List<EditionChange> Changes { get; } = [];
    public List<int> RejectedLines { get; } = [];
    public long Added { get; set; }
    public long Changed { get; set; }
    public long Unchanged { get; set; }
    public long Removed { get; set; }
    public long RemovalsWithheld { get; set; }

    /// <summary>Stored rows of the file's type that were met; the base of "a tenth of the stored rows".</summary>
    public long Stored { get; set; }
}

/// <summary>A row of the file as it would be stored, next to the one that is.</summary>
internal sealed class Candidate(StagedRow staged, EditionRow? stored, EditionRow row)
{
    public StagedRow Staged => staged;
    public EditionRow? Stored => stored;
    public EditionRow Row => row;
    public bool IsUnchanged { get; } = stored?.SaysTheSameAs(row) == true;
    public bool IsRejected { get; set; }
}

/// <summary>What a file says of one student, ready to be judged.</summary>
/// <param name="IsProtected">A row of the file can't be used, so that none of the student's stored rows counts as left out.</param>
internal sealed record StudentCandidates(string LocalId, IReadOnlyList<EditionRow> Stored, Dictionary<string, EditionRow> StoredByKey, List<Candidate> Candidates, bool IsProtected)
{
    /// <summary>Who the student is by the demographics of the file; in a file of other rows by the stored ones, where a row states another State ID than they do.</summary>
    public IEnumerable<UnresolvedStudent> People =>
        (Candidates.Exists(candidate => candidate.Row.Type == RecordTypes.Student) ? Candidates.Select(candidate => candidate.Row) : Stored.Where(row => row.Type == RecordTypes.Student && Candidates.Exists(candidate => StatesOtherwise(candidate, row))))
            .Select(row => UnresolvedStudent.Of(LocalId, row)).OfType<UnresolvedStudent>();

    /// <summary>The State IDs of the file, and of the rows that demographics in it are held against.</summary>
    public IEnumerable<StateId> StatedIds => Candidates.Select(candidate => candidate.Row).Concat(Candidates.Exists(candidate => candidate.Row.Type == RecordTypes.Student) ? Stored : []).Select(row => row.StatedId).OfType<StateId>();

    private static bool StatesOtherwise(Candidate candidate, EditionRow demographics) => candidate.Row.StatedId is { } id && id != demographics.StatedId;
}

/// <summary>
/// Compares what a file says of one student with what the edition has: which rows are new, changed, the same or gone, and whether the
/// student, as the load would leave it, breaks a rule. A row that would break a fatal one stays out.
/// </summary>
internal sealed class StudentComparison(ComparisonJob job)
{
    private readonly ByteBuffer merged = new(512);

    /// <summary>Makes of the file's rows those that would be stored.</summary>
    public StudentCandidates Prepare(string localId, IReadOnlyList<EditionRow> stored, IReadOnlyList<StagedRow> staged, ComparisonResult result)
    {
        var storedByKey = stored.Where(row => row.Type == job.Type).ToDictionary(row => row.Key);
        result.Stored += storedByKey.Count;
        var candidates = new List<Candidate>(staged.Count);
        var isProtected = false;
        for (var i = 0; i < staged.Count;)
        {
            var end = i + 1;
            while (end < staged.Count && staged[end].Key == staged[i].Key) end++;
            if (staged[i].IsRejected) isProtected = true;
            else if (OneOf(localId, staged, i, end, result) is { } row) candidates.Add(new Candidate(row, storedByKey.GetValueOrDefault(row.Key), RowOf(row, storedByKey)));
            else isProtected = true;
            i = end;
        }
        return new StudentCandidates(localId, stored, storedByKey, candidates, isProtected);
    }

    public void Compare(StudentCandidates student, EditionStudent? priorYear, KnownIdentities known, ComparisonResult result)
    {
        var (localId, candidates) = (student.LocalId, student.Candidates);
        foreach (var candidate in candidates)
            candidate.IsRejected = !StatedIdentity.Accepts(candidate.Staged.StatedId, PlaceOf(localId, candidate), known, job.Reference, result.Findings);
        CheckStudent(localId, student.Stored, candidates, priorYear, known, student.IsProtected, result);
        foreach (var candidate in candidates.Where(candidate => !candidate.IsRejected))
            if (UnresolvedStudent.Of(localId, candidate.Row) is { } person) StatedIdentity.Check(person, PlaceOf(localId, candidate), known, job.Reference, result.Findings);
        Conclude(localId, student.StoredByKey, candidates, student.IsProtected, result);
    }

    private RowPlace PlaceOf(string localId, Candidate candidate) => new(job.Type, candidate.Staged.Line, localId);

    /// <summary>Of rows with one key, the one to load: the first when they all say the same, none when they differ.</summary>
    private StagedRow? OneOf(string localId, IReadOnlyList<StagedRow> rows, int start, int end, ComparisonResult result)
    {
        var first = rows[start];
        var agree = true;
        for (var i = start + 1; i < end; i++) agree &= SaysTheSame(first, rows[i]);
        for (var i = agree ? start + 1 : start; i < end && end - start > 1; i++)
        {
            var other = rows[i == start ? start + 1 : start];
            var place = new RowPlace(job.Type, rows[i].Line, localId);
            result.Findings.Add(Findings.OfField((agree ? FileRules.Repeated : FileRules.DuplicateKey).In(job.Reference), place, "Row", null, null,
                ("Line", job.Origins?.Name(other.Line) ?? other.Line.ToString(System.Globalization.CultureInfo.InvariantCulture))));
            if (agree) result.Unchanged++;
            else result.RejectedLines.Add(rows[i].Line);
        }
        return agree ? first : null;
    }

    private static bool SaysTheSame(StagedRow a, StagedRow b) =>
        a.Content.Span.SequenceEqual(b.Content.Span) && a.StatedId == b.StatedId && a.Cleared == b.Cleared && a.StatedLastName == b.StatedLastName && a.StatedFirstName == b.StatedFirstName;

    /// <summary>The row as it would be stored, with stored values under empty fields where the type keeps them.</summary>
    private EditionRow RowOf(StagedRow staged, Dictionary<string, EditionRow> storedByKey)
    {
        var content = staged.Content;
        var statedId = staged.StatedId;
        if (job.Type.EmptyKeepsValue && storedByKey.TryGetValue(staged.Key, out var stored))
        {
            merged.Clear();
            CanonicalMerge.Overlay(stored.Content.Span, staged.Content.Span, staged.Cleared, job.Type.Fields.Count, merged);
            content = merged.Written.SequenceEqual(stored.Content.Span) ? stored.Content : merged.Written.ToArray();
            statedId ??= stored.StatedId;
        }
        return new EditionRow
        {
            Type = job.Type, Key = staged.Key, StatedId = statedId, StatedLastName = staged.StatedLastName, StatedFirstName = staged.StatedFirstName,
            Content = content, Upload = job.Upload, Line = staged.Line,
        };
    }

    private void CheckStudent(
        string localId, IReadOnlyList<EditionRow> stored, List<Candidate> candidates, EditionStudent? priorYear, KnownIdentities known, bool isProtected, ComparisonResult result)
    {
        var facts = new StudentFacts
        {
            Year = job.Year, Reference = job.Reference, HasPriorYear = job.HasPriorYear, PriorYear = priorYear is null ? null : StudentViews.Of(priorYear), Classes = job.Classes, Identities = known,
        };
        var (view, entries) = ViewOf(localId, stored, candidates, isProtected);
        var rejected = job.Rules.CheckFatal(view, facts, result.Findings);
        if (rejected.Count > 0)
        {
            foreach (var (entry, candidate) in entries) candidate.IsRejected |= rejected.Contains(entry);
            (view, _) = ViewOf(localId, stored, candidates, isProtected);
        }
        if (view.Entries.Count > 0) job.Rules.CheckOthers(view, facts, result.Findings);
    }

    /// <summary>The student as the load would leave it, with the candidate behind each new entry.</summary>
    private (StudentView View, List<(ViewEntry Entry, Candidate Candidate)> Entries) ViewOf(
        string localId, IReadOnlyList<EditionRow> stored, List<Candidate> candidates, bool isProtected)
    {
        var view = new StudentView();
        var entries = new List<(ViewEntry, Candidate)>(candidates.Count);
        var replaced = new HashSet<string>();
        foreach (var candidate in candidates.Where(candidate => !candidate.IsRejected))
        {
            var entry = StudentViews.Entry(candidate.Row, new RowPlace(job.Type, candidate.Staged.Line, localId), isNew: true, candidate.IsUnchanged);
            view.Add(entry);
            entries.Add((entry, candidate));
            replaced.Add(candidate.Row.Key);
        }
        var keepsOthers = job.Scope == UploadScope.Update || job.WithholdRemovals || isProtected || candidates.Any(candidate => candidate.IsRejected);
        foreach (var row in stored)
        {
            if (row.Type == job.Type && (replaced.Contains(row.Key) || !keepsOthers || job.Removals.Has(localId, row.Key, IsThere))) continue;
            view.Add(StudentViews.Entry(row, new RowPlace(row.Type, row.Line, localId, row.Upload), isNew: false));
        }
        view.Sort();
        return (view, entries);

        bool IsThere(string key) => replaced.Contains(key) || stored.Any(row => row.Type == job.Type && row.Key == key);
    }

    private void Conclude(string localId, Dictionary<string, EditionRow> storedByKey, List<Candidate> candidates, bool isProtected, ComparisonResult result)
    {
        foreach (var candidate in candidates)
        {
            if (candidate.IsRejected)
            {
                result.RejectedLines.Add(candidate.Staged.Line);
                isProtected = true;
                continue;
            }
            storedByKey.Remove(candidate.Row.Key);
            if (candidate.Stored is null) result.Added++;
            else if (candidate.IsUnchanged) { result.Unchanged++; continue; }
            else result.Changed++;
            result.Changes.Add(new EditionChange(localId, candidate.Stored, candidate.Row));
        }
        foreach (var row in storedByKey.Values)
        {
            if (!job.Removals.Has(localId, row.Key, IsThere))
            {
                if (job.Scope == UploadScope.Update) continue;
                if (isProtected || job.WithholdRemovals) { result.RemovalsWithheld++; continue; }
            }
            result.Removed++;
            result.Changes.Add(new EditionChange(localId, row, null));
        }

        bool IsThere(string key) => storedByKey.ContainsKey(key) || candidates.Exists(candidate => !candidate.IsRejected && candidate.Row.Key == key);
    }
}
