namespace Aim.Records;

/// <summary>Who a student is, as the district knows them: names, birth, race and ethnicity, language, address. One row a student. Upload type <c>SD</c>.</summary>
public sealed record Student : IRecord<Student>
{
    /// <summary>Legal surname, up to 50 letters.</summary>
    public string? LastName { get; init; }
    /// <summary>Legal first name.</summary>
    public string? FirstName { get; init; }
    public string? MiddleName { get; init; }
    /// <summary>Jr, Sr, I to X.</summary>
    public string? Suffix { get; init; }
    /// <summary>M, F or N (non-binary; reported to EDFacts as MISSING).</summary>
    public string? Gender { get; init; }
    public DateOnly? BirthDate { get; init; }
    /// <summary>Ethnicity is asked apart from race; a Hispanic student of any race is reported as HI7.</summary>
    public bool? HispanicLatino { get; init; }
    public bool? AmericanIndian { get; init; }
    public bool? Asian { get; init; }
    public bool? Black { get; init; }
    public bool? PacificIslander { get; init; }
    public bool? White { get; init; }
    /// <summary>ISO 639-2, three letters.</summary>
    public string? HomeLanguage { get; init; }
    /// <summary>First entry into a school of the United States; immigrants only.</summary>
    public DateOnly? DateEnteredUS { get; init; }
    /// <summary>Fixes the four-year graduation cohort.</summary>
    public DateOnly? DateFirstEntered9th { get; init; }
    public string? MilitaryConnection { get; init; }
    public string? Address1 { get; init; }
    public string? City { get; init; }
    public string? State { get; init; }
    public string? Zip { get; init; }
    public string? GuardianName { get; init; }

    public string Key => "";

    public static Student Read<TSource>(ref TSource source) where TSource : IFieldSource, allows ref struct => new()
    {
        LastName = source.Text(),
        FirstName = source.Text(),
        MiddleName = source.Text(),
        Suffix = source.Code(),
        Gender = source.Code(),
        BirthDate = source.Date(),
        HispanicLatino = source.Flag(),
        AmericanIndian = source.Flag(),
        Asian = source.Flag(),
        Black = source.Flag(),
        PacificIslander = source.Flag(),
        White = source.Flag(),
        HomeLanguage = source.Code(),
        DateEnteredUS = source.Date(),
        DateFirstEntered9th = source.Date(),
        MilitaryConnection = source.Code(),
        Address1 = source.Text(),
        City = source.Text(),
        State = source.Code(),
        Zip = source.Text(),
        GuardianName = source.Text(),
    };

    public void Write<TSink>(ref TSink sink) where TSink : IFieldSink, allows ref struct
    {
        sink.Text(nameof(LastName), LastName);
        sink.Text(nameof(FirstName), FirstName);
        sink.Text(nameof(MiddleName), MiddleName);
        sink.Code(nameof(Suffix), Suffix);
        sink.Code(nameof(Gender), Gender);
        sink.Date(nameof(BirthDate), BirthDate);
        sink.Flag(nameof(HispanicLatino), HispanicLatino);
        sink.Flag(nameof(AmericanIndian), AmericanIndian);
        sink.Flag(nameof(Asian), Asian);
        sink.Flag(nameof(Black), Black);
        sink.Flag(nameof(PacificIslander), PacificIslander);
        sink.Flag(nameof(White), White);
        sink.Code(nameof(HomeLanguage), HomeLanguage);
        sink.Date(nameof(DateEnteredUS), DateEnteredUS);
        sink.Date(nameof(DateFirstEntered9th), DateFirstEntered9th);
        sink.Code(nameof(MilitaryConnection), MilitaryConnection);
        sink.Text(nameof(Address1), Address1);
        sink.Text(nameof(City), City);
        sink.Code(nameof(State), State);
        sink.Text(nameof(Zip), Zip);
        sink.Text(nameof(GuardianName), GuardianName);
    }
}
