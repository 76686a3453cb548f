namespace Aim.Host.Generate;

/// <summary>Writes what is true and can't be read from the uploads: mistakes, who is who, moves, and the cases to expect.</summary>
internal sealed class TruthCsv(StateFolder folder)
{
    public void Write(IReadOnlyList<SampleStudent> students, IEnumerable<NearMatch> nearMatches, IEnumerable<SampleCase> cases, IEnumerable<SampleEditionMistake> editions,
        IEnumerable<(string File, int Line, string Rule)> planted)
    {
        folder.WriteCsv("truth/planted.csv", "File,Line,Rule", planted.Select(item => FormattableString.Invariant($"{item.File},{item.Line},{item.Rule}")));
        folder.WriteCsv("truth/people.csv", "Person,District,LocalId,StateId",
            students.Select(student => FormattableString.Invariant($"{student.Person.Number},{student.District.District.Number},{student.LocalId},{student.Person.StateId}")));
        folder.WriteCsv("truth/twins.csv", "Person,OtherPerson", students.Select(student => student.Person).Where(person => person.TwinOf is not null).DistinctBy(person => person.Number)
            .Select(person => FormattableString.Invariant($"{person.TwinOf},{person.Number}")));
        folder.WriteCsv("truth/moves.csv", "Person,LeftDistrict,LeftSchool,LeftOn,EndStatus,ArrivedDistrict,ArrivedSchool,ArrivedOn,StartStatus", Moves(students));
        folder.WriteCsv("truth/near-matches.csv", "District,LocalId,StateId,Differs",
            nearMatches.Select(item => FormattableString.Invariant($"{item.Student.District.District.Number},{item.Student.LocalId},{item.Student.Person.StateId},{item.How}")));
        folder.WriteCsv("truth/cases.csv", "Rule,StateId,OtherStateId,District,OtherDistrict,FirstDay",
            cases.Select(item => FormattableString.Invariant($"{item.Rule},{item.StateId},{item.Other},{item.District},{item.OtherDistrict},{FileDate.Of(item.FirstDay)}")).Order(StringComparer.Ordinal));
        folder.WriteCsv("truth/editions.csv", "Rule,District,School", editions.Select(item => FormattableString.Invariant($"{item.Rule},{item.District},{item.School}")).Order(StringComparer.Ordinal));
    }

    /// <summary>From one enrollment of a child to the next; a child's enrollments stand next to each other, in order.</summary>
    private static IEnumerable<string> Moves(IEnumerable<SampleStudent> students)
    {
        (SamplePerson Person, SampleEnrollment Enrollment)? before = null;
        foreach (var (person, enrollment) in students.SelectMany(student => student.Enrollments.Select(enrollment => (student.Person, Enrollment: enrollment))))
        {
            if (before is var (same, left) && same == person)
                yield return $"{person.Number},{left.School.District},{left.School.Number},{FileDate.Of(left.End)},{left.EndStatus},{enrollment.School.District},{enrollment.School.Number},{FileDate.Of(enrollment.Start)},{enrollment.StartStatus}";
            before = (person, enrollment);
        }
    }
}
