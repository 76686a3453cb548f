using Aim.Ports;
using Aim.Records;

namespace Aim.Editions;

/// <summary>The courses, classes and teachers of an edition, by the numbers that rosters and marks name.</summary>
public sealed class ClassLists
{
    private readonly Dictionary<string, CourseSection> sections = [];
    private readonly HashSet<string> courses = [];
    private readonly HashSet<string> staff = [];

    /// <summary>Adds what the canonical bytes of one row hold; rows about students are left out.</summary>
    public void Add(RecordType type, string localId, ReadOnlySpan<byte> content)
    {
        var number = localId[type.LocalIdPrefix.Length..];
        if (type == RecordTypes.CourseSection) sections[number] = RecordTypes.CourseSection.Read(content);
        else if (type == RecordTypes.Course) courses.Add(number);
        else if (type == RecordTypes.StaffMember) staff.Add(number);
    }

    /// <summary>Takes out what a row said that is no longer there.</summary>
    public void Remove(RecordType type, string localId)
    {
        var number = localId[type.LocalIdPrefix.Length..];
        if (type == RecordTypes.CourseSection) sections.Remove(number);
        else if (type == RecordTypes.Course) courses.Remove(number);
        else if (type == RecordTypes.StaffMember) staff.Remove(number);
    }

    public CourseSection? FindSection(string? number) => number is null ? null : sections.GetValueOrDefault(number);

    public bool HasCourse(string? number) => number is not null && courses.Contains(number);

    public bool HasStaff(string? localId) => localId is not null && staff.Contains(localId);

    /// <summary>Reads those alone that some rows name.</summary>
    public async Task AddNamedAsync(IEditionStore editions, EditionKey edition, IEnumerable<(RecordType Type, ReadOnlyMemory<byte> Content)> rows, CancellationToken cancellation)
    {
        var named = rows.SelectMany(row => NamedBy(row.Type, row.Content.Span)).Distinct().Order(Utf8Order.Comparer).ToList();
        if (named.Count == 0) return;
        await foreach (var item in editions.ReadAsync(edition, new EditionSelection(named), cancellation)) foreach (var row in item.Rows) Add(row.Type, item.LocalId, row.Content.Span);
    }

    /// <summary>Local ids of the courses, classes and teachers that a row names.</summary>
    private static IReadOnlyList<string> NamedBy(RecordType type, ReadOnlySpan<byte> content)
    {
        if (type == RecordTypes.RosterEntry) return [$"{RecordTypes.CourseSection.LocalIdPrefix}{RecordTypes.RosterEntry.Read(content).SectionNumber}"];
        if (type == RecordTypes.Mark) return [$"{RecordTypes.CourseSection.LocalIdPrefix}{RecordTypes.Mark.Read(content).SectionNumber}"];
        if (type != RecordTypes.CourseSection) return [];
        var section = RecordTypes.CourseSection.Read(content);
        return [$"{RecordTypes.Course.LocalIdPrefix}{section.CourseNumber}", $"{RecordTypes.StaffMember.LocalIdPrefix}{section.TeacherLocalId}"];
    }

    /// <summary>Reads those of an edition, and no student.</summary>
    public static async Task<ClassLists> ReadAsync(IEditionStore editions, EditionKey edition, CancellationToken cancellation)
    {
        var lists = new ClassLists();
        foreach (var type in RecordTypes.All.Where(type => !type.IsOfStudent))
        {
            await foreach (var item in editions.ReadAsync(edition, new EditionSelection(AfterLocalId: type.LocalIdPrefix), cancellation))
            {
                if (!item.LocalId.StartsWith(type.LocalIdPrefix, StringComparison.Ordinal)) break;
                foreach (var row in item.Rows) lists.Add(row.Type, item.LocalId, row.Content.Span);
            }
        }
        return lists;
    }
}
