using Aim.Host.Embedded;
using Aim.Host.Serving;
using Aim.Tests.Setup;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Serving;

/// <summary>A data folder and one of the services that work in the background, by a clock that the test moves.</summary>
internal sealed class ServingBench(DateTimeOffset now) : IAsyncDisposable
{
    private readonly List<BackgroundService> services = [];
    private DataFolder? data;

    public FakeTimeProvider Clock { get; } = new(now);

    public DataFolder Data => data ??= DataFolder.Open(AssemblySetup.NewFolder("serving"), new Uri("http://localhost:5080"), Clock, NullLoggerFactory.Instance);

    public async Task<T> StartAsync<T>(T service) where T : BackgroundService
    {
        services.Add(service);
        await service.StartAsync(CancellationToken.None);
        return service;
    }

    public Task<OutboxRelay> RelayAsync(HttpMessageHandler receiver) => StartAsync(new OutboxRelay(Data, new HttpClient(receiver, disposeHandler: false), Clock, NullLogger<OutboxRelay>.Instance));

    /// <summary>Lets time pass until the condition holds.</summary>
    public async Task WhenAsync(Func<Task<bool>> condition, TimeSpan tick)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (!await condition())
        {
            Clock.Advance(tick);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        }
    }

    public Task WhenAsync(Func<bool> condition, TimeSpan tick) => WhenAsync(() => Task.FromResult(condition()), tick);

    public async ValueTask DisposeAsync()
    {
        foreach (var service in services)
        {
            await service.StopAsync(CancellationToken.None);
            service.Dispose();
        }
        if (data is not null) await data.DisposeAsync();
    }
}
