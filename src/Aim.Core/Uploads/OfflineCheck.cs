using Aim.Editions;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>A file to check, and whose it says it is.</summary>
public sealed record FileToCheck(string Name, RecordType Type, DistrictId District, SchoolYear Year, FileForm Form, Func<Task<Stream>> Open)
{
    /// <summary>Of a file that was made of those of an archive: the archive, and where its lines come from.</summary>
    internal (string Archive, LineOrigins Lines)? Origins { get; init; }

    /// <summary>The finding, told of the file that the district has.</summary>
    internal FileFinding Of(Finding finding) => Origins is { } origins && origins.Lines.Of(finding) is { File: { } file } told ? new FileFinding($"{origins.Archive}/{file}", told with { File = null }) : new FileFinding(Name, finding);
}

/// <summary>A finding in one of the files that were checked together.</summary>
public sealed record FileFinding(string File, Finding Finding);

/// <summary>
/// Checks a district's files before they are uploaded: the same reading, the same rules and the same ids as an upload, with the files
/// together taken as the whole edition. What needs knowledge that isn't at hand is not run, and said.
/// </summary>
/// <param name="today">The day as of which files are judged that don't say when they were written, as it would be for an upload now.</param>
public sealed class OfflineCheck(IBlobStore scratch, ReferenceData? reference, IReadOnlyDictionary<StateId, Person>? people, DateOnly today)
{
    /// <summary>Ask also what is asked before this collection is certified; then the files have to be all that the district sends for it.</summary>
    public string? Collection { get; init; }

    /// <summary>Schools that have confirmed they had no behavior incident, or will.</summary>
    public IReadOnlySet<string> ZeroIncidents { get; init; } = new HashSet<string>();

    /// <summary>What the funding system counts.</summary>
    public IReadOnlyList<FundedCount> Funding { get; init; } = [];

    private readonly List<string> refusals = [];
    private ClassLists classes = new();
    private EditionFigures figures = new();

    /// <summary>Sentences about files that turned out to be unreadable on the way.</summary>
    public IReadOnlyList<string> Refusals => refusals;

    public long Rows { get; private set; }

    /// <summary>The rules that could not be decided with what is at hand.</summary>
    public IReadOnlyList<Rule> RulesNotRun =>
    [
        .. RuleCatalog.All.Where(rule =>
            reference is null && RuleCatalog.NeedsReference(rule.Id) || rule.Scope == RuleScope.Identity && (people is null || rule == IdentityRules.NearMatch) || RuleCatalog.NeedsPriorYear(rule.Id)
            || rule.Scope == RuleScope.State || rule.Scope is RuleScope.Edition or RuleScope.Certification && !IsAsked(rule)),
    ];

    private bool IsAsked(Rule rule) => RuleCatalog.EditionRules.Any(item => item.Rule.Id == rule.Id && IsAsked(item));

    /// <summary>Rules about an edition can be asked of files alone when they need neither last year's nor what only the state has noted about it.</summary>
    private bool IsAsked(EditionRule rule) =>
        !rule.NeedsPriorYear && (rule.NeedsFunding ? Funding.Count > 0 : rule.AssumesNothingNoted || !rule.NeedsNotes) && rule.IsAskedFor(Collection);

    /// <summary>Checks the files of one district and year, handing over each finding as it is made.</summary>
    public async Task RunAsync(IReadOnlyList<FileToCheck> files, Action<FileFinding> found, CancellationToken cancellation)
    {
        var runs = new List<(FileToCheck File, IReadOnlyList<string> Runs)>();
        foreach (var file in files.OrderBy(file => file.Type.Number)) runs.Add((file, await StageAsync(file, found, cancellation)));
        classes = await ClassesAsync(runs, cancellation);
        figures = new EditionFigures();
        await CheckStudentsAsync(runs, found, cancellation);
        CheckEdition(files, found);
    }

    /// <summary>The files together are the edition; a finding about it is told of the file whose rows it comes from.</summary>
    private void CheckEdition(IReadOnlyList<FileToCheck> files, Action<FileFinding> found)
    {
        if (files.Count == 0) return;
        var facts = new EditionFacts
        {
            Edition = new EditionKey(files[0].District, files[0].Year), AsOf = today, Figures = figures, Reference = reference, Collection = Collection,
            Noted = new NotedOfEdition(ZeroIncidents, FundingOf(files), new HashSet<string>()),
        };
        foreach (var rule in RuleCatalog.EditionRules.Where(rule => rule.Rule.IsInForce(files[0].Year) && IsAsked(rule) && rule.Applies(facts)))
        {
            foreach (var offence in rule.Offences(facts)) found(FileOf(rule, offence, files).Of(Findings.OfEdition(rule.Rule.In(reference), files[0].District, offence)));
        }
    }

    /// <summary>The file that a finding about the edition is told of: the same one in whichever order the files were given.</summary>
    private static FileToCheck FileOf(EditionRule rule, EditionOffence offence, IReadOnlyList<FileToCheck> files)
    {
        var inOrder = files.OrderBy(file => file.Type.Number).ThenBy(file => file.Name, StringComparer.Ordinal).ToList();
        return inOrder.Find(file => file.Type == offence.Type) ?? inOrder.Find(file => rule.Reads.Contains(file.Type)) ?? inOrder[0];
    }

    /// <summary>The figures to hold the files against: a count whose file isn't there has none.</summary>
    private Dictionary<string, int> FundingOf(IReadOnlyList<FileToCheck> files) => Funding
        .Where(count => count.District == files[0].District && files.Any(file => file.Type == (count.Collection == CollectionName.FallCount ? RecordTypes.FallCount : RecordTypes.SpringCount)))
        .ToDictionary(count => count.Collection, count => count.Students);

    private async Task<IReadOnlyList<string>> StageAsync(FileToCheck file, Action<FileFinding> found, CancellationToken cancellation)
    {
        var layout = FileLayouts.Find(file.Type, file.Form.Version, file.Year)!;
        var asOf = file.Form.WrittenAt is { } written ? DateOnly.FromDateTime(written) : today;
        var job = new ParseJob(RowPlan.For(layout, file.Form), file.Form, file.District, file.Year, asOf, reference);
        var writer = new StagedRunWriter(scratch, $"check/{Guid.NewGuid():N}/");
        if (StageUpload.EncodingFinding(file.Form.Encoding, file.Type, reference) is { } encoding) found(file.Of(encoding));
        var before = Rows;
        try
        {
            await using var stream = await file.Open();
            await BlockPipeline.RunAsync(stream, job, async block =>
            {
                Rows += block.RowCount;
                foreach (var finding in block.Findings) found(file.Of(finding));
                await writer.AddAsync(block, cancellation);
            }, cancellation);
            if (Rows == before) refusals.Add($"{file.Name}: {StageUpload.NoRows}");
        }
        catch (UnreadableFileException unreadable)
        {
            refusals.Add($"{file.Name}: {unreadable.Message}");
        }
        await writer.FlushAsync(cancellation);
        return writer.Runs;
    }

    /// <summary>The courses, classes and teachers of the files.</summary>
    private async Task<ClassLists> ClassesAsync(IReadOnlyList<(FileToCheck File, IReadOnlyList<string> Runs)> runs, CancellationToken cancellation)
    {
        var lists = new ClassLists();
        foreach (var (file, staged) in runs.Where(run => !run.File.Type.IsOfStudent))
        {
            await foreach (var item in StagedRuns.ReadAsync(scratch, staged, cancellation))
            {
                // What would not be loaded, because it was rejected or says two things, is not there.
                var rows = item.Rows.Where(row => !row.IsRejected).ToList();
                if (rows.Count > 0 && rows.TrueForAll(row => row.Content.Span.SequenceEqual(rows[0].Content.Span))) lists.Add(file.Type, item.LocalId, rows[0].Content.Span);
            }
        }
        return lists;
    }

    /// <summary>Loads the files one after another into nothing, student by student, as uploads in the usual order would.</summary>
    private async Task CheckStudentsAsync(IReadOnlyList<(FileToCheck File, IReadOnlyList<string> Runs)> runs, Action<FileFinding> found, CancellationToken cancellation)
    {
        var readers = new List<IAsyncEnumerator<StagedStudent>>();
        try
        {
            var heads = new StagedStudent?[runs.Count];
            for (var i = 0; i < runs.Count; i++)
            {
                readers.Add(StagedRuns.ReadAsync(scratch, runs[i].Runs, cancellation).GetAsyncEnumerator(cancellation));
                heads[i] = await NextAsync(readers[i]);
            }
            var loads = runs.Select((run, i) => (run.File, Upload: new UploadId((UInt128)(i + 1)))).ToList();
            while (heads.OfType<StagedStudent>().Select(head => head.LocalId).Min(Utf8Order.Comparer) is { } localId)
            {
                var rows = new List<(int Load, IReadOnlyList<StagedRow> Rows)>();
                for (var i = 0; i < heads.Length; i++)
                {
                    if (heads[i]?.LocalId != localId) continue;
                    rows.Add((i, heads[i]!.Rows));
                    heads[i] = await NextAsync(readers[i]);
                }
                CheckStudent(localId, rows, loads, found);
            }
        }
        finally
        {
            foreach (var reader in readers) await reader.DisposeAsync();
        }
    }

    private void CheckStudent(
        string localId, List<(int Load, IReadOnlyList<StagedRow> Rows)> rows, List<(FileToCheck File, UploadId Upload)> loads, Action<FileFinding> found)
    {
        var stored = new List<EditionRow>();
        var said = new HashSet<(string Rule, int Load, long Line)>();
        foreach (var (load, staged) in rows)
        {
            var file = loads[load].File;
            var job = new ComparisonJob(file.Type, loads[load].Upload, UploadScope.Update, false, RulesFor(file), file.Year, HasPriorYear: false) { Reference = reference, Classes = classes, Origins = file.Origins?.Lines };
            var findings = new FindingList();
            var result = new ComparisonResult(findings);
            var comparison = new StudentComparison(job);
            comparison.Compare(comparison.Prepare(localId, stored, staged, result), null, KnownIdentities.Of(PeopleFor(staged)), result);
            stored.AddRange(result.Changes.Select(change => change.After!));
            foreach (var finding in findings)
            {
                var at = finding.Upload is { } upload ? (int)upload.Value - 1 : load;
                if (said.Add((finding.Rule, at, finding.Line))) found(loads[at].File.Of(finding with { Upload = null }));
            }
        }
        // A later file may have replaced what an earlier one said.
        figures.Add(StudentViews.Of(new EditionStudent(localId, [.. stored.Reverse<EditionRow>().DistinctBy(row => (row.Type, row.Key))])));
    }

    private readonly Dictionary<(RecordType, SchoolYear), StudentRuleSet> ruleSets = [];

    private StudentRuleSet RulesFor(FileToCheck file)
    {
        if (!ruleSets.TryGetValue((file.Type, file.Year), out var rules)) ruleSets[(file.Type, file.Year)] = rules = new StudentRuleSet(RuleCatalog.StudentRules, [file.Type], file.Year, reference, hasPriorYear: false);
        return rules;
    }

    /// <summary>Without the list of State IDs, every stated one is taken as known.</summary>
    private IReadOnlyDictionary<StateId, Person> PeopleFor(IReadOnlyList<StagedRow> rows) =>
        people ?? rows.Where(row => row.StatedId is not null).Select(row => row.StatedId!.Value).Distinct().ToDictionary(id => id, id => new Person { StateId = id });

    private static async Task<StagedStudent?> NextAsync(IAsyncEnumerator<StagedStudent> reader) => await reader.MoveNextAsync() ? reader.Current : null;
}
