namespace Aim.Records;

/// <summary>What a field of a record holds; decides its canonical bytes, its JSON and its Parquet column.</summary>
public enum FieldKind { Text = 1, Code = 2, Date = 3, Flag = 4, Number = 5, Amount = 6 }

/// <summary>A field of a record type, in canonical order.</summary>
public readonly record struct RecordField(string Name, FieldKind Kind);

/// <summary>
/// Gives the fields of a record one at a time, in the record's canonical order: from a delimited row, from canonical bytes, from a
/// form. Null means empty. A record's <c>Read</c> and <c>Write</c> are mirror images; a round trip of every type proves it.
/// </summary>
public interface IFieldSource
{
    string? Text();
    string? Code();
    DateOnly? Date();
    bool? Flag();
    int? Number();

    /// <summary>A number with at most two decimals.</summary>
    decimal? Amount();
}

/// <summary>Takes the fields of a record in canonical order.</summary>
public interface IFieldSink
{
    void Text(string name, string? value);
    void Code(string name, string? value);
    void Date(string name, DateOnly? value);
    void Flag(string name, bool? value);
    void Number(string name, int? value);
    void Amount(string name, decimal? value);
}

/// <summary>
/// The content of one record as a district states it. Which district, year, student and row it belongs to is said by the row that
/// carries it. A new field goes at the end of <see cref="Read"/> and <see cref="Write"/>: stored records then read it as empty, and
/// their hashes stay as they are.
/// </summary>
public interface IRecord<TSelf> where TSelf : IRecord<TSelf>
{
    /// <summary>Tells this record from the others of its type under one local id; empty where there can be only one.</summary>
    string Key { get; }

    static abstract TSelf Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct;

    void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct;
}

/// <summary>A record that names a school and one of its calendars.</summary>
public interface ISchoolRecord
{
    string? SchoolNumber { get; }
    string? CalendarNumber { get; }
}
