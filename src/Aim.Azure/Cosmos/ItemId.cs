using System.Text;
using Aim.Workflows;

namespace Aim.Azure.Cosmos;

/// <summary>
/// Texts of any kind as parts of an item's id. The service refuses some characters there and orders by bytes, so letters and digits stay as they are
/// and every other byte is written in hexadecimal behind a mark that keeps it in its place: ids are in the order of their parts' UTF-8
/// bytes, and one index, which every container has anyway, answers equality, range and order.
/// </summary>
internal static class ItemId
{
    /// <summary>Between parts; lower than anything in them, so that a part comes before those it is the beginning of.</summary>
    public const char Separator = '!';

    private const int LongestId = 1023;

    public static string Of(params ReadOnlySpan<string> parts)
    {
        var id = new StringBuilder();
        foreach (var part in parts)
        {
            if (id.Length > 0) id.Append(Separator);
            Append(id, part);
        }
        return id.Length <= LongestId ? id.ToString() : throw new FaultException($"An id of {id.Length} characters is too long to be stored: {LongestId} is the most.") { IsPermanent = true };
    }

    /// <summary>Ids that begin with these parts and go on are above the first and below the second.</summary>
    public static (string Above, string Below) Under(params ReadOnlySpan<string> parts)
    {
        var prefix = Of(parts);
        return (prefix + Separator, prefix + (char)(Separator + 1));
    }

    private static void Append(StringBuilder id, string text)
    {
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)value)) id.Append((char)value);
            else id.Append(Mark(value)).Append(value.ToString("x2", null));
        }
    }

    /// <summary>A mark in the same gap between digits, upper case and lower case as the byte itself.</summary>
    private static char Mark(byte value) => value switch
    {
        < (byte)'0' => '-',
        < (byte)'A' => '=',
        < (byte)'a' => '_',
        _ => '~',
    };
}
