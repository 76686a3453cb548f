using System.Globalization;

namespace Aim;

/// <summary>Numbers of things, as a sentence says them: 1 row, 2 rows.</summary>
public static class Plural
{
    public static string Of(long number, string one) => Of(number, one, $"{one}s");

    /// <param name="one">The thing, with what else of the sentence goes by the number: "row waits".</param>
    public static string Of(long number, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many)}");
}
