using System.Text;
using Aim.Editions;
using Aim.Identity;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Records;
using Aim.Tests.Setup;
using Aim.Uploads;
using CsCheck;

namespace Aim.Tests.Uploads;

/// <summary>What a district writes is what is read, and what a load has brought over is no difference any more.</summary>
[TestClass]
public sealed class ParsingPropertyTests
{
    private const int Times = 100;

    public static IEnumerable<object[]> Files => RecordTypes.All.SelectMany(type => new[] { '\t', ',' }.Select(delimiter => new object[] { type.Code, delimiter }));

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void A_row_that_was_written_is_read_as_the_same_record(string code, char delimiter) => Assert.IsTrue(RecordTypes.Find(code)!.Accept(new ReadingBack(delimiter)));

    private sealed class ReadingBack(char delimiter) : IRecordTypeVisitor<bool>
    {
        public bool Visit<T>(RecordType<T> type) where T : IRecord<T>
        {
            ReadsBack(type, T.Read, delimiter);
            return true;
        }
    }

    private static void ReadsBack<T>(RecordType<T> type, DelimitedRead<T> read, char delimiter) where T : IRecord<T> => RandomRecords.Sendable(type).Array[1, 5].Sample(records =>
    {
        var layout = Sample.Layout(type.Code);
        var form = new FileForm { Delimiter = delimiter, Version = layout.Version, Header = delimiter == ',' ? [.. layout.Columns.Select(column => column.Name)] : null };
        var text = Encoding.UTF8.GetBytes(string.Concat(records.Select((record, i) => $"{Row(type, layout, record, i, delimiter)}\n")));
        var parser = new RowParser<T>(new ParseJob(RowPlan.For(layout, form), form, Sample.District, Sample.Year, new DateOnly(2025, 10, 7), null), type, read, []);
        var parsed = new ParsedBlock();
        parser.Parse(new TextBlock(text, text.Length, firstLine: 1), skipHeader: false, parsed);

        Assert.AreEqual("", string.Join("; ", parsed.Findings.Select(finding => $"{finding.Rule} {finding.Message}")));
        var staged = parsed.Index.Select(row => StagedRow.Read(parsed.Rows.Written.Slice(row.Offset, row.Length))).ToList();
        return staged.Select(row => type.Read(row.Content.Span)).SequenceEqual(records) && staged.Select(row => row.LocalId).SequenceEqual(records.Select((_, i) => $"{type.LocalIdPrefix}L{i}")) && staged.Select(row => row.Key).SequenceEqual(records.Select(record => record.Key));
    }, iter: Times);

    private static string Row<T>(RecordType<T> type, FileLayout layout, T record, int number, char delimiter) where T : IRecord<T>
    {
        var content = new ByteBuffer();
        type.Write(record, content);
        var values = new Dictionary<string, string?>();
        var reader = new CanonicalReader(content.Written);
        foreach (var field in type.Fields) values[field.Name] = CanonicalReader.Display(field.Kind, reader.Next());
        return string.Join(delimiter, layout.Columns.Select(column => Quoted(column.Role switch
        {
            ColumnRole.RecordType => type.Code,
            ColumnRole.District => Sample.District.Value,
            ColumnRole.LocalId => $"L{number}",
            ColumnRole.EndYear => Sample.Year.ToString(),
            ColumnRole.Content => values[column.Target!] ?? "",
            _ => "",
        }, delimiter)));
    }

    private static string Quoted(string value, char delimiter) =>
        delimiter == ',' && value.AsSpan().IndexOfAny(",\"") >= 0 ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;

    /// <summary>Some rows of one student under few keys, so that rows meet their like.</summary>
    private static readonly Gen<Enrollment[]> Rows = Gen.Select(RandomRecords.Any<Enrollment>(), Gen.Int[0, 3], (record, key) => record with
    {
        SchoolNumber = "0001", CalendarNumber = "001", ServiceType = "P", StartDate = new DateOnly(2025, 9, 1).AddDays(key),
    }).Array[0, 5];

    [TestMethod]
    [DataRow(UploadScope.Update)]
    [DataRow(UploadScope.Replace)]
    public void Comparing_again_after_a_load_shows_no_difference(UploadScope scope) => Gen.Select(Rows, Rows).Sample((before, file) =>
    {
        var stored = Apply([], Compare([], before, UploadScope.Update));
        var first = Compare(stored, file, scope);
        var loaded = Apply(stored, first);

        var again = Compare(loaded, file, scope);

        Assert.AreEqual((0, 0L, 0L, 0L), (again.Changes.Count, again.Added, again.Changed, again.Removed));
        Assert.AreEqual(first.Added + first.Changed + first.Unchanged, again.Unchanged);
        return loaded.Select(row => row.Key).Distinct().Count() == loaded.Count;
    }, iter: Times);

    private static ComparisonResult Compare(IReadOnlyList<EditionRow> stored, IEnumerable<Enrollment> rows, UploadScope scope)
    {
        var staged = rows.Select((record, i) => Staged(record, i + 2)).OrderBy(row => row.Key, Utf8Order.Comparer).ThenBy(row => row.Line).ToList();
        var rules = new StudentRuleSet([], [RecordTypes.Enrollment], Sample.Year, reference: null, hasPriorYear: false);
        var result = new ComparisonResult(new FindingList());
        var comparison = new StudentComparison(new ComparisonJob(RecordTypes.Enrollment, new UploadId(1), scope, WithholdRemovals: false, rules, Sample.Year, HasPriorYear: false));
        comparison.Compare(comparison.Prepare("1001", stored, staged, result), priorYear: null, KnownIdentities.Of(new Dictionary<StateId, Person>()), result);
        return result;
    }

    private static StagedRow Staged(Enrollment record, int line)
    {
        var content = new ByteBuffer();
        RecordTypes.Enrollment.Write(record, content);
        return new StagedRow("1001", record.Key, line, null, "Rivers", "Ana", 0, content.Written.ToArray());
    }

    private static List<EditionRow> Apply(IReadOnlyList<EditionRow> stored, ComparisonResult result)
    {
        var rows = stored.ToDictionary(row => row.Key);
        foreach (var change in result.Changes)
        {
            if (change.After is { } after) rows[after.Key] = after;
            else rows.Remove(change.Row.Key);
        }
        return [.. rows.Values.OrderBy(row => row.Key, Utf8Order.Comparer)];
    }
}
