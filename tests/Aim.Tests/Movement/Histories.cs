using Aim.Movement;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;

namespace Aim.Tests.Movement;

/// <summary>Histories written by hand, a line for each enrollment.</summary>
internal static class Histories
{
    /// <summary>
    /// Enrollments as <c>2026 0123/0002 09 2025-08-25 2025-10-01 120 04</c>: year, district and school, grade, start, end and its status (dashes
    /// while it is open), and the start status where it matters. <c>0123/0002/2</c> is under a second local id of the district.
    /// </summary>
    public static EnrollmentHistory Of(params string[] lines) => Of(null, lines);

    /// <param name="entered9th">What the newest year's demographics give as first entry into grade 9.</param>
    public static EnrollmentHistory Of(DateOnly? entered9th, params string[] lines) => EnrollmentHistory.Of(TwoDistricts.Child, Records(entered9th, lines));

    /// <summary>The state's records that hold these enrollments.</summary>
    public static IReadOnlyList<StudentRecord> Records(params string[] lines) => Records(null, lines);

    private static List<StudentRecord> Records(DateOnly? entered9th, string[] lines)
    {
        var years = lines.Select(line => line.Split(' ')).GroupBy(cells => int.Parse(cells[0], null)).OrderBy(year => year.Key).ToList();
        return years.ConvertAll(year => Record(new SchoolYear(year.Key), year == years[^1] ? entered9th : null, year));
    }

    private static StudentRecord Record(SchoolYear year, DateOnly? entered9th, IEnumerable<string[]> lines) => lines.GroupBy(cells => (District: cells[1][..4], LocalId: $"L{cells[1][..4]}{cells[1][9..]}")).Aggregate(StudentRecord.Empty(TwoDistricts.Child, year), (record, local) =>
        record.With(new Contribution(new DistrictId(local.Key.District), local.Key.LocalId, 1,
        [
            SectionOf(RecordTypes.Student, new Student { DateFirstEntered9th = entered9th }),
            .. local.Select(cells => SectionOf(RecordTypes.Enrollment, EnrollmentOf(cells))),
        ])));

    private static Enrollment EnrollmentOf(string[] cells) => new()
    {
        SchoolNumber = cells[1][5..9], CalendarNumber = "001", Grade = cells[2], ServiceType = "P", StartDate = DateOnly.Parse(cells[3], null), EndDate = cells[4] == "-" ? null : DateOnly.Parse(cells[4], null),
        EndStatus = cells[5] == "-" ? null : cells[5].Split('/')[0], DiplomaType = cells[5].Split('/').ElementAtOrDefault(1), StartStatus = cells.ElementAtOrDefault(6) ?? "01",
    };

    private static Section SectionOf<T>(RecordType<T> type, T record) where T : IRecord<T>
    {
        var buffer = new ByteBuffer();
        type.Write(record, buffer);
        return new Section(type, record.Key, buffer.Written.ToArray(), Stored.Upload(1), 2);
    }
}
