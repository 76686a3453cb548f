using System.Text.Json;

namespace Aim.Records;

/// <summary>
/// A type of record that districts send: its upload code (<c>EN</c>), its name and its fields in canonical order. The numbers are
/// stored with every row and never reused.
/// </summary>
public abstract class RecordType
{
    private protected RecordType(byte number, string code, string name, string summary)
    {
        Number = number;
        Code = code;
        Name = name;
        Summary = summary;
    }

    public byte Number { get; }

    /// <summary>The two or three letters a row of this type starts with.</summary>
    public string Code { get; }

    public string Name { get; }

    /// <summary>One sentence for people who send it.</summary>
    public string Summary { get; }

    public abstract IReadOnlyList<RecordField> Fields { get; }

    /// <summary>True where an empty field of a file means "leave as it is" instead of "nothing" (student demographics).</summary>
    public bool EmptyKeepsValue { get; private protected init; }

    /// <summary>
    /// What local ids of this type begin with in an edition, so that a course can't be taken for the student of the same number; empty for what is
    /// about a student.
    /// </summary>
    public string LocalIdPrefix { get; private protected init; } = "";

    /// <summary>Whether the local id is a student's. Records about anything else stay in the edition: the state keeps students.</summary>
    public bool IsOfStudent => LocalIdPrefix.Length == 0;

    /// <summary>Calls the visitor with the type as what it is.</summary>
    public abstract TResult Accept<TResult>(IRecordTypeVisitor<TResult> visitor);

    /// <summary>The typed record that the canonical bytes hold.</summary>
    public abstract object Decode(ReadOnlySpan<byte> content);

    /// <summary>The key of the record that the canonical bytes hold.</summary>
    public abstract string KeyOf(ReadOnlySpan<byte> content);

    public override string ToString() => Code;

    public int FieldIndex(string name)
    {
        for (var i = 0; i < Fields.Count; i++) if (Fields[i].Name == name) return i;
        return -1;
    }

    /// <summary>A field's name in JSON: camel case.</summary>
    public static string JsonName(string field) => JsonNamingPolicy.CamelCase.ConvertName(field);

    /// <summary>Writes the fields that aren't empty as JSON properties, camel case, dates as YYYY-MM-DD.</summary>
    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> content)
    {
        var reader = new CanonicalReader(content);
        foreach (var field in Fields)
        {
            var value = reader.Next();
            if (value.IsEmpty) continue;
            var name = JsonName(field.Name);
            switch (field.Kind)
            {
                case FieldKind.Date: json.WriteString(name, CanonicalReader.AsDate(value).ToString("O", null)); break;
                case FieldKind.Flag: json.WriteBoolean(name, value[0] == 'Y'); break;
                case FieldKind.Amount: json.WriteNumber(name, CanonicalReader.AsNumber(value) / 100m); break;
                case FieldKind.Number: json.WriteNumber(name, CanonicalReader.AsNumber(value)); break;
                default: json.WriteString(name, value); break;
            }
        }
    }
}

/// <summary>Does something with a record type that has to know the record's own type.</summary>
public interface IRecordTypeVisitor<out TResult>
{
    TResult Visit<T>(RecordType<T> type) where T : IRecord<T>;
}

/// <summary>Reads a record from canonical bytes.</summary>
internal delegate T CanonicalRead<T>(ref CanonicalReader reader);

/// <summary>Writes a record as canonical bytes.</summary>
internal delegate void CanonicalWrite<T>(T record, ref CanonicalWriter writer);

/// <inheritdoc />
public sealed class RecordType<T> : RecordType where T : IRecord<T>
{
    // Delegates, because generic code shared between record types would look the generic methods up anew at every call.
    private readonly CanonicalRead<T> read;
    private readonly CanonicalWrite<T> write;

    internal RecordType(byte number, string code, string name, string summary, CanonicalRead<T> read, CanonicalWrite<T> write, bool emptyKeepsValue = false, string localIdPrefix = "")
        : base(number, code, name, summary)
    {
        this.read = read;
        this.write = write;
        EmptyKeepsValue = emptyKeepsValue;
        LocalIdPrefix = localIdPrefix;
        var schema = new SchemaSink();
        Read([]).Write(ref schema);
        Fields = schema.Fields;
    }

    public override IReadOnlyList<RecordField> Fields { get; }

    public override object Decode(ReadOnlySpan<byte> content) => Read(content);

    public override string KeyOf(ReadOnlySpan<byte> content) => Read(content).Key;

    public override TResult Accept<TResult>(IRecordTypeVisitor<TResult> visitor) => visitor.Visit(this);

    public T Read(ReadOnlySpan<byte> content)
    {
        var reader = new CanonicalReader(content);
        return read(ref reader);
    }

    /// <summary>Appends the record's canonical bytes and gives their length.</summary>
    public int Write(T record, ByteBuffer buffer)
    {
        var writer = new CanonicalWriter(buffer);
        write(record, ref writer);
        return writer.Finish();
    }

    private sealed class SchemaSink : IFieldSink
    {
        public List<RecordField> Fields { get; } = [];

        public void Text(string name, string? value) => Fields.Add(new(name, FieldKind.Text));
        public void Code(string name, string? value) => Fields.Add(new(name, FieldKind.Code));
        public void Date(string name, DateOnly? value) => Fields.Add(new(name, FieldKind.Date));
        public void Flag(string name, bool? value) => Fields.Add(new(name, FieldKind.Flag));
        public void Number(string name, int? value) => Fields.Add(new(name, FieldKind.Number));
        public void Amount(string name, decimal? value) => Fields.Add(new(name, FieldKind.Amount));
    }
}

/// <summary>Every record type, by number: a file may be loaded after those it refers to, which come before it.</summary>
public static class RecordTypes
{
    public static readonly RecordType<Student> Student = new(1, "SD", nameof(Records.Student), "Who the student is.",
        Records.Student.Read, static (record, ref writer) => record.Write(ref writer), emptyKeepsValue: true);

    public static readonly RecordType<Enrollment> Enrollment = new(2, "EN", nameof(Records.Enrollment), "Where and when the student is enrolled.",
        Records.Enrollment.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<ProgramParticipation> ProgramParticipation = new(3, "PP", nameof(Records.ProgramParticipation), "Which programs the student takes part in.",
        Records.ProgramParticipation.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<EnglishLearner> EnglishLearner = new(4, "LP", nameof(Records.EnglishLearner), "English learners, from identification to exit.",
        Records.EnglishLearner.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<SpecialEducation> SpecialEducation = new(5, "SE", nameof(Records.SpecialEducation), "Students served under IDEA, one row an IEP.",
        Records.SpecialEducation.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<Section504> Section504 = new(6, "504", nameof(Records.Section504), "Students with a plan under Section 504.",
        Records.Section504.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<CountDay> FallCount = new(7, "AF", nameof(FallCount), "Hours and absence on the fall count day.",
        Records.CountDay.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<CountDay> SpringCount = new(8, "AS", nameof(SpringCount), "Hours and absence on the spring count day.",
        Records.CountDay.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<CountDay> TestWindow = new(9, "TW", nameof(TestWindow), "Hours and absence in the test window.",
        Records.CountDay.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<AttendanceTotals> AttendanceTotals = new(10, "AA", nameof(Records.AttendanceTotals), "Days enrolled, present and absent over the year.",
        Records.AttendanceTotals.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<DailyAttendance> DailyAttendance = new(11, "DA", nameof(Records.DailyAttendance), "Attendance day by day, one row a month.",
        Records.DailyAttendance.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<AssessmentResult> AssessmentResult = new(12, "AR", nameof(Records.AssessmentResult), "State assessments and their results.",
        Records.AssessmentResult.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<MealEligibility> MealEligibility = new(13, "ME", nameof(Records.MealEligibility), "Eligibility for free or reduced-price meals (FRAM).",
        Records.MealEligibility.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<BehaviorIncident> BehaviorIncident = new(14, "BH", nameof(Records.BehaviorIncident), "Behavior incidents and what followed, one row a student and incident.",
        Records.BehaviorIncident.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<Course> Course = new(15, "CO", nameof(Records.Course), "Courses that the district teaches.",
        Records.Course.Read, static (record, ref writer) => record.Write(ref writer), localIdPrefix: "course/");

    public static readonly RecordType<StaffMember> StaffMember = new(16, "ST", nameof(Records.StaffMember), "People who teach, as class lists need them.",
        Records.StaffMember.Read, static (record, ref writer) => record.Write(ref writer), localIdPrefix: "staff/");

    public static readonly RecordType<CourseSection> CourseSection = new(17, "SU", nameof(Records.CourseSection), "Classes: a course in a school and term.",
        Records.CourseSection.Read, static (record, ref writer) => record.Write(ref writer), localIdPrefix: "section/");

    public static readonly RecordType<RosterEntry> RosterEntry = new(18, "RU", nameof(Records.RosterEntry), "Who is in which class.",
        Records.RosterEntry.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<Mark> Mark = new(19, "MK", nameof(Records.Mark), "Marks by class and term.",
        Records.Mark.Read, static (record, ref writer) => record.Write(ref writer));

    public static readonly RecordType<MigrantEligibility> MigrantEligibility = new(20, "MG", nameof(Records.MigrantEligibility), "Migratory children under Title I, Part C.",
        Records.MigrantEligibility.Read, static (record, ref writer) => record.Write(ref writer));

    public static IReadOnlyList<RecordType> All { get; } =
    [
        Student, Enrollment, ProgramParticipation, EnglishLearner, SpecialEducation, Section504, FallCount, SpringCount, TestWindow, AttendanceTotals,
        DailyAttendance, AssessmentResult, MealEligibility, BehaviorIncident, Course, StaffMember, CourseSection, RosterEntry, Mark, MigrantEligibility,
    ];

    /// <summary>The types that are about students.</summary>
    public static IReadOnlyList<RecordType> OfStudents { get; } = [.. All.Where(type => type.IsOfStudent)];

    /// <summary>What a local id begins with that can't be a student's, as it begins like those of courses, staff or sections; null for any other.</summary>
    public static string? ReservedPrefix(ReadOnlySpan<char> localId)
    {
        foreach (var type in All) if (!type.IsOfStudent && localId.StartsWith(type.LocalIdPrefix, StringComparison.Ordinal)) return type.LocalIdPrefix;
        return null;
    }

    /// <summary>The highest number in use, for tables by number.</summary>
    public static int HighestNumber { get; } = All.Max(type => type.Number);

    private static readonly RecordType?[] ByNumber = Number();

    public static RecordType? Find(string? code) => All.FirstOrDefault(type => type.Code.Equals(code, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="InvalidDataException">The number belongs to no type of this build: the data is from a newer one.</exception>
    public static RecordType Of(int number) =>
        number > 0 && number < ByNumber.Length && ByNumber[number] is { } type
            ? type
            : throw new InvalidDataException($"Record type {number} is unknown to this version; the data was written by a newer one.");

    private static RecordType?[] Number()
    {
        var byNumber = new RecordType?[HighestNumber + 1];
        foreach (var type in All) byNumber[type.Number] = type;
        return byNumber;
    }
}
