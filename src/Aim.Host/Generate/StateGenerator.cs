namespace Aim.Host.Generate;

/// <summary>Writes a synthetic state: reference files, the districts' uploads, and the truth about planted mistakes.</summary>
internal sealed class StateGenerator(GenerateOptions options)
{
    private readonly SampleRandom random = new(options.Seed);

    // Of its own, so that the core files are the same with and without the others.
    private readonly SampleRandom collectionRandom = new(options.Seed ^ 0x504C41);

    private readonly StateFolder folder = new(options.Out);
    private readonly SortedDictionary<string, int> rowCounts = new(StringComparer.Ordinal);
    private readonly List<(string File, int Line, string Rule)> truth = [];

    /// <param name="progress">Called with the share that is done.</param>
    public GenerateReport Run(Action<double>? progress = null)
    {
        var geography = new Geography(random, options.Year);
        var districts = geography.Districts(options.DistrictCount, options.Students);
        var calendars = districts.SelectMany(geography.Calendars).ToDictionary(calendar => (calendar.District, calendar.School));
        var population = new Population(random, options.Year, districts, calendars);
        var movement = new MovementMistakes(random, options.Year, options.ErrorRate);
        var students = movement.Plant([.. population.Students()]).ToList();
        var days = new SchoolDays(options.Year);
        var rows = new SampleRows(random, options.Year);
        var collections = options.Records == SampleRecords.All ? new AllCollections(collectionRandom, options.Year, days, calendars) : null;
        var mistakes = new Mistakes(random, options.Year, options.ErrorRate, population, students, rows, collections);

        var done = 0;
        foreach (var district in students.GroupBy(student => student.District.District.Number.Value).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            WriteUploads(district.First().District, [.. district], rows, collections, mistakes);
            progress?.Invoke(++done / (double)districts.Count);
        }
        SampleCase[] cases = [.. movement.Cases, .. mistakes.Cases];
        new ReferenceCsv(folder, options.Year).Write(districts, calendars.Values, students, mistakes);
        new TruthCsv(folder).Write(students, mistakes.NearMatches, cases, truth);
        return new GenerateReport(Path.GetFullPath(options.Out), districts.Count, districts.Sum(district => district.Schools.Count), students.Select(student => student.Person).Distinct(ReferenceEqualityComparer.Instance).Count(), rowCounts,
            ByRule(truth.Select(item => item.Rule)), ByRule(cases.Select(item => item.Rule).Concat(mistakes.NearMatches.Select(_ => "IDN-003"))));
    }

    private static SortedDictionary<string, int> ByRule(IEnumerable<string> rules) => new(rules.CountBy(rule => rule).ToDictionary(), StringComparer.Ordinal);

    private void WriteUploads(SampleDistrict district, IReadOnlyList<SampleStudent> students, SampleRows rows, AllCollections? collections, Mistakes mistakes)
    {
        using var files = new DistrictFiles(options.Out, district.District.Number.Value, options.Year);
        if (random.Chance(options.ErrorRate)) files.WriteUnreadable();
        foreach (var row in collections?.Of(district) ?? []) files.Write(row);
        for (var i = 0; i < students.Count; i++)
        {
            var student = students[i];
            var studentRows = rows.Of(student).Concat(collections?.Of(student) ?? []).ToList();
            mistakes.Plant(student, studentRows, i + 1 < students.Count ? students[i + 1] : null);
            foreach (var row in studentRows) files.Write(row);
        }
        foreach (var (type, count) in files.Rows) rowCounts[type] = rowCounts.GetValueOrDefault(type) + count;
        truth.AddRange(files.Planted);
    }
}
