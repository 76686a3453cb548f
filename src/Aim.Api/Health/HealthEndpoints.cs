using Aim.Editions;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Health;

/// <summary>Whether the system works, and each part it stands on: <c>ok</c>, <c>slow</c> when it doesn't answer in time, or the kind of its failure.</summary>
public sealed record HealthView(string Status, IReadOnlyDictionary<string, string> Dependencies);

internal static class HealthEndpoints
{
    private const string Good = "ok";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Ids that nothing has: a look-up that finds nothing shows as well as any that the store answers.
    private static readonly EditionKey NoEdition = new(new DistrictId("0000"), new SchoolYear(2000));
    private static readonly StateId[] Nobody = [new(1)];

    public static void MapHealth(this IEndpointRouteBuilder api) =>
        api.MapGet("/health", CheckAsync).AllowAnonymous().WithTags("Health").WithSummary("Whether the stores and the workflow engine answer").Produces<HealthView>(StatusCodes.Status503ServiceUnavailable);

    private static async Task<Results<Ok<HealthView>, JsonHttpResult<HealthView>>> CheckAsync(AimPlatform platform, CancellationToken cancellation)
    {
        var (blobs, editions, state, identities, ledger, clock) = platform.Ports;
        var answers = await Task.WhenAll(
            ProbeAsync("blobs", token => blobs.FindAsync("uploads/health", token)),
            ProbeAsync("editions", token => editions.GetHeadAsync(NoEdition, token)),
            ProbeAsync("state", token => state.FindAsync(Nobody, NoEdition.Year, token)),
            ProbeAsync("identities", token => identities.FindAsync(Nobody, token)),
            ProbeAsync("ledger", token => ledger.FindAsync("health", "probe", "-", token)),
            ProbeAsync("workflows", token => platform.Workflows.FindAsync("health", token)));
        var view = new HealthView(answers.All(answer => answer.Value == Good) ? Good : "degraded", new SortedDictionary<string, string>(answers.ToDictionary(), StringComparer.Ordinal));
        return view.Status == Good ? TypedResults.Ok(view) : TypedResults.Json(view, statusCode: StatusCodes.Status503ServiceUnavailable);

        async Task<KeyValuePair<string, string>> ProbeAsync(string name, Func<CancellationToken, Task> probe)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            try
            {
                await Task.Run(() => probe(limit.Token), limit.Token).WaitAsync(Patience, clock, cancellation);
                return new(name, Good);
            }
            catch (TimeoutException)
            {
                await limit.CancelAsync();
                return new(name, "slow");
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                return new(name, failure.GetType().Name);
            }
        }
    }
}
