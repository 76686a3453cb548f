using Aim.Ports;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

/// <summary>Working files aren't flushed to disk: after a power failure one may be there and lack its end.</summary>
[TestClass]
public sealed class CutShortTests
{
    /// <summary>Gives the first file read under a name without its last bytes.</summary>
    private sealed class CutOnce(IBlobStore store, string name, int bytes) : IBlobStore
    {
        private int cuts;

        public int Cuts => cuts;

        public async Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation)
        {
            var stream = await store.OpenReadAsync(blob, cancellation);
            if (stream is null || !blob.Path.Contains(name, StringComparison.Ordinal) || Interlocked.Increment(ref cuts) > 1) return stream;
            using var whole = new MemoryStream();
            await using (stream) await stream.CopyToAsync(whole, cancellation);
            return new MemoryStream(whole.ToArray()[..^bytes]);
        }

        public Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation) => store.FindAsync(path, cancellation);

        public Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => store.WriteAsync(path, write, cancellation);

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => store.ListAsync(prefix, cancellation);

        public Task DeleteAsync(string path, CancellationToken cancellation) => store.DeleteAsync(path, cancellation);

        public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => store.CreateUploadUrlAsync(path, expires, cancellation);
    }

    private static readonly string Students = Sample.Tsv("SD", [.. Enumerable.Range(1001, 20).Select(id => Sample.Student($"{id}"))]);

    [TestMethod]
    [DataRow(4, DisplayName = "only the mark of the end is missing")]
    [DataRow(100, DisplayName = "whole rows are missing")]
    public async Task Changes_that_were_cut_short_are_not_applied_but_compared_anew(int bytes)
    {
        CutOnce cut = null!;
        await using var bench = await Workbench.OpenAsync(replace: ports => ports with { Blobs = cut = new CutOnce(ports.Blobs, "/changes-v", bytes) });

        var result = await bench.UploadAsync("SD", Students);

        Assert.IsGreaterThan(1, cut.Cuts);
        Assert.AreEqual((UploadStatus.Accepted, 20L), (result.Status, result.Counts.Added));
        Assert.IsNotNull(await bench.StateIdOfAsync("1020"));
    }

    [TestMethod]
    public async Task Staged_rows_that_were_cut_short_fail_the_upload_before_anything_is_written()
    {
        CutOnce cut = null!;
        await using var bench = await Workbench.OpenAsync(replace: ports => ports with { Blobs = cut = new CutOnce(ports.Blobs, "/stage-run", 4) });

        var result = await bench.UploadAsync("SD", Students, scope: UploadScope.Replace);

        Assert.AreEqual(1, cut.Cuts);
        Assert.AreEqual(UploadStatus.Failed, result.Status);
        StringAssert.Contains(result.Report.Sentence, "cut short");
        Assert.AreEqual(0, (await bench.Ports.Editions.GetHeadAsync(new(Sample.District, Sample.Year), CancellationToken.None)).Version);
        Assert.AreEqual(UploadStatus.Accepted, (await bench.UploadAsync("SD", Students)).Status);
    }
}
