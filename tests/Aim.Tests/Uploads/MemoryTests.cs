using System.Text;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

/// <summary>Memory is measured for the whole process, so nothing else may run beside it.</summary>
[TestClass]
[DoNotParallelize]
public sealed class MemoryTests
{
    private const long FileSize = 120L << 20;
    private const long MostLive = 128L << 20;
    private const long MostGrowth = 16L << 20;

    [TestMethod]
    public async Task Staging_a_file_takes_as_much_memory_at_its_end_as_near_its_beginning()
    {
        await using var bench = await Workbench.OpenAsync();
        var file = new GeneratedFile();
        var blobs = new OneBigFile(bench.Ports.Blobs, file);
        var upload = new UploadInput("big", new UploadId(1), "uploads/0123/2026/SD/big/SD.tsv", "1");
        var ticket = new UploadTicket { Key = "big", District = Sample.District, Year = Sample.Year, RecordType = "SD", FileName = "SD.tsv", RequestedBy = "test", RequestedAt = default };
        var baseline = GC.GetTotalMemory(forceFullCollection: true);

        var form = await FileInspector.InspectAsync(new GeneratedFile(), RecordTypes.Student, Sample.Year, new DateOnly(2025, 10, 7), CancellationToken.None);
        var staged = await new StageUpload(blobs, bench.Platform.References).RunAsync(new UploadPlan(upload, ticket, form, null, new DateOnly(2025, 10, 7), default), CancellationToken.None);

        Assert.AreEqual((file.Rows, 0L, null), (staged.Rows, staged.Rejected, staged.Refusal));
        Assert.IsGreaterThan(8, file.Live.Count);
        var (early, late) = (file.Live.Take(file.Live.Count / 2).Max(), file.Live.Skip(file.Live.Count / 2).Max());
        Assert.IsLessThan(MostLive, file.Live.Max() - baseline);
        Assert.IsLessThan(MostGrowth, late - early);
    }

    /// <summary>Students by the million, made as they are read; what is alive is counted every now and then.</summary>
    private sealed class GeneratedFile : Stream
    {
        private const int CountEvery = 12 << 20;

        private readonly string row = Sample.Student("#", ("Address1", new string('a', 60)), ("GuardianName", new string('g', 80))).Text("SD") + "\n";
        private byte[] rest = Encoding.UTF8.GetBytes("HD\t10/07/2025\t08:30:00\tMT9.1\n");
        private int restStart;
        private long given;
        private long counted;

        public long Rows { get; private set; }

        public List<long> Live { get; } = [];

        public override int Read(Span<byte> buffer)
        {
            if (given - counted >= CountEvery)
            {
                Live.Add(GC.GetTotalMemory(forceFullCollection: true));
                counted = given;
            }
            var filled = 0;
            while (filled < buffer.Length)
            {
                if (restStart == rest.Length)
                {
                    if (given + filled >= FileSize) break;
                    rest = Encoding.UTF8.GetBytes(row.Replace("#", $"{Rows++:D8}"));
                    restStart = 0;
                }
                var take = Math.Min(buffer.Length - filled, rest.Length - restStart);
                rest.AsSpan(restStart, take).CopyTo(buffer[filled..]);
                restStart += take;
                filled += take;
            }
            given += filled;
            return filled;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => given; set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>A store whose every upload is the generated file, and whose work files are written to nowhere.</summary>
    private sealed class OneBigFile(IBlobStore store, Stream file) : IBlobStore
    {
        public Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation) => store.FindAsync(path, cancellation);

        public Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation) =>
            blob.Path.StartsWith(UploadPath.Root, StringComparison.Ordinal) ? Task.FromResult<Stream?>(file) : store.OpenReadAsync(blob, cancellation);

        public async Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
        {
            await write(Stream.Null, cancellation);
            return BlobWrite.Written;
        }

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => store.ListAsync(prefix, cancellation);

        public Task DeleteAsync(string path, CancellationToken cancellation) => store.DeleteAsync(path, cancellation);

        public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => store.CreateUploadUrlAsync(path, expires, cancellation);
    }
}
