using System.Buffers;
using System.Globalization;
using System.Text;
using Aim.Records;
using Aim.Rules;
using Sylvan.Data.Csv;

namespace Aim.Uploads;

/// <summary>What one file is read with; shared by the parsers that work on its blocks side by side.</summary>
internal sealed record ParseJob(
    RowPlan Plan, FileForm Form, DistrictId District, SchoolYear Year, DateOnly AsOf, Organizations.ReferenceData? Reference)
{
    /// <inheritdoc cref="RowPlace" path="/param[@name='AsJson']" />
    public bool AsJson { get; init; }
}

/// <summary>Parses blocks of one record type to staged rows and findings. Not thread-safe: one parser a worker.</summary>
internal abstract class RowParser
{
    public abstract void Parse(TextBlock block, bool skipHeader, ParsedBlock parsed);

    public static RowParser Create(ParseJob job) => job.Plan.Type.Accept(new Creation(job));

    private sealed class Creation(ParseJob job) : IRecordTypeVisitor<RowParser>
    {
        // A delegate, because generic code shared between record types would look T.Read up anew at every row.
        public RowParser Visit<T>(RecordType<T> type) where T : IRecord<T> => new RowParser<T>(job, type, T.Read, RuleCatalog.RowRules(type));
    }
}

/// <summary>Reads a record from the columns of a row.</summary>
internal delegate T DelimitedRead<T>(ref RowFields<DelimitedCells> fields);

/// <inheritdoc />
internal sealed class RowParser<T>(ParseJob job, RecordType<T> type, DelimitedRead<T> read, IEnumerable<RowRule<T>> rules) : RowParser where T : IRecord<T>
{
    private const int BufferSize = 1 << 15;

    private readonly RowRuleSet<T> rules = new(rules, job.Year, job.Reference);
    private readonly RowFacts facts = new() { District = job.District, Year = job.Year, AsOf = job.AsOf, Reference = job.Reference };
    private readonly string year = job.Year.ToString();
    private readonly FieldReading reading = new(job);
    private readonly ByteBuffer content = new(512);
    private char[] text = [];

    public override void Parse(TextBlock block, bool skipHeader, ParsedBlock parsed)
    {
        var chars = Decode(block.Bytes);
        reading.Begin(parsed.Findings, mayHoldOddCharacters: text.AsSpan(0, chars).ContainsAny(FieldReading.OddCharacters));
        var buffer = ArrayPool<char>.Shared.Rent(BufferSize);
        var line = block.FirstLine;
        try
        {
            using var rows = DelimitedText.Open(new CharReader(text, chars), buffer, job.Form);
            while (rows.Read())
            {
                var rowLine = line;
                line += DelimitedText.CountLineEnds(rows.GetRawRecordSpan());
                if (skipHeader) { skipHeader = false; continue; }
                if (rows.RowFieldCount == 1 && rows.GetFieldSpan(0).Trim().IsEmpty) continue;
                ParseRow(rows, rowLine, parsed);
            }
        }
        catch (CsvFormatException fault)
        {
            throw new UnreadableFileException(
                $"The quotes of the row on line {line} can't be read ({fault.Message.TrimEnd('.').ToLowerInvariant()}). Enclose values with commas or line ends in quotes, and double a quote inside a value.");
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private void ParseRow(CsvDataReader rows, long line, ParsedBlock parsed)
    {
        parsed.RowCount++;
        var plan = job.Plan;
        reading.BeginRow(line);
        if (rows.RowFieldCount != plan.ColumnCount)
        {
            reading.Reject(FileRules.ColumnCount, "Row", Text(rows.RowFieldCount), ("Expected", Text(plan.ColumnCount)));
            parsed.Reject([], line);
            return;
        }
        reading.ReadLocalId(plan.LocalId, Field(rows, plan.LocalId));
        var isOfUpload = IsOfUpload(rows, plan);
        var stateId = reading.StateId(plan.StateId, Field(rows, plan.StateId));
        var lastName = reading.Plain(plan.LastName, Field(rows, plan.LastName));
        var firstName = reading.Plain(plan.FirstName, Field(rows, plan.FirstName));

        var source = new RowFields<DelimitedCells>(new DelimitedCells(rows), plan.Content, reading);
        var record = read(ref source);
        if (record is ISchoolRecord school) facts.Resolve(school);
        if (!reading.IsRejected && rules.Check(record, facts, reading, parsed.Findings)) reading.Reject();
        else if (reading.IsRejected && isOfUpload) rules.CheckRest(record, facts, reading, parsed.Findings);
        if (reading.IsRejected)
        {
            parsed.Reject(reading.LocalId, line);
            return;
        }
        content.Clear();
        type.Write(record, content);
        parsed.Stage(reading.LocalId, record.Key, line, stateId, lastName, firstName, reading.Cleared, content.Written);
    }

    /// <summary>The columns that say whose file this is must be those of the upload; of another's row there is nothing else to say.</summary>
    private bool IsOfUpload(CsvDataReader rows, RowPlan plan)
    {
        var isOther = false;
        var type = Field(rows, plan.RecordType).Trim();
        if (!type.Equals(plan.Type.Code, StringComparison.OrdinalIgnoreCase)) Reject(FileRules.RecordType, plan.RecordType.Name, type.ToString(), plan.Type.Code);
        if (!Field(rows, plan.District).SequenceEqual(job.District.Value) && reading.Text(plan.District, Field(rows, plan.District)) is { } district && district != job.District.Value) Reject(FileRules.District, plan.District.Name, district, job.District.Value);
        var endYear = Field(rows, plan.EndYear).Trim();
        if (!endYear.SequenceEqual(year)) Reject(FileRules.Year, plan.EndYear.Name, endYear.ToString(), year);
        return !isOther;

        void Reject(Rule rule, string column, string value, string expected)
        {
            isOther = true;
            reading.Reject(rule, column, value, ("Expected", expected));
        }
    }

    private static ReadOnlySpan<char> Field(CsvDataReader rows, PlannedColumn column) => column.Ordinal < 0 ? default : rows.GetFieldSpan(column.Ordinal);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private int Decode(ReadOnlySpan<byte> bytes)
    {
        if (text.Length < bytes.Length) text = new char[bytes.Length];
        return Encoding.UTF8.GetChars(bytes, text);
    }

    private sealed class CharReader(char[] chars, int length) : TextReader
    {
        private int position;

        public override int Read(char[] buffer, int index, int count)
        {
            var taken = Math.Min(count, length - position);
            Array.Copy(chars, position, buffer, index, taken);
            position += taken;
            return taken;
        }
    }
}

/// <summary>The cells of one row, by their position in it.</summary>
internal interface IRowCells
{
    ReadOnlySpan<char> this[int ordinal] { get; }
}

/// <summary>The cells of a row of delimited text.</summary>
internal readonly struct DelimitedCells(CsvDataReader rows) : IRowCells
{
    public ReadOnlySpan<char> this[int ordinal] => rows.GetFieldSpan(ordinal);
}

/// <summary>The content columns of one row, as a source of record fields; a column that the row hasn't is empty.</summary>
internal struct RowFields<TCells>(TCells cells, PlannedColumn[] columns, FieldReading reading) : IFieldSource where TCells : struct, IRowCells
{
    private int next;

    public string? Text() => Next(out var column) is { IsEmpty: false } field ? reading.Text(column, field) : reading.Empty(column);
    public string? Code() => Next(out var column) is { IsEmpty: false } field ? reading.Code(column, field) : reading.Empty(column);
    public DateOnly? Date() => Next(out var column) is { IsEmpty: false } field ? reading.Date(column, field) : reading.Empty<DateOnly>(column);
    public bool? Flag() => Next(out var column) is { IsEmpty: false } field ? reading.Flag(column, field) : reading.Empty<bool>(column);
    public int? Number() => Next(out var column) is { IsEmpty: false } field ? reading.Number(column, field) : reading.Empty<int>(column);
    public decimal? Amount() => Next(out var column) is { IsEmpty: false } field ? reading.Amount(column, field) : reading.Empty<decimal>(column);

    private ReadOnlySpan<char> Next(out PlannedColumn column)
    {
        column = columns[next++];
        return column.Ordinal < 0 ? default : cells[column.Ordinal];
    }
}
