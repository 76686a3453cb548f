namespace Aim.Host.Generate;

/// <summary>A student who comes back after the summer, in the next grade or in the same.</summary>
/// <param name="District">Where the student goes to school now.</param>
/// <param name="Before">The student at the end of the year before.</param>
internal sealed record ReturningStudent(SampleDistrict District, SamplePerson Person, SampleStudent Before);

/// <summary>
/// The summer between two school years: most students are promoted, a few repeat or leave; those whose district ends with grade 8 go on to
/// the high school that serves it.
/// </summary>
internal sealed class Promotion(SampleRandom random, ClassSizes sizes)
{
    private const double LeaverShare = 0.04;
    private const double RepeaterShare = 0.012;

    /// <summary>Of those who haven't graduated after grade 12.</summary>
    private const double FifthYearShare = 0.4;

    private const int OldestFifthYear = 20;

    public IEnumerable<ReturningStudent> Of(IReadOnlyList<SampleStudent> lastYear)
    {
        for (var i = 0; i < lastYear.Count; i++)
        {
            var student = lastYear[i];
            // Whoever changed district is in the one that comes last.
            if (i + 1 < lastYear.Count && lastYear[i + 1].Person.Number == student.Person.Number) continue;
            if (student.Enrollments[^1].EndStatus != "190" || random.Chance(LeaverShare) || NextGrade(student) is not { } grade) continue;
            var district = student.District.SchoolFor(grade, 0) is null ? sizes.HighSchoolOf(student.District) : student.District;
            // A child without State ID who changed district would be two to the state.
            if (district is null || district != student.District && student.Person.StateId is null) continue;
            yield return new ReturningStudent(district, student.Person with { Grade = grade, IsNewcomer = false, FormerLastName = null }, student);
        }
    }

    private string? NextGrade(SampleStudent student)
    {
        var grade = student.Person.Grade;
        if (grade == "12") return student.Person.BirthDate.Year + OldestFifthYear > student.Enrollments[^1].End.Year && random.Chance(FifthYearShare) ? grade : null;
        return grade != "PK" && random.Chance(RepeaterShare) ? grade : Families.GradeOrder[Array.IndexOf(Families.GradeOrder, grade) + 1];
    }
}
