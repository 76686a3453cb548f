using System.Globalization;
using System.Text.Json;
using Aim.Entry;
using Aim.Records;
using Aim.Rules;

namespace Aim.Host.Generate;

/// <summary>
/// What a district's own system pushes record by record, in place of a file: bodies of <c>PUT /editions/{district}/{year}/changes</c>, by number. At an error rate some delete what is not
/// there, send a record under the key of another, or change the key of a record that the state office holds a field of.
/// </summary>
internal sealed class SamplePushes(string root, string district, SchoolYear year, SampleRandom random, double rate)
{
    private const int MostChanges = 100;

    /// <summary>Of no record: it is another school's, and of a day before the year.</summary>
    private const string OtherKey = "9999|20000101";

    private readonly List<SampleRow> rows = [];
    private int sequence;
    private SampleRow? enrollment;

    /// <summary>The mistakes, by file and place in the push.</summary>
    public List<(string File, int Line, string Rule)> Planted { get; } = [];

    /// <summary>The field that the state office holds, as a line of <c>held-fields.csv</c>.</summary>
    public List<string> Held { get; } = [];

    public static bool Takes(SampleRow row) => row.Layout.Type == RecordTypes.MealEligibility.Code;

    public void Add(SampleRow row)
    {
        rows.Add(row);
        if (rows.Count == MostChanges) Complete();
    }

    /// <summary>Offers a student's rows, written and without mistakes, to be the ones that a push contradicts.</summary>
    public void Offer(IReadOnlyList<SampleRow> studentRows) => enrollment ??= studentRows.FirstOrDefault(row => row.Layout.Type == RecordTypes.Enrollment.Code && row["StudentStateId"].Length > 0);

    /// <summary>Writes what has come so far as one push.</summary>
    public void Complete()
    {
        if (rows.Count == 0) return;
        var name = string.Create(CultureInfo.InvariantCulture, $"pushes/{district}/{++sequence}.json");
        var path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteNumber("sequence", sequence);
        json.WriteStartArray("changes");
        var place = 0;
        foreach (var row in rows)
        {
            WriteChange(json, ChangeOperation.Upsert, row, null);
            place++;
            foreach (var rule in row.Planted) Planted.Add((name, place, rule));
        }
        if (rate > 0 && (sequence == 1 || random.Chance(rate)) && rows.Find(row => row.Planted.Count == 0) is { } good)
        {
            WriteChange(json, ChangeOperation.Delete, good, OtherKey);
            Planted.Add((name, ++place, FileRules.NothingToDelete.Id));
            WriteChange(json, ChangeOperation.Upsert, good, OtherKey);
            Planted.Add((name, ++place, FileRules.OtherKey.Id));
        }
        if (rate > 0 && Held.Count == 0 && enrollment is { } held)
        {
            var start = DateOnly.ParseExact(held["StartDate"], FileDate.Format, CultureInfo.InvariantCulture);
            var key = FormattableString.Invariant($"{held["SchoolNumber"]}|{held["CalendarNumber"]}|{held["ServiceType"]}|{start:yyyyMMdd}");
            Held.Add($"{district},{held["StudentLocalId"]},{held.Layout.Type},{key},comment,Seen by the state office,Checked with the school");
            var moved = held.Copy();
            moved["StartDate"] = FileDate.Of(start.AddDays(1));
            WriteChange(json, ChangeOperation.Upsert, moved, key);
            Planted.Add((name, ++place, FileRules.HeldKey.Id));
        }
        json.WriteEndArray();
        json.WriteEndObject();
        rows.Clear();
    }

    private void WriteChange(Utf8JsonWriter json, ChangeOperation operation, SampleRow row, string? key)
    {
        json.WriteStartObject();
        json.WriteString("op", operation == ChangeOperation.Delete ? "delete" : "upsert");
        json.WriteString("recordType", row.Layout.Type);
        json.WriteString("localId", row["StudentLocalId"]);
        if (key is not null) json.WriteString("key", key);
        if (operation == ChangeOperation.Upsert)
        {
            json.WritePropertyName("record");
            RecordForm.Find(RecordTypes.Find(row.Layout.Type)!, year)!.Write(json, row.Cells);
        }
        json.WriteEndObject();
    }
}
