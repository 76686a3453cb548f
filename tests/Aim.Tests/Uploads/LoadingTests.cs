using System.Text;
using Aim.Editions;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

[TestClass]
public sealed class LoadingTests
{
    private Workbench bench = null!;

    [TestInitialize]
    public async Task Open() => bench = await Workbench.OpenAsync();

    [TestCleanup]
    public async Task Close() => await bench.DisposeAsync();

    private static string Students(params string[] localIds) => Sample.Tsv("SD", [.. localIds.Select(id => Sample.Student(id))]);

    private Task<EditionHead> HeadAsync() => bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None);

    [TestMethod]
    public async Task A_loaded_student_gets_a_State_ID_and_a_state_record()
    {
        var result = await bench.UploadAsync("SD", Students("1001"));

        Assert.AreEqual(UploadStatus.Accepted, result.Status);
        var id = await bench.StateIdOfAsync("1001");
        Assert.IsNotNull(id);
        var record = (await bench.Ports.State.FindAsync([id.Value], Sample.Year, CancellationToken.None))[id.Value];
        var section = record.Contributions.Single().Sections.Single();
        Assert.AreEqual("Ana1001", RecordTypes.Student.Read(section.Content.Span).FirstName);
        Assert.AreEqual((result.Report.UploadId!.Value, 2), (section.Upload, section.Line));
    }

    [TestMethod]
    public async Task The_same_file_again_changes_nothing_and_tells_nobody()
    {
        await bench.UploadAsync("SD", Students("1001", "1002"));
        var (head, changes) = (await HeadAsync(), (await bench.Ports.State.ReadChangesAsync(null, 100, CancellationToken.None)).Changes);

        var again = await bench.UploadAsync("SD", Students("1001", "1002"));

        Assert.AreEqual(new UploadCounts { Rows = 2, Unchanged = 2 }, again.Counts);
        Assert.AreEqual(head.Version, (await HeadAsync()).Version);
        Assert.HasCount(changes.Count, (await bench.Ports.State.ReadChangesAsync(null, 100, CancellationToken.None)).Changes);
    }

    [TestMethod]
    public async Task The_same_file_twice_at_once_is_loaded_once()
    {
        var content = Encoding.UTF8.GetBytes(Students([.. Enumerable.Range(1000, 200).Select(i => $"{i}")]));
        var keys = await Task.WhenAll(bench.StartAsync("SD", content), bench.StartAsync("SD", content));

        var results = new[] { await bench.ResultAsync(keys[0]), await bench.ResultAsync(keys[1]) };

        Assert.AreEqual(200, results.Sum(result => result.Counts.Added), "each row is added by one of the two");
        Assert.AreEqual(200, results.Sum(result => result.Counts.Unchanged), "and found unchanged by the other");
        Assert.AreEqual(200, (await HeadAsync()).RowCount);
        Assert.HasCount(200, (await bench.Ports.State.ReadChangesAsync(null, 1000, CancellationToken.None)).Changes);
    }

    [TestMethod]
    public async Task An_update_leaves_rows_that_are_not_in_the_file()
    {
        await bench.UploadAsync("SD", Students("1001", "1002"));

        var result = await bench.UploadAsync("SD", Students("1003"));

        Assert.AreEqual((1L, 0L), (result.Counts.Added, result.Counts.Removed));
        Assert.AreEqual(3, (await HeadAsync()).RowCount);
    }

    [TestMethod]
    public async Task A_replacing_load_removes_rows_that_are_not_in_the_file_also_from_the_state()
    {
        await bench.UploadAsync("SD", Students("1001", "1002"));
        var gone = (await bench.StateIdOfAsync("1002"))!.Value;

        var result = await bench.UploadAsync("SD", Students("1001"), scope: UploadScope.Replace);

        Assert.AreEqual((0L, 1L), (result.Counts.Added, result.Counts.Removed));
        Assert.IsEmpty((await bench.Ports.State.FindAsync([gone], Sample.Year, CancellationToken.None))[gone].Contributions);
        Assert.HasCount(2, await bench.Ports.State.HistoryAsync(gone, Sample.Year, CancellationToken.None), "what was there stays in the history");
    }

    [TestMethod]
    public async Task A_replacing_load_leaves_a_student_alone_whose_row_was_rejected()
    {
        await bench.UploadAsync("SD", Students("1001", "1002"));

        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("BirthDate", "02/30/2015"))), scope: UploadScope.Replace);

        Assert.AreEqual((0L, 1L, 1L), (result.Counts.Removed, result.Counts.RemovalsWithheld, result.Counts.Rejected));
        Assert.AreEqual(2, (await HeadAsync()).RowCount);
    }

    [TestMethod]
    public async Task A_replacing_load_removes_nothing_when_a_row_does_not_tell_whose_it_is()
    {
        await bench.UploadAsync("SD", Students("1001", "1002"));

        var result = await bench.UploadAsync("SD", $"{Students("1001")}SD\t0123\tbroken\n", scope: UploadScope.Replace);

        Assert.AreEqual((0L, 1L), (result.Counts.Removed, result.Counts.RemovalsWithheld));
    }

    [TestMethod]
    public async Task Validate_and_test_shows_the_difference_and_writes_nothing()
    {
        await bench.UploadAsync("SD", Students("1001"));

        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Anna")), Sample.Student("1002")), UploadMode.Test);

        Assert.AreEqual(UploadStatus.Tested, result.Status);
        Assert.AreEqual((1L, 1L), (result.Counts.Added, result.Counts.Changed));
        Assert.AreEqual(1, (await HeadAsync()).RowCount);
        var diff = await UploadDiff.ReadAsync(bench.Ports.Blobs, bench.Platform.Uploads, result.Report, CancellationToken.None).ToListAsync();
        var changed = diff.Single(row => row.Kind == "Changed");
        Assert.AreEqual(new FieldChange("FirstName", "Ana1001", "Anna"), changed.Fields.Single());
    }

    [TestMethod]
    public async Task An_empty_field_of_demographics_keeps_the_stored_value_and_CLEAR_blanks_it()
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001", ("MiddleName", "Lee"), ("City", "Alder"))));

        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001", ("MiddleName", ""), ("City", "<CLEAR>"))));

        var id = (await bench.StateIdOfAsync("1001"))!.Value;
        var section = (await bench.Ports.State.FindAsync([id], Sample.Year, CancellationToken.None))[id].Contributions[0].Sections[0];
        var student = RecordTypes.Student.Read(section.Content.Span);
        Assert.AreEqual(("Lee", null), (student.MiddleName, student.City));
    }

    [TestMethod]
    public async Task A_file_of_which_no_row_was_accepted_is_none_that_the_next_one_could_be_older_than()
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", "10/01/2025", Sample.Student("1001")));
        Assert.AreEqual(UploadStatus.Rejected, (await bench.UploadAsync("SD", Sample.Tsv("SD", "11/03/2025", Sample.Student("1001", ("Gender", "X"))))).Status);

        var next = await bench.UploadAsync("SD", Encoding.UTF8.GetBytes(Sample.Tsv("SD", "11/01/2025", Sample.Student("1001", ("MiddleName", "Lee")))), confirm: ConfirmPolicy.WhenRisky);

        Assert.AreEqual(UploadStatus.Accepted, next.Status, next.Report.Sentence);
    }

    [TestMethod]
    public async Task An_older_file_after_a_newer_one_asks_before_it_overwrites()
    {
        await bench.UploadAsync("SD", Sample.Tsv("SD", "11/01/2025", Sample.Student("1001", ("FirstName", "Newer"))));

        var key = await bench.StartAsync("SD", Encoding.UTF8.GetBytes(Sample.Tsv("SD", "10/01/2025", Sample.Student("1001", ("FirstName", "Older")))), confirm: ConfirmPolicy.WhenRisky);
        var asked = await bench.ResultAsync(key);
        Assert.AreEqual(UploadStatus.AwaitingConfirmation, asked.Status);
        StringAssert.Contains(asked.Report.Sentence, "old data over new");

        Assert.IsTrue(await bench.Platform.Intake.ConfirmAsync(key, new Confirmation(Load: false, "test"), CancellationToken.None));
        var ended = await WhenDecidedAsync(key);
        Assert.AreEqual(UploadStatus.Declined, ended.Status);
        Assert.AreEqual(1, (await HeadAsync()).Version);
    }

    [TestMethod]
    public async Task A_load_that_would_remove_many_rows_asks_and_loads_when_confirmed()
    {
        await bench.UploadAsync("SD", Students([.. Enumerable.Range(1000, 20).Select(i => $"{i}")]));

        var key = await bench.StartAsync("SD", Encoding.UTF8.GetBytes(Students("1000")), scope: UploadScope.Replace, confirm: ConfirmPolicy.WhenRisky);
        Assert.AreEqual(UploadStatus.AwaitingConfirmation, (await bench.ResultAsync(key)).Status);
        Assert.AreEqual(20, (await HeadAsync()).RowCount, "nothing is written before the answer");

        await bench.Platform.Intake.ConfirmAsync(key, new Confirmation(Load: true, "test"), CancellationToken.None);
        Assert.AreEqual(UploadStatus.Accepted, (await WhenDecidedAsync(key)).Status);
        Assert.AreEqual(1, (await HeadAsync()).RowCount);
        Assert.IsFalse(await bench.Platform.Intake.ConfirmAsync(key, new Confirmation(Load: true, "test"), CancellationToken.None), "a second answer has nothing to answer");
    }

    [TestMethod]
    public async Task A_question_that_is_asked_anew_says_that_the_edition_has_changed()
    {
        await bench.UploadAsync("SD", Students("1001"));
        var key = await bench.StartAsync("SD", Encoding.UTF8.GetBytes(Students("1002")), scope: UploadScope.Replace, confirm: ConfirmPolicy.Always);
        Assert.DoesNotContain("has changed", (await bench.ResultAsync(key)).Report.Sentence);

        await bench.UploadAsync("SD", Students("1003"));
        await bench.Platform.Intake.ConfirmAsync(key, new Confirmation(Load: true, "test"), CancellationToken.None);
        var asked = await bench.ResultAsync(key);

        Assert.AreEqual((UploadStatus.AwaitingConfirmation, 2L), (asked.Status, asked.Report.QuestionVersion));
        StringAssert.StartsWith(asked.Report.Sentence, "The edition has changed since you were asked, and the difference was computed anew. You asked to confirm");
    }

    private async Task<UploadResult> WhenDecidedAsync(string key)
    {
        UploadResult result;
        do result = await bench.ResultAsync(key); while (result.Status == UploadStatus.AwaitingConfirmation);
        return result;
    }

    [TestMethod]
    public async Task Plain_CSV_loads_like_tab_separated_text()
    {
        var result = await bench.UploadAsync("SD", Sample.Csv("SD", Sample.Student("1001"), Sample.Student("1002", ("LastName", "\"O'Neil, Jr\""))));

        Assert.AreEqual((UploadStatus.Accepted, 2L), (result.Status, result.Counts.Added));
        var id = (await bench.StateIdOfAsync("1002"))!.Value;
        Assert.AreEqual("O'Neil, Jr", (await bench.Ports.Identities.FindAsync([id], CancellationToken.None))[id].LastName);
    }

    [TestMethod]
    public async Task Line_numbers_are_physical_also_after_blank_lines_and_quoted_line_ends()
    {
        var lines = Sample.Csv("SD", Sample.Student("1001", ("Address1", "\"1 Main\nStreet\"")), Sample.Student("1002", ("Gender", "X"))).Split('\n').ToList();
        lines.Insert(1, "");

        var result = await bench.UploadAsync("SD", string.Join('\n', lines));

        Assert.AreEqual(("REF-005", 5L), result.RulesAndLines.Single());
    }

    [TestMethod]
    public async Task Rejected_rows_are_kept_in_a_file_that_can_be_corrected_and_uploaded()
    {
        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("Gender", "X")), Sample.Student("1003")));
        Assert.AreEqual(UploadStatus.AcceptedWithRejects, result.Status);

        var rejects = await bench.ReadTextAsync(result.Report.RejectsFile!);
        Assert.HasCount(2, rejects.Split('\n', StringSplitOptions.RemoveEmptyEntries), "the header and the one row");
        var corrected = await bench.UploadAsync("SD", rejects.Replace("\tX\t", "\tF\t"));

        Assert.AreEqual((UploadStatus.Accepted, 1L), (corrected.Status, corrected.Counts.Added));
    }

    [TestMethod]
    public async Task The_last_load_can_be_undone_once()
    {
        await bench.UploadAsync("SD", Students("1001"));
        var before = await HeadAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Wrong")), Sample.Student("1002")));

        var undone = await bench.Ports.Editions.UndoAsync(new EditionKey(Sample.District, Sample.Year), 2, CancellationToken.None);

        Assert.AreEqual((Ports.ApplyStatus.Applied, 3L), (undone.Status, undone.Version));
        Assert.AreEqual(before.Digest, (await HeadAsync()).Digest);
        Assert.AreEqual(Ports.ApplyStatus.Stale, (await bench.Ports.Editions.UndoAsync(new EditionKey(Sample.District, Sample.Year), 3, CancellationToken.None)).Status);
        Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
    }
}
