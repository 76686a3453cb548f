using System.Globalization;
using Aim.Records;

namespace Aim.State;

/// <summary>A change as other systems are told of it, the same by webhook and by message: ids only. An event told twice has the same id.</summary>
/// <param name="Districts">Whose sections changed.</param>
/// <param name="RecordTypes">Codes of the record types that changed.</param>
public sealed record ChangeNotice(string Id, StateId StateId, SchoolYear Year, long Version, DateTimeOffset At, IReadOnlyList<DistrictId> Districts, IReadOnlyList<string> RecordTypes)
{
    public static ChangeNotice Of(StateChange change) =>
        new(change.Id.ToString("x32", CultureInfo.InvariantCulture), change.StateId, change.Year, change.Version, change.Stamp, change.Districts, change.Sections);
}
