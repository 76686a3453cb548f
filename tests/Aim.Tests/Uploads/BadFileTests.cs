using System.Globalization;
using System.IO.Compression;
using System.Text;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

/// <summary>Files as they should not be. Each is uploaded, and what its sender is told is approved as a whole, in sentences.approved.txt.</summary>
[TestClass]
public sealed class BadFileTests
{
    private const string Hd = "HD\t10/07/2025\t08:30:00\tMT9.1\n";

    private Workbench bench = null!;

    [TestInitialize]
    public async Task Open() => bench = await Workbench.OpenAsync();

    [TestCleanup]
    public async Task Close() => await bench.DisposeAsync();

    private sealed record BadFile(string Name, string Type, byte[] Content)
    {
        public BadFile(string name, string type, string content) : this(name, type, Encoding.UTF8.GetBytes(content)) { }

        public DistrictId District { get; init; } = Sample.District;

        public SchoolYear Year { get; init; } = Sample.Year;
    }

    private static string Good => Sample.Tsv("SD", Sample.Student("1001"));

    private static string Line(string localId, params (string Column, string Value)[] values) => Sample.Student(localId, values).Text("SD") + "\n";

    private static string CsvHeader => Sample.Csv("SD").TrimEnd('\n');

    private static byte[] Cat(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static byte[] Windows1252(string text) => CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes(text);

    private static byte[] Zip(string entry)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        using (var text = new StreamWriter(zip.CreateEntry(entry).Open())) text.Write(Good);
        return bytes.ToArray();
    }

    private static byte[] Gzip()
    {
        using var bytes = new MemoryStream();
        using (var zip = new GZipStream(bytes, CompressionMode.Compress, leaveOpen: true)) zip.Write(Encoding.UTF8.GetBytes(Good));
        return bytes.ToArray();
    }

    private static IEnumerable<BadFile> NotRowsOfText =>
    [
        new("an empty file", "SD", ""),
        new("one line end", "SD", "\n"),
        new("header only", "SD", Hd),
        new("header only, without a line end", "SD", Hd.TrimEnd()),
        new("header and blank lines", "SD", Hd + "\r\n\r\n  \n"),
        new("header and a hundred thousand blank lines", "SD", Hd + new string('\n', 100_000)),
        new("CSV header only", "SD", CsvHeader + "\n"),
        new("CSV header only, without a line end", "SD", CsvHeader),
        new("no header", "SD", Line("1001")),
        new("header of two fields", "SD", "HD\t10/07/2025\n" + Line("1001")),
        new("header without tabs", "SD", "HD 10/07/2025 08:30:00 MT9.1\n" + Line("1001")),
        new("unknown version", "SD", Good.Replace("MT9.1", "MT7")),
        new("impossible date in the header", "SD", Good.Replace("10/07/2025", "13/45/2025")),
        new("a header of a day that has not come", "SD", Good.Replace("10/07/2025", "12/31/2098")),
        new("time without seconds in the header", "SD", Good.Replace("08:30:00", "08:30")),
        new("CSV with an unknown column", "SD", CsvHeader + ",ShoeSize\n"),
        new("CSV without a required column", "SD", Sample.Csv("SD", Sample.Student("1001")).Replace("StudentLocalId,", "")),
        new("CSV with a column twice", "SD", CsvHeader + ",City\n"),
        new("CSV of something else", "SD", "name,address\nAnn,Alder\n"),
        new("prose", "SD", "Dear state office,\nplease find our students attached.\n"),
        new("a web page", "SD", "<!DOCTYPE html>\n<html><body>Sign in to continue</body></html>\n"),
        new("ZIP archive", "SD", Zip("SD.tsv")),
        new("Excel workbook", "SD", Zip("xl/workbook.xml")),
        new("gzip", "SD", Gzip()),
        new("Parquet", "SD", "PAR1\u0015\u0004\u0015PAR1"),
        new("PDF", "SD", "%PDF-1.7\n%âãÏÓ\n"),
        new("old Excel workbook", "SD", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0]),
        new("UTF-16 without byte order mark", "SD", Encoding.Unicode.GetBytes(Good)),
        new("UTF-16 big-endian without byte order mark", "SD", Encoding.BigEndianUnicode.GetBytes(Good)),
        new("nothing but NUL bytes", "SD", new byte[5000]),
        new("lines that end in CR alone", "SD", Good.Replace('\n', '\r')),
        new("a line of more than a megabyte", "SD", Good + new string('x', FileInspector.LongestLine + 1) + "\n"),
        new("CSV with a quote that is never closed", "SD", CsvHeader + "\n" + Sample.Csv("SD", Sample.Student("1001")).Split('\n')[1] + "\n" + Sample.Csv("SD", Sample.Student("1002", ("LastName", "\"Rivers"))).Split('\n')[1] + "\n"),
        new("CSV with a quote that is never closed in the first row", "SD", Sample.Csv("SD", Sample.Student("1001", ("LastName", "\"Rivers")))),
        new("CSV with text after a closing quote", "SD", Sample.Csv("SD", Sample.Student("1001"), Sample.Student("1002", ("LastName", "\"Rivers\" Jr")))),
        new("district without schools set up", "SD", Good) { District = new("9999") },
        new("year without schools set up", "SD", Good) { Year = new(2031) },
    ];

    private static IEnumerable<BadFile> WithBadRows =>
    [
        new("wrong number of columns", "SD", Good + "SD\t0123\t\t1002\n" + Line("1003").TrimEnd('\n') + "\textra\n"),
        new("another record type", "SD", Good + Sample.Enrollment("1001").Text("EN") + "\n" + Line("1002", ("RecordType", "XX"))),
        new("another district", "SD", Good + Line("1002", ("DistrictNumber", "0456"))),
        new("another year", "SD", Good + Line("1002", ("EndYear", "2025"))),
        new("dates", "SD", Good + Line("1002", ("BirthDate", "02/30/2015")) + Line("1003", ("BirthDate", "2/3/2015")) + Line("1004", ("BirthDate", "06/01/1899")) + Line("1005", ("BirthDate", "20150601")) + Line("1006", ("BirthDate", "06-01-2015"))),
        new("a date as ISO 8601 is fine", "SD", Good + Line("1002", ("BirthDate", "2015-06-01"))),
        new("a very long field", "SD", Good + Line("1002", ("LastName", new string('x', 5000)))),
        new("no local id", "SD", Good + Line("")),
        new("State ID", "SD", Good + Line("1002", ("StudentStateId", "12")) + Line("1003", ("StudentStateId", "12X456789")) + Line("1004", ("StudentStateId", "123456789"))),
        new("unknown school", "EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("SchoolNumber", "7777")), Sample.Enrollment("1002", ("SchoolNumber", "7")))),
        new("closed school", "EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("SchoolNumber", Sample.ClosedSchool)))),
        new("school of another district", "EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("SchoolNumber", Sample.OtherSchool)))),
        new("unknown calendar", "EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("CalendarNumber", "999")))),
        new("unknown code", "SD", Good + Line("1002", ("Gender", "X"))),
        new("the same row twice", "SD", Good + Line("1002") + Line("1002")),
        new("two rows of one record that differ", "SD", Good + Line("1002") + Line("1002", ("FirstName", "Other"))),
        new("NUL bytes here and there", "SD", Good + Line("1002", ("LastName", "Ri\0vers")) + Line("1003", ("GuardianName", "\0")) + Line("1004", ("LastName", "Rivers\0"))),
        new("control characters", "SD", Good + Line("1002", ("LastName", "Ri\u0007vers"))),
        new("typographic quotes", "SD", Good + Line("1002", ("LastName", "O’Neil"))),
        new("Windows-1252", "SD", Windows1252(Good + Line("1002", ("LastName", "Muñoz")))),
        new("Windows-1252 with an undefined byte", "SD", Cat(Encoding.UTF8.GetBytes(Good), Windows1252(Line("1002", ("LastName", "Mu#oz"))).Select(b => b == '#' ? (byte)0x81 : b).ToArray())),
        new("UTF-8 with a surrogate", "SD", Cat(Encoding.UTF8.GetBytes(Good), Encoding.UTF8.GetBytes(Line("1002", ("LastName", "Ri#vers"))).SelectMany(b => b == '#' ? new byte[] { 0xED, 0xA0, 0x80 } : [b]).ToArray())),
        new("UTF-8 with byte order mark is fine", "SD", Cat([0xEF, 0xBB, 0xBF], Encoding.UTF8.GetBytes(Good))),
        new("UTF-16 with byte order mark", "SD", Cat([0xFF, 0xFE], Encoding.Unicode.GetBytes(Good))),
        new("UTF-16 big-endian with byte order mark", "SD", Cat([0xFE, 0xFF], Encoding.BigEndianUnicode.GetBytes(Good))),
        new("UTF-16 with half a surrogate pair", "SD", Cat([0xFF, 0xFE], Encoding.Unicode.GetBytes(Good), Encoding.Unicode.GetBytes(Line("1002", ("LastName", "Ri#vers"))).Chunk(2).SelectMany(c => c is [(byte)'#', 0] ? [0x00, 0xD8] : c).ToArray())),
        new("CRLF is fine", "SD", Good.Replace("\n", "\r\n")),
        new("CRLF, LF and CR mixed", "SD", Good.Replace("\n", "\r\n") + Line("1002") + Line("1003").Replace('\n', '\r') + Line("1004", ("Gender", "X")).Replace('\n', '\r') + Line("1005", ("Gender", "X"))),
        new("quotes in tab-separated text are plain text", "SD", Good + Line("2001", ("LastName", "\"Stone"), ("FirstName", "An\"a"), ("BirthDate", "03/04/2014"))),
        new("quotes in CSV", "SD", Sample.Csv("SD", Sample.Student("1001", ("LastName", "\"Rivers, \"\"Jr\"\"\"")), Sample.Student("2002", ("LastName", "Ash\"ton"), ("BirthDate", "04/05/2014")))),
        new("formulas are plain text", "SD", Good + Line("2003", ("LastName", "=cmd|' /C calc'!A0"), ("FirstName", "@SUM(1+1)"), ("BirthDate", "05/06/2014"))),
        new("local ids of odd characters", "SD", Sample.Tsv("SD", Sample.Student("ab/1"), Sample.Student("AB/1"), Sample.Student("100%"), Sample.Student("../../x"), Sample.Student("🦉", ("FirstName", "Owl")))),
        new("blank lines", "SD", Good + "\n   \n" + Line("1002", ("Gender", "X")) + "\n\n"),
        new("no line end at the end", "SD", (Good + Line("1002", ("Gender", "X"))).TrimEnd('\n')),
    ];

    [TestMethod]
    public async Task Every_bad_file_gets_sentences_that_say_what_to_do()
    {
        var text = new StringBuilder();
        foreach (var file in NotRowsOfText.Concat(WithBadRows))
        {
            var result = await bench.UploadAsync(file.Type, file.Content, UploadMode.Load, UploadScope.Update, file.District, file.Year);
            Describe(text, file.Name, result);
            Assert.AreEqual(result.Counts.Rows, result.Counts.Rejected + result.Counts.Added + result.Counts.Changed + result.Counts.Unchanged, $"rows of '{file.Name}' that are neither accepted nor rejected");
            Assert.AreNotEqual(UploadStatus.Failed, result.Status, file.Name);
        }
        Approved.Verify(text.ToString(), "sentences", "txt");
    }

    private static void Describe(StringBuilder text, string name, UploadResult result)
    {
        var counts = result.Counts;
        text.Append(CultureInfo.InvariantCulture, $"{name}: {result.Status}, {counts.Rows} rows, {counts.Rejected} rejected\n  {result.Report.Sentence}\n");
        foreach (var finding in result.Findings.OrderBy(finding => finding.Line).ThenBy(finding => finding.Rule, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"  line {finding.Line}: {finding.Rule} {finding.Severity}: {finding.Message} {finding.HowToFix}\n");
        text.Append('\n');
    }

    [TestMethod]
    public async Task A_row_of_half_a_megabyte_is_one_bad_row_and_its_neighbours_load()
    {
        // Long enough that the long row spans what is read at once, with and without a line end behind it.
        var rows = string.Concat(Enumerable.Range(1000, 11_000).Select(i => Line($"{i}", ("FirstName", $"Ana{i}"))));
        var long1 = Line("1", ("LastName", new string('x', 600_000)));
        foreach (var end in new[] { "\n", "" })
        {
            var result = await bench.UploadAsync("SD", $"{Hd}{rows}{long1}{Line("2")}{Line("3", ("LastName", new string('y', 900_000))).TrimEnd('\n')}{end}", UploadMode.Test);

            Assert.AreEqual((UploadStatus.Tested, 11_003L, 11_001L, 2L), (result.Status, result.Counts.Rows, result.Counts.Added, result.Counts.Rejected));
            CollectionAssert.AreEqual(new[] { ("FMT-003", 11_002L), ("FMT-003", 11_004L) }, result.RulesAndLines.Order().ToArray());
        }
    }

    [TestMethod]
    public async Task Rows_after_a_lone_carriage_return_have_lines_of_their_own_and_all_rejects_are_kept()
    {
        var result = await bench.UploadAsync("SD", $"{Good}{Line("1002", ("Gender", "X")).Replace('\n', '\r')}{Line("1003", ("Gender", "Y"))}");

        CollectionAssert.AreEqual(new[] { ("REF-005", 3L), ("REF-005", 4L) }, result.RulesAndLines.Order().ToArray());
        var rejects = await bench.ReadTextAsync(result.Report.RejectsFile!);
        StringAssert.Contains(rejects, "1002");
        StringAssert.Contains(rejects, "1003");
    }

    [TestMethod]
    public async Task A_NUL_byte_neither_joins_fields_nor_rows_nor_goes_by_unseen()
    {
        var result = await bench.UploadAsync("SD", $"{Good}{Line("1002", ("LastName", "Ri\0vers"), ("GuardianName", "Kim\0"))}{Line("1003", ("Gender", "X")).TrimEnd('\n')}\0\n{Line("1004")}");

        Assert.AreEqual((4L, 3L), (result.Counts.Rows, result.Counts.Added + result.Counts.Unchanged));
        CollectionAssert.IsSubsetOf(new[] { ("FMT-007", 3L), ("REF-005", 4L) }, result.RulesAndLines.ToArray());
        StringAssert.Contains(await bench.ReadTextAsync(result.Report.RejectsFile!), "1003");
    }

    [TestMethod]
    public async Task Four_hundred_thousand_findings_are_all_kept_and_shown_in_groups_with_a_hundred_examples()
    {
        const int rows = 400_000;
        var file = new StringBuilder(Hd, rows * 12);
        for (var i = 0; i < rows - 1000; i++) file.Append("SD\t0123\t\t7\n");
        for (var i = 0; i < 1000; i++) file.Append(Line("1001", ("Gender", i < 600 ? "X" : "Q")));

        var key = await bench.StartAsync("SD", Encoding.UTF8.GetBytes(file.ToString()));
        var report = (await bench.ResultAsync(key, withFindings: false)).Report;

        Assert.AreEqual((UploadStatus.Rejected, (long)rows, (long)rows), (report.Status, report.Counts.Rows, report.Counts.Rejected));
        var groups = await bench.Platform.Uploads.ListGroupsAsync(key, CancellationToken.None);
        CollectionAssert.AreEqual(new[] { ("FMT-002", null, rows - 1000L, 100), ("REF-005", "X", 600L, 100), ("REF-005", "Q", 400L, 100) },
            groups.Select(group => (group.Rule, group.Cause, group.Count, group.Examples.Count)).ToArray());
        Assert.AreEqual(2, groups[0].Examples[0].Line);
        Assert.AreEqual(rows, await CountLinesAsync(report.FindingFiles.Single()));
        Assert.AreEqual(rows + 1, await CountLinesAsync(report.RejectsFile!), "the header and every row");
    }

    private async Task<int> CountLinesAsync(string path)
    {
        await using var file = await bench.Ports.Blobs.OpenReadAsync(path, CancellationToken.None);
        using var reader = new StreamReader(file!);
        var lines = 0;
        while (await reader.ReadLineAsync() is not null) lines++;
        return lines;
    }

    [TestMethod]
    public async Task A_line_of_three_gigabytes_is_refused_after_its_first_megabyte()
    {
        await using var file = new EndlessLine(Encoding.UTF8.GetBytes(Good), 3L << 30);

        var form = await FileInspector.InspectAsync(file, RecordTypes.Student, Sample.Year, new DateOnly(2025, 10, 7), CancellationToken.None);

        Assert.AreEqual(("FMT-001", "Line 3 is longer than 1 MB, so the file is not rows of text. Export the file again as tab-separated text or CSV in UTF-8."), (form.RefusalRule, form.Refusal));
        Assert.IsLessThan(4L << 20, file.Position, "the rest isn't read");
    }

    /// <summary>A beginning and then one character over and over; it is never held in memory or on disk.</summary>
    private sealed class EndlessLine(byte[] start, long length) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length - Position);
            var known = (int)Math.Clamp(start.Length - Position, 0, count);
            start.AsSpan((int)Math.Min(Position, start.Length), known).CopyTo(buffer);
            buffer[known..count].Fill((byte)'x');
            Position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [TestMethod]
    [DataRow("10/07/2025", UploadStatus.Accepted)]
    [DataRow("10/08/2025", UploadStatus.Accepted)]
    [DataRow("10/09/2025", UploadStatus.Refused)]
    public async Task A_file_may_be_written_a_day_ahead_of_the_states_calendar_and_no_more(string written, UploadStatus status)
    {
        // Still October 7 in the state.
        await using var evening = await Workbench.OpenAsync(clock: new FixedClock(new DateTimeOffset(2025, 10, 8, 3, 0, 0, TimeSpan.Zero)));

        Assert.AreEqual(status, (await evening.UploadAsync("SD", Good.Replace("10/07/2025", written))).Status);
    }

    [TestMethod]
    public async Task A_file_that_is_deleted_before_it_is_processed_is_refused()
    {
        var path = await PutAsync($"uploads/{Sample.District}/{Sample.Year}/SD/by-hand/SD.tsv", Good);
        await bench.Ports.Blobs.DeleteAsync(path.Path, CancellationToken.None);

        var input = await bench.Platform.Intake.AcceptAsync(path, CancellationToken.None);
        var result = await bench.ResultAsync(input!.Key);

        Assert.AreEqual((UploadStatus.Refused, "The file is no longer there as it was uploaded. Upload it again."), (result.Status, result.Report.Sentence));
        Assert.AreEqual(("FMT-001", 0L), result.RulesAndLines.Single());
    }

    [TestMethod]
    public async Task A_file_that_is_deleted_between_two_steps_is_refused_by_the_next()
    {
        var blob = await PutAsync($"uploads/{Sample.District}/{Sample.Year}/SD/by-hand/SD.tsv", Good);
        var ticket = new UploadTicket { Key = "by-hand", District = Sample.District, Year = Sample.Year, RecordType = "SD", FileName = "SD.tsv", RequestedBy = "test", RequestedAt = default };
        var form = new FileForm { Version = "MT9.1" };
        var plan = new UploadPlan(new UploadInput("by-hand", UploadId.Of(blob.Path, blob.ETag), blob.Path, blob.ETag), ticket, form, null, default, default);
        await bench.Ports.Blobs.DeleteAsync(blob.Path, CancellationToken.None);

        var staged = await new StageUpload(bench.Ports.Blobs, bench.Platform.References).RunAsync(plan, CancellationToken.None);

        Assert.AreEqual("The file is no longer there as it was uploaded. Upload it again.", staged.Refusal);
    }

    [TestMethod]
    public async Task A_file_that_is_deleted_while_its_load_waits_for_an_answer_still_loads_without_a_rejects_file()
    {
        var key = await bench.StartAsync("SD", Encoding.UTF8.GetBytes(Good + Line("1002", ("Gender", "X"))), confirm: ConfirmPolicy.Always);
        await bench.ResultAsync(key);
        await bench.Ports.Blobs.DeleteAsync((await bench.Platform.Uploads.FindTicketAsync(key, CancellationToken.None))!.Path, CancellationToken.None);

        await bench.Platform.Intake.ConfirmAsync(key, new Confirmation(Load: true, "test"), CancellationToken.None);
        UploadResult result;
        do result = await bench.ResultAsync(key); while (result.Status == UploadStatus.AwaitingConfirmation);

        Assert.AreEqual((UploadStatus.AcceptedWithRejects, 1L, null), (result.Status, result.Counts.Added, result.Report.RejectsFile));
    }

    [TestMethod]
    public async Task A_file_at_a_path_that_is_no_upload_path_is_left_alone()
    {
        foreach (var path in new[] { "uploads/SD.tsv", "uploads/0123/SD.tsv", "uploads/0123/2026/SD/SD.tsv", "uploads/123/2026/SD/key/SD.tsv", "uploads/0123/26/SD/key/SD.tsv", "uploads/0123/2026/ZZ/key/SD.tsv", "uploads/0123/2026/SD/key/more/SD.tsv", "other/0123/2026/SD/key/SD.tsv" })
            Assert.IsNull(await bench.Platform.Intake.AcceptAsync(await PutAsync(path, Good), CancellationToken.None), path);

        Assert.AreEqual(0, await bench.Platform.Intake.AcceptMissedAsync(CancellationToken.None));
    }

    [TestMethod]
    public async Task Two_files_under_one_key_are_two_uploads_each_of_its_own_district_and_type()
    {
        var first = await PutAsync($"uploads/{Sample.District}/{Sample.Year}/SD/2025-10-07/SD.tsv", Good);
        var second = await PutAsync($"uploads/{Sample.District}/{Sample.Year}/EN/2025-10-07/EN.tsv", Sample.Tsv("EN", Sample.Enrollment("1001")));
        var other = await PutAsync($"uploads/{Sample.OtherDistrict}/{Sample.Year}/SD/2025-10-07/SD.tsv", Sample.Tsv("SD", Sample.Student("1001", ("DistrictNumber", Sample.OtherDistrict.Value), ("FirstName", "Bea"))));
        Assert.AreEqual(3, await bench.Platform.Intake.AcceptMissedAsync(CancellationToken.None));

        var keys = new List<string>();
        foreach (var blob in new[] { first, second, other }) keys.Add((await bench.Platform.Intake.AcceptAsync(blob, CancellationToken.None))!.Key);
        foreach (var key in keys) Assert.AreEqual((1L, 1L), ((await bench.ResultAsync(key)).Counts.Rows, (await bench.ResultAsync(key)).Counts.Added));

        Assert.HasCount(1, keys.Where(key => key == "2025-10-07"));
        Assert.HasCount(3, keys.Distinct());
        Assert.AreEqual(2, (await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).RowCount);
        Assert.AreEqual(1, (await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.OtherDistrict, Sample.Year), CancellationToken.None)).RowCount);
        Assert.AreEqual(0, await bench.Platform.Intake.AcceptMissedAsync(CancellationToken.None), "the night finds nothing that was missed");
    }

    [TestMethod]
    [DataRow("../../../secret.tsv", "secret.tsv")]
    [DataRow("..\\..\\secret.tsv", "secret.tsv")]
    [DataRow("C:\\Users\\me\\SD.tsv", "SD.tsv")]
    [DataRow("..", "upload.tsv")]
    [DataRow("a/b/", "upload.tsv")]
    [DataRow("Schüler 7%.tsv", "Sch_ler_7_.tsv")]
    [DataRow("SD.partial", "SD.partial")]
    public async Task A_file_name_can_not_lead_out_of_its_folder(string name, string kept)
    {
        var (ticket, url, _) = await bench.Platform.Intake.RequestAsync(new UploadTicket
        {
            Key = "", District = Sample.District, Year = Sample.Year, RecordType = "SD", FileName = name, RequestedBy = "test", RequestedAt = default,
        }, CancellationToken.None);

        Assert.AreEqual($"uploads/{Sample.District}/{Sample.Year}/SD/{ticket.Key}/{kept}", ticket.Path);
        Assert.AreEqual($"/blobs/{ticket.Path}", url.AbsolutePath);
        var input = await bench.Platform.Intake.AcceptAsync(await PutAsync(ticket.Path, Good), CancellationToken.None);
        Assert.AreEqual(UploadStatus.Accepted, (await bench.ResultAsync(input!.Key)).Status);
    }

    [TestMethod]
    public async Task A_formula_stays_the_text_it_is()
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("=1+1", ("LastName", "=cmd|' /C calc'!A0"))));

        var id = (await bench.StateIdOfAsync("=1+1"))!.Value;
        Assert.AreEqual("=cmd|' /C calc'!A0", (await bench.Ports.Identities.FindAsync([id], CancellationToken.None))[id].LastName);
    }

    [TestMethod]
    public async Task Local_ids_that_differ_in_case_alone_are_different_students()
    {
        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("a/1", ("FirstName", "Ann")), Sample.Student("A/1", ("FirstName", "Bea")), Sample.Student("a%2F1", ("FirstName", "Cleo")), Sample.Student("🦉1", ("FirstName", "Owl"))));

        Assert.AreEqual((UploadStatus.Accepted, 4L), (result.Status, result.Counts.Added));
        var ids = new[] { await bench.StateIdOfAsync("a/1"), await bench.StateIdOfAsync("A/1"), await bench.StateIdOfAsync("a%2F1"), await bench.StateIdOfAsync("🦉1") };
        Assert.HasCount(4, ids.OfType<StateId>().Distinct());
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
    }

    private async Task<BlobInfo> PutAsync(string path, string text)
    {
        await bench.Ports.Blobs.WriteAsync(path, Encoding.UTF8.GetBytes(text), CancellationToken.None);
        return (await bench.Ports.Blobs.FindAsync(path, CancellationToken.None))!;
    }
}
