using System.Globalization;

namespace Aim.Host.Generate;

/// <summary>Chance that repeats: the same seed gives the same state, byte for byte.</summary>
internal sealed class SampleRandom(int seed)
{
    private readonly Random random = new(seed);

    public int Next(int below) => random.Next(below);

    public int Between(int least, int most) => random.Next(least, most + 1);

    /// <summary>From 0 to just below 1.</summary>
    public double Share() => random.NextDouble();

    public bool Chance(double probability) => random.NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>One of the values, by weights that add up to about 1.</summary>
    public T Weighted<T>(ReadOnlySpan<(T Value, double Weight)> choices) => Weighted(random.NextDouble(), choices);

    /// <summary>The value at a share of all weights.</summary>
    public static T Weighted<T>(double share, ReadOnlySpan<(T Value, double Weight)> choices)
    {
        foreach (var (value, weight) in choices)
        {
            if ((share -= weight) < 0) return value;
        }
        return choices[^1].Value;
    }

    public DateOnly Day(DateOnly first, DateOnly last) => first.AddDays(random.Next(last.DayNumber - first.DayNumber + 1));

    public string Digits(int count)
    {
        Span<char> digits = stackalloc char[count];
        for (var i = 0; i < count; i++) digits[i] = (char)('0' + random.Next(10));
        return digits.ToString();
    }

    /// <summary>A school day: a weekday.</summary>
    public DateOnly SchoolDay(DateOnly first, DateOnly last)
    {
        var day = Day(first, last);
        return day.DayOfWeek switch
        {
            DayOfWeek.Saturday => day.AddDays(day.AddDays(-1) >= first ? -1 : 2),
            DayOfWeek.Sunday => day.AddDays(day.AddDays(-2) >= first ? -2 : 1),
            _ => day,
        };
    }
}

/// <summary>
/// Chance that comes out even: each draw is as open as any, but those of a group are spread evenly, so that of a hundred at 4 % about four come true in every year. What a state counts would
/// otherwise differ from year to year by more than its rules take for usual.
/// </summary>
/// <param name="root">Draws that are made side by side need steps of their own: roots of different numbers, none of them a square.</param>
internal sealed class EvenRandom(SampleRandom random, int root)
{
    private readonly double step = Math.Sqrt(root) % 1;
    private readonly Dictionary<string, double> shares = [];

    /// <summary>From 0 to just below 1.</summary>
    public double Share(string group) => shares[group] = shares.TryGetValue(group, out var share) ? (share + step) % 1 : random.Share();

    public bool Chance(string group, double probability) => Share(group) < probability;
}

/// <summary>Words that names of people and places are made of.</summary>
internal static class WordLists
{
    public static IReadOnlyList<string> Surnames { get; } = Read("surnames.txt", ' ');
    public static IReadOnlyList<string> CommunitySurnames { get; } = Read("community-surnames.txt", ' ');
    public static IReadOnlyList<string> TwoWordSurnames { get; } = Read("two-word-surnames.txt", '|');
    public static IReadOnlyList<string> Girls { get; } = Read("girls.txt", ' ');
    public static IReadOnlyList<string> Boys { get; } = Read("boys.txt", ' ');
    public static IReadOnlyList<string> Places { get; } = Read("places.txt", ' ');

    /// <summary>What a first name is shortened to.</summary>
    public static IReadOnlyDictionary<string, string> Nicknames { get; } = Read("nicknames.txt", ' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

    public static IReadOnlyList<string> Features { get; } = Read("features.txt", ' ');

    private static string[] Read(string name, char separator)
    {
        using var stream = typeof(WordLists).Assembly.GetManifestResourceStream(name) ?? throw new InvalidDataException($"The build lacks {name}.");
        using var text = new StreamReader(stream);
        return text.ReadToEnd().Split([separator, '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}

/// <summary>Dates as district files have them.</summary>
internal static class FileDate
{
    public const string Format = "MM/dd/yyyy";

    public static string Of(DateOnly? date) => date?.ToString(Format, CultureInfo.InvariantCulture) ?? "";
}
