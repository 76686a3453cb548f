namespace Aim.CosmosGateway;

/// <summary>
/// Batches: a transaction of one logical partition, all or nothing, or a bulk of independent writes to one range. Both take a hundred
/// operations and two megabytes.
/// </summary>
internal sealed class Batches(Container container, Documents documents)
{
    private const int MostOperations = 100;
    private const int LargestBody = 2 * 1024 * 1024;
    private const int FailedDependency = 424;
    private const int MultiStatus = 207;

    public async Task<(Reply Reply, PartitionRange Range)> ExecuteAsync(byte[] body, string? keyHeader, string? rangeHeader, bool atomic, bool continueOnError)
    {
        if (body.Length > LargestBody) throw new RefusedException(StatusCodes.Status413PayloadTooLarge, "Request size is too large.");
        var operations = await HybridRow.ReadAsync(body);
        if (operations.Count is 0 or > MostOperations) throw new RefusedException(StatusCodes.Status400BadRequest, "A batch has from one to a hundred operations.");
        if (atomic == continueOnError) throw RefusedException.Unsupported("a batch that is neither one transaction nor a bulk of independent operations");
        var range = atomic
            ? container.RangeOf(PartitionKeyValue.Parse(keyHeader ?? throw RefusedException.Unsupported("a transaction without a partition key")))
            : container.RangeById(rangeHeader ?? throw RefusedException.Unsupported("a bulk without a range"));
        var writes = operations.Select(operation => Of(operation, atomic ? keyHeader : operation.PartitionKey)).ToList();
        if (writes.Any(write => !range.Contains(write.Key.Effective))) throw new RefusedException(StatusCodes.Status410Gone, "An operation belongs to another range.", SubStatus.RangeGone);
        var answers = atomic ? Transact(range, operations, writes) : [.. writes.Select((write, i) => Answer(operations[i], write, range.NextLsn()))];
        var status = answers.All(answer => answer.Status < StatusCodes.Status400BadRequest) ? StatusCodes.Status200OK : MultiStatus;
        return (new Reply(status, await HybridRow.WriteAsync(answers), answers.Sum(answer => answer.Charge)) { ContentType = "application/octet-stream" }, range);
    }

    private static WriteRequest Of(BatchOperation operation, string? key) => new(
        operation.OperationType switch
        {
            0 => Write.Create,
            1 => Write.Patch,
            4 => Write.Delete,
            5 => Write.Replace,
            20 => Write.Upsert,
            var other => throw RefusedException.Unsupported($"operation {other} in a batch"),
        },
        PartitionKeyValue.Parse(key ?? throw RefusedException.Unsupported("an operation of a bulk without a partition key")), operation.Id, operation.Body, operation.IfMatch, operation.IfNoneMatch);

    /// <summary>All or nothing: what was written before the operation that failed is put back.</summary>
    private List<BatchAnswer> Transact(PartitionRange range, List<BatchOperation> operations, List<WriteRequest> writes)
    {
        var before = range.Of(writes[0].Key).ToList();
        var lsn = range.NextLsn();
        var answers = new List<BatchAnswer>();
        foreach (var (operation, write) in operations.Zip(writes))
        {
            answers.Add(Answer(operation, write, lsn));
            if (answers[^1].Status < StatusCodes.Status400BadRequest) continue;
            foreach (var item in range.Of(write.Key).Where(item => item.Lsn == lsn).ToList()) range.Remove(item.Key, item.Id);
            foreach (var item in before.Where(item => range.Find(item.Key, item.Id) is null)) range.Put(item);
            return [.. operations.Select((_, i) => i == answers.Count - 1 ? answers[i] : new BatchAnswer(FailedDependency, 0, null, null, 0))];
        }
        return answers;
    }

    private BatchAnswer Answer(BatchOperation operation, WriteRequest write, long lsn)
    {
        try
        {
            var result = documents.Apply(write, lsn);
            return new BatchAnswer(result.Status, 0, result.Item?.ETag, operation.MinimalReturn ? null : result.Item?.Json, result.Charge);
        }
        catch (RefusedException refused) when (refused.Status != StatusCodes.Status501NotImplemented)
        {
            return new BatchAnswer(refused.Status, refused.SubStatus, null, null, Charges.Missed);
        }
    }
}
