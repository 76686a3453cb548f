using System.Text.RegularExpressions;
using Aim.Host.Embedded;
using Aim.Tests.Setup;
using Aim.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Workflows;

[TestClass]
public sealed partial class CatalogTests
{
    private static async Task<WorkflowCatalog> CatalogAsync()
    {
        await using var data = DataFolder.Open(AssemblySetup.NewFolder("catalog"), new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance);
        return data.Platform.Catalog;
    }

    [TestMethod]
    public async Task Workflows_and_steps_are_those_that_were_approved_for_running_instances_have_them_in_their_history()
    {
        var catalog = await CatalogAsync();

        var list = string.Concat(catalog.Workflows.Order(StringComparer.Ordinal).Select(name => $"workflow {name}\n").Concat(catalog.Steps.Order(StringComparer.Ordinal).Select(name => $"step {name}\n")));

        Approved.Verify(list, "workflows", "txt");
    }

    [TestMethod]
    public async Task Names_are_letters_and_digits_as_a_function_may_have_them()
    {
        var catalog = await CatalogAsync();

        foreach (var name in catalog.Workflows.Concat(catalog.Steps)) Assert.IsTrue(LettersAndDigits().IsMatch(name), name);
        Assert.IsEmpty(catalog.Workflows.Intersect(catalog.Steps, StringComparer.OrdinalIgnoreCase).ToList(), "a workflow and a step would be two functions of one name");
    }

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*$")]
    private static partial Regex LettersAndDigits();

    [TestMethod]
    public void Waits_between_attempts_double_up_to_the_longest()
    {
        var policy = new RetryPolicy(6, TimeSpan.FromSeconds(2), 2, TimeSpan.FromSeconds(20));

        CollectionAssert.AreEqual(new[] { 2.0, 4, 8, 16, 20, 20 }, Enumerable.Range(1, 6).Select(attempt => policy.DelayAfter(attempt).TotalSeconds).ToList());
        Assert.AreEqual(TimeSpan.FromSeconds(20), policy.DelayAfter(5000), "however often it is tried");
    }

    [TestMethod]
    public void An_outage_is_waited_out_for_about_a_quarter_of_an_hour()
    {
        var waited = TimeSpan.FromSeconds(Enumerable.Range(1, RetryPolicy.Outage.MostAttempts - 1).Sum(attempt => RetryPolicy.Outage.DelayAfter(attempt).TotalSeconds));

        Assert.IsTrue(waited > TimeSpan.FromMinutes(12) && waited < TimeSpan.FromMinutes(18), $"{waited}");
    }
}
