using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Aim.Editions;
using Aim.Entry;
using Aim.Rules;
using Aim.StateSync;

namespace Aim.Api.Entry;

/// <summary>A page of an edition's students, or of its courses, staff or sections.</summary>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
public sealed record SubjectList(IReadOnlyList<EditionSubject> Subjects, string? Next);

/// <summary>One record of an edition, as it was sent, with the upload or save and the line it came from.</summary>
/// <param name="Etag">To send as If-Match when the record is changed.</param>
public sealed record RecordView(string RecordType, string LocalId, string Key, string Etag, string UploadId, int Line, JsonObject Record)
{
    internal static RecordView Of(EditionRow row, string localId, RecordForm form)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) form.Write(json, row);
        return new RecordView(row.Type.Code, localId, row.Key, $"\"{HandEntry.TagOf(row)}\"", row.Upload.ToString(), row.Line, JsonNode.Parse(stream.ToArray())!.AsObject());
    }
}

/// <summary>How a save ended.</summary>
/// <param name="Etag">Of the record as it is now; null when it was deleted.</param>
/// <param name="Version">The edition's version that the save made; null when the record was like that already.</param>
/// <param name="IsSynced">The state record has it; courses, staff and sections stay in the edition, and are synced when the edition is.</param>
/// <param name="Findings">What the rules say of the record and of the student's other records.</param>
/// <param name="Waiting">Why the state record hasn't got it yet; null when it has.</param>
public sealed record SaveView(
    string RecordType, string LocalId, string Key, string? Etag, long? Version, bool IsSynced, string Sentence, IReadOnlyList<Finding> Findings, WaitReason? Waiting = null);

/// <summary>The answer to a save, as it is kept for the next time its idempotency key comes.</summary>
internal sealed record SaveAnswer(int Status, string? Location, SaveView View);

/// <summary>Says which load is to be taken back.</summary>
/// <param name="Version">The edition's version that the load made: the newest one.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UndoRequest(long Version);

/// <summary>The edition after a load was taken back.</summary>
public sealed record UndoView(long Version, bool IsSynced);
