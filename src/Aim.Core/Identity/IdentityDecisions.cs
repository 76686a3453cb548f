using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;

namespace Aim.Identity;

/// <summary>Somebody a child was compared with, and what each field added.</summary>
public sealed record WeighedCandidate(StateId StateId, double Weight, double Probability, IReadOnlyList<FieldWeight> Fields)
{
    public static WeighedCandidate Of(MatchCandidate candidate) => new(candidate.StateId, Math.Round(candidate.Score.Weight, 2), Math.Round(candidate.Score.Probability, 5), candidate.Fields);
}

/// <summary>Who decided, and why.</summary>
public enum DecidedBy
{
    /// <summary>A person, of a child that waited.</summary>
    Person = 1,

    /// <summary>Matching, whose weights are kept with it.</summary>
    Machine = 2,

    /// <summary>A merge: the rows were this student's when it was merged into another, and are again once that is undone.</summary>
    Merge = 3,
}

/// <summary>Whose a local id's rows are, as it was decided.</summary>
/// <param name="IsNew">It was decided that the child is nobody the state knew; the State ID was given out for it.</param>
/// <param name="Identity">What the rows said of the child then. The decision holds for later rows unless they differ in more than one thing: then the local id is another child's.</param>
/// <param name="Model">The version of the weights.</param>
public sealed record IdentityDecision(
    string LocalId, StateId StateId, bool IsNew, DecidedBy Kind, string Reason, string By, DateTimeOffset At, Person Identity, string Model, IReadOnlyList<WeighedCandidate> Candidates)
{
    public bool IsAbout(Student student) => IdentityComparison.Of(student, Identity).Grade(isOwn: true) != IdentityAgreement.Disagrees;
}

/// <summary>The ledger's pages of decisions, by district. What a machine has matched is noted, and what a person has decided goes before it and before what rows state.</summary>
public sealed class IdentityDecisions(ILedger ledger)
{
    private const string Decisions = "decision", Matches = "match";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>
    /// What people have decided in a district, by local id, the latest first. There are several of one local id when a decision was corrected, or when it was given to another child in another year.
    /// </summary>
    public Task<ILookup<string, IdentityDecision>> OfDistrictAsync(DistrictId district, CancellationToken cancellation) => LookupAsync(ledger.ListAsync(SubjectOf(district), Decisions, null, cancellation).Select(Read), cancellation);

    /// <summary>The same of one local id.</summary>
    public Task<ILookup<string, IdentityDecision>> OfLocalIdAsync(DistrictId district, string localId, CancellationToken cancellation) => LookupAsync(ListAsync(district, Decisions, localId, cancellation), cancellation);

    private static async Task<ILookup<string, IdentityDecision>> LookupAsync(IAsyncEnumerable<IdentityDecision> decisions, CancellationToken cancellation) =>
        (await decisions.ToListAsync(cancellation)).OrderByDescending(decision => decision.At).ToLookup(decision => decision.LocalId);

    /// <summary>The latest decision about a local id, a person's before a machine's; null when there is none.</summary>
    public async Task<IdentityDecision?> FindAsync(DistrictId district, string localId, CancellationToken cancellation) =>
        await FindAsync(district, Decisions, localId, cancellation) ?? await FindAsync(district, Matches, localId, cancellation);

    private async Task<IdentityDecision?> FindAsync(DistrictId district, string kind, string localId, CancellationToken cancellation) =>
        await ListAsync(district, kind, localId, cancellation).MaxByAsync(decision => decision.At, cancellationToken: cancellation);

    private IAsyncEnumerable<IdentityDecision> ListAsync(DistrictId district, string kind, string localId, CancellationToken cancellation) =>
        ledger.ListAsync(SubjectOf(district), kind, PrefixOf(localId), cancellation).TakeWhile(entry => entry.Id.StartsWith(PrefixOf(localId), StringComparison.Ordinal)).Select(Read).Where(decision => decision.LocalId == localId);

    public Task PutAsync(DistrictId district, IdentityDecision decision, CancellationToken cancellation) => ledger.PutAsync(
        new(SubjectOf(district), decision.Kind == DecidedBy.Machine ? Matches : Decisions, $"{PrefixOf(decision.LocalId)}{decision.StateId}", JsonSerializer.Serialize(decision, Json)), cancellation);

    private static string PrefixOf(string localId) => $"{localId}|";

    private static IdentityDecision Read(LedgerEntry entry) => JsonSerializer.Deserialize<IdentityDecision>(entry.Json, Json)!;

    private static string SubjectOf(DistrictId district) => $"identity/{district}";
}
