using System.Globalization;

namespace Aim.OneRoster;

/// <summary>A column whose text can be read, or not: what it has to be, in words.</summary>
internal sealed record RosterValue(string Column, string Expected, Predicate<string> CanBeRead)
{
    public static readonly RosterValue Status = OneOf("status", "active", "tobedeleted");

    public static RosterValue Date(string column) => new(column, "a date (YYYY-MM-DD)", text => TryDate(text, out _));

    public static RosterValue Flag(string column) => OneOf(column, "true", "false");

    public static RosterValue OneOf(string column, params string[] words) =>
        new(column, $"{string.Join(", ", words[..^1])} or {words[^1]}", text => words.Contains(text, StringComparer.OrdinalIgnoreCase));

    /// <summary>A date, or the date of a moment.</summary>
    public static bool TryDate(string text, out DateOnly date)
    {
        date = default;
        return text.Length >= 10 && DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);
    }
}
