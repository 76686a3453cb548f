using System.Text;
using System.Text.RegularExpressions;
using Aim.Identity;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Documents;

/// <summary>Writes docs/clerk/: a page a file for the person who sends it, with its columns, its codes and every rule that can come up.</summary>
[TestClass]
public sealed partial class ClerkDocumentTests
{
    /// <summary>Longer sets are linked, shorter ones stand beside the column.</summary>
    private const int ShortSet = 25;

    public static IEnumerable<object[]> Files => FileLayouts.All.Select(layout => new object[] { layout.RecordType });

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void A_page_for_the_clerk_is_up_to_date(string type) => Approved.VerifyDocument(Page(FileLayouts.All.Last(layout => layout.RecordType == type)), $"docs/clerk/{type}.md");

    [TestMethod]
    public void The_list_of_pages_is_up_to_date() => Approved.VerifyDocument(Index(), "docs/clerk/README.md");

    [TestMethod]
    public void Every_rule_is_explained_on_the_page_of_each_file_it_is_about()
    {
        foreach (var layout in FileLayouts.All)
        {
            var page = Page(layout);
            foreach (var rule in RuleCatalog.All.Where(rule => !rule.IsOfSaves && (rule.Records.Count == 0 || rule.Records.Contains(layout.Type)))) StringAssert.Contains(page, rule.Id, layout.RecordType);
        }
    }

    [TestMethod]
    public void Rules_that_no_file_can_break_are_explained_with_saves_and_pushes_instead()
    {
        var entry = File.ReadAllText(Path.Combine(Approved.RepositoryRoot(), "docs", "entry.md"));
        foreach (var rule in RuleCatalog.All.Where(rule => rule.IsOfSaves))
        {
            StringAssert.Contains(entry, $"[{rule.Id}](rules.md#{rule.Id.ToLowerInvariant()})");
            foreach (var layout in FileLayouts.All) Assert.DoesNotContain(rule.Id, Page(layout));
        }
    }

    /// <summary>Every outcome has a row: a new one has to be explained before it is shipped.</summary>
    private static readonly Dictionary<UploadStatus, (string Means, string Do)> Outcomes = new()
    {
        [UploadStatus.AwaitingFile] = ("The place is there and the file has not come.", "Put the file to its URL within the hour."),
        [UploadStatus.Processing] = ("It is being read, compared or written.", "Wait; what it is doing is its stage."),
        [UploadStatus.AwaitingConfirmation] = ("Nothing is written yet: the load would remove much, put old data over new or bring back what was deleted, or you asked to be asked.", "Look at the changes, then load or decline. Without an answer in fourteen days it is declined."),
        [UploadStatus.Accepted] = ("All rows are in.", "Nothing."),
        [UploadStatus.AcceptedWithFindings] = ("All rows are in, and some are to be looked at.", "Correct what the findings name."),
        [UploadStatus.AcceptedWithRejects] = ("Rows with a fatal finding are not in; the others are.", "Correct them in the rejects file and upload just that."),
        [UploadStatus.Tested] = ("It was checked and compared as asked, and nothing was written.", "Upload it again to load it."),
        [UploadStatus.Declined] = ("It was not loaded, as you decided or because nobody answered; nothing was written, but for the parts of a OneRoster archive that its sentence names.", "Nothing; upload it again if it should be loaded after all."),
        [UploadStatus.Refused] = ("The file could not be read as a whole; nothing was written.", "Do what its sentence says, and upload it again."),
        [UploadStatus.Failed] = ("Something in the system failed; nothing was written, but for the parts of a OneRoster archive that its sentence names.", "Upload it again; ask the state office if it fails twice."),
        [UploadStatus.Rejected] = ("The file could be read and not one row of it was accepted; nothing was written.", "Correct the rejects file by its findings, most often one cause for all rows, and upload it."),
    };

    private static readonly Dictionary<ParkReason, (string Because, string Do)> Waits = new()
    {
        [ParkReason.NearMatch] = ("somebody the state knows may be the same child", "Nothing: the state office decides. If you know the child's State ID, send it in SD."),
        [ParkReason.OtherIdentity] = ("the State ID is that of a child with another name or birth date", "Correct the State ID, or the name and birth date, in SD; if all of it is right, ask the state office."),
        [ParkReason.Incomplete] = ("name, birth date or gender is missing", "Send them in SD."),
        [ParkReason.UnknownStateId] = ("the State ID does not exist any more", "Correct the State ID in SD, or leave it out to have one assigned."),
        [ParkReason.OtherLocalId] = ("your district has the same child under another local id", "Send the child under one local id and remove the other. If they are two children, or both local ids are to stay, the state office decides."),
    };

    private static string Index()
    {
        var text = new StringBuilder("""
            # For the district's data clerk

            A page for each file that a district sends: what it is for, when it is sent, every column, and every message that can come back, with what to do. How a file has to look as a
            whole (tabs or commas, header, dates) is in [layouts.md](../layouts.md#the-file). These pages are written from the layouts and rules themselves.

            1. **Check before you send.** `aim check SD.tsv EN.tsv --reference reference` runs the same rules on your own machine; uploading with `Validate and Test` shows besides what would change.
               Neither writes anything.
            2. **Send students first.** A row of any other file waits in vain for a student whose SD row is missing.
            3. **Read the outcome by its word**, as in the table below.
            4. **Correct the cause, not the rows.** Findings come in groups: one school number that the state does not know is one group, however many rows name it.

            | Outcome | What it means | What to do |
            |---|---|---|

            """);
        foreach (var status in Enum.GetValues<UploadStatus>()) text.Append($"| {status} | {Outcomes[status].Means} | {Outcomes[status].Do} |\n");
        text.Append("""

            A loaded student may still **wait** (IDN-003, or `parked` in the verification summary): the rows are kept in your edition, and reach the state's record once it is settled who the student is.

            | Waits because | What to do |
            |---|---|

            """);
        foreach (var reason in Enum.GetValues<ParkReason>()) text.Append($"| {Waits[reason].Because} | {Waits[reason].Do} |\n");
        text.Append("""

            | Severity | What it means for you |
            |---|---|
            | Fatal | The row was not loaded. What was stored before stays. |
            | Error | The row was loaded. It has to be corrected before the collection can be certified. |
            | Warning | The row was loaded. Correct it, or say why it is right. |
            | Info | Nothing to do; a rule that is being tried out says what it would say. |

            | File | Holds | When it is sent |
            |---|---|---|

            """);
        foreach (var layout in FileLayouts.All) text.Append($"| [{layout.RecordType}]({layout.RecordType}.md) | {layout.Type.Summary} | {layout.Sent} |\n");
        text.Append("\nClass lists can also come as a [OneRoster archive](../oneroster.md). A small district can type records in instead of sending files.\n");
        return text.ToString();
    }

    private static string Page(FileLayout layout)
    {
        var text = new StringBuilder($"""
            # {layout.RecordType}: {LayoutDocumentTests.Words(layout.Type.Name)}

            {layout.Type.Summary} {layout.KnownBy}

            **When it is sent.** {layout.Sent}

            ## Columns


            """);
        foreach (var column in layout.Columns) Write(text, layout, column);
        if (layout.Columns.Any(column => column.Codes is { } codes && CodeSets.Get(codes).Entries.Any(entry => entry.ToBeConfirmed))) text.Append("\n\\* stands in until the state office has confirmed the code.\n");
        var rows = LayoutDocumentTests.Samples.Single(sample => sample.Type == layout.RecordType).Rows;
        text.Append($"\nFor example, with → for a tab:\n\n```text\n{Sample.Tsv(layout.RecordType, rows).Replace("\t", "→", StringComparison.Ordinal)}```\n\n## Messages\n");
        Write(text, "About this file", RuleCatalog.All.Where(rule => rule.Records.Count is > 0 and < 10 && rule.Records.Contains(layout.Type)));
        Write(text, "About every file", RuleCatalog.All.Where(rule => !rule.IsOfSaves && rule.Records.Count == 0 || rule.Records.Count >= 10 && rule.Records.Contains(layout.Type)));
        return text.ToString();
    }

    private static void Write(StringBuilder text, FileLayout layout, LayoutColumn column)
    {
        text.Append($"- **{column.Name}**{(column.Required ? ", required" : "")}: {column.About}. {Form(layout, column)}\n");
        if (column.Codes is not { } name || CodeSets.Get(name) is not { } set || set.Entries.Count > ShortSet) return;
        foreach (var entry in set.Entries) text.Append($"  - `{entry.Code}` {entry.Label}{(entry.ToBeConfirmed ? " *" : "")}{Years(entry)}\n");
    }

    private static string Years(CodeEntry entry) => (entry.FirstYear, entry.LastYear) switch
    {
        (null, null) => "",
        ({ } first, null) => $"; from school year {first} on",
        (null, { } last) => $"; up to school year {last}",
        ({ } first, { } last) => $"; school years {first} to {last}",
    };

    private static string Form(FileLayout layout, LayoutColumn column)
    {
        var value = LayoutDocumentTests.Value(layout, column, "../layouts.md");
        return column.Codes is { } codes ? CodeSets.Get(codes).Entries.Count > ShortSet ? $"A code of the list {value}." : "One of:"
            : value switch
            {
                "date" => "A date such as 08/26/2025.",
                "Y/N" => "Y or N.",
                "number" => $"A whole number of at most {column.Width} digits.",
                "decimal" => "A number with at most two decimals.",
                "digits" => $"{column.Width} digits, with leading zeros.",
                "year" => "Four digits.",
                "text" => $"At most {column.Width} characters.",
                _ => $"Always {value}.",
            };
    }

    private static void Write(StringBuilder text, string title, IEnumerable<Rule> rules)
    {
        var list = rules.OrderByDescending(rule => rule.EffectiveSeverity).ThenBy(rule => rule.Id, StringComparer.Ordinal).ToList();
        if (list.Count == 0) return;
        text.Append($"\n### {title}\n\n| Rule | Severity | What it says | What to do |\n|---|---|---|---|\n");
        foreach (var rule in list) text.Append($"| [{rule.Id}](../rules.md#{rule.Id.ToLowerInvariant()}) | {rule.EffectiveSeverity} | **{RuleDocumentTests.Sentence(rule.Title)}** {Values(rule.Message)}{SetByState(rule)} | {Values(rule.HowToFix)} |\n");
    }

    private static string SetByState(Rule rule) => string.Concat(Thresholds.Of(rule).Select(threshold => $" [{threshold.Name}](../rules.md#thresholds): {RuleDocumentTests.Amount(threshold)}, unless the state sets it otherwise."));

    private static string Values(string template) => Placeholder().Replace(template, "`$1`").Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex("\\{([A-Za-z0-9.]+)\\}")]
    private static partial Regex Placeholder();
}
