namespace Aim.Records;

/// <summary>A course that the district teaches. Upload type <c>CO</c>; its local id is the course number.</summary>
public sealed record Course : IRecord<Course>
{
    public string? Title { get; init; }
    /// <summary>Subject area of the School Courses for the Exchange of Data (SCED).</summary>
    public string? SubjectArea { get; init; }
    /// <summary>SCED course code: five digits.</summary>
    public string? StateCourseCode { get; init; }
    /// <summary>Credits (Carnegie units) that a student earns.</summary>
    public decimal? Credits { get; init; }

    public string Key => "";

    public static Course Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        Title = source.Text(),
        SubjectArea = source.Code(),
        StateCourseCode = source.Text(),
        Credits = source.Amount(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(Title), Title);
        sink.Code(nameof(SubjectArea), SubjectArea);
        sink.Text(nameof(StateCourseCode), StateCourseCode);
        sink.Amount(nameof(Credits), Credits);
    }
}
