using Microsoft.Extensions.Logging;

namespace Aim.Telemetry;

/// <summary>What the domain logs; a deployment sets alerts on the names of these events. Ids and counts only.</summary>
internal static partial class AimLog
{
    public const string Category = "Aim";

    [LoggerMessage(1, LogLevel.Error, "Upload {Key} failed")]
    public static partial void UploadFailed(ILogger logger, string key);

    [LoggerMessage(2, LogLevel.Error, "After the night of {Date} {Count} editions and the state still disagree")]
    public static partial void NightUnresolved(ILogger logger, DateOnly date, int count);
}
