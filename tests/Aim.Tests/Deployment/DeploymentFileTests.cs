using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Aim.Tests.Setup;
using YamlDotNet.RepresentationModel;

namespace Aim.Tests.Deployment;

/// <summary>azure.yaml, host.json and the list of workflows, against the code and against what infra/ puts out.</summary>
[TestClass]
public sealed partial class DeploymentFileTests
{
    private static readonly string Root = Approved.RepositoryRoot();

    private static YamlMappingNode AzureYaml()
    {
        using var text = File.OpenText(Path.Combine(Root, "azure.yaml"));
        var yaml = new YamlStream();
        yaml.Load(text);
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    private static JsonNode Host(string path) =>
        path.Split('/').Aggregate(JsonNode.Parse(File.ReadAllText(Path.Combine(Root, "host.json")))!, (node, name) => node[name] ?? throw new KeyNotFoundException($"host.json has no {path}."));

    private static TimeSpan Time(string path) => TimeSpan.Parse((string)Host(path)!, CultureInfo.InvariantCulture);

    [TestMethod]
    public void The_list_of_workflows_is_that_of_the_code()
    {
        // Nothing is run: the catalogue is filled when the platform is put together.
        Aim.Workflows.WorkflowCatalog? catalog = null;
        _ = new AimPlatform(new AimPorts(null!, null!, null!, null!, null!, TimeProvider.System), all => { catalog = all; return null!; });
        Approved.VerifyDocument(string.Concat(catalog!.Workflows.Order(StringComparer.Ordinal).Select(name => $"{name}\n")), "infra/workflows.txt");
    }

    [TestMethod]
    public void A_service_is_listed_as_soon_as_its_project_is_there_and_not_before()
    {
        var services = (YamlMappingNode)AzureYaml()["services"];
        var listed = services.Children.ToDictionary(service => service.Key.ToString(), service => (YamlMappingNode)service.Value);
        foreach (var (name, service) in listed) Assert.IsTrue(Directory.Exists(Path.Combine(Root, service["project"].ToString())), $"{name} has no project.");
        Assert.AreEqual("functions/Aim.Functions", listed["functions"]["project"].ToString());
        Assert.AreEqual("dotnet", listed["functions"]["language"].ToString());
        Assert.AreEqual("function", listed["functions"]["host"].ToString());
        Assert.AreEqual(Directory.Exists(Path.Combine(Root, "web", "Aim.Web")), listed.ContainsKey("web"), "The service 'web' belongs into azure.yaml as soon as web/Aim.Web is there, with host staticwebapp and dist wwwroot.");
    }

    [TestMethod]
    public async Task Each_service_finds_its_resource_by_tag()
    {
        var deployment = await Prediction.OfAsync();
        var tagged = deployment.Resources.Select(resource => (string?)resource.Json["tags"]?["azd-service-name"]).OfType<string>().ToList();
        CollectionAssert.AreEquivalent(new[] { "functions", "web" }, tagged);
        foreach (var service in ((YamlMappingNode)AzureYaml()["services"]).Children) Assert.Contains(service.Key.ToString(), tagged);
        foreach (var resource in deployment.Resources.Where(resource => resource.Json["tags"] is not null)) Assert.AreEqual("dev", (string?)resource.Json["tags"]!["azd-env-name"], resource.Id);
    }

    [TestMethod]
    public void The_infrastructure_is_where_azure_yaml_says()
    {
        var infra = (YamlMappingNode)AzureYaml()["infra"];
        Assert.AreEqual("bicep", infra["provider"].ToString());
        Assert.IsTrue(File.Exists(Path.Combine(Root, infra["path"].ToString(), $"{infra["module"]}.bicep")));
        Assert.IsTrue(File.Exists(Path.Combine(Root, infra["path"].ToString(), $"{infra["module"]}.bicepparam")));
    }

    [TestMethod]
    public async Task Every_value_a_hook_needs_is_put_out_by_the_infrastructure()
    {
        var outputs = (await Prediction.OfAsync()).Outputs.Select(output => output.Key).ToList();
        var hooks = ((YamlMappingNode)AzureYaml()["hooks"]).Children.ToDictionary(hook => hook.Key.ToString(), hook => (YamlMappingNode)hook.Value);
        CollectionAssert.AreEquivalent(new[] { "predeploy", "postdeploy" }, hooks.Keys);
        foreach (var (name, hook) in hooks)
        {
            Assert.AreEqual("sh", hook["shell"].ToString(), name);
            Assert.IsFalse(hook.Children.ContainsKey("continueOnError"), $"{name} has to be able to stop a deployment.");
            var file = Path.Combine(Root, hook["run"].ToString());
            var script = await File.ReadAllTextAsync(file);
            Assert.StartsWith("#!/usr/bin/env bash\n", script);
            Assert.Contains("set -euo pipefail", script);
            if (!OperatingSystem.IsWindows()) Assert.IsTrue(File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute), file);
            var needed = Needs().Match(script).Groups[1].Value.Split(' ');
            Assert.IsGreaterThan(2, needed.Length, name);
            foreach (var value in needed) Assert.Contains(value, outputs, name);
            foreach (Match used in Uses().Matches(script)) Assert.IsTrue(needed.Contains(used.Groups[1].Value) || used.Groups[1].Value.StartsWith("AIM_HOOK_", StringComparison.Ordinal), $"{name} uses {used.Groups[1].Value} without asking for it.");
        }
    }

    [GeneratedRegex("^need (.+)$", RegexOptions.Multiline)]
    private static partial Regex Needs();

    [GeneratedRegex(@"\$\{?(AIM_[A-Z_]+)")]
    private static partial Regex Uses();

    [TestMethod]
    public void Every_parameter_is_in_the_table_of_the_docs()
    {
        var docs = File.ReadAllText(Path.Combine(Root, "docs", "deploy.md"));
        foreach (Match name in Parameters().Matches(File.ReadAllText(Path.Combine(Root, "infra", "main.bicepparam")))) Assert.Contains($"`{name.Groups[1].Value}`", docs);
    }

    [GeneratedRegex(@"readEnvironmentVariable\('([A-Z_]+)'")]
    private static partial Regex Parameters();

    [TestMethod]
    public void Every_value_of_the_host_has_its_reason_in_the_docs()
    {
        var docs = File.ReadAllText(Path.Combine(Root, "docs", "deploy.md"));
        foreach (var (path, value) in Leaves(JsonNode.Parse(File.ReadAllText(Path.Combine(Root, "host.json")))!, ""))
        {
            if (path != "version") Assert.Contains($"| `{path}` | {value} |", docs);
        }

        static IEnumerable<(string Path, string Value)> Leaves(JsonNode node, string path) => node is JsonObject many
            ? many.SelectMany(item => Leaves(item.Value!, path.Length == 0 ? item.Key : $"{path}/{item.Key}"))
            : [(path, node.ToString())];
    }

    [TestMethod]
    public void A_held_session_outlives_the_longest_function()
    {
        Assert.IsGreaterThanOrEqualTo(Time("functionTimeout"), Time("extensions/serviceBus/maxAutoLockRenewalDuration"));
        Assert.AreEqual(0, (int)Host("extensions/serviceBus/prefetchCount")!, "A message that waits in memory loses its lock.");
    }

    [TestMethod]
    public void Addresses_of_requests_which_hold_local_ids_stay_out_of_telemetry()
    {
        Assert.IsFalse((bool)Host("logging/applicationInsights/httpAutoCollectionOptions/enableHttpTriggerExtendedInfoCollection")!);
        Assert.IsFalse((bool)Host("logging/applicationInsights/enableDependencyTracking")!);
        foreach (var category in new[] { "Microsoft.AspNetCore", "Microsoft.Azure.WebJobs.Script.WebHost.Middleware", "Yarp", "System.Net.Http" }) Assert.AreEqual("Warning", (string?)Host($"logging/logLevel/{category}"), category);
    }

    [TestMethod]
    public void The_routes_of_the_API_begin_at_the_root() => Assert.AreEqual("", (string?)Host("extensions/http/routePrefix"));

    [TestMethod]
    public void The_task_hub_is_reached_by_the_identity_of_the_host_storage()
    {
        Assert.AreEqual("AzureWebJobsStorage", (string?)Host("extensions/durableTask/storageProvider/connectionName"));
        Assert.MatchesRegex(new Regex("^[A-Za-z][A-Za-z0-9]{2,44}$"), (string)Host("extensions/durableTask/hubName")!);
    }

    [TestMethod]
    public void No_student_data_can_reach_a_trace_and_no_alert_is_sampled_away()
    {
        Assert.IsFalse((bool)Host("extensions/durableTask/tracing/traceInputsAndOutputs")!);
        Assert.AreEqual("Information", (string?)Host("logging/logLevel/Host.Triggers.DurableTask"), "The alert on a failed night reads these.");
        var excluded = ((string)Host("logging/applicationInsights/samplingSettings/excludedTypes")!).Split(';');
        foreach (var kind in new[] { "Exception", "Request", "Trace" }) Assert.Contains(kind, excluded);
    }
}
