using System.Runtime.CompilerServices;
using Aim.Identity;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.State;
using Aim.StateSync;

namespace Aim.Editions;

/// <summary>What a validation came to.</summary>
/// <param name="Held">What is found only because of fields that the state holds; it is counted in nothing else, since the district did not send it.</param>
public sealed record ValidationReport(DistrictId District, SchoolYear Year, string? School, string? Collection, DateOnly AsOf, long Rows, long Students, long Fatal, long Errors, long Warnings, long Information,
    IReadOnlyList<FindingGroup> Groups, IReadOnlyDictionary<string, long> Rules, IReadOnlyList<Finding> Held);

/// <summary>
/// Judges what is stored, on demand: every rule that is in force, over a district's edition or one school of it, and who the students are. Reads
/// the rows once and keeps none of them. What is found is about what the district sent; students of whom the state holds fields are judged once more as they count, and what only then is found
/// is told apart.
/// </summary>
public sealed class EditionValidation(IEditionStore editions, ReferenceLibrary references, EditionNotes notes, IdentityResolver resolver, ParkedStudents parking, HeldFields heldFields, TimeProvider clock)
{
    private const int StudentsARead = 500;
    private const string HeldAdvice = "The state holds a field of this student's record, and without it this would not be found: the district has nothing to correct. The state office corrects what it holds, or lets it go.";

    /// <summary>Validates an edition.</summary>
    /// <param name="findings">Takes every finding.</param>
    /// <param name="flush">Called now and then, to move on what the findings have come to.</param>
    public async Task<RuleTally> RunAsync(EditionKey edition, string? school, string? collection, IFindingSink findings, Func<ValueTask>? flush, CancellationToken cancellation)
    {
        var tally = await JudgeSentAsync(edition, school, collection, findings, flush, cancellation);
        await foreach (var (localId, record) in heldFields.ReadAsync(edition, cancellation))
        {
            foreach (var finding in await FoundByHoldingAsync(edition, school, localId, record, cancellation)) findings.Add(finding);
            if (flush is not null) await flush();
        }
        return tally;
    }

    private async Task<RuleTally> JudgeSentAsync(EditionKey edition, string? school, string? collection, IFindingSink findings, Func<ValueTask>? flush, CancellationToken cancellation)
    {
        var (judge, hasPriorYear) = await JudgeOfAsync(edition, school, collection, await ClassLists.ReadAsync(editions, edition, cancellation), findings, cancellation);
        var waiting = await parking.ListAsync(edition, cancellation);
        var run = resolver.Begin(edition);
        await foreach (var students in ReadAsync(edition, hasPriorYear, cancellation).Chunk(StudentsARead).WithCancellation(cancellation))
        {
            var present = students.Select(student => student.Now).OfType<EditionStudent>().ToList();
            var known = await resolver.KnowAsync(run, [.. present.Select(UnresolvedStudent.Of).OfType<UnresolvedStudent>()], present.SelectMany(student => student.Rows).Select(row => row.StatedId).OfType<StateId>(), cancellation);
            judge.Identities = known;
            foreach (var (now, before) in students)
            {
                if (judge.Judge(now is null ? null : StudentViews.Of(now), before is null ? null : StudentViews.Of(before))) StatedIdentity.CheckStored(now!, known, waiting.GetValueOrDefault(now!.LocalId)?.Reason, judge.Reference, judge.Further);
                if (flush is not null) await flush();
            }
        }
        judge.Finish(await notes.ReadAsync(edition, cancellation));
        if (flush is not null) await flush();
        return judge.Tally;
    }

    private async Task<IEnumerable<Finding>> FoundByHoldingAsync(EditionKey edition, string? school, string localId, StudentRecord record, CancellationToken cancellation)
    {
        // Without a contribution, such as that of a student who waits, there is nothing at present that could be held.
        if (record.Find(edition.District, localId) is not { } sent) return [];
        var without = await JudgeAsync(edition, school, sent.ToStudent(), cancellation);
        var with = await JudgeAsync(edition, school, record.FindEffective(edition.District, localId)!.ToStudent(), cancellation);
        return with.Where(finding => !without.Contains(finding)).Select(finding => finding with { HowToFix = HeldAdvice, Held = true });
    }

    /// <summary>What the rules about rows and students find in one student's rows, as they are given: they need not be stored like that.</summary>
    /// <param name="school">Nothing is found in a student who isn't of this school.</param>
    public async Task<IReadOnlyList<Finding>> JudgeAsync(EditionKey edition, string? school, EditionStudent student, CancellationToken cancellation)
    {
        var (findings, classes) = (new FindingList(), new ClassLists());
        await classes.AddNamedAsync(editions, edition, student.Rows.Select(row => (row.Type, row.Content)), cancellation);
        var (judge, hasPriorYear) = await JudgeOfAsync(edition, school, collection: null, classes, findings, cancellation);
        var before = hasPriorYear ? await editions.ReadAsync(Before(edition), new EditionSelection([student.LocalId]), cancellation).FirstOrDefaultAsync(cancellation) : null;
        var view = StudentViews.Of(student);
        if (view.StatingOtherwise.Any()) judge.Identities = await resolver.KnowAsync(resolver.Begin(edition), [UnresolvedStudent.Of(student)!], student.Rows.Select(row => row.StatedId).OfType<StateId>(), cancellation);
        judge.Judge(view, before is null ? null : StudentViews.Of(before));
        return findings;
    }

    private async Task<(EditionJudge Judge, bool HasPriorYear)> JudgeOfAsync(EditionKey edition, string? school, string? collection, ClassLists classes, IFindingSink findings, CancellationToken cancellation)
    {
        var reference = (await references.FindAsync(edition.Year, cancellation))?.Data;
        var hasPriorYear = (await editions.GetHeadAsync(Before(edition), cancellation)).RowCount > 0;
        return (new EditionJudge(new JudgedEdition(edition, Today(reference), school, collection), reference, classes, hasPriorYear, findings), hasPriorYear);
    }

    /// <summary>Validates an edition and groups what is found by root cause.</summary>
    public async Task<ValidationReport> ReportAsync(EditionKey edition, string? school, string? collection, CancellationToken cancellation)
    {
        var found = new ReportedFindings();
        var tally = await RunAsync(edition, school, collection, found, flush: null, cancellation);
        var (sent, groups) = (found.Sent, found.Sent.Groups());
        var asOf = Today((await references.FindAsync(edition.Year, cancellation))?.Data);
        var rules = groups.GroupBy(group => group.Rule).OrderBy(rule => rule.Key, StringComparer.Ordinal).ToDictionary(rule => rule.Key, rule => rule.Sum(group => group.Count));
        return new ValidationReport(edition.District, edition.Year, school, collection, asOf, tally.Rows, tally.Students, sent.Fatal, sent.Errors, sent.Warnings, sent.Total - sent.Fatal - sent.Errors - sent.Warnings, groups, rules, found.Held);
    }

    /// <summary>Validates an edition and writes every finding, one JSON object a line.</summary>
    public async Task WriteAsync(EditionKey edition, string? school, string? collection, Stream output, CancellationToken cancellation)
    {
        var lines = new FindingLines();
        await RunAsync(edition, school, collection, lines, () => lines.MoveToAsync(output, least: 1 << 16, cancellation), cancellation);
        await lines.MoveToAsync(output, least: 1, cancellation);
    }

    /// <summary>Validates an edition and counts what is found in what the district sent.</summary>
    public Task<RuleTally> CountAsync(EditionKey edition, CancellationToken cancellation) => JudgeSentAsync(edition, school: null, collection: null, Dropped.Instance, flush: null, cancellation);

    private static EditionKey Before(EditionKey edition) => edition with { Year = edition.Year.Previous };

    /// <summary>The day by the state's own clock.</summary>
    private DateOnly Today(ReferenceData? reference) => reference?.Agency.DayOf(clock.GetUtcNow()) ?? DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    /// <summary>The students of an edition with their rows of the year before, and those who are only there.</summary>
    private async IAsyncEnumerable<(EditionStudent? Now, EditionStudent? Before)> ReadAsync(EditionKey edition, bool hasPriorYear, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!hasPriorYear)
        {
            await foreach (var student in editions.ReadAsync(edition, EditionSelection.All, cancellation)) yield return (student, null);
            yield break;
        }
        await using var now = editions.ReadAsync(edition, EditionSelection.All, cancellation).GetAsyncEnumerator(cancellation);
        await using var before = editions.ReadAsync(Before(edition), EditionSelection.All, cancellation).GetAsyncEnumerator(cancellation);
        var (hasNow, hasBefore) = (await now.MoveNextAsync(), await before.MoveNextAsync());
        while (hasNow || hasBefore)
        {
            var order = !hasNow ? 1 : !hasBefore ? -1 : Utf8Order.Compare(now.Current.LocalId, before.Current.LocalId);
            yield return (order <= 0 ? now.Current : null, order >= 0 ? before.Current : null);
            if (order <= 0) hasNow = await now.MoveNextAsync();
            if (order >= 0) hasBefore = await before.MoveNextAsync();
        }
    }

    /// <summary>What the district sent in groups, and what is held one by one: it is decided one by one too.</summary>
    private sealed class ReportedFindings : IFindingSink
    {
        public FindingSummary Sent { get; } = new();

        public FindingList Held { get; } = [];

        public void Add(Finding finding) => (finding.Held ? (IFindingSink)Held : Sent).Add(finding);
    }

    /// <summary>For whoever wants counts alone.</summary>
    private sealed class Dropped : IFindingSink
    {
        public static readonly Dropped Instance = new();

        public void Add(Finding finding)
        {
        }
    }

    /// <summary>Findings as lines of JSON, on their way to a stream.</summary>
    private sealed class FindingLines : IFindingSink
    {
        private readonly System.Buffers.ArrayBufferWriter<byte> buffer = new();

        public void Add(Finding finding) => FindingJson.WriteLine(buffer, finding);

        public async ValueTask MoveToAsync(Stream output, int least, CancellationToken cancellation)
        {
            if (buffer.WrittenCount < least) return;
            await output.WriteAsync(buffer.WrittenMemory, cancellation);
            buffer.ResetWrittenCount();
        }
    }
}
