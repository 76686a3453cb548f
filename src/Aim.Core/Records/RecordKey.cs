namespace Aim.Records;

/// <summary>Makes the keys of records under one local id: parts joined by <c>|</c>, dates as YYYYMMDD, so that keys sort by date.</summary>
internal static class RecordKey
{
    public static string Of(string? first, DateOnly? date) => string.Create(null, stackalloc char[32], $"{first}|{date:yyyyMMdd}");

    public static string Of(string? first, string? second) => $"{first}|{second}";

    public static string Of(string? first, string? second, string? third) => $"{first}|{second}|{third}";

    public static string Of(string? first, string? second, DateOnly? date) => string.Create(null, stackalloc char[64], $"{first}|{second}|{date:yyyyMMdd}");

    public static string Of(string? first, string? second, string? third, DateOnly? date)
    {
        // The same text as interpolation would give; enrollment keys are made by the million.
        var length = Length(first) + Length(second) + Length(third) + 3 + (date is null ? 0 : 8);
        return string.Create(length, (first, second, third, date), static (span, parts) =>
        {
            Put(ref span, parts.first);
            Put(ref span, parts.second);
            Put(ref span, parts.third);
            if (parts.date is not { } date) return;
            Digits(span[..4], date.Year);
            Digits(span[4..6], date.Month);
            Digits(span[6..8], date.Day);
        });

        static int Length(string? part) => part?.Length ?? 0;

        static void Put(ref Span<char> span, string? part)
        {
            part.AsSpan().CopyTo(span);
            span[Length(part)] = '|';
            span = span[(Length(part) + 1)..];
        }

        static void Digits(Span<char> span, int value)
        {
            for (var i = span.Length - 1; i >= 0; i--, value /= 10) span[i] = (char)('0' + value % 10);
        }
    }
}
