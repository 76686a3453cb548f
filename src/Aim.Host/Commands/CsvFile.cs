using System.Text;
using System.Text.Unicode;
using Sylvan.Data.Csv;

namespace Aim.Host.Commands;

/// <summary>Delimited text with a header line, of any of the encodings that spreadsheets write.</summary>
internal static class CsvFile
{
    /// <summary>Opens a file to read it row by row; columns are found by name in any case.</summary>
    /// <exception cref="UnusableInputException">The file is not there, or is no delimited text.</exception>
    public static async Task<CsvDataReader> OpenAsync(FileInfo file, CancellationToken cancellation)
    {
        var text = await TextAsync(file, cancellation);
        if (string.IsNullOrWhiteSpace(text)) throw new UnusableInputException($"{file.Name} is empty. Its first line must name the columns.");
        try
        {
            return CsvDataReader.Create(new StringReader(text), new CsvDataReaderOptions { HasHeaders = true, HeaderComparer = StringComparer.OrdinalIgnoreCase, BufferSize = 1 << 16, MaxBufferSize = 1 << 20, ResultSetMode = ResultSetMode.SingleResult });
        }
        catch (Exception failure) when (failure is CsvFormatException or InvalidOperationException or ArgumentException)
        {
            throw new UnusableInputException($"{file.Name} can't be read as delimited text with a header line.");
        }
    }

    public static string[] Names(CsvDataReader rows) => [.. Enumerable.Range(0, rows.FieldCount).Select(i => rows.GetName(i).Trim())];

    /// <summary>Goes to the next row; false after the last.</summary>
    /// <exception cref="UnusableInputException">The row can't be told from the next.</exception>
    public static async Task<bool> ReadAsync(CsvDataReader rows, FileInfo file, CancellationToken cancellation)
    {
        try
        {
            return await rows.ReadAsync(cancellation);
        }
        catch (Exception failure) when (failure is CsvFormatException or InvalidDataException)
        {
            throw new UnusableInputException($"{file.Name}, line {rows.RowNumber + 2}: a quote is not closed, or the line is too long.");
        }
    }

    private static async Task<string> TextAsync(FileInfo file, CancellationToken cancellation)
    {
        if (Directory.Exists(file.FullName)) throw new UnusableInputException($"{file.FullName} is a folder. Name a file.");
        if (!file.Exists) throw new UnusableInputException($"The file {file.FullName} does not exist.");
        var bytes = await File.ReadAllBytesAsync(file.FullName, cancellation);
        if (bytes.AsSpan().StartsWith(Encoding.Unicode.Preamble)) return Encoding.Unicode.GetString(bytes.AsSpan(2));
        if (bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble)) return Encoding.UTF8.GetString(bytes.AsSpan(3));
        if (bytes.AsSpan().Contains((byte)0)) throw new UnusableInputException($"{file.Name} is no text. Give a CSV file with a header line.");
        return (Utf8.IsValid(bytes) ? Encoding.UTF8 : Encoding.Latin1).GetString(bytes);
    }
}
