using Microsoft.Azure.Cosmos;
using Microsoft.Azure.Cosmos.Serialization.HybridRow;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.IO;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.Layouts;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.RecordIO;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.Schemas;

namespace Aim.CosmosGateway;

/// <summary>One operation of a batch as it came.</summary>
internal sealed class BatchOperation
{
    public int OperationType { get; set; } = -1;
    public string? PartitionKey { get; set; }
    public string? Id { get; set; }
    public byte[]? Body { get; set; }
    public string? IfMatch { get; set; }
    public string? IfNoneMatch { get; set; }
    public bool MinimalReturn { get; set; }
}

/// <summary>The answer to one of them.</summary>
internal sealed record BatchAnswer(int Status, int SubStatus, string? ETag, byte[]? Body, double Charge, uint? RetryAfter = null);

/// <summary>
/// The row format of batches. Rows and records are read and written by the format's own library, by the schema that the SDK carries.
/// </summary>
internal static class HybridRow
{
    private const string SchemaResource = "Microsoft.Azure.Cosmos.Batch.HybridRowBatchSchemas.json";
    private const int Document = 2;

    private static readonly Namespace Schema = ReadSchema();
    private static readonly LayoutResolverNamespace Resolver = new(Schema);
    private static readonly Layout AnswerLayout = Resolver.Resolve(Schema.Schemas.Find(schema => schema.Name == "BatchResult")!.SchemaId);

    private static Namespace ReadSchema()
    {
        using var stream = typeof(CosmosClient).Assembly.GetManifestResourceStream(SchemaResource) ?? throw new InvalidOperationException("The SDK no longer carries the schema of batches where it was.");
        using var reader = new StreamReader(stream);
        return Namespace.Parse(reader.ReadToEnd());
    }

    public static async Task<List<BatchOperation>> ReadAsync(byte[] body)
    {
        var operations = new List<BatchOperation>();
        using var stream = new MemoryStream(body);
        var result = await stream.ReadRecordIOAsync((ReadOnlyMemory<byte> record) => ReadRow(record, operations), (ReadOnlyMemory<byte> _) => Result.Success, new MemorySpanResizer<byte>(body.Length));
        return result == Result.Success ? operations : throw new RefusedException(StatusCodes.Status400BadRequest, $"The batch is not in the row format: {result}.");
    }

    private static Result ReadRow(ReadOnlyMemory<byte> record, List<BatchOperation> operations)
    {
        var row = new RowBuffer(record.Length);
        if (!row.ReadFrom(record.Span, HybridRowVersion.V1, Resolver)) return Result.InvalidRow;
        var reader = new RowReader(ref row);
        var operation = new BatchOperation();
        while (reader.Read())
        {
            var result = ReadField(ref reader, operation);
            if (result != Result.Success) return result;
        }
        operations.Add(operation);
        return Result.Success;
    }

    private static Result ReadField(ref RowReader reader, BatchOperation operation)
    {
        Result result;
        switch (reader.Path.ToString())
        {
            case "operationType":
                result = reader.ReadInt32(out var type);
                operation.OperationType = type;
                return result;
            case "resourceType":
                result = reader.ReadInt32(out var resource);
                return resource == Document ? result : throw RefusedException.Unsupported("batches of anything but documents");
            case "partitionKey":
                result = reader.ReadString(out string key);
                operation.PartitionKey = key;
                return result;
            case "id":
                result = reader.ReadString(out string id);
                operation.Id = id;
                return result;
            case "resourceBody":
                result = reader.ReadBinary(out byte[] body);
                operation.Body = body;
                return result;
            case "ifMatch":
                result = reader.ReadString(out string ifMatch);
                operation.IfMatch = ifMatch;
                return result;
            case "ifNoneMatch":
                result = reader.ReadString(out string ifNoneMatch);
                operation.IfNoneMatch = ifNoneMatch;
                return result;
            case "minimalReturnPreference":
                result = reader.ReadBool(out var minimal);
                operation.MinimalReturn = minimal;
                return result;
            case var other:
                throw RefusedException.Unsupported($"'{other}' in a batch operation");
        }
    }

    public static async Task<byte[]> WriteAsync(IReadOnlyList<BatchAnswer> answers)
    {
        using var stream = new MemoryStream();
        var resizer = new MemorySpanResizer<byte>(1024);
        var result = await stream.WriteRecordIOAsync(default, (long index, out ReadOnlyMemory<byte> buffer) =>
        {
            buffer = default;
            if (index >= answers.Count) return Result.Success;
            var row = new RowBuffer(resizer.Memory.Length, resizer);
            row.InitLayout(HybridRowVersion.V1, AnswerLayout, Resolver);
            var written = RowWriter.WriteBuffer(ref row, answers[(int)index], WriteRow);
            buffer = resizer.Memory[..row.Length];
            return written;
        });
        return result == Result.Success ? stream.ToArray() : throw new InvalidOperationException($"A batch answer could not be written: {result}.");
    }

    private static Result WriteRow(ref RowWriter writer, TypeArgument type, BatchAnswer answer)
    {
        var result = writer.WriteInt32("statusCode", answer.Status);
        if (result == Result.Success && answer.SubStatus != 0) result = writer.WriteInt32("subStatusCode", answer.SubStatus);
        if (result == Result.Success && answer.ETag is not null) result = writer.WriteString("eTag", answer.ETag);
        if (result == Result.Success && answer.Body is not null) result = writer.WriteBinary("resourceBody", answer.Body);
        if (result == Result.Success && answer.RetryAfter is { } wait) result = writer.WriteUInt32("retryAfterMilliseconds", wait);
        if (result == Result.Success) result = writer.WriteFloat64("requestCharge", answer.Charge);
        return result;
    }
}
