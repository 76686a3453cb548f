using System.Globalization;
using Aim.Records;

namespace Aim.State;

/// <summary>
/// A field that the state holds: whatever the district sends, the state's value counts. It is kept beside what the districts say and never
/// changes it, so it survives every load.
/// </summary>
/// <param name="Key">Of the record under the local id.</param>
/// <param name="Field">Name of the record's field.</param>
/// <param name="Value">The field's canonical bytes; empty when the state holds it empty.</param>
/// <param name="By">Id of the caller who decided it.</param>
public sealed record StateEdit(DistrictId District, string LocalId, RecordType Type, string Key, string Field, ReadOnlyMemory<byte> Value, string By, string Reason, DateTimeOffset At)
{
    /// <summary>Names the field that is held; a student has one edit of it at most.</summary>
    public string Id => ContentHash.OfText($"{District}\n{LocalId}\n{Type.Number}\n{Key}\n{Field}").ToString("x32", CultureInfo.InvariantCulture)[..16];

    internal bool IsAbout(Contribution contribution, Section section) =>
        contribution.District == District && contribution.LocalId == LocalId && section.Type == Type && section.Key == Key;

    /// <summary>Whether another edit holds the same field at the same value, for the same reason.</summary>
    internal bool SaysTheSameAs(StateEdit other) => Id == other.Id && Value.Span.SequenceEqual(other.Value.Span) && Reason == other.Reason;
}

/// <summary>What an edit does at present.</summary>
public enum EditStanding
{
    /// <summary>The district says something else.</summary>
    Held = 1,

    /// <summary>The district sends the same value by now: the edit can be given up.</summary>
    NoLongerNeeded = 2,

    /// <summary>There is no such record at present; the edit is kept in case it comes back.</summary>
    WithoutEffect = 3,
}

/// <summary>Puts a student's edits over what the districts say.</summary>
internal static class StateEdits
{
    public static IReadOnlyList<Contribution> Apply(IReadOnlyList<Contribution> contributions, IReadOnlyList<StateEdit> edits) =>
        [.. contributions.Select(contribution => contribution with { Sections = [.. contribution.Sections.Select(section => Apply(contribution, section, edits))] })];

    private static Section Apply(Contribution contribution, Section section, IReadOnlyList<StateEdit> edits)
    {
        foreach (var edit in edits) if (edit.IsAbout(contribution, section)) section = section with { Content = CanonicalMerge.With(section.Content.Span, section.Type, edit.Field, edit.Value.Span) };
        return section;
    }

    /// <summary>The district's own value of the field that an edit holds, as canonical bytes; null when there is no such record.</summary>
    public static ReadOnlyMemory<byte>? StatedValue(StudentRecord record, StateEdit edit)
    {
        foreach (var contribution in record.Contributions)
            foreach (var section in contribution.Sections)
                if (edit.IsAbout(contribution, section)) return CanonicalMerge.FieldOf(section.Content.Span, section.Type.FieldIndex(edit.Field)).ToArray();
        return null;
    }
}
