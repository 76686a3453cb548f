using System.Globalization;
using System.IO.Compression;
using System.Text;
using Aim.OneRoster;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// A district's courses, staff, sections and rosters as a OneRoster 1.2 archive, in place of its files of them. At an error rate the archive refers to what isn't there and has a date that is none, and a second one with
/// changes removes what was never sent.
/// </summary>
internal sealed class SampleRoster(SampleDistrict district, SchoolYear year)
{
    private const string Bulk = "OR.zip";
    private const string Changes = "OR2.zip";
    private const string Session = "year";
    private const string Nobody = "nobody";

    private static readonly string[] Types = [RecordTypes.Course.Code, RecordTypes.StaffMember.Code, RecordTypes.CourseSection.Code, RecordTypes.RosterEntry.Code];
    private static readonly string[] Known = ["academicSessions", "classes", "courses", "demographics", "enrollments", "orgs", "roles", "users"];

    private readonly List<SampleRow> rows = [];
    private readonly Dictionary<string, List<string>> bulk = [];

    public static bool Takes(SampleRow row) => Types.Contains(row.Layout.Type);

    public void Add(SampleRow row) => rows.Add(row);

    /// <summary>Writes the archives, if there are classes, and gives the mistakes in them by file and row.</summary>
    public IEnumerable<(string File, int Line, string Rule)> Write(string root, bool hasMistakes)
    {
        if (rows.Count == 0) return [];
        AddDistrict();
        AddStaff();
        AddClasses();
        AddPlaces();
        var prefix = $"uploads/{district.District.Number}/";
        var planted = new List<(string, int, string)>();
        if (hasMistakes)
        {
            planted.Add(($"{prefix}{Bulk}", Put("classes", ["X-1", "Without course", Nobody, bulk["orgs"][1].Split(',')[0], Session, "9"]), RosterRules.Unknown.Id));
            planted.Add(($"{prefix}{Bulk}", Put("enrollments", ["e-x", First(RecordTypes.CourseSection)["SectionNumber"], "", Nobody, "student", "", "", ""]), RosterRules.Unknown.Id));
            planted.Add(($"{prefix}{Bulk}", Put("enrollments", ["e-z", First(RecordTypes.CourseSection)["SectionNumber"], "", StaffOf(First(RecordTypes.CourseSection)["TeacherLocalId"]), "teacher", "", $"{year}-99-99", ""]), RosterRules.BadValue.Id));
        }
        WriteZip(Path.Combine(root, prefix, Bulk), "bulk", bulk);
        if (!hasMistakes) return planted;
        WriteZip(Path.Combine(root, prefix, Changes), "delta", new() { ["enrollments"] = ["sourcedId,status,dateLastModified", $"e-y,tobedeleted,{year}-02-01T00:00:00Z"] });
        planted.Add(($"{prefix}{Changes}", 2, RosterRules.NothingToRemove.Id));
        return planted;
    }

    private void AddDistrict()
    {
        var section = First(RecordTypes.CourseSection);
        Begin("orgs", "sourcedId,name,type,identifier");
        foreach (var school in district.Schools) Put("orgs", [OrgOf(school.Number), school.Name, "school", school.Number]);
        Begin("academicSessions", "sourcedId,title,type,startDate,endDate,schoolYear");
        Put("academicSessions", [Session, year.Span, "schoolYear", Iso(section["StartDate"]), Iso(section["EndDate"]), year.ToString()]);
        Begin("courses", "sourcedId,title,courseCode,subjectCodes");
        // A course of no special kind ends in 999 (SCED).
        foreach (var course in Of(RecordTypes.Course)) Put("courses", [course["CourseNumber"], course["CourseTitle"], course["CourseNumber"], $"{course["SubjectArea"]}999"]);
    }

    private void AddStaff()
    {
        Begin("users", "sourcedId,givenName,familyName,identifier,userIds");
        Begin("roles", "sourcedId,userSourcedId,roleType,role,orgSourcedId");
        foreach (var person in Of(RecordTypes.StaffMember))
            AddUser(StaffOf(person["StaffLocalId"]), person, person["StaffLocalId"], "", person["Role"] == "TCH" ? "teacher" : "siteAdministrator");
    }

    private void AddClasses()
    {
        Begin("classes", "sourcedId,title,courseSourcedId,schoolSourcedId,termSourcedIds,periods");
        Begin("enrollments", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate");
        foreach (var section in Of(RecordTypes.CourseSection))
        {
            Put("classes", [section["SectionNumber"], section["SectionName"], section["CourseNumber"], OrgOf(section["SchoolNumber"]), Session, section["Period"]]);
            Enroll(section, StaffOf(section["TeacherLocalId"]), "teacher", "true", "", "");
        }
    }

    private void AddPlaces()
    {
        var known = new HashSet<string>();
        foreach (var place in Of(RecordTypes.RosterEntry))
        {
            var user = $"s-{place["StudentLocalId"]}";
            if (known.Add(user)) AddUser(user, place, place["StudentLocalId"], place["StudentStateId"] is { Length: > 0 } id ? $"{{stateId:{id}}}" : "", "student");
            Enroll(place, user, "student", "", Iso(place["StartDate"]), Iso(place["EndDate"]));
        }
    }

    private void AddUser(string user, SampleRow person, string localId, string ids, string role)
    {
        Put("users", [user, person["FirstName"], person["LastName"], localId, ids]);
        Put("roles", [$"r-{bulk["roles"].Count}", user, "primary", role, OrgOf(person["SchoolNumber"])]);
    }

    private void Enroll(SampleRow section, string user, string role, string isPrimary, string from, string to) =>
        Put("enrollments", [$"e-{bulk["enrollments"].Count}", section["SectionNumber"], OrgOf(section["SchoolNumber"]), user, role, isPrimary, from, to]);

    private IEnumerable<SampleRow> Of(RecordType type) => rows.Where(row => row.Layout.Type == type.Code);

    private SampleRow First(RecordType type) => rows.Find(row => row.Layout.Type == type.Code)!;

    private static string OrgOf(string school) => $"org-{school}";

    private static string StaffOf(string localId) => $"t-{localId}";

    private static string Iso(string date) => DateOnly.ParseExact(date, FileDate.Format, CultureInfo.InvariantCulture).ToString("O", CultureInfo.InvariantCulture);

    private void Begin(string file, string header) => bulk[file] = [header];

    /// <summary>Adds a row, and gives its number in the file.</summary>
    private int Put(string file, string[] cells)
    {
        bulk[file].Add(string.Join(',', cells.Select(cell => cell.Contains(',') ? $"\"{cell}\"" : cell)));
        return bulk[file].Count;
    }

    /// <summary>Not compressed and of one moment, so that the same roster is the same bytes.</summary>
    private void WriteZip(string path, string form, Dictionary<string, List<string>> files)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        string[] manifest = ["propertyName,value", "manifest.version,1.0", "oneroster.version,1.2", .. Known.Select(file => $"file.{file},{(files.ContainsKey(file) ? form : "absent")}"), "source.systemName,Sample"];
        foreach (var (name, lines) in files.Prepend(new("manifest", [.. manifest])))
        {
            var entry = zip.CreateEntry($"{name}.csv", CompressionLevel.NoCompression);
            entry.LastWriteTime = new DateTimeOffset(year.EndYear, 6, 15, 8, 30, 0, TimeSpan.Zero);
            using var writer = new StreamWriter(entry.Open(), new UTF8Encoding(false)) { NewLine = "\r\n" };
            foreach (var line in lines) writer.WriteLine(line);
        }
    }
}
