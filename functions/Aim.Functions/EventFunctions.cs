using System.Text.Json;
using Aim.Functions.Messaging;
using Microsoft.Azure.Functions.Worker;

namespace Aim.Functions;

/// <summary>Changes of state records, from the change feed to the topic.</summary>
public sealed class EventFunctions(OutboxFeed feed)
{
    /// <summary>
    /// The feed moves on when this returns, and not before. Without a retry that never ends it would also move on after a failure, and events would be lost.
    /// </summary>
    [Function(nameof(PublishChanges))]
    [ExponentialBackoffRetry(-1, "00:00:05", "00:15:00")]
    public Task PublishChanges(
        [CosmosDBTrigger("%Aim__CosmosDatabase%", "students", Connection = "Cosmos", LeaseContainerName = "leases", StartFromBeginning = true)] IReadOnlyList<JsonElement> items, CancellationToken cancellation) =>
        feed.PublishAsync(items, cancellation);
}
