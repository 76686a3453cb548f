using System.Text.Json;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>Reads records from JSON as the row parser reads them from a file: the same checks of fields and the same row rules.</summary>
internal abstract class RecordReader(RecordForm form)
{
    public RecordForm Form => form;

    /// <summary>The row, or null when a fatal finding keeps it out. The record has no problem of form.</summary>
    public abstract StagedRow? Read(string localId, JsonElement record, int line, IFindingSink findings);

    /// <summary>The local id as an edition has it, or null when it can't be one, which is reported.</summary>
    public abstract string? ReadLocalId(string localId, int line, IFindingSink findings);

    public static RecordReader Create(RecordForm form, ParseJob job) => job.Plan.Type.Accept(new Creation(form, job));

    /// <summary>One field's canonical bytes, read by itself; null when a finding says that it can't be.</summary>
    public static byte[]? ReadField(RecordType type, int field, string? text, DistrictId district, SchoolYear year, IFindingSink findings)
    {
        var plan = RecordForm.Find(type, year)!.Plan;
        var reading = new FieldReading(new ParseJob(plan, new FileForm(), district, year, default, null));
        reading.Begin(findings, mayHoldOddCharacters: true);
        reading.BeginRow(0);
        var (column, name, buffer) = (plan.Content[field], type.Fields[field].Name, new ByteBuffer(64));
        var writer = new CanonicalWriter(buffer);
        switch (type.Fields[field].Kind)
        {
            case FieldKind.Date: writer.Date(name, reading.Date(column, text)); break;
            case FieldKind.Flag: writer.Flag(name, reading.Flag(column, text)); break;
            case FieldKind.Number: writer.Number(name, reading.Number(column, text)); break;
            case FieldKind.Amount: writer.Amount(name, reading.Amount(column, text)); break;
            case FieldKind.Code: writer.Code(name, reading.Code(column, text)); break;
            default: writer.Text(name, reading.Text(column, text)); break;
        }
        if (reading.IsRejected) return null;
        ReadOnlySpan<byte> bytes = buffer.Written;
        return ByteBuffer.ReadBlock(ref bytes).ToArray();
    }

    private sealed class Creation(RecordForm form, ParseJob job) : IRecordTypeVisitor<RecordReader>
    {
        public RecordReader Visit<T>(RecordType<T> type) where T : IRecord<T> => new RecordReader<T>(form, job, type);
    }
}

/// <inheritdoc />
internal sealed class RecordReader<T>(RecordForm form, ParseJob job, RecordType<T> type) : RecordReader(form) where T : IRecord<T>
{
    private readonly RowRuleSet<T> rules = new(RuleCatalog.RowRules(type), job.Year, job.Reference);
    private readonly RowFacts facts = new() { District = job.District, Year = job.Year, AsOf = job.AsOf, Reference = job.Reference };
    private readonly FieldReading reading = new(job);
    private readonly ByteBuffer content = new(512);

    public override string? ReadLocalId(string localId, int line, IFindingSink findings)
    {
        reading.Begin(findings, mayHoldOddCharacters: true);
        reading.BeginRow(line);
        reading.ReadLocalId(job.Plan.LocalId, localId);
        return reading.IsRejected ? null : reading.LocalId.ToString();
    }

    public override StagedRow? Read(string localId, JsonElement record, int line, IFindingSink findings)
    {
        var plan = job.Plan;
        ReadLocalId(localId, line, findings);
        var texts = Form.TextsOf(record);
        var stateId = reading.StateId(plan.StateId, TextOf(texts, plan.StateId));
        var lastName = reading.Text(plan.LastName, TextOf(texts, plan.LastName));
        var firstName = reading.Text(plan.FirstName, TextOf(texts, plan.FirstName));
        var source = new RowFields<TextCells>(new TextCells(texts), plan.Content, reading);
        var value = T.Read(ref source);
        if (value is ISchoolRecord school) facts.Resolve(school);
        if (reading.IsRejected) rules.CheckRest(value, facts, reading, findings);
        else if (rules.Check(value, facts, reading, findings)) reading.Reject();
        if (reading.IsRejected) return null;
        content.Clear();
        type.Write(value, content);
        return new StagedRow(reading.LocalId.ToString(), value.Key, line, stateId, lastName, firstName, Cleared: 0, content.Written.ToArray());
    }

    private static ReadOnlySpan<char> TextOf(string?[] texts, PlannedColumn column) => column.Ordinal < 0 ? default : texts[column.Ordinal].AsSpan();

    /// <summary>The texts of one record, as the cells of a row.</summary>
    private readonly struct TextCells(string?[] texts) : IRowCells
    {
        public ReadOnlySpan<char> this[int ordinal] => texts[ordinal].AsSpan();
    }
}
