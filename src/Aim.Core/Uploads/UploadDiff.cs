using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;

namespace Aim.Uploads;

/// <summary>What a load does to one stored row, as people read it.</summary>
public sealed record RowDiff(string Kind, string RecordType, string LocalId, string Key, int? Line, IReadOnlyList<FieldChange> Fields);

/// <summary>Reads the changes of an upload, whether it was loaded, tested or still waits for confirmation.</summary>
public static class UploadDiff
{
    /// <summary>The changes in the order of local ids; none when the upload changes nothing.</summary>
    public static async IAsyncEnumerable<RowDiff> ReadAsync(IBlobStore blobs, UploadReport report, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (report.ChangesFile is null) yield break;
        var file = await blobs.OpenReadAsync(report.ChangesFile, cancellation) ?? throw new FileNotFoundException("The changes of this upload are gone.");
        await foreach (var change in ChangeFile.ReadAsync(file, cancellation))
        {
            var row = change.Row;
            yield return new RowDiff(change.Kind.ToString(), row.Type.Code, change.LocalId, row.Key, change.After?.Line,
                CanonicalMerge.Compare(row.Type, change.Before?.Content ?? default, change.After?.Content ?? default));
        }
    }
}
