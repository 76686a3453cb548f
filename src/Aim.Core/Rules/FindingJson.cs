using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aim.Rules;

/// <summary>How findings are written: in files of an upload, in answers, and by the command line.</summary>
internal static class FindingJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Writes a finding as one line.</summary>
    public static void WriteLine(IBufferWriter<byte> buffer, Finding finding)
    {
        using (var json = new Utf8JsonWriter(buffer)) JsonSerializer.Serialize(json, finding, Options);
        buffer.Write("\n"u8);
    }

    public static Finding ReadLine(string line) => JsonSerializer.Deserialize<Finding>(line, Options)!;
}
