using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>Streams findings to a file, one JSON object a line, and counts them by root cause on the way.</summary>
internal sealed class FindingsWriter(Stream file) : IFindingSink, IAsyncDisposable
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private const int FlushAt = 1 << 16;

    private readonly ArrayBufferWriter<byte> buffer = new(FlushAt);

    public FindingSummary Summary { get; } = new();

    public void Add(Finding finding)
    {
        Summary.Add(finding);
        using var json = new Utf8JsonWriter(buffer);
        JsonSerializer.Serialize(json, finding, Json);
        json.Flush();
        buffer.Write("\n"u8);
    }

    /// <summary>Moves what has gathered to the file, once it is worth it.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation, bool all = false)
    {
        if (buffer.WrittenCount < FlushAt && !all) return;
        await file.WriteAsync(buffer.WrittenMemory, cancellation);
        buffer.ResetWrittenCount();
    }

    public ValueTask DisposeAsync() => FlushAsync(CancellationToken.None, all: true);

    public static Finding Read(string line) => JsonSerializer.Deserialize<Finding>(line, Json)!;
}
