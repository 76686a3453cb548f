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
    /// <summary>The changes in the order of local ids, part by part for an upload that was taken apart (of those that were loaded, once any was); none when it changes nothing.</summary>
    public static async IAsyncEnumerable<RowDiff> ReadAsync(IBlobStore blobs, UploadLog log, UploadReport report, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var parts = new List<UploadReport>();
        foreach (var key in report.Parts) if (await log.FindReportAsync(key, cancellation) is { } part) parts.Add(part);
        var isAnyLoaded = parts.Exists(part => part.IsLoaded);
        foreach (var part in parts.Where(part => part.IsLoaded || !isAnyLoaded)) await foreach (var change in ReadAsync(blobs, log, part, cancellation)) yield return change;
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
