using Aim.Editions;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

/// <summary>What a sender is told, and when the state knows it.</summary>
[TestClass]
public sealed class PlainAnswerTests
{
    [TestMethod]
    public async Task A_row_with_several_wrong_references_is_told_all_of_them_at_once()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));

        var result = await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("SchoolNumber", "0077"), ("Grade", "14"), ("StartStatus", "99"), ("ServiceType", "X"), ("StartDate", "August"))));

        Assert.AreEqual("Grade REF-005, SchoolNumber REF-001, ServiceType REF-005, StartDate FMT-004, StartStatus REF-005", Text(result));
    }

    [TestMethod]
    [DataRow("SchoolNumber", "0077", "Grade REF-005, SchoolNumber REF-001", DisplayName = "the calendar of a school that isn't there is no finding of its own")]
    [DataRow("CalendarNumber", "777", "CalendarNumber REF-002, Grade REF-005")]
    [DataRow("SchoolNumber", "", "Grade REF-005, SchoolNumber FMT-009", DisplayName = "a school that is not named is not unknown besides")]
    [DataRow("DistrictNumber", "0456", "DistrictNumber FMT-006, Grade REF-005", DisplayName = "the schools of another district are not asked about")]
    [DataRow("EndDate", "08/01/2025", "Grade REF-005", DisplayName = "what the other fields say together waits until all can be read")]
    public async Task What_only_follows_from_a_field_that_is_wrong_is_not_told(string column, string value, string expected)
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));

        Assert.AreEqual(expected, Text(await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001", ("Grade", "14"), (column, value))))));
    }

    private static string Text(UploadResult result) => string.Join(", ", result.Findings.Select(finding => $"{finding.Field} {finding.Rule}").Order(StringComparer.Ordinal));

    [TestMethod]
    public async Task A_file_of_which_no_row_is_accepted_is_no_success_and_removes_nothing()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002")));

        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1003", ("Gender", "Q")), Sample.Student("1004", ("BirthDate", "02/30/2015")), Sample.Student("1005", ("StudentStateId", "123456789"))), scope: UploadScope.Replace);

        Assert.AreEqual((UploadStatus.Rejected, "None of the 3 rows was accepted; nothing was loaded. They are kept in the rejects file: correct them and upload that file."), (result.Status, result.Report.Sentence));
        Assert.AreEqual((0L, 2L, null), (result.Counts.Removed, result.Counts.RemovalsWithheld, result.Report.ChangesFile));
        Assert.AreEqual(2, (await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).RowCount);
        StringAssert.Contains(await bench.ReadTextAsync(result.Report.RejectsFile!), "1005");
    }

    [TestMethod]
    public async Task Every_finding_about_a_row_names_its_student_its_line_and_its_field()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("BirthDate", "")), Sample.Student("1003", ("Gender", "Q"))));

        Assert.AreEqual("1002 line 3 BirthDate IDN-001, 1003 line 4 Gender REF-005", string.Join(", ", result.Findings.Select(finding => $"{finding.LocalId} line {finding.Line} {finding.Field} {finding.Rule}").Order(StringComparer.Ordinal)));
        Assert.IsTrue(result.Findings.All(finding => finding.HowToFix.Length > 0));
    }

    [TestMethod]
    public async Task A_count_file_reaches_the_state_record_with_its_upload_and_no_resync()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001")));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001")));

        var result = await bench.UploadAsync("AF", Sample.Tsv("AF", Sample.FallCount("1001", ("AggregateHours", "720"))));

        Assert.AreEqual(UploadStatus.Accepted, result.Status, result.Report.Sentence);
        var id = (await bench.StateIdOfAsync("1001"))!.Value;
        var record = (await bench.Ports.State.FindAsync([id], Sample.Year, CancellationToken.None))[id];
        var count = record.Contributions.Single().Sections.Single(section => section.Type == RecordTypes.FallCount);
        Assert.AreEqual((720, result.Report.UploadId), (RecordTypes.FallCount.Read(count.Content.Span).AggregateHours, (UploadId?)count.Upload));
        Assert.IsTrue((await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).IsSynced);
    }

    [TestMethod]
    public async Task A_course_a_teacher_and_a_student_of_one_number_are_three()
    {
        await using var bench = await Workbench.OpenAsync();
        foreach (var (type, row) in new[] { ("SD", Sample.Student("1001")), ("CO", Sample.Course("1001")), ("ST", Sample.Staff("1001")), ("SU", Sample.Class("1001", ("CourseNumber", "1001"), ("TeacherLocalId", "1001"))) })
            Assert.AreEqual(UploadStatus.Accepted, (await bench.UploadAsync(type, Sample.Tsv(type, row))).Status, type);

        var people = new List<string>();
        await foreach (var subject in bench.Ports.Editions.ReadAsync(new EditionKey(Sample.District, Sample.Year), Ports.EditionSelection.All, CancellationToken.None)) people.Add($"{subject.LocalId} {string.Join(' ', subject.Rows.Select(row => row.Type.Code))}");
        Assert.AreEqual("1001 SD, course/1001 CO, section/1001 SU, staff/1001 ST", string.Join(", ", people));

        var hostile = await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("staff/1001")));
        Assert.AreEqual(("FMT-004", 1L), (hostile.Findings.Single().Rule, hostile.Counts.Rejected));
    }
}
