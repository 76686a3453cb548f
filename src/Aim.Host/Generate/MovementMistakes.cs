using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>A case that the state is expected to open: the rule, the child's State ID, and whom it concerns.</summary>
/// <param name="Other">The State ID that is in it too; null for a case about one.</param>
internal sealed record SampleCase(string Rule, StateId StateId, StateId? Other, DistrictId District, DistrictId? OtherDistrict);

/// <summary>
/// Plants contradictions between two districts, in students who move from one to the other: one missing arrival, overlap or wrong exit a
/// student. They are in the enrollments before any row is made, so that counts and attendance go along.
/// </summary>
internal sealed class MovementMistakes(SampleRandom random, SchoolYear year, double rate)
{
    /// <summary>Both districts have the student on some days, but never on a count day.</summary>
    private const int OverlapDays = 9;

    private int turn;

    public List<SampleCase> Cases { get; } = [];

    /// <summary>The students as the districts have them, those of one child next to each other as before.</summary>
    public IEnumerable<SampleStudent> Plant(IReadOnlyList<SampleStudent> students)
    {
        for (var i = 0; i < students.Count; i++)
        {
            if (!students[i].IsShared || i + 1 == students.Count || students[i].Person != students[i + 1].Person || !random.Chance(rate))
            {
                yield return students[i];
                continue;
            }
            foreach (var student in Spoil(students[i], students[++i])) yield return student;
        }
    }

    private SampleStudent[] Spoil(SampleStudent leaver, SampleStudent arrival)
    {
        var (exit, entry) = (leaver.Enrollments[0], arrival.Enrollments[0]);
        switch (turn++ % 4)
        {
            case 0:
                Expect("ENR-007", leaver, null);
                return [leaver];
            case 1 when IsOverlapOfNoCount(entry.Start, exit.Calendar.End):
                Expect("ENR-004", leaver, arrival);
                return [Ending(leaver, exit with { End = entry.Start.AddDays(OverlapDays) }), arrival];
            case 2 when CodeSets.Grade.Find(leaver.Person.Grade)?.Order >= 7:
                Expect("ENR-008", leaver, null);
                return [Ending(leaver, exit with { EndStatus = "300" }), arrival];
            default:
                Expect("ENR-015", leaver, null);
                return [Ending(leaver, exit with { EndStatus = "130" }), arrival];
        }
    }

    private bool IsOverlapOfNoCount(DateOnly first, DateOnly calendarEnd)
    {
        var last = first.AddDays(OverlapDays);
        return last < calendarEnd && new[] { Ages.FallCountDay(year), Ages.SpringCountDay(year), SchoolDays.TestWindow(year) }.All(day => day < first || day > last);
    }

    private static SampleStudent Ending(SampleStudent student, SampleEnrollment enrollment) => student with { Enrollments = [enrollment] };

    private void Expect(string rule, SampleStudent leaver, SampleStudent? arrival)
    {
        var (one, other) = (leaver.District.District.Number, arrival?.District.District.Number);
        if (other is { } second && string.CompareOrdinal(second.Value, one.Value) < 0) (one, other) = (second, one);
        Cases.Add(new SampleCase(rule, leaver.Person.StateId!.Value, null, one, other));
    }
}
