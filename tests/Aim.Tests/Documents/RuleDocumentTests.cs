using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Aim.Rules;
using Aim.Tests.Setup;

namespace Aim.Tests.Documents;

/// <summary>Writes docs/rules.md from the catalogue.</summary>
[TestClass]
public sealed partial class RuleDocumentTests
{
    private static readonly (string Prefix, string Title, string About)[] Groups =
    [
        ("FMT", "Form of the file", "Whether the file and its rows can be read. Columns, widths and codes are in [layouts.md](layouts.md)."),
        ("ROS", "OneRoster archives", "Whether what the rows of an archive refer to is there; see [oneroster.md](oneroster.md)."),
        ("REF", "References", "Whether schools, calendars, codes and students that a row names exist."),
        ("IDN", "Identity", "Whether it is known who the student is."),
        ("ENR", "Enrollment", "Where and when students are enrolled."),
        ("CNT", "Counts", "The fall and spring counts that schools are funded by, and the test window."),
        ("ATT", "Attendance", "Days of attendance, over the year and day by day."),
        ("PRG", "Programs and eligibility", "Program participation, English learners, Section 504 plans, meals, migratory children."),
        ("SPD", "Special education", "Students served under IDEA."),
        ("ASM", "Assessments", "State assessments and their results."),
        ("BEH", "Behavior", "Incidents and what followed."),
        ("CLS", "Classes", "Sections, rosters and marks."),
        ("CRT", "Certification", "What is asked of a district's edition before a collection is certified."),
    ];

    [TestMethod]
    public void The_document_of_rules_is_up_to_date() => Approved.VerifyDocument(Write(), "docs/rules.md");

    [TestMethod]
    public void Every_rule_belongs_to_a_group() => Assert.AreEqual("", string.Join(", ", RuleCatalog.All.Select(rule => rule.Id).Where(id => !Array.Exists(Groups, group => id.StartsWith(group.Prefix, StringComparison.Ordinal)))));

    [TestMethod]
    public void Every_rule_says_what_is_wrong_what_to_do_and_where_it_comes_from()
    {
        foreach (var rule in RuleCatalog.All)
        {
            Assert.MatchesRegex(IdForm(), rule.Id);
            Assert.IsNotNull(rule.Basis, rule.Id);
            foreach (var sentence in new[] { rule.Message, rule.HowToFix }) Assert.IsTrue(sentence.EndsWith('.') && char.IsUpper(sentence.TrimStart('{')[0]), $"{rule.Id}: {sentence}");
            Assert.IsFalse(rule.Title.EndsWith('.'), rule.Id);
        }
    }

    [GeneratedRegex("^[A-Z]{3}-[0-9]{3}B?$")]
    private static partial Regex IdForm();

    [GeneratedRegex(@"\{([A-Za-z0-9.]+)\}")]
    private static partial Regex Placeholder();

    private static string Write()
    {
        var text = new StringBuilder("""
            # Rules

            Every uploaded row is checked by these rules, in an upload, in "validate and test", and by `aim check` before the file leaves the district. This page is written from the rules themselves.

            | Severity | What happens to the row | What the district does |
            |---|---|---|
            | **Fatal** | It is not loaded; it is kept in the rejects file. | Correct it and upload the rejects file. |
            | **Error** | It is loaded. | Correct it before certification, which it blocks. |
            | **Warning** | It is loaded. | Correct it, or acknowledge it with a reason. |
            | **Info** | It is loaded. | Nothing. |

            A rule looks at a file as a whole, at one row, at all rows of a student in the district, at what the state knows of the student's identity, or at what all districts
            say of the student; the last are judged after each upload and every night, and what they find is a [case](movement.md).
            Rules about an edition look at all rows of a district or school, when what is stored is validated (`GET …/validation`, `aim rules run`), and at certification; their findings are about
            a school or the district, and no row is kept out by them.
            A new rule is first observed (its findings are Info), then warns (at most Warning), then is enforced with its full severity; what is not said to be otherwise is enforced, in
            all years, unless the state has [put it back](#stages).
            A rule's id never changes and is never used again; a `B` marks the milder twin of a rule. Words in `this type` stand for the row's own values.


            """);
        foreach (var (prefix, title, about) in Groups)
        {
            var rules = RuleCatalog.All.Where(rule => rule.Id.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            text.Append($"## {title}\n\n{about}\n\n| Id | Severity | Rule |\n|---|---|---|\n");
            foreach (var rule in rules) text.Append($"| [{rule.Id}](#{rule.Id.ToLowerInvariant()}) | {rule.Severity} | {rule.Title} |\n");
            text.Append('\n');
            foreach (var rule in rules) Write(text, rule);
        }
        WriteThresholds(text);
        WriteStages(text);
        return $"{text.ToString().TrimEnd()}\n";
    }

    private static void WriteThresholds(StringBuilder text)
    {
        text.Append("""
            ## Thresholds

            Numbers that rules go by and that no law gives are the state office's to set, for a school year at a time: a file `thresholds.csv` (Name, Value) in the year's reference folder has what
            differs from the table. The year's uploads, validations and checks go by it, and a freeze keeps it. A name or value that can't be used is refused with the file and line when the
            reference data is read.

            | Name | Unless set | Can be set | Decides | Rules |
            |---|---|---|---|---|

            """);
        foreach (var threshold in Thresholds.All)
        {
            var rules = string.Join(", ", threshold.Rules.Select(id => $"[{id}](#{id.ToLowerInvariant()})"));
            text.Append(CultureInfo.InvariantCulture, $"| {threshold.Name} | {Amount(threshold)} | {threshold.Least} to {threshold.Most} | {threshold.About} | {rules} |\n");
        }
    }

    private static void WriteStages(StringBuilder text) => text.Append($"""

        ## Stages

        The state office puts a rule to another stage than this page has, for a school year at a time: by a row of `rules.csv` (Rule, Stage) in the year's reference folder. `Observe` makes its findings Info, `Warn` at most Warning, and
        `Enforce` gives them their full severity. It counts at once for whoever judges the year: uploads, saves, pushes, `aim check`, validation, what is asked before certification, and cases. A row that a rule no longer keeps out is
        stored; when the rule is enforced again it stays, and validation finds it. A stage changes what a finding weighs, not what becomes of a student: who waits for a decision still waits, and a case is still put to its districts.

        A rule that keeps out what can't be stored is always enforced, since such a row can't be merely observed: {string.Join(", ", RuleCatalog.All.Where(RuleCatalog.KeepsOutWhatCannotBeStored).Select(rule => $"[{rule.Id}](#{rule.Id.ToLowerInvariant()})"))}.

        """);

    internal static string Amount(Threshold threshold) => string.Create(CultureInfo.InvariantCulture, $"{threshold.Default} {(threshold.Unit == "percent" ? "%" : threshold.Unit)}");

    [TestMethod]
    public void Every_threshold_can_keep_its_default_and_names_rules_that_there_are()
    {
        foreach (var threshold in Thresholds.All)
        {
            Assert.IsTrue(threshold.Default >= threshold.Least && threshold.Default <= threshold.Most, threshold.Name);
            Assert.IsNotEmpty(threshold.Rules, threshold.Name);
            foreach (var rule in threshold.Rules) Assert.IsNotNull(RuleCatalog.Find(rule), $"{threshold.Name}: {rule}");
        }
    }

    private static void Write(StringBuilder text, Rule rule)
    {
        text.Append($"""
            ### {rule.Id}

            **{Sentence(rule.Title)}** {Values(rule.Message)}

            *How to fix:* {Values(rule.HowToFix)}

            {rule.Severity} · {Scope(rule.Scope)} · {(rule.IsOfSaves ? "[saves and pushes](entry.md)" : rule.Records.Count == 0 ? "every file" : string.Join(", ", rule.Records))} · {Field(rule.Field)}{Stage(rule)}{Years(rule)}{Needs(rule)}<br>
            Basis: {rule.Basis}{SetByState(rule)}


            """);
    }

    /// <summary>A title that asks has its mark already.</summary>
    internal static string Sentence(string title) => title.EndsWith('?') ? title : $"{title}.";

    private static string SetByState(Rule rule) => string.Concat(Thresholds.Of(rule).Select(threshold => $"<br>\nSet by the state: [{threshold.Name}](#thresholds), {Amount(threshold)} unless it is set"));

    private static string Values(string template) => Placeholder().Replace(template, "`$1`");

    private static string Scope(RuleScope scope) => scope switch
    {
        RuleScope.File => "the file",
        RuleScope.Row => "one row",
        RuleScope.Student => "all rows of a student",
        RuleScope.State => "the student in all districts",
        RuleScope.Edition => "the edition",
        RuleScope.Certification => "the edition, at certification",
        _ => "the student's identity",
    };

    private static string Field(string field) => field switch
    {
        "Field" => "any field",
        "Row" => "the row as a whole",
        "Header" => "the header line",
        "School" => "the school as a whole",
        "District" => "the district as a whole",
        _ => $"field {field}",
    };

    private static string Stage(Rule rule) => rule.Stage switch
    {
        RuleStage.Observe => " · observed",
        RuleStage.Warn => " · warns",
        _ => "",
    };

    private static string Years(Rule rule) => (rule.FirstYear, rule.LastYear) switch
    {
        (null, null) => "",
        ({ } first, null) => $" · from {first}",
        (null, { } last) => $" · until {last}",
        ({ } first, { } last) => $" · {first} to {last}",
    };

    private static string Needs(Rule rule) =>
        RuleCatalog.NeedsReference(rule.Id) ? " · needs the state's schools and calendars"
        : RuleCatalog.NeedsPriorYear(rule.Id) ? " · needs the district's rows of the year before"
        : rule.Scope == RuleScope.State ? " · found in the state record"
        : RuleCatalog.NeedsClasses(rule.Id) ? " · needs the district's courses, sections and staff"
        : rule.Scope == RuleScope.Identity ? " · needs the state's list of students"
        : "";
}
