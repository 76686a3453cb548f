using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Aim.Uploads;
using Sylvan.Data.Csv;

namespace Aim.OneRoster;

/// <summary>The archive can't be loaded; the message is a sentence for its sender and names no student.</summary>
internal sealed class UnusableRosterException(string sentence) : Exception(sentence);

/// <summary>How a file of the archive is meant.</summary>
internal enum RosterForm
{
    /// <summary>Not part of the archive; nothing is said about its rows.</summary>
    Absent,

    /// <summary>All there is.</summary>
    Bulk,

    /// <summary>What changed since the last archive; the column <c>status</c> says how.</summary>
    Delta,
}

/// <summary>
/// A OneRoster 1.2 archive: CSV files in a zip, with a manifest that lists them. Nothing of it is unpacked to disk, and nothing it says about its own
/// size is believed.
/// </summary>
internal sealed class RosterArchive : IDisposable
{
    private const string ManifestFile = "manifest.csv";
    private const string Version = "1.2";
    private const int MostEntries = 100;
    private const int MostRows = 5_000_000;
    private const int LongestName = 40;

    /// <summary>Rosters of the largest districts are some megabytes.</summary>
    private const long LargestArchive = 256L << 20;

    private const long LargestUnpacked = 2L << 30;

    /// <summary>Text of rosters shrinks to a tenth or a twentieth; what swells beyond this was made to keep a machine busy.</summary>
    private const int MostSwelling = 100;

    private const long SmallFile = 10 << 20;

    /// <summary>Columns without which nothing can be made of a file's rows.</summary>
    private static readonly Dictionary<string, string[]> RequiredColumns = new()
    {
        [ManifestFile] = ["propertyName", "value"],
        ["orgs.csv"] = ["sourcedId"],
        ["academicSessions.csv"] = ["sourcedId", "startDate", "endDate"],
        ["users.csv"] = ["sourcedId", "givenName", "familyName"],
        ["roles.csv"] = ["userSourcedId", "role"],
        ["demographics.csv"] = ["sourcedId"],
        ["courses.csv"] = ["sourcedId"],
        ["classes.csv"] = ["sourcedId", "courseSourcedId"],
        ["enrollments.csv"] = ["sourcedId", "classSourcedId", "userSourcedId", "role"],
    };

    /// <summary>The files that rows of a file refer to.</summary>
    private static readonly Dictionary<string, string[]> Referred = new()
    {
        ["users.csv"] = ["roles.csv"],
        ["demographics.csv"] = ["users.csv"],
        ["classes.csv"] = ["courses.csv", "academicSessions.csv", "orgs.csv"],
        ["enrollments.csv"] = ["users.csv", "classes.csv"],
    };

    private readonly ZipArchive zip;
    private readonly Dictionary<string, ZipArchiveEntry> entries;
    private readonly Dictionary<string, RosterForm> forms;

    private RosterArchive(ZipArchive zip, Dictionary<string, ZipArchiveEntry> entries, Dictionary<string, RosterForm> forms) => (this.zip, this.entries, this.forms) = (zip, entries, forms);

    public bool IsDelta => forms.ContainsValue(RosterForm.Delta);

    /// <summary>Whether rows may refer to what an earlier archive has said.</summary>
    public bool BuildsOnEarlier => IsDelta || Referred.Any(item => FormOf(item.Key) != RosterForm.Absent && item.Value.Any(file => FormOf(file) == RosterForm.Absent));

    public RosterForm FormOf(string file) => forms.GetValueOrDefault(file);

    /// <exception cref="UnusableRosterException">It is no roster, or one that can't be trusted.</exception>
    public static async Task<RosterArchive> OpenAsync(Stream file, long length, CancellationToken cancellation)
    {
        if (length > LargestArchive) throw new UnusableRosterException($"The archive is larger than {LargestArchive >> 20} MB, far more than a roster can be. It was not opened; export the roster again.");
        // A zip is read back and forth: what can't be is laid aside on disk rather than in memory, and gone when it is closed.
        if (!file.CanSeek) file = await SpoolAsync(file, cancellation);
        ZipArchive? zip = null;
        try
        {
            zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: false);
            var entries = Entries(zip);
            await MustBeSoundAsync(zip, cancellation);
            var archive = new RosterArchive(zip, entries, []);
            archive.ReadManifest();
            return archive;
        }
        catch (Exception failure)
        {
            zip?.Dispose();
            await file.DisposeAsync();
            if (failure is InvalidDataException) throw new UnusableRosterException("The file is not a zip archive, or is damaged. Export the roster again as OneRoster 1.2 CSV.");
            throw;
        }
    }

    private static async Task<Stream> SpoolAsync(Stream file, CancellationToken cancellation)
    {
        var spool = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using (file) await file.CopyToAsync(spool, cancellation);
        spool.Position = 0;
        return spool;
    }

    private static Dictionary<string, ZipArchiveEntry> Entries(ZipArchive zip)
    {
        if (zip.Entries.Count > MostEntries) throw new UnusableRosterException($"The archive has more than {MostEntries} files; a roster has at most two dozen. Export it again.");
        var entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in zip.Entries)
        {
            if (entry.FullName.Contains("..", StringComparison.Ordinal) || entry.FullName.Contains('\\') || Path.IsPathRooted(entry.FullName) || entry.FullName.Contains(':'))
                throw new UnusableRosterException("The archive has a file whose path leads outside of it. It was not opened; export the roster again.");
            if (entry.FullName.Contains('/')) throw new UnusableRosterException("The files of the archive are in a folder. Put the CSV files at the top of the zip, as OneRoster asks.");
            if (entry.IsEncrypted) throw new UnusableRosterException("The archive is encrypted. Export the roster without a password; the way to the state office is encrypted already.");
            if (!entries.TryAdd(entry.FullName, entry)) throw new UnusableRosterException("The archive has two files of one name. Export the roster again.");
        }
        return entries;
    }

    /// <summary>
    /// Unpacks everything once, into nothing, before any of it is taken for rows: a file may swell only so far, and its bytes have to be those that were packed,
    /// as a flipped bit would make one child's number another's. The reader of zips doesn't compare them.
    /// </summary>
    private static async Task MustBeSoundAsync(ZipArchive zip, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        var total = 0L;
        foreach (var entry in zip.Entries)
        {
            await using var content = await entry.OpenAsync(cancellation);
            var checksum = new Crc32();
            var unpacked = 0L;
            for (int read; (read = await content.ReadAsync(buffer, cancellation)) > 0;)
            {
                (unpacked, total) = (unpacked + read, total + read);
                if (total > LargestUnpacked || unpacked > SmallFile && unpacked / MostSwelling > entry.CompressedLength)
                    throw new UnusableRosterException($"{Shown(entry.FullName)} is far larger unpacked than a roster can be. It was not read; export the roster again.");
                checksum.Append(buffer.AsSpan(0, read));
            }
            if (checksum.GetCurrentHashAsUInt32() != entry.Crc32)
                throw new UnusableRosterException($"{Shown(entry.FullName)} is damaged: it is not what was packed. Nothing was loaded; upload the archive again, and if that is refused too, export the roster again.");
        }
    }

    private void ReadManifest()
    {
        if (!entries.ContainsKey(ManifestFile)) throw new UnusableRosterException("The archive has no manifest.csv. Export the roster as OneRoster 1.2 CSV.");
        var properties = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var row in Read(ManifestFile)) properties[row.Text("propertyName") ?? ""] = row.Text("value") ?? "";
        if (properties.GetValueOrDefault("oneroster.version") is not Version)
            throw new UnusableRosterException($"The manifest does not say oneroster.version {Version}. Export the roster as OneRoster {Version} CSV.");
        foreach (var (name, value) in properties.Where(property => property.Key.StartsWith("file.", StringComparison.OrdinalIgnoreCase)))
        {
            if (name.Length > LongestName || !name.Skip("file.".Length).All(char.IsAsciiLetter)) throw new UnusableRosterException("The manifest lists a file of a name that OneRoster does not have. Export the roster again.");
            var form = Enum.TryParse<RosterForm>(value, ignoreCase: true, out var parsed) && !char.IsDigit(value[0]) ? parsed
                : throw new UnusableRosterException($"The manifest says something else than absent, bulk or delta for {name["file.".Length..]}. Export the roster again.");
            var file = $"{name["file.".Length..]}.csv";
            forms[file] = form;
            if (form != RosterForm.Absent && !entries.ContainsKey(file)) throw new UnusableRosterException($"The manifest lists {file}, but the archive has no such file. Export the roster again.");
            if (form == RosterForm.Absent && entries.ContainsKey(file)) throw new UnusableRosterException($"The archive has {file}, but its manifest says that it is absent. Export the roster again.");
        }
        if (entries.Keys.FirstOrDefault(name => !name.Equals(ManifestFile, StringComparison.OrdinalIgnoreCase) && !forms.ContainsKey(name)) is { } unlisted)
            throw new UnusableRosterException($"The archive has {Shown(unlisted)}, which its manifest does not list. Leave the file out, or export the roster again.");
        if (forms.ContainsValue(RosterForm.Bulk) && forms.ContainsValue(RosterForm.Delta)) throw new UnusableRosterException("Some files of the archive are bulk and some delta. Export all of them in one way.");
    }

    /// <summary>The rows of a file; none when the archive hasn't got it.</summary>
    /// <exception cref="UnusableRosterException">The file can't be read to its end.</exception>
    public IEnumerable<RosterRow> Read(string file)
    {
        if (!entries.TryGetValue(file, out var entry)) yield break;
        using var rows = OpenRows(entry);
        var row = new RosterRow(file, rows);
        var missing = RequiredColumns.TryGetValue(file, out var required) ? Array.Find(required, column => !row.Has(column)) : null;
        if (missing is not null && FormOf(file) != RosterForm.Delta) throw Lacks(file, missing);
        for (var count = 1; Advance(rows, file); count++, row.Line += Math.Max(1, DelimitedText.CountLineEnds(rows.GetRawRecordSpan())))
        {
            // A row that removes something needs no more than its name.
            if (missing is not null && !row.IsRemoved) throw Lacks(file, missing);
            if (count > MostRows) throw new UnusableRosterException($"{file} has more than {MostRows} rows, more than a district can have. Export the roster again.");
            yield return row;
        }
    }

    private static CsvDataReader OpenRows(ZipArchiveEntry entry)
    {
        try
        {
            return CsvDataReader.Create(new StreamReader(entry.Open(), Encoding.UTF8), new CsvDataReaderOptions { Delimiter = ',', HeaderComparer = StringComparer.OrdinalIgnoreCase, MaxBufferSize = 1 << 20 });
        }
        catch (Exception failure) when (failure is CsvFormatException or InvalidDataException or ArgumentException)
        {
            throw Unreadable(entry.FullName);
        }
    }

    private static bool Advance(CsvDataReader rows, string file)
    {
        try
        {
            return rows.Read();
        }
        catch (Exception failure) when (failure is CsvFormatException or InvalidDataException)
        {
            throw Unreadable(file);
        }
    }

    private static UnusableRosterException Lacks(string file, string column) => new($"{file} has no column {column}. Export the roster again as OneRoster {Version} CSV, with its column names in the first row.");

    private static UnusableRosterException Unreadable(string file) => new($"{file} can't be read as CSV with column names in its first row. Export the roster again.");

    public void Dispose() => zip.Dispose();

    /// <summary>A name of the sender's as it can stand in a sentence.</summary>
    private static string Shown(string name) => new([.. name.Take(LongestName).Select(c => char.IsControl(c) ? ' ' : c)]);
}

/// <summary>One row of a file of the archive, by column name. The same object stands for each row in turn.</summary>
internal sealed class RosterRow(string file, CsvDataReader rows)
{
    private readonly Dictionary<string, int> columns = Columns(rows);

    public string File => file;

    /// <summary>The physical line at which the row begins: 2 for the first one after the column names.</summary>
    public long Line { get; set; } = 2;

    public RosterOrigin Origin => new(file, Line);

    public string SourcedId => Text("sourcedId") ?? "";

    public bool IsRemoved => Text("status") is { } status && status.Equals("tobedeleted", StringComparison.OrdinalIgnoreCase);

    public bool Has(string column) => columns.ContainsKey(column);

    /// <summary>Null when the column is missing or empty.</summary>
    public string? Text(string column) => columns.TryGetValue(column, out var i) && i < rows.RowFieldCount && rows.GetString(i).Trim() is { Length: > 0 } text ? text : null;

    public DateOnly? Date(string column) =>
        Text(column) is { } text && RosterValue.TryDate(text, out var date) ? date : null;

    public bool IsTrue(string column) => Text(column) is { } text && text.Equals("true", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, int> Columns(CsvDataReader rows)
    {
        var columns = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < rows.FieldCount; i++) columns.TryAdd(rows.GetName(i).Trim().TrimStart('\uFEFF'), i);
        return columns;
    }
}
