using Aim.Editions;
using Aim.Records;

namespace Aim.State;

/// <summary>One record of a student in the state edition, with the district row it comes from.</summary>
public sealed record Section(RecordType Type, string Key, ReadOnlyMemory<byte> Content, UploadId Upload, int Line);

/// <summary>What one district says about a student under one local id. The district owns it: only its sync replaces it.</summary>
/// <param name="EditionVersion">The edition version that last changed it.</param>
public sealed record Contribution(DistrictId District, string LocalId, long EditionVersion, IReadOnlyList<Section> Sections)
{
    /// <summary>Whether another contribution says the same, wherever its rows came from.</summary>
    public bool SaysTheSameAs(Contribution other)
    {
        if (District != other.District || LocalId != other.LocalId || Sections.Count != other.Sections.Count) return false;
        for (var i = 0; i < Sections.Count; i++)
        {
            var (mine, theirs) = (Sections[i], other.Sections[i]);
            if (mine.Type != theirs.Type || mine.Key != theirs.Key || !mine.Content.Span.SequenceEqual(theirs.Content.Span)) return false;
        }
        return true;
    }

    /// <summary>The same as the rows of an edition that they came from.</summary>
    internal EditionStudent ToStudent() =>
        new(LocalId, [.. Sections.Select(section => new EditionRow { Type = section.Type, Key = section.Key, Content = section.Content, Upload = section.Upload, Line = section.Line })]);

    public EditionDigest Digest()
    {
        var digest = default(EditionDigest);
        foreach (var section in Sections) digest = digest.Add(EditionDigest.HashOf(LocalId, section.Type, section.Key, section.Content.Span));
        return digest;
    }
}

/// <summary>The reviewed record of one student in one school year: what every district says, side by side.</summary>
public sealed record StudentRecord
{
    public required StateId StateId { get; init; }
    public required SchoolYear Year { get; init; }

    /// <summary>1 for the first; 0 stands for a record that doesn't exist yet.</summary>
    public long Version { get; init; }

    /// <summary>When this version was committed. Stamps of one store never go back, and none equals a snapshot's moment.</summary>
    public DateTimeOffset Stamp { get; init; }

    /// <summary>Why this version came to be.</summary>
    public Cause Cause { get; init; } = Cause.Unknown;

    /// <summary>By district and local id.</summary>
    public IReadOnlyList<Contribution> Contributions { get; init; } = [];

    /// <summary>Fields that the state holds, by id: at most one of a field.</summary>
    public IReadOnlyList<StateEdit> Edits { get; init; } = [];

    /// <summary>What counts: the contributions, with the fields that the state holds as it holds them.</summary>
    public IReadOnlyList<Contribution> Effective => Edits.Count == 0 ? Contributions : StateEdits.Apply(Contributions, Edits);

    public static StudentRecord Empty(StateId id, SchoolYear year) => new() { StateId = id, Year = year };

    /// <summary>The record with one contribution put in, replaced, or (when it has no sections) taken out.</summary>
    public StudentRecord With(Contribution contribution)
    {
        var kept = Contributions.Where(other => other.District != contribution.District || other.LocalId != contribution.LocalId);
        if (contribution.Sections.Count > 0) kept = kept.Append(contribution);
        return this with
        {
            Contributions = [.. kept.OrderBy(item => item.District.Value, StringComparer.Ordinal).ThenBy(item => item.LocalId, Utf8Order.Comparer)],
        };
    }

    /// <summary>The record with one field held, in place of what was held of it before.</summary>
    public StudentRecord With(StateEdit edit) => this with { Edits = [.. Edits.Where(other => other.Id != edit.Id).Append(edit).OrderBy(item => item.Id, StringComparer.Ordinal)] };

    /// <summary>The record with one field no longer held.</summary>
    public StudentRecord Without(StateEdit edit) => this with { Edits = [.. Edits.Where(other => other.Id != edit.Id)] };

    /// <summary>What the district says of a held field, as canonical bytes; null when it has no such record.</summary>
    public ReadOnlyMemory<byte>? StatedValue(StateEdit edit) => StateEdits.StatedValue(this, edit);

    public EditStanding StandingOf(StateEdit edit) => StatedValue(edit) is not { } stated ? EditStanding.WithoutEffect
        : stated.Span.SequenceEqual(edit.Value.Span) ? EditStanding.NoLongerNeeded : EditStanding.Held;

    public Contribution? Find(DistrictId district, string localId) =>
        Contributions.FirstOrDefault(item => item.District == district && item.LocalId == localId);

    /// <summary>As it counts: with what the state holds of it.</summary>
    internal Contribution? FindEffective(DistrictId district, string localId) => Effective.FirstOrDefault(item => item.District == district && item.LocalId == localId);

    public Section? Find(DistrictId district, string localId, RecordType type, string key) =>
        Find(district, localId)?.Sections.FirstOrDefault(section => section.Type == type && section.Key == key);

    /// <summary>The districts that say something about the student, each once, in order.</summary>
    public IEnumerable<DistrictId> Districts => Contributions.Select(item => item.District).Distinct();
}

/// <summary>Who or what made a version, and why. Holds ids only.</summary>
/// <param name="Actor">A caller's id, or the workflow that did it.</param>
/// <param name="Reason">For instance <c>upload</c>, <c>nightly</c>, <c>merge</c>.</param>
public sealed record Cause(string Actor, string Reason)
{
    public static Cause Unknown { get; } = new("unknown", "unknown");
}

/// <summary>A version of a student's record that is to be committed.</summary>
/// <param name="Before">The record as it was read: <see cref="StudentRecord.Empty"/> for one that doesn't exist yet.</param>
/// <param name="After">The record as it is to be; version, stamp and cause are the store's to set.</param>
public sealed record StudentCommit(StudentRecord Before, StudentRecord After, Cause Cause)
{
    public StateId StateId => After.StateId;

    public SchoolYear Year => After.Year;
}

public enum CommitStatus
{
    Committed = 1,

    /// <summary>It says the same as the version it was made from, whatever is stored by now; nothing was written and no event made.</summary>
    Unchanged = 2,

    /// <summary>The stored version is not the one the commit was made from; nothing was written.</summary>
    Stale = 3,
}

/// <summary>
/// A change of a student's record, as other systems hear of it. Ids only: a receiver that may see the student reads the record. The id
/// is derived from the record's version, so an event told twice has the same id.
/// </summary>
/// <param name="Districts">Whose sections changed.</param>
/// <param name="Sections">Codes of the record types that changed.</param>
public sealed record StateChange(
    UInt128 Id, StateId StateId, SchoolYear Year, long Version, DateTimeOffset Stamp,
    IReadOnlyList<DistrictId> Districts, IReadOnlyList<string> Sections)
{
    public static UInt128 IdOf(StateId student, SchoolYear year, long version) => ContentHash.OfText($"{student}/{year}/{version}");

    /// <summary>What changed between two versions of a record.</summary>
    public static (IReadOnlyList<DistrictId> Districts, IReadOnlyList<string> Sections) Compare(StudentRecord before, StudentRecord after)
    {
        if (before.Contributions.Count == 0 && before.Edits.Count + after.Edits.Count == 0)
        {
            return ([.. after.Districts],
                [.. after.Contributions.SelectMany(contribution => contribution.Sections).Select(section => section.Type).Distinct().OrderBy(type => type.Number).Select(type => type.Code)]);
        }
        var old = Flatten(before);
        var now = Flatten(after);
        var changed = now.Where(item => !old.TryGetValue(item.Key, out var was) || !was.Span.SequenceEqual(item.Value.Span)).Select(item => item.Key)
            .Concat(old.Keys.Where(key => !now.ContainsKey(key)))
            .Concat(ChangedEdits(before, after).Select(edit => (edit.District, edit.LocalId, edit.Type, edit.Key))).ToList();
        return ([.. changed.Select(item => item.District).Distinct().OrderBy(id => id.Value, StringComparer.Ordinal)],
            [.. changed.Select(item => item.Type).Distinct().OrderBy(type => type.Number).Select(type => type.Code)]);

        static Dictionary<(DistrictId District, string LocalId, RecordType Type, string Key), ReadOnlyMemory<byte>> Flatten(StudentRecord record)
        {
            var sections = new Dictionary<(DistrictId, string, RecordType, string), ReadOnlyMemory<byte>>();
            foreach (var contribution in record.Contributions)
            {
                foreach (var section in contribution.Sections) sections[(contribution.District, contribution.LocalId, section.Type, section.Key)] = section.Content;
            }
            return sections;
        }
    }

    /// <summary>Those that came, went, or hold something else; one that holds what the district says by now changes no section.</summary>
    private static IEnumerable<StateEdit> ChangedEdits(StudentRecord before, StudentRecord after) =>
        before.Edits.Where(edit => !after.Edits.Any(edit.SaysTheSameAs)).Concat(after.Edits.Where(edit => !before.Edits.Any(edit.SaysTheSameAs)));
}
