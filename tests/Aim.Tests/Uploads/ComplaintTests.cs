using System.Text;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

/// <summary>What went wrong for users of other systems, tried here; docs/complaints.md names these tests.</summary>
[TestClass]
public sealed class ComplaintTests : IAsyncDisposable
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);

    private Workbench bench = null!;

    [TestInitialize]
    public async Task Open() => bench = await Workbench.OpenAsync();

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    private async Task<long> StoredAsync() => (await bench.Ports.Editions.GetHeadAsync(Edition, CancellationToken.None)).RowCount;

    [TestMethod]
    [DataRow("02/30/2015")]
    [DataRow("13/01/2015")]
    [DataRow("06/01/15")]
    [DataRow("2015")]
    [DataRow("June 1, 2015")]
    public async Task A_date_that_is_none_keeps_its_row_out_and_no_other(string date)
    {
        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001", ("BirthDate", date)), Sample.Student("1002")));

        Assert.AreEqual("1001 BirthDate FMT-004 Fatal", string.Join(", ", result.Findings.Select(finding => $"{finding.LocalId} {finding.Field} {finding.Rule} {finding.Severity}")));
        Assert.AreEqual((1L, 1L), (result.Counts.Rejected, await StoredAsync()));
    }

    [TestMethod]
    public async Task Staff_who_are_sent_again_stay_as_many_as_they_are_and_empty_rows_of_a_spreadsheet_become_nobody()
    {
        var file = Sample.Csv("ST", Sample.Staff("T1"), Sample.Staff("T2", ("LastName", "Alder")));
        var empty = new string(',', file.Split('\n')[0].Count(c => c == ','));

        await bench.UploadAsync("ST", file);
        var again = await bench.UploadAsync("ST", $"{file}{empty}\r\n\r\n{empty}\r\n");

        Assert.AreEqual((0L, 0L, 2L), (again.Counts.Added, again.Counts.Changed, again.Counts.Unchanged));
        Assert.AreEqual(2, await StoredAsync());
    }

    [TestMethod]
    public async Task Attendance_is_loaded_from_a_spreadsheet_also_when_that_has_dropped_leading_zeros()
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001")));
        // As "CSV UTF-8" is saved: with a byte order mark, and numbers as numbers.
        byte[] file = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Sample.Csv("DA", Sample.Daily("1001", ("SchoolNumber", "1"), ("CalendarNumber", "1"))))];

        var result = await bench.UploadAsync("DA", file);

        Assert.AreEqual(1, result.Counts.Added, result.Report.Sentence);
        CollectionAssert.AreEquivalent(new[] { "FMT-008 SchoolNumber", "FMT-008 CalendarNumber" }, result.Findings.Select(finding => $"{finding.Rule} {finding.Field}").ToArray());
        var id = (await bench.StateIdOfAsync("1001"))!.Value;
        var days = (await bench.Ports.State.FindAsync([id], Sample.Year, CancellationToken.None))[id].Contributions.Single().Sections.Single(section => section.Type == RecordTypes.DailyAttendance);
        Assert.AreEqual(Sample.Elementary, RecordTypes.DailyAttendance.Read(days.Content.Span).SchoolNumber);
    }

    [TestMethod]
    public async Task An_entry_date_of_another_year_keeps_the_enrollment_out()
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));

        var result = await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("StartDate", "08/25/2024"))));

        Assert.AreEqual("ENR-002 StartDate 08/25/2024 Fatal", string.Join(", ", result.Findings.Select(finding => $"{finding.Rule} {finding.Field} {finding.Value} {finding.Severity}")));
        Assert.AreEqual((1L, 1L), (result.Counts.Rejected, await StoredAsync()), "only the student is stored");
    }

    [TestMethod]
    public async Task One_file_can_have_rejected_rows_errors_and_warnings_and_each_is_counted_as_what_it_is()
    {
        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1001"), Sample.Student("1002", ("BirthDate", "")), Sample.Student("1003", ("Gender", "Q"))));

        Assert.AreEqual("FMT-012 Warning, IDN-001 Error, REF-005 Fatal", string.Join(", ", result.Findings.Select(finding => $"{finding.Rule} {finding.Severity}").Order(StringComparer.Ordinal)));
        Assert.AreEqual((1L, 1L, 1L, 1L), (result.Counts.Fatal, result.Counts.Errors, result.Counts.Warnings, result.Counts.Rejected));
        Assert.AreEqual((UploadStatus.AcceptedWithRejects, 2L), (result.Status, await StoredAsync()), "what is an error or a warning is loaded");
    }

    [TestMethod]
    public async Task What_is_only_to_be_verified_is_nowhere_called_an_error()
    {
        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1001")));

        Assert.AreEqual((UploadStatus.AcceptedWithFindings, 0L, 0L, 1L), (result.Status, result.Counts.Fatal, result.Counts.Errors, result.Counts.Warnings));
        DoesNotSayError(result.Report.Sentence);
        foreach (var finding in result.Findings) DoesNotSayError($"{finding.Message} {finding.HowToFix}");
        foreach (var rule in RuleCatalog.All.Where(rule => rule.EffectiveSeverity <= Severity.Warning)) DoesNotSayError($"{rule.Id} {rule.Title} {rule.Message} {rule.HowToFix}");

        static void DoesNotSayError(string text) => Assert.DoesNotContain("error", text, StringComparison.OrdinalIgnoreCase);
    }

    [TestMethod]
    public async Task What_a_load_reads_of_the_store_follows_its_own_students_and_not_how_many_are_stored()
    {
        var (few, many) = (await ReadForOneAsync(20), await ReadForOneAsync(400));

        Assert.IsGreaterThan(0, few);
        Assert.AreEqual(few, many);
    }

    /// <summary>Students read while a file with one of those stored is loaded and synced.</summary>
    private static async Task<int> ReadForOneAsync(int stored)
    {
        CountedReads? editions = null;
        await using var bench = await Workbench.OpenAsync(replace: ports => ports with { Editions = editions = new CountedReads(ports.Editions) });
        await bench.UploadAsync("SD", Sample.Tsv("SD", [.. Enumerable.Range(0, stored).Select(i => Student(i))]));
        editions!.Students = 0;
        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Student(7, ("City", "Alder"))));
        Assert.AreEqual(1, result.Counts.Changed);
        return editions.Students;

        // Nobody is like another, so that nobody waits for a decision.
        static Sample.Row Student(int i, params (string, string)[] more) => Sample.Student($"{1000 + i}", [("LastName", Name(i, 7)), ("FirstName", Name(i, 11)), ("BirthDate", $"{new DateOnly(2008, 1, 1).AddDays(9 * i):MM/dd/yyyy}"), .. more]);

        static string Name(int i, int step) => new([.. Enumerable.Range(1, 8).Select(k => (char)('a' + ((i + 3) * step * k + i / 26 * k * k) % 26))]);
    }

    private sealed class CountedReads(IEditionStore store) : IEditionStore
    {
        private int students;

        public int Students { get => Volatile.Read(ref students); set => Volatile.Write(ref students, value); }

        public IAsyncEnumerable<EditionStudent> ReadAsync(EditionKey edition, EditionSelection selection, CancellationToken cancellation) => store.ReadAsync(edition, selection, cancellation).Select(student =>
        {
            Interlocked.Increment(ref students);
            return student;
        });

        public Task<EditionHead> GetHeadAsync(EditionKey edition, CancellationToken cancellation) => store.GetHeadAsync(edition, cancellation);

        public IAsyncEnumerable<EditionHead> ListHeadsAsync(SchoolYear? year, CancellationToken cancellation) => store.ListHeadsAsync(year, cancellation);

        public Task<ApplyOutcome> ApplyAsync(EditionKey edition, long baseVersion, EditionLoad load, IAsyncEnumerable<EditionChange> changes, CancellationToken cancellation) => store.ApplyAsync(edition, baseVersion, load, changes, cancellation);

        public Task<ApplyOutcome> UndoAsync(EditionKey edition, long version, CancellationToken cancellation) => store.UndoAsync(edition, version, cancellation);

        public Task<SyncLease?> BeginSyncAsync(EditionKey edition, string owner, DateTimeOffset until, CancellationToken cancellation) => store.BeginSyncAsync(edition, owner, until, cancellation);

        public Task<SyncCompletion> CompleteSyncAsync(SyncLease lease, int parked, CancellationToken cancellation) => store.CompleteSyncAsync(lease, parked, cancellation);

        public Task ResetSyncAsync(EditionKey edition, CancellationToken cancellation) => store.ResetSyncAsync(edition, cancellation);
    }
}
