using System.Globalization;
using System.Text.Json;
using Aim.Azure.Cosmos;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Microsoft.Extensions.Logging;

namespace Aim.Functions.Messaging;

/// <summary>
/// Publishes the events among the items of the change feed. One that can't be read is set aside in the ledger with an alert, so that it doesn't hold the
/// others up for ever; what fails otherwise is an outage, and all of it is gone over again.
/// </summary>
public sealed class OutboxFeed(IEventPublisher publisher, ILedger ledger, ILogger<OutboxFeed> logger)
{
    private const string Subject = "events";
    private const string ParkedKind = "parked";

    public async Task PublishAsync(IReadOnlyList<JsonElement> items, CancellationToken cancellation)
    {
        var changes = new List<StateChange>(items.Count);
        foreach (var item in items)
        {
            try
            {
                if (CosmosOutbox.Read(item) is { } change) changes.Add(change);
            }
            catch (JsonException malformed)
            {
                // By its content: the id of an item is its own within a student only, and may be what is missing.
                var json = item.GetRawText();
                var id = ContentHash.OfText(json).ToString("x32", CultureInfo.InvariantCulture);
                await ledger.AddAsync(new LedgerEntry(Subject, ParkedKind, id, json), cancellation);
                MessagingLog.EventParked(logger, id, malformed.GetType().Name);
            }
        }
        if (changes.Count > 0) await publisher.PublishAsync(changes, cancellation);
    }
}
