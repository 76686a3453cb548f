using System.Reflection;
using Aim.Functions;
using Aim.Tests.Setup;
using Microsoft.Azure.Functions.Worker;

namespace Aim.Tests.Functions;

[TestClass]
public sealed class FunctionBorderTests
{
    private static IEnumerable<(string Name, MethodInfo Method)> Functions => typeof(UploadFunctions).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
        .Select(method => (method.GetCustomAttribute<FunctionAttribute>()?.Name, method)).Where(item => item.Name is not null).Select(item => (item.Name!, item.method));

    private static IEnumerable<string> NamesOf<TTrigger>() where TTrigger : Attribute =>
        Functions.Where(function => function.Method.GetParameters()[0].GetCustomAttribute<TTrigger>() is not null).Select(function => function.Name).Order(StringComparer.Ordinal);

    [TestMethod]
    public async Task Every_workflow_is_one_orchestration_and_every_step_one_activity()
    {
        await using var bench = await Workbench.OpenAsync();

        CollectionAssert.AreEqual(bench.Platform.Catalog.Workflows.Order(StringComparer.Ordinal).ToList(), NamesOf<OrchestrationTriggerAttribute>().ToList());
        CollectionAssert.AreEqual(bench.Platform.Catalog.Steps.Order(StringComparer.Ordinal).ToList(), NamesOf<ActivityTriggerAttribute>().ToList());
    }

    [TestMethod]
    public void Function_names_are_legal_and_each_is_there_once()
    {
        var names = Functions.Select(function => function.Name).ToList();

        Assert.IsEmpty(names.Where(name => name.Any(c => !char.IsAsciiLetterOrDigit(c))));
        Assert.HasCount(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase));
    }

    [TestMethod]
    public void Triggers_are_as_approved()
    {
        var lines = Functions.OrderBy(function => function.Name, StringComparer.Ordinal)
            .Select(function => $"{function.Name}: {string.Join(", ", function.Method.GetParameters().SelectMany(parameter => parameter.GetCustomAttributes()).Concat(function.Method.GetCustomAttributes()).Where(IsBinding).Select(Describe))}\n");

        Approved.Verify(string.Concat(lines), "functions", "txt");
    }

    private static bool IsBinding(Attribute attribute) => attribute.GetType().Namespace == typeof(FunctionAttribute).Namespace && attribute is not FunctionAttribute;

    private static string Describe(Attribute attribute)
    {
        var values = attribute.GetType().GetProperties().Where(property => property.Name != nameof(Attribute.TypeId)).OrderBy(property => property.Name, StringComparer.Ordinal)
            .Select(property => (property.Name, Value: property.GetValue(attribute))).Where(item => item.Value is not null)
            .Select(item => $"{item.Name}={(item.Value is string[] many ? string.Join('|', many) : item.Value)}");
        return $"{attribute.GetType().Name[..^"Attribute".Length]}({string.Join(' ', values)})";
    }

    [TestMethod]
    public void The_sources_of_the_app_know_no_development_issuer()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Approved.RepositoryRoot(), "functions"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();

        Assert.IsNotEmpty(sources);
        Assert.IsEmpty(sources.Where(source => source.Contains("Development", StringComparison.OrdinalIgnoreCase)));
    }
}
