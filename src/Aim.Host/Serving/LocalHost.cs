using Aim.Api;
using Aim.Host.Development;
using Aim.Host.Embedded;
using Aim.Telemetry;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;

namespace Aim.Host.Serving;

/// <summary>The web host of one machine: the API, the blob uploads, the development issuer, and the work in the background.</summary>
internal static class LocalHost
{
    /// <summary>How long a receiver of events may take: while one thinks, the others wait.</summary>
    private static readonly TimeSpan WebhookPatience = TimeSpan.FromSeconds(10);

    /// <summary>Builds the host for a data folder; the caller starts and disposes it.</summary>
    /// <param name="url">Where to listen; port 0 takes a free one, which tokens and upload URLs can't name.</param>
    /// <param name="replace">Puts other adapters in the place of some of the embedded ones.</param>
    public static WebApplication Build(string dataFolder, Uri url, TimeProvider clock, Action<ILoggingBuilder>? logging = null, Func<AimPorts, AimPorts>? replace = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration().UseUrls(url.GetLeftPart(UriPartial.Authority));
        builder.Logging.ClearProviders().AddSimpleConsole(options => { options.SingleLine = true; options.ColorBehavior = LoggerColorBehavior.Disabled; })
            .SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning)
            // A start that fails is told by who started the host, in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging?.Invoke(builder.Logging);

        var loggers = LoggerFactory.Create(factory => { factory.AddSimpleConsole(options => options.SingleLine = true).SetMinimumLevel(LogLevel.Information); logging?.Invoke(factory); });
        var data = DataFolder.Open(dataFolder, url, clock, loggers, replace);
        var issuer = new DevelopmentIssuer(url, Path.Combine(data.Path, DataFolder.IssuerKeyFile), clock, cancellation => DistrictsAsync(data, cancellation));
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(_ => data);
        builder.Services.AddSingleton(issuer);
        builder.Services.AddSingleton<BlobUploadRoutes>();
        builder.Services.AddSingleton(_ => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = WebhookPatience });
        builder.Services.AddHostedService<EngineService>();
        builder.Services.AddHostedService<UploadWatcher>();
        builder.Services.AddHostedService<PushRounds>();
        builder.Services.AddHostedService<NightSchedule>();
        builder.Services.AddHostedService<CollectionRounds>();
        builder.Services.AddHostedService<OutboxRelay>();
        // Where the standard variable says, spans and metrics go to a collector.
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
        {
            builder.Services.AddOpenTelemetry().UseOtlpExporter()
                .WithTracing(tracing => tracing.AddSource(AimTelemetry.Name)).WithMetrics(metrics => metrics.AddMeter(AimTelemetry.Name));
        }
        builder.Services.AddSingleton(data.Platform);
        builder.Services.AddAimApi(issuer.Tokens);

        var app = builder.Build();
        app.UseAimApi();
        app.MapAimApi();
        app.Services.GetRequiredService<BlobUploadRoutes>().Map(app);
        issuer.Map(app);
        StatusPage.Map(app, data, issuer);
        SubscriptionRoutes.Map(app, data);
        return app;
    }

    private static async Task<IReadOnlyList<string>> DistrictsAsync(DataFolder data, CancellationToken cancellation)
    {
        var years = await data.Platform.References.ListYearsAsync(cancellation);
        if (years.Count == 0) return [];
        var reference = await data.Platform.References.FindAsync(years[^1], cancellation);
        return [.. reference!.Value.Data.Districts.Select(district => district.Number.Value).Order(StringComparer.Ordinal)];
    }

    /// <summary>Runs the workflow engine as long as the host, and closes the folder after it.</summary>
    private sealed class EngineService(DataFolder data) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            data.Engine.Start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
