using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Aim.Workflows;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>An item with the ETag it was read under.</summary>
internal readonly record struct Stored<T>(T Item, string ETag);

internal enum CosmosWrite
{
    Written = 1,

    /// <summary>There is one already (create).</summary>
    Exists = 2,

    /// <summary>It is gone or has another ETag (replace).</summary>
    Changed = 3,
}

/// <summary>
/// One container as the adapters use it: outcomes instead of exceptions, passing failures done again, every charge measured. The
/// <paramref name="bulk"/> form of it gathers writes of many callers into one request.
/// </summary>
internal sealed class CosmosTable(Container container, Container bulk)
{
    private const int LargestItem = 2 * 1024 * 1024;

    /// <summary>Room for what the service adds to an item.</summary>
    private const int SystemProperties = 1024;

    private const int ItemsAPage = 1000;
    private const int ItemsARead = 1000;

    private static readonly ItemRequestOptions NoOptions = new() { EnableContentResponseOnWrite = false };

    public Container Container => container;

    public async Task<Stored<T>?> FindAsync<T>(string operation, string key, string id, CancellationToken cancellation)
    {
        using var response = await SendAsync(operation, () => container.ReadItemStreamAsync(id, new PartitionKey(key), cancellationToken: cancellation), cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        EnsureSuccess(operation, response);
        return new Stored<T>(JsonSerializer.Deserialize<T>(response.Content, CosmosAccount.Json)!, response.Headers.ETag);
    }

    /// <summary>Those that are there, in no order.</summary>
    public async Task<IReadOnlyList<T>> FindManyAsync<T>(string operation, IReadOnlyCollection<(string Id, string Key)> items, CancellationToken cancellation)
    {
        var found = new List<T>();
        foreach (var chunk in items.Distinct().Chunk(ItemsARead))
        {
            var page = await CosmosRetry.RunAsync(operation, () => container.ReadManyItemsAsync<T>([.. chunk.Select(item => (item.Id, new PartitionKey(item.Key)))], cancellationToken: cancellation), _ => default, cancellation);
            CosmosMetrics.Charged(container.Id, operation, page.RequestCharge);
            found.AddRange(page);
        }
        return found;
    }

    public Task<CosmosWrite> CreateAsync<T>(string operation, string key, T item, CancellationToken cancellation, bool inBulk = false)
    {
        var content = Serialize(item);
        return WriteAsync(operation, () => Target(inBulk).CreateItemStreamAsync(new MemoryStream(content), new PartitionKey(key), NoOptions, cancellation), cancellation);
    }

    /// <summary>Replaces the item if it still has the ETag.</summary>
    public Task<CosmosWrite> ReplaceAsync<T>(string operation, string key, string id, string etag, T item, CancellationToken cancellation, bool inBulk = false)
    {
        var content = Serialize(item);
        var options = new ItemRequestOptions { IfMatchEtag = etag, EnableContentResponseOnWrite = false };
        return WriteAsync(operation, () => Target(inBulk).ReplaceItemStreamAsync(new MemoryStream(content), id, new PartitionKey(key), options, cancellation), cancellation);
    }

    public Task<CosmosWrite> UpsertAsync<T>(string operation, string key, T item, CancellationToken cancellation, bool inBulk = false)
    {
        var content = Serialize(item);
        return WriteAsync(operation, () => Target(inBulk).UpsertItemStreamAsync(new MemoryStream(content), new PartitionKey(key), NoOptions, cancellation), cancellation);
    }

    /// <summary>All of a batch or nothing of it. What one of its conditions refuses is <see cref="CosmosWrite.Changed"/>.</summary>
    public async Task<CosmosWrite> TransactAsync(string operation, string key, Action<TransactionalBatch> fill, CancellationToken cancellation)
    {
        using var response = await CosmosRetry.RunAsync(operation, () =>
        {
            var batch = container.CreateTransactionalBatch(new PartitionKey(key));
            fill(batch);
            return batch.ExecuteAsync(cancellation);
        }, response => (response.StatusCode, response.RetryAfter), cancellation);
        CosmosMetrics.Charged(container.Id, operation, response.RequestCharge);
        if (response.IsSuccessStatusCode) return CosmosWrite.Written;
        return response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed ? CosmosWrite.Changed : throw Fault(operation, response.StatusCode);
    }

    /// <summary>
    /// Runs a query in the order of a text, a page at a time, within one partition or (key null) merged from all. When a page fails it starts anew behind the
    /// last item that was handed out: an SDK iterator that has failed can't be relied on to go on.
    /// </summary>
    /// <param name="after">The query for what comes after a text.</param>
    /// <param name="orderOf">An item's place in the order.</param>
    public async IAsyncEnumerable<IReadOnlyList<T>> PagesAsync<T>(
        string operation, string? key, string start, Func<string, QueryDefinition> after, Func<T, string> orderOf, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var options = new QueryRequestOptions { MaxItemCount = ItemsAPage, MaxConcurrency = key is null ? -1 : 1 };
        if (key is not null) options.PartitionKey = new PartitionKey(key);
        FeedIterator<T>? iterator = null;
        try
        {
            do
            {
                var page = await CosmosRetry.RunAsync(operation, ReadAsync, _ => default, cancellation);
                CosmosMetrics.Charged(container.Id, operation, page.RequestCharge);
                if (page.Count == 0) continue;
                IReadOnlyList<T> items = [.. page];
                start = orderOf(items[^1]);
                yield return items;
            }
            while (iterator!.HasMoreResults);
        }
        finally
        {
            iterator?.Dispose();
        }

        async Task<FeedResponse<T>> ReadAsync()
        {
            iterator ??= container.GetItemQueryIterator<T>(after(start), requestOptions: options);
            try
            {
                return await iterator.ReadNextAsync(cancellation);
            }
            catch
            {
                iterator.Dispose();
                iterator = null;
                throw;
            }
        }
    }

    public IAsyncEnumerable<T> QueryAsync<T>(string operation, string? key, string start, Func<string, QueryDefinition> after, Func<T, string> orderOf, CancellationToken cancellation) =>
        PagesAsync(operation, key, start, after, orderOf, cancellation).SelectMany(page => page);

    /// <summary>The whole result of a query across all partitions, in no order; for results that are never large.</summary>
    public Task<IReadOnlyList<T>> AllAsync<T>(string operation, QueryDefinition query, CancellationToken cancellation) => CosmosRetry.RunAsync<IReadOnlyList<T>>(operation, async () =>
    {
        using var iterator = container.GetItemQueryIterator<T>(query, requestOptions: new QueryRequestOptions { MaxItemCount = ItemsAPage, MaxConcurrency = -1 });
        var all = new List<T>();
        while (iterator.HasMoreResults)
        {
            var page = await iterator.ReadNextAsync(cancellation);
            CosmosMetrics.Charged(container.Id, operation, page.RequestCharge);
            all.AddRange(page);
        }
        return all;
    }, _ => default, cancellation);

    /// <summary>An item as it is stored.</summary>
    /// <exception cref="FaultException">It is larger than the service takes.</exception>
    public static byte[] Serialize<T>(T item)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(item, CosmosAccount.Json);
        return content.Length <= LargestItem - SystemProperties
            ? content
            : throw new FaultException(FormattableString.Invariant($"An item of {content.Length:N0} bytes is too large to be stored: {LargestItem:N0} is the most. Split what was sent.")) { IsPermanent = true };
    }

    private Container Target(bool inBulk) => inBulk ? bulk : container;

    private async Task<CosmosWrite> WriteAsync(string operation, Func<Task<ResponseMessage>> send, CancellationToken cancellation)
    {
        using var response = await SendAsync(operation, send, cancellation);
        if (response.StatusCode == HttpStatusCode.Conflict) return CosmosWrite.Exists;
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed) return CosmosWrite.Changed;
        EnsureSuccess(operation, response);
        return CosmosWrite.Written;
    }

    private async Task<ResponseMessage> SendAsync(string operation, Func<Task<ResponseMessage>> send, CancellationToken cancellation)
    {
        var response = await CosmosRetry.RunAsync(operation, send, response => (response.StatusCode, RetryAfter(response)), cancellation);
        CosmosMetrics.Charged(container.Id, operation, response.Headers.RequestCharge);
        return response;
    }

    private static TimeSpan? RetryAfter(ResponseMessage response) =>
        double.TryParse(response.Headers["x-ms-retry-after-ms"], CultureInfo.InvariantCulture, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static void EnsureSuccess(string operation, ResponseMessage response)
    {
        if (!response.IsSuccessStatusCode) throw Fault(operation, response.StatusCode);
    }

    /// <summary>The service's own message may hold ids of students; the status alone is told.</summary>
    private static FaultException Fault(string operation, HttpStatusCode status) => new(FormattableString.Invariant($"Cosmos DB refused '{operation}' with status {(int)status}."));
}
