using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Editions;
using Aim.Identity;
using Aim.Records;

namespace Aim.StateSync;

public enum DifferenceKind
{
    /// <summary>Both have the row, with other values.</summary>
    Different = 1,

    /// <summary>The state's record of the student whose row it is hasn't got it.</summary>
    OnlyInEdition = 2,

    /// <summary>The edition hasn't got it, or has it for another student.</summary>
    OnlyInState = 3,
}

/// <summary>Why an edition and the state may differ for a while, with nothing wrong.</summary>
public enum WaitReason
{
    /// <summary>The row was written or removed since the last completed sync.</summary>
    NotSynced = 1,

    /// <summary>The student's rows are kept aside until a person has decided whose they are.</summary>
    Parked = 2,

    /// <summary>The district has sent no demographics of the student, so that nobody can tell whose the rows are.</summary>
    NoDemographics = 3,
}

/// <summary>A field that an edition and the state have different values of, as people read them; null for an empty one.</summary>
public sealed record FieldDifference(string Field, string? Edition, string? State);

/// <summary>A row on which an edition and the state's copy of it differ.</summary>
/// <param name="RecordType">Code of the record type.</param>
/// <param name="Key">Tells the row from the student's others of its type.</param>
/// <param name="Fields">The fields that differ, of a row that both have.</param>
/// <param name="Waiting">Why that is to be expected; null for a real disagreement.</param>
/// <param name="Parked">Why the rows were parked.</param>
/// <param name="StateId">In whose record the state has the row, or should have it; null when that isn't known.</param>
public sealed record RowDifference(
    string RecordType, string LocalId, string Key, DifferenceKind Kind, IReadOnlyList<FieldDifference> Fields, WaitReason? Waiting, ParkReason? Parked, StateId? StateId)
{
    /// <summary>Where the difference stands among the others of its edition.</summary>
    [JsonIgnore]
    public DifferencePlace Place { get; internal init; }
}

/// <summary>
/// Where a difference stands in the list of an edition's: first what was met on the way through the edition, by local id, then what only the state has, by
/// State ID. A place stays good while differences come and go.
/// </summary>
public readonly record struct DifferencePlace(int StateOnlyOf, string LocalId, int Type, string Key) : IComparable<DifferencePlace>
{
    internal static DifferencePlace InEdition(string localId, RecordType type, string key) => new(0, localId, type.Number, key);

    internal static DifferencePlace InState(StateId student, string localId, RecordType type, string key) => new(student.Value, localId, type.Number, key);

    public int CompareTo(DifferencePlace other)
    {
        if (StateOnlyOf != other.StateOnlyOf) return StateOnlyOf.CompareTo(other.StateOnlyOf);
        if (Utf8Order.Compare(LocalId, other.LocalId) is not 0 and var order) return order;
        return Type != other.Type ? Type.CompareTo(other.Type) : Utf8Order.Compare(Key, other.Key);
    }

    public static bool operator <(DifferencePlace left, DifferencePlace right) => left.CompareTo(right) < 0;
    public static bool operator >(DifferencePlace left, DifferencePlace right) => left.CompareTo(right) > 0;
    public static bool operator <=(DifferencePlace left, DifferencePlace right) => left.CompareTo(right) <= 0;
    public static bool operator >=(DifferencePlace left, DifferencePlace right) => left.CompareTo(right) >= 0;

    public static bool TryParse(string text, out DifferencePlace place)
    {
        place = default;
        try
        {
            place = JsonSerializer.Deserialize<DifferencePlace>(Base64Url.DecodeFromChars(text));
            return place is { LocalId: not null, Key: not null };
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException)
        {
            return false;
        }
    }

    /// <summary>The place as an opaque text.</summary>
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this)));
}
