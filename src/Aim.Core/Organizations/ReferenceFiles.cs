using System.Globalization;
using Aim.Federal;
using Aim.Identity;
using Aim.Records;
using Aim.Rules;
using Aim.Snapshots;
using Aim.Uploads;
using Sylvan.Data.Csv;

namespace Aim.Organizations;

/// <summary>A mistake in a reference file, as a sentence that says what to do.</summary>
public sealed record ReferenceProblem(string File, long Line, string Sentence)
{
    public override string ToString() => Line == 0 ? $"{File}: {Sentence}" : FormattableString.Invariant($"{File}, line {Line}: {Sentence}");
}

/// <summary>How many students the funding system counts of a district, in the fall or the spring count.</summary>
public sealed record FundedCount(DistrictId District, string Collection, int Students)
{
    /// <summary>More than a state's districts have.</summary>
    public const int MostStudents = 1_000_000;

    /// <summary>Those that the funding system counts in.</summary>
    public static IReadOnlyList<string> Collections { get; } = [CollectionName.FallCount, CollectionName.SpringCount];
}

/// <summary>A school that had no behavior incident in the year, as its district has confirmed.</summary>
public sealed record ConfirmedSchool(DistrictId District, string School);

/// <summary>A collection that a district has certified.</summary>
public sealed record Certification(DistrictId District, string Collection);

/// <summary>What a reference folder says about editions besides their rows.</summary>
public sealed record NotesOfYear(IReadOnlyList<FundedCount> FundingCounts, IReadOnlyList<ConfirmedSchool> ZeroIncidents, IReadOnlyList<Certification> Certifications)
{
    public static NotesOfYear None { get; } = new([], [], []);
}

/// <summary>
/// Reads a year's reference data from CSV files with a header row: <c>agency.csv</c>, <c>districts.csv</c>, <c>schools.csv</c> and
/// <c>calendars.csv</c>; and, if they are there, <c>identities.csv</c> with the State IDs given out before, <c>funding-counts.csv</c> with the
/// counts of the funding system, <c>thresholds.csv</c> and <c>rules.csv</c> with what the state sets for rules, <c>collections.csv</c> with the last days of the collections, and, from the system before this one, <c>zero-incidents.csv</c> and
/// <c>certifications.csv</c> with what districts have confirmed and certified.
/// </summary>
public sealed class ReferenceFiles(string folder)
{
    private const string AgencyFile = "agency.csv";
    private const string DistrictsFile = "districts.csv";
    private const string SchoolsFile = "schools.csv";
    private const string CalendarsFile = "calendars.csv";
    private const string IdentitiesFile = "identities.csv";
    private const string FundingFile = "funding-counts.csv";
    private const string ZeroIncidentsFile = "zero-incidents.csv";
    private const string CertificationsFile = "certifications.csv";
    private const string ThresholdsFile = "thresholds.csv";
    private const string RulesFile = "rules.csv";
    private const string CollectionsFile = "collections.csv";

    /// <summary>The files of a folder; those after the calendars may be left out.</summary>
    public static IReadOnlyList<string> Names { get; } = [AgencyFile, DistrictsFile, SchoolsFile, CalendarsFile, IdentitiesFile, FundingFile, ThresholdsFile, RulesFile, CollectionsFile, ZeroIncidentsFile, CertificationsFile];

    private const int LinesTold = 10;

    private readonly List<ReferenceProblem> problems = [];

    public IReadOnlyList<ReferenceProblem> Problems => problems;

    /// <summary>Null when there are <see cref="Problems"/>.</summary>
    public ReferenceData? Read()
    {
        var agency = ReadRows(AgencyFile, row => (Year: row.Year("SchoolYear"), Agency: AgencyOf(row))).ToList();
        if (agency.Count != 1 && problems.Count == 0) problems.Add(new(AgencyFile, 0, "The file must have exactly one row, the state's agency."));
        var districts = ReadRows(DistrictsFile, DistrictOf).ToList();
        var schools = ReadRows(SchoolsFile, SchoolOf).ToList();
        var calendars = ReadRows(CalendarsFile, CalendarOf).ToList();
        CheckLinks(districts, schools, calendars);
        var (thresholds, stages) = (ReadSet(ThresholdsFile, "threshold", ThresholdOf), ReadSet(RulesFile, "rule", StageOf));
        var collections = agency.Count == 1 ? ReadCollections(agency[0].Year) : null;
        return problems.Count > 0 ? null : new ReferenceData(agency[0].Year, agency[0].Agency, districts, schools, calendars, thresholds, stages, collections);
    }

    /// <summary>State IDs that were given out before this system; none when the file isn't there. What can't be used is among <see cref="Problems"/>, and then nobody of the list is to be taken.</summary>
    public IReadOnlyList<Person> ReadIdentities()
    {
        if (!IsThere(IdentitiesFile)) return [];
        var people = new List<Person>();
        var lines = new Dictionary<StateId, long>();
        foreach (var (person, line) in ReadRows(IdentitiesFile, row => (PersonOf(row), row.Line)))
        {
            people.Add(person);
            if (!lines.TryAdd(person.StateId, line)) problems.Add(new(IdentitiesFile, line, $"The State ID is in line {lines[person.StateId]} already. Delete one of the two rows."));
        }
        CheckMerges(people, lines);
        return people;
    }

    private static Person PersonOf(Row row) => new()
    {
        StateId = row.StateId("StateId"), LastName = row.Text("LastName"), FirstName = row.Text("FirstName"), MiddleName = row.Optional("MiddleName"), Suffix = row.Optional("Suffix"),
        BirthDate = row.Date("BirthDate"), Gender = row.Text("Gender"), MergedInto = row.Optional("MergedInto") is null ? null : row.StateId("MergedInto"),
    };

    /// <summary>Circles within the list, which need no index to be found; <see cref="MergeCircles.OfListAsync"/> finds those that it closes with the people who are known.</summary>
    private void CheckMerges(List<Person> people, Dictionary<StateId, long> lines)
    {
        var survivors = people.Where(person => person.MergedInto is not null).DistinctBy(person => person.StateId).ToDictionary(person => person.StateId, person => person.MergedInto!.Value);
        foreach (var circle in MergeCircles.Of(survivors.Keys, survivors)) problems.Add(CircleAt([.. circle.Select(member => lines[member]).Order()]));
    }

    private static ReferenceProblem CircleAt(IReadOnlyList<long> lines) => new(IdentitiesFile, lines[0], lines.Count == 1
        ? "MergedInto is the State ID of the row itself. Give the one that took its place, or leave it empty."
        : $"MergedInto leads back to the State ID of the row, by way of {(lines.Count == 2 ? "line" : "lines")} {string.Join(", ", lines.Skip(1).Take(LinesTold))}{(lines.Count > LinesTold + 1 ? " and more" : "")}. Leave it empty in the row of the State ID that is in use.");

    /// <summary>What is noted about editions; nothing of a file that isn't there.</summary>
    public NotesOfYear ReadNotes(ReferenceData reference) => new(
        ReadNotes(FundingFile, "count", reference, row => new FundedCount(row.District("DistrictNumber"), row.OneOf("Collection", [.. FundedCount.Collections]), row.Between("Count", 0, FundedCount.MostStudents)),
            count => (count.District, count.Collection)),
        ReadNotes(ZeroIncidentsFile, "school", reference, row => SchoolIn(reference, new ConfirmedSchool(row.District("DistrictNumber"), row.Digits("SchoolNumber", 4))), school => (school.District, school.School)),
        ReadNotes(CertificationsFile, "certification", reference, row => new Certification(row.District("DistrictNumber"), row.OneOf("Collection", [.. CollectionName.All])),
            certified => (certified.District, certified.Collection)));

    private List<T> ReadNotes<T>(string file, string what, ReferenceData reference, Func<Row, T> read, Func<T, (DistrictId District, string Of)> keyOf)
    {
        if (!IsThere(file)) return [];
        var notes = ReadRows(file, row => read(row) is var note && reference.FindDistrict(keyOf(note).District) is not null ? note
            : throw new FormatException($"{DistrictsFile} does not have district {keyOf(note).District}. Add the district or correct the number.")).ToList();
        Unique(file, what, notes.Select(note => $"{keyOf(note).District} {keyOf(note).Of}"));
        return notes;
    }

    private static ConfirmedSchool SchoolIn(ReferenceData reference, ConfirmedSchool confirmed) => reference.FindDistrict(confirmed.District) is null || reference.FindSchool(confirmed.District, confirmed.School) is not null ? confirmed
        : throw new FormatException($"{SchoolsFile} does not have school {confirmed.School} of district {confirmed.District}. Add the school or correct the number.");

    /// <summary>What the state sets, by the name of what it is set for; null when it sets nothing.</summary>
    private SortedDictionary<string, T>? ReadSet<T>(string file, string what, Func<Row, KeyValuePair<string, T>> read)
    {
        if (!IsThere(file)) return null;
        var set = ReadRows(file, read).ToList();
        Unique(file, what, set.Select(item => item.Key));
        return set.Count == 0 || problems.Count > 0 ? null : new SortedDictionary<string, T>(set.ToDictionary(), StringComparer.Ordinal);
    }

    private static KeyValuePair<string, int> ThresholdOf(Row row)
    {
        var threshold = Thresholds.Find(row.Text("Name")) ?? throw new FormatException($"Name is '{row.Text("Name")}', which is no threshold; docs/rules.md lists them. Correct it.");
        return new(threshold.Name, row.Between("Value", threshold.Least, threshold.Most));
    }

    private static KeyValuePair<string, RuleStage> StageOf(Row row)
    {
        var rule = RuleCatalog.Find(row.Text("Rule")) ?? throw new FormatException($"Rule is '{row.Text("Rule")}', which is no rule; docs/rules.md lists them. Correct it.");
        var stage = Enum.Parse<RuleStage>(row.OneOf("Stage", Enum.GetNames<RuleStage>()));
        if (stage != RuleStage.Enforce && RuleCatalog.KeepsOutWhatCannotBeStored(rule)) throw new FormatException($"Rule {rule.Id} keeps out rows that can't be stored, so that it is always enforced. Delete the row.");
        return new(rule.Id, stage);
    }

    private SortedDictionary<string, CollectionDays>? ReadCollections(SchoolYear year)
    {
        var (windows, lines) = (CollectionWindow.DefaultsOf(year), new Dictionary<string, long>());
        return ReadSet(CollectionsFile, "collection", row =>
        {
            var name = row.OneOf("Collection", [.. CollectionName.All]);
            if (!lines.TryAdd(name, row.Line)) throw new FormatException($"The collection {name} is in line {lines[name]} already. Delete one of the two rows.");
            var window = windows.FirstOrDefault(window => window.Collection == name)
                ?? throw new FormatException($"Nothing is frozen at the end of {name}, so that its days can't be set; they can for {string.Join(", ", windows.Select(window => window.Collection))}. Delete the row.");
            var days = new CollectionDays(row.Date("Closes"), row.Optional("CountDay") is null ? null : row.Date("CountDay"));
            return window.ProblemOf(days) is { } problem ? throw new FormatException(problem) : new KeyValuePair<string, CollectionDays>(name, days);
        });
    }

    private bool IsThere(string file) => File.Exists(Path.Combine(folder, file));

    private void CheckLinks(List<District> districts, List<School> schools, List<SchoolCalendar> calendars)
    {
        Unique(DistrictsFile, "district", districts.Select(district => district.Number.Value));
        Unique(SchoolsFile, "school", schools.Select(school => $"{school.District} {school.Number}"));
        Unique(CalendarsFile, "calendar", calendars.Select(calendar => $"{calendar.District} {calendar.School} {calendar.Number}"));
        var districtNumbers = districts.Select(district => district.Number).ToHashSet();
        foreach (var school in schools.Where(school => !districtNumbers.Contains(school.District)))
            problems.Add(new(SchoolsFile, 0, $"School {school.Number} names district {school.District}, which {DistrictsFile} does not have. Add the district or correct the number."));
        var schoolNumbers = schools.Select(school => (school.District, school.Number)).ToHashSet();
        foreach (var calendar in calendars.Where(calendar => !schoolNumbers.Contains((calendar.District, calendar.School))))
            problems.Add(new(CalendarsFile, 0, $"Calendar {calendar.Number} names school {calendar.School} of district {calendar.District}, which {SchoolsFile} does not have. Add the school or correct the number."));
    }

    private void Unique(string file, string what, IEnumerable<string> keys)
    {
        foreach (var twice in keys.GroupBy(key => key).Where(group => group.Count() > 1)) problems.Add(new(file, 0, $"The {what} {twice.Key} is there twice. Delete one of the rows."));
    }

    // The widths are those of EDFacts directories: what can't be written there is refused here, where somebody can correct it.
    private const int NameWidth = 60;
    private const int WebWidth = 80;

    private static Agency AgencyOf(Row row) => new()
    {
        Name = row.Federal("Name", NameWidth), Fips = row.Digits("Fips", 2), Abbreviation = row.Letters("Abbreviation", 2), AgencyNumber = row.Digits("AgencyNumber", 2), TimeZone = row.TimeZone("TimeZone"),
        Phone = row.Phone("Phone", isRequired: true), Web = row.Federal("Web", WebWidth, isRequired: false), Mailing = row.Address("Mailing", isRequired: true), Location = row.Address("Location", isRequired: false),
    };

    private static District DistrictOf(Row row)
    {
        var isReported = row.Flag("ReportedFederally", true);
        return new District
        {
            Number = row.District("DistrictNumber"), Name = row.Federal("Name", NameWidth), NcesId = row.Federal("NcesId", 7, isRequired: false), LeaType = row.Between("LeaType", 1, 9),
            SupervisoryUnion = row.Federal("SupervisoryUnion", 7, isRequired: false), Status = row.Status("Status") ?? OperationalStatus.Open, UpdatedStatus = row.Status("UpdatedStatus"),
            StatusDate = row.StatusDate(), CharterStatus = row.OneOf("CharterStatus", "NA", "NOTCHR", "CHRTNOTLEA", "CHRTIDEA", "CHRTESEA", "CHRTIDEAESEA"), ReportedFederally = isReported,
            Phone = row.Phone("Phone", isReported), Web = row.Federal("Web", WebWidth, isRequired: false), Mailing = row.Address("Mailing", isReported), Location = row.Address("Location", isRequired: false),
        };
    }

    private static School SchoolOf(Row row)
    {
        var isReported = row.Flag("ReportedFederally", true);
        return new School
        {
            District = row.District("DistrictNumber"), Number = row.Digits("SchoolNumber", 4), Name = row.Federal("Name", NameWidth), NcesId = row.Federal("NcesId", 5, isRequired: false),
            SchoolType = row.Between("SchoolType", 1, 5), Status = row.Status("Status") ?? OperationalStatus.Open, UpdatedStatus = row.Status("UpdatedStatus"),
            StatusDate = row.StatusDate(), Charter = row.Flag("Charter", false), Grades = row.Grades("Grades"), ReportedFederally = isReported,
            Phone = row.Phone("Phone", isReported), Web = row.Federal("Web", WebWidth, isRequired: false), Mailing = row.Address("Mailing", isReported), Location = row.Address("Location", isRequired: false),
        };
    }

    private static SchoolCalendar CalendarOf(Row row)
    {
        var calendar = new SchoolCalendar
        {
            District = row.District("DistrictNumber"), School = row.Digits("SchoolNumber", 4), Number = row.Digits("CalendarNumber", 3),
            Start = row.Date("Start"), End = row.Date("End"), InstructionalDays = row.Between("InstructionalDays", 0, 366),
        };
        return calendar.End > calendar.Start ? calendar : throw new FormatException("The calendar ends before it starts. Correct Start or End.");
    }

    private IEnumerable<T> ReadRows<T>(string file, Func<Row, T> read)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
        {
            problems.Add(new(file, 0, "The file is missing. A reference folder has agency.csv, districts.csv, schools.csv and calendars.csv."));
            yield break;
        }
        using var rows = CsvDataReader.Create(path, new CsvDataReaderOptions { Delimiter = ',', HeaderComparer = StringComparer.OrdinalIgnoreCase });
        var row = new Row(rows);
        for (; rows.Read(); row.Line += Math.Max(1, DelimitedText.CountLineEnds(rows.GetRawRecordSpan())))
        {
            T? item = default;
            var isRead = false;
            try
            {
                item = read(row);
                isRead = true;
            }
            catch (FormatException mistake)
            {
                problems.Add(new(file, row.Line, mistake.Message));
            }
            if (isRead) yield return item!;
        }
    }

    /// <summary>One row by column names; a value that can't be used is a <see cref="FormatException"/> with a sentence.</summary>
    private sealed class Row(CsvDataReader rows)
    {
        private readonly Dictionary<string, int> columns = Enumerable.Range(0, rows.FieldCount).ToDictionary(rows.GetName, i => i, StringComparer.OrdinalIgnoreCase);

        /// <summary>The physical line at which the present row begins; 1 is the header's.</summary>
        public long Line { get; set; } = 2;

        public string? Optional(string column)
        {
            if (!columns.TryGetValue(column, out var i)) throw new FormatException($"The column {column} is missing. Add it to the header row.");
            var text = i < rows.RowFieldCount ? rows.GetString(i).Trim() : "";
            return text.Length == 0 ? null : text;
        }

        public string Text(string column) => Optional(column) ?? throw new FormatException($"{column} is empty. Fill it in.");

        /// <summary>A text that goes into federal files, which have no quotes.</summary>
        public string Federal(string column, int width) => Federal(column, width, isRequired: true)!;

        /// <inheritdoc cref="Federal(string, int)" />
        public string? Federal(string column, int width, bool isRequired) =>
            Given(column, isRequired) is not { } text ? null
            : FederalText.Fits(text, width) ? text
            : throw new FormatException($"{column} '{text}' can't be written to federal files: at most {width} characters on one line, without commas, tabs and quotes. Shorten or reword it.");

        public string OneOf(string column, params ReadOnlySpan<string> values) =>
            Text(column) is var text && values.Contains(text) ? text : throw Wrong(column, $"one of {string.Join(", ", values!)}");

        public string Letters(string column, int width) =>
            Text(column) is var text && text.Length == width && !text.AsSpan().ContainsAnyExceptInRange('A', 'Z') ? text : throw Wrong(column, $"{width} capital letters");

        public SchoolYear Year(string column) => SchoolYear.TryParse(Text(column), null, out var year) ? year : throw Wrong(column, "the year in which the school year ends, such as 2026");

        public DistrictId District(string column) => DistrictId.TryParse(Text(column), null, out var id) ? id : throw Wrong(column, "a four-digit School System number");

        public StateId StateId(string column) => Records.StateId.TryParse(Text(column), null, out var id) ? id : throw Wrong(column, "a State ID of nine digits");

        public string Digits(string column, int width) =>
            Text(column) is var text && text.Length == width && !text.AsSpan().ContainsAnyExceptInRange('0', '9') ? text : throw Wrong(column, $"a number of {width} digits");

        public int Between(string column, int least, int most) =>
            int.TryParse(Text(column), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : throw Wrong(column, $"a number from {least} to {most}");

        public bool Flag(string column, bool otherwise) => Optional(column) switch { null => otherwise, "Y" => true, "N" => false, _ => throw Wrong(column, "Y or N") };

        public OperationalStatus? Status(string column) => Optional(column) is null ? null : (OperationalStatus)Between(column, 1, 8);

        /// <summary>The day of the updated status; without it nobody could tell what was open on the count day.</summary>
        public DateOnly? StatusDate() => Optional("StatusDate") is not null ? Date("StatusDate")
            : Optional("UpdatedStatus") is null ? null
            : throw new FormatException("StatusDate is empty, but there is an UpdatedStatus. Give the day from which it holds.");

        public DateOnly Date(string column) =>
            DateOnly.TryParseExact(Text(column), ["MM/dd/yyyy", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : throw Wrong(column, "a date (MM/DD/YYYY)");

        public string TimeZone(string column) => TimeZoneInfo.TryFindSystemTimeZoneById(Text(column), out _) ? Text(column) : throw Wrong(column, "a time zone name such as America/Denver");

        public string? Phone(string column, bool isRequired) =>
            Given(column, isRequired) is not { } text ? null : text.Length == 10 && !text.AsSpan().ContainsAnyExceptInRange('0', '9') ? text : throw Wrong(column, "a phone number of ten digits");

        public IReadOnlyList<string> Grades(string column)
        {
            var grades = Text(column).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var unknown = grades.FirstOrDefault(grade => !CodeSets.Grade.Entries.Any(entry => entry.Federal == grade));
            return unknown is null ? [.. grades.Distinct()] : throw new FormatException($"{column} has '{unknown}', which is no EDFacts grade. Give PK, KG, 01 to 13, UG or AE, separated by blanks.");
        }

        public Address Address(string kind, bool isRequired) => new(
            Federal($"{kind}Line1", 60, isRequired), Federal($"{kind}Line2", 60, isRequired: false), Federal($"{kind}City", 30, isRequired),
            Federal($"{kind}State", 2, isRequired), Zip($"{kind}Zip", 5, isRequired), Zip($"{kind}Zip4", 4, isRequired: false));

        /// <summary>A ZIP code is a number with its leading zeros, which spreadsheets like to lose.</summary>
        private string? Zip(string column, int width, bool isRequired) => Given(column, isRequired) is null ? null : Digits(column, width);

        /// <summary>What federal directories need has to be there for organisations that are reported.</summary>
        private string? Given(string column, bool isRequired) => isRequired ? Text(column) : Optional(column);

        private FormatException Wrong(string column, string expected) => new($"{column} is '{Optional(column)}', which is not {expected}. Correct it.");
    }
}
