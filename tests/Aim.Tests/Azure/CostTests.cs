using System.Globalization;
using System.Text;
using Aim.Azure.Cosmos;
using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Azure;

/// <summary>Counts what the work of a night is charged, and writes docs/cost.md from it.</summary>
[TestClass]
public sealed class CostTests : IAsyncDisposable
{
    private const int Students = 100;
    private const int RowsEach = 3;

    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);
    private static readonly List<string> LocalIds = [.. Enumerable.Range(1000, Students).Select(i => $"{i}")];

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero).AddTicks(1));
    private CosmosBench bench = null!;
    private CosmosEditionStore editions = null!;
    private CosmosStateStore state = null!;
    private CosmosIdentityIndex identities = null!;

    [TestInitialize]
    public async Task Open()
    {
        bench = await CosmosBench.OpenGatewayAsync();
        (editions, state, identities) = (new(bench.Account, clock), new(bench.Account, clock), new(bench.Account));
    }

    public ValueTask DisposeAsync()
    {
        state.Dispose();
        return bench.DisposeAsync();
    }

    private static CancellationToken None => CancellationToken.None;

    /// <summary>What each container charged for a piece of work, a student. The commit clock is left out: it is charged by time, not by student.</summary>
    private async Task<Charge> OfAsync(Func<Task> work)
    {
        var before = bench.Gateway!.Answered.Count;
        await work();
        var answered = bench.Gateway.Answered.Skip(before).Where(item => item.Container != CosmosContainers.Students || item.Operation is "transaction" or "query").ToList();
        double Of(string container) => answered.Where(item => item.Container == container).Sum(item => item.Charge) / Students;
        return new Charge(Of(CosmosContainers.Editions), Of(CosmosContainers.Identities), Of(CosmosContainers.Students));
    }

    private sealed record Charge(double Editions, double Identities, double Students)
    {
        public double Sum => Editions + Identities + Students;
    }

    private static EditionRow[] RowsOf(string grade) => [Stored.Student("Ana"), Stored.Enrollment(grade, Sample.Elementary), Stored.Enrollment("06", Sample.HighSchool)];

    private async Task LoadAsync(long version, IEnumerable<EditionChange> changes) =>
        Assert.AreEqual(ApplyStatus.Applied, (await editions.ApplyAsync(Edition, version, new EditionLoad(Stored.Upload((int)version + 1), "EN", null), changes.ToAsyncEnumerable(), None)).Status);

    private async Task SyncAsync(long changedAfter, IReadOnlyDictionary<string, StateId> ids)
    {
        var students = await editions.ReadAsync(Edition, new EditionSelection(ChangedAfter: changedAfter), None).ToListAsync();
        Assert.HasCount(Students, students);
        var records = await state.FindAsync([.. ids.Values], Sample.Year, None);
        var commits = students.Select(student =>
        {
            var before = records.GetValueOrDefault(ids[student.LocalId]) ?? StudentRecord.Empty(ids[student.LocalId], Sample.Year);
            return new StudentCommit(before, before.With(Stored.Contribution(student.LocalId, [.. student.Rows])), Stored.Cause);
        });
        Assert.IsTrue((await state.CommitAsync([.. commits], None)).All(outcome => outcome == CommitStatus.Committed));
    }

    private Task<IReadOnlyDictionary<string, StateId>> LinksAsync() => identities.FindLinksAsync(Edition.District, LocalIds, None);

    [TestMethod]
    public async Task What_a_student_costs_is_as_the_document_says()
    {
        var fresh = await OfAsync(async () =>
        {
            await LoadAsync(0, LocalIds.SelectMany(id => RowsOf("05").Select(row => Stored.Added(id, row))));
            await LinksAsync();
            await identities.ClaimAsync([.. LocalIds.Select(id => new IdentityClaim(Edition.District, id, Stored.Person(0, $"Ana{id}")))], None);
            await SyncAsync(0, await LinksAsync());
        });
        var bytes = bench.Gateway!.StoredBytes / Students;
        var changed = await OfAsync(async () =>
        {
            await LoadAsync(1, LocalIds.Select(id => Stored.Changed(id, RowsOf("05")[1], RowsOf("06")[1])));
            var ids = await LinksAsync();
            await identities.FindAsync([.. ids.Values], None);
            await SyncAsync(1, ids);
        });
        var unchanged = await OfAsync(async () => Assert.HasCount(Students, await editions.ReadAsync(Edition, EditionSelection.All, None).ToListAsync()));
        var verified = await OfAsync(async () =>
        {
            await editions.ReadAsync(Edition, EditionSelection.All, None).ToListAsync();
            await LinksAsync();
            await state.FindAsync(await state.StudentsOfAsync(Edition.District, Edition.Year, None).ToListAsync(), Edition.Year, None);
        });
        var frozen = await OfAsync(async () => await state.ReadAsync(Sample.Year, StateIdRange.All, await state.FixMomentAsync(None), None).ToListAsync());
        var heads = bench.Gateway.Answered.Count;
        await editions.ListHeadsAsync(Sample.Year, None).ToListAsync();
        var head = bench.Gateway.Answered.Skip(heads).Where(item => item.Operation == "query").ToList();

        Approved.VerifyDocument(Document(fresh, changed, unchanged, verified, frozen, head.Min(item => item.Charge), head.Max(item => item.Charge) - head.Min(item => item.Charge), bytes), "docs/cost.md");
    }

    private static string Document(Charge fresh, Charge changed, Charge unchanged, Charge verified, Charge frozen, double partition, double head, long bytes)
    {
        var text = new StringBuilder($"""
            # What Cosmos DB costs

            Written by a test: {Students} students with {RowsEach} rows each go through the adapters and the real SDK, and the gateway of the tests charges each request by size as the service publishes:
            1 unit for a point read of 1 KB and 10 for 100 KB; 5 units to insert 1 KB and 50 for 100 KB; a replace twice an insert; reads doubled, as consistency is strong. Assumed, for it is
            not published: 0.1 unit an indexed path of a write, 2.3 units a query before it reads, a third of its point read for each item a query returns. **Estimated, not measured**: run the
            suites with `AIM_COSMOS` set and compare the metric `{CosmosMetrics.RequestCharge}` of the meter `{CosmosMetrics.MeterName}`.

            ## Request units a student

            | | editions | identities | students | sum |
            | --- | ---: | ---: | ---: | ---: |
            {Row("new: load, claim, sync", fresh)}
            {Row("changed: one row of it", changed)}
            {Row("unchanged: compared with a file; also a district read", unchanged)}
            {Row("recounted by the night", verified)}
            {Row("frozen into a snapshot", frozen)}

            A no-change night lists the heads of all editions: {N(partition)} units a physical partition and {N(head)} a head, whatever is stored, and reads what is kept of the hits of rules, a few kilobytes an edition, which is in no table here. The commit clock costs two reads and two replaces, some
            24 units, for each two seconds in which a process commits. A student takes {bytes / 100 * 100:N0} bytes at first.

            ## A month

            Assumed: each district sends all of its files on 21 school days; 1 % of students change on such a day; 0.5 % are new in the month; every edition is recounted once; each
            week it is judged, with last year's, for how often rules are broken; one snapshot is taken; 405 districts. Prices, list, one region, to be checked: $0.25 a million units serverless, $0.012 an hour for 100 units a second of autoscale, $0.25 a GB of storage.


            """.ReplaceLineEndings("\n"));
        foreach (var students in new[] { 150_000, 5_000_000 }) Month(text, students, fresh, changed, unchanged, verified, frozen, 30 * (Partitions(students, bytes) * partition + 405 * head), bytes);
        return text.ToString();
    }

    private static void Month(StringBuilder text, int students, Charge fresh, Charge changed, Charge unchanged, Charge verified, Charge frozen, double nights, long bytes)
    {
        (string Work, double Times, double Each)[] lines =
        [
            ("compared", students * 21.0, unchanged.Sum), ("changed", students * 0.01 * 21, changed.Sum), ("new", students * 0.005, fresh.Sum), ("recounted", students, verified.Sum), ("judged for the hits", students * 2 * 30 / 7.0, unchanged.Sum), ("frozen", students, frozen.Sum),
        ];
        var units = lines.Sum(line => line.Times * line.Each) + nights;
        text.Append(CultureInfo.InvariantCulture, $"### {students:N0} students\n\n| | times | units each | million units |\n| --- | ---: | ---: | ---: |\n");
        foreach (var (work, times, each) in lines) text.Append(CultureInfo.InvariantCulture, $"| {work} | {times:N0} | {N(each)} | {times * each / 1e6:N1} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| heads, 30 nights | | | {nights / 1e6:N1} |\n| **sum** | | | **{units / 1e6:N1}** |\n\n");
        var gigabytes = (double)students * bytes * 2 / 1e9;
        text.Append(CultureInfo.InvariantCulture, $"- Serverless: {units / 1e6:N1} × $0.25 = **${units / 1e6 * 0.25:N0}**, and {gigabytes:N1} GB (twice the first load, for what it replaces and history) × $0.25 = ${gigabytes * 0.25:N0}.\n");
        // The sum of what infra/main.bicep sets, and five times that for a state of this size.
        var most = students > 1_000_000 ? 105_000 : 21_000;
        text.Append(CultureInfo.InvariantCulture, $"- Autoscale up to {most:N0} units a second over all containers: at rest a tenth of it, {most / 10:N0} / 100 × $0.012 × 730 hours = **${most / 1000.0 * 0.012 * 730:N0}**; an hour at the most, as a first load takes, ${most / 100 * 0.012:N2}.\n");
        text.Append(CultureInfo.InvariantCulture, $"- The first load of a year: {students * fresh.Sum / 1e6:N1} million units, ${students * fresh.Sum / 1e6 * 0.25:N0} serverless.\n\n");
    }

    /// <summary>A physical partition holds 50 GB.</summary>
    private static int Partitions(int students, long bytes) => (int)Math.Ceiling((double)students * bytes * 2 / 50e9);

    private static string Row(string work, Charge charge) => $"| {work} | {N(charge.Editions)} | {N(charge.Identities)} | {N(charge.Students)} | {N(charge.Sum)} |";

    private static string N(double units) => units.ToString("N1", CultureInfo.InvariantCulture);
}
