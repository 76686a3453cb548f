using Aim.Records;
using Aim.Rules;

namespace Aim.Identity;

/// <summary>Whether a row that states a State ID can be about the child who has it.</summary>
internal static class IdentityAgreement
{
    /// <summary>True when name and birth date both differ: such a row is set aside for a person to decide.</summary>
    public static bool Disagrees(Student student, Person person) =>
        student.BirthDate is { } birth && person.BirthDate is { } known && birth != known &&
        Names.DifferMaterially(student.LastName, student.FirstName, person.LastName, person.FirstName);
}
