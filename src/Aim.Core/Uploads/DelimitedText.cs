using Sylvan.Data.Csv;

namespace Aim.Uploads;

/// <summary>How delimited text is read: tab-separated files have neither quotes nor escapes, CSV follows RFC 4180.</summary>
internal static class DelimitedText
{
    private const char NoEscape = '\0';

    public static CsvDataReader Open(TextReader text, char[] buffer, FileForm form) => CsvDataReader.Create(text, buffer, new CsvDataReaderOptions
    {
        HasHeaders = false,
        Delimiter = form.Delimiter,
        CsvStyle = form.IsCsv ? CsvStyle.Standard : CsvStyle.Escaped,
        Escape = form.IsCsv ? '"' : NoEscape,
        ResultSetMode = ResultSetMode.SingleResult,
        MaxBufferSize = FileInspector.LongestLine * 2,
    });
}
