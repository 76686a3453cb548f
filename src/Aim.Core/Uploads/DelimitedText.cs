using Sylvan.Data.Csv;

namespace Aim.Uploads;

/// <summary>How delimited text is read: tab-separated files have neither quotes nor escapes, CSV follows RFC 4180.</summary>
internal static class DelimitedText
{
    /// <summary>The reader wants an escape for text without quotes. NUL has no place in a text: where a file has one, a replacement is read.</summary>
    private const char NoEscape = '\0';

    private const char Replacement = '\uFFFD';

    public static CsvDataReader Open(TextReader text, char[] buffer, FileForm form) => CsvDataReader.Create(form.IsCsv ? text : new WithoutEscapes(text), buffer, new CsvDataReaderOptions
    {
        HasHeaders = false,
        Delimiter = form.Delimiter,
        CsvStyle = form.IsCsv ? CsvStyle.Standard : CsvStyle.Escaped,
        Escape = form.IsCsv ? '"' : NoEscape,
        ResultSetMode = ResultSetMode.SingleResult,
        MaxBufferSize = FileInspector.LongestLine * 2,
    });

    /// <summary>How many lines end in the text: in LF, in CRLF, or in CR alone.</summary>
    public static int CountLineEnds(ReadOnlySpan<char> text)
    {
        var (feeds, returns) = (text.Count('\n'), text.Count('\r'));
        return returns == 0 ? feeds : feeds + returns - text.Count("\r\n");
    }

    /// <inheritdoc cref="CountLineEnds(ReadOnlySpan{char})" />
    public static int CountLineEnds(ReadOnlySpan<byte> text)
    {
        var (feeds, returns) = (text.Count((byte)'\n'), text.Count((byte)'\r'));
        return returns == 0 ? feeds : feeds + returns - text.Count("\r\n"u8);
    }

    private sealed class WithoutEscapes(TextReader text) : TextReader
    {
        public override int Read(char[] buffer, int index, int count)
        {
            var taken = text.Read(buffer, index, count);
            buffer.AsSpan(index, taken).Replace(NoEscape, Replacement);
            return taken;
        }
    }
}
