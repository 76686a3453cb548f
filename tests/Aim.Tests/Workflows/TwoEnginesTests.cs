using System.Collections.Concurrent;
using Aim.Workflows;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Workflows;

/// <summary>Two processes on one journal.</summary>
[TestClass]
public sealed class TwoEnginesTests
{
    private static readonly DateTimeOffset Morning = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly Step<string, string> First = new("First");
    private static readonly Step<string, string> Second = new("Second");
    private static readonly Signal<string> Answered = new("Answered");

    internal sealed class TwoSteps : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input) => await context.CallAsync(Second, await context.CallAsync(First, input));
    }

    internal sealed class Waiting : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input) => await context.WaitForSignalAsync(Answered, TimeSpan.FromDays(1)) ?? "nobody";
    }

    private readonly string folder = EngineBench.NewFolder();

    private EngineBench Open(Func<string, Task<string>> first, Func<string, Task<string>> second, FakeTimeProvider? clock = null) =>
        new(folder, new WorkflowCatalog().Add<TwoSteps, string, string>().Add<Waiting, string, string>().Add(First, (input, _) => first(input)).Add(Second, (input, _) => second(input)), clock ?? new FakeTimeProvider(Morning));

    private static Task StartAsync(EngineBench bench, string id) => bench.Engine.StartAsync<TwoSteps, string, string>(id, id, CancellationToken.None);

    private static string OutputOf(WorkflowState state) => WorkflowCatalog.Deserialize<string>(state.Output!);

    [TestMethod]
    public async Task Each_instance_is_run_by_one_of_the_two()
    {
        var done = new ConcurrentQueue<string>();
        Task<string> Note(string who, string input) { done.Enqueue(input); return Task.FromResult($"{input} {who}"); }
        await using var one = Open(input => Note("one", input), input => Note("one", input)).Start();
        await using var other = Open(input => Note("other", input), input => Note("other", input)).Start();

        for (var i = 0; i < 20; i++) await StartAsync(i % 2 == 0 ? one : other, $"i{i}");
        var clocks = Task.Run(() => other.WhenAsync(() => Enumerable.Range(0, 20).All(i => other.Journal.Find($"i{i}") is { IsFinished: true }), TimeSpan.FromSeconds(1)));
        for (var i = 0; i < 20; i++)
        {
            var output = OutputOf(await one.EndOfAsync($"i{i}"));
            Assert.IsTrue(output == $"i{i} one one" || output == $"i{i} other other", output);
        }
        await clocks;

        Assert.HasCount(40, done);
        Assert.AreEqual(40, done.Distinct().Count());
    }

    [TestMethod]
    public async Task A_process_that_hangs_is_replaced_when_its_lease_has_run_out_and_can_then_write_nothing()
    {
        var (hanging, begun, proceed) = (new TaskCompletionSource<string>(), new TaskCompletionSource(), new TaskCompletionSource());
        var secondsOfSlow = 0;
        // Its clock stands still, and so nothing renews its lease.
        await using var slow = Open(_ => { begun.SetResult(); return hanging.Task; }, input => { secondsOfSlow++; return Task.FromResult($"{input} slow"); }).Start();
        await StartAsync(slow, "x");
        await begun.Task;

        await using var quick = Open(input => Task.FromResult($"{input} quick"), async input => { await proceed.Task; return $"{input} quick"; }).Start();
        await quick.WhenAsync(() => quick.Journal.Read("x").Count == 1, TimeSpan.FromSeconds(1));
        Assert.IsGreaterThan(Morning.AddSeconds(29), quick.Clock.GetUtcNow(), "not before the lease had run out");
        hanging.SetResult("late");
        await slow.WhenAsync(() => slow.Log.Any(line => line.StartsWith("Another process runs x", StringComparison.Ordinal)));
        Assert.HasCount(1, quick.Journal.Read("x"));
        proceed.SetResult();

        Assert.AreEqual("x quick quick", OutputOf(await quick.EndOfAsync("x")));
        Assert.AreEqual(0, secondsOfSlow, "who has lost an instance goes on with nothing");
    }

    [TestMethod]
    public async Task A_process_that_is_stopped_hands_over_at_once()
    {
        var begun = new TaskCompletionSource();
        await using (var stopped = Open(_ => { begun.SetResult(); return new TaskCompletionSource<string>().Task; }, Task.FromResult).Start())
        {
            await StartAsync(stopped, "x");
            await begun.Task;
        }

        await using var next = Open(input => Task.FromResult($"{input} next"), Task.FromResult).Start();
        await next.WhenAsync(() => next.Journal.Find("x") is { IsFinished: true });

        Assert.AreEqual("x next", OutputOf(next.Journal.Find("x")!));
    }

    [TestMethod]
    public async Task A_long_step_keeps_its_instance_as_long_as_the_process_lives()
    {
        var (working, begun) = (new TaskCompletionSource<string>(), new TaskCompletionSource());
        await using var busy = Open(_ => { begun.SetResult(); return working.Task; }, input => Task.FromResult($"{input} busy")).Start();
        await StartAsync(busy, "x");
        await begun.Task;

        await busy.WhenAsync(() => busy.LeaseOf("x") > Morning.AddMinutes(5), TimeSpan.FromSeconds(1));
        working.SetResult("x");

        Assert.AreEqual("x busy", OutputOf(await busy.EndOfAsync("x")), "it was begun once");
    }

    [TestMethod]
    public async Task A_signal_sent_in_one_process_reaches_an_instance_that_the_other_runs()
    {
        await using var runner = Open(Task.FromResult, Task.FromResult).Start();
        await using var other = Open(Task.FromResult, Task.FromResult);
        await runner.Engine.StartAsync<Waiting, string, string>("x", "x", CancellationToken.None);
        await runner.WhenAsync(() => runner.Journal.Read("x").Count == 1);

        Assert.IsTrue(await other.Engine.SignalAsync("x", Answered, "yes", CancellationToken.None));

        Assert.AreEqual("yes", OutputOf(await runner.EndOfAsync("x")));
        Assert.AreEqual("yes", OutputOf(await other.Engine.WhenFinishedAsync("x", CancellationToken.None)));
    }

    [TestMethod]
    public async Task Nothing_is_kept_of_a_wait_that_ended_without_a_signal_from_this_process()
    {
        await using var runner = Open(Task.FromResult, Task.FromResult).Start();
        await using var other = Open(Task.FromResult, Task.FromResult);
        foreach (var id in new[] { "signaled elsewhere", "timed out" }) await runner.Engine.StartAsync<Waiting, string, string>(id, id, CancellationToken.None);
        await runner.WhenAsync(() => runner.Engine.Awaited.Count == 2);
        await other.Engine.SignalAsync("signaled elsewhere", Answered, "yes", CancellationToken.None);
        Assert.AreEqual("yes", OutputOf(await runner.EndOfAsync("signaled elsewhere")));
        runner.Clock.Advance(TimeSpan.FromDays(1));
        Assert.AreEqual("nobody", OutputOf(await runner.EndOfAsync("timed out")));

        await runner.WhenAsync(() => runner.Engine.Awaited.Count == 0);
    }
}
