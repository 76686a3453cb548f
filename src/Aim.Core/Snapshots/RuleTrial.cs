using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Workflows;
using Parquet;
using Parquet.Schema;

namespace Aim.Snapshots;

/// <summary>What rules would have found in a snapshot.</summary>
/// <param name="SnapshotRules">Version of the rule catalogue under which the snapshot was taken.</param>
/// <param name="PresentRules">Version of the catalogue they were tried from.</param>
/// <param name="NotRun">Those that ask for what a snapshot has not: classes, the year before, what is noted, the state's list of students, what rows say besides their records.</param>
public sealed record TrialReport(string Snapshot, SchoolYear Year, string SnapshotRules, string PresentRules, long Students, long Rows, IReadOnlyList<RuleHits> Rules, IReadOnlyList<string> NotRun);

/// <summary>
/// Tries rules on a frozen snapshot, whatever their stage and years: what a rule would have found last year, before it is enforced this year.
/// </summary>
public sealed class RuleTrial(IBlobStore blobs, SnapshotLibrary snapshots)
{
    /// <exception cref="FaultException">There is no sealed snapshot of that name, or its files are not those that were sealed.</exception>
    public async Task<TrialReport> RunAsync(string name, IReadOnlyList<Rule> rules, CancellationToken cancellation)
    {
        var snapshot = await snapshots.OpenAsync(name, cancellation) ?? throw new FaultException($"There is no snapshot '{name}'. Take one first, or correct the name.") { IsPermanent = true };
        var manifest = snapshot.Manifest;
        var ids = rules.Select(rule => rule.Id).ToHashSet();
        var judges = new Dictionary<DistrictId, EditionJudge>();
        foreach (var part in manifest.Files.GroupBy(file => file.Part).OrderBy(part => part.Key))
        {
            foreach (var ((district, _), view) in await ReadAsync([.. part], cancellation))
            {
                if (!judges.TryGetValue(district, out var judge))
                {
                    var judged = new JudgedEdition(new EditionKey(district, manifest.Year), manifest.Date);
                    judges[district] = judge = new EditionJudge(judged, snapshot.Reference, classes: null, hasPriorYear: false, new FindingSummary(), rule => ids.Contains(rule.Id));
                }
                view.Sort();
                judge.Judge(view, null);
            }
        }
        var total = new RuleTally();
        foreach (var judge in judges.Values)
        {
            judge.Finish(noted: null);
            total.Add(judge.Tally);
        }
        var notRun = rules.Where(rule => !IsDecidable(rule)).Select(rule => rule.Id).Order(StringComparer.Ordinal).ToList();
        return new TrialReport(name, manifest.Year, manifest.Rules, RuleCatalog.Version, total.Students, total.Rows, total.Of(rules.Where(IsDecidable).Select(rule => rule.In(snapshot.Reference))), notRun);
    }

    private static bool IsDecidable(Rule rule) => rule.Scope switch
    {
        RuleScope.Row => RuleCatalog.IsDecidedByRecord(rule.Id),
        RuleScope.Student => RuleCatalog.StudentRules.Any(item => item.Rule.Id == rule.Id && !item.NeedsClasses && !item.NeedsPriorYear && !item.ReadsStated),
        RuleScope.Edition => RuleCatalog.EditionRules.Any(item => item.Rule.Id == rule.Id && !item.NeedsPriorYear && !item.NeedsNotes && item.Collections.Count == 0),
        _ => false,
    };

    /// <summary>The rows of one range of State IDs, by district and local id.</summary>
    private async Task<Dictionary<(DistrictId District, string LocalId), StudentView>> ReadAsync(IReadOnlyList<FrozenPart> files, CancellationToken cancellation)
    {
        var views = new Dictionary<(DistrictId, string), StudentView>();
        foreach (var file in files.Where(file => file.Rows > 0))
        {
            await using var stored = await blobs.OpenReadAsync(file.Path, cancellation) ?? throw new FileNotFoundException($"The snapshot has lost {file.Path}.");
            using var bytes = new MemoryStream((int)file.Bytes);
            await stored.CopyToAsync(bytes, cancellation);
            bytes.Position = 0;
            await using var reader = await ParquetReader.CreateAsync(bytes, new ParquetOptions { UseDateOnlyTypeForDates = true }, cancellationToken: cancellation);
            var rows = RecordTypes.Find(file.RecordType)!.Accept(new FrozenRowsOf());
            for (var g = 0; g < reader.RowGroupCount; g++)
            {
                using var group = reader.OpenRowGroupReader(g);
                await rows.ReadAsync(reader.Schema, group, (district, entry) =>
                {
                    if (!views.TryGetValue((district, entry.Place.LocalId!), out var view)) views[(district, entry.Place.LocalId!)] = view = new StudentView();
                    view.Add(entry);
                }, cancellation);
            }
        }
        return views;
    }

    private sealed class FrozenRowsOf : IRecordTypeVisitor<FrozenRows>
    {
        public FrozenRows Visit<T>(RecordType<T> type) where T : IRecord<T> => new FrozenRows<T>(type);
    }

    private abstract class FrozenRows
    {
        public abstract Task ReadAsync(ParquetSchema schema, ParquetRowGroupReader group, Action<DistrictId, ViewEntry> take, CancellationToken cancellation);
    }

    private sealed class FrozenRows<T>(RecordType<T> type) : FrozenRows where T : IRecord<T>
    {
        public override async Task ReadAsync(ParquetSchema schema, ParquetRowGroupReader group, Action<DistrictId, ViewEntry> take, CancellationToken cancellation)
        {
            var table = new FrozenColumns(schema, group);
            var districts = await table.TextsAsync(FrozenTable.DistrictColumn, cancellation);
            var locals = await table.TextsAsync(FrozenTable.LocalIdColumn, cancellation);
            var uploads = await table.TextsAsync(FrozenTable.UploadColumn, cancellation);
            var lines = await table.NumbersAsync(FrozenTable.LineColumn, cancellation);
            var columns = new List<Array?>();
            foreach (var field in type.Fields) columns.Add(await table.FieldAsync(field, cancellation));
            for (var row = 0; row < lines.Length; row++)
            {
                var source = new FrozenFields(columns, row);
                take(new DistrictId(districts[row]!), new Entry<T>(T.Read(ref source), new RowPlace(type, lines[row], locals[row], UploadId.Parse(uploads[row]!)), IsNew: false));
            }
        }
    }

    /// <summary>One row of a frozen table, as a source of record fields; a field that is newer than the snapshot is empty.</summary>
    private ref struct FrozenFields(List<Array?> columns, int row) : IFieldSource
    {
        private int next;

        public string? Text() => ((string?[]?)columns[next++])?[row];
        public string? Code() => Text();
        public DateOnly? Date() => ((DateOnly?[]?)columns[next++])?[row];
        public bool? Flag() => ((bool?[]?)columns[next++])?[row];
        public int? Number() => ((int?[]?)columns[next++])?[row];
        public decimal? Amount() => ((double?[]?)columns[next++])?[row] is { } amount ? (decimal)amount : null;
    }

    private sealed class FrozenColumns(ParquetSchema schema, ParquetRowGroupReader group)
    {
        public async Task<Array?> FieldAsync(RecordField field, CancellationToken cancellation) => Find(field.Name) is not { } column ? null : field.Kind switch
        {
            FieldKind.Date => await OptionalAsync<DateOnly>(column, cancellation),
            FieldKind.Flag => await OptionalAsync<bool>(column, cancellation),
            FieldKind.Number => await OptionalAsync<int>(column, cancellation),
            FieldKind.Amount => await OptionalAsync<double>(column, cancellation),
            _ => await TextsAsync(field.Name, cancellation),
        };

        public async Task<int[]> NumbersAsync(string name, CancellationToken cancellation)
        {
            var numbers = new int[group.RowCount];
            await group.ReadAsync<int>(Find(name)!, numbers, cancellationToken: cancellation);
            return numbers;
        }

        public async Task<string?[]> TextsAsync(string name, CancellationToken cancellation)
        {
            var texts = new string?[group.RowCount];
            await group.ReadAsync(Find(name)!, texts.AsMemory()!, cancellationToken: cancellation);
            return texts;
        }

        private async Task<T?[]> OptionalAsync<T>(DataField field, CancellationToken cancellation) where T : struct
        {
            var items = new T?[group.RowCount];
            await group.ReadAsync(field, items.AsMemory(), cancellationToken: cancellation);
            return items;
        }

        private DataField? Find(string name) => schema.DataFields.FirstOrDefault(field => field.Name == name);
    }
}
