using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aim.Records;

/// <summary>
/// The nine-digit number that stays with a student through every school and district of the state (ARM 10.55.909).
/// It carries no meaning; leading zeros are part of its written form.
/// </summary>
[JsonConverter(typeof(TextValueConverter<StateId>))]
public readonly record struct StateId(int Value) : IParsable<StateId>, IComparable<StateId>
{
    public const int Highest = 999_999_999;

    public static bool TryParse(ReadOnlySpan<char> text, out StateId id)
    {
        id = default;
        if (text.Length != 9 || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value == 0) return false;
        id = new StateId(value);
        return true;
    }

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StateId result) =>
        TryParse(s.AsSpan(), out result);

    public static StateId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, out var id) ? id : throw new FormatException("A State ID is nine digits.");

    public int CompareTo(StateId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("D9", CultureInfo.InvariantCulture);

    public static bool operator <(StateId left, StateId right) => left.Value < right.Value;
    public static bool operator >(StateId left, StateId right) => left.Value > right.Value;
    public static bool operator <=(StateId left, StateId right) => left.Value <= right.Value;
    public static bool operator >=(StateId left, StateId right) => left.Value >= right.Value;
}

/// <summary>A school district: its four-digit School System number, zero-padded. Not the Legal Entity number.</summary>
[JsonConverter(typeof(TextValueConverter<DistrictId>))]
public readonly record struct DistrictId(string Value) : IParsable<DistrictId>
{
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DistrictId result)
    {
        var valid = s is { Length: 4 } && s.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
        result = valid ? new DistrictId(s!) : default;
        return valid;
    }

    public static DistrictId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("A district number is four digits, such as 0123.");

    public override string ToString() => Value;
}

/// <summary>A school year, named by the calendar year in which it ends: 2026 is the year 2025-2026.</summary>
[JsonConverter(typeof(TextValueConverter<SchoolYear>))]
public readonly record struct SchoolYear(int EndYear) : IParsable<SchoolYear>, IComparable<SchoolYear>
{
    public SchoolYear Previous => new(EndYear - 1);

    /// <summary>The form EDFacts headers use: <c>2025-2026</c>.</summary>
    public string Span => $"{EndYear - 1:D4}-{EndYear:D4}";

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SchoolYear result)
    {
        var valid = int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var year) && year is >= 2000 and <= 2100;
        result = valid ? new SchoolYear(year) : default;
        return valid;
    }

    public static SchoolYear Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var year) ? year : throw new FormatException("A school year is the four digits of the year it ends in, such as 2026.");

    public int CompareTo(SchoolYear other) => EndYear.CompareTo(other.EndYear);

    public override string ToString() => EndYear.ToString("D4", CultureInfo.InvariantCulture);

    public static bool operator <(SchoolYear left, SchoolYear right) => left.EndYear < right.EndYear;
    public static bool operator >(SchoolYear left, SchoolYear right) => left.EndYear > right.EndYear;
    public static bool operator <=(SchoolYear left, SchoolYear right) => left.EndYear <= right.EndYear;
    public static bool operator >=(SchoolYear left, SchoolYear right) => left.EndYear >= right.EndYear;
}

/// <summary>
/// One arrival of one file: the hash of its blob path and ETag. The same blob announced twice has the same id, so that a
/// repeated trigger does nothing.
/// </summary>
[JsonConverter(typeof(TextValueConverter<UploadId>))]
public readonly record struct UploadId(UInt128 Value) : IParsable<UploadId>
{
    public static UploadId Of(string path, string etag) => new(ContentHash.OfText($"{path}\n{etag}"));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out UploadId result)
    {
        var valid = UInt128.TryParse(s, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && s!.Length == 32;
        result = valid ? new UploadId(value) : default;
        return valid;
    }

    public static UploadId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("An upload id is 32 hexadecimal digits.");

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}

/// <summary>Writes an id as the JSON string people see, also as a property name.</summary>
public sealed class TextValueConverter<T> : JsonConverter<T> where T : struct, IParsable<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.TokenType == JsonTokenType.Number ? reader.GetInt64().ToString(CultureInfo.InvariantCulture) : reader.GetString());

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString()!);

    private static T Parse(string? text) =>
        T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : throw new JsonException($"Not a valid {typeof(T).Name}.");
}
