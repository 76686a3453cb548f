using Aim.Editions;
using Aim.Identity;
using Aim.Records;

namespace Aim.StateSync;

/// <summary>
/// The rows of one record type: what the edition has is what is equal, different or only there, and what the state has likewise.
/// </summary>
/// <param name="Waiting">How many of those that are different or on one side only wait for something; the others are real disagreements.</param>
public sealed record RecordTypeCounts(string RecordType, long Edition, long State, long Equal, long Different, long OnlyInEdition, long OnlyInState, long Waiting)
{
    public long Disagreeing => Different + OnlyInEdition + OnlyInState - Waiting;
}

/// <summary>Students, and rows of theirs in the edition, that are parked for one reason.</summary>
public sealed record ParkedRows(ParkReason Reason, long Students, long Rows);

/// <summary>How an edition and the state's copy of it compare, row by row.</summary>
/// <param name="Version">The edition's version when the comparison began.</param>
/// <param name="SyncedVersion">The version that had reached the state by then.</param>
/// <param name="EditionAgrees">The rows add up to the digest on the edition's head; null when a load landed meanwhile, so that it couldn't be judged.</param>
/// <param name="NotSynced">Differing rows that the next sync brings over.</param>
/// <param name="WithoutDemographics">Rows of students whose demographics the district hasn't sent.</param>
public sealed record VerificationSummary(
    DistrictId District, SchoolYear Year, long Version, long SyncedVersion, bool? EditionAgrees,
    IReadOnlyList<RecordTypeCounts> RecordTypes, IReadOnlyList<ParkedRows> Parked, long NotSynced, long WithoutDemographics)
{
    /// <summary>The differing rows that wait for nothing.</summary>
    public long Disagreeing => RecordTypes.Sum(type => type.Disagreeing);

    public bool Agrees => EditionAgrees != false && Disagreeing == 0;
}

/// <summary>The counts of a comparison under way; they are whole when its last difference has been read.</summary>
public sealed class VerificationCounts
{
    private readonly Dictionary<RecordType, TypeCount> types = [];
    private readonly SortedDictionary<ParkReason, (long Students, long Rows)> parked = [];
    private EditionHead? head;
    private bool? editionAgrees;
    private long notSynced;
    private long withoutDemographics;

    private sealed class TypeCount
    {
        public long Equal;
        public long Different;
        public long OnlyInEdition;
        public long OnlyInState;
        public long Waiting;
    }

    /// <summary>What has been counted.</summary>
    public VerificationSummary Summary() => new(head!.Key.District, head.Key.Year, head.Version, head.SyncedVersion, editionAgrees,
        [.. types.OrderBy(type => type.Key.Number).Select(type => CountsOf(type.Key, type.Value))],
        [.. parked.Select(group => new ParkedRows(group.Key, group.Value.Students, group.Value.Rows))], notSynced, withoutDemographics);

    private static RecordTypeCounts CountsOf(RecordType type, TypeCount count) => new(type.Code, count.Equal + count.Different + count.OnlyInEdition, count.Equal + count.Different + count.OnlyInState,
        count.Equal, count.Different, count.OnlyInEdition, count.OnlyInState, count.Waiting);

    internal void Begin(EditionHead started) => head = started;

    internal void End(bool? agrees) => editionAgrees = agrees;

    internal void AddParked(ParkReason reason, int rows)
    {
        var before = parked.GetValueOrDefault(reason);
        parked[reason] = (before.Students + 1, before.Rows + rows);
    }

    internal void Add(RecordType type, RowDifference? difference)
    {
        if (!types.TryGetValue(type, out var count)) types[type] = count = new TypeCount();
        switch (difference?.Kind)
        {
            case null: count.Equal++; break;
            case DifferenceKind.Different: count.Different++; break;
            case DifferenceKind.OnlyInEdition: count.OnlyInEdition++; break;
            default: count.OnlyInState++; break;
        }
        if (difference?.Waiting is not { } reason) return;
        count.Waiting++;
        if (reason == WaitReason.NotSynced) notSynced++;
        if (reason == WaitReason.NoDemographics) withoutDemographics++;
    }
}
