using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Records;
using Aim.State;

namespace Aim.Azure.Cosmos;

/// <summary>A version of a student's record as stored: the present one, under the year alone, or an earlier one.</summary>
/// <param name="Record">Year and State ID, on the present version only: the index by which years are read in order.</param>
/// <param name="Owners">Year and district of those with sections, on the present version only.</param>
/// <param name="Content">The contributions and edits, packed; base64 in JSON.</param>
internal sealed record VersionItem(
    string Id, string StateId, string? Record, IReadOnlyList<string>? Owners, SchoolYear Year, long Version, DateTimeOffset Stamp, string Actor, string Reason, byte[] Content)
{
    public StudentRecord ToRecord()
    {
        var (contributions, edits) = RecordPacking.Unpack(Content);
        return new StudentRecord { StateId = Records.StateId.Parse(StateId), Year = Year, Version = Version, Stamp = Stamp, Cause = new Cause(Actor, Reason), Contributions = contributions, Edits = edits };
    }

    public static VersionItem Present(StudentRecord record, string? actor = null, string? reason = null) => new(
        PresentId(record.Year), record.StateId.ToString(), RecordOrder(record.Year, record.StateId), [.. record.Districts.Select(district => Owner(record.Year, district))], record.Year, record.Version,
        record.Stamp, actor ?? record.Cause.Actor, reason ?? record.Cause.Reason, RecordPacking.Pack(record));

    public static VersionItem Earlier(StudentRecord record) => Present(record) with { Id = ItemId.Of(record.Year.ToString(), "v", Number(record.Version)), Record = null, Owners = null };

    public static string PresentId(SchoolYear year) => year.ToString();

    public static string RecordOrder(SchoolYear year, StateId id) => ItemId.Of(year.ToString(), id.ToString());

    public static string Owner(SchoolYear year, DistrictId district) => ItemId.Of(year.ToString(), district.Value);

    internal static string Number(long version) => version.ToString("D10", CultureInfo.InvariantCulture);
}

/// <summary>An event of the outbox: written with the version it tells of, read from the change feed, and gone after a while.</summary>
/// <param name="CommitId">Of the commit that wrote it, so that one can tell whether it was done.</param>
internal sealed record EventItem(string Id, string StateId, StateChange Event, string CommitId, int Ttl)
{
    /// <summary>A receiver that has not asked for longer than this starts over from the records.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    /// <summary>When the version landed, by the service's time in seconds: an event is written once.</summary>
    [JsonPropertyName("_ts")]
    public long? WrittenAt { get; init; }

    public static EventItem Of(StudentRecord record, IReadOnlyList<DistrictId> districts, IReadOnlyList<string> sections, string commitId) => new(
        IdOf(record.Year, record.Version), record.StateId.ToString(),
        new StateChange(StateChange.IdOf(record.StateId, record.Year, record.Version), record.StateId, record.Year, record.Version, record.Stamp, districts, sections), commitId, (int)Kept.TotalSeconds);

    public static string IdOf(SchoolYear year, long version) => ItemId.Of(year.ToString(), "e", VersionItem.Number(version));
}

/// <summary>The events among what the change feed of the students container tells.</summary>
public static class CosmosOutbox
{
    private static readonly JsonSerializerOptions Complete = new(CosmosAccount.Json) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Null when the item is a record or an earlier version of one.</summary>
    /// <exception cref="JsonException">It is an event, but not one this version can read, or not the whole of one.</exception>
    public static StateChange? Read(JsonElement item) => item.TryGetProperty("event", out var found) ? found.Deserialize<StateChange>(Complete) ?? throw new JsonException("The event is empty.") : null;
}
