using System.Reflection;
using System.Text.RegularExpressions;
using Aim.Tests.Setup;

namespace Aim.Tests.Documents;

/// <summary>docs/complaints.md says what answers each complaint and which test proves it; the tests it names have to be there.</summary>
[TestClass]
public sealed partial class ComplaintDocumentTests
{
    private const int Complaints = 25;

    private static readonly string[] Rows = [.. File.ReadAllLines(Path.Combine(Approved.RepositoryRoot(), "docs", "complaints.md")).Where(line => RowForm().IsMatch(line))];

    [TestMethod]
    public void Every_complaint_has_an_answer_and_a_test_that_proves_it()
    {
        CollectionAssert.AreEqual(Enumerable.Range(1, Complaints).ToArray(), Rows.Select(row => int.Parse(RowForm().Match(row).Groups[1].Value, null)).ToArray());
        foreach (var row in Rows)
        {
            var cells = row.Trim('|').Split('|');
            Assert.HasCount(4, cells, row);
            Assert.IsFalse(string.IsNullOrWhiteSpace(cells[2]), row);
            Assert.IsTrue(TestName().IsMatch(cells[3]), $"no test is named: {row}");
        }
    }

    [TestMethod]
    public void Every_test_it_names_is_there()
    {
        var tests = typeof(ComplaintDocumentTests).Assembly.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => method.GetCustomAttribute<TestMethodAttribute>() is not null).Select(method => $"{type.Name}.{method.Name}")).ToHashSet();

        Assert.AreEqual("", string.Join(", ", Rows.SelectMany(row => TestName().Matches(row)).Select(match => match.Groups[1].Value).Where(name => !tests.Contains(name)).Distinct()));
    }

    [GeneratedRegex(@"^\| *(\d+) *\|")]
    private static partial Regex RowForm();

    [GeneratedRegex(@"`([A-Z]\w+\.[A-Z]\w+)`")]
    private static partial Regex TestName();
}
