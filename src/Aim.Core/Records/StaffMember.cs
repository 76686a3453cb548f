namespace Aim.Records;

/// <summary>A person who teaches, as far as class lists need it. Upload type <c>ST</c>; its local id is the number of the staff member.</summary>
public sealed record StaffMember : IRecord<StaffMember>
{
    public string? LastName { get; init; }
    public string? FirstName { get; init; }
    public string? Role { get; init; }
    /// <summary>School in which the person mainly works.</summary>
    public string? SchoolNumber { get; init; }

    public string Key => "";

    public static StaffMember Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        LastName = source.Text(),
        FirstName = source.Text(),
        Role = source.Code(),
        SchoolNumber = source.Text(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(LastName), LastName);
        sink.Text(nameof(FirstName), FirstName);
        sink.Code(nameof(Role), Role);
        sink.Text(nameof(SchoolNumber), SchoolNumber);
    }
}
