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

    /// <summary>The typed record that the canonical bytes hold.</summary>
    public abstract object Decode(ReadOnlySpan<byte> content);

    public override string ToString() => Code;

    public int FieldIndex(string name)
    {
        for (var i = 0; i < Fields.Count; i++) if (Fields[i].Name == name) return i;
        return -1;
    }

    /// <summary>Writes the fields that aren't empty as JSON properties, camel case, dates as YYYY-MM-DD.</summary>
    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> content)
    {
        var reader = new CanonicalReader(content);
        foreach (var field in Fields)
        {
            var value = reader.Next();
            if (value.IsEmpty) continue;
            var name = JsonNamingPolicy.CamelCase.ConvertName(field.Name);
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

    internal RecordType(byte number, string code, string name, string summary, CanonicalRead<T> read, CanonicalWrite<T> write, bool emptyKeepsValue = false)
        : base(number, code, name, summary)
    {
        this.read = read;
        this.write = write;
        EmptyKeepsValue = emptyKeepsValue;
        var schema = new SchemaSink();
        Read([]).Write(ref schema);
        Fields = schema.Fields;
    }

    public override IReadOnlyList<RecordField> Fields { get; }

    public override object Decode(ReadOnlySpan<byte> content) => Read(content);

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

/// <summary>Every record type, in the order a district loads them: a student first, then what refers to the student.</summary>
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


    public static IReadOnlyList<RecordType> All { get; } = [Student, Enrollment, ProgramParticipation, EnglishLearner, SpecialEducation];

    private static readonly RecordType?[] ByNumber = Number();

    public static RecordType? Find(string? code) => All.FirstOrDefault(type => type.Code.Equals(code, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="InvalidDataException">The number belongs to no type of this build: the data is from a newer one.</exception>
    public static RecordType Of(int number) =>
        number > 0 && number < ByNumber.Length && ByNumber[number] is { } type
            ? type
            : throw new InvalidDataException($"Record type {number} is unknown to this version; the data was written by a newer one.");

    private static RecordType?[] Number()
    {
        var byNumber = new RecordType?[All.Max(type => type.Number) + 1];
        foreach (var type in All) byNumber[type.Number] = type;
        return byNumber;
    }
}
