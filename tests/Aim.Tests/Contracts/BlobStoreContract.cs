using System.Text;
using Aim.Ports;

namespace Aim.Tests.Contracts;

/// <summary>What every <see cref="IBlobStore"/> promises.</summary>
[TestClass]
public abstract class BlobStoreContract
{
    private IBlobStore blobs = null!;

    /// <summary>An empty store.</summary>
    protected abstract Task<IBlobStore> OpenAsync();

    [TestInitialize]
    public async Task Open() => blobs = await OpenAsync();

    private static CancellationToken None => CancellationToken.None;

    private Task<BlobWrite> WriteAsync(string path, string text) => blobs.WriteAsync(path, Encoding.UTF8.GetBytes(text), None);

    private async Task<string?> ReadAsync(BlobRef blob)
    {
        await using var stream = await blobs.OpenReadAsync(blob, None);
        return stream is null ? null : await new StreamReader(stream).ReadToEndAsync();
    }

    private async Task<string?> ReadAsync(string path) => await blobs.FindAsync(path, None) is { } blob ? await ReadAsync(blob.Ref) : null;

    private async Task<IReadOnlyList<string>> PathsAsync(string prefix) => await blobs.ListAsync(prefix, None).Select(blob => blob.Path).ToListAsync();

    [TestMethod]
    public async Task A_written_blob_can_be_found_listed_and_read()
    {
        Assert.AreEqual(BlobWrite.Written, await WriteAsync("a/b/c.txt", "hello"));

        var found = (await blobs.FindAsync("a/b/c.txt", None))!;
        Assert.AreEqual(("a/b/c.txt", 5L), (found.Path, found.Length));
        Assert.AreEqual(found, await blobs.ListAsync("a/b/c.txt", None).SingleAsync(), "found and listed are the same, ETag included");
        Assert.AreEqual("hello", await ReadAsync(found.Ref));
    }

    [TestMethod]
    public async Task What_is_not_there_is_null()
    {
        Assert.IsNull(await blobs.FindAsync("no/such.txt", None));
        Assert.IsNull(await blobs.OpenReadAsync(new BlobRef("no/such.txt", "etag"), None));
        Assert.IsEmpty(await PathsAsync("no/"));
    }

    [TestMethod]
    public async Task An_empty_blob_is_a_blob()
    {
        Assert.AreEqual(BlobWrite.Written, await WriteAsync("empty", ""));

        Assert.AreEqual(0, (await blobs.FindAsync("empty", None))!.Length);
        Assert.AreEqual("", await ReadAsync("empty"));
    }

    [TestMethod]
    public async Task A_blob_of_many_megabytes_comes_back_byte_for_byte()
    {
        var content = new byte[9_000_001];
        new Random(7).NextBytes(content);

        await blobs.WriteAsync("big", async (file, cancellation) =>
        {
            foreach (var piece in content.Chunk(700_001)) await file.WriteAsync(piece, cancellation);
        }, None);

        await using var stream = await blobs.OpenReadAsync((await blobs.FindAsync("big", None))!.Ref, None);
        using var copy = new MemoryStream();
        await stream!.CopyToAsync(copy);
        Assert.IsTrue(content.AsSpan().SequenceEqual(copy.ToArray()));
    }

    [TestMethod]
    public async Task A_second_write_is_not_asked_for_its_content_and_changes_nothing()
    {
        await WriteAsync("once", "first");
        var before = await blobs.FindAsync("once", None);
        var asked = false;

        var second = await blobs.WriteAsync("once", (_, _) => { asked = true; return Task.CompletedTask; }, None);

        Assert.AreEqual(BlobWrite.AlreadyExists, second);
        Assert.IsFalse(asked);
        Assert.AreEqual(before, await blobs.FindAsync("once", None));
        Assert.AreEqual("first", await ReadAsync("once"));
    }

    [TestMethod]
    public async Task Of_two_writers_at_once_one_writes_and_the_other_is_told_so()
    {
        // Once is luck: a store that looks first and then moves lets both through only now and then.
        const int rounds = 40;
        for (var round = 0; round < rounds; round++)
        {
            var path = $"work/raced-{round}";
            var bothHaveBegun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var begun = 0;

            async Task<BlobWrite> WriteWhenBothHaveBegunAsync(string text) => await blobs.WriteAsync(path, async (file, cancellation) =>
            {
                await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
                if (Interlocked.Increment(ref begun) == 2) bothHaveBegun.SetResult();
                await bothHaveBegun.Task;
            }, None);

            var outcomes = await Task.WhenAll(Task.Run(() => WriteWhenBothHaveBegunAsync("left")), Task.Run(() => WriteWhenBothHaveBegunAsync("right")));

            CollectionAssert.AreEquivalent(new[] { BlobWrite.Written, BlobWrite.AlreadyExists }, outcomes);
            Assert.AreEqual(outcomes[0] == BlobWrite.Written ? "left" : "right", await ReadAsync(path));
        }

        Assert.HasCount(rounds, await PathsAsync("work/raced-"));
    }

    [TestMethod]
    public async Task A_blob_is_not_there_until_its_writer_is_done()
    {
        IReadOnlyList<string> seen = ["not asked"];

        await blobs.WriteAsync("slow", async (file, cancellation) =>
        {
            await file.WriteAsync(new byte[100_000], cancellation);
            await file.FlushAsync(cancellation);
            seen = await blobs.FindAsync("slow", None) is { } found ? [found.Path] : await PathsAsync("");
        }, None);

        Assert.IsEmpty(seen);
        Assert.AreEqual(100_000, (await blobs.FindAsync("slow", None))!.Length);
    }

    [TestMethod]
    public async Task A_writer_that_throws_leaves_nothing_and_can_try_again()
    {
        await Assert.ThrowsExactlyAsync<TimeoutException>(() => blobs.WriteAsync("broken", async (file, cancellation) =>
        {
            await file.WriteAsync(new byte[5_000_000], cancellation);
            throw new TimeoutException();
        }, None));

        Assert.IsNull(await blobs.FindAsync("broken", None));
        Assert.IsEmpty(await PathsAsync(""));
        Assert.AreEqual(BlobWrite.Written, await WriteAsync("broken", "whole"));
        Assert.AreEqual("whole", await ReadAsync("broken"));
    }

    [TestMethod]
    public async Task A_blob_is_read_only_under_its_own_ETag()
    {
        await WriteAsync("pinned", "one");
        await WriteAsync("other", "another text");
        var foreign = (await blobs.FindAsync("other", None))!.ETag;

        Assert.IsNull(await ReadAsync(new BlobRef("pinned", foreign)));
        Assert.AreEqual("one", await ReadAsync((await blobs.FindAsync("pinned", None))!.Ref));
    }

    [TestMethod]
    public async Task A_path_that_is_written_anew_has_another_ETag_even_at_the_same_length()
    {
        var etags = new HashSet<string>();
        BlobRef first = default;
        for (var i = 0; i < 20; i++)
        {
            await WriteAsync("again", $"text {i:D2}");
            var blob = (await blobs.FindAsync("again", None))!.Ref;
            if (i == 0) first = blob;
            Assert.IsTrue(etags.Add(blob.ETag), $"write {i} has the ETag of an earlier one");
            await blobs.DeleteAsync("again", None);
        }
        await WriteAsync("again", "text 20");

        Assert.IsNull(await ReadAsync(first), "who holds the old version must not get the new one");
    }

    [TestMethod]
    public async Task Listing_is_by_prefix_and_in_ordinal_order_of_paths()
    {
        string[] paths = ["a-b/1", "a/b/2", "a/b/10", "a/B/1", "a/b.txt", "ab/1", "a/c/x y.txt", "b/1"];
        foreach (var path in paths) await WriteAsync(path, path);

        CollectionAssert.AreEqual(paths.Order(StringComparer.Ordinal).ToList(), (await PathsAsync("")).ToList());
        CollectionAssert.AreEqual(new[] { "a/B/1", "a/b.txt", "a/b/10", "a/b/2", "a/c/x y.txt" }, (await PathsAsync("a/")).ToList());
        CollectionAssert.AreEqual(new[] { "a/b.txt", "a/b/10", "a/b/2" }, (await PathsAsync("a/b")).ToList());
        CollectionAssert.AreEqual(new[] { "a/b/10", "a/b/2" }, (await PathsAsync("a/b/")).ToList());
    }

    [TestMethod]
    public async Task A_deleted_blob_is_gone_and_deleting_it_again_does_nothing()
    {
        await WriteAsync("d/1", "one");
        await WriteAsync("d/2", "two");
        var gone = (await blobs.FindAsync("d/1", None))!.Ref;

        await blobs.DeleteAsync("d/1", None);
        await blobs.DeleteAsync("d/1", None);

        Assert.IsNull(await blobs.FindAsync("d/1", None));
        Assert.IsNull(await ReadAsync(gone));
        CollectionAssert.AreEqual(new[] { "d/2" }, (await PathsAsync("d/")).ToList());
    }

    [TestMethod]
    public async Task A_prefix_can_be_cleared_and_written_anew()
    {
        for (var i = 0; i < 5; i++) await WriteAsync($"work/x/{i}/part", "old");
        await WriteAsync("work/xy", "stays");

        await blobs.ClearAsync("work/x/", None);

        CollectionAssert.AreEqual(new[] { "work/xy" }, (await PathsAsync("work/")).ToList());
        Assert.AreEqual(BlobWrite.Written, await WriteAsync("work/x/0/part", "new"));
        Assert.AreEqual("new", await ReadAsync("work/x/0/part"));
    }

    [TestMethod]
    public async Task A_listing_goes_on_while_blobs_are_deleted_under_it()
    {
        for (var i = 0; i < 4; i++) await WriteAsync($"l/{i}", "text");

        var seen = new List<string>();
        await foreach (var blob in blobs.ListAsync("l/", None))
        {
            seen.Add(blob.Path);
            if (seen.Count == 1) await blobs.DeleteAsync("l/2", None);
        }

        CollectionAssert.IsSubsetOf(new[] { "l/0", "l/1", "l/3" }, seen, "what was there all the time is listed");
    }

    [TestMethod]
    public async Task A_stream_that_is_open_is_read_to_its_end()
    {
        await WriteAsync("open", new string('x', 200_000));
        await using var stream = await blobs.OpenReadAsync((await blobs.FindAsync("open", None))!.Ref, None);

        var read = (await new StreamReader(stream!).ReadToEndAsync()).Length;

        Assert.AreEqual(200_000, read);
    }

    [TestMethod]
    public async Task An_upload_URL_is_for_one_blob_and_names_it()
    {
        var url = await blobs.CreateUploadUrlAsync("uploads/0123/2026/SD/key/SD.tsv", new DateTimeOffset(2026, 1, 15, 13, 0, 0, TimeSpan.Zero), None);
        var other = await blobs.CreateUploadUrlAsync("uploads/0123/2026/SD/other/SD.tsv", new DateTimeOffset(2026, 1, 15, 13, 0, 0, TimeSpan.Zero), None);

        StringAssert.EndsWith(url.AbsolutePath, "uploads/0123/2026/SD/key/SD.tsv");
        Assert.AreNotEqual(url.Query, other.Query, "the signature of one is not that of the other");
        Assert.IsNull(await blobs.FindAsync("uploads/0123/2026/SD/key/SD.tsv", None), "a URL alone makes no blob");
    }
}
