namespace Aim.Records;

/// <summary>A student's mark in a section for one term. Upload type <c>MK</c>.</summary>
public sealed record Mark : IRecord<Mark>, ISchoolRecord
{
    public string? SchoolNumber { get; init; }
    public string? CalendarNumber { get; init; }
    public string? SectionNumber { get; init; }
    public string? Term { get; init; }
    public string? MarkType { get; init; }
    /// <summary>The mark as the school writes it: B+, 87, P.</summary>
    public string? Value { get; init; }
    public decimal? CreditsEarned { get; init; }

    public string Key => RecordKey.Of(SectionNumber, Term, MarkType);

    public static Mark Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        SchoolNumber = source.Text(),
        CalendarNumber = source.Text(),
        SectionNumber = source.Text(),
        Term = source.Code(),
        MarkType = source.Code(),
        Value = source.Text(),
        CreditsEarned = source.Amount(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(SchoolNumber), SchoolNumber);
        sink.Text(nameof(CalendarNumber), CalendarNumber);
        sink.Text(nameof(SectionNumber), SectionNumber);
        sink.Code(nameof(Term), Term);
        sink.Code(nameof(MarkType), MarkType);
        sink.Text(nameof(Value), Value);
        sink.Amount(nameof(CreditsEarned), CreditsEarned);
    }
}
