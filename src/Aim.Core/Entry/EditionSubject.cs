using Aim.Editions;
using Aim.Records;

namespace Aim.Entry;

/// <summary>A student, or whatever else has a number in a district's edition: enough to find it in a list.</summary>
/// <param name="LocalId">As the district has it.</param>
/// <param name="Schools">Of the records that name a school, each once.</param>
/// <param name="Records">How many records there are, by record type.</param>
public sealed record EditionSubject(string LocalId, string? Name, IReadOnlyList<string> Schools, IReadOnlyDictionary<string, int> Records)
{
    /// <param name="prefix">What the edition puts before the local id.</param>
    public static EditionSubject Of(EditionStudent subject, string prefix)
    {
        var records = subject.Rows.Select(row => row.Type.Decode(row.Content.Span)).ToList();
        return new EditionSubject(subject.LocalId[prefix.Length..], records.Select(NameOf).FirstOrDefault(name => name is not null) ?? StatedName(subject.Rows),
            [.. records.OfType<ISchoolRecord>().Select(record => record.SchoolNumber).OfType<string>().Distinct().Order(StringComparer.Ordinal)],
            subject.Rows.GroupBy(row => row.Type.Code).ToDictionary(group => group.Key, group => group.Count()));
    }

    private static string? NameOf(object record) => record switch
    {
        Student student => Joined(student.LastName, student.FirstName),
        StaffMember member => Joined(member.LastName, member.FirstName),
        Course course => course.Title,
        CourseSection section => section.Name ?? section.CourseNumber,
        _ => null,
    };

    private static string? StatedName(IReadOnlyList<EditionRow> rows) => rows.Select(row => Joined(row.StatedLastName, row.StatedFirstName)).FirstOrDefault(name => name is not null);

    private static string? Joined(string? last, string? first) => (last, first) switch { (null, _) => first, (_, null) => last, _ => $"{last}, {first}" };
}
