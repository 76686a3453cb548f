using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.State;

namespace Aim.Host.Serving;

/// <summary>A receiver of change events.</summary>
/// <param name="Secret">Signs each delivery: <c>X-Aim-Signature: sha256=…</c> over the body.</param>
public sealed record Subscription(string Id, Uri Url, string Secret);

/// <summary>Posts changes to one receiver as a JSON array, signed.</summary>
internal sealed class WebhookPublisher(HttpClient http, Subscription subscription) : IEventPublisher
{
    public const string SignatureHeader = "X-Aim-Signature";

    /// <exception cref="HttpRequestException">The receiver did not take the events over.</exception>
    public async Task PublishAsync(IReadOnlyList<StateChange> changes, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(changes.Select(ChangeNotice.Of), JsonSerializerOptions.Web);
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        content.Headers.Add(SignatureHeader, $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(subscription.Secret), body))}");
        using var response = await http.PostAsync(subscription.Url, content, cancellation);
        response.EnsureSuccessStatusCode();
    }
}

/// <summary>
/// Delivers the outbox to every subscription, in order, from where it stood. The position moves on only when a batch was taken over, so a
/// receiver may see events again, and drops those whose id it knows. One that is down, or slow, keeps no other waiting.
/// </summary>
internal sealed class OutboxRelay(DataFolder data, HttpClient http, TimeProvider clock, ILogger<OutboxRelay> logger) : RoundService(clock, logger)
{
    private const string Subject = "subscriptions";
    private const string SubscriptionKind = "subscription";
    private const string PositionKind = "position";
    private const int BatchSize = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    private readonly ConcurrentDictionary<string, (int Failures, DateTimeOffset NotBefore)> pauses = new();
    private readonly Dictionary<string, Task> deliveries = [];

    public static Task SubscribeAsync(ILedger ledger, Subscription subscription, CancellationToken cancellation) =>
        ledger.PutAsync(new(Subject, SubscriptionKind, subscription.Id, JsonSerializer.Serialize(subscription, Json)), cancellation);

    protected override TimeSpan UntilNext() => Interval;

    protected override async Task RoundAsync(CancellationToken cancellation)
    {
        await foreach (var entry in data.Ports.Ledger.ListAsync(Subject, SubscriptionKind, null, cancellation))
        {
            var subscription = JsonSerializer.Deserialize<Subscription>(entry.Json, Json)!;
            var isUnderWay = deliveries.TryGetValue(subscription.Id, out var delivery) && !delivery.IsCompleted;
            if (isUnderWay || pauses.GetValueOrDefault(subscription.Id).NotBefore > Clock.GetUtcNow()) continue;
            deliveries[subscription.Id] = DeliverAllAsync(subscription, cancellation);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(deliveries.Values);
    }

    private async Task DeliverAllAsync(Subscription subscription, CancellationToken cancellation)
    {
        try
        {
            while (await DeliverAsync(subscription, cancellation)) { }
            pauses.TryRemove(subscription.Id, out _);
        }
        catch (Exception failure)
        {
            if (cancellation.IsCancellationRequested) return;
            Pause(subscription.Id);
            ServeLog.ServiceFailed(Logger, $"Delivery to {subscription.Id}", failure.GetType().Name);
        }
    }

    private void Pause(string id)
    {
        var failures = pauses.GetValueOrDefault(id).Failures + 1;
        var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures), LongestPause.TotalSeconds));
        pauses[id] = (failures, Clock.GetUtcNow() + pause);
    }

    /// <summary>Delivers one batch; false when there is nothing more, or another host on the folder has moved the position on: it must not be put back.</summary>
    private async Task<bool> DeliverAsync(Subscription subscription, CancellationToken cancellation)
    {
        var stored = await data.Ports.Ledger.FindAsync(Subject, PositionKind, subscription.Id, cancellation);
        var changes = await data.Ports.State.ReadChangesAsync(stored is null ? null : JsonSerializer.Deserialize<string>(stored.Json), BatchSize, cancellation);
        if (changes.Changes.Count > 0) await new WebhookPublisher(http, subscription).PublishAsync(changes.Changes, cancellation);
        if (changes.Changes.Count == 0 && !changes.HasMore) return false;
        var position = new LedgerEntry(Subject, PositionKind, subscription.Id, JsonSerializer.Serialize(changes.Cursor), stored?.ETag);
        var isMoved = stored is null ? await data.Ports.Ledger.AddAsync(position, cancellation) : await data.Ports.Ledger.PutAsync(position, cancellation);
        return isMoved && changes.HasMore;
    }
}
