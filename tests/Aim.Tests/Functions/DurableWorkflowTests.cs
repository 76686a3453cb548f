using Aim.Functions.Durable;
using Aim.Tests.Workflows;
using Aim.Workflows;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Functions;

/// <summary>The workflow contract on Durable Task: the same order of steps, retries, waits and fan-out as the embedded engine.</summary>
[TestClass]
public sealed class DurableWorkflowTests : WorkflowContract
{
    private DurableSimulator durable = null!;

    protected override Task<IWorkflowClient> StartEngineAsync(WorkflowCatalog catalog, FakeTimeProvider clock)
    {
        durable = new DurableSimulator(new DurableWorkflows(catalog), clock);
        return Task.FromResult<IWorkflowClient>(new LentClient(durable));
    }

    /// <summary>Lends the client at every call, as each function does.</summary>
    private sealed class LentClient(DurableTaskClient durable) : IWorkflowClient
    {
        private readonly DurableWorkflowClient client = new();

        public async Task<bool> StartAsync<TWorkflow, TIn, TOut>(string instanceId, TIn input, CancellationToken cancellation) where TWorkflow : Workflow<TIn, TOut>
        {
            client.Use(durable);
            return await client.StartAsync<TWorkflow, TIn, TOut>(instanceId, input, cancellation);
        }

        public async Task<bool> SignalAsync<T>(string instanceId, Signal<T> signal, T payload, CancellationToken cancellation) where T : class
        {
            client.Use(durable);
            return await client.SignalAsync(instanceId, signal, payload, cancellation);
        }

        public async Task<WorkflowState?> FindAsync(string instanceId, CancellationToken cancellation)
        {
            client.Use(durable);
            return await client.FindAsync(instanceId, cancellation);
        }
    }

    private static readonly Step<string, string> Quoting = new("Quoting") { Retry = new RetryPolicy(2, TimeSpan.FromMilliseconds(1), 1, TimeSpan.FromMilliseconds(1)) };

    internal sealed class Quoted : Workflow<string, string>
    {
        public override Task<string> RunAsync(IWorkflowContext context, string input) => context.CallAsync(Quoting, input);
    }

    [TestMethod]
    [DataRow(typeof(IOException), 2)]
    [DataRow(typeof(FormatException), 1)]
    public async Task What_a_failing_step_quotes_reaches_no_history(Type kind, int attempts)
    {
        var catalog = new WorkflowCatalog().Add<Quoted, string, string>()
            .Add(Quoting, (_, _) => Task.FromException<string>((Exception)Activator.CreateInstance(kind, "Ana Rivers, born 06/01/2015", new InvalidOperationException("Ana Rivers"))!));
        var clock = new FakeTimeProvider();
        var client = await StartEngineAsync(catalog, clock);

        await client.StartAsync<Quoted, string, string>("quoted", "x", CancellationToken.None);
        var finished = durable.WhenFinishedAsync("quoted");
        while (!finished.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.HasCount(attempts, durable.Calls);
        Assert.IsNotEmpty(durable.History);
        Assert.DoesNotContain("Ana", string.Join('\n', durable.History));
        var state = await client.FindAsync("quoted", CancellationToken.None);
        StringAssert.Contains(state!.Failure, kind.Name);
    }

    [TestMethod]
    public async Task A_function_without_a_client_says_what_it_lacks()
    {
        var failure = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => new DurableWorkflowClient().FindAsync("x", CancellationToken.None));

        StringAssert.Contains(failure.Message, "[DurableClient]");
    }
}
