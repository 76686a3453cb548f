using System.Collections.Concurrent;
using System.Globalization;
using Aim.Workflows;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Workflows;

/// <summary>The engine's process ends before or after each of its writes, and another one goes on.</summary>
[TestClass]
public sealed class CrashTests
{
    private static readonly DateTimeOffset Morning = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly Step<string, string> Begin = new("Begin");
    private static readonly Step<string, string> Left = new("Left");
    private static readonly Step<string, string> Right = new("Right");
    private static readonly Step<string, string> Flaky = new("Flaky") { Retry = new RetryPolicy(3, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(1)) };
    private static readonly Step<string, string> Broken = new("Broken");
    private static readonly Step<string, string> Inside = new("Inside");
    private static readonly Step<string, string> End = new("End");
    private static readonly Signal<string> Answered = new("Answered");

    /// <summary>Uses everything a workflow may do.</summary>
    internal sealed class Everything : Workflow<string, string>
    {
        public override async Task<string> RunAsync(IWorkflowContext context, string input)
        {
            context.SetStatus("Begin");
            var began = context.Now;
            var result = await context.CallAsync(Begin, input);
            var sides = await Task.WhenAll(context.CallAsync(Left, result), context.CallAsync(Right, result));
            context.SetStatus("Middle");
            var flaky = await context.CallAsync(Flaky, string.Join('+', sides));
            var broken = await ReasonAsync(context.CallAsync(Broken, "b"));
            var child = await context.CallChildAsync<Child, string, string>($"{context.InstanceId}-child", "c");
            var answer = await context.WaitForSignalAsync(Answered, TimeSpan.FromDays(1));
            var none = await context.WaitForSignalAsync(Answered, TimeSpan.FromSeconds(3));
            await context.SleepUntilAsync(began.AddSeconds(20));
            var slept = context.Now >= began.AddSeconds(20);
            return await context.CallAsync(End, string.Join(' ', flaky, broken, child, answer, none ?? "none", slept));
        }

        private static async Task<string> ReasonAsync(Task<string> call)
        {
            try { return await call; } catch (StepFailedException failure) { return failure.Reason; }
        }
    }

    internal sealed class Child : Workflow<string, string>
    {
        public override Task<string> RunAsync(IWorkflowContext context, string input) => context.CallAsync(Inside, input);
    }

    private const string Expected = "End(Flaky(Left(Begin(x))+Right(Begin(x))) It is broken. Inside(c) yes none True)";

    private static WorkflowCatalog Catalog(ConcurrentQueue<string> effects)
    {
        var catalog = new WorkflowCatalog().Add<Everything, string, string>().Add<Child, string, string>();
        foreach (var step in new[] { Begin, Left, Right, Inside, End }) catalog.Add(step, (input, _) => { effects.Enqueue(step.Name); return Task.FromResult($"{step.Name}({input})"); });
        catalog.Add(Flaky, (input, _) =>
        {
            effects.Enqueue(Flaky.Name);
            return effects.Count(name => name == Flaky.Name) == 1 ? throw new IOException() : Task.FromResult($"Flaky({input})");
        });
        return catalog.Add(Broken, (_, _) => { effects.Enqueue(Broken.Name); throw new FaultException("It is broken.") { IsPermanent = true }; });
    }

    private static async Task BeginAsync(EngineBench bench)
    {
        await bench.Engine.StartAsync<Everything, string, string>("all", "x", CancellationToken.None);
        await bench.Engine.SignalAsync("all", Answered, "yes", CancellationToken.None);
        bench.Start();
    }

    [TestMethod]
    public async Task A_crash_before_or_after_any_write_changes_neither_the_result_nor_what_was_done()
    {
        var writes = new ConcurrentQueue<string>();
        await using (var whole = new EngineBench(EngineBench.NewFolder(), Catalog([]), new FakeTimeProvider(Morning), writes.Enqueue))
        {
            await BeginAsync(whole);
            Assert.AreEqual(Expected, WorkflowCatalog.Deserialize<string>((await whole.EndOfAsync("all")).Output!));
        }
        foreach (var kind in new[] { "Now Now", "Completed Begin", "AttemptFailed Flaky", "Failed Broken", "Completed Child", "Signaled Answered", "TimedOut Answered", "TimerFired Sleep", "finish" })
            CollectionAssert.IsSubsetOf(new[] { $"before {kind}", $"after {kind}" }, writes.ToList());

        for (var i = 1; i <= writes.Count; i++) await CrashAtAsync(i);
    }

    private static async Task CrashAtAsync(int crash)
    {
        var (folder, effects, seen) = (EngineBench.NewFolder(), new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        var count = 0;
        void CrashPoint(string write)
        {
            if (Interlocked.Increment(ref count) <= crash) seen.Enqueue(write);
            if (Volatile.Read(ref count) >= crash) throw new IOException("The process has ended.");
        }
        await using (var first = new EngineBench(folder, Catalog(effects), new FakeTimeProvider(Morning), CrashPoint))
        {
            await BeginAsync(first);
            await first.WhenAsync(() => Volatile.Read(ref count) >= crash, TimeSpan.FromMilliseconds(200));
        }
        var where = string.Create(CultureInfo.InvariantCulture, $"crash {crash}, {seen.Last()}");

        await using var second = new EngineBench(folder, Catalog(effects), new FakeTimeProvider(Morning.AddMinutes(1)));
        second.Start();
        var state = await second.EndOfAsync("all");

        Assert.AreEqual((WorkflowStatus.Completed, Expected), (state.Status, WorkflowCatalog.Deserialize<string>(state.Output!)), where);
        var written = seen.Where(write => write.StartsWith("after Completed ", StringComparison.Ordinal)).Select(write => write[16..]).ToList();
        foreach (var step in new[] { Begin, Left, Right, Inside, End })
        {
            var times = effects.Count(name => name == step.Name);
            Assert.IsTrue(written.Contains(step.Name) ? times == 1 : times is 1 or 2, $"{where}: {step.Name} was done {times} times");
        }
        if (seen.Contains("after AttemptFailed Flaky") && written.Contains(Flaky.Name)) Assert.AreEqual(2, effects.Count(name => name == Flaky.Name), where);
    }

    [TestMethod]
    [DataRow("before Now Now")]
    [DataRow("before status")]
    [DataRow("before Completed Begin")]
    [DataRow("before Signaled Answered")]
    [DataRow("before finish")]
    public async Task A_write_that_fails_interrupts_the_run_and_does_not_fail_the_workflow(string write)
    {
        var failures = 0;
        await using var bench = new EngineBench(EngineBench.NewFolder(), Catalog([]), new FakeTimeProvider(Morning), point =>
        {
            if (point == write && Interlocked.Increment(ref failures) == 1) throw new StorageFullException();
        });
        await BeginAsync(bench);

        var state = await bench.EndOfAsync("all");

        Assert.IsGreaterThan(0, failures);
        Assert.IsTrue(bench.Log.Any(line => line.Contains("interrupted", StringComparison.Ordinal)));
        Assert.AreEqual((WorkflowStatus.Completed, Expected), (state.Status, WorkflowCatalog.Deserialize<string>(state.Output!)));
    }
}
