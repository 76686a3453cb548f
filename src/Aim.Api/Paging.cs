using Aim.Api.Problems;

namespace Aim.Api;

/// <summary>What pages have in common: callers give back the cursor they were given, and may ask for less than a full page.</summary>
internal static class Paging
{
    public static int Limit(int? wanted, int most) =>
        wanted is null ? most : wanted >= 1 && wanted <= most ? wanted.Value : throw RequestException.Invalid($"limit is a number from 1 to {most}.");

    public static RequestException NoSuchCursor() => RequestException.Invalid("Give the cursor of an earlier page, or none to start at the beginning.");
}
