using System.Collections.Concurrent;
using System.Globalization;
using Aim.Tests.Setup;
using Aim.Workflows;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Workflows;

/// <summary>What every engine promises that runs workflows.</summary>
[TestClass]
public abstract class WorkflowContract
{
    private static readonly Step<string, string> First = new("First");
    private static readonly Step<string, string> Second = new("Second");
    private static readonly Step<string, string> Flaky = new("Flaky") { Retry = new RetryPolicy(4, TimeSpan.FromSeconds(10), 3, TimeSpan.FromSeconds(60)) };
    private static readonly Signal<Answer> Answered = new("Answered");

    private readonly ConcurrentQueue<string> log = new();
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));
    private readonly WorkflowCatalog catalog = new();
    private IWorkflowClient client = null!;

    /// <summary>Starts an engine without instances, which runs the workflows and steps of the catalogue by that clock.</summary>
    protected abstract Task<IWorkflowClient> StartEngineAsync(WorkflowCatalog catalog, FakeTimeProvider clock);

    internal sealed record Answer(string Text);

    private static CancellationToken None => CancellationToken.None;

    private async Task<WorkflowContract> StartAsync()
    {
        client = await StartEngineAsync(catalog, clock);
        return this;
    }

    /// <summary>Lets time pass until the instance has ended.</summary>
    private async Task<WorkflowState> EndOfAsync(string id, TimeSpan? tick = null)
    {
        WorkflowState? state = null;
        await WhenAsync(async () => (state = await client.FindAsync(id, None)) is { IsFinished: true }, tick ?? TimeSpan.FromSeconds(1));
        return state!;
    }

    private async Task WhenAsync(Func<Task<bool>> condition, TimeSpan? tick = null)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (!await condition())
        {
            if (tick is { } time) clock.Advance(time);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, patience.Token);
        }
    }

    private Task WhenLoggedAsync(string entry) => WhenAsync(() => Task.FromResult(log.Contains(entry)), TimeSpan.FromMilliseconds(100));

    private async Task<string?> OutputAsync(string id, TimeSpan? tick = null)
    {
        var state = await EndOfAsync(id, tick);
        Assert.AreEqual((WorkflowStatus.Completed, null), (state.Status, state.Failure));
        return WorkflowCatalog.Deserialize<string>(state.Output!);
    }

    /// <summary>A step that notes its input and gives it back with its name.</summary>
    private WorkflowContract Does(Step<string, string> step, Func<string, CancellationToken, Task>? work = null)
    {
        catalog.Add(step, async (input, cancellation) =>
        {
            log.Enqueue($"{step.Name} {input}");
            if (work is not null) await work(input, cancellation);
            return $"{step.Name}({input})";
        });
        return this;
    }

    internal sealed class Chain : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            var first = await context.CallAsync(First, input);
            var second = await context.CallAsync(Second, first);
            return await context.CallAsync(First, $"{second} of {context.InstanceId}");
        }
    }

    [TestMethod]
    public async Task Steps_run_in_order_each_with_what_the_one_before_gave()
    {
        catalog.Add<Chain, string, string>();
        await Does(First).Does(Second).StartAsync();

        Assert.IsTrue(await client.StartAsync<Chain, string, string>("chain", "x", None));

        Assert.AreEqual("First(Second(First(x)) of chain)", await OutputAsync("chain"));
        CollectionAssert.AreEqual(new[] { "First x", "Second First(x)", "First Second(First(x)) of chain" }, log.ToList());
    }

    [TestMethod]
    public async Task The_same_id_twice_is_one_run_also_when_that_has_ended()
    {
        var gate = new TaskCompletionSource();
        catalog.Add<Chain, string, string>();
        await Does(First, (_, cancellation) => gate.Task.WaitAsync(cancellation)).Does(Second).StartAsync();

        var started = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Task.Run(() => client.StartAsync<Chain, string, string>("same", $"{i}", None))));
        Assert.AreEqual(1, started.Count(success => success));
        gate.SetResult();
        var input = $"{Array.IndexOf(started, true)}";
        Assert.AreEqual($"First(Second(First({input})) of same)", await OutputAsync("same"));

        Assert.IsFalse(await client.StartAsync<Chain, string, string>("same", "again", None));
        Assert.HasCount(3, log);
    }

    internal sealed class Trying : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            try
            {
                return await context.CallAsync(Flaky, input);
            }
            catch (StepFailedException failure)
            {
                return $"{failure.Step}: {failure.Reason}";
            }
        }
    }

    private async Task<(string? Output, int Attempts)> TryAsync(Func<int, Exception?> failureOfAttempt)
    {
        catalog.Add<Trying, string, string>();
        await Does(Flaky, (_, _) => failureOfAttempt(log.Count) is { } failure ? Task.FromException(failure) : Task.CompletedTask).StartAsync();
        await client.StartAsync<Trying, string, string>("trying", "x", None);
        return (await OutputAsync("trying"), log.Count);
    }

    [TestMethod]
    public async Task A_failing_step_is_tried_again_with_longer_and_longer_waits()
    {
        var moments = new ConcurrentQueue<DateTimeOffset>();

        var (output, attempts) = await TryAsync(attempt =>
        {
            moments.Enqueue(clock.GetUtcNow());
            return attempt < 4 ? new IOException("The store is away.") : null;
        });

        Assert.AreEqual(("Flaky(x)", 4), (output, attempts));
        var waits = moments.Zip(moments.Skip(1), (earlier, later) => later - earlier).ToList();
        foreach (var (wait, least) in waits.Zip([10, 30, 60])) Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(least), wait);
    }

    [TestMethod]
    public async Task After_the_last_attempt_the_workflow_hears_of_the_failure_but_not_of_its_data()
    {
        var (output, attempts) = await TryAsync(_ => new IOException("Rivers, Ana, born 06/01/2015"));

        Assert.AreEqual(("Flaky: IOException", 4), (output, attempts));
    }

    [TestMethod]
    public async Task A_permanent_failure_is_not_tried_again_and_its_sentence_is_told()
    {
        var (output, attempts) = await TryAsync(_ => new FaultException("The file is gone.") { IsPermanent = true });

        Assert.AreEqual(("Flaky: The file is gone.", 1), (output, attempts));
    }

    [TestMethod]
    public async Task A_mistake_in_the_code_is_not_tried_again_and_tells_no_data()
    {
        var (output, attempts) = await TryAsync(_ => new InvalidDataException("Rivers, Ana"));

        Assert.AreEqual(1, attempts);
        StringAssert.Contains(output, "InvalidDataException");
        Assert.IsFalse(output!.Contains("Rivers", StringComparison.Ordinal));
    }

    internal sealed class Failing : Workflow<string, string>
    {
        public override Task<string> RunAsync(IWorkflowContext context, string input) => context.CallAsync(First, input);
    }

    [TestMethod]
    public async Task A_workflow_that_fails_says_why_without_data()
    {
        catalog.Add<Failing, string, string>();
        await Does(First, (_, _) => throw new FaultException("There is no reference data.") { IsPermanent = true }).StartAsync();
        await client.StartAsync<Failing, string, string>("failing", "Rivers", None);

        var state = await EndOfAsync("failing");

        Assert.AreEqual((WorkflowStatus.Failed, null, "There is no reference data."), (state.Status, state.Output, state.Failure));
        Assert.IsFalse(await client.StartAsync<Failing, string, string>("failing", "x", None), "it has run");
    }

    internal sealed class Parent : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            var good = context.CallChildAsync<Chain, string, string>($"{context.InstanceId}-good", input);
            try
            {
                await context.CallChildAsync<Failing, string, string>($"{context.InstanceId}-bad", "bad");
                return "not reached";
            }
            catch (StepFailedException failure)
            {
                return $"{await good} {failure.Step}: {failure.Reason}";
            }
        }
    }

    [TestMethod]
    public async Task A_child_gives_its_result_and_a_failed_one_its_reason()
    {
        catalog.Add<Parent, string, string>().Add<Chain, string, string>().Add<Failing, string, string>();
        await Does(First, (input, _) => input == "bad" ? throw new FaultException("It went wrong.") { IsPermanent = true } : Task.CompletedTask).Does(Second).StartAsync();
        await client.StartAsync<Parent, string, string>("parent", "x", None);

        Assert.AreEqual("First(Second(First(x)) of parent-good) Failing: It went wrong.", await OutputAsync("parent"));
        Assert.AreEqual((WorkflowStatus.Completed, WorkflowStatus.Failed), ((await client.FindAsync("parent-good", None))!.Status, (await client.FindAsync("parent-bad", None))!.Status));
    }

    internal sealed class Asking : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            await context.CallAsync(First, input);
            context.SetStatus("Waiting");
            var one = await context.WaitForSignalAsync(Answered, TimeSpan.FromDays(14));
            await context.CallAsync(Second, one?.Text ?? "nobody");
            var two = await context.WaitForSignalAsync(Answered, TimeSpan.FromDays(14));
            return $"{one?.Text ?? "nobody"} {two?.Text ?? "nobody"}";
        }
    }

    private async Task AskAsync(string id, Func<string, CancellationToken, Task>? during = null)
    {
        catalog.Add<Asking, string, string>();
        await Does(First, during).Does(Second).StartAsync();
        await client.StartAsync<Asking, string, string>(id, "x", None);
    }

    private Task<bool> AnswerAsync(string id, string text) => client.SignalAsync(id, Answered, new Answer(text), None);

    [TestMethod]
    public async Task Signals_that_come_before_they_are_waited_for_are_kept_in_their_order()
    {
        await AskAsync("asking", async (_, _) =>
        {
            Assert.IsTrue(await AnswerAsync("asking", "early"));
            Assert.IsTrue(await client.SignalAsync("asking", new Signal<Answer>("Other"), new Answer("unasked"), None));
            Assert.IsTrue(await AnswerAsync("asking", "late"));
        });

        Assert.AreEqual("early late", await OutputAsync("asking"));
    }

    [TestMethod]
    public async Task A_signal_ends_a_wait_that_is_under_way()
    {
        await AskAsync("asking");
        await WhenAsync(async () => await client.FindAsync("asking", None) is { Progress: "Waiting" }, TimeSpan.FromMilliseconds(100));

        Assert.IsTrue(await AnswerAsync("asking", "yes"));
        await WhenLoggedAsync("Second yes");
        Assert.IsFalse((await client.FindAsync("asking", None))!.IsFinished, "one signal answers one wait");
        Assert.IsTrue(await AnswerAsync("asking", "too"));

        Assert.AreEqual("yes too", await OutputAsync("asking"));
    }

    [TestMethod]
    public async Task A_wait_without_a_signal_ends_when_its_time_has_passed_and_not_before()
    {
        await AskAsync("asking");
        await WhenLoggedAsync("First x");
        var began = clock.GetUtcNow();

        Assert.AreEqual("nobody nobody", await OutputAsync("asking", tick: TimeSpan.FromHours(8)));

        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromDays(28) - TimeSpan.FromHours(8), clock.GetUtcNow() - began);
    }

    [TestMethod]
    public async Task A_signal_for_nobody_is_not_taken()
    {
        await AskAsync("asking");
        Assert.IsFalse(await AnswerAsync("nobody", "x"));
        await AnswerAsync("asking", "1");
        await AnswerAsync("asking", "2");
        await EndOfAsync("asking");

        Assert.IsFalse(await AnswerAsync("asking", "3"), "it has ended");
    }

    internal sealed class TwoWaits : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            var answers = await Task.WhenAll(context.WaitForSignalAsync(Answered, TimeSpan.FromDays(1)), context.WaitForSignalAsync(Answered, TimeSpan.FromDays(1)));
            return string.Join(' ', answers.Select(answer => answer?.Text ?? "nobody").Order(StringComparer.Ordinal));
        }
    }

    [TestMethod]
    public async Task A_signal_answers_one_of_two_waits_for_it()
    {
        catalog.Add<TwoWaits, string, string>();
        await StartAsync();
        for (var i = 0; i < 10; i++)
        {
            await client.StartAsync<TwoWaits, string, string>($"waits{i}", "x", None);
            await AnswerAsync($"waits{i}", "one");
            await AnswerAsync($"waits{i}", "two");

            Assert.AreEqual("one two", await OutputAsync($"waits{i}"));
        }
    }

    internal sealed class Sleeping : Workflow<DateTimeOffset, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, DateTimeOffset input)
        {
            await context.SleepUntilAsync(context.Now.AddHours(-1));
            await context.CallAsync(First, "past");
            await context.SleepUntilAsync(input);
            return await context.CallAsync(Second, context.Now.ToString("O", CultureInfo.InvariantCulture));
        }
    }

    [TestMethod]
    public async Task A_sleep_ends_at_its_moment_and_at_once_when_that_has_passed()
    {
        catalog.Add<Sleeping, DateTimeOffset, string>();
        DateTimeOffset woken = default;
        await Does(First).Does(Second, (_, _) => { woken = clock.GetUtcNow(); return Task.CompletedTask; }).StartAsync();
        var moment = clock.GetUtcNow().AddDays(90);
        await client.StartAsync<Sleeping, DateTimeOffset, string>("sleeping", moment, None);
        await WhenLoggedAsync("First past");
        Assert.IsLessThan(moment, clock.GetUtcNow());

        await EndOfAsync("sleeping", tick: TimeSpan.FromHours(20));

        Assert.IsGreaterThanOrEqualTo(moment, woken);
    }

    internal sealed class FanningOut : Workflow<int, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, int input) =>
            string.Join(' ', await Task.WhenAll(Enumerable.Range(0, input).Select(i => context.CallAsync(First, $"{i}"))));
    }

    [TestMethod]
    public async Task Steps_of_a_WhenAll_are_under_way_together_and_give_their_results_in_the_order_of_calls()
    {
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        catalog.Add<FanningOut, int, string>();
        await Does(First, (_, cancellation) =>
        {
            if (log.Count == 6) all.TrySetResult();
            return all.Task.WaitAsync(cancellation);
        }).StartAsync();
        await client.StartAsync<FanningOut, int, string>("out", 6, None);

        Assert.AreEqual("First(0) First(1) First(2) First(3) First(4) First(5)", await OutputAsync("out"));
    }

    [TestMethod]
    public async Task A_fan_out_over_hundreds_of_steps_runs_each_once()
    {
        catalog.Add<FanningOut, int, string>();
        await Does(First).StartAsync();
        await client.StartAsync<FanningOut, int, string>("out", 300, None);

        Assert.AreEqual(string.Join(' ', Enumerable.Range(0, 300).Select(i => $"First({i})")), await OutputAsync("out"));
        Assert.HasCount(300, log);
    }

    internal sealed class Racing : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            var underWay = new List<Task<string>> { context.CallAsync(First, "slow"), context.CallAsync(Second, "a"), context.CallAsync(Second, "b") };
            var done = new List<string>();
            while (underWay.Count > 1)
            {
                var next = await Task.WhenAny(underWay);
                underWay.Remove(next);
                done.Add(await next);
            }
            return string.Join(' ', done.Order(StringComparer.Ordinal));
        }
    }

    [TestMethod]
    public async Task WhenAny_gives_whatever_is_done_first_and_who_loses_keeps_nobody_waiting()
    {
        var never = new TaskCompletionSource();
        catalog.Add<Racing, string, string>();
        await Does(First, (_, cancellation) => never.Task.WaitAsync(cancellation)).Does(Second).StartAsync();
        await client.StartAsync<Racing, string, string>("racing", "x", None);

        Assert.AreEqual("Second(a) Second(b)", await OutputAsync("racing"));
        never.SetResult();
    }

    internal sealed class Clocked : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            var began = context.Now;
            await context.CallAsync(First, Format(began));
            var then = context.Now;
            await context.CallAsync(Second, Format(then));
            return $"{Format(began)} {Format(then)}";
        }

        private static string Format(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);
    }

    [TestMethod]
    public async Task Now_is_the_same_whenever_it_is_replayed_and_goes_on_with_the_steps()
    {
        catalog.Add<Clocked, string, string>();
        await Does(First, (_, _) => { clock.Advance(TimeSpan.FromHours(1)); return Task.CompletedTask; }).Does(Second).StartAsync();
        await client.StartAsync<Clocked, string, string>("clocked", "x", None);

        var moments = (await OutputAsync("clocked"))!.Split(' ');

        CollectionAssert.AreEqual(new[] { $"First {moments[0]}", $"Second {moments[1]}" }, log.ToList(), "what the steps were told is what the workflow still says in the end");
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromHours(1), DateTimeOffset.Parse(moments[1], CultureInfo.InvariantCulture) - DateTimeOffset.Parse(moments[0], CultureInfo.InvariantCulture));
    }

    internal sealed class Telling : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            context.SetStatus("One");
            await context.CallAsync(First, input);
            context.SetStatus("Passed over");
            context.SetStatus("Two");
            return await context.CallAsync(Second, input);
        }
    }

    [TestMethod]
    public async Task The_status_shows_what_the_workflow_is_at()
    {
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        catalog.Add<Telling, string, string>();
        await Does(First, (_, cancellation) => first.Task.WaitAsync(cancellation)).Does(Second, (_, cancellation) => second.Task.WaitAsync(cancellation)).StartAsync();
        Assert.IsNull(await client.FindAsync("telling", None));
        var created = clock.GetUtcNow();
        await client.StartAsync<Telling, string, string>("telling", "x", None);

        Assert.AreEqual(created, (await client.FindAsync("telling", None))!.Created);
        await WhenAsync(async () => await client.FindAsync("telling", None) is { Progress: "One", Status: WorkflowStatus.Running });
        first.SetResult();
        await WhenAsync(async () => await client.FindAsync("telling", None) is { Progress: "Two", Status: WorkflowStatus.Running });
        second.SetResult();

        var ended = await EndOfAsync("telling");
        Assert.AreEqual(("telling", nameof(Telling), WorkflowStatus.Completed, "\"Second(x)\"", null), (ended.InstanceId, ended.Workflow, ended.Status, ended.Output, ended.Failure));
        Assert.IsGreaterThanOrEqualTo(ended.Created, ended.Updated);
    }
}
