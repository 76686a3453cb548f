using Aim.Uploads;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using RetryPolicy = Aim.Workflows.RetryPolicy;

namespace Aim.Functions.Messaging;

/// <summary>
/// Takes a message of the session queue to its end. Once it is noted in the ledger it can be completed, whatever becomes of it: the sequence goes
/// on from the ledger. A message that can't be used goes to the dead-letter queue with its reason, and leaves a gap that stops the district.
/// During an outage the session's lock is kept and the work tried again: abandoning would redeliver at once and use up the deliveries.
/// </summary>
public sealed class PushSettlement(PushedChanges pushed, TimeProvider clock, ILogger<PushSettlement> logger)
{
    private const string CannotBeUsed = "MessageCannotBeUsed";

    /// <summary>About three quarters of an hour in all: less than the hour for which the host renews a session's lock and lets a function run (host.json).</summary>
    private static readonly RetryPolicy Patience = new(14, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(5));

    public async Task SettleAsync(ServiceBusReceivedMessage message, ServiceBusMessageActions actions, CancellationToken cancellation)
    {
        var received = await PatientlyAsync(() => pushed.ReceiveAsync(message.SessionId, message.Body.ToMemory(), cancellation), cancellation);
        if (received.Receipt == PushReceipt.Refused)
        {
            MessagingLog.PushRefused(logger, message.SessionId, message.MessageId, received.Reason!);
            await actions.DeadLetterMessageAsync(message, null, CannotBeUsed, received.Reason, cancellation);
            return;
        }
        var position = await PatientlyAsync(() => pushed.DrainAsync(received.Edition!.Value, cancellation), cancellation);
        if (position.Stop is { } reason) MessagingLog.DistrictStopped(logger, message.SessionId, position.Applied + 1, reason);
        else if (position.Missing is { } missing) MessagingLog.PushWaits(logger, message.SessionId, missing);
        await actions.CompleteMessageAsync(message, cancellation);
    }

    private async Task<T> PatientlyAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work();
            }
            catch (Exception failure) when (attempt < Patience.MostAttempts && !cancellation.IsCancellationRequested)
            {
                MessagingLog.PushDelayed(logger, attempt, failure.GetType().Name);
                await Task.Delay(Patience.DelayAfter(attempt), clock, cancellation);
            }
        }
    }
}
