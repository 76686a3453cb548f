using Aim.Api.Problems;
using Microsoft.Net.Http.Headers;

namespace Aim.Api;

/// <summary>What If-Match says (RFC 9110): a list of ETags, or * for any.</summary>
internal static class EntityTags
{
    public const string Any = "*";

    private const string AnyQuoted = "\"*\"";

    /// <summary>
    /// The tags without their quotes; null when there is no such header. A list without tags is there and matches nothing (section 13.1.1). What came through a proxy that
    /// made the ETag a weak one is still the same version.
    /// </summary>
    public static IReadOnlyList<string>? Read(string? ifMatch)
    {
        if (ifMatch is null) return null;
        if (ifMatch.AsSpan().Trim(" \t,").IsEmpty) return [];
        if (!EntityTagHeaderValue.TryParseList([ifMatch], out var tags)) throw RequestException.Invalid("The header If-Match can't be read: give the ETag as you read it, with its quotes.");
        // A star in quotes is a tag like any other, which nothing has.
        return [.. tags.Where(tag => tag.Tag != AnyQuoted).Select(tag => tag.Tag.Value!.Trim('"'))];
    }

    /// <summary>Whether what is there now is meant.</summary>
    /// <param name="etag">Without quotes.</param>
    public static bool Match(IReadOnlyList<string> known, string etag) => known.Contains(Any) || known.Contains(etag);
}
