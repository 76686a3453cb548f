using Aim.Api.Problems;
using Microsoft.AspNetCore.Mvc;

namespace Aim.Api;

/// <summary>How every list that grows is asked for: callers give back the cursor they were given, and may ask for fewer or more items than usual.</summary>
internal sealed record PageRequest
{
    /// <summary>How many items a page has when the caller says nothing.</summary>
    public const int Usual = 100;

    public const int Most = 1000;

    /// <summary>How many items of a filtered list are read for one page at most: a rare kind is looked for in several requests.</summary>
    private const int MostRead = 2000;

    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init => field = value is null or >= 1 and <= Most ? value : throw RequestException.Invalid($"limit is a number from 1 to {Most}."); }

    /// <summary>How many items the page has at most.</summary>
    public int Size => Limit ?? Usual;

    /// <summary>What the page comes after; null for the first one.</summary>
    public string? After => string.IsNullOrEmpty(Cursor) ? null : Cursor;

    /// <summary>The place that the cursor names; null for the first page.</summary>
    public T? PlaceOf<T>(Func<string, T?> read) where T : struct => After is not { } cursor ? null : read(cursor) ?? throw NoSuchCursor();

    /// <summary>The first items of a list that begins after the cursor, and the cursor of the next page; null when there is none.</summary>
    public async Task<(IReadOnlyList<T> Page, string? Next)> TakeAsync<T>(IAsyncEnumerable<T> items, Func<T, string> cursorOf, CancellationToken cancellation)
    {
        var listed = await items.Take(Size + 1).ToListAsync(cancellation);
        return listed.Count > Size ? (listed[..Size], cursorOf(listed[Size - 1])) : (listed, null);
    }

    /// <summary>The same for the items that are wanted; a page may have few or none, with more to come.</summary>
    public async Task<(IReadOnlyList<T> Page, string? Next)> PickAsync<T>(IAsyncEnumerable<T> items, Func<T, bool> isWanted, Func<T, string> cursorOf, CancellationToken cancellation)
    {
        var (size, page, read, last) = (Size, new List<T>(), 0, (string?)null);
        await foreach (var item in items.WithCancellation(cancellation))
        {
            var wanted = isWanted(item);
            if (wanted && page.Count == size || read == MostRead) return (page, last);
            if (wanted) page.Add(item);
            (read, last) = (read + 1, cursorOf(item));
        }
        return (page, null);
    }

    public static RequestException NoSuchCursor() => RequestException.Invalid("Give the cursor of an earlier page, or none to start at the beginning.");
}
