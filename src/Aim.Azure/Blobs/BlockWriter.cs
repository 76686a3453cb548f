using System.Globalization;
using System.Text;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Aim.Azure.Blobs;

/// <summary>
/// A stream into the blocks of a blob that nobody sees until they are committed. Block ids are the writer's own: two writers of one path must not
/// come to commit each other's blocks, as they could if ids followed from positions.
/// </summary>
internal sealed class BlockWriter(BlockBlobClient blob, CancellationToken cancellation) : Stream
{
    private const int BlockSize = 4 * 1024 * 1024;

    private readonly string writer = Guid.NewGuid().ToString("N");
    private readonly List<string> blocks = [];
    private readonly MemoryStream block = new();

    /// <summary>Makes what was written the blob, if there is none.</summary>
    public async Task CommitAsync()
    {
        var once = new BlobRequestConditions { IfNoneMatch = global::Azure.ETag.All };
        if (blocks.Count == 0 && await TryUploadAsync(once)) return;
        if (block.Length > 0) await StageAsync(cancellation);
        await blob.CommitBlockListAsync(blocks, new CommitBlockListOptions { Conditions = once }, cancellation);
    }

    /// <summary>In one request. False when there is a blob, or what an emulator takes for one: the blocks of a writer that gave up.</summary>
    private async Task<bool> TryUploadAsync(BlobRequestConditions once)
    {
        try
        {
            block.Position = 0;
            await blob.UploadAsync(block, new BlobUploadOptions { Conditions = once }, cancellation);
            return true;
        }
        catch (global::Azure.RequestFailedException failure) when (failure.Status == 409)
        {
            return false;
        }
    }

    private async Task StageAsync(CancellationToken token)
    {
        var id = Convert.ToBase64String(Encoding.ASCII.GetBytes(writer + blocks.Count.ToString("D6", CultureInfo.InvariantCulture)));
        block.Position = 0;
        await blob.StageBlockAsync(id, block, cancellationToken: token);
        blocks.Add(id);
        block.SetLength(0);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var piece = buffer[..Math.Min(buffer.Length, BlockSize - (int)block.Length)];
            block.Write(piece.Span);
            buffer = buffer[piece.Length..];
            if (block.Length == BlockSize) await StageAsync(cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count), cancellation).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
