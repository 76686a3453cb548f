using Aim.Workflows;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Workflows;

/// <summary>Workflows that break the rules are found out and say so, instead of hanging or going astray.</summary>
[TestClass]
public sealed class BrokenWorkflowTests : IAsyncDisposable
{
    private static readonly Step<string, string> First = new("First");
    private static readonly Step<string, string> Second = new("Second");
    private static readonly Step<string, string> Third = new("Third");

    /// <summary>A timer that has run out before it is awaited is no waiting at all.</summary>
    private static readonly TimeSpan LongerThanATest = TimeSpan.FromHours(1);

    private readonly string folder = EngineBench.NewFolder();
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));
    private EngineBench? bench;

    public ValueTask DisposeAsync() => bench?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static WorkflowCatalog Catalog() => new WorkflowCatalog().Add(First, (input, _) => Task.FromResult(input)).Add(Third, (input, _) => Task.FromResult(input));

    /// <summary>What an earlier build shipped: two steps in this order.</summary>
    internal static class Shipped
    {
        internal sealed class Changing : Workflow<string, string>
        {
            public override async Task<string> RunAsync(IWorkflowContext context, string input) => await context.CallAsync(Second, await context.CallAsync(First, input));
        }
    }

    internal static class Swapped
    {
        internal sealed class Changing : Workflow<string, string>
        {
            public override async Task<string> RunAsync(IWorkflowContext context, string input) => await context.CallAsync(First, await context.CallAsync(Third, input));
        }
    }

    internal static class Shortened
    {
        internal sealed class Changing : Workflow<string, string>
        {
            public override Task<string> RunAsync(IWorkflowContext context, string input) => Task.FromResult(input);
        }
    }

    internal static class Timed
    {
        internal sealed class Changing : Workflow<string, string>
        {
            public override Task<string> RunAsync(IWorkflowContext context, string input) => context.CallAsync(First, $"{context.Now}");
        }
    }

    /// <summary>Runs the shipped workflow to its second step and goes on with another build's.</summary>
    private async Task<string> ResumeWithAsync<TChanged>() where TChanged : Workflow<string, string>, new()
    {
        var waiting = new TaskCompletionSource();
        await using (var before = new EngineBench(folder, Catalog().Add<Shipped.Changing, string, string>()
            .Add(Second, async (input, cancellation) => { waiting.SetResult(); await new TaskCompletionSource().Task.WaitAsync(cancellation); return input; }), clock).Start())
        {
            await before.Engine.StartAsync<Shipped.Changing, string, string>("x", "x", CancellationToken.None);
            await waiting.Task;
        }
        bench = new EngineBench(folder, Catalog().Add<TChanged, string, string>().Add(Second, (input, _) => Task.FromResult(input)), clock).Start();
        var state = await bench.EndOfAsync("x");
        return state.Status == WorkflowStatus.Completed ? "completed" : state.Failure!;
    }

    [TestMethod]
    public async Task An_unchanged_workflow_is_resumed() => Assert.AreEqual("completed", await ResumeWithAsync<Shipped.Changing>());

    [TestMethod]
    public async Task Another_step_at_a_position_of_the_history_is_named() =>
        Assert.AreEqual("The workflow Changing can't be replayed for x: the history has 'First' at position 1, where the workflow calls 'Third'. A changed order of steps ships as a new workflow.",
            await ResumeWithAsync<Swapped.Changing>());

    [TestMethod]
    public async Task A_workflow_that_ends_before_its_history_does_is_found_out() =>
        Assert.AreEqual("The workflow Changing can't be replayed for x: the history has 'First' at position 1, where the workflow has ended already. A changed order of steps ships as a new workflow.",
            await ResumeWithAsync<Shortened.Changing>());

    [TestMethod]
    public async Task A_look_at_the_clock_where_there_was_a_step_is_found_out() =>
        Assert.AreEqual("The workflow Changing can't be replayed for x: the history has 'First' at position 1, where the workflow calls nothing. A changed order of steps ships as a new workflow.",
            await ResumeWithAsync<Timed.Changing>());

    internal sealed class AwaitsAnotherThread : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            // One that is not done by the time it is awaited.
            await Task.Run(() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System));
            return await context.CallAsync(First, input);
        }
    }

    internal sealed class AwaitsATimer : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            await context.CallAsync(First, input);
            await Task.Delay(LongerThanATest, TimeProvider.System);
            return input;
        }
    }

    internal sealed class AwaitsNothingThatComes : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input) => await new TaskCompletionSource<string>().Task;
    }

    internal sealed class RacesWithATimer : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            // It is seen when it runs out, which has to be after it was awaited.
            await Task.WhenAny(context.SleepUntilAsync(context.Now.AddYears(1)), Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System));
            return input;
        }
    }

    internal sealed class LeavesItsContext : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            await context.CallAsync(First, input).ConfigureAwait(false);
            return await context.CallAsync(Third, input);
        }
    }

    private async Task<WorkflowState> RunAsync<TWorkflow>(WorkflowCatalog? catalog = null) where TWorkflow : Workflow<string, string>, new()
    {
        bench = new EngineBench(folder, catalog ?? Catalog().Add<TWorkflow, string, string>(), clock).Start();
        await bench.Engine.StartAsync<TWorkflow, string, string>("x", "x", CancellationToken.None);
        return await bench.EndOfAsync("x");
    }

    private async Task AssertAwaitsSomethingElseAsync<TWorkflow>() where TWorkflow : Workflow<string, string>, new()
    {
        var state = await RunAsync<TWorkflow>();

        Assert.AreEqual(WorkflowStatus.Failed, state.Status);
        StringAssert.Contains(state.Failure, "it awaits something else than its context");
    }

    [TestMethod]
    public Task Awaiting_another_thread_is_found_out() => AssertAwaitsSomethingElseAsync<AwaitsAnotherThread>();

    [TestMethod]
    public Task Awaiting_a_timer_is_found_out() => AssertAwaitsSomethingElseAsync<AwaitsATimer>();

    [TestMethod]
    public Task Awaiting_what_never_comes_is_found_out() => AssertAwaitsSomethingElseAsync<AwaitsNothingThatComes>();

    [TestMethod]
    public Task A_timer_beside_a_call_is_found_out() => AssertAwaitsSomethingElseAsync<RacesWithATimer>();

    [TestMethod]
    public Task Leaving_the_context_is_found_out() => AssertAwaitsSomethingElseAsync<LeavesItsContext>();

    internal sealed class CallsWhatNobodyRegistered : Workflow<string, string>
    {
        public override Task<string> RunAsync(IWorkflowContext context, string input) => context.CallAsync(Second, input);
    }

    [TestMethod]
    public async Task A_step_that_the_build_has_not_fails_with_its_name()
    {
        var state = await RunAsync<CallsWhatNobodyRegistered>();

        Assert.AreEqual((WorkflowStatus.Failed, "This build has no step 'Second'; run the instance with the build that started it."), (state.Status, state.Failure));
    }

    [TestMethod]
    public async Task An_instance_of_a_workflow_that_the_build_has_not_waits_for_one_that_has_it()
    {
        await using (var without = new EngineBench(folder, Catalog(), clock).Start())
        {
            await without.Engine.StartAsync<Shortened.Changing, string, string>("x", "x", CancellationToken.None);
            await without.WhenAsync(() => without.Log.Any(line => line.Contains("This build has no workflow 'Changing'", StringComparison.Ordinal)), TimeSpan.FromSeconds(1));
            Assert.IsFalse(without.Journal.Find("x")!.IsFinished);
        }

        bench = new EngineBench(folder, Catalog().Add<Shortened.Changing, string, string>(), clock).Start();

        Assert.AreEqual(WorkflowStatus.Completed, (await bench.EndOfAsync("x")).Status);
    }
}
