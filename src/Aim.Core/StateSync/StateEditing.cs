using Aim.Entry;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.State;

namespace Aim.StateSync;

public enum EditStatus
{
    Done = 1,

    /// <summary>The student has no record in that year, or the record that is to be edited is not there.</summary>
    NotThere = 2,

    /// <summary>The student's record is not as the writer knew it.</summary>
    Stale = 3,

    /// <summary>The value can't stand in that field; the findings say why.</summary>
    Refused = 4,
}

/// <summary>Which field of which record the state is to hold, at what value.</summary>
/// <param name="LocalId">The student's in that district.</param>
/// <param name="Key">Of the record under the local id; empty where there can be one only.</param>
/// <param name="Field">In camel case, as in the record's JSON.</param>
/// <param name="Value">As text, as a file has it; null to hold the field empty.</param>
public sealed record FieldToHold(DistrictId District, string LocalId, RecordType Type, string Key, string Field, string? Value, string Reason);

/// <summary>How holding a field ended.</summary>
public sealed record EditOutcome(EditStatus Status, StudentRecord? Record = null, IReadOnlyList<Finding>? Findings = null, StateEdit? Edit = null);

/// <summary>State staff hold fields of a student's record against what districts send, and let them go.</summary>
public sealed class StateEditing(IStateStore state, KnownPeople people, TimeProvider clock)
{
    private const string Reason = "edit";

    /// <summary>Holds a field.</summary>
    /// <param name="version">Of the student's record, as the writer knows it.</param>
    public async Task<EditOutcome> HoldAsync(StateId student, SchoolYear year, long version, FieldToHold hold, string by, CancellationToken cancellation)
    {
        if (await FindAsync(student, year, cancellation) is not { } record) return new EditOutcome(EditStatus.NotThere);
        if (record.Version != version) return new EditOutcome(EditStatus.Stale, record);
        var field = hold.Type.Fields.Index().FirstOrDefault(item => RecordType.JsonName(item.Item.Name) == hold.Field);
        if (field.Item.Name is null || record.Find(hold.District, hold.LocalId)?.Sections.Any(section => section.Type == hold.Type && section.Key == hold.Key) != true) return new EditOutcome(EditStatus.NotThere, record);
        var findings = new FindingList();
        if (RecordReader.ReadField(hold.Type, field.Index, hold.Value, hold.District, year, findings) is not { } value) return new EditOutcome(EditStatus.Refused, record, findings);
        var edit = new StateEdit(hold.District, hold.LocalId, hold.Type, hold.Key, field.Item.Name, value, by, hold.Reason, clock.GetUtcNow());
        return await CommitAsync(record, record.With(edit), edit, by, cancellation);
    }

    /// <summary>Lets a field go: what the district says counts again.</summary>
    public async Task<EditOutcome> ReleaseAsync(StateId student, SchoolYear year, long version, string id, string by, CancellationToken cancellation)
    {
        if (await FindAsync(student, year, cancellation) is not { } record || record.Edits.FirstOrDefault(item => item.Id == id) is not { } edit) return new EditOutcome(EditStatus.NotThere);
        return record.Version != version ? new EditOutcome(EditStatus.Stale, record) : await CommitAsync(record, record.Without(edit), edit, by, cancellation);
    }

    private async Task<EditOutcome> CommitAsync(StudentRecord before, StudentRecord after, StateEdit edit, string by, CancellationToken cancellation)
    {
        var committed = (await state.CommitAsync([new StudentCommit(before, after, new Cause(by, Reason))], cancellation))[0];
        var now = await FindAsync(before.StateId, before.Year, cancellation);
        if (committed == CommitStatus.Stale) return new EditOutcome(EditStatus.Stale, now);
        // By a held name or birth date the child is known from now on.
        if (edit.Type == RecordTypes.Student) await people.RefreshAsync([now!], new Dictionary<StateId, Person>(), cancellation);
        return new EditOutcome(EditStatus.Done, now, null, edit);
    }

    private async Task<StudentRecord?> FindAsync(StateId student, SchoolYear year, CancellationToken cancellation) =>
        (await state.FindAsync([student], year, cancellation)).GetValueOrDefault(student);
}
