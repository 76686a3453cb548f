using System.Globalization;
using System.Text;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>What to generate.</summary>
/// <param name="Districts">Null: as many as a state of that size has.</param>
/// <param name="ErrorRate">Share of students with a planted mistake.</param>
internal sealed record GenerateOptions(string Out, int Students, int? Districts, int Seed, SchoolYear Year, double ErrorRate)
{
    private const int MostDistricts = 405;
    private const int StudentsADistrict = 100;

    public int DistrictCount => Districts ?? Math.Clamp(Students / StudentsADistrict, 1, MostDistricts);
}

/// <summary>What was generated.</summary>
internal sealed record GenerateReport(string Out, int Districts, int Schools, int Students, IReadOnlyDictionary<string, int> Rows, IReadOnlyDictionary<string, int> Planted)
{
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new Dictionary<string, double>();
}

/// <summary>Writes a synthetic state: reference files, the districts' uploads, and the truth about planted mistakes.</summary>
internal sealed class StateGenerator(GenerateOptions options)
{
    private readonly SampleRandom random = new(options.Seed);
    private readonly SortedDictionary<string, int> rowCounts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> planted = new(StringComparer.Ordinal);
    private readonly List<(string File, long Line, string Rule)> truth = [];

    /// <param name="progress">Called with the share that is done.</param>
    public GenerateReport Run(Action<double>? progress = null)
    {
        var geography = new Geography(random, options.Year);
        var districts = geography.Districts(options.DistrictCount, options.Students);
        var calendars = districts.SelectMany(geography.Calendars).ToDictionary(calendar => (calendar.District, calendar.School));
        var population = new Population(random, options.Year, districts, calendars);
        var students = population.Students().ToList();
        var rows = new SampleRows(random, options.Year);
        var mistakes = new Mistakes(random, options.Year, population, rows);

        Directory.CreateDirectory(options.Out);
        var done = 0;
        foreach (var district in students.GroupBy(student => student.District.District.Number.Value).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            WriteUploads(district.Key, [.. district], rows, mistakes);
            progress?.Invoke(++done / (double)districts.Count);
        }
        WriteReference(districts, calendars.Values, students, mistakes);
        WriteCsv("truth/planted.csv", "File,Line,Rule", truth.Select(item => FormattableString.Invariant($"{item.File},{item.Line},{item.Rule}")));
        return new GenerateReport(Path.GetFullPath(options.Out), districts.Count, districts.Sum(district => district.Schools.Count), students.Select(student => student.Person).Distinct(ReferenceEqualityComparer.Instance).Count(), rowCounts, planted);
    }

    private void WriteUploads(string district, IReadOnlyList<SampleStudent> students, SampleRows rows, Mistakes mistakes)
    {
        var byType = RecordTypes.All.ToDictionary(type => type.Code, _ => new List<SampleRow>());
        foreach (var student in students)
        {
            var studentRows = rows.Of(student).ToList();
            if (random.Chance(options.ErrorRate)) mistakes.Plant(student, studentRows);
            foreach (var row in studentRows) byType[row.Layout.Type].Add(row);
        }
        foreach (var (type, typeRows) in byType.Where(item => item.Value.Count > 0)) WriteUpload($"uploads/{district}/{type}.tsv", typeRows);
    }

    private void WriteUpload(string file, List<SampleRow> rows)
    {
        // The file is the year's last: every enrollment has ended.
        var text = new StringBuilder($"HD\t06/15/{options.Year}\t08:30:00\t{rows[0].Layout.Version}\r\n");
        for (var i = 0; i < rows.Count; i++)
        {
            text.Append(rows[i].Text).Append("\r\n");
            foreach (var rule in rows[i].Planted)
            {
                truth.Add((file, i + 2, rule));
                planted[rule] = planted.GetValueOrDefault(rule) + 1;
            }
        }
        var type = rows[0].Layout.Type;
        rowCounts[type] = rowCounts.GetValueOrDefault(type) + rows.Count;
        Write(file, text.ToString());
    }

    private void WriteReference(IReadOnlyList<SampleDistrict> districts, IEnumerable<SchoolCalendar> calendars, IReadOnlyList<SampleStudent> students, Mistakes mistakes)
    {
        const string addressColumns = "MailingLine1,MailingLine2,MailingCity,MailingState,MailingZip,MailingZip4,LocationLine1,LocationLine2,LocationCity,LocationState,LocationZip,LocationZip4";
        var agency = Geography.Agency;
        WriteCsv("reference/agency.csv", $"SchoolYear,Name,Fips,Abbreviation,AgencyNumber,TimeZone,Phone,Web,{addressColumns}",
            [Line(options.Year.ToString(), agency.Name, agency.Fips, agency.Abbreviation, agency.AgencyNumber, agency.TimeZone, agency.Phone, agency.Web, Cells(agency.Mailing), Cells(agency.Location))]);
        WriteCsv("reference/districts.csv", $"DistrictNumber,Name,NcesId,LeaType,SupervisoryUnion,Status,UpdatedStatus,StatusDate,CharterStatus,ReportedFederally,Phone,Web,{addressColumns}",
            districts.Select(item => item.District).Select(d => Line(d.Number.Value, d.Name, d.NcesId, Text(d.LeaType), d.SupervisoryUnion, Text((int)d.Status), null, null, d.CharterStatus, "Y", d.Phone, d.Web,
                Cells(d.Mailing), Cells(d.Location))));
        WriteCsv("reference/schools.csv", $"DistrictNumber,SchoolNumber,Name,NcesId,SchoolType,Status,UpdatedStatus,StatusDate,Charter,Grades,ReportedFederally,Phone,Web,{addressColumns}",
            districts.SelectMany(item => item.Schools).Select(s => Line(s.District.Value, s.Number, s.Name, s.NcesId, Text(s.SchoolType), Text((int)s.Status), null, null, "N", string.Join(' ', s.Grades), "Y", s.Phone, s.Web,
                Cells(s.Mailing), Cells(s.Location))));
        WriteCsv("reference/calendars.csv", "DistrictNumber,SchoolNumber,CalendarNumber,Start,End,InstructionalDays",
            calendars.Select(c => Line(c.District.Value, c.School, c.Number, FileDate.Of(c.Start), FileDate.Of(c.End), Text(c.InstructionalDays))));
        WriteCsv("reference/identities.csv", "StateId,LastName,FirstName,MiddleName,Suffix,BirthDate,Gender,MergedInto", Identities(students, mistakes));
    }

    /// <summary>The State IDs given out in earlier years, among them some that were merged since.</summary>
    private static IEnumerable<string> Identities(IReadOnlyList<SampleStudent> students, Mistakes mistakes) =>
        students.Select(student => student.Person).Where(person => person.StateId is not null).DistinctBy(person => person.StateId).Select(person => Identity(person.StateId!.Value, person, null))
            .Concat(mistakes.Retired.Select(item => Identity(item.Retired, item.Survivor, item.Survivor.StateId)));

    private static string Identity(StateId id, SamplePerson person, StateId? survivor) =>
        Line(id.ToString(), person.LastName, person.FirstName, person.MiddleName, person.Suffix, FileDate.Of(person.BirthDate), person.Gender, survivor?.ToString());

    private static string Cells(Address address) => Line(address.Line1, address.Line2, address.City, address.State, address.Zip, address.Zip4);

    private static string Line(params ReadOnlySpan<string?> cells) => string.Join(',', cells);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void WriteCsv(string file, string header, IEnumerable<string> lines) => Write(file, string.Concat(lines.Prepend(header).Select(line => $"{line}\r\n")));

    private void Write(string file, string text)
    {
        var path = Path.Combine(options.Out, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text, new UTF8Encoding(false));
    }
}
