using System.Buffers.Binary;
using System.Text;
using Aim.Ports;

namespace Aim.Uploads;

/// <summary>The rows a load left out: their line numbers between steps, and in the end a file to correct and send again.</summary>
internal static class RejectedLines
{
    /// <summary>Null when there are none.</summary>
    public static async Task<string?> SaveAsync(IBlobStore blobs, string path, IReadOnlyList<int> lines, CancellationToken cancellation)
    {
        if (lines.Count == 0) return null;
        var bytes = new byte[lines.Count * 4];
        for (var i = 0; i < lines.Count; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), lines[i]);
        await blobs.WriteAsync(path, bytes, cancellation);
        return path;
    }

    private static async Task<IEnumerable<int>> ReadAsync(IBlobStore blobs, string path, CancellationToken cancellation)
    {
        await using var file = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The list {path} is gone.");
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, cancellation);
        var span = bytes.GetBuffer();
        return [.. Enumerable.Range(0, (int)bytes.Length / 4).Select(i => BinaryPrimitives.ReadInt32LittleEndian(span.AsSpan(i * 4)))];
    }

    /// <summary>Writes the file's header and its rejected rows, as they were sent, in UTF-8. Null when no row was rejected, or the file is gone by now.</summary>
    public static async Task<string?> WriteFileAsync(IBlobStore blobs, string path, UploadPlan plan, IEnumerable<string?> lists, CancellationToken cancellation)
    {
        var all = new List<int>();
        foreach (var list in lists.OfType<string>()) all.AddRange(await ReadAsync(blobs, list, cancellation));
        if (all.Count == 0) return null;
        await using var source = await blobs.OpenReadAsync(plan.Upload.Blob, cancellation);
        if (source is null) return null;
        var wanted = all.Distinct().Order().ToArray();
        await blobs.WriteAsync(path, async (target, _) =>
        {
            using var text = new StreamReader(source, FileInspector.Decoder(plan.Form.Encoding), detectEncodingFromByteOrderMarks: true, 1 << 16);
            await using var output = new StreamWriter(target, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\r\n" };
            Copy(text, output, plan.Form, wanted);
        }, cancellation);
        return path;
    }

    private static void Copy(TextReader text, TextWriter output, FileForm form, int[] wanted)
    {
        using var rows = DelimitedText.Open(text, new char[1 << 15], form);
        var (line, next) = (1, 0);
        while (next < wanted.Length && rows.Read())
        {
            var raw = rows.GetRawRecordSpan();
            if (line == 1 || line == wanted[next]) output.WriteLine(raw.TrimEnd("\r\n"));
            if (line == wanted[next]) next++;
            line += DelimitedText.CountLineEnds(raw);
        }
    }
}
