using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;

namespace Aim.Identity;

public enum IdentityCaseStatus
{
    Open = 1,

    /// <summary>Of IDN-004: a person knows that these are two children; never opened again.</summary>
    KnownDifferent = 2,

    /// <summary>The scan doesn't find it any more: merged, or corrected.</summary>
    Cleared = 3,

    /// <summary>Of IDN-005: a person knows that these are one child; opened again when one of the two says something else of the child.</summary>
    KnownSame = 4,
}

/// <summary>Two State IDs that look like one child (IDN-004), or one State ID on two children (IDN-005).</summary>
/// <param name="LocalIds">Of IDN-005: the two districts and local ids that say something else.</param>
/// <param name="Sides">Of IDN-005: the same as long as both say what they did of the child; null while the rows of one of them wait.</param>
public sealed record IdentityCase(
    string Id, string Rule, IReadOnlyList<StateId> Students, IReadOnlyList<string> LocalIds, double? Weight, double? Probability, IReadOnlyList<FieldWeight> Fields, IdentityCaseStatus Status, DateTimeOffset Since,
    string? Reason = null, string? By = null, DateTimeOffset? At = null, string? Sides = null);

/// <summary>The ledger's page of cases that the nightly scan opens, by rule, State ID and, of one that two children have, what the two are.</summary>
public sealed class IdentityCases(ILedger ledger, TimeProvider clock)
{
    private const string Subject = "identity/cases", Kind = "case", ComparedKind = "compared", Newest = "newest";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public IAsyncEnumerable<IdentityCase> ListAsync(string? afterId, CancellationToken cancellation) => ledger.ListAsync(Subject, Kind, afterId, cancellation).Select(Read);

    /// <summary>Notes that a case is known to be two children, or says in a sentence why that is no answer to it; neither when there is no such case.</summary>
    public Task<(IdentityCase? Case, string? Refusal)> DeclareDifferentAsync(string id, string reason, string by, CancellationToken cancellation) => DeclareAsync(id, IdentityCaseStatus.KnownDifferent, present =>
        present.Rule == IdentityRules.TwoStateIds.Id ? null
            : "Two children have one State ID: that is the mistake. Have the State ID corrected on the side that has the wrong one, or, where the rows of one side wait, decide whose they are; the scan after that clears the case.", reason, by, cancellation);

    /// <summary>Notes that a case is known to be one child, as long as both sides say of it what they say now; or why that is no answer, as <see cref="DeclareDifferentAsync"/> does.</summary>
    public Task<(IdentityCase? Case, string? Refusal)> DeclareSameAsync(string id, string reason, string by, CancellationToken cancellation) => DeclareAsync(id, IdentityCaseStatus.KnownSame, present =>
        present.Rule == IdentityRules.TwoStateIds.Id ? "One child has two State IDs: merge them; the scan after that clears the case."
            : present.Sides is null ? "The rows of one side wait: decide whose they are. If the two sides still differ then, the case stays, and can be answered after the next scan." : null, reason, by, cancellation);

    private async Task<(IdentityCase? Case, string? Refusal)> DeclareAsync(string id, IdentityCaseStatus status, Func<IdentityCase, string?> refusal, string reason, string by, CancellationToken cancellation)
    {
        while (await ledger.FindAsync(Subject, Kind, id, cancellation) is { } entry)
        {
            var present = Read(entry);
            if (refusal(present) is { } sentence) return (null, sentence);
            var changed = present with { Status = status, Reason = reason, By = by, At = clock.GetUtcNow() };
            if (await ReplaceAsync(entry, changed, cancellation)) return (changed, null);
        }
        return (null, null);
    }

    /// <summary>Whom the last scan compared that came to its end; null when none did.</summary>
    internal async Task<ComparedPeople?> FindComparedAsync(CancellationToken cancellation) =>
        await ledger.FindAsync(Subject, ComparedKind, Newest, cancellation) is { } entry ? JsonSerializer.Deserialize<ComparedPeople>(entry.Json, Json) : null;

    internal Task PutComparedAsync(ComparedPeople compared, CancellationToken cancellation) => ledger.PutAsync(new(Subject, ComparedKind, Newest, JsonSerializer.Serialize(compared, Json)), cancellation);

    /// <summary>Opens what was found, clears what is found no more, and leaves alone what a person has answered, also meanwhile.</summary>
    /// <param name="isKept">Whether a rule's cases were not looked for, and stay as they are.</param>
    internal async Task<IdentityScanned> FollowAsync(IReadOnlyDictionary<string, IdentityCase> found, Func<string, bool> isKept, CancellationToken cancellation)
    {
        var (opened, cleared, open) = (0, 0, 0);
        var known = new HashSet<string>();
        foreach (var entry in await ledger.ListAsync(Subject, Kind, null, cancellation).ToListAsync(cancellation))
        {
            var present = Read(entry);
            known.Add(present.Id);
            var after = isKept(present.Rule) ? present : After(present, found.GetValueOrDefault(present.Id));
            // What has changed since it was listed was answered by a person, or followed by another scan.
            if (after != present && !await ReplaceAsync(entry, after, cancellation)) continue;
            if (after.Status == IdentityCaseStatus.Open) open++;
            if (after.Status == present.Status) continue;
            if (after.Status == IdentityCaseStatus.Open) opened++;
            else cleared++;
        }
        foreach (var fresh in found.Values.Where(item => !known.Contains(item.Id)))
        {
            if (await ledger.AddAsync(new(Subject, Kind, fresh.Id, JsonSerializer.Serialize(fresh, Json)), cancellation)) (opened, open) = (opened + 1, open + 1);
        }
        return new IdentityScanned(opened, cleared, open);
    }

    private IdentityCase After(IdentityCase present, IdentityCase? found) => present.Status switch
    {
        IdentityCaseStatus.KnownDifferent => present,
        IdentityCaseStatus.KnownSame => found is null || found.Sides == present.Sides ? present : found,
        IdentityCaseStatus.Open when found is not null => present with { Sides = found.Sides },
        IdentityCaseStatus.Open => present with { Status = IdentityCaseStatus.Cleared, At = clock.GetUtcNow() },
        _ => found ?? present,
    };

    internal IdentityCase Of(LikelyDuplicate pair) => new(string.Create(CultureInfo.InvariantCulture, $"{IdentityRules.TwoStateIds.Id}-{pair.First}-{pair.Second}"), IdentityRules.TwoStateIds.Id, [pair.First, pair.Second], [],
        Math.Round(pair.Score.Weight, 2), Math.Round(pair.Score.Probability, 5), pair.Fields, IdentityCaseStatus.Open, clock.GetUtcNow());

    /// <param name="one">District and local id of one of the two that have the State ID.</param>
    /// <param name="sides">What both say of the child; null while the rows of one of them wait.</param>
    internal IdentityCase Of(StateId student, string one, string other, string? sides)
    {
        // Of the two in either order; the id comes into addresses, where no local id may stand.
        var pair = ContentHash.OfText(string.Join('\n', new[] { one, other }.Order(StringComparer.Ordinal))).ToString("x32", CultureInfo.InvariantCulture)[..12];
        return new($"{IdentityRules.TwoChildren.Id}-{student}-{pair}", IdentityRules.TwoChildren.Id, [student], [one, other], null, null, [], IdentityCaseStatus.Open, clock.GetUtcNow(),
            Sides: sides is null ? null : ContentHash.OfText(sides).ToString("x32", CultureInfo.InvariantCulture));
    }

    /// <summary>False when the entry was changed since it was read; nothing is written then.</summary>
    private Task<bool> ReplaceAsync(LedgerEntry entry, IdentityCase item, CancellationToken cancellation) => ledger.PutAsync(entry with { Json = JsonSerializer.Serialize(item, Json) }, cancellation);

    private static IdentityCase Read(LedgerEntry entry) => JsonSerializer.Deserialize<IdentityCase>(entry.Json, Json)!;
}

/// <summary>Whom a scan compared with one another.</summary>
/// <param name="Fingerprint">Equal when they were the same people, compared by the same program.</param>
internal sealed record ComparedPeople(string Fingerprint, int BlocksSkipped, int PeopleInSkipped);

/// <summary>What a scan did, and how many cases are open.</summary>
public sealed record IdentityScanned(int Opened, int Cleared, int Open)
{
    /// <summary>Keys that so many people share that these were not compared with one another by it.</summary>
    public int BlocksSkipped { get; init; }

    /// <summary>People with such a key; each was still compared by the other keys.</summary>
    public int PeopleInSkipped { get; init; }
}
