using Aim.Api.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Aim.Api;

/// <summary>The forms in which answers come, and which of them a caller wants.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string NdJson = "application/x-ndjson";
    public const string Csv = "text/csv";
    public const string Tabs = "text/tab-separated-values";
    public const string Text = "text/plain";
    public const string Bytes = "application/octet-stream";

    /// <summary>The form the caller likes best; of equals, and without a word about it, the first one.</summary>
    /// <exception cref="RequestException">The caller takes none of them.</exception>
    public static string Choose(HttpRequest request, params string[] offered)
    {
        if (request.Headers.Accept.Count == 0) return offered[0];
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)) throw RequestException.Invalid("The header Accept can't be read.");
        var best = offered.Select(type => (Type: type, Quality: QualityOf(new MediaTypeHeaderValue(type), accepted))).MaxBy(item => item.Quality);
        return best.Quality > 0 ? best.Type : throw RequestException.NotAcceptable(offered);
    }

    /// <summary>The most specific range that holds the type decides.</summary>
    private static double QualityOf(MediaTypeHeaderValue type, IList<MediaTypeHeaderValue> accepted) => accepted
        .Where(type.IsSubsetOf)
        .OrderByDescending(range => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault();
}
