using Aim.Records;
using Aim.State;

namespace Aim.Ports;

/// <summary>A half-open range of State IDs; ranges that follow one another hold each student once.</summary>
public readonly record struct StateIdRange(int From, int To)
{
    public static StateIdRange All { get; } = new(0, StateId.Highest + 1);

    /// <summary>Cuts all State IDs into that many ranges of equal width.</summary>
    public static IReadOnlyList<StateIdRange> Split(int parts) =>
        [.. Enumerable.Range(0, parts).Select(i => new StateIdRange((int)((StateId.Highest + 1L) * i / parts), (int)((StateId.Highest + 1L) * (i + 1) / parts)))];

    public bool Contains(StateId id) => id.Value >= From && id.Value < To;
}

/// <summary>
/// The state edition. A commit is atomic for a student: record, history and event together, or nothing. Reading as of a moment gives
/// every student's version of that moment, also while commits go on.
/// </summary>
public interface IStateStore
{
    /// <summary>The records that exist, also those from which everything was taken back; students without one in that year are left out.</summary>
    Task<IReadOnlyDictionary<StateId, StudentRecord>> FindAsync(IReadOnlyCollection<StateId> students, SchoolYear year, CancellationToken cancellation);

    /// <summary>All years of one student, newest first.</summary>
    Task<IReadOnlyList<StudentRecord>> FindYearsAsync(StateId student, CancellationToken cancellation);

    /// <summary>
    /// Commits each student on its own and tells how it went, in the order given. A committed record has the version after the one it
    /// was made from, the store's stamp and one event; the version before stays readable. A student must not be twice in one call.
    /// </summary>
    Task<IReadOnlyList<CommitStatus>> CommitAsync(IReadOnlyList<StudentCommit> commits, CancellationToken cancellation);

    /// <summary>Every version of a student's record in a year, newest first.</summary>
    Task<IReadOnlyList<StudentRecord>> HistoryAsync(StateId student, SchoolYear year, CancellationToken cancellation);

    /// <summary>
    /// The students of a range with a record in the year, as they were at a moment (null: now), by State ID. A moment to read at has to
    /// come from <see cref="FixMomentAsync"/>, else a commit could still be stamped before it.
    /// </summary>
    IAsyncEnumerable<StudentRecord> ReadAsync(SchoolYear year, StateIdRange range, DateTimeOffset? asOf, CancellationToken cancellation);

    /// <summary>State IDs of the students a district has sections of in a year, in order.</summary>
    IAsyncEnumerable<StateId> StudentsOfAsync(DistrictId district, SchoolYear year, CancellationToken cancellation);

    /// <summary>
    /// A moment that no later commit will be stamped at or before: the cut of a snapshot. Every commit that has returned by now is
    /// stamped before it.
    /// </summary>
    Task<DateTimeOffset> FixMomentAsync(CancellationToken cancellation);

    /// <summary>
    /// Events after a cursor (null: from the first one kept), at most so many; a student's events are in the order of its versions. An event may
    /// be read again, never changed.
    /// </summary>
    Task<StateChanges> ReadChangesAsync(string? cursor, int most, CancellationToken cancellation);
}

/// <summary>A page of events.</summary>
/// <param name="Cursor">Where the next page starts, also when this one is empty; only the store knows how to read it.</param>
/// <param name="HasMore">False when there was nothing more at the time.</param>
public sealed record StateChanges(IReadOnlyList<StateChange> Changes, string Cursor, bool HasMore);

/// <summary>The cursor was not given out by this store.</summary>
public sealed class InvalidCursorException(Exception? inner = null) : FormatException("The cursor is not one that this store gave out.", inner);
