using Aim.Records;
using Aim.State;
using Parquet;
using Parquet.Schema;

namespace Aim.Snapshots;

/// <summary>
/// The Parquet form of a record type: whose row it is and where it came from, then the record's fields. Gathers rows and writes them
/// as row groups.
/// </summary>
internal sealed class FrozenTable
{
    public const string StateIdColumn = "StateId";
    public const string DistrictColumn = "District";
    public const string LocalIdColumn = "LocalId";
    public const string UploadColumn = "Upload";
    public const string LineColumn = "Line";

    private const int RowsAGroup = 50_000;

    private readonly RecordType type;
    private readonly List<Column> columns;
    private readonly ValueColumn<int> stateId = new(new DataField<int>(StateIdColumn));
    private readonly TextColumn district = new(new DataField<string>(DistrictColumn));
    private readonly TextColumn localId = new(new DataField<string>(LocalIdColumn));
    private readonly TextColumn upload = new(new DataField<string>(UploadColumn));
    private readonly ValueColumn<int> line = new(new DataField<int>(LineColumn));
    private readonly Column[] fields;
    private (UploadId Id, string Text) lastUpload;

    public FrozenTable(RecordType type)
    {
        this.type = type;
        fields = [.. type.Fields.Select(ColumnOf)];
        columns = [stateId, district, localId, upload, line, .. fields];
        Schema = new ParquetSchema(columns.Select(column => column.Field));
    }

    public ParquetSchema Schema { get; }

    public int Count { get; private set; }

    public long Total { get; private set; }

    public bool IsFull => Count >= RowsAGroup;

    public void Add(StateId student, Contribution contribution, Section section)
    {
        stateId.Add(student.Value);
        district.Add(contribution.District.Value);
        localId.Add(contribution.LocalId);
        if (lastUpload.Id != section.Upload || lastUpload.Text is null) lastUpload = (section.Upload, section.Upload.ToString());
        upload.Add(lastUpload.Text);
        line.Add(section.Line);
        var reader = new CanonicalReader(section.Content.Span);
        foreach (var field in fields) field.Add(reader.Next());
        Count++;
        Total++;
    }

    /// <summary>Writes what has gathered as one row group.</summary>
    public async Task FlushAsync(ParquetWriter writer)
    {
        if (Count == 0) return;
        using var group = writer.CreateRowGroup();
        foreach (var column in columns) await column.WriteAsync(group);
        Count = 0;
    }

    private Column ColumnOf(RecordField field) => field.Kind switch
    {
        FieldKind.Date => new OptionalColumn<DateOnly>(new DataField<DateOnly?>(field.Name), CanonicalReader.AsDate),
        FieldKind.Flag => new OptionalColumn<bool>(new DataField<bool?>(field.Name), bytes => bytes[0] == 'Y'),
        FieldKind.Number => new OptionalColumn<int>(new DataField<int?>(field.Name), CanonicalReader.AsNumber),
        FieldKind.Amount => new OptionalColumn<double>(new DataField<double?>(field.Name), bytes => CanonicalReader.AsNumber(bytes) / 100.0),
        FieldKind.Text or FieldKind.Code => new TextColumn(new DataField<string>(field.Name)),
        _ => throw new InvalidOperationException($"{type.Name}.{field.Name} has a kind that can't be frozen."),
    };

    private abstract class Column(DataField dataField)
    {
        public DataField Field => dataField;
        public abstract void Add(ReadOnlySpan<byte> value);
        public abstract Task WriteAsync(ParquetRowGroupWriter group);
    }

    private sealed class TextColumn(DataField dataField) : Column(dataField)
    {
        private readonly List<string?> values = [];

        public void Add(string? value) => values.Add(value);

        public override void Add(ReadOnlySpan<byte> value) => values.Add(value.IsEmpty ? null : TextPool.Shared.Get(value));

        public override async Task WriteAsync(ParquetRowGroupWriter group)
        {
            await group.WriteAsync(Field, values!);
            values.Clear();
        }
    }

    private sealed class ValueColumn<T>(DataField dataField) : Column(dataField) where T : struct
    {
        private readonly List<T> values = [];

        public void Add(T value) => values.Add(value);

        public override void Add(ReadOnlySpan<byte> value) => throw new NotSupportedException("This column is not filled from a record's fields.");

        public override async Task WriteAsync(ParquetRowGroupWriter group)
        {
            await group.WriteAsync(Field, new ReadOnlyMemory<T>([.. values]));
            values.Clear();
        }
    }

    private delegate T Decode<T>(ReadOnlySpan<byte> value);

    private sealed class OptionalColumn<T>(DataField dataField, Decode<T> decode) : Column(dataField) where T : struct
    {
        private readonly List<T?> values = [];

        public override void Add(ReadOnlySpan<byte> value) => values.Add(value.IsEmpty ? null : decode(value));

        public override async Task WriteAsync(ParquetRowGroupWriter group)
        {
            await group.WriteAsync(Field, new ReadOnlyMemory<T?>([.. values]));
            values.Clear();
        }
    }
}
