using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>
/// Looks through a whole file once, in constant memory, before any row is read: is it text, in which encoding, with which header, and
/// does it have lines at all.
/// </summary>
public static class FileInspector
{
    /// <summary>No row of any layout comes near this; a longer line means that the file isn't rows of text.</summary>
    public const int LongestLine = 1 << 20;

    /// <summary>A district's clock may be in another zone than the state's.</summary>
    private const int DaysAhead = 1;

    private const int BufferSize = 1 << 20;
    private const int SmallestBuffer = 1 << 12;
    private const int HeadSize = 1 << 16;
    private const string HowToExport = "Export the file again as tab-separated text or CSV in UTF-8.";

    private static readonly (byte[] Magic, string What)[] Binaries =
    [
        ([(byte)'P', (byte)'K', 3, 4], "a ZIP archive or an Excel workbook"),
        ([(byte)'P', (byte)'K', 5, 6], "an empty ZIP archive"),
        ([(byte)'P', (byte)'A', (byte)'R', (byte)'1'], "a Parquet file"),
        ([0x1F, 0x8B], "a gzip file"),
        ([0xD0, 0xCF, 0x11, 0xE0], "an old Excel workbook"),
        ([(byte)'%', (byte)'P', (byte)'D', (byte)'F'], "a PDF document"),
    ];

    /// <param name="today">The day in the state.</param>
    /// <param name="mayBeEmpty">A header without rows is a file, too.</param>
    public static async Task<FileForm> InspectAsync(Stream file, RecordType type, SchoolYear year, DateOnly today, CancellationToken cancellation, bool mayBeEmpty = false)
    {
        // Most uploads are small, and there may be many at once: no more memory than the file has bytes.
        var size = file.CanSeek ? (int)Math.Clamp(file.Length, SmallestBuffer, BufferSize) : BufferSize;
        var scan = new Scan(Math.Min(size, HeadSize));
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            for (int read; (read = await file.ReadAtLeastAsync(buffer, size / 2, throwOnEndOfStream: false, cancellation)) > 0;)
            {
                scan.Take(buffer.AsSpan(0, read));
                if (scan.Refusal is not null) break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        var form = scan.Refusal ?? scan.Finish(type, year, mayBeEmpty);
        return form.WrittenAt is { } written && DateOnly.FromDateTime(written) > today.AddDays(DaysAhead) ? FromTheFuture(written) : form;
    }

    private sealed class Scan(int headSize)
    {
        private readonly byte[] head = new byte[headSize];
        private int headLength;
        private long bytes;
        private long lines;
        private long nulls;
        private long lineLength;
        private bool sawCarriageReturn;
        private bool invalidUtf8;
        private readonly byte[] carry = new byte[4];
        private int carryLength;

        public FileForm? Refusal { get; private set; }

        public void Take(ReadOnlySpan<byte> chunk)
        {
            if (headLength < head.Length)
            {
                var taken = Math.Min(chunk.Length, head.Length - headLength);
                chunk[..taken].CopyTo(head.AsSpan(headLength));
                headLength += taken;
            }
            if (bytes == 0 && BinaryKind(chunk) is { } what)
            {
                Refusal = FileForm.Refused("FMT-001", $"The file is {what}, not text. {HowToExport}");
                return;
            }
            bytes += chunk.Length;
            nulls += chunk.Count((byte)0);
            sawCarriageReturn |= lines == 0 && chunk.Contains((byte)'\r');
            CheckUtf8(chunk);
            MeasureLines(chunk);
        }

        public FileForm Finish(RecordType type, SchoolYear year, bool mayBeEmpty)
        {
            if (bytes == 0) return FileForm.Refused("FMT-001", "The file is empty (0 bytes). Export it again and upload the new file.");
            invalidUtf8 |= carryLength > 0;
            var start = head.AsSpan(0, headLength);
            var encoding = start is [0xFF, 0xFE, ..] ? TextEncoding.Utf16 : start is [0xFE, 0xFF, ..] ? TextEncoding.Utf16BigEndian : invalidUtf8 ? TextEncoding.Windows1252 : TextEncoding.Utf8;
            if (encoding is TextEncoding.Utf8 or TextEncoding.Windows1252 && nulls > bytes / 20)
                return FileForm.Refused("FMT-007", $"The file is full of NUL bytes: it is UTF-16 without a byte order mark, or no text at all. {HowToExport}");
            if (lines == 0 && sawCarriageReturn)
                return FileForm.Refused("FMT-001", "The lines of the file end in a carriage return alone. Save it with Windows (CRLF) or Unix (LF) line ends.");

            var text = Decoder(encoding).GetString(start).TrimStart('\uFEFF');
            var firstLine = text.AsSpan()[..(text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : text.Length)];
            var form = ReadHeader(firstLine, type, year);
            if (form.Refusal is not null) return form;
            if (!mayBeEmpty && text.AsSpan(firstLine.Length).Trim().IsEmpty && bytes <= HeadSize)
                return FileForm.Refused("FMT-001", "The file has a header and no rows. Export it again with the students it should hold; nothing was changed.");
            return form with { Encoding = encoding, Bytes = bytes, Lines = lines + (lineLength > 0 ? 1 : 0) };
        }

        private static string? BinaryKind(ReadOnlySpan<byte> chunk)
        {
            foreach (var (magic, what) in Binaries) if (chunk.StartsWith(magic)) return what;
            return null;
        }

        private void CheckUtf8(ReadOnlySpan<byte> chunk)
        {
            if (invalidUtf8) return;
            if (carryLength > 0)
            {
                // A character split between two chunks: complete it from the new one.
                Span<byte> joined = stackalloc byte[8];
                carry.AsSpan(0, carryLength).CopyTo(joined);
                var more = Math.Min(4, chunk.Length);
                chunk[..more].CopyTo(joined[carryLength..]);
                if (Rune.DecodeFromUtf8(joined[..(carryLength + more)], out _, out var used) != OperationStatus.Done || used <= carryLength) { invalidUtf8 = true; return; }
                chunk = chunk[(used - carryLength)..];
                carryLength = 0;
            }
            var tail = IncompleteTail(chunk);
            invalidUtf8 = !Utf8.IsValid(chunk[..^tail]);
            chunk[^tail..].CopyTo(carry);
            carryLength = tail;
        }

        /// <summary>How many bytes at the end begin a character that the next chunk completes.</summary>
        private static int IncompleteTail(ReadOnlySpan<byte> chunk)
        {
            for (var back = 1; back <= Math.Min(3, chunk.Length); back++)
            {
                var b = chunk[^back];
                if (b < 0x80) return 0;
                if (b < 0xC0) continue;
                var length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return length > back ? back : 0;
            }
            return 0;
        }

        private void MeasureLines(ReadOnlySpan<byte> chunk)
        {
            // Only the first and the last line of a chunk can be longer than a chunk allows; those between are shorter than it.
            var first = chunk.IndexOf((byte)'\n');
            if (first < 0) { lineLength += chunk.Length; CheckLength(); return; }
            lineLength += first;
            CheckLength();
            lines += chunk.Count((byte)'\n');
            lineLength = chunk.Length - chunk.LastIndexOf((byte)'\n') - 1;
        }

        private void CheckLength()
        {
            if (lineLength > LongestLine && Refusal is null)
                Refusal = FileForm.Refused("FMT-001", string.Create(CultureInfo.InvariantCulture,
                    $"Line {lines + 1} is longer than {LongestLine / 1024 / 1024} MB, so the file is not rows of text. {HowToExport}"));
        }
    }

    private static FileForm ReadHeader(ReadOnlySpan<char> line, RecordType type, SchoolYear year)
    {
        var text = line.ToString();
        if (text.StartsWith("HD", StringComparison.OrdinalIgnoreCase) && (text.Length == 2 || text[2] is '\t' or ',' or ' ')) return ReadHdLine(text, type, year);
        if (text.Contains(',') && !text.Contains('\t')) return ReadCsvHeader(text, type, year);
        if (RecordTypes.Find(text.Split('\t')[0]) is not null) return Header("it starts with a data row");
        return Header("its first line is something else");
    }

    private static FileForm ReadHdLine(string line, RecordType type, SchoolYear year)
    {
        var parts = line.Split('\t');
        if (parts.Length < 4) return Header($"the HD line has {Plural.Of(parts.Length, "field")} separated by tabs instead of 4");
        var moment = $"{parts[1].Trim()} {parts[2].Trim()}";
        if (!DateTime.TryParseExact(moment, "MM/dd/yyyy HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var writtenAt))
            return Header($"its date and time are '{Shorten(moment)}'");
        var version = parts[3].Trim();
        if (FileLayouts.Find(type, version, year) is null)
            return Header($"its version is '{Shorten(version)}', and {type.Code} files of {year.Span} have {string.Join(" or ", FileLayouts.All.Where(l => l.Type == type && l.IsValidIn(year)).Select(l => l.Version).Distinct())}");
        return new FileForm { Version = version, WrittenAt = writtenAt };
    }

    private static FileForm ReadCsvHeader(string line, RecordType type, SchoolYear year)
    {
        if (FileLayouts.Find(type, null, year) is not { } layout) return Header($"{type.Code} files are not taken for {year.Span}");
        var names = line.Split(',').Select(name => name.Trim().Trim('"').Trim()).ToList();
        var known = layout.Columns.ToDictionary(column => column.Name, StringComparer.OrdinalIgnoreCase);
        if (!names.Any(known.ContainsKey)) return Header("its first line has no column name of the layout");
        if (names.FirstOrDefault(name => !known.ContainsKey(name)) is { } unknown) return Header($"{type.Code} files have no column '{Shorten(unknown)}'");
        if (names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice) return Header($"column '{Shorten(twice.Key)}' is there twice");
        if (layout.Columns.FirstOrDefault(column => column.Required && !names.Contains(column.Name, StringComparer.OrdinalIgnoreCase)) is { } missing)
            return Header($"column '{missing.Name}' is missing");
        return new FileForm { Delimiter = ',', Version = layout.Version, Header = names };
    }

    private static FileForm Header(string what) => FileForm.Refused("FMT-001",
        $"The file does not start with a header this system knows: {what}. Start it with HD, date (MM/DD/YYYY), time (HH:MM:SS) and version (MT9.1) separated by tabs, or, for CSV, with the column names.");

    /// <summary>Its rows are judged as of the day it says: a day that hasn't come makes right what can't be.</summary>
    private static FileForm FromTheFuture(DateTime written) => FileForm.Refused("FMT-001", string.Create(CultureInfo.InvariantCulture,
        $"The first line says that the file was written on {written:MM/dd/yyyy}, a day that has not come yet. Correct the date there, or the clock of the system that exports the file, and upload it again."));

    private static string Shorten(string text) => new([.. text.Take(40).Select(c => char.IsControl(c) ? ' ' : c)]);

    internal static Encoding Decoder(TextEncoding encoding) => encoding switch
    {
        TextEncoding.Utf16 => Encoding.Unicode,
        TextEncoding.Utf16BigEndian => Encoding.BigEndianUnicode,
        TextEncoding.Windows1252 => CodePagesEncodingProvider.Instance.GetEncoding(1252)!,
        _ => Encoding.UTF8,
    };
}
