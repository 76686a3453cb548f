using Microsoft.Extensions.Logging;

namespace Aim.Functions.Messaging;

/// <summary>What messaging logs; alerts go by the names of the events (infra/app/alerts.bicep).</summary>
internal static partial class MessagingLog
{
    [LoggerMessage(EventId = 101, EventName = nameof(DistrictStopped), Level = LogLevel.Error, Message = "A pushed message of district {District} can't be used ({Message}): {Reason}")]
    public static partial void PushRefused(ILogger logger, string district, string message, string reason);

    [LoggerMessage(102, LogLevel.Error, "The pushed changes of district {District} stopped at number {Sequence}: {Reason}")]
    public static partial void DistrictStopped(ILogger logger, string district, long sequence, string reason);

    [LoggerMessage(103, LogLevel.Warning, "The pushed changes of district {District} wait for number {Sequence}")]
    public static partial void PushWaits(ILogger logger, string district, long sequence);

    [LoggerMessage(104, LogLevel.Warning, "Pushed changes could not be applied at attempt {Attempt} ({Kind}); the session is kept")]
    public static partial void PushDelayed(ILogger logger, int attempt, string kind);

    [LoggerMessage(105, LogLevel.Error, "An event could not be read and was set aside as {Id} ({Kind})")]
    public static partial void EventParked(ILogger logger, string id, string kind);
}
