using Aim;
using Aim.Api;
using Aim.Api.Callers;
using Aim.Azure;
using Aim.Azure.Cosmos;
using Aim.Functions.Durable;
using Aim.Functions.Messaging;
using Aim.Ports;
using Aim.Telemetry;
using Azure.Core;
using Azure.Identity;
using Azure.Messaging.ServiceBus;
using Azure.Monitor.OpenTelemetry.Exporter;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();

string Setting(string name) => builder.Configuration[name] ?? throw new InvalidOperationException($"The app setting {name.Replace(":", "__", StringComparison.Ordinal)} is missing; infra/app/functions.bicep sets it.");

// The app's own identity for every service; AZURE_CLIENT_ID names it when it is a user-assigned one.
TokenCredential credential = new ManagedIdentityCredential(builder.Configuration["AZURE_CLIENT_ID"] is { Length: > 0 } client
    ? ManagedIdentityId.FromUserAssignedClientId(client)
    : ManagedIdentityId.SystemAssigned);
var account = CosmosAccount.Connect(new Uri(Setting("Cosmos:accountEndpoint")), Setting("Aim:CosmosDatabase"), credential);
var storage = new BlobServiceClient(new Uri(Setting("Uploads:blobServiceUri")), credential);
var bus = new ServiceBusClient(Setting("ServiceBus:fullyQualifiedNamespace"), credential);

// Workflows are started through the client that each function is handed, and run from the catalogue that the platform fills.
var durable = new DurableWorkflowClient();
var ports = AzurePorts.Create(account, storage, TimeProvider.System);

builder.Services
    .AddSingleton(TimeProvider.System)
    .AddSingleton(TimeZoneInfo.FindSystemTimeZoneById(Setting("Aim:StateTimeZone")))
    .AddSingleton(durable)
    .AddSingleton(services => new AimPlatform(ports, _ => durable, services.GetRequiredService<ILoggerFactory>()))
    .AddSingleton(services => new DurableWorkflows(services.GetRequiredService<AimPlatform>().Catalog))
    .AddSingleton(services => services.GetRequiredService<AimPlatform>().Pushed)
    .AddSingleton(services => services.GetRequiredService<AimPlatform>().Collections)
    .AddSingleton(ports.Ledger)
    .AddSingleton<IEventPublisher>(new ServiceBusEventPublisher(bus.CreateSender(Setting("Aim:StateChangesTopic"))))
    .AddSingleton<PushSettlement>()
    .AddSingleton<OutboxFeed>()
    .AddSingleton<ApiPipeline>()
    .AddAimApi(new TokenOptions { Issuer = Setting("Tokens:Issuer"), Audience = Setting("Tokens:Audience"), Authority = Setting("Tokens:Authority") });

// Logs go to Application Insights through the host; spans and metrics of the domain go from here.
if (builder.Configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is { Length: > 0 } insights)
{
    builder.Services.AddOpenTelemetry()
        .WithTracing(tracing => tracing.AddSource(AimTelemetry.Name).AddAzureMonitorTraceExporter(options => (options.ConnectionString, options.Credential) = (insights, credential)))
        .WithMetrics(metrics => metrics.AddMeter(AimTelemetry.Name, CosmosMetrics.MeterName).AddAzureMonitorMetricExporter(options => (options.ConnectionString, options.Credential) = (insights, credential)));
}

await builder.Build().RunAsync();
