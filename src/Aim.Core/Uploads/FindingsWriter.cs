using System.Text.Json;
using Aim.Ports;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>Streams findings to a file, one JSON object a line, and counts them by root cause on the way.</summary>
/// <param name="origins">Of a file that was made of others, where its lines come from.</param>
internal sealed class FindingsWriter(SpooledBlob file, LineOrigins? origins = null) : IFindingSink
{
    public FindingSummary Summary { get; } = new();

    public void Add(Finding finding)
    {
        finding = origins?.Of(finding) ?? finding;
        Summary.Add(finding);
        FindingJson.WriteLine(file.Buffer, finding);
    }
}

/// <summary>Findings of one step in total and in groups, as they are kept between steps.</summary>
internal sealed record FindingTotals(long Fatal, long Errors, long Warnings, long Total, IReadOnlyList<FindingGroup> Groups)
{
    private static readonly FindingTotals None = new(0, 0, 0, 0, []);

    /// <summary>Writes a summary and gives its path; null when there is no finding.</summary>
    public static async Task<string?> SaveAsync(IBlobStore blobs, string path, FindingSummary summary, CancellationToken cancellation)
    {
        if (summary.Total == 0) return null;
        var totals = new FindingTotals(summary.Fatal, summary.Errors, summary.Warnings, summary.Total, summary.Groups());
        await blobs.WriteAsync(path, (file, token) => JsonSerializer.SerializeAsync(file, totals, FindingJson.Options, token), cancellation);
        return path;
    }

    public static async Task<FindingTotals> ReadAsync(IBlobStore blobs, string? path, CancellationToken cancellation)
    {
        if (path is null) return None;
        await using var file = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The summary {path} is gone.");
        return (await JsonSerializer.DeserializeAsync<FindingTotals>(file, FindingJson.Options, cancellation))!;
    }
}
