using Aim.Editions;
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

    [LoggerMessage(3, LogLevel.Warning, "Version {Version} of edition {Edition} did not reach the state when it was made: {Failure}; the next sync brings it")]
    public static partial void BringFailed(ILogger logger, EditionKey edition, long version, string failure);

    [LoggerMessage(4, LogLevel.Warning, "The right to sync edition {Edition} could not be given back: {Failure}; it runs out by itself")]
    public static partial void ReleaseFailed(ILogger logger, EditionKey edition, string failure);

    [LoggerMessage(5, LogLevel.Warning, "What the districts say together was not judged when version {Version} of edition {Edition} was made: {Failure}; the next upload or the night does it")]
    public static partial void JudgeFailed(ILogger logger, EditionKey edition, long version, string failure);
}
