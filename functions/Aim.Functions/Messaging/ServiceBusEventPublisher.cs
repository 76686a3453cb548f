using System.Globalization;
using System.Text.Json;
using Aim.Ports;
using Aim.State;
using Azure.Messaging.ServiceBus;

namespace Aim.Functions.Messaging;

/// <summary>
/// Publishes changes to a topic. The message id is the event's, so duplicate detection drops what is sent twice; the session is the State ID, so a
/// student's events stay in order. The properties are there for the filters of subscriptions.
/// </summary>
public sealed class ServiceBusEventPublisher(ServiceBusSender sender) : IEventPublisher
{
    private const string Type = "StudentChanged";

    public async Task PublishAsync(IReadOnlyList<StateChange> changes, CancellationToken cancellation)
    {
        for (var next = 0; next < changes.Count;)
        {
            using var batch = await sender.CreateMessageBatchAsync(cancellation);
            var first = next;
            while (next < changes.Count && batch.TryAddMessage(MessageOf(changes[next]))) next++;
            if (next == first) throw new InvalidOperationException("An event is larger than a message may be.");
            await sender.SendMessagesAsync(batch, cancellation);
        }
    }

    private static ServiceBusMessage MessageOf(StateChange change)
    {
        var id = change.Id.ToString("x32", CultureInfo.InvariantCulture);
        var message = new ServiceBusMessage(JsonSerializer.SerializeToUtf8Bytes(ChangeNotice.Of(change), JsonSerializerOptions.Web))
        {
            MessageId = id, SessionId = change.StateId.ToString(), Subject = Type, ContentType = "application/json",
        };
        message.ApplicationProperties["type"] = Type;
        message.ApplicationProperties["schoolYear"] = change.Year.EndYear;
        // With separators at both ends, so that a filter for one code can't hit a part of another: sections LIKE '% EN %'.
        message.ApplicationProperties["districts"] = $" {string.Join(' ', change.Districts)} ";
        message.ApplicationProperties["sections"] = $" {string.Join(' ', change.Sections)} ";
        return message;
    }
}
