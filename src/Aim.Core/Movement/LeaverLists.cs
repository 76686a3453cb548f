using System.Collections.Concurrent;
using System.Globalization;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;

namespace Aim.Movement;

/// <summary>
/// A district's dropouts of a year and its four-year cohort, for the verification in the fall: computed from the state's records when they are first asked for, or asked for anew, and kept for a
/// day. The cost of computing them follows the district's size. What is documented is looked up each time.
/// </summary>
public sealed class LeaverLists(IStateStore state, IEditionStore editions, ParkedStudents parking, IBlobStore blobs, DocumentedExits documentation, TimeProvider clock)
{
    private const int AtOnce = 16;
    private const int StudentsARead = 500;

    private readonly KeptLists kept = new(blobs, clock);

    /// <param name="IfDocumented">What the outcome is once the exit is documented; null where that changes nothing.</param>
    private sealed record KeptMember(CohortMember Member, DateOnly LastDayOfExit, CohortOutcome? IfDocumented);

    /// <summary>The district's dropouts of a school year as of a day, by State ID.</summary>
    /// <param name="anew">Compute it now, instead of taking one of the last day.</param>
    public async Task<KeptList<Dropout>> DropoutsAsync(DistrictId district, SchoolYear year, DateOnly asOf, bool anew, CancellationToken cancellation)
    {
        var (computedAt, dropouts) = await kept.GetAsync(NameOf("dropouts", district, year, asOf), anew, () =>
            CollectAsync(district, [year], Dropout.LowestGrade, history => Dropout.Of(history, year, asOf) is { } dropout && dropout.District == district ? dropout : null,
                dropout => dropout.Student, cancellation), cancellation);
        if (!dropouts.Any(dropout => dropout.IsFinal)) return new KeptList<Dropout>(computedAt, dropouts);
        var next = await editions.ListHeadsAsync(new SchoolYear(year.EndYear + 1), cancellation).Where(head => head.RowCount > 0).ToListAsync(cancellation);
        var hasCome = next.Exists(head => head.Key.District == district);
        var waiting = new List<(DistrictId District, ParkedStudent Student)>();
        foreach (var head in next.Where(head => head.Parked > 0)) waiting.AddRange((await parking.ListAsync(head.Key, cancellation)).Values.Select(student => (head.Key.District, student)));
        var perhaps = waiting.SelectMany(item => item.Student.Candidates).ToHashSet();
        var own = waiting.Where(item => item.District == district).Select(item => item.Student.LocalId).ToHashSet();
        return new KeptList<Dropout>(computedAt, [.. dropouts.Select(dropout => dropout with { IsFinal = dropout.IsFinal && hasCome && !perhaps.Contains(dropout.Student) && !own.Contains(dropout.LocalId) })]);
    }

    /// <summary>The members of a cohort that are the district's as of a day, by State ID; those that are removed from it too.</summary>
    /// <inheritdoc cref="DropoutsAsync" path="/param" />
    public async Task<KeptList<CohortMember>> CohortAsync(DistrictId district, SchoolYear cohort, DateOnly asOf, bool anew, CancellationToken cancellation)
    {
        var years = Enumerable.Range(cohort.EndYear - CohortMember.YearsAfterEntry, CohortMember.YearsAfterEntry + 1).Select(year => new SchoolYear(year));
        var (computedAt, members) = await kept.GetAsync(NameOf("cohort", district, cohort, asOf), anew, () => CollectAsync(district, years, CohortMember.Grade9, MemberOf, member => member.Member.Student, cancellation), cancellation);
        var exits = members.Where(item => item.IfDocumented is not null).Select(item => (item.Member.Student, item.LastDayOfExit)).ToList();
        var documented = await documentation.OfAsync(district, cohort, exits, cancellation);
        return new KeptList<CohortMember>(computedAt, [.. members.Select(item => item.IfDocumented is { } outcome && documented.Contains((item.Member.Student, item.LastDayOfExit))
            ? item.Member with { Outcome = outcome, NeedsDocumentation = false } : item.Member)]);

        KeptMember? MemberOf(EnrollmentHistory history) => CohortMember.Of(history, cohort, asOf, documented: []) is { } member && member.District == district
            ? new KeptMember(member, member.LastDayOfExit, member.NeedsDocumentation ? CohortMember.Of(history, cohort, asOf, [member.LastDayOfExit])!.Outcome : null) : null;
    }

    private static string NameOf(string list, DistrictId district, SchoolYear year, DateOnly asOf) => string.Create(CultureInfo.InvariantCulture, $"{list}/{district}/{year}/{asOf:yyyy-MM-dd}");

    /// <summary>What a judgement says of the students that the district has sections of in some years, and that were in a grade from the lowest one on in one of these.</summary>
    private async Task<IReadOnlyList<T>> CollectAsync<T>(
        DistrictId district, IEnumerable<SchoolYear> years, int lowestGrade, Func<EnrollmentHistory, T?> judge, Func<T, StateId> student, CancellationToken cancellation) where T : class
    {
        var students = new HashSet<StateId>();
        foreach (var year in years)
        {
            foreach (var some in (await state.StudentsOfAsync(district, year, cancellation).Where(id => !students.Contains(id)).ToListAsync(cancellation)).Chunk(StudentsARead))
                students.UnionWith((await state.FindAsync(some, year, cancellation)).Values.Where(record => EnrollmentHistory.Of(record.StateId, [record]).Entries.Any(entry => entry.Grade >= lowestGrade)).Select(record => record.StateId));
        }
        var found = new ConcurrentBag<T>();
        await Parallel.ForEachAsync(students, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (id, token) =>
        {
            if (judge(EnrollmentHistory.Of(id, await state.FindYearsAsync(id, token))) is { } one) found.Add(one);
        });
        return [.. found.OrderBy(student)];
    }
}
