using System.Globalization;
using System.Text;
using Aim.Ports;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>Where the lines of a file come from that was made of a sender's own ones, so that he is told of what he has.</summary>
internal sealed class LineOrigins
{
    private readonly List<(long Line, string File, long Of)> lines = [];

    /// <summary>The file that the first line comes from.</summary>
    public string File => lines[0].File;

    /// <summary>Notes the next line of the file that is made.</summary>
    public static void Write(SpooledBlob blob, long line, string file, long of) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line},{of},{file}\n"), blob.Buffer);

    /// <summary>Null without a path: the file is the sender's own.</summary>
    public static async Task<LineOrigins?> ReadAsync(IBlobStore blobs, string? path, CancellationToken cancellation)
    {
        if (path is null) return null;
        await using var blob = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The list {path} is gone.");
        using var text = new StreamReader(blob);
        var (origins, names) = (new LineOrigins(), new Dictionary<string, string>());
        while (await text.ReadLineAsync(cancellation) is { } noted)
        {
            var parts = noted.Split(',', 3);
            if (!names.TryGetValue(parts[2], out var name)) names[parts[2]] = name = parts[2];
            origins.lines.Add((long.Parse(parts[0], CultureInfo.InvariantCulture), name, long.Parse(parts[1], CultureInfo.InvariantCulture)));
        }
        return origins;
    }

    /// <summary>The finding as it is told of the sender's file; one about a row of another upload, or about no row, as it is.</summary>
    public Finding Of(Finding finding) => finding.Upload is null && Find(finding.Line) is { } origin ? finding with { File = origin.File, Line = origin.Line } : finding;

    /// <summary>A line as a sentence names it.</summary>
    public string Name(long line) => Find(line) is { } origin ? string.Create(CultureInfo.InvariantCulture, $"{origin.Line} of {origin.File}") : line.ToString(CultureInfo.InvariantCulture);

    private (string File, long Line)? Find(long line) =>
        lines.BinarySearch((line, "", 0), Comparer<(long Line, string, long)>.Create((a, b) => a.Line.CompareTo(b.Line))) is >= 0 and var i ? (lines[i].File, lines[i].Of) : null;
}
