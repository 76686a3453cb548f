using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// What the small districts that the state hosts send besides: courses, teachers and classes, and of each student the classes, marks and
/// daily attendance.
/// </summary>
internal sealed class ClassRows(SampleRandom random, SchoolYear year)
{
    private const int StudentsATeacher = 14;

    private static readonly (string Code, string Title, string Area)[] Subjects =
        [("ELA", "English Language Arts", "01"), ("MATH", "Mathematics", "02"), ("SCI", "Science", "03"), ("SOC", "Social Studies", "04"), ("PE", "Physical Education", "08")];

    private static readonly string[] Marks = ["A", "A-", "B+", "B", "B-", "C+", "C", "D", "F"];
    private static readonly string[] EarlyMarks = ["E", "S", "N"];

    private readonly SampleLayout courses = SampleLayout.Of(RecordTypes.Course, year);
    private readonly SampleLayout staff = SampleLayout.Of(RecordTypes.StaffMember, year);
    private readonly SampleLayout sections = SampleLayout.Of(RecordTypes.CourseSection, year);
    private readonly SampleLayout rosters = SampleLayout.Of(RecordTypes.RosterEntry, year);
    private readonly SampleLayout marks = SampleLayout.Of(RecordTypes.Mark, year);
    private readonly SampleLayout daily = SampleLayout.Of(RecordTypes.DailyAttendance, year);

    /// <summary>What a district has: its courses, and of each school the teachers and their classes.</summary>
    public IEnumerable<SampleRow> Of(SampleDistrict district, IReadOnlyDictionary<(DistrictId, string), SchoolCalendar> calendars)
    {
        var id = district.District.Number;
        foreach (var band in new[] { "E", "M" })
            foreach (var (code, title, area) in Subjects) yield return courses.Row(id, ("CourseNumber", $"{code}-{band}"), ("CourseTitle", $"{title}, {(band == "E" ? "PK-5" : "6-8")}"), ("SubjectArea", area));
        foreach (var school in district.Schools)
        {
            yield return staff.Row(id, ("StaffLocalId", $"A{school.Number}"), ("LastName", random.Pick(WordLists.Surnames)), ("FirstName", random.Pick(WordLists.Girls)), ("Role", "ADM"), ("SchoolNumber", school.Number));
            for (var teacher = 0; teacher < Teachers(district); teacher++)
                yield return staff.Row(id, ("StaffLocalId", TeacherOf(school, teacher)), ("LastName", random.Pick(WordLists.Surnames)), ("FirstName", random.Pick(random.Chance(0.75) ? WordLists.Girls : WordLists.Boys)),
                    ("Role", "TCH"), ("SchoolNumber", school.Number));
            foreach (var row in Sections(district, school, calendars[(id, school.Number)])) yield return row;
        }
    }

    private IEnumerable<SampleRow> Sections(SampleDistrict district, School school, SchoolCalendar calendar)
    {
        foreach (var (teacher, band) in school.Grades.Select(grade => (Teacher: TeacherOfGrade(district, school, grade), Band: BandOf(grade))).Distinct())
        {
            for (var subject = 0; subject < Subjects.Length; subject++)
            {
                var (code, title, _) = Subjects[subject];
                yield return sections.Row(district.District.Number,
                    ("SchoolNumber", school.Number), ("CalendarNumber", calendar.Number), ("SectionNumber", SectionOf(school, teacher, band, code)), ("CourseNumber", $"{code}-{band}"),
                    ("SectionName", title), ("Term", "FY"), ("Period", $"{subject + 1}"), ("TeacherLocalId", TeacherOf(school, teacher)), ("StartDate", FileDate.Of(calendar.Start)), ("EndDate", FileDate.Of(calendar.End)));
            }
        }
    }

    /// <summary>A student's classes, marks and daily attendance.</summary>
    public IEnumerable<SampleRow> Of(SampleStudent student, IReadOnlyList<SampleAttendance> attendance)
    {
        foreach (var enrollment in student.Enrollments)
        {
            foreach (var (code, _, _) in Subjects)
            {
                var section = SectionOf(enrollment.School, TeacherOfGrade(student.District, enrollment.School, student.Person.Grade), BandOf(student.Person.Grade), code);
                yield return rosters.Row(student, enrollment.School, enrollment.Calendar, ("SectionNumber", section), ("StartDate", FileDate.Of(enrollment.Start)), ("EndDate", FileDate.Of(enrollment.End)));
                foreach (var (term, last) in new[] { ("S1", new DateOnly(year.EndYear, 1, 16)), ("S2", enrollment.Calendar.End) })
                    if (enrollment.Covers(last)) yield return marks.Row(student, enrollment.School, enrollment.Calendar, ("SectionNumber", section), ("Term", term), ("MarkType", "T"), ("Mark", MarkIn(student.Person.Grade)));
            }
        }
        foreach (var item in attendance)
            foreach (var month in item.Months)
                yield return daily.Row(student, item.Enrollment.School, item.Enrollment.Calendar, ("Month", FileDate.Of(month)), ("Days", item.Month(month, random)));
    }

    /// <summary>A class that is there for no course or teacher that the district has; whichever is null is right.</summary>
    public SampleRow Section(SampleStudent student, string? course, string? teacher)
    {
        var (school, calendar) = (student.Enrollments[0].School, student.Enrollments[0].Calendar);
        return sections.Row(student.District.District.Number,
            ("SchoolNumber", school.Number), ("CalendarNumber", calendar.Number), ("SectionNumber", $"X{student.LocalId}"), ("CourseNumber", course ?? "ELA-E"), ("Term", "FY"),
            ("TeacherLocalId", teacher ?? TeacherOf(school, 0)), ("StartDate", FileDate.Of(calendar.Start)), ("EndDate", FileDate.Of(calendar.End)));
    }

    /// <summary>A class of the student's school for other grades.</summary>
    public static string SectionOfOthers(SampleStudent student)
    {
        var school = student.Enrollments[0].School;
        var other = BandOf(student.Person.Grade) == "E" ? "08" : "01";
        return SectionOf(school, TeacherOfGrade(student.District, school, other), BandOf(other), Subjects[0].Code);
    }

    private string MarkIn(string grade) => grade is "PK" or "KG" or "01" or "02" ? random.Pick(EarlyMarks) : random.Pick(Marks);

    private static string BandOf(string grade) => grade is "06" or "07" or "08" ? "M" : "E";

    private static int Teachers(SampleDistrict district) => Math.Max(1, district.Students / StudentsATeacher);

    /// <summary>Teachers share the grades of a school among them.</summary>
    private static int TeacherOfGrade(SampleDistrict district, School school, string grade)
    {
        var grades = school.Grades.ToList();
        return grades.IndexOf(grade) * Teachers(district) / grades.Count;
    }

    private static string TeacherOf(School school, int teacher) => $"T{school.Number}-{teacher + 1}";

    private static string SectionOf(School school, int teacher, string band, string subject) => $"{school.Number}-{teacher + 1}{band}-{subject}";
}
