using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Workflows;

namespace Aim.Editions;

/// <summary>How often rules were broken by what was stored of a year when its editions were last counted.</summary>
/// <param name="CountedFrom">When the edition was counted that was so longest ago; null while none was.</param>
/// <param name="CountedTo">When the newest count was made.</param>
public sealed record YearHits(SchoolYear Year, RuleTally Tally, DateTimeOffset? CountedFrom, DateTimeOffset? CountedTo);

/// <summary>
/// How often rules are broken, kept edition by edition, so that asking for a year reads no rows. To count an edition is to read all of it: the night does so when something changed on which
/// the hits depend, and at most once a week.
/// </summary>
public sealed class RuleHitCounts(IEditionStore editions, ReferenceLibrary references, EditionValidation validation, ILedger ledger, TimeProvider clock)
{
    public static readonly Step<EditionKey, EditionKey> Step = new("CountRuleHits");

    private const string Kind = "rule-hits";

    /// <summary>Half a day short of a week, as nights don't begin to the second.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromDays(6.5);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="Of">What was counted: versions of the edition, of last year's, of the reference data and of the rules.</param>
    private sealed record KeptCount(string Of, DateTimeOffset At, KeptTally Tally);

    /// <summary>The counts of a year as they are kept.</summary>
    public async Task<YearHits> ReadAsync(SchoolYear year, CancellationToken cancellation)
    {
        var (total, from, to) = (new RuleTally(), (DateTimeOffset?)null, (DateTimeOffset?)null);
        await foreach (var (district, count) in ListAsync(year, cancellation))
        {
            total.Add(RuleTally.Of(count.Tally, district));
            if (from is null || count.At < from) from = count.At;
            if (to is null || count.At > to) to = count.At;
        }
        return new YearHits(year, total, from, to);
    }

    /// <summary>Judges an edition and keeps the count.</summary>
    public async Task<EditionKey> CountAsync(EditionKey edition, CancellationToken cancellation)
    {
        // What lands while it counts is counted the next time.
        var head = await editions.GetHeadAsync(edition, cancellation);
        var of = Of(head, (await editions.GetHeadAsync(edition with { Year = edition.Year.Previous }, cancellation)).Version, await ReferenceAsync(edition.Year, cancellation));
        var tally = head.RowCount == 0 ? new RuleTally() : await validation.CountAsync(edition, cancellation);
        await ledger.PutAsync(new(SubjectOf(edition.Year), Kind, edition.District.Value, JsonSerializer.Serialize(new KeptCount(of, clock.GetUtcNow(), tally.Keep()), Json)), cancellation);
        return edition;
    }

    /// <summary>Counts every edition of a year now, on all processors.</summary>
    public async Task<YearHits> CountYearAsync(SchoolYear year, CancellationToken cancellation)
    {
        await Parallel.ForEachAsync(editions.ListHeadsAsync(year, cancellation), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation },
            async (head, token) => await CountAsync(head.Key, token));
        return await ReadAsync(year, cancellation);
    }

    /// <summary>Those of some editions that changed since they were counted, and were not counted within a week.</summary>
    /// <param name="heads">Of all years.</param>
    internal async Task<IReadOnlyList<EditionKey>> DueAsync(IReadOnlyList<EditionHead> heads, CancellationToken cancellation)
    {
        var versions = heads.ToDictionary(head => head.Key, head => head.Version);
        var due = new List<EditionKey>();
        foreach (var year in heads.GroupBy(head => head.Key.Year))
        {
            var reference = await ReferenceAsync(year.Key, cancellation);
            var kept = await ListAsync(year.Key, cancellation).ToDictionaryAsync(item => item.District, item => item.Count, cancellationToken: cancellation);
            due.AddRange(year.Where(IsDue).Select(head => head.Key));

            bool IsDue(EditionHead head) => kept.GetValueOrDefault(head.Key.District) is not { } count
                || clock.GetUtcNow() - count.At >= Rest && count.Of != Of(head, versions.GetValueOrDefault(head.Key with { Year = head.Key.Year.Previous }), reference);
        }
        return due;
    }

    private IAsyncEnumerable<(DistrictId District, KeptCount Count)> ListAsync(SchoolYear year, CancellationToken cancellation) =>
        ledger.ListAsync(SubjectOf(year), Kind, null, cancellation).Select(entry => (new DistrictId(entry.Id), JsonSerializer.Deserialize<KeptCount>(entry.Json, Json)!));

    private async Task<string?> ReferenceAsync(SchoolYear year, CancellationToken cancellation) => (await references.FindAsync(year, cancellation))?.Version;

    private static string Of(EditionHead head, long before, string? reference) => FormattableString.Invariant($"{head.Version} {before} {reference} {RuleCatalog.Version}");

    private static string SubjectOf(SchoolYear year) => $"rules/{year}";
}
