using System.Text;
using System.Text.Json;
using Aim.Functions.Messaging;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;
using Aim.Uploads;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Functions;

[TestClass]
public sealed class MessagingTests
{
    /// <summary>Notes how messages were settled.</summary>
    private sealed class Settled : ServiceBusMessageActions
    {
        public List<string> Outcomes { get; } = [];

        public override Task CompleteMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default)
        {
            Outcomes.Add("completed");
            return Task.CompletedTask;
        }

        public override Task DeadLetterMessageAsync(ServiceBusReceivedMessage message, Dictionary<string, object>? propertiesToModify = default, string? deadLetterReason = default, string? deadLetterErrorDescription = default, CancellationToken cancellationToken = default)
        {
            Outcomes.Add($"dead-lettered: {deadLetterReason}: {deadLetterErrorDescription}");
            return Task.CompletedTask;
        }
    }

    /// <summary>Keeps what is sent; a batch holds so many messages.</summary>
    private sealed class Sent(int most) : ServiceBusSender
    {
        public List<List<ServiceBusMessage>> Batches { get; } = [];

        public override ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(CancellationToken cancellationToken = default)
        {
            var messages = new List<ServiceBusMessage>();
            Batches.Add(messages);
            return new(ServiceBusModelFactory.ServiceBusMessageBatch(0, messages, null, _ => messages.Count < most));
        }

        public override Task SendMessagesAsync(ServiceBusMessageBatch messageBatch, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    private static ServiceBusReceivedMessage Message(string body, string session) => ServiceBusModelFactory.ServiceBusReceivedMessage(new BinaryData(body), messageId: "m1", sessionId: session);

    [TestMethod]
    public async Task A_pushed_file_is_applied_before_its_message_is_completed()
    {
        await using var bench = await Workbench.OpenAsync();
        const string path = "pushed/0123/2026/SD/k1/changes.tsv";
        ReadOnlyMemory<byte> file = Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001")));
        await bench.Ports.Blobs.WriteAsync(path, file, CancellationToken.None);
        var etag = (await bench.Ports.Blobs.FindAsync(path, CancellationToken.None))!.ETag;
        var body = JsonSerializer.Serialize(new PushMessage(1, Sample.District, Sample.Year, 1, "SD", path, etag), JsonSerializerOptions.Web);
        var settled = new Settled();

        await new PushSettlement(bench.Platform.Pushed, TimeProvider.System, NullLogger<PushSettlement>.Instance).SettleAsync(Message(body, "0123"), settled, CancellationToken.None);

        CollectionAssert.AreEqual(new[] { "completed" }, settled.Outcomes);
        Assert.IsNotNull(await bench.StateIdOfAsync("1001"));
    }

    [TestMethod]
    public async Task A_message_that_cannot_be_used_goes_to_the_dead_letters_with_its_reason()
    {
        await using var bench = await Workbench.OpenAsync();
        var settled = new Settled();

        await new PushSettlement(bench.Platform.Pushed, TimeProvider.System, NullLogger<PushSettlement>.Instance).SettleAsync(Message("{", "0123"), settled, CancellationToken.None);

        CollectionAssert.AreEqual(new[] { "dead-lettered: MessageCannotBeUsed: The message is not JSON of the documented form." }, settled.Outcomes);
    }

    /// <summary>A ledger that is out for some calls.</summary>
    private sealed class Outage(ILedger ledger, int calls) : ILedger
    {
        private int left = calls;

        private Task<T> AroundAsync<T>(Func<Task<T>> call) => Interlocked.Decrement(ref left) >= 0 ? Task.FromException<T>(new IOException("out")) : call();

        public Task<LedgerEntry?> FindAsync(string subject, string kind, string id, CancellationToken cancellation) => AroundAsync(() => ledger.FindAsync(subject, kind, id, cancellation));

        public Task<bool> AddAsync(LedgerEntry entry, CancellationToken cancellation) => AroundAsync(() => ledger.AddAsync(entry, cancellation));

        public Task<bool> PutAsync(LedgerEntry entry, CancellationToken cancellation) => AroundAsync(() => ledger.PutAsync(entry, cancellation));

        public IAsyncEnumerable<LedgerEntry> ListAsync(string subject, string kind, string? afterId, CancellationToken cancellation) => ledger.ListAsync(subject, kind, afterId, cancellation);
    }

    private static PushedChanges Pushed(Workbench bench, ILedger ledger, TimeProvider clock) =>
        new AimPlatform(bench.Ports with { Ledger = ledger, Clock = clock }, _ => bench.Platform.Workflows).Pushed;

    [TestMethod]
    [DataRow(3, "completed")]
    [DataRow(1000, "")]
    public async Task In_an_outage_a_message_is_kept_and_tried_again_for_most_of_an_hour(int calls, string outcome)
    {
        await using var bench = await Workbench.OpenAsync();
        var clock = new FakeTimeProvider();
        var begun = clock.GetUtcNow();
        var pushed = Pushed(bench, new Outage(bench.Ports.Ledger, calls), clock);
        // Number 2 of a district that has sent none: noted, and then it waits for number 1.
        var message = JsonSerializer.Serialize(new PushMessage(1, Sample.District, Sample.Year, 2, "SD", "pushed/0123/2026/SD/k/f.tsv", "e"), JsonSerializerOptions.Web);
        var settled = new Settled();

        var settling = new PushSettlement(pushed, clock, NullLogger<PushSettlement>.Instance).SettleAsync(Message(message, "0123"), settled, CancellationToken.None);
        while (!settling.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.AreEqual(outcome, string.Join(' ', settled.Outcomes));
        if (outcome.Length > 0) return;
        await Assert.ThrowsExactlyAsync<IOException>(() => settling);
        Assert.IsGreaterThan(TimeSpan.FromMinutes(35), clock.GetUtcNow() - begun);
        Assert.IsLessThan(TimeSpan.FromMinutes(58), clock.GetUtcNow() - begun, "the lock is renewed for an hour");
    }

    private static StateChange Change(long version) => new(StateChange.IdOf(new StateId(123456789), Sample.Year, version), new StateId(123456789), Sample.Year, version,
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), [Sample.District, Sample.OtherDistrict], ["SD", "EN"]);

    [TestMethod]
    public async Task Events_go_out_in_order_in_as_few_batches_as_they_fit_into()
    {
        var sent = new Sent(most: 2);

        await new ServiceBusEventPublisher(sent).PublishAsync([Change(1), Change(2), Change(3)], CancellationToken.None);

        CollectionAssert.AreEqual(new[] { 2, 1 }, sent.Batches.Select(batch => batch.Count).ToList());
        CollectionAssert.AreEqual(new[] { 1L, 2L, 3L }, sent.Batches.SelectMany(batch => batch).Select(message => message.Body.ToObjectFromJson<JsonElement>().GetProperty("version").GetInt64()).ToList());
    }

    [TestMethod]
    public async Task An_event_carries_what_duplicate_detection_order_and_filters_go_by_and_no_student_data()
    {
        var sent = new Sent(most: 10);

        await new ServiceBusEventPublisher(sent).PublishAsync([Change(7)], CancellationToken.None);

        var message = sent.Batches.Single().Single();
        Assert.AreEqual((StateChange.IdOf(new StateId(123456789), Sample.Year, 7).ToString("x32", null), "123456789"), (message.MessageId, message.SessionId));
        Assert.AreEqual("type=StudentChanged schoolYear=2026 districts= 0123 0456  sections= SD EN ", string.Join(' ', message.ApplicationProperties.Select(property => $"{property.Key}={property.Value}")));
        Assert.AreEqual($$"""{"id":"{{message.MessageId}}","stateId":"123456789","year":"2026","version":7,"at":"2026-01-02T03:04:05+00:00","districts":["0123","0456"],"recordTypes":["SD","EN"]}""", message.Body.ToString());
    }

    [TestMethod]
    public async Task An_event_that_fits_no_batch_is_a_failure_and_not_an_endless_loop() =>
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => new ServiceBusEventPublisher(new Sent(most: 0)).PublishAsync([Change(1)], CancellationToken.None));
}
