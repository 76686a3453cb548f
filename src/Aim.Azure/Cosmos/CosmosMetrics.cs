using System.Diagnostics.Metrics;

namespace Aim.Azure.Cosmos;

/// <summary>What requests cost: a measurement each, tagged with container and operation.</summary>
public static class CosmosMetrics
{
    public const string MeterName = "Aim.Azure";
    public const string RequestCharge = "aim.cosmos.request_charge";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Histogram<double> Charge = Meter.CreateHistogram<double>(RequestCharge, "{RU}", "Request units that an operation on Cosmos DB was charged.");

    public static void Charged(string container, string operation, double units) => Charge.Record(units, new("container", container), new("operation", operation));
}
