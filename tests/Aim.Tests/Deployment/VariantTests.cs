namespace Aim.Tests.Deployment;

/// <summary>What the parameters change.</summary>
[TestClass]
public sealed class VariantTests
{
    private const string Account = "Microsoft.Storage/storageAccounts";
    private const string Reader = "11111111-1111-1111-1111-111111111111";

    /// <summary>Closed off, on the scheduler, with a system-assigned identity, SFTP and a subscriber.</summary>
    private static Task<Prediction> Closed() => Prediction.OfAsync(
        ("AIM_SFTP", "true"), ("AIM_PRIVATE_ENDPOINTS", "true"), ("AIM_TASK_SCHEDULER", "true"), ("AIM_IDENTITY_KIND", "SystemAssigned"),
        ("AIM_CHANGE_SUBSCRIPTIONS", $$"""[{"name":"funding","filter":"type = 'StudentChanged' AND district = '0123'","readerPrincipalId":"{{Reader}}"}]"""), ("AIM_EDITION_SENDERS", $"""["{Reader}"]"""));

    /// <summary>The least that runs.</summary>
    private static Task<Prediction> Small() => Prediction.OfAsync(("AIM_COSMOS_SERVERLESS", "true"), ("AIM_HIERARCHICAL_NAMESPACE", "true"), ("AIM_WARM_INSTANCES", "0"));

    private static Predicted Uploads(Prediction deployment) => deployment.Of(Account).Single(account => !account.Name.StartsWith("staimhost", StringComparison.Ordinal));

    [TestMethod]
    public async Task A_hierarchical_namespace_has_no_versions_but_keeps_immutability()
    {
        var deployment = await Small();
        Assert.IsTrue((bool)Uploads(deployment).Properties["isHnsEnabled"]!);
        Assert.IsFalse((bool)Uploads(deployment).Properties["isSftpEnabled"]!);
        Assert.IsFalse((bool)deployment.Of($"{Account}/blobServices").Single(service => service.Properties["cors"] is not null).Properties["isVersioningEnabled"]!);
        Assert.HasCount(4, deployment.Of($"{Account}/blobServices/containers/immutabilityPolicies"));
        Assert.DoesNotContain("\"version\":", deployment.Single($"{Account}/managementPolicies").Json.ToJsonString());
    }

    [TestMethod]
    public async Task SFTP_brings_a_hierarchical_namespace_and_no_policy_that_Azure_would_refuse()
    {
        var deployment = await Closed();
        Assert.IsTrue((bool)Uploads(deployment).Properties["isSftpEnabled"]!);
        Assert.IsTrue((bool)Uploads(deployment).Properties["isHnsEnabled"]!);
        Assert.IsEmpty(deployment.Of($"{Account}/blobServices/containers/immutabilityPolicies"));
    }

    [TestMethod]
    public async Task Serverless_containers_have_no_throughput()
    {
        var deployment = await Small();
        Assert.Contains("EnableServerless", deployment.Single("Microsoft.DocumentDB/databaseAccounts").Properties["capabilities"]!.ToJsonString());
        foreach (var container in deployment.Of("Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers")) Assert.IsNull(container.Properties["options"]!["autoscaleSettings"], container.Name);
    }

    [TestMethod]
    public async Task Private_endpoints_close_every_store_but_the_one_districts_upload_to()
    {
        var deployment = await Closed();
        Assert.HasCount(7, deployment.Of("Microsoft.Network/privateEndpoints"));
        Assert.HasCount(5, deployment.Of("Microsoft.Network/privateDnsZones"));
        foreach (var store in deployment.Of(Account).Concat(deployment.Of("Microsoft.DocumentDB/databaseAccounts")).Concat(deployment.Of("Microsoft.ServiceBus/namespaces")))
            Assert.AreEqual(store == Uploads(deployment) ? "Enabled" : "Disabled", (string?)store.Properties["publicNetworkAccess"], store.Name);
        Assert.AreEqual("Premium", (string?)deployment.Single("Microsoft.ServiceBus/namespaces").Json["sku"]!["name"]);
        Assert.EndsWith("/subnets/functions", (string)deployment.Single("Microsoft.Web/sites").Properties["virtualNetworkSubnetId"]!);
    }

    [TestMethod]
    public async Task The_scheduler_takes_the_place_of_the_storage_account_by_settings_alone()
    {
        var settings = (await Closed()).Settings;
        Assert.AreEqual("azureManaged", settings["AzureFunctionsJobHost__extensions__durableTask__storageProvider__type"]);
        Assert.Contains("DURABLE_TASK_SCHEDULER_CONNECTION_STRING", settings.Keys);
        Assert.Contains(role => role.Properties["roleDefinitionId"]!.ToString().EndsWith("0ad04412-c4d5-4796-b79c-f76d14c8d402", StringComparison.Ordinal), (await Closed()).Of("Microsoft.Authorization/roleAssignments"));
        Assert.DoesNotContain("DURABLE_TASK_SCHEDULER_CONNECTION_STRING", (await Small()).Settings.Keys);
    }

    [TestMethod]
    public async Task A_system_assigned_identity_names_no_client()
    {
        var deployment = await Closed();
        Assert.AreEqual("SystemAssigned", (string?)deployment.Single("Microsoft.Web/sites").Json["identity"]!["type"]);
        Assert.DoesNotContain(name => name.EndsWith("__clientId", StringComparison.Ordinal) || name == "AZURE_CLIENT_ID", deployment.Settings.Keys);
        Assert.IsEmpty(deployment.Of("Microsoft.ManagedIdentity/userAssignedIdentities"));
    }

    [TestMethod]
    public async Task A_subscriber_gets_what_its_filter_lets_pass_and_may_read_nothing_else()
    {
        var deployment = await Closed();
        var rule = deployment.Single("Microsoft.ServiceBus/namespaces/topics/subscriptions/rules");
        Assert.AreEqual("$Default", rule.Short, "Another name would be added to the rule that lets everything pass.");
        Assert.AreEqual("type = 'StudentChanged' AND district = '0123'", (string?)rule.Properties["sqlFilter"]!["sqlExpression"]);
        Assert.IsTrue((bool)deployment.Single("Microsoft.ServiceBus/namespaces/topics/subscriptions").Properties["requiresSession"]!);
        var scopes = deployment.Of("Microsoft.Authorization/roleAssignments").Where(role => (string)role.Properties["principalId"]! == Reader).Select(role => role.Id.Split("/providers/Microsoft.Authorization")[0].Split('/')[^1]).ToList();
        CollectionAssert.AreEquivalent(new[] { "funding", "edition-changes" }, scopes);
    }

    [TestMethod]
    public async Task Locked_policies_are_left_alone() =>
        Assert.IsEmpty((await Prediction.OfAsync(("AIM_IMMUTABILITY_LOCKED", "true"))).Of($"{Account}/blobServices/containers/immutabilityPolicies"));

    [TestMethod]
    public async Task A_retention_under_thirteen_months_is_refused()
    {
        Bicep.Require();
        var ran = await Prediction.SnapshotAsync(Bicep.Copy(), Prediction.Required.Append(new("AIM_ORIGINALS_DAYS", "30")).ToDictionary());
        Assert.AreNotEqual(0, ran.Code, ran.Output);
        Assert.Contains("'originalsDays' is not valid", ran.Error);
    }

    [TestMethod]
    public async Task A_deployment_that_would_take_no_tokens_is_refused()
    {
        Bicep.Require();
        Assert.AreEqual(0, (await ParametersAsync(Prediction.Required)).Code);
        var ran = await ParametersAsync(Prediction.Required.Where(item => item.Key != "AIM_TOKEN_ISSUER"));
        Assert.AreNotEqual(0, ran.Code, ran.Output);
        Assert.Contains("AIM_TOKEN_ISSUER", ran.Error);
    }

    private static Task<Ran> ParametersAsync(IEnumerable<KeyValuePair<string, string>> environment) => Bicep.RunAsync(Bicep.Copy(), environment.ToDictionary(), "build-params", "main.bicepparam", "--stdout");
}
