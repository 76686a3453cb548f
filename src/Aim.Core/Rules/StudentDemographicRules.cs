using Aim.Identity;
using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about who the student is.</summary>
internal static class StudentDemographicRules
{
    public static readonly RowRule<Student>[] Row =
    [
        new(new("IDN-006", Fatal, RuleScope.Row, nameof(Records.Student.BirthDate), "Birth date in the future",
                "The birth date {BirthDate} is after {AsOf}, the day of the file or save.", "Correct the birth date.") { Basis = "Practice of state collections" },
            (s, f) => s.BirthDate > f.AsOf),
    ];

    /// <summary>An empty field of a demographics file keeps what is stored, so these are decided on the student as the load would leave it.</summary>
    public static readonly StudentRule[] Student =
    [
        new(new("IDN-001", Error, RuleScope.Student, nameof(Records.Student.BirthDate), "Identity incomplete",
                "Name, gender, birth date and race or ethnicity are needed; missing: {Cause}.",
                "Fill in last and first name, gender, birth date, and Y for at least one race or for Hispanic.") { Basis = "AIM pre-count checklist; CALPADS CERT004" },
            (view, _) => view.Student is { } entry && Missing(entry.Record).Any() ? [entry] : [],
            RecordTypes.Student)
            { Cause = entry => string.Join(", ", Missing(((Entry<Student>)entry).Record)) },

        new(new("IDN-002", Warning, RuleScope.Student, nameof(Records.Student.BirthDate), "Unlikely age",
                "The birth date {BirthDate} makes the student younger or older than students are, or too far off the usual age of the grade.",
                "Correct the birth date or the grade; if both are right, acknowledge the finding.") { Basis = "CALPADS SENR0731" },
            (view, facts) => view.Student is { Record.BirthDate: { } birth } entry && IsUnlikelyAge(birth, view, facts) ? [entry] : [],
            RecordTypes.Student, RecordTypes.Enrollment),

        new(new("REF-008", Error, RuleScope.Student, "StudentLocalId", "No student of that local id",
                "There is no demographics (SD) row for this local id, so the row cannot reach the state's record.",
                "Upload the student's SD row, or correct the local id.") { Basis = "AIM: demographics first" },
            (view, _) => view.Student is null ? view.Entries.Where(entry => entry.Place.Type.IsOfStudent) : [],
            [.. RecordTypes.OfStudents]) { JudgesRowsAlone = true },

        new(new("REF-009", Warning, RuleScope.Student, "LastName", "Name is not the student's",
                "The name in the row is not the name of the student with this local id.",
                "Check that the row is under the right local id; otherwise correct the name.") { Basis = "CALPADS: identity disagreement" },
            (view, _) => view.Student is { Record: var student }
                ? view.Entries.Where(entry => entry.StatedLastName is not null && entry.StatedFirstName is not null &&
                    Names.DifferMaterially(student.LastName, student.FirstName, entry.StatedLastName, entry.StatedFirstName))
                : [],
            [.. RecordTypes.OfStudents]) { JudgesRowsAlone = true, ReadsStated = true },

        new(new("REF-013", Error, RuleScope.Student, "StudentStateId", "State ID is not the student's",
                "The State ID {StudentStateId} in the row is not that of the student with this local id.",
                "Check that the row is under the right local id; otherwise correct its State ID, or leave it empty.") { Basis = "CALPADS: identity disagreement" },
            OfAnotherStudent, [.. RecordTypes.OfStudents]) { JudgesRowsAlone = true, ReadsStated = true },
    ];

    /// <summary>A retired State ID is as good as its survivor. Of a student who waits for a decision, the demographics are taken at their word.</summary>
    private static IEnumerable<ViewEntry> OfAnotherStudent(StudentView view, StudentFacts facts)
    {
        var others = view.StatingOtherwise.ToList();
        if (others.Count == 0 || view.Student is not { } student) return [];
        var own = facts.Identities?.OwnerOf(new UnresolvedStudent(student.Place.LocalId!, student.StatedId, student.Record)) ?? student.StatedId;
        return own is { } id ? others.Where(entry => SurvivorOf(entry.StatedId!.Value) != SurvivorOf(id)) : [];

        StateId SurvivorOf(StateId stated) => facts.Identities?.SurvivorOf(stated) ?? stated;
    }

    /// <summary>What of the student's identity is not said, in words.</summary>
    private static IEnumerable<string> Missing(Student student)
    {
        if (student.LastName is null) yield return "last name";
        if (student.FirstName is null) yield return "first name";
        if (student.Gender is null) yield return "gender";
        if (student.BirthDate is null) yield return "birth date";
        if (!HasRaceOrEthnicity(student)) yield return "race or ethnicity";
    }

    private static bool HasRaceOrEthnicity(Student s) =>
        s.HispanicLatino == true || s.AmericanIndian == true || s.Asian == true || s.Black == true || s.PacificIslander == true || s.White == true;

    private static bool IsUnlikelyAge(DateOnly birth, StudentView view, StudentFacts facts)
    {
        var age = Ages.On(birth, Ages.SchoolEntryDay(facts.Year));
        if (age < Thresholds.YoungestStudent.In(facts.Reference) || age > Thresholds.OldestStudent.In(facts.Reference)) return true;
        var most = Thresholds.YearsOffGrade.In(facts.Reference);
        return view.Enrollments.Any(e => CodeSets.Grade.Find(e.Record.Grade)?.Order is { } grade && Math.Abs(age - (grade + Ages.Kindergarten)) > most);
    }
}
