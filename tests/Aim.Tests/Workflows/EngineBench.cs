using System.Collections.Concurrent;
using Aim.Host.Embedded;
using Aim.Tests.Setup;
using Aim.Workflows;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Workflows;

/// <summary>One process with an engine, on a journal that others may share.</summary>
internal sealed class EngineBench : IAsyncDisposable
{
    private readonly SqliteDatabase database;
    private readonly EngineLogLines lines = new();

    public EngineBench(string folder, WorkflowCatalog catalog, FakeTimeProvider clock, Action<string>? crashPoint = null)
    {
        Clock = clock;
        database = new SqliteDatabase(Path.Combine(folder, "workflows.db"), WorkflowJournal.Schema, WorkflowJournal.SchemaVersion, fullSync: false);
        Journal = new WorkflowJournal(database, clock) { CrashPoint = crashPoint };
        Engine = new WorkflowEngine(Journal, catalog, clock, lines);
    }

    public FakeTimeProvider Clock { get; }
    public WorkflowJournal Journal { get; }
    public WorkflowEngine Engine { get; }

    /// <summary>What the engine has logged so far.</summary>
    public IReadOnlyCollection<string> Log => lines.All;

    public static string NewFolder() => AssemblySetup.NewFolder("engine");

    /// <summary>Until when an instance belongs to whoever runs it.</summary>
    public DateTimeOffset LeaseOf(string id) => database.Read(session => new DateTimeOffset(session.Scalar("SELECT lease_until FROM instance WHERE id = ?1", id)!.Value, TimeSpan.Zero));

    public EngineBench Start()
    {
        Engine.Start();
        return this;
    }

    /// <summary>Lets time pass until the condition holds.</summary>
    public async Task WhenAsync(Func<bool> condition, TimeSpan? tick = null)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (!condition())
        {
            if (tick is { } time) Clock.Advance(time);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        }
    }

    public async Task<WorkflowState> EndOfAsync(string id)
    {
        await WhenAsync(() => Journal.Find(id) is { IsFinished: true }, TimeSpan.FromSeconds(1));
        return Journal.Find(id)!;
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await database.DisposeAsync();
    }

    private sealed class EngineLogLines : ILogger<WorkflowEngine>
    {
        private readonly ConcurrentQueue<string> lines = new();

        public IReadOnlyCollection<string> All => lines;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Enqueue(formatter(state, exception));
    }
}

[TestClass]
public sealed class EmbeddedWorkflowContract : WorkflowContract, IAsyncDisposable
{
    private EngineBench? bench;

    protected override Task<IWorkflowClient> StartEngineAsync(WorkflowCatalog catalog, FakeTimeProvider clock)
    {
        bench = new EngineBench(EngineBench.NewFolder(), catalog, clock).Start();
        return Task.FromResult<IWorkflowClient>(bench.Engine);
    }

    public ValueTask DisposeAsync() => bench?.DisposeAsync() ?? ValueTask.CompletedTask;
}
