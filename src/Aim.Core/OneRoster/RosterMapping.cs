using Aim.Organizations;
using Aim.Records;
using Aim.Rules;

namespace Aim.OneRoster;

/// <summary>Where something comes from: a file of the archive, and the physical line at which its row begins.</summary>
internal readonly record struct RosterOrigin(string File, long Line);

/// <summary>Where the mapping puts what it makes of an archive.</summary>
internal interface IRosterSink
{
    /// <summary>A row of one of the district's own files, by column names of its layout.</summary>
    /// <param name="origin">The row of the archive that it is made of, or, of more than one, that it is named by.</param>
    ValueTask RowAsync(RecordType type, RosterOrigin origin, params (string Column, string? Value)[] values);

    /// <summary>What is wrong with a row of the archive.</summary>
    void Report(RosterOrigin origin, Finding finding);

    /// <summary>A stored record that the archive removes; with the key of another one that takes its place, only if that one was loaded.</summary>
    void Remove(RecordType type, string localId, string key, string? replacedBy);

    /// <summary>A row of the archive, about a record of that type, can't be used.</summary>
    void LeaveOut(RecordType type);
}

/// <summary>
/// Makes rows of the district's own record types of a OneRoster archive: students (with demographics), courses, staff, sections and rosters. What refers to
/// a row that is neither in the archive nor in an earlier one is reported and left out.
/// </summary>
internal sealed class RosterMapping(RosterArchive archive, RosterDirectory known, DistrictId district, ReferenceData reference, IRosterSink sink)
{
    private static readonly string[] Learners = ["student"];
    private static readonly string[] Families = ["parent", "guardian", "relative"];
    private static readonly string[] Races = ["americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican", "nativeHawaiianOrOtherPacificIslander", "white"];
    private static readonly string[] EnrollmentRoles = ["student", "teacher", "administrator", "proctor", "aide", "parent", "guardian", "relative"];
    private static readonly RosterValue[] OfSession = [RosterValue.Date("startDate"), RosterValue.Date("endDate")];
    private static readonly RosterValue[] OfDemographics = [RosterValue.Date("birthDate"), RosterValue.OneOf("sex", "male", "female", "other", "unspecified"), RosterValue.Flag("hispanicOrLatinoEthnicity"), .. Races.Select(RosterValue.Flag)];
    private static readonly RosterValue[] OfEnrollment = [RosterValue.Date("beginDate"), RosterValue.Date("endDate"), RosterValue.OneOf("role", EnrollmentRoles), RosterValue.Flag("primary")];
    private static readonly string[] RaceColumns = ["AmericanIndian", "Asian", "Black", "PacificIslander", "White"];

    private readonly List<(RecordType Type, string LocalId, string Key, string? ReplacedBy)> removals = [];

    /// <summary>Rows that can't be used, so that what refers to them is told why it can't either.</summary>
    private readonly HashSet<(string File, string SourcedId)> leftOut = [];

    /// <summary>The archive's own rows over what was known before; a bulk file starts anew.</summary>
    public RosterDirectory Directory { get; } = archive.IsDelta ? known : new RosterDirectory
    {
        Users = Kept("users.csv", archive, known.Users), Classes = Kept("classes.csv", archive, known.Classes), Schools = Kept("orgs.csv", archive, known.Schools),
        Sessions = Kept("academicSessions.csv", archive, known.Sessions), Courses = archive.FormOf("courses.csv") == RosterForm.Absent ? known.Courses : [],
        Places = Kept("enrollments.csv", archive, known.Places), Teachers = Kept("enrollments.csv", archive, known.Teachers),
    };

    private static Dictionary<string, T> Kept<T>(string file, RosterArchive archive, Dictionary<string, T> known) => archive.FormOf(file) == RosterForm.Absent ? known : [];

    public async Task RunAsync()
    {
        ReadOrganizations();
        var roles = ReadRoles();
        await ReadUsersAsync(roles);
        await ReadDemographicsAsync();
        await ReadCoursesAsync();
        var touched = ReadClasses();
        await ReadEnrollmentsAsync(touched);
        var teachers = Directory.Teachers.Values.ToLookup(teacher => teacher.Class);
        foreach (var (id, origin) in touched.OrderBy(item => item.Key, StringComparer.Ordinal)) await WriteSectionAsync(id, origin, teachers[id]);
        MustNotForgetAll();
        RemoveWhatNothingStandsFor();
    }

    /// <summary>An export that went wrong has names of columns and no rows: taken at its word it would remove every class of the district.</summary>
    private void MustNotForgetAll()
    {
        Check("courses.csv", known.Courses.Count, Directory.Courses.Count);
        Check("classes.csv", known.Classes.Count, Directory.Classes.Count);
        Check("enrollments.csv", known.Places.Count, Directory.Places.Count);

        void Check(string file, int before, int now)
        {
            if (archive.FormOf(file) == RosterForm.Bulk && before > 0 && now == 0)
                throw new UnusableRosterException($"{file} says it has everything, and has no row that could be used, while the roster before had {before}. Export the roster again; to remove everything, send its rows as a delta with the status tobedeleted.");
        }
    }

    /// <summary>What was removed under one sourcedId and sent again under another is still there.</summary>
    private void RemoveWhatNothingStandsFor()
    {
        var places = Directory.Places.Values.Select(place => (place.LocalId, place.Key)).ToHashSet();
        var staff = Directory.Users.Values.Where(user => user.StaffRole is not null).Select(user => user.LocalId).ToHashSet();
        foreach (var (type, localId, key, replacedBy) in removals)
        {
            if (type == RecordTypes.RosterEntry && places.Contains((localId, key)) || type == RecordTypes.StaffMember && staff.Contains(localId)) continue;
            sink.Remove(type, localId, key, replacedBy);
        }
    }

    private void Remove(RecordType type, string localId, string key, string? replacedBy = null) => removals.Add((type, localId, key, replacedBy));

    private void ReadOrganizations()
    {
        foreach (var row in Rows("orgs.csv", RecordTypes.CourseSection))
        {
            if (row.Text("type") is { } type && !type.Equals("school", StringComparison.OrdinalIgnoreCase)) continue;
            if (RosterDirectory.NumberOf(reference, district, row.Text("identifier"), row.Text("name")) is { } number) Directory.Schools[row.SourcedId] = number;
            else LeaveOut(RecordTypes.CourseSection, row, "identifier", row.Text("identifier"), "the state's list of schools");
        }
        foreach (var row in Rows("academicSessions.csv", RecordTypes.CourseSection, OfSession))
            Directory.Sessions[row.SourcedId] = new RosterSession(row.Date("startDate"), row.Date("endDate"), "schoolYear".Equals(row.Text("type"), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The roles and the school of each person.</summary>
    private Dictionary<string, (HashSet<string> Roles, string? School)> ReadRoles()
    {
        var roles = new Dictionary<string, (HashSet<string> Roles, string? School)>();
        foreach (var row in Rows("roles.csv", RecordTypes.StaffMember))
        {
            if (row.IsRemoved || row.Text("userSourcedId") is not { } user || row.Text("role") is not { } role) continue;
            if (!roles.TryGetValue(user, out var found)) found = (new HashSet<string>(StringComparer.OrdinalIgnoreCase), null);
            found.Roles.Add(role);
            roles[user] = (found.Roles, row.Text("roleType") is "primary" || found.School is null ? SchoolOf(row.Text("orgSourcedId")) ?? found.School : found.School);
        }
        return roles;
    }

    private string? SchoolOf(string? org) => org is null ? null : Directory.Schools.GetValueOrDefault(org);

    private async Task ReadUsersAsync(Dictionary<string, (HashSet<string> Roles, string? School)> roles)
    {
        foreach (var row in Rows("users.csv", RecordTypes.StaffMember))
        {
            var earlier = Directory.Users.GetValueOrDefault(row.SourcedId);
            if (row.IsRemoved)
            {
                // Who leaves the roster stays the district's student until an enrollment says otherwise; staff are known for their classes only.
                if (earlier?.StaffRole is not null) Remove(RecordTypes.StaffMember, earlier.LocalId, "");
                Directory.Users.Remove(row.SourcedId);
                continue;
            }
            var (names, school) = roles.GetValueOrDefault(row.SourcedId);
            var user = new RosterUser(row.Text("identifier") ?? row.SourcedId, row.Text("familyName"), row.Text("givenName"), row.Text("middleName"), StateIdOf(row.Text("userIds")))
            {
                IsStudent = names?.Overlaps(Learners) ?? earlier?.IsStudent ?? false,
                StaffRole = names is null ? earlier?.StaffRole : names.Where(name => !Learners.Contains(name, StringComparer.OrdinalIgnoreCase) && !Families.Contains(name, StringComparer.OrdinalIgnoreCase)).Select(StaffRole).Order(StringComparer.Ordinal).LastOrDefault(),
                School = school ?? SchoolOf(row.Text("primaryOrgSourcedId")) ?? earlier?.School,
            };
            Directory.Users[row.SourcedId] = user;
            if (user.StaffRole is { } role)
                await sink.RowAsync(RecordTypes.StaffMember, row.Origin, ("StaffLocalId", user.LocalId), ("LastName", user.LastName), ("FirstName", user.FirstName), ("Role", role), ("SchoolNumber", user.School));
        }
    }

    private static string StaffRole(string role) => role.ToLowerInvariant() switch
    {
        "teacher" => "TCH",
        "aide" => "AID",
        "counselor" => "CNS",
        "principal" or "siteadministrator" or "districtadministrator" => "ADM",
        _ => "OTH",
    };

    /// <summary>A State ID among ids of the form <c>{type:id},{type:id}</c>.</summary>
    private static StateId? StateIdOf(string? ids)
    {
        foreach (var part in (ids ?? "").Split(['{', '}', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split(':', 2) is [var type, var id] && (type.Contains("state", StringComparison.OrdinalIgnoreCase) || type.Equals("SSID", StringComparison.OrdinalIgnoreCase)) && StateId.TryParse(id.Trim().AsSpan(), out var found)) return found;
        }
        return null;
    }

    private async Task ReadDemographicsAsync()
    {
        foreach (var row in Rows("demographics.csv", RecordTypes.Student, OfDemographics))
        {
            if (row.IsRemoved) continue;
            if (Directory.Users.GetValueOrDefault(row.SourcedId) is not { } user) { LeaveOut(RecordTypes.Student, row, "sourcedId", row.SourcedId, "users.csv"); continue; }
            if (!user.IsStudent) continue;
            var values = new List<(string, string?)>
            {
                ("StudentStateId", user.StateId?.ToString()), ("StudentLocalId", user.LocalId), ("LastName", user.LastName), ("FirstName", user.FirstName), ("MiddleName", user.MiddleName),
                ("Gender", row.Text("sex")?.ToLowerInvariant() switch { "male" => "M", "female" => "F", null or "unspecified" => null, _ => "N" }), ("BirthDate", FileDate(row.Date("birthDate"))),
                ("HispanicLatino", YesNo(row, "hispanicOrLatinoEthnicity")),
            };
            for (var i = 0; i < Races.Length; i++) values.Add((RaceColumns[i], YesNo(row, Races[i])));
            await sink.RowAsync(RecordTypes.Student, row.Origin, [.. values]);
        }
    }

    private async Task ReadCoursesAsync()
    {
        foreach (var row in Rows("courses.csv", RecordTypes.Course))
        {
            if (row.IsRemoved)
            {
                if (Directory.Courses.Remove(row.SourcedId)) Remove(RecordTypes.Course, row.SourcedId, "");
                continue;
            }
            Directory.Courses.Add(row.SourcedId);
            var code = row.Text("subjectCodes")?.Split(',')[0].Trim() is { Length: >= 5 } sced && sced.AsSpan(0, 5).IndexOfAnyExceptInRange('0', '9') < 0 ? sced[..5] : null;
            await sink.RowAsync(RecordTypes.Course, row.Origin, ("CourseNumber", row.SourcedId), ("CourseTitle", row.Text("title") ?? row.Text("courseCode")),
                ("SubjectArea", code is not null && CodeSets.Get("subjectArea").Find(code[..2]) is not null ? code[..2] : null), ("StateCourseCode", code));
        }
    }

    /// <summary>The classes whose sections are to be written, with the row that is the reason.</summary>
    private Dictionary<string, RosterOrigin> ReadClasses()
    {
        var touched = new Dictionary<string, RosterOrigin>();
        foreach (var row in Rows("classes.csv", RecordTypes.CourseSection))
        {
            if (row.IsRemoved)
            {
                if (Directory.Classes.Remove(row.SourcedId)) Remove(RecordTypes.CourseSection, row.SourcedId, "");
                continue;
            }
            var course = row.Text("courseSourcedId");
            if (course is null || !Directory.Courses.Contains(course)) { LeaveOut(RecordTypes.CourseSection, row, "courseSourcedId", course, "courses.csv"); continue; }
            var terms = (row.Text("termSourcedIds") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (Array.Find(terms, term => !Directory.Sessions.ContainsKey(term)) is { } term) { LeaveOut(RecordTypes.CourseSection, row, "termSourcedIds", term, "academicSessions.csv"); continue; }
            var sessions = terms.Select(id => Directory.Sessions[id]).ToList();
            Directory.Classes[row.SourcedId] = new RosterClass(course, SchoolOf(row.Text("schoolSourcedId")), row.Text("title"), row.Text("periods"), sessions.Min(session => session.Start), sessions.Max(session => session.End),
                sessions.Exists(session => session.IsYear));
            touched[row.SourcedId] = row.Origin;
        }
        return touched;
    }

    private async Task ReadEnrollmentsAsync(Dictionary<string, RosterOrigin> touched)
    {
        foreach (var row in Rows("enrollments.csv", RecordTypes.RosterEntry, OfEnrollment))
        {
            if (row.IsRemoved) { RemoveEnrollment(row, touched); continue; }
            var (user, room) = (row.Text("userSourcedId") ?? "", row.Text("classSourcedId") ?? "");
            if (!Directory.Users.TryGetValue(user, out var person)) { LeaveOut(RecordTypes.RosterEntry, row, "userSourcedId", user, "users.csv"); continue; }
            if (!Directory.Classes.TryGetValue(room, out var section)) { LeaveOut(RecordTypes.RosterEntry, row, "classSourcedId", room, "classes.csv"); continue; }
            switch (row.Text("role")?.ToLowerInvariant())
            {
                case "student":
                    await EnrollAsync(row, person, section, new RosterPlace(person.LocalId, room, row.Date("beginDate") ?? section.Start));
                    break;
                case "teacher":
                    if (Directory.Teachers.TryGetValue(row.SourcedId, out var taught)) touched.TryAdd(taught.Class, row.Origin);
                    Directory.Teachers[row.SourcedId] = new RosterTeacher(user, room, row.IsTrue("primary"));
                    touched.TryAdd(room, row.Origin);
                    break;
            }
        }
    }

    private async Task EnrollAsync(RosterRow row, RosterUser person, RosterClass section, RosterPlace place)
    {
        // A place that begins on another day is another record: the one it was before goes.
        if (Directory.Places.GetValueOrDefault(row.SourcedId) is { } earlier && (earlier.Key != place.Key || earlier.LocalId != place.LocalId))
            Remove(RecordTypes.RosterEntry, earlier.LocalId, earlier.Key, earlier.LocalId == place.LocalId ? place.Key : null);
        Directory.Places[row.SourcedId] = place;
        await sink.RowAsync(RecordTypes.RosterEntry, row.Origin, ("StudentStateId", person.StateId?.ToString()), ("StudentLocalId", person.LocalId), ("LastName", person.LastName), ("FirstName", person.FirstName),
            ("SchoolNumber", section.School), ("CalendarNumber", CalendarOf(section)), ("SectionNumber", place.Class), ("StartDate", FileDate(place.Start)), ("EndDate", FileDate(row.Date("endDate"))));
    }

    private void RemoveEnrollment(RosterRow row, Dictionary<string, RosterOrigin> touched)
    {
        if (Directory.Places.Remove(row.SourcedId, out var place)) Remove(RecordTypes.RosterEntry, place.LocalId, place.Key);
        else if (Directory.Teachers.Remove(row.SourcedId, out var teacher)) touched.TryAdd(teacher.Class, row.Origin);
        else Report(RosterRules.NothingToRemove, RecordTypes.RosterEntry, row, "sourcedId", row.SourcedId, "earlier rosters");
    }

    private async Task WriteSectionAsync(string id, RosterOrigin origin, IEnumerable<RosterTeacher> teachers)
    {
        if (!Directory.Classes.TryGetValue(id, out var section)) return;
        var teacher = teachers.OrderByDescending(item => item.IsFirst).ThenBy(item => item.User, StringComparer.Ordinal).FirstOrDefault();
        await sink.RowAsync(RecordTypes.CourseSection, origin, ("SectionNumber", id), ("SchoolNumber", section.School), ("CalendarNumber", CalendarOf(section)), ("CourseNumber", section.Course), ("SectionName", section.Title),
            ("Term", section.IsYear ? "FY" : null), ("Period", section.Period), ("TeacherLocalId", teacher is null ? null : Directory.Users.GetValueOrDefault(teacher.User)?.LocalId),
            ("StartDate", FileDate(section.Start)), ("EndDate", FileDate(section.End)));
    }

    /// <summary>The school's calendar that the class lies in; OneRoster knows none.</summary>
    private string? CalendarOf(RosterClass section)
    {
        var calendars = reference.Calendars.Where(calendar => calendar.District == district && calendar.School == section.School).OrderBy(calendar => calendar.Number, StringComparer.Ordinal).ToList();
        return (calendars.Find(calendar => calendar.Start <= section.Start && calendar.End >= section.Start) ?? calendars.FirstOrDefault())?.Number;
    }

    /// <summary>The rows of a file whose values can be read; of those that can't, each value is reported. A row that removes something needs no more than its status.</summary>
    private IEnumerable<RosterRow> Rows(string file, RecordType type, params RosterValue[] values)
    {
        foreach (var row in archive.Read(file))
        {
            var unreadable = values.Where(_ => !row.IsRemoved).Prepend(RosterValue.Status).Where(value => row.Text(value.Column) is { } text && !value.CanBeRead(text)).ToList();
            foreach (var value in unreadable) Report(RosterRules.BadValue, type, row, value.Column, row.Text(value.Column), value.Expected);
            if (unreadable.Count == 0) yield return row;
            else LeaveOut(type, row);
        }
    }

    /// <summary>Leaves out a row that refers to one that isn't there, or was left out itself.</summary>
    private void LeaveOut(RecordType type, RosterRow row, string field, string? value, string among)
    {
        Report(RosterRules.Unknown, type, row, field, value, leftOut.Contains((among, value ?? "")) ? $"{among} as a row that could be used" : among);
        LeaveOut(type, row);
    }

    private void LeaveOut(RecordType type, RosterRow row)
    {
        leftOut.Add((row.File, row.SourcedId));
        sink.LeaveOut(type);
    }

    private void Report(Rule rule, RecordType type, RosterRow row, string field, string? value, string expected) =>
        sink.Report(row.Origin, Findings.OfField(rule.In(reference), new RowPlace(type, row.Line, null), field, value, $"{field} {value}", ("File", row.File), ("Expected", expected)));

    private static string? FileDate(DateOnly? date) => date?.ToString("MM/dd/yyyy", System.Globalization.CultureInfo.InvariantCulture);

    private static string? YesNo(RosterRow row, string column) => row.Text(column) is null ? null : row.IsTrue(column) ? "Y" : "N";
}
