using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Aim.Tests.Setup;

namespace Aim.Tests.Deployment;

/// <summary>What a deployment with the default parameters creates.</summary>
[TestClass]
public sealed partial class TemplateTests
{
    private const string Account = "Microsoft.Storage/storageAccounts";
    private const string Cosmos = "Microsoft.DocumentDB/databaseAccounts";
    private const string ServiceBus = "Microsoft.ServiceBus/namespaces";

    private static readonly Dictionary<string, string> Nothing = [];

    private static Task<Prediction> Default() => Prediction.OfAsync();

    [TestMethod]
    public async Task Every_template_compiles_and_lints_without_a_word()
    {
        Bicep.Require();
        var folder = Bicep.Copy();
        foreach (var command in new[] { "build", "lint" })
        {
            string[] arguments = command == "build" ? ["build", "main.bicep", "--outfile", Path.Combine(folder, "main.json")] : ["lint", "main.bicep"];
            var ran = await Bicep.RunAsync(folder, Nothing, arguments);
            Assert.AreEqual((0, ""), (ran.Code, ran.Output + ran.Error), command);
        }
    }

    [TestMethod]
    public async Task A_misspelt_property_or_a_secret_in_an_output_is_found()
    {
        Bicep.Require();
        var folder = Bicep.Copy();
        var file = Path.Combine(folder, "core", "storage.bicep");
        var text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text.Replace("allowSharedKeyAccess", "allowSharedKeyAcces", StringComparison.Ordinal) + "\noutput key string = account.listKeys().keys[0].value\n");
        var ran = await Bicep.RunAsync(folder, Nothing, "lint", "core/storage.bicep");
        Assert.Contains("allowSharedKeyAcces", ran.Error + ran.Output);
        Assert.Contains("outputs-should-not-contain-secrets", ran.Error + ran.Output);
        Assert.AreNotEqual(0, ran.Code);
    }

    [TestMethod]
    public async Task Nothing_takes_keys_or_old_TLS()
    {
        var deployment = await Default();
        foreach (var account in deployment.Of(Account))
        {
            Assert.IsFalse((bool)account.Properties["allowSharedKeyAccess"]!, account.Name);
            Assert.IsFalse((bool)account.Properties["allowBlobPublicAccess"]!, account.Name);
            Assert.IsTrue((bool)account.Properties["supportsHttpsTrafficOnly"]!, account.Name);
            Assert.AreEqual("TLS1_2", (string?)account.Properties["minimumTlsVersion"], account.Name);
        }
        Assert.HasCount(2, deployment.Of(Account));
        foreach (var container in deployment.Of($"{Account}/blobServices/containers")) Assert.AreEqual("None", (string?)container.Properties["publicAccess"], container.Name);
        Assert.IsTrue((bool)deployment.Single(Cosmos).Properties["disableLocalAuth"]!);
        Assert.AreEqual("Tls12", (string?)deployment.Single(Cosmos).Properties["minimalTlsVersion"]);
        Assert.IsTrue((bool)deployment.Single(ServiceBus).Properties["disableLocalAuth"]!);
        Assert.AreEqual("1.2", (string?)deployment.Single(ServiceBus).Properties["minimumTlsVersion"]);
        Assert.IsTrue((bool)deployment.Single("Microsoft.Insights/components").Properties["DisableLocalAuth"]!);
        var site = deployment.Single("Microsoft.Web/sites").Properties;
        Assert.IsTrue((bool)site["httpsOnly"]!);
        Assert.AreEqual("1.2", (string?)site["siteConfig"]!["minTlsVersion"]);
        foreach (var policy in deployment.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")) Assert.IsFalse((bool)policy.Properties["allow"]!, policy.Name);
        // No secret is kept, so there is no vault to keep it in.
        Assert.IsEmpty(deployment.Of("Microsoft.KeyVault/vaults"));
    }

    [TestMethod]
    public async Task No_key_is_read_and_no_secret_is_put_out()
    {
        var deployment = await Default();
        foreach (var call in new[] { "listKeys", "listConnectionStrings", "listSecrets", "AccountKey=", "SharedAccessKey" })
            Assert.DoesNotContain(call, deployment.ToString(), StringComparison.OrdinalIgnoreCase);
        foreach (var (name, value) in deployment.Outputs)
        {
            foreach (var word in new[] { "KEY", "SECRET", "PASSWORD", "CONNECTION_STRING", "SAS" }) Assert.DoesNotContain(word, name);
            Assert.DoesNotContain("list", value!.ToJsonString(), name);
        }
        Assert.Contains("AIM_FUNCTION_APP", deployment.Outputs.Select(item => item.Key));
    }

    [TestMethod]
    public async Task Cosmos_is_strong_has_one_write_region_and_can_be_restored_to_a_point_in_time()
    {
        var account = (await Default()).Single(Cosmos).Properties;
        Assert.AreEqual("Strong", (string?)account["consistencyPolicy"]!["defaultConsistencyLevel"]);
        Assert.IsFalse((bool)account["enableMultipleWriteLocations"]!);
        Assert.HasCount(1, account["locations"]!.AsArray());
        Assert.AreEqual("Continuous", (string?)account["backupPolicy"]!["type"]);
    }

    [TestMethod]
    public async Task Containers_are_those_of_the_file_that_the_adapter_reads()
    {
        var deployment = await Default();
        var file = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Approved.RepositoryRoot(), Bicep.CosmosContainers)))!.AsArray();
        var deployed = deployment.Of($"{Cosmos}/sqlDatabases/containers");
        CollectionAssert.AreEqual(file.Select(container => (string)container!["name"]!).ToList(), deployed.Select(container => container.Short).ToList());
        foreach (var (expected, actual) in file.Zip(deployed.Select(container => container.Properties["resource"]!)))
        {
            var name = (string)expected!["name"]!;
            Assert.IsTrue(Prediction.Same(expected["partitionKeys"], actual["partitionKey"]!["paths"]), name);
            Assert.AreEqual(expected["partitionKeys"]!.AsArray().Count > 1 ? "MultiHash" : "Hash", (string?)actual["partitionKey"]!["kind"], name);
            Assert.IsTrue(Prediction.Same(expected["indexingPolicy"], actual["indexingPolicy"]), name);
            Assert.IsTrue(Prediction.Same(expected["defaultTtl"], actual["defaultTtl"]), name);
        }
        // The outbox beside each record expires; without a default, -1 lets an item say for itself.
        Assert.AreEqual(-1, (int)file.Single(container => (string)container!["name"]! == "students")!["defaultTtl"]!);
    }

    [TestMethod]
    public async Task Only_what_is_named_is_indexed()
    {
        var file = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Approved.RepositoryRoot(), Bicep.CosmosContainers)))!.AsArray();
        foreach (var container in file)
        {
            var policy = container!["indexingPolicy"]!;
            Assert.Contains("/*", policy["excludedPaths"]!.AsArray().Select(path => (string)path!["path"]!), container.ToJsonString());
            Assert.DoesNotContain("/*", policy["includedPaths"]!.AsArray().Select(path => (string)path!["path"]!), container.ToJsonString());
        }
    }

    [TestMethod]
    public async Task Originals_rest_thirteen_months_and_snapshots_ten_years()
    {
        var deployment = await Default();
        var policies = deployment.Of($"{Account}/blobServices/containers/immutabilityPolicies").ToDictionary(policy => policy.Name.Split('/')[2], policy => (int)policy.Properties["immutabilityPeriodSinceCreationInDays"]!);
        CollectionAssert.AreEquivalent(new[] { "uploads", "pushed", "saves", "snapshots" }, policies.Keys);
        Assert.IsGreaterThanOrEqualTo(396, policies["uploads"]);
        Assert.AreEqual(policies["uploads"], policies["pushed"]);
        Assert.AreEqual(policies["uploads"], policies["saves"]);
        Assert.IsGreaterThanOrEqualTo(3652, policies["snapshots"]);
        var blobs = deployment.Of($"{Account}/blobServices").Single(service => !service.Name.Contains("host", StringComparison.Ordinal)).Properties;
        Assert.IsTrue((bool)blobs["isVersioningEnabled"]!);
        Assert.IsTrue((bool)blobs["deleteRetentionPolicy"]!["enabled"]!);
    }

    [TestMethod]
    public async Task Only_the_leftovers_of_work_are_ever_deleted()
    {
        var rules = (await Default()).Single($"{Account}/managementPolicies").Properties["policy"]!["rules"]!.AsArray();
        foreach (var rule in rules.Where(rule => rule!["definition"]!["actions"]!.ToJsonString().Contains("delete", StringComparison.Ordinal)))
        {
            var prefixes = rule!["definition"]!["filters"]!["prefixMatch"]!.AsArray().Select(prefix => (string)prefix!).ToList();
            CollectionAssert.AreEqual(new[] { "work/" }, prefixes, (string?)rule["name"]);
        }
        Assert.HasCount(2, rules.Where(rule => rule!["definition"]!["actions"]!.ToJsonString().Contains("delete", StringComparison.Ordinal)));
        // An upload that waits two weeks for its district must find its work again.
        Assert.IsGreaterThan(14, (int)rules.Single(rule => (string)rule!["name"]! == "empty-work")!["definition"]!["actions"]!["baseBlob"]!["delete"]!["daysAfterModificationGreaterThan"]!);
    }

    [TestMethod]
    public async Task Blob_paths_of_the_code_have_a_container()
    {
        var deployment = await Default();
        var containers = deployment.Of($"{Account}/blobServices/containers").Where(container => !container.Name.Contains("host", StringComparison.Ordinal)).Select(container => container.Short).ToList();
        var core = Path.Combine(Approved.RepositoryRoot(), "src", "Aim.Core");
        var roots = new List<string> { Aim.Uploads.UploadPath.Root.TrimEnd('/'), Aim.Snapshots.SnapshotPlan.PrefixOf("x").Split('/')[0], "results", "work", "reference", "pushed", "cases", "saves" };
        CollectionAssert.AreEquivalent(roots, containers);
        foreach (var root in roots) Assert.IsTrue(Directory.EnumerateFiles(core, "*.cs", SearchOption.AllDirectories).Any(file => File.ReadAllText(file).Contains($"\"{root}/", StringComparison.Ordinal)), root);
    }

    [TestMethod]
    public async Task Browsers_of_the_web_app_alone_may_put_files()
    {
        var rule = (await Default()).Of($"{Account}/blobServices").Single(service => service.Properties["cors"] is not null).Properties["cors"]!["corsRules"]![0]!;
        Assert.Contains("staticSites/stapp-aim", (string)rule["allowedOrigins"]!.AsArray().Single()!);
        CollectionAssert.AreEqual(new[] { "PUT", "OPTIONS" }, rule["allowedMethods"]!.AsArray().Select(method => (string)method!).ToArray());
    }

    [TestMethod]
    public async Task Messages_keep_the_order_of_a_district_and_are_taken_once()
    {
        var queue = (await Default()).Single($"{ServiceBus}/queues", "edition-changes").Properties;
        Assert.IsTrue((bool)queue["requiresSession"]!);
        Assert.IsTrue((bool)queue["requiresDuplicateDetection"]!);
        Assert.IsTrue((bool)queue["deadLetteringOnMessageExpiration"]!);
        var topic = (await Default()).Single($"{ServiceBus}/topics", "state-changes").Properties;
        Assert.IsTrue((bool)topic["requiresDuplicateDetection"]!);
        Assert.IsTrue((bool)topic["supportOrdering"]!);
    }

    [TestMethod]
    public async Task The_app_has_a_role_on_each_store_it_uses_and_on_nothing_else()
    {
        var deployment = await Default();
        // host storage, uploads, queue, topic, telemetry; the last is Event Grid's on what it could not deliver
        string[] expected =
        [
            "storageAccounts/staimhost*: b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "storageAccounts/staimhost*: 974c5e8b-45b9-4653-ba55-5f855dd0fb88", "storageAccounts/staimhost*: 0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
            "storageAccounts/staim*: b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "storageAccounts/staim*: 974c5e8b-45b9-4653-ba55-5f855dd0fb88",
            "queues/edition-changes: 090c5cfd-751d-490a-894a-3ce6f1109419", "topics/state-changes: 69a216fc-b8fb-44d8-bc22-1f3c2cd27a39", "components/appi-aim-*: 3913510d-42f4-4e42-8a64-420c390055eb",
            "containers/undelivered-events: ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        ];
        CollectionAssert.AreEquivalent(expected, deployment.Of("Microsoft.Authorization/roleAssignments").Select(Describe).ToArray());
        var data = deployment.Single($"{Cosmos}/sqlRoleAssignments").Properties;
        Assert.EndsWith("00000000-0000-0000-0000-000000000002", (string)data["roleDefinitionId"]!);

        static string Describe(Predicted role)
        {
            var scope = role.Id.Split("/providers/Microsoft.Authorization")[0].Split('/')[^2..];
            return $"{scope[0]}/{Token().Replace(scope[1], "*")}: {((string)role.Properties["roleDefinitionId"]!).Split('/')[^1]}";
        }
    }

    /// <summary>The part of a name that differs between environments.</summary>
    [GeneratedRegex("[a-z0-9]{13}$")]
    private static partial Regex Token();

    [TestMethod]
    public async Task Every_connection_of_the_app_is_an_identity()
    {
        var settings = (await Default()).Settings;
        foreach (var connection in new[] { "AzureWebJobsStorage", "Uploads", "Cosmos", "ServiceBus" })
        {
            Assert.AreEqual("managedidentity", settings[$"{connection}__credential"]);
            Assert.Contains("clientId", settings[$"{connection}__clientId"]);
            Assert.DoesNotContain(connection, settings.Keys, "A setting of that very name would be a connection string.");
        }
        foreach (var endpoint in new[] { "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri", "Uploads__blobServiceUri", "Uploads__queueServiceUri", "Cosmos__accountEndpoint", "ServiceBus__fullyQualifiedNamespace" })
            Assert.Contains(endpoint, settings.Keys);
    }

    [TestMethod]
    public async Task The_app_is_Flex_Consumption_on_dotnet_10_deployed_by_identity()
    {
        var deployment = await Default();
        Assert.AreEqual("FC1", (string?)deployment.Single("Microsoft.Web/serverfarms").Json["sku"]!["name"]);
        var config = deployment.Single("Microsoft.Web/sites").Properties["functionAppConfig"]!;
        Assert.AreEqual(("dotnet-isolated", "10.0"), ((string?)config["runtime"]!["name"], (string?)config["runtime"]!["version"]));
        Assert.AreEqual("UserAssignedIdentity", (string?)config["deployment"]!["storage"]!["authentication"]!["type"]);
        Assert.DoesNotContain("WEBSITE_TIME_ZONE", deployment.Settings.Keys);
        Assert.DoesNotContain("FUNCTIONS_WORKER_RUNTIME", deployment.Settings.Keys, "Flex Consumption refuses it.");
    }

    [TestMethod]
    public async Task Every_alert_tells_somebody_and_has_its_page()
    {
        var deployment = await Prediction.OfAsync(("AIM_OPERATOR_EMAIL", "operator@example.org"));
        Assert.AreEqual("operator@example.org", (string?)deployment.Single("Microsoft.Insights/actionGroups").Properties["emailReceivers"]![0]!["emailAddress"]);
        var alerts = deployment.Of("Microsoft.Insights/metricAlerts").Concat(deployment.Of("Microsoft.Insights/scheduledQueryRules")).ToList();
        string[] expected =
        [
            "aim-dead-letters", "aim-throttling", "aim-undelivered-events", "aim-failed-night", "aim-missing-night", "aim-disagreeing-edition", "aim-failed-upload", "aim-poisoned-blob",
            "aim-parked-event", "aim-stopped-district", "aim-certification-deadline",
        ];
        CollectionAssert.AreEquivalent(expected, alerts.Select(alert => alert.Name).ToArray());
        foreach (var alert in alerts)
        {
            Assert.IsTrue((bool)alert.Properties["enabled"]!, alert.Name);
            Assert.Contains("ag-aim-", alert.Properties["actions"]!.ToJsonString(), alert.Name);
            var description = (string)alert.Properties["description"]!;
            if (description.Contains("docs/runbooks/", StringComparison.Ordinal))
                Assert.IsTrue(File.Exists(Path.Combine(Approved.RepositoryRoot(), description[description.IndexOf("docs/runbooks/", StringComparison.Ordinal)..].TrimEnd('.'))), description);
        }
    }
}
