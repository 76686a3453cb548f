using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aim.Host.Serving;
using Aim.Ports;
using Aim.Records;

namespace Aim.Tests.Contracts;

/// <summary>A receiver of webhooks inside the process, which notes what it takes.</summary>
internal sealed class WebhookReceiver : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task<HttpStatusCode>>> answers = new();
    private readonly Lock sync = new();
    private readonly List<(string Path, string Body, string Signature)> taken = [];
    private readonly List<string> refused = [];

    /// <summary>How the receiver at a path answers from now on; those that were told nothing take everything.</summary>
    public void Answer(string path, Func<CancellationToken, Task<HttpStatusCode>> answer) => answers[path] = answer;

    public IReadOnlyList<(string Path, string Body, string Signature)> Taken
    {
        get { lock (sync) return [.. taken]; }
    }

    /// <summary>How often a receiver refused.</summary>
    public int Refusals(string path)
    {
        lock (sync) return refused.Count(item => item == path);
    }

    /// <summary>Events that a receiver took, in the order of arrival.</summary>
    public IReadOnlyList<(UInt128 Id, StateId StateId, long Version)> EventsOf(string path) =>
        [.. Taken.Where(delivery => delivery.Path == path).SelectMany(delivery => JsonDocument.Parse(delivery.Body).RootElement.EnumerateArray().Select(change =>
            (UInt128.Parse(change.GetProperty("id").GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), StateId.Parse(change.GetProperty("stateId").GetString()!), change.GetProperty("version").GetInt64())))];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        var status = answers.TryGetValue(path, out var answer) ? await answer(cancellationToken) : HttpStatusCode.NoContent;
        lock (sync)
        {
            if ((int)status < 300) taken.Add((path, body, request.Content.Headers.GetValues(WebhookPublisher.SignatureHeader).Single()));
            else refused.Add(path);
        }
        return new HttpResponseMessage(status);
    }
}

[TestClass]
public sealed class WebhookPublisherContract : EventPublisherContract, IDisposable
{
    private const string Secret = "a secret of the receiver";

    private readonly WebhookReceiver receiver = new();

    protected override Task<IEventPublisher> OpenAsync() =>
        Task.FromResult<IEventPublisher>(new WebhookPublisher(new HttpClient(receiver), new Subscription("one", new Uri("https://receiver.example/hook"), Secret)));

    protected override Task<IReadOnlyList<Delivery>> DeliveriesAsync() =>
        Task.FromResult<IReadOnlyList<Delivery>>([.. receiver.EventsOf("/hook").Select(change => new Delivery(change.Id, change.StateId, change.Version))]);

    protected override void Refuse(bool refuse) => receiver.Answer("/hook", _ => Task.FromResult(refuse ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK));

    public void Dispose() => receiver.Dispose();

    [TestMethod]
    public async Task A_delivery_is_signed_with_the_receivers_secret()
    {
        await Every_published_event_arrives_in_order_for_each_student();

        var (_, body, signature) = receiver.Taken[0];

        Assert.AreEqual($"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(body)))}", signature);
    }

    [TestMethod]
    public async Task A_delivery_holds_ids_only()
    {
        await An_event_published_twice_has_the_same_id_both_times();

        var names = JsonDocument.Parse(receiver.Taken[0].Body).RootElement[0].EnumerateObject().Select(property => property.Name).ToList();

        CollectionAssert.AreEqual(new[] { "id", "stateId", "year", "version", "at", "districts", "recordTypes" }, names);
    }
}
