using System.Net;
using System.Security.Cryptography;
using Aim.Workflows;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>
/// What is done again when the service could not do it now. The SDK waits out throttling itself and gives up after a minute; this goes on, and takes care
/// of what the SDK hands over: 449 (somebody else is writing the same), 408 and 503, a partition on its way to another machine. An attempt may
/// have been done although it failed, so every write is one that may be done twice, or can tell that it was done.
/// </summary>
internal static class CosmosRetry
{
    private const int MostAttempts = 16;
    private const HttpStatusCode RetryWith = (HttpStatusCode)449;
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or RetryWith or HttpStatusCode.ServiceUnavailable or HttpStatusCode.RequestTimeout or HttpStatusCode.Gone or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;

    /// <summary>Runs it until it ends in something else than a passing failure.</summary>
    /// <exception cref="FaultException">It failed again and again.</exception>
    public static async Task<T> RunAsync<T>(string operation, Func<Task<T>> attempt, Func<T, (HttpStatusCode Status, TimeSpan? RetryAfter)> outcome, CancellationToken cancellation)
    {
        for (var failures = 0; ; failures++)
        {
            HttpStatusCode status;
            TimeSpan? hint;
            try
            {
                var result = await attempt();
                (status, hint) = outcome(result);
                if (!IsTransient(status)) return result;
                (result as IDisposable)?.Dispose();
            }
            catch (CosmosException failure) when (IsTransient(failure.StatusCode))
            {
                (status, hint) = (failure.StatusCode, failure.RetryAfter);
            }
            catch (Exception failure) when (failure is HttpRequestException || failure is OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                // The connection broke, or the SDK's own time ran out.
                (status, hint) = (HttpStatusCode.RequestTimeout, null);
            }
            if (failures + 1 == MostAttempts) throw new FaultException(FormattableString.Invariant($"Cosmos DB did not complete '{operation}' in {MostAttempts} attempts; the last one ended with status {(int)status}."));
            await Task.Delay(Wait(failures, hint), TimeProvider.System, cancellation);
        }
    }

    private static TimeSpan Wait(int failures, TimeSpan? hint)
    {
        if (hint is { } asked && asked > TimeSpan.Zero) return asked;
        var longest = Math.Min(LongestWait.TotalMilliseconds, FirstWait.TotalMilliseconds * Math.Pow(2, failures));
        return TimeSpan.FromMilliseconds(longest / 2 + RandomNumberGenerator.GetInt32((int)longest / 2 + 1));
    }
}
