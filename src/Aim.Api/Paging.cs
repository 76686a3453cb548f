using Aim.Api.Problems;

namespace Aim.Api;

/// <summary>What pages have in common: callers give back the cursor they were given, and may ask for less than a full page.</summary>
internal static class Paging
{
    public static int Limit(int? wanted, int most) =>
        wanted is null ? most : wanted >= 1 && wanted <= most ? wanted.Value : throw RequestException.Invalid($"limit is a number from 1 to {most}.");

    /// <summary>How many items of a filtered list are read for one page at most: a rare kind is looked for in several requests.</summary>
    private const int MostRead = 2000;

    /// <summary>A page of the items of a list that are wanted, and the cursor of the next one; a page may have few or none, with more to come.</summary>
    public static async Task<(IReadOnlyList<T> Page, string? Next)> PickAsync<T>(IAsyncEnumerable<T> items, Func<T, bool> isWanted, Func<T, string> cursorOf, int most, CancellationToken cancellation)
    {
        var (page, read, last) = (new List<T>(), 0, (string?)null);
        await foreach (var item in items.WithCancellation(cancellation))
        {
            var wanted = isWanted(item);
            if (wanted && page.Count == most || read == MostRead) return (page, last);
            if (wanted) page.Add(item);
            (read, last) = (read + 1, cursorOf(item));
        }
        return (page, null);
    }

    public static RequestException NoSuchCursor() => RequestException.Invalid("Give the cursor of an earlier page, or none to start at the beginning.");
}
