using System.Runtime.InteropServices;
using Aim.Organizations;
using Aim.Snapshots;

namespace Aim.Federal;

/// <summary>The counts of one file at one level, and the rows they make.</summary>
internal sealed class FederalCounter
{
    private readonly FederalSpec spec;
    private readonly FederalLevel level;
    private readonly CategoryPositions categories;
    private readonly CountingRule rule;
    private readonly List<Set> sets;
    private readonly List<Organisation> organisations;
    private readonly Dictionary<(string District, string School), int> organisationIndex;

    /// <summary>Counts by packed values, for each organisation and set in turn.</summary>
    private readonly Dictionary<ulong, int>?[] counts;

    public FederalCounter(FederalSpec spec, FederalLevel level, Snapshot snapshot, CategoryPositions categories)
    {
        this.spec = spec;
        this.level = level;
        this.categories = categories;
        rule = CountingRule.Of(spec);
        sets = [.. spec.Tables.SelectMany(table => table.Sets.Select(set => new Set(table, set, categories)))];
        organisations = [.. OrganisationsOf(level, snapshot)];
        organisationIndex = organisations.Select((organisation, i) => (organisation, i)).ToDictionary(item => (item.organisation.District, item.organisation.School), item => item.i);
        counts = new Dictionary<ulong, int>?[organisations.Count * sets.Count];
    }

    /// <summary>An organisation that reports, with the grades it offers.</summary>
    internal sealed record Organisation(string District, string School, IReadOnlySet<string> Grades);

    private sealed class Set(FederalTable table, CategorySet set, CategoryPositions categories)
    {
        private const int BitsAValue = 12;

        private readonly int[] indexes = [.. set.Categories.Select(categories.IndexOf)];

        public FederalTable Table => table;
        public CategorySet Definition => set;
        public FederalCategory[] Categories { get; } = [.. set.Categories.Select(name => FederalSpecs.Categories[name])];

        /// <summary>The positions of the set's categories as one number; null when the set leaves the student out.</summary>
        public ulong? Pack(ReadOnlySpan<int> positions)
        {
            ulong packed = 0;
            foreach (var index in indexes)
            {
                if (positions[index] == CategoryPositions.LeftOut) return null;
                packed = Append(packed, positions[index]);
            }
            return packed;
        }

        public static ulong Append(ulong packed, int position) => packed << BitsAValue | (uint)position;

        public string[] Unpack(ulong packed)
        {
            var values = new string[Categories.Length];
            for (var c = values.Length - 1; c >= 0; c--, packed >>= BitsAValue)
            {
                var position = (int)(packed & ((1 << BitsAValue) - 1));
                values[c] = position < Categories[c].Values.Count ? Categories[c].Values[position] : FederalCategory.MissingValue;
            }
            return values;
        }
    }

    /// <summary>Counts one student: once for each organisation of the level that has the student.</summary>
    public void Count(IReadOnlyList<CountedSubject> subjects)
    {
        foreach (var (organisation, subject) in Place(subjects)) Add(organisation, subject);
    }

    /// <summary>The place of an organisation among those that are in the file; null when it is not.</summary>
    public int? FindOrganisation(string? district, string? school) => organisationIndex.TryGetValue((district ?? "", school ?? ""), out var index) ? index : null;

    /// <summary>
    /// Where the student counts, and as what. Of several enrollments in one organisation the primary one counts, then the latest, then the
    /// one with the lowest school number.
    /// </summary>
    public IEnumerable<(int Organisation, CountedSubject Subject)> Place(IReadOnlyList<CountedSubject> subjects) =>
        from subject in subjects.Count > 1 ? subjects.GroupBy(OrganisationOf).Select(Choose) : subjects
        where level != FederalLevel.SCH || rule.CountsAtSchool(subject)
        let organisation = OrganisationOf(subject)
        where organisationIndex.ContainsKey(organisation)
        select (organisationIndex[organisation], subject);

    private static CountedSubject Choose(IEnumerable<CountedSubject> subjects) => subjects
        .OrderBy(subject => subject.Enrollment.Record.IsPrimary ? 0 : 1)
        .ThenByDescending(subject => subject.Enrollment.Record.StartDate)
        .ThenBy(subject => subject.District, StringComparer.Ordinal).ThenBy(subject => subject.School, StringComparer.Ordinal)
        .First();

    private (string District, string School) OrganisationOf(CountedSubject subject) => level switch
    {
        FederalLevel.SEA => ("", ""),
        FederalLevel.LEA => (subject.District, ""),
        _ => (subject.District, subject.School),
    };

    private void Add(int organisation, CountedSubject subject)
    {
        var positions = categories.Of(subject);
        for (var s = 0; s < sets.Count; s++)
        {
            if (sets[s].Pack(positions) is not { } packed) continue;
            var cells = counts[organisation * sets.Count + s] ??= [];
            CollectionsMarshal.GetValueRefOrAddDefault(cells, packed, out _)++;
        }
    }

    /// <summary>The rows in the order of organisation, category set and values: every count, and zeros by the file's policy.</summary>
    public IEnumerable<FederalRow> Rows()
    {
        for (var o = 0; o < organisations.Count; o++)
        {
            for (var s = 0; s < sets.Count; s++)
            {
                var (organisation, set, cells) = (organisations[o], sets[s], counts[o * sets.Count + s] ?? []);
                var policy = spec.ZeroRowsFor(level, set.Definition);
                var written = policy == ZeroRows.None ? cells.Keys : cells.Keys.Union(Combinations(set, 0, 0, organisation, policy));
                foreach (var packed in written.Order())
                    yield return new FederalRow(organisation.District, organisation.School, set.Table.Type, set.Definition, set.Unpack(packed), cells.GetValueOrDefault(packed));
            }
        }
    }

    private static IEnumerable<ulong> Combinations(Set set, int category, ulong packed, Organisation organisation, ZeroRows policy)
    {
        if (category == set.Categories.Length) return [packed];
        var name = set.Definition.Categories[category];
        return Enumerable.Range(0, set.Categories[category].Values.Count)
            .Where(i => policy != ZeroRows.Offered || !name.StartsWith("GRADELV", StringComparison.Ordinal) || organisation.Grades.Contains(set.Categories[category].Values[i]))
            .SelectMany(i => Combinations(set, category + 1, Set.Append(packed, i), organisation, policy));
    }

    /// <summary>Organisations that are in count files, in order: open on the count day, reported federally, and at school level no reportable programs.</summary>
    private static IEnumerable<Organisation> OrganisationsOf(FederalLevel level, Snapshot snapshot)
    {
        var (reference, day) = (snapshot.Reference, snapshot.Manifest.Date);
        var districts = reference.Districts.Where(district => district.ReportedFederally && !district.IsClosedOn(day)).OrderBy(district => district.Number.Value, StringComparer.Ordinal).ToList();
        var schools = districts.SelectMany(district => reference.SchoolsOf(district.Number)).Where(school => school.ReportedFederally && !school.IsClosedOn(day))
            .OrderBy(school => school.District.Value, StringComparer.Ordinal).ThenBy(school => school.Number, StringComparer.Ordinal).ToList();
        var byDistrict = schools.ToLookup(school => school.District);
        return level switch
        {
            FederalLevel.SEA => [new Organisation("", "", schools.SelectMany(school => school.Grades).ToHashSet())],
            FederalLevel.LEA => districts.Select(district => new Organisation(district.Number.Value, "", byDistrict[district.Number].SelectMany(school => school.Grades).ToHashSet())),
            _ => schools.Where(school => school.SchoolType != School.ReportableProgram).Select(school => new Organisation(school.District.Value, school.Number, school.Grades.ToHashSet())),
        };
    }
}

/// <summary>One row of a count file before it is laid out.</summary>
/// <param name="Values">In the order of the set's categories.</param>
public sealed record FederalRow(string District, string School, string Table, CategorySet Set, IReadOnlyList<string> Values, int Amount);
