using System.Globalization;

namespace Aim.Host.Commands;

/// <summary>
/// The birth dates of a file, in whatever form it has them. Whether 04/05/2012 is of April or of May is for the whole file to say: where a day above 12 comes first, days come first, as they do with dots (4.5.2012).
/// </summary>
internal sealed class BirthDateColumn
{
    private const int EarliestYear = 1000, LatestYear = 2199;

    private static readonly string[] Months = [.. CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedMonthNames.Where(name => name.Length > 0)];

    private readonly int thisYear;

    private BirthDateColumn(bool isDayFirst, int thisYear) => (IsDayFirst, this.thisYear) = (isDayFirst, thisYear);

    public bool IsDayFirst { get; }

    /// <param name="texts">Null where there is none.</param>
    /// <param name="thisYear">Two digits are the latest year that is none of the future.</param>
    public static BirthDateColumn Of(IEnumerable<string?> texts, int thisYear)
    {
        var (dayFirst, monthFirst, dots) = (0, 0, 0);
        foreach (var text in texts)
        {
            var parts = Parts(text);
            if (parts.Count == 3 && text!.Contains('.', StringComparison.Ordinal)) dots++;
            if (parts.Count != 3 || !parts.All(part => char.IsAsciiDigit(part[0])) || parts[0].Length > 2) continue;
            var (first, second) = (Number(parts[0]), Number(parts[1]));
            if (first > 12 && second <= 12) dayFirst++;
            else if (second > 12 && first <= 12) monthFirst++;
        }
        return new BirthDateColumn(dayFirst == monthFirst ? dots > 0 : dayFirst > monthFirst, thisYear);
    }

    /// <returns>Year, month and day as eight digits, which are kept also where they are no date: one of them may be mistyped. 0 when the text is none.</returns>
    public int Read(string? text)
    {
        var parts = Parts(text);
        return parts.Count == 3 && OfParts(parts) is not 0 and var digits ? digits : OfDigits(string.Concat(parts.SelectMany(part => part.Where(char.IsAsciiDigit))));
    }

    private int OfParts(List<string> parts)
    {
        var month = parts.FindIndex(part => char.IsAsciiLetter(part[0]));
        if (month >= 0) return OfNamedMonth(parts, month);
        if (parts[0].Length == 4) return Digits(Number(parts[0]), parts[1], parts[2]);
        var year = Year(parts[2]);
        return IsDayFirst ? Digits(year, parts[1], parts[0]) : Digits(year, parts[0], parts[1]);
    }

    private int OfDigits(string text)
    {
        if (text.Length != 8) return 0;
        if (Number(text[..4]) is >= EarliestYear and <= LatestYear && Number(text[4..6]) <= 12 || Number(text[4..]) is < EarliestYear or > LatestYear) return Digits(Number(text[..4]), text[4..6], text[6..]);
        return IsDayFirst ? Digits(Number(text[4..]), text[2..4], text[..2]) : Digits(Number(text[4..]), text[..2], text[2..4]);
    }

    private int OfNamedMonth(List<string> parts, int month)
    {
        var number = Array.FindIndex(Months, name => parts[month].StartsWith(name, StringComparison.OrdinalIgnoreCase)) + 1;
        var others = parts.Where((_, i) => i != month).ToList();
        if (number == 0 || !others.All(part => char.IsAsciiDigit(part[0]))) return 0;
        var year = others[0].Length == 4 ? 0 : 1;
        return Digits(Year(others[year]), number.ToString(CultureInfo.InvariantCulture), others[1 - year]);
    }

    private int Year(string text) => text.Length != 2 ? Number(text) : Number(text) + thisYear / 100 * 100 is var year && year > thisYear ? year - 100 : year;

    private static int Digits(int year, string month, string day) =>
        year > 0 && month.Length <= 2 && day.Length <= 2 && (Number(month) > 0 || Number(day) > 0) ? year * 10000 + Number(month) * 100 + Number(day) : 0;

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>The runs of digits and those of letters, up to the time of day.</summary>
    private static List<string> Parts(string? text)
    {
        var parts = new List<string>();
        var rest = Day(text);
        while (!rest.IsEmpty)
        {
            var length = 1;
            while (length < rest.Length && char.IsAsciiLetterOrDigit(rest[0]) && char.IsAsciiDigit(rest[length]) == char.IsAsciiDigit(rest[0]) && char.IsAsciiLetterOrDigit(rest[length])) length++;
            if (char.IsAsciiLetterOrDigit(rest[0])) parts.Add(rest[..length].ToString());
            rest = rest[length..];
        }
        return parts;
    }

    private static ReadOnlySpan<char> Day(ReadOnlySpan<char> text)
    {
        if (text.EndsWith(".0")) return text[..^2];
        var time = text.IndexOf(':');
        if (time < 0) return text;
        var end = text[..time].LastIndexOfAny(' ', 'T');
        return end < 0 ? text : text[..end];
    }
}
