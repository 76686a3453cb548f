using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Records;
using Aim.Rules;

namespace Aim.Entry;

/// <summary>Changes that a district's own system pushes in one piece.</summary>
/// <param name="Sequence">1 for the district's first push of a year, then one more each time.</param>
/// <param name="Changes">In the order in which they are to be made.</param>
public sealed record ChangeSet(long Sequence, IReadOnlyList<RecordChange> Changes)
{
    public const int MostChanges = 5_000;

    /// <summary>Of a set as JSON.</summary>
    public const int MostBytes = 5_000_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.Strict, AllowDuplicateProperties = false,
    };

    /// <summary>Reads a set, or says in a sentence why it is none and where; values are not repeated.</summary>
    public static (ChangeSet? Set, string? Problem) Read(ReadOnlySpan<byte> body, SchoolYear year)
    {
        ChangeSet? set;
        try
        {
            set = JsonSerializer.Deserialize<ChangeSet>(body, Json);
        }
        catch (JsonException fault)
        {
            return (null, $"The changes can't be read at {(fault.Path is null or "" or "$" ? "their start" : fault.Path)}: compare them with the description of the push.");
        }
        if (set is null) return (null, "The body is empty.");
        if (set.Sequence < 1) return (null, "The sequence number is 1 or more.");
        if (set.Changes.Count is 0 or > MostChanges) return (null, string.Create(CultureInfo.InvariantCulture, $"A push has 1 to {MostChanges} changes; send more in parts, each with a number of its own."));
        for (var i = 0; i < set.Changes.Count; i++)
            if (ProblemOf(set.Changes[i], year) is { } problem) return (null, string.Create(CultureInfo.InvariantCulture, $"Change {i + 1} can't be used: {problem} Nothing of the push was taken; correct it and send it again under the same number."));
        return (set, null);
    }

    /// <summary>What is annotated in a list is not checked when it is read.</summary>
    private static string? ProblemOf(RecordChange? change, SchoolYear year) => change is null ? "It is null; send an object, or leave it out." : change.Problem(year);
}

/// <summary>A change that was left out, or about which something was found.</summary>
/// <param name="Change">Its place in the push, from 1 on; the line of its findings.</param>
public sealed record ChangeReport(int Change, ChangeResult Result, IReadOnlyList<Finding> Findings);

/// <summary>What became of a push that was applied.</summary>
/// <param name="Students">The local ids of students whose records it changed; null in outcomes from before these were kept.</param>
public sealed record ChangeSetOutcome(int Added, int Changed, int Unchanged, int Removed, int LeftOut, int NotThere, IReadOnlyList<ChangeReport> Reports, IReadOnlyList<string>? Students = null)
{
    internal static ChangeSetOutcome Of(JudgedChanges judged)
    {
        var counts = judged.Each.CountBy(change => change.Result).ToDictionary();
        return new ChangeSetOutcome(Count(ChangeResult.Added), Count(ChangeResult.Changed), Count(ChangeResult.Unchanged), Count(ChangeResult.Removed), Count(ChangeResult.LeftOut), Count(ChangeResult.NotThere),
            [.. judged.Each.Select((change, i) => new ChangeReport(i + 1, change.Result, change.Findings)).Where(report => report.Findings.Count > 0 || report.Result == ChangeResult.LeftOut)],
            [.. judged.Records.Where(record => record.Type.IsOfStudent).Select(record => record.LocalId).Distinct()]);

        int Count(ChangeResult result) => counts.GetValueOrDefault(result);
    }
}
