using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aim.Uploads;

/// <summary>Whole records of a file as UTF-8 bytes, to be parsed on their own.</summary>
internal sealed class TextBlock(byte[] buffer, int length, long firstLine) : IDisposable
{
    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, length);

    /// <summary>Physical number of the first line; the first of the file is 1.</summary>
    public long FirstLine => firstLine;

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}

/// <summary>The file can't be cut into records (<c>FMT-001</c>); the message is a sentence for the sender.</summary>
internal sealed class UnreadableFileException(string message) : Exception(message);

/// <summary>
/// Cuts a file into blocks at ends of records, so that blocks can be parsed side by side. In CSV a line end inside quotes ends no
/// record; tab-separated files know no quotes. Memory: one block, however large the file.
/// </summary>
internal static class TextBlocks
{
    public const int BlockSize = 1 << 18;

    public static async IAsyncEnumerable<TextBlock> ReadAsync(Stream file, FileForm form, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var text = form.Encoding == TextEncoding.Utf8
            ? file
            : Encoding.CreateTranscodingStream(file, FileInspector.Decoder(form.Encoding), Encoding.UTF8, leaveOpen: true);
        // A file that is one block needs no room for a row that reaches into the next.
        var capacity = form is { Encoding: TextEncoding.Utf8, Bytes: > 0 and < BlockSize } ? BlockSize : BlockSize + FileInspector.LongestLine;
        var buffer = ArrayPool<byte>.Shared.Rent(capacity);
        var length = 0;
        var line = 1L;
        var quotes = new QuoteScanner(form.Delimiter);
        try
        {
            for (var first = true; ; first = false)
            {
                // A long line may have left more than a block over; it is read on in good pieces, as far as there is room.
                var wanted = Math.Min(Math.Max(BlockSize - length, BlockSize / 4), capacity - length);
                var read = await text.ReadAtLeastAsync(buffer.AsMemory(length, capacity - length), wanted, throwOnEndOfStream: false, cancellation);
                var filled = length + read;
                var atEnd = read < wanted;
                var start = first && buffer.AsSpan(0, filled).StartsWith("\uFEFF"u8) ? 3 : 0;
                var (cut, openLine) = form.IsCsv ? quotes.LastRecordEnd(buffer.AsSpan(start, filled - start)) : (buffer.AsSpan(start, filled - start).LastIndexOf((byte)'\n') + 1, -1);
                cut += start;
                if (atEnd)
                {
                    if (openLine >= 0) throw Unclosed(line + openLine);
                    cut = filled;
                }
                else if (cut == start && filled == capacity)
                {
                    throw openLine >= 0 ? Unclosed(line + openLine) : new UnreadableFileException($"Line {line} is too long to be a row.");
                }
                if (cut > start)
                {
                    var block = ArrayPool<byte>.Shared.Rent(cut - start);
                    buffer.AsSpan(start, cut - start).CopyTo(block);
                    yield return new TextBlock(block, cut - start, line);
                    line += DelimitedText.CountLineEnds(buffer.AsSpan(start, cut - start));
                }
                if (atEnd) yield break;
                buffer.AsSpan(cut, filled - cut).CopyTo(buffer);
                length = filled - cut;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static UnreadableFileException Unclosed(long line) => new(
        $"The quote opened on line {line} is never closed, so the rows after it can't be told apart. Close it, or double a quote that belongs to a value.");

    /// <summary>Follows RFC 4180: a quote opens a value only where the value starts, and a doubled quote inside stands for itself.</summary>
    private readonly struct QuoteScanner(char delimiter)
    {
        /// <summary>The end of the last whole record, and the line (from 0) on which a quote that is still open began, or -1.</summary>
        public (int Cut, int OpenLine) LastRecordEnd(ReadOnlySpan<byte> bytes)
        {
            var position = 0;
            var cut = 0;
            while (true)
            {
                var next = bytes[position..].IndexOf((byte)'"');
                var plain = next < 0 ? bytes[position..] : bytes.Slice(position, next);
                if (plain.LastIndexOf((byte)'\n') is >= 0 and var end) cut = position + end + 1;
                if (next < 0) return (cut, -1);
                var quote = position + next;
                position = quote + 1;
                if (quote > 0 && bytes[quote - 1] is not ((byte)'\n' or (byte)'\r') && bytes[quote - 1] != delimiter) continue;
                while (true)
                {
                    next = bytes[position..].IndexOf((byte)'"');
                    if (next < 0) return (cut, DelimitedText.CountLineEnds(bytes[..quote]));
                    position += next + 1;
                    if (position >= bytes.Length || bytes[position] != '"') break;
                    position++;
                }
            }
        }
    }
}
