using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Identity;
using Aim.Ports;
using Aim.Records;
using Aim.State;

namespace Aim.Tests.Setup;

/// <summary>The process is dead, as far as the code under test can tell.</summary>
internal sealed class CrashException : Exception;

/// <summary>Burns down with every call and then stays burnt: from the n-th touch on, nothing is done any more.</summary>
internal sealed class Fuse(int length)
{
    private readonly TaskCompletionSource burnt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int touches;

    public Task Burnt => burnt.Task;

    /// <summary>How often it was touched so far.</summary>
    public int Touches => Volatile.Read(ref touches);

    public void Touch()
    {
        if (Interlocked.Increment(ref touches) < length) return;
        burnt.TrySetResult();
        throw new CrashException();
    }

    public async Task<T> AroundAsync<T>(Func<Task<T>> call)
    {
        Touch();
        var result = await call();
        Touch();
        return result;
    }

    public Task AroundAsync(Func<Task> call) => AroundAsync(async () => { await call(); return true; });

    public async IAsyncEnumerable<T> AroundAsync<T>(IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Touch();
        await foreach (var item in items.WithCancellation(cancellation)) yield return item;
        Touch();
    }
}

/// <summary>The ports of a platform with a fuse before and after each call, so that a run can be ended at every place where it leaves a trace.</summary>
internal static class CrashingPorts
{
    public static AimPorts With(AimPorts ports, Fuse fuse) => new(
        new Blobs(ports.Blobs, fuse), new EditionStore(ports.Editions, fuse), new StateStore(ports.State, fuse), new Identities(ports.Identities, fuse), new Ledger(ports.Ledger, fuse), ports.Clock);

    private sealed class Blobs(IBlobStore store, Fuse fuse) : IBlobStore
    {
        public Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation) => fuse.AroundAsync(() => store.FindAsync(path, cancellation));

        public Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation) => fuse.AroundAsync(() => store.OpenReadAsync(blob, cancellation));

        public Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => fuse.AroundAsync(() => store.WriteAsync(path, async (file, token) =>
        {
            await write(file, token);
            fuse.Touch();
        }, cancellation));

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => fuse.AroundAsync(store.ListAsync(prefix, cancellation), cancellation);

        public Task DeleteAsync(string path, CancellationToken cancellation) => fuse.AroundAsync(() => store.DeleteAsync(path, cancellation));

        public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => fuse.AroundAsync(() => store.CreateUploadUrlAsync(path, expires, cancellation));
    }

    private sealed class EditionStore(IEditionStore store, Fuse fuse) : IEditionStore
    {
        public Task<EditionHead> GetHeadAsync(EditionKey edition, CancellationToken cancellation) => fuse.AroundAsync(() => store.GetHeadAsync(edition, cancellation));

        public IAsyncEnumerable<EditionHead> ListHeadsAsync(SchoolYear? year, CancellationToken cancellation) => fuse.AroundAsync(store.ListHeadsAsync(year, cancellation), cancellation);

        public IAsyncEnumerable<EditionStudent> ReadAsync(EditionKey edition, EditionSelection selection, CancellationToken cancellation) =>
            fuse.AroundAsync(store.ReadAsync(edition, selection, cancellation), cancellation);

        public Task<ApplyOutcome> ApplyAsync(EditionKey edition, long baseVersion, EditionLoad load, IAsyncEnumerable<EditionChange> changes, CancellationToken cancellation) =>
            fuse.AroundAsync(() => store.ApplyAsync(edition, baseVersion, load, fuse.AroundAsync(changes, cancellation), cancellation));

        public Task<ApplyOutcome> UndoAsync(EditionKey edition, long version, CancellationToken cancellation) => fuse.AroundAsync(() => store.UndoAsync(edition, version, cancellation));

        public Task<SyncLease?> BeginSyncAsync(EditionKey edition, string owner, DateTimeOffset until, CancellationToken cancellation) =>
            fuse.AroundAsync(() => store.BeginSyncAsync(edition, owner, until, cancellation));

        public Task<SyncCompletion> CompleteSyncAsync(SyncLease lease, int parked, CancellationToken cancellation) => fuse.AroundAsync(() => store.CompleteSyncAsync(lease, parked, cancellation));

        public Task ResetSyncAsync(EditionKey edition, CancellationToken cancellation) => fuse.AroundAsync(() => store.ResetSyncAsync(edition, cancellation));
    }

    private sealed class StateStore(IStateStore store, Fuse fuse) : IStateStore
    {
        public Task<IReadOnlyDictionary<StateId, StudentRecord>> FindAsync(IReadOnlyCollection<StateId> students, SchoolYear year, CancellationToken cancellation) =>
            fuse.AroundAsync(() => store.FindAsync(students, year, cancellation));

        public Task<IReadOnlyList<StudentRecord>> FindYearsAsync(StateId student, CancellationToken cancellation) => fuse.AroundAsync(() => store.FindYearsAsync(student, cancellation));

        public Task<IReadOnlyList<CommitStatus>> CommitAsync(IReadOnlyList<StudentCommit> commits, CancellationToken cancellation) => fuse.AroundAsync(() => store.CommitAsync(commits, cancellation));

        public Task<IReadOnlyList<StudentRecord>> HistoryAsync(StateId student, SchoolYear year, CancellationToken cancellation) => fuse.AroundAsync(() => store.HistoryAsync(student, year, cancellation));

        public IAsyncEnumerable<StudentRecord> ReadAsync(SchoolYear year, StateIdRange range, DateTimeOffset? asOf, CancellationToken cancellation) =>
            fuse.AroundAsync(store.ReadAsync(year, range, asOf, cancellation), cancellation);

        public IAsyncEnumerable<StateId> StudentsOfAsync(DistrictId district, SchoolYear year, CancellationToken cancellation) =>
            fuse.AroundAsync(store.StudentsOfAsync(district, year, cancellation), cancellation);

        public Task<DateTimeOffset> FixMomentAsync(CancellationToken cancellation) => fuse.AroundAsync(() => store.FixMomentAsync(cancellation));

        public Task<StateChanges> ReadChangesAsync(string? cursor, int most, CancellationToken cancellation) => fuse.AroundAsync(() => store.ReadChangesAsync(cursor, most, cancellation));
    }

    private sealed class Identities(IIdentityIndex index, Fuse fuse) : IIdentityIndex
    {
        public Task<IReadOnlyDictionary<StateId, Person>> FindAsync(IReadOnlyCollection<StateId> ids, CancellationToken cancellation) => fuse.AroundAsync(() => index.FindAsync(ids, cancellation));

        public Task<IReadOnlyDictionary<string, StateId>> FindLinksAsync(DistrictId district, IReadOnlyCollection<string> localIds, CancellationToken cancellation) =>
            fuse.AroundAsync(() => index.FindLinksAsync(district, localIds, cancellation));

        public Task<IReadOnlyList<ClaimOutcome>> ClaimAsync(IReadOnlyList<IdentityClaim> claims, CancellationToken cancellation) => fuse.AroundAsync(() => index.ClaimAsync(claims, cancellation));

        public Task LinkAsync(DistrictId district, IReadOnlyDictionary<string, StateId> links, CancellationToken cancellation) => fuse.AroundAsync(() => index.LinkAsync(district, links, cancellation));

        public Task PutAsync(IReadOnlyList<Person> people, CancellationToken cancellation) => fuse.AroundAsync(() => index.PutAsync(people, cancellation));

        public Task<IReadOnlyList<IReadOnlyList<Person>>> FindAlikeAsync(IReadOnlyList<Person> people, CancellationToken cancellation) => fuse.AroundAsync(() => index.FindAlikeAsync(people, cancellation));

        public Task<StateId> AddAsync(Person person, CancellationToken cancellation) => fuse.AroundAsync(() => index.AddAsync(person, cancellation));

        public Task<bool> SetSurvivorAsync(StateId id, StateId? survivor, CancellationToken cancellation) => fuse.AroundAsync(() => index.SetSurvivorAsync(id, survivor, cancellation));

        public IAsyncEnumerable<Person> ListAsync(CancellationToken cancellation) => index.ListAsync(cancellation);
    }

    private sealed class Ledger(ILedger ledger, Fuse fuse) : ILedger
    {
        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) => fuse.AroundAsync(() => ledger.FindAsync(subject, kind, id, cancellation));

        public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) => fuse.AroundAsync(() => ledger.AddAsync(entry, cancellation));

        public Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation) => fuse.AroundAsync(() => ledger.PutAsync(entry, cancellation));

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) => fuse.AroundAsync(ledger.ListAsync(subject, kind, afterId, cancellation), cancellation);
    }
}
