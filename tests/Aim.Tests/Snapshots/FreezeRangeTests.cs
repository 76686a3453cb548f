using Aim.Ports;
using Aim.Snapshots;
using Aim.Tests.Setup;
using Aim.Workflows;

namespace Aim.Tests.Snapshots;

[TestClass]
public sealed class FreezeRangeTests
{
    /// <summary>Blobs under a policy that lets nothing be changed or deleted.</summary>
    private sealed class ImmutableBlobs(IBlobStore blobs) : IBlobStore
    {
        public Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation) => blobs.FindAsync(path, cancellation);

        public Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation) => blobs.OpenReadAsync(blob, cancellation);

        public Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => blobs.WriteAsync(path, write, cancellation);

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => blobs.ListAsync(prefix, cancellation);

        public Task DeleteAsync(string path, CancellationToken cancellation) => throw new IOException("The blob is immutable.");

        public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => blobs.CreateUploadUrlAsync(path, expires, cancellation);
    }

    private static async Task<(FreezeRange Freeze, FreezeInput Input, Workbench Bench)> ArrangeAsync()
    {
        var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1"), Sample.Student("2")));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1"), Sample.Enrollment("2")));
        var moment = await bench.Ports.State.FixMomentAsync(CancellationToken.None);
        var plan = new SnapshotPlan(new SnapshotInput("fall", Sample.Year, new DateOnly(2025, 10, 6), "test"), moment, "1", Parts: 1);
        return (new FreezeRange(bench.Ports.State, new ImmutableBlobs(bench.Ports.Blobs)), new FreezeInput(plan, 0), bench);
    }

    [TestMethod]
    public async Task A_freeze_that_is_repeated_takes_nothing_back_and_comes_to_the_same()
    {
        var (freeze, input, bench) = await ArrangeAsync();
        await using var _ = bench;
        var first = await freeze.RunAsync(input, CancellationToken.None);
        var second = await freeze.RunAsync(input, CancellationToken.None);
        Assert.AreEqual(2, first.Students);
        Assert.AreEqual(first.Students, second.Students);
        CollectionAssert.AreEqual(first.Files.ToList(), second.Files.ToList());
    }

    [TestMethod]
    public async Task A_part_that_was_frozen_with_other_content_is_left_alone_and_told_of()
    {
        var (freeze, input, bench) = await ArrangeAsync();
        await using var _ = bench;
        await bench.Ports.Blobs.WriteAsync($"{input.Plan.Prefix}part-000/Student.parquet", "another"u8.ToArray(), CancellationToken.None);
        var failure = await Assert.ThrowsExactlyAsync<FaultException>(() => freeze.RunAsync(input, CancellationToken.None));
        Assert.IsTrue(failure.IsPermanent);
        Assert.Contains("another name", failure.Message);
    }
}
