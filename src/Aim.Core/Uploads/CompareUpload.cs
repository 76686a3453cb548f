using System.Globalization;
using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Entry;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>One student of a file, of the edition, or of both.</summary>
internal sealed record StudentToCompare(string LocalId, IReadOnlyList<EditionRow> Stored, IReadOnlyList<StagedRow> Staged);

/// <summary>
/// Holds a staged file against the district's edition, student by student in the order of local ids: what would change, and which rules
/// the students would break. Writes nothing but the list of changes and the findings.
/// </summary>
public sealed class CompareUpload(IBlobStore blobs, IEditionStore editions, IdentityResolver resolver, ReferenceLibrary references, NewerEntries newerEntries, Deletions deletions)
{
    private const int ChunkSize = 1000;

    /// <summary>A load that would remove more than this share of the stored rows asks first.</summary>
    private const double RiskyShare = 0.10;

    public async Task<ComparedUpload> RunAsync(StagedUpload staged, CancellationToken cancellation)
    {
        var plan = staged.Plan;
        var head = await editions.GetHeadAsync(new EditionKey(plan.Ticket.District, plan.Ticket.Year), cancellation);
        var version = head.Version.ToString(CultureInfo.InvariantCulture);
        var work = $"{plan.Upload.WorkPrefix}compare-{version}-";
        var (findingsPath, changesPath) = ($"{plan.Upload.ResultsPrefix}findings-students-v{version}.ndjson", $"{plan.Upload.ResultsPrefix}changes-v{version}");
        await blobs.ClearAsync(work, cancellation);
        await blobs.DeleteAsync(findingsPath, cancellation);
        await blobs.DeleteAsync(changesPath, cancellation);

        await using var findingsFile = new SpooledBlob(blobs, findingsPath);
        await using var changesFile = new SpooledBlob(blobs, changesPath);
        var job = await JobAsync(staged, head.Key, cancellation);
        var (findings, changes) = (new FindingsWriter(findingsFile, job.Origins), new ChangeFile.Writer(changesFile));
        var result = new ComparisonResult(findings);
        var overwritten = new HashSet<UploadId>();
        // After the head: what is deleted from now on makes the comparison stale.
        var deleted = await DeletedAsync(plan, head.Key, cancellation);
        var returning = 0;
        await CompareStudentsAsync(staged, head, job, result, async () =>
        {
            foreach (var change in result.Changes)
            {
                await changes.AddAsync(change, cancellation);
                if (change.Before is { } before) overwritten.Add(before.Upload);
                else if (deleted.Contains((change.LocalId, change.Row.Key))) returning++;
            }
            result.Changes.Clear();
            await findingsFile.FlushAsync(cancellation);
        }, cancellation);

        var counts = await CountAsync(staged, findings.Summary, result, cancellation);
        var changed = await changes.CompleteAsync(cancellation);
        if (plan.Ticket.Scope == UploadScope.Replace && counts.Removed > 0 && counts.Rejected == counts.Rows)
        {
            // Not a row of it can be used: it doesn't tell what there is no more.
            await blobs.DeleteAsync(changesPath, cancellation);
            (changed, counts) = (null, counts with { Removed = 0, RemovalsWithheld = counts.RemovalsWithheld + counts.Removed });
        }
        return new ComparedUpload(staged, head.Version, counts, changed, await findingsFile.CompleteAsync(cancellation),
            await FindingTotals.SaveAsync(blobs, $"{work}summary.json", findings.Summary, cancellation), await RejectedLines.SaveAsync(blobs, $"{work}rejected", result.RejectedLines, cancellation),
            await QuestionAsync(plan, head, counts, result.Stored, overwritten, returning, cancellation));
    }

    /// <summary>The records that ask when the file brings them back: those deleted after its moment. Where it isn't asked for that, they aren't looked for.</summary>
    private async Task<IReadOnlySet<(string LocalId, string Key)>> DeletedAsync(UploadPlan plan, EditionKey edition, CancellationToken cancellation)
    {
        if (plan.Ticket.Confirm != ConfirmPolicy.WhenRisky) return new HashSet<(string, string)>();
        // Of the file and not of its ticket: a later file may have come under the same key.
        var received = plan.Form.WrittenAt is null && await blobs.FindAsync(plan.Upload.Path, cancellation) is { } file ? file.Written : plan.Ticket.RequestedAt;
        return await deletions.FindAsync(edition, RecordTypes.Find(plan.Ticket.RecordType)!, plan.Form.WrittenAt, received, cancellation);
    }

    private async Task<ComparisonJob> JobAsync(StagedUpload staged, EditionKey edition, CancellationToken cancellation)
    {
        var ticket = staged.Plan.Ticket;
        var type = RecordTypes.Find(ticket.RecordType)!;
        var prior = await editions.GetHeadAsync(edition with { Year = edition.Year.Previous }, cancellation);
        var reference = (await references.FindAsync(ticket.Year, cancellation))?.Data;
        var rules = new StudentRuleSet(RuleCatalog.StudentRules, [type], ticket.Year, reference, prior.RowCount > 0);
        return new ComparisonJob(type, staged.Plan.Upload.Id, ticket.Scope, staged.RejectedOfNobody > 0, rules, ticket.Year, prior.RowCount > 0)
        {
            Removals = await NamedRemovals.ReadAsync(blobs, ticket.Removals, cancellation), Origins = await LineOrigins.ReadAsync(blobs, ticket.Origins, cancellation),
            Reference = reference, Classes = rules.NeedsClasses ? await ClassLists.ReadAsync(editions, edition, cancellation) : null,
        };
    }

    /// <summary>Walks file and edition side by side; both are sorted by local id.</summary>
    private async Task CompareStudentsAsync(
        StagedUpload staged, EditionHead head, ComparisonJob job, ComparisonResult result, Func<Task> flush, CancellationToken cancellation)
    {
        var (comparison, run) = (new StudentComparison(job), resolver.Begin(head.Key));
        await foreach (var chunk in MergeAsync(staged, head, job, result, cancellation).Chunk(ChunkSize).WithCancellation(cancellation))
        {
            var prior = await PriorAsync(chunk, head.Key, job, cancellation);
            var students = chunk.Select(item => comparison.Prepare(item.LocalId, item.Stored, item.Staged, result)).ToList();
            var known = await resolver.KnowAsync(run, [.. students.SelectMany(student => student.People)], students.SelectMany(student => student.StatedIds), cancellation);
            foreach (var student in students) comparison.Compare(student, prior.GetValueOrDefault(student.LocalId), known, result);
            await flush();
        }
    }

    private IAsyncEnumerable<StudentToCompare> MergeAsync(
        StagedUpload staged, EditionHead head, ComparisonJob job, ComparisonResult result, CancellationToken cancellation)
    {
        // A file that holds a good part of the edition is merged with a scan of it; a small update looks its few students up.
        // So is one that removes records by name, as it has to be told how much of the edition goes.
        var scans = job.Scope == UploadScope.Replace || job.Removals.Any || staged.Rows > head.RowCount / 20;
        var file = WithNamed(StagedRuns.ReadAsync(blobs, staged.Runs, cancellation), job.Removals.LocalIds);
        return head.RowCount == 0 ? WithoutStored(file) : scans ? ScanAsync(file, head.Key, job, result, cancellation) : LookUpAsync(file, head.Key, cancellation);
    }

    /// <summary>The students of the file and those whose records it removes by name, in one order.</summary>
    private static async IAsyncEnumerable<StagedStudent> WithNamed(IAsyncEnumerable<StagedStudent> file, IEnumerable<string> localIds)
    {
        using var named = localIds.Order(Utf8Order.Comparer).GetEnumerator();
        var hasNamed = named.MoveNext();
        await foreach (var student in file)
        {
            for (; hasNamed && Utf8Order.Compare(named.Current, student.LocalId) < 0; hasNamed = named.MoveNext()) yield return new(named.Current, []);
            if (hasNamed && named.Current == student.LocalId) hasNamed = named.MoveNext();
            yield return student;
        }
        for (; hasNamed; hasNamed = named.MoveNext()) yield return new(named.Current, []);
    }

    private static async IAsyncEnumerable<StudentToCompare> WithoutStored(IAsyncEnumerable<StagedStudent> file)
    {
        await foreach (var student in file) yield return new(student.LocalId, [], student.Rows);
    }

    private async IAsyncEnumerable<StudentToCompare> ScanAsync(
        IAsyncEnumerable<StagedStudent> file, EditionKey edition, ComparisonJob job, ComparisonResult result, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var stored = editions.ReadAsync(edition, EditionSelection.All, cancellation).GetAsyncEnumerator(cancellation);
        var hasStored = await stored.MoveNextAsync();
        await foreach (var student in file)
        {
            for (; hasStored && Utf8Order.Compare(stored.Current.LocalId, student.LocalId) < 0; hasStored = await stored.MoveNextAsync())
            {
                if (IsAffected(stored.Current)) yield return new(stored.Current.LocalId, stored.Current.Rows, []);
            }
            var isStored = hasStored && stored.Current.LocalId == student.LocalId;
            yield return new(student.LocalId, isStored ? stored.Current.Rows : [], student.Rows);
            if (isStored) hasStored = await stored.MoveNextAsync();
        }
        for (; hasStored && (job.Scope == UploadScope.Replace || job.Removals.Any); hasStored = await stored.MoveNextAsync())
        {
            if (IsAffected(stored.Current)) yield return new(stored.Current.LocalId, stored.Current.Rows, []);
        }

        // Who is not in the file is compared only where that means that rows go; otherwise the rows are counted, to tell which share of them does.
        bool IsAffected(EditionStudent student)
        {
            if (job.Scope == UploadScope.Replace) return true;
            result.Stored += student.Rows.Count(row => row.Type == job.Type);
            return false;
        }
    }

    private async IAsyncEnumerable<StudentToCompare> LookUpAsync(
        IAsyncEnumerable<StagedStudent> file, EditionKey edition, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var chunk in file.Chunk(ChunkSize).WithCancellation(cancellation))
        {
            var stored = await ReadAsync(edition, [.. chunk.Select(student => student.LocalId)], cancellation);
            foreach (var student in chunk) yield return new(student.LocalId, stored.GetValueOrDefault(student.LocalId)?.Rows ?? [], student.Rows);
        }
    }

    private async Task<Dictionary<string, EditionStudent>> ReadAsync(EditionKey edition, IReadOnlyList<string> localIds, CancellationToken cancellation)
    {
        var students = new Dictionary<string, EditionStudent>();
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection(localIds), cancellation)) students[student.LocalId] = student;
        return students;
    }

    private async Task<IReadOnlyDictionary<string, EditionStudent>> PriorAsync(
        StudentToCompare[] chunk, EditionKey edition, ComparisonJob job, CancellationToken cancellation) =>
        job.HasPriorYear && job.Rules.NeedsPriorYear
            ? await ReadAsync(edition with { Year = edition.Year.Previous }, [.. chunk.Select(item => item.LocalId)], cancellation)
            : new Dictionary<string, EditionStudent>();

    private async Task<UploadCounts> CountAsync(StagedUpload staged, FindingSummary summary, ComparisonResult result, CancellationToken cancellation)
    {
        var rows = await FindingTotals.ReadAsync(blobs, staged.Summary, cancellation);
        return new UploadCounts
        {
            Rows = staged.Rows, Rejected = staged.Rejected + result.RejectedLines.Count,
            Added = result.Added, Changed = result.Changed, Unchanged = result.Unchanged, Removed = result.Removed, RemovalsWithheld = result.RemovalsWithheld,
            Fatal = rows.Fatal + summary.Fatal, Errors = rows.Errors + summary.Errors, Warnings = rows.Warnings + summary.Warnings,
            Information = rows.Total - rows.Fatal - rows.Errors - rows.Warnings + summary.Total - summary.Fatal - summary.Errors - summary.Warnings,
        };
    }

    private async Task<string?> QuestionAsync(UploadPlan plan, EditionHead head, UploadCounts counts, long stored, IReadOnlySet<UploadId> overwritten, int returning, CancellationToken cancellation)
    {
        if (counts.Added + counts.Changed + counts.Removed == 0 || plan.Ticket.Confirm == ConfirmPolicy.Never) return null;
        if (plan.Ticket.Confirm == ConfirmPolicy.Always) return "You asked to confirm before anything is written.";
        var records = Plural.Of(returning, "record");
        if (plan.Form.WrittenAt is { } written)
        {
            var last = head.LastLoads.GetValueOrDefault(plan.Ticket.RecordType);
            var newer = new List<string>();
            if (last?.WrittenAt > written && last.Upload != plan.Upload.Id) newer.Add(string.Create(CultureInfo.InvariantCulture, $"the {plan.Ticket.RecordType} file that was loaded last ({last.WrittenAt:MM/dd/yyyy HH:mm:ss})"));
            var (saves, pushes) = await newerEntries.CountAsync(overwritten, written, cancellation);
            var entries = new List<string>();
            if (saves > 0) entries.Add($"{Plural.Of(saves, "save")} by hand");
            if (pushes > 0) entries.Add(Plural.Of(pushes, "push", "pushes"));
            if (entries.Count > 0) newer.Add($"{string.Join(" and ", entries)} that it would overwrite");
            if (returning > 0) newer.Add($"the deletion of {records} that would come back");
            if (newer.Count > 0) return string.Create(CultureInfo.InvariantCulture, $"The file was written on {written:MM/dd/yyyy HH:mm:ss}, before {string.Join(" and ", newer)}; loading it would put old data over new.");
        }
        else if (returning > 0)
        {
            return $"The file was received before the deletion of {records} that would come back; loading it would put old data over new.";
        }
        return counts.Removed > stored * RiskyShare ? string.Create(CultureInfo.InvariantCulture, $"Loading the file would remove {counts.Removed} of {Plural.Of(stored, "stored row")}.") : null;
    }
}
