using Aim.Organizations;

namespace Aim.Federal;

/// <summary>The counts of one file at one level, and the rows they make.</summary>
internal sealed class FederalCounter
{
    private readonly FederalSpec spec;
    private readonly FederalLevel level;
    private readonly List<Set> sets;
    private readonly Dictionary<(int Organisation, int Set, ulong Values), int> counts = [];
    private readonly List<Organisation> organisations;
    private readonly Dictionary<(string District, string School), int> organisationIndex;

    public FederalCounter(FederalSpec spec, FederalLevel level, ReferenceData reference)
    {
        this.spec = spec;
        this.level = level;
        sets = [.. spec.Tables.SelectMany(table => table.Sets.Select(set => new Set(table, set)))];
        organisations = [.. OrganisationsOf(level, reference)];
        organisationIndex = organisations.Select((organisation, i) => (organisation, i)).ToDictionary(item => (item.organisation.District, item.organisation.School), item => item.i);
    }

    /// <summary>An organisation that reports, with the grades it offers.</summary>
    internal sealed record Organisation(string District, string School, IReadOnlySet<string> Grades);

    private sealed class Set(FederalTable table, CategorySet set)
    {
        public FederalTable Table => table;
        public CategorySet Definition => set;
        public FederalCategory[] Categories { get; } = [.. set.Categories.Select(name => FederalSpecs.Categories[name])];
        public Func<CountedSubject, string?>[] ValueOf { get; } = [.. set.Categories.Select(CategoryValues.Of)];
        public Dictionary<string, int>[] Positions { get; } =
            [.. set.Categories.Select(name => FederalSpecs.Categories[name]).Select(category =>
                category.Values.Append(FederalCategory.MissingValue).Select((value, i) => (value, i)).ToDictionary(item => item.value, item => item.i))];
    }

    /// <summary>
    /// Counts one student: once for each organisation of the level that has the student. Of several enrollments there the primary one
    /// counts, then the latest, then the one with the lowest school number.
    /// </summary>
    public void Count(IReadOnlyList<CountedSubject> subjects, CountingRule rule)
    {
        if (subjects.Count == 0) return;
        var groups = level switch
        {
            FederalLevel.SEA => [subjects],
            FederalLevel.LEA => subjects.GroupBy(subject => (subject.District, "")).Select(group => (IReadOnlyList<CountedSubject>)[.. group]),
            _ => subjects.GroupBy(subject => (subject.District, subject.School)).Select(group => (IReadOnlyList<CountedSubject>)[.. group]),
        };
        foreach (var group in groups)
        {
            var subject = Choose(group);
            if (level == FederalLevel.SCH && !rule.CountsAtSchool(subject)) continue;
            if (organisationIndex.TryGetValue(KeyOf(subject), out var organisation)) Add(organisation, subject);
        }
    }

    internal static CountedSubject Choose(IReadOnlyList<CountedSubject> subjects) => subjects.Count == 1 ? subjects[0] : subjects
        .OrderBy(subject => subject.Enrollment.Record.ServiceType == "P" ? 0 : 1)
        .ThenByDescending(subject => subject.Enrollment.Record.StartDate)
        .ThenBy(subject => subject.District, StringComparer.Ordinal).ThenBy(subject => subject.School, StringComparer.Ordinal)
        .First();

    private (string, string) KeyOf(CountedSubject subject) => level switch
    {
        FederalLevel.SEA => ("", ""),
        FederalLevel.LEA => (subject.District, ""),
        _ => (subject.District, subject.School),
    };

    private void Add(int organisation, CountedSubject subject)
    {
        for (var s = 0; s < sets.Count; s++)
        {
            ulong packed = 0;
            var counts = true;
            for (var c = 0; c < sets[s].ValueOf.Length && counts; c++)
            {
                var value = sets[s].ValueOf[c](subject);
                counts = value is not null;
                if (counts) packed = packed << 12 | (uint)sets[s].Positions[c][value!];
            }
            if (!counts) continue;
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(this.counts, (organisation, s, packed), out _)++;
        }
    }

    /// <summary>The rows in the order of organisation, category set and values: every count, and zeros by the file's policy.</summary>
    public IEnumerable<FederalRow> Rows()
    {
        var byCell = counts.GroupBy(count => (count.Key.Organisation, count.Key.Set))
            .ToDictionary(group => group.Key, group => group.OrderBy(count => count.Key.Values).Select(count => (count.Key.Values, count.Value)).ToList());
        for (var o = 0; o < organisations.Count; o++)
        {
            for (var s = 0; s < sets.Count; s++)
            {
                var cells = byCell.GetValueOrDefault((o, s)) ?? [];
                var policy = spec.ZeroRowsFor(level, sets[s].Definition);
                foreach (var (packed, amount) in policy == ZeroRows.None ? cells : WithZeros(cells, sets[s], organisations[o], policy))
                    yield return new FederalRow(organisations[o].District, organisations[o].School, sets[s].Table.Type, sets[s].Definition, Unpack(sets[s], packed), amount);
            }
        }
    }

    private static IEnumerable<(ulong Values, int Amount)> WithZeros(List<(ulong Values, int Amount)> cells, Set set, Organisation organisation, ZeroRows policy)
    {
        var amounts = cells.ToDictionary(cell => cell.Values, cell => cell.Amount);
        var wanted = Combinations(set, 0, 0, organisation, policy).Concat(amounts.Keys).Distinct().Order();
        return wanted.Select(packed => (packed, amounts.GetValueOrDefault(packed)));
    }

    private static IEnumerable<ulong> Combinations(Set set, int category, ulong packed, Organisation organisation, ZeroRows policy)
    {
        if (category == set.Categories.Length) return [packed];
        var name = set.Definition.Categories[category];
        return Enumerable.Range(0, set.Categories[category].Values.Count)
            .Where(i => policy != ZeroRows.Offered || !name.StartsWith("GRADELV", StringComparison.Ordinal) || organisation.Grades.Contains(set.Categories[category].Values[i]))
            .SelectMany(i => Combinations(set, category + 1, packed << 12 | (uint)i, organisation, policy));
    }

    private static string[] Unpack(Set set, ulong packed)
    {
        var result = new string[set.Categories.Length];
        for (var c = result.Length - 1; c >= 0; c--, packed >>= 12)
        {
            var position = (int)(packed & 0xFFF);
            result[c] = position < set.Categories[c].Values.Count ? set.Categories[c].Values[position] : FederalCategory.MissingValue;
        }
        return result;
    }

    /// <summary>Organisations that are in count files, in order: operating, reported federally, and at school level no reportable programs.</summary>
    internal static IEnumerable<Organisation> OrganisationsOf(FederalLevel level, ReferenceData reference)
    {
        var schools = reference.Schools.Where(school => school is { IsOperating: true, ReportedFederally: true } && reference.FindDistrict(school.District) is { IsOperating: true, ReportedFederally: true }).ToList();
        return level switch
        {
            FederalLevel.SEA => [new Organisation("", "", schools.SelectMany(school => school.Grades).ToHashSet())],
            FederalLevel.LEA => reference.Districts.Where(district => district is { IsOperating: true, ReportedFederally: true })
                .OrderBy(district => district.Number.Value, StringComparer.Ordinal)
                .Select(district => new Organisation(district.Number.Value, "", schools.Where(school => school.District == district.Number).SelectMany(school => school.Grades).ToHashSet())),
            _ => schools.Where(school => school.SchoolType != School.ReportableProgram)
                .OrderBy(school => school.District.Value, StringComparer.Ordinal).ThenBy(school => school.Number, StringComparer.Ordinal)
                .Select(school => new Organisation(school.District.Value, school.Number, school.Grades.ToHashSet())),
        };
    }
}

/// <summary>One row of a count file before it is laid out.</summary>
/// <param name="Values">In the order of the set's categories.</param>
public sealed record FederalRow(string District, string School, string Table, CategorySet Set, IReadOnlyList<string> Values, int Amount);
