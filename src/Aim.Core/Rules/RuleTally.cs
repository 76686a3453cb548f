using Aim.Records;

namespace Aim.Rules;

/// <summary>How often a rule was broken by what is stored, and how often it was asked; and what is known of it from elsewhere.</summary>
/// <param name="Judged">Stored rows of its types for a rule about rows, students with such rows for one about students, editions for one about editions; 0 for one that stored rows are not asked.</param>
/// <param name="Districts">Districts with a hit.</param>
public sealed record RuleHits(string Rule, RuleStage Stage, Severity Severity, long Judged, long Hits, double Rate, int Districts, IReadOnlyList<PlaceHits> MostDistricts, IReadOnlyList<PlaceHits> MostSchools)
{
    /// <summary>What the newest uploads found; null for a rule that no upload is asked, and where uploads were not looked at.</summary>
    public UploadHits? Uploaded { get; init; }

    /// <summary>Cases that are open; null for a rule that opens none, and where cases were not looked at.</summary>
    public long? OpenCases { get; init; }

    internal static double RateOf(long hits, long judged) => judged == 0 ? 0 : Math.Round((double)hits / judged, 6);
}

/// <summary>How often the newest upload of each record type of each district found a rule broken, rejected rows included.</summary>
/// <param name="Judged">Rows of those uploads that are of the rule's types; files for a rule about a file as a whole.</param>
/// <param name="Districts">Districts with a hit.</param>
public sealed record UploadHits(long Judged, long Hits, double Rate, int Districts);

/// <summary>Hits in one district, or in one school of it.</summary>
public sealed record PlaceHits(DistrictId District, string? School, long Hits);

/// <summary>The tally of one edition, to be kept: of the schools those most hit, as no others are ever shown.</summary>
/// <param name="Rows">By record type.</param>
/// <param name="StudentsByType">Students with a row of the type.</param>
public sealed record KeptTally(long Editions, long Students, IReadOnlyDictionary<string, long> Rows, IReadOnlyDictionary<string, long> StudentsByType, IReadOnlyList<KeptHits> Hits);

/// <summary>Hits of a rule at a school; without one, at all others and in the district as a whole.</summary>
public sealed record KeptHits(string Rule, string? School, long Hits);

/// <summary>Counts rule by rule what validation finds and what it has looked at, in one district or many.</summary>
public sealed class RuleTally
{
    private const int MostPlaces = 10;

    private readonly Dictionary<(string Rule, DistrictId District, string? School), long> hits = [];
    private readonly long[] rows = new long[RecordTypes.HighestNumber + 1];
    private readonly long[] students = new long[RecordTypes.HighestNumber + 1];

    public long Rows => rows.Sum();

    /// <summary>Students with at least one row.</summary>
    public long Students { get; private set; }

    public long Editions { get; private set; }

    internal void Saw(StudentView view)
    {
        Span<bool> seen = stackalloc bool[rows.Length];
        var isStudent = false;
        foreach (var entry in view.Entries)
        {
            var type = entry.Place.Type;
            rows[type.Number]++;
            isStudent |= type.IsOfStudent;
            if (seen[type.Number]) continue;
            seen[type.Number] = true;
            students[type.Number]++;
        }
        if (isStudent) Students++;
    }

    internal void SawEdition() => Editions++;

    internal void Hit(Finding finding, DistrictId district)
    {
        var key = (finding.Rule, district, finding.School);
        hits[key] = hits.GetValueOrDefault(key) + 1;
    }

    public void Add(RuleTally other)
    {
        foreach (var (key, count) in other.hits) hits[key] = hits.GetValueOrDefault(key) + count;
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] += other.rows[i];
            students[i] += other.students[i];
        }
        Students += other.Students;
        Editions += other.Editions;
    }

    /// <summary>The tally of one edition in the form in which it is kept.</summary>
    public KeptTally Keep() => new(Editions, Students, ByType(rows), ByType(students), [.. hits.GroupBy(item => item.Key.Rule).OrderBy(rule => rule.Key, StringComparer.Ordinal).SelectMany(Keep)]);

    /// <summary>The schools that are most hit, and the rest as the district's.</summary>
    private static IEnumerable<KeptHits> Keep(IGrouping<string, KeyValuePair<(string Rule, DistrictId District, string? School), long>> rule)
    {
        var most = Most(rule.Where(item => item.Key.School is not null).Select(item => new PlaceHits(item.Key.District, item.Key.School, item.Value)));
        var rest = rule.Sum(item => item.Value) - most.Sum(place => place.Hits);
        return most.Select(place => new KeptHits(rule.Key, place.School, place.Hits)).Concat(rest > 0 ? [new KeptHits(rule.Key, null, rest)] : []);
    }

    /// <summary>The tally that was kept of a district's edition.</summary>
    public static RuleTally Of(KeptTally kept, DistrictId district)
    {
        var tally = new RuleTally { Editions = kept.Editions, Students = kept.Students };
        foreach (var type in RecordTypes.All) (tally.rows[type.Number], tally.students[type.Number]) = (kept.Rows.GetValueOrDefault(type.Code), kept.StudentsByType.GetValueOrDefault(type.Code));
        foreach (var hit in kept.Hits) tally.hits[(hit.Rule, district, hit.School)] = hit.Hits;
        return tally;
    }

    private static Dictionary<string, long> ByType(long[] counts) => RecordTypes.All.Where(type => counts[type.Number] > 0).ToDictionary(type => type.Code, type => counts[type.Number]);

    /// <summary>Each of the rules, also those without a hit, in the order of their ids.</summary>
    public IReadOnlyList<RuleHits> Of(IEnumerable<Rule> rules)
    {
        var byRule = hits.ToLookup(item => item.Key.Rule);
        return [.. rules.OrderBy(rule => rule.Id, StringComparer.Ordinal).Select(rule => HitsOf(rule, [.. byRule[rule.Id]]))];
    }

    private RuleHits HitsOf(Rule rule, List<KeyValuePair<(string Rule, DistrictId District, string? School), long>> found)
    {
        var (judged, count) = (JudgedBy(rule), found.Sum(item => item.Value));
        var districts = found.GroupBy(item => item.Key.District).Select(group => new PlaceHits(group.Key, null, group.Sum(item => item.Value))).ToList();
        var schools = found.Where(item => item.Key.School is not null).Select(item => new PlaceHits(item.Key.District, item.Key.School, item.Value));
        return new RuleHits(rule.Id, rule.Stage, rule.Severity, judged, count, RuleHits.RateOf(count, judged), districts.Count, Most(districts), Most(schools));
    }

    private static List<PlaceHits> Most(IEnumerable<PlaceHits> places) =>
        [.. places.OrderByDescending(place => place.Hits).ThenBy(place => place.District.Value, StringComparer.Ordinal).ThenBy(place => place.School, StringComparer.Ordinal).Take(MostPlaces)];

    private long JudgedBy(Rule rule) => rule.Scope switch
    {
        _ when !RuleCatalog.IsAskedOfEditions(rule) => 0,
        RuleScope.Row => (rule.Records.Count == 0 ? RecordTypes.All : rule.Records).Sum(type => rows[type.Number]),
        RuleScope.Student => RuleCatalog.JudgedBy(rule.Id) is { } type ? students[type.Number] : Students,
        _ => Editions,
    };
}
