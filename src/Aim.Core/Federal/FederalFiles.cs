using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Aim.Ports;
using Aim.Records;
using Aim.Snapshots;
using Aim.Uploads;
using Aim.Workflows;

namespace Aim.Federal;

/// <summary>Which federal files to write from a snapshot; null stands for all.</summary>
public sealed record FederalInput(string Snapshot, string? File, FederalFormat Format);

/// <summary>A federal file that has been written.</summary>
/// <param name="FileName">The name ED expects, which is also in the header.</param>
/// <param name="Path">Blob path.</param>
/// <param name="Students">Students counted, each once; null for directory files.</param>
/// <param name="Excluded">Enrollments on the count day that were left out, by reason.</param>
public sealed record FederalFile(
    string File, FederalLevel Level, FederalFormat Format, string FileName, string Path, int Records, long Bytes, string Sha256, long? Students,
    IReadOnlyDictionary<string, int> Excluded);

/// <summary>A student behind a count, with the rows and uploads it rests on.</summary>
public sealed record CountedStudent(StateId StateId, string District, string School, string LocalId, IReadOnlyList<RowOrigin> Rows);

/// <summary>The row of the upload that a frozen record came from.</summary>
/// <param name="Line">Line of the file, counted from 1 for the header.</param>
/// <param name="File">Blob path of the file as it was sent; null when the ledger does not know the upload.</param>
public sealed record RowOrigin(string RecordType, UploadId Upload, int Line, string? File = null);

/// <summary>A cell of a count file: an organisation and the values of one category set.</summary>
/// <param name="Set">The set's code, such as ST1; needed where the values alone could be of several sets, as MISSING can.</param>
public sealed record FederalCell(string File, FederalLevel Level, string? District, string? School, IReadOnlyList<string> Values, string? Set = null);

/// <summary>
/// Writes EDFacts files from snapshots. The same snapshot gives the same bytes: the number in a file's name is allotted once for each
/// snapshot, file and level, and the identifier in the header carries the snapshot's moment.
/// </summary>
public sealed class FederalFiles(IBlobStore blobs, ILedger ledger, SnapshotLibrary snapshots, UploadLog uploads)
{
    public static readonly Step<FederalInput, IReadOnlyList<FederalFile>> Write = new("WriteFederalFiles");

    private const string Subject = "federal";
    private const string SequenceKind = "sequence";
    private const string CounterKind = "counter";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <exception cref="FaultException">There is no such snapshot or file.</exception>
    public async Task<IReadOnlyList<FederalFile>> WriteAsync(FederalInput input, CancellationToken cancellation)
    {
        var snapshot = await OpenAsync(input.Snapshot, cancellation);
        var specs = input.File is null ? FederalSpecs.All : [SpecOf(input.File)];
        var files = new List<FederalFile>();
        foreach (var spec in specs.Where(spec => spec.Counted is null))
        {
            foreach (var level in spec.Levels.Keys) files.Add(await WriteDirectoryAsync(snapshot, spec, level, input.Format, cancellation));
        }
        files.AddRange(await WriteCountsAsync(snapshot, [.. specs.Where(spec => spec.Counted is not null)], input.Format, cancellation));
        return [.. files.OrderBy(file => file.File, StringComparer.Ordinal).ThenBy(file => file.Level)];
    }

    /// <summary>The students behind one cell of a count file, with the uploads and lines they came from.</summary>
    /// <exception cref="FaultException">There is no such snapshot, file or cell.</exception>
    public async Task<IReadOnlyList<CountedStudent>> ExplainAsync(string snapshotName, FederalCell cell, CancellationToken cancellation)
    {
        var snapshot = await OpenAsync(snapshotName, cancellation);
        var spec = SpecOf(cell.File);
        var rule = CountingRule.Of(spec);
        var valuesOf = SetOf(spec, cell).Categories.Select(CategoryValues.Of).ToList();
        var counter = new FederalCounter(spec, cell.Level, snapshot, new CategoryPositions(spec));
        var organisation = counter.FindOrganisation(cell.District, cell.School)
            ?? throw new FaultException($"{spec.File} has no counts of {cell.District} {cell.School} at {cell.Level} level: there is no such organisation, or it is closed, not reported federally, or a reportable program.") { IsPermanent = true };
        var context = new CountingContext(snapshot);
        var counted = new List<CountedStudent>();
        await foreach (var part in FrozenStudents.ReadPartsAsync(blobs, snapshot.Manifest, withOrigin: true, cancellation))
        {
            foreach (var student in part)
            {
                counted.AddRange(counter.Place([.. rule.Select(student, context)])
                    .Where(item => item.Organisation == organisation && valuesOf.Select(valueOf => valueOf(item.Subject)).SequenceEqual(cell.Values))
                    .Select(item => Describe(item.Subject)));
            }
        }
        var files = new Dictionary<UploadId, string?>();
        foreach (var upload in counted.SelectMany(student => student.Rows).Select(row => row.Upload).Distinct()) files[upload] = await uploads.FindFileAsync(upload, cancellation);
        return [.. counted.OrderBy(student => student.StateId).Select(student => student with { Rows = [.. student.Rows.Select(row => row with { File = files[row.Upload] })] })];
    }

    private static CategorySet SetOf(FederalSpec spec, FederalCell cell)
    {
        var sets = spec.Tables.SelectMany(table => table.Sets).ToList();
        var fitting = sets.Where(set => (cell.Set is null || set.Code.Equals(cell.Set, StringComparison.OrdinalIgnoreCase)) && set.Categories.Count == cell.Values.Count &&
            set.Categories.Zip(cell.Values).All(pair => pair.Second == FederalCategory.MissingValue || FederalSpecs.Categories[pair.First].Values.Contains(pair.Second))).ToList();
        return fitting switch
        {
            [var only] => only,
            [] => throw new FaultException($"{spec.File} has no category set{(cell.Set is null ? "" : $" {cell.Set}")} with these values in this order: {string.Join(' ', cell.Values)}. Its sets are {Describe(sets)}.") { IsPermanent = true },
            _ => throw new FaultException($"These values could be of several category sets of {spec.File}: {Describe(fitting)}. Name the set too.") { IsPermanent = true },
        };
    }

    private static string Describe(IEnumerable<CategorySet> sets) => string.Join(", ", sets.Select(set => set.Categories.Count == 0 ? set.Code : $"{set.Code} ({string.Join(" x ", set.Categories)})"));

    private static CountedStudent Describe(CountedSubject subject)
    {
        var rows = new List<RowOrigin> { Origin("EN", subject.Enrollment) };
        if (subject.Demographics is { } student) rows.Add(Origin("SD", student));
        if (subject.EnglishLearner is { } learner) rows.Add(Origin("LP", learner));
        if (subject.SpecialEducation is { } special) rows.Add(Origin("SE", special));
        return new CountedStudent(subject.Id, subject.District, subject.School, subject.Enrollment.LocalId, rows);
    }

    private static RowOrigin Origin<T>(string type, FrozenRow<T> row) => new(type, UploadId.Parse(row.Upload!), row.Line);

    private async Task<Snapshot> OpenAsync(string name, CancellationToken cancellation) =>
        await snapshots.OpenAsync(name, cancellation) ?? throw new FaultException($"There is no snapshot named '{name}'.") { IsPermanent = true };

    private static FederalSpec SpecOf(string file) => FederalSpecs.Find(file)
        ?? throw new FaultException($"'{file}' is not one of the files written here: {string.Join(", ", FederalSpecs.All.Select(spec => spec.File))}.") { IsPermanent = true };

    private async Task<FederalFile> WriteDirectoryAsync(Snapshot snapshot, FederalSpec spec, FederalLevel level, FederalFormat format, CancellationToken cancellation)
    {
        var layout = spec.Levels[level];
        var records = DirectoryRecords.Of(spec, level, snapshot.Reference, snapshot.Manifest.Date).ToList();
        return await WriteAsync(snapshot, spec, level, format, records.Count, null, new Dictionary<string, int>(), cells =>
            records.Select(record => Fill(spec, layout, cells, record)), cancellation);
    }

    private static string?[] Fill(FederalSpec spec, LevelSpec layout, string?[] cells, Dictionary<string, string?> record)
    {
        Array.Clear(cells);
        for (var i = 0; i < layout.Fields.Count; i++)
        {
            var field = layout.Fields[i];
            if (field.Name is null || !record.TryGetValue(field.Name, out cells[i]) && !field.Required) continue;
            if (field.Required && string.IsNullOrEmpty(cells[i]) && i > 0)
                throw new FaultException($"{spec.File} needs {field.Name} of {record.GetValueOrDefault("StateLEAIDNumber")} {record.GetValueOrDefault("StateSchoolIDNumber")}; complete the reference data and take a new snapshot.") { IsPermanent = true };
        }
        return cells;
    }

    /// <summary>Counts every file and level in one pass over the snapshot.</summary>
    private async Task<List<FederalFile>> WriteCountsAsync(Snapshot snapshot, IReadOnlyList<FederalSpec> specs, FederalFormat format, CancellationToken cancellation)
    {
        var counts = specs.Select(spec => new FileCount(spec, new CountingContext(snapshot), [.. Counters(spec, snapshot)])).ToList();
        if (counts.Count > 0)
        {
            await foreach (var part in FrozenStudents.ReadPartsAsync(blobs, snapshot.Manifest, withOrigin: false, cancellation))
            {
                foreach (var student in part)
                {
                    foreach (var count in counts) count.Add(student);
                }
            }
        }
        var files = new List<FederalFile>();
        foreach (var count in counts)
        {
            foreach (var (level, counter) in count.Levels)
            {
                var excluded = count.Context.Exclusions.ToDictionary(item => item.Key.ToString(), item => item.Value);
                var rows = counter.Rows().ToList();
                files.Add(await WriteAsync(snapshot, count.Spec, level, format, rows.Count, count.Students, excluded,
                    cells => CountRecords(snapshot, count.Spec.Levels[level], rows, cells), cancellation));
            }
        }
        return files;
    }

    private static IEnumerable<(FederalLevel, FederalCounter)> Counters(FederalSpec spec, Snapshot snapshot)
    {
        var categories = new CategoryPositions(spec);
        foreach (var level in spec.Levels.Keys) yield return (level, new FederalCounter(spec, level, snapshot, categories));
    }

    private sealed record FileCount(FederalSpec Spec, CountingContext Context, IReadOnlyList<(FederalLevel Level, FederalCounter Counter)> Levels)
    {
        private readonly CountingRule rule = CountingRule.Of(Spec);

        public long Students { get; private set; }

        public void Add(FrozenStudent student)
        {
            var subjects = rule.Select(student, Context).ToList();
            if (subjects.Count == 0) return;
            Students++;
            foreach (var (_, counter) in Levels) counter.Count(subjects);
        }
    }

    private static IEnumerable<string?[]> CountRecords(Snapshot snapshot, LevelSpec layout, IEnumerable<FederalRow> rows, string?[] cells)
    {
        var places = layout.Fields.Index().Where(field => field.Item.Name is not null).ToDictionary(field => field.Item.Name!, field => field.Index);
        var agency = snapshot.Reference.Agency;
        foreach (var row in rows)
        {
            Array.Clear(cells);
            Put("FIPSStateCode", agency.Fips);
            Put("StateAgencyNumber", agency.AgencyNumber);
            Put("StateLEAIDNumber", row.District);
            Put("StateSchoolIDNumber", row.School);
            Put("TableTypeAbbrv", row.Table);
            for (var c = 0; c < row.Values.Count; c++) Put(FederalSpecs.Categories[row.Set.Categories[c]].Field, row.Values[c]);
            Put("TotalIndicator", row.Set.TotalIndicator);
            Put("Amount", row.Amount.ToString(CultureInfo.InvariantCulture));
            yield return cells;
        }

        void Put(string field, string value)
        {
            if (places.TryGetValue(field, out var i)) cells[i] = value;
        }
    }

    private async Task<FederalFile> WriteAsync(
        Snapshot snapshot, FederalSpec spec, FederalLevel level, FederalFormat format, int records, long? students, IReadOnlyDictionary<string, int> excluded,
        Func<string?[], IEnumerable<string?[]>> rows, CancellationToken cancellation)
    {
        var (manifest, agency, layout) = (snapshot.Manifest, snapshot.Reference.Agency, spec.Levels[level]);
        var sequence = await SequenceAsync(manifest.Name, spec, level, cancellation);
        var fileName = FormattableString.Invariant($"{agency.Abbreviation}{level}{spec.Abbreviation}v{sequence:D6}.{format.ToString().ToLowerInvariant()}");
        var local = TimeZoneInfo.ConvertTime(manifest.Moment, TimeZoneInfo.FindSystemTimeZoneById(agency.TimeZone));
        var header = new FederalHeader(layout.FileType, records, fileName, $"{spec.Number}-{local.ToString("MMddyyyy-HHmm", CultureInfo.InvariantCulture)}", manifest.Year.Span);

        using var bytes = new MemoryStream();
        await using (var text = new FederalText(bytes, layout, format))
        {
            text.WriteHeader(header);
            var number = 0;
            foreach (var cells in rows(new string?[layout.Fields.Count]))
            {
                cells[0] = (++number).ToString(CultureInfo.InvariantCulture);
                text.WriteRecord(cells);
            }
        }
        var content = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var path = $"{SnapshotPlan.PrefixOf(manifest.Name)}federal/{fileName}";
        if (await blobs.WriteAsync(path, content, cancellation) == BlobWrite.AlreadyExists) await CheckSameAsync(path, sha256, cancellation);
        return new FederalFile(spec.File, level, format, fileName, path, records, content.Length, sha256, students, excluded);
    }

    /// <summary>What was written once, and perhaps submitted, stands: another build must not put something else in its place unnoticed.</summary>
    private async Task CheckSameAsync(string path, string sha256, CancellationToken cancellation)
    {
        await using var stored = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The file {path} is gone.");
        if (Convert.ToHexStringLower(await SHA256.HashDataAsync(stored, cancellation)) != sha256)
            throw new FaultException($"{Path.GetFileName(path)} was written before with other content, by another version of this program; it was left as it is. Take a new snapshot to report anew.") { IsPermanent = true };
    }

    /// <summary>The number in the file's name: the next one of this file and level at first, the same one ever after.</summary>
    private async Task<int> SequenceAsync(string snapshot, FederalSpec spec, FederalLevel level, CancellationToken cancellation)
    {
        var file = $"{spec.File}-{level}";
        while (true)
        {
            if (await ledger.FindAsync(Subject, SequenceKind, $"{snapshot}/{file}", cancellation) is { } allotted) return JsonSerializer.Deserialize<Sequence>(allotted.Json, Json)!.Number;
            var counter = await ledger.FindAsync(Subject, CounterKind, file, cancellation);
            var next = new Sequence(counter is null ? 1 : JsonSerializer.Deserialize<Sequence>(counter.Json, Json)!.Number + 1);
            var entry = new LedgerEntry(Subject, CounterKind, file, JsonSerializer.Serialize(next, Json), counter?.ETag);
            if (!(counter is null ? await ledger.AddAsync(entry, cancellation) : await ledger.PutAsync(entry, cancellation))) continue;
            await ledger.AddAsync(new(Subject, SequenceKind, $"{snapshot}/{file}", JsonSerializer.Serialize(next, Json)), cancellation);
        }
    }

    private sealed record Sequence(int Number);
}
