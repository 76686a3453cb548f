using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>A case that the state is expected to open: the rule, the child's State ID, and whom it concerns.</summary>
/// <param name="Other">The State ID that is in it too; null for a case about one.</param>
/// <param name="FirstDay">The first day of what is wrong; null for a case about who a child is.</param>
internal sealed record SampleCase(string Rule, StateId StateId, StateId? Other, DistrictId District, DistrictId? OtherDistrict, DateOnly? FirstDay);

/// <summary>
/// Plants contradictions in what the state knows of a student: one missing arrival, overlap or wrong exit of who moves from one district to another, and an overlap under two local ids of who stays.
/// They are in the enrollments before any row is made, so that counts and attendance go along.
/// </summary>
internal sealed class MovementMistakes(SampleRandom random, SampleRegister register, SchoolYear year, double rate)
{
    /// <summary>Two enrollments hold the student on some days, but never on a count day.</summary>
    private const int OverlapDays = 9;

    /// <summary>Of those with a mistake, who stay and are entered a second time.</summary>
    private const double EnteredTwiceShare = 0.02;

    public List<SampleCase> Cases { get; } = [];

    /// <summary>The students as the districts have them, those of one child next to each other as before.</summary>
    public IEnumerable<SampleStudent> Plant(IReadOnlyList<SampleStudent> students)
    {
        for (var i = 0; i < students.Count; i++)
        {
            if (rate > 0 && CanEnterTwice(students[i]) && random.Chance(rate * EnteredTwiceShare) && DayOfEntry(students[i].Enrollments[0]) is { } day)
            {
                foreach (var student in EnterTwice(students[i], day)) yield return student;
                continue;
            }
            if (!students[i].IsShared || i + 1 == students.Count || students[i].Person != students[i + 1].Person || !random.Chance(rate))
            {
                yield return students[i];
                continue;
            }
            foreach (var student in Spoil(students[i], students[++i])) yield return student;
        }
    }

    /// <summary>In the way that suits and came least often.</summary>
    private SampleStudent[] Spoil(SampleStudent leaver, SampleStudent arrival)
    {
        var (exit, entry) = (leaver.Enrollments[0], arrival.Enrollments[0]);
        var rule = Suitable(leaver, exit, entry).MinBy(rule => Cases.Count(item => item.Rule == rule))!;
        Expect(rule, leaver, rule == "ENR-004" ? entry.Start : exit.End, rule == "ENR-004" ? arrival : null);
        return rule switch
        {
            "ENR-004" => [Ending(leaver, exit with { End = entry.Start.AddDays(OverlapDays) }), arrival],
            "ENR-007" => [leaver],
            "ENR-008" => [Ending(leaver, exit with { EndStatus = "300" }), arrival],
            _ => [Ending(leaver, exit with { EndStatus = "130" }), arrival],
        };
    }

    private IEnumerable<string> Suitable(SampleStudent leaver, SampleEnrollment exit, SampleEnrollment entry)
    {
        if (IsOverlapOfNoCount(entry.Start, exit.Calendar.End)) yield return "ENR-004";
        yield return "ENR-007";
        if (CodeSets.Grade.Find(leaver.Person.Grade)?.Order >= 7) yield return "ENR-008";
        yield return "ENR-015";
    }

    private static bool CanEnterTwice(SampleStudent student) => !student.IsShared && IdentityMistakes.IsKnown(student) && IdentityMistakes.IsThereAllYear(student);

    /// <summary>The school enters the student once more, under another local id, and is late to end the first enrollment.</summary>
    private SampleStudent[] EnterTwice(SampleStudent student, DateOnly day)
    {
        var only = student.Enrollments[0];
        Expect("ENR-003B", student, day);
        var shared = student with { IsShared = true };
        return [Ending(shared, only with { End = day.AddDays(OverlapDays), EndStatus = "110" }),
            Ending(shared, only with { Start = day, StartStatus = "04" }) with { LocalId = register.NewLocalId(student.District.District.Number), PriorGrade = null }];
    }

    /// <summary>Null when no day suits.</summary>
    private DateOnly? DayOfEntry(SampleEnrollment enrollment)
    {
        var day = random.SchoolDay(enrollment.Start.AddDays(40), enrollment.End.AddDays(-40));
        return IsOverlapOfNoCount(day, enrollment.Calendar.End) ? day : null;
    }

    private bool IsOverlapOfNoCount(DateOnly first, DateOnly calendarEnd)
    {
        var last = first.AddDays(OverlapDays);
        return last < calendarEnd && new[] { Ages.FallCountDay(year), Ages.SpringCountDay(year), SchoolDays.TestWindow(year) }.All(day => day < first || day > last);
    }

    private static SampleStudent Ending(SampleStudent student, SampleEnrollment enrollment) => student with { Enrollments = [enrollment] };

    private void Expect(string rule, SampleStudent leaver, DateOnly firstDay, SampleStudent? arrival = null)
    {
        var (one, other) = (leaver.District.District.Number, arrival?.District.District.Number);
        if (other is { } second && string.CompareOrdinal(second.Value, one.Value) < 0) (one, other) = (second, one);
        Cases.Add(new SampleCase(rule, leaver.Person.StateId!.Value, null, one, other, firstDay));
    }
}
