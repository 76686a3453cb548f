using Aim.Records;

namespace Aim.Identity.Matching;

/// <summary>What one person is told from another by, as somebody wrote it. Whatever is null or blank is not known and speaks neither for nor against.</summary>
public sealed record PersonTraits
{
    public string? Last { get; init; }
    public string? First { get; init; }
    public string? Middle { get; init; }
    public string? Suffix { get; init; }

    /// <summary>Eight digits as year, month, day; 0 when not known. Digits that are no date in the calendar are kept: one of them may be mistyped.</summary>
    public int Birth { get; init; }

    public string? Gender { get; init; }
    public string? Street { get; init; }
    public string? City { get; init; }
    public string? Postcode { get; init; }

    /// <summary>Anything else that a source knows of a person: a number, a telephone, a guardian.</summary>
    public string? Other { get; init; }

    public static PersonTraits Of(Person person) => new()
    {
        Last = person.LastName, First = person.FirstName, Middle = person.MiddleName, Suffix = person.Suffix, Birth = DigitsOf(person.BirthDate), Gender = person.Gender,
    };

    public static PersonTraits Of(Student student) => new()
    {
        Last = student.LastName, First = student.FirstName, Middle = student.MiddleName, Suffix = student.Suffix, Birth = DigitsOf(student.BirthDate), Gender = student.Gender,
        Street = student.Address1, City = student.City, Postcode = student.Zip,
    };

    public static int DigitsOf(DateOnly? date) => date is { } day ? day.Year * 10000 + day.Month * 100 + day.Day : 0;
}
