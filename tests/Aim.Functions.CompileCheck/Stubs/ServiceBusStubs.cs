// Signatures of Azure.Messaging.ServiceBus; only members in use. Virtual as in the package, so that tests can stand in for the service.
#pragma warning disable CA1062, CA2213, IDE0060

using Azure.Core;

namespace Azure.Messaging.ServiceBus;

public class ServiceBusMessage(ReadOnlyMemory<byte> body)
{
    public BinaryData Body { get; set; } = new(body);
    public string? MessageId { get; set; }
    public string? SessionId { get; set; }
    public string? Subject { get; set; }
    public string? ContentType { get; set; }
    public IDictionary<string, object> ApplicationProperties { get; } = new Dictionary<string, object>();
}

public class ServiceBusReceivedMessage
{
    internal ServiceBusReceivedMessage(BinaryData body, string messageId, string sessionId) => (Body, MessageId, SessionId) = (body, messageId, sessionId);

    public BinaryData Body { get; }
    public string MessageId { get; }
    public string SessionId { get; }
}

public static class ServiceBusModelFactory
{
    public static ServiceBusReceivedMessage ServiceBusReceivedMessage(BinaryData? body = default, string? messageId = default, string? partitionKey = default, string? viaPartitionKey = default, string? sessionId = default) =>
        new(body ?? new BinaryData(""), messageId ?? "", sessionId ?? "");

    public static ServiceBusMessageBatch ServiceBusMessageBatch(long batchSizeBytes, IList<ServiceBusMessage> batchMessageStore, object? batchOptions = default, Func<ServiceBusMessage, bool>? tryAddCallback = default) =>
        new(batchMessageStore, tryAddCallback ?? (_ => true));
}

public sealed class ServiceBusMessageBatch : IDisposable
{
    private readonly IList<ServiceBusMessage> messages;
    private readonly Func<ServiceBusMessage, bool> tryAdd;

    internal ServiceBusMessageBatch(IList<ServiceBusMessage> messages, Func<ServiceBusMessage, bool> tryAdd) => (this.messages, this.tryAdd) = (messages, tryAdd);

    public int Count => messages.Count;

    public bool TryAddMessage(ServiceBusMessage message)
    {
        if (!tryAdd(message)) return false;
        messages.Add(message);
        return true;
    }

    public void Dispose()
    {
    }
}

public class ServiceBusSender
{
    protected ServiceBusSender()
    {
    }

    public virtual ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("A stub sends nothing.");

    public virtual Task SendMessagesAsync(ServiceBusMessageBatch messageBatch, CancellationToken cancellationToken = default) => throw new NotSupportedException("A stub sends nothing.");
}

public class ServiceBusClient(string fullyQualifiedNamespace, TokenCredential credential)
{
    public virtual string FullyQualifiedNamespace { get; } = fullyQualifiedNamespace;

    protected TokenCredential Credential { get; } = credential;

    public virtual ServiceBusSender CreateSender(string queueOrTopicName) => throw new NotSupportedException("A stub sends nothing.");
}
