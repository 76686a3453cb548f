using System.Text;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Commands;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

/// <summary>OneRoster 1.2 archives: what becomes of their rows, complete and as changes, and what is not opened at all.</summary>
[TestClass]
public sealed class OneRosterTests
{
    private const string OtherEnrollments = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate";

    private static async Task<Workbench> OpenAsync(bool withRoster = true)
    {
        var bench = await Workbench.OpenAsync();
        await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002")));
        await bench.UploadAsync("EN", Sample.Tsv("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002")));
        if (withRoster) Assert.AreEqual(UploadStatus.Accepted, (await bench.UploadAsync("OR", RosterZip.Sample().Bytes())).Status);
        return bench;
    }

    /// <summary>What the edition has of classes: a line a row.</summary>
    private static async Task<string> ClassesAsync(Workbench bench)
    {
        var lines = new List<string>();
        await foreach (var student in bench.Ports.Editions.ReadAsync(new EditionKey(Sample.District, Sample.Year), EditionSelection.All, CancellationToken.None))
        {
            foreach (var row in student.Rows)
            {
                var line = row.Type.Decode(row.Content.Span) switch
                {
                    Course course => $"CO {course.Title} {course.SubjectArea} {course.StateCourseCode}",
                    StaffMember staff => $"ST {staff.LastName} {staff.Role} {staff.SchoolNumber}",
                    CourseSection section => $"SU {section.SchoolNumber} {section.CalendarNumber} {section.CourseNumber} {section.Name} {section.Term} {section.Period} {section.TeacherLocalId ?? "-"} {section.StartDate:MM/dd/yyyy}",
                    RosterEntry place => $"RU {place.SchoolNumber} {place.SectionNumber} {place.StartDate:MM/dd/yyyy}",
                    _ => null,
                };
                if (line is not null) lines.Add($"{student.LocalId}: {line}");
            }
        }
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    private const string Loaded = """
        1001: RU 0001 k-1 08/25/2025
        1002: RU 0001 k-1 09/02/2025
        course/c-1: CO Mathematics, grade 5 02 02035
        section/k-1: SU 0001 001 c-1 Math 5A FY 2 T1 08/25/2025
        section/k-2: SU 0001 001 c-1 Math 5B FY 3 - 08/25/2025
        staff/T1: ST Birch TCH 0001
        """;

    [TestMethod]
    public async Task An_archive_becomes_courses_staff_sections_and_rosters()
    {
        await using var bench = await OpenAsync();

        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));
        Assert.IsTrue((await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).IsSynced, "the state has the rosters");
    }

    [TestMethod]
    public async Task The_same_archive_again_changes_nothing()
    {
        await using var bench = await OpenAsync();
        var version = (await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).Version;

        var again = await bench.UploadAsync("OR", RosterZip.Sample().Bytes());

        Assert.AreEqual((UploadStatus.Accepted, 6L, 0L, 0L), (again.Status, again.Counts.Unchanged, again.Counts.Added, again.Counts.Removed));
        Assert.AreEqual(version, (await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).Version);
    }

    [TestMethod]
    public async Task A_complete_archive_removes_the_classes_it_no_longer_has()
    {
        await using var bench = await OpenAsync();

        var roster = RosterZip.Sample().With("classes", "sourcedId,title,courseSourcedId,classCode,classType,schoolSourcedId,termSourcedIds,periods", "k-1,Math 5A,c-1,5A,scheduled,org-1,year,2");
        var result = await bench.UploadAsync("OR", roster.Bytes());

        Assert.AreEqual((UploadStatus.Accepted, 1L), (result.Status, result.Counts.Removed));
        Assert.DoesNotContain("k-2", await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task Changes_take_away_move_and_add_places_in_classes()
    {
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", OtherEnrollments,
            "e-1,tobedeleted,2025-10-01T00:00:00Z,k-1,org-1,u-1,student,,,",
            "e-2,active,2025-10-01T00:00:00Z,k-1,org-1,u-2,student,,2025-09-08,",
            "e-3,active,2025-10-01T00:00:00Z,k-2,org-1,u-1,student,,2025-10-01,",
            "e-9,tobedeleted,2025-10-01T00:00:00Z,k-1,org-1,u-9,teacher,,,",
            "e-10,active,2025-10-01T00:00:00Z,k-2,org-1,u-9,teacher,true,,").Bytes());

        Assert.AreEqual(UploadStatus.Accepted, result.Status, result.Report.Sentence);
        Assert.AreEqual("""
            1001: RU 0001 k-2 10/01/2025
            1002: RU 0001 k-1 09/08/2025
            course/c-1: CO Mathematics, grade 5 02 02035
            section/k-1: SU 0001 001 c-1 Math 5A FY 2 - 08/25/2025
            section/k-2: SU 0001 001 c-1 Math 5B FY 3 T1 08/25/2025
            staff/T1: ST Birch TCH 0001
            """.ReplaceLineEndings("\n"), await ClassesAsync(bench));
        Assert.IsTrue((await bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None)).IsSynced);
    }

    /// <summary>A class and the two places in it are gone.</summary>
    private static byte[] Deletions() => RosterZip.Delta()
        .With("classes", "sourcedId,status,dateLastModified,title,courseSourcedId,schoolSourcedId,termSourcedIds", "k-1,tobedeleted,2025-10-01T00:00:00Z,,,,")
        .With("enrollments", OtherEnrollments, "e-1,tobedeleted,2025-10-01T00:00:00Z,,,,,,,", "e-2,tobedeleted,2025-10-01T00:00:00Z,,,,,,,").Bytes();

    [TestMethod]
    public async Task What_changes_take_away_is_counted_and_shown_before_and_after()
    {
        await using var bench = await OpenAsync();

        var tested = await bench.UploadAsync("OR", Deletions(), UploadMode.Test);
        Assert.AreEqual((UploadStatus.Tested, 3L), (tested.Status, tested.Counts.Removed), tested.Report.Sentence);
        StringAssert.Contains(tested.Report.Sentence, "remove 3 rows");
        const string gone = "Removed RU 1001 k-1|20250825, Removed RU 1002 k-1|20250902, Removed SU section/k-1 ";
        Assert.AreEqual(gone, await DiffAsync(tested));
        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench), "a test writes nothing");

        var loaded = await bench.UploadAsync("OR", Deletions());
        Assert.AreEqual((UploadStatus.Accepted, 3L), (loaded.Status, loaded.Counts.Removed), loaded.Report.Sentence);
        Assert.AreEqual(gone, await DiffAsync(loaded));
        Assert.DoesNotContain("k-1", await ClassesAsync(bench));

        async Task<string> DiffAsync(UploadResult result) => string.Join(", ", (await UploadDiff.ReadAsync(bench.Ports.Blobs, bench.Platform.Uploads, result.Report, CancellationToken.None).ToListAsync())
            .Select(row => $"{row.Kind} {row.RecordType} {row.LocalId} {row.Key}").Order(StringComparer.Ordinal));
    }

    [TestMethod]
    public async Task What_changes_take_away_is_asked_about_when_it_is_much()
    {
        await using var bench = await OpenAsync();

        var key = await bench.StartAsync("OR", Deletions(), confirm: ConfirmPolicy.WhenRisky);
        var sections = await AskedAsync(bench, key);
        Assert.AreEqual($"{key}-su", sections.Parts.Single());
        StringAssert.Contains(sections.Sentence, "Loading the file would remove 1 of 2 stored rows.");
        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));

        Assert.IsTrue(await bench.Platform.Intake.ConfirmAsync($"{key}-su", new Confirmation(false, "clerk"), CancellationToken.None));
        Assert.AreEqual(UploadStatus.Declined, (await bench.ResultAsync(key)).Status);
        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task A_student_who_leaves_the_roster_loses_the_places_though_the_user_is_gone_too()
    {
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With("users", "sourcedId,status,dateLastModified,givenName,familyName,identifier", "u-1,tobedeleted,2025-10-01T00:00:00Z,,,")
            .With("enrollments", OtherEnrollments, "e-1,tobedeleted,2025-10-01T00:00:00Z,,,,,,,").Bytes());

        Assert.AreEqual(UploadStatus.Accepted, result.Status, result.Report.Sentence);
        Assert.DoesNotContain("1001: RU", await ClassesAsync(bench));
        StringAssert.Contains(await ClassesAsync(bench), "1002: RU");
    }

    [TestMethod]
    public async Task What_is_sent_again_under_another_sourcedId_stays()
    {
        await using var bench = await OpenAsync();

        await bench.UploadAsync("OR", RosterZip.Delta().With("users", "sourcedId,status,dateLastModified,givenName,familyName,identifier", "u-9,tobedeleted,2025-10-01T00:00:00Z,,,", "u-19,active,2025-10-01T00:00:00Z,Ellen,Birch,T1")
            .With("roles", "sourcedId,status,dateLastModified,userSourcedId,roleType,role,orgSourcedId", "r-19,active,2025-10-01T00:00:00Z,u-19,primary,teacher,org-1")
            .With("enrollments", OtherEnrollments, "e-1,tobedeleted,2025-10-01T00:00:00Z,,,,,,,", "e-11,active,2025-10-01T00:00:00Z,k-1,org-1,u-1,student,,2025-08-25,", "e-9,active,2025-10-01T00:00:00Z,k-1,org-1,u-19,teacher,true,,").Bytes());

        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task A_place_whose_new_row_is_rejected_stays_as_it_was()
    {
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", OtherEnrollments, "e-2,active,2025-10-01T00:00:00Z,k-1,org-1,u-2,student,,2025-09-08,2025-09-01").Bytes());

        Assert.AreEqual(1L, result.Counts.Rejected, "it ends before it starts");
        StringAssert.Contains(await ClassesAsync(bench), "1002: RU 0001 k-1 09/02/2025");
    }

    [TestMethod]
    public async Task A_teacher_who_changes_classes_leaves_the_old_one()
    {
        await using var bench = await OpenAsync();

        await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", OtherEnrollments, "e-9,active,2025-10-01T00:00:00Z,k-2,org-1,u-9,teacher,true,,").Bytes());

        var classes = await ClassesAsync(bench);
        StringAssert.Contains(classes, "c-1 Math 5A FY 2 - ");
        StringAssert.Contains(classes, "c-1 Math 5B FY 3 T1 ");
    }

    [TestMethod]
    public async Task A_complete_archive_without_rows_removes_nothing_and_says_what_to_do()
    {
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Sample().With("enrollments", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate").Bytes());

        Assert.AreEqual(UploadStatus.Refused, result.Status);
        StringAssert.Contains(result.Report.Sentence, "enrollments.csv says it has everything");
        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task Changes_without_a_complete_roster_before_them_are_refused()
    {
        await using var bench = await OpenAsync(withRoster: false);

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", OtherEnrollments).Bytes());

        Assert.AreEqual(UploadStatus.Refused, result.Status);
        StringAssert.Contains(result.Report.Sentence, "Send a bulk archive first");
    }

    [TestMethod]
    public async Task Demographics_of_a_roster_become_students()
    {
        await using var bench = await Workbench.OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Sample()
            .With("demographics", "sourcedId,birthDate,sex,americanIndianOrAlaskaNative,white,hispanicOrLatinoEthnicity", "u-1,2015-06-01,female,true,false,false", "u-2,2015-06-01,female,false,true,false").Bytes());

        Assert.AreEqual(UploadStatus.Accepted, result.Status, string.Join(' ', result.Findings.Select(finding => finding.Message)));
        Assert.IsNotNull(await bench.StateIdOfAsync("1001"));
        Assert.IsNotNull(await bench.StateIdOfAsync("1002"));
    }

    [TestMethod]
    public async Task A_row_that_refers_to_nothing_is_named_and_the_others_load()
    {
        await using var bench = await OpenAsync(withRoster: false);

        var result = await bench.UploadAsync("OR", RosterZip.Sample().With("enrollments", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
            "e-1,k-1,org-1,u-1,student,,2025-08-25,", "e-2,k-7,org-1,u-2,student,,2025-09-02,").Bytes());

        Assert.AreEqual(UploadStatus.AcceptedWithRejects, result.Status);
        var finding = result.Findings.Single();
        Assert.AreEqual(("ROS-001", 3L, "k-7"), (finding.Rule, finding.Line, finding.Value));
        StringAssert.Contains(finding.Message, "enrollments.csv");
        StringAssert.Contains(await ClassesAsync(bench), "1001: RU 0001 k-1");
    }

    [TestMethod]
    [DataRow("enrollments", OtherEnrollments, "e-3,active,,k-2,org-1,u-1,student,,2025-99-99,", "beginDate '2025-99-99'")]
    [DataRow("enrollments", OtherEnrollments, "e-3,active,,k-2,org-1,u-1,student,,2025-10-01,soon", "endDate 'soon'")]
    [DataRow("enrollments", OtherEnrollments, "e-3,frob,,k-2,org-1,u-1,student,,2025-10-01,", "status 'frob'")]
    [DataRow("enrollments", OtherEnrollments, "e-3,active,,k-2,org-1,u-1,pupil,,2025-10-01,", "role 'pupil'")]
    [DataRow("enrollments", OtherEnrollments, "e-3,active,,k-2,org-1,u-9,teacher,yes,,", "primary 'yes'")]
    [DataRow("academicSessions", "sourcedId,status,title,type,startDate,endDate,schoolYear", "t-1,active,Fall,term,08/25/2025,2026-01-16,2026", "startDate '08/25/2025'")]
    [DataRow("demographics", "sourcedId,status,birthDate,sex,white", "u-1,active,2015-02-30,female,true", "birthDate '2015-02-30'")]
    [DataRow("demographics", "sourcedId,status,birthDate,sex,white", "u-1,active,2015-06-01,girl,Y", "sex 'girl', white 'Y'")]
    public async Task A_date_or_word_that_cannot_be_read_is_a_finding_and_its_row_is_left_out(string file, string header, string row, string expected)
    {
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With(file, header, row).Bytes());

        Assert.AreEqual((UploadStatus.Rejected, 1L, 1L), (result.Status, result.Counts.Rows, result.Counts.Rejected), result.Report.Sentence);
        Assert.AreEqual(expected, string.Join(", ", result.Findings.Select(finding => $"{finding.Field} '{finding.Value}'")));
        Assert.IsTrue(result.Findings.All(finding => finding is { Rule: "ROS-003", Line: 2 } && finding.Message.Contains($"In {file}.csv", StringComparison.Ordinal)));
        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task Findings_of_a_part_name_the_file_and_the_line_of_the_archive_as_a_check_of_it_does()
    {
        await using var bench = await OpenAsync(withRoster: false);
        // The code, which goes over two lines, isn't in the part: rows, lines of the part and lines of the archive are three different numbers.
        var archive = RosterZip.Sample().With("courses", "sourcedId,title,courseCode,orgSourcedId,subjectCodes", "c-1,\"Mathematics, grade 5\",\"M\n5\",org-d,02035", "c-2,Science,S5,org-d,03230", "c-2,Art,A5,org-d,05154")
            .With("enrollments", Enrollments, "e-1,k-1,org-1,u-1,student,,2025-08-25,", "e-2,k-1,org-1,u-2,student,,2025-99-99,").Bytes();

        var result = await bench.UploadAsync("OR", archive);

        Assert.AreEqual("ROS-003 enrollments.csv 3, FMT-010 courses.csv 4, FMT-010 courses.csv 5", string.Join(", ", result.Findings.Select(Told)), result.Report.Sentence);
        StringAssert.Contains(result.Findings[1].Message, "than line 5 of courses.csv about");
        var part = await bench.Platform.Uploads.ListGroupsAsync(result.Report.Parts.Single(key => key.EndsWith("-co", StringComparison.Ordinal)), CancellationToken.None);
        Assert.AreEqual("FMT-010 courses.csv 4, FMT-010 courses.csv 5", string.Join(", ", part.Single().Examples.Select(Told)), "the groups");

        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(AssemblySetup.NewFolder("checked"), "0123")).FullName, "OR.zip");
        await File.WriteAllBytesAsync(path, archive);
        var check = await AimProgram.RunAsync("check", path, "--reference", SampleFolder.WriteReference());
        StringAssert.Contains(check.Output, "2 in OR.zip/courses.csv, lines 4, 5");
        StringAssert.Contains(check.Output, "1 in OR.zip/enrollments.csv, line 3");

        static string Told(Finding finding) => $"{finding.Rule} {finding.File} {finding.Line}";
    }

    [TestMethod]
    public async Task A_complete_archive_with_a_row_that_cannot_be_read_removes_nothing_of_its_kind()
    {
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Sample().With("enrollments", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
            "e-1,k-1,org-1,u-1,student,,08/25/2025,", "e-2,k-1,org-1,u-2,student,,2025-09-02,", "e-9,k-1,org-1,u-9,teacher,true,,").Bytes());

        Assert.AreEqual((UploadStatus.AcceptedWithRejects, 1L, 0L), (result.Status, result.Counts.Rejected, result.Counts.Removed), result.Report.Sentence);
        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task What_refers_to_a_row_that_was_left_out_is_told_so()
    {
        await using var bench = await OpenAsync(withRoster: false);

        var result = await bench.UploadAsync("OR", RosterZip.Sample().With("academicSessions", "sourcedId,title,type,startDate,endDate,schoolYear", "year,2025-2026,schoolYear,2025-13-25,2026-06-05,2026").Bytes());

        StringAssert.Contains(string.Join('\n', result.Findings.Select(finding => finding.Message)), "In classes.csv, termSourcedIds is 'year', which is not in academicSessions.csv as a row that could be used.");
    }

    [TestMethod]
    public async Task A_test_of_an_archive_writes_nothing()
    {
        await using var bench = await OpenAsync(withRoster: false);

        var result = await bench.UploadAsync("OR", RosterZip.Sample().Bytes(), UploadMode.Test);

        Assert.AreEqual((UploadStatus.Tested, 6L), (result.Status, result.Counts.Added));
        Assert.AreEqual("", await ClassesAsync(bench));
        Assert.AreEqual(UploadStatus.Refused, (await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", OtherEnrollments).Bytes())).Status, "a test is no roster that changes could follow");
    }

    [TestMethod]
    public async Task A_part_that_asks_is_named_by_the_roster_and_answered()
    {
        await using var bench = await OpenAsync();
        var smaller = RosterZip.Sample().With("enrollments", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate", "e-9,k-1,org-1,u-9,teacher,true,,", "e-1,k-1,org-1,u-1,student,,2025-08-25,");

        var key = await bench.StartAsync("OR", smaller.Bytes(), confirm: ConfirmPolicy.WhenRisky);
        var report = await AskedAsync(bench, key);
        Assert.AreEqual($"{key}-ru", report.Parts.Single(), report.Sentence);
        StringAssert.Contains(await ClassesAsync(bench), "1002: RU", "nothing is removed before the answer");

        Assert.IsTrue(await bench.Platform.Intake.ConfirmAsync(report.Parts.Single(), new Confirmation(true, "clerk"), CancellationToken.None));

        Assert.AreEqual(UploadStatus.Accepted, (await bench.ResultAsync(key)).Status);
        Assert.DoesNotContain("1002: RU", await ClassesAsync(bench));
    }

    private const string Classes = "sourcedId,title,courseSourcedId,classCode,classType,schoolSourcedId,termSourcedIds,periods";
    private const string Enrollments = "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate";

    /// <summary>Another title of the course, another class, and the class lists of both: a place has gone and one has come.</summary>
    private static byte[] Changed() => RosterZip.Sample()
        .With("courses", "sourcedId,title,courseCode,orgSourcedId,subjectCodes", "c-1,Arithmetic,M5,org-d,02035")
        .With("classes", Classes, "k-1,Math 5A,c-1,5A,scheduled,org-1,year,2", "k-2,Math 5B,c-1,5B,scheduled,org-1,year,3", "k-3,Math 5C,c-1,5C,scheduled,org-1,year,4")
        .With("enrollments", Enrollments, "e-1,k-1,org-1,u-1,student,,2025-08-25,", "e-3,k-3,org-1,u-1,student,,2025-08-25,", "e-9,k-1,org-1,u-9,teacher,true,,").Bytes();

    /// <summary>Loads an archive up to a part that asks, and declines that.</summary>
    private static async Task<UploadResult> DeclinedAtAsync(Workbench bench, byte[] archive, string part, ConfirmPolicy confirm = ConfirmPolicy.WhenRisky)
    {
        var key = await bench.StartAsync("OR", archive, confirm: confirm);
        for (var asked = await AskedAsync(bench, key); asked.Stage == "Confirm"; asked = await AskedAsync(bench, key))
            await bench.Platform.Intake.ConfirmAsync(asked.Parts.Single(), new Confirmation(asked.Parts.Single() != $"{key}-{part}", "clerk"), CancellationToken.None);
        return await bench.ResultAsync(key);
    }

    [TestMethod]
    public async Task A_roster_of_which_a_part_is_declined_says_what_was_loaded_and_what_was_not()
    {
        await using var bench = await OpenAsync();

        var result = await DeclinedAtAsync(bench, Changed(), "ru");

        Assert.AreEqual((UploadStatus.Declined, "The roster was loaded in part, with CO, ST, SU and without RU. Loading ended at RU, as decided. Upload the archive again to be asked anew."), (result.Status, result.Report.Sentence));
        Assert.AreEqual((1L, 1L, 0L), (result.Counts.Added, result.Counts.Changed, result.Counts.Removed), "a class came and a course changed");
        Assert.AreEqual("Changed CO course/c-1, Added SU section/k-3", string.Join(", ", (await UploadDiff.ReadAsync(bench.Ports.Blobs, bench.Platform.Uploads, result.Report, CancellationToken.None).ToListAsync())
            .Select(row => $"{row.Kind} {row.RecordType} {row.LocalId}")));
        Assert.AreEqual("""
            1001: RU 0001 k-1 08/25/2025
            1002: RU 0001 k-1 09/02/2025
            course/c-1: CO Arithmetic 02 02035
            section/k-1: SU 0001 001 c-1 Math 5A FY 2 T1 08/25/2025
            section/k-2: SU 0001 001 c-1 Math 5B FY 3 - 08/25/2025
            section/k-3: SU 0001 001 c-1 Math 5C FY 4 - 08/25/2025
            staff/T1: ST Birch TCH 0001
            """.ReplaceLineEndings("\n"), await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task A_part_that_asks_tells_what_is_loaded_already()
    {
        await using var bench = await OpenAsync();

        var key = await bench.StartAsync("OR", Changed(), confirm: ConfirmPolicy.WhenRisky);
        var asked = await AskedAsync(bench, key);

        StringAssert.Contains(asked.Sentence, "or decline; nothing of it has been written.");
        StringAssert.EndsWith(asked.Sentence, $"Answer the upload {key}-ru. Loaded already: CO, ST, SU.");
    }

    [TestMethod]
    public async Task Changes_after_a_declined_part_build_on_what_was_loaded_and_on_what_was_there_before()
    {
        await using var bench = await OpenAsync();
        await DeclinedAtAsync(bench, Changed(), "ru");

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", OtherEnrollments,
            "e-2,active,2025-10-01T00:00:00Z,k-3,org-1,u-2,student,,2025-10-01,",
            "e-3,tobedeleted,2025-10-01T00:00:00Z,,,,,,,").Bytes());

        Assert.AreEqual("ROS-002 e-3", string.Join(", ", result.Findings.Select(finding => $"{finding.Rule} {finding.Value}")), "the place e-3 was declined, the class k-3 was not");
        var classes = await ClassesAsync(bench);
        StringAssert.Contains(classes, "1002: RU 0001 k-3 10/01/2025");
        Assert.DoesNotContain("1002: RU 0001 k-1", classes, "the place that it was before is known from the roster before");
        StringAssert.Contains(classes, "1001: RU 0001 k-1");
    }

    [TestMethod]
    public async Task Where_sections_were_declined_their_classes_and_teachers_stay_those_of_the_roster_before()
    {
        await using var bench = await OpenAsync();
        var declined = await DeclinedAtAsync(bench, RosterZip.Sample().With("courses", "sourcedId,title,courseCode,orgSourcedId,subjectCodes", "c-1,\"Mathematics, grade 5\",M5,org-d,02035", "c-2,Science,S5,org-d,03230")
            .With("classes", Classes, "k-1,Math 5A,c-1,5A,scheduled,org-1,year,2").With("enrollments", Enrollments, "e-1,k-1,org-1,u-1,student,,2025-08-25,").Bytes(), "su");
        StringAssert.StartsWith(declined.Report.Sentence, "The roster was loaded in part, with CO, ST and without SU, RU. Loading ended at SU, as decided.");

        var result = await bench.UploadAsync("OR", RosterZip.Delta()
            .With("classes", "sourcedId,status,dateLastModified,title,courseSourcedId,schoolSourcedId,termSourcedIds,periods", "k-1,active,2025-10-01T00:00:00Z,Math 5A,c-1,org-1,year,5", "k-4,active,2025-10-01T00:00:00Z,Science 5,c-2,org-1,year,6")
            .With("enrollments", OtherEnrollments, "e-4,active,2025-10-01T00:00:00Z,k-2,org-1,u-1,student,,2025-10-01,").Bytes());

        Assert.AreEqual(UploadStatus.Accepted, result.Status, result.Report.Sentence);
        var classes = await ClassesAsync(bench);
        StringAssert.Contains(classes, "section/k-1: SU 0001 001 c-1 Math 5A FY 5 T1", "its teacher is that of the roster before");
        StringAssert.Contains(classes, "section/k-4: SU 0001 001 c-2 Science 5 FY 6", "its course was loaded");
        StringAssert.Contains(classes, "1001: RU 0001 k-2 10/01/2025", "its class was not removed");
    }

    [TestMethod]
    public async Task Changes_still_need_a_complete_roster_where_the_first_one_was_declined_in_part()
    {
        await using var bench = await OpenAsync(withRoster: false);
        Assert.AreEqual(UploadStatus.Declined, (await DeclinedAtAsync(bench, RosterZip.Sample().Bytes(), "ru", ConfirmPolicy.Always)).Status);
        StringAssert.Contains(await ClassesAsync(bench), "section/k-1");

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", OtherEnrollments, "e-1,active,2025-10-01T00:00:00Z,k-1,org-1,u-1,student,,,").Bytes());

        Assert.AreEqual(UploadStatus.Refused, result.Status);
        StringAssert.Contains(result.Report.Sentence, "Send a bulk archive first");
    }

    /// <summary>Waits until a part of the roster asks something.</summary>
    private static async Task<UploadReport> AskedAsync(Workbench bench, string key)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (true)
        {
            if (await bench.Platform.Intake.StatusAsync(key, patience.Token) is { } report && (report.Stage == "Confirm" || report.IsFinished)) return report;
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }
    }

    private static readonly (string Name, Func<byte[]> Bytes, string Sentence)[] Hostile =
    [
        ("not a zip", () => "HD\t10/07/2025"u8.ToArray(), "not a zip archive"),
        ("cut short", () => RosterZip.Sample().Bytes()[..^40], "not a zip archive"),
        ("a directory of files that is damaged", () => Damaged(RosterZip.Sample().Bytes()), "not a zip archive"),
        ("a digit of a student's number that was flipped on the way", () => Flipped(RosterZip.Sample().Stored().Bytes(), "Rivers,1002"), "users.csv is damaged"),
        ("a password", () => Encrypted(RosterZip.Sample().Bytes()), "without a password"),
        ("a number instead of bulk", () => RosterZip.Sample() is var zip ? zip.WithManifest(zip.Manifest.Replace("file.users,bulk", "file.users,1", StringComparison.Ordinal)).Bytes() : [], "something else than"),
        ("a path outside itself", () => RosterZip.Sample().WithFile("../users.csv", "a\n").Bytes(), "leads outside"),
        ("an absolute path", () => RosterZip.Sample().WithFile("/etc/users.csv", "a\n").Bytes(), "leads outside"),
        ("a folder", () => RosterZip.Sample().WithFile("roster/users.csv", "a\n").Bytes(), "in a folder"),
        ("no manifest", () => RosterZip.Sample().WithManifest("").Bytes(), "no manifest.csv"),
        ("another version", () => RosterZip.Sample().WithManifest("propertyName,value\noneroster.version,1.0\n").Bytes(), "oneroster.version 1.2"),
        ("a file that the manifest does not list", () => RosterZip.Sample().WithFile("extra.csv", "a\n1\n").Bytes(), "The archive has extra.csv, which its manifest does not list"),
        ("a column that is missing", () => RosterZip.Sample().With("enrollments", "sourcedId,classSourcedId,role", "e-1,k-1,student").Bytes(), "enrollments.csv has no column userSourcedId"),
        ("a file without column names", () => RosterZip.Sample().With("roles", "r-1,u-1,primary,student,org-1").Bytes(), "roles.csv has no column userSourcedId"),
        ("a file that is not there", () => RosterZip.Sample() is var zip ? zip.WithManifest(zip.Manifest).Without("courses").Bytes() : [], "courses.csv"),
        ("a bomb", () => RosterZip.Sample().WithFile("demographics.csv", "sourcedId\n" + string.Concat(Enumerable.Repeat(new string('x', 1023) + "\n", 40 << 10))).Bytes(), "far larger unpacked"),
        ("bulk and delta together", () => RosterZip.Sample() is var zip ? zip.WithManifest(zip.Manifest.Replace("file.users,bulk", "file.users,delta", StringComparison.Ordinal)).Bytes() : [], "some delta"),
        ("broken quotes", () => RosterZip.Sample().With("courses", "sourcedId,title", "c-1,\"Mathematics").Bytes(), "courses.csv can't be read"),
    ];

    /// <summary>The signature of the first entry of the zip's directory is broken.</summary>
    private static byte[] Damaged(byte[] zip)
    {
        zip[zip.AsSpan().IndexOf("PK\u0001\u0002"u8)] = (byte)'X';
        return zip;
    }

    /// <summary>One bit of the last character of a text is another, and with it the text a different one of the same length.</summary>
    private static byte[] Flipped(byte[] zip, string text)
    {
        var place = zip.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text));
        Assert.IsGreaterThan(0, place, "the text stands in the zip as it is");
        zip[place + text.Length - 1] ^= 1;
        return zip;
    }

    /// <summary>The last file of the zip says that it is encrypted: bit 0 of the flags in the zip's directory.</summary>
    private static byte[] Encrypted(byte[] zip)
    {
        zip[zip.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 8] |= 1;
        return zip;
    }

    public static IEnumerable<object[]> HostileNames => Hostile.Select(item => new object[] { item.Name });

    [TestMethod]
    [DynamicData(nameof(HostileNames))]
    public async Task An_archive_that_cannot_be_trusted_is_refused_whole_with_a_sentence(string name)
    {
        var (_, bytes, sentence) = Hostile.Single(item => item.Name == name);
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", bytes());

        Assert.AreEqual(UploadStatus.Refused, result.Status, result.Report.Sentence);
        StringAssert.Contains(result.Report.Sentence, sentence);
        var folder = Directory.CreateDirectory(Path.Combine(AssemblySetup.NewFolder("checked"), "0123"));
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "OR.zip"), bytes());
        var check = await AimProgram.RunAsync("check", Path.Combine(folder.FullName, "OR.zip"), "--reference", SampleFolder.WriteReference());
        Assert.AreEqual((2, $"OR.zip: {result.Report.Sentence}"), (check.Code, check.Error.TrimEnd()), "the check refuses what the upload refuses");
        Assert.AreEqual((1L, "FMT-001", result.Report.Sentence), (result.Counts.Fatal, result.Findings.Single().Rule, result.Findings.Single().Message));
        Assert.HasCount(1, await bench.Platform.Uploads.ListGroupsAsync(result.Key, CancellationToken.None));
        Assert.AreEqual(Loaded.ReplaceLineEndings("\n"), await ClassesAsync(bench));
    }

    [TestMethod]
    public async Task Changes_that_only_remove_need_no_other_columns_than_their_names()
    {
        await using var bench = await OpenAsync();

        var result = await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", "sourcedId,status,dateLastModified", "e-1,tobedeleted,2025-10-01T00:00:00Z").Bytes());
        Assert.AreEqual((UploadStatus.Accepted, 1L), (result.Status, result.Counts.Removed), result.Report.Sentence);

        var added = await bench.UploadAsync("OR", RosterZip.Delta().With("enrollments", "sourcedId,status,dateLastModified", "e-3,active,2025-10-01T00:00:00Z").Bytes());
        StringAssert.Contains(added.Report.Sentence, "enrollments.csv has no column classSourcedId");
    }

    [TestMethod]
    public async Task What_was_found_in_a_stored_mark_is_not_told_again_with_every_roster()
    {
        await using var bench = await OpenAsync();
        var marks = await bench.UploadAsync("MK", Sample.Tsv("MK", Sample.Mark("1001", ("SectionNumber", "k-7")), Sample.Mark("1002", ("SectionNumber", "k-7"))));
        Assert.AreEqual(2, marks.Findings.Count(finding => finding.Rule == "REF-010"));

        var roster = await bench.UploadAsync("OR", RosterZip.Sample().Bytes());

        Assert.AreEqual((UploadStatus.Accepted, 0), (roster.Status, roster.Findings.Count));
    }
}
