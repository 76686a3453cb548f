using System.Diagnostics;
using System.Text.Json;
using Aim.Telemetry;

namespace Aim.Workflows;

/// <summary>
/// Every workflow and step of the system, written out one by one. An engine looks them up here by the names in its history.
/// </summary>
public sealed class WorkflowCatalog
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Dictionary<string, Func<IWorkflowContext, string, Task<string>>> workflows = [];
    private readonly Dictionary<string, Func<string, CancellationToken, Task<string>>> steps = [];

    public IReadOnlyCollection<string> Workflows => workflows.Keys;
    public IReadOnlyCollection<string> Steps => steps.Keys;

    public WorkflowCatalog Add<TWorkflow, TIn, TOut>() where TWorkflow : Workflow<TIn, TOut>, new()
    {
        workflows.Add(NameOf<TWorkflow>(), async (context, input) => Serialize(await new TWorkflow().RunAsync(context, Deserialize<TIn>(input))));
        return this;
    }

    public WorkflowCatalog Add<TIn, TOut>(Step<TIn, TOut> step, Func<TIn, CancellationToken, Task<TOut>> body)
    {
        steps.Add(step.Name, async (input, cancellation) => Serialize(await body(Deserialize<TIn>(input), cancellation)));
        return this;
    }

    /// <summary>Runs a workflow's body; input and result are JSON.</summary>
    /// <exception cref="FaultException">This build has no such workflow.</exception>
    public Task<string> RunWorkflowAsync(string name, IWorkflowContext context, string input) =>
        workflows.TryGetValue(name, out var run) ? run(context, input)
            : throw new FaultException($"This build has no workflow '{name}'; run the instance with the build that started it.") { IsPermanent = true };

    /// <summary>Runs a step of an instance, as a span of the instance's trace; input and result are JSON.</summary>
    /// <exception cref="FaultException">This build has no such step; or it failed in a way that trying again can't mend.</exception>
    public async Task<string> RunStepAsync(string name, string instanceId, string input, CancellationToken cancellation)
    {
        using var span = AimTelemetry.StartStep(name, instanceId);
        try
        {
            return await RunAsync(name, input, cancellation);
        }
        catch (Exception failure)
        {
            // The kind of a failure only: a message might quote a row.
            span?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }

    private async Task<string> RunAsync(string name, string input, CancellationToken cancellation)
    {
        if (!steps.TryGetValue(name, out var run)) throw new FaultException($"This build has no step '{name}'; run the instance with the build that started it.") { IsPermanent = true };
        try
        {
            return await run(input, cancellation);
        }
        catch (Exception defect) when (IsDefect(defect))
        {
            throw new FaultException($"Something in the system failed ({defect.GetType().Name}); the operator has to look.", defect) { IsPermanent = true };
        }
    }

    /// <summary>Failures that tell of a mistake in the code or in stored data, as against an outage, which passes.</summary>
    private static bool IsDefect(Exception failure) => failure
        is InvalidDataException or InvalidOperationException or ArgumentException or NullReferenceException or KeyNotFoundException or FormatException or JsonException
        or NotSupportedException or InvalidCastException or IndexOutOfRangeException or ArithmeticException;

    public static string NameOf<TWorkflow>() => typeof(TWorkflow).Name;

    public static string Serialize<T>(T value) => JsonSerializer.Serialize(value, Json);

    public static T Deserialize<T>(string json) => JsonSerializer.Deserialize<T>(json, Json)!;
}
