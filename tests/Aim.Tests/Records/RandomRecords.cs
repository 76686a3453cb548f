using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;
using CsCheck;

namespace Aim.Tests.Records;

/// <summary>Records with whatever may stand in their fields, each field empty now and then.</summary>
internal static class RandomRecords
{
    private const int MostFields = 32;

    /// <summary>Letters of one to four bytes, and what delimited text has to be careful with.</summary>
    private static readonly string[] Letters = ["a", "Z", "0", "'", "-", "ñ", "É", "世", "𝒜", ",", "\"", "#", "=", "."];

    private static readonly Gen<string> Text = Gen.Int[0, Letters.Length - 1].Array[1, 50].Select(picks => string.Concat(picks.Select(pick => Letters[pick])));

    private static readonly Gen<RandomFields> Fields = Gen.Select(Text.Array[MostFields], Gen.Int[0, 73_000].Array[MostFields], Gen.Int.Array[MostFields], Gen.Bool.Array[MostFields],
        (texts, days, numbers, empty) => new RandomFields(texts, days, numbers, empty));

    /// <summary>Records of any content: what stores must keep.</summary>
    public static Gen<T> Any<T>() where T : IRecord<T> => Fields.Select(fields =>
    {
        var source = new RandomSource(fields, null);
        return T.Read(ref source);
    });

    /// <summary>Records that a district's file can say: codes of the list, numbers of the right width, nothing too long.</summary>
    public static Gen<T> Sendable<T>(RecordType<T> type) where T : IRecord<T> => Fields.Select(fields =>
    {
        var source = new RandomSource(fields, [.. type.Fields.Select(field => Sample.Layout(type.Code).Columns.Single(column => column.Target == field.Name))]);
        return T.Read(ref source);
    });

    private sealed record RandomFields(string[] Texts, int[] Days, int[] Numbers, bool[] Empty);

    private sealed class RandomSource(RandomFields fields, LayoutColumn[]? columns) : IFieldSource
    {
        private static readonly DateOnly FirstDay = new(1900, 1, 1);

        private int next;

        private (int Index, LayoutColumn? Column, bool IsEmpty) Next()
        {
            var i = next++;
            return (i, columns?[i], fields.Empty[i] && columns?[i].Required != true);
        }

        public string? Text()
        {
            var (i, column, isEmpty) = Next();
            return isEmpty ? null : column is null ? fields.Texts[i] : column.Digits ? Digits(i, column.Width) : Cut(fields.Texts[i], column.Width);
        }

        public string? Code()
        {
            var (i, column, isEmpty) = Next();
            if (isEmpty) return null;
            if (column?.Codes is null) return fields.Texts[i];
            var codes = CodeSets.Get(column.Codes).Entries.Where(entry => entry.IsValidIn(Sample.Year)).ToList();
            return codes[(int)((uint)fields.Numbers[i] % codes.Count)].Code;
        }

        public DateOnly? Date() => Next() is { IsEmpty: false, Index: var i } ? FirstDay.AddDays(fields.Days[i]) : null;

        public bool? Flag() => Next() is { IsEmpty: false, Index: var i } ? fields.Numbers[i] % 2 == 0 : null;

        public int? Number() => Next() is { IsEmpty: false, Index: var i } item ? item.Column is null ? fields.Numbers[i] : fields.Days[i] % (int)Math.Pow(10, Math.Min(4, item.Column.Width)) : null;

        public decimal? Amount() => Next() is { IsEmpty: false, Index: var i } item ? (item.Column is null ? fields.Numbers[i] : fields.Days[i] % 10 * 10) / 100m : null;

        private string Digits(int i, int width) => ((uint)fields.Numbers[i] % 10_000).ToString($"D{width}", null)[^width..];

        private static string Cut(string text, int width) => text.Length <= width ? text : char.IsHighSurrogate(text[width - 1]) ? text[..(width - 1)] : text[..width];
    }
}
