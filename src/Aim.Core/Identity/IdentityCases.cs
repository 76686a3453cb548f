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

    /// <summary>A person knows that these are two children; never opened again.</summary>
    KnownDifferent = 2,

    /// <summary>The scan doesn't find it any more: merged, or corrected.</summary>
    Cleared = 3,
}

/// <summary>Two State IDs that look like one child (IDN-004), or one State ID on two children (IDN-005).</summary>
/// <param name="LocalIds">Of IDN-005: the two districts and local ids that say something else.</param>
public sealed record IdentityCase(
    string Id, string Rule, IReadOnlyList<StateId> Students, IReadOnlyList<string> LocalIds, double? Weight, double? Probability, IReadOnlyList<FieldWeight> Fields, IdentityCaseStatus Status, DateTimeOffset Since,
    string? Reason = null, string? By = null, DateTimeOffset? At = null);

/// <summary>The ledger's page of cases that the nightly scan opens, by rule and State ID.</summary>
public sealed class IdentityCases(ILedger ledger, TimeProvider clock)
{
    private const string Subject = "identity/cases", Kind = "case", ComparedKind = "compared", Newest = "newest";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public IAsyncEnumerable<IdentityCase> ListAsync(string? afterId, CancellationToken cancellation) => ledger.ListAsync(Subject, Kind, afterId, cancellation).Select(Read);

    public async Task<IdentityCase?> FindAsync(string id, CancellationToken cancellation) => await ledger.FindAsync(Subject, Kind, id, cancellation) is { } entry ? Read(entry) : null;

    /// <summary>Notes that a case is known to be two children; null when there is no such case.</summary>
    public async Task<IdentityCase?> DeclareDifferentAsync(string id, string reason, string by, CancellationToken cancellation)
    {
        if (await FindAsync(id, cancellation) is not { } present) return null;
        var changed = present with { Status = IdentityCaseStatus.KnownDifferent, Reason = reason, By = by, At = clock.GetUtcNow() };
        await PutAsync(changed, cancellation);
        return changed;
    }

    /// <summary>Whom the last scan compared that came to its end; null when none did.</summary>
    internal async Task<ComparedPeople?> FindComparedAsync(CancellationToken cancellation) =>
        await ledger.FindAsync(Subject, ComparedKind, Newest, cancellation) is { } entry ? JsonSerializer.Deserialize<ComparedPeople>(entry.Json, Json) : null;

    internal Task PutComparedAsync(ComparedPeople compared, CancellationToken cancellation) => ledger.PutAsync(new(Subject, ComparedKind, Newest, JsonSerializer.Serialize(compared, Json)), cancellation);

    /// <summary>Opens what was found, clears what is found no more, and leaves alone what is known to be different.</summary>
    /// <param name="isKept">Whether a rule's cases were not looked for, and stay as they are.</param>
    internal async Task<IdentityScanned> FollowAsync(IReadOnlyDictionary<string, IdentityCase> found, Func<string, bool> isKept, CancellationToken cancellation)
    {
        var (opened, cleared, open) = (0, 0, 0);
        var known = new HashSet<string>();
        foreach (var present in await ListAsync(null, cancellation).ToListAsync(cancellation))
        {
            known.Add(present.Id);
            var (isFound, isOpen) = (found.ContainsKey(present.Id), present.Status == IdentityCaseStatus.Open);
            if (present.Status == IdentityCaseStatus.KnownDifferent || isFound == isOpen || isKept(present.Rule)) open += isOpen ? 1 : 0;
            else if (isFound)
            {
                await PutAsync(found[present.Id], cancellation);
                (opened, open) = (opened + 1, open + 1);
            }
            else
            {
                await PutAsync(present with { Status = IdentityCaseStatus.Cleared, At = clock.GetUtcNow() }, cancellation);
                cleared++;
            }
        }
        foreach (var fresh in found.Values.Where(item => !known.Contains(item.Id)))
        {
            await PutAsync(fresh, cancellation);
            (opened, open) = (opened + 1, open + 1);
        }
        return new IdentityScanned(opened, cleared, open);
    }

    internal IdentityCase Of(LikelyDuplicate pair) => new(string.Create(CultureInfo.InvariantCulture, $"{IdentityRules.TwoStateIds.Id}-{pair.First}-{pair.Second}"), IdentityRules.TwoStateIds.Id, [pair.First, pair.Second], [],
        Math.Round(pair.Score.Weight, 2), Math.Round(pair.Score.Probability, 5), pair.Fields, IdentityCaseStatus.Open, clock.GetUtcNow());

    internal IdentityCase Of(StateId student, string one, string other) => new($"{IdentityRules.TwoChildren.Id}-{student}", IdentityRules.TwoChildren.Id, [student], [one, other],
        null, null, [], IdentityCaseStatus.Open, clock.GetUtcNow());

    private Task PutAsync(IdentityCase item, CancellationToken cancellation) => ledger.PutAsync(new(Subject, Kind, item.Id, JsonSerializer.Serialize(item, Json)), cancellation);

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
