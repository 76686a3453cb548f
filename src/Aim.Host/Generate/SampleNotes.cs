using Aim.Organizations;
using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>
/// What is noted about districts besides their rows, taken from the rows as they are written: the figures of the funding system, schools that confirm they had no incident, and certified
/// collections. It agrees with them but for mistakes: another figure, a confirmation of a school with incidents, a collection left out.
/// </summary>
internal sealed class SampleNotes(SampleRandom random, double rate)
{
    private readonly SortedDictionary<(string District, string Collection), int> counts = [];
    private readonly HashSet<(string District, string School)> withIncidents = [];

    public List<SampleEditionMistake> Planted { get; } = [];

    /// <summary>Adds a student's rows as they are written.</summary>
    public void Add(DistrictId district, IReadOnlyList<SampleRow> rows)
    {
        var accepted = rows.Where(row => !row.IsRejected).ToList();
        foreach (var (type, collection) in new[] { (RecordTypes.FallCount, CollectionName.FallCount), (RecordTypes.SpringCount, CollectionName.SpringCount) })
            if (accepted.Exists(row => row.Layout.Type == type.Code && row["Exclude10Day"] != "Y")) counts[(district.Value, collection)] = counts.GetValueOrDefault((district.Value, collection)) + 1;
        foreach (var row in accepted.Where(row => row.Layout.Type == RecordTypes.BehaviorIncident.Code)) withIncidents.Add((district.Value, row["SchoolNumber"]));
    }

    /// <summary>Lines of <c>funding-counts.csv</c>.</summary>
    public IReadOnlyList<string> FundingCounts() => [.. counts.Select(count =>
        FormattableString.Invariant($"{count.Key.District},{count.Key.Collection},{count.Value + (Plants("CNT-008", new DistrictId(count.Key.District), null) ? random.Between(1, 9) : 0)}"))];

    /// <summary>Lines of <c>zero-incidents.csv</c>.</summary>
    /// <param name="forgotten">The schools that should confirm it and don't.</param>
    public IReadOnlyList<string> ZeroIncidents(IEnumerable<School> schools, IReadOnlySet<School> forgotten) => [.. schools
        .Where(school => withIncidents.Contains((school.District.Value, school.Number)) ? Plants("BEH-001B", school.District, school.Number) : !forgotten.Contains(school))
        .Select(school => $"{school.District},{school.Number}")];

    /// <summary>Lines of <c>certifications.csv</c>: at the end of the year everything is certified.</summary>
    public IReadOnlyList<string> Certifications(IEnumerable<DistrictId> districts)
    {
        var lines = new List<string>();
        foreach (var district in districts)
        {
            var leftOut = Plants("CRT-009", district, null) ? random.Pick(CollectionName.All.SkipLast(1).ToList()) : null;
            lines.AddRange(CollectionName.All.Where(collection => collection != leftOut).Select(collection => $"{district},{collection}"));
        }
        return lines;
    }

    /// <summary>Whether a mistake is planted there: one of each kind at least.</summary>
    private bool Plants(string rule, DistrictId district, string? school)
    {
        if (rate == 0 || !random.Chance(rate) && Planted.Exists(planted => planted.Rule == rule)) return false;
        var mistake = new SampleEditionMistake(rule, district, school);
        if (!Planted.Contains(mistake)) Planted.Add(mistake);
        return true;
    }
}
