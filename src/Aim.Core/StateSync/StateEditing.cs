using Aim.Editions;
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

    /// <summary>The record may not be as it would be with that value; the findings say why.</summary>
    Refused = 4,

    /// <summary>The field is part of the record's key: with another value it would be another record.</summary>
    InKey = 5,
}

/// <summary>Which field of which record the state is to hold, at what value.</summary>
/// <param name="LocalId">The student's in that district.</param>
/// <param name="Key">Of the record under the local id; empty where there can be one only.</param>
/// <param name="Field">In camel case, as in the record's JSON.</param>
/// <param name="Value">As text, as a file has it; null to hold the field empty.</param>
/// <param name="Reason">Why the state decides it, in at most <see cref="LongestReason" /> characters; the district reads it.</param>
public sealed record FieldToHold(DistrictId District, string LocalId, RecordType Type, string Key, string Field, string? Value, string Reason)
{
    public const int LongestReason = 1000;
}

/// <summary>How holding a field ended.</summary>
/// <param name="Findings">What is wrong with the record as it is held, or why it can't be held like that.</param>
public sealed record EditOutcome(EditStatus Status, StudentRecord? Record = null, IReadOnlyList<Finding>? Findings = null, StateEdit? Edit = null);

/// <summary>
/// State staff hold fields of a student's record against what districts send, and let them go. A held value is judged as one that is saved by hand: by
/// the rules about the record and the student, as both would then be.
/// </summary>
public sealed class StateEditing(IStateStore state, KnownPeople people, EditionValidation validation, EditionNotes notes, TimeProvider clock)
{
    private const string Reason = "edit";

    /// <summary>Holds a field.</summary>
    /// <param name="versions">Of the student's record, those that the writer knows; null where any will do.</param>
    public async Task<EditOutcome> HoldAsync(StateId student, SchoolYear year, IReadOnlyList<long>? versions, FieldToHold hold, string by, CancellationToken cancellation)
    {
        if (await FindAsync(student, year, cancellation) is not { } record) return new EditOutcome(EditStatus.NotThere);
        if (IsStale(record, versions)) return new EditOutcome(EditStatus.Stale, record);
        var field = hold.Type.Fields.Index().FirstOrDefault(item => RecordType.JsonName(item.Item.Name) == hold.Field);
        if (field.Item.Name is null || record.Find(hold.District, hold.LocalId, hold.Type, hold.Key) is not { } section) return new EditOutcome(EditStatus.NotThere, record);
        var unread = new FindingList();
        if (RecordReader.ReadField(hold.Type, field.Index, hold.Value, hold.District, year, unread) is not { } value) return new EditOutcome(EditStatus.Refused, record, WithProperties(unread, year));
        if (IsInKey(section, field.Item.Name, value)) return new EditOutcome(EditStatus.InKey, record);
        var edit = new StateEdit(hold.District, hold.LocalId, hold.Type, hold.Key, field.Item.Name, value, by, hold.Reason, clock.GetUtcNow());
        var found = await JudgeAsync(record.With(edit), edit, cancellation);
        // What the hold breaks elsewhere, such as another enrollment that it makes overlap, is its doing; what was wrong there before is not.
        var before = await JudgeAsync(record, edit, cancellation);
        var told = WithProperties(found.Where(finding => IsOf(finding, section) || !before.Contains(finding)), year);
        if (told.Any(finding => finding.Severity == Severity.Fatal)) return new EditOutcome(EditStatus.Refused, record, told);
        await notes.NoteHeldAsync(new EditionKey(hold.District, year), hold.LocalId, by, cancellation);
        return await CommitAsync(record, record.With(edit), edit, by, cancellation) with { Findings = told };
    }

    /// <summary>What is wrong at present with a record of which a field is held.</summary>
    public async Task<IReadOnlyList<Finding>> FindingsAsync(StudentRecord record, StateEdit edit, CancellationToken cancellation) =>
        record.Find(edit.District, edit.LocalId, edit.Type, edit.Key) is { } section ? WithProperties((await JudgeAsync(record, edit, cancellation)).Where(finding => IsOf(finding, section)), record.Year) : [];

    /// <summary>A field is held by its property, and so told by it.</summary>
    private static IReadOnlyList<Finding> WithProperties(IEnumerable<Finding> findings, SchoolYear year) => [.. findings.Select(finding => RecordForm.WithProperty(finding, year))];

    private Task<IReadOnlyList<Finding>> JudgeAsync(StudentRecord record, StateEdit edit, CancellationToken cancellation) =>
        validation.JudgeAsync(new EditionKey(edit.District, record.Year), school: null, record.FindEffective(edit.District, edit.LocalId)!.ToStudent(), cancellation);

    private static bool IsOf(Finding finding, Section section) => finding.Record == section.Type.Code && finding.Line == section.Line && finding.Upload == section.Upload;

    /// <summary>Emptying a part of the key changes it, and so does filling in one that is empty.</summary>
    private static bool IsInKey(Section section, string field, ReadOnlyMemory<byte> value) =>
        KeyWith(section, field, default) != section.Key || KeyWith(section, field, value) != section.Key;

    private static string KeyWith(Section section, string field, ReadOnlyMemory<byte> value) => section.Type.KeyOf(CanonicalMerge.With(section.Content.Span, section.Type, field, value.Span));

    /// <summary>Lets a field go: what the district says counts again.</summary>
    public async Task<EditOutcome> ReleaseAsync(StateId student, SchoolYear year, IReadOnlyList<long>? versions, string id, string by, CancellationToken cancellation)
    {
        if (await FindAsync(student, year, cancellation) is not { } record || record.Edits.FirstOrDefault(item => item.Id == id) is not { } edit) return new EditOutcome(EditStatus.NotThere);
        return IsStale(record, versions) ? new EditOutcome(EditStatus.Stale, record) : await CommitAsync(record, record.Without(edit), edit, by, cancellation);
    }

    private static bool IsStale(StudentRecord record, IReadOnlyList<long>? versions) => versions?.Contains(record.Version) == false;

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
