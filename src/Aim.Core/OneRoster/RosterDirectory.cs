using System.Text.Json.Serialization;
using Aim.Organizations;
using Aim.Records;

namespace Aim.OneRoster;

/// <summary>
/// What the district's rosters of a year have said so far, by sourcedId: a delta names people, classes and schools that only an earlier archive described.
/// Kept as a blob, never in a log.
/// </summary>
internal sealed record RosterDirectory
{
    /// <summary>School numbers by the sourcedId of the org.</summary>
    public Dictionary<string, string> Schools { get; init; } = [];

    public Dictionary<string, RosterSession> Sessions { get; init; } = [];

    public Dictionary<string, RosterUser> Users { get; init; } = [];

    public HashSet<string> Courses { get; init; } = [];

    public Dictionary<string, RosterClass> Classes { get; init; } = [];

    /// <summary>Enrollments of students.</summary>
    public Dictionary<string, RosterPlace> Places { get; init; } = [];

    /// <summary>Who teaches which class: the sourcedId of the enrollment, and whether it is the class's first teacher.</summary>
    public Dictionary<string, RosterTeacher> Teachers { get; init; } = [];

    /// <summary>
    /// What holds when loading ended before it came to a type: of what was loaded what this archive says, of the rest what was said before. Schools and sessions
    /// are only looked up, and are this archive's.
    /// </summary>
    public RosterDirectory LoadedUpTo(RecordType type, RosterDirectory before)
    {
        return this with
        {
            Users = Is(RecordTypes.StaffMember) ? Users : before.Users,
            Courses = Is(RecordTypes.Course) ? Courses : before.Courses,
            Classes = Is(RecordTypes.CourseSection) ? Classes : before.Classes,
            // A section has its teacher in its own row.
            Teachers = Is(RecordTypes.CourseSection) ? Teachers : before.Teachers,
            Places = Is(RecordTypes.RosterEntry) ? Places : before.Places,
        };

        bool Is(RecordType loaded) => Array.IndexOf(RosterParts.Types, loaded) < Array.IndexOf(RosterParts.Types, type);
    }

    /// <summary>The number of a school that is one of the district's: by its identifier, or by its name.</summary>
    public static string? NumberOf(ReferenceData reference, DistrictId district, string? identifier, string? name)
    {
        if (identifier is { Length: <= 4 } && identifier.All(char.IsAsciiDigit)) return identifier.PadLeft(4, '0');
        return reference.SchoolsOf(district).FirstOrDefault(school => school.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || school.NcesId is { } nces && nces == identifier)?.Number;
    }
}

/// <summary>An academic session: a term, or the school year.</summary>
internal sealed record RosterSession(DateOnly? Start, DateOnly? End, bool IsYear);

/// <summary>A person of the roster.</summary>
/// <param name="LocalId">The student's or staff member's number in the district.</param>
internal sealed record RosterUser(string LocalId, string? LastName, string? FirstName, string? MiddleName, StateId? StateId)
{
    public bool IsStudent { get; init; }

    /// <summary>Code of the staff role; null for who is no staff.</summary>
    public string? StaffRole { get; init; }

    public string? School { get; init; }
}

/// <summary>A class: a section of a course.</summary>
internal sealed record RosterClass(string Course, string? School, string? Title, string? Period, DateOnly? Start, DateOnly? End, bool IsYear);

/// <summary>A student's place in a class.</summary>
/// <param name="LocalId">The student's, which stays known when the user leaves the roster.</param>
internal sealed record RosterPlace(string LocalId, string Class, DateOnly? Start)
{
    /// <summary>Key of the roster row that it became.</summary>
    [JsonIgnore]
    public string Key => RecordKey.Of(Class, Start);
}

/// <summary>A teacher's place in a class.</summary>
internal sealed record RosterTeacher(string User, string Class, bool IsFirst);
