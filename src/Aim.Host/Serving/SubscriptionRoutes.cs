using System.Text.Json.Serialization;
using Aim.Api;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Host.Embedded;
using Aim.Ports;

namespace Aim.Host.Serving;

/// <summary>Asks for change events to be posted to a URL.</summary>
/// <param name="Id">Names the subscription; the same id again changes it.</param>
/// <param name="Secret">At least 16 characters; each delivery is signed with it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SubscriptionRequest(string Id, Uri Url, string Secret);

/// <summary>Subscriptions to change events: the local host's stand-in for subscriptions of a topic.</summary>
internal static class SubscriptionRoutes
{
    private const int ShortestSecret = 16;

    public static void Map(IEndpointRouteBuilder routes, DataFolder data) =>
        routes.MapPost($"{AimApi.Prefix}/subscriptions", async (SubscriptionRequest request, HttpContext context, CancellationToken cancellation) =>
        {
            context.Caller().MustBe(Role.Operator);
            if (string.IsNullOrWhiteSpace(request.Id) || request.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) throw RequestException.Invalid("Give an id and an absolute http or https URL.");
            if (request.Secret.Length < ShortestSecret) throw RequestException.Invalid($"Give a secret of at least {ShortestSecret} characters; deliveries are signed with it.");
            await OutboxRelay.SubscribeAsync(data.Ports.Ledger, new Subscription(request.Id, request.Url, request.Secret), cancellation);
            return TypedResults.NoContent();
        }).WithTags("Changes").WithSummary("Have change events posted to a URL");
}
