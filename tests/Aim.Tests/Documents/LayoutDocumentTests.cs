using System.Text;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Documents;

/// <summary>Writes docs/layouts.md from the layouts and code sets; its samples are uploaded.</summary>
[TestClass]
public sealed class LayoutDocumentTests
{
    /// <summary>Longer sets, of codes that need no comment, are written as running text.</summary>
    private const int LongestTable = 45;

    /// <summary>Two synthetic students, as each file has them.</summary>
    internal static readonly (string Type, Sample.Row[] Rows)[] Samples =
    [
        ("SD",
        [
            Sample.Student("50017", ("LastName", "Rivers"), ("FirstName", "Ana"), ("MiddleName", "Lee"), ("Address1", "12 Cottonwood Lane"), ("City", "Alder"), ("Zip", "59001"), ("GuardianName", "Maria Rivers")),
            Sample.Student("50231", ("LastName", "Stone-Berg"), ("FirstName", "Otto"), ("Suffix", "JR"), ("Gender", "M"), ("BirthDate", "11/20/2014"), ("AmericanIndian", "Y"), ("MilitaryConnection", "A"), ("City", "Alder"), ("Zip", "59001-0107")),
        ]),
        ("EN",
        [
            Sample.Enrollment("50017", ("LastName", "Rivers"), ("FirstName", "Ana"), ("AggregateHoursPlanned", "1080"), ("ModeOfInstruction", "IP")),
            Sample.Enrollment("50231", ("LastName", "Stone-Berg"), ("FirstName", "Otto"), ("StartStatus", "60"), ("StartDate", "09/02/2025"), ("EndDate", "10/03/2025"), ("EndStatus", "130")),
        ]),
        ("PP", [Sample.Program("50017", ("LastName", "Rivers"), ("FirstName", "Ana"), ("Attribute1", "SW")), Sample.Program("50231", ("Program", "HML"), ("StartDate", "09/02/2025"), ("EndDate", "10/03/2025"), ("Attribute1", "D"), ("Attribute2", "N"))]),
        ("LP", [Sample.Learner("50017", ("ServiceType", "ELD"), ("ELPTestDate", "02/03/2025"), ("ELPLevel", "3.5"))]),
        ("SE", [Sample.Special("50231", ("ExitDate", "10/03/2025"), ("ExitReason", "MKC"))]),
        ("504", [Sample.Plan504("50017")]),
        ("AF", [Sample.FallCount("50017")]),
        ("AS", [Sample.SpringCount("50017")]),
        ("TW", [Sample.FallCount("50017", ("CountDate", "03/16/2026"), ("AbsentOnCountDate", "Y"))]),
        ("AA", [Sample.Attendance("50017")]),
        ("DA", [Sample.Daily("50017")]),
        ("AR", [Sample.Assessment("50017")]),
        ("ME", [Sample.Meals("50017")]),
        ("BH", [Sample.Incident("50231")]),
        ("CO", [Sample.Course("MATH5")]),
        ("ST", [Sample.Staff("T1")]),
        ("SU", [Sample.Class("5A")]),
        ("RU", [Sample.Roster("50017")]),
        ("MK", [Sample.Mark("50017")]),
        ("MG", [Sample.Migrant("50231")]),
    ];

    [TestMethod]
    public void The_document_of_layouts_is_up_to_date() => Approved.VerifyDocument(Write(), "docs/layouts.md");

    [TestMethod]
    public async Task The_samples_load_without_a_finding()
    {
        await using var bench = await Workbench.OpenAsync();
        foreach (var (type, rows) in Samples)
        {
            var result = await bench.UploadAsync(type, Sample.Tsv(type, "06/05/2026", rows));
            Assert.AreEqual("", string.Join(" ", result.Findings.Select(finding => finding.Message)), type);
            Assert.AreEqual((UploadStatus.Accepted, (long)rows.Length), (result.Status, result.Counts.Added), type);
        }
    }

    [TestMethod]
    public void There_is_a_sample_of_every_layout() => CollectionAssert.AreEqual(FileLayouts.All.Select(layout => layout.RecordType).Distinct().ToArray(), Samples.Select(sample => sample.Type).ToArray());

    private static string Write()
    {
        var text = new StringBuilder("""
            # Files and codes

            What a district's files look like: for each type the columns in order, and the codes that are allowed in them. This page is written from the layouts themselves; what is checked
            beyond them is in [rules.md](rules.md).

            ## The file

            A file holds rows of one type, for one district and one school year. It is tab-separated text (`.tsv` or `.txt`) with a header line, or CSV (`.csv`) with the column names in the first line.
            UTF-8 is right; UTF-16 with a byte order mark and Windows-1252 are read too, with a warning. Lines end in CRLF or LF.

            The first line of a **tab-separated file** has four fields with tabs between them: `HD`, the date (MM/DD/YYYY) and time (HH:MM:SS) at which the file was written, and the version of the layout, `MT9.1`.
            A file that says it was written on a day that has not come yet is refused, with one day's grace for other time zones.
            Every row then has all columns in the order below, empty ones too.

            A **CSV file** may have the columns in any order and may leave out those that are not required. A value with a comma or a line end in it stands in double quotes; a double quote inside is doubled.

            - **Date**: MM/DD/YYYY, for example 08/26/2025 (YYYY-MM-DD is read too).
            - **Y/N**: Y or N.
            - **Number**: digits only; **decimal**: digits and a point, at most two decimals.
            - **Digits**: a number of fixed width with its leading zeros. Where a spreadsheet has dropped them, they are put back, with a warning.
            - **Code**: one of the list; upper and lower case are the same.
            - **In JSON**, a record's property has the column's name in camel case (`startDate`), unless its line says another one.
            - An **empty field** means "nothing" in every file but SD. In SD it means "leave as it is"; `<CLEAR>` blanks the field.

            Short names: SD student demographics, EN enrollment, PP program participation, LP English learners (formerly limited English proficient), SE special education, 504 plans under Section 504, AF and AS fall and spring count, TW test window, AA attendance totals, DA daily attendance, AR assessment results, ME meals, BH behavior, CO courses, ST staff, SU sections, RU rosters,
            MK marks, MG migratory children, HD header, IEP individualized
            education program, IDEA Individuals with Disabilities Education Act, ELP English language proficiency, MTDA Montana Digital Academy.

            | File | Holds |
            |---|---|

            """);
        foreach (var layout in FileLayouts.All) text.Append($"| [{layout.RecordType}](#{Anchor(TitleOf(layout))}) | {layout.Type.Summary} |\n");
        foreach (var layout in FileLayouts.All) Write(text, layout);
        text.Append("""

            ## Codes

            The class is what a code means to rules and counts; the federal value is what EDFacts files show. Codes marked * stand in for numerals that the state office has yet to confirm.

            """);
        foreach (var set in CodeSets.All.OrderBy(set => set.Entries.Count > LongestTable)) Write(text, set);
        return $"{text.ToString().TrimEnd()}\n";
    }

    private static string TitleOf(FileLayout layout) => $"{layout.RecordType}: {Words(layout.Type.Name)} ({layout.Version})";

    /// <summary>SpecialEducation as "special education".</summary>
    internal static string Words(string name) => string.Concat(name.Select((c, i) => i > 0 && (char.IsUpper(c) || char.IsDigit(c) && !char.IsDigit(name[i - 1])) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));

    internal static string Anchor(string title) => string.Concat(title.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-')).Replace(' ', '-');

    private static void Write(StringBuilder text, FileLayout layout)
    {
        text.Append($"\n## {TitleOf(layout)}\n\n{layout.Type.Summary} {layout.KnownBy}{Years(layout.FirstYear, layout.LastYear, " Taken for school years ending ", ".")}\n\n");
        text.Append("| # | Column | Width | Required | Value | Meaning |\n|---:|---|---:|---|---|---|\n");
        for (var i = 0; i < layout.Columns.Count; i++)
        {
            var column = layout.Columns[i];
            text.Append($"| {i + 1} | {column.Name} | {column.Width} | {(column.Required ? "yes" : "")} | {Value(layout, column)} | {column.About}{Property(column)} |\n");
        }
        var rows = Samples.Single(sample => sample.Type == layout.RecordType).Rows;
        text.Append($"\nFor example, with → for a tab:\n\n```text\n{Sample.Tsv(layout.RecordType, rows).Replace("\t", "→", StringComparison.Ordinal)}```\n");
    }

    /// <summary>Where a record that is saved or pushed calls it by another name.</summary>
    private static string Property(LayoutColumn column) =>
        column.Target is { } field && RecordType.JsonName(field) is var property && property != RecordType.JsonName(column.Name) ? $". In JSON `{property}`" : "";

    internal static string Value(FileLayout layout, LayoutColumn column, string codesAt = "")
    {
        if (column.Codes is { } codes) return $"[{CodeSets.Get(codes).Title}]({codesAt}#{Anchor(CodeSets.Get(codes).Title)})";
        if (column.Role == ColumnRole.RecordType) return $"`{layout.RecordType}`";
        if (column.Role == ColumnRole.EndYear) return "year";
        if (column.Digits) return "digits";
        return column.Target is null ? "text" : layout.Type.Fields[layout.Type.FieldIndex(column.Target)].Kind switch
        {
            FieldKind.Date => "date",
            FieldKind.Flag => "Y/N",
            FieldKind.Number => "number",
            FieldKind.Amount => "decimal",
            _ => "text",
        };
    }

    private static void Write(StringBuilder text, CodeSet set)
    {
        text.Append($"\n### {set.Title}\n\n");
        if (set.Entries.Count > LongestTable)
        {
            text.Append(string.Join(" · ", set.Entries.Select(entry => $"`{entry.Code}` {entry.Label}"))).Append('\n');
            return;
        }
        var columns = new (string Title, Func<CodeEntry, string?> Of)[]
        {
            ("Code", entry => $"`{entry.Code}`{(entry.ToBeConfirmed ? " *" : "")}"), ("Meaning", entry => entry.Label), ("Class", entry => entry.Class is null ? null : Words(entry.Class)), ("Federal value", entry => entry.Federal),
            ("CEDS exit", entry => entry.Ceds), ("School years", entry => Years(entry.FirstYear, entry.LastYear, "", "")),
        }.Where(column => set.Entries.Any(entry => !string.IsNullOrEmpty(column.Of(entry)))).ToList();
        text.Append($"| {string.Join(" | ", columns.Select(column => column.Title))} |\n|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (var entry in set.Entries) text.Append($"| {string.Join(" | ", columns.Select(column => column.Of(entry)))} |\n");
    }

    private static string Years(int? first, int? last, string before, string after) => (first, last) switch
    {
        (null, null) => "",
        ({ } from, null) => $"{before}{from} and later{after}",
        (null, { } to) => $"{before}up to {to}{after}",
        ({ } from, { } to) => $"{before}{from} to {to}{after}",
    };
}
