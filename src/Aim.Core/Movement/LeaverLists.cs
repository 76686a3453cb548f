using System.Collections.Concurrent;
using System.Text.Json;
using Aim.Ports;
using Aim.Records;

namespace Aim.Movement;

/// <summary>A district's note that a transfer out of the state's public schools is documented in writing, for instance by the new school's request.</summary>
public sealed record TransferDocumentation(StateId Student, string Note, string By, DateTimeOffset At);

/// <summary>
/// A district's dropouts of a year and its four-year cohort, for the verification in the fall: computed from the state's records each time, so that a
/// correction shows at once. The cost follows the district's size.
/// </summary>
public sealed class LeaverLists(IStateStore state, ILedger ledger, TimeProvider clock)
{
    private const string Documented = "documentation";
    private const int AtOnce = 16;

    /// <summary>The district's dropouts of a school year as of a day, by State ID.</summary>
    public Task<IReadOnlyList<Dropout>> DropoutsAsync(DistrictId district, SchoolYear year, DateOnly asOf, CancellationToken cancellation) =>
        CollectAsync(district, [year], history => Dropout.Of(history, year, asOf) is { } dropout && dropout.District == district ? dropout : null,
            dropout => dropout.Student, cancellation);

    /// <summary>The members of a cohort that are the district's as of a day, by State ID; those that are removed from it too.</summary>
    public async Task<IReadOnlyList<CohortMember>> CohortAsync(DistrictId district, SchoolYear cohort, DateOnly asOf, CancellationToken cancellation)
    {
        var documented = new HashSet<StateId>();
        await foreach (var entry in ledger.ListAsync(OfCohort(district, cohort), Documented, null, cancellation)) documented.Add(StateId.Parse(entry.Id));
        var years = Enumerable.Range(cohort.EndYear - CohortMember.YearsAfterEntry, CohortMember.YearsAfterEntry + 1).Select(year => new SchoolYear(year));
        return await CollectAsync(district, years, MemberOf, member => member.Student, cancellation);

        CohortMember? MemberOf(EnrollmentHistory history) =>
            CohortMember.Of(history, cohort, asOf, documented.Contains(history.Student)) is { } member && member.District == district ? member : null;
    }

    /// <summary>Notes that a member's transfer out is documented; false when it is no member of the district's cohort that needs it.</summary>
    public async Task<bool> DocumentAsync(DistrictId district, SchoolYear cohort, StateId student, string note, Caller caller, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var history = EnrollmentHistory.Of(student, await state.FindYearsAsync(student, cancellation));
        if (CohortMember.Of(history, cohort, DateOnly.FromDateTime(now.UtcDateTime), isDocumented: false) is not { NeedsDocumentation: true } member || member.District != district) return false;
        await ledger.PutAsync(new(OfCohort(district, cohort), Documented, $"{student}", JsonSerializer.Serialize(new TransferDocumentation(student, note, caller.Id, now), CaseBook.Json)), cancellation);
        return true;
    }

    /// <summary>What a judgement says of the students that the district has sections of in some years.</summary>
    private async Task<IReadOnlyList<T>> CollectAsync<T>(
        DistrictId district, IEnumerable<SchoolYear> years, Func<EnrollmentHistory, T?> judge, Func<T, StateId> student, CancellationToken cancellation) where T : class
    {
        var students = new HashSet<StateId>();
        foreach (var year in years) await foreach (var id in state.StudentsOfAsync(district, year, cancellation)) students.Add(id);
        var found = new ConcurrentBag<T>();
        await Parallel.ForEachAsync(students, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (id, token) =>
        {
            if (judge(EnrollmentHistory.Of(id, await state.FindYearsAsync(id, token))) is { } one) found.Add(one);
        });
        return [.. found.OrderBy(student)];
    }

    private static string OfCohort(DistrictId district, SchoolYear cohort) => $"cohort/{cohort}/{district}";
}
