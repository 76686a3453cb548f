using Aim.Host.Commands;

namespace Aim.Host.Generate;

/// <summary>Writes one school year of a synthetic state: reference files, the districts' uploads, and the truth about people and planted mistakes.</summary>
internal sealed class YearGenerator(GenerateOptions options, SampleRandom random, SampleRandom collectionRandom)
{
    private readonly StateFolder folder = new(options.Out);
    private readonly SortedDictionary<string, int> rowCounts = new(StringComparer.Ordinal);
    private readonly CountCases counts = new();
    private readonly SampleNotes notes = new(collectionRandom, options.ErrorRate);
    private readonly List<(string File, int Line, string Rule)> truth = [];
    private readonly List<string> held = [];

    public (GenerateReport Report, IReadOnlyList<SampleStudent> Students) Run(
        IReadOnlyList<SampleDistrict> districts, ClassSizes sizes, SampleRegister register, IReadOnlyList<SampleStudent>? lastYear, Action<double> progress)
    {
        var geography = new Geography(random, options.Year);
        var calendars = districts.SelectMany(geography.Calendars).ToDictionary(calendar => (calendar.District, calendar.School));
        var population = new Population(random, options.Year, register, districts, sizes, calendars);
        var movement = new MovementMistakes(random, register, options.Year, options.ErrorRate);
        var students = movement.Plant([.. population.Students(lastYear)]).ToList();
        var collections = options.Records == SampleRecords.All ? new AllCollections(collectionRandom, options.Year, new SchoolDays(options.Year), calendars) : null;
        var schools = new SchoolMistakes(random, options.ErrorRate, collections is not null);
        schools.Plant(districts, students, lastYear);
        var rows = new SampleRows(random, options.Year);
        var mistakes = new Mistakes(random, options.Year, options.ErrorRate, register, students, rows, collections, schools, hasPriorYear: lastYear is not null);

        var done = 0;
        foreach (var district in students.GroupBy(student => student.District.District.Number.Value).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            WriteUploads(district.First().District, [.. district], rows, collections, schools, mistakes);
            progress(++done / (double)districts.Count);
        }
        SampleCase[] cases = [.. movement.Cases, .. mistakes.Cases, .. counts.Cases];
        var reference = new ReferenceCsv(folder, options.Year);
        reference.Write(districts, schools.Empty, calendars.Values, students, mistakes);
        reference.WriteNotes(notes, districts, schools.WithoutIncidents, collections is not null);
        SampleEditionMistake[] editions = [.. schools.Planted, .. notes.Planted];
        if (held.Count > 0) folder.WriteCsv(HeldFieldsFile.Name, HeldFieldsFile.Header, held);
        new TruthCsv(folder).Write(students, mistakes.NearMatches, cases, editions, truth);
        return (Report(districts, students, cases.Select(item => item.Rule).Concat(mistakes.NearMatches.Select(_ => "IDN-003"))) with { Editions = ByRule(editions.Select(item => item.Rule)) }, students);
    }

    private GenerateReport Report(IReadOnlyList<SampleDistrict> districts, List<SampleStudent> students, IEnumerable<string> cases) => new(
        Path.GetFullPath(options.Out), districts.Count, districts.Sum(district => district.Schools.Count), students.Select(student => student.Person.Number).Distinct().Count(),
        rowCounts, ByRule(truth.Select(item => item.Rule)), ByRule(cases));

    private static SortedDictionary<string, int> ByRule(IEnumerable<string> rules) => new(rules.CountBy(rule => rule).ToDictionary(), StringComparer.Ordinal);

    private void WriteUploads(SampleDistrict district, IReadOnlyList<SampleStudent> students, SampleRows rows, AllCollections? collections, SchoolMistakes schools, Mistakes mistakes)
    {
        using var files = new DistrictFiles(options.Out, district, options.Year, collectionRandom, options.ErrorRate);
        if (random.Chance(options.ErrorRate)) files.WriteUnreadable();
        foreach (var row in collections?.Of(district) ?? []) files.Write(row);
        for (var i = 0; i < students.Count; i++)
        {
            var student = students[i];
            var studentRows = rows.Of(student).Concat(collections?.Of(student) ?? []).ToList();
            schools.Spoil(student, studentRows);
            mistakes.Plant(student, studentRows, i + 1 < students.Count ? students[i + 1] : null);
            if (options.ErrorRate > 0) counts.Add(district.District.Number, studentRows);
            notes.Add(district.District.Number, studentRows);
            foreach (var row in studentRows) files.Write(row);
            if (mistakes.LeavesAlone(student, studentRows)) files.Offer(studentRows);
        }
        foreach (var (type, count) in files.Rows) rowCounts[type] = rowCounts.GetValueOrDefault(type) + count;
        truth.AddRange(files.Complete());
        held.AddRange(files.Held);
    }
}
