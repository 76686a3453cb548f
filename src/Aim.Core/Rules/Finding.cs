using System.Text.Json.Serialization;
using Aim.Records;

namespace Aim.Rules;

/// <summary>
/// One row that violates one rule. Findings can hold student data (values, local ids): they go to the findings file and to people who
/// may see the student, never to a log.
/// </summary>
/// <param name="Line">Physical line of the file the row came in, blank lines counted, the header line being 1; 0 for the file as a whole.</param>
/// <param name="Upload">The upload that brought the row, when it isn't the one being checked.</param>
/// <param name="School">The school that the row or the finding is about; null when there is none.</param>
/// <param name="Property">The property that the field is of a record that is saved or pushed; null for a file, and where no property is at fault.</param>
/// <param name="Cause">What the findings of one root cause share, for instance the unknown school number; null when the rule is the cause.</param>
/// <param name="Held">It is there only because the state holds a field of the student's record: the district has nothing to correct.</param>
/// <param name="File">The file that the line is of, where an archive of several was uploaded; null where the upload is that file.</param>
public sealed record Finding(
    string Rule, Severity Severity, string? Record, long Line, string? Field, string? LocalId, string? Value, string? Cause,
    string Message, string HowToFix, UploadId? Upload = null, string? School = null, string? Property = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Held = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? File = null);

/// <summary>Where checks put what they find.</summary>
public interface IFindingSink
{
    void Add(Finding finding);
}

/// <summary>Keeps findings in memory, in the order found.</summary>
public sealed class FindingList : List<Finding>, IFindingSink;

/// <summary>Findings with one root cause: full count, and the first examples by line.</summary>
public sealed record FindingGroup(
    string Rule, Severity Severity, string Title, string HowToFix, string? Record, string? Field, string? Cause, long Count, IReadOnlyList<Finding> Examples);

/// <summary>
/// Counts findings by root cause, so that one unknown school is one line for its reader and not a thousand. Memory stays bounded however
/// many findings and causes there are.
/// </summary>
public sealed class FindingSummary : IFindingSink
{
    public const int ExamplesPerGroup = 100;
    public const int MostGroups = 500;

    private readonly Dictionary<(string Rule, string? Record, string? Field, string? Cause), Group> groups = [];

    public long Fatal { get; private set; }
    public long Errors { get; private set; }
    public long Warnings { get; private set; }
    public long Total { get; private set; }

    public void Add(Finding finding)
    {
        Total++;
        switch (finding.Severity)
        {
            case Severity.Fatal: Fatal++; break;
            case Severity.Error: Errors++; break;
            case Severity.Warning: Warnings++; break;
        }
        var key = (finding.Rule, finding.Record, finding.Field, finding.Cause);
        if (!groups.TryGetValue(key, out var group))
        {
            // Past the limit, causes of a rule share one group: a hostile file can make a cause of every row.
            if (groups.Count >= MostGroups) key = (finding.Rule, null, null, null);
            if (!groups.TryGetValue(key, out group)) groups[key] = group = new Group(finding);
        }
        group.Count++;
        if (group.Examples.Count < ExamplesPerGroup) group.Examples.Add(finding);
    }

    /// <summary>The groups, worst first, then by count.</summary>
    public IReadOnlyList<FindingGroup> Groups() =>
    [
        .. groups
            .Select(pair => (pair.Key, pair.Value, Rule: RuleCatalog.Get(pair.Key.Rule)))
            .Select(item => new FindingGroup(
                item.Key.Rule, item.Value.Severity, item.Rule.Title, item.Rule.HowToFix, item.Key.Record, item.Key.Field, item.Key.Cause,
                item.Value.Count, item.Value.Examples))
            .OrderByDescending(group => group.Severity).ThenByDescending(group => group.Count)
            .ThenBy(group => group.Rule, StringComparer.Ordinal).ThenBy(group => group.Cause, StringComparer.Ordinal),
    ];

    private sealed class Group(Finding first)
    {
        public Severity Severity { get; } = first.Severity;
        public long Count { get; set; }
        public List<Finding> Examples { get; } = [];
    }
}
