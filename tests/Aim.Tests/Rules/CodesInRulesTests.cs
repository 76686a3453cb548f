using System.Text.RegularExpressions;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Rules;

/// <summary>The state changes its codes by the year; what depends on one asks for its class.</summary>
[TestClass]
public sealed partial class CodesInRulesTests
{
    /// <summary>The folders of the domain that judge or count records.</summary>
    private static readonly string[] Folders = ["Rules", "StateSync", "Movement", "Federal"];

    [TestMethod]
    public void Rules_ask_for_the_class_of_a_code_and_compare_with_no_code()
    {
        var codes = CodeSets.All.SelectMany(set => set.Entries).Select(entry => entry.Code).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var core = Path.Combine(Approved.RepositoryRoot(), "src", "Aim.Core");
        var files = Folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(core, folder), "*.cs", SearchOption.AllDirectories)).ToList();
        Assert.IsNotEmpty(files);

        var compared = from file in files
                       from Match match in Compared().Matches(File.ReadAllText(file))
                       where codes.Contains(match.Groups["code"].Value)
                       select $"{Path.GetFileName(file)}: {match.Value}";

        Assert.AreEqual("", string.Join(", ", compared));
    }

    [TestMethod]
    public void Every_class_that_is_asked_for_is_one_of_some_code()
    {
        var given = CodeSets.All.SelectMany(set => set.Entries).Select(entry => entry.Class).ToHashSet();

        Assert.AreEqual("", string.Join(", ", typeof(CodeClass).GetFields().Select(field => (string)field.GetValue(null)!).Where(asked => !given.Contains(asked))));
    }

    /// <summary>A comparison or a pattern with a literal: <c>== "P"</c>, <c>is not ("P" or "S")</c>, <c>{ ServiceType: "P" }</c>.</summary>
    [GeneratedRegex(@"(?:==|!=|\bis|\bnot|\bor|\w:)\s*\(?\s*""(?<code>[^""]{1,12})""")]
    private static partial Regex Compared();
}
