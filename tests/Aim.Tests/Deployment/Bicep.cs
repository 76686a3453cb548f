using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Tests.Setup;

namespace Aim.Tests.Deployment;

/// <summary>What a program said and how it ended.</summary>
internal sealed record Ran(int Code, string Output, string Error);

/// <summary>The compiler of infra/, which also works out what a deployment would create, without an account.</summary>
internal static class Bicep
{
    private static string Compiler => typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "BicepPath").Value!;

    /// <summary>Stops the test where the compiler can't run; on CI that is a failure.</summary>
    public static void Require()
    {
        if (OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64 && File.Exists(Compiler)) return;
        Missing("The Bicep compiler is a program for Linux on x64 and was not restored or can't run here.");
    }

    /// <summary>A part that is needed is not there: inconclusive on somebody's machine, a failure on CI.</summary>
    public static void Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.Inconclusive(reason);
    }

    public static Task<Ran> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) => StartAsync(Compiler, folder, environment, arguments);

    public static async Task<Ran> StartAsync(string program, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // What the machine's own environment says of AIM must not reach a test.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("AIM_", StringComparison.Ordinal) || name.StartsWith("AZURE_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return new Ran(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>A copy of what the templates read, to compile in.</summary>
    public static string Copy()
    {
        var (root, copy) = (Approved.RepositoryRoot(), AssemblySetup.NewFolder("templates"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "infra"), "*", SearchOption.AllDirectories).Append(Path.Combine(root, CosmosContainers)))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return Path.Combine(copy, "infra");
    }

    public const string CosmosContainers = "src/Aim.Azure/cosmos-containers.json";
}

/// <summary>A resource as a deployment with certain parameters would create it. What only Azure knows stays an expression in brackets.</summary>
internal sealed record Predicted(string Id, string Type, string Name, JsonObject Json)
{
    public JsonNode Properties => Json["properties"]!;

    /// <summary>The last part of the name.</summary>
    public string Short => Name[(Name.LastIndexOf('/') + 1)..];
}

/// <summary>Everything a deployment would create and tell.</summary>
internal sealed record Prediction(IReadOnlyList<Predicted> Resources, JsonObject Outputs)
{
    private static readonly Dictionary<string, Task<Prediction>> Known = [];

    /// <summary>What has no default.</summary>
    public static readonly IReadOnlyDictionary<string, string> Required = new Dictionary<string, string>
    {
        ["AIM_TOKEN_ISSUER"] = "https://login.example.org/v2.0", ["AIM_TOKEN_AUDIENCE"] = "api", ["AIM_TOKEN_AUTHORITY"] = "https://login.example.org/v2.0",
    };

    /// <summary>Predicted once for each set of parameters.</summary>
    public static Task<Prediction> OfAsync(params (string Name, string Value)[] environment)
    {
        Bicep.Require();
        var key = string.Join(' ', environment.Select(item => $"{item.Name}={item.Value}"));
        lock (Known) return Known.TryGetValue(key, out var prediction) ? prediction : Known[key] = PredictAsync(environment.ToDictionary(item => item.Name, item => item.Value).Concat(Required).ToDictionary());
    }

    private static async Task<Prediction> PredictAsync(Dictionary<string, string> environment)
    {
        var folder = Bicep.Copy();
        var ran = await SnapshotAsync(folder, environment);
        Assert.AreEqual((0, ""), (ran.Code, ran.Output + ran.Error), "The compiler had something to say.");
        var snapshot = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "main.snapshot.json")))!;
        return new Prediction(
            [.. snapshot["predictedResources"]!.AsArray().Select(item => new Predicted((string)item!["id"]!, (string)item["type"]!, (string)item["name"]!, item.AsObject()))],
            snapshot["outputs"]!.AsObject());
    }

    /// <summary>Has the compiler write its prediction beside the parameters.</summary>
    public static Task<Ran> SnapshotAsync(string folder, IReadOnlyDictionary<string, string> environment)
    {
        const string nobody = "00000000-0000-0000-0000-000000000001";
        return Bicep.RunAsync(folder, environment, "snapshot", "main.bicepparam", "--mode", "overwrite", "--subscription-id", nobody, "--tenant-id", nobody, "--location", "westus2", "--deployment-name", "aim");
    }

    public IReadOnlyList<Predicted> Of(string type) => [.. Resources.Where(resource => resource.Type == type)];

    public Predicted Single(string type) => Resources.Single(resource => resource.Type == type);

    public Predicted Single(string type, string name) => Resources.Single(resource => resource.Type == type && resource.Short == name);

    /// <summary>The settings the Functions app gets.</summary>
    public IReadOnlyDictionary<string, string> Settings =>
        Single("Microsoft.Web/sites/config").Properties.AsObject().ToDictionary(item => item.Key, item => item.Value!.GetValue<string>());

    public static bool Same(JsonNode? left, JsonNode? right) => JsonNode.DeepEquals(left, right);

    public override string ToString() => JsonSerializer.Serialize(Resources.Select(resource => resource.Json));
}
