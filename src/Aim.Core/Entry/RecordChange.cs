using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Editions;
using Aim.Records;
using Aim.Rules;

namespace Aim.Entry;

[JsonConverter(typeof(JsonStringEnumConverter<ChangeOperation>))]
public enum ChangeOperation
{
    /// <summary>The record is from now on as it is sent, whether it was there or not.</summary>
    [JsonStringEnumMemberName("upsert")]
    Upsert = 1,

    /// <summary>The record is no more.</summary>
    [JsonStringEnumMemberName("delete")]
    Delete = 2,
}

/// <summary>A change of one record, as a person or a district's system sends it.</summary>
/// <param name="LocalId">As the district has it: a course's number, without what an edition puts before it. Spaces around it and control characters are left out, typographic quotes become plain ones.</param>
/// <param name="Key">Of the record under that local id. Of one that is sent, it says which one was meant, and may be left out; where the fields of the record make another
/// key, the record takes the place of the one that was meant.</param>
/// <param name="Record">The whole record; nothing for one that is deleted.</param>
public sealed record RecordChange(
    [property: JsonPropertyName("op")] ChangeOperation Operation, string RecordType, string LocalId, string? Key = null, JsonElement? Record = null)
{
    /// <summary>Why it can't be understood, in a sentence; null when it can.</summary>
    public string? Problem(SchoolYear year)
    {
        if (!Enum.IsDefined(Operation)) return "The operation (op) is upsert or delete.";
        if (RecordTypes.Find(RecordType) is not { } type) return $"The record type is one of {string.Join(", ", RecordTypes.All.Select(item => item.Code))}.";
        if (string.IsNullOrWhiteSpace(LocalId)) return "Give the local id (localId).";
        if (RecordForm.Find(type, year) is not { } form) return $"Records of type {type} are not taken in {year.Span}.";
        if (Operation == ChangeOperation.Delete) return Record is { ValueKind: not JsonValueKind.Null } ? "A delete has no record." : null;
        return Record is { } record ? form.ProblemIn(record) : "An upsert needs the whole record.";
    }

    internal RecordType Type => RecordTypes.Find(RecordType)!;
}

/// <summary>What a change did, or would do.</summary>
public enum ChangeResult { Added = 1, Changed = 2, Unchanged = 3, Removed = 4, LeftOut = 5, NotThere = 6 }

/// <summary>A change as it was judged: what it does, where, and what was found.</summary>
/// <param name="Key">Of the record; null when it could not be told.</param>
/// <param name="Before">The row that was meant as it was found; null when there is none.</param>
/// <param name="After">The row as it is to be stored, or is already; null when there will be none.</param>
internal sealed record JudgedChange(ChangeResult Result, string? Key, EditionRow? Before, EditionRow? After, IReadOnlyList<Finding> Findings)
{
    /// <summary>The record can't take the key that its fields make: another one has it.</summary>
    public bool IsKeyTaken { get; init; }
}

/// <summary>Changes held against one version of an edition.</summary>
internal sealed record JudgedChanges(long BaseVersion, IReadOnlyList<JudgedChange> Each, IReadOnlyList<EditionChange> Changes)
{
    /// <summary>The records that are changed, by type and local id.</summary>
    public IEnumerable<(RecordType Type, string LocalId)> Records => Changes.Select(change => (change.Row.Type, change.LocalId));
}
