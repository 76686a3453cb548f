using System.Text.Json.Nodes;

namespace Aim.CosmosGateway;

/// <summary>Names of the protocol that more than one subject uses.</summary>
internal static class Header
{
    public const string ActivityId = "x-ms-activity-id";
    public const string Charge = "x-ms-request-charge";
    public const string Continuation = "x-ms-continuation";
    public const string PartitionKey = "x-ms-documentdb-partitionkey";
    public const string RangeId = "x-ms-documentdb-partitionkeyrangeid";
    public const string ResponseRangeId = "x-ms-documentdb-partitionkeyrangeid";
    public const string RetryAfter = "x-ms-retry-after-ms";
    public const string SessionToken = "x-ms-session-token";
    public const string SubStatus = "x-ms-substatus";
    public const string MaxItems = "x-ms-max-item-count";
    public const string StartEpk = "x-ms-start-epk";
    public const string EndEpk = "x-ms-end-epk";
    public const string ItemCount = "x-ms-item-count";
}

/// <summary>Sub-statuses as the service documents them.</summary>
internal static class SubStatus
{
    public const int PartitionKeyMismatch = 1001;
    public const int PartitionMoving = 1008;
    public const int RangeGone = 1002;
    public const int RequestRateTooLarge = 3200;
}

/// <summary>A refusal in the words of the protocol.</summary>
internal sealed class RefusedException(int status, string message, int subStatus = 0) : Exception(message)
{
    public int Status => status;

    public int SubStatus => subStatus;

    /// <summary>Something of the service that this server doesn't speak. Loud, so that no test passes on a guess.</summary>
    public static RefusedException Unsupported(string what) => new(StatusCodes.Status501NotImplemented, $"This gateway does not speak {what}. Add it, as strict as the service, or do without it.");
}

/// <summary>An answer with its price.</summary>
internal sealed record Reply(int Status, byte[] Body, double Charge)
{
    public Dictionary<string, string> Headers { get; } = [];

    public string ContentType { get; init; } = "application/json";

    public static Reply Json(int status, JsonNode body, double charge = 0) => new(status, System.Text.Encoding.UTF8.GetBytes(body.ToJsonString()), charge);

    public static Reply Empty(int status, double charge = 0) => new(status, [], charge);

    public Reply With(string header, string value)
    {
        Headers[header] = value;
        return this;
    }
}
