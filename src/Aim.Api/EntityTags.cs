using Aim.Api.Problems;
using Microsoft.Net.Http.Headers;

namespace Aim.Api;

/// <summary>What If-Match says (RFC 9110): a list of ETags, or * for any.</summary>
internal static class EntityTags
{
    /// <summary>Null when there is no such header.</summary>
    public static IReadOnlyList<EntityTagHeaderValue>? Read(string? ifMatch)
    {
        if (ifMatch is null) return null;
        if (EntityTagHeaderValue.TryParseList([ifMatch], out var tags) && tags.Count > 0) return [.. tags];
        throw RequestException.Invalid("The header If-Match can't be read: give the ETag as you read it, with its quotes.");
    }

    /// <summary>Whether what is there now is meant. What came through a proxy that made the ETag a weak one is still the same version.</summary>
    /// <param name="etag">Without quotes.</param>
    public static bool Match(IReadOnlyList<EntityTagHeaderValue> known, string etag) => known.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Tag.Value!.Trim('"') == etag);
}
