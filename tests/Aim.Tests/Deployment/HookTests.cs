using System.Text;
using Aim.Tests.Setup;

namespace Aim.Tests.Deployment;

/// <summary>The hooks of azure.yaml, run with stand-ins for az and curl that note how they were called.</summary>
[TestClass]
public sealed class HookTests
{
    private static readonly Dictionary<string, string> Outputs = new()
    {
        ["AIM_RESOURCE_GROUP"] = "rg-aim-test", ["AIM_FUNCTION_APP"] = "func-aim-test", ["AIM_API_URL"] = "https://func-aim-test.example.org", ["AIM_EVENT_TOPIC"] = "evgt-aim-test",
        ["AIM_UNDELIVERED_CONTAINER"] = "/subscriptions/s/resourceGroups/rg-aim-test/providers/Microsoft.Storage/storageAccounts/host/blobServices/default/containers/undelivered-events",
        ["AIM_HOOK_ATTEMPTS"] = "2", ["AIM_HOOK_PAUSE"] = "0",
    };

    /// <summary>An az for which the app has functions and keys, and a curl that gives the pages one after another.</summary>
    private sealed class Stage
    {
        private readonly string folder = AssemblySetup.NewFolder("deployment-hook");
        private int pages;

        public Stage(int functions = 3, string key = "secret-key", string also = "")
        {
            Directory.CreateDirectory(Path.Combine(folder, "bin"));
            Program("az", $"""
                printf '%s\n' "$*" >>"{folder}/az.log"
                case "$*" in
                  *"functionapp function list"*) echo {functions} ;;
                  *"functionapp keys list"*) echo {key} ;;
                  {also}
                esac
                """);
        }

        public Stage Page(string body, string? continuation = null)
        {
            File.WriteAllText(Path.Combine(folder, $"page{++pages}"), body);
            File.WriteAllText(Path.Combine(folder, $"head{pages}"), $"HTTP/1.1 200 OK\r\n{(continuation is null ? "" : $"X-MS-Continuation-Token: {continuation}\r\n")}\r\n");
            return this;
        }

        public async Task<Ran> RunAsync(string hook, params string[] without)
        {
            Program("curl", $"""
                cat >>"{folder}/curl.log"
                n=$(( $(cat "{folder}/n" 2>/dev/null || echo 0) + 1 )); echo $n >"{folder}/n"
                [ -f "{folder}/page$n" ] || exit 22
                while [ $# -gt 0 ]; do
                  case "$1" in --dump-header) cp "{folder}/head$n" "$2" ;; --output) cp "{folder}/page$n" "$2" ;; esac
                  shift
                done
                """);
            if (OperatingSystem.IsWindows()) Bicep.Missing("The hooks are bash scripts.");
            var environment = Outputs.Where(item => !without.Contains(item.Key)).ToDictionary();
            environment["PATH"] = $"{folder}/bin:{Environment.GetEnvironmentVariable("PATH")}";
            return await Bicep.StartAsync("bash", folder, environment, Path.Combine(Approved.RepositoryRoot(), "infra", "hooks", hook));
        }

        public string Log(string program) => File.Exists(Path.Combine(folder, $"{program}.log")) ? File.ReadAllText(Path.Combine(folder, $"{program}.log")) : "";

        private void Program(string name, string body)
        {
            var file = Path.Combine(folder, "bin", name);
            File.WriteAllText(file, $"#!/usr/bin/env bash\n{body}\n", new UTF8Encoding(false));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string Instance(string workflow) => $$"""{"name":"{{workflow}}","instanceId":"i","runtimeStatus":"Running","input":null,"customStatus":"Confirm","output":null}""";

    [TestMethod]
    public async Task Workflows_that_the_build_has_may_run_on()
    {
        var stage = new Stage().Page($"[{Instance("UploadWorkflow")},{Instance("NightlySyncWorkflow")}]");
        var ran = await stage.RunAsync("predeploy.sh");
        Assert.AreEqual((0, "2 running workflows, all known to this build.\n", ""), (ran.Code, ran.Output, ran.Error));
        Assert.Contains("runtimeStatus=Pending,Running,Suspended", stage.Log("curl"));
        Assert.Contains("x-functions-key: secret-key", stage.Log("curl"));
    }

    [TestMethod]
    public async Task A_running_workflow_that_the_build_lacks_refuses_the_deployment()
    {
        var stage = new Stage().Page($"[{Instance("UploadWorkflow")},{Instance("OldWorkflow")},{Instance("OldWorkflow")},{Instance("OlderWorkflow")}]");
        var ran = await stage.RunAsync("predeploy.sh");
        Assert.AreEqual(1, ran.Code);
        Assert.AreEqual("Not deployed: workflows are running that this build does not have (2 of OldWorkflow, 1 of OlderWorkflow). Put the workflow back beside its successor, or wait until they have ended.\n", ran.Error);
    }

    [TestMethod]
    public async Task Every_page_of_running_workflows_is_read()
    {
        var stage = new Stage().Page($"[{Instance("UploadWorkflow")}]", continuation: "next-1").Page($"[{Instance("OldWorkflow")}]");
        var ran = await stage.RunAsync("predeploy.sh");
        Assert.AreEqual(1, ran.Code);
        Assert.Contains("1 of OldWorkflow", ran.Error);
        Assert.Contains("x-ms-continuation-token: next-1", stage.Log("curl"));
    }

    [TestMethod]
    public async Task Nothing_running_is_fine()
    {
        var ran = await new Stage().Page("[]").RunAsync("predeploy.sh");
        Assert.AreEqual((0, "0 running workflows, all known to this build.\n", ""), (ran.Code, ran.Output, ran.Error));
    }

    [TestMethod]
    public async Task The_first_deployment_has_nothing_to_ask()
    {
        var stage = new Stage(functions: 0);
        var ran = await stage.RunAsync("predeploy.sh");
        Assert.AreEqual((0, "First deployment: no workflow is running.\n"), (ran.Code, ran.Output));
        Assert.AreEqual("", stage.Log("curl"));
    }

    [TestMethod]
    public async Task An_app_that_does_not_answer_refuses_the_deployment()
    {
        var ran = await new Stage().RunAsync("predeploy.sh");
        Assert.AreEqual((1, "The running workflows of func-aim-test can't be listed. Check that https://func-aim-test.example.org answers, then deploy again.\n"), (ran.Code, ran.Error));
    }

    [TestMethod]
    public async Task An_answer_that_is_no_list_refuses_the_deployment()
    {
        var ran = await new Stage().Page("<html>Service starting</html>").RunAsync("predeploy.sh");
        Assert.AreEqual(1, ran.Code);
        Assert.Contains("something other than a list", ran.Error);
    }

    [TestMethod]
    public async Task A_deployed_app_without_the_key_refuses_the_deployment()
    {
        var ran = await new Stage(key: "None").RunAsync("predeploy.sh");
        Assert.AreEqual(1, ran.Code);
        Assert.Contains("has no Durable Task key", ran.Error);
    }

    [TestMethod]
    [DataRow("predeploy.sh", "AIM_API_URL")]
    [DataRow("postdeploy.sh", "AIM_EVENT_TOPIC")]
    public async Task A_missing_value_is_one_sentence(string hook, string name)
    {
        var ran = await new Stage().RunAsync(hook, without: name);
        Assert.AreEqual((1, $"{name} is not set. Run this through azd, after 'azd provision', or export the values of 'azd env get-values'.\n"), (ran.Code, ran.Error));
    }

    [TestMethod]
    public async Task Blob_events_of_uploads_go_to_the_blob_trigger()
    {
        var stage = new Stage();
        var ran = await stage.RunAsync("postdeploy.sh");
        Assert.AreEqual((0, "Blob events of uploads go to StartUpload.\n", ""), (ran.Code, ran.Output, ran.Error));
        var call = stage.Log("az").Split('\n').Single(line => line.StartsWith("eventgrid", StringComparison.Ordinal));
        Assert.Contains("--endpoint https://func-aim-test.example.org/runtime/webhooks/blobs?functionName=Host.Functions.StartUpload&code=secret-key", call);
        Assert.Contains("--system-topic-name evgt-aim-test", call);
        Assert.Contains("--subject-begins-with /blobServices/default/containers/uploads/", call);
        Assert.Contains("StringIn PutBlob PutBlockList FlushWithClose SftpCommit", call);
        Assert.Contains("--deadletter-identity-endpoint /subscriptions/s/resourceGroups/rg-aim-test/providers/Microsoft.Storage/storageAccounts/host/blobServices/default/containers/undelivered-events", call);
    }

    [TestMethod]
    public async Task A_host_that_does_not_start_is_waited_for_and_then_told_of()
    {
        var stage = new Stage(key: "None");
        var ran = await stage.RunAsync("postdeploy.sh");
        Assert.AreEqual(1, ran.Code);
        Assert.Contains("has no key for blob events", ran.Error);
        Assert.HasCount(2, stage.Log("az").Split('\n').Where(line => line.Contains("keys list", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task A_subscription_that_is_refused_fails_the_deployment()
    {
        var ran = await new Stage(also: "*eventgrid*) exit 1 ;;").RunAsync("postdeploy.sh");
        Assert.AreEqual(1, ran.Code);
        Assert.Contains("Event Grid did not accept the subscription", ran.Error);
    }
}
